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

static void on_late(struct timer *t, nsec_t now);

struct player *player_new(struct conference *c, enum player_kind kind)
{
	unsigned int n = 0;
	for (struct list *at = c->players.next; at != &c->players; at = at->next)
		n++;
	struct player *p = n < PLAYERS_MAX && !c->closing ? calloc(1, sizeof(*p)) : NULL;
	if (!p)
		return NULL;
	p->conference = c;
	p->to = c->device;
	p->kind = kind;
	timer_init(&p->late, on_late, p);
	list_push_back(&c->players, &p->link);
	return p;
}

static void forget(struct player *p)
{
	timer_stop(&p->conference->device->core->timers, &p->late);
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
static void finish(struct player *p, int status, nsec_t now)
{
	struct conference *c = p->conference;
	bool due = p->finish_due && !c->orphan && reg_is_registered(c->device);
	player_done done = p->done;
	void *object = p->object;
	player_end(p, now);
	if (due)
		player_answer_finish(c->device, c->conference_id,
				     status ? SCCP_ANNOUNCEMENT_STATUS_ERROR : SCCP_ANNOUNCEMENT_STATUS_OK,
				     now);
	if (done)
		done(object, status, now);
}

static void on_late(struct timer *t, nsec_t now)
{
	struct player *p = t->object;
	finish(p, p->late_status, now);
}

// Whoever waits may close parties and conferences, which others are walking past just now: so it hears of it in a moment.
static void finish_late(struct player *p, int status, nsec_t now)
{
	if (!p->done) {
		finish(p, status, now);
		return;
	}
	p->late_status = status;
	timer_start(&p->conference->device->core->timers, &p->late, now);
}

// ---- alarms ----

struct alarm {
	struct list link;
	char file[API_SOURCE_PATH_MAX];
};

void player_alarms_free(struct core *c)
{
	LIST_FOREACH(a, &c->alarms, struct alarm, link)
	{
		list_remove(&a->link);
		free(a);
	}
	c->alarm_count = 0;
}

static struct alarm *alarm_find(struct core *c, const char *file)
{
	LIST_FOREACH(a, &c->alarms, struct alarm, link)
	{
		if (strcmp(a->file, file) == 0)
			return a;
	}
	return NULL;
}

// Once for each file, until it can be read again; without memory, each time.
static void alarm_raise(struct device *d, const char *file, int status, nsec_t now)
{
	struct core *c = d->core;
	struct sccp_msg m;
	device_count(d, COUNT_sound_unreadable);
	if (alarm_find(c, file))
		return;
	struct alarm *a = c->alarm_count < ALARMS_MAX ? calloc(1, sizeof(*a)) : NULL;
	if (a) {
		snprintf(a->file, sizeof(a->file), "%s", file);
		list_push_back(&c->alarms, &a->link);
		c->alarm_count++;
	}
	log_error(d->name, "sound cannot be played, silence instead", "file=%s why=\"%s\"", file,
		  status ? strerror(-status) : "unreadable");
	sccp_init(&m, SCCP_ALARM);
	m.alarm.alarm_severity = SCCP_ALARM_SEVERITY_WARNING;
	snprintf(m.alarm.text, sizeof(m.alarm.text), "sound cannot be played: %.50s", file);
	if (reg_is_registered(d))
		device_send(d, &m, now);
}

static void alarm_clear(struct device *d, const char *file)
{
	struct alarm *a = alarm_find(d->core, file);
	if (!a)
		return;
	list_remove(&a->link);
	d->core->alarm_count--;
	free(a);
	log_notice(d->name, "sound can be played again", "file=%s", file);
}

static void alarms_note(struct player *p, uint32_t unreadable, int status, nsec_t now)
{
	for (uint32_t i = 0; i < p->count; i++) {
		const char *file = p->items[i].path;
		if (*file && (unreadable >> i & 1))
			alarm_raise(p->to, file, status, now);
		else if (*file && p->to->core->alarm_count)
			alarm_clear(p->to, file);
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
		finish(p, status, now);
		return;
	}
	p->handle = reply->source_reply.handle;
	index_put(&d->core->sources, &p->by_handle, p->handle);
	alarms_note(p, reply->source_reply.unreadable, 0, now);
}

void player_item_file(struct api_source_item *ret, const char *file, int16_t gain_cb)
{
	*ret = (struct api_source_item){.kind = API_SOURCE_FILE, .gain_cb = gain_cb};
	snprintf(ret->path, sizeof(ret->path), "%s", file);
}

void player_item_source(struct api_source_item *ret, const struct config_source *s)
{
	if (s->file[0]) {
		player_item_file(ret, s->file, s->gain_cb);
		return;
	}
	*ret = (struct api_source_item){
		.kind = API_SOURCE_LIVE, .tone = (uint8_t)s->codec, .gain_cb = s->gain_cb};
	addr_port_text(&s->multicast, ret->path, sizeof(ret->path));
}

// False: the dataplane cannot be told. What waits for its conference, or for the dataplane to return, is as good as begun.
static bool ask(struct player *p, nsec_t now)
{
	struct api_message m;
	if (!p->conference->handle || p->request || p->handle || p->late.armed || !dp_is_up(dataplane(p)))
		return true;
	api_init(&m, API_SOURCE_OPEN, 0);
	m.source_open.conference = p->conference->handle;
	m.source_open.flags = p->loop ? API_SOURCE_LOOP : 0;
	m.source_open.count = p->count;
	memcpy(m.source_open.items, p->items, p->count * sizeof(p->items[0]));
	p->request = dp_request(dataplane(p), &m, on_open, p, now);
	return p->request;
}

void player_start(struct player *p, nsec_t now)
{
	if (!ask(p, now))
		finish_late(p, -EAGAIN, now);
}

struct player *player_play(struct conference *c, struct device *to, const struct api_source_item *items,
			   uint32_t count, bool loop, player_done done, void *object, nsec_t now)
{
	struct player *p = count && count <= API_SOURCE_ITEMS ? player_new(c, PLAYER_ACTION) : NULL;
	if (!p)
		return NULL;
	p->to = to;
	p->loop = loop;
	p->count = count;
	memcpy(p->items, items, count * sizeof(*items));
	p->done = done;
	p->object = object;
	if (ask(p, now))
		return p;
	player_end(p, now);
	return NULL;
}

struct player *player_adopt(struct conference *c, struct device *to, player_done done, void *object)
{
	struct player *p = c->source ? player_new(c, PLAYER_ACTION) : NULL;
	if (!p)
		return NULL;
	p->to = to;
	p->done = done;
	p->object = object;
	p->handle = c->source;
	c->source = 0;
	index_put(&c->device->core->sources, &p->by_handle, p->handle);
	return p;
}

void player_leave(struct player *p)
{
	if (p)
		p->done = NULL;
}

static struct player *find_action(const struct conference *c)
{
	LIST_FOREACH(p, &c->players, struct player, link)
	{
		if (p->kind == PLAYER_ACTION)
			return p;
	}
	return NULL;
}

void player_end_all(struct conference *c, nsec_t now)
{
	for (struct player *p; (p = find_action(c));)
		finish(p, -ECANCELED, now);
}

void player_stop(struct player *p, nsec_t now)
{
	if (p)
		player_end(p, now);
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
	player_item_source(&p->items[0], &c->device->core->config->sources[c->conference_id - 1]);
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
			finish_late(p, -ECONNRESET, now);
	}
}

void player_event(struct core *c, const struct api_source_event *e, nsec_t now)
{
	struct index_node *n = index_first(&c->sources, e->handle);
	if (n && e->kind == API_SOURCE_END)
		finish(INDEX_ITEM(n, struct player, by_handle), 0, now);
}
