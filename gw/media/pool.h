// SPDX-License-Identifier: GPL-3.0-or-later
// pool.h - Memory of voices: blocks of 1 to 128 kB out of one stretch, by halving and joining (buddies).
//
// A voice takes what its codecs need: a tenth as much for G.711 as for Opus. Used when streams are opened and closed,
// never by a packet or a tick. Owner worker only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define POOL_BLOCK_MAX (128u << 10)
#define POOL_ORDERS    8 // 1 kB << 0 .. 7

struct pool {
	uint8_t *base;
	uint8_t *map;    // of each kB: the order of the block that begins there, and whether it is free
	uint32_t blocks; // in kB
	uint32_t free[POOL_ORDERS];
};

// Bytes that pool_init needs to hand out `bytes`.
size_t pool_size(size_t bytes);

// Makes a pool in 64-byte aligned caller memory.
void pool_init(struct pool *p, void *mem, size_t bytes);

// What a request really takes.
size_t pool_block(size_t bytes);

// A block of at least `bytes`, aligned to 1 kB; NULL when none is left or `bytes` exceeds POOL_BLOCK_MAX.
void *pool_take(struct pool *p, size_t bytes);

// Takes NULL.
void pool_give(struct pool *p, void *block);
