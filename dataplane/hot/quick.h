// SPDX-License-Identifier: GPL-3.0-or-later
// quick.h - What the quick relays share: which packet is usual, and the relay of one.
//
// A packet's kind says how its headers lie: IPv4 or IPv6, with a VLAN tag or without. The functions below take it as a
// constant, so that one text serves each kind as if it had been written for it. What quick_find notes of a packet is its
// stream with the kind above it; of kind 0, untagged IPv4, that is the plain number.
#pragma once

#include "dataplane/hot/stage.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include "dataplane/hot/frame.h"
#include "gw/codec.h"

enum {
	ETH = 14,
	UDP = ETH + FRAME_IPV4,
	RTP = UDP + FRAME_UDP,
	PAYLOAD = RTP + RTP_HEADER_BYTES,
	FRAME_MIN = PAYLOAD + 1
};

#define NOT_USUAL MEDIA_NONE

#define KIND_V6    1u
#define KIND_VLAN  2u // one 802.1Q tag
#define KIND_SHIFT 24 // above the stream's number

#define TYPE_V4   0x0800
#define TYPE_V6   0x86dd
#define TYPE_VLAN 0x8100

// Where a kind's IP and UDP headers begin.
static inline unsigned int kind_ip(unsigned int kind)
{
	return kind & KIND_VLAN ? ETH + 4 : ETH;
}

static inline unsigned int kind_udp(unsigned int kind)
{
	return kind_ip(kind) + (kind & KIND_V6 ? FRAME_IPV6 : FRAME_IPV4);
}

static inline unsigned int kind_payload(unsigned int kind)
{
	return kind_udp(kind) + PAYLOAD - UDP;
}

// Where a burst's packets of a kind begin; they end at b->ends.
static inline unsigned int kind_begin(const struct burst *b, unsigned int kind)
{
	return kind ? b->ends[kind - 1] : 0;
}

// The group of the eight packets from `i` on. A kind's last one may be short, so that each kind has one more to spare.
static inline struct burst_group *kind_group(struct burst *b, unsigned int kind, unsigned int i)
{
	return &b->groups[i / BURST_LANES + kind];
}

static inline uint16_t host16(const uint8_t *p)
{
	return rte_be_to_cpu_16(sum_load16(p));
}

// Whether the checksum of an IPv4 header without options is right: its words add up to a multiple of 0xffff, which 2^64 is one
// more than. A number times the inverse of an odd one is small if, and only if, that one divides it.
static inline bool ipv4_intact(const uint8_t *ip)
{
	uint64_t sum = media_sum(media_sum(sum_load64(ip), sum_load64(ip + 8)), sum_load32(ip + 16));
	return sum * UINT64_C(0xfffefffefffeffff) <= UINT64_MAX / 0xffff;
}

// By the EtherTypes. What they say is not checked. No branches, which nobody could guess in a mix.
static inline unsigned int kind_of(const struct rte_mbuf *m)
{
	const uint8_t *type = rte_pktmbuf_mtod(m, const uint8_t *) + 12;
	unsigned int vlan = sum_load16(type) == rte_cpu_to_be_16(TYPE_VLAN);
	return vlan * KIND_VLAN | (sum_load16(type + 4 * vlan) == rte_cpu_to_be_16(TYPE_V6)) * KIND_V6;
}

#define MIXED_BURSTS 16 // sorted by kind after one that was mixed

// Of a packet that is not usual where a kind is expected: is it of another kind, the next bursts are sorted first.
static inline void stray_note(struct worker *w, const struct rte_mbuf *m, unsigned int kind)
{
	if (kind_of(m) != kind)
		w->mixed = MIXED_BURSTS;
}

// What the packets of a burst that are for us have in common.
struct quick_port {
	const struct lookup *lookup;
	uint64_t mac;   // 6 bytes in the upper part; 1 below where no packet of the kind is for us
	uint32_t tag;   // 802.1Q
	uint32_t owner; // the top byte of our entries
	uint16_t port;  // where they came from
};

static inline struct quick_port quick_port_of(const struct worker *w, uint16_t port, unsigned int kind)
{
	const struct lookup_port *p = &w->lookup->ports[port];
	return (struct quick_port){.lookup = w->lookup,
				   .mac = p->mac << 16 | (!(kind & KIND_VLAN) && p->vlan),
				   .tag = rte_cpu_to_be_32((uint32_t)TYPE_VLAN << 16 | p->vlan),
				   .owner = LOOKUP_VALID >> 24 | w->id,
				   .port = port};
}

// What is wrong with an Ethernet header: 0 = nothing, but for the EtherType.
static __rte_always_inline uint64_t ethernet_odd(const struct quick_port *q, const uint8_t *p,
						 unsigned int kind)
{
	uint64_t odd = rte_le_to_cpu_64(sum_load64(p)) << 16 ^ q->mac;
	return kind & KIND_VLAN ? odd | ((sum_load32(p + 12) ^ q->tag) & rte_cpu_to_be_32(0xffff0fff)) : odd;
}

// What `at` has in the bits of `mask` that is not in `want`; both as numbers in network order.
static __rte_always_inline uint64_t odd64(const uint8_t *at, uint64_t want, uint64_t mask)
{
	return (sum_load64(at) ^ rte_cpu_to_be_64(want)) & rte_cpu_to_be_64(mask);
}

// The same of what an IP header has fixed, its length and the EtherType in front. `udp_len` counts what follows it.
static __rte_always_inline uint64_t ip_odd(const uint8_t *ip, uint64_t udp_len, unsigned int kind)
{
	if (kind & KIND_V6)
		return odd64(ip - 2, UINT64_C(0x86dd) << 48 | UINT64_C(6) << 44 | udp_len,
			     UINT64_C(0xfffff0000000ffff)) |
		       (ip[6] ^ FRAME_PROTO_UDP);
	uint32_t carry = sum_load32(ip + 6) ^ rte_cpu_to_be_32(FRAME_PROTO_UDP);
	return odd64(ip - 2, (UINT64_C(0x0800450000000000) + (FRAME_IPV4 << 16)) + (udp_len << 16),
		     UINT64_C(0xffffff00ffff0000)) |
	       (carry & rte_cpu_to_be_32(0x3fff00ff));
}

// Our address that a packet goes to. False for those of groups, of other ports, and of others.
static __rte_always_inline bool local_find(const struct quick_port *q, const uint8_t *ip, unsigned int kind,
					   unsigned int *ret_local)
{
	if (kind & KIND_V6) {
		const struct lookup_v6 *v = &q->lookup->v6[lookup_hash_v6(q->lookup, ip + 24)];
		*ret_local = v->local;
		return !memcmp(v->ip, ip + 24, 16) && v->port == q->port;
	}
	uint32_t to = sum_load32(ip + 16);
	const struct lookup_v4 *v = &q->lookup->v4[lookup_hash_v4(q->lookup, to)];
	*ret_local = v->local;
	return v->ip == to && v->port == q->port;
}

// Where the table has the stream that the usual packet of a kind is for, or NOT_USUAL.
static __rte_always_inline uint32_t slot_of(const struct quick_port *q, const struct rte_mbuf *m,
					    unsigned int kind)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *), *ip = p + kind_ip(kind),
		      *udp = p + kind_udp(kind);
	const int udp_len = m->data_len - (int)kind_udp(kind);
	uint64_t odd = ethernet_odd(q, p, kind) | ip_odd(ip, (uint64_t)udp_len, kind);
	// its length, and an even port
	odd |= odd64(udp, (uint64_t)udp_len << 16, UINT64_C(1) << 32 | UINT64_C(0xffff) << 16);
	odd |= m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD);
	if (unlikely(odd || udp_len < FRAME_MIN - UDP || !sum_load16(udp + 6)))
		return NOT_USUAL;
	if (!(kind & KIND_V6) && !(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD) && unlikely(!ipv4_intact(ip)))
		return NOT_USUAL;
	unsigned int local;
	if (unlikely(!local_find(q, ip, kind, &local)))
		return NOT_USUAL;
	return (uint32_t)(lookup_slot(q->lookup, local, host16(udp + 2)) - q->lookup->entries);
}

// Calls a stream's two lines into the cache.
static inline void stream_call(const struct worker *w, uint32_t stream)
{
	const uint8_t *s = (const uint8_t *)&w->streams[stream];
	rte_prefetch0(s);
	rte_prefetch0(s + 64);
}

// Makes a header in place into that of an IPv4 exit. `length_id` are its length and identification, as they stand in it. One that
// came stays, as a datagram that may not be fragmented may carry any (RFC 6864 s4.1).
static inline void ipv4_rewrite(uint8_t *ip, const struct media_stream *s, uint32_t length_id)
{
	uint32_t sum = s->exit.ip_sum + length_id;
	uint64_t ends;
	memcpy(&ends, &s->exit, 8);
	sum += sum < length_id;
	uint16_t ip_sum = (uint16_t)(~(sum + (sum << 16 | sum >> 16)) >> 16);
	uint32_t whole = rte_cpu_to_be_32(0x40000000 | FRAME_TTL << 8 | FRAME_PROTO_UDP);
	ip[1] = (uint8_t)(s->exit_dscp << 2);
	memcpy(ip + 6, &whole, 4);
	memcpy(ip + 10, &ip_sum, 2);
	memcpy(ip + 12, &ends, 8);
}

// Writes the IP header of an exit, and the ports, to where a packet of a kind has UDP. Returns where IP begins.
static __rte_always_inline uint8_t *exit_write(struct worker *w, uint8_t *udp, unsigned int udp_len,
					       const struct media_stream *s, unsigned int kind, bool v6)
{
	if (v6) {
		const struct frame_path path = {.src_ip = s->exit_src_ip,
						.dst_ip = s->exit_dst_ip,
						.dscp = s->exit_dscp,
						.ttl = FRAME_TTL};
		frame_store16(udp, s->exit_src_port);
		frame_store16(udp + 2, s->exit_dst_port);
		return frame_write_ipv6(udp, &path, (uint16_t)udp_len);
	}
	uint8_t *ip = udp - FRAME_IPV4;
	if (kind & KIND_V6) {
		uint32_t length_id = rte_cpu_to_be_32((udp_len + FRAME_IPV4) << 16 | w->ip_id++);
		ip[0] = 0x45;
		memcpy(ip + 2, &length_id, 4);
		ipv4_rewrite(ip, s, length_id);
	} else {
		ipv4_rewrite(ip, s, sum_load32(ip + 2));
	}
	memcpy(udp, &s->exit.ports, 4);
	return ip;
}

// Relays a packet of a kind, if it is what its stream expects. False: untouched. With `alike` only to exits of the same
// kind, which a constant makes quicker.
static __rte_always_inline bool relay_kind(struct worker *w, struct rte_mbuf *m, uint32_t stream,
					   unsigned int kind, bool alike, uint32_t units, nsec_t now)
{
	struct media_stream *s = &w->streams[stream];
	const struct hop *hop = &w->hops[s->exit_hop];
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *), *ip = p + kind_ip(kind), *udp = p + kind_udp(kind);
	const unsigned int udp_len = m->data_len - kind_udp(kind);
	const bool v6 = kind & KIND_V6;
	const uint8_t want = MEDIA_PLAIN | (v6 ? MEDIA_SOURCE_V6 : 0) | (v6 && alike ? MEDIA_EXIT_V6 : 0),
		      any = MEDIA_LAW | (alike ? 0 : MEDIA_EXIT_V6);
	uint64_t change;
	if (unlikely((s->flags & ~any) != want || memcmp(ip + (v6 ? 8 : 12), s->source_ip, v6 ? 16 : 4)))
		return false;
	if (unlikely(s->source_port != host16(udp)) && s->source_port)
		return false;
	if (unlikely(!hop_quick(hop) || (alike && hop->header_len != kind_ip(kind))))
		return false;
	const bool to_v6 = alike ? v6 : s->flags & MEDIA_EXIT_V6;
	const int shift =
		alike ? 0 : (int)(kind_udp(kind) - hop->header_len) - (to_v6 ? FRAME_IPV6 : FRAME_IPV4);
	if (unlikely(shift < 0 && (int)m->data_off + shift < 0))
		return false;
	if (unlikely(!media_relay_quick(s, udp + FRAME_UDP, udp_len - FRAME_UDP, now, units, &change)))
		return false;
	if (s->flags & MEDIA_LAW)
		change += codec_law_translate(udp + FRAME_UDP + RTP_HEADER_BYTES,
					      udp_len - FRAME_UDP - RTP_HEADER_BYTES, s->exit_codec);
	// less the source's port and the complement of what was there
	uint64_t sum = change + s->exit_change + 2 * UINT16_MAX - sum_load16(udp) - sum_load16(udp + 6);
	uint16_t udp_sum = frame_udp_checksum(sum);
	uint8_t *l3 = exit_write(w, udp, udp_len, s, kind, to_v6);
	memcpy(udp + 6, &udp_sum, 2);
	if (alike && !(kind & KIND_VLAN))
		hop_write_14(hop, p);
	else
		hop_write(hop, l3);
	if (alike)
		m->ol_flags = 0;
	else
		frame_shift(m, shift);
	tx_add(w, hop->port, m, stream);
	return true;
}

// Relays a packet by what was found, if it is of a kind and leaves as it came. False: untouched.
static __rte_always_inline bool relay(struct worker *w, struct rte_mbuf *m, uint32_t found, unsigned int kind,
				      uint32_t units, nsec_t now)
{
	return found >> KIND_SHIFT == kind &&
	       relay_kind(w, m, lookup_entry_stream(found), kind, true, units, now);
}

// Packets of a kind from which on a burst takes them by eights, where worker.wide is set.
#define QUICK_WIDE_MIN 4

// quick_find and stage_quick for the packets of a kind, by eights. The first fills the groups for the second, which leaves what
// stays from `kept` on and returns how many are left in all.
void quick_wide_find(struct worker *w, struct burst *b, unsigned int kind);
uint16_t quick_wide_pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept);

// Relays a packet by what was found, however it leaves. False: untouched.
bool quick_relay_any(struct worker *w, struct rte_mbuf *m, uint32_t found, uint32_t units, nsec_t now);

// What was left: relays what leaves otherwise than it came. Returns how many stay.
uint16_t quick_cross(struct worker *w, struct burst *b);

// Translates the payloads of `lanes` in packets that are done otherwise: those of `alaw` to A-law, the others to mu-law. UDP
// is at `udp` in all of them. `checksums` are those of UDP in the packets, as a little-endian CPU reads them, and aligned to 64; the
// packets get new ones.
void quick_law(const struct burst_group *g, struct rte_mbuf *const *packets, uint8_t lanes, uint8_t alaw,
	       const uint64_t *checksums, unsigned int udp);

typedef void kind_find(struct worker *w, struct burst *b);
typedef uint16_t kind_pass(struct worker *w, struct burst *b, uint16_t kept);

// For what comes next: a packet, and what was found.
static inline void leave(struct burst *b, uint16_t place, struct rte_mbuf *m, uint32_t found)
{
	b->notes[place].stream = found;
	b->packets[place] = m;
}
