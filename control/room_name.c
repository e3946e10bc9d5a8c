// SPDX-License-Identifier: GPL-3.0-or-later
// room_name.c - Names that callers say at the desk: recorded, kept as long as they may be said, and then deleted.
//
// A name is held by the member who said it and by whatever is to be said of it. When nobody holds it its file is deleted;
// that waits for the recording to be over, and for a dataplane that is away.
#include <stdio.h>
#include <stdlib.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "control/recorder.h"
#include "control/room.h"
#include "gw/log.h"

#define LABEL    "~said"
#define AGAIN_NS NSEC_PER_SEC // until the dataplane is asked again to delete

// What the dataplane goes on to write, out of our sight, is complete by then.
#define LOST_NS ((ROOM_NAME_MS + 5000) * NSEC_PER_MSEC)

static const struct recorder_limits limits = {
	.max_ms = ROOM_NAME_MS, .min_ms = 200, .silence_ms = 2000, .label = LABEL};

static void room_name_free(struct room_name *n)
{
	timer_stop(&n->room->device->core->timers, &n->timer);
	list_remove(&n->link);
	free(n);
}

static void settle(struct room_name *n)
{
	if (!n->holders && !n->recorder)
		timer_start(&n->room->device->core->timers, &n->timer, n->complete);
}

static void on_timer(struct timer *t, nsec_t now)
{
	struct room_name *n = t->object;
	struct core *c = n->room->device->core;
	if (n->file[0] && !recorder_delete(c, n->file, now))
		timer_start(&c->timers, &n->timer, now + AGAIN_NS);
	else
		room_name_free(n);
}

struct room_name *room_name_hold(struct room_name *n)
{
	n->holders++;
	return n;
}

void room_name_drop(struct room_name *n)
{
	if (!n)
		return;
	n->holders--;
	settle(n);
}

void room_name_forget(struct room *r)
{
	LIST_FOREACH(n, &r->names, struct room_name, link)
	{
		recorder_leave(n->recorder);
		room_name_free(n);
	}
}

void room_name_clean(struct core *c, nsec_t now)
{
	bool any = false;
	for (unsigned int i = 0; i < c->room_count; i++)
		any = any || (c->rooms[i]->room && c->rooms[i]->room->config->asks_name);
	if (any)
		recorder_delete(c, LABEL, now);
}

// ---- recording ----

static void on_recorded(void *object, struct recorder *r, int status, const struct api_record_event *end,
			nsec_t now)
{
	struct room_name *n = object;
	if (!status && !end)
		return; // it has begun
	n->recorder = NULL;
	bool kept = end && end->kept;
	if (!end && r->handle)
		n->complete = now + LOST_NS;
	if (kept || n->complete)
		snprintf(n->file, sizeof(n->file), "%s", kept ? end->name : r->name);
	struct member *m = n->member;
	struct visit *v = m ? m->visit : NULL;
	if (!v) {
		settle(n);
		return;
	}
	n->said = kept;
	visit_hold(v);
	member_feed(m, MEMBER_NAMED, now);
	visit_release(v, now);
}

bool member_name_record(struct member *m, nsec_t now)
{
	struct party *p = m->visit->party;
	struct room_name *n = p ? calloc(1, sizeof(*n)) : NULL;
	if (!n)
		return false;
	n->room = m->room;
	n->recorder = recorder_start(m->visit->line->device, p->stream, &limits, on_recorded, n, now);
	if (!n->recorder) {
		free(n);
		return false;
	}
	timer_init(&n->timer, on_timer, n);
	list_push_back(&m->room->names, &n->link);
	n->member = m;
	m->name = room_name_hold(n);
	return true;
}

void member_name_end(struct member *m, nsec_t now)
{
	if (m->name && m->name->recorder)
		recorder_stop(m->name->recorder, now);
}

void member_name_leave(struct member *m, nsec_t now)
{
	struct room_name *n = m->name;
	if (!n)
		return;
	member_name_end(m, now);
	m->name = NULL;
	n->member = NULL;
	room_name_drop(n);
}

// Without one: said once in the log until somebody has a name again, and counted.
void member_name_check(struct member *m, nsec_t now)
{
	struct room *r = m->room;
	if (m->name && m->name->said) {
		r->nameless = false;
		return;
	}
	member_name_leave(m, now);
	device_count(m->visit->line->device, COUNT_room_nameless);
	if (!r->nameless)
		log_notice(r->device->name, "caller goes on without a name", "line=%s",
			   m->visit->line->device->name);
	r->nameless = true;
}
