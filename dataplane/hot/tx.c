// SPDX-License-Identifier: GPL-3.0-or-later
// tx.c - Gathers frames per port, sends them, counts what was refused.
// Exit: the port, the inject ring of the worker that has a queue there, or our own ring back to parse.
// Drops: tx_full
#include "dataplane/hot/stage.h"

#include <rte_ethdev.h>

void tx_send(struct worker *w, uint16_t port, struct worker_tx *tx)
{
	uint16_t n = tx->count, sent;
	if (likely(tx->direct))
		sent = rte_eth_tx_burst(port, tx->queue, tx->frames, n);
	else
		sent = (uint16_t)rte_ring_enqueue_burst(tx->via, (void **)tx->frames, n, NULL);
	if (likely(tx->direct)) {
		tx->packets += sent;
		w->counters.tx_packets += sent;
	}
	for (uint16_t i = sent; unlikely(i < n); i++) {
		if (tx->streams[i] != MEDIA_NONE)
			media_refused(w->media, tx->streams[i]);
		w->counters.drops[DROP_tx_full]++;
	}
	if (unlikely(sent < n))
		rte_pktmbuf_free_bulk(tx->frames + sent, n - sent);
	tx->count = 0;
}

void tx_send_full(struct worker *w)
{
	for (unsigned int i = 0; i < w->tx_count; i++) {
		uint16_t port = w->tx_ports[i];
		if (w->tx[port].count >= BURST_MAX)
			tx_send(w, port, &w->tx[port]);
	}
}

void tx_put(struct worker *w, uint16_t port, struct rte_mbuf *m, uint32_t stream)
{
	tx_hold(w, port, m, stream);
}

void tx_flush(struct worker *w)
{
	for (unsigned int i = 0; i < w->tx_count; i++) {
		struct worker_tx *tx = &w->tx[w->tx_ports[i]];
		if (tx->count)
			tx_send(w, w->tx_ports[i], tx);
	}
}

uint16_t stage_tx(struct worker *w, struct burst *b)
{
	for (uint16_t i = 0; i < b->count; i++) {
		tx_hold(w, w->hops[b->notes[i].hop].port, b->packets[i], b->notes[i].stream);
	}
	return 0;
}

unsigned int tx_inject(struct worker *w)
{
	struct rte_mbuf *frames[BURST_MAX];
	unsigned int n = rte_ring_dequeue_burst(w->inject_ring, (void **)frames, BURST_MAX, NULL);
	for (unsigned int i = 0; i < n; i++)
		tx_put(w, frames[i]->port, frames[i], MEDIA_NONE);
	return n;
}
