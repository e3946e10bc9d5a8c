// SPDX-License-Identifier: GPL-3.0-or-later
// handoff.c - Rings between workers for packets of streams they do not own, and for packets from our streams to our streams.
// Exit: parse, at the owner; what our streams sent, at the sender's worker.
// Drops: handoff_full
#include "dataplane/hot/stage.h"

#include <rte_prefetch.h>

void handoff_put(struct worker *w, struct rte_mbuf *m, unsigned int worker)
{
	struct worker_handoff *h = &w->handoff[worker];
	h->frames[h->count++] = m;
	w->handoff_pending |= UINT64_C(1) << worker;
}

void handoff_flush(struct worker *w)
{
	for (uint64_t pending = w->handoff_pending; pending; pending &= pending - 1) {
		struct worker_handoff *h = &w->handoff[__builtin_ctzll(pending)];
		unsigned int sent = rte_ring_enqueue_burst(h->ring, (void **)h->frames, h->count, NULL);
		for (unsigned int i = sent; i < h->count; i++)
			worker_drop(w, h->frames[i], DROP_handoff_full);
		h->count = 0;
	}
	w->handoff_pending = 0;
}

uint16_t handoff_take(struct worker *w, struct burst *b)
{
	uint16_t n = (uint16_t)rte_ring_dequeue_burst(w->handoff_ring, (void **)b->packets, BURST_MAX, NULL);
	b->count = n;
	b->handed_off = true;
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->packets[i], void *));
	return n;
}

uint16_t ours_take(struct worker *w, struct burst *b)
{
	uint16_t n = (uint16_t)rte_ring_dequeue_burst(w->ours_ring, (void **)b->packets, BURST_MAX, NULL);
	b->count = n;
	b->handed_off = false;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = b->packets[i];
		m->port = (uint16_t)(m->port - HOP_OURS);
		m->ol_flags = 0; // no NIC has checked it
		rte_prefetch0(rte_pktmbuf_mtod(m, void *));
	}
	return n;
}
