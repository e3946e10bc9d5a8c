// SPDX-License-Identifier: GPL-3.0-or-later
// legs.h - The generator's per-leg state: frames ready to send, and what came back.
//
// A delay must not hold the generator's own absence. So a packet is stamped only when it leaves in time, and judged
// only when the generator had seen an empty port just before: what is found after a gap may have lain there. Gaps say nothing
// about the device, and are counted (`away`).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/rtpgen/plan.h"

#define LEG_HEADER  54    // Ethernet, IPv4, UDP, RTP
#define LEG_LINEAR  4096u // buckets of 1 us
#define LEG_OCTAVE  256u  // for each power of two above
#define LEG_BUCKETS (LEG_LINEAR + 15 * LEG_OCTAVE)
#define LEG_GAP_US  100 // between two looks at the port
#define LEG_FRESH   32  // packets written at a time

// All that sending one packet touches: one cache line.
struct leg_tx {
	uint8_t header
		[LEG_HEADER +
		 1]; // and the payload's first byte. Template: checksums hold the sums with sequence and timestamp zero
	uint16_t seq;
	uint32_t timestamp;
	uint16_t payload;
} __attribute__((aligned(64)));

// What receiving touches. Delay is sampled: one packet in flight a leg carries a stamp.
struct leg_rx {
	uint32_t received;
	uint16_t stamp_seq;  // as sent
	uint16_t seq_offset; // received minus sent
	bool offset_known;
	bool stamped;
	uint64_t stamp; // cycles at which stamp_seq left
};

// When the packets of an even stream came, against the timestamps that they bear.
struct leg_clock {
	bool known;
	uint32_t ts;   // of the packet that came first
	int64_t from;  // when it came, ns
	int64_t least; // by which any came later than its timestamp says
};

// Histogram of delays: buckets of 1 us up to 4 ms, then of less than a two hundredth, up to two minutes.
struct delays {
	uint64_t buckets[LEG_BUCKETS];
	uint64_t count;
	double max_us;
};

struct legs {
	uint32_t count;
	uint32_t room;
	uint32_t stamped; // the first so many tell delay
	uint64_t random;
	uint8_t gen_mac[6], dut_mac[6];
	struct leg_tx *tx;
	struct leg_rx *rx;        // indexed by the receiving leg
	struct leg_clock *clocks; // of those that are not stamped
	uint32_t *timestamp_step;
	uint32_t *order;             // a random permutation: active streams are never in memory order
	uint32_t by_port[16][65536]; // [generator address][port] -> leg + 1
	struct addr gen[16];
	unsigned int gen_count;
	bool reflect;     // packets return to their own leg (a reflector), not to the partner
	uint64_t unknown; // received packets for no leg
	uint64_t received;
	uint64_t unjudged; // packets that would have told delay
	uint32_t fresh_count;
	uint32_t fresh[LEG_FRESH]; // legs stamped since the last look at the port
	uint64_t polled;           // cycles of that look
	bool drained;              // nothing was left there
	bool judges;               // what is found now can be judged
	uint64_t away, away_max;   // cycles in gaps
	struct delays delays;      // of stamped packets
	struct delays behind;      // of the others, behind the promptest of their stream
};

// Builds the state from a plan, with room for `room` legs, or as many as the plan has. `gen_mac` is ours; `dut_mac` the
// device's. Returns NULL when memory is short or the plan uses more than 16 generator addresses. Free with legs_free.
struct legs *legs_new(const struct plan *plan, uint32_t room, const uint8_t gen_mac[6],
		      const uint8_t dut_mac[6], bool reflect, uint64_t seed);

// Takes in whole calls that the plan has more, as far as there is room.
void legs_follow(struct legs *l, const struct plan *plan);

void legs_free(struct legs *l);

// Writes the leg's next packet into `frame` (LEG_HEADER + 1 bytes; the payload behind them is all 0xd5 already).
// With `now` not 0 the packet carries the delay stamp if the last one has come back.
void legs_send(struct legs *l, uint32_t leg, uint8_t *frame, uint64_t now);

// Notes a look at the port, before legs_receive for what it found. `all`: nothing is left there.
void legs_look(struct legs *l, uint64_t now, bool all, double cycles_per_us);

// Counts one received frame. `cycles_per_us` scales the delay; `ns` is monotonic time.
void legs_receive(struct legs *l, const uint8_t *frame, uint32_t len, uint64_t now, double cycles_per_us,
		  int64_t ns);

// Forgets what was received and measured; sequence numbers go on.
void legs_restart(struct legs *l);

// Adds a delay; below 0 counts as 0.
void delays_add(struct delays *d, double us);

// Delay in microseconds below which share q of the samples lie; 0 without samples.
double delays_quantile(const struct delays *d, double q);
