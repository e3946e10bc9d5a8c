// SPDX-License-Identifier: GPL-3.0-or-later
// quality.h - What loss and delay do to speech: bursts and gaps of loss, R and MOS by the E-model.
//
// Nothing here is told of a packet that simply follows the last one: only of those that are missing, and of those that
// come after all. Numbers count a stream's packets from its first, which is 0. One writer.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define QUALITY_GMIN   16 // packets that must come in a row to end a burst, RFC 3611 s4.7.2
#define QUALITY_WINDOW 64 // packets after which a missing one is given up

// Where packets are missing. Zeroed = nothing is.
struct quality_loss {
	uint64_t pending; // bit n: base + n is missing so far
	uint32_t base;
	uint32_t first, last; // of the losses that lie close together and may become a burst
	uint32_t close;       // how many those are; 0 = nothing was lost yet
	uint32_t lost;        // given up, all told
	uint32_t runs;        // stretches of loss without a packet between
	uint32_t bursts;
	uint32_t burst_packets; // first loss to last, what came between them included
	uint32_t burst_lost;
};

// Packets `first` to `first + n - 1` are missing: newer ones have come, or they came too late to be played.
void quality_missing(struct quality_loss *q, uint32_t first, uint32_t n);

// A missing packet came after all, and in time.
void quality_found(struct quality_loss *q, uint32_t number);

// The stream turned out to begin `n` packets earlier (fewer than QUALITY_WINDOW): packet 0 is here, the others are not.
void quality_earlier(struct quality_loss *q, uint32_t n);

// The newest packet has this number: gives up what is missing since QUALITY_WINDOW. Call at least once in 2^31 packets.
void quality_settle(struct quality_loss *q, uint32_t newest);

// Shares are of 0..1. A burst begins and ends with a loss, and has no QUALITY_GMIN packets in a row without one; a gap
// is what lies between bursts. A loss on its own belongs to its gap.
struct quality_bursts {
	uint32_t lost;
	uint32_t bursts;
	double loss;          // share lost of all packets
	double burst_loss;    // share lost within bursts
	double gap_loss;      // and outside of them
	double burst_packets; // mean length of a burst
	double gap_packets;   // mean length of a gap
	double clustering; // BurstR of G.107: mean run of losses over what chance would make of it, at least 1
};

// Sums up over `expected` packets, those still missing included.
void quality_bursts(const struct quality_loss *q, uint32_t expected, struct quality_bursts *ret);

// Transmission rating R, 0..100, of a codec (enum codec_id), of loss as counted above, and of `delay_ms` from mouth to
// ear (0 = rate listening alone). False when nobody has published figures for the codec.
bool quality_rate(unsigned int codec, double loss, double clustering, double delay_ms, double *ret_r);

// Mean opinion score 1..4.5 of a rating, G.107 Annex B.
double quality_mos(double r);

// What the codec itself delays beyond its packet, ms.
double quality_lookahead_ms(unsigned int codec);
