// SPDX-License-Identifier: GPL-3.0-or-later
// session.c - Checks that the source is the signalled one and that the datagram arrived whole.
// Exit: ingest.
// Drops: stream_closed source_mismatch loop udp_checksum
//
// RTCP is held to the same address as RTP, never to the port: far ends behind a relay may send it from anywhere.
// A stream without a source lock still believes no packet that claims one of our own addresses (loop).
#include "dataplane/hot/stage.h"

#include "dataplane/hot/frame.h"

static inline bool from_us(const struct worker *w, const struct note *n, const uint8_t *src)
{
	unsigned int local = n->flags & NOTE_V6 ? lookup_local_v6(w->lookup, src)
						: lookup_local_v4(w->lookup, sum_load32(src));
	return local != LOCAL_NONE;
}

static inline bool source_matches(const struct media_stream *s, const struct note *n, const uint8_t *src)
{
	bool v6 = n->flags & NOTE_V6;
	if (v6 != !!(s->flags & MEDIA_SOURCE_V6))
		return false;
	if (s->source_port && s->source_port != n->src_port && !(n->flags & NOTE_RTCP))
		return false;
	return v6 ? memcmp(s->source_ip, src, 16) == 0 : memcmp(s->source_ip, src, 4) == 0;
}

static inline enum drop_reason session_one(const struct worker *w, const struct rte_mbuf *m,
					   const struct note *n)
{
	const struct media_stream *s = &w->streams[n->stream];
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint8_t *src = frame + n->l3 + (n->flags & NOTE_V6 ? 8 : 12);
	if (unlikely(!(s->flags & MEDIA_OPEN)))
		return DROP_stream_closed;
	if (likely(s->flags & MEDIA_SOURCE_LOCK)) {
		if (unlikely(!source_matches(s, n, src)))
			return DROP_source_mismatch;
	} else if (unlikely(from_us(w, n, src))) {
		return DROP_loop;
	}
	if ((s->flags & MEDIA_VOICE || n->flags & NOTE_RTCP) && !(n->flags & NOTE_CHECKED) &&
	    !frame_udp_intact(src, n->flags & NOTE_V6, frame + n->l4, (uint16_t)(n->len + FRAME_UDP)))
		return DROP_udp_checksum;
	return DROP_NONE;
}

uint16_t stage_session(struct worker *w, struct burst *b)
{
	uint16_t kept = 0;
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		enum drop_reason reason = session_one(w, m, &b->notes[i]);
		if (unlikely(reason != DROP_NONE)) {
			worker_drop(w, m, reason);
			continue;
		}
		if (unlikely(kept != i))
			b->notes[kept] = b->notes[i];
		b->packets[kept++] = m;
	}
	return kept;
}
