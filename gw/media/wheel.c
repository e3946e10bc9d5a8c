// SPDX-License-Identifier: GPL-3.0-or-later
// wheel.c - Spreads conferences over 1 ms phases, and streams' housekeeping over longer ones.
//
// A conference ticks every 10, 20 or 30 ms. If all began at the same instant, a worker would idle for most of
// the period and then keep packets waiting. So each conference gets the calmest of the coming milliseconds as its
// phase and keeps it: its next due time is always the last one plus the quantum, whatever happened in between.
#include "gw/media/wheel.h"

static struct wheel_link *link_of(const struct wheel *w, uint32_t item)
{
	return (struct wheel_link *)(void *)((char *)w->links + (size_t)item * w->stride);
}

void wheel_init(struct wheel *w, struct wheel_link *links, uint32_t stride, uint32_t slots)
{
	*w = (struct wheel){.links = links, .stride = stride, .slots = slots};
	for (uint32_t i = 0; i < slots; i++)
		w->heads[i] = WHEEL_NONE;
}

// Units from the cursor to the first slot that has items. There is one.
static uint32_t ahead(const struct wheel *w)
{
	uint32_t at = (uint32_t)w->cursor & (w->slots - 1), word = at / 64, words = (w->slots + 63) / 64;
	uint64_t bits = w->filled[word] >> at % 64;
	if (bits)
		return (uint32_t)__builtin_ctzll(bits);
	do
		word = word + 1 == words ? 0 : word + 1;
	while (!w->filled[word]);
	return (word * 64 + (uint32_t)__builtin_ctzll(w->filled[word]) - at) & (w->slots - 1);
}

// Where an item sits, given its due time and the cursor at the time it was put there.
static uint32_t slot_for(const struct wheel *w, uint64_t due)
{
	if (due < w->cursor)
		due = w->cursor;
	if (due >= w->cursor + w->slots)
		due = w->cursor + w->slots - 1;
	return (uint32_t)due & (w->slots - 1);
}

void wheel_add(struct wheel *w, uint32_t item, uint64_t due)
{
	struct wheel_link *l = link_of(w, item);
	// An empty wheel has stood still for who knows how long.
	if (w->count == 0 && due >= w->cursor + w->slots)
		w->cursor = due - w->slots / 2;
	uint32_t slot = slot_for(w, due);
	*l = (struct wheel_link){
		.due = due, .prev = WHEEL_NONE, .next = w->heads[slot], .slot = slot, .linked = 1};
	if (l->next != WHEEL_NONE)
		link_of(w, l->next)->prev = item;
	w->heads[slot] = item;
	w->filled[slot / 64] |= UINT64_C(1) << slot % 64;
	w->loads[slot]++;
	w->count++;
}

void wheel_remove(struct wheel *w, uint32_t item)
{
	struct wheel_link *l = link_of(w, item);
	if (!l->linked)
		return;
	if (l->prev != WHEEL_NONE)
		link_of(w, l->prev)->next = l->next;
	else
		w->heads[l->slot] = l->next;
	if (l->next != WHEEL_NONE)
		link_of(w, l->next)->prev = l->prev;
	l->linked = 0;
	if (w->heads[l->slot] == WHEEL_NONE)
		w->filled[l->slot / 64] &= ~(UINT64_C(1) << l->slot % 64);
	w->loads[l->slot]--;
	w->count--;
}

uint32_t wheel_take(struct wheel *w, uint64_t now)
{
	if (w->count == 0 || now < w->cursor)
		return WHEEL_NONE;
	// After a long pause one turn visits every slot; further turns would find nothing.
	if (now - w->cursor >= w->slots)
		w->cursor = now - w->slots + 1;
	uint64_t first = w->cursor + ahead(w);
	if (first > now) {
		w->cursor = now + 1;
		return WHEEL_NONE;
	}
	w->cursor = first;
	uint32_t item = w->heads[first & (w->slots - 1)];
	wheel_remove(w, item);
	return item;
}

uint32_t wheel_next(const struct wheel *w, uint32_t item)
{
	return item == WHEEL_NONE ? w->heads[w->cursor & (w->slots - 1)] : link_of(w, item)->next;
}

uint64_t wheel_first(const struct wheel *w)
{
	return w->count ? w->cursor + ahead(w) : UINT64_MAX;
}

// What a unit will hold: what is there, and what still waits to be taken `n` units before it.
static uint32_t load_of(const struct wheel *w, uint64_t unit, unsigned int n)
{
	uint32_t load = w->loads[unit & (w->slots - 1)];
	return unit - n < w->cursor ? load : load + w->loads[(unit - n) & (w->slots - 1)];
}

uint64_t wheel_calmest(const struct wheel *w, uint64_t now, unsigned int n)
{
	uint64_t best = now + 1;
	for (uint64_t u = now + 1; u <= now + n; u++)
		if (load_of(w, u, n) < load_of(w, best, n))
			best = u;
	return best;
}
