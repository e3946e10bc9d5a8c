// SPDX-License-Identifier: GPL-3.0-or-later
// rx.c - Polls a queue and prefetches.
// Exit: parse.
#include "dataplane/hot/stage.h"

#include <rte_ethdev.h>
#include <rte_prefetch.h>

uint16_t rx_poll(struct worker *w, const struct worker_rx *rx, struct burst *b)
{
	uint16_t n = rte_eth_rx_burst(rx->port, rx->queue, b->packets, BURST_MAX);
	b->count = n;
	b->handed_off = false;
	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(b->packets[i], void *));
	w->counters.rx_packets += n;
	return n;
}
