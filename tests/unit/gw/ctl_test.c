// SPDX-License-Identifier: GPL-3.0-or-later
// ctl_test.c - Frames of the admin socket, whole, cut and false.
#include <errno.h>
#include <stdlib.h>

#include "gw/ctl.h"
#include "tests/unit/t.h"

static void test_frame(void)
{
	uint8_t bytes[64];
	const char *json = NULL;
	size_t len = 0;
	ctl_head_write(bytes, 5);
	memcpy(bytes + CTL_HEAD, "hello+more", 10);
	for (size_t n = 0; n < CTL_HEAD + 5; n++)
		CHECK_INT(ctl_frame(bytes, n, 100, &json, &len), 0);
	CHECK_INT(ctl_frame(bytes, CTL_HEAD + 10, 100, &json, &len), 1);
	CHECK_INT(len, 5);
	CHECK_MEM(json, "hello", 5);
	CHECK_INT(ctl_frame(bytes, CTL_HEAD + 5, 4, &json, &len), -EMSGSIZE);
	ctl_head_write(bytes, 0);
	CHECK_INT(ctl_frame(bytes, CTL_HEAD, 100, &json, &len), -EBADMSG);
	static const uint32_t lies[] = {101, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc, 0xffffffff};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		ctl_head_write(bytes, lies[i]);
		CHECK_INT(ctl_frame(bytes, sizeof(bytes), 100, &json, &len), -EMSGSIZE);
	}
}

static void test_depth(void)
{
	CHECK_INT(ctl_depth_check("[[{}]]", 6, 3), 0);
	CHECK_INT(ctl_depth_check("[[{}]]", 6, 2), -EBADMSG);
	CHECK_INT(ctl_depth_check("[][][]", 6, 1), 0);
	CHECK_INT(ctl_depth_check("\"[[[[\\\"[[[\"", 11, 1), 0);
	CHECK_INT(ctl_depth_check("[\"\\", 3, 1), 0);
	CHECK_INT(ctl_depth_check("[\0]", 3, 1), -EBADMSG);
	CHECK_INT(ctl_depth_check("]]]][", 5, 1), 0);
}

T_MAIN("ctl", {"frame", test_frame}, {"depth", test_depth})
