// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_rtp.c - RTP headers, alone and as a source's history: the payload lies within the packet.
#include "gw/rtp.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t seeds[][40] = {
	{0x80, 0x00, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff},
	{0x92, 0x88, 0x12, 0x35, 0,    0,    1, 64, 1,    2, 3, 4, 0, 0, 0, 1,
	 0,    0,    0,    2,    0xbe, 0xde, 0, 1,  0x10, 9, 0, 0, 5, 5, 5},
	{0xa0, 0x65, 0x12, 0x36, 0, 0, 2, 0, 1, 2, 3, 4, 5, 10, 0, 160, [39] = 4},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct rtp_header h;
	struct rtp_source source = {0};
	enum drop_reason why = rtp_header_parse(bytes, (unsigned int)len, &h);
	if (why >= DROP_COUNT)
		abort();
	if (why == DROP_NONE && (h.payload_len == 0 || (size_t)h.payload_offset + h.payload_len > len))
		abort();
	// The same bytes as a history: SSRC of one bit, sequence number of sixteen.
	for (size_t i = 0; i + 4 <= len; i += 4)
		if (rtp_source_update(&source, bytes[i] & 1, rtp_be16(bytes + i + 1), bytes[i + 3]) >
		    RTP_PROBATION)
			abort();
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	if (index >= sizeof(seeds) / sizeof(seeds[0]) || cap < sizeof(seeds[0]))
		return 0;
	memcpy(buf, seeds[index], sizeof(seeds[0]));
	return sizeof(seeds[0]);
}
