// SPDX-License-Identifier: GPL-3.0-or-later
// portmap.h - Which RTP ports are taken, and which comes next.
//
// The range is cut into one part for each worker, so that a port says its owner. Each part is walked round, so that a
// port that was just given back rests for as long as possible.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/lookup.h"

struct portmap {
	uint32_t pair_first; // port / 2
	uint32_t pair_count;
	unsigned int workers;
	unsigned int locals;
	uint64_t *used;   // [local][LOOKUP_PAIRS / 64]
	uint16_t *cursor; // [local][worker]: next pair to try, from the part's first
};

// A worker's part of the range: its first pair and how many, as numbers of port / 2.
void portmap_part(uint16_t port_min, uint16_t port_max, unsigned int worker, unsigned int workers,
		  uint32_t *ret_first, uint32_t *ret_count);

// Makes a map of even ports within [port_min, port_max]. Returns 0 or -ENOMEM.
int portmap_init(struct portmap *p, uint16_t port_min, uint16_t port_max, unsigned int locals,
		 unsigned int workers);

void portmap_fini(struct portmap *p);

// Takes a free port of the worker's part, or of another part when that one is used up.
// Returns 0 or -EADDRINUSE when the whole range of this address is.
int portmap_take(struct portmap *p, unsigned int local, unsigned int worker, uint16_t *ret_port);

// Takes one certain port. Returns 0, -EINVAL (odd, or outside the range), -EADDRINUSE.
int portmap_take_exact(struct portmap *p, unsigned int local, uint16_t port);

void portmap_release(struct portmap *p, unsigned int local, uint16_t port);
