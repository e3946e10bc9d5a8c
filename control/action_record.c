// SPDX-License-Identifier: GPL-3.0-or-later
// action_record.c - The action record: a voice-mail port that greets, beeps, records, and lets the caller decide.
//
//   greeting, beep -> recording -> menu: 1 hear it, 2 or # keep it, 3 delete it and speak again
//
// While it records, # ends it; so do silence and the limit. Whoever hangs up has kept what was said. A caller who never
// says anything, and one who goes round and round, is hung up on.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/player.h"
#include "control/recorder.h"
#include "gw/fsm.h"
#include "gw/stream.h"

#define MENU_NS   (10 * NSEC_PER_SEC) // to decide
#define LAST_NS   (5 * NSEC_PER_SEC)  // for a last word, should the dataplane not say that it is over
#define SOON_NS   NSEC_PER_SEC
#define TURNS_MAX 20 // recordings, and times that one is heard

// SCCP numbers of tones
enum { BEEP = 50, ASK = 51, DONE = 49, SORRY = 37 };

enum mail_state {
	MAIL_IDLE,
	MAIL_GREETING,  // and its beep
	MAIL_BEEPING,   // alone
	MAIL_OPENING,   // the dataplane has been asked
	MAIL_RECORDING, // it does
	MAIL_ENDING,    // it has been asked to end
	MAIL_MENU,
	MAIL_REPLAY,
	MAIL_BYE,
	MAIL_SORRY,
	MAIL_STATE_COUNT
};

enum mail_event {
	MAIL_HEARD, // the caller hears us: at first, or again
	MAIL_PLAYED,
	MAIL_BEGUN,
	MAIL_KEPT,
	MAIL_EMPTY, // less than the least: there is no file
	MAIL_GONE,  // likewise, because its media have closed
	MAIL_FAILED,
	MAIL_HASH,
	MAIL_ONE,
	MAIL_TWO,
	MAIL_THREE,
	MAIL_KEY, // any other
	MAIL_TIMEOUT,
	MAIL_EVENT_COUNT
};

struct mail {
	struct fsm fsm;
	struct visit *visit;
	unsigned int turns;
	nsec_t since; // of the state
};

static nsec_t now_of(const void *data)
{
	return *(const nsec_t *)data;
}

// ---- speaking ----

// What cannot be said is passed over.
static void say(struct visit *v, const struct api_source_item *items, uint32_t count, nsec_t now)
{
	visit_disarm(v);
	if (!visit_play(v, items, count, false, now))
		visit_arm(v, now + SOON_NS);
}

static struct api_source_item tone(const struct visit *v, uint8_t number)
{
	return (struct api_source_item){.kind = API_SOURCE_TONE,
					.tone = number,
					.country = (uint8_t)v->line->device->profile->country};
}

static void say_tone(struct visit *v, uint8_t number, nsec_t now)
{
	struct api_source_item item = tone(v, number);
	say(v, &item, 1, now);
}

// ---- actions ----

static void act_greet(void *object, const void *data)
{
	struct visit *v = ((struct mail *)object)->visit;
	struct api_source_item items[API_SOURCE_ITEMS];
	unsigned int n = 0;
	for (; n < v->config->file_count && n < API_SOURCE_ITEMS - 1; n++)
		player_item_file(&items[n], v->config->files[n], 0);
	items[n++] = tone(v, BEEP);
	say(v, items, n, now_of(data));
}

static void act_beep(void *object, const void *data)
{
	say_tone(((struct mail *)object)->visit, BEEP, now_of(data));
}

// Once the caller is there.
static void act_again(void *object, const void *data)
{
	struct visit *v = ((struct mail *)object)->visit;
	if (v->party && !v->away)
		say_tone(v, BEEP, now_of(data));
}

static void act_record(void *object, const void *data)
{
	struct mail *m = object;
	struct visit *v = m->visit;
	struct recorder_limits limits = {v->config->record_max_ms, v->config->record_min_ms,
					 v->config->record_silence_ms, NULL};
	nsec_t now = now_of(data);
	visit_play_stop(v, now);
	visit_disarm(v);
	v->file[0] = '\0';
	if (++m->turns > TURNS_MAX || !visit_record(v, &limits, now))
		visit_arm(v, now); // to say so
}

static void act_end(void *object, const void *data)
{
	visit_record_stop(((struct mail *)object)->visit, now_of(data));
}

static void act_menu(void *object, const void *data)
{
	struct mail *m = object;
	struct visit *v = m->visit;
	nsec_t now = now_of(data);
	struct api_source_item item = tone(v, ASK);
	if (v->config->menu[0])
		player_item_file(&item, v->config->menu, 0);
	visit_play(v, &item, 1, false, now);
	visit_arm(v, now + MENU_NS);
}

static void act_replay(void *object, const void *data)
{
	struct mail *m = object;
	struct api_source_item item = {.kind = API_SOURCE_RECORDING};
	nsec_t now = now_of(data);
	snprintf(item.path, sizeof(item.path), "%s", m->visit->file);
	if (++m->turns > TURNS_MAX) {
		visit_play_stop(m->visit, now);
		visit_arm(m->visit, now); // back to the menu, where time is short
	} else {
		say(m->visit, &item, 1, now);
	}
}

static void act_bye(void *object, const void *data)
{
	struct mail *m = object;
	say_tone(m->visit, DONE, now_of(data));
	visit_arm(m->visit, now_of(data) + LAST_NS);
}

static void act_sorry(void *object, const void *data)
{
	struct mail *m = object;
	struct api_source_item items[4];
	for (unsigned int i = 0; i < 4; i++)
		items[i] = tone(m->visit, SORRY);
	say(m->visit, items, 4, now_of(data));
	visit_arm(m->visit, now_of(data) + LAST_NS);
}

static void act_delete(void *object, const void *data)
{
	struct mail *m = object;
	nsec_t now = now_of(data);
	visit_play_stop(m->visit, now);
	recorder_delete(m->visit->line->device->core, m->visit->file, now);
	m->visit->file[0] = '\0';
	say_tone(m->visit, BEEP, now);
}

static void act_hang_up(void *object, const void *data)
{
	visit_hang_up(((struct mail *)object)->visit, now_of(data));
}

// ---- the table ----

static const char *const state_names[] = {"idle",   "greeting", "beep",   "opening", "recording",
					  "ending", "menu",     "replay", "bye",     "sorry"};
static const char *const event_names[] = {"heard", "played", "begun", "kept",  "empty", "gone",   "failed",
					  "hash",  "one",    "two",   "three", "key",   "timeout"};

static const struct fsm_row rows[] = {
	{MAIL_IDLE, MAIL_HEARD, act_greet, MAIL_GREETING},
	// a key ends the greeting; a greeting or beep that was cut off is a beep when the caller is back
	{MAIL_GREETING, MAIL_PLAYED, act_record, MAIL_OPENING},
	{MAIL_GREETING, MAIL_TIMEOUT, act_record, MAIL_OPENING},
	{MAIL_GREETING, MAIL_HEARD, act_beep, MAIL_BEEPING},
	{MAIL_GREETING, MAIL_HASH, act_beep, MAIL_BEEPING},
	{MAIL_GREETING, MAIL_ONE, act_beep, MAIL_BEEPING},
	{MAIL_GREETING, MAIL_TWO, act_beep, MAIL_BEEPING},
	{MAIL_GREETING, MAIL_THREE, act_beep, MAIL_BEEPING},
	{MAIL_GREETING, MAIL_KEY, act_beep, MAIL_BEEPING},
	{MAIL_BEEPING, MAIL_PLAYED, act_record, MAIL_OPENING},
	{MAIL_BEEPING, MAIL_TIMEOUT, act_record, MAIL_OPENING},
	{MAIL_BEEPING, MAIL_HEARD, act_beep, FSM_STAY},
	{MAIL_OPENING, MAIL_BEGUN, NULL, MAIL_RECORDING},
	{MAIL_OPENING, MAIL_FAILED, act_sorry, MAIL_SORRY},
	{MAIL_OPENING, MAIL_TIMEOUT, act_sorry, MAIL_SORRY},
	{MAIL_RECORDING, MAIL_HASH, act_end, MAIL_ENDING},
	{MAIL_RECORDING, MAIL_KEPT, act_menu, MAIL_MENU},
	{MAIL_RECORDING, MAIL_EMPTY, act_bye, MAIL_BYE},
	{MAIL_RECORDING, MAIL_FAILED, act_sorry, MAIL_SORRY},
	{MAIL_RECORDING, MAIL_GONE, act_again, MAIL_BEEPING},
	{MAIL_ENDING, MAIL_GONE, act_again, MAIL_BEEPING},
	{MAIL_ENDING, MAIL_KEPT, act_menu, MAIL_MENU},
	{MAIL_ENDING, MAIL_EMPTY, act_beep, MAIL_BEEPING},
	{MAIL_ENDING, MAIL_FAILED, act_sorry, MAIL_SORRY},
	{MAIL_MENU, MAIL_HEARD, act_menu, FSM_STAY},
	{MAIL_MENU, MAIL_ONE, act_replay, MAIL_REPLAY},
	{MAIL_MENU, MAIL_TWO, act_bye, MAIL_BYE},
	{MAIL_MENU, MAIL_HASH, act_bye, MAIL_BYE},
	{MAIL_MENU, MAIL_THREE, act_delete, MAIL_BEEPING},
	{MAIL_MENU, MAIL_TIMEOUT, act_bye, MAIL_BYE},
	{MAIL_REPLAY, MAIL_PLAYED, act_menu, MAIL_MENU},
	{MAIL_REPLAY, MAIL_TIMEOUT, act_menu, MAIL_MENU},
	{MAIL_REPLAY, MAIL_HEARD, act_menu, MAIL_MENU},
	{MAIL_REPLAY, MAIL_ONE, act_replay, FSM_STAY},
	{MAIL_REPLAY, MAIL_TWO, act_bye, MAIL_BYE},
	{MAIL_REPLAY, MAIL_HASH, act_bye, MAIL_BYE},
	{MAIL_REPLAY, MAIL_THREE, act_delete, MAIL_BEEPING},
	{MAIL_BYE, MAIL_PLAYED, act_hang_up, FSM_STAY},
	{MAIL_BYE, MAIL_TIMEOUT, act_hang_up, FSM_STAY},
	{MAIL_SORRY, MAIL_PLAYED, act_hang_up, FSM_STAY},
	{MAIL_SORRY, MAIL_TIMEOUT, act_hang_up, FSM_STAY},
	// all else changes nothing: keys that mean nothing here, a menu said to its end
	{FSM_ANY, MAIL_HEARD, NULL, FSM_STAY},
	{FSM_ANY, MAIL_PLAYED, NULL, FSM_STAY},
	{FSM_ANY, MAIL_BEGUN, NULL, FSM_STAY},
	{FSM_ANY, MAIL_KEPT, NULL, FSM_STAY},
	{FSM_ANY, MAIL_EMPTY, NULL, FSM_STAY},
	{FSM_ANY, MAIL_GONE, NULL, FSM_STAY},
	{FSM_ANY, MAIL_FAILED, NULL, FSM_STAY},
	{FSM_ANY, MAIL_HASH, NULL, FSM_STAY},
	{FSM_ANY, MAIL_ONE, NULL, FSM_STAY},
	{FSM_ANY, MAIL_TWO, NULL, FSM_STAY},
	{FSM_ANY, MAIL_THREE, NULL, FSM_STAY},
	{FSM_ANY, MAIL_KEY, NULL, FSM_STAY},
	{FSM_ANY, MAIL_TIMEOUT, NULL, FSM_STAY},
};

const struct fsm_table mail_table = {
	.name = "mail",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = MAIL_STATE_COUNT,
	.event_count = MAIL_EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

// ---- hooks ----

static void feed(struct visit *v, enum mail_event event, nsec_t now)
{
	struct mail *m = v->own;
	uint16_t before = m->fsm.state;
	fsm_event(&m->fsm, event, &now);
	if (m->fsm.state == before)
		return;
	m->since = now;
	visit_changed(v, now);
}

static struct mail *mail_new(struct visit *v, nsec_t now)
{
	struct mail *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->visit = v;
	m->since = now;
	fsm_init(&m->fsm, &mail_table, NULL, m);
	v->own = m;
	return m;
}

// The agent's conference, with the caller alone in it.
static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	if (!v->own && !mail_new(v, now))
		return REFUSAL_memory;
	*ret = (struct place){v->line->device, conference_id, CONFERENCE_BRIDGE};
	return REFUSAL_none;
}

static void start(struct visit *v, nsec_t now)
{
	feed(v, MAIL_HEARD, now);
}

static void media(struct visit *v, bool there, nsec_t now)
{
	if (there)
		feed(v, MAIL_HEARD, now);
}

static void played(struct visit *v, int status, nsec_t now)
{
	feed(v, status == -ECONNRESET ? MAIL_HEARD : MAIL_PLAYED, now); // a new dataplane: once more
}

static void digit(struct visit *v, char digit, nsec_t now)
{
	feed(v,
	     digit == '#'   ? MAIL_HASH
	     : digit == '1' ? MAIL_ONE
	     : digit == '2' ? MAIL_TWO
	     : digit == '3' ? MAIL_THREE
			    : MAIL_KEY,
	     now);
}

static void timeout(struct visit *v, nsec_t now)
{
	feed(v, MAIL_TIMEOUT, now);
}

static void recorded(struct visit *v, int status, const struct api_record_event *end, nsec_t now)
{
	if (status || (end && end->end == API_RECORD_FAILED)) {
		feed(v, MAIL_FAILED, now);
	} else if (!end) {
		feed(v, MAIL_BEGUN, now);
	} else {
		snprintf(v->file, sizeof(v->file), "%s", end->kept ? end->name : "");
		feed(v, end->kept ? MAIL_KEPT : end->end == API_RECORD_GONE ? MAIL_GONE : MAIL_EMPTY, now);
	}
}

// ---- over a restart ----

#define STATE_BITS 4

_Static_assert(MAIL_STATE_COUNT <= 1 << STATE_BITS, "states fit");
_Static_assert(TURNS_MAX < 1 << (NOTE_BITS - STATE_BITS), "turns fit");

static uint32_t note(const struct visit *v)
{
	const struct mail *m = v->own;
	return m->fsm.state | m->turns << STATE_BITS;
}

// In which state it is found: a recording may have ended meanwhile, and a file of which nothing is known any more can only
// be kept.
static enum mail_state found(struct visit *v, uint32_t state)
{
	bool records = state == MAIL_OPENING || state == MAIL_RECORDING || state == MAIL_ENDING;
	if (records && v->recorder)
		return state == MAIL_ENDING ? MAIL_ENDING : MAIL_RECORDING;
	recorder_leave(v->recorder); // somebody else's
	v->recorder = NULL;
	if (records || ((state == MAIL_MENU || state == MAIL_REPLAY) && !v->file[0]))
		return MAIL_BYE;
	return state;
}

// What was being said goes on, or is over: then the next thing is due.
static bool restore(struct visit *v, uint32_t note, nsec_t now)
{
	uint32_t state = note & ((1u << STATE_BITS) - 1);
	struct mail *m = state < MAIL_STATE_COUNT ? mail_new(v, now) : NULL;
	if (!m)
		return false;
	m->fsm.state = (uint16_t)found(v, state);
	m->turns = note >> STATE_BITS;
	if (v->recorder || m->fsm.state == MAIL_IDLE)
		return true;
	if (v->away) { // media come back, to what is still to be said
		if (m->fsm.state == MAIL_BYE || m->fsm.state == MAIL_SORRY)
			visit_arm(v, now + LAST_NS);
		return true;
	}
	bool plays = visit_play_adopt(v);
	if (m->fsm.state == MAIL_BYE && !plays)
		act_bye(m, &now);
	else if (m->fsm.state == MAIL_MENU)
		visit_arm(v, now + MENU_NS);
	else if (!plays)
		visit_arm(v, now);
	return true;
}

static void show(const struct visit *v, char *ret, size_t cap)
{
	const struct mail *m = v->own;
	snprintf(ret, cap, "%s", m ? fsm_state_name(&mail_table, m->fsm.state) : "");
}

const struct line_action action_record = {.name = "record",
					  .wants_digits = true,
					  .place = place,
					  .start = start,
					  .media = media,
					  .digit = digit,
					  .played = played,
					  .recorded = recorded,
					  .timeout = timeout,
					  .note = note,
					  .restore = restore,
					  .show = show};
