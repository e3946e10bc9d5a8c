// SPDX-License-Identifier: GPL-3.0-or-later
// room_guard.c - Wrong PINs over many calls: who guesses is turned away for a while, and a while longer each time.
//
// Wrong PINs are counted by calling number, and of all numbers together, since numbers can be forged. A number that has
// dialled a right PIN is not turned away for what others do; whoever calls while turned away makes it no longer; and a time
// has an end, at which there are tries again. So nobody keeps a moderator out for good.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/room.h"
#include "gw/log.h"

#define GUARDS_MAX 128
#define ONE_MAX_NS (15 * 60 * NSEC_PER_SEC) // the longest that a number is turned away
#define ALL_MAX_NS (5 * 60 * NSEC_PER_SEC)  // likewise, all of them
#define FORGET_NS  (24 * 3600 * NSEC_PER_SEC)

static struct room_guard *find(const struct room *r, const char *number)
{
	LIST_FOREACH(g, &r->guards, struct room_guard, link)
	{
		if (strcmp(g->number, number) == 0)
			return g;
	}
	return NULL;
}

static void guard_free(struct room *r, struct room_guard *g)
{
	list_remove(&g->link);
	r->guard_count--;
	free(g);
}

// The one that is missed least: of a number that never was right, and was wrong longest ago.
static void make_room(struct room *r)
{
	struct room_guard *least = NULL;
	LIST_FOREACH(g, &r->guards, struct room_guard, link)
	{
		if (!least || g->good < least->good || (g->good == least->good && g->last < least->last))
			least = g;
	}
	if (least && r->guard_count >= GUARDS_MAX)
		guard_free(r, least);
}

// Of a number; made when it is new. NULL without memory: then only all together are counted.
static struct room_guard *take(struct room *r, const char *number)
{
	struct room_guard *g = find(r, number);
	if (g)
		return g;
	make_room(r);
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	snprintf(g->number, sizeof(g->number), "%s", number);
	list_push_back(&r->guards, &g->link);
	r->guard_count++;
	return g;
}

// One more wrong PIN. At the limit nobody is asked for a while; after that, as few are enough as one call has.
static void count_wrong(const struct room *r, struct room_guard *g, uint32_t limit, nsec_t longest,
			nsec_t now)
{
	const struct config_room *c = r->config;
	if (now - g->last > FORGET_NS)
		g->wrong = g->times = 0;
	g->last = now;
	if (!limit || ++g->wrong < limit)
		return;
	nsec_t wait = c->pin_block_ms * NSEC_PER_MSEC;
	for (uint32_t i = 0; i < g->times && wait < longest; i++)
		wait = wait * 2 < longest ? wait * 2 : longest;
	g->until = now + wait;
	g->times++;
	log_warning(r->device->name,
		    g == &r->all ? "too many wrong PINs: only numbers known by a right one are asked"
				 : "too many wrong PINs: number is turned away",
		    "number=%s wrong=%u seconds=%llu",
		    g == &r->all ? "all"
		    : *g->number ? g->number
				 : "unknown",
		    g->wrong, (unsigned long long)(wait / NSEC_PER_SEC));
	g->wrong = limit > c->pin_tries ? limit - c->pin_tries : 0;
}

void room_guard_tried(struct member *m, bool right, nsec_t now)
{
	struct room *r = m->room;
	const struct config_room *c = r->config;
	const char *number = visit_number(m->visit);
	struct room_guard *g = take(r, number);
	if (right) {
		if (g && *number) {
			g->good = true;
			g->wrong = g->times = 0;
			g->until = 0;
			g->last = now;
		}
		return;
	}
	// who hides the number is one of many: they do not wait longer and longer for each other
	if (g)
		count_wrong(r, g, c->pin_limit, *number ? ONE_MAX_NS : 0, now);
	count_wrong(r, &r->all, c->pin_limit_all, ALL_MAX_NS, now);
}

bool room_guard_shuts(const struct member *m, nsec_t now)
{
	const struct room *r = m->room;
	const struct room_guard *g = find(r, visit_number(m->visit));
	return (g && now < g->until) || (now < r->all.until && !(g && g->good));
}

uint32_t room_guard_count(const struct room *r, nsec_t now)
{
	uint32_t n = now < r->all.until;
	LIST_FOREACH(g, &r->guards, struct room_guard, link)
	n += now < g->until;
	return n;
}

void room_guard_forget(struct room *r)
{
	LIST_FOREACH(g, &r->guards, struct room_guard, link)
	guard_free(r, g);
	r->all = (struct room_guard){0};
}
