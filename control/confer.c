// SPDX-License-Identifier: GPL-3.0-or-later
// confer.c - Conferences: which parties hear which, and what the dataplane must join.
#include "control/confer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/party.h"
#include "control/player.h"
#include "control/room.h"
#include "gw/log.h"

enum confer_event {
	EVENT_WANT,
	EVENT_DONE,
	EVENT_FAILED,
	EVENT_LOST,
	EVENT_KEPT, // back with its handles
	EVENT_BACK, // back without
	EVENT_COUNT
};

struct confer_data {
	nsec_t now;
	enum refusal why;
	api_handle handle;
};

static void feed(struct conference *c, enum confer_event event, nsec_t now)
{
	struct confer_data data = {.now = now};
	fsm_event(&c->fsm, event, &data);
}

static struct dp *dataplane(const struct conference *c)
{
	return &c->device->core->dp;
}

static void changed(const struct conference *c, nsec_t now)
{
	const struct hooks *h = &c->device->core->hooks;
	if (h->conference_changed)
		h->conference_changed(h->context, c, now);
}

// ---- life ----

struct conference *confer_find(const struct device *d, uint32_t conference_id)
{
	struct index_node *n = index_first(&d->conferences, conference_id);
	return n ? INDEX_ITEM(n, struct conference, by_id) : NULL;
}

struct conference *confer_new(struct device *d, uint32_t conference_id, nsec_t now)
{
	struct conference *c = calloc(1, sizeof(*c));
	if (!c || index_put(&d->conferences, &c->by_id, conference_id)) {
		free(c);
		return NULL;
	}
	c->device = d;
	c->flags = confer_flags(d);
	c->conference_id = conference_id;
	c->indexed = true;
	c->created = now;
	list_init(&c->parties);
	list_init(&c->participants);
	list_init(&c->players);
	list_init(&c->noted);
	fsm_init(&c->fsm, &confer_table, NULL, c);
	list_push_back(&d->conference_list, &c->link);
	d->conference_count++;
	return c;
}

static void drop_participants(struct conference *c)
{
	LIST_FOREACH(p, &c->participants, struct participant, link)
	confer_drop_participant(c, p);
}

void confer_drop_participant(struct conference *c, struct participant *p)
{
	list_remove(&p->link);
	c->participant_count--;
	free(p);
}

static void unlink_conference(struct conference *c)
{
	struct device *d = c->device;
	if (c->indexed)
		index_drop(&d->conferences, &c->by_id);
	list_remove(&c->link);
	list_remove(&c->noted);
	d->conference_count--;
	drop_participants(c);
	player_drop_all(c);
	dp_abandon(dataplane(c), c->request);
}

void confer_discard(struct conference *c)
{
	unlink_conference(c);
	free(c);
}

static void end(struct conference *c, nsec_t now)
{
	const struct hooks *h = &c->device->core->hooks;
	c->closing = true;
	player_end_all(c, now);
	if (c->handle)
		dp_conference_close(dataplane(c), c->handle, now);
	unlink_conference(c);
	if (h->conference_gone)
		h->conference_gone(h->context, c, now);
	free(c);
}

void confer_free(struct conference *c, nsec_t now)
{
	c->closing = true;
	LIST_FOREACH(p, &c->parties, struct party, in_conference)
	party_close(p, now);
	end(c, now);
}

// Ends a conference that nobody holds together any more.
static void end_if_empty(struct conference *c, nsec_t now)
{
	if (c->party_count || c->closing || c->holds || (c->explicitly && !c->orphan))
		return;
	end(c, now);
}

void confer_join(struct conference *c, struct party *p, nsec_t now)
{
	p->conference = c;
	list_push_back(&c->parties, &p->in_conference);
	c->party_count++;
	changed(c, now);
}

void confer_leave(struct conference *c, struct party *p, nsec_t now)
{
	p->conference = NULL;
	list_remove(&p->in_conference);
	c->party_count--;
	changed(c, now);
	end_if_empty(c, now);
}

void confer_hand_over(struct conference *old, struct conference *to, struct party *p, nsec_t now)
{
	list_remove(&p->in_conference);
	old->party_count--;
	old->holds++;
	changed(old, now);
	confer_join(to, p, now);
}

void confer_release(struct conference *c, nsec_t now)
{
	c->holds--;
	end_if_empty(c, now);
}

void confer_claim(struct conference *c)
{
	if (c->indexed)
		c->orphan = false;
}

void confer_orphan(struct conference *c, nsec_t now)
{
	c->orphan = true;
	end_if_empty(c, now);
}

void confer_set_aside(struct conference *c)
{
	index_drop(&c->device->conferences, &c->by_id);
	c->indexed = false;
}

// ---- the dataplane ----

static void on_reply(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct conference *c = object;
	c->request = 0;
	if (status == -ECONNRESET)
		return; // confer_dataplane_lost follows
	struct confer_data data = {.now = now, .why = refusal_of_dataplane(status)};
	if (!status)
		data.handle = reply->handle_reply.handle;
	fsm_event(&c->fsm, status ? EVENT_FAILED : EVENT_DONE, &data);
}

static void tell_failed(struct conference *c, enum refusal why, nsec_t now)
{
	c->holds++;
	LIST_FOREACH(p, &c->parties, struct party, in_conference)
	party_conference_failed(p, why, now);
	c->holds--;
	end_if_empty(c, now);
}

static void tell_ready(struct conference *c, nsec_t now)
{
	c->holds++;
	LIST_FOREACH(p, &c->parties, struct party, in_conference)
	party_conference_ready(p, now);
	c->holds--;
	end_if_empty(c, now);
}

uint32_t confer_flags(const struct device *d)
{
	return config_kind_mixes(d->profile->kind) ? CONFERENCE_BRIDGE : 0;
}

static bool parties_talk(enum config_kind k)
{
	return k == CONFIG_CONFERENCE_BRIDGE || k == CONFIG_LINE;
}

static void mix_set(struct conference_spec *spec, const struct config_mix *mix)
{
	spec->loudest = (uint8_t)mix->loudest;
	spec->mix_all_up_to = (uint16_t)mix->mix_all_up_to;
	spec->tones_up_to = (uint16_t)mix->tones_up_to;
	spec->level_dbm0 = mix->level_dbm0;
	spec->noise_gate = (uint8_t)-mix->gate_dbm0;
	spec->join_tone = mix->join_tone;
	spec->leave_tone = mix->leave_tone;
}

// Lobby and desks of a room are silent but for what plays there.
static const struct config_mix *mix_of(const struct conference *c)
{
	static const struct config_mix plain;
	if (!c->device->room)
		return &c->device->profile->mix;
	return c->conference_id == ROOM_MAIN ? room_mix(c->device->room) : &plain;
}

static void act_open(void *object, const void *data)
{
	struct conference *c = object;
	nsec_t now = ((const struct confer_data *)data)->now;
	struct conference_spec spec = {.conference_id = c->conference_id, .epoch = c->device->core->epoch};
	spec.flags = c->flags;
	if (parties_talk(c->device->profile->kind))
		mix_set(&spec, mix_of(c));
	memcpy(spec.device, c->device->config->name, sizeof(spec.device));
	c->request = dp_conference_open(dataplane(c), &spec, on_reply, c, now);
	if (!c->request) {
		struct confer_data failure = {.now = now, .why = REFUSAL_dataplane_away};
		fsm_event(&c->fsm, EVENT_FAILED, &failure);
	}
}

static void act_opened(void *object, const void *data)
{
	struct conference *c = object;
	const struct confer_data *e = data;
	c->handle = e->handle;
	changed(c, e->now);
	player_conference_opened(c, e->now);
	tell_ready(c, e->now);
}

static void act_ready(void *object, const void *data)
{
	tell_ready(object, ((const struct confer_data *)data)->now);
}

static void act_failed(void *object, const void *data)
{
	const struct confer_data *e = data;
	tell_failed(object, e->why, e->now);
}

static void act_lost(void *object, const void *data)
{
	struct conference *c = object;
	dp_abandon(dataplane(c), c->request);
	c->request = 0;
}

static void act_void(void *object, const void *data)
{
	struct conference *c = object;
	c->handle = 0;
	c->adopted = false;
	c->source = 0;
	player_conference_void(c, ((const struct confer_data *)data)->now);
}

// What was asked for when the connection ended has not been heard of.
static void act_kept(void *object, const void *data)
{
	player_conference_opened(object, ((const struct confer_data *)data)->now);
}

static const char *const state_names[] = {"idle", "opening", "open", "parked"};
static const char *const event_names[] = {"want", "done", "failed", "lost", "kept", "back"};

static const struct fsm_row rows[] = {
	{CONFER_IDLE, EVENT_WANT, act_open, CONFER_OPENING},
	{CONFER_IDLE, EVENT_LOST, NULL, FSM_STAY},
	{CONFER_IDLE, EVENT_KEPT, NULL, FSM_STAY},
	{CONFER_IDLE, EVENT_BACK, NULL, FSM_STAY},
	{CONFER_OPENING, EVENT_WANT, NULL, FSM_STAY},
	{CONFER_OPENING, EVENT_DONE, act_opened, CONFER_OPEN},
	{CONFER_OPENING, EVENT_FAILED, act_failed, CONFER_IDLE},
	{CONFER_OPENING, EVENT_LOST, act_lost, CONFER_IDLE},
	{CONFER_OPEN, EVENT_WANT, act_ready, FSM_STAY},
	{CONFER_OPEN, EVENT_LOST, NULL, CONFER_PARKED},
	{CONFER_PARKED, EVENT_WANT, NULL, FSM_STAY},
	{CONFER_PARKED, EVENT_KEPT, act_kept, CONFER_OPEN},
	{CONFER_PARKED, EVENT_BACK, act_void, CONFER_IDLE},
};

const struct fsm_table confer_table = {
	.name = "conference",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = CONFER_STATE_COUNT,
	.event_count = EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *confer_state_name(unsigned int state)
{
	return fsm_state_name(&confer_table, (uint16_t)state);
}

void confer_want(struct conference *c, nsec_t now)
{
	feed(c, EVENT_WANT, now);
}

void confer_dataplane_lost(struct conference *c, nsec_t now)
{
	feed(c, EVENT_LOST, now);
}

void confer_dataplane_back(struct conference *c, bool same, nsec_t now)
{
	feed(c, same ? EVENT_KEPT : EVENT_BACK, now);
}

int confer_restore(struct device *d, const struct confer_image *image, nsec_t now, struct conference **ret)
{
	if (!image->conference_id)
		return -EINVAL;
	if (confer_find(d, image->conference_id))
		return -EEXIST;
	if (resource_is_full(d, NULL) || image->reserved > d->profile->participants)
		return -ENOSPC;
	struct conference *c = confer_new(d, image->conference_id, now);
	if (!c)
		return -ENOMEM;
	c->explicitly = image->explicitly;
	c->reserved = image->reserved;
	c->resource_type = image->resource_type;
	c->application_id = image->application_id;
	memcpy(c->app_conf_id, image->app_conf_id, sizeof(c->app_conf_id) - 1);
	memcpy(c->app_data, image->app_data, sizeof(c->app_data) - 1);
	c->orphan = true;
	if (image->handle) {
		c->handle = image->handle;
		c->flags = image->flags;
		c->source = image->source;
		c->adopted = true;
		c->fsm.state = CONFER_OPEN;
	}
	*ret = c;
	return 0;
}
