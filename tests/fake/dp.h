// SPDX-License-Identifier: GPL-3.0-or-later
// dp.h - A dataplane that is a table: it keeps what it is told, answers when it is let, and fails on demand.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/dp.h"
#include "gw/api.h"

#define FAKE_DP_STREAMS     4096
#define FAKE_DP_CONFERENCES 4096
#define FAKE_DP_REPLIES     16384

struct fake_stream {
	api_handle handle; // 0 = free
	struct stream_spec spec;
	struct addr_port local;
	struct stream_stats stats;
};

struct fake_conference {
	api_handle handle;
	struct conference_spec spec;
};

struct fake_dp {
	struct fake_stream *streams;
	struct fake_conference *conferences;
	struct api_message *replies; // not yet delivered
	uint32_t reply_count;
	bool connected;
	bool held; // replies wait
	bool mute; // requests are swallowed
	bool full; // the socket takes nothing
	uint64_t boot_id;
	uint32_t generation;
	uint16_t next_port;
	int fail_type; // enum api_type whose next request fails
	int fail_status;
	uint64_t requests[API_TYPE_COUNT];
	struct addr addresses[2];
	unsigned int address_count;
};

void fake_dp_init(struct fake_dp *f);
void fake_dp_fini(struct fake_dp *f);

// For core_options.dataplane; its context is the fake.
int fake_dp_send(void *context, const void *bytes, size_t len);

// Starts anew with nothing open.
void fake_dp_restart(struct fake_dp *f);

// Hands one reply over; false when there is none or they are held.
bool fake_dp_deliver(struct fake_dp *f, struct dp *d, nsec_t now);

// An event of a stream.
void fake_dp_event(struct dp *d, const struct fake_stream *s, uint32_t kind, uint32_t value, nsec_t now);

struct fake_stream *fake_dp_party(struct fake_dp *f, uint32_t party_id);
unsigned int fake_dp_streams(const struct fake_dp *f);
unsigned int fake_dp_conferences(const struct fake_dp *f);
