// SPDX-License-Identifier: GPL-3.0-or-later
// telephone.h - What a call agent says to a telephone: answers to its questions, the states of a call, its media.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/lab/agent.h"
#include "gw/codec.h"

// A call as one telephone is told of it.
struct telephone_call {
	uint32_t reference;
	uint32_t conference_id;
	uint32_t party_id; // pass_through_party_id
	bool outgoing;     // the telephone has dialled
	char dialled[26];  // what the far side dialled, of an incoming call; "" = its own number
	char number[26];   // of the far side
	char name[41];
};

// The coding of a call's media.
struct telephone_format {
	enum codec_id codec;
	uint8_t period_ms;
	uint8_t payload_type; // 96 and above are told to the telephone
	uint8_t event_type;   // of telephone-events, 0 = none
};

// Answers a question of a telephone after its registration. False: it is none.
bool telephone_answer(struct agent_device *d, const struct sccp_msg *m);

// A telephone's own number: the end of its name.
const char *telephone_number(const struct agent_device *d);

// Where all its calls go; "" = to it.
void telephone_forward(struct agent_device *d, const char *number);

// Its lamps are out.
void telephone_lamps(struct agent_device *d);

// ---- states, in the order of a call ----

void telephone_off_hook(struct agent_device *d, const struct telephone_call *c, bool transfer); // dial tone
void telephone_first_digit(struct agent_device *d, const struct telephone_call *c);
void telephone_proceed(struct agent_device *d, const struct telephone_call *c,
		       const char *dialled); // it rings there
void telephone_ring(struct agent_device *d, const struct telephone_call *c);
void telephone_connect(struct agent_device *d, const struct telephone_call *c);
void telephone_far_side(struct agent_device *d, const struct telephone_call *c); // it is somebody else now
void telephone_hold(struct agent_device *d, const struct telephone_call *c);
void telephone_fail(struct agent_device *d, const struct telephone_call *c, bool busy);
void telephone_release(struct agent_device *d, const struct telephone_call *c);

// ---- media ----

void telephone_open(struct agent_device *d, const struct telephone_call *c, const struct telephone_format *f,
		    const struct addr_port *far);
void telephone_start(struct agent_device *d, const struct telephone_call *c, const struct telephone_format *f,
		     const struct addr_port *to);
void telephone_close(struct agent_device *d, const struct telephone_call *c); // what it receives
void telephone_stop(struct agent_device *d, const struct telephone_call *c);  // what it sends
