// SPDX-License-Identifier: GPL-3.0-or-later
// player.c - Sources in the dataplane: asked for when their conference is there, ended when it is over.
#include "control/player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/player_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

static struct dp *dataplane(const struct player *p)
{
	return &p->conference->device->core->dp;
}

uint32_t player_conference(const struct device *d, uint32_t conference_id, uint32_t party_id)
{
	const struct config_music *music = &d->profile->music;
	if (d->profile->kind != CONFIG_MOH || !conference_id)
		return conference_id;
	for (unsigned int i = 0; i < music->map_count; i++)
		if (music->map[i].party == party_id)
			return music->map[i].source + 1;
	return music->source + 1;
}

// ---- life ----

struct player *player_new(struct conference *c, enum player_kind kind)
{
	unsigned int n = 0;
	for (struct list *at = c->players.next; at != &c->players; at = at->next)
		n++;
	struct player *p = n < PLAYERS_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p)
		return NULL;
	p->conference = c;
	p->kind = kind;
	list_push_back(&c->players, &p->link);
	return p;
}

static void forget(struct player *p)
{
	dp_abandon(dataplane(p), p->request); // a source that opens nonetheless is closed as a stray
	if (p->handle)
		index_drop(&p->conference->device->core->sources, &p->by_handle);
	list_remove(&p->link);
	free(p);
}

void player_end(struct player *p, nsec_t now)
{
	if (p->handle)
		dp_source_close(dataplane(p), p->handle, now);
	forget(p);
}

void player_drop_all(struct conference *c)
{
	LIST_FOREACH(p, &c->players, struct player, link)
	forget(p);
}

void player_answer_finish(struct device *d, uint32_t conference_id, uint32_t status, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_ANNOUNCEMENT_FINISH);
	m.announcement_finish.conference_id = conference_id;
	m.announcement_finish.ann_status = status;
	device_send(d, &m, now);
}

// Ends a player and says how it went, if anybody waits for that.
static void finish(struct player *p, uint32_t status, nsec_t now)
{
	struct conference *c = p->conference;
	bool due = p->finish_due && !c->orphan && reg_is_registered(c->device);
	player_end(p, now);
	if (due)
		player_answer_finish(c->device, c->conference_id, status, now);
}

// ---- alarms ----

static const char *name_of(const struct core *c, int alarm)
{
	unsigned int i = (unsigned int)alarm;
	return i < c->config->source_count ? c->config->sources[i].file
					   : c->config->announcements[i - c->config->source_count].file;
}

// Once for each file, until it can be read again.
static void alarm_raise(struct device *d, int alarm, int status, nsec_t now)
{
	struct core *c = d->core;
	struct sccp_msg m;
	device_count(d, COUNT_sound_unreadable);
	if (c->alarms[alarm])
		return;
	c->alarms[alarm] = true;
	const char *name = name_of(c, alarm);
	log_error(d->name, "sound cannot be played, silence instead", "file=%s why=\"%s\"",
		  *name ? name : "multicast", status ? strerror(-status) : "unreadable");
	sccp_init(&m, SCCP_ALARM);
	m.alarm.alarm_severity = SCCP_ALARM_SEVERITY_WARNING;
	snprintf(m.alarm.text, sizeof(m.alarm.text), "sound cannot be played: %.50s",
		 *name ? name : "multicast");
	if (reg_is_registered(d))
		device_send(d, &m, now);
}

static void alarms_note(struct player *p, uint32_t unreadable, int status, nsec_t now)
{
	struct device *d = p->conference->device;
	for (uint32_t i = 0; i < p->count; i++) {
		int alarm = p->items[i].alarm;
		if (alarm < 0)
			continue;
		if (unreadable >> i & 1) {
			alarm_raise(d, alarm, status, now);
		} else if (d->core->alarms[alarm]) {
			d->core->alarms[alarm] = false;
			log_notice(d->name, "sound can be played again", "file=%s", name_of(d->core, alarm));
		}
	}
}

// ---- the dataplane ----

// The world's errors are about the files; the rest is ours.
static bool is_of_files(int status)
{
	return status != -ENOSPC && status != -ETIMEDOUT && status != -ECONNRESET && status != -EBADMSG;
}

static void on_open(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct player *p = object;
	struct device *d = p->conference->device;
	p->request = 0;
	if (status == -ECONNRESET)
		return; // the conference hears of it too
	if (status) {
		if (is_of_files(status))
			alarms_note(p, UINT32_MAX, status, now);
		else
			log_warning(d->name, "dataplane does not play", "conference=%u why=\"%s\"",
				    p->conference->conference_id, strerror(-status));
		finish(p, SCCP_ANNOUNCEMENT_STATUS_ERROR, now);
		return;
	}
	p->handle = reply->source_reply.handle;
	index_put(&d->core->sources, &p->by_handle, p->handle);
	alarms_note(p, reply->source_reply.unreadable, 0, now);
}

static void item_file(struct api_source_item *i, const char *file, int16_t gain_cb)
{
	i->kind = API_SOURCE_FILE;
	i->gain_cb = gain_cb;
	snprintf(i->path, sizeof(i->path), "%s", file);
}

static void item_source(const struct config_source *s, struct api_source_item *ret)
{
	if (s->file[0]) {
		item_file(ret, s->file, s->gain_cb);
		return;
	}
	ret->kind = API_SOURCE_LIVE;
	ret->tone = (uint8_t)s->codec;
	addr_port_text(&s->multicast, ret->path, sizeof(ret->path));
}

static void item_fill(const struct player *p, uint32_t index, struct api_source_item *ret)
{
	const struct device *d = p->conference->device;
	const struct config *c = d->core->config;
	int alarm = p->items[index].alarm;
	if (p->kind == PLAYER_MUSIC) {
		item_source(&c->sources[alarm], ret);
	} else if (alarm >= 0) {
		const struct config_announcement *a =
			&c->announcements[(unsigned int)alarm - c->source_count];
		item_file(ret, a->file, a->gain_cb);
	} else {
		ret->kind = API_SOURCE_TONE;
		ret->tone = (uint8_t)p->items[index].number;
		ret->country = (uint8_t)d->profile->country;
	}
}

void player_start(struct player *p, nsec_t now)
{
	struct api_message m;
	if (!p->conference->handle || p->request || p->handle)
		return; // begins when the conference is there
	api_init(&m, API_SOURCE_OPEN, 0);
	m.source_open.conference = p->conference->handle;
	m.source_open.flags = p->loop ? API_SOURCE_LOOP : 0;
	m.source_open.count = p->count;
	for (uint32_t i = 0; i < p->count; i++)
		item_fill(p, i, &m.source_open.items[i]);
	p->request = dp_request(dataplane(p), &m, on_open, p, now);
	if (!p->request)
		finish(p, SCCP_ANNOUNCEMENT_STATUS_ERROR, now);
}

static bool has_music(const struct conference *c)
{
	LIST_FOREACH(p, &c->players, struct player, link)
	{
		if (p->kind == PLAYER_MUSIC)
			return true;
	}
	return false;
}

static void music_begin(struct conference *c)
{
	struct player *p = has_music(c) ? NULL : player_new(c, PLAYER_MUSIC);
	if (!p)
		return;
	p->loop = true;
	p->count = 1;
	p->items[0].number = c->conference_id - 1;
	p->items[0].alarm = (int)c->conference_id - 1;
}

void player_conference_opened(struct conference *c, nsec_t now)
{
	if (c->device->profile->kind == CONFIG_MOH && !c->adopted &&
	    c->conference_id <= c->device->core->config->source_count)
		music_begin(c);
	LIST_FOREACH(p, &c->players, struct player, link)
	player_start(p, now);
}

void player_conference_void(struct conference *c, nsec_t now)
{
	LIST_FOREACH(p, &c->players, struct player, link)
	{
		if (p->handle)
			index_drop(&c->device->core->sources, &p->by_handle);
		p->handle = 0;
		if (!p->loop) // half an announcement is not begun anew
			finish(p, SCCP_ANNOUNCEMENT_STATUS_ERROR, now);
	}
}

void player_event(struct core *c, const struct api_source_event *e, nsec_t now)
{
	struct index_node *n = index_first(&c->sources, e->handle);
	if (n && e->kind == API_SOURCE_END)
		finish(INDEX_ITEM(n, struct player, by_handle), SCCP_ANNOUNCEMENT_STATUS_OK, now);
}
