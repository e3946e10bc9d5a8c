// SPDX-License-Identifier: GPL-3.0-or-later
// dataplane.c - The main thread's turn over everything that workers send up.
#include "dataplane/dataplane.h"

#include <stdio.h>

#include <rte_ring_elem.h>

#include "dataplane/server.h"
#include "gw/codec.h"
#include "gw/mixer.h"

enum { SLOW_MAX = 64, EVENTS_MAX = 64 };

#define LINKS_LOOK (NSEC_PER_SEC / 2)

static unsigned int slow_turn(struct dataplane *dp, nsec_t now)
{
	void *frames[SLOW_MAX];
	unsigned int n = rte_ring_dequeue_burst(dp->slow_ring, frames, SLOW_MAX, NULL);
	for (unsigned int i = 0; i < n; i++)
		neigh_input(&dp->neigh, frames[i], now);
	return n;
}

static unsigned int worker_turn(struct dataplane *dp, struct mailbox *b, nsec_t now)
{
	struct worker_event events[EVENTS_MAX];
	unsigned int work = 0;
	for (struct mail *m = mailbox_reply(b); m; m = mailbox_reply(b), work++)
		server_reply(dp->server, m, now);
	unsigned int n = rte_ring_sc_dequeue_burst_elem(b->events, events, sizeof(*events), EVENTS_MAX, NULL);
	for (unsigned int i = 0; i < n; i++)
		server_event(dp->server, &events[i]);
	return work + n;
}

// Behind a link that came up may be another switch: it is told where we are.
static void links_turn(struct dataplane *dp, nsec_t now)
{
	if (now < dp->links_due)
		return;
	dp->links_due = now + LINKS_LOOK;
	for (unsigned int i = 0; i < dp->port_count; i++)
		if (port_link_came(&dp->ports[i]))
			neigh_announce(&dp->neigh, dp->ports[i].id, now);
}

unsigned int dataplane_turn(struct dataplane *dp, nsec_t now, nsec_t *ret_due)
{
	unsigned int work = slow_turn(dp, now);
	for (unsigned int i = 0; i < dp->worker_count; i++)
		work += worker_turn(dp, &dp->mailboxes[i], now);
	links_turn(dp, now);
	nsec_t neigh_due = neigh_run(&dp->neigh, now), server_due = server_run(dp->server, now);
	work += server_due <= now; // a file is being read
	*ret_due = neigh_due < server_due ? neigh_due : server_due;
	*ret_due = dp->links_due < *ret_due ? dp->links_due : *ret_due;
	return work;
}

void dataplane_kernels(const struct dataplane *dp, char *ret, size_t cap)
{
	bool wide = dp->worker_count && dp->workers[0]->wide;
	snprintf(ret, cap, "relay %s, law %s, mix %s", wide ? "avx512" : "scalar", codec_law_kernel(),
		 mixer_kernel());
}

uint64_t dataplane_drops(const struct dataplane *dp, enum drop_reason reason)
{
	uint64_t sum = dp->neigh.drops[reason];
	for (unsigned int i = 0; i < dp->worker_count; i++)
		sum += __atomic_load_n(&dp->workers[i]->counters.drops[reason], __ATOMIC_RELAXED);
	return sum;
}
