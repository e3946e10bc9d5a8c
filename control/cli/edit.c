// SPDX-License-Identifier: GPL-3.0-or-later
// edit.c - The prompt: line editing, history, TAB completion and ? for help.
#include "control/cli/edit.h"

#include <histedit.h>
#include <string.h>

#include "control/cli/command.h"
#include "control/cli/session.h"

#define PROMPT       "slimctl> "
#define HISTORY_SIZE 500

static char *prompt(EditLine *el)
{
	static char text[] = PROMPT;
	return text;
}

// The line up to the cursor.
static void typed(EditLine *el, char buf[COMMAND_LINE_MAX])
{
	const LineInfo *info = el_line(el);
	size_t len = (size_t)(info->cursor - info->buffer);
	len = len < COMMAND_LINE_MAX ? len : COMMAND_LINE_MAX - 1;
	memcpy(buf, info->buffer, len);
	buf[len] = '\0';
}

static unsigned char on_help(EditLine *el, int ch)
{
	char line[COMMAND_LINE_MAX + 1];
	typed(el, line);
	strcat(line, "?");
	puts("?");
	command_help(stdout, line);
	return CC_REDISPLAY;
}

// Letters that all candidates have in common.
static size_t common_length(const struct command_match *m)
{
	size_t len = m->near_length[0];
	for (size_t i = 1; i < m->near_count; i++) {
		size_t k = 0;
		while (k < len && k < m->near_length[i] && m->near[i][k] == m->near[0][k])
			k++;
		len = k;
	}
	return len;
}

static unsigned char on_tab(EditLine *el, int ch)
{
	char line[COMMAND_LINE_MAX], insert[COMMAND_LINE_MAX];
	struct command_match m;
	typed(el, line);
	command_complete(line, &m);
	if (m.near_count == 0)
		return CC_REFRESH_BEEP;
	size_t len = common_length(&m);
	if (len > m.length || m.near_count == 1) {
		snprintf(insert, sizeof(insert), "%.*s%s", (int)(len - m.length), m.near[0] + m.length,
			 m.near_count == 1 ? " " : "");
		return el_insertstr(el, insert) < 0 ? CC_ERROR : CC_REFRESH;
	}
	fputc('\n', stdout);
	for (size_t i = 0; i < m.near_count; i++)
		printf("  %.*s", (int)m.near_length[i], m.near[i]);
	fputc('\n', stdout);
	return CC_REDISPLAY;
}

int edit_run(struct session *s)
{
	HistEvent event;
	int rc = CTL_OK, count;
	const char *line;
	EditLine *el = el_init("slimctl", stdin, stdout, stderr);
	History *past = history_init();
	if (!el || !past)
		return CTL_REFUSED;
	history(past, &event, H_SETSIZE, HISTORY_SIZE);
	history(past, &event, H_SETUNIQUE, 1);
	el_set(el, EL_PROMPT, prompt);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_SIGNAL, 1);
	el_set(el, EL_HIST, history, past);
	el_set(el, EL_ADDFN, "complete", "Complete the word", on_tab);
	el_set(el, EL_ADDFN, "help", "List what may follow", on_help);
	el_set(el, EL_BIND, "^I", "complete", NULL);
	el_set(el, EL_BIND, "?", "help", NULL);
	s->prompt = sizeof(PROMPT) - 1;
	printf("slimctl %s: help lists the commands, ? what may follow, TAB completes, quit leaves\n",
	       SLIMLINE_VERSION);
	while (!s->quit && (line = el_gets(el, &count)) && count > 0) {
		if (strspn(line, " \t\r\n") == strlen(line))
			continue;
		history(past, &event, H_ENTER, line);
		rc = session_run(s, line);
	}
	if (!s->quit)
		putchar('\n');
	history_end(past);
	el_end(el);
	return rc;
}
