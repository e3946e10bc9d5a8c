// SPDX-License-Identifier: GPL-3.0-or-later
// slot.c - Fixed arrays addressed by handles, with a first-in first-out free list.
#include "gw/slot.h"

#include <errno.h>
#include <string.h>

static size_t items_bytes(uint32_t capacity, size_t item_size)
{
	return ((size_t)capacity * item_size + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
}

static uint32_t make_handle(const struct slot_table *t, uint32_t index)
{
	return (uint32_t)t->entries[index].generation << 24 | index;
}

size_t slot_memory(uint32_t capacity, size_t item_size)
{
	return items_bytes(capacity, item_size) + (size_t)capacity * sizeof(struct slot_entry);
}

int slot_init(struct slot_table *t, void *memory, uint32_t capacity, size_t item_size)
{
	if (capacity == 0 || capacity > SLOT_CAPACITY_MAX)
		return -EINVAL;
	uint8_t *bytes = memory;
	*t = (struct slot_table){
		.items = bytes,
		.entries = (struct slot_entry *)(void *)(bytes + items_bytes(capacity, item_size)),
		.item_size = item_size,
		.capacity = capacity,
		.free_last = capacity - 1,
	};
	for (uint32_t i = 0; i < capacity; i++)
		t->entries[i] = (struct slot_entry){.next_free = i + 1, .generation = 1};
	t->entries[capacity - 1].next_free = SLOT_CAPACITY_MAX;
	return 0;
}

void *slot_open(struct slot_table *t, uint32_t *ret_handle)
{
	uint32_t i = t->free_first;
	if (t->open == t->capacity)
		return NULL;
	struct slot_entry *e = &t->entries[i];
	t->free_first = e->next_free;
	e->open = true;
	t->open++;
	*ret_handle = make_handle(t, i);
	return memset(t->items + (size_t)i * t->item_size, 0, t->item_size);
}

int slot_close(struct slot_table *t, uint32_t handle)
{
	if (!slot_get(t, handle))
		return -ENOENT;
	uint32_t i = slot_index(handle);
	struct slot_entry *e = &t->entries[i];
	e->open = false;
	e->generation = e->generation == UINT8_MAX ? 1 : (uint8_t)(e->generation + 1);
	e->next_free = SLOT_CAPACITY_MAX;
	if (t->open == t->capacity)
		t->free_first = i;
	else
		t->entries[t->free_last].next_free = i;
	t->free_last = i;
	t->open--;
	return 0;
}

uint32_t slot_handle(const struct slot_table *t, const void *item)
{
	return make_handle(t, (uint32_t)((size_t)((const uint8_t *)item - t->items) / t->item_size));
}

void *slot_next(const struct slot_table *t, uint32_t *cursor)
{
	for (uint32_t i = *cursor; i < t->capacity; i++) {
		if (t->entries[i].open) {
			*cursor = i + 1;
			return t->items + (size_t)i * t->item_size;
		}
	}
	*cursor = t->capacity;
	return NULL;
}
