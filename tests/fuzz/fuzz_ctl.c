// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_ctl.c - Frames of the operator socket: what is found lies inside what came in, and is not too deep.
#include "gw/ctl.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char *const seeds[] = {"{\"cmd\":\"status\"}", "[[[[{\"a\":\"]\\\"\"}]]]]", "\"text\""};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *json;
	size_t n;
	if (ctl_frame(bytes, len, 4096, &json, &n) != 1)
		return 0;
	if ((const uint8_t *)json < bytes || (const uint8_t *)json + n > bytes + len || n > 4096)
		abort();
	ctl_depth_check(json, n, 16);
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	if (index >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	size_t n = strlen(seeds[index]);
	if (cap < n + CTL_HEAD)
		return 0;
	ctl_head_write(buf, (uint32_t)n);
	memcpy(buf + CTL_HEAD, seeds[index], n);
	return n + CTL_HEAD;
}
