// SPDX-License-Identifier: GPL-3.0-or-later
// tick.c - Runs due phases of gw/media and wraps its packets in frames.
// Exit: tx.
// Drops: no_buffer neighbor_unresolved
//
// gw/media writes RTP straight into an empty frame, behind room for the headers.
//
// Coders may have work for a millisecond on end, and for much longer after the CPU was taken away. Packets that are relayed
// must not wait for that: a turn gives the media clock one slice, and the next one begins with the ports again.
#include "dataplane/hot/stage.h"

#include <rte_prefetch.h>

#include "dataplane/hot/frame.h"

#define SLICE_NS (100 * NSEC_PER_USEC)

static void garbage_free(struct worker *w)
{
	if (!w->garbage_count)
		return;
	rte_pktmbuf_free_bulk(w->garbage, w->garbage_count);
	w->garbage_count = 0;
}

// Keeps BURST_MAX empty frames at hand. Returns how many there are.
static unsigned int spare_fill(struct worker *w)
{
	unsigned int missing = BURST_MAX - w->spare_count;
	if (missing && rte_pktmbuf_alloc_bulk(w->pool, w->spare + w->spare_count, missing) == 0)
		w->spare_count = BURST_MAX;
	else if (unlikely(missing))
		w->counters.drops[DROP_no_buffer]++;
	return w->spare_count;
}

// Puts headers in front of `len` bytes of RTP or RTCP (port_offset 1) at the frame's data, and sends it.
static void wrap(struct worker *w, struct rte_mbuf *m, uint16_t len, uint32_t stream, uint16_t port_offset)
{
	struct media_route route;
	bool open = media_stream_route(w->media, stream, &route);
	const struct hop *hop = &w->hops[open ? route.hop : HOP_NONE];
	if (unlikely(!hop_ready(hop))) {
		media_refused(w->media, stream);
		worker_drop(w, m, DROP_neighbor_unresolved);
		return;
	}
	struct frame_path path = {
		.src_ip = route.src_ip,
		.dst_ip = route.dst_ip,
		.src_port = (uint16_t)(route.src_port + port_offset),
		.dst_port = (uint16_t)(route.dst_port + port_offset),
		.dscp = route.dscp,
		.v6 = route.v6,
	};
	path.ttl = frame_to_group(path.dst_ip, path.v6) ? w->group_ttl : FRAME_TTL;
	uint8_t *payload = rte_pktmbuf_mtod(m, uint8_t *), *udp = payload - FRAME_UDP;
	uint16_t udp_len = (uint16_t)(len + FRAME_UDP);
	uint8_t *ip = frame_write_ip(udp, &path, udp_len, w->ip_id++);
	uint16_t header = (uint16_t)(hop->header_len + (payload - ip));
	uint64_t sum = frame_pseudo_sum(&path, udp_len);
	hop_write(hop, ip);
	if (w->tx[hop->port].offload_udp) {
		// The NIC adds the payload and the ports to the pseudo header's sum.
		sum -= (uint64_t)rte_cpu_to_be_16(udp_len) + rte_cpu_to_be_16(path.src_port) +
		       rte_cpu_to_be_16(path.dst_port);
		frame_write_udp(udp, &path, udp_len, sum_fold(sum));
		m->l2_len = hop->header_len;
		m->l3_len = path.v6 ? FRAME_IPV6 : FRAME_IPV4;
		m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | (path.v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
	} else {
		frame_write_udp(udp, &path, udp_len, frame_udp_checksum(sum + sum_bytes(payload, len)));
	}
	m->data_off = (uint16_t)(m->data_off - header);
	m->data_len = (uint16_t)(header + len);
	m->pkt_len = m->data_len;
	tx_put(w, hop->port, m, stream);
}

unsigned int tick_run(struct worker *w)
{
	unsigned int total = 0, made = BURST_MAX;
	nsec_t slice = SLICE_NS;
	while (made == BURST_MAX && media_tick_due(w->media) <= w->now && spare_fill(w) == BURST_MAX) {
		struct media_frame frames[BURST_MAX];
		for (unsigned int i = 0; i < BURST_MAX; i++) {
			frames[i].rtp = rte_pktmbuf_mtod(w->spare[i], uint8_t *);
			rte_prefetch0(frames[i].rtp - FRAME_UDP); // headers
			rte_prefetch0(frames[i].rtp);
		}
		made = media_tick(w->media, w->now, &slice, frames, BURST_MAX);
		for (unsigned int i = 0; i < made; i++)
			wrap(w, w->spare[i], frames[i].len, frames[i].stream, 0);
		w->spare_count = (uint16_t)(BURST_MAX - made);
		memmove(w->spare, w->spare + made, sizeof(*w->spare) * w->spare_count);
		garbage_free(w);
		total += made;
	}
	return total ? total : slice < SLICE_NS;
}

static uint64_t ntp_now(const struct worker *w)
{
	uint64_t wall = w->now + (uint64_t)w->ntp_offset;
	return (wall / NSEC_PER_SEC + UINT64_C(2208988800)) << 32 |
	       ((wall % NSEC_PER_SEC) << 32) / NSEC_PER_SEC;
}

void tick_bye(struct worker *w, uint32_t stream)
{
	if (!spare_fill(w))
		return;
	struct rte_mbuf *m = w->spare[w->spare_count - 1];
	unsigned int len =
		media_rtcp_bye(w->media, stream, w->now, ntp_now(w), rte_pktmbuf_mtod(m, uint8_t *));
	if (!len)
		return;
	w->spare_count--;
	wrap(w, m, (uint16_t)len, stream, 1);
	garbage_free(w);
}

unsigned int tick_rtcp(struct worker *w)
{
	unsigned int n = 0;
	uint64_t ntp = ntp_now(w);
	while (n < BURST_MAX && spare_fill(w)) {
		struct rte_mbuf *m = w->spare[w->spare_count - 1];
		uint32_t stream;
		unsigned int len =
			media_rtcp_next(w->media, w->now, ntp, rte_pktmbuf_mtod(m, uint8_t *), &stream);
		if (!len)
			break;
		w->spare_count--;
		wrap(w, m, (uint16_t)len, stream, 1);
		n++;
	}
	garbage_free(w);
	return n;
}
