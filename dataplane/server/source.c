// SPDX-License-Identifier: GPL-3.0-or-later
// source.c - Sources of the API: holds their sounds, and has the owner of the conference play them.
//
// Files are read here, on the main thread, before the worker hears of the source: it gets finished samples only. Sounds are
// held until the worker has answered that it plays them no more.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define GAIN_CB_MIN (-600)
#define GAIN_CB_MAX 200

static int item_load(struct server *s, const struct api_source_item *i, struct sound **ret)
{
	if (i->gain_cb < GAIN_CB_MIN || i->gain_cb > GAIN_CB_MAX || i->country >= TONE_COUNTRY_COUNT)
		return -EINVAL;
	if (i->kind == API_SOURCE_FILE)
		return sound_file(&s->sounds, i->path, ret);
	const struct tone *tone = tone_of_country(i->country, i->tone);
	return tone ? sound_tone(&s->sounds, tone, ret) : -EINVAL;
}

static void sounds_drop(struct server *s, struct server_source *t)
{
	while (t->spec.count)
		sound_release(&s->sounds, t->sounds[--t->spec.count]);
}

// Loads what can be loaded. Returns 0, or why nothing could.
static int sounds_take(struct server *s, const struct api_source_open *m, struct server_source *t)
{
	int first = -EINVAL;
	for (uint32_t i = 0; i < m->count; i++) {
		struct sound *sound;
		int rc = item_load(s, &m->items[i], &sound);
		if (rc) {
			first = t->unreadable ? first : rc;
			t->unreadable |= UINT32_C(1) << i;
			continue;
		}
		t->sounds[t->spec.count] = sound;
		t->spec.pieces[t->spec.count++] = (struct media_piece){
			.pcm = sound->pcm,
			.samples = sound->samples,
			.rate_hz = (uint16_t)sound->rate_hz,
			.gain = (uint16_t)lrint(256 * pow(10, m->items[i].gain_cb / 200.0)),
		};
	}
	return t->spec.count ? 0 : first;
}

int server_source_open(struct server *s, struct server_client *c, const struct api_message *m)
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
	int rc = sounds_take(s, open, t);
	if (rc) {
		slot_close(&s->sources, handle);
		return rc;
	}
	t->conference = k;
	t->state = SERVER_OPENING;
	t->spec.conference = k->index;
	t->spec.tag = handle;
	t->spec.loop = open->flags & API_SOURCE_LOOP;
	list_push_back(&k->sources, &t->node);
	struct mail *mail = server_mail(s, MAIL_SOURCE_OPEN, c->id, m->header.request, m->header.type);
	mail->handle = handle;
	mail->source_spec = &t->spec;
	server_post(s, k->worker, mail);
	return 0;
}

int server_source_close(struct server *s, struct server_client *c, const struct api_message *m)
{
	struct server_source *t = slot_get(&s->sources, m->handle_request.handle);
	if (!t || t->state != SERVER_OPEN || t->conference->state != SERVER_OPEN)
		return -ENOENT;
	t->state = SERVER_CLOSING;
	struct mail *mail = server_mail(s, MAIL_SOURCE_CLOSE, c->id, m->header.request, m->header.type);
	mail->handle = m->handle_request.handle;
	mail->source = t->index;
	server_post(s, t->conference->worker, mail);
	return 0;
}

void server_source_release(struct server *s, struct server_source *t)
{
	list_remove(&t->node);
	sounds_drop(s, t);
	slot_close(&s->sources, slot_handle(&s->sources, t));
}

// The worker opened or closed one.
void server_source_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	struct server_source *t = slot_get(&s->sources, m->handle);
	if (m->kind == MAIL_SOURCE_CLOSE) {
		reply->handle_reply.handle = m->handle;
		server_source_release(s, t);
		return;
	}
	if (m->status) {
		server_source_release(s, t);
		return;
	}
	reply->source_reply.handle = m->handle;
	reply->source_reply.unreadable = t->unreadable;
	t->index = m->source;
	t->state = SERVER_OPEN;
}
