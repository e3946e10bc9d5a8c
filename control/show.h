// SPDX-License-Identifier: GPL-3.0-or-later
// show.h - What the admin socket answers: the model and the dataplane as JSON.
//
// Every answer is an object in snake_case with numbers as numbers and units in names. Questions to the dataplane are
// asynchronous. Loop thread only.
#pragma once

#include <stddef.h>

#include "control/admin.h"
#include "gw/clock.h"
#include "gw/list.h"

struct core;
struct store;

// The context of show_commands.
struct show {
	struct core *core;
	struct store *store;
	nsec_t (*clock)(void); // monotonic
	nsec_t started;
	struct list jobs; // waiting for the dataplane
	// Called after a question to the dataplane: its time-out may be the model's next timer. NULL = nobody needs it.
	void (*asked)(void *arg);
	void *asked_arg;
};

void show_init(struct show *s, struct core *core, struct store *store, nsec_t (*clock)(void));

// Answers what still waits by an error. Before core_fini and admin_close.
void show_fini(struct show *s);

extern const struct admin_command show_commands[];
extern const size_t show_command_count;
