// SPDX-License-Identifier: GPL-3.0-or-later
// action_music.c - The action music: callers of every line hear one source, encoded once for all of them.
//
// Each source has a conference of its own in which listeners are mute; the music begins with the first and ends with the
// last.
#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "control/player.h"
#include "gw/stream.h"

static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	struct core *c = v->line->device->core;
	v->muted = true;
	*ret = (struct place){c->rooms[v->config->room - 1], v->config->source + 1, CONFERENCE_BRIDGE};
	return REFUSAL_none;
}

static void start(struct visit *v, nsec_t now)
{
	music_begin(v->party->conference, v->line->device, v->config->source, now);
}

static void media(struct visit *v, bool there, nsec_t now)
{
	if (there)
		start(v, now);
}

void music_begin(struct conference *c, struct device *d, unsigned int source, nsec_t now)
{
	struct api_source_item item;
	if (!list_empty(&c->players) || c->adopted)
		return;
	player_item_source(&item, &d->core->config->sources[source]);
	player_play(c, d, &item, 1, true, NULL, NULL, now);
}

const struct line_action action_music = {.name = "music", .place = place, .start = start, .media = media};
