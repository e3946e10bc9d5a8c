// SPDX-License-Identifier: GPL-3.0-or-later
// player.h - What plays in a conference: music on hold, announcements, tones.
//
// Listeners to one music share one conference of the dataplane, whatever conference ids the agent gives them: that is what
// makes a listener cost a header and a copy. The music begins with the first listener and ends with the last. An
// announcement or tone is played to all parties of its conference; so is what an action of a line plays (player_play).
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
#include "gw/timer.h"

struct config_source;
struct conference;
struct core;
struct device;
struct sccp_msg;

#define PLAYERS_MAX 8   // of one conference
#define ALARMS_MAX  256 // files known to be unreadable at a time

enum player_kind { PLAYER_MUSIC, PLAYER_ANNOUNCEMENT, PLAYER_TONE, PLAYER_ACTION };

// It is over: 0 = all was played, else why not (negative errno). The player is gone.
typedef void (*player_done)(void *object, int status, nsec_t now);

struct player {
	struct list link; // in conference.players
	struct conference *conference;
	struct index_node by_handle; // in core.sources
	enum player_kind kind;
	api_handle handle; // 0 = none yet
	uint32_t request;
	bool finish_due;  // the agent waits for AnnouncementFinish
	player_done done; // may be NULL
	void *object;
	struct device *to; // whose agent hears of alarms
	struct timer late; // until `done` hears of an end that came in the middle of something
	int late_status;
	uint32_t tone;
	uint32_t call_reference; // of StartTone
	bool loop;
	uint32_t count; // of items
	struct api_source_item items[API_SOURCE_ITEMS];
};

// Items of a list to play. What does not fit API_SOURCE_PATH_MAX is cut off.
void player_item_file(struct api_source_item *ret, const char *file, int16_t gain_cb);
void player_item_source(struct api_source_item *ret, const struct config_source *s);

// Plays a list in a conference, for a device whose agent hears of what cannot be read: once its dataplane has the
// conference, and once or for ever. `done` is called at most once, later; not after player_stop. NULL without memory, or
// when too much plays there already.
struct player *player_play(struct conference *c, struct device *to, const struct api_source_item *items,
			   uint32_t count, bool loop, player_done done, void *object, nsec_t now);
void player_stop(struct player *p, nsec_t now); // takes NULL

// Takes over what the process before has begun in a conference. NULL when that has ended, or without memory.
struct player *player_adopt(struct conference *c, struct device *to, player_done done, void *object);

// Nobody hears of it any more: the object is going, and this process with it. Takes NULL.
void player_leave(struct player *p);

// Number of the conference in which a party of this device is: the agent's, or that of the music it hears.
uint32_t player_conference(const struct device *d, uint32_t conference_id, uint32_t party_id);

// The dataplane has the conference: what waits is played.
void player_conference_opened(struct conference *c, nsec_t now);

// The dataplane lost the conference: nothing plays there any more.
void player_conference_void(struct conference *c, nsec_t now);

// What actions play in a conference that ends is over; the rest is forgotten, as is all when this process ends.
void player_end_all(struct conference *c, nsec_t now);
void player_drop_all(struct conference *c);

// The dataplane reported the end of a source.
void player_event(struct core *c, const struct api_source_event *e, nsec_t now);

void player_alarms_free(struct core *c);

// Messages of the agent; from dispatch.
void player_on_announcement(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_announcement_stop(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_tone(struct device *d, const struct sccp_msg *m, nsec_t now);
void player_on_tone_stop(struct device *d, const struct sccp_msg *m, nsec_t now);
