// SPDX-License-Identifier: GPL-3.0-or-later
// session.c - Runs command lines: matches, asks the daemon, prints, and says what went wrong.
#include "control/cli/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/cli/client.h"
#include "control/cli/command.h"
#include "control/cli/show.h"

enum filter { FILTER_NONE, FILTER_INCLUDE, FILTER_EXCLUDE, FILTER_BEGIN, FILTER_COUNT };

static const char *const filter_names[] = {"", "include", "exclude", "begin", "count"};

// --- "| include TEXT" ---

// Cuts the filter off a line. Returns false when what follows the bar is none.
static bool take_filter(char *line, enum filter *ret, const char **ret_text)
{
	char *bar = strchr(line, '|');
	*ret = FILTER_NONE;
	*ret_text = "";
	if (!bar)
		return true;
	*bar++ = '\0';
	bar += strspn(bar, " \t");
	size_t len = strcspn(bar, " \t\n");
	for (enum filter f = FILTER_INCLUDE; len > 0 && f <= FILTER_COUNT; f++) {
		if (strncasecmp(bar, filter_names[f], len) != 0 || len > strlen(filter_names[f]))
			continue;
		char *text = bar + len + strspn(bar + len, " \t");
		text[strcspn(text, "\n")] = '\0';
		*ret = f;
		*ret_text = text;
		return f == FILTER_COUNT || *text;
	}
	return false;
}

static void print_filtered(FILE *out, char *text, enum filter filter, const char *wanted)
{
	bool begun = false;
	size_t count = 0;
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchrnul(line, '\n');
		bool last = *end == '\0';
		*end = '\0';
		bool found = strstr(line, wanted) != NULL;
		begun = begun || found;
		count++;
		if ((filter == FILTER_INCLUDE && found) || (filter == FILTER_EXCLUDE && !found) ||
		    (filter == FILTER_BEGIN && begun))
			fprintf(out, "%s\n", line);
		if (last)
			break;
	}
	if (filter == FILTER_COUNT)
		fprintf(out, "%zu\n", count);
}

// --- printing ---

static bool takes_id(const struct command *c)
{
	return c->argument[0] == '[' && isupper((unsigned char)c->argument[1]);
}

static bool is_long(const char *text)
{
	struct winsize w;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0)
		return false;
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines >= w.ws_row;
}

static void emit(struct session *s, char *text, enum filter filter, const char *wanted)
{
	FILE *pager = NULL;
	if (s->pager && is_long(text)) {
		const char *program = getenv("PAGER");
		fflush(s->out);
		pager = popen(program && *program ? program : "less -FRX", "w");
	}
	FILE *out = pager ? pager : s->out;
	if (filter == FILTER_NONE)
		fputs(text, out);
	else
		print_filtered(out, text, filter, wanted);
	if (pager)
		pclose(pager);
	fflush(s->out);
}

static int print_answer(struct session *s, const struct command_match *m, const json_t *data,
			enum filter filter, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return CTL_REFUSED;
	struct view v = {.out = out,
			 .format = s->format,
			 .one = *m->argument != '\0' && takes_id(m->command),
			 .all = s->all || strcmp(m->argument, "all") == 0};
	if (s->format == PRINT_JSON && data) {
		json_dumpf(data, out, JSON_INDENT(2));
		fputc('\n', out);
	} else {
		m->command->view(&v, data);
		if (m->alias && s->format == PRINT_TABLE)
			fprintf(out, "(slimctl calls this: %s)\n", m->command->words);
	}
	fclose(out);
	emit(s, text, filter, wanted);
	free(text);
	return CTL_OK;
}

// --- the daemon ---

static int reply_error(struct session *s, const json_t *reply)
{
	const char *error = json_string_value(json_object_get(reply, "error"));
	const char *hint = json_string_value(json_object_get(reply, "hint"));
	json_int_t code = json_integer_value(json_object_get(reply, "code"));
	if (s->format == PRINT_JSON) {
		json_dumpf(reply, s->out, JSON_INDENT(2));
		fputc('\n', s->out);
	}
	fputs("error: ", s->err);
	print_plain(s->err, error ? error : "refused without a reason");
	fputc('\n', s->err);
	if (hint && *hint) {
		fputs("hint: ", s->err);
		print_plain(s->err, hint);
		fputc('\n', s->err);
	}
	return code > CTL_OK && code < CTL_CODE_COUNT ? (int)code : CTL_REFUSED;
}

// No reply came: what is said instead has the form of one.
static int transport_error(struct session *s, int rc)
{
	char error[512],
		hint[256] = "is it running? systemctl status slimline-control; another path: --socket";
	enum ctl_code code = CTL_UNREACHABLE;
	session_close(s);
	switch (rc) {
	case -EACCES:
	case -EPERM:
		code = CTL_PERMISSION;
		snprintf(error, sizeof(error), "no permission for the admin socket %s", s->socket);
		snprintf(hint, sizeof(hint), "join the group that owns it (ls -l %s), or use sudo",
			 s->socket);
		break;
	case -ETIMEDOUT:
		code = CTL_TIMEOUT;
		snprintf(error, sizeof(error), "no answer from %s within %.1f s", s->socket,
			 s->timeout_ms / 1000.0);
		snprintf(hint, sizeof(hint),
			 "give it more time with --timeout; systemctl status slimline-control");
		break;
	case -EBADMSG:
	case -EMSGSIZE:
		snprintf(error, sizeof(error), "what answered at %s is not slimline-control of this release",
			 s->socket);
		snprintf(hint, sizeof(hint), "check --socket, and slimctl --version");
		break;
	default:
		snprintf(error, sizeof(error), "cannot reach slimline-control at %s: %s", s->socket,
			 strerror(-rc));
	}
	json_t *reply = json_pack("{s:b, s:i, s:i, s:s, s:s}", "ok", 0, "schema", CTL_SCHEMA, "code",
				  (int)code, "error", error, "hint", hint);
	if (!reply) { // the path is no UTF-8
		fprintf(s->err, "error: %s\nhint: %s\n", error, hint);
		return (int)code;
	}
	rc = reply_error(s, reply);
	json_decref(reply);
	return rc;
}

// Asks, over the old connection if that still works.
static int ask(struct session *s, const struct command_match *m, json_int_t cursor, json_t **ret_reply)
{
	const char *id = takes_id(m->command) ? m->argument : NULL;
	bool fresh = s->fd < 0;
	for (;;) {
		if (s->fd < 0)
			s->fd = client_open(s->socket, s->timeout_ms);
		int rc = s->fd < 0 ? s->fd
				   : client_ask(s->fd, m->command->request, id, cursor, s->timeout_ms,
						ret_reply);
		if (rc != -ECONNRESET || fresh)
			return rc;
		session_close(s);
		fresh = true;
	}
}

// Adds the rows of a further page to the first array of `data`.
static void add_page(json_t *data, json_t *page)
{
	const char *key;
	json_t *rows;
	json_object_foreach(data, key, rows)
	{
		if (json_is_array(rows)) {
			json_array_extend(rows, json_object_get(page, key));
			return;
		}
	}
}

// Asks for the rest of a list that came in part. On an error *reply becomes the one that tells it.
static int ask_rest(struct session *s, const struct command_match *m, json_t **reply)
{
	for (;;) {
		json_t *data = json_object_get(*reply, "data"), *more = NULL;
		json_int_t next = json_integer_value(json_object_get(data, "next"));
		if (next <= 0)
			return 0;
		int rc = ask(s, m, next, &more);
		if (rc < 0)
			return rc;
		json_t *page = json_object_get(more, "data");
		if (!page || !json_is_true(json_object_get(more, "ok"))) {
			json_decref(*reply);
			*reply = more;
			return 0;
		}
		add_page(data, page);
		json_int_t after = json_integer_value(json_object_get(page, "next"));
		json_object_set_new(data, "next", after > next ? json_integer(after) : json_null());
		json_decref(more);
	}
}

static int run_match(struct session *s, const struct command_match *m, enum filter filter, const char *wanted)
{
	if (!m->command->request) {
		s->quit = s->quit || m->command->view == view_quit;
		return print_answer(s, m, NULL, filter, wanted);
	}
	json_t *reply = NULL;
	int rc = ask(s, m, 0, &reply);
	if (rc == 0)
		rc = ask_rest(s, m, &reply);
	if (rc == -EINVAL) {
		fprintf(s->err, "error: the argument is no valid text\nhint: IDs are numbers\n");
		return CTL_USAGE;
	}
	if (rc < 0) {
		json_decref(reply);
		return transport_error(s, rc);
	}
	if (json_is_true(json_object_get(reply, "ok")))
		rc = print_answer(s, m, json_object_get(reply, "data"), filter, wanted);
	else
		rc = reply_error(s, reply);
	json_decref(reply);
	return rc;
}

int session_run(struct session *s, const char *line)
{
	char copy[COMMAND_LINE_MAX];
	enum filter filter;
	const char *wanted;
	struct command_match m;
	if (strlen(line) >= sizeof(copy)) {
		m.status = COMMAND_TOO_LONG;
		command_explain(s->err, line, &m, false, 0);
		return CTL_USAGE;
	}
	strcpy(copy, line);
	copy[strcspn(copy, "\n")] = '\0';
	if (!take_filter(copy, &filter, &wanted)) {
		fprintf(s->err, "error: after | one of: include TEXT, exclude TEXT, begin TEXT, count\n");
		return CTL_USAGE;
	}
	command_match(copy, &m);
	switch (m.status) {
	case COMMAND_OK:
		return run_match(s, &m, filter, wanted);
	case COMMAND_EMPTY:
		return CTL_OK;
	case COMMAND_HELP:
		command_help(s->out, copy);
		return CTL_OK;
	default:
		command_explain(s->err, copy, &m, s->prompt == 0, s->prompt);
		return CTL_USAGE;
	}
}

void session_close(struct session *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
