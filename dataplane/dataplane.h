// SPDX-License-Identifier: GPL-3.0-or-later
// dataplane.h - Everything one process owns, and the main thread's turn.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/lookup.h"
#include "dataplane/mailbox.h"
#include "dataplane/neigh.h"
#include "dataplane/port.h"
#include "dataplane/worker.h"
#include "gw/config.h"

struct server;

struct dataplane {
	const struct config *config;
	struct rte_mempool *pool;               // of the main thread's socket
	struct rte_mempool *pools[WORKERS_MAX]; // of each worker: one for all on a socket
	struct rte_ring *slow_ring;             // workers put, main takes
	struct wake wake;
	struct port ports[CONFIG_PORTS_MAX];
	unsigned int port_count;
	nsec_t links_due; // next look at the ports' links
	struct lookup lookup;
	struct neigh neigh;
	struct mailbox mailboxes[WORKERS_MAX];
	struct worker *workers[WORKERS_MAX];
	unsigned int worker_count;
	uint32_t media_mb;     // reserved by all workers
	unsigned int launched; // threads running
	struct server *server;
	nsec_t started;
	uint64_t seed; // of SSRCs and first sequence numbers; 0 = the kernel's random numbers
};

// A part of the process: started in the table's order, stopped in reverse. `stop` takes what `start` left half-made.
struct module {
	const char *name;
	int (*start)(struct dataplane *dp);
	void (*stop)(struct dataplane *dp);
};

// The ordered table; ends with a NULL name.
extern const struct module modules[];

// Starts modules from one name on; NULL = all. On failure stops what had started. Returns 0 or negative errno.
int modules_start(struct dataplane *dp, const char *from);

// Stops modules down to one name; NULL = all.
void modules_stop(struct dataplane *dp, const char *down_to);

// Main thread: takes replies, events and slow-path packets from the workers, and asks due neighbours.
// Returns how much work it found; *ret_due is when it wants to run again at the latest.
unsigned int dataplane_turn(struct dataplane *dp, nsec_t now, nsec_t *ret_due);

// What was chosen for this CPU: "relay avx512, law avx512vbmi, mix x86-64-v4".
void dataplane_kernels(const struct dataplane *dp, char *ret, size_t cap);

// Sum of a drop reason over workers and slow path.
uint64_t dataplane_drops(const struct dataplane *dp, enum drop_reason reason);
