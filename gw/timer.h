// SPDX-License-Identifier: GPL-3.0-or-later
// timer.h - Timers by absolute time, run by whoever owns the clock; no clock of its own.
//
// A pairing heap of nodes embedded in their owners: start is O(1), stop and run O(log n) amortised, no
// memory. Timers due at one instant fire in the order in which they were started. Not thread-safe.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"

#define TIMER_NEVER UINT64_MAX

struct timer {
	void (*fire)(struct timer *t, nsec_t now);
	void *object; // for fire
	nsec_t due;
	uint64_t order;
	struct timer *child;
	struct timer *next;
	struct timer *prev; // elder sibling, or parent of the eldest; NULL for a root
	bool armed;
};

struct timer_set {
	struct timer *root;
	struct timer *later; // started while running and already due: they wait for the next run
	uint64_t order;
	nsec_t run_now;
	unsigned int count; // armed
	bool running;
};

// Makes an empty set. Zeroed memory is one, too.
void timer_set_init(struct timer_set *s);

// Makes a timer that is not armed.
void timer_init(struct timer *t, void (*fire)(struct timer *t, nsec_t now), void *object);

// Arms a timer, or moves it when it is armed.
void timer_start(struct timer_set *s, struct timer *t, nsec_t due);

// Disarms a timer; harmless when it is not armed.
void timer_stop(struct timer_set *s, struct timer *t);

// When timer_run has work next; TIMER_NEVER when nothing is armed.
nsec_t timer_next(const struct timer_set *s);

// Fires all timers due at now, earliest first, each disarmed before it fires; returns how many. Callbacks may
// start, move, stop and free any timer; what they start for now or earlier fires in the next run, so a run
// always ends.
unsigned int timer_run(struct timer_set *s, nsec_t now);
