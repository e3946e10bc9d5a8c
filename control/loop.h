// SPDX-License-Identifier: GPL-3.0-or-later
// loop.h - The event loop, its clock, and the timers of the model on it.
#pragma once

#include "gw/clock.h"
#include "gw/list.h"
#include "gw/timer.h"

struct event;
struct event_base;

// Work that is better done once for all callbacks of a turn.
struct loop_job {
	struct list link;
	void (*run)(void *arg);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct timer_set *timers; // of the model
	struct event *tick;       // for the earliest of them
	nsec_t armed;             // when tick fires, TIMER_NEVER when it does not
	struct event *turn_end;
	struct list jobs; // due at the end of this turn
};

// The monotonic clock; the only place of this program that reads it.
nsec_t loop_now(void);

int loop_init(struct loop *l, struct timer_set *timers);
void loop_fini(struct loop *l);

// Arms the loop for the model's next timer. Every callback that gave the model something to do ends with this.
void loop_settle(struct loop *l);

// Runs a job once, after the callbacks that are due now. Its link must be on no list or on this one.
void loop_later(struct loop *l, struct loop_job *job);
