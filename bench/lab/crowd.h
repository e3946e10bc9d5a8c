// SPDX-License-Identifier: GPL-3.0-or-later
// crowd.h - A call agent with very many lines, and very many calls into rooms at once: in turn, and with clean sound.
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "bench/lab/dialect.h"
#include "gw/addr.h"

struct crowd_options {
	struct addr_port listen;
	const char *netns;             // of the agent; "" = ours
	const char *media_netns;       // of the phones
	struct addr media;             // their address
	const struct dialect *dialect; // NULL = the usual one
	uint32_t lines;                // waited for
	uint32_t calls;                // to every (lines / calls)-th of them, by name
	uint32_t room;                 // so many calls one after the other meet in a room
	uint32_t samples;              // phones whose sound is judged
	uint32_t seconds;              // how long they talk
};

struct crowd_result {
	uint32_t lines, calls;
	double register_s;    // from the first Register to the last line in service
	unsigned int busiest; // most Registers within one second
	double setup_s;       // from the first call to the last that talks
	uint64_t sent, refused, received, lost, strangers;
	uint64_t least;                          // packets received by the phone that got the fewest
	uint64_t late_us;                        // worst delay of our own sending
	uint64_t told, told_received, told_lost; // calls whose figures the lines told, and their sums
	uint32_t judged;
	double sinad_min, own_max, level_max; // of the judged; dB
};

// Waits for the lines, calls, talks, hangs up and judges. Returns 0; -ETIMEDOUT when lines or answers stay out; -EPIPE when a
// line leaves or a call fails; other negative errno. Reasons are printed to `errors`.
int crowd_run(const struct crowd_options *o, FILE *errors, struct crowd_result *ret);
