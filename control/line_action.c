// SPDX-License-Identifier: GPL-3.0-or-later
// line_action.c - The table of actions, and the life of a visit between its call and its media.
#include "control/line_action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/party_inner.h"
#include "control/recorder.h"
#include "control/player.h"

#define SAME_PRESS_NS (500 * NSEC_PER_MSEC) // within which two ways tell of one press

const struct line_action *const line_actions[CONFIG_ACTION_COUNT] = {
	[CONFIG_ACTION_ECHO] = &action_echo,         [CONFIG_ACTION_ROOM] = &action_room,
	[CONFIG_ACTION_ANNOUNCE] = &action_announce, [CONFIG_ACTION_MUSIC] = &action_music,
	[CONFIG_ACTION_RECORD] = &action_record,     [CONFIG_ACTION_BRIDGE] = &action_bridge,
};

// ---- choice ----

static bool fits(const struct config_rule *r, const struct line *l, const struct line_call *c)
{
	const char *called = c->called[0] ? c->called : l->buttons[0].number;
	return config_number_matches(r->called, called) && config_number_matches(r->calling, c->calling);
}

const struct config_action *line_action_of(const struct line *l, const struct line_call *c)
{
	const struct config_line *config = l->config;
	for (unsigned int i = 0; c && i < config->rule_count; i++)
		if (fits(&config->rules[i], l, c))
			return &config->rules[i].action;
	return &config->action;
}

// ---- life ----

void visit_settle(struct visit *v, nsec_t now)
{
	if (v->call || v->parties || v->busy)
		return;
	if (!v->stopped) {
		visit_over(v, now);
		return;
	}
	visit_discard(v);
}

void visit_hold(struct visit *v)
{
	v->busy++;
}

void visit_release(struct visit *v, nsec_t now)
{
	v->busy--;
	visit_settle(v, now);
}

static void on_timer(struct timer *t, nsec_t now)
{
	struct visit *v = t->object;
	visit_hold(v);
	if (v->action->timeout && !v->stopped)
		v->action->timeout(v, now);
	visit_release(v, now);
}

// Media that no call is known for: of an agent that names none, or that has forgotten it.
static struct visit *find_callless(struct line *l, uint32_t call_reference)
{
	LIST_FOREACH(v, &l->visits, struct visit, link)
	{
		if (!v->call && !v->stopped && v->call_reference == call_reference && v->party &&
		    !v->party->orphan)
			return v;
	}
	return NULL;
}

struct visit *visit_new(struct line *l, struct line_call *c, uint32_t call_reference,
			const struct config_action *config, nsec_t now)
{
	struct visit *v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->line = l;
	v->call = c;
	v->call_reference = call_reference;
	v->config = config;
	v->action = line_actions[config->kind];
	v->since = now;
	timer_init(&v->timer, on_timer, v);
	list_push_back(&l->visits, &v->link);
	if (c)
		c->visit = v;
	return v;
}

struct visit *visit_take(struct line *l, uint32_t call_reference, nsec_t now)
{
	struct line_call *c = line_call_find(l, 0, call_reference);
	struct visit *v = c ? c->visit : find_callless(l, call_reference);
	if (v && (!v->stopped || line_call_is_ending(c)))
		return v;
	if (v) { // an agent that uses its number for another call
		v->call = NULL;
		visit_settle(v, now);
	}
	return visit_new(l, c, call_reference, line_action_of(l, c), now);
}

// A call that this line makes for a visit of another one has begun.
static void take_dialled(struct line_call *c, nsec_t now)
{
	struct visit *from = c->line->calls_for;
	struct visit *v = visit_new(c->line, c, c->reference, from->config, now);
	c->line->calls_for = NULL;
	if (v && !v->action->dialled(v, from, now)) {
		c->visit = NULL;
		visit_discard(v);
	}
}

void visit_call_changed(struct line_call *c, nsec_t now)
{
	enum line_call_state state = c->fsm.state;
	bool begins = state == LINE_CALL_DIALING || state == LINE_CALL_PROCEEDING ||
		      state == LINE_CALL_RINGING_OUT || state == LINE_CALL_CONNECTED;
	if (!c->visit && begins && c->line->calls_for)
		take_dialled(c, now);
	struct visit *v = c->visit;
	if (!v || v->stopped || !v->action->call)
		return;
	visit_hold(v);
	v->action->call(v, now);
	visit_release(v, now);
}

bool visit_call_rings(struct line_call *c, nsec_t now)
{
	const struct config_action *config = line_action_of(c->line, c);
	struct visit *v = c->visit;
	if (!line_actions[config->kind]->ring || (v && (v->stopped || !v->action->ring)))
		return false;
	v = v ? v : visit_new(c->line, c, c->reference, config, now);
	if (!v)
		return false;
	visit_hold(v);
	bool waits = v->action->ring(v, now);
	visit_release(v, now);
	return waits;
}

void visit_discard(struct visit *v)
{
	visit_disarm(v);
	recorder_leave(v->recorder);
	player_leave(v->player);
	list_remove(&v->link);
	free(v->own);
	free(v);
}

void visit_party_new(struct visit *v, struct party *p, nsec_t now)
{
	p->visit = v;
	v->party = p;
	v->parties++;
	p->muted = v->muted;
}

// The party may be gone: then it is not the visit's any more, and is not looked at.
void visit_party_open(struct visit *v, struct party *p, nsec_t now)
{
	visit_hold(v);
	if (v->party == p && party_move_done(p, now))
		visit_party_moved(v, p, 0, now);
	if (!v->stopped && v->party == p && (p->applied.flags & STREAM_SEND)) {
		bool again = v->started, back = v->away;
		v->started = true;
		v->away = false;
		if (!again && v->action->start)
			v->action->start(v, now);
		if (again && back && v->action->media)
			v->action->media(v, true, now);
	}
	visit_release(v, now);
}

void visit_party_leaving(struct visit *v, const struct party *p, nsec_t now)
{
	if (v->party == p)
		visit_play_stop(v, now);
}

void visit_party_gone(struct visit *v, struct party *p, nsec_t now)
{
	visit_hold(v);
	v->parties--;
	if (v->party == p) {
		v->party = NULL;
		v->goal.home = NULL;
		v->away = true;
		if (v->started && !v->stopped && v->action->media)
			v->action->media(v, false, now);
	}
	visit_release(v, now);
}

void visit_digit(struct visit *v, char digit, enum digit_way way, nsec_t now)
{
	bool same = v->digit == digit && v->digit_way != way && now - v->digit_at < SAME_PRESS_NS;
	if (same || v->stopped)
		return;
	v->digit = digit;
	v->digit_way = (uint8_t)way;
	v->digit_at = now;
	visit_hold(v);
	if (v->action->digit)
		v->action->digit(v, digit, now);
	visit_release(v, now);
}

void visit_over(struct visit *v, nsec_t now)
{
	if (v->stopped)
		return;
	v->stopped = true;
	visit_disarm(v);
	visit_play_stop(v, now);
	recorder_leave(v->recorder);
	v->recorder = NULL;
	visit_hold(v);
	if (v->action->stop)
		v->action->stop(v, now);
	visit_release(v, now);
}

void visit_call_lost(struct visit *v, nsec_t now)
{
	v->call = NULL;
	visit_settle(v, now);
}

// ---- for actions ----

void visit_arm(struct visit *v, nsec_t due)
{
	timer_start(&v->line->device->core->timers, &v->timer, due);
}

void visit_disarm(struct visit *v)
{
	timer_stop(&v->line->device->core->timers, &v->timer);
}

// ---- moves ----

static void move_ended(struct visit *v, int status, nsec_t now)
{
	v->goal.home = NULL;
	visit_hold(v);
	if (v->action->moved && !v->stopped)
		v->action->moved(v, status, now);
	visit_release(v, now);
}

static void move_on(struct visit *v, nsec_t now)
{
	int rc = party_move(v->party, &v->goal, now);
	if (rc != -EINPROGRESS && rc != -EBUSY)
		move_ended(v, rc, now);
}

void visit_party_moved(struct visit *v, struct party *p, int status, nsec_t now)
{
	if (v->party != p || !v->goal.home)
		return;
	const struct conference *c = p->conference;
	if (status || (c->device == v->goal.home && c->conference_id == v->goal.number))
		move_ended(v, status, now);
	else
		move_on(v, now); // it was to go elsewhere meanwhile
}

void visit_move(struct visit *v, const struct place *to, nsec_t now)
{
	visit_play_stop(v, now);
	if (!v->party)
		return;
	v->goal = *to;
	visit_hold(v);
	move_on(v, now);
	visit_release(v, now);
}

void visit_mute(struct visit *v, bool on, nsec_t now)
{
	v->muted = on;
	if (v->party)
		party_mute(v->party, on, now);
}

static void on_played(void *object, int status, nsec_t now)
{
	struct visit *v = object;
	v->player = NULL;
	visit_hold(v);
	if (v->action->played && !v->stopped)
		v->action->played(v, status, now);
	visit_release(v, now);
}

bool visit_play(struct visit *v, const struct api_source_item *items, uint32_t count, bool loop, nsec_t now)
{
	visit_play_stop(v, now);
	if (v->party && v->party->conference)
		v->player = player_play(v->party->conference, v->line->device, items, count, loop, on_played,
					v, now);
	return v->player;
}

bool visit_play_adopt(struct visit *v)
{
	v->player = player_adopt(v->party->conference, v->line->device, on_played, v);
	return v->player;
}

void visit_play_stop(struct visit *v, nsec_t now)
{
	struct player *p = v->player;
	v->player = NULL;
	player_stop(p, now);
}

static void on_recorded(void *object, struct recorder *r, int status, const struct api_record_event *end,
			nsec_t now)
{
	struct visit *v = object;
	if (status || end)
		v->recorder = NULL;
	visit_hold(v);
	if (v->action->recorded && !v->stopped)
		v->action->recorded(v, status, end, now);
	visit_release(v, now);
}

bool visit_record(struct visit *v, const struct recorder_limits *limits, nsec_t now)
{
	if (v->recorder || !v->party)
		return false;
	v->recorder = recorder_start(v->line->device, v->party->stream, limits, on_recorded, v, now);
	return v->recorder;
}

bool visit_record_adopt(struct visit *v, api_handle recording, const char *name)
{
	if (recording)
		v->recorder = recorder_adopt(v->line->device, recording, name, on_recorded, v);
	return v->recorder;
}

void visit_record_stop(struct visit *v, nsec_t now)
{
	if (v->recorder)
		recorder_stop(v->recorder, now);
}

// Without a call the agent has nothing to be told: the media end.
void visit_hang_up(struct visit *v, nsec_t now)
{
	if (v->call)
		line_call_feed(v->call, LINE_CALL_HANG_UP, now);
	else if (v->party)
		party_close(v->party, now);
}
