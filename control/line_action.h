// SPDX-License-Identifier: GPL-3.0-or-later
// line_action.h - What a line does with a call: the hooks of each action, and the visit of one caller.
//
// A visit begins when the agent asks for the first media of a call and lasts until the call is over. The configuration
// chooses its action by the numbers of the call. Media may come and go meanwhile (hold, resume): they are placed anew
// each time, wherever the action says the caller is by then.
//
// An action is a row of hooks; what it knows about one visit is `own`, allocated by place(), freed by stop(). Hooks may
// call everything below, visit_hang_up included: the visit is there until they return.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/resource.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/config.h"
#include "gw/list.h"
#include "gw/timer.h"

struct conference;
struct device;
struct line;
struct line_call;
struct party;
struct party_image;
struct player;

// A conference: whose, its number there, and how the dataplane is to join its members (enum conference_flag; 0 = as a
// relay or transcode).
struct place {
	struct device *home;
	uint32_t number;
	uint32_t flags;
};

struct visit {
	struct list link; // in line.visits
	struct line *line;
	struct line_call *call; // NULL when the agent has told of none, or has forgotten it
	uint32_t call_reference;
	const struct line_action *action;
	const struct config_action *config;
	void *own;           // the action's
	struct party *party; // its media; NULL while there are none
	uint32_t parties; // of it; two only while one closes, or when an agent opens both sides as strangers
	struct timer timer;        // visit_arm
	struct player *player;     // visit_play
	struct recorder *recorder; // visit_record
	nsec_t since;
	struct place goal;              // of visit_move; home NULL = none
	bool muted;                     // visit_mute
	unsigned int busy;              // hooks under way: it must not go under them
	bool started;                   // start() has been called
	bool away;                      // its media have closed
	bool stopped;                   // stop() has been called
	char number[26];                // of the far side, when there is no call to ask
	char file[API_RECORD_NAME_MAX]; // recorded last; "" = nothing
	char digit;                     // heard last
	uint8_t digit_way;
	nsec_t digit_at;
};

struct api_record_event;
struct recorder;
struct recorder_limits;

struct line_action {
	const char *name;
	bool wants_digits; // also those in the caller's voice
	// An incoming call is to be answered: true when the action answers it itself, later; it is asked again meanwhile.
	bool (*ring)(struct visit *v, nsec_t now);
	// The call that line.calls_for wanted has begun, and this is its visit. False: it cannot be.
	bool (*dialled)(struct visit *v, struct visit *from, nsec_t now);
	void (*call)(struct visit *v, nsec_t now); // v->call is in another state
	// Media of the visit are asked for: where they shall be. v->own is NULL the first time. Fills *ret, or says why not.
	enum refusal (*place)(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now);
	// The rest may be NULL.
	void (*start)(struct visit *v, nsec_t now);             // the caller hears us for the first time
	void (*media)(struct visit *v, bool there, nsec_t now); // after that: media have closed, or are back
	void (*digit)(struct visit *v, char digit, nsec_t now); // pressed by the caller: 0-9, *, #, A-D
	void (*played)(struct visit *v, int status,
		       nsec_t now); // visit_play's list is over: 0, or why it was not
	// visit_record: begun (0, NULL), impossible or lost (negative errno, NULL), or over.
	void (*recorded)(struct visit *v, int status, const struct api_record_event *end, nsec_t now);
	void (*moved)(struct visit *v, int status,
		      nsec_t now); // visit_move's end: 0, or why the caller is where it was
	void (*timeout)(struct visit *v, nsec_t now); // of visit_arm
	void (*stop)(struct visit *v, nsec_t now);    // hung up; v->party may be NULL
	// For the process after this one: what it is to know of the visit, in NOTE_BITS; and back, in a process in which only
	// v->party is there, where it was: false: this cannot be. Without them the visit begins with nothing to know.
	uint32_t (*note)(const struct visit *v);
	bool (*restore)(struct visit *v, uint32_t note, nsec_t now);
	// Where the visit is, in a word or two, for show line: "lobby", "wrong pin 2".
	void (*show)(const struct visit *v, char *ret, size_t cap);
};

// One row an action of the configuration; never NULL.
extern const struct line_action *const line_actions[CONFIG_ACTION_COUNT];
extern const struct line_action action_echo, action_room, action_announce, action_music, action_record,
	action_bridge;

extern const struct fsm_table mail_table; // of action_record

#define NOTE_BITS 20 // that an action has in the note of a stream

// By which way a digit came: when two ways tell the same press, it counts once.
enum digit_way { DIGIT_MEDIA, DIGIT_AGENT };

// ---- for the files of party and line ----

// The visit that media with this call reference belong to, begun when there is none; a stopped one while the call is being
// hung up. NULL without memory.
struct visit *visit_take(struct line *l, uint32_t call_reference, nsec_t now);

// A call is in another state; a call that rings is to be answered by the rule: true when its action does so itself.
void visit_call_changed(struct line_call *c, nsec_t now);
bool visit_call_rings(struct line_call *c, nsec_t now);

// A party of the visit was made, does what is wanted now, or has left.
void visit_party_new(struct visit *v, struct party *p, nsec_t now);
void visit_party_open(struct visit *v, struct party *p, nsec_t now);
void visit_party_leaving(struct visit *v, const struct party *p,
			 nsec_t now); // its conference, which is still there
void visit_party_moved(struct visit *v, struct party *p, int status, nsec_t now);
void visit_party_gone(struct visit *v, struct party *p, nsec_t now);

// It is not freed in between.
void visit_hold(struct visit *v);
void visit_release(struct visit *v, nsec_t now);

// Ends what neither a call nor a party holds any more: after media that were refused.
void visit_settle(struct visit *v, nsec_t now);

// A digit of the caller was heard.
void visit_digit(struct visit *v, char digit, enum digit_way way, nsec_t now);

// The call is over; or its agent has gone and media live on.
void visit_over(struct visit *v, nsec_t now);
void visit_call_lost(struct visit *v, nsec_t now);

// Frees without a word: the line is going. Its parties have gone or know of it no more.
void visit_discard(struct visit *v);

// The action that the configuration gives to a call; `c` NULL: that of any call.
const struct config_action *line_action_of(const struct line *l, const struct line_call *c);

// What is to be known of a visit by the process after this one: the note of its stream, and the rest of the image.
uint32_t visit_note(const struct visit *v);
void visit_image(const struct visit *v, struct party_image *ret);

// The other way, when a party is restored; without a note, or when the configuration has no such action any more, it is a party
// without a visit.
void visit_restore(struct party *p, const struct party_image *image, nsec_t now);

// Begins one; NULL without memory.
struct visit *visit_new(struct line *l, struct line_call *c, uint32_t call_reference,
			const struct config_action *config, nsec_t now);

// ---- for actions ----

// What is to be known of it has changed.
void visit_changed(struct visit *v, nsec_t now);

// The far side's number; "" = unknown.
const char *visit_number(const struct visit *v);

// The timeout hook is called once at `due`; before that visit_arm sets it anew.
void visit_arm(struct visit *v, nsec_t due);
void visit_disarm(struct visit *v);

// Plays a list in the conference where the caller is, in place of what it plays already: for actions that have the caller
// alone there. False: nothing plays, and played() is not called.
bool visit_play(struct visit *v, const struct api_source_item *items, uint32_t count, bool loop, nsec_t now);
void visit_play_stop(struct visit *v, nsec_t now); // played() is not called

// Takes over what the process before has begun to play to the caller alone, or to record. False: that has ended.
bool visit_play_adopt(struct visit *v);
bool visit_record_adopt(struct visit *v, api_handle recording, const char *name);

// Records what the caller says; recorded() follows. False: nothing is recorded, and recorded() is not called. Stopping
// ends it, and recorded() tells when the file is complete; who hangs up meanwhile has it complete all the same.
bool visit_record(struct visit *v, const struct recorder_limits *limits, nsec_t now);
void visit_record_stop(struct visit *v, nsec_t now);

// Takes the caller to another conference of the same home; moved() says how it ended, at once if there is nothing to do.
// What plays to the caller ends. Without media it only means where those to come shall be.
void visit_move(struct visit *v, const struct place *to, nsec_t now);

// Whether the caller's voice is heard by others; also of media to come, so that place() may say so.
void visit_mute(struct visit *v, bool on, nsec_t now);

// Begins the music of a conference unless it is there: index into config.sources, and the device that hears of alarms.
void music_begin(struct conference *c, struct device *d, unsigned int source, nsec_t now);

// Hangs up: tells the agent. stop() follows at once.
void visit_hang_up(struct visit *v, nsec_t now);
