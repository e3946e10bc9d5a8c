// SPDX-License-Identifier: GPL-3.0-or-later
// scenario.h - A scenario: who is there, what happens in which order, and what must be true at the end.
//
// One statement a line; `#` starts a comment. README.md beside this file is the manual. An example:
//
//   agent listen 10.78.0.1:2000 netns slim-agent
//   device mtp MTP0001
//   phone anna netns slim-p1 address 10.77.0.11
//   phone bert netns slim-p2 address 10.77.0.12
//   call mtp relay {
//           party anna codec pcmu period 20 play 1.wav
//           party bert codec pcmu period 20 tone 1020 -10
//   }
//   start relay
//   run 8s
//   end relay
//   expect relay identical == 100
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/lab/exchange.h"
#include "gw/addr.h"
#include "gw/codec.h"

#define SCENARIO_NAME_MAX    32
#define SCENARIO_PATH_MAX    256
#define SCENARIO_DEVICES_MAX 32
#define SCENARIO_PHONES_MAX  64
#define SCENARIO_CALLS_MAX   64
#define SCENARIO_PARTIES_MAX 32
#define SCENARIO_LIST_MAX    4
#define SCENARIO_STEPS_MAX   256
#define SCENARIO_EXPECTS_MAX 256
#define SCENARIO_NUMBERS_MAX 32
#define SCENARIO_DIGITS_MAX  26

// What carries a call.
enum scenario_kind {
	SCENARIO_DIRECT,      // phone to phone, without any gateway: calibrates the lab itself
	SCENARIO_MTP,         // two parties on a media termination point
	SCENARIO_TRANSCODER,  // two parties on a transcoder
	SCENARIO_BRIDGE,      // two or more parties on a conference bridge
	SCENARIO_MOH,         // listeners to music
	SCENARIO_ANNUNCIATOR, // listeners to an announcement
	SCENARIO_LINE,        // parties that call lines by number or are called by them: rooms, echoes
	SCENARIO_KIND_COUNT
};

// Which registered device is of which kind: an SCCP type number alone does not tell transcoder from MTP.
struct scenario_device {
	char name[SCENARIO_NAME_MAX];
	enum scenario_kind kind;
};

struct scenario_phone {
	char name[SCENARIO_NAME_MAX];
	char netns[SCENARIO_NAME_MAX]; // "" = the one we run in
	struct addr address;
};

enum scenario_source { SCENARIO_SILENT, SCENARIO_TONE, SCENARIO_PLAY };

struct scenario_party {
	unsigned int phone; // index into phones
	enum codec_id codec;
	uint8_t period_ms;
	enum scenario_source source;
	char file[SCENARIO_PATH_MAX]; // SCENARIO_PLAY: below the sounds folder, or absolute
	bool level_set;
	double level_dbm0; // tone level; for files the active level to scale to, when level_set
	double tone_hz;
	uint16_t foreign_port; // not 0: a program of others has the phone's address and this port
	uint8_t event_type;    // RFC 4733 payload type; 0 = digits are in the voice
	bool told;             // the agent subscribes to its digits
	struct addr group;     // of music that goes to a multicast group, port foreign_port; else ADDR_NONE
	double hears_hz; // the tone that is to be heard from music, an announcement or an echo; 0 = none
	double hears_dbm0;
	char dials[SCENARIO_DIGITS_MAX]; // line call: whom it calls; "" = a line, in the order of declaration
	char answers[SCENARIO_DIGITS_MAX]; // line call: it waits for a call to this number instead
	uint32_t answer_ms;
	bool presses; // line call: keys, so that its line is told of telephone-events
};

struct scenario_call {
	char name[SCENARIO_NAME_MAX];
	enum scenario_kind kind;
	unsigned int device; // index into devices; SCENARIO_DEVICES_MAX = the first of this kind
	uint32_t announcements
		[SCENARIO_LIST_MAX]; // annunciator: numbers to play one after the other; 0 ends them
	uint32_t tone;               // annunciator: number of the tone to sound instead; 0 = none
	bool implicit; // bridge: no CreateConference and AddParticipant, only a common conference id
	struct scenario_party parties[SCENARIO_PARTIES_MAX];
	unsigned int party_count;
	unsigned int line;
};

enum scenario_step_kind {
	STEP_START,  // set a call up and let its phones talk once every acknowledgement is there
	STEP_RUN,    // let time pass
	STEP_LISTEN, // judging begins: what calls have heard so far does not count
	STEP_HUSH, // phones of all calls fall silent at once, so that their ends need not wait one for the other
	STEP_END,        // phones stop, channels close, the verdict is taken
	STEP_PAUSE,      // print a word and wait for a line on standard input
	STEP_AGENT_DOWN, // close every device's connection and stop listening
	STEP_AGENT_UP,   // listen again
	STEP_DEVICES,    // wait until every named device is in service
	STEP_HOSTILE,    // send the malformed corpus to one device
	STEP_HOLD,       // a party of a line call puts it on hold
	STEP_RESUME,
	STEP_HANG,     // it hangs up
	STEP_TRANSFER, // connects its line with another number, and is out
	STEP_CONSULT,  // holds its line and calls another number
	STEP_COMPLETE, // connects the two, and is out
	STEP_PRESS,    // it presses keys
};

struct scenario_step {
	enum scenario_step_kind kind;
	unsigned int call;            // START, END, and what a party does
	unsigned int party;           // HOLD to COMPLETE: index into the call's parties
	uint32_t ms;                  // RUN
	unsigned int device;          // HOSTILE: index into devices
	char word[SCENARIO_NAME_MAX]; // PAUSE; TRANSFER, CONSULT: the number; PRESS: the keys
	unsigned int line;
};

// What is measured at each listener of a call; meanings in verdict.h.
enum metric {
	METRIC_LOSS,      // packets missing at the listener
	METRIC_DELAY,     // ms added by the path, median
	METRIC_GAP,       // ms, longest silence between two packets
	METRIC_LEVEL,     // dB, how far the wanted signal's level is off, absolute value
	METRIC_SNR,       // dB, segmental, of speech; median over windows
	METRIC_SINAD,     // dB, of tones
	METRIC_OWN,       // dB (speech) or dBm0 relative to the others' level (tones): own voice coming back
	METRIC_IDENTICAL, // percent of sent payloads that came out bit by bit
	METRIC_MOVED,     // ms, how far the delay of speech at the end is from that at the beginning
	METRIC_COUNT
};

enum compare { COMPARE_EQ, COMPARE_LE, COMPARE_GE };

struct scenario_expect {
	unsigned int call;
	unsigned int phone; // index into phones; SCENARIO_PHONES_MAX = every listener without one of its own
	enum metric metric;
	enum compare compare;
	double value;
};

struct scenario {
	struct addr_port listen; // family ADDR_NONE: no agent
	char agent_netns[SCENARIO_NAME_MAX];
	const struct dialect *dialect; // NULL = the usual one
	uint8_t version;               // highest SCCP version the agent grants
	uint32_t keepalive_s;
	struct exchange_number numbers[SCENARIO_NUMBERS_MAX];
	unsigned int number_count;
	struct agent_speed_dial speed_dials[AGENT_SPEED_DIALS_MAX];
	unsigned int speed_dial_count;
	struct scenario_device devices[SCENARIO_DEVICES_MAX];
	unsigned int device_count;
	struct scenario_phone phones[SCENARIO_PHONES_MAX];
	unsigned int phone_count;
	struct scenario_call calls[SCENARIO_CALLS_MAX];
	unsigned int call_count;
	struct scenario_step steps[SCENARIO_STEPS_MAX];
	unsigned int step_count;
	struct scenario_expect expects[SCENARIO_EXPECTS_MAX];
	unsigned int expect_count;
};

// Reads a scenario from text. Every problem is written to `errors` as "name:line: problem".
// Returns 0 or -EINVAL; *ret is only valid on 0.
int scenario_parse(const char *text, const char *name, FILE *errors, struct scenario *ret);

// Reads a file. Returns 0, -EINVAL, or the error of opening it.
int scenario_load(const char *path, FILE *errors, struct scenario *ret);

const char *scenario_kind_name(enum scenario_kind kind);
const char *metric_name(enum metric metric);
const char *compare_sign(enum compare compare);

// True when this expectation is about that listener of a call: its own one wins over the call's of the same metric.
bool scenario_expect_applies(const struct scenario *s, const struct scenario_expect *e, unsigned int call,
			     unsigned int phone);

// True when `value` satisfies the expectation.
bool scenario_expect_met(const struct scenario_expect *e, double value);
