// SPDX-License-Identifier: GPL-3.0-or-later
// lookup.h - From a local address and UDP port to the stream behind it: one array access, shared by all workers.
//
// Filled with addresses at start. Stream entries are written by the stream's owner (lookup_publish, lookup_clear) and
// read by every worker; each is one 32-bit word, so that a reader sees the old stream or the new one.
#pragma once

#include <stdint.h>

#include <rte_config.h>

#include "gw/addr.h"

#define LOCALS_MAX    64
#define LOCAL_NONE    255
#define LOOKUP_GROUPS 16                        // multicast groups received in one life of the process
#define LOOKUP_PAIRS  (1 << LOOKUP_PAIRS_SHIFT) // RTP/RTCP port pairs of one address

#define LOOKUP_PAIRS_SHIFT   15
#define LOOKUP_NO_PORT       UINT16_MAX
#define LOOKUP_HASH_V4_SHIFT 22
#define LOOKUP_SLOTS_V4      (1 << (32 - LOOKUP_HASH_V4_SHIFT))
#define LOOKUP_HASH_V6_SHIFT 54
#define LOOKUP_SLOTS_V6      (1 << (64 - LOOKUP_HASH_V6_SHIFT))
#define LOOKUP_MIX_V6        UINT64_C(0x9e3779b97f4a7c15)

// One of our media addresses and the wire it lives on.
struct local {
	struct addr addr;
	struct addr gateway; // ADDR_NONE = on-link only
	uint8_t prefix_length;
	uint16_t port; // DPDK port
	uint16_t vlan; // 0 = untagged
	uint8_t mac[6];
};

struct lookup_v4 {
	uint32_t ip; // network order
	uint16_t local;
	// DPDK port of the address. LOOKUP_NO_PORT for a group, as no frame to our MAC is for one, and where there is no address.
	uint16_t port;
} __attribute__((aligned(8)));

struct lookup_v6 {
	uint8_t ip[16];
	uint32_t local;
	uint32_t port; // as in struct lookup_v4
	uint64_t zero;
} __attribute__((aligned(32)));

struct lookup_port {
	uint64_t mac; // as the first 8 bytes of a frame to us read little endian, the last two zero
	uint16_t vlan;
};

struct lookup {
	// Our addresses lie in the slots that they hash to: the factors were chosen so. Groups may lie in a later one.
	struct lookup_v4 v4[LOOKUP_SLOTS_V4];
	struct lookup_v6 v6[LOOKUP_SLOTS_V6];
	uint64_t factor_v6;
	uint32_t factor;
	struct lookup_port ports[RTE_MAX_ETHPORTS];
	uint16_t port_of[LOCALS_MAX + LOOKUP_GROUPS]; // DPDK port of an address
	struct local locals[LOCALS_MAX + LOOKUP_GROUPS];
	unsigned int local_count;
	unsigned int group_first; // locals from here on are groups
	unsigned int group_count;
	uint32_t *entries; // [local][port / 2]
};

// An entry: bit 31 set, worker in bits 24..29, stream index in its media below.
#define LOOKUP_VALID (UINT32_C(1) << 31)

static inline uint32_t lookup_entry(unsigned int worker, uint32_t stream)
{
	return LOOKUP_VALID | worker << 24 | stream;
}

static inline unsigned int lookup_entry_worker(uint32_t entry)
{
	return entry >> 24 & 63;
}

static inline uint32_t lookup_entry_stream(uint32_t entry)
{
	return entry & 0xffffff;
}

static inline unsigned int lookup_hash_v4(const struct lookup *t, uint32_t ip)
{
	return ip * t->factor >> LOOKUP_HASH_V4_SHIFT;
}

static inline unsigned int lookup_hash_v6(const struct lookup *t, const uint8_t ip[16])
{
	uint64_t high, low;
	__builtin_memcpy(&high, ip, 8);
	__builtin_memcpy(&low, ip + 8, 8);
	return (unsigned int)((high ^ low * LOOKUP_MIX_V6) * t->factor_v6 >> LOOKUP_HASH_V6_SHIFT);
}

// Index of our address, LOCAL_NONE if it is not ours. `ip` is in network order.
static inline unsigned int lookup_local_v4(const struct lookup *t, uint32_t ip)
{
	for (unsigned int h = lookup_hash_v4(t, ip);; h = (h + 1) % LOOKUP_SLOTS_V4)
		if (t->v4[h].ip == ip || t->v4[h].local == LOCAL_NONE)
			return t->v4[h].local;
}

static inline unsigned int lookup_local_v6(const struct lookup *t, const uint8_t ip[16])
{
	for (unsigned int h = lookup_hash_v6(t, ip);; h = (h + 1) % LOOKUP_SLOTS_V6)
		if (t->v6[h].local == LOCAL_NONE || __builtin_memcmp(t->v6[h].ip, ip, 16) == 0)
			return t->v6[h].local;
}

static inline uint32_t *lookup_slot(const struct lookup *t, unsigned int local, uint16_t port)
{
	return &t->entries[local * LOOKUP_PAIRS + port / 2];
}

// Makes an empty table on a memory socket. Returns 0 or -ENOMEM.
int lookup_init(struct lookup *t, unsigned int local_max, int socket);

// Takes NULL and half-made tables.
void lookup_fini(struct lookup *t);

// Says which frames of a port are for us.
void lookup_port_set(struct lookup *t, uint16_t port, const uint8_t mac[6], uint16_t vlan);

// Adds one of our addresses, before workers look. Returns its index, -ENOSPC or -EEXIST.
int lookup_local_add(struct lookup *t, const struct local *local);

// Index of a multicast group on the wire of one of our addresses, after all of those have been added; it stays ours for
// good. Workers may be looking. Returns -ENOSPC, or -EADDRINUSE when it is received on another wire.
int lookup_group_add(struct lookup *t, unsigned int local, const struct addr *group);

// Index of our address or of a group, or LOCAL_NONE.
unsigned int lookup_local(const struct lookup *t, const struct addr *a);

// Makes a stream findable, or unfindable with entry 0. Owner worker only.
static inline void lookup_publish(uint32_t *slot, uint32_t entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}
