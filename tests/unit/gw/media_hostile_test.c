// SPDX-License-Identifier: GPL-3.0-or-later
// media_hostile_test.c - Any bytes, any commands, any time: nothing breaks and everything is counted.
#include <stdlib.h>

#include "gw/rtp.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

static uint64_t state = 99;

static uint32_t rnd(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % n;
}

// Bytes in a block of exactly their size, so that a sanitizer sees a step beyond.
static void ingest(struct rig *r, uint32_t stream, const uint8_t *bytes, unsigned int len)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum drop_reason why = DROP_NONE;
	memcpy(copy, bytes, len);
	enum media_verdict v = media_ingest(r->media, stream, copy, len, r->now, &why);
	CHECK(v == MEDIA_DROPPED ? why > DROP_NONE && why < DROP_COUNT : why == DROP_NONE);
	media_rtcp_ingest(r->media, stream, copy, len, r->now);
	free(copy);
}

static void named_drops(void)
{
	static const struct {
		enum drop_reason why;
		unsigned int len;
		uint8_t bytes[24];
	} cases[] = {
		{DROP_rtp_short, 0, {0}},
		{DROP_rtp_short, 11, {0x80}},
		{DROP_rtp_version, 20, {0x40}},
		{DROP_rtp_empty, 12, {0x80}},
		{DROP_rtp_csrc, 20, {0x8f}},
		{DROP_rtp_extension, 20, {0x90, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0xff, 0xff}},
		{DROP_rtp_padding, 16, {0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 99}},
		{DROP_rtp_payload_type, 16, {0x80, 77}},
	};
	for (unsigned int parties = 2; parties <= 3; parties++) {
		struct rig *r = rig_new(NULL);
		uint32_t c = rig_conference(r, 0);
		struct stream_stats s;
		for (unsigned int i = 0; i < parties; i++)
			REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
		for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			uint8_t rtp[24];
			memcpy(rtp, cases[i].bytes, sizeof(rtp));
			CHECK_INT(rig_ingest(r, 0, rtp, cases[i].len), MEDIA_DROPPED);
			CHECK_INT(r->phone[0].last_drop, cases[i].why);
		}
		media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
		CHECK_INT(s.dropped, sizeof(cases) / sizeof(cases[0]));
		CHECK_INT(s.rx_packets, 0);
		rig_free(r);
	}
}

// All streams of a worker hear their first packets at once, after a restart: a digit among them is told all the same.
static void many_first_packets_leave_room_for_a_digit(void)
{
	struct media_limits limits = {.streams = 1200, .conferences = 1, .seed = 7};
	struct rig *r = rig_new(&limits);
	uint32_t c = rig_conference(r, CONFERENCE_ECHO), stream = 0;
	unsigned int first = 0, digits = 0;
	struct media_event e;
	for (unsigned int i = 0; i < limits.streams; i++) {
		struct stream_spec s = rig_spec(c, i, CODEC_PCMU, 20, BOTH);
		uint8_t rtp[172];
		REQUIRE(media_stream_open(r->media, &s, r->now, &stream) == 0);
		ingest(r, stream, rtp, rig_packet(rtp, 0, 1, 160, 5, 160));
	}
	uint8_t event[16];
	rig_packet(event, 101, 2, 320, 5, 4);
	rtp_event_write(event + 12, &(struct rtp_event){.event = 7, .duration = 160});
	ingest(r, stream, event, sizeof(event));
	while (media_event_next(r->media, &e)) {
		first += e.kind == MEDIA_FIRST_PACKET;
		digits += e.kind == MEDIA_DIGIT && e.value == 7;
	}
	CHECK(first >= 500);
	CHECK_INT(digits, 1);
	rig_free(r);
}

// What a jitter buffer gives up is counted as any other drop is, in the stream's figures and in the worker's, for good.
static void what_a_jitter_buffer_gives_up_is_counted(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE);
	struct stream_stats s;
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, 300, -10) == 0);
	rig_run(r, 1000);
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	CHECK_INT(s.dropped, 0);
	for (unsigned int i = 0; i < 100; i++) { // two seconds of sound at once: more than the ring holds
		uint8_t rtp[MEDIA_RTP_MAX];
		rig_ingest(r, 0, rtp, phone_packet(&r->phone[0], rtp));
	}
	rig_run(r, 1000);
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	uint64_t named = 0;
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		named += r->phone[0].drops[i];
	CHECK(media_overflowed(r->media) >= 60);
	CHECK_INT(s.dropped, named + media_overflowed(r->media));
	struct stream_spec other = rig_spec(c, 0, CODEC_G722, 20, BOTH); // another voice
	REQUIRE(media_stream_set(r->media, r->phone[0].stream, &other, r->now) == 0);
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	CHECK_INT(s.dropped, named + media_overflowed(r->media));
	rig_free(r);
}

// Every decoder is fed every length of random bytes, in a call of two and in a mix: each packet is dropped by a name, or
// its sound is heard.
static void any_payload(enum codec_id codec, uint32_t flags)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, flags), judged = 0;
	struct phone *p = &r->phone[0];
	struct stream_stats s;
	REQUIRE(rig_open(r, 0, c, codec, codec_by_id(codec)->period_ms_default, BOTH, 0, 0) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_L16_16K, 10, BOTH, 300, -10) == 0);
	p->sends = false;
	for (unsigned int len = 0; len <= 400; len++) {
		struct rtp_header h = {.timestamp = len * codec_by_id(codec)->rtp_clock_hz / 50,
				       .ssrc = 5,
				       .seq = (uint16_t)len,
				       .payload_type = p->spec.rx.payload_type};
		uint8_t *rtp = malloc(12 + len);
		rtp_header_write(rtp, &h);
		for (unsigned int i = 0; i < len; i++)
			rtp[12 + i] = (uint8_t)rnd(256);
		judged += rig_ingest(r, 0, rtp, 12 + len) == MEDIA_DROPPED;
		free(rtp);
		rig_run(r, 20);
	}
	rig_run(r, 200);
	media_stream_stats(r->media, p->stream, r->now, &s);
	CHECK_INT(p->drops[DROP_NONE], 0);
	CHECK(p->drops[DROP_rtp_empty] == 1);
	CHECK_INT(s.dropped, judged + media_undecodable(r->media) + media_overflowed(r->media));
	if (codec_by_id(codec)->frame_ms > 1) // most lengths are of no frame
		CHECK(s.dropped > 20);
	CHECK_INT(media_stream_close(r->media, p->stream, r->now), 0);
	p->open = false;
	rig_free(r);
}

static void any_payload_of_any_codec(void)
{
	for (unsigned int id = 1; id < CODEC_COUNT; id++) {
		if (!codec_can_transcode(id))
			continue;
		any_payload(id, 0);
		any_payload(id, CONFERENCE_BRIDGE);
	}
}

// Telephone-events that there are not, cut short, without end or of any bytes: refused by name or without effect.
static void hostile_events(void)
{
	for (unsigned int parties = 2; parties <= 3; parties++) {
		struct rig *r = rig_new(NULL);
		uint32_t c = rig_conference(r, 0);
		struct stream_stats s;
		for (unsigned int i = 0; i < parties; i++) {
			struct stream_spec spec = rig_spec(c, i, CODEC_PCMU, 20, BOTH);
			spec.rx.event_type = spec.tx.event_type = 101;
			REQUIRE(rig_open_spec(r, i, &spec, 0, 0) == 0);
			r->phone[i].sends = false;
		}
		uint32_t refused = 0, sent = 0;
		for (unsigned int event = 0; event < 256; event++)
			for (unsigned int len = 0; len <= 8; len++) {
				struct rtp_header h = {.timestamp = event * 1000,
						       .ssrc = 5,
						       .seq = (uint16_t)sent++,
						       .payload_type = 101};
				uint8_t rtp[12 + 8] = {0};
				rtp_header_write(rtp, &h);
				rtp[12] = (uint8_t)event;
				for (unsigned int i = 13; i < 20; i++)
					rtp[i] = (uint8_t)rnd(256);
				if (rig_ingest(r, 0, rtp, 12 + len) == MEDIA_DROPPED) {
					refused++;
					CHECK(r->phone[0].last_drop != DROP_NONE);
				}
				rig_run(r, 1);
			}
		CHECK(refused >= 256 * 4); // shorter than four octets
		CHECK(r->phone[0].drops[DROP_rtp_event] > 0);
		media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
		CHECK(s.dropped >= refused);
		CHECK_INT(r->phone[1].ssrc_breaks, 0);
		rig_free(r);
	}
}

// RTCP of any bytes, of every length, and of every kind with lengths that lie.
static void hostile_rtcp(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	struct stream_stats s;
	unsigned int malformed = 0;
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, 300, -10) == 0);
	for (unsigned int round = 0; round < 20; round++)
		for (unsigned int len = 0; len <= 400; len++) {
			uint8_t *b = malloc(len ? len : 1);
			for (unsigned int i = 0; i < len; i++)
				b[i] = (uint8_t)rnd(256);
			if (len >= 8 && round % 2) { // looks like SR, RR, SDES, BYE, APP or XR
				b[0] = (uint8_t)(0x80 | rnd(32));
				b[1] = (uint8_t)(round % 4 == 1 ? 200 + rnd(2) : 200 + rnd(8));
				rtp_be16_put(b + 2, (uint16_t)(rnd(3) ? len / 4 - 1 : rnd(200)));
			}
			malformed +=
				media_rtcp_ingest(r->media, r->phone[0].stream, b, len, r->now) != DROP_NONE;
			free(b);
		}
	CHECK(malformed > 20 * 401 / 3);
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	CHECK_INT(s.dropped, malformed);
	rig_run(r, 500);
	CHECK_INT(r->phone[1].ssrc_breaks, 0);
	rig_free(r);
}

static void random_bytes(void)
{
	for (unsigned int parties = 1; parties <= 4; parties++) {
		struct rig *r = rig_new(NULL);
		uint32_t c = rig_conference(r, 0);
		static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_PCMA};
		for (unsigned int i = 0; i < parties; i++)
			REQUIRE(rig_open(r, i, c, codecs[i], 20, BOTH, 300, -10) == 0);
		for (unsigned int n = 0; n < 20000; n++) {
			uint8_t b[2100];
			unsigned int len = rnd(8) ? rnd(200) : rnd(sizeof(b));
			for (unsigned int i = 0; i < len && i < 64; i++)
				b[i] = (uint8_t)rnd(256);
			struct phone *p = &r->phone[rnd(parties)];
			// mostly nearly right
			if (rnd(4) && len > 12) {
				b[0] = rnd(8) ? 0x80 : b[0];
				b[1] = rnd(8) ? p->spec.rx.payload_type : 101;
				rtp_be16_put(b + 2, (uint16_t)(n / 50));
				rtp_be32_put(b + 4, rnd(16) ? n * 3 : rnd(UINT32_MAX));
				rtp_be32_put(b + 8, rnd(200) ? 5 : rnd(3));
			}
			ingest(r, p->stream, b, len);
			if (n % 50 == 0)
				rig_run(r, 1 + (rnd(100) == 0) * rnd(500));
		}
		for (unsigned int i = 0; i < parties; i++) {
			CHECK_INT(r->phone[i].ssrc_breaks, 0);
			struct stream_stats s;
			CHECK_INT(media_stream_stats(r->media, r->phone[i].stream, r->now, &s), 0);
		}
		rig_free(r);
	}
}

static void open_any(struct rig *r, unsigned int phone, uint32_t c)
{
	static const enum codec_id codecs[] = {CODEC_PCMU,    CODEC_PCMA, CODEC_G722,
					       CODEC_L16_16K, CODEC_NONE, CODEC_ILBC};
	struct stream_spec s =
		rig_spec(c, phone, codecs[rnd(100) ? rnd(4) : rnd(6)], 10 * (1 + rnd(6)), rnd(16));
	s.flags |= rnd(2) ? 0 : rnd(STREAM_FLAGS + 1) & ~31u;
	s.rx.event_type = rnd(2) ? 0 : 101;
	s.tx.event_type = rnd(2) ? 0 : 101;
	struct stream_spec other = rig_spec(c, phone, codecs[rnd(4)], 10 * (1 + rnd(6)), BOTH);
	if (rnd(4) == 0)
		s.tx = other.tx;
	if (!r->phone[phone].open)
		rig_open_spec(r, phone, &s, 100 + rnd(3000), -20);
	else if (media_stream_set(r->media, r->phone[phone].stream, &s, r->now) == 0)
		r->phone[phone].spec.tx = s.tx,
		r->phone[phone].spec.conference = s.conference; // perhaps moved
}

// Parties come, go and change at random while the clock runs, stalls included.
static void random_commands(void)
{
	struct media_limits limits = {.streams = 8,
				      .conferences = 3,
				      .voices = 6,
				      .rtcp_interval_ms = 50,
				      .silent_s = 1,
				      .seed = 5};
	struct rig *r = rig_new(&limits);
	uint32_t c[3];
	for (unsigned int i = 0; i < 3; i++)
		c[i] = rig_conference(r, i == 2 ? CONFERENCE_BRIDGE : 0);
	for (unsigned int n = 0; n < 6000; n++) {
		unsigned int phone = rnd(RIG_PHONES);
		uint8_t rtcp[MEDIA_RTCP_MAX];
		uint32_t stream;
		struct media_event e;
		if (rnd(5) == 0 && r->phone[phone].open)
			rig_close(r, phone);
		else if (rnd(2))
			open_any(r, phone, c[rnd(3)]);
		if (rnd(3) == 0)
			media_digit_send(r->media, rnd(9), rnd(17), 40 + rnd(300));
		if (rnd(50) == 0) {
			uint32_t i = rnd(3);
			for (unsigned int k = 0; k < RIG_PHONES; k++)
				if (r->phone[k].open && r->phone[k].spec.conference == c[i])
					r->phone[k].open = r->phone[k].sends = false;
			CHECK_INT(media_conference_close(r->media, c[i], r->now), 0);
			c[i] = rig_conference(r, rnd(2));
			REQUIRE(c[i] != MEDIA_NONE);
		}
		r->ticking = rnd(10) != 0;
		r->burst = 1 + rnd(5);
		r->slice = rnd(2) ? 0 : 1 + rnd(40000); // most commands come in the middle of a tick
		rig_run(r, rnd(60));
		while (media_rtcp_next(r->media, r->now, r->now, rtcp, &stream))
			CHECK(stream < limits.streams);
		while (media_event_next(r->media, &e))
			CHECK(e.stream < limits.streams);
		CHECK(media_voice_count(r->media) <= limits.voices);
	}
	for (unsigned int i = 0; i < 3; i++)
		media_conference_close(r->media, c[i], r->now);
	CHECK_INT(media_stream_count(r->media), 0);
	CHECK_INT(media_voice_count(r->media), 0);
	CHECK_INT(media_conference_count(r->media), 0);
	CHECK(media_tick_due(r->media) == UINT64_MAX ||
	      media_tick(r->media, r->now, &(nsec_t){NSEC_PER_SEC}, NULL, 0) == 0);
	rig_free(r);
}

// A burst that ends in the middle of a tick, and a party that leaves right there.
static void leaves_within_a_tick(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	uint8_t bytes[MEDIA_RTP_MAX];
	struct media_frame f = {.rtp = bytes};
	for (unsigned int i = 0; i < 6; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, 500 + 100 * i, -20) == 0);
	rig_run(r, 100);
	unsigned int n = 0;
	for (unsigned int ms = 0; ms < 40 && n == 0; ms++) {
		n = media_tick(r->media, r->now, &(nsec_t){NSEC_PER_SEC}, &f, 1);
		r->now += NSEC_PER_MSEC;
	}
	REQUIRE(n == 1);
	CHECK_INT(media_tick_due(r->media), 0);
	rig_close(r, 2);
	rig_close(r, 5);
	for (n = 0; media_tick(r->media, r->now, &(nsec_t){NSEC_PER_SEC}, &f, 1) == 1; n++)
		CHECK(f.stream != r->phone[2].stream && f.stream != r->phone[5].stream);
	CHECK_INT(n, 3);
	rig_free(r);
}

T_MAIN("media_hostile", {"every drop has its name", named_drops}, {"random bytes", random_bytes},
       {"what a jitter buffer gives up is counted", what_a_jitter_buffer_gives_up_is_counted},
       {"many first packets leave room for a digit", many_first_packets_leave_room_for_a_digit},
       {"any payload of any codec", any_payload_of_any_codec}, {"hostile events", hostile_events},
       {"hostile rtcp", hostile_rtcp}, {"random commands", random_commands},
       {"leaves within a tick", leaves_within_a_tick})
