// SPDX-License-Identifier: GPL-3.0-or-later
// slot_test.c - Handles are never 0, find their item while it is open and nothing afterwards.
#include "gw/slot.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <stdlib.h>

struct item {
	uint32_t value;
	uint8_t pad[36];
};

static void *memory_for(uint32_t capacity)
{
	return aligned_alloc(SLOT_ALIGN, (slot_memory(capacity, sizeof(struct item)) + SLOT_ALIGN - 1) /
						 SLOT_ALIGN * SLOT_ALIGN);
}

static void opens_until_full(void)
{
	struct slot_table t;
	void *memory = memory_for(3);
	CHECK_INT(slot_init(&t, memory, 3, sizeof(struct item)), 0);
	uint32_t h[4] = {0};
	for (int i = 0; i < 3; i++) {
		struct item *it = slot_open(&t, &h[i]);
		REQUIRE(it != NULL);
		CHECK_INT(it->value, 0);
		it->value = 100 + (uint32_t)i;
		CHECK_INT(slot_index(h[i]), i);
		CHECK_INT(slot_generation(h[i]), 1);
		CHECK_INT(slot_handle(&t, it), h[i]);
	}
	CHECK(slot_open(&t, &h[3]) == NULL);
	CHECK_INT(h[3], 0);
	CHECK_INT(((struct item *)slot_get(&t, h[1]))->value, 101);
	CHECK_INT(slot_close(&t, h[1]), 0);
	struct item *again = slot_open(&t, &h[3]);
	REQUIRE(again != NULL);
	CHECK_INT(again->value, 0);
	CHECK_INT(slot_index(h[3]), 1);
	CHECK_INT(slot_generation(h[3]), 2);
	free(memory);
}

static void stale_and_foreign_handles_find_nothing(void)
{
	struct slot_table t;
	void *memory = memory_for(2);
	slot_init(&t, memory, 2, sizeof(struct item));
	uint32_t h;
	REQUIRE(slot_open(&t, &h) != NULL);
	CHECK_INT(slot_close(&t, h), 0);
	CHECK(slot_get(&t, h) == NULL);
	CHECK_INT(slot_close(&t, h), -ENOENT);
	CHECK(slot_get(&t, 0) == NULL);
	CHECK(slot_get(&t, UINT32_MAX) == NULL);
	CHECK(slot_get(&t, 1u << 24 | 2) == NULL);
	CHECK(slot_get(&t, 1u << 24 | 1) == NULL); // the right generation, but never opened
	CHECK_INT(slot_init(&t, memory, 0, 8), -EINVAL);
	CHECK_INT(slot_init(&t, memory, SLOT_CAPACITY_MAX + 1, 8), -EINVAL);
	free(memory);
}

static void generations_skip_zero(void)
{
	struct slot_table t;
	void *memory = memory_for(1);
	slot_init(&t, memory, 1, sizeof(struct item));
	uint32_t first = 0, h = 0;
	for (int i = 0; i < 256; i++) {
		REQUIRE(slot_open(&t, &h) != NULL);
		CHECK(slot_generation(h) != 0);
		if (i == 0)
			first = h;
		else if (i < 255)
			CHECK(h != first);
		CHECK_INT(slot_close(&t, h), 0);
	}
	free(memory);
}

// A random history against a plain model.
static void random_history(void)
{
	enum { N = 37 };
	struct slot_table t;
	void *memory = memory_for(N);
	slot_init(&t, memory, N, sizeof(struct item));
	uint32_t open[N];
	unsigned int count = 0;
	srand(7);
	for (unsigned int step = 1; step < 20000; step++) {
		if (rand() % 2) {
			uint32_t h;
			struct item *it = slot_open(&t, &h);
			CHECK((it == NULL) == (count == N));
			if (it) {
				it->value = h;
				open[count++] = h;
			}
		} else if (count > 0) {
			unsigned int k = (unsigned int)rand() % count;
			struct item *it = slot_get(&t, open[k]);
			REQUIRE(it != NULL);
			CHECK_INT(it->value, open[k]);
			CHECK_INT(slot_close(&t, open[k]), 0);
			open[k] = open[--count];
		}
		CHECK_INT(t.open, count);
	}
	unsigned int walked = 0;
	uint32_t cursor = 0;
	for (struct item *it; (it = slot_next(&t, &cursor)) != NULL; walked++)
		CHECK_INT(slot_handle(&t, it), it->value);
	CHECK_INT(walked, count);
	free(memory);
}

T_MAIN("slot", {"opens_until_full", opens_until_full},
       {"stale_and_foreign_handles_find_nothing", stale_and_foreign_handles_find_nothing},
       {"generations_skip_zero", generations_skip_zero}, {"random_history", random_history})
