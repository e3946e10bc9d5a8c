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

enum repeat { ONCE, EACH_BUTTON, EACH_SPEED_DIAL };

static const struct step {
	uint32_t ask;
	uint32_t answer; // 0 = none is expected
	uint32_t answer_v2;
	enum repeat repeat;
} steps[] = {
	{SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_RES, 0, ONCE},
	{SCCP_SOFT_KEY_SET_REQ, SCCP_SOFT_KEY_SET_RES, 0, ONCE},
	{SCCP_BUTTON_TEMPLATE_REQ, SCCP_BUTTON_TEMPLATE_RES, 0, ONCE},
	{SCCP_CONFIG_STAT_REQ, SCCP_CONFIG_STAT_RES, SCCP_CONFIG_STAT_V2_RES, ONCE},
	{SCCP_LINE_STAT_REQ, SCCP_LINE_STAT_RES, SCCP_LINE_STAT_V2_RES, EACH_BUTTON},
	{SCCP_FORWARD_STAT_REQ, SCCP_FORWARD_STAT_RES, 0, EACH_BUTTON},
	{SCCP_SPEED_DIAL_STAT_REQ, SCCP_SPEED_DIAL_STAT_RES, SCCP_SPEED_DIAL_STAT_V2_RES, EACH_SPEED_DIAL},
	{SCCP_REGISTER_AVAILABLE_LINES, 0, 0, ONCE},
	{SCCP_TIME_DATE_REQ, SCCP_TIME_DATE_RES, 0, ONCE},
};

#define STEP_COUNT (sizeof(steps) / sizeof(steps[0]))

static unsigned int parts_of(const struct line *l, const struct step *s)
{
	return s->repeat == ONCE ? 1 : s->repeat == EACH_BUTTON ? l->button_count : l->speed_dials;
}

static void say_step(struct line *l, const struct step *s, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, s->ask);
	if (s->ask == SCCP_REGISTER_AVAILABLE_LINES)
		m.register_available_lines.max_num_of_avail_lines = l->button_count;
	else if (s->repeat != ONCE)
		m.line_stat_req.line_number = l->part + 1; // the three have one layout
	device_send(l->device, &m, now);
}

// Asks on until an answer is due, or nothing is left to ask.
static void go_on(struct line *l, nsec_t now)
{
	for (; l->step < STEP_COUNT; l->step++, l->part = 0) {
		const struct step *s = &steps[l->step];
		if (l->part >= parts_of(l, s))
			continue;
		say_step(l, s, now);
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
}

static void act_lost(void *object, const void *data)
{
	struct line *l = object;
	timer_stop(&l->device->core->timers, &l->timer);
	timer_stop(&l->device->core->timers, &l->dial);
	l->digits[0] = '\0';
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		line_call_feed(&l->calls[i], LINE_CALL_LOST, now_of(data));
	l->tone = 0;
	l->speaker = false;
	l->ringer = SCCP_RING_MODE_RING_OFF;
	l->lamp = SCCP_LAMP_OFF;
	l->prompt[0] = '\0';
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

// ---- answers ----

// Soft keys may come in several messages, each with its place.
static bool on_keys(struct line *l, const struct sccp_msg *m)
{
	const struct sccp_soft_key_template_res *r = &m->soft_key_template_res;
	size_t n = SCCP_COUNT(r->soft_key_template_soft_key_count, r->soft_key_template_definition);
	uint32_t at = r->soft_key_template_soft_key_offset;
	for (size_t i = 0; i < n && at < LINE_KEYS_MAX; i++, at++)
		l->keys[at] = r->soft_key_template_definition[i].soft_key_event;
	l->key_count = at < LINE_KEYS_MAX ? at : LINE_KEYS_MAX;
	return at >= r->soft_key_template_total_soft_key_count || at >= LINE_KEYS_MAX;
}

static bool on_sets(struct line *l, const struct sccp_msg *m)
{
	const struct sccp_soft_key_set_res *r = &m->soft_key_set_res;
	size_t n = SCCP_COUNT(r->soft_key_sets_soft_key_set_count, r->soft_key_sets_definition);
	uint32_t at = r->soft_key_sets_soft_key_set_offset;
	for (size_t i = 0; i < n && at < LINE_SETS_MAX; i++, at++)
		memcpy(l->sets[at], r->soft_key_sets_definition[i].soft_key_template_index, LINE_SET_KEYS);
	l->set_count = at < LINE_SETS_MAX ? at : LINE_SETS_MAX;
	return at >= r->soft_key_sets_total_soft_key_set_count || at >= LINE_SETS_MAX;
}

// A telephone without a line button still has one line.
static bool on_buttons(struct line *l, const struct sccp_msg *m)
{
	const struct sccp_button_template_res *r = &m->button_template_res;
	size_t n = SCCP_COUNT(r->button_template_button_count, r->button_template_definition);
	unsigned int lines = 0, dials = 0;
	for (size_t i = 0; i < n; i++) {
		lines += r->button_template_definition[i].button_definition == SCCP_BUTTON_LINE;
		dials += r->button_template_definition[i].button_definition == SCCP_BUTTON_SPEED_DIAL;
	}
	l->button_count = lines == 0 ? 1 : lines < LINE_BUTTONS_MAX ? lines : LINE_BUTTONS_MAX;
	l->speed_dials = dials < LINE_BUTTONS_MAX ? dials : LINE_BUTTONS_MAX;
	return true;
}

static struct line_button *button_at(struct line *l, uint32_t number)
{
	if (number >= 1 && number <= LINE_BUTTONS_MAX)
		return &l->buttons[number - 1];
	device_count(l->device, COUNT_pdu_value);
	return NULL;
}

static bool on_number(struct line *l, const struct sccp_msg *m)
{
	bool wide = m->id == SCCP_LINE_STAT_V2_RES;
	const struct sccp_line_stat_res *a = &m->line_stat_res;
	const struct sccp_line_stat_v2_res *b = &m->line_stat_v2_res;
	struct line_button *k = button_at(l, wide ? b->line_number : a->line_number);
	if (!k)
		return true;
	snprintf(k->number, sizeof(k->number), "%s", wide ? b->line_dir_number : a->line_dir_number);
	snprintf(k->name, sizeof(k->name), "%s",
		 wide ? b->line_fully_qualified_display_name : a->line_fully_qualified_display_name);
	return true;
}

static bool on_forward(struct line *l, const struct sccp_msg *m)
{
	const struct sccp_forward_stat_res *r = &m->forward_stat_res;
	struct line_button *k = button_at(l, r->line_number);
	if (k)
		snprintf(k->forward, sizeof(k->forward), "%s",
			 r->forward_all_active ? r->forward_all_dirnum : "");
	return true;
}

static bool on_nothing(struct line *l, const struct sccp_msg *m)
{
	return true;
}

// Each says whether the question is answered by it.
static const struct {
	uint32_t id;
	bool (*take)(struct line *l, const struct sccp_msg *m);
} answers[] = {
	{SCCP_SOFT_KEY_TEMPLATE_RES, on_keys},  {SCCP_SOFT_KEY_SET_RES, on_sets},
	{SCCP_BUTTON_TEMPLATE_RES, on_buttons}, {SCCP_CONFIG_STAT_RES, on_nothing},
	{SCCP_CONFIG_STAT_V2_RES, on_nothing},  {SCCP_LINE_STAT_RES, on_number},
	{SCCP_LINE_STAT_V2_RES, on_number},     {SCCP_FORWARD_STAT_RES, on_forward},
	{SCCP_SPEED_DIAL_STAT_RES, on_nothing}, {SCCP_SPEED_DIAL_STAT_V2_RES, on_nothing},
	{SCCP_TIME_DATE_RES, on_nothing},
};

// False: no answer to any question.
static bool take_answer(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].id != m->id)
			continue;
		bool whole = answers[i].take(l, m);
		const struct step *s = l->step < STEP_COUNT ? &steps[l->step] : NULL;
		bool due = l->fsm.state == LINE_ASKING && s && (s->answer == m->id || s->answer_v2 == m->id);
		if (whole && due)
			feed(l, EVENT_ANSWERED, now);
		return true;
	}
	return false;
}

// ---- what it would show ----

static void show_prompt(struct line *l, const char *text)
{
	snprintf(l->prompt, sizeof(l->prompt), "%s", text);
}

static void on_lamp(struct line *l, const struct sccp_set_lamp *m)
{
	if (m->stimulus == SCCP_STIMULUS_VOICE_MAIL)
		l->waiting = m->lamp_mode;
	else if (m->stimulus == SCCP_STIMULUS_LINE && m->stimulus_instance <= 1)
		l->lamp = m->lamp_mode;
}

static bool show(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	switch (m->id) {
	case SCCP_DISPLAY_PROMPT_STATUS:
		show_prompt(l, m->display_prompt_status.prompt_status);
		return true;
	case SCCP_DISPLAY_PROMPT_STATUS_V2:
		show_prompt(l, m->display_prompt_status_v2.prompt_status);
		return true;
	case SCCP_CLEAR_PROMPT_STATUS:
		show_prompt(l, "");
		return true;
	case SCCP_SET_LAMP:
		on_lamp(l, &m->set_lamp);
		return true;
	case SCCP_SET_RINGER:
		l->ringer = m->set_ringer.ring_mode;
		return true;
	case SCCP_START_TONE:
		l->tone = m->start_tone.tone;
		line_call_on_digit(l, m, now);
		return true;
	case SCCP_STOP_TONE:
		l->tone = 0;
		return true;
	case SCCP_SET_SPEAKER_MODE:
		l->speaker = m->set_speaker_mode.speaker_mode == SCCP_SPEAKER_MODE_ON;
		return true;
	default:
		return false;
	}
}

// What a telephone with a bigger display, or another kind of user, would do something about.
static bool is_known(uint32_t id)
{
	static const uint32_t ids[] = {
		SCCP_VERSION_RES,
		SCCP_SERVER_RES,
		SCCP_DISPLAY_NOTIFY,
		SCCP_DISPLAY_NOTIFY_V2,
		SCCP_CLEAR_NOTIFY,
		SCCP_DISPLAY_PRI_NOTIFY,
		SCCP_DISPLAY_PRI_NOTIFY_V2,
		SCCP_CLEAR_PRI_NOTIFY,
		SCCP_DISPLAY_TEXT,
		SCCP_CLEAR_DISPLAY,
		SCCP_SET_HOOK_FLASH_DETECT,
		SCCP_SET_MICRO_MODE,
		SCCP_ACTIVATE_CALL_PLANE,
		SCCP_DEACTIVATE_CALL_PLANE,
		SCCP_BACK_SPACE_RES,
		SCCP_CALL_SELECT_STAT_RES,
		SCCP_CALL_HISTORY_INFO,
		SCCP_RECORDING_STATUS,
		SCCP_FEATURE_STAT_RES,
		SCCP_FEATURE_STAT_V2_RES,
		SCCP_SERVICE_URL_STAT_RES,
		SCCP_SERVICE_URL_STAT_V2_RES,
		SCCP_SUBSCRIPTION_STAT_RES,
		SCCP_NOTIFICATION,
		SCCP_MWI_RES,
		SCCP_CALL_COUNT_RES,
		SCCP_USER_TO_DEVICE_DATA,
		SCCP_USER_TO_DEVICE_DATA_VERSION1,
	};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return true;
	return false;
}

// chan_skinny sets lamps before it acknowledges the registration; calls and answers mean nothing then.
bool line_on_message(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	if (!reg_is_registered(l->device))
		return show(l, m, now) || is_known(m->id);
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
		return take_answer(l, m, now) || show(l, m, now) || is_known(m->id);
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
	l->ringer = SCCP_RING_MODE_RING_OFF;
	l->lamp = l->waiting = SCCP_LAMP_OFF;
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
