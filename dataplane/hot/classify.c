// SPDX-License-Identifier: GPL-3.0-or-later
// classify.c - Finds the stream by address and port in one array access.
// Exits: session, handoff (another worker's stream).
// Drops: port_unknown, stream_closed (it went while its packet was handed over), handoff_full
#include "dataplane/hot/stage.h"

#include <rte_prefetch.h>

uint16_t stage_classify(struct worker *w, struct burst *b)
{
	const struct lookup *t = w->lookup;
	const struct media_stream *streams = w->streams;
	const uint16_t id = w->id, count = b->count;
	uint32_t entries[BURST_MAX];
	// First all loads, so that their misses overlap.
	for (uint16_t i = 0; i < count; i++) {
		const struct note *n = &b->notes[i];
		entries[i] = __atomic_load_n(lookup_slot(t, n->local, n->dst_port), __ATOMIC_ACQUIRE);
	}
	uint16_t kept = 0;
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = b->packets[i];
		uint32_t entry = entries[i];
		if (unlikely(!entry)) {
			worker_drop(w, m, b->handed_off ? DROP_stream_closed : DROP_port_unknown);
			continue;
		}
		if (unlikely(lookup_entry_worker(entry) != id)) {
			if (b->handed_off)
				worker_drop(w, m, DROP_stream_closed); // its port has moved on meanwhile
			else
				handoff_put(w, m, lookup_entry_worker(entry));
			continue;
		}
		struct note *n = &b->notes[kept];
		if (unlikely(kept != i))
			*n = b->notes[i];
		n->stream = lookup_entry_stream(entry);
		n->flags |= n->dst_port & 1 ? NOTE_RTCP : 0;
		const uint8_t *s = (const uint8_t *)&streams[n->stream];
		rte_prefetch0(s);
		rte_prefetch0(s + 64);
		b->packets[kept++] = m;
	}
	if (unlikely(w->handoff_pending))
		handoff_flush(w);
	return kept;
}
