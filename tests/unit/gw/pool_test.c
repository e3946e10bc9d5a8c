// SPDX-License-Identifier: GPL-3.0-or-later
// pool_test.c - Blocks of all sizes come and go without overlapping, and all memory comes back.
#include "gw/media/pool.h"

#include <stdlib.h>

#include "tests/unit/t.h"

#define BYTES (4u << 20)

struct rig {
	struct pool pool;
	void *memory;
};

static void rig_make(struct rig *r)
{
	r->memory = aligned_alloc(1024, (pool_size(BYTES) + 1023) & ~(size_t)1023);
	pool_init(&r->pool, r->memory, BYTES);
}

// How many blocks of this size can be had now.
static unsigned int room(struct rig *r, size_t bytes)
{
	static void *block[BYTES / 1024];
	unsigned int n = 0;
	while ((block[n] = pool_take(&r->pool, bytes)))
		n++;
	for (unsigned int i = 0; i < n; i++)
		pool_give(&r->pool, block[i]);
	return n;
}

static void all_of_it(void)
{
	struct rig r;
	rig_make(&r);
	CHECK_INT(room(&r, 1024), BYTES / 1024);
	CHECK_INT(room(&r, 1025), BYTES / 2048);
	CHECK_INT(room(&r, 100000), BYTES / POOL_BLOCK_MAX);
	CHECK(pool_take(&r.pool, POOL_BLOCK_MAX + 1) == NULL);
	CHECK_INT(pool_block(1), 1024);
	CHECK_INT(pool_block(12700), 16384);
	pool_give(&r.pool, NULL);
	free(r.memory);
}

// Random takes and gives; each block keeps what was written to its ends.
static void at_random(void)
{
	enum { LIVE = 300 };
	struct rig r;
	uint8_t *block[LIVE] = {0}, mark[LIVE];
	size_t size[LIVE];
	uint32_t x = 1;
	rig_make(&r);
	for (unsigned int i = 0; i < 100000; i++) {
		x = x * 1664525 + 1013904223;
		unsigned int k = (x >> 8) % LIVE;
		if (block[k]) {
			CHECK(block[k][0] == mark[k] && block[k][size[k] - 1] == mark[k]);
			pool_give(&r.pool, block[k]);
			block[k] = NULL;
			continue;
		}
		size[k] = 1 + ((x >> 3) % (1u << ((x >> 20) % 18)));
		block[k] = pool_take(&r.pool, size[k]);
		if (block[k]) {
			mark[k] = (uint8_t)x;
			block[k][0] = block[k][size[k] - 1] = mark[k];
		}
	}
	for (unsigned int k = 0; k < LIVE; k++)
		pool_give(&r.pool, block[k]);
	CHECK_INT(room(&r, POOL_BLOCK_MAX), BYTES / POOL_BLOCK_MAX);
	free(r.memory);
}

T_MAIN("pool", {"all of it", all_of_it}, {"at random", at_random})
