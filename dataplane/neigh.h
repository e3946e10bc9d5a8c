// SPDX-License-Identifier: GPL-3.0-or-later
// neigh.h - ARP, ND and ICMP for our addresses, and next-hop headers for tx.
//
// Main thread only. A hop is a neighbour through which streams send; streams hold it by number and it is resolved
// from the moment somebody holds it, so that the first packet of a call rarely has to wait. A neighbour that stops
// answering keeps its last known address while it is asked again: media goes on.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "dataplane/hop.h"
#include "dataplane/lookup.h"
#include "gw/clock.h"
#include "gw/drop.h"

#define NEIGH_BUCKETS 4096
#define NEIGH_GROUPS  LOOKUP_GROUPS

struct neigh_entry {
	struct addr addr;
	uint8_t mac[6];
	uint8_t state;  // enum neigh_state
	uint8_t local;  // the address of ours that asks
	uint8_t probes; // unanswered so far
	uint16_t port;  // DPDK port
	uint16_t next;  // in its bucket
	uint32_t holders;
	nsec_t due; // next probe
};

// A multicast group that we take part in.
struct neigh_group {
	struct addr addr;
	unsigned int holders; // 0 = free
	uint8_t local;        // the address of ours that reports it
	bool again;           // the first report is repeated soon
	nsec_t due;           // next report
};

// Bits of asked_v3.
#define NEIGH_IGMP3 1
#define NEIGH_MLD2  2

typedef void neigh_send_fn(void *arg, uint16_t port, struct rte_mbuf *m);

struct neigh {
	const struct lookup *lookup;
	struct hop *hops;            // [capacity], read by workers
	struct neigh_entry *entries; // [capacity], 0 unused
	uint16_t buckets[NEIGH_BUCKETS];
	uint32_t capacity;
	uint32_t used; // highest entry ever used
	struct neigh_group groups[NEIGH_GROUPS];
	uint8_t asked_v3[RTE_MAX_ETHPORTS]; // by port: the last query was IGMPv3's, MLDv2's
	struct rte_mempool *pool;
	neigh_send_fn *send; // takes the frame
	void *send_arg;
	nsec_t due;       // of the earliest probe
	nsec_t claim_due; // when a claim to an address of ours is answered again
	uint64_t drops[DROP_COUNT];
};

// Makes an empty table of at most `capacity` hops. Returns 0 or -ENOMEM.
int neigh_init(struct neigh *n, const struct lookup *lookup, uint32_t capacity, int socket,
	       struct rte_mempool *pool, neigh_send_fn *send, void *send_arg);

// Takes half-made ones.
void neigh_fini(struct neigh *n);

// Holds the next hop from one of our addresses to a remote one.
// A multicast remote is its own next hop, and always resolved; so is an address of ours (HOP_OURS).
// Returns 0, -ENETUNREACH when neither prefix nor gateway leads there, -ENOSPC when the table is full.
int neigh_hop_take(struct neigh *n, unsigned int local, const struct addr *remote, nsec_t now,
		   uint16_t *ret_hop);

// Gives it back; HOP_NONE is ignored.
void neigh_hop_release(struct neigh *n, uint16_t hop);

// Takes one packet of the slow path: answers, learns, or drops by name.
void neigh_input(struct neigh *n, struct rte_mbuf *m, nsec_t now);

// Sends due probes. Returns when it wants to run next, UINT64_MAX for never.
nsec_t neigh_run(struct neigh *n, nsec_t now);

// Takes part in a group on the wire of one of our addresses, until as many have left as joined: routers and switches hear
// of it at once, now and then, and when they ask. Returns 0 or -ENOSPC.
int neigh_group_join(struct neigh *n, unsigned int local, const struct addr *group, nsec_t now);
void neigh_group_leave(struct neigh *n, const struct addr *group);

// Tells the wire of a port whose link came up where our addresses are (gratuitous ARP, unsolicited neighbour advertisement)
// and in which groups we are.
void neigh_announce(struct neigh *n, uint16_t port, nsec_t now);
