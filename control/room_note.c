// SPDX-License-Identifier: GPL-3.0-or-later
// room_note.c - What of a member and its room outlives the process: in the note of each member's stream.
//
// What concerns the room as a whole is in every note, so that whoever is left tells it.
#include <stdlib.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "control/room.h"

#define STATE_BITS 3
#define WRONG_BITS 4
#define WRONG_MAX  ((1u << WRONG_BITS) - 1)
#define SAY_NS     (20 * NSEC_PER_SEC) // the longest that a prompt may still take

enum {
	NOTE_WRONG = STATE_BITS, // where it begins
	NOTE_MODERATOR = NOTE_WRONG + WRONG_BITS,
	NOTE_MUTE,
	NOTE_TOLD,
	NOTE_LOCKED, // the room, and the next two
	NOTE_ALL_MUTE,
	NOTE_ATTENDED,
	NOTE_END
};

_Static_assert(MEMBER_STATE_COUNT <= 1 << STATE_BITS, "states fit");
_Static_assert((int)NOTE_END <= NOTE_BITS, "notes fit");

uint32_t member_note(const struct member *m)
{
	const struct room *r = m->room;
	uint32_t wrong = m->wrong < WRONG_MAX ? m->wrong : WRONG_MAX;
	return m->fsm.state | wrong << NOTE_WRONG | (uint32_t)m->moderator << NOTE_MODERATOR |
	       (uint32_t)m->mute << NOTE_MUTE | (uint32_t)m->told << NOTE_TOLD |
	       (uint32_t)r->locked << NOTE_LOCKED | (uint32_t)r->mute << NOTE_ALL_MUTE |
	       (uint32_t)r->attended << NOTE_ATTENDED;
}

void room_changed(struct room *r, nsec_t now)
{
	LIST_FOREACH(m, &r->members, struct member, link)
	visit_changed(m->visit, now);
}

static bool at_desk(const struct member *m)
{
	return m->fsm.state != MEMBER_WAITING && m->fsm.state != MEMBER_INSIDE;
}

// What the caller was being told goes on, or is over; nobody sits there for ever.
static void sit_down(struct member *m, nsec_t now)
{
	struct visit *v = m->visit;
	const struct conference *c = v->party->conference;
	uint32_t number = c->conference_id - ROOM_DESKS;
	if (c->conference_id > ROOM_DESKS && !room_member(m->room, number))
		m->number = number;
	if (v->away)
		return;
	bool plays = visit_play_adopt(v);
	nsec_t wait = plays                          ? SAY_NS
		      : m->fsm.state == MEMBER_ASKED ? m->room->config->pin_wait_ms * NSEC_PER_MSEC
						     : 0;
	visit_arm(v, now + wait);
}

bool member_restore(struct visit *v, uint32_t note, nsec_t now)
{
	const struct device *home = v->line->device->core->rooms[v->config->room - 1];
	struct room *r = home->room;
	uint32_t state = note & ((1u << STATE_BITS) - 1);
	struct member *m;
	bool known = state != MEMBER_NEW && state < MEMBER_STATE_COUNT;
	if (!r || v->party->conference->device != home || !known || room_join(r, v, now, &m))
		return false;
	v->own = m;
	m->fsm.state = (uint16_t)state;
	m->wrong = note >> NOTE_WRONG & WRONG_MAX;
	m->moderator = note >> NOTE_MODERATOR & 1;
	m->mute = note >> NOTE_MUTE & 1;
	m->told = note >> NOTE_TOLD & 1;
	r->locked = r->locked || (note >> NOTE_LOCKED & 1);
	r->mute = r->mute || (note >> NOTE_ALL_MUTE & 1);
	r->attended = r->attended || (note >> NOTE_ATTENDED & 1);
	if (at_desk(m))
		sit_down(m, now);
	room_settle(r, now);
	return true;
}
