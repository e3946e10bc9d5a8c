// SPDX-License-Identifier: GPL-3.0-or-later
// action_announce.c - The action announce: plays sound files to the caller, then hangs up or begins again.
#include <errno.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/player.h"
#include "gw/stream.h"

// The agent's conference, with the caller alone in it.
static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	*ret = (struct place){v->line->device, conference_id, CONFERENCE_BRIDGE};
	return REFUSAL_none;
}

static void start(struct visit *v, nsec_t now)
{
	struct api_source_item items[CONFIG_FILES_MAX];
	for (unsigned int i = 0; i < v->config->file_count; i++)
		player_item_file(&items[i], v->config->files[i], 0);
	if (!visit_play(v, items, v->config->file_count, v->config->repeat, now))
		visit_hang_up(v, now);
}

static void media(struct visit *v, bool there, nsec_t now)
{
	if (there)
		start(v, now);
}

// Nothing that can be read: the caller is not kept waiting in silence.
static void played(struct visit *v, int status, nsec_t now)
{
	if (status == -ECONNRESET)
		start(v, now); // a new dataplane
	else
		visit_hang_up(v, now);
}

static void timeout(struct visit *v, nsec_t now)
{
	visit_hang_up(v, now);
}

// It plays on, or has ended while nobody heard of that.
static bool restore(struct visit *v, uint32_t note, nsec_t now)
{
	if (!v->away && v->started && !visit_play_adopt(v))
		visit_arm(v, now);
	return true;
}

const struct line_action action_announce = {.name = "announce",
					    .place = place,
					    .start = start,
					    .media = media,
					    .played = played,
					    .timeout = timeout,
					    .restore = restore};
