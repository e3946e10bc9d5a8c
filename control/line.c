// SPDX-License-Identifier: GPL-3.0-or-later
// line.c - What a telephone asks its agent after registration, and what it keeps of what the agent tells.
//
// One question at a time, in the order telephones ask. An agent that does not answer one within a second is asked the
// next: chan_skinny answers neither ConfigStat nor ForwardStat. A late answer is taken all the same. With the answer to the
// last question, the time, registration counts as complete; calls are served from the start.
#include "control/line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line_action.h"
#include "control/line_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define ANSWER_NS NSEC_PER_SEC // for the answer to a question

enum line_event {
	EVENT_REGISTERED,
	EVENT_ANSWERED,
	EVENT_TIMEOUT,
	EVENT_DONE,
	EVENT_APPLY,
	EVENT_LOST,
	EVENT_COUNT
};

static nsec_t now_of(const void *data)
{
	return *(const nsec_t *)data;
}

static void feed(struct line *l, enum line_event event, nsec_t now)
{
	uint16_t before = l->fsm.state;
	fsm_event(&l->fsm, event, &now);
	if (l->fsm.state != before) {
		l->since = now;
		device_changed(l->device, now);
	}
}

// ---- questions ----

// Besides ONCE and EACH_LINE: once for each extra button of that kind.
#define ONCE      (-1)
#define EACH_LINE SCCP_BUTTON_LINE

static const struct step {
	uint32_t ask;
	uint32_t answer; // 0 = none is expected
	uint32_t answer_v2;
	int repeat;
} steps[] = {
	{SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_RES, 0, ONCE},
	{SCCP_SOFT_KEY_SET_REQ, SCCP_SOFT_KEY_SET_RES, 0, ONCE},
	{SCCP_BUTTON_TEMPLATE_REQ, SCCP_BUTTON_TEMPLATE_RES, 0, ONCE},
	{SCCP_CONFIG_STAT_REQ, SCCP_CONFIG_STAT_RES, SCCP_CONFIG_STAT_V2_RES, ONCE},
	{SCCP_LINE_STAT_REQ, SCCP_LINE_STAT_RES, SCCP_LINE_STAT_V2_RES, EACH_LINE},
	{SCCP_FORWARD_STAT_REQ, SCCP_FORWARD_STAT_RES, 0, EACH_LINE},
	{SCCP_SPEED_DIAL_STAT_REQ, SCCP_SPEED_DIAL_STAT_RES, SCCP_SPEED_DIAL_STAT_V2_RES,
	 SCCP_BUTTON_SPEED_DIAL},
	{SCCP_SERVICE_URL_STAT_REQ, SCCP_SERVICE_URL_STAT_RES, SCCP_SERVICE_URL_STAT_V2_RES,
	 SCCP_BUTTON_SERVICE_URL},
	{SCCP_FEATURE_STAT_REQ, SCCP_FEATURE_STAT_RES, SCCP_FEATURE_STAT_V2_RES, SCCP_BUTTON_FEATURE},
	{SCCP_FEATURE_STAT_REQ, SCCP_FEATURE_STAT_RES, SCCP_FEATURE_STAT_V2_RES,
	 SCCP_BUTTON_BUSY_LAMP_FIELD_SPEEDDIAL},
	{SCCP_REGISTER_AVAILABLE_LINES, 0, 0, ONCE},
	{SCCP_TIME_DATE_REQ, SCCP_TIME_DATE_RES, 0, ONCE},
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

// The instance that part number `part` of a step asks about; 0 when there is none any more.
static uint32_t instance_of(const struct line *l, const struct step *s, unsigned int part)
{
	if (s->repeat == ONCE)
		return part == 0;
	if (s->repeat == EACH_LINE)
		return part < l->button_count ? l->buttons[part].instance : 0;
	for (unsigned int i = 0; i < l->extra_count; i++)
		if (l->extras[i].kind == (unsigned int)s->repeat && part-- == 0)
			return l->extras[i].instance;
	return 0;
}

static void say_step(struct line *l, const struct step *s, uint32_t instance, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, s->ask);
	if (s->ask == SCCP_REGISTER_AVAILABLE_LINES)
		m.register_available_lines.max_num_of_avail_lines = l->button_count;
	else if (s->repeat != ONCE)
		m.line_stat_req.line_number = instance; // the others begin with the same word
	device_send(l->device, &m, now);
}

// Asks on until an answer is due, or nothing is left to ask.
static void go_on(struct line *l, nsec_t now)
{
	for (; l->step < STEP_COUNT; l->step++, l->part = 0) {
		const struct step *s = &steps[l->step];
		uint32_t instance = instance_of(l, s, l->part);
		if (!instance)
			continue;
		say_step(l, s, instance, now);
		if (s->answer) {
			timer_start(&l->device->core->timers, &l->timer, now + ANSWER_NS);
			return;
		}
	}
	feed(l, EVENT_DONE, now);
}

static void act_begin(void *object, const void *data)
{
	struct line *l = object;
	l->step = 0;
	l->part = 0;
	l->unanswered = 0;
	go_on(l, now_of(data));
}

static void act_next(void *object, const void *data)
{
	struct line *l = object;
	l->part++;
	go_on(l, now_of(data));
}

static void act_unanswered(void *object, const void *data)
{
	struct line *l = object;
	l->unanswered++;
	device_count(l->device, COUNT_line_unanswered);
	act_next(object, data);
}

static void act_ready(void *object, const void *data)
{
	struct line *l = object;
	timer_stop(&l->device->core->timers, &l->timer);
	device_count(l->device, COUNT_line_ready);
	log_info(l->device->name, "line is ready", "number=%s unanswered=%u", l->buttons[0].number,
		 l->unanswered);
	line_test_ready(l, now_of(data));
}

static void act_lost(void *object, const void *data)
{
	struct line *l = object;
	timer_stop(&l->device->core->timers, &l->timer);
	timer_stop(&l->device->core->timers, &l->dial);
	l->digits[0] = '\0';
	l->flashed = l->lifted = l->replaced = 0;
	line_errand_lost(l, now_of(data));
	line_test_lost(l, now_of(data));
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		line_call_feed(&l->calls[i], LINE_CALL_LOST, now_of(data));
	line_panel_clear(l);
}

static const char *const state_names[] = {"off", "asking", "ready"};
static const char *const event_names[] = {"registered", "answered", "timeout", "done", "apply", "lost"};

static const struct fsm_row rows[] = {
	{LINE_OFF, EVENT_REGISTERED, act_begin, LINE_ASKING},
	{LINE_OFF, EVENT_LOST, NULL, FSM_STAY},
	{LINE_ASKING, EVENT_REGISTERED, NULL, FSM_STAY}, // asked for its capabilities once more
	{LINE_ASKING, EVENT_ANSWERED, act_next, FSM_STAY},
	{LINE_ASKING, EVENT_TIMEOUT, act_unanswered, FSM_STAY},
	{LINE_ASKING, EVENT_DONE, act_ready, LINE_READY},
	{LINE_ASKING, EVENT_LOST, act_lost, LINE_OFF},
	{LINE_OFF, EVENT_APPLY, NULL, FSM_STAY},
	{LINE_ASKING, EVENT_APPLY, act_begin, FSM_STAY},
	{LINE_READY, EVENT_APPLY, act_begin, LINE_ASKING},
	{LINE_READY, EVENT_REGISTERED, NULL, FSM_STAY},
	{LINE_READY, EVENT_LOST, act_lost, LINE_OFF},
};

const struct fsm_table line_table = {
	.name = "line",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = LINE_STATE_COUNT,
	.event_count = EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *line_state_name(unsigned int state)
{
	return fsm_state_name(&line_table, (uint16_t)state);
}

// ---- messages ----

// False: no answer to any question.
static bool take_answer(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	bool whole;
	if (!line_told(l, m, &whole, now))
		return false;
	const struct step *s = l->step < STEP_COUNT ? &steps[l->step] : NULL;
	bool due = l->fsm.state == LINE_ASKING && s && (s->answer == m->id || s->answer_v2 == m->id);
	if (whole && due)
		feed(l, EVENT_ANSWERED, now);
	return true;
}

// chan_skinny sets lamps before it acknowledges the registration; calls and answers mean nothing then.
bool line_on_message(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	if (!reg_is_registered(l->device))
		return line_panel_on_message(l, m, now);
	switch (m->id) {
	case SCCP_CALL_STATE:
		line_call_on_state(l, m, now);
		return true;
	case SCCP_CALL_INFO:
	case SCCP_CALL_INFO_V2:
		line_call_on_info(l, m, now);
		return true;
	case SCCP_DIALED_NUMBER:
		line_call_on_dialed(l, m, now);
		return true;
	case SCCP_SELECT_SOFT_KEYS:
		line_call_on_keys(l, m, now);
		return true;
	default:
		return take_answer(l, m, now) || line_panel_on_message(l, m, now);
	}
}

// ---- life ----

static void on_timer(struct timer *t, nsec_t now)
{
	feed(t->object, EVENT_TIMEOUT, now);
}

int line_new(struct device *d, const struct config_line *config, struct line **ret)
{
	struct line *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->device = d;
	l->config = config;
	l->button_count = 1;
	l->waiting = SCCP_LAMP_OFF;
	l->buttons[0].instance = l->hand = 1;
	line_errand_init(l);
	line_test_init(l);
	line_panel_clear(l);
	l->idle_mask = UINT32_MAX;
	fsm_init(&l->fsm, &line_table, NULL, l);
	timer_init(&l->timer, on_timer, l);
	line_dialler_init(l);
	list_init(&l->visits);
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		line_call_init(&l->calls[i], l);
	*ret = l;
	return 0;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	timer_stop(&l->device->core->timers, &l->timer);
	timer_stop(&l->device->core->timers, &l->dial);
	line_errand_fini(l);
	line_test_fini(l);
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		line_call_fini(&l->calls[i]);
	LIST_FOREACH(v, &l->visits, struct visit, link)
	visit_discard(v);
	free(l);
}

void line_registered(struct line *l, nsec_t now)
{
	feed(l, EVENT_REGISTERED, now);
}

void line_apply(struct line *l, nsec_t now)
{
	feed(l, EVENT_APPLY, now);
}

void line_agent_lost(struct line *l, nsec_t now)
{
	feed(l, EVENT_LOST, now);
}
