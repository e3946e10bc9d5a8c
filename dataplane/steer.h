// SPDX-License-Identifier: GPL-3.0-or-later
// steer.h - Flow rules that bring a worker's ports to its own queue, where the NIC offers them.
//
// A rule can compare a UDP port under a mask, not with a range: a worker's part of the ports is cut into aligned blocks of
// powers of two, a rule each and for each IP version. A NIC that takes some of the rules and not all gets none: RSS then
// spreads packets over the queues, and handoff rings bring them to their owners.
#pragma once

#include <stdint.h>

#define STEER_BLOCKS_MAX 32 // of any range of 16-bit numbers

// The ports with (port & mask) == first.
struct steer_block {
	uint16_t first;
	uint16_t mask;
};

// Cuts a range, ends included, into the fewest blocks. Returns how many.
unsigned int steer_blocks(uint16_t first, uint16_t last, struct steer_block ret[STEER_BLOCKS_MAX]);

// Steers RTP and RTCP of [port_min, port_max] to queue n for worker n. Returns the number of rules; 0 when the device does not
// take them all, and then has none: why not, as its driver puts it, is a string that lives as long as the driver.
unsigned int steer_port(uint16_t port, uint16_t port_min, uint16_t port_max, unsigned int workers,
			const char **ret_refusal);

// Takes all rules back. Before the port stops: what becomes of them then is up to its driver.
void steer_clear(uint16_t port);
