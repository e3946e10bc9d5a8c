// SPDX-License-Identifier: GPL-3.0-or-later
// action_room.c - The action room: a caller's visit as a member of a room (room.h).
#include <stdio.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/room.h"
#include "gw/log.h"

// Where somebody begins who has just come.
static void begin(struct member *m, nsec_t now)
{
	const struct room *r = m->room;
	bool asked = (r->config->pin[0] || r->config->moderator_pin[0]) && !m->moderator;
	if (asked && room_guard_shuts(m, now)) {
		device_count(m->visit->line->device, COUNT_room_pin_shut);
		m->says = "vm-goodbye";
		member_feed(m, MEMBER_REFUSE, now);
	} else if (asked) {
		member_feed(m, MEMBER_ASK, now);
	} else if (r->config->asks_name && (m->moderator || !r->locked)) {
		member_feed(m, MEMBER_SPEAK, now);
	} else if (m->moderator || (!r->locked && (!r->config->lobby || room_has_moderator(r)))) {
		member_feed(m, MEMBER_ENTER, now);
	} else {
		m->says = r->locked ? "conf-locked" : "conf-waitforleader";
		member_feed(m, r->locked ? MEMBER_REFUSE : MEMBER_GREET, now);
	}
}

static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	struct room *r = v->line->device->core->rooms[v->config->room - 1]->room;
	struct member *m = v->own;
	if (!m) {
		enum refusal why = room_join(r, v, now, &m);
		if (why)
			return why;
		v->own = m;
		begin(m, now);
	}
	member_place(m, ret);
	return REFUSAL_none;
}

static void start(struct visit *v, nsec_t now)
{
	member_feed(v->own, MEMBER_HEARS, now);
}

static void media(struct visit *v, bool there, nsec_t now)
{
	if (there)
		member_feed(v->own, MEMBER_HEARS, now);
}

static void digit(struct visit *v, char key, nsec_t now)
{
	if (v->own) // else the room has refused it, and the call is still there
		member_digit(v->own, key, now);
}

static void played(struct visit *v, int status, nsec_t now)
{
	member_feed(v->own, MEMBER_PLAYED, now);
}

static void moved(struct visit *v, int status, nsec_t now)
{
	if (status)
		log_warning(v->line->device->name, "caller cannot go on into the room", "room=%s status=%d",
			    v->config->room_name, status);
	if (v->started)
		member_feed(v->own, status ? MEMBER_STUCK : MEMBER_MOVED, now);
}

static void timeout(struct visit *v, nsec_t now)
{
	member_feed(v->own, MEMBER_TIMEOUT, now);
}

static void stop(struct visit *v, nsec_t now)
{
	struct member *m = v->own;
	v->own = NULL;
	if (m)
		room_leave(m, now);
}

static void show(const struct visit *v, char *ret, size_t cap)
{
	const struct member *m = v->own;
	if (m)
		snprintf(ret, cap, "%s%s%s", member_state_name(m->fsm.state),
			 m->moderator ? " moderator" : "", v->muted ? " mute" : "");
}

static uint32_t note(const struct visit *v)
{
	return member_note(v->own);
}

const struct line_action action_room = {.name = "room",
					.wants_digits = true,
					.place = place,
					.start = start,
					.media = media,
					.digit = digit,
					.played = played,
					.moved = moved,
					.timeout = timeout,
					.stop = stop,
					.note = note,
					.restore = member_restore,
					.show = show};
