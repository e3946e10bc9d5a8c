// SPDX-License-Identifier: GPL-3.0-or-later
// voice.c - The usual packet of a stream that is mixed: from its headers straight to its jitter buffer.
// Exits: queued (payload copied), parse (any other packet, untouched).
// Drops: udp_checksum, and whatever gw/media names.
//
// quick.c has checked Ethernet, IPv4 and UDP of the packet that is usual, and found its stream. Where that one is mixed and
// knows its source, the checks that are left are few, and the packet skips four stages. One that comes behind an unusual
// packet of its stream may overtake it in a burst: the jitter buffer puts them in order.
//
// Voices live far apart: all of a burst's are called for before the first is touched.
#include "dataplane/hot/stage.h"

#include <rte_prefetch.h>

#include "dataplane/hot/frame.h"

enum { IP = 14, UDP = IP + FRAME_IPV4, RTP = UDP + FRAME_UDP };

#define MIXED (MEDIA_OPEN | MEDIA_RECV | MEDIA_SOURCE_LOCK | MEDIA_VOICE)

// Whether a packet that quick.c found usual is for the jitter buffer of its stream. A transcode's telephone-events may have
// to go on: it has an exit.
static inline bool is_ours(const struct worker *w, const struct rte_mbuf *m, uint32_t stream)
{
	if (stream == MEDIA_NONE)
		return false;
	const struct media_stream *s = &w->streams[stream];
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	if (s->flags != MIXED || sum_load32(p + IP + 12) != sum_load32(s->source_ip))
		return false;
	return !s->source_port || s->source_port == rte_be_to_cpu_16(sum_load16(p + UDP));
}

static inline void take(struct worker *w, struct rte_mbuf *m, uint32_t stream)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t len = (uint16_t)(m->data_len - UDP);
	enum drop_reason reason;
	if (!(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_GOOD) &&
	    unlikely(!frame_udp_intact(p + IP + 12, false, p + UDP, len)))
		worker_drop(w, m, DROP_udp_checksum);
	else if (unlikely(media_ingest(w->media, stream, p + RTP, len - FRAME_UDP, w->now, &reason) ==
			  MEDIA_DROPPED))
		worker_drop(w, m, reason);
	else
		w->garbage[w->garbage_count++] = m;
}

uint16_t stage_voice(struct worker *w, struct burst *b)
{
	struct rte_mbuf *packets[BURST_MAX];
	uint32_t streams[BURST_MAX];
	uint16_t kept = 0, n = 0;
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		if (!is_ours(w, m, b->notes[i].stream)) {
			b->packets[kept++] = m;
			continue;
		}
		const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
		for (unsigned int line = 64; line < 256; line += 64)
			rte_prefetch0(p + line);
		streams[n] = b->notes[i].stream;
		packets[n++] = m;
	}
	if (n)
		media_prefetch(w->media, streams, n);
	for (uint16_t i = 0; i < n; i++)
		take(w, packets[i], streams[i]);
	return kept;
}
