// SPDX-License-Identifier: GPL-3.0-or-later
// line.h - What a device that is a telephone adds to a media resource: questions after registration, calls, a dialler.
//
// The agent decides about calls; a line follows. It keeps what a telephone would show, answers what rings by its rule,
// and does what slimctl tells it: hook, keys, numbers. Media of its calls are parties like any other's: of an echo, or
// of a room that lines of every agent share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/line_call.h"
#include "control/line_errand.h"
#include "control/line_test.h"
#include "gw/clock.h"
#include "gw/config.h"
#include "gw/fsm.h"
#include "gw/list.h"
#include "gw/timer.h"

struct device;
struct sccp_msg;
struct config_line;

#define LINE_CALLS_MAX   8  // at a time; more of an agent are ignored and counted
#define LINE_BUTTONS_MAX 8  // numbers of one telephone that are looked at
#define LINE_KEYS_MAX    32 // soft keys of a template
#define LINE_SETS_MAX    16
#define LINE_SET_KEYS    16
#define LINE_DIGITS_MAX  24
#define LINE_EXTRAS_MAX  42 // buttons besides those of lines
#define LINE_LAMPS_MAX   64 // that are on

enum line_state {
	LINE_OFF,    // not registered
	LINE_ASKING, // templates, numbers, time
	LINE_READY,
	LINE_STATE_COUNT
};

enum line_forward { LINE_FORWARD_ALL, LINE_FORWARD_BUSY, LINE_FORWARD_NO_ANSWER, LINE_FORWARD_COUNT };

// One directory number.
struct line_button {
	uint32_t instance; // by which the agent names it
	char number[26];
	char name[41];
	char label[41];
	char forward[LINE_FORWARD_COUNT][26]; // "" = nowhere
};

// A button that is no line: a speed dial, a feature, a service, a fixed key.
struct line_extra {
	unsigned int kind; // SCCP_BUTTON
	uint32_t instance;
	char number[26]; // of a speed dial
	char name[41];
	uint32_t status; // of a feature
};

struct line_lamp {
	uint32_t stimulus; // SCCP_STIMULUS
	uint32_t instance;
	uint32_t mode; // SCCP_LAMP
};

struct line {
	struct device *device;
	const struct config_line *config;
	struct fsm fsm; // enum line_state
	unsigned int step, part;
	unsigned int unanswered; // questions of this registration that the agent let pass
	struct timer timer;      // of the present question
	nsec_t since;
	// what the agent told
	struct line_button buttons[LINE_BUTTONS_MAX];
	unsigned int button_count;
	struct line_extra extras[LINE_EXTRAS_MAX];
	unsigned int extra_count;
	unsigned int speed_dials;     // of them
	uint32_t keys[LINE_KEYS_MAX]; // soft-key event of each template entry
	unsigned int key_count;
	uint8_t sets[LINE_SETS_MAX][LINE_SET_KEYS]; // template entries from 1; 0 = none
	unsigned int set_count;
	uint32_t idle_set, idle_mask; // soft keys while there is no call
	// what it would show
	char prompt[98];
	char notice[98];
	nsec_t notice_until; // 0 = until it is cleared
	char text[33];
	struct line_lamp lamps[LINE_LAMPS_MAX]; // those that are on
	unsigned int lamp_count;
	uint32_t ringer;  // SCCP_RING_MODE
	uint32_t lamp;    // SCCP_LAMP of its first line
	uint32_t waiting; // SCCP_LAMP of voice mail
	uint32_t tone;    // SCCP_TONE, 0 = none
	bool speaker;
	// calls and the user's hands
	struct line_call calls[LINE_CALLS_MAX];
	uint32_t hand;                    // instance of the directory number that new calls are made from
	char digits[LINE_DIGITS_MAX + 1]; // still to dial
	char last[LINE_DIGITS_MAX + 1];   // number dialled last
	struct timer dial;
	nsec_t lifted;                  // until when the agent may give a call for that; 0 = none is due
	nsec_t replaced;                // likewise, for a call that nobody wants any more
	nsec_t pressed;                 // last digit of the user
	nsec_t flashed;                 // until when a code is waited for after a hook flash; 0 = no
	char code[CONFIG_CODE_MAX + 1]; // of it so far
	bool alone;                     // no second call is answered while the present one lasts
	struct line_errand errand;
	struct line_test test;
	uint64_t answered, dialled, failed; // calls
	struct list visits;                 // what it does with them (line_action.h)
	struct visit *calls_for; // of another line: the call it makes next belongs to that; NULL = none
};

int line_new(struct device *d, const struct config_line *config, struct line **ret);
void line_free(struct line *l); // takes NULL

// The device has told its capabilities: what is asked next.
void line_registered(struct line *l, nsec_t now);

// True while a call rings, is held, or anything else but over.
bool line_in_call(struct line *l);

// The agent has changed what it would answer: asks everything again. Calls go on.
void line_apply(struct line *l, nsec_t now);

// The agent connection ended: its calls are gone, their media stay.
void line_agent_lost(struct line *l, nsec_t now);

// Handles a message for telephones. False: there is no such message.
bool line_on_message(struct line *l, const struct sccp_msg *m, nsec_t now);

// The call with a reference; or, when it is 0, the newest of an instance. NULL when there is none.
struct line_call *line_call_find(struct line *l, uint32_t instance, uint32_t reference);

// The directory number, or the other button of a kind, that the agent calls by this instance; NULL when there is none.
struct line_button *line_button_at(struct line *l, uint32_t instance);
struct line_extra *line_extra_at(struct line *l, unsigned int kind, uint32_t instance);

// The notice that is still shown; the mode of a lamp, SCCP_LAMP.
const char *line_notice(const struct line *l, nsec_t now);
uint32_t line_lamp(const struct line *l, uint32_t stimulus, uint32_t instance);

// True when the agent's template and the call's set offer a soft key now. `c` NULL: without a call.
bool line_has_key(const struct line *l, const struct line_call *c, uint32_t event);

// What a person would do. 0, -ENOTCONN without an agent, -ENOENT without such a call, -EBUSY, -EINVAL.
int line_off_hook(struct line *l, nsec_t now);                   // and the number of its PLAR, if it has one
int line_dial(struct line *l, const char *number, nsec_t now);   // off-hook, then digit by digit
int line_enbloc(struct line *l, const char *number, nsec_t now); // the whole number at once
int line_press(struct line *l, const char *key, nsec_t now);     // a digit, or a soft key by name or number
int line_answer(struct line *l, nsec_t now);
int line_hang_up(struct line *l, nsec_t now);
int line_hold(struct line *l, nsec_t now); // or back from it
int line_resume(struct line *l, nsec_t now);
int line_flash(struct line *l, nsec_t now);
int line_transfer(struct line *l, const char *number, nsec_t now); // "": completes what was begun
int line_consult(struct line *l, const char *number,
		 nsec_t now); // as a transfer, and leaves completing it to the user
int line_conference(struct line *l, const char *number, nsec_t now); // "": as above
// "off": no longer (-ENOENT when it is not known to be); -EALREADY when something is forwarded so.
int line_forward(struct line *l, enum line_forward which, const char *number, nsec_t now);
int line_redial(struct line *l, nsec_t now);
int line_speed(struct line *l, unsigned int number, nsec_t now); // counted from 1
int line_call_back(struct line *l, nsec_t now);                  // when the number was busy
int line_feature(struct line *l, const char *name, nsec_t now); // any key by what it is for: pickup, park ...

// A speed dial, counted from 1.
struct line_extra *line_speed_at(struct line *l, unsigned int number);

// The room's own: prepares the dialler.
void line_dialler_init(struct line *l);

const char *line_state_name(unsigned int state);
extern const struct fsm_table line_table;
