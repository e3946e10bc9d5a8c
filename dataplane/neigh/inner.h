// SPDX-License-Identifier: GPL-3.0-or-later
// inner.h - What the files of the neighbour room share.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "dataplane/hot/sum.h"
#include "dataplane/neigh.h"
#include "gw/wire.h"

enum neigh_state {
	NEIGH_FREE,
	NEIGH_INCOMPLETE, // never answered
	NEIGH_REACHABLE,  // answered; asked again after NEIGH_REFRESH
	NEIGH_PROBE,      // asked again, no answer yet
};

enum {
	NEIGH_TYPE_IPV4 = 0x0800,
	NEIGH_TYPE_ARP = 0x0806,
	NEIGH_TYPE_VLAN = 0x8100,
	NEIGH_TYPE_IPV6 = 0x86dd
};

enum { NEIGH_PROTO_HOPS = 0, NEIGH_PROTO_IGMP = 2 };

// A received slow-path frame, taken apart as far as every kind needs it.
struct neigh_frame {
	struct rte_mbuf *m;
	uint8_t *eth;
	uint8_t *l3;
	unsigned int len; // from l3 on
	uint16_t type;
	uint16_t port;
};

// Makes a frame with its Ethernet header from one of our addresses. Returns where l3 begins, NULL without buffers.
uint8_t *neigh_frame_new(struct neigh *n, const struct local *from, const uint8_t dst[6], uint16_t type,
			 unsigned int l3_len, struct rte_mbuf **ret);

// Turns a received frame's Ethernet header round.
void neigh_frame_return(struct neigh *n, const struct neigh_frame *f);

// Notes a neighbour's address, if it is one that somebody holds.
void neigh_learn(struct neigh *n, uint16_t port, const struct addr *a, const uint8_t mac[6], nsec_t now);

// Our address of that value on that port, NULL if it is not ours.
const struct local *neigh_local(const struct neigh *n, uint16_t port, const struct addr *a);

// Handlers: DROP_NONE when the frame was used up or sent back (*ret_kept then), else why not.
enum drop_reason neigh_arp_input(struct neigh *n, const struct neigh_frame *f, nsec_t now);
enum drop_reason neigh_icmp_input(struct neigh *n, const struct neigh_frame *f, bool *ret_kept);
enum drop_reason neigh_icmpv6_input(struct neigh *n, const struct neigh_frame *f, nsec_t now, bool *ret_kept);

// Queries of routers (IGMP, MLD), and reports that are due. Returns when the next one is.
enum drop_reason neigh_igmp_input(struct neigh *n, const struct neigh_frame *f, nsec_t now);
enum drop_reason neigh_mld_input(struct neigh *n, const struct neigh_frame *f, nsec_t now);
nsec_t neigh_groups_run(struct neigh *n, nsec_t now);

// Reports all groups of a port, and once more soon.
void neigh_groups_report(struct neigh *n, uint16_t port, nsec_t now);

// Ethernet address of a multicast group (RFC 1112 s6.4, RFC 2464 s7).
void neigh_group_mac(const struct addr *group, uint8_t mac[6]);

// Asks for a neighbour: to everybody, or to `mac` alone when it is not NULL.
void neigh_arp_request(struct neigh *n, const struct local *from, const uint8_t target[4],
		       const uint8_t *mac);
void neigh_nd_solicit(struct neigh *n, const struct local *from, const uint8_t target[16],
		      const uint8_t *mac);

// Tells everybody about one of our addresses.
void neigh_arp_announce(struct neigh *n, const struct local *from);
void neigh_nd_announce(struct neigh *n, const struct local *from);

static inline uint16_t neigh_load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void neigh_store16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}
