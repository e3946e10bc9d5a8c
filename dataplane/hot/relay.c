// SPDX-License-Identifier: GPL-3.0-or-later
// relay.c - Rewrites Ethernet, IP and UDP of a relayed packet in place.
// Exit: tx.
// Drops: neighbor_unresolved, no_buffer (no headroom for a longer header), loop (from us to us for ever)
//
// The UDP checksum is carried over by its difference (RFC 1624), so that damage on the way in still shows on the way
// out, IPv4 and IPv6 alike: their pseudo headers differ in the addresses alone. It is computed anew where the payload
// was translated, and where an IPv4 packet without one goes out over IPv6. An absent one stays absent over IPv4.
#include "dataplane/hot/stage.h"

#include "dataplane/hot/frame.h"

enum { RTP_HEADER = 12 };

// As stage_ingest has summed it before; less than a header passes only untouched.
static inline uint64_t rtp_after(const struct note *n, const uint8_t *udp)
{
	return likely(n->len >= RTP_HEADER) ? sum_rtp(udp + FRAME_UDP) : 0;
}

// Source and destination port in one. RTCP that passes a blind relay goes between the odd ports.
static inline uint32_t exit_ports(const struct media_stream *s, const struct note *n)
{
	uint32_t ports = (uint32_t)s->exit_src_port << 16 | s->exit_dst_port;
	return n->flags & NOTE_RTCP ? ports + 0x10001 : ports;
}

static inline uint16_t udp_checksum(const struct frame_path *path, const struct note *n, const uint8_t *udp,
				    const uint8_t *old_src, bool translated)
{
	uint16_t len = (uint16_t)(n->len + FRAME_UDP);
	if (unlikely(translated || n->flags & NOTE_UNSUMMED)) {
		if (n->flags & NOTE_UNSUMMED && !path->v6)
			return 0;
		return frame_udp_checksum(frame_pseudo_sum(path, len) + sum_bytes(udp + FRAME_UDP, n->len));
	}
	bool old_v6 = n->flags & NOTE_V6;
	uint64_t old = sum_ip(old_src, old_v6) + sum_ip(old_src + (old_v6 ? 16 : 4), old_v6) +
		       sum_load32(udp) + n->rtp_before;
	// The header was rewritten a whole stage ago: reading it right after would wait for the narrow stores.
	uint64_t new = sum_ip(path->src_ip, path->v6) + sum_ip(path->dst_ip, path->v6) +
		       rte_cpu_to_be_16(path->src_port) + rte_cpu_to_be_16(path->dst_port) +
		       rtp_after(n, udp);
	return frame_udp_checksum((uint16_t)~sum_load16(udp + 6) + new + SUM_ZERO - old);
}

// IPv4 to IPv4 with a checksum and nothing translated: what nearly all relays are.
static inline void rewrite_v4(struct worker *w, const struct media_stream *s, const struct note *n,
			      uint8_t *ip, uint8_t *udp, uint16_t len, uint8_t ttl)
{
	uint32_t src = sum_load32(s->exit_src_ip), dst = sum_load32(s->exit_dst_ip);
	uint32_t ports = rte_cpu_to_be_32(exit_ports(s, n));
	uint64_t ends = (uint64_t)src + dst;
	uint64_t old = (uint64_t)sum_load32(ip + 12) + sum_load32(ip + 16) + sum_load32(udp) + n->rtp_before;
	uint64_t new = ends + ports + rtp_after(n, udp);
	uint16_t sum = frame_udp_checksum((uint16_t)~sum_load16(udp + 6) + new + SUM_ZERO - old);
	memcpy(udp, &ports, 4);
	memcpy(udp + 6, &sum, 2);
	frame_write_ipv4_sum(udp, src, dst, ends, s->exit_dscp, ttl, len, w->ip_id++);
}

// What goes back to us keeps count, for two streams could send each other the same datagram for ever (hop.h). Returns 0 when
// it is enough.
static inline uint8_t ttl_for(const struct hop *hop, const struct note *n, const uint8_t *ip)
{
	if (likely(hop->port < HOP_OURS))
		return FRAME_TTL;
	uint8_t left = ip[n->flags & NOTE_V6 ? 7 : 8];
	return left > FRAME_TTL ? FRAME_TTL - 1 : left ? (uint8_t)(left - 1) : 0;
}

static inline enum drop_reason relay_one(struct worker *w, struct rte_mbuf *m, const struct note *n)
{
	const struct media_stream *s = &w->streams[n->stream];
	const struct hop *hop = &w->hops[n->hop];
	if (unlikely(!hop_ready(hop)))
		return DROP_neighbor_unresolved;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *udp = frame + n->l4;
	uint16_t len = (uint16_t)(n->len + FRAME_UDP);
	uint8_t ttl = ttl_for(hop, n, frame + n->l3);
	if (unlikely(!ttl))
		return DROP_loop;
	if (likely(!(s->flags & (MEDIA_EXIT_V6 | MEDIA_LAW)) && !(n->flags & (NOTE_V6 | NOTE_UNSUMMED)))) {
		int shift = (int)n->l4 - FRAME_IPV4 - (int)hop->header_len;
		if (unlikely(shift < 0 && (int)m->data_off + shift < 0))
			return DROP_no_buffer;
		rewrite_v4(w, s, n, frame + n->l3, udp, len, ttl);
		hop_write(hop, udp - FRAME_IPV4);
		frame_shift(m, shift);
		return DROP_NONE;
	}
	uint32_t ports = exit_ports(s, n);
	struct frame_path path = {
		.src_ip = s->exit_src_ip,
		.dst_ip = s->exit_dst_ip,
		.src_port = (uint16_t)(ports >> 16),
		.dst_port = (uint16_t)ports,
		.dscp = s->exit_dscp,
		.ttl = ttl,
		.v6 = s->flags & MEDIA_EXIT_V6,
	};
	int start = (int)n->l4 - (path.v6 ? FRAME_IPV6 : FRAME_IPV4) - (int)hop->header_len;
	if (unlikely(start < 0 && (int)m->data_off + start < 0))
		return DROP_no_buffer;
	const uint8_t *old_src = frame + n->l3 + (n->flags & NOTE_V6 ? 8 : 12);
	uint16_t sum = udp_checksum(&path, n, udp, old_src, s->flags & MEDIA_LAW);
	hop_write(hop, frame_write_ip(udp, &path, len, w->ip_id++));
	frame_write_udp(udp, &path, len, sum);
	frame_shift(m, start);
	return DROP_NONE;
}

uint16_t stage_relay(struct worker *w, struct burst *b)
{
	uint16_t kept = 0;
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		const struct note *n = &b->notes[i];
		enum drop_reason reason = relay_one(w, m, n);
		if (unlikely(reason != DROP_NONE)) {
			media_refused(w->media, n->stream);
			worker_drop(w, m, reason);
			continue;
		}
		if (unlikely(kept != i))
			b->notes[kept] = *n;
		b->packets[kept++] = m;
	}
	return kept;
}
