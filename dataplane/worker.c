// SPDX-License-Identifier: GPL-3.0-or-later
// worker.c - One lcore: its loop, and what it does when there is nothing to do.
//
// Idle policy. `poll` never sleeps. `adaptive` naps after a few empty turns: while streams are open for 200 us, or as long as some
// packets take to gather where that is less, 4 ms when there are none, and never past the next media tick. The nap is what
// makes it cheap: a kernel port sends a burst for the price of one call, where turns that find nothing only burn time.
#include "dataplane/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_malloc.h>
#include <rte_pause.h>

#include "dataplane/hot/stage.h"
#include "dataplane/mailbox.h"

#define SPINS_MAX    2
#define NAP_MIN_NS   (50 * NSEC_PER_USEC)
#define NAP_MAX_NS   (200 * NSEC_PER_USEC)
#define NAP_GATHERS  8 // packets: a nap costs no more than one of them
#define NAP_SMOOTH   8
#define NAP_EMPTY_NS (4 * NSEC_PER_MSEC)
#define PUT_OFF_MAX  8 // turns
#define UPKEEP_NS    (1 * NSEC_PER_MSEC)

nsec_t worker_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

static int64_t wall_offset(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * (int64_t)NSEC_PER_SEC + t.tv_nsec - (int64_t)worker_clock();
}

static struct rte_ring *ring_make(const char *name, unsigned int id, unsigned int count, int socket)
{
	char text[RTE_RING_NAMESIZE];
	snprintf(text, sizeof(text), "%s_%u", name, id);
	return rte_ring_create(text, count, socket, RING_F_SC_DEQ);
}

int worker_new(const struct worker_options *o, struct worker **ret)
{
	struct worker *w = rte_zmalloc_socket("worker", sizeof(*w), RTE_CACHE_LINE_SIZE, o->socket);
	if (!w)
		return -ENOMEM;
	void *media = rte_zmalloc_socket("media", media_size(&o->limits), 64, o->socket);
	w->handles = rte_zmalloc_socket("handles", sizeof(*w->handles) * o->limits.streams, 64, o->socket);
	w->handoff = rte_zmalloc_socket("handoff", sizeof(*w->handoff) * o->worker_count, 64, o->socket);
	w->handoff_ring = ring_make("handoff", o->id, 4096, o->socket);
	w->inject_ring = ring_make("inject", o->id, 4096, o->socket);
	w->ours_ring = ring_make("ours", o->id, 4096, o->socket);
	if (media)
		w->media = media_init(media, &o->limits);
	if (!media || !w->handles || !w->handoff || !w->handoff_ring || !w->inject_ring || !w->ours_ring) {
		worker_free(w);
		return -ENOMEM;
	}
	w->streams = media_streams(w->media);
	w->id = o->id;
	w->lookup = o->lookup;
	w->hops = o->hops;
	w->pool = o->pool;
	w->slow_ring = o->slow_ring;
	w->mailbox = o->mailbox;
	w->adaptive = o->adaptive;
	w->group_ttl = o->group_ttl;
	w->tx_last = w->tx;
	w->nap = NAP_MAX_NS;
	w->wide = quick_wide_fits();
	w->wide_law = w->wide && quick_law_fits();
	w->ntp_offset = wall_offset();
	*ret = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	rte_pktmbuf_free_bulk(w->spare, w->spare_count);
	if (w->waiting)
		rte_pktmbuf_free_bulk(w->waiting->packets, w->waiting->count);
	rte_ring_free(w->handoff_ring);
	rte_ring_free(w->inject_ring);
	rte_ring_free(w->ours_ring);
	rte_free(w->handoff);
	rte_free(w->handles);
	rte_free(w->media);
	rte_free(w);
}

// A packet's way through all stages; each hands on what it keeps.
static void pipeline(struct worker *w, struct burst *b)
{
	static stage_fn *const stages[] = {
		stage_quick,   stage_voice,  stage_parse, stage_classify,
		stage_session, stage_ingest, stage_relay, stage_tx,
	};
	for (unsigned int i = 0; b->count && i < RTE_DIM(stages); i++)
		b->count = stages[i](w, b);
	if (w->garbage_count) {
		rte_pktmbuf_free_bulk(w->garbage, w->garbage_count);
		w->garbage_count = 0;
	}
}

// What need not be done in every turn.
static unsigned int upkeep(struct worker *w)
{
	w->upkeep_due = w->now + UPKEEP_NS;
	w->counters.ticks_late = media_ticks_late(w->media);
	w->counters.drops[DROP_rtp_undecodable] = media_undecodable(w->media);
	w->counters.drops[DROP_jitter_full] = media_overflowed(w->media);
	w->counters.voices = media_voice_count(w->media);
	w->counters.streams = media_stream_count(w->media);
	w->counters.cost = media_cost(w->media) + (uint64_t)w->counters.streams * w->stream_ns;
	load_window(&w->load, w->now, w->counters.cost);
	if (w->now >= w->wall_due) {
		w->wall_due = w->now + NSEC_PER_SEC;
		w->ntp_offset = wall_offset();
	}
	return tick_rtcp(w) + mailbox_events(w);
}

static void burst_finish(struct worker *w)
{
	if (w->waiting)
		pipeline(w, w->waiting);
	w->waiting = NULL;
}

// Polls every queue. A burst's streams are called into the cache and come while the next burst is received: each waits for
// its successor, and a full one, behind which more can be expected, for the next turn's. Nothing else keeps it waiting.
static unsigned int receive(struct worker *w)
{
	unsigned int got = 0;
	for (uint16_t i = 0; i < w->rx_count; i++) {
		struct burst *b = &w->bursts[w->waiting == &w->bursts[0]];
		if (!rx_poll(w, &w->rx[i], b))
			continue;
		got += b->count;
		quick_find(w, b);
		burst_finish(w);
		w->waiting = b;
	}
	if (!got || (w->waiting && w->waiting->count < BURST_MAX))
		burst_finish(w);
	return got;
}

// The media clock's turn. While a port has more than a burst, all of it comes first, as far as that goes: it gathered while
// the CPU was away or a coder at work, and goes by faster than anything that a tick does.
static unsigned int tick(struct worker *w)
{
	nsec_t due = media_tick_due(w->media);
	if (due > w->now || (w->waiting && ++w->put_off < PUT_OFF_MAX))
		return 0;
	w->put_off = 0;
	if (due && due < w->now)
		load_late(&w->load, w->now - due);
	return tick_run(w);
}

// A burst out of a ring.
static unsigned int take(struct worker *w, stage_fn *from)
{
	struct burst *b = &w->bursts[w->waiting == &w->bursts[0]];
	unsigned int n = from(w, b);
	if (n) {
		quick_find(w, b);
		pipeline(w, b);
	}
	return n;
}

unsigned int worker_loop_once(struct worker *w, nsec_t now)
{
	w->now = now;
	unsigned int work = w->waiting ? w->waiting->count : 0;
	w->commands = 0;
	if (!mailbox_is_empty(w)) { // one look: what comes behind it waits a turn
		burst_finish(w);    // its streams may be gone afterwards
		w->commands = mailbox_run(w);
	}
	work += w->commands;
	work += receive(w);
	work += take(w, handoff_take) + take(w, ours_take);
	work += tick(w);
	if (now >= w->upkeep_due)
		work += upkeep(w);
	work += tx_inject(w);
	if (work)
		tx_flush(w);
	if (w->commands || !rte_ring_empty(w->slow_ring) || !rte_ring_empty(w->mailbox->events))
		mailbox_wake(w);
	return work;
}

nsec_t worker_nap(nsec_t was, nsec_t elapsed, unsigned int work)
{
	nsec_t next = work ? NAP_GATHERS * elapsed / work : NAP_MAX_NS;
	next = next < NAP_MIN_NS ? NAP_MIN_NS : next < NAP_MAX_NS ? next : NAP_MAX_NS;
	return was + (nsec_t)(((int64_t)next - (int64_t)was) / NAP_SMOOTH);
}

// The short nap is not worth waking from: commands gather meanwhile, and a wake-up for each costs both sides more.
static void nap(struct worker *w, nsec_t now)
{
	bool streams = media_stream_count(w->media) > 0;
	w->nap = worker_nap(w->nap, now - w->napped, w->gathered);
	w->napped = now;
	w->gathered = 0;
	nsec_t until = now + (streams ? w->nap : NAP_EMPTY_NS);
	nsec_t due = media_tick_due(w->media);
	if (due < until)
		until = due;
	if (until <= now)
		return;
	if (!streams) {
		mailbox_sleep(w, until);
		return;
	}
	struct timespec t = {.tv_sec = (time_t)(until / NSEC_PER_SEC),
			     .tv_nsec = (long)(until % NSEC_PER_SEC)};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

// A worker that sleeps shares its CPU: it must get it back at once when its nap is over, whatever else runs there. One
// that polls has a CPU to itself, and must not starve the kernel's threads on it.
static void be_prompt(const struct worker *w)
{
	struct sched_param p = {.sched_priority = 1};
	prctl(PR_SET_TIMERSLACK, 1UL);
	if (w->adaptive)
		pthread_setschedparam(pthread_self(), SCHED_RR, &p); // without the right to: as before
}

int worker_main(void *worker)
{
	struct worker *w = worker;
	unsigned int spins = 0;
	be_prompt(w);
	nsec_t now = worker_clock();
	while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
		unsigned int work = worker_loop_once(w, now);
		nsec_t before = now;
		now = worker_clock();
		load_turn(&w->load, before, now, work);
		w->gathered += work - w->commands;
		if (work) {
			// Packets come in trains, commands do not.
			spins = work > w->commands ? 0 : SPINS_MAX;
			continue;
		}
		rte_pause();
		if (w->adaptive && ++spins > SPINS_MAX) {
			nap(w, now);
			now = worker_clock();
		}
	}
	return 0;
}
