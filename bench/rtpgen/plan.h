// SPDX-License-Identifier: GPL-3.0-or-later
// plan.h - What the generator sends: one line a leg, written by whoever set the calls up.
//
// A leg sends RTP from a generator address and port to a device address and port. What comes back to that
// generator port is counted for the same leg (a reflector) or, through a gateway, was sent by the leg's partner:
// legs 2k and 2k + 1 are partners. Text, one leg a line:
//   GEN_IP GEN_PORT DUT_IP DUT_PORT PAYLOAD_TYPE PAYLOAD_BYTES TIMESTAMP_STEP [FIRST]
// The payload is all PLAN_FILL, but for the first byte where FIRST says so: what a codec reads there must make sense.
#pragma once

#include <stdint.h>

#include "gw/addr.h"

#define PLAN_FILL       0xd5
#define PLAN_OPUS       60   // bytes of 20 ms at 24 kbit/s
#define PLAN_OPUS_FIRST 0x48 // one mono frame of 20 ms at 16 kHz, RFC 6716 s3.1

struct plan_leg {
	struct addr_port gen;
	struct addr_port dut;
	uint8_t payload_type;
	uint8_t first;
	uint16_t payload_bytes;
	uint32_t timestamp_step;
};

struct plan {
	struct plan_leg *legs;
	uint32_t count;
	uint32_t room;
	uint32_t lines; // read so far
	long at;        // where the next line begins
};

// Reads a plan file from p->at on and adds its legs; a line that is not yet whole is left. Returns 0; -EINVAL after naming
// file, line and problem on stderr; or -errno.
int plan_read(const char *path, struct plan *p);

// Releases what plan_read made.
void plan_free(struct plan *p);
