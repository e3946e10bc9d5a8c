// SPDX-License-Identifier: GPL-3.0-or-later
// loop.h - The event loop, its clock, and the timers of the model on it.
#pragma once

#include "gw/clock.h"
#include "gw/timer.h"

struct event;
struct event_base;

struct loop {
	struct event_base *base;
	struct timer_set *timers; // of the model
	struct event *tick;       // for the earliest of them
	nsec_t armed;             // when tick fires, TIMER_NEVER when it does not
};

// The monotonic clock; the only place of this program that reads it.
nsec_t loop_now(void);

int loop_init(struct loop *l, struct timer_set *timers);
void loop_fini(struct loop *l);

// Arms the loop for the model's next timer. Every callback that gave the model something to do ends with this.
void loop_settle(struct loop *l);
