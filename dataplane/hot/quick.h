// SPDX-License-Identifier: GPL-3.0-or-later
// quick.h - What the quick relays share: which packet is usual, and the relay of one.
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

static inline uint16_t host16(const uint8_t *p)
{
	return rte_be_to_cpu_16(sum_load16(p));
}

// One's-complement sum of an IPv4 header without options, in 64 bits.
static inline uint64_t sum_header(const uint8_t *ip)
{
	uint64_t a, b;
	memcpy(&a, ip, 8);
	memcpy(&b, ip + 8, 8);
	return media_sum(media_sum(a, b), sum_load32(ip + 16));
}

// The stream that the usual packet is for, or NOT_USUAL. `port` is where it came from, `owner` the top byte of our
// entries.
static inline uint32_t stream_of(const struct lookup *t, uint16_t port, uint32_t owner,
				 const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	uint64_t mac;
	memcpy(&mac, p, 8);
	unsigned int total = host16(p + ETH + 2), udp_len = host16(p + UDP + 4), to = host16(p + UDP + 2);
	uint32_t type = sum_load32(p + 12) ^ rte_cpu_to_be_32(0x08004500);
	uint32_t carry = sum_load32(p + ETH + 6) ^ rte_cpu_to_be_32(FRAME_PROTO_UDP);
	uint64_t odd = (rte_le_to_cpu_64(mac) ^ t->ports[port].mac) << 16 | t->ports[port].vlan;
	odd |= (type & rte_cpu_to_be_32(0xffffff00)) | (carry & rte_cpu_to_be_32(0x3fff00ff));
	odd |= (total ^ (m->data_len - ETH)) | (udp_len ^ (m->data_len - UDP)) | (to & 1) | (m->port ^ port);
	odd |= m->ol_flags & (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD);
	if (unlikely(odd || total < FRAME_MIN - ETH || !sum_load16(p + UDP + 6)))
		return NOT_USUAL;
	if (!(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD) &&
	    unlikely(sum_fold(sum_header(p + ETH)) != UINT16_MAX))
		return NOT_USUAL;
	uint32_t ip = sum_load32(p + ETH + 16);
	const struct lookup_v4 *v = &t->v4[lookup_hash_v4(ip)];
	if (unlikely(v->ip != ip || v->local == LOCAL_NONE || v->port != port))
		return NOT_USUAL;
	uint32_t entry = __atomic_load_n(lookup_slot(t, v->local, (uint16_t)to), __ATOMIC_ACQUIRE);
	return likely(entry >> 24 == owner) ? lookup_entry_stream(entry) : NOT_USUAL;
}

// Writes what changes in the headers. Length and identification stay, as a datagram that may not be fragmented
// may carry any (RFC 6864 s4.1).
static inline void rewrite(uint8_t *p, const struct media_stream *s, const struct hop *hop,
			   uint64_t rtp_change)
{
	uint32_t length_id = sum_load32(p + ETH + 2), from = sum_load16(p + UDP);
	uint64_t ends;
	memcpy(&ends, &s->exit, 8);
	uint64_t udp =
		(uint64_t)(uint16_t)~sum_load16(p + UDP + 6) + s->exit.udp_change + (UINT16_MAX - from);
	uint16_t udp_sum = frame_udp_checksum(media_sum(rtp_change, udp));
	uint32_t sum = s->exit.ip_sum + (length_id & UINT16_MAX) + (length_id >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	uint16_t ip_sum = (uint16_t) ~(sum + (sum >> 16));
	uint32_t whole = rte_cpu_to_be_32(0x40000000 | FRAME_TTL << 8 | FRAME_PROTO_UDP);
	hop_write_14(hop, p);
	p[ETH + 1] = (uint8_t)(s->exit_dscp << 2);
	memcpy(p + ETH + 6, &whole, 4);
	memcpy(p + ETH + 10, &ip_sum, 2);
	memcpy(p + ETH + 12, &ends, 8);
	memcpy(p + UDP, &s->exit.ports, 4);
	memcpy(p + UDP + 6, &udp_sum, 2);
}

// Relays the packet, if it is what its stream expects. False: untouched.
static inline bool relay(struct worker *w, struct rte_mbuf *m, uint32_t stream, uint32_t units, nsec_t now)
{
	struct media_stream *s = &w->streams[stream];
	const struct hop *hop = &w->hops[s->exit_hop];
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t from = host16(p + UDP);
	uint64_t rtp_change;
	if (unlikely((s->flags & ~MEDIA_LAW) != MEDIA_PLAIN ||
		     sum_load32(p + ETH + 12) != sum_load32(s->source_ip)))
		return false;
	if (unlikely(s->source_port != from && s->source_port))
		return false;
	if (unlikely(!hop_ready(hop) || hop->header_len != ETH))
		return false;
	if (unlikely(!media_relay_quick(s, p + RTP, m->data_len - RTP, now, units, &rtp_change)))
		return false;
	if (s->flags & MEDIA_LAW)
		rtp_change = media_sum(rtp_change, codec_law_translate(p + RTP + RTP_HEADER_BYTES,
								       m->data_len - RTP - RTP_HEADER_BYTES,
								       s->exit_codec));
	rewrite(p, s, hop, rtp_change);
	m->ol_flags = 0;
	tx_add(w, hop->port, m, stream);
	return true;
}

// Finds the packet's stream and calls its two lines into the cache.
static inline uint32_t stream_call(const struct worker *w, uint16_t port, uint32_t owner,
				   const struct rte_mbuf *m)
{
	uint32_t stream = stream_of(w->lookup, port, owner, m);
	const uint8_t *s = (const uint8_t *)&w->streams[likely(stream != NOT_USUAL) ? stream : 0];
	rte_prefetch0(s);
	rte_prefetch0(s + 64);
	return stream;
}

// Translates the payloads of `lanes` in packets that are done otherwise: those of `alaw` to A-law, the others to mu-law.
// `checksums` are those of UDP in the packets, as a little-endian CPU reads them, and aligned to 64; the packets get new ones.
void quick_law(const struct burst_group *g, struct rte_mbuf *const *packets, uint8_t lanes, uint8_t alaw,
	       const uint64_t *checksums);

// For the next stage, which need not look the stream up again.
static inline void leave(struct burst *b, uint16_t place, struct rte_mbuf *m, uint32_t stream)
{
	b->notes[place].stream = stream;
	b->packets[place] = m;
}
