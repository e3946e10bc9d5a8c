// SPDX-License-Identifier: GPL-3.0-or-later
// media_move_test.c - A stream that goes from one conference to another, and digits of those who are mute.
#include <errno.h>
#include <math.h>

#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

static const double tone_hz[4] = {437, 1020, 1713, 2341};

static int move(struct rig *r, unsigned int phone, uint32_t to, uint32_t flags)
{
	struct stream_spec s = r->phone[phone].spec;
	s.conference = to;
	s.flags = flags;
	int rc = media_stream_set(r->media, r->phone[phone].stream, &s, r->now);
	if (rc == 0)
		r->phone[phone].spec = s;
	return rc;
}

static double level(const struct phone *p, double hz)
{
	uint32_t rate = p->rx_codec->sample_rate_hz, n = rate / 2;
	return measure_sine(phone_tail(p, n), n, rate, hz).level_dbm0;
}

static void check_unbroken(const struct phone *p)
{
	CHECK_INT(p->ssrc_breaks, 0);
	CHECK_INT(p->seq_breaks, 0);
	CHECK_INT(p->seq_gaps, 0);
	CHECK_INT(p->ts_breaks, 0);
}

// Four in two mixes; one after the other changes sides, and is heard there and nowhere else.
static void from_mix_to_mix(enum codec_id codec, unsigned int period)
{
	struct rig *r = rig_new(NULL);
	uint32_t a = rig_conference(r, CONFERENCE_BRIDGE), b = rig_conference(r, CONFERENCE_BRIDGE);
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(rig_open(r, i, i < 3 ? a : b, i == 2 ? codec : CODEC_PCMU, i == 2 ? period : 20, BOTH,
				 tone_hz[i], -15) == 0);
	rig_run(r, 1000);
	CHECK_NEAR(level(&r->phone[0], tone_hz[2]), -15, 0.3);
	CHECK(level(&r->phone[3], tone_hz[2]) < -50);
	CHECK_INT(move(r, 2, b, BOTH), 0);
	CHECK_INT(media_conference_info(r->media, a, NULL, NULL), 2);
	CHECK_INT(media_conference_info(r->media, b, NULL, NULL), 2);
	rig_run(r, 1000);
	CHECK(level(&r->phone[0], tone_hz[2]) < -50);
	CHECK_NEAR(level(&r->phone[0], tone_hz[1]), -15, 0.3);
	CHECK_NEAR(level(&r->phone[3], tone_hz[2]), -15, 0.3);
	CHECK_NEAR(level(&r->phone[2], tone_hz[3]), -15, 0.3);
	CHECK(level(&r->phone[2], tone_hz[0]) < -45);
	CHECK_INT(move(r, 2, a, BOTH), 0);
	rig_run(r, 1000);
	CHECK_NEAR(level(&r->phone[0], tone_hz[2]), -15, 0.3);
	CHECK(level(&r->phone[3], tone_hz[2]) < -50);
	for (unsigned int i = 0; i < 4; i++)
		check_unbroken(&r->phone[i]);
	CHECK_INT(media_voice_count(r->media), 4);
	rig_free(r);
}

static void mixes(void)
{
	from_mix_to_mix(CODEC_PCMU, 20);
	from_mix_to_mix(CODEC_G722, 30);
	from_mix_to_mix(CODEC_L16_16K, 10);
}

// Out of a relay of two into a mix, and back: what it is sent goes on unbroken, and the one left behind hears nobody.
static void from_relay(void)
{
	struct rig *r = rig_new(NULL);
	enum conference_outcome outcome;
	uint32_t a = rig_conference(r, 0), b = rig_conference(r, CONFERENCE_BRIDGE);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, i < 2 ? a : b, CODEC_PCMU, 20, BOTH, tone_hz[i], -15) == 0);
	rig_run(r, 500);
	CHECK_INT(media_voice_count(r->media), 1);
	CHECK_INT(move(r, 1, b, BOTH), 0);
	rig_run(r, 1000);
	media_conference_info(r->media, a, &outcome, NULL);
	CHECK_INT(outcome, CONFERENCE_EMPTY);
	CHECK_NEAR(level(&r->phone[1], tone_hz[2]), -15, 0.3);
	CHECK_NEAR(level(&r->phone[2], tone_hz[1]), -15, 0.3);
	uint32_t heard = r->phone[0].packets;
	rig_run(r, 200);
	CHECK_INT(r->phone[0].packets, heard);
	CHECK_INT(move(r, 1, a, BOTH), 0);
	media_conference_info(r->media, a, &outcome, NULL);
	CHECK_INT(outcome, CONFERENCE_RELAY);
	CHECK_INT(media_voice_count(r->media), 1);
	rig_run(r, 1000);
	CHECK_NEAR(level(&r->phone[0], tone_hz[1]), -15, 0.3);
	CHECK_NEAR(level(&r->phone[1], tone_hz[0]), -15, 0.3);
	CHECK(level(&r->phone[2], tone_hz[1]) < -60);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_INT(r->phone[i].ssrc_breaks, 0);
		CHECK_INT(r->phone[i].seq_breaks, 0);
		CHECK_INT(r->phone[i].ts_breaks, 0);
	}
	rig_free(r);
}

// What cannot be is refused, and everybody is where they were.
static void refused(void)
{
	struct media_limits limits = {.streams = 8, .conferences = 4, .voices = 2, .seed = 1};
	struct rig *r = rig_new(&limits);
	uint32_t a = rig_conference(r, 0), b = rig_conference(r, CONFERENCE_BRIDGE);
	for (unsigned int i = 0; i < 2; i++)
		REQUIRE(rig_open(r, i, a, CODEC_PCMU, 20, BOTH, tone_hz[i], -15) == 0);
	for (unsigned int i = 2; i < 4; i++)
		REQUIRE(rig_open(r, i, b, CODEC_PCMU, 20, BOTH, tone_hz[i], -15) == 0);
	CHECK_INT(move(r, 0, b, BOTH), -ENOSPC); // no voice is left
	CHECK_INT(move(r, 0, 3, BOTH), -ENOENT);
	CHECK_INT(move(r, 0, 77, BOTH), -ENOENT);
	rig_run(r, 1000);
	CHECK_NEAR(level(&r->phone[0], tone_hz[1]), -15, 0.3);
	CHECK_NEAR(level(&r->phone[2], tone_hz[3]), -15, 0.3);
	// a place in a mix for another one's
	CHECK_INT(move(r, 2, a, BOTH), -ENOSPC);
	rig_close(r, 3);
	CHECK_INT(move(r, 0, b, BOTH), 0);
	CHECK_INT(media_conference_close(r->media, a, r->now), 0);
	r->phone[1].open = r->phone[1].sends = false;
	rig_run(r, 1000);
	CHECK_NEAR(level(&r->phone[0], tone_hz[2]), -15, 0.3);
	CHECK_INT(media_stream_count(r->media), 2);
	rig_free(r);
}

static void say_five(struct phone *p, int16_t *pcm, unsigned int n)
{
	double rate = p->codec->sample_rate_hz;
	bool on = p->sample / (uint64_t)(rate / 5) % 2; // 200 ms on, 200 ms off
	for (unsigned int i = 0; i < n; i++, p->sample++) {
		double t = (double)p->sample / rate * 2 * M_PI;
		pcm[i] = on ? (int16_t)lrint(3000 * (sin(770 * t) + sin(1336 * t))) : 0;
	}
}

// A mute party's keys are told, and not heard.
static void mute_digits(void)
{
	struct rig *r = rig_new(NULL);
	struct media_event e;
	unsigned int digits = 0;
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE);
	struct stream_spec s = rig_spec(c, 0, CODEC_PCMU, 20, BOTH | STREAM_MUTED | STREAM_DTMF_DETECT);
	s.rx.event_type = 0;
	REQUIRE(rig_open_spec(r, 0, &s, 500, -15) == 0);
	r->phone[0].say = say_five;
	REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH, tone_hz[1], -15) == 0);
	rig_run(r, 2000);
	while (media_event_next(r->media, &e))
		digits += e.kind == MEDIA_DIGIT && e.stream == r->phone[0].stream && e.value == 5;
	CHECK_NEAR(digits, 5, 1);
	CHECK(measure_level_dbm0(phone_tail(&r->phone[1], 8000), 8000) < -70);
	CHECK_NEAR(level(&r->phone[0], tone_hz[1]), -15, 0.3);
	CHECK_INT(move(r, 0, c, BOTH), 0);
	rig_run(r, 1000);
	CHECK(measure_level_dbm0(phone_tail(&r->phone[1], 8000), 8000) > -25);
	check_unbroken(&r->phone[0]);
	rig_free(r);
}

T_MAIN("media_move", {"from mix to mix", mixes}, {"from a relay and back", from_relay}, {"refused", refused},
       {"digits of the mute", mute_digits})
