// SPDX-License-Identifier: GPL-3.0-or-later
// opener.h - Asks a running dataplane over its API: opens calls, closes them again, reads its counters.
//
// A call is a conference of two streams at 20 ms, one of each codec. The legs' far ends are `gen` and its successors, 16000
// legs each, ports 20000 and up; their gateway addresses are those of gen's IP version. Requests are pipelined.
#pragma once

#include <stdint.h>

#include "gw/addr.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/codec.h"

// A call while it is open.
struct opener_call {
	api_handle conference; // 0: none
	struct addr_port local[2];
	uint32_t answered; // streams
};

struct opener {
	// from the caller
	const char *path; // socket of the dataplane
	uint32_t places;  // calls that may be open at a time
	enum codec_id codec[2];
	struct addr gen;
	// its own
	int fd;
	struct addr locals[API_PORTS_MAX * 2];
	uint32_t local_count;
	struct opener_call *calls; // [places]
	uint32_t asked;            // calls, each in place asked % places
	uint32_t opened;           // calls, wholly
	uint32_t closing;          // calls that were told to close
	uint32_t closed;
	uint32_t flying; // requests without an answer
	int error;
};

// Connects and says hello. Returns 0 or negative errno: -EADDRNOTAVAIL where the gateway has no address of gen's IP version.
int opener_init(struct opener *o);

// Takes one whose init failed. Calls stay open.
void opener_fini(struct opener *o);

// Where the far end of a leg is; call n has the legs 2n and 2n + 1.
struct addr_port opener_far(const struct opener *o, uint32_t leg);

// Opens `places` calls. Returns 0 or negative errno, after one line on stderr where the dataplane refused.
int opener_fill(struct opener *o);

// Opens `per_second` calls a second (0: as fast as it goes) for a time and closes the oldest when `places` are open; at the end
// all are closed. Returns as above.
int opener_churn(struct opener *o, nsec_t time, uint32_t per_second);

// Status and drops of the dataplane. Returns 0 or negative errno.
int opener_look(struct opener *o, struct api_status_reply *ret_status, struct api_drops_reply *ret_drops);
