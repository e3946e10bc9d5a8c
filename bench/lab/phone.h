// SPDX-License-Identifier: GPL-3.0-or-later
// phone.h - One RTP end of a call, with its own address, that speaks at an exact pace and records what it hears.
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/lab/audio.h"
#include "bench/lab/packet.h"
#include "gw/addr.h"
#include "gw/clock.h"
#include "gw/codec.h"

// What a phone is and says. `source` is at the codec's sample rate and loops; none (count 0) sends nothing.
struct phone_options {
	const char *netns;
	struct addr address;
	const struct codec *codec;
	uint8_t period_ms;
	uint8_t payload_type;
	struct audio source; // taken: the phone frees it
	uint32_t seed;       // of SSRC, first sequence number and timestamp
	uint16_t
		foreign_port; // not 0: somebody else speaks and hears at address and this port; this only stands for it
};

// Read-only for everybody else.
struct phone {
	struct phone_options options;
	struct addr_port local;
	struct addr_port remote;
	struct packet_log sent;
	struct packet_log received;
	uint64_t malformed; // datagrams that were no RTP
	uint64_t strangers; // RTP from another address than the one we send to
	uint64_t rtcp_received;
	uint64_t send_errors;
	// private
	int fd, rtcp_fd, timer_fd;
	struct event *readable, *rtcp_readable, *timer;
	void *encoder;
	size_t cursor; // next sample of the source
	nsec_t next_at;
	uint32_t ssrc, ts;
	uint16_t seq;
	char keys[32];      // still to press
	unsigned int ticks; // of the first of them
	uint32_t key_ts;    // when that began
};

// Opens an even RTP port and the odd one above it. Returns 0 and *ret (owned; phone_close), or negative errno.
int phone_open(struct event_base *base, const struct phone_options *options, struct phone **ret);

// Starts speaking at `start_at`, one packet each period after that whatever happens in between.
int phone_start(struct phone *p, const struct addr_port *remote, nsec_t start_at);

// Stops speaking; goes on listening.
void phone_hush(struct phone *p);

#define PHONE_KEYS       "0123456789*#ABCD"
#define PHONE_EVENT_TYPE 101

// Presses keys one after the other, 100 ms each with as much in between: telephone-events in place of the voice (RFC 4733).
// False when there are too many, or the phone does not speak.
bool phone_press(struct phone *p, const char *keys);
bool phone_presses(const struct phone *p);

// Takes NULL.
void phone_close(struct phone *p);
