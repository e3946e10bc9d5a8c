// SPDX-License-Identifier: GPL-3.0-or-later
// room.h - Rooms: conferences that callers of every line and agent share, with PINs, a lobby, moderators and keys.
//
// A room belongs to a device that registers nowhere and holds its conferences: the main one, where people meet; the lobby,
// where they are mute and hear music; and desks, where one caller is alone with what is said to him. They are on one
// worker of the dataplane, so that callers move between them with their streams.
//
// A member is the visit of one caller. What concerns several at once (a lobby that opens, an end) is done by the room's
// timer, one member at a time, so that nobody goes while somebody walks past.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/resource.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/list.h"
#include "gw/timer.h"

struct config_room;
struct core;
struct device;
struct place;
struct player;
struct recorder;
struct visit;

#define ROOM_MAIN     1
#define ROOM_LOBBY    2
#define ROOM_DESKS    16   // and on
#define ROOM_SAID_MAX 8    // that wait to be said
#define ROOM_NAME_MS  6000 // the longest name

enum member_state {
	MEMBER_NEW,
	MEMBER_ASKED,    // for a PIN
	MEMBER_SPEAKING, // says its name
	MEMBER_GREETED,  // hears something before going in
	MEMBER_REFUSED,  // hears why, and is hung up on
	MEMBER_WAITING,  // in the lobby
	MEMBER_INSIDE,
	MEMBER_STATE_COUNT
};

enum member_event {
	MEMBER_ASK,
	MEMBER_SPEAK,
	MEMBER_GREET,
	MEMBER_REFUSE,
	MEMBER_WAIT,
	MEMBER_ENTER,
	MEMBER_HEARS,  // us, for the first time or again
	MEMBER_PLAYED, // what was said
	MEMBER_MOVED,
	MEMBER_STUCK, // could not be moved
	MEMBER_RIGHT, // PIN
	MEMBER_WRONG,
	MEMBER_HASH,
	MEMBER_NAMED, // the name is recorded, or there is none
	MEMBER_TIMEOUT,
	MEMBER_EVENT_COUNT
};

// What a caller has said, as a recording of the dataplane.
struct room_name {
	struct list link; // in room.names
	struct room *room;
	struct member *member;          // who says it; NULL = has gone
	struct recorder *recorder;      // NULL = over
	bool said;                      // there is something to hear
	unsigned int holders;           // without any it is deleted
	struct timer timer;             // to do so
	nsec_t complete;                // not before this, when it was lost from sight; else 0
	char file[API_RECORD_NAME_MAX]; // "" = none
};

struct member {
	struct list link; // in room.members
	struct room *room;
	struct visit *visit;
	struct fsm fsm;  // enum member_state
	uint32_t number; // in this room, from 1
	bool moderator;
	bool mute;              // when inside
	bool leaving;           // is being hung up on
	bool told;              // the others have heard who it is
	struct room_name *name; // NULL = none
	const char *says;       // what is said to it when greeted or refused
	char typed[17];         // digits of a PIN
	unsigned int typed_count;
	unsigned int wrong;
	nsec_t star; // when it pressed one, 0 = not
	nsec_t since;
};

// Wrong PINs of one number, or of all.
struct room_guard {
	struct list link; // in room.guards
	char number[26];  // "" = unknown
	bool good;        // has dialled a right one
	uint32_t wrong;   // since then, or nearly as many as are too many
	uint32_t times;   // it was turned away
	nsec_t until;     // turned away; 0 = is not
	nsec_t last;      // PIN
};

struct room {
	struct device *device;
	const struct config_room *config;
	struct list members;
	uint32_t member_count;
	uint32_t last_number;
	bool locked;
	bool mute;     // all but moderators
	bool ending;   // everybody is being hung up on
	bool attended; // a moderator has been inside
	struct timer timer;
	struct player *speaker;   // what is said to all
	struct room_name *spoken; // that it says; NULL = none
	struct list said;         // waits for it
	uint32_t said_count;
	struct list names; // said by callers, until they are deleted
	bool nameless;     // the last one gave no name
	struct list guards;
	uint32_t guard_count;
	struct room_guard all;
	uint64_t entered, refused, wrong_pins;
};

int room_new(struct device *d, const struct config_room *config, struct room **ret);
void room_free(struct room *r); // takes NULL

// What a process after this one is to know of a member and of its room, in NOTE_BITS; and back, for a visit whose party is
// where it was. False: there is no place for it. room_note.c.
uint32_t member_note(const struct member *m);
bool member_restore(struct visit *v, uint32_t note, nsec_t now);

// Something that concerns every member's note has changed.
void room_changed(struct room *r, nsec_t now);

// Somebody comes: the reason when there is no place for more. Leaves: its memory goes.
enum refusal room_join(struct room *r, struct visit *v, nsec_t now, struct member **ret);
void room_leave(struct member *m, nsec_t now);

// Where a member's media belong now.
void member_place(const struct member *m, struct place *ret);

void member_feed(struct member *m, enum member_event event, nsec_t now);
const char *member_state_name(unsigned int state);
extern const struct fsm_table member_table;

// How its main conference sounds.
const struct config_mix *room_mix(const struct room *r);

uint32_t room_capacity(const struct room *r);
uint32_t room_count(const struct room *r, enum member_state state);
bool room_has_moderator(const struct room *r);
struct member *room_member(const struct room *r, uint32_t number); // NULL = none

// What is to be done with several members is done soon.
void room_settle(struct room *r, nsec_t now);

// A digit of a member; room_key.c.
void member_digit(struct member *m, char digit, nsec_t now);

// What moderators and operators do.
void room_lock(struct room *r, bool on, nsec_t now);
void room_mute(struct room *r, bool on, nsec_t now); // all but moderators
void room_end(struct room *r, nsec_t now);
void member_mute(struct member *m, bool on, nsec_t now);
void member_kick(struct member *m, nsec_t now);

// ---- who guesses; room_guard.c ----

// A member has dialled a PIN. Whether its number, or all, are turned away now.
void room_guard_tried(struct member *m, bool right, nsec_t now);
bool room_guard_shuts(const struct member *m, nsec_t now);

// Numbers that are turned away, all of them being one more; they are asked again.
uint32_t room_guard_count(const struct room *r, nsec_t now);
void room_guard_forget(struct room *r);

// ---- what is said; room_say.c ----

// To one member, at its desk: prompts by name, ends with NULL. False: nothing is said, and MEMBER_PLAYED will not come.
bool member_say(struct member *m, const char *const names[], nsec_t now);

// To all inside, when it is their turn: up to ROOM_SAID_MAX wait. Of a member: after its name, else its number, if the room
// says any.
void room_say(struct room *r, const char *name, nsec_t now);
void room_say_of(const struct member *m, const char *name, nsec_t now);
void room_say_forget(struct room *r);

// ---- names that callers say; room_name.c ----

// Records that of a member at its desk: MEMBER_NAMED follows, also without one. False: it cannot be, and nothing follows.
bool member_name_record(struct member *m, nsec_t now);
void member_name_end(struct member *m, nsec_t now);   // it has been said
void member_name_check(struct member *m, nsec_t now); // what there is, or is not, is all there will be
void member_name_leave(struct member *m, nsec_t now); // the member holds it no more

// The file is there as long as somebody holds its name.
struct room_name *room_name_hold(struct room_name *n);
void room_name_drop(struct room_name *n); // takes NULL

// Deletes what a process before this one has left.
void room_name_clean(struct core *c, nsec_t now);

// This process is going: nothing is deleted.
void room_name_forget(struct room *r);
