// SPDX-License-Identifier: GPL-3.0-or-later
// wheel.h - Links items into slots of time, so that what is due is found without a search.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WHEEL_NONE      UINT32_MAX
#define WHEEL_SLOTS_MAX 512

// The item's half, kept by the owner in an array of its own items.
struct wheel_link {
	uint64_t due; // in the wheel's units of time
	uint32_t prev;
	uint32_t next;
	uint32_t slot;
	uint8_t linked;
};

// A ring of slots. Items due within `slots` units of the cursor sit in slot due % slots; later ones are put into
// the last slot before the cursor and come up early: whoever takes one looks at its due again.
struct wheel {
	uint64_t cursor;          // every earlier unit has been emptied
	struct wheel_link *links; // of item 0
	uint32_t stride;          // bytes from one item's link to the next one's
	uint32_t slots;           // power of two
	uint32_t count;
	uint64_t filled[WHEEL_SLOTS_MAX / 64]; // bit n: slot n has items
	uint32_t heads[WHEEL_SLOTS_MAX];
	uint32_t loads[WHEEL_SLOTS_MAX]; // items in a slot
};

void wheel_init(struct wheel *w, struct wheel_link *links, uint32_t stride, uint32_t slots);

// Links an item that is not linked. A due time in the past counts as now: the cursor's slot.
void wheel_add(struct wheel *w, uint32_t item, uint64_t due);

// Unlinks an item; does nothing when it is not linked.
void wheel_remove(struct wheel *w, uint32_t item);

// Takes one item of a slot not after unit `now`; WHEEL_NONE when there is none. Moves the cursor.
uint32_t wheel_take(struct wheel *w, uint64_t now);

// The item that wheel_take returns after `item` (NONE: next), if it is in the same unit; else NONE.
uint32_t wheel_next(const struct wheel *w, uint32_t item);

// First unit not before the cursor whose slot has items; UINT64_MAX when the wheel is empty.
uint64_t wheel_first(const struct wheel *w);

// The least loaded of the `n` units that follow `now`, for items that come back every `n` units: those that are due and have
// not been taken yet will be in them.
uint64_t wheel_calmest(const struct wheel *w, uint64_t now, unsigned int n);
