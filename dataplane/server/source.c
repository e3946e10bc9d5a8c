// SPDX-License-Identifier: GPL-3.0-or-later
// source.c - Sources of the API: holds their sounds, and has the owner of the conference play them.
//
// Files are read here, on the main thread, a slice at a time between whatever else there is to do, before the worker hears of the
// source: it gets finished samples only. Sounds are held until the worker has answered that it plays them no more.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <rte_ethdev.h>

#include "gw/codec.h"
#include "gw/log.h"

#define GAIN_CB_MIN (-600)
#define GAIN_CB_MAX 200

static int recording_load(struct server *s, const char *name, struct sound **ret)
{
	const struct config *c = s->dp->config;
	char path[CONFIG_PATH_MAX + RECORDING_NAME_MAX];
	int rc = recording_path(c->recordings.directory, c->node, name, path, sizeof(path));
	return rc ? rc : sound_file(&s->sounds, path, ret);
}

static int item_load(struct server *s, const struct api_source_item *i, struct sound **ret)
{
	if (i->gain_cb < GAIN_CB_MIN || i->gain_cb > GAIN_CB_MAX || i->country >= TONE_COUNTRY_COUNT)
		return -EINVAL;
	if (i->kind == API_SOURCE_FILE)
		return sound_file(&s->sounds, i->path, ret);
	if (i->kind == API_SOURCE_RECORDING)
		return recording_load(s, i->path, ret);
	const struct tone *tone = tone_of_country(i->country, i->tone);
	return tone ? sound_tone(&s->sounds, tone, ret) : -EINVAL;
}

static void sounds_drop(struct server *s, struct server_source *t)
{
	while (t->sound_count)
		sound_release(&s->sounds, t->sounds[--t->sound_count]);
}

static void unreadable(struct server_source *t, unsigned int item, int status)
{
	t->first_status = t->unreadable ? t->first_status : status;
	t->unreadable |= UINT32_C(1) << item;
}

// Begins to load what can be loaded. Returns 0, or why nothing could.
static int sounds_take(struct server *s, const struct api_source_open *m, struct server_source *t)
{
	for (uint32_t i = 0; i < m->count; i++) {
		struct sound *sound;
		int rc = item_load(s, &m->items[i], &sound);
		if (rc) {
			unreadable(t, i, rc);
			continue;
		}
		t->sounds[t->sound_count] = sound;
		t->items[t->sound_count] = (uint8_t)i;
		t->gains[t->sound_count++] = (uint16_t)lrint(256 * pow(10, m->items[i].gain_cb / 200.0));
	}
	return t->sound_count ? 0 : t->first_status;
}

static bool is_loading(const struct server_source *t)
{
	for (uint32_t i = 0; i < t->sound_count; i++)
		if (t->sounds[i]->reading)
			return true;
	return false;
}

// Puts together what is played. Returns 0, or why nothing is.
static int pieces_make(struct server_source *t)
{
	for (uint32_t i = 0; i < t->sound_count; i++) {
		const struct sound *sound = t->sounds[i];
		if (sound->status) {
			unreadable(t, t->items[i], sound->status);
			continue;
		}
		t->spec.pieces[t->spec.count++] = (struct media_piece){
			.pcm = sound->pcm,
			.samples = sound->samples,
			.rate_hz = (uint16_t)sound->rate_hz,
			.gain = t->gains[i],
		};
	}
	return t->spec.count ? 0 : t->first_status;
}

// --- live ---

// The port must see frames to any group: few devices filter by group, and those that do take long to tell.
static void filter_open(const struct port *p)
{
	if (rte_eth_allmulticast_enable(p->id) != 0 && rte_eth_promiscuous_enable(p->id) != 0)
		log_info(p->name, "device has no multicast filter");
}

// Takes part in a group on the first wire of its family. Returns the index of the group.
static int group_join(struct server *s, const struct addr *group, nsec_t now)
{
	struct lookup *l = &s->dp->lookup;
	unsigned int local = 0;
	while (local < l->local_count && l->locals[local].addr.family != group->family)
		local++;
	if (local == l->local_count)
		return -EADDRNOTAVAIL;
	int index = lookup_group_add(l, local, group);
	if (index < 0)
		return index;
	for (unsigned int i = 0; i < s->dp->port_count; i++)
		if (s->dp->ports[i].id == l->locals[local].port)
			filter_open(&s->dp->ports[i]);
	int rc = neigh_group_join(&s->dp->neigh, local, group, now);
	return rc ? rc : index;
}

static int live_spec(const struct api_source_item *i, struct stream_spec *ret)
{
	const struct codec *codec = codec_by_id(i->tone);
	*ret = (struct stream_spec){.flags = STREAM_RECV, .gain_cb = i->gain_cb};
	if (i->gain_cb < GAIN_CB_MIN || i->gain_cb > GAIN_CB_MAX ||
	    addr_port_parse(i->path, &ret->local) < 0 || !addr_is_multicast(&ret->local.addr) ||
	    ret->local.port % 2 || !ret->local.port || !codec)
		return -EINVAL;
	if (codec->payload_type > 127 || !codec_can_transcode(codec->id))
		return -ENOTSUP;
	ret->rx = (struct stream_format){.codec = (uint8_t)codec->id,
					 .period_ms = codec->period_ms_default,
					 .payload_type = codec->payload_type};
	ret->tx = ret->rx;
	return 0;
}

// A live source is a member of the conference that only speaks: a stream whose local address is the group's.
static int live_open(struct server *s, struct server_client *c, const struct api_message *m,
		     struct server_source *source, nsec_t now)
{
	struct server_conference *k = source->conference;
	struct stream_spec spec;
	uint32_t handle;
	int rc = live_spec(&m->source_open.items[0], &spec);
	int group = rc ? rc : group_join(s, &spec.local.addr, now);
	if (group < 0)
		return group;
	uint32_t *slot = lookup_slot(&s->dp->lookup, (unsigned int)group, spec.local.port);
	bool taken = __atomic_load_n(slot, __ATOMIC_ACQUIRE) != 0;
	struct server_stream *t = taken ? NULL : slot_open(&s->streams, &handle);
	if (!t) {
		neigh_group_leave(&s->dp->neigh, &spec.local.addr);
		return taken ? -EADDRINUSE : -ENOSPC;
	}
	*t = (struct server_stream){.conference = k,
				    .worker = k->worker,
				    .local_index = (uint8_t)group,
				    .port = spec.local.port,
				    .state = SERVER_OPENING,
				    .hidden = true};
	server_stream_add(s, k, t);
	source->live = t;
	spec.conference = k->index;
	struct mail *mail = server_mail(s, MAIL_STREAM_OPEN, c->id, m->header.request, m->header.type);
	mail->handle = handle;
	mail->stream_spec = spec;
	mail->slot = slot;
	mail->request[SERVER_EXTRA] = slot_handle(&s->sources, source);
	server_post(s, k->worker, mail);
	return 0;
}

static void live_close(struct server *s, struct server_client *c, const struct api_message *m,
		       struct server_source *source)
{
	struct server_stream *t = source->live;
	struct mail *mail = server_mail(s, MAIL_STREAM_CLOSE, c->id, m->header.request, m->header.type);
	t->state = SERVER_CLOSING;
	mail->handle = slot_handle(&s->streams, t);
	mail->stream = t->index;
	mail->slot = server_stream_slot(s, t);
	mail->request[SERVER_EXTRA] = slot_handle(&s->sources, source);
	server_post(s, t->worker, mail);
}

// --- requests ---

// All its sounds are here.
static void play(struct server *s, struct server_source *t)
{
	uint32_t handle = slot_handle(&s->sources, t);
	list_remove(&t->loading);
	int rc = t->conference->state == SERVER_OPEN ? pieces_make(t) : -ENOENT;
	if (rc) {
		server_refuse(s, t->client, API_SOURCE_OPEN, t->request, rc);
		server_source_release(s, t);
		return;
	}
	t->spec.conference = t->conference->index;
	t->spec.tag = handle;
	struct mail *mail = server_mail(s, MAIL_SOURCE_OPEN, t->client, t->request, API_SOURCE_OPEN);
	mail->handle = handle;
	mail->source_spec = &t->spec;
	mail->request[SERVER_EXTRA] = handle;
	server_post(s, t->conference->worker, mail);
}

nsec_t server_sources_run(struct server *s, nsec_t now)
{
	if (list_empty(&s->loading))
		return UINT64_MAX;
	sounds_read(&s->sounds);
	for (struct list *at = s->loading.next, *next; at != &s->loading; at = next) {
		next = at->next;
		struct server_source *t = LIST_ITEM(at, struct server_source, loading);
		if (is_loading(t) || s->mails_left < SERVER_MAILS_ONE)
			continue;
		uint16_t worker = t->conference->worker;
		play(s, t);
		mailbox_ring(&s->dp->mailboxes[worker]);
	}
	return list_empty(&s->loading) ? UINT64_MAX : now;
}

int server_source_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	const struct api_source_open *open = &m->source_open;
	struct server_conference *k = slot_get(&s->conferences, open->conference);
	uint32_t handle;
	if (!k || k->state != SERVER_OPEN)
		return -ENOENT;
	if (open->flags & ~(uint32_t)API_SOURCE_LOOP)
		return -EINVAL;
	struct server_source *t = slot_open(&s->sources, &handle);
	if (!t)
		return -ENOSPC;
	t->conference = k;
	t->state = SERVER_OPENING;
	t->client = c->id;
	t->request = m->header.request;
	t->spec.loop = open->flags & API_SOURCE_LOOP;
	list_init(&t->loading);
	bool live = open->items[0].kind == API_SOURCE_LIVE;
	int rc = live ? live_open(s, c, m, t, now) : sounds_take(s, open, t);
	if (rc) {
		slot_close(&s->sources, handle);
		return rc;
	}
	list_push_back(&k->sources, &t->node);
	if (!live && is_loading(t))
		list_push_back(&s->loading, &t->loading);
	else if (!live)
		play(s, t);
	return 0;
}

int server_source_close(struct server *s, struct server_client *c, const struct api_message *m)
{
	struct server_source *t = slot_get(&s->sources, m->handle_request.handle);
	if (!t || t->state != SERVER_OPEN || t->conference->state != SERVER_OPEN)
		return -ENOENT;
	t->state = SERVER_CLOSING;
	if (t->live) {
		live_close(s, c, m, t);
		return 0;
	}
	struct mail *mail = server_mail(s, MAIL_SOURCE_CLOSE, c->id, m->header.request, m->header.type);
	mail->handle = m->handle_request.handle;
	mail->request[SERVER_EXTRA] = m->handle_request.handle;
	mail->source = t->index;
	server_post(s, t->conference->worker, mail);
	return 0;
}

void server_source_release(struct server *s, struct server_source *t)
{
	if (!list_empty(&t->loading))
		server_refuse(s, t->client, API_SOURCE_OPEN, t->request,
			      -ENOENT); // its conference has closed
	list_remove(&t->loading);
	list_remove(&t->node);
	sounds_drop(s, t);
	slot_close(&s->sources, slot_handle(&s->sources, t));
}

// The worker opened or closed one.
void server_source_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	uint32_t handle = (uint32_t)m->request[SERVER_EXTRA];
	struct server_source *t = slot_get(&s->sources, handle);
	bool closed = m->kind == MAIL_SOURCE_CLOSE || m->kind == MAIL_STREAM_CLOSE;
	if (closed)
		reply->handle_reply.handle = handle;
	if (closed || m->status) {
		if (t->live)
			server_stream_release(s, t->live);
		server_source_release(s, t);
		return;
	}
	reply->source_reply.handle = handle;
	reply->source_reply.unreadable = t->unreadable;
	t->state = SERVER_OPEN;
	t->index = m->source;
	if (!t->live)
		return;
	t->live->index = m->stream;
	if (t->live->state == SERVER_OPENING)
		t->live->state = SERVER_OPEN;
}
