// SPDX-License-Identifier: GPL-3.0-or-later
// state.h - What a jitter buffer remembers, and the words its files share.
//
// Order comes from sequence numbers, time from timestamps. All times here are in units of the RTP clock.
//
//   offset of a packet   arrival - timestamp: grows with the delay it met
//   base                 smallest offset of the last 2-4 s: the network at its fastest; follows clock drift
//   need                 what 97 of 100 packets of the last 2 s came later than base
//   target               need + one period, between min and max
//   margin               now - base - timestamp wanted: how long that packet has had to arrive beyond
//                        the fastest
//
// Play-out begins when the first packet's margin reaches the target. Then, at each get:
//   margin < need            hold: the next packet would be late too often. Grow at once, speech or not
//   silent, margin < target - 3/4 period, once a second   hold: make up for drift unheard
//   silent, least margin of the last second > target + period   skip one packet, once a second
//   margin > max + period    the reader slept: give up all packets that are overdue
// A missing packet with later ones here is lost (or a pause of the sender, when no sequence number is
// missing); with nothing here it is taken for lost until LOST_MAX of audio, then the sender is taken for
// silent and play-out begins anew.
#pragma once

#include <string.h>

#include "gw/jitter.h"
#include "gw/rtp.h"

#define JITTER_HISTORY 128
#define JITTER_BINS    128

struct slot {
	uint32_t timestamp;
	uint16_t seq;
	uint16_t len;
	bool used;
};

struct jitter {
	struct jitter_config config;
	uint64_t rate;   // rtp_rate(clock_hz)
	uint32_t ms;     // clock units in a millisecond
	uint32_t stride; // bytes between payloads
	int32_t period;  // of the sender
	// play-out
	bool heard;   // offsets below are valid
	bool playing; // next_* are valid
	uint16_t newest_seq;
	uint32_t newest_ts;
	uint16_t next_seq; // lowest sequence number that may still be played
	uint32_t next_ts;  // timestamp to play next
	int32_t concealed; // made up since the last frame
	uint32_t used;     // slots in use
	// offsets, all relative to `origin`
	uint32_t origin;
	int32_t base, base_now, base_before;
	uint32_t epoch; // when base_now began
	int32_t need;
	uint32_t window; // offsets to remember, from the period
	uint32_t count, head;
	uint32_t bin;   // need in bins
	uint32_t above; // offsets in bins above it
	// adaptation
	uint32_t second;    // when the running second began
	int32_t margin_min; // in the running second
	int32_t margin;     // at the last get
	bool may_skip, may_stretch;
	struct jitter_stats stats;
	int32_t offset[JITTER_HISTORY];
	uint8_t histogram[JITTER_BINS];
	struct slot slot[JITTER_SLOTS];
	_Alignas(64) uint8_t payload[];
};

// Begins to learn the network from this packet.
void jitter_delay_start(struct jitter *j, uint32_t timestamp, uint32_t arrival);

// Learns from the arrival of a packet.
void jitter_delay_learn(struct jitter *j, uint32_t timestamp, uint32_t arrival);

// Takes a new period of the sender.
void jitter_period_set(struct jitter *j, int32_t period);

static inline int32_t target(const struct jitter *j)
{
	int32_t t = j->need + j->period;
	int32_t min = (int32_t)(j->config.min_ms * j->ms), max = (int32_t)(j->config.max_ms * j->ms);
	return t < min ? min : t > max ? max : t;
}

// How long the packet wanted has had to arrive, beyond the fastest.
static inline int32_t margin(const struct jitter *j, uint32_t arrival, uint32_t timestamp)
{
	return (int32_t)(arrival - timestamp - j->origin) - j->base;
}

static inline void slot_free(struct jitter *j, uint16_t seq)
{
	struct slot *s = &j->slot[seq % JITTER_SLOTS];
	if (s->used && s->seq == seq) {
		s->used = false;
		j->used--;
	}
}
