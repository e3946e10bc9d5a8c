// SPDX-License-Identifier: GPL-3.0-or-later
// show_room.c - Rooms: who is in them and where, and what an operator does there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/room.h"
#include "control/show_job.h"
#include "control/show_json.h"

// --- show room ---

static json_t *member_json(const struct show *s, const struct member *m)
{
	const struct visit *v = m->visit;
	const struct line_call *c = v->call;
	return json_pack("{s:I, s:s, s:I, s:o, s:o, s:s, s:b, s:b, s:b, s:I}", "member",
			 (json_int_t)m->number, "line", v->line->device->name, "call_reference",
			 (json_int_t)v->call_reference, "number",
			 show_text(visit_number(v), sizeof(v->number)), "name",
			 c ? show_text(c->name, sizeof(c->name)) : json_string(""), "state",
			 member_state_name(m->fsm.state), "moderator", m->moderator, "mute", v->muted, "held",
			 !v->party, "since_s", show_seconds_since(s, m->since));
}

static json_t *room_json(const struct show *s, const struct room *r)
{
	json_t *members = json_array();
	LIST_FOREACH(m, &r->members, struct member, link)
	json_array_append_new(members, member_json(s, m));
	uint32_t inside = room_count(r, MEMBER_INSIDE), lobby = room_count(r, MEMBER_WAITING);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:o}",
			 "room", r->config->name, "inside", (json_int_t)inside, "lobby", (json_int_t)lobby,
			 "desk", (json_int_t)(r->member_count - inside - lobby), "most",
			 (json_int_t)room_capacity(r), "locked", r->locked, "mute", r->mute, "moderated",
			 room_has_moderator(r), "pin", r->config->pin[0] || r->config->moderator_pin[0],
			 "waits", r->config->lobby, "entered", (json_int_t)r->entered, "refused",
			 (json_int_t)r->refused, "wrong_pins", (json_int_t)r->wrong_pins, "turned_away",
			 (json_int_t)room_guard_count(r, s->clock()), "members", members);
}

static struct room *find_room(struct admin_request *r, const struct core *c, const char *name)
{
	for (unsigned int i = 0; i < c->room_count; i++)
		if (c->rooms[i]->room && strcmp(c->rooms[i]->room->config->name, name) == 0)
			return c->rooms[i]->room;
	admin_fail(r, CTL_NOT_FOUND, "show room lists those there are", "there is no room %.32s", name);
	return NULL;
}

void show_room_run(struct admin_request *r, const json_t *arguments, void *context)
{
	const struct show *s = context;
	const char *name = json_string_value(json_object_get(arguments, "id"));
	json_t *list = json_array();
	struct room *one = name && *name ? find_room(r, s->core, name) : NULL;
	if (name && *name && !one)
		return json_decref(list);
	for (unsigned int i = 0; i < s->core->room_count; i++) {
		const struct room *room = s->core->rooms[i]->room;
		if (room && (!one || room == one))
			json_array_append_new(list, room_json(s, room));
	}
	admin_reply(r, json_pack("{s:o, s:n}", "rooms", list, "next"));
}

// --- room NAME ACT [MEMBER|all] ---

static void act_lock(struct room *r, struct member *m, nsec_t now)
{
	room_lock(r, true, now);
}

static void act_unlock(struct room *r, struct member *m, nsec_t now)
{
	room_lock(r, false, now);
}

static void act_mute(struct room *r, struct member *m, nsec_t now)
{
	if (m)
		member_mute(m, true, now);
	else
		room_mute(r, true, now);
}

static void act_unmute(struct room *r, struct member *m, nsec_t now)
{
	if (m)
		member_mute(m, false, now);
	else
		room_mute(r, false, now);
}

static void act_kick(struct room *r, struct member *m, nsec_t now)
{
	if (m)
		member_kick(m, now);
	else
		room_end(r, now);
}

static void act_forgive(struct room *r, struct member *m, nsec_t now)
{
	room_guard_forget(r);
}

static void act_end(struct room *r, struct member *m, nsec_t now)
{
	room_end(r, now);
}

static const struct {
	const char *name;
	bool takes_member;                                         // or all
	void (*run)(struct room *r, struct member *m, nsec_t now); // m NULL: all
} acts[] = {
	{"lock", false, act_lock},       {"unlock", false, act_unlock}, {"end", false, act_end},
	{"forgive", false, act_forgive}, {"mute", true, act_mute},      {"unmute", true, act_unmute},
	{"kick", true, act_kick},
};

#define ACT_COUNT  (sizeof(acts) / sizeof(acts[0]))
#define USAGE_HINT "room NAME lock, unlock, end or forgive; room NAME mute, unmute or kick MEMBER or all"

static bool find_member(const struct room *r, const char *text, struct member **ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*ret = NULL;
	if (strcmp(text, "all") == 0)
		return true;
	*ret = *text >= '0' && *text <= '9' && !*end && n <= UINT32_MAX ? room_member(r, (uint32_t)n) : NULL;
	return *ret;
}

void show_room_act_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	char copy[128];
	char *save;
	const char *text = json_string_value(json_object_get(arguments, "id"));
	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	char *name = strtok_r(copy, " ", &save);
	char *what = name ? strtok_r(NULL, " ", &save) : NULL;
	char *whom = what ? strtok_r(NULL, " ", &save) : NULL;
	struct member *m = NULL;
	size_t i = 0;
	while (what && i < ACT_COUNT && strcmp(acts[i].name, what) != 0)
		i++;
	if (!what || i == ACT_COUNT || acts[i].takes_member != (whom != NULL) ||
	    (whom && strtok_r(NULL, " ", &save)))
		return admin_fail(r, CTL_USAGE, USAGE_HINT, "a room is not told like this");
	struct room *room = find_room(r, s->core, name);
	if (!room)
		return;
	if (whom && !find_member(room, whom, &m))
		return admin_fail(r, CTL_NOT_FOUND, "show room NAME numbers them",
				  "room %s has no member %.16s", room->config->name, whom);
	acts[i].run(room, m, s->clock());
	if (s->asked)
		s->asked(s->asked_arg);
	admin_reply(r, json_pack("{s:[o]}", "rooms", room_json(s, room)));
}
