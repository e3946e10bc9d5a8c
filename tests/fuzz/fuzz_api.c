// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_api.c - Messages between control and dataplane: what passes the check keeps its promises.
#include "gw/api.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct api_message m;
	if (api_check(bytes, len) < 0)
		return 0;
	memcpy(&m, bytes, len);
	if (m.header.length != len || len != api_length(m.header.type) || m.header.version != API_VERSION)
		abort();
	if (m.header.type == API_HELLO && strlen(m.hello.name) >= sizeof(m.hello.name))
		abort();
	if (m.header.type == (API_STREAM_LIST | API_REPLY) && m.stream_list_reply.count > API_PAGE_STREAMS)
		abort();
	if (m.header.type == API_SOURCE_OPEN && m.source_open.count > API_SOURCE_ITEMS)
		abort();
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	// Requests, then replies, then the events.
	size_t n = API_TYPE_COUNT - 1;
	unsigned int type = index < n       ? (unsigned int)index + 1
			    : index < 2 * n ? (unsigned int)(index - n + 1) | API_REPLY
					    : (unsigned int)(index - 2 * n) + API_EVENT_STREAM;
	struct api_message m;
	if (index > 2 * n + 1 || cap < sizeof(m))
		return 0;
	api_init(&m, type, index < 2 * n ? 1 : 0);
	if (type == API_EVENT_STREAM)
		m.stream_event.kind = API_STREAM_FIRST_PACKET;
	if (type == API_EVENT_RECORD)
		m.record_event.end = API_RECORD_LIMIT;
	if (type == API_RECORD_OPEN)
		m.record_open.max_ms = 1000;
	if (type == API_RECORD_DELETE)
		m.record_delete.name[0] = 'x';
	if (type == API_EVENT_SOURCE)
		m.source_event.kind = API_SOURCE_END;
	if (type == API_SOURCE_OPEN) {
		m.source_open.count = 1;
		m.source_open.items[0].kind = API_SOURCE_TONE;
		m.source_open.items[0].tone = 35;
	}
	memcpy(buf, &m, m.header.length);
	return m.header.length;
}
