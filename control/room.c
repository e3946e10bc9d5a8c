// SPDX-License-Identifier: GPL-3.0-or-later
// room.c - Who is in a room, and what the room does with several of them at once.
#include "control/room.h"

#include <errno.h>
#include <stdlib.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "gw/log.h"

// ---- counting ----

uint32_t room_count(const struct room *r, enum member_state state)
{
	uint32_t n = 0;
	LIST_FOREACH(m, &r->members, struct member, link)
	n += m->fsm.state == state;
	return n;
}

static bool is_attending(const struct member *m)
{
	return m->moderator && m->fsm.state == MEMBER_INSIDE && !m->leaving;
}

static struct member *find(const struct room *r, bool (*fits)(const struct member *m))
{
	LIST_FOREACH(m, &r->members, struct member, link)
	{
		if (fits(m))
			return m;
	}
	return NULL;
}

bool room_has_moderator(const struct room *r)
{
	return find(r, is_attending);
}

struct member *room_member(const struct room *r, uint32_t number)
{
	LIST_FOREACH(m, &r->members, struct member, link)
	{
		if (m->number == number)
			return m;
	}
	return NULL;
}

const struct config_mix *room_mix(const struct room *r)
{
	return r->config->has_mix ? &r->config->mix : &r->device->profile->mix;
}

uint32_t room_capacity(const struct room *r)
{
	return r->config->parties ? r->config->parties : r->device->profile->participants;
}

// ---- coming and going ----

// A desk at which nobody of an earlier life of this process sits.
static uint32_t take_number(struct room *r)
{
	do
		r->last_number = r->last_number < UINT32_MAX - ROOM_DESKS ? r->last_number + 1 : 1;
	while (room_member(r, r->last_number) || confer_find(r->device, ROOM_DESKS + r->last_number));
	return r->last_number;
}

enum refusal room_join(struct room *r, struct visit *v, nsec_t now, struct member **ret)
{
	if (r->member_count >= room_capacity(r))
		return REFUSAL_participants;
	struct member *m = calloc(1, sizeof(*m));
	if (!m)
		return REFUSAL_memory;
	m->room = r;
	m->visit = v;
	m->number = take_number(r);
	m->moderator = v->config->moderator;
	m->mute = r->config->muted || r->mute;
	m->since = now;
	fsm_init(&m->fsm, &member_table, NULL, m);
	list_push_back(&r->members, &m->link);
	r->member_count++;
	*ret = m;
	return REFUSAL_none;
}

void room_leave(struct member *m, nsec_t now)
{
	struct room *r = m->room;
	bool inside = m->fsm.state == MEMBER_INSIDE;
	list_remove(&m->link);
	r->member_count--;
	if (inside && m->told)
		room_say_of(m, "conf-hasleft", now);
	member_name_leave(m, now);
	free(m);
	if (r->member_count) {
		if (inside)
			room_settle(r, now);
		return;
	}
	r->locked = r->mute = r->attended = false; // the next who come begin anew
	room_say_forget(r);
}

// ---- several at once ----

void room_settle(struct room *r, nsec_t now)
{
	timer_start(&r->device->core->timers, &r->timer, now);
}

static bool stays(const struct member *m)
{
	return !m->leaving;
}

static bool waits(const struct member *m)
{
	return m->fsm.state == MEMBER_WAITING && !m->leaving;
}

static bool is_inside(const struct member *m)
{
	return m->fsm.state == MEMBER_INSIDE && !m->leaving;
}

static void send_away(struct member *m, nsec_t now)
{
	m->leaving = true;
	visit_hang_up(m->visit, now);
}

// Nobody looks after those inside any more.
static void leave_alone(struct room *r, nsec_t now)
{
	struct member *m;
	r->attended = false;
	room_changed(r, now);
	if (r->config->unattended == CONFIG_UNATTENDED_END)
		r->ending = true;
	while (r->config->unattended == CONFIG_UNATTENDED_WAIT && (m = find(r, is_inside)))
		member_feed(m, MEMBER_WAIT, now);
}

static void on_timer(struct timer *t, nsec_t now)
{
	struct room *r = t->object;
	struct member *m;
	bool attended = room_has_moderator(r);
	while ((attended || !r->config->lobby) && (m = find(r, waits)))
		member_feed(m, MEMBER_ENTER, now);
	if (r->attended && !attended)
		leave_alone(r, now);
	if (r->attended != attended) {
		r->attended = attended;
		room_changed(r, now);
	}
	while (r->ending && (m = find(r, stays)))
		send_away(m, now);
	r->ending = false;
}

void room_lock(struct room *r, bool on, nsec_t now)
{
	if (r->locked == on)
		return;
	r->locked = on;
	room_changed(r, now);
	log_info(r->device->name, on ? "room locked" : "room unlocked", "members=%u", r->member_count);
	room_say(r, on ? "conf-lockednow" : "conf-unlockednow", now);
}

void room_end(struct room *r, nsec_t now)
{
	r->ending = true;
	room_settle(r, now);
}

void member_mute(struct member *m, bool on, nsec_t now)
{
	m->mute = on;
	if (m->fsm.state == MEMBER_INSIDE)
		visit_mute(m->visit, on, now);
	visit_changed(m->visit, now);
}

void room_mute(struct room *r, bool on, nsec_t now)
{
	r->mute = on;
	for (uint32_t i = 0, n = r->member_count; i < n; i++) {
		struct list *first = list_pop_front(&r->members); // round once, whoever goes on the way
		struct member *m = first ? LIST_ITEM(first, struct member, link) : NULL;
		if (!m)
			return;
		list_push_back(&r->members, &m->link);
		if (!m->moderator)
			member_mute(m, on, now);
		else
			visit_changed(m->visit, now);
	}
}

// ---- life ----

int room_new(struct device *d, const struct config_room *config, struct room **ret)
{
	struct room *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->device = d;
	r->config = config;
	list_init(&r->members);
	list_init(&r->said);
	list_init(&r->names);
	list_init(&r->guards);
	timer_init(&r->timer, on_timer, r);
	*ret = r;
	return 0;
}

void room_free(struct room *r)
{
	if (!r)
		return;
	timer_stop(&r->device->core->timers, &r->timer);
	room_say_forget(r);
	room_name_forget(r);
	room_guard_forget(r);
	free(r); // members are the visits', which have gone
}
