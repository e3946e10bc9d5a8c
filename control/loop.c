// SPDX-License-Identifier: GPL-3.0-or-later
// loop.c - The event loop, its clock, and the timers of the model on it.
#include "control/loop.h"

#include <errno.h>
#include <time.h>

#include <event2/event.h>

nsec_t loop_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	l->armed = TIMER_NEVER;
	timer_run(l->timers, loop_now());
	loop_settle(l);
}

// Activated during a turn, it runs in the same turn, behind what was active before.
static void on_turn_end(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	for (struct list *first; (first = list_pop_front(&l->jobs));) {
		struct loop_job *job = LIST_ITEM(first, struct loop_job, link);
		job->run(job->arg);
	}
}

int loop_init(struct loop *l, struct timer_set *timers)
{
	*l = (struct loop){.timers = timers, .armed = TIMER_NEVER};
	list_init(&l->jobs);
	struct event_config *c = event_config_new();
	if (!c)
		return -ENOMEM;
	event_config_set_flag(c, EVENT_BASE_FLAG_PRECISE_TIMER);
	l->base = event_base_new_with_config(c);
	event_config_free(c);
	l->tick = l->base ? evtimer_new(l->base, on_tick, l) : NULL;
	l->turn_end = l->base ? event_new(l->base, -1, 0, on_turn_end, l) : NULL;
	if (l->tick && l->turn_end)
		return 0;
	loop_fini(l);
	return -ENOMEM;
}

void loop_fini(struct loop *l)
{
	if (l->tick)
		event_free(l->tick);
	if (l->turn_end)
		event_free(l->turn_end);
	if (l->base)
		event_base_free(l->base);
	*l = (struct loop){0};
}

void loop_settle(struct loop *l)
{
	nsec_t due = timer_next(l->timers);
	if (due == l->armed)
		return;
	l->armed = due;
	if (due == TIMER_NEVER) {
		event_del(l->tick);
		return;
	}
	nsec_t now = loop_now();
	nsec_t wait = due > now ? due - now : 0;
	struct timeval tv = {.tv_sec = (time_t)(wait / NSEC_PER_SEC),
			     .tv_usec = (suseconds_t)(wait % NSEC_PER_SEC / NSEC_PER_USEC + 1)};
	event_add(l->tick, &tv);
}

void loop_later(struct loop *l, struct loop_job *job)
{
	if (list_empty(&l->jobs))
		event_active(l->turn_end, EV_TIMEOUT, 0);
	if (list_empty(&job->link))
		list_push_back(&l->jobs, &job->link);
}
