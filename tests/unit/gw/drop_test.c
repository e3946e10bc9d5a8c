// SPDX-License-Identifier: GPL-3.0-or-later
// drop_test.c - Every drop reason has a name and a help text of its own.
#include "gw/drop.h"

#include "tests/unit/t.h"

static void every_reason_is_described(void)
{
	for (unsigned int a = 1; a < DROP_COUNT; a++) {
		CHECK(drop_help(a)[0] != '\0');
		for (unsigned int b = a + 1; b < DROP_COUNT; b++)
			CHECK(strcmp(drop_name(a), drop_name(b)) != 0);
	}
	CHECK_STR(drop_name(DROP_rtp_late), "rtp_late");
}

static void outside_the_list_is_safe(void)
{
	CHECK_STR(drop_name(DROP_NONE), "none");
	CHECK_STR(drop_name(DROP_COUNT), "unknown");
	CHECK_STR(drop_help(DROP_COUNT), "");
}

T_MAIN("drop", {"every_reason_is_described", every_reason_is_described},
       {"outside_the_list_is_safe", outside_the_list_is_safe})
