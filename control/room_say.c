// SPDX-License-Identifier: GPL-3.0-or-later
// room_say.c - What a room says: to one caller at a desk, or to all inside, one thing after the other.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/player.h"
#include "control/room.h"

#define ITEMS_MAX  16
#define DIGITS_MAX 12 // the last of a number

struct said {
	struct list link;       // in room.said
	struct room_name *name; // held; NULL = none
	uint32_t count;
	struct api_source_item items[ITEMS_MAX];
};

static void item(const struct room *r, const char *name, struct api_source_item *ret)
{
	char path[API_SOURCE_PATH_MAX];
	snprintf(path, sizeof(path), "%s/%.32s.wav", r->config->prompts, name);
	player_item_file(ret, path, 0);
}

bool member_say(struct member *m, const char *const names[], nsec_t now)
{
	struct api_source_item items[ITEMS_MAX];
	uint32_t n = 0;
	for (; names[n] && n < ITEMS_MAX; n++)
		item(m->room, names[n], &items[n]);
	return visit_play(m->visit, items, n, false, now);
}

// ---- to all ----

static void next(struct room *r, nsec_t now);

// What cannot be said is an alarm; it is not said twice.
static void on_said(void *object, int status, nsec_t now)
{
	struct room *r = object;
	r->speaker = NULL;
	room_name_drop(r->spoken);
	r->spoken = NULL;
	next(r, now);
}

static void next(struct room *r, nsec_t now)
{
	struct conference *c = confer_find(r->device, ROOM_MAIN);
	while (!r->speaker && !list_empty(&r->said)) {
		struct said *s = LIST_ITEM(list_pop_front(&r->said), struct said, link);
		r->said_count--;
		if (c && !c->closing)
			r->speaker = player_play(c, r->device, s->items, s->count, false, on_said, r, now);
		if (r->speaker)
			r->spoken = s->name;
		else
			room_name_drop(s->name);
		free(s);
	}
}

static uint32_t number_items(const struct room *r, const char *number, struct api_source_item *ret)
{
	size_t len = strlen(number);
	uint32_t n = 0;
	for (const char *p = number + (len > DIGITS_MAX ? len - DIGITS_MAX : 0); *p; p++) {
		char name[16];
		if (*p < '0' || *p > '9')
			continue;
		snprintf(name, sizeof(name), "digits/%c", *p);
		item(r, name, &ret[n++]);
	}
	return n;
}

static struct said *said_new(struct room *r)
{
	struct said *s = r->said_count < ROOM_SAID_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s)
		return NULL;
	list_push_back(&r->said, &s->link);
	r->said_count++;
	return s;
}

void room_say(struct room *r, const char *name, nsec_t now)
{
	struct said *s = said_new(r);
	if (!s)
		return;
	item(r, name, &s->items[s->count++]);
	next(r, now);
}

void room_say_of(const struct member *m, const char *name, nsec_t now)
{
	struct room *r = m->room;
	const char *number = r->config->says_who ? visit_number(m->visit) : "";
	uint32_t most = room_mix(r)->tones_up_to;
	bool many = most && room_count(r, MEMBER_INSIDE) > most;
	struct said *s = many || !(m->name || *number) ? NULL : said_new(r);
	if (!s)
		return;
	if (m->name) {
		s->name = room_name_hold(m->name);
		s->items[s->count].kind = API_SOURCE_RECORDING;
		snprintf(s->items[s->count++].path, API_SOURCE_PATH_MAX, "%s", m->name->file);
	} else {
		s->count = number_items(r, number, s->items);
	}
	item(r, name, &s->items[s->count++]);
	next(r, now);
}

void room_say_forget(struct room *r)
{
	player_leave(r->speaker);
	r->speaker = NULL;
	room_name_drop(r->spoken);
	r->spoken = NULL;
	LIST_FOREACH(s, &r->said, struct said, link)
	{
		list_remove(&s->link);
		room_name_drop(s->name);
		free(s);
	}
	r->said_count = 0;
}
