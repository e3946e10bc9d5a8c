// SPDX-License-Identifier: GPL-3.0-or-later
// line_errand.c - What takes a telephone's user several steps: transfer, conference, forwarding.
#include "control/line_errand.h"

#include <errno.h>
#include <stdio.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "gw/log.h"

#define KEYED_NS   (5 * NSEC_PER_SEC)    // for the second call
#define DIALLED_NS (60 * NSEC_PER_SEC)   // for somebody to answer it
#define FORWARD_NS (15 * NSEC_PER_SEC)   // for the agent to say that it forwards
#define RIPE_NS    (200 * NSEC_PER_MSEC) // for the agent to say which keys there are now
#define CLOSING_NS (5 * NSEC_PER_SEC)    // for the calls to end
#define RETURN_NS  (2 * NSEC_PER_SEC)    // for the second call to end

enum errand_event {
	EVENT_BEGIN,
	EVENT_SECOND, // a second call is off the hook
	EVENT_RINGING,
	EVENT_ANSWERED,
	EVENT_REFUSED, // busy, or the second call has ended
	EVENT_FIRST_OVER,
	EVENT_RIPE,
	EVENT_REACHED, // nothing is left for us to press
	EVENT_DONE,
	EVENT_FAILED,
	EVENT_GONE, // of the second call nothing is left
	EVENT_TIMEOUT,
	EVENT_LOST,
	EVENT_COUNT
};

static nsec_t now_of(const void *data)
{
	return *(const nsec_t *)data;
}

static void feed(struct line *l, enum errand_event event, nsec_t now)
{
	if (fsm_event(&l->errand.fsm, event, &now))
		device_count(l->device, COUNT_line_misplaced);
}

static void arm(struct line *l, nsec_t due)
{
	timer_start(&l->device->core->timers, &l->errand.timer, due);
}

static void disarm(struct line *l)
{
	timer_stop(&l->device->core->timers, &l->errand.timer);
}

// ---- actions ----

static void act_begin(void *object, const void *data)
{
	struct line *l = object;
	const struct line_errand *e = &l->errand;
	nsec_t now = now_of(data);
	arm(l, now + KEYED_NS);
	line_function(l, e->first ? line_call_find(l, 0, e->first) : NULL, e->function, now);
}

static void act_dial(void *object, const void *data)
{
	struct line *l = object;
	nsec_t now = now_of(data);
	arm(l, now + (l->errand.kind == ERRAND_FORWARD ? FORWARD_NS : DIALLED_NS));
	line_dial_into(l, l->errand.number, now);
}

static void act_ringing(void *object, const void *data)
{
	struct line *l = object;
	if (l->errand.kind == ERRAND_TRANSFER)
		feed(l, EVENT_RIPE, now_of(data));
}

static void act_answered(void *object, const void *data)
{
	static const uint8_t events[] = {[ERRAND_TRANSFER] = EVENT_RIPE,
					 [ERRAND_CONSULT] = EVENT_REACHED,
					 [ERRAND_CONFERENCE] = EVENT_RIPE,
					 [ERRAND_FORWARD] = EVENT_REFUSED};
	struct line *l = object;
	feed(l, (enum errand_event)events[l->errand.kind], now_of(data));
}

static void act_done(void *object, const void *data)
{
	struct line *l = object;
	disarm(l);
	l->errand.done++;
	device_count(l->device, COUNT_line_errands);
}

static void act_ripe(void *object, const void *data)
{
	arm(object, now_of(data) + RIPE_NS);
}

// A consultation is left to the user, who completes it; what was forwarded leaves an open call to be closed.
static void act_close(void *object, const void *data)
{
	struct line *l = object;
	struct line_errand *e = &l->errand;
	nsec_t now = now_of(data);
	arm(l, now + CLOSING_NS);
	if (e->kind == ERRAND_CONSULT || e->kind == ERRAND_FORWARD)
		return;
	line_function(l, line_call_find(l, 0, e->second), e->function, now);
}

static struct line_call *call_of(struct line *l, uint32_t reference)
{
	struct line_call *c = reference ? line_call_find(l, 0, reference) : NULL;
	return c && !line_call_is_ending(c) ? c : NULL;
}

// The first call is taken back when the second has ended: chan-sccp holds it again in that moment.
static void act_failed(void *object, const void *data)
{
	struct line *l = object;
	struct line_errand *e = &l->errand;
	nsec_t now = now_of(data);
	struct line_call *second = e->second ? line_call_find(l, 0, e->second) : NULL;
	arm(l, now + RETURN_NS);
	e->failed++;
	device_count(l->device, COUNT_line_errand_failed);
	if (!second || second->fsm.state == LINE_CALL_OVER)
		feed(l, EVENT_GONE, now);
	else
		line_call_feed(second, LINE_CALL_HANG_UP, now);
}

static void act_return(void *object, const void *data)
{
	struct line *l = object;
	struct line_call *first = call_of(l, l->errand.first);
	disarm(l);
	if (first && first->fsm.state == LINE_CALL_HELD)
		line_function(l, first, LINE_RESUME, now_of(data));
}

// Second press, and the calls are still there: of a forwarding the open one, of a conference both.
static void act_closed(void *object, const void *data)
{
	struct line *l = object;
	struct line_call *second = call_of(l, l->errand.second);
	feed(l, l->errand.kind == ERRAND_TRANSFER ? EVENT_FAILED : EVENT_DONE, now_of(data));
	if (l->errand.kind == ERRAND_FORWARD && second)
		line_call_feed(second, LINE_CALL_HANG_UP, now_of(data));
}

static void act_second_over(void *object, const void *data)
{
	struct line *l = object;
	feed(l, l->errand.kind == ERRAND_FORWARD ? EVENT_DONE : EVENT_FAILED, now_of(data));
}

static void act_lost(void *object, const void *data)
{
	disarm(object);
}

// ---- the table ----

static const char *const state_names[] = {"idle", "keyed", "dialled", "ripe", "closing", "returning"};
static const char *const event_names[] = {"begin",      "second",  "ringing", "answered", "refused",
					  "first-over", "ripe",    "reached", "done",     "failed",
					  "gone",       "timeout", "lost"};

static const struct fsm_row rows[] = {
	{ERRAND_IDLE, EVENT_BEGIN, act_begin, ERRAND_KEYED},
	{ERRAND_KEYED, EVENT_SECOND, act_dial, ERRAND_DIALLED},
	{ERRAND_KEYED, EVENT_FIRST_OVER, act_failed, ERRAND_RETURNING},
	{ERRAND_KEYED, EVENT_REACHED, act_done, ERRAND_IDLE},
	{ERRAND_KEYED, EVENT_TIMEOUT, act_failed, ERRAND_RETURNING},
	{ERRAND_DIALLED, EVENT_RINGING, act_ringing, FSM_STAY},
	{ERRAND_DIALLED, EVENT_ANSWERED, act_answered, FSM_STAY},
	{ERRAND_DIALLED, EVENT_REFUSED, act_second_over, FSM_STAY},
	{ERRAND_DIALLED, EVENT_FIRST_OVER, act_failed, ERRAND_RETURNING},
	{ERRAND_DIALLED, EVENT_TIMEOUT, act_failed, ERRAND_RETURNING},
	{ERRAND_DIALLED, EVENT_RIPE, act_ripe, ERRAND_RIPE},
	{ERRAND_DIALLED, EVENT_REACHED, act_close, ERRAND_CLOSING},
	{ERRAND_RIPE, EVENT_REFUSED, act_failed, ERRAND_RETURNING},
	{ERRAND_RIPE, EVENT_FIRST_OVER, act_failed, ERRAND_RETURNING},
	{ERRAND_RIPE, EVENT_TIMEOUT, act_close, ERRAND_CLOSING},
	{ERRAND_CLOSING, EVENT_REFUSED, act_done, ERRAND_IDLE},
	{ERRAND_CLOSING, EVENT_FIRST_OVER, act_done, ERRAND_IDLE},
	{ERRAND_CLOSING, EVENT_TIMEOUT, act_closed, FSM_STAY},
	{ERRAND_RETURNING, EVENT_GONE, act_return, ERRAND_IDLE},
	{ERRAND_RETURNING, EVENT_TIMEOUT, act_return, ERRAND_IDLE},
	{FSM_ANY, EVENT_DONE, act_done, ERRAND_IDLE},
	{FSM_ANY, EVENT_FAILED, act_failed, ERRAND_RETURNING},
	{FSM_ANY, EVENT_SECOND, NULL, FSM_STAY},
	{FSM_ANY, EVENT_RINGING, NULL, FSM_STAY},
	{FSM_ANY, EVENT_ANSWERED, NULL, FSM_STAY},
	{FSM_ANY, EVENT_REFUSED, NULL, FSM_STAY},
	{FSM_ANY, EVENT_FIRST_OVER, NULL, FSM_STAY},
	{FSM_ANY, EVENT_REACHED, NULL, FSM_STAY},
	{FSM_ANY, EVENT_LOST, act_lost, ERRAND_IDLE},
};

const struct fsm_table line_errand_table = {
	.name = "errand",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = ERRAND_STATE_COUNT,
	.event_count = EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

// ---- the door ----

static void on_timer(struct timer *t, nsec_t now)
{
	feed(t->object, EVENT_TIMEOUT, now);
}

void line_errand_init(struct line *l)
{
	fsm_init(&l->errand.fsm, &line_errand_table, NULL, l);
	timer_init(&l->errand.timer, on_timer, l);
}

void line_errand_fini(struct line *l)
{
	disarm(l);
}

int line_errand_begin(struct line *l, enum errand_kind kind, unsigned int function,
		      const struct line_call *first, const char *number, nsec_t now)
{
	struct line_errand *e = &l->errand;
	if (e->fsm.state != ERRAND_IDLE)
		return -EBUSY;
	e->kind = kind;
	e->function = function;
	e->first = first ? first->reference : 0;
	e->second = 0;
	snprintf(e->number, sizeof(e->number), "%s", number);
	feed(l, EVENT_BEGIN, now);
	return 0;
}

// What the new state of the second call means.
static enum errand_event second_event(const struct line_call *c)
{
	switch ((enum line_call_state)c->fsm.state) {
	case LINE_CALL_RINGING_OUT:
		return EVENT_RINGING;
	case LINE_CALL_CONNECTED:
		return EVENT_ANSWERED;
	case LINE_CALL_FAILED:
	case LINE_CALL_ENDING:
	case LINE_CALL_OVER:
	case LINE_CALL_IDLE:
		return EVENT_REFUSED;
	default:
		return EVENT_COUNT;
	}
}

void line_errand_call(struct line *l, const struct line_call *c, nsec_t now)
{
	struct line_errand *e = &l->errand;
	enum errand_event event = EVENT_COUNT;
	if (e->fsm.state == ERRAND_IDLE || !c->reference)
		return;
	if (c->reference == e->first) {
		event = line_call_is_ending(c) ? EVENT_FIRST_OVER : EVENT_COUNT;
	} else if (e->fsm.state == ERRAND_KEYED && c->fsm.state == LINE_CALL_DIALING) {
		e->second = c->reference;
		event = EVENT_SECOND;
	} else if (c->reference == e->second && e->fsm.state == ERRAND_RETURNING) {
		event = c->fsm.state == LINE_CALL_OVER ? EVENT_GONE : EVENT_COUNT;
	} else if (c->reference == e->second) {
		event = second_event(c);
	}
	if (event != EVENT_COUNT)
		feed(l, event, now);
}

void line_errand_forwarded(struct line *l, nsec_t now)
{
	if (l->errand.kind == ERRAND_FORWARD)
		feed(l, EVENT_REACHED, now);
}

void line_errand_lost(struct line *l, nsec_t now)
{
	feed(l, EVENT_LOST, now);
}
