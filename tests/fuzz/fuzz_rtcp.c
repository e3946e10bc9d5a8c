// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_rtcp.c - Compound RTCP: what opens can be walked to its end, block by block.
#include "gw/rtcp.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rtcp_reader r;
	struct rtcp_packet p;
	size_t packets = 0;
	if (rtcp_open(bytes, (unsigned int)len, &r) != DROP_NONE)
		return 0;
	while (rtcp_next(&r, &p)) {
		if (++packets > len / 4)
			abort();
		for (unsigned int i = 0; (p.type == RTCP_SR || p.type == RTCP_RR) && i < p.count; i++) {
			struct rtcp_block b;
			rtcp_block_read(&p, i, &b);
		}
		struct rtcp_voip voip;
		if (rtcp_voip_read(&p, p.ssrc, &voip) && p.type != RTCP_XR)
			abort();
		const uint8_t *text;
		unsigned int n = p.type == RTCP_SDES ? rtcp_cname(&p, &text) : 0;
		if (n > 0 && (text < bytes || text + n > bytes + len))
			abort();
	}
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	static const struct rtcp_sender sender = {.ntp = 1, .timestamp = 2, .packets = 3, .octets = 4};
	static const struct rtcp_block blocks[2] = {{.ssrc = 5, .lost = -1}, {.ssrc = 6, .fraction = 9}};
	unsigned int max = (unsigned int)cap, n = 0;
	if (index > 3)
		return 0;
	n = rtcp_report_write(buf, n, max, 1, index & 1 ? &sender : NULL, blocks, index & 2 ? 2 : 1);
	n = rtcp_sdes_write(buf, n, max, 1, "lab@slimline");
	return rtcp_bye_write(buf, n, max, 1);
}
