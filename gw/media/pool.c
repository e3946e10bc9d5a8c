// SPDX-License-Identifier: GPL-3.0-or-later
// pool.c - Memory of voices: blocks of 1 to 128 kB out of one stretch.
#include "gw/media/pool.h"

#include <stdbool.h>
#include <string.h>

#define UNIT 1024u
#define LAST UINT32_MAX
#define FREE 0x80

// In the memory of a free block.
struct link {
	uint32_t prev, next;
};

static struct link *link_at(const struct pool *p, uint32_t block)
{
	return (void *)(p->base + (size_t)block * UNIT);
}

static unsigned int order_of(size_t bytes)
{
	unsigned int order = 0;
	while (order < POOL_ORDERS && ((size_t)UNIT << order) < bytes)
		order++;
	return order;
}

static void push(struct pool *p, uint32_t block, unsigned int order)
{
	struct link *l = link_at(p, block);
	*l = (struct link){.prev = LAST, .next = p->free[order]};
	if (l->next != LAST)
		link_at(p, l->next)->prev = block;
	p->free[order] = block;
	p->map[block] = (uint8_t)(FREE | order);
}

static void pull(struct pool *p, uint32_t block, unsigned int order)
{
	const struct link *l = link_at(p, block);
	if (l->prev == LAST)
		p->free[order] = l->next;
	else
		link_at(p, l->prev)->next = l->next;
	if (l->next != LAST)
		link_at(p, l->next)->prev = l->prev;
	p->map[block] = (uint8_t)order;
}

size_t pool_size(size_t bytes)
{
	size_t whole = (bytes + POOL_BLOCK_MAX - 1) / POOL_BLOCK_MAX * POOL_BLOCK_MAX;
	return whole + whole / UNIT;
}

void pool_init(struct pool *p, void *mem, size_t bytes)
{
	size_t whole = (bytes + POOL_BLOCK_MAX - 1) / POOL_BLOCK_MAX * POOL_BLOCK_MAX;
	p->base = mem;
	p->map = p->base + whole;
	p->blocks = (uint32_t)(whole / UNIT);
	memset(p->map, 0, p->blocks);
	for (unsigned int order = 0; order < POOL_ORDERS; order++)
		p->free[order] = LAST;
	for (uint32_t block = p->blocks; block > 0; block -= POOL_BLOCK_MAX / UNIT)
		push(p, block - POOL_BLOCK_MAX / UNIT, POOL_ORDERS - 1);
}

size_t pool_block(size_t bytes)
{
	return (size_t)UNIT << order_of(bytes);
}

void *pool_take(struct pool *p, size_t bytes)
{
	unsigned int want = order_of(bytes), order = want;
	while (order < POOL_ORDERS && p->free[order] == LAST)
		order++;
	if (order >= POOL_ORDERS)
		return NULL;
	uint32_t block = p->free[order];
	pull(p, block, order);
	while (order > want) {
		order--;
		push(p, block + (1u << order), order);
	}
	p->map[block] = (uint8_t)want;
	return link_at(p, block);
}

void pool_give(struct pool *p, void *memory)
{
	if (!memory)
		return;
	uint32_t block = (uint32_t)((size_t)((uint8_t *)memory - p->base) / UNIT);
	unsigned int order = p->map[block];
	while (order < POOL_ORDERS - 1) {
		uint32_t buddy = block ^ (1u << order);
		if (p->map[buddy] != (FREE | order))
			break;
		pull(p, buddy, order);
		p->map[buddy] = 0;
		block &= ~(1u << order);
		order++;
	}
	push(p, block, order);
}
