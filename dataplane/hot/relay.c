// SPDX-License-Identifier: GPL-3.0-or-later
// relay.c - Rewrites Ethernet, IP and UDP of a relayed packet in place.
// Exit: tx.
// Drops: neighbor_unresolved, no_buffer (no headroom for a longer header)
//
// The UDP checksum is carried over by its difference (RFC 1624), so that damage on the way in still shows on the way
// out, IPv4 and IPv6 alike: their pseudo headers differ in the addresses alone. It is computed anew where the payload
// was translated, and where an IPv4 packet without one goes out over IPv6. An absent one stays absent over IPv4.
#include "dataplane/hot/stage.h"

#include "dataplane/hot/frame.h"

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
	uint64_t old = sum_ip(old_src, old_v6) + sum_ip(old_src + (old_v6 ? 16 : 4), old_v6) + sum_load32(udp);
	uint64_t new = sum_ip(path->src_ip, path->v6) + sum_ip(path->dst_ip, path->v6) +
		       rte_cpu_to_be_16(path->src_port) + rte_cpu_to_be_16(path->dst_port);
	uint64_t sum = (uint16_t)~sum_load16(udp + 6);
	return frame_udp_checksum(sum + n->rtp_delta + new + (uint16_t)~sum_fold(old));
}

static inline enum drop_reason relay_one(struct worker *w, struct rte_mbuf *m, const struct note *n)
{
	const struct media_stream *s = &w->streams[n->stream];
	const struct hop *hop = &w->hops[n->hop];
	if (unlikely(!hop_ready(hop)))
		return DROP_neighbor_unresolved;
	struct frame_path path = {
		.src_ip = s->exit_src_ip,
		.dst_ip = s->exit_dst_ip,
		.src_port = s->exit_src_port,
		.dst_port = s->exit_dst_port,
		.dscp = s->exit_dscp,
		.v6 = s->flags & MEDIA_EXIT_V6,
	};
	int start = (int)n->l4 - (path.v6 ? FRAME_IPV6 : FRAME_IPV4) - (int)hop->header_len;
	if (unlikely(start < 0 && (int)m->data_off + start < 0))
		return DROP_no_buffer;
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *), *udp = frame + n->l4;
	const uint8_t *old_src = frame + n->l3 + (n->flags & NOTE_V6 ? 8 : 12);
	uint16_t len = (uint16_t)(n->len + FRAME_UDP);
	uint16_t sum = udp_checksum(&path, n, udp, old_src, s->flags & MEDIA_LAW);
	hop_write(hop, frame_write_ip(udp, &path, len, w->ip_id++));
	frame_write_udp(udp, &path, len, sum);
	m->data_off = (uint16_t)(m->data_off + start);
	m->data_len = (uint16_t)(m->data_len - start);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
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
