// SPDX-License-Identifier: GPL-3.0-or-later
// dp.h - Dataplane client: request ids, time-outs, and what a restart of the dataplane means.
//
// Requests are answered later, once, by `done`: with the reply, with -ETIMEDOUT, or with -ECONNRESET when the
// connection ended first. Nothing is queued while the dataplane is away: the model itself is the queue, and its owner
// brings the dataplane up to it when dp_user.back says so. A reply to an open that nobody waits for any more closes
// what was opened. Transport is a driver, so that tests bring their own. Not thread-safe: loop only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/index.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/list.h"
#include "gw/timer.h"

#define DP_TIMEOUT_NS (2 * NSEC_PER_SEC) // for a reply, and for a full socket to take anything
#define DP_GRACE_NS   NSEC_PER_SEC       // how long a lost dataplane still counts as about to return
#define DP_QUEUE_MAX                                                                                         \
	(1u << 23) // requests waiting for a slow socket: all that can be configured to be open, twice

typedef void (*dp_done)(void *object, int status, const struct api_message *reply, nsec_t now);

struct dp_transport {
	void *context;
	// Sends one message. Returns 0, -EAGAIN when the socket is full (dp_writable follows), other errno when broken.
	int (*send)(void *context, const void *bytes, size_t len);
};

// The owner of the model.
struct dp_user {
	void *object;
	void (*lost)(void *object, nsec_t now); // connection ended; requests have been completed before
	void (*away)(void *object, nsec_t now); // it did not return within the grace
	void (*back)(void *object, bool same, nsec_t now); // same: handles are still good; else all are void
	void (*event)(void *object, const struct api_stream_event *e, nsec_t now);
	void (*source_event)(void *object, const struct api_source_event *e, nsec_t now);
	void (*record_event)(void *object, const struct api_record_event *e, nsec_t now);
};

enum dp_state {
	DP_AWAY,  // no connection, grace over
	DP_LOST,  // no connection, within the grace
	DP_HELLO, // connected, not yet greeted
	DP_UP,
};

struct dp {
	struct timer_set *timers;
	struct dp_transport transport;
	struct dp_user user;
	enum dp_state state;
	uint64_t epoch;
	struct api_hello_reply info; // of the last greeting; zero before the first
	uint32_t next_id;
	struct index requests; // by id
	struct list waiting;   // for a reply, oldest first
	struct list unsent;    // socket full
	uint32_t unsent_count;
	nsec_t progress; // when the socket last took one
	struct timer timeout;
	struct timer grace;   // until it counts as away; in DP_HELLO until it is greeted again
	bool greeting_failed; // on this connection
	uint64_t sent, replies, timeouts, strays, malformed, reconnects, restarts;
};

void dp_init(struct dp *d, struct timer_set *timers, const struct dp_transport *transport,
	     const struct dp_user *user, uint64_t epoch);
void dp_fini(struct dp *d);

// The transport's side: connected, connection ended, one message came in, room to send again.
void dp_connected(struct dp *d, nsec_t now);
void dp_disconnected(struct dp *d, nsec_t now);
void dp_input(struct dp *d, const void *bytes, size_t len, nsec_t now);
void dp_writable(struct dp *d, nsec_t now);

// Greeted and able to take requests.
bool dp_is_up(const struct dp *d);

// Up, or gone for so short a time that it is worth waiting for.
bool dp_is_usable(const struct dp *d);

// Sends a request made with api_init (its id is set here). Returns its id; 0 when the dataplane is not up, the queue is
// full or memory is short. `done` may be NULL.
uint32_t dp_request(struct dp *d, struct api_message *m, dp_done done, void *object, nsec_t now);

// Nobody waits for this request any more: `done` will not be called. 0 and finished ids are harmless.
void dp_abandon(struct dp *d, uint32_t id);

// Shorthands. Closing needs no answer.
uint32_t dp_stream_open(struct dp *d, const struct stream_spec *spec, dp_done done, void *object, nsec_t now);
uint32_t dp_stream_set(struct dp *d, api_handle h, const struct stream_spec *spec, dp_done done, void *object,
		       nsec_t now);
uint32_t dp_stream_close(struct dp *d, api_handle h, dp_done done, void *object, nsec_t now);
uint32_t dp_digit_send(struct dp *d, api_handle h, unsigned int digit, unsigned int duration_ms, dp_done done,
		       void *object, nsec_t now);
uint32_t dp_stream_stats(struct dp *d, api_handle h, dp_done done, void *object, nsec_t now);
uint32_t dp_conference_open(struct dp *d, const struct conference_spec *spec, dp_done done, void *object,
			    nsec_t now);
uint32_t dp_conference_close(struct dp *d, api_handle h, nsec_t now);
uint32_t dp_source_close(struct dp *d, api_handle h, nsec_t now);
uint32_t dp_record_close(struct dp *d, api_handle h, nsec_t now);

const char *dp_state_name(enum dp_state s);
