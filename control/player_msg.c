// SPDX-License-Identifier: GPL-3.0-or-later
// player_msg.c - The agent's messages about announcements and tones.
//
// Announcements and tones share their numbers: what the configuration has a file for is played from it, and else the
// country's tone of that number. StartTone names a call; its direction does not matter, for a media resource has no ear
// of its own: all parties of the call's conference hear the tone.
#include "control/confer.h"
#include "control/device.h"
#include "control/party.h"
#include "control/player_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"
#include "gw/tone.h"

#define TONE_SILENCE 0
#define TONE_NONE    127

static const struct config_announcement *announcement_of(const struct config *c, uint32_t number)
{
	for (unsigned int i = 0; i < c->announcement_count; i++)
		if (c->announcements[i].number == number)
			return &c->announcements[i];
	return NULL;
}

// Adds a number to a list. False: nobody knows it.
static bool item_add(struct player *p, uint32_t number)
{
	const struct device *d = p->conference->device;
	const struct config_announcement *a = announcement_of(d->core->config, number);
	if (!a && !tone_of_country((unsigned int)d->profile->country, number))
		return false;
	struct api_source_item *i = &p->items[p->count++];
	if (a)
		player_item_file(i, a->file, a->gain_cb);
	else
		*i = (struct api_source_item){.kind = API_SOURCE_TONE,
					      .tone = (uint8_t)number,
					      .country = (uint8_t)d->profile->country};
	return true;
}

// A tone sounds until it is stopped, unless it is one that is over by itself.
static bool lasts(const struct player *p)
{
	const struct api_source_item *i = &p->items[0];
	return p->count == 1 && i->kind == API_SOURCE_TONE && !tone_of_country(i->country, i->tone)->once;
}

static struct player *find(const struct conference *c, enum player_kind kind)
{
	LIST_FOREACH(p, &c->players, struct player, link)
	{
		if (p->kind == kind)
			return p;
	}
	return NULL;
}

// ---- announcements ----

static void list_fill(struct player *p, const struct sccp_start_announcement *m)
{
	struct device *d = p->conference->device;
	for (unsigned int i = 0; i < API_SOURCE_ITEMS; i++) {
		uint32_t number = m->announcements[i].tone_announcement;
		if (number == TONE_SILENCE || number == TONE_NONE || item_add(p, number))
			continue;
		device_count(d, COUNT_announcement_unknown);
		log_warning(d->name, "announcement unknown", "number=%u help=\"add it to announcements\"",
			    number);
	}
	p->finish_due = m->ann_ack_req == SCCP_ANNOUNCEMENT_ACK_WANTED;
	p->loop = m->ann_play_mode == SCCP_ANNOUNCEMENT_MODE_CONTINUOUS ||
		  (m->ann_play_mode == SCCP_ANNOUNCEMENT_MODE_AS_CONFIGURED && lasts(p));
}

// Makes the player of a list; NULL when there is nothing to play or nowhere to play it.
static struct player *announcement_new(struct device *d, const struct sccp_start_announcement *m, nsec_t now)
{
	struct conference *c = confer_find(d, m->conference_id);
	if (!c || c->orphan || d->profile->kind == CONFIG_MOH || !config_kind_mixes(d->profile->kind))
		return NULL;
	struct player *old = find(c, PLAYER_ANNOUNCEMENT);
	if (old)
		player_end(old, now);
	struct player *p = player_new(c, PLAYER_ANNOUNCEMENT);
	if (!p)
		return NULL;
	list_fill(p, m);
	if (p->count)
		return p;
	player_end(p, now);
	return NULL;
}

void player_on_announcement(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_start_announcement *a = &m->start_announcement;
	device_count(d, COUNT_announcements);
	struct player *p = announcement_new(d, a, now);
	if (p) {
		player_start(p, now);
		return;
	}
	device_count(d, COUNT_announcement_failed);
	if (a->ann_ack_req == SCCP_ANNOUNCEMENT_ACK_WANTED)
		player_answer_finish(d, a->conference_id, SCCP_ANNOUNCEMENT_STATUS_ERROR, now);
}

void player_on_announcement_stop(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct conference *c = confer_find(d, m->stop_announcement.conference_id);
	struct player *p = c ? find(c, PLAYER_ANNOUNCEMENT) : NULL;
	if (p)
		player_end(p, now);
}

// ---- tones ----

static struct conference *conference_of_call(struct device *d, uint32_t call_reference)
{
	struct party *p = party_by_call(d, call_reference);
	return p && config_kind_mixes(d->profile->kind) && d->profile->kind != CONFIG_MOH ? p->conference
											  : NULL;
}

static void tone_stop(struct device *d, uint32_t call_reference, uint32_t tone, nsec_t now)
{
	struct conference *c = conference_of_call(d, call_reference);
	struct player *p = c ? find(c, PLAYER_TONE) : NULL;
	if (p && (tone == TONE_SILENCE || tone == TONE_NONE || p->tone == tone))
		player_end(p, now);
}

void player_on_tone(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_start_tone *t = &m->start_tone;
	struct conference *c = conference_of_call(d, t->call_reference);
	tone_stop(d, t->call_reference, TONE_NONE, now);
	if (t->tone == TONE_SILENCE || t->tone == TONE_NONE)
		return;
	device_count(d, COUNT_tones);
	struct player *p = c ? player_new(c, PLAYER_TONE) : NULL;
	if (p && item_add(p, t->tone)) {
		p->tone = t->tone;
		p->call_reference = t->call_reference;
		p->loop = lasts(p);
		player_start(p, now);
		return;
	}
	device_count(d, COUNT_tone_failed);
	log_notice(d->name, "tone not played", "tone=%u call=%u why=%s", t->tone, t->call_reference,
		   c ? "unknown-tone" : "no-such-call");
	if (p)
		player_end(p, now);
}

void player_on_tone_stop(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	tone_stop(d, m->stop_tone.call_reference, m->stop_tone.tone, now);
}
