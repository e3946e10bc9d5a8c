// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_sccp.c - A stream of SCCP bytes under every protocol version: cut, decoded, printed and encoded again.
#include "gw/sccp.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const unsigned int versions[] = {0, 3, 8, 11, 15, 17, 18, 20, 22};

#define VERSION_COUNT (sizeof(versions) / sizeof(versions[0]))

static void demand(bool held)
{
	if (!held)
		abort();
}

// What was decoded encodes to as many bytes, which decode and encode to themselves. Stale bytes, such as those behind
// the NUL of a string, are lost the first time.
static void round_trip(const uint8_t *pdu, size_t len, unsigned int version)
{
	static uint8_t first[SCCP_PDU_MAX], second[SCCP_PDU_MAX];
	static struct sccp_msg m, twice;
	char text[256];
	int rc = sccp_decode(pdu, len, version, &m);
	if (rc < 0)
		return;
	sccp_text(&m, text, sizeof(text));
	demand(strlen(text) < sizeof(text));
	if (rc == SCCP_UNKNOWN_ID)
		return;
	int n = sccp_encode(&m, version, first, sizeof(first));
	if (n != SCCP_BAD_ADDRESS) {
		demand(n == (int)len);
		demand(sccp_decode(first, len, version, &twice) >= 0);
		demand(sccp_encode(&twice, version, second, sizeof(second)) == n);
		demand(memcmp(first, second, len) == 0);
	}
	m.exact = false;
	n = sccp_encode(&m, version, first, sizeof(first));
	demand(n == SCCP_BAD_ADDRESS || n >= 12);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	while (at < len) {
		const uint8_t *pdu;
		size_t pdu_len, consumed = 0;
		int rc = sccp_frame_next(bytes + at, len - at, &pdu, &pdu_len, &consumed);
		if (rc == 0 || rc == SCCP_OVERLONG)
			break;
		if (consumed == 0 || consumed > len - at)
			abort();
		for (size_t v = 0; rc == 1 && v < VERSION_COUNT; v++)
			round_trip(pdu, pdu_len, versions[v]);
		at += consumed;
	}
	return 0;
}

// Every message of the list in three versions.
size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	static const unsigned int seed_versions[] = {3, 11, 22};
	static struct sccp_msg m;
	const struct sccp_msg_info *info = sccp_msg_at(index / 3);
	if (!info)
		return 0;
	sccp_init(&m, info->id);
	int n = sccp_encode(&m, seed_versions[index % 3], buf, cap);
	if (n > 0)
		return (size_t)n;
	memset(buf, 0, 12); // cannot be encoded: a bare header
	buf[0] = 4;
	memcpy(buf + 8, &info->id, 4);
	return 12;
}
