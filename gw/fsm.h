// SPDX-License-Identifier: GPL-3.0-or-later
// fsm.h - Table-driven state machines that can print and check themselves.
//
// A table is rows of (state, event, action, next). The state changes first, then the action runs, and nothing
// of the machine is touched after it: an action may feed further events to the same machine and may free it.
// An event without a row is counted and reported, never fatal. Not thread-safe.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FSM_ANY  UINT16_MAX // as a row's state: any state that has no row of its own for the event
#define FSM_STAY UINT16_MAX // as a row's next: keep the state

struct fsm_row {
	uint16_t state;
	uint16_t event;
	void (*action)(void *object, const void *data); // may be NULL
	uint16_t next;
};

// One kind of machine; constant. State 0 is the first.
struct fsm_table {
	const char *name;
	const char *const *states; // state_count names
	const char *const *events; // event_count names
	const struct fsm_row *rows;
	uint16_t state_count;
	uint16_t event_count;
	uint16_t row_count;
};

struct fsm;

// What all machines of one table share: hooks and counters. Zero it, then set what is wanted.
struct fsm_watch {
	void (*moved)(const struct fsm *m, uint16_t event, uint16_t from,
		      uint16_t to); // every row taken; may be NULL
	void (*misplaced)(const struct fsm *m,
			  uint16_t event); // first of its (state, event) only; may be NULL
	uint32_t *misplaced_count; // state_count * event_count, zeroed by the caller; NULL: report every one
	uint64_t moves;            // rows taken
	uint64_t misplacements;    // events without a row
};

struct fsm {
	const struct fsm_table *table;
	struct fsm_watch *watch; // may be NULL
	void *object;            // given to actions
	uint16_t state;
};

// Starts a machine in state 0.
void fsm_init(struct fsm *m, const struct fsm_table *table, struct fsm_watch *watch, void *object);

// Feeds one event; `data` is borrowed by the action. Returns 0, or -ENOENT when there is no row for it.
int fsm_event(struct fsm *m, uint16_t event, const void *data);

// Names; "?" outside the table.
const char *fsm_state_name(const struct fsm_table *t, uint16_t state);
const char *fsm_event_name(const struct fsm_table *t, uint16_t event);

// Checks a table: names present, rows within range, no pair twice, every state reachable, every event used.
// Returns 0, or -EINVAL and one sentence in problem.
int fsm_check(const struct fsm_table *t, char *problem, size_t cap);

// Writes one line a row, "state event next", for documents and tests.
void fsm_print(const struct fsm_table *t, FILE *out);
