// SPDX-License-Identifier: GPL-3.0-or-later
// media_choir_test.c - Parties who are not heard share a coder, and nobody hears them begin or cease to.
#include <stdlib.h>

#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH    (STREAM_RECV | STREAM_SEND)
#define PHONES  6
#define TALK_HZ 437
#define MEET_HZ 1020

// Six parties of one codec, the first of whom speaks; two can be heard.
static struct rig *meeting(enum codec_id codec, unsigned int period_ms)
{
	static const struct conference_spec spec = {.loudest = 2, .mix_all_up_to = 3};
	struct rig *r = rig_new(NULL);
	uint32_t c = MEDIA_NONE;
	REQUIRE(media_conference_open(r->media, &spec, &c) == 0);
	for (unsigned int i = 0; i < PHONES; i++)
		REQUIRE(rig_open(r, i, c, codec, period_ms, BOTH, i ? MEET_HZ : TALK_HZ, i ? -90 : -15) == 0);
	return r;
}

// Payloads encoded in a second, for each packet of one party.
static double encodings(struct rig *r, unsigned int period_ms)
{
	uint64_t before = media_encoded(r->media);
	rig_run(r, 1200);
	return (double)(media_encoded(r->media) - before) * period_ms / 1200;
}

// The worst 40 ms of the talker's tone in what a phone has recorded, beside the tone of who spoke up.
static double worst_db(const struct phone *p, unsigned int from_ms, unsigned int to_ms)
{
	unsigned int khz = p->rx_codec->sample_rate_hz / 1000;
	double worst = 99;
	for (unsigned int at = from_ms; at + 40 <= to_ms; at += 5) {
		double s = measure_sine(p->pcm + at * khz, 40 * khz, khz * 1000, TALK_HZ).sinad_db;
		worst = s < worst ? s : worst;
	}
	return worst;
}

static unsigned int recorded_ms(const struct phone *p)
{
	return p->pcm_count / (p->rx_codec->sample_rate_hz / 1000);
}

static void unbroken_check(const struct rig *r)
{
	for (unsigned int i = 0; i < PHONES; i++) {
		CHECK_INT(r->phone[i].ssrc_breaks, 0);
		CHECK_INT(r->phone[i].seq_breaks, 0);
		CHECK_INT(r->phone[i].ts_breaks, 0);
	}
}

struct scene {
	enum codec_id codec;
	unsigned int period_ms;
	double least_db; // the worst moment of the tone through this coder
	double on_db;    // and of who follows in the middle of it
};

// Phone 1 listens, speaks up, and listens again. What it hears of the talker never breaks; neither does it for the others.
static void play(const struct scene *s)
{
	struct rig *r = meeting(s->codec, s->period_ms);
	struct phone *talker = &r->phone[0], *p = &r->phone[1], *other = &r->phone[3];
	talker->dbm0 = -90;
	rig_run(r, 600); // in silence all come together
	talker->dbm0 = -15;
	rig_run(r, 300);
	CHECK_NEAR(encodings(r, s->period_ms), 2, 0.1); // one for the talker, one for all others
	unsigned int sang = recorded_ms(p);
	double steady = worst_db(p, sang - 1000, sang);
	p->dbm0 = -20; // the floor is free: it is heard at once
	rig_run(r, 200);
	CHECK_NEAR(encodings(r, s->period_ms), 3, 0.1);
	p->dbm0 = -90;
	rig_run(r, 1500);
	double left = worst_db(p, sang - 100, recorded_ms(p));
	talker->dbm0 = -90; // draws breath
	rig_run(r, 200);
	talker->dbm0 = -15;
	unsigned int on = recorded_ms(p) + 300;
	rig_run(r, 500);
	CHECK_NEAR(encodings(r, s->period_ms), 2, 0.1);
	double back = worst_db(p, on, recorded_ms(p));
	// Who leads leaves.
	CHECK_INT(media_stream_close(r->media, r->phone[1].stream, r->now), 0);
	r->phone[1].open = r->phone[1].sends = false;
	rig_run(r, 500);
	double led = worst_db(other, recorded_ms(other) - 700, recorded_ms(other));
	if (getenv("SLIMLINE_VERBOSE"))
		printf("%s/%u: steady %.1f, speaks up %.1f, back %.1f, led by another %.1f\n",
		       codec_by_id(s->codec)->name, s->period_ms, steady, left, back, led);
	CHECK(steady >= s->least_db);
	CHECK(left >= s->least_db);
	CHECK(back >= s->least_db);
	CHECK(led >= s->least_db);
	unbroken_check(r);
	rig_free(r);
}

// Under a sound that never pauses it follows all the same, and what is heard of that is little.
static void play_on(const struct scene *s)
{
	struct rig *r = meeting(s->codec, s->period_ms);
	struct phone *p = &r->phone[1];
	p->dbm0 = -20;
	rig_run(r, 2000);
	p->dbm0 = -90;
	rig_run(r, 2000);
	unsigned int from = recorded_ms(p);
	CHECK(encodings(r, s->period_ms) > 2.9);
	rig_run(r, 4500);
	CHECK_NEAR(encodings(r, s->period_ms), 2, 0.1);
	double worst = worst_db(p, from, recorded_ms(p));
	if (getenv("SLIMLINE_VERBOSE"))
		printf("%s/%u: at worst %.1f\n", codec_by_id(s->codec)->name, s->period_ms, worst);
	CHECK(worst >= s->on_db);
	unbroken_check(r);
	rig_free(r);
}

static const struct scene scenes[] = {
	{CODEC_G722, 20, 45, 20}, {CODEC_G722, 30, 45, 20},     {CODEC_G726_32, 20, 35, 15},
	{CODEC_GSM, 20, 18, 15},  {CODEC_OPUS_16K, 20, 28, 20}, {CODEC_OPUS_8K, 20, 18, 15},
	{CODEC_G729, 20, 10, 10}, {CODEC_G729, 60, 10, 10},
};

static void nobody_notices(void)
{
	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (codec_can_transcode(scenes[i].codec))
			play(&scenes[i]);
}

static void music_that_never_pauses(void)
{
	for (unsigned int i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		if (codec_can_transcode(scenes[i].codec))
			play_on(&scenes[i]);
}

T_MAIN("media_choir", {"nobody notices", nobody_notices},
       {"music that never pauses", music_that_never_pauses})
