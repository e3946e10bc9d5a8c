// SPDX-License-Identifier: GPL-3.0-or-later
// state.h - What a jitter buffer remembers, and the words its files share.
//
// Order comes from sequence numbers, time from timestamps. All times here are in units of the RTP clock.
//
//   offset of a packet   arrival - timestamp: grows with the delay it met
//   base                 smallest offset of the last 2-4 s: the network at its fastest; follows clock drift
//   need                 what 99 of 100 packets of the last 2 s came later than base
//   target               need + one period, between min and max
//   margin               now - base - timestamp wanted: how long that packet has had to arrive beyond
//                        the fastest
//
// Play-out begins when the first packet's margin reaches target - 3/4 period, or min. Then, at each get:
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
	uint16_t len; // 0 = never used
};

// A tick reads the first two lines, one of slots and the payload; a packet's arrival reads `offset` and `histogram` too.
struct jitter {
	// play-out
	_Alignas(64) uint64_t rate; // rtp_rate(clock_hz)
	uint32_t ms;                // clock units in a millisecond
	uint32_t stride;            // bytes between payloads
	uint32_t slots;             // a power of two; slots * stride is fixed
	uint32_t used;              // bit n: slot n holds a packet
	int32_t period;             // of the sender
	bool heard;                 // offsets below are valid
	bool playing;               // next_* are valid
	bool may_skip, may_stretch;
	uint16_t newest_seq;
	uint16_t next_seq; // lowest sequence number that may still be played
	uint32_t newest_ts;
	uint32_t next_ts;  // timestamp to play next
	int32_t concealed; // made up since the last frame
	// offsets, all relative to `origin`
	uint32_t origin;
	int32_t base;
	int32_t need;
	// adaptation
	uint32_t second;    // when the running second began
	int32_t margin_min; // in the running second
	int32_t margin;     // at the last get
	struct jitter_config config;
	int32_t base_now, base_before;
	uint32_t epoch;  // when base_now began
	uint32_t window; // offsets to remember, from the period
	uint32_t count, head;
	uint32_t bin;   // need in bins
	uint32_t above; // offsets in bins above it
	struct slot slot[JITTER_SLOTS];
	struct jitter_stats stats;
	uint8_t histogram[JITTER_BINS];
	int32_t offset[JITTER_HISTORY];
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

static inline uint32_t slot_index(const struct jitter *j, uint16_t seq)
{
	return seq & (j->slots - 1);
}

// The packet of this number if it is here, else NULL. No other line of the ring is touched.
static inline const struct slot *slot_find(const struct jitter *j, uint16_t seq)
{
	const struct slot *s = &j->slot[slot_index(j, seq)];
	return j->used >> slot_index(j, seq) & 1 && s->seq == seq ? s : NULL;
}

static inline void slot_free(struct jitter *j, uint16_t seq)
{
	j->used &= ~(UINT32_C(1) << slot_index(j, seq));
}

static inline uint8_t *slot_payload(struct jitter *j, uint16_t seq)
{
	return j->payload + (size_t)j->stride * slot_index(j, seq);
}
