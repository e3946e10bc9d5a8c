// SPDX-License-Identifier: GPL-3.0-or-later
// voices.h - Very many RTP ends that say tones: mu-law, 20 ms, a share of them every millisecond, in few system calls.
//
// The ends share twenty ports, one for each millisecond of a period; what comes is told apart by the gateway's port. Loss
// is counted for all; a few keep what they said and heard, for verdicts.
#pragma once

#include <event2/event.h>
#include <stdint.h>

#include "bench/lab/phone.h"
#include "gw/addr.h"

#define VOICES_MAX 4096

struct voices;

struct voices_options {
	const char *netns;
	struct addr address;
	uint32_t count; // 1..VOICES_MAX
};

struct voices_counts {
	uint64_t sent, refused; // by the kernel
	uint64_t received, lost;
	uint64_t strangers; // from ports that no end was told, since they began to speak
	uint64_t least;     // received by the end that got the fewest
	uint64_t late_us;   // the worst delay of a turn behind its time
};

// Returns 0 and *ret (voices_close), or negative errno.
int voices_open(struct event_base *base, const struct voices_options *options, struct voices **ret);

// Where an end hears.
struct addr_port voices_local(const struct voices *v, uint32_t end);

// What an end says from the beginning on, in a loop.
int voices_tone(struct voices *v, uint32_t end, double hz, double dbm0);

// Where it says it: a port of the gateway that no other end has.
void voices_remote(struct voices *v, uint32_t end, const struct addr_port *remote);

// The end keeps what it says and hears in here: `sent` and `received`.
void voices_keep(struct voices *v, uint32_t end, struct phone *log);

void voices_start(struct voices *v);
void voices_hush(struct voices *v); // goes on hearing

void voices_count(const struct voices *v, struct voices_counts *ret);

// Takes NULL.
void voices_close(struct voices *v);
