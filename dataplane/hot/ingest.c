// SPDX-License-Identifier: GPL-3.0-or-later
// ingest.c - Hands RTP and RTCP to gw/media, and frees what it has taken.
// Exits: relay (header rewritten in place, or untouched where a relay is blind), queued (payload copied), rtcp.
// Drops: whatever gw/media names.
#include "dataplane/hot/stage.h"

#include <rte_prefetch.h>

#include "dataplane/hot/sum.h"

enum { UDP_HEADER = 8, RTP_HEADER = 12 };

static enum media_verdict take_rtcp(struct worker *w, const struct note *n, const uint8_t *rtcp,
				    enum drop_reason *ret_drop)
{
	if (media_is_blind(w->media, n->stream))
		return media_blind_ingest(w->media, n->stream, rtcp, n->len, true, w->now, ret_drop);
	*ret_drop = media_rtcp_ingest(w->media, n->stream, rtcp, n->len, w->now);
	return *ret_drop == DROP_NONE ? MEDIA_QUEUED : MEDIA_DROPPED;
}

// Voices live far apart: all of a burst's are called for before the first is touched.
static void voices_call(const struct worker *w, const struct burst *b)
{
	uint32_t streams[BURST_MAX];
	unsigned int n = 0;
	for (uint16_t i = 0; i < b->count; i++)
		if (w->streams[b->notes[i].stream].flags & MEDIA_VOICE)
			streams[n++] = b->notes[i].stream;
	if (n)
		media_prefetch(w->media, streams, n);
}

uint16_t stage_ingest(struct worker *w, struct burst *b)
{
	uint16_t kept = 0;
	voices_call(w, b);
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		struct note *n = &b->notes[i];
		uint8_t *rtp = rte_pktmbuf_mtod(m, uint8_t *) + n->l4 + UDP_HEADER;
		n->rtp_before = likely(n->len >= RTP_HEADER) ? sum_rtp(rtp) : 0;
		enum drop_reason reason = DROP_NONE;
		enum media_verdict verdict =
			unlikely(n->flags & NOTE_RTCP)
				? take_rtcp(w, n, rtp, &reason)
				: media_ingest(w->media, n->stream, rtp, n->len, w->now, &reason);
		if (likely(verdict == MEDIA_RELAYED)) {
			n->hop = w->streams[n->stream].exit_hop;
			rte_prefetch0(&w->hops[n->hop]);
			if (kept != i)
				b->notes[kept] = *n;
			b->packets[kept++] = m;
		} else if (verdict == MEDIA_QUEUED) {
			w->garbage[w->garbage_count++] = m;
		} else {
			worker_drop(w, m, reason);
		}
	}
	return kept;
}
