// SPDX-License-Identifier: GPL-3.0-or-later
// call.h - One call of a scenario: its phones, and the messages that build and end it.
//
//   IDLE -> [bridge: CREATING -> ADDING] [lines: RINGING] -> OPENING -> STARTING -> UP -> HUSHED -> DELETING -> ENDED
//
// OpenReceiveChannel goes out for every party at once, and StartMediaTransmission once all have answered. A direct call
// goes from IDLE to UP and from HUSHED to ENDED; so does a line call, with RINGING before UP and DELETING before ENDED:
// its parties are lab phones at the exchange, each with a call of its own.
#pragma once

#include <event2/event.h>
#include <stdbool.h>

#include "bench/lab/agent.h"
#include "bench/lab/exchange.h"
#include "bench/lab/phone.h"
#include "bench/lab/scenario.h"
#include "bench/lab/verdict.h"

enum call_state {
	CALL_IDLE,
	CALL_CREATING,
	CALL_ADDING,
	CALL_RINGING, // until every party of a line call has somebody to talk to
	CALL_OPENING,
	CALL_STARTING,
	CALL_UP,
	CALL_HUSHED,
	CALL_DELETING,
	CALL_ENDED,
	CALL_FAILED,
};

struct call_party {
	const struct scenario_party *party;
	struct phone *phone;
	uint32_t party_id; // pass_through_party_id
	uint32_t call_reference;
	struct addr_port gateway; // where the phone sends
	bool answered;            // in the present state
	nsec_t until;             // 0, or when it fell silent before the others
	// of a line call
	struct call *call;
	struct exchange_phone at;
	char dials[SCENARIO_DIGITS_MAX]; // "" = it waits to be called
	char label[41];                  // CALL:PHONE
	bool talks;                      // has been connected, and not held or let go since
	bool gone;
	char line[17]; // telephone that is asked whether it has read the end
};

struct call {
	const struct scenario_call *plan;
	enum call_state state;
	char device[17];   // name of the device that carries it
	char problem[160]; // why it failed
	uint32_t conference_id;
	struct exchange *exchange; // of a line call
	FILE *news;                // a line for whatever happens to a party of a line call; NULL = none
	struct call_party parties[SCENARIO_PARTIES_MAX];
	nsec_t from, until; // when its phones spoke
};

// Opens the phones. `sounds` is the folder of the files to play; `number` makes the call's ids unique.
// Returns 0 or negative errno with call->problem set.
int call_open(struct call *c, const struct scenario *s, const struct scenario_call *plan,
	      struct event_base *base, const char *sounds, unsigned int number);

// Puts the parties of a line call at the exchange: from now on those with a number can be called.
void call_attach(struct call *c, struct exchange *x);

// Begins to set it up on a device (NULL for a direct call and a line call).
void call_start(struct call *c, struct agent_device *d);

// Takes a message of the device that carries it. Messages of other calls are ignored.
void call_message(struct call *c, struct agent_device *d, const struct sccp_msg *m);

// Phones fall silent, channels stay open.
void call_hush(struct call *c);

// Closes channels and, on a bridge, the conference.
void call_end(struct call *c, struct agent_device *d);

// Judges one listener.
void call_judge(const struct call *c, unsigned int listener, const char *wav_path, struct verdict *ret);

void call_close(struct call *c);

const char *call_state_name(enum call_state state);
