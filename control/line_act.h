// SPDX-License-Identifier: GPL-3.0-or-later
// line_act.h - What the user of a line can be told to do, in words.
#pragma once

#include <stdbool.h>

#include "gw/clock.h"

struct line;

struct line_act {
	const char *name;
	const char *arguments; // "NUMBER [WHEN]"
	const char *help;
	const char *absent; // what -ENOENT means
	int (*run)(struct line *l, const char *first, const char *second,
		   nsec_t now); // "" for what is left out
};

// By its name or a beginning that no other has; NULL when there is none.
const struct line_act *line_act_find(const char *name);

// Whether so many arguments are right.
bool line_act_takes(const struct line_act *a, unsigned int count);
