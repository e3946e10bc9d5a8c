// SPDX-License-Identifier: GPL-3.0-or-later
// eal.h - Turns our configuration into EAL arguments, and makes the packet pool.
#pragma once

#include "gw/config.h"

#define EAL_ARGS_MAX 96

struct eal_args {
	int count;
	char *args[EAL_ARGS_MAX + 1]; // NULL-terminated
};

// Builds the arguments. Returns 0, -ENOMEM, or -E2BIG when there are more than EAL_ARGS_MAX.
int eal_args_make(const struct config *c, struct eal_args *ret);

void eal_args_free(struct eal_args *a);

// Starts EAL. Logs what is wrong and what to do. Returns 0 or negative errno.
int eal_start(const struct config *c);

// Ends EAL and removes its runtime files.
void eal_stop(void);

// Lcore number of a worker, as eal_args_make numbers them.
static inline unsigned int eal_worker_lcore(unsigned int worker)
{
	return worker + 1;
}

struct rte_mempool;

// Makes a pool of n packet buffers. NULL when memory is short.
struct rte_mempool *eal_packets_make(unsigned int n, int socket);

// Makes the packet pool of a memory socket, sized for the queues of so many workers. NULL when memory is short (logged).
struct rte_mempool *eal_pool_make(const struct config *c, int socket, unsigned int workers);
