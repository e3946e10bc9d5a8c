// SPDX-License-Identifier: GPL-3.0-or-later
// quick.c - The relay of the packet that nearly all are, from Ethernet to Ethernet in two short loops.
// Exits: tx (all done), parse (any other packet, untouched).
//
// The usual packet: untagged, IPv4 without options, whole, with a UDP checksum, for a stream of ours that relays IPv4 to
// IPv4, payload untouched; from its locked source, and next in its sequence. It needs none of the questions that the
// other stages ask, and its headers are read and written once. A packet that differs in anything goes on to parse as
// it came, and every drop is named there. No stream's packets change places: one that comes behind a packet left over
// is not next in sequence, so that it is left over too.
//
// The first loop reads headers and calls the streams' two lines into the cache, the second one works.
#include "dataplane/hot/stage.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

#include "dataplane/hot/frame.h"

enum { ETH = 14, UDP = ETH + FRAME_IPV4, RTP = UDP + FRAME_UDP, FRAME_MIN = RTP + RTP_HEADER_BYTES + 1 };

#define NOT_USUAL UINT32_MAX

static inline uint16_t host16(const uint8_t *p)
{
	return rte_be_to_cpu_16(sum_load16(p));
}

// The stream that the usual packet is for, or NOT_USUAL.
static inline uint32_t stream_of(const struct lookup *t, uint32_t owner, const struct rte_mbuf *m,
				 const uint8_t *p)
{
	const struct lookup_port *port = &t->ports[m->port];
	uint64_t mac;
	memcpy(&mac, p, 8);
	unsigned int total = host16(p + ETH + 2), udp_len = host16(p + UDP + 4), to = host16(p + UDP + 2);
	uint32_t type = sum_load32(p + 12) ^ rte_cpu_to_be_32(0x08004500);
	uint32_t carry = sum_load32(p + ETH + 6) ^ rte_cpu_to_be_32(FRAME_PROTO_UDP);
	uint64_t odd = (rte_le_to_cpu_64(mac) ^ port->mac) << 16 | port->vlan;
	odd |= (type & rte_cpu_to_be_32(0xffffff00)) | (carry & rte_cpu_to_be_32(0x3fff00ff));
	odd |= (total ^ (udp_len + FRAME_IPV4)) | (to & 1);
	odd |= m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD);
	if (unlikely(odd || total < FRAME_MIN - ETH || total + ETH > m->data_len || !sum_load16(p + UDP + 6)))
		return NOT_USUAL;
	if (unlikely(!(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD) &&
		     sum_fold(sum_ipv4(p + ETH)) != UINT16_MAX))
		return NOT_USUAL;
	uint32_t ip = sum_load32(p + ETH + 16);
	const struct lookup_v4 *v = &t->v4[lookup_hash_v4(ip)];
	if (unlikely(v->ip != ip || v->local == LOCAL_NONE || t->port_of[v->local] != m->port))
		return NOT_USUAL;
	uint32_t entry = __atomic_load_n(lookup_slot(t, v->local, (uint16_t)to), __ATOMIC_ACQUIRE);
	return likely(entry >> 24 == owner) ? lookup_entry_stream(entry) : NOT_USUAL;
}

// All of it is known to be as the stream expects: writes the new headers.
static inline void rewrite(struct rte_mbuf *m, uint8_t *p, const struct media_stream *s,
			   const struct hop *hop, uint64_t rtp_change, uint16_t ip_id)
{
	uint16_t udp_len = sum_load16(p + UDP + 4), total = sum_load16(p + ETH + 2),
		 from = sum_load16(p + UDP);
	uint64_t ends;
	memcpy(&ends, &s->exit, 8);
	uint64_t sum = (uint64_t)(uint16_t)~sum_load16(p + UDP + 6) + s->exit.udp_change + rtp_change;
	uint16_t udp_sum = frame_udp_checksum(sum + UINT16_MAX - from);
	uint32_t ip_sum = (uint32_t)s->exit.ip_sum + total + ip_id;
	ip_sum = (ip_sum & UINT16_MAX) + (ip_sum >> 16);
	ip_sum = (ip_sum + (ip_sum >> 16)) ^ UINT16_MAX;
	uint8_t *ip = p + ETH;
	hop_write(hop, ip);
	uint32_t w0 = rte_cpu_to_be_32(UINT32_C(0x45000000) | (uint32_t)s->exit_dscp << 18);
	uint32_t w1 = rte_cpu_to_be_32(0x4000);
	uint32_t w2 = rte_cpu_to_be_32((uint32_t)FRAME_TTL << 24 | FRAME_PROTO_UDP << 16);
	uint16_t check = (uint16_t)ip_sum;
	memcpy(ip, &w0, 4);
	memcpy(ip + 2, &total, 2);
	memcpy(ip + 4, &w1, 4);
	memcpy(ip + 4, &ip_id, 2);
	memcpy(ip + 8, &w2, 4);
	memcpy(ip + 10, &check, 2);
	memcpy(ip + 12, &ends, 8);
	memcpy(p + UDP, &s->exit.ports, 4);
	memcpy(p + UDP + 6, &udp_sum, 2);
	m->data_len = (uint16_t)(rte_be_to_cpu_16(udp_len) + UDP); // cuts Ethernet padding off
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
}

// Relays the packet, if it is what its stream expects. False: untouched.
static inline bool relay(struct worker *w, struct rte_mbuf *m, uint32_t stream, uint32_t units)
{
	struct media_stream *s = &w->streams[stream];
	const struct hop *hop = &w->hops[s->exit_hop];
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t rtp_change;
	if (unlikely(s->flags != MEDIA_PLAIN || sum_load32(p + ETH + 12) != sum_load32(s->source_ip) ||
		     (s->source_port && s->source_port != host16(p + UDP))))
		return false;
	if (unlikely(!hop_ready(hop) || hop->header_len != ETH))
		return false;
	unsigned int len = host16(p + UDP + 4) - FRAME_UDP;
	if (unlikely(!media_relay_quick(s, p + RTP, len, w->now, units, &rtp_change)))
		return false;
	rewrite(m, p, s, hop, rtp_change, w->ip_id++);
	tx_hold(w, hop->port, m, stream);
	return true;
}

uint16_t stage_quick(struct worker *w, struct burst *b)
{
	const uint32_t owner = LOOKUP_VALID >> 24 | w->id, units = media_units(w->media, w->now);
	const uint16_t count = b->count;
	uint32_t streams[BURST_MAX];
	for (uint16_t i = 0; i < count; i++) {
		const struct rte_mbuf *m = b->packets[i];
		streams[i] = stream_of(w->lookup, owner, m, rte_pktmbuf_mtod(m, const uint8_t *));
		if (unlikely(streams[i] == NOT_USUAL))
			continue;
		const uint8_t *s = (const uint8_t *)&w->streams[streams[i]];
		rte_prefetch0(s);
		rte_prefetch0(s + 64);
	}
	uint16_t kept = 0;
	for (uint16_t i = 0; i < count; i++)
		if (unlikely(streams[i] == NOT_USUAL || !relay(w, b->packets[i], streams[i], units)))
			b->packets[kept++] = b->packets[i];
	return kept;
}
