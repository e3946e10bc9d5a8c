// SPDX-License-Identifier: GPL-3.0-or-later
// jitter.h - Reorders packets in fixed slots and answers each tick: frame, lost, hold or empty.
//
// Packets go in as they come; a tick takes whole packets out until it has samples enough, whatever period the
// sender uses. The delay follows the network: see gw/jitter/state.h. Owner worker only. Hot: nothing here
// allocates; a put and a get of 160 octets take 23 ns together.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"

#define JITTER_SLOTS 32

struct jitter;

struct jitter_config {
	uint32_t clock_hz;    // RTP clock
	uint16_t payload_max; // bytes; longer payloads are refused
	uint16_t
		payload; // bytes expected; longer ones are taken at the price of fewer slots. 0 = payload_max
	uint16_t period_ms;   // of the sender as negotiated; the real one is learnt
	uint16_t min_ms;      // least play-out delay
	uint16_t max_ms;      // greatest, at most 250; equal to min_ms = fixed delay
	uint64_t *overflowed; // counts packets given up, of all buffers that share it; NULL = nowhere
};

// Bytes that jitter_init needs when payloads of this size and period are expected; 64-byte alignment.
size_t jitter_size(unsigned int payload, unsigned int period_ms);

// Makes an empty buffer in caller memory.
struct jitter *jitter_init(void *mem, const struct jitter_config *config);

// Forgets all packets and what was learnt of the network. Counters stay. For a new SSRC.
void jitter_reset(struct jitter *j);

enum jitter_put {
	JITTER_STORED,
	JITTER_LATE, // its place has been played
	JITTER_DUPLICATE,
	JITTER_TOO_LONG,  // payload_max exceeded
	JITTER_FULL,      // stored, at the price of the oldest packets
	JITTER_RESTARTED, // stored, after a jump of more than 1 s in its timestamps
};

// Stores a copy of one packet's payload. The SSRC is the caller's to watch.
enum jitter_put jitter_put(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
			   unsigned int len, nsec_t now);

// The same for a packet that waited unseen while the caller was held up, so that its arrival tells nothing about the
// network: nothing is learnt from it.
enum jitter_put jitter_put_untimed(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
				   unsigned int len, nsec_t now);

enum jitter_answer {
	JITTER_FRAME, // a packet to decode
	JITTER_LOST,  // a packet is missing: conceal `units`
	JITTER_HOLD,  // nothing is missing, the delay grows: conceal `units`
	JITTER_EMPTY, // sender is silent or has not begun: fill what the tick still needs with silence
};

struct jitter_frame {
	const uint8_t *payload; // borrowed until the next call on this buffer
	uint16_t len;
	uint16_t seq;
	uint32_t timestamp;
	uint32_t units; // duration in clock units: estimate for a frame, what to conceal for LOST and HOLD
};

// Takes the next packet of a tick at `now`; `silent` says that the signal is low enough to cut or stretch
// unheard.
enum jitter_answer jitter_get(struct jitter *j, nsec_t now, bool silent, struct jitter_frame *ret);

// Payload of the packet played `back` packets ago, 1 = the last, for as long as its place has not been taken again.
// False: it is gone, or was never played.
bool jitter_played(const struct jitter *j, unsigned int back, struct jitter_frame *ret);

// The packet that follows what jitter_get answered last without a gap, if it is here. It stays.
bool jitter_peek(const struct jitter *j, struct jitter_frame *ret);

// Asks the cache for what the next jitter_get will read: its packet first of all. The head of the buffer must be there
// already.
void jitter_prefetch(const struct jitter *j);

// The same for the next jitter_put.
void jitter_prefetch_put(const struct jitter *j);

struct jitter_stats {
	uint64_t late;
	uint64_t duplicate;
	uint64_t reordered;
	uint64_t lost;       // places played without their packet
	uint64_t held;       // frames inserted to grow the delay
	uint64_t skipped;    // packets dropped to shrink it
	uint64_t overflowed; // packets given up because the ring was full, or nobody asked for them in time
	uint64_t restarted;  // the network or the clock was learnt anew
	uint32_t delay_ms;   // play-out delay now
	uint32_t target_ms;  // where it is heading
};

void jitter_stats(const struct jitter *j, struct jitter_stats *ret);
