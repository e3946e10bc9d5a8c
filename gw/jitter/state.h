// SPDX-License-Identifier: GPL-3.0-or-later
// state.h - What a jitter buffer remembers, and the words its files share.
//
// Order comes from sequence numbers, time from timestamps. All times here are in units of the RTP clock.
//
//   offset of a packet   arrival - timestamp: grows with the delay it met; modulo 2^32, only differences count
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
// Where every packet comes too late for the greatest delay, and they do not catch up, the sender's clock has stood still or
// the way has become longer: after MOVED_PACKETS the network is learnt anew.
// A missing packet with later ones here is lost (or a pause of the sender, when no sequence number is
// missing); with nothing here it is taken for lost until LOST_MAX of audio, then the sender is taken for
// silent and play-out begins anew.
#pragma once

#include <stddef.h>
#include <string.h>

#include "gw/jitter.h"
#include "gw/rtp.h"

#define JITTER_HISTORY 128
#define JITTER_BINS    128
#define LINE           64
#define FETCH_LINES    10 // of a slot; the rest follows by itself

// A place for one packet: what it was, and its payload right behind, so that both come with one line of the cache.
struct slot {
	uint32_t timestamp;
	uint16_t seq;
	uint16_t len; // 0 = never used
	uint8_t payload[];
};

// Ten thousand buffers take turns, and nothing of one is in the cache when its turn comes. So a tick reads the first line and
// a packet, and an arrival the second line and one of `late` as well.
struct jitter {
	// play-out
	_Alignas(64) uint64_t rate; // rtp_rate(clock_hz)
	uint32_t used;              // bit n: slot n holds a packet
	uint32_t regular; // bit n: slot n came behind its predecessor, and a period later by timestamp
	uint32_t newest_ts;
	uint32_t next_ts; // timestamp to play next
	uint16_t newest_seq;
	uint16_t next_seq; // lowest sequence number that may still be played
	uint32_t base;
	int32_t margin;     // at the last get
	int32_t margin_min; // in the running second
	uint32_t second;    // when the running second began
	uint32_t hz;        // of the clock
	uint16_t need;
	uint16_t period;    // of the sender
	uint16_t concealed; // made up since the last frame
	uint16_t min, max;  // of the delay
	uint16_t longest;   // payload that a slot takes
	uint8_t ms;         // clock units in a millisecond
	uint8_t lines;      // of 64 bytes, a slot
	uint8_t slots;      // a power of two; slots * lines is fixed
	bool heard : 1;     // offsets below are valid
	bool playing : 1;   // next_* are valid
	bool may_skip : 1;
	bool may_stretch : 1;
	bool twice : 1; // another packet of newest_seq has come, and may have another timestamp
	// adaptation
	uint32_t base_now, base_before;
	uint32_t epoch;      // when base_now began
	uint8_t window;      // offsets to remember, from the period
	uint8_t count, head; // remembered, and where the next one goes: a ring of `window`
	uint8_t bin;         // need in bins
	uint8_t above;       // offsets in bins above it
	uint8_t beyond; // packets in a row that came too late for any delay, each as late as the one before
	uint16_t beyond_by; // how late the last of them came
	uint8_t histogram[JITTER_BINS];
	int16_t late[JITTER_HISTORY]; // offsets less base
	struct jitter_config config;
	struct jitter_stats stats;
	_Alignas(64) uint8_t place[];
};

_Static_assert(offsetof(struct jitter, base_now) == 64, "play-out is one line of the cache");

// Begins to learn the network from this packet.
void jitter_delay_start(struct jitter *j, uint32_t timestamp, uint32_t arrival);

// Learns from the arrival of a packet.
void jitter_delay_learn(struct jitter *j, uint32_t timestamp, uint32_t arrival);

// Takes a new period of the sender.
void jitter_period_set(struct jitter *j, uint16_t period);

static inline int32_t target(const struct jitter *j)
{
	int32_t t = j->need + j->period;
	return t < j->min ? j->min : t > j->max ? j->max : t;
}

// How long the packet wanted has had to arrive, beyond the fastest.
static inline int32_t margin(const struct jitter *j, uint32_t arrival, uint32_t timestamp)
{
	return (int32_t)(arrival - timestamp - j->base);
}

static inline uint32_t slot_index(const struct jitter *j, uint16_t seq)
{
	return seq & (j->slots - 1u);
}

static inline struct slot *slot_at(const struct jitter *j, uint32_t index)
{
	return (struct slot *)(void *)((uintptr_t)j->place + (size_t)j->lines * index * LINE);
}

// The packet of this number if it is here, else NULL. An empty place is not touched.
static inline const struct slot *slot_find(const struct jitter *j, uint16_t seq)
{
	uint32_t i = slot_index(j, seq);
	if (!(j->used >> i & 1))
		return NULL;
	const struct slot *s = slot_at(j, i);
	return s->seq == seq ? s : NULL;
}

// Asks for a slot, three lines of it whatever its size: that is 20 ms of G.711, and costs less than to count. Always inline:
// gcc 12 takes a function that only prefetches for one without effect, and leaves its calls out.
static inline __attribute__((always_inline)) void slot_prefetch(const struct jitter *j, uint32_t index)
{
	const uint8_t *slot = (const uint8_t *)slot_at(j, index);
	__builtin_prefetch(slot, 1);
	__builtin_prefetch(slot + LINE, 1);
	__builtin_prefetch(slot + 2 * (size_t)LINE, 1);
	for (unsigned int line = 3; line < j->lines && line < FETCH_LINES; line++)
		__builtin_prefetch(slot + (size_t)line * LINE, 1);
}

static inline void slot_free(struct jitter *j, uint16_t seq)
{
	j->used &= ~(UINT32_C(1) << slot_index(j, seq));
}

// Frees a packet that will not be played.
static inline void slot_give_up(struct jitter *j, uint16_t seq)
{
	slot_free(j, seq);
	j->stats.overflowed++;
	if (j->config.overflowed)
		++*j->config.overflowed;
}
