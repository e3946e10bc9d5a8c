// SPDX-License-Identifier: GPL-3.0-or-later
// sccp_frame_test.c - Framing at every split, glued messages, hostile lengths and versions.
#include "gw/sccp.h"
#include "tests/unit/t.h"

#include <stdlib.h>

// Three messages of different length, as one stream.
static size_t make_stream(uint8_t *buf, size_t cap)
{
	struct sccp_msg m;
	size_t len = 0;
	static const enum sccp_id ids[] = {SCCP_KEEP_ALIVE, SCCP_OPEN_RECEIVE_CHANNEL,
					   SCCP_CLOSE_RECEIVE_CHANNEL};
	for (size_t i = 0; i < 3; i++) {
		sccp_init(&m, ids[i]);
		int n = sccp_encode(&m, 18, buf + len, cap - len);
		REQUIRE(n > 0);
		len += (size_t)n;
	}
	return len;
}

// Feeds a stream in pieces as a connection would; returns how many messages came out and the sum of their lengths.
static size_t feed(const uint8_t *stream, size_t len, size_t first, size_t step, size_t *ret_bytes)
{
	uint8_t *have = malloc(len ? len : 1);
	size_t held = 0, given = 0, messages = 0;
	*ret_bytes = 0;
	while (given < len) {
		size_t n = given == 0 ? first : step;
		n = n < len - given ? n : len - given;
		memcpy(have + held, stream + given, n);
		held += n;
		given += n;
		for (;;) {
			const uint8_t *pdu;
			size_t pdu_len, consumed;
			if (sccp_frame_next(have, held, &pdu, &pdu_len, &consumed) != 1)
				break;
			struct sccp_msg m;
			CHECK_INT(sccp_decode(pdu, pdu_len, 18, &m), SCCP_OK);
			messages++;
			*ret_bytes += pdu_len;
			memmove(have, have + consumed, held - consumed);
			held -= consumed;
		}
	}
	free(have);
	return messages;
}

static void every_split(void)
{
	uint8_t stream[SCCP_PDU_MAX];
	size_t len = make_stream(stream, sizeof(stream)), bytes;
	for (size_t first = 1; first <= len; first++) {
		CHECK_INT(feed(stream, len, first, len, &bytes), 3);
		CHECK_INT(bytes, len);
	}
	for (size_t step = 1; step <= len; step++)
		CHECK_INT(feed(stream, len, step, step, &bytes), 3);
}

static void glued(void)
{
	uint8_t stream[3 * SCCP_PDU_MAX];
	size_t one = make_stream(stream, sizeof(stream)), bytes;
	memcpy(stream + one, stream, one);
	memcpy(stream + 2 * one, stream, one);
	CHECK_INT(feed(stream, 3 * one, 3 * one, 1, &bytes), 9);
	// Two and a half messages in a segment: the half stays behind.
	CHECK_INT(feed(stream, one + 6, one + 6, 1, &bytes), 3);
}

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static void hostile_lengths(void)
{
	static const struct {
		uint32_t length;
		int expected;
	} cases[] = {
		{0, SCCP_BAD_LENGTH},
		{3, SCCP_BAD_LENGTH},
		{4, 1},
		{7, 1},
		{SCCP_LENGTH_MAX, 1},
		{SCCP_LENGTH_MAX + 1, SCCP_OVERLONG},
		{0x7fffffff, SCCP_OVERLONG},
		{0x80000000, SCCP_OVERLONG},
		{0xfffffff0, SCCP_OVERLONG},
		{0xfffffff7, SCCP_OVERLONG},
		{0xfffffff8, SCCP_OVERLONG},
		{0xfffffffc, SCCP_OVERLONG},
		{0xffffffff, SCCP_OVERLONG},
	};
	uint8_t bytes[SCCP_PDU_MAX] = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint8_t *pdu = NULL;
		size_t len = 0, consumed = 0;
		put32(bytes, cases[i].length);
		CHECK_INT(sccp_frame_next(bytes, sizeof(bytes), &pdu, &len, &consumed), cases[i].expected);
		if (cases[i].expected == 1)
			CHECK_INT(len, cases[i].length + SCCP_HEADER_LEN);
		if (cases[i].expected != SCCP_OVERLONG)
			CHECK_INT(consumed, cases[i].length + SCCP_HEADER_LEN);
		// Too long is known from the first four bytes on, not only when the rest has come.
		if (cases[i].expected == SCCP_OVERLONG)
			CHECK_INT(sccp_frame_next(bytes, 4, &pdu, &len, &consumed), SCCP_OVERLONG);
	}
}

// A length field below 4 costs that message only.
static void goes_on_after_bad_length(void)
{
	for (uint32_t bad = 0; bad < 4; bad++) {
		uint8_t stream[256] = {0};
		const uint8_t *pdu;
		size_t len, consumed;
		put32(stream, bad);
		size_t skip = SCCP_HEADER_LEN + bad;
		put32(stream + skip, 4);
		CHECK_INT(sccp_frame_next(stream, skip + 12, &pdu, &len, &consumed), SCCP_BAD_LENGTH);
		CHECK_INT(consumed, skip);
		CHECK_INT(sccp_frame_next(stream + skip, 12, &pdu, &len, &consumed), 1);
		CHECK_INT(len, 12);
	}
}

static void ends_inside_a_message(void)
{
	uint8_t stream[SCCP_PDU_MAX];
	size_t len = make_stream(stream, sizeof(stream));
	const uint8_t *pdu;
	size_t pdu_len, consumed;
	put32(stream, (uint32_t)len + 100);
	for (size_t n = 0; n <= len; n++)
		CHECK_INT(sccp_frame_next(stream, n, &pdu, &pdu_len, &consumed), 0);
}

static void versions_mixed_in_one_session(void)
{
	static const uint32_t headers[] = {0, 11, 17, 20, 22, 23, 0xffffffff};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct sccp_msg m, back;
		uint8_t pdu[SCCP_PDU_MAX];
		sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
		m.close_receive_channel.pass_through_party_id = 77;
		int len = sccp_encode(&m, 18, pdu, sizeof(pdu));
		put32(pdu + 4, headers[i]);
		CHECK_INT(sccp_decode(pdu, (size_t)len, 18, &back), SCCP_OK);
		CHECK_INT(back.version, headers[i]);
		CHECK_INT(back.close_receive_channel.pass_through_party_id, 77);
	}
}

static void decode_checks_the_length_itself(void)
{
	uint8_t pdu[SCCP_PDU_MAX + 8] = {0};
	struct sccp_msg m;
	for (size_t n = 0; n < 12; n++)
		CHECK_INT(sccp_decode(pdu, n, 18, &m), SCCP_TRUNCATED);
	put32(pdu, 4);
	CHECK_INT(sccp_decode(pdu, 12, 18, &m), SCCP_OK);
	CHECK_INT(sccp_decode(pdu, 16, 18, &m), SCCP_BAD_LENGTH);
	put32(pdu, 0xfffffffc);
	CHECK_INT(sccp_decode(pdu, 12, 18, &m), SCCP_OVERLONG);
	put32(pdu, SCCP_LENGTH_MAX + 1);
	CHECK_INT(sccp_decode(pdu, SCCP_PDU_MAX + 1, 18, &m), SCCP_OVERLONG);
}

static void unknown_ids(void)
{
	static const uint32_t ids[] = {0x13,   0x3a,   0x4b,   0x84,   0x10a,     0x125,
				       0x7fff, 0x8001, 0x8102, 0xff00, 0xffffffff};
	uint8_t pdu[64] = {0};
	put32(pdu, 56);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct sccp_msg m;
		char text[64];
		put32(pdu + 8, ids[i]);
		CHECK_INT(sccp_decode(pdu, 64, 18, &m), SCCP_UNKNOWN_ID);
		CHECK_INT(m.id, ids[i]);
		CHECK_INT(m.body_len, 52);
		CHECK(sccp_text(&m, text, sizeof(text)) > 0);
		CHECK_INT(sccp_encode(&m, 18, pdu, sizeof(pdu)), SCCP_NOT_LISTED);
		put32(pdu, 56);
	}
}

T_MAIN("sccp_frame", {"every_split", every_split}, {"glued", glued}, {"hostile_lengths", hostile_lengths},
       {"goes_on_after_bad_length", goes_on_after_bad_length},
       {"ends_inside_a_message", ends_inside_a_message},
       {"versions_mixed_in_one_session", versions_mixed_in_one_session},
       {"decode_checks_the_length_itself", decode_checks_the_length_itself}, {"unknown_ids", unknown_ids})
