// SPDX-License-Identifier: GPL-3.0-or-later
// room_member.c - One caller's way into a room: PIN, greeting or refusal, lobby, inside.
//
// State and place go together: asked, speaking, greeted and refused are at a desk, waiting is in the lobby, inside is in
// the main conference. A change of state begins a move, and what there is to say or play begins when the stream has
// arrived. A caller without media (on hold) changes state all the same; the media that come back are placed where it is
// by then.
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "control/room.h"
#include "gw/log.h"
#include "gw/stream.h"

#define SAY_NS  (20 * NSEC_PER_SEC)                     // the longest that a prompt may take
#define DESK_NS (120 * NSEC_PER_SEC)                    // at the desk, whatever one dials there
#define NAME_NS ((ROOM_NAME_MS + 5000) * NSEC_PER_MSEC) // should the dataplane not say that it is over

#define FLAGS (CONFERENCE_BRIDGE | CONFERENCE_TOGETHER)

static nsec_t now_of(const void *data)
{
	return *(const nsec_t *)data;
}

void member_feed(struct member *m, enum member_event event, nsec_t now)
{
	fsm_event(&m->fsm, event, &now); // what is out of place means nothing
}

void member_place(const struct member *m, struct place *ret)
{
	static const uint32_t numbers[MEMBER_STATE_COUNT] = {
		[MEMBER_WAITING] = ROOM_LOBBY, [MEMBER_INSIDE] = ROOM_MAIN};
	uint32_t number = numbers[m->fsm.state];
	*ret = (struct place){m->room->device, number ? number : ROOM_DESKS + m->number, FLAGS};
}

static void go(struct member *m, nsec_t now)
{
	struct visit *v = m->visit;
	struct place to;
	m->since = now;
	member_place(m, &to);
	visit_disarm(v);
	if (!v->party)
		return;
	visit_hold(v);
	visit_move(v, &to, now);
	visit_changed(v, now);
	visit_release(v, now);
}

// ---- at the desk ----

static void arm(struct member *m, nsec_t wait, nsec_t now)
{
	nsec_t last = m->visit->since + DESK_NS;
	visit_arm(m->visit, now + wait < last ? now + wait : last > now ? last : now);
}

static nsec_t pin_wait(const struct member *m)
{
	return m->room->config->pin_wait_ms * NSEC_PER_MSEC;
}

static void act_go(void *object, const void *data)
{
	go(object, now_of(data));
}

static void act_ask(void *object, const void *data)
{
	struct member *m = object;
	static const char *const ask[] = {"conf-getpin", NULL};
	static const char *const again[] = {"conf-invalidpin", "conf-getpin", NULL};
	m->typed_count = 0;
	arm(m, SAY_NS, now_of(data));
	if (!member_say(m, m->wrong ? again : ask, now_of(data)))
		arm(m, pin_wait(m), now_of(data));
}

static void act_wait_pin(void *object, const void *data)
{
	struct member *m = object;
	arm(m, pin_wait(m), now_of(data));
}

static void refuse(struct member *m, const char *says, nsec_t now)
{
	m->says = says;
	m->room->refused++;
	member_feed(m, MEMBER_REFUSE, now);
}

static void act_wrong(void *object, const void *data)
{
	struct member *m = object;
	struct room *r = m->room;
	r->wrong_pins++;
	device_count(m->visit->line->device, COUNT_room_pin_wrong);
	log_notice(r->device->name, "wrong PIN", "line=%s number=%s tries=%u", m->visit->line->device->name,
		   visit_number(m->visit), m->wrong + 1);
	m->wrong++;
	visit_changed(m->visit, now_of(data));
	if (m->wrong >= r->config->pin_tries || room_guard_shuts(m, now_of(data)))
		refuse(m, "conf-invalidpin", now_of(data));
	else
		act_ask(m, data);
}

// Nobody dials any more: what is there counts.
static void act_typed(void *object, const void *data)
{
	struct member *m = object;
	nsec_t now = now_of(data);
	if (now >= m->visit->since + DESK_NS)
		refuse(m, "vm-goodbye", now);
	else
		member_digit(m, '#', now);
}

static void act_say(void *object, const void *data)
{
	struct member *m = object;
	const char *const names[] = {m->says, NULL};
	nsec_t now = now_of(data);
	visit_arm(m->visit, now + SAY_NS);
	if (!member_say(m, names, now))
		member_feed(m, MEMBER_PLAYED, now);
}

static void act_hang_up(void *object, const void *data)
{
	struct member *m = object;
	m->leaving = true;
	visit_hang_up(m->visit, now_of(data));
}

// ---- in ----

static bool must_wait(const struct member *m)
{
	return m->room->config->lobby && !m->moderator && !room_has_moderator(m->room);
}

// Authorized: what there is to be told before going in.
static void admit(struct member *m, nsec_t now)
{
	struct room *r = m->room;
	if (r->locked && !m->moderator) {
		refuse(m, "conf-locked", now);
		return;
	}
	m->says = must_wait(m)                   ? "conf-waitforleader"
		  : room_count(r, MEMBER_INSIDE) ? "conf-placeintoconf"
						 : "conf-onlyperson";
	member_feed(m, MEMBER_GREET, now);
}

// A name first, if one is wanted.
static void act_right(void *object, const void *data)
{
	struct member *m = object;
	bool locked = m->room->locked && !m->moderator;
	if (m->room->config->asks_name && !locked)
		member_feed(m, MEMBER_SPEAK, now_of(data));
	else
		admit(m, now_of(data));
}

static void act_ask_name(void *object, const void *data)
{
	struct member *m = object;
	static const char *const names[] = {"vm-rec-name", "beep", NULL};
	nsec_t now = now_of(data);
	if (m->name)
		return; // is being recorded, or about to end
	visit_arm(m->visit, now + SAY_NS);
	if (!member_say(m, names, now))
		member_feed(m, MEMBER_PLAYED, now);
}

static void act_record(void *object, const void *data)
{
	struct member *m = object;
	nsec_t now = now_of(data);
	if (m->name)
		return;
	visit_arm(m->visit, now + NAME_NS);
	if (!member_name_record(m, now))
		member_feed(m, MEMBER_NAMED, now);
}

// Before the beep it is the end of a PIN that was complete without it.
static void act_said(void *object, const void *data)
{
	member_name_end(object, now_of(data));
}

static void act_named(void *object, const void *data)
{
	struct member *m = object;
	visit_play_stop(m->visit, now_of(data));
	member_name_check(m, now_of(data));
	admit(m, now_of(data));
}

static void act_on(void *object, const void *data)
{
	struct member *m = object;
	nsec_t now = now_of(data);
	if (m->room->locked && !m->moderator)
		refuse(m, "conf-locked", now);
	else
		member_feed(m, must_wait(m) ? MEMBER_WAIT : MEMBER_ENTER, now);
}

static void act_wait(void *object, const void *data)
{
	struct member *m = object;
	visit_mute(m->visit, true, now_of(data));
	go(m, now_of(data));
}

static void act_music(void *object, const void *data)
{
	struct member *m = object;
	unsigned int source = m->room->config->music;
	struct party *p = m->visit->party;
	if (source && p && p->conference)
		music_begin(p->conference, m->visit->line->device, source - 1, now_of(data));
}

// Mute until it is there: nobody else hears what one says on the way.
static void act_enter(void *object, const void *data)
{
	struct member *m = object;
	struct room *r = m->room;
	r->entered++;
	if (!m->visit->party || !m->visit->started)
		visit_mute(m->visit, m->mute && !m->moderator, now_of(data));
	if (m->moderator)
		room_settle(r, now_of(data));
	go(m, now_of(data));
}

static void act_inside(void *object, const void *data)
{
	struct member *m = object;
	nsec_t now = now_of(data);
	bool first = !m->told;
	m->told = true;
	visit_mute(m->visit, m->mute && !m->moderator, now);
	visit_changed(m->visit, now);
	if (first)
		room_say_of(m, "conf-hasjoin", now);
}

static const char *const state_names[] = {"new", "pin", "name", "greeting", "refused", "lobby", "inside"};
static const char *const event_names[] = {"ask",   "speak", "greet",  "refuse", "wait",
					  "enter", "hears", "played", "moved",  "stuck",
					  "right", "wrong", "hash",   "named",  "timeout"};

static const struct fsm_row rows[] = {
	{MEMBER_NEW, MEMBER_ASK, act_go, MEMBER_ASKED},
	{MEMBER_NEW, MEMBER_ENTER, act_enter, MEMBER_INSIDE},
	{FSM_ANY, MEMBER_SPEAK, act_go, MEMBER_SPEAKING},
	{FSM_ANY, MEMBER_GREET, act_go, MEMBER_GREETED},
	{FSM_ANY, MEMBER_REFUSE, act_go, MEMBER_REFUSED},
	{FSM_ANY, MEMBER_STUCK, act_hang_up, FSM_STAY},
	{MEMBER_ASKED, MEMBER_HEARS, act_ask, FSM_STAY},
	{MEMBER_ASKED, MEMBER_PLAYED, act_wait_pin, FSM_STAY},
	{MEMBER_ASKED, MEMBER_RIGHT, act_right, FSM_STAY},
	{MEMBER_ASKED, MEMBER_WRONG, act_wrong, FSM_STAY},
	{MEMBER_ASKED, MEMBER_TIMEOUT, act_typed, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_HEARS, act_ask_name, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_MOVED, act_ask_name, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_PLAYED, act_record, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_HASH, act_said, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_NAMED, act_named, FSM_STAY},
	{MEMBER_SPEAKING, MEMBER_TIMEOUT, act_named, FSM_STAY},
	{MEMBER_GREETED, MEMBER_HEARS, act_say, FSM_STAY},
	{MEMBER_GREETED, MEMBER_MOVED, act_say, FSM_STAY},
	{MEMBER_GREETED, MEMBER_PLAYED, act_on, FSM_STAY},
	{MEMBER_GREETED, MEMBER_TIMEOUT, act_on, FSM_STAY},
	{MEMBER_GREETED, MEMBER_WAIT, act_wait, MEMBER_WAITING},
	{MEMBER_GREETED, MEMBER_ENTER, act_enter, MEMBER_INSIDE},
	{MEMBER_REFUSED, MEMBER_HEARS, act_say, FSM_STAY},
	{MEMBER_REFUSED, MEMBER_MOVED, act_say, FSM_STAY},
	{MEMBER_REFUSED, MEMBER_PLAYED, act_hang_up, FSM_STAY},
	{MEMBER_REFUSED, MEMBER_TIMEOUT, act_hang_up, FSM_STAY},
	{MEMBER_WAITING, MEMBER_HEARS, act_music, FSM_STAY},
	{MEMBER_WAITING, MEMBER_MOVED, act_music, FSM_STAY},
	{MEMBER_WAITING, MEMBER_ENTER, act_enter, MEMBER_INSIDE},
	{MEMBER_INSIDE, MEMBER_HEARS, act_inside, FSM_STAY},
	{MEMBER_INSIDE, MEMBER_MOVED, act_inside, FSM_STAY},
	{MEMBER_INSIDE, MEMBER_WAIT, act_wait, MEMBER_WAITING},
};

const struct fsm_table member_table = {
	.name = "member",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = MEMBER_STATE_COUNT,
	.event_count = MEMBER_EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *member_state_name(unsigned int state)
{
	return fsm_state_name(&member_table, (uint16_t)state);
}

void member_kick(struct member *m, nsec_t now)
{
	m->moderator = false;
	room_settle(m->room, now); // it may have been the last one
	refuse(m, "conf-kicked", now);
}
