// SPDX-License-Identifier: GPL-3.0-or-later
// world.h - A worker's media without a NIC, for benches: conferences, their parties' packets, and a simulated clock.
//
// Packets of one period are made, handed in, and the ticks are run; only the media's own work is timed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/codec.h"
#include "gw/media.h"

#define WORLD_BURST     32
#define WORLD_CLIP      50 // packets of 20 ms, played again and again
#define WORLD_CLIP_SIZE 648

// One second of something like speech in one codec, packet by packet.
struct world_clip {
	unsigned int codec;
	uint8_t payload_type;
	uint16_t len[WORLD_CLIP];
	uint8_t bytes[WORLD_CLIP][WORLD_CLIP_SIZE];
};

struct world {
	struct media *m;
	void *memory;
	uint32_t *streams;
	uint32_t count;
	const struct world_clip *clip[2]; // of even and odd parties
	nsec_t now;
	uint32_t seq;
	uint32_t frames;      // made by ticks
	uint64_t fed, ticked; // cycles
};

// Makes a clip. False: this build cannot code it.
bool world_clip(unsigned int codec, struct world_clip *ret);

// `conferences` of `parties` each; the parties' clips alternate. Aborts without memory.
struct world *world_new(const struct conference_spec *spec, uint32_t conferences, uint32_t parties,
			const struct world_clip *a, const struct world_clip *b, bool voices);
void world_free(struct world *w);

// Hands one packet to every stream and lets 20 ms pass; adds up cycles and frames. Returns the CPU time taken, ns, that of
// making the packets left out.
uint64_t world_period(struct world *w);

// Hands one packet to every stream, a burst at a time as a worker would. Returns cycles spent in media_ingest.
uint64_t world_feed(struct world *w);

// The bare kernels of a G.711 conference of n on contiguous samples, us: decode all, sum, subtract, encode.
double world_kernels_us(uint32_t n);

// The same for a conference in which every other party is linear at 16 kHz.
double world_kernels_mixed_us(uint32_t n);
