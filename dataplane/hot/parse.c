// SPDX-License-Identifier: GPL-3.0-or-later
// parse.c - Checks Ethernet, VLAN, IPv4, IPv6 and UDP, and rejects by name.
// Exits: classify (UDP to one of our addresses or groups), slow path (ARP, ICMP, ICMPv6, IGMP, MLD).
// Drops: eth_short eth_not_ours eth_type ip_header ip_checksum ip_fragment ip_proto ip_not_ours udp_length
//        udp_checksum slow_full
//
// The NIC's verdict on checksums is believed where it gives one. Software checks the IPv4 header here, the UDP
// checksum only where the payload ends with us (session.c): a relay passes on whatever was wrong for the far end to see.
#include "dataplane/hot/stage.h"

#include <rte_byteorder.h>
#include <rte_prefetch.h>

#include "dataplane/hot/sum.h"

#define PARSE_SLOW DROP_COUNT // verdict besides the drop reasons

enum { ETH_HEADER = 14, ETH_VLAN_HEADER = 18, IPV4_HEADER = 20, IPV6_HEADER = 40, UDP_HEADER = 8 };
enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd };
enum {
	PROTO_HOPS = 0,
	PROTO_ICMP = 1,
	PROTO_IGMP = 2,
	PROTO_UDP = 17,
	PROTO_FRAGMENT = 44,
	PROTO_ICMPV6 = 58
};

static inline uint16_t load16(const uint8_t *p)
{
	return rte_be_to_cpu_16(sum_load16(p));
}

static inline unsigned int parse_udp(const struct lookup *t, struct rte_mbuf *m, struct note *n,
				     const uint8_t *udp, unsigned int left)
{
	if (left < UDP_HEADER)
		return DROP_udp_length;
	unsigned int len = load16(udp + 4);
	if (unlikely(len < UDP_HEADER || len > left))
		return DROP_udp_length;
	uint64_t nic = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	if (unlikely(nic == RTE_MBUF_F_RX_L4_CKSUM_BAD))
		return DROP_udp_checksum;
	if (nic == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		n->flags |= NOTE_CHECKED;
	if (unlikely(sum_load16(udp + 6) == 0)) {
		if (n->flags & NOTE_V6)
			return DROP_udp_checksum; // RFC 8200 s8.1
		n->flags |= NOTE_CHECKED | NOTE_UNSUMMED;
	}
	n->src_port = load16(udp);
	n->dst_port = load16(udp + 2);
	rte_prefetch0(lookup_slot(t, n->local, n->dst_port));
	n->len = (uint16_t)(len - UDP_HEADER);
	m->data_len = (uint16_t)(n->l4 + len); // cuts Ethernet padding off
	m->pkt_len = m->data_len;
	return DROP_NONE;
}

static inline bool ipv4_header_intact(const struct rte_mbuf *m, const uint8_t *ip, unsigned int header)
{
	uint64_t nic = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	if (nic == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		return true;
	uint64_t sum = likely(header == IPV4_HEADER) ? sum_ipv4(ip) : sum_bytes(ip, header);
	return nic != RTE_MBUF_F_RX_IP_CKSUM_BAD && sum_fold(sum) == UINT16_MAX;
}

static inline unsigned int parse_ipv4(const struct lookup *t, struct rte_mbuf *m, struct note *n,
				      const uint8_t *ip, bool multicast)
{
	unsigned int header = (ip[0] & 15u) * 4, total = load16(ip + 2);
	if (unlikely(ip[0] >> 4 != 4 || header < IPV4_HEADER || total < header ||
		     n->l3 + total > m->data_len))
		return DROP_ip_header;
	if (unlikely(!ipv4_header_intact(m, ip, header)))
		return DROP_ip_checksum;
	unsigned int local = lookup_local_v4(t, sum_load32(ip + 16));
	if (unlikely(multicast && ip[9] == PROTO_IGMP))
		return PARSE_SLOW;
	if (unlikely(local == LOCAL_NONE || t->port_of[local] != m->port ||
		     multicast != (local >= t->group_first)))
		return DROP_ip_not_ours;
	if (unlikely(load16(ip + 6) & 0x3fff)) // more fragments, or an offset
		return DROP_ip_fragment;
	if (unlikely(ip[9] != PROTO_UDP))
		return ip[9] == PROTO_ICMP && !multicast ? PARSE_SLOW : (unsigned int)DROP_ip_proto;
	n->local = (uint8_t)local;
	n->l4 = (uint16_t)(n->l3 + header);
	return parse_udp(t, m, n, ip + header, total - header);
}

static inline unsigned int parse_ipv6(const struct lookup *t, struct rte_mbuf *m, struct note *n,
				      const uint8_t *ip, bool multicast)
{
	if (unlikely(n->l3 + IPV6_HEADER > m->data_len))
		return DROP_eth_short;
	unsigned int len = load16(ip + 4);
	if (unlikely(ip[0] >> 4 != 6 || n->l3 + IPV6_HEADER + len > m->data_len))
		return DROP_ip_header;
	unsigned int local = lookup_local_v6(t, ip + 24);
	bool query = ip[24] == 0xff && ip[6] == PROTO_HOPS && len > 8 && ip[IPV6_HEADER] == PROTO_ICMPV6;
	if (unlikely(query)) // multicast listener discovery
		return PARSE_SLOW;
	if (local == LOCAL_NONE || t->port_of[local] != m->port)
		return ip[24] == 0xff && ip[6] == PROTO_ICMPV6 ? PARSE_SLOW : (unsigned int)DROP_ip_not_ours;
	if (unlikely(ip[6] != PROTO_UDP)) {
		if (ip[6] == PROTO_ICMPV6)
			return PARSE_SLOW;
		return ip[6] == PROTO_FRAGMENT ? DROP_ip_fragment : DROP_ip_proto;
	}
	if (unlikely(multicast != (local >= t->group_first)))
		return DROP_ip_not_ours;
	n->flags |= NOTE_V6;
	n->local = (uint8_t)local;
	n->l4 = (uint16_t)(n->l3 + IPV6_HEADER);
	return parse_udp(t, m, n, ip + IPV6_HEADER, len);
}

static inline unsigned int parse_one(const struct lookup *t, struct rte_mbuf *m, struct note *n)
{
	if (unlikely(m->data_len < ETH_HEADER + IPV4_HEADER))
		return DROP_eth_short;
	const uint8_t *eth = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct lookup_port *port = &t->ports[m->port];
	uint64_t head;
	memcpy(&head, eth, 8);
	uint16_t type = load16(eth + 12), vlan = 0;
	n->l3 = ETH_HEADER;
	n->flags = 0;
	if (type == TYPE_VLAN) {
		if (m->data_len < ETH_VLAN_HEADER + IPV4_HEADER)
			return DROP_eth_short;
		vlan = load16(eth + 14) & 0xfff;
		type = load16(eth + 16);
		n->l3 = ETH_VLAN_HEADER;
	}
	bool multicast = eth[0] & 1;
	if (unlikely(vlan != port->vlan || (!multicast && (rte_le_to_cpu_64(head) ^ port->mac) << 16)))
		return DROP_eth_not_ours;
	if (likely(type == TYPE_IPV4))
		return parse_ipv4(t, m, n, eth + n->l3, multicast);
	if (type == TYPE_IPV6)
		return parse_ipv6(t, m, n, eth + n->l3, multicast);
	return type == TYPE_ARP ? PARSE_SLOW : (unsigned int)DROP_eth_type;
}

static void slow_flush(struct worker *w)
{
	unsigned int sent = rte_ring_enqueue_burst(w->slow_ring, (void **)w->slow, w->slow_count, NULL);
	while (w->slow_count > sent)
		worker_drop(w, w->slow[--w->slow_count], DROP_slow_full);
	w->slow_count = 0;
}

uint16_t stage_parse(struct worker *w, struct burst *b)
{
	const struct lookup *t = w->lookup;
	uint16_t kept = 0;
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		unsigned int verdict = parse_one(t, m, &b->notes[kept]);
		if (likely(verdict == DROP_NONE))
			b->packets[kept++] = m;
		else if (verdict == PARSE_SLOW)
			w->slow[w->slow_count++] = m;
		else
			worker_drop(w, m, verdict);
	}
	if (unlikely(w->slow_count))
		slow_flush(w);
	return kept;
}
