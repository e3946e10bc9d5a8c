// SPDX-License-Identifier: GPL-3.0-or-later
// line_test.c - Dials, waits, holds, asks what came, hangs up, and writes down how it went.
#include "control/line_test.h"

#include <errno.h>
#include <stdio.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "control/party.h"
#include "gw/log.h"

enum test_event {
	EVENT_PLAN, // the line is ready
	EVENT_DIAL, // by the clock or by hand; data is struct test_data
	EVENT_BEGUN,
	EVENT_ANSWERED,
	EVENT_OVER, // or refused
	EVENT_JUDGED,
	EVENT_TIMEOUT,
	EVENT_LOST,
	EVENT_COUNT
};

struct test_data {
	nsec_t now;
	enum test_result result;
};

static const char *const result_names[] = {"none",    "good",       "silent", "cut",
					   "refused", "unanswered", "in-use", "lost"};

const char *line_test_result_name(enum test_result r)
{
	return r < TEST_RESULT_COUNT ? result_names[r] : "?";
}

uint64_t line_test_count(const struct line_test *t)
{
	uint64_t n = 0;
	for (unsigned int i = 0; i < TEST_RESULT_COUNT; i++)
		n += t->results[i];
	return n;
}

static nsec_t now_of(const void *data)
{
	return ((const struct test_data *)data)->now;
}

static void feed(struct line *l, enum test_event event, enum test_result result, nsec_t now)
{
	struct test_data data = {now, result};
	fsm_event(&l->test.fsm, event, &data);
}

static void arm(struct line *l, nsec_t due)
{
	timer_start(&l->device->core->timers, &l->test.timer, due);
}

static struct line_call *call_of(struct line *l)
{
	return l->test.reference ? line_call_find(l, 0, l->test.reference) : NULL;
}

// ---- actions ----

static void act_plan(void *object, const void *data)
{
	struct line *l = object;
	const struct config_test *t = &l->config->test;
	if (t->number[0])
		arm(l, now_of(data) + t->after_ms * NSEC_PER_MSEC);
}

static void act_dialled(void *object, const void *data)
{
	struct line *l = object;
	l->test.dialled = now_of(data);
	arm(l, now_of(data) + l->config->test.patience_ms * NSEC_PER_MSEC);
}

static void act_answered(void *object, const void *data)
{
	struct line *l = object;
	l->test.setup_ms = (uint32_t)((now_of(data) - l->test.dialled) / NSEC_PER_MSEC);
	arm(l, now_of(data) + l->config->test.hold_ms * NSEC_PER_MSEC);
}

static void on_stats(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct line *l = object;
	l->test.request = 0;
	feed(l, EVENT_JUDGED,
	     status                                       ? TEST_LOST
	     : reply->stream_stats_reply.stats.rx_packets ? TEST_GOOD
							  : TEST_SILENT,
	     now);
}

static void act_judge(void *object, const void *data)
{
	struct line *l = object;
	nsec_t now = now_of(data);
	const struct party *p = party_by_call(l->device, l->test.reference);
	if (p && p->stream)
		l->test.request = dp_stream_stats(&l->device->core->dp, p->stream, on_stats, l, now);
	arm(l, l->test.request ? now + DP_TIMEOUT_NS + NSEC_PER_SEC : now);
}

// One is over: written down, hung up, and the next one planned.
static void finish(struct line *l, enum test_result result, nsec_t now)
{
	struct line_test *t = &l->test;
	struct line_call *c = call_of(l);
	dp_abandon(&l->device->core->dp, t->request);
	t->request = 0;
	t->last = result;
	t->results[result]++;
	device_count(l->device, COUNT_test_calls);
	if (result != TEST_GOOD) {
		device_count(l->device, COUNT_test_calls_failed);
		log_warning(l->device->name, "test call failed", "number=%s result=%s", t->number,
			    line_test_result_name(result));
	}
	timer_stop(&l->device->core->timers, &t->timer);
	if (l->config->test.every_ms && l->config->test.number[0])
		arm(l, now + l->config->test.every_ms * NSEC_PER_MSEC);
	t->reference = 0;
	if (c && !line_call_is_ending(c))
		line_call_feed(c, LINE_CALL_HANG_UP, now);
}

static void act_result(void *object, const void *data)
{
	finish(object, ((const struct test_data *)data)->result, now_of(data));
}

static void act_unanswered(void *object, const void *data)
{
	struct line *l = object;
	if (!l->test.reference)
		line_hang_up(l, now_of(data)); // whatever is under way
	finish(l, TEST_UNANSWERED, now_of(data));
}

// No stream, or no word of it.
static void act_silent(void *object, const void *data)
{
	finish(object, TEST_SILENT, now_of(data));
}

static void act_lost(void *object, const void *data)
{
	struct line *l = object;
	finish(l, TEST_LOST, now_of(data));
	timer_stop(&l->device->core->timers, &l->test.timer); // planned anew when it is ready
}

static void act_unplan(void *object, const void *data)
{
	struct line *l = object;
	timer_stop(&l->device->core->timers, &l->test.timer);
}

// ---- the table ----

static const char *const state_names[] = {"idle", "waiting", "dialled", "calling", "talking", "judging"};
static const char *const event_names[] = {"plan", "dial",   "begun",   "answered",
					  "over", "judged", "timeout", "lost"};

static const struct fsm_row rows[] = {
	{TEST_IDLE, EVENT_PLAN, act_plan, TEST_WAITING},
	{TEST_IDLE, EVENT_LOST, NULL, FSM_STAY},
	{TEST_WAITING, EVENT_PLAN, NULL, FSM_STAY}, // the agent has configured it anew
	{TEST_WAITING, EVENT_DIAL, act_dialled, TEST_DIALLED},
	{TEST_WAITING, EVENT_OVER, act_result, FSM_STAY}, // could not be dialled
	{TEST_WAITING, EVENT_LOST, act_unplan, TEST_IDLE},
	{TEST_DIALLED, EVENT_BEGUN, NULL, TEST_CALLING},
	{TEST_DIALLED, EVENT_ANSWERED, act_answered, TEST_TALKING},
	{TEST_CALLING, EVENT_ANSWERED, act_answered, TEST_TALKING},
	{TEST_CALLING, EVENT_BEGUN, NULL, FSM_STAY},
	{TEST_DIALLED, EVENT_TIMEOUT, act_unanswered, TEST_WAITING},
	{TEST_CALLING, EVENT_TIMEOUT, act_unanswered, TEST_WAITING},
	{TEST_TALKING, EVENT_TIMEOUT, act_judge, TEST_JUDGING},
	{TEST_TALKING, EVENT_ANSWERED, NULL, FSM_STAY}, // back from hold
	{TEST_TALKING, EVENT_BEGUN, NULL, FSM_STAY},
	{TEST_JUDGING, EVENT_JUDGED, act_result, TEST_WAITING},
	{TEST_JUDGING, EVENT_TIMEOUT, act_silent, TEST_WAITING},
	{FSM_ANY, EVENT_OVER, act_result, TEST_WAITING},
	{FSM_ANY, EVENT_PLAN, NULL, FSM_STAY},
	{FSM_ANY, EVENT_LOST, act_lost, TEST_IDLE},
};

const struct fsm_table line_test_table = {
	.name = "test call",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = TEST_STATE_COUNT,
	.event_count = EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

// ---- for others ----

int line_test_begin(struct line *l, const char *number, nsec_t now)
{
	struct line_test *t = &l->test;
	if (t->fsm.state != TEST_WAITING)
		return t->fsm.state == TEST_IDLE ? -ENOTCONN : -EBUSY;
	int rc = line_dial(l, *number ? number : l->config->test.number, now);
	if (rc)
		return rc;
	snprintf(t->number, sizeof(t->number), "%s", *number ? number : l->config->test.number);
	t->reference = 0;
	feed(l, EVENT_DIAL, TEST_NONE, now);
	return 0;
}

static void on_timer(struct timer *t, nsec_t now)
{
	struct line *l = t->object;
	if (l->test.fsm.state != TEST_WAITING) {
		feed(l, EVENT_TIMEOUT, TEST_NONE, now);
		return;
	}
	snprintf(l->test.number, sizeof(l->test.number), "%s", l->config->test.number);
	if (line_test_begin(l, "", now))
		feed(l, EVENT_OVER, TEST_IN_USE, now);
}

void line_test_call(struct line *l, const struct line_call *c, nsec_t now)
{
	struct line_test *t = &l->test;
	unsigned int state = c->fsm.state;
	bool outgoing =
		1u << state & (IN(DIALING) | IN(PROCEEDING) | IN(RINGING_OUT) | IN(CONNECTED) | IN(FAILED));
	if (t->fsm.state == TEST_DIALLED && !t->reference && outgoing)
		t->reference = c->reference;
	if (!t->reference || c->reference != t->reference)
		return;
	if (state == LINE_CALL_CONNECTED)
		feed(l, EVENT_ANSWERED, TEST_NONE, now);
	else if (state == LINE_CALL_FAILED)
		feed(l, EVENT_OVER, TEST_REFUSED, now);
	else if (state == LINE_CALL_OVER || state == LINE_CALL_ENDING || state == LINE_CALL_IDLE)
		feed(l, EVENT_OVER, t->fsm.state >= TEST_TALKING ? TEST_CUT : TEST_REFUSED, now);
	else
		feed(l, EVENT_BEGUN, TEST_NONE, now);
}

void line_test_ready(struct line *l, nsec_t now)
{
	feed(l, EVENT_PLAN, TEST_NONE, now);
}

void line_test_lost(struct line *l, nsec_t now)
{
	feed(l, EVENT_LOST, TEST_NONE, now);
}

void line_test_init(struct line *l)
{
	fsm_init(&l->test.fsm, &line_test_table, NULL, l);
	timer_init(&l->test.timer, on_timer, l);
}

void line_test_fini(struct line *l)
{
	timer_stop(&l->device->core->timers, &l->test.timer);
	dp_abandon(&l->device->core->dp, l->test.request);
}
