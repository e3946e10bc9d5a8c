// SPDX-License-Identifier: GPL-3.0-or-later
// slot.h - Fixed arrays addressed by handles (index + generation) that detect stale use.
//
// A handle keeps its index in the low 24 bits and its slot's generation (1..255) in the high 8, so it is
// never 0. Closing a slot moves its generation on: older handles find nothing. Freed slots are used again in
// the order in which they were freed, so that a stale handle can meet its own generation again only after 255
// rounds of the whole free list. Not thread-safe.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_CAPACITY_MAX (UINT32_C(1) << 24)
#define SLOT_ALIGN        64 // of the caller's memory and of the first item

struct slot_entry {
	uint32_t next_free; // index, or SLOT_CAPACITY_MAX at the end of the list
	uint8_t generation; // of the open item, or of the next one; 1..255
	bool open;
};

struct slot_table {
	uint8_t *items;
	struct slot_entry *entries;
	size_t item_size;
	uint32_t capacity;
	uint32_t open; // items open now
	uint32_t free_first;
	uint32_t free_last;
};

static inline uint32_t slot_index(uint32_t handle)
{
	return handle & (SLOT_CAPACITY_MAX - 1);
}

static inline uint8_t slot_generation(uint32_t handle)
{
	return (uint8_t)(handle >> 24);
}

// Bytes that slot_init needs.
size_t slot_memory(uint32_t capacity, size_t item_size);

// Makes a table in memory of slot_memory() bytes, aligned to SLOT_ALIGN, that the caller keeps until it is
// done. Returns 0, or -EINVAL for a capacity of 0 or above SLOT_CAPACITY_MAX.
int slot_init(struct slot_table *t, void *memory, uint32_t capacity, size_t item_size);

// Opens a zeroed item. Returns NULL when all are open.
void *slot_open(struct slot_table *t, uint32_t *ret_handle);

// Closes an item. Returns 0, or -ENOENT for a stale or foreign handle.
int slot_close(struct slot_table *t, uint32_t handle);

// Handle of an open item, by its address.
uint32_t slot_handle(const struct slot_table *t, const void *item);

// Next open item at or after *cursor, which it moves on; start with 0. NULL at the end. Items may be closed
// on the way.
void *slot_next(const struct slot_table *t, uint32_t *cursor);

// Item of a handle; NULL when it is stale, foreign or 0.
static inline void *slot_get(const struct slot_table *t, uint32_t handle)
{
	uint32_t i = slot_index(handle);
	if (i >= t->capacity || !t->entries[i].open || t->entries[i].generation != slot_generation(handle))
		return NULL;
	return t->items + (size_t)i * t->item_size;
}
