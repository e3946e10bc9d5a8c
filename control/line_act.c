// SPDX-License-Identifier: GPL-3.0-or-later
// line_act.c - What the user of a line can be told to do, in words.
#include "control/line_act.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/line.h"

static int act_off_hook(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_off_hook(l, now);
}

static int act_dial(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_dial(l, first, now);
}

static int act_enbloc(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_enbloc(l, first, now);
}

static int act_press(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_press(l, first, now);
}

static int act_answer(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_answer(l, now);
}

static int act_hang_up(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_hang_up(l, now);
}

static int act_hold(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_hold(l, now);
}

static int act_resume(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_resume(l, now);
}

static int act_flash(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_flash(l, now);
}

static int act_transfer(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_transfer(l, first, now);
}

static int act_consult(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_consult(l, first, now);
}

static int act_conference(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_conference(l, first, now);
}

static int act_forward(struct line *l, const char *first, const char *second, nsec_t now)
{
	static const char *const words[LINE_FORWARD_COUNT] = {"all", "busy", "no-answer"};
	for (unsigned int i = 0; i < LINE_FORWARD_COUNT; i++)
		if (strcmp(words[i], *second ? second : words[0]) == 0)
			return line_forward(l, (enum line_forward)i, first, now);
	return -EINVAL;
}

static int act_redial(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_redial(l, now);
}

static int act_speed(struct line *l, const char *first, const char *second, nsec_t now)
{
	char *end;
	unsigned long n = strtoul(first, &end, 10);
	return *first < '0' || *first > '9' || *end || n > LINE_EXTRAS_MAX
		       ? -EINVAL
		       : line_speed(l, (unsigned int)n, now);
}

static int act_call_back(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_call_back(l, now);
}

static int act_test(struct line *l, const char *first, const char *second, nsec_t now)
{
	return *first || l->config->test.number[0] ? line_test_begin(l, first, now) : -ENOENT;
}

static int act_feature(struct line *l, const char *first, const char *second, nsec_t now)
{
	return line_feature(l, first, now);
}

static const struct line_act acts[] = {
#define ACT(name, function, arguments, help, absent) {name, arguments, help, absent, act_##function},
#include "gw/line_act.def"
#undef ACT
};

const struct line_act *line_act_find(const char *name)
{
	const struct line_act *found = NULL;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].name, name) == 0)
			return &acts[i];
		if (*name && strncmp(acts[i].name, name, strlen(name)) == 0) {
			if (found)
				return NULL;
			found = &acts[i];
		}
	}
	return found;
}

bool line_act_takes(const struct line_act *a, unsigned int count)
{
	unsigned int least = 0, most = 0;
	for (const char *p = a->arguments; *p; p++) {
		bool begins = *p != ' ' && (p == a->arguments || p[-1] == ' ');
		most += begins;
		least += begins && *p != '[';
	}
	return count >= least && count <= most;
}
