// SPDX-License-Identifier: GPL-3.0-or-later
// worker.h - One lcore: everything it owns in one struct, and its loop.
//
// Only the owner's thread touches a worker, except: the rings (their ends are named below), and the counters, which
// the main thread may read at any time.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "dataplane/burst.h"
#include "dataplane/hop.h"
#include "dataplane/load.h"
#include "dataplane/lookup.h"
#include "gw/clock.h"
#include "gw/drop.h"
#include "gw/media.h"

#define WORKERS_MAX   63 // fits the entries of lookup.h
#define WORKER_RX_MAX 8
#define WORKER_TX_MAX 64 // frames held back for one port

struct mailbox;

struct worker_rx {
	uint16_t port;
	uint16_t queue;
};

// Frames on their way out of one port.
struct worker_tx {
	uint16_t count;
	uint16_t queue;
	bool direct;          // this worker has a queue of its own; else they go through `via`
	bool offload_udp;     // the port computes UDP and IPv4 checksums
	struct rte_ring *via; // inject ring of the worker that has a queue
	uint64_t packets;     // sent
	struct rte_mbuf *frames[WORKER_TX_MAX];
	uint32_t streams[WORKER_TX_MAX]; // whose they are, MEDIA_NONE for answers
} __attribute__((aligned(64)));

// Frames on their way to another worker.
struct worker_handoff {
	uint16_t count;
	struct rte_ring *ring; // the other worker's
	struct rte_mbuf *frames[BURST_MAX];
};

// A report of gw/media on its way to the main thread.
struct worker_event {
	uint32_t handle; // API handle of the stream; that of a source is in value
	uint32_t kind;
	uint32_t value;
	uint32_t zero;
	struct stream_ref ref; // of the stream
};

struct worker_counters {
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t ticks_late;
	uint64_t cost; // expected, nanoseconds a second
	uint32_t voices;
	uint32_t streams;
	uint64_t drops[DROP_COUNT];
};

struct worker {
	// read for every burst
	struct media *media;
	struct media_stream *streams;
	const struct lookup *lookup;
	const struct hop *hops;
	nsec_t now;
	uint16_t id;
	uint16_t rx_count;
	uint16_t tx_count;
	uint16_t garbage_count;
	uint16_t slow_count;
	uint16_t spare_count;
	uint16_t ip_id;
	uint16_t tx_last_port;
	uint8_t mixed;            // so many bursts more are expected to have packets of several kinds
	uint8_t group_ttl;        // TTL or hop limit of what goes to multicast groups
	uint64_t handoff_pending; // bit n: frames wait for worker n
	struct worker_rx rx[WORKER_RX_MAX];
	uint16_t tx_ports[2 * WORKER_RX_MAX];    // ports that frames may leave through, as in struct hop
	struct rte_mbuf *garbage[2 * BURST_MAX]; // freed together after the burst
	struct rte_mbuf *slow[BURST_MAX];
	struct rte_mbuf *spare[BURST_MAX]; // empty frames for ticks
	struct burst bursts[2];
	struct burst *waiting; // its streams are on their way into the cache; or NULL
	struct worker_counters counters;
	struct worker_tx tx[RTE_MAX_ETHPORTS];
	struct worker_tx *tx_last;      // of the port `tx_last_port`, to which most go in a row
	struct worker_handoff *handoff; // [worker]

	// rings, made at start
	struct rte_ring *handoff_ring; // in: any worker puts, this one takes
	struct rte_ring *inject_ring;  // in: main and other workers put ready frames (mbuf.port = way out)
	struct rte_ring *ours_ring;    // in and out: from streams of this worker to streams of ours
	struct rte_ring *slow_ring;    // out: main takes
	struct mailbox *mailbox;       // commands in, replies and events out

	struct rte_mempool *pool;
	uint32_t *handles;  // API handle of each stream
	int64_t ntp_offset; // wall clock minus monotonic, ns
	struct load load;
	nsec_t wall_due;       // next look at the wall clock
	nsec_t upkeep_due;     // next look at RTCP, events and published figures
	nsec_t nap;            // how long the next one is, with streams open
	nsec_t napped;         // when the last one began
	unsigned int gathered; // work since, but for commands
	unsigned int put_off;  // turns in which ports came before the media clock, in a row
	unsigned int commands; // of the mailbox, in this turn
	uint32_t stream_ns;    // that a stream's way in and out is expected to take in a second
	unsigned int cpu;
	unsigned int lcore;
	bool adaptive; // sleep when idle
	bool wide;     // the quick relay takes eight packets at a time
	bool wide_law; // and translates A-law and mu-law with them
	atomic_bool stop;
};

struct worker_options {
	uint16_t id;
	uint16_t worker_count;
	int socket;
	bool adaptive;
	uint8_t group_ttl;
	struct media_limits limits;
	const struct lookup *lookup;
	const struct hop *hops;
	struct rte_mempool *pool;
	struct rte_ring *slow_ring;
	struct mailbox *mailbox;
};

// Makes a worker on its memory socket. Returns 0 or -ENOMEM.
int worker_new(const struct worker_options *o, struct worker **ret);

// Takes NULL and half-made workers. The thread must have ended.
void worker_free(struct worker *w);

// One turn: commands, packets, ticks, RTCP, sending. Returns how much work it found. The whole of a worker's life.
unsigned int worker_loop_once(struct worker *w, nsec_t now);

// Length of the next nap while streams are open: that of the last one, drawn towards what the work that came in `elapsed` asks for.
nsec_t worker_nap(nsec_t was, nsec_t elapsed, unsigned int work);

// Runs turns until w->stop; sleeps between them by the idle policy. For rte_eal_remote_launch.
int worker_main(void *worker);

// Monotonic time now.
nsec_t worker_clock(void);

// Drops a packet by name; it is freed at the end of the burst.
static inline void worker_drop(struct worker *w, struct rte_mbuf *m, enum drop_reason reason)
{
	w->counters.drops[reason]++;
	w->garbage[w->garbage_count++] = m;
}
