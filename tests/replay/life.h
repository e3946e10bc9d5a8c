// SPDX-License-Identifier: GPL-3.0-or-later
// life.h - What outlives a killed control process in a scenario: the store, and the recovery of the next process.
#pragma once

#include <stdbool.h>

#include "control/hooks.h"
#include "control/keep.h"
#include "control/recover.h"

struct event_base;

struct life {
	struct event_base *base;
	struct store *store;
	struct keep keep;
	struct recover *recover;
	struct recover_result result; // told so far
	bool told;
};

// Opens a store in memory. Returns false when it cannot.
bool life_init(struct life *l);
void life_fini(struct life *l);

// Hooks that keep its records.
struct hooks life_hooks(struct life *l);

// Loses every record, as a store does that was lost with its machine.
bool life_forget(struct life *l);

// The process is gone: before core_fini.
void life_killed(struct life *l);

// Starts recovery into a new core.
bool life_recover(struct life *l, struct core *core, nsec_t now);

// Lets the store's answers in; the time they come at.
void life_run(struct life *l, nsec_t now);

// A figure of the recovery's result by name; UINT32_MAX when there is none.
uint32_t life_figure(const struct life *l, const char *name);
