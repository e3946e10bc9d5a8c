// SPDX-License-Identifier: GPL-3.0-or-later
// sim.h - One call through a simulated bad network into gw/media: what is heard, how late, and what that is worth.
//
// A speaks in packets of 20 ms that can be told apart, with pauses as in speech; a network loses, delays, doubles and
// swaps them; B listens in a bridge. Each packet that B hears is recognised, so delay and loss are seen from outside,
// not asked of the buffer. Deterministic: the seed is part of the network.
#pragma once

#include <stdint.h>

enum trouble_loss {
	TROUBLE_RANDOM, // each packet for itself
	TROUBLE_BURSTY, // Gilbert's two states; losses come in runs of 3 on average
};

struct trouble_network {
	enum trouble_loss loss_kind;
	double loss;      // share of packets
	double jitter_ms; // each packet takes 0 to this longer, uniformly
	double reorder;   // share of packets that take 50 ms longer
	double duplicate; // share of packets that come twice
	double drift;     // of the sender's clock: 200e-6 = 200 ppm fast
	uint32_t base_ms; // what every packet takes
	uint32_t seconds; // length of the call
	uint64_t seed;
};

struct trouble_result {
	uint32_t sent; // packets of speech; a buffer may cut or stretch the pauses as it likes
	uint32_t heard;
	double lost;     // share not heard, whatever the reason
	double delay_ms; // mean from sending to hearing, without base_ms
	double delay_p95_ms;
	double mos; // conversational, with base_ms and the packet's own 20 ms
};

// Plays one call through a play-out delay of min_ms to max_ms; equal = fixed. Returns 0, or -ENOMEM.
int trouble_run(const struct trouble_network *n, uint16_t min_ms, uint16_t max_ms,
		struct trouble_result *ret);
