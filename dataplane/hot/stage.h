// SPDX-License-Identifier: GPL-3.0-or-later
// stage.h - The stages of the packet path, in the order in which they run.
//
// Each takes a burst, keeps what goes on to the next stage at its front and returns how many those are. Each file
// names its exits and drop reasons at its top. Owner worker only.
#pragma once

#include "dataplane/worker.h"

typedef uint16_t stage_fn(struct worker *w, struct burst *b);

stage_fn stage_quick;
stage_fn stage_voice;
stage_fn stage_parse;
stage_fn stage_classify;
stage_fn stage_session;
stage_fn stage_ingest;
stage_fn stage_relay;
stage_fn stage_tx;

// Before stage_quick: finds the streams of the usual packets and calls them into the cache. A while may pass in between, but
// no command of the mailbox.
void quick_find(struct worker *w, struct burst *b);

// True when this CPU can take eight packets at a time, and translate laws so.
bool quick_wide_fits(void);
bool quick_law_fits(void);

// Fills a burst from a queue. Returns its count.
uint16_t rx_poll(struct worker *w, const struct worker_rx *rx, struct burst *b);

// Fills a burst with what other workers handed over, or with what our own streams sent to streams of ours. Returns its count.
uint16_t handoff_take(struct worker *w, struct burst *b);
uint16_t ours_take(struct worker *w, struct burst *b);

// Keeps a packet for another worker; handoff_flush passes it on.
void handoff_put(struct worker *w, struct rte_mbuf *m, unsigned int worker);
void handoff_flush(struct worker *w);

// Sends what is held for a port.
void tx_send(struct worker *w, uint16_t port, struct worker_tx *tx);

// Holds a frame for a port and sends nothing: a burst fits beside what may be held. tx_send_full must follow.
static inline void tx_add(struct worker *w, uint16_t port, struct rte_mbuf *m, uint32_t stream)
{
	if (unlikely(port != w->tx_last_port)) {
		w->tx_last_port = port;
		w->tx_last = &w->tx[port];
	}
	struct worker_tx *tx = w->tx_last;
	unsigned int n = tx->count++;
	m->port = port;
	tx->frames[n] = m;
	tx->streams[n] = stream;
}

// Sends where a burst or more is held.
void tx_send_full(struct worker *w);

// The same as tx_put, inline.
static inline void tx_hold(struct worker *w, uint16_t port, struct rte_mbuf *m, uint32_t stream)
{
	tx_add(w, port, m, stream);
	if (unlikely(w->tx[port].count >= BURST_MAX))
		tx_send(w, port, &w->tx[port]);
}

// Holds a frame for a port; sent when enough are there or by tx_flush.
void tx_put(struct worker *w, uint16_t port, struct rte_mbuf *m, uint32_t stream);
void tx_flush(struct worker *w);

// Sends frames that came ready-made through the inject ring. Returns how many.
unsigned int tx_inject(struct worker *w);

// Runs the media clock for a slice of time and sends what it says; what is left is due at the next turn. Returns how many
// packets were made, at least 1 where any work was done.
unsigned int tick_run(struct worker *w);

// Says goodbye for a stream that is about to be closed, if it has sent anything.
void tick_bye(struct worker *w, uint32_t stream);

// Sends due RTCP, at most BURST_MAX packets. Returns how many.
unsigned int tick_rtcp(struct worker *w);
