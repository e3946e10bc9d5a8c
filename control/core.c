// SPDX-License-Identifier: GPL-3.0-or-later
// core.c - The whole model of one control process: its devices, its timers and its dataplane.
#include "control/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/party.h"
#include "control/player.h"
#include "control/recorder.h"
#include "control/room.h"
#include "gw/log.h"

#define CONNECT_BURST 16 // devices that may connect in one instant, after a while without

// ---- the dataplane as a whole ----

static void on_lost(void *object, nsec_t now)
{
	struct core *c = object;
	log_error("dataplane", "connection lost", "media goes on; nothing can be changed until it is back");
	struct device *d;
	for (unsigned int i = 0; (d = core_holder(c, i)); i++) {
		LIST_FOREACH(q, &d->conference_list, struct conference, link)
		confer_dataplane_lost(q, now);
		LIST_FOREACH(p, &d->party_list, struct party, in_device)
		party_dataplane_lost(p, now);
	}
	recorders_lost(c, now);
}

static void on_away(void *object, nsec_t now)
{
	struct core *c = object;
	for (unsigned int i = 0; i < c->device_count; i++)
		reg_capacity_changed(c->devices[i], now);
}

static void on_back(void *object, bool same, nsec_t now)
{
	struct core *c = object;
	bool first = c->dp.reconnects == 1;
	log_notice("dataplane", "connected", "restarted=%s streams=%u", same || first ? "no" : "yes",
		   c->dp.info.streams_open);
	if (c->hooks.dataplane_back)
		c->hooks.dataplane_back(c->hooks.context, same, now);
	struct device *d;
	for (unsigned int i = 0; (d = core_holder(c, i)); i++) {
		LIST_FOREACH(q, &d->conference_list, struct conference, link)
		confer_dataplane_back(q, same, now);
	}
	for (unsigned int i = 0; i < c->device_count; i++) {
		d = c->devices[i];
		LIST_FOREACH(p, &d->party_list, struct party, in_device)
		party_dataplane_back(p, same, now);
		reg_capacity_changed(d, now);
	}
	if (same)
		sweep_start(c, now);
	if (first)
		room_name_clean(c, now);
}

static void on_event(void *object, const struct api_stream_event *e, nsec_t now)
{
	struct core *c = object;
	struct party *p = core_party(c, e->handle);
	if (c->hooks.stream_event)
		c->hooks.stream_event(c->hooks.context, p, e, now);
	if (p)
		party_stream_event(p, e, now);
}

static void on_source_event(void *object, const struct api_source_event *e, nsec_t now)
{
	player_event(object, e, now);
}

static void on_record_event(void *object, const struct api_record_event *e, nsec_t now)
{
	recorder_event(object, e, now);
}

// ---- life ----

// Rooms first: what lines do refers to them.
static int make_devices(struct core *c)
{
	const struct config *f = c->config;
	int rc = 0;
	c->rooms = calloc(f->room_count + 1, sizeof(*c->rooms));
	c->devices = calloc(f->device_count + 1, sizeof(*c->devices));
	if (!c->rooms || !c->devices)
		return -ENOMEM;
	for (unsigned int i = 0; !rc && i < f->room_count; i++) {
		rc = device_new(c, &f->rooms[i].device, &c->rooms[i]);
		c->room_count += !rc;
		if (!rc && config_is_room(&f->rooms[i].device))
			rc = room_new(c->rooms[i], &f->rooms[i], &c->rooms[i]->room);
	}
	for (; !rc && c->device_count < f->device_count; c->device_count += !rc)
		rc = device_new(c, &f->devices[c->device_count], &c->devices[c->device_count]);
	return rc;
}

int core_init(struct core *c, const struct core_options *o)
{
	*c = (struct core){.config = o->config,
			   .links = o->links,
			   .hooks = o->hooks,
			   .epoch = o->epoch,
			   .seed = o->seed};
	struct dp_user user = {.object = c,
			       .lost = on_lost,
			       .away = on_away,
			       .back = on_back,
			       .event = on_event,
			       .source_event = on_source_event,
			       .record_event = on_record_event};
	timer_set_init(&c->timers);
	dp_init(&c->dp, &c->timers, &o->dataplane, &user, o->epoch);
	list_init(&c->alarms);
	list_init(&c->recorders);
	int rc = make_devices(c);
	if (rc)
		core_fini(c);
	return rc;
}

void core_fini(struct core *c)
{
	for (unsigned int i = 0; i < c->device_count; i++)
		device_free(c->devices[i]);
	for (unsigned int i = 0; i < c->room_count; i++) // after the parties in them
		device_free(c->rooms[i]);
	free(c->devices);
	free(c->rooms);
	dp_fini(&c->dp);
	recorders_free(c);
	index_fini(&c->recordings);
	index_fini(&c->streams);
	index_fini(&c->sources);
	player_alarms_free(c);
	c->devices = c->rooms = NULL;
	c->device_count = c->room_count = 0;
}

void core_start(struct core *c, nsec_t now)
{
	for (unsigned int i = 0; i < c->device_count; i++)
		reg_start(c->devices[i], now);
}

nsec_t core_connect_turn(struct core *c, nsec_t now)
{
	nsec_t interval = NSEC_PER_SEC / c->config->control.register_rate;
	nsec_t ahead = CONNECT_BURST * interval;
	nsec_t turn = c->next_connect > now + ahead ? c->next_connect - ahead : now;
	c->next_connect = (c->next_connect > now ? c->next_connect : now) + interval;
	return turn;
}

void core_stop(struct core *c, nsec_t now)
{
	c->stopping = true;
	for (unsigned int i = 0; i < c->device_count; i++)
		reg_stop(c->devices[i], now);
}

bool core_stopped(const struct core *c)
{
	for (unsigned int i = 0; i < c->device_count; i++) {
		if (c->devices[i]->reg.fsm.state != REG_IDLE)
			return false;
	}
	return c->stopping;
}

// ---- finding ----

struct device *core_holder(const struct core *c, unsigned int i)
{
	if (i < c->device_count)
		return c->devices[i];
	return i - c->device_count < c->room_count ? c->rooms[i - c->device_count] : NULL;
}

struct device *core_device(const struct core *c, const char *name)
{
	struct device *d;
	for (unsigned int i = 0; (d = core_holder(c, i)); i++) {
		if (strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

struct party *core_party(const struct core *c, api_handle stream)
{
	struct index_node *n = stream ? index_first(&c->streams, stream) : NULL;
	return n ? INDEX_ITEM(n, struct party, by_stream) : NULL;
}

void core_counts(const struct core *c, struct counts *ret, uint64_t ret_refusals[REFUSAL_COUNT])
{
	memset(ret, 0, sizeof(*ret));
	memset(ret_refusals, 0, REFUSAL_COUNT * sizeof(*ret_refusals));
	for (unsigned int i = 0; i < c->device_count; i++) {
		counts_add(ret, &c->devices[i]->counts);
		metric_add(ret_refusals, c->devices[i]->refusals, REFUSAL_COUNT);
	}
}
