// SPDX-License-Identifier: GPL-3.0-or-later
// media_tap_test.c - What a recorder gets: every sample once, silence where nothing was said, and a count of what it missed.
#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define WORDS 32768

static uint16_t ring[WORDS];

static struct media_tap tap_of(uint32_t words)
{
	return (struct media_tap){.ring = ring, .size = words};
}

static struct rig *small_rig(void)
{
	struct media_limits limits = {
		.streams = 8, .conferences = 4, .voices = 8, .sources = 1, .jitter_min_ms = 20, .seed = 3};
	return rig_new(&limits);
}

// Empties a tap. Returns ms, and appends the samples.
static uint32_t take(struct media_tap *t, int16_t *pcm, uint32_t *samples)
{
	struct media_tap_block b;
	uint32_t ms = 0;
	while (media_tap_read(t, &b)) {
		ms += b.ms;
		if (b.samples)
			CHECK_INT(b.samples, b.ms * b.rate_hz / 1000);
		for (uint32_t i = 0; pcm && i < b.samples; i++)
			pcm[(*samples)++] = b.pcm[i];
	}
	return ms;
}

// Samples that count themselves.
static void say_counting(struct phone *p, int16_t *pcm, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		pcm[i] = (int16_t)(1 + p->sample++ % 20000);
}

static void every_sample_once(void)
{
	static int16_t pcm[16000 * 3];
	struct rig *r = small_rig();
	struct media_tap t = tap_of(WORDS);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), samples = 0, ms = 0;
	struct stream_spec s = rig_spec(c, 0, CODEC_L16_16K, 20, STREAM_RECV);
	REQUIRE(rig_open_spec(r, 0, &s, 1000, -10) == 0);
	r->phone[0].say = say_counting;
	REQUIRE(media_tap_open(r->media, r->phone[0].stream, &t, r->now) == 0);
	for (unsigned int i = 0; i < 20; i++) { // read late: the ring holds two seconds
		rig_run(r, 100);
		if (i % 10 == 9)
			ms += take(&t, pcm, &samples);
	}
	CHECK_NEAR(ms, 2000, 20);
	REQUIRE(samples > 16000);
	unsigned int wrong = 0;
	for (uint32_t i = 1; i < samples; i++)
		wrong += pcm[i] != 1 + pcm[i - 1] % 20000;
	CHECK_INT(wrong, 0);
	CHECK_INT(pcm[0], 1);
	CHECK_INT(t.lost, 0);
	CHECK_INT(media_tap_close(r->media, r->phone[0].stream, &t, r->now), 0);
	CHECK_INT(media_tap_close(r->media, r->phone[0].stream, &t, r->now), -ENOENT);
	take(&t, NULL, NULL);
	rig_run(r, 100);
	CHECK_INT(take(&t, NULL, NULL), 0);
	rig_free(r);
}

// A pause of the sender, and a receive side that is closed for a while, take their time.
static void silence_keeps_time(void)
{
	static int16_t pcm[16000 * 3];
	struct rig *r = small_rig();
	struct media_tap t = tap_of(WORDS);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), samples = 0;
	struct stream_spec s = rig_spec(c, 0, CODEC_PCMU, 20, STREAM_RECV | STREAM_SEND);
	REQUIRE(rig_open_spec(r, 0, &s, 1000, -10) == 0);
	REQUIRE(media_tap_open(r->media, r->phone[0].stream, &t, r->now) == 0);
	rig_run(r, 500);
	r->phone[0].sends = false;
	rig_run(r, 500);
	s.flags = STREAM_SEND;
	REQUIRE(media_stream_set(r->media, r->phone[0].stream, &s, r->now) == 0);
	rig_run(r, 500);
	CHECK_NEAR(take(&t, pcm, &samples), 1500, 20);
	CHECK_NEAR(samples, 4000, 2000); // the tone and what was made up behind it
	CHECK_NEAR(measure_sine(pcm + 1600, 1600, 8000, 1000).level_dbm0, -10, 0.5);
	rig_free(r);
}

static void full_ring_is_counted(void)
{
	static int16_t pcm[16000];
	struct rig *r = small_rig();
	struct media_tap t = tap_of(4096);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), samples = 0;
	REQUIRE(rig_open(r, 0, c, CODEC_L16_16K, 20, STREAM_RECV, 1000, -10) == 0);
	REQUIRE(media_tap_open(r->media, r->phone[0].stream, &t, r->now) == 0);
	rig_run(r, 1000); // 256 ms fit, less what the block words take
	uint32_t lost_ms = (uint32_t)t.lost * 10;
	CHECK_NEAR(lost_ms, 750, 30);
	uint32_t ms = take(&t, pcm, &samples);
	CHECK_NEAR(samples, 4000, 160);
	rig_run(r, 100);
	ms += take(&t, pcm, &samples);
	CHECK_NEAR(ms, 1100, 20); // the hole is silence of its length
	CHECK_NEAR(samples, 4000 + 1600, 160 + 320);
	CHECK_INT(t.lost * 10, lost_ms);
	rig_free(r);
}

// A relay becomes a transcode as long as it is recorded, and nothing breaks on the way.
static void relay_is_recorded(void)
{
	static int16_t pcm[16000 * 3];
	struct rig *r = small_rig();
	struct media_tap t = tap_of(WORDS), other = tap_of(WORDS);
	enum conference_outcome o;
	uint32_t c = rig_conference(r, 0), samples = 0;
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMA, 20, STREAM_RECV | STREAM_SEND, 600 + 400 * i, -10) ==
			0);
	rig_run(r, 300);
	CHECK(media_conference_info(r->media, c, &o, NULL) == 2 && o == CONFERENCE_RELAY);
	REQUIRE(media_tap_open(r->media, r->phone[1].stream, &t, r->now) == 0);
	CHECK_INT(media_tap_open(r->media, r->phone[1].stream, &other, r->now), -EBUSY);
	CHECK(media_conference_info(r->media, c, &o, NULL) == 2 && o == CONFERENCE_TRANSCODE);
	rig_run(r, 1000);
	CHECK_NEAR(take(&t, pcm, &samples), 1000, 20);
	REQUIRE(samples > 7000);
	CHECK(measure_sine(pcm + samples - 4000, 4000, 8000, 1000).sinad_db > 30);
	REQUIRE(media_tap_close(r->media, r->phone[1].stream, &t, r->now) == 0);
	CHECK(media_conference_info(r->media, c, &o, NULL) == 2 && o == CONFERENCE_RELAY);
	rig_run(r, 300);
	for (unsigned int i = 0; i < 2; i++)
		CHECK_INT(r->phone[i].ssrc_breaks + r->phone[i].seq_breaks, 0);
	CHECK_INT(media_voice_count(r->media), 0);
	rig_free(r);
}

static void codec_changes_below(void)
{
	struct rig *r = small_rig();
	struct media_tap t = tap_of(WORDS);
	struct media_tap_block b;
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), rates = 0;
	struct stream_spec s = rig_spec(c, 0, CODEC_PCMU, 20, STREAM_RECV);
	REQUIRE(rig_open_spec(r, 0, &s, 1000, -10) == 0);
	REQUIRE(media_tap_open(r->media, r->phone[0].stream, &t, r->now) == 0);
	rig_run(r, 300);
	rig_close(r, 0); // the phone's; the tap hears of it
	CHECK(t.over);
	while (media_tap_read(&t, &b))
		rates |= b.samples ? b.rate_hz : 0;
	CHECK_INT(rates, 8000);
	t = tap_of(WORDS);
	REQUIRE(rig_open_spec(r, 0, &s, 1000, -10) == 0);
	REQUIRE(media_tap_open(r->media, r->phone[0].stream, &t, r->now) == 0);
	s.rx.codec = CODEC_G722;
	s.rx.payload_type = 9;
	REQUIRE(media_stream_set(r->media, r->phone[0].stream, &s, r->now) == 0);
	static const uint8_t g722[172] = {0x80, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
	uint8_t packet[172];
	for (unsigned int i = 0; i < 10; i++) {
		memcpy(packet, g722, sizeof(packet));
		packet[3] = (uint8_t)i;
		packet[6] = (uint8_t)(i * 160 >> 8);
		packet[7] = (uint8_t)(i * 160);
		r->phone[0].sends = false;
		rig_ingest(r, 0, packet, sizeof(packet));
		rig_run(r, 20);
	}
	rates = 0;
	while (media_tap_read(&t, &b))
		rates |= b.samples ? b.rate_hz : 0;
	CHECK_INT(rates, 16000);
	CHECK(!t.over);
	REQUIRE(media_conference_close(r->media, c, r->now) == 0);
	CHECK(t.over);
	rig_free(r);
}

static void refusals(void)
{
	struct rig *r = small_rig();
	struct media_tap t = tap_of(WORDS);
	uint32_t echo = rig_conference(r, CONFERENCE_ECHO), blind = rig_conference(r, 0);
	CHECK_INT(media_tap_open(r->media, 7, &t, r->now), -ENOENT);
	CHECK_INT(media_tap_open(r->media, 1000, &t, r->now), -ENOENT);
	REQUIRE(rig_open(r, 0, echo, CODEC_PCMU, 20, STREAM_RECV | STREAM_SEND, 0, 0) == 0);
	CHECK_INT(media_tap_open(r->media, r->phone[0].stream, &t, r->now), -ENOTSUP);
	for (unsigned int i = 1; i < 3; i++) {
		struct stream_spec s = rig_spec(blind, i, CODEC_PCMU, 20, STREAM_RECV | STREAM_SEND);
		s.rx.codec = s.tx.codec = CODEC_NONE;
		uint32_t stream;
		REQUIRE(media_stream_open(r->media, &s, r->now, &stream) == 0);
		CHECK_INT(media_tap_open(r->media, stream, &t, r->now), -ENOTSUP);
	}
	rig_free(r);
	struct media_limits limits = {.streams = 4, .conferences = 2, .voices = 1, .seed = 3};
	r = rig_new(&limits);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMA, 20, STREAM_RECV | STREAM_SEND, 0, 0) == 0);
	CHECK_INT(media_tap_open(r->media, r->phone[0].stream, &t, r->now), -ENOSPC);
	CHECK_INT(media_voice_count(r->media), 0);
	rig_free(r);
}

T_MAIN("media_tap", {"every sample once", every_sample_once}, {"silence keeps time", silence_keeps_time},
       {"a full ring is counted", full_ring_is_counted}, {"a relay is recorded", relay_is_recorded},
       {"codec changes, stream and conference close", codec_changes_below}, {"refusals", refusals})
