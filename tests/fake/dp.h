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
#define FAKE_DP_SOURCES     64
#define FAKE_DP_RECORDS     64
#define FAKE_DP_FILES       64

struct fake_stream {
	api_handle handle; // 0 = free
	struct stream_spec spec;
	struct addr_port local;
	struct stream_stats stats;
	char digits[32]; // sent by request
	uint32_t digit_count;
};

struct fake_conference {
	api_handle handle;
	struct conference_spec spec;
};

struct fake_source {
	api_handle handle;
	bool ended; // by itself
	struct api_source_open open;
};

struct fake_record {
	api_handle handle;
	struct api_record_open open;
	char name[API_RECORD_NAME_MAX];
};

struct fake_dp {
	struct fake_stream *streams;
	struct fake_conference *conferences;
	struct fake_source sources[FAKE_DP_SOURCES];
	struct fake_record records[FAKE_DP_RECORDS];
	uint32_t record_count;                          // since start
	char files[FAKE_DP_FILES][API_RECORD_NAME_MAX]; // complete recordings; more than these are nowhere
	bool says_nothing;                              // what is recorded is not worth keeping
	char unreadable[API_SOURCE_PATH_MAX];           // a file that cannot be read
	struct api_message *replies;                    // not yet delivered
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

// The oldest source that plays: ends by itself.
bool fake_dp_source_end(struct fake_dp *f, struct dp *d, nsec_t now);

// The oldest recording ends by itself; `status` is that of API_RECORD_FAILED.
bool fake_dp_record_end(struct fake_dp *f, enum api_record_end end, int status);
unsigned int fake_dp_records(const struct fake_dp *f);
unsigned int fake_dp_files(const struct fake_dp *f);

unsigned int fake_dp_sources(const struct fake_dp *f);

// Compares what a stream has been told with pairs of key and value. Ends with NULL.
bool fake_dp_stream_is(const struct fake_stream *s, char **words, char *ret_problem, size_t cap);

// Compares the first source with words: "loop" or "once", then the path or tone of each item. Ends with NULL.
bool fake_dp_source_is(const struct fake_dp *f, char **words, char *ret_problem, size_t cap);
struct fake_stream *fake_dp_party(struct fake_dp *f, uint32_t party_id);
unsigned int fake_dp_streams(const struct fake_dp *f);
unsigned int fake_dp_conferences(const struct fake_dp *f);
