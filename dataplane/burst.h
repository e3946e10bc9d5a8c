// SPDX-License-Identifier: GPL-3.0-or-later
// burst.h - The vector of packets handed between stages and their per-packet notes.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define BURST_MAX 32

enum note_flag {
	NOTE_V6 = 1u << 0,
	NOTE_RTCP = 1u << 1,     // odd port
	NOTE_CHECKED = 1u << 2,  // UDP checksum absent (IPv4) or found good by the NIC
	NOTE_UNSUMMED = 1u << 3, // IPv4 UDP checksum absent
};

// What the stages found out about one packet. Offsets count from the start of the frame's data.
struct note {
	uint32_t stream;     // index in the owner's media
	uint16_t l3;         // IP header
	uint16_t l4;         // UDP header
	uint16_t len;        // UDP payload
	uint16_t src_port;   // host order
	uint16_t dst_port;   // host order
	uint16_t hop;        // relay: next hop of the exit
	uint64_t rtp_before; // relay: one's-complement sum of the RTP header as it came
	uint8_t local;       // index of our address
	uint8_t flags;       // enum note_flag
};

#define BURST_KINDS 4 // of headers that quick.c tells apart
#define BURST_LANES 8 // packets that quick_wide.c takes together

#define BURST_GROUPS (BURST_MAX / BURST_LANES + BURST_KINDS - 1)

// What quick_wide.c found out about eight packets, in lanes of 64 bits.
struct burst_group {
	uint64_t columns[8][BURST_LANES]; // of their headers
	uint64_t len[BURST_LANES];        // of the frames
	uint64_t streams[BURST_LANES];    // 0 in lanes that are not usual
	uint8_t usual;                    // lanes, by their headers
	uint8_t done;                     // lanes that were relayed together
} __attribute__((aligned(64)));

struct burst {
	uint16_t count;
	uint8_t wide;              // bit n: the groups are filled, for the packets of kind n
	uint8_t ends[BURST_KINDS]; // where the packets of each kind end, one kind after the other
	bool handed_off;           // came from another worker: a stream that is gone is closed, not unknown
	struct rte_mbuf *packets[BURST_MAX];
	struct note notes[BURST_MAX];
	struct burst_group groups[BURST_GROUPS]; // each kind has its own
};
