// SPDX-License-Identifier: GPL-3.0-or-later
// line_call.c - One call of a line, as the agent's CallState messages and its user's hands make it.
//
// The agent is believed: whatever state it names is the call's, in any order, from any state; only what is being hung up
// stays so until the agent lets it go. What the agent leaves out is covered by time: a call that is answered or hung up
// and gets no answer ends, one that failed is hung up, and media that an ended call leaves behind are closed.
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/line_inner.h"
#include "control/party.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define PATIENCE_NS (5 * NSEC_PER_SEC)  // for the agent to follow
#define FAILED_NS   (2 * NSEC_PER_SEC)  // how long one listens to a busy tone
#define DIALING_NS  (60 * NSEC_PER_SEC) // off the hook without a call
#define AGAIN_NS    (2 * NSEC_PER_SEC)  // a call that is not answered yet
#define LINGER_NS   (2 * NSEC_PER_SEC)  // for the media of an ended call

static void arm(struct line_call *c, nsec_t due)
{
	timer_start(&c->line->device->core->timers, &c->timer, due);
}

static void disarm(struct line_call *c)
{
	timer_stop(&c->line->device->core->timers, &c->timer);
}

static nsec_t now_of(const void *data)
{
	return *(const nsec_t *)data;
}

static bool may_answer(const struct line_call *c)
{
	struct line *l = c->line;
	return l->config->answer_ms != CONFIG_ANSWER_NEVER && !l->alone && !line_find_in(l, LINE_BUSY);
}

// Calls that wait are answered by the rule once their user is free.
static void answer_waiting(struct line *l, nsec_t now)
{
	if (!line_find_in(l, LINE_BUSY | IN(FAILED) | IN(ENDING)))
		l->alone = false;
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++) {
		struct line_call *c = &l->calls[i];
		if (c->fsm.state == LINE_CALL_RINGING && !c->timer.armed && may_answer(c))
			arm(c, now + l->config->answer_ms * NSEC_PER_MSEC);
	}
}

void line_call_feed(struct line_call *c, enum line_call_event event, nsec_t now)
{
	struct line *l = c->line;
	uint16_t before = c->fsm.state;
	if (fsm_event(&c->fsm, event, &now))
		device_count(l->device, COUNT_line_misplaced);
	if (c->fsm.state == before)
		return;
	c->since = now;
	line_errand_call(l, c, now);
	line_test_call(l, c, now);
	visit_call_changed(c, now);
	answer_waiting(l, now);
	if (!line_in_call(l))
		reg_calls_over(l->device, now);
}

bool line_in_call(struct line *l)
{
	return line_find_in(l, ~(IN(IDLE) | IN(OVER))) != NULL;
}

static void on_timer(struct timer *t, nsec_t now)
{
	struct line_call *c = t->object;
	if (c->fsm.state != LINE_CALL_RINGING)
		line_call_feed(c, LINE_CALL_TIMEOUT, now);
	else if (may_answer(c) && visit_call_rings(c, now))
		arm(c, now + AGAIN_NS);
	else if (may_answer(c))
		line_call_feed(c, LINE_CALL_TIMEOUT, now);
}

void line_call_give_up(struct line_call *c, nsec_t now)
{
	if (c->fsm.state == LINE_CALL_DIALING)
		arm(c, now + FAILED_NS);
}

void line_call_init(struct line_call *c, struct line *l)
{
	*c = (struct line_call){.line = l};
	fsm_init(&c->fsm, &line_call_table, NULL, c);
	timer_init(&c->timer, on_timer, c);
}

void line_call_fini(struct line_call *c)
{
	disarm(c);
	c->visit = NULL;
}

// ---- to the agent ----

static void say_hook(struct line_call *c, enum sccp_id id, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	// both messages have one layout
	m.on_hook.line_instance = c->instance;
	m.on_hook.call_reference = c->reference;
	device_send(c->line->device, &m, now);
}

void line_call_key(struct line *l, const struct line_call *c, uint32_t event, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SOFT_KEY_EVENT);
	m.soft_key_event.soft_key_event = event;
	m.soft_key_event.line_instance = c ? c->instance : l->hand;
	m.soft_key_event.call_reference = c ? c->reference : 0;
	device_send(l->device, &m, now);
}

// ---- actions ----

static void act_follow(void *object, const void *data)
{
	disarm(object);
}

static void act_off_hook(void *object, const void *data)
{
	struct line_call *c = object;
	arm(c, now_of(data) + DIALING_NS);
}

// By the rule: after a while, at once, or when somebody does. A call that finds its user busy waits (answer_waiting).
static void act_ring(void *object, const void *data)
{
	struct line_call *c = object;
	disarm(c);
	device_count(c->line->device, COUNT_line_rings);
	if (line_find_in(c->line, LINE_BUSY))
		device_count(c->line->device, COUNT_line_waiting);
}

static void act_answer(void *object, const void *data)
{
	struct line_call *c = object;
	struct line *l = c->line;
	nsec_t now = now_of(data);
	arm(c, now + PATIENCE_NS);
	if (line_has_key(l, c, SCCP_SOFTKEY_ANSWER))
		line_call_key(l, c, SCCP_SOFTKEY_ANSWER, now);
	else
		say_hook(c, SCCP_OFF_HOOK, now);
	l->answered++;
}

static void act_connect(void *object, const void *data)
{
	struct line_call *c = object;
	disarm(c);
	c->line->digits[0] = '\0'; // whatever is left is no part of the number
	if (!c->connected) {
		c->connected = now_of(data);
		device_count(c->line->device, COUNT_line_calls);
	}
}

static void act_fail(void *object, const void *data)
{
	struct line_call *c = object;
	c->line->failed++;
	device_count(c->line->device, COUNT_line_failed);
	arm(c, now_of(data) + FAILED_NS);
}

static void end_visit(struct line_call *c, nsec_t now)
{
	if (c->visit)
		visit_over(c->visit, now);
}

static void hang_up(struct line_call *c, bool by_key, nsec_t now)
{
	if (by_key && line_has_key(c->line, c, SCCP_SOFTKEY_END_CALL))
		line_call_key(c->line, c, SCCP_SOFTKEY_END_CALL, now);
	else
		say_hook(c, SCCP_ON_HOOK, now);
	arm(c, now + PATIENCE_NS);
	end_visit(c, now);
}

static bool has_another(const struct line_call *c)
{
	bool found = false;
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++) {
		const struct line_call *other = &c->line->calls[i];
		found |= other != c && line_call_is_used(other) && other->fsm.state != LINE_CALL_OVER;
	}
	return found;
}

// With a second call the hook may mean more than its end: chan_skinny completes a transfer.
static void act_hang_up(void *object, const void *data)
{
	hang_up(object, has_another(object), now_of(data));
}

// A handset that lies there already cannot be put down (chan_skinny).
static void act_turn_away(void *object, const void *data)
{
	hang_up(object, true, now_of(data));
}

static void act_over(void *object, const void *data)
{
	arm(object, now_of(data) + LINGER_NS);
	end_visit(object, now_of(data));
}

// Its media may live on without it: then so does what the line does with them.
static void forget(struct line_call *c, nsec_t now)
{
	struct line *l = c->line;
	struct visit *v = c->visit;
	if (v)
		memcpy(v->number, c->number, sizeof(v->number));
	disarm(c);
	line_call_init(c, l);
	if (v)
		visit_call_lost(v, now);
}

// An agent that lets a call go without closing its media has forgotten them.
static void act_clean(void *object, const void *data)
{
	struct line_call *c = object;
	struct device *d = c->line->device;
	nsec_t now = now_of(data);
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	{
		if (!p->orphan && c->reference && p->call_reference == c->reference) {
			device_count(d, COUNT_line_leftovers);
			party_close(p, now);
		}
	}
	forget(c, now);
}

static void act_lost(void *object, const void *data)
{
	forget(object, now_of(data));
}

// ---- the table ----

static const char *const state_names[] = {"idle",    "dialing",   "proceeding", "ringing-out",
					  "ringing", "answering", "connected",  "held",
					  "failed",  "ending",    "over"};
static const char *const event_names[] = {"off-hook", "proceed", "ring-out", "ring-in", "connect", "hold",
					  "fail",     "on-hook", "answer",   "hang-up", "timeout", "lost"};

static const struct fsm_row rows[] = {
	{LINE_CALL_ENDING, LINE_CALL_OFF_HOOK, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_PROCEED, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_RING_OUT, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_RING_IN, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_CONNECT, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_HOLD, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_FAIL, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_HANG_UP, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_ANSWER, NULL, FSM_STAY},
	{LINE_CALL_ENDING, LINE_CALL_TIMEOUT, act_clean, LINE_CALL_IDLE},
	{LINE_CALL_OVER, LINE_CALL_ON_HOOK, NULL, FSM_STAY},
	{LINE_CALL_OVER, LINE_CALL_HANG_UP, NULL, FSM_STAY},
	{LINE_CALL_OVER, LINE_CALL_ANSWER, NULL, FSM_STAY},
	{LINE_CALL_OVER, LINE_CALL_TIMEOUT, act_clean, LINE_CALL_IDLE},
	{LINE_CALL_DIALING, LINE_CALL_OFF_HOOK, NULL, FSM_STAY},
	{LINE_CALL_DIALING, LINE_CALL_TIMEOUT, act_hang_up, LINE_CALL_ENDING},
	{LINE_CALL_RINGING, LINE_CALL_RING_IN, NULL, FSM_STAY},
	{LINE_CALL_RINGING, LINE_CALL_TIMEOUT, act_answer, LINE_CALL_ANSWERING},
	{LINE_CALL_RINGING, LINE_CALL_ANSWER, act_answer, LINE_CALL_ANSWERING},
	{LINE_CALL_RINGING, LINE_CALL_HANG_UP, act_turn_away, LINE_CALL_ENDING},
	{LINE_CALL_ANSWERING, LINE_CALL_RING_IN, NULL, FSM_STAY},
	{LINE_CALL_ANSWERING, LINE_CALL_OFF_HOOK, NULL, FSM_STAY}, // chan-sccp says so on the way
	{LINE_CALL_ANSWERING, LINE_CALL_ANSWER, NULL, FSM_STAY},
	{LINE_CALL_ANSWERING, LINE_CALL_TIMEOUT, act_hang_up, LINE_CALL_ENDING},
	{LINE_CALL_FAILED, LINE_CALL_FAIL, NULL, FSM_STAY},
	{LINE_CALL_FAILED, LINE_CALL_TIMEOUT, act_hang_up, LINE_CALL_ENDING},
	{LINE_CALL_IDLE, LINE_CALL_ON_HOOK, NULL, FSM_STAY},
	{LINE_CALL_IDLE, LINE_CALL_LOST, NULL, FSM_STAY},
	{FSM_ANY, LINE_CALL_OFF_HOOK, act_off_hook, LINE_CALL_DIALING},
	{FSM_ANY, LINE_CALL_PROCEED, act_follow, LINE_CALL_PROCEEDING},
	{FSM_ANY, LINE_CALL_RING_OUT, act_follow, LINE_CALL_RINGING_OUT},
	{FSM_ANY, LINE_CALL_RING_IN, act_ring, LINE_CALL_RINGING},
	{FSM_ANY, LINE_CALL_CONNECT, act_connect, LINE_CALL_CONNECTED},
	{FSM_ANY, LINE_CALL_HOLD, act_follow, LINE_CALL_HELD},
	{FSM_ANY, LINE_CALL_FAIL, act_fail, LINE_CALL_FAILED},
	{FSM_ANY, LINE_CALL_ON_HOOK, act_over, LINE_CALL_OVER},
	{FSM_ANY, LINE_CALL_HANG_UP, act_hang_up, LINE_CALL_ENDING},
	{FSM_ANY, LINE_CALL_LOST, act_lost, LINE_CALL_IDLE},
};

const struct fsm_table line_call_table = {
	.name = "line call",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = LINE_CALL_STATE_COUNT,
	.event_count = LINE_CALL_EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *line_call_state_name(unsigned int state)
{
	return fsm_state_name(&line_call_table, (uint16_t)state);
}

// ---- messages ----

// The event a CallState word stands for; LINE_CALL_EVENT_COUNT for one that changes nothing here.
static enum line_call_event event_of(uint32_t state)
{
	static const uint8_t events[] = {
		[SCCP_CALL_STATE_IDLE] = LINE_CALL_ON_HOOK,
		[SCCP_CALL_STATE_OFF_HOOK] = LINE_CALL_OFF_HOOK,
		[SCCP_CALL_STATE_ON_HOOK] = LINE_CALL_ON_HOOK,
		[SCCP_CALL_STATE_RING_OUT] = LINE_CALL_RING_OUT,
		[SCCP_CALL_STATE_RING_IN] = LINE_CALL_RING_IN,
		[SCCP_CALL_STATE_CONNECTED] = LINE_CALL_CONNECT,
		[SCCP_CALL_STATE_BUSY] = LINE_CALL_FAIL,
		[SCCP_CALL_STATE_CONGESTION] = LINE_CALL_FAIL,
		[SCCP_CALL_STATE_HOLD] = LINE_CALL_HOLD,
		[SCCP_CALL_STATE_CALL_WAITING] = LINE_CALL_RING_IN,
		[SCCP_CALL_STATE_CALL_TRANSFER] = LINE_CALL_EVENT_COUNT,
		[SCCP_CALL_STATE_CALL_PARK] = LINE_CALL_EVENT_COUNT,
		[SCCP_CALL_STATE_PROCEED] = LINE_CALL_PROCEED,
		[SCCP_CALL_STATE_CALL_REMOTE_MULTILINE] =
			LINE_CALL_ON_HOOK, // another telephone of this number has it
		[SCCP_CALL_STATE_INVALID_NUMBER] = LINE_CALL_FAIL,
		[SCCP_CALL_STATE_HOLD_REVERT] = LINE_CALL_EVENT_COUNT,
		[SCCP_CALL_STATE_WHISPER] = LINE_CALL_CONNECT,
		[SCCP_CALL_STATE_REMOTE_HOLD] = LINE_CALL_EVENT_COUNT,
	};
	return state < sizeof(events) ? events[state] : LINE_CALL_EVENT_COUNT;
}

static struct line_call *take_free(struct line *l)
{
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		if (!line_call_is_used(&l->calls[i]))
			return &l->calls[i];
	return NULL;
}

void line_call_on_state(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_call_state *s = &m->call_state;
	enum line_call_event event = event_of(s->call_state);
	if (s->call_state > SCCP_CALL_STATE_REMOTE_HOLD)
		device_count(l->device, COUNT_pdu_value);
	struct line_call *c = line_call_find(l, s->line_instance, s->call_reference);
	if (!c && event == LINE_CALL_ON_HOOK)
		line_hook_answered(l, NULL, now);
	if (event == LINE_CALL_EVENT_COUNT || (!c && event == LINE_CALL_ON_HOOK))
		return;
	if (!c)
		c = take_free(l);
	if (!c) {
		device_count(l->device, COUNT_line_crowded);
		return;
	}
	bool fresh = !line_call_is_used(c);
	if (fresh) {
		c->reference = s->call_reference;
		c->instance = s->line_instance ? s->line_instance : 1;
		c->set = l->idle_set;
		c->mask = l->idle_mask;
	}
	line_call_feed(c, event, now);
	if (fresh && event != LINE_CALL_RING_IN)
		line_hook_answered(l, event == LINE_CALL_OFF_HOOK ? c : NULL, now);
}

void line_call_on_info(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_call_info *a = &m->call_info;
	const struct sccp_call_info_v2 *b = &m->call_info_v2;
	bool wide = m->id == SCCP_CALL_INFO_V2;
	uint32_t type = wide ? b->call_type : a->call_type;
	bool out = type == SCCP_CALL_TYPE_OUT_BOUND_CALL;
	struct line_call *c = line_call_find(l, wide ? b->line_instance : a->line_instance,
					     wide ? b->call_reference : a->call_reference);
	if (!c)
		return;
	c->type = type;
	line_text(c->called, sizeof(c->called), wide ? b->called_party : a->called_party);
	line_text(c->calling, sizeof(c->calling), wide ? b->calling_party : a->calling_party);
	line_text(c->original, sizeof(c->original),
		  wide ? b->original_called_party : a->original_called_party);
	line_text(c->redirecting, sizeof(c->redirecting),
		  wide ? b->last_redirecting_party : a->last_redirecting_party);
	const char *called_name = wide ? b->called_party_name : a->called_party_name;
	const char *calling_name = wide ? b->calling_party_name : a->calling_party_name;
	line_text(c->name, sizeof(c->name), out ? called_name : calling_name);
	memcpy(c->number, out ? c->called : c->calling, sizeof(c->number));
}

void line_call_on_dialed(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	struct line_call *c =
		line_call_find(l, m->dialed_number.line_instance, m->dialed_number.call_reference);
	if (c)
		snprintf(c->dialled, sizeof(c->dialled), "%s", m->dialed_number.dialed_number);
}

// What a telephone would let its user hear. The far side's digits, where its agent does not pass them on in the media
// (chan_skinny, CallManager with a telephone without RFC 2833). And the end of an attempt: chan-sccp has no other word for it.
void line_call_on_tone(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	static const char digits[] = "?1234567890???*#ABCD"; // by SCCP_TONE
	uint32_t tone = m->start_tone.tone;
	struct line_call *c = line_call_find(l, m->start_tone.line_instance, m->start_tone.call_reference);
	if (c && c->visit && tone < sizeof(digits) - 1 && digits[tone] != '?')
		visit_digit(c->visit, digits[tone], DIGIT_AGENT, now);
	bool fails = tone == SCCP_TONE_LINE_BUSY_TONE || tone == SCCP_TONE_REORDER_TONE;
	if (c && fails && (IN(DIALING) | IN(PROCEEDING) | IN(RINGING_OUT)) >> c->fsm.state & 1)
		line_call_feed(c, LINE_CALL_FAIL, now);
}

void line_call_on_keys(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_select_soft_keys *s = &m->select_soft_keys;
	struct line_call *c =
		s->call_reference ? line_call_find(l, s->line_instance, s->call_reference) : NULL;
	if (c) {
		c->set = s->soft_key_set_index;
		c->mask = s->valid_key_mask;
	} else {
		l->idle_set = s->soft_key_set_index;
		l->idle_mask = s->valid_key_mask;
	}
}
