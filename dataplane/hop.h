// SPDX-License-Identifier: GPL-3.0-or-later
// hop.h - Next hops as workers see them: the Ethernet header to put in front, and the port to send through.
//
// Written by the main thread (neigh), read by workers without locks: a new header is written to the half nobody
// reads and published by one byte.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_config.h>

#define HOP_NONE       0 // never ready
#define HOP_MAX        65535
#define HOP_HEADER_MAX 18 // destination, source, VLAN tag, type

// Two streams of ours may be each other's far end. No switch sends a frame back to where it came from, so what goes to port
// HOP_OURS + p never leaves: the worker takes it as if port p had received it. It counts down its TTL, lest two such streams
// send each other one packet for ever; the quick relay does not, and leaves it to the careful one.
#define HOP_OURS (RTE_MAX_ETHPORTS / 2)

enum hop_state { HOP_UNRESOLVED, HOP_READY, HOP_READY_OURS };

struct hop {
	uint8_t headers[2][20];
	uint8_t current;    // which of them; atomic
	uint8_t ready;      // enum hop_state; atomic
	uint8_t header_len; // 14 or 18, fixed for the hop's life
	uint8_t zero;
	uint16_t port; // DPDK port, or HOP_OURS + it
} __attribute__((aligned(64)));

static inline bool hop_ready(const struct hop *h)
{
	return __atomic_load_n(&h->ready, __ATOMIC_ACQUIRE);
}

// True when the quick relay may send there.
static inline bool hop_quick(const struct hop *h)
{
	return __atomic_load_n(&h->ready, __ATOMIC_ACQUIRE) == HOP_READY;
}

// Puts a header of 14 bytes at the start of a frame.
static inline void hop_write_14(const struct hop *h, uint8_t *frame)
{
	memcpy(frame, h->headers[__atomic_load_n(&h->current, __ATOMIC_ACQUIRE)], 14);
}

// Puts the header in front of `l3`.
static inline void hop_write(const struct hop *h, uint8_t *l3)
{
	const uint8_t *header = h->headers[__atomic_load_n(&h->current, __ATOMIC_ACQUIRE)];
	if (__builtin_expect(h->header_len == 14, 1))
		memcpy(l3 - 14, header, 14);
	else
		memcpy(l3 - HOP_HEADER_MAX, header, HOP_HEADER_MAX);
}
