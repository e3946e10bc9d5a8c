// SPDX-License-Identifier: GPL-3.0-or-later
// media_blind_test.c - Two parties without a codec: any bytes pass as they are, and the gateway adds nothing of its own.
#include <errno.h>

#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

// Whether bytes pass between two parties as they are. The rig's phones would judge them as RTP, so it is left out.
static bool passes(struct rig *r, const uint8_t *bytes, unsigned int len)
{
	uint8_t copy[300];
	enum drop_reason why = DROP_NONE;
	memcpy(copy, bytes, len);
	return media_ingest(r->media, r->phone[0].stream, copy, len, r->now, &why) == MEDIA_RELAYED &&
	       why == DROP_NONE && memcmp(copy, bytes, len) == 0;
}

static void payload_blind(void)
{
	uint32_t c, random = 99;
	struct rig *r = rig_pair(CODEC_NONE, CODEC_NONE, &c);
	struct stream_stats in, out;
	uint8_t bytes[300];
	static const uint8_t types[] = {96, 101, 34, 13, 0, 96};
	REQUIRE(rig_outcome(r, c) == CONFERENCE_RELAY);
	CHECK(media_is_blind(r->media, r->phone[0].stream));
	// RTP in order, once more, far ahead, from another sender, with a broken header: SRTP's own affair
	for (uint16_t i = 0; i < sizeof(types); i++)
		CHECK(passes(r, bytes, rig_packet(bytes, types[i], i, i * 3000u, 9, 100)));
	CHECK(passes(r, bytes, rig_packet(bytes, 96, 5, 15000, 9, 100)));
	CHECK(passes(r, bytes, rig_packet(bytes, 96, 30000, 0, 9, 100)));
	CHECK(passes(r, bytes, rig_packet(bytes, 96, 6, 0, 77, 100)));
	bytes[0] = 0xbf; // padding, extension and 15 CSRCs that are not there
	CHECK(passes(r, bytes, 20));
	unsigned int sent = sizeof(types) + 4;
	for (unsigned int len = 0; len < sizeof(bytes); len++, sent++) {
		for (unsigned int i = 0; i < len; i++)
			bytes[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
		CHECK(passes(r, bytes, len));
	}
	REQUIRE(media_stream_stats(r->media, r->phone[0].stream, r->now, &in) == 0);
	REQUIRE(media_stream_stats(r->media, r->phone[1].stream, r->now, &out) == 0);
	CHECK_INT(in.rx_packets, sent);
	CHECK_INT(out.tx_packets, sent);
	CHECK_INT(in.dropped, 0);
	media_refused(r->media, r->phone[0].stream);
	REQUIRE(media_stream_stats(r->media, r->phone[1].stream, r->now, &out) == 0);
	CHECK_INT(out.tx_packets, sent - 1);
	rig_free(r);
}

// The gateway says nothing of its own in a blind relay, and reads no RTCP.
static void payload_blind_is_left_alone(void)
{
	uint32_t c, stream;
	struct rig *r = rig_pair(CODEC_NONE, CODEC_NONE, &c);
	uint8_t bytes[MEDIA_RTCP_MAX];
	enum drop_reason why = DROP_NONE;
	struct media_event e;
	uint32_t a = r->phone[0].stream, b = r->phone[1].stream;
	CHECK(passes(r, bytes, rig_packet(bytes, 101, 1, 0, 9, 4)));
	CHECK_INT(media_blind_ingest(r->media, a, (const uint8_t *)"x", 1, true, r->now, &why),
		  MEDIA_RELAYED);
	CHECK_INT(media_digit_send(r->media, b, 1, 100), -ENOTSUP);
	for (unsigned int s = 0; s < 60; s++) {
		r->now += NSEC_PER_SEC;
		CHECK_INT(media_rtcp_next(r->media, r->now, 1, bytes, &stream), 0);
	}
	CHECK_INT(media_rtcp_bye(r->media, b, r->now, 1, bytes), 0);
	unsigned int first = 0, digits = 0;
	while (media_event_next(r->media, &e)) {
		first += e.kind == MEDIA_FIRST_PACKET;
		digits += e.kind == MEDIA_DIGIT;
	}
	CHECK_INT(first, 1);
	CHECK_INT(digits, 0);
	rig_free(r);
}

// Alone, muted, to somebody who does not send, and to somebody with a codec.
static void payload_blind_ends_by_name(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	enum drop_reason why = DROP_NONE;
	uint8_t bytes[200] = {0};
	REQUIRE(rig_open(r, 0, c, CODEC_NONE, 20, BOTH, 0, 0) == 0);
	uint32_t a = r->phone[0].stream;
	CHECK_INT(media_ingest(r->media, a, bytes, 40, r->now, &why), MEDIA_DROPPED);
	CHECK_INT(why, DROP_peer_absent);
	REQUIRE(rig_open(r, 1, c, CODEC_NONE, 20, STREAM_RECV, 0, 0) == 0);
	CHECK_INT(media_ingest(r->media, a, bytes, 40, r->now, &why), MEDIA_DROPPED);
	CHECK_INT(why, DROP_peer_not_sending);
	// who only sends is not heard, but its far end's reports pass
	struct stream_spec s = *media_stream_spec(r->media, r->phone[1].stream);
	s.flags = STREAM_SEND;
	REQUIRE(media_stream_set(r->media, r->phone[1].stream, &s, r->now) == 0);
	CHECK_INT(media_ingest(r->media, r->phone[1].stream, bytes, 40, r->now, &why), MEDIA_DROPPED);
	CHECK_INT(why, DROP_stream_not_receiving);
	CHECK_INT(media_blind_ingest(r->media, r->phone[1].stream, bytes, 40, true, r->now, &why),
		  MEDIA_RELAYED);
	CHECK_INT(media_ingest(r->media, a, bytes, 40, r->now, &why), MEDIA_RELAYED);
	s = *media_stream_spec(r->media, a);
	s.flags |= STREAM_MUTED;
	REQUIRE(media_stream_set(r->media, a, &s, r->now) == 0);
	CHECK_INT(media_ingest(r->media, a, bytes, 40, r->now, &why), MEDIA_QUEUED);
	rig_close(r, 1);
	REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	CHECK(!media_is_blind(r->media, a));
	rig_free(r);
}

T_MAIN("media_blind", {"payload blind", payload_blind},
       {"payload blind is left alone", payload_blind_is_left_alone},
       {"payload blind ends by name", payload_blind_ends_by_name})
