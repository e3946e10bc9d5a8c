// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - slimctl: options, one-shot, watch, batch and interactive.
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/cli/command.h"
#include "control/cli/session.h"
#ifdef SLIMLINE_LIBEDIT
#include "control/cli/edit.h"
#endif

#define TIMEOUT_MS      5000
#define TIMEOUT_MAX_S   3600
#define WATCH_DEFAULT_S 2

static const char usage[] =
	"usage: slimctl [OPTIONS] [COMMAND...]\n"
	"Asks slimline-control and shows what it answers. Without a command: a prompt, or commands from "
	"standard input.\n\n"
	"  -j, --json             the answer as JSON, stable and with a schema number\n"
	"  -f, --format FORMAT    table (default), csv or json\n"
	"  -a, --all              also what is zero\n"
	"  -s, --socket PATH      admin socket (" CTL_SOCKET ", or $SLIMLINE_SOCKET)\n"
	"  -t, --timeout SECONDS  for an answer (5)\n"
	"  -w, --watch[=SECONDS]  repeat the command (2)\n"
	"  -P, --no-pager         never through $PAGER\n"
	"      --dump             the command table: words, argument, help, native words\n"
	"      --complete LINE    the words LINE may go on with, for shells\n"
	"  -V, --version\n"
	"  -h, --help\n\n"
	"exit status: 0 done, 1 refused, 2 usage, 3 daemon unreachable, 4 not found, 5 permission, 6 "
	"timeout,\n"
	"             7 configuration invalid, 8 partial\n\n"
	"Commands (words may be shortened):\n";

enum { OPTION_DUMP = 256, OPTION_COMPLETE };

static const struct option options[] = {
	{"json", no_argument, NULL, 'j'},
	{"format", required_argument, NULL, 'f'},
	{"all", no_argument, NULL, 'a'},
	{"socket", required_argument, NULL, 's'},
	{"timeout", required_argument, NULL, 't'},
	{"watch", optional_argument, NULL, 'w'},
	{"no-pager", no_argument, NULL, 'P'},
	{"dump", no_argument, NULL, OPTION_DUMP},
	{"complete", required_argument, NULL, OPTION_COMPLETE},
	{"version", no_argument, NULL, 'V'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int usage_error(const char *problem, const char *value)
{
	fprintf(stderr, "error: %s%s%s\nhint: slimctl --help\n", problem, *value ? ": " : "", value);
	return CTL_USAGE;
}

static bool parse_seconds(const char *text, double *ret)
{
	char *end;
	double v = strtod(text, &end);
	if (end == text || *end || !(v >= 0.1 && v <= TIMEOUT_MAX_S))
		return false;
	*ret = v;
	return true;
}

static bool parse_format(const char *text, enum print_format *ret)
{
	static const char *const names[] = {
		[PRINT_TABLE] = "table", [PRINT_CSV] = "csv", [PRINT_JSON] = "json"};
	for (unsigned int f = 0; f < sizeof(names) / sizeof(names[0]); f++) {
		if (strcmp(text, names[f]) == 0) {
			*ret = f;
			return true;
		}
	}
	return false;
}

static int dump(void)
{
	for (size_t i = 0; i < command_count; i++) {
		const struct command *c = &command_table[i];
		printf("%s\t%s\t%s\t%s\n", c->words, c->native ? "" : c->argument, c->help,
		       c->native ? c->native : "");
	}
	return CTL_OK;
}

static int complete(const char *line)
{
	struct command_match m;
	command_complete(line, &m);
	for (size_t i = 0; i < m.near_count; i++)
		printf("%.*s\n", (int)m.near_length[i], m.near[i]);
	return CTL_OK;
}

static int one_shot(struct session *s, int argc, char **argv, double watch_s)
{
	char line[COMMAND_LINE_MAX] = "";
	size_t used = 0;
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]);
		if (used + len + 2 > sizeof(line))
			return usage_error("command too long", "");
		used += (size_t)sprintf(line + used, "%s%s", i ? " " : "", argv[i]);
	}
	if (watch_s <= 0)
		return session_run(s, line);
	s->pager = false;
	for (;;) {
		time_t now = time(NULL);
		char stamp[32];
		strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", localtime(&now));
		printf("%sslimctl %s   every %g s   %s\n\n", isatty(STDOUT_FILENO) ? "\033[H\033[2J" : "",
		       line, watch_s, stamp);
		int rc = session_run(s, line);
		if (rc == CTL_USAGE || ferror(stdout))
			return rc;
		struct timespec wait = {.tv_sec = (time_t)watch_s,
					.tv_nsec = (long)((watch_s - (long)watch_s) * 1e9)};
		nanosleep(&wait, NULL);
	}
}

// Lines from standard input; the first that fails ends it, and is the exit status.
static int batch(struct session *s)
{
	char *line = NULL;
	size_t cap = 0, number = 0;
	int rc = CTL_OK;
	while (rc == CTL_OK && !s->quit && getline(&line, &cap, stdin) > 0) {
		number++;
		if (line[strspn(line, " \t")] == '#')
			continue;
		rc = session_run(s, line);
		if (rc != CTL_OK)
			fprintf(stderr, "stopped at line %zu of standard input\n", number);
	}
	free(line);
	return rc;
}

static int interactive(struct session *s)
{
#ifdef SLIMLINE_LIBEDIT
	return edit_run(s);
#else
	return batch(s);
#endif
}

static int help(void)
{
	fputs(usage, stdout);
	command_help(stdout, "");
	return CTL_OK;
}

int main(int argc, char **argv)
{
	const char *socket = getenv("SLIMLINE_SOCKET");
	struct session s = {.socket = socket && *socket ? socket : CTL_SOCKET,
			    .timeout_ms = TIMEOUT_MS,
			    .pager = isatty(STDOUT_FILENO),
			    .fd = -1,
			    .out = stdout,
			    .err = stderr};
	double seconds, watch_s = 0;
	int option;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":jf:as:t:w::PVh", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			s.format = PRINT_JSON;
			break;
		case 'f':
			if (!parse_format(optarg, &s.format))
				return usage_error("--format is table, csv or json, not", optarg);
			break;
		case 'a':
			s.all = true;
			break;
		case 's':
			s.socket = optarg;
			break;
		case 't':
			if (!parse_seconds(optarg, &seconds))
				return usage_error("--timeout is 0.1 to 3600 seconds, not", optarg);
			s.timeout_ms = (int)(seconds * 1000);
			break;
		case 'w':
			watch_s = WATCH_DEFAULT_S;
			if (optarg && !parse_seconds(optarg, &watch_s))
				return usage_error("--watch is 0.1 to 3600 seconds, not", optarg);
			break;
		case 'P':
			s.pager = false;
			break;
		case OPTION_DUMP:
			return dump();
		case OPTION_COMPLETE:
			return complete(optarg);
		case 'V':
			puts("slimctl " SLIMLINE_VERSION);
			return CTL_OK;
		case 'h':
			return help();
		case ':':
			return usage_error("a value is missing after", argv[optind - 1]);
		default:
			return usage_error("unknown option", argv[optind - 1]);
		}
	}
	int rc;
	if (optind < argc)
		rc = one_shot(&s, argc - optind, argv + optind, watch_s);
	else if (watch_s > 0)
		rc = usage_error("--watch needs a command", "");
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		rc = interactive(&s);
	else
		rc = batch(&s);
	session_close(&s);
	return fflush(stdout) == 0 ? rc : CTL_REFUSED;
}
