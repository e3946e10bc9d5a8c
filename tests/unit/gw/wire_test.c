// SPDX-License-Identifier: GPL-3.0-or-later
// wire_test.c - The cursor reads and writes both byte orders and keeps its error.
#include "gw/wire.h"

#include "tests/unit/t.h"

static void both_orders_are_read(void)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));
	CHECK_INT(wire_u8(&r), 1);
	CHECK_INT(wire_le16(&r), 0x0302);
	CHECK_INT(wire_be16(&r), 0x0405);
	CHECK_INT(wire_le32(&r), 0x09080706);
	CHECK_INT(wire_be32(&r), 0x0a0b0c0d);
	CHECK_INT(wire_left(&r), 0);
	CHECK(!r.failed);
}

static void reading_past_the_end_sticks(void)
{
	static const uint8_t bytes[] = {1, 2, 3};
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));
	CHECK_INT(wire_le32(&r), 0);
	CHECK(r.failed);
	CHECK_INT(wire_u8(&r), 0); // there is a byte, but the error came first
	uint8_t out[2] = {9, 9};
	wire_copy(&r, out, sizeof(out));
	CHECK_INT(out[0] | out[1], 0);
	CHECK(wire_take(&r, 0) == NULL);
}

static void both_orders_are_written(void)
{
	uint8_t bytes[20];
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	wire_put_u8(&w, 1);
	wire_put_le16(&w, 0x0302);
	wire_put_be16(&w, 0x0405);
	wire_put_le32(&w, 0x09080706);
	wire_put_be32(&w, 0x0a0b0c0d);
	wire_put(&w, "ab", 2);
	wire_put_zero(&w, 2);
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 'a', 'b', 0, 0};
	CHECK_INT(wire_written(&w), sizeof(expected));
	CHECK_MEM(bytes, expected, sizeof(expected));
	CHECK(!w.failed);
}

static void writing_past_the_end_sticks(void)
{
	uint8_t bytes[3] = {7, 7, 7};
	struct wire_writer w = wire_writer(bytes, sizeof(bytes));
	wire_put_be32(&w, 1);
	wire_put_u8(&w, 1);
	CHECK(w.failed);
	CHECK_INT(wire_written(&w), 0);
	CHECK_INT(bytes[0], 7);
}

T_MAIN("wire", {"both_orders_are_read", both_orders_are_read},
       {"reading_past_the_end_sticks", reading_past_the_end_sticks},
       {"both_orders_are_written", both_orders_are_written},
       {"writing_past_the_end_sticks", writing_past_the_end_sticks})
