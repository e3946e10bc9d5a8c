// SPDX-License-Identifier: GPL-3.0-or-later
// api_test.c - Every message passes its check when well made, and none does when a byte of it lies.
#include "gw/api.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <stdlib.h>

static bool is_event(unsigned int type)
{
	return type == API_EVENT_STREAM || type == API_EVENT_SOURCE || type == API_EVENT_RECORD;
}

static struct api_message made(unsigned int type)
{
	struct api_message m;
	memset(&m, 0xa5, sizeof(m));
	api_init(&m, type, is_event(type) ? 0 : 7);
	if (type == API_EVENT_STREAM)
		m.stream_event.kind = API_STREAM_DIGIT;
	if (type == API_EVENT_SOURCE)
		m.source_event.kind = API_SOURCE_END;
	if (type == API_SOURCE_OPEN) {
		m.source_open.count = 2;
		m.source_open.items[0].kind = API_SOURCE_FILE;
		strcpy(m.source_open.items[0].path, "/music.wav");
		m.source_open.items[1].kind = API_SOURCE_TONE;
		m.source_open.items[1].tone = 35;
	}
	if (type == API_DIGIT_SEND)
		m.digit_send.duration_ms = 100;
	if (type == API_RECORD_OPEN)
		m.record_open.max_ms = 1000;
	if (type == API_RECORD_DELETE)
		strcpy(m.record_delete.name, "node-line-1.wav");
	if (type == API_EVENT_RECORD)
		m.record_event.end = API_RECORD_LIMIT;
	return m;
}

static void every_type_passes(void)
{
	for (unsigned int type = 0; type < 300; type++) {
		unsigned int base = type & ~(unsigned int)API_REPLY;
		bool known = (base > API_NONE && base < API_TYPE_COUNT && type < 256) || is_event(type);
		CHECK((api_length(type) > 0) == known);
		CHECK((strcmp(api_type_name(type), "unknown") != 0) == known);
		if (!known)
			continue;
		CHECK(api_length(type) <= API_MESSAGE_MAX);
		struct api_message m = made(type);
		CHECK_INT(m.header.length, api_length(type));
		CHECK_INT(api_check(&m, m.header.length), 0);
	}
	CHECK_STR(api_type_name(API_STREAM_OPEN), "StreamOpen");
	CHECK_STR(api_type_name(API_STREAM_OPEN | API_REPLY), "StreamOpenReply");
	CHECK_STR(api_type_name(API_EVENT_STREAM), "StreamEvent");
}

static void lengths_are_exact(void)
{
	for (unsigned int type = 1; type < 256; type++) {
		size_t len = api_length(type);
		if (len == 0)
			continue;
		struct api_message m = made(type);
		CHECK_INT(api_check(&m, len - 1), -EBADMSG);
		CHECK_INT(api_check(&m, len + 8), -EBADMSG);
		m.header.length++;
		CHECK_INT(api_check(&m, len), -EBADMSG);
		m.header.length = 0;
		CHECK_INT(api_check(&m, len), -EBADMSG);
	}
	static const uint8_t zeros[API_MESSAGE_MAX * 2];
	CHECK_INT(api_check(zeros, 0), -EBADMSG);
	CHECK_INT(api_check(zeros, 15), -EBADMSG);
	CHECK_INT(api_check(zeros, sizeof(zeros)), -EBADMSG);
}

static void headers_are_checked(void)
{
	struct api_message m = made(API_HELLO);
	m.header.version = API_VERSION + 1;
	CHECK_INT(api_check(&m, m.header.length), -EPROTONOSUPPORT);
	m = made(API_HELLO);
	m.header.type = API_TYPE_COUNT;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_HELLO);
	m.header.request = 0;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_HELLO);
	m.header.status = -ENOENT;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_EVENT_STREAM);
	m.header.request = 1;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_EVENT_STREAM | API_REPLY);
	CHECK_INT(api_check(&m, sizeof(m.header)), -EBADMSG);
}

static void failed_replies_are_empty(void)
{
	struct api_message m = made(API_STREAM_OPEN | API_REPLY);
	m.header.status = -ENOSPC;
	CHECK_INT(api_check(&m, m.header.length), 0);
	m.stream_reply.handle = 1;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m.stream_reply.handle = 0;
	m.header.status = 1;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
}

// Sets one byte of a good message and expects the check to say no.
#define REFUSES(type, field, value)                                                                          \
	do {                                                                                                 \
		struct api_message r_ = made(type);                                                          \
		r_.field = (value);                                                                          \
		CHECK_INT(api_check(&r_, r_.header.length), -EBADMSG);                                       \
	} while (0)

static void reserved_fields_are_zero(void)
{
	REFUSES(API_STREAM_OPEN, stream_open.spec.zero[4], 1);
	REFUSES(API_STREAM_OPEN, stream_open.spec.gain_cb, 201);
	REFUSES(API_STREAM_SET, stream_set.spec.gain_cb, -601);
	REFUSES(API_STREAM_OPEN, stream_open.spec.local.zero, 1);
	REFUSES(API_STREAM_OPEN, stream_open.spec.remote.addr.zero[2], 1);
	REFUSES(API_STREAM_SET, stream_set.zero, 1);
	REFUSES(API_STREAM_STATS, handle_request.zero, 1);
	REFUSES(API_STREAM_STATS | API_REPLY, stream_stats_reply.stats.quality.zero, 1);
	REFUSES(API_STREAM_LIST, list.zero, 1);
	REFUSES(API_HELLO | API_REPLY, hello_reply.zero, 1);
	REFUSES(API_DROPS | API_REPLY, drops_reply.zero, 1);
	REFUSES(API_STATUS | API_REPLY, status_reply.load_limit, 101);
	REFUSES(API_STATUS | API_REPLY, status_reply.ports[7].zero, 1);
	REFUSES(API_EVENT_STREAM, stream_event.zero, 1);
	REFUSES(API_SOURCE_OPEN, source_open.zero, 1);
	REFUSES(API_SOURCE_OPEN, source_open.items[1].zero, 1);
	REFUSES(API_SOURCE_CLOSE, handle_request.zero, 1);
	REFUSES(API_DIGIT_SEND, digit_send.zero, 1);
	REFUSES(API_RECORD_OPEN | API_REPLY, record_reply.zero, 1);
	REFUSES(API_RECORD_CLOSE, handle_request.zero, 1);
}

static void addresses_are_canonical(void)
{
	REFUSES(API_STREAM_OPEN, stream_open.spec.source.addr.family, 5);
	REFUSES(API_STREAM_OPEN, stream_open.spec.source.addr.ip[0], 10); // no family, yet bytes
	struct api_message m = made(API_STREAM_OPEN);
	m.stream_open.spec.remote.addr = addr_ipv4((const uint8_t[]){10, 0, 0, 1});
	CHECK_INT(api_check(&m, m.header.length), 0);
	m.stream_open.spec.remote.addr.ip[4] = 1;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m.stream_open.spec.remote.addr.family = ADDR_IPV6;
	CHECK_INT(api_check(&m, m.header.length), 0);
}

static void digits_are_digits(void)
{
	REFUSES(API_DIGIT_SEND, digit_send.digit, API_DIGITS);
	REFUSES(API_DIGIT_SEND, digit_send.duration_ms, API_DIGIT_MS_MIN - 1);
	REFUSES(API_DIGIT_SEND, digit_send.duration_ms, API_DIGIT_MS_MAX + 1);
	REFUSES(API_EVENT_STREAM, stream_event.value, API_DIGITS);
}

static void strings_end(void)
{
	struct api_message m = made(API_HELLO);
	memset(m.hello.name, 'x', sizeof(m.hello.name));
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m.hello.name[sizeof(m.hello.name) - 1] = '\0';
	CHECK_INT(api_check(&m, m.header.length), 0);
	m = made(API_RECORD_OPEN);
	memset(m.record_open.label, 'x', sizeof(m.record_open.label));
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_RECORD_DELETE);
	memset(m.record_delete.name, 'x', sizeof(m.record_delete.name));
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_RECORD_LIST | API_REPLY);
	m.record_list_reply.count = 1;
	CHECK_INT(api_check(&m, m.header.length), 0);
	memset(m.record_list_reply.entries[0].name, 'x', API_RECORD_NAME_MAX);
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_STREAM_SET);
	memset(m.stream_set.spec.ref.device, 'x', STREAM_DEVICE_MAX);
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_CONFERENCE_OPEN);
	memset(m.conference_open.spec.device, 'x', STREAM_DEVICE_MAX);
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_STATUS | API_REPLY);
	memset(m.status_reply.ports[3].name, 'x', sizeof(m.status_reply.ports[3].name));
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
	m = made(API_STATUS | API_REPLY);
	memset(m.status_reply.kernels, 'x', sizeof(m.status_reply.kernels));
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
}

static void counts_fit_their_arrays(void)
{
	REFUSES(API_STREAM_LIST | API_REPLY, stream_list_reply.count, API_PAGE_STREAMS + 1);
	REFUSES(API_CONFERENCE_LIST | API_REPLY, conference_list_reply.count, UINT32_MAX);
	REFUSES(API_DROPS | API_REPLY, drops_reply.count, DROP_COUNT + 1);
	REFUSES(API_STATUS | API_REPLY, status_reply.worker_count, API_WORKERS_MAX + 1);
	REFUSES(API_STATUS | API_REPLY, status_reply.port_count, API_PORTS_MAX + 1);
	REFUSES(API_HELLO | API_REPLY, hello_reply.address_count, API_PORTS_MAX * 2 + 1);
	REFUSES(API_EVENT_STREAM, stream_event.kind, 0);
	REFUSES(API_EVENT_STREAM, stream_event.kind, 5);
	REFUSES(API_STREAM_LIST | API_REPLY, stream_list_reply.entries[2].handle, 1); // past its count of 0
	REFUSES(API_STREAM_CLOSE | API_REPLY, stream_stats_reply.stats.quality.one_way, STREAM_ONE_WAY_COUNT);
	struct api_message m = made(API_CONFERENCE_LIST | API_REPLY);
	m.conference_list_reply.count = 1;
	m.conference_list_reply.entries[0].outcome = CONFERENCE_MIX;
	CHECK_INT(api_check(&m, m.header.length), 0);
	m.conference_list_reply.entries[0].outcome = CONFERENCE_OUTCOME_COUNT;
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
}

static void items_of_a_source_say_one_thing(void)
{
	REFUSES(API_SOURCE_OPEN, source_open.count, 0);
	REFUSES(API_SOURCE_OPEN, source_open.count, API_SOURCE_ITEMS + 1);
	REFUSES(API_SOURCE_OPEN, source_open.count, 1); // the second stands past it
	REFUSES(API_SOURCE_OPEN, source_open.count, 3); // an item of no kind
	REFUSES(API_SOURCE_OPEN, source_open.items[0].kind, 5);
	REFUSES(API_SOURCE_OPEN, source_open.items[0].kind, API_SOURCE_LIVE); // not alone
	REFUSES(API_SOURCE_OPEN, source_open.items[0].tone, 35);
	REFUSES(API_SOURCE_OPEN, source_open.items[0].country, 1);
	REFUSES(API_SOURCE_OPEN, source_open.items[0].path[0], '\0');
	REFUSES(API_SOURCE_OPEN, source_open.items[1].path[0], 'x');
	REFUSES(API_EVENT_SOURCE, source_event.kind, 0);
	REFUSES(API_EVENT_SOURCE, source_event.kind, 2);
	struct api_message m = made(API_SOURCE_OPEN);
	memset(m.source_open.items[0].path, 'x', API_SOURCE_PATH_MAX);
	CHECK_INT(api_check(&m, m.header.length), -EBADMSG);
}

static void recordings_say_why_they_end(void)
{
	REFUSES(API_RECORD_OPEN, record_open.max_ms, 0);
	REFUSES(API_RECORD_DELETE, record_delete.name[0], '\0');
	REFUSES(API_RECORD_LIST | API_REPLY, record_list_reply.count, API_PAGE_RECORDINGS + 1);
	REFUSES(API_RECORD_LIST | API_REPLY, record_list_reply.entries[0].ms, 1); // past its count of 0
	REFUSES(API_EVENT_RECORD, record_event.end, 0);
	REFUSES(API_EVENT_RECORD, record_event.end, API_RECORD_FAILED + 1);
	REFUSES(API_EVENT_RECORD, record_event.end, API_RECORD_FAILED); // without a status
	REFUSES(API_EVENT_RECORD, record_event.status, -ENOSPC);        // of one that did not fail
	REFUSES(API_EVENT_RECORD, record_event.kept, 2);
}

// Bytes without sense, at any alignment: the sanitizers watch that nothing is read past the end.
static void random_bytes_do_no_harm(void)
{
	srand(3);
	uint8_t *bytes = malloc(API_MESSAGE_MAX + 64);
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)rand() % (sizeof(struct api_message) + 32);
		size_t shift = (size_t)rand() % 8;
		uint8_t *at = bytes + shift;
		for (size_t i = 0; i < len && i < 256; i++)
			at[i] = (uint8_t)rand();
		if (len >= sizeof(struct api_header) && round % 2) {
			struct api_header h = {.length = (uint32_t)len, .version = API_VERSION, .request = 1};
			h.type = (uint16_t)(rand() % 256);
			memcpy(at, &h, sizeof(h));
		}
		int rc = api_check(at, len);
		CHECK(rc == 0 || rc == -EBADMSG || rc == -EPROTONOSUPPORT);
	}
	free(bytes);
}

T_MAIN("api", {"every_type_passes", every_type_passes}, {"lengths_are_exact", lengths_are_exact},
       {"headers_are_checked", headers_are_checked}, {"failed_replies_are_empty", failed_replies_are_empty},
       {"reserved_fields_are_zero", reserved_fields_are_zero},
       {"addresses_are_canonical", addresses_are_canonical}, {"strings_end", strings_end},
       {"counts_fit_their_arrays", counts_fit_their_arrays},
       {"items_of_a_source_say_one_thing", items_of_a_source_say_one_thing},
       {"recordings_say_why_they_end", recordings_say_why_they_end}, {"digits_are_digits", digits_are_digits},
       {"counts_fit_their_arrays", counts_fit_their_arrays},
       {"random_bytes_do_no_harm", random_bytes_do_no_harm})
