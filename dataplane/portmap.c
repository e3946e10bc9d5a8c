// SPDX-License-Identifier: GPL-3.0-or-later
// portmap.c - One bit a port pair, one cursor a worker's part.
#include "dataplane/portmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = LOOKUP_PAIRS / 64 };

void portmap_part(uint16_t port_min, uint16_t port_max, unsigned int worker, unsigned int workers,
		  uint32_t *ret_first, uint32_t *ret_count)
{
	uint32_t first = (port_min + 1u) / 2, count = (port_max + 1u) / 2 - first;
	*ret_first = first + count * worker / workers;
	*ret_count = first + count * (worker + 1) / workers - *ret_first;
}

int portmap_init(struct portmap *p, uint16_t port_min, uint16_t port_max, unsigned int locals,
		 unsigned int workers)
{
	*p = (struct portmap){
		.pair_first = (port_min + 1u) / 2,
		.pair_count = (port_max + 1u) / 2 - (port_min + 1u) / 2,
		.workers = workers,
		.locals = locals,
	};
	p->used = calloc((size_t)(locals ? locals : 1) * WORDS, sizeof(*p->used));
	p->cursor = calloc((size_t)(locals ? locals : 1) * workers, sizeof(*p->cursor));
	return p->used && p->cursor ? 0 : -ENOMEM;
}

void portmap_fini(struct portmap *p)
{
	free(p->used);
	free(p->cursor);
	p->used = NULL;
	p->cursor = NULL;
}

static bool take_pair(struct portmap *p, unsigned int local, uint32_t pair)
{
	uint64_t *word = &p->used[(size_t)local * WORDS + pair / 64], bit = UINT64_C(1) << pair % 64;
	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

static int take_from_part(struct portmap *p, unsigned int local, unsigned int worker, uint16_t *ret_port)
{
	uint32_t first = p->pair_count * worker / p->workers;
	uint32_t count = p->pair_count * (worker + 1) / p->workers - first;
	uint16_t *cursor = &p->cursor[(size_t)local * p->workers + worker];
	for (uint32_t tries = 0; tries < count; tries++) {
		uint32_t pair = p->pair_first + first + *cursor;
		*cursor = (uint16_t)(*cursor + 1u < count ? *cursor + 1 : 0);
		if (take_pair(p, local, pair)) {
			*ret_port = (uint16_t)(pair * 2);
			return 0;
		}
	}
	return -EADDRINUSE;
}

int portmap_take(struct portmap *p, unsigned int local, unsigned int worker, uint16_t *ret_port)
{
	int rc = take_from_part(p, local, worker, ret_port);
	for (unsigned int i = 0; rc && i < p->workers; i++)
		rc = take_from_part(p, local, i, ret_port);
	return rc;
}

int portmap_take_exact(struct portmap *p, unsigned int local, uint16_t port)
{
	uint32_t pair = port / 2;
	if (port % 2 || pair < p->pair_first || pair >= p->pair_first + p->pair_count)
		return -EINVAL;
	return take_pair(p, local, pair) ? 0 : -EADDRINUSE;
}

void portmap_release(struct portmap *p, unsigned int local, uint16_t port)
{
	uint32_t pair = port / 2;
	p->used[(size_t)local * WORDS + pair / 64] &= ~(UINT64_C(1) << pair % 64);
}
