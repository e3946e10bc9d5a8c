// SPDX-License-Identifier: GPL-3.0-or-later
// player.h - What plays in a conference: music on hold, announcements, tones.
//
// Listeners to one music share one conference of the dataplane, whatever conference ids the agent gives them: that is what
// makes a listener cost a header and a copy. The music begins with the first listener and ends with the last. An
// announcement or tone is played to all parties of its conference.
//
// A file that cannot be read is silence, and an alarm: a line in the log and a message to the agent, once until
// it can be read again, and a counter.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/index.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/list.h"

struct conference;
struct core;
struct device;
struct sccp_msg;

#define PLAYERS_MAX 8 // of one conference

enum player_kind { PLAYER_MUSIC, PLAYER_ANNOUNCEMENT, PLAYER_TONE };

struct player {
	struct list link; // in conference.players
	struct conference *conference;
	struct index_node by_handle; // in core.sources
	enum player_kind kind;
	api_handle handle; // 0 = none yet
	uint32_t request;
	bool finish_due; // the agent waits for AnnouncementFinish
	uint32_t tone;
	uint32_t call_reference; // of StartTone
	uint32_t count;          // of items
	bool loop;
	struct {
		uint32_t number; // of the announcement, or index of the source
		int alarm;       // index into core.alarms, -1 = a tone
	} items[API_SOURCE_ITEMS];
};

// Number of the conference in which a party of this device is: the agent's, or that of the music it hears.
uint32_t player_conference(const struct device *d, uint32_t conference_id, uint32_t party_id);

// The dataplane has the conference: what waits is played.
void player_conference_opened(struct conference *c, nsec_t now);

// The dataplane lost the conference: nothing plays there any more.
void player_conference_void(struct conference *c, nsec_t now);

// Forgets what plays in a conference that ends.
void player_drop_all(struct conference *c);

// The dataplane reported the end of a source.
void player_event(struct core *c, const struct api_source_event *e, nsec_t now);

// Messages of the agent; from dispatch.
void player_on_announcement(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_announcement_stop(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_tone(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_tone_stop(struct device *d, const struct sccp_msg *m, nsec_t now);
