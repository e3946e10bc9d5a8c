// SPDX-License-Identifier: GPL-3.0-or-later
// caps.h - Codec choice between what an agent asks, the device's profile and our own table.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/resource.h"
#include "gw/config.h"
#include "gw/stream.h"

#define CAPS_MAX 18 // slots of CapabilitiesRes

// Payload numbers that are no codecs.
#define CAPS_RFC2833       257 // telephone-events with a dynamic payload type
#define CAPS_PASS_THROUGH  258 // codec-transparent relay
#define CAPS_DYNAMIC_RELAY 259 // telephone-events relayed untouched
#define CAPS_INBAND_DTMF   261 // digits in the voice

struct caps_entry {
	uint32_t payload; // SCCP media payload number
	uint32_t period_ms_max;
};

// What one OpenReceiveChannel or StartMediaTransmission asks of one direction.
struct caps_offer {
	uint32_t payload; // SCCP media payload number
	uint32_t packet_ms;
	uint32_t dynamic_payload; // RTP payload type named by the agent, 0 = none
	uint32_t event_payload;   // RFC 4733 payload type, 0 = none
};

// True when a profile's devices find digits in voices and speak them.
bool caps_hears_digits(const struct config_profile *p);

// Lists what a profile tells the agent: its codecs in order of preference, then the pseudo codecs for telephone-events
// and pass-through. Returns how many.
unsigned int caps_list(const struct config_profile *p, struct caps_entry ret[CAPS_MAX]);

// Chooses the coding of one direction. `codecs` has bit n set when the dataplane can transcode enum codec_id n.
enum refusal caps_choose(const struct config_profile *p, uint64_t codecs, const struct caps_offer *offer,
			 struct stream_format *ret);

// DSCP from an agent's "dscp or precedence" word: a TOS byte with clear low bits, else what was configured.
uint8_t caps_dscp(uint32_t word, uint8_t configured);
