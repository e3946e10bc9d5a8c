// SPDX-License-Identifier: GPL-3.0-or-later
// media_floor_test.c - Who is heard in a large conference, how loud, and what is heard when somebody comes or goes.
#include <stdlib.h>

#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH     (STREAM_RECV | STREAM_SEND)
#define SECOND   16000
#define LISTENER 5 // sends nothing

static const double tone_hz[5] = {400, 700, 1000, 1300, 1700};

static uint32_t conference(struct rig *r, const struct conference_spec *spec)
{
	uint32_t c = MEDIA_NONE;
	REQUIRE(media_conference_open(r->media, spec, &c) == 0);
	return c;
}

// Linear phones, the first of which send tones of these levels; the listener is the last.
static struct rig *talkers(const struct conference_spec *spec, unsigned int n, const double *dbm0)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = conference(r, spec);
	for (unsigned int i = 0; i < n; i++)
		REQUIRE(rig_open(r, i, c, CODEC_L16_16K, 20, BOTH, tone_hz[i], dbm0[i]) == 0);
	REQUIRE(rig_open(r, LISTENER, c, CODEC_L16_16K, 20, BOTH, 0, 0) == 0);
	return r;
}

static double heard(const struct rig *r, unsigned int phone, unsigned int talker, uint32_t n)
{
	return measure_sine(phone_tail(&r->phone[phone], n), n, SECOND, tone_hz[talker]).level_dbm0;
}

static bool is_heard(const struct rig *r, unsigned int phone, unsigned int talker)
{
	return heard(r, phone, talker, SECOND / 5) > -60;
}

// A small conference is mixed to the last bit as if there were nothing to choose.
static void small_is_exact(void)
{
	static const double dbm0[2] = {-10, -15};
	const struct conference_spec spec = {.loudest = 1, .mix_all_up_to = 3};
	struct rig *r = talkers(&spec, 2, dbm0);
	rig_run(r, 2000);
	const int16_t *a = phone_tail(&r->phone[0], SECOND), *b = phone_tail(&r->phone[1], SECOND);
	const int16_t *all = phone_tail(&r->phone[LISTENER], SECOND);
	unsigned int wrong = 0;
	for (unsigned int i = 0; i < SECOND; i++)
		wrong += all[i] != a[i] + b[i];
	CHECK_INT(wrong, 0);
	rig_free(r);
}

static const struct conference_spec two_of_many = {.loudest = 2, .mix_all_up_to = 3};

static void loudest_are_heard(void)
{
	static const double dbm0[4] = {-10, -15, -25, -30};
	struct rig *r = talkers(&two_of_many, 4, dbm0);
	rig_run(r, 2500);
	CHECK_NEAR(heard(r, LISTENER, 0, SECOND), -10, 0.01);
	CHECK_NEAR(heard(r, LISTENER, 1, SECOND), -15, 0.01);
	CHECK(!is_heard(r, LISTENER, 2) && !is_heard(r, LISTENER, 3));
	// N-1 stays exact, and who is not heard hears what all hear.
	const int16_t *a = phone_tail(&r->phone[0], SECOND), *b = phone_tail(&r->phone[1], SECOND);
	const int16_t *c = phone_tail(&r->phone[2], SECOND), *all = phone_tail(&r->phone[LISTENER], SECOND);
	unsigned int wrong = 0;
	for (unsigned int i = 0; i < SECOND; i++)
		wrong += all[i] != a[i] + b[i] || c[i] != all[i];
	CHECK_INT(wrong, 0);
	CHECK(measure_sine(a, SECOND, SECOND, tone_hz[1]).sinad_db > 60);
	rig_free(r);
}

static void change_of_talkers(struct rig *r)
{
	rig_run(r, 1500);
	CHECK(is_heard(r, LISTENER, 1) && !is_heard(r, LISTENER, 2));
	r->phone[2].dbm0 = -13; // 2 dB louder than the quietest who is heard: not enough
	rig_run(r, 1500);
	CHECK(is_heard(r, LISTENER, 1) && !is_heard(r, LISTENER, 2));
	r->phone[2].dbm0 = -11; // 4 dB
	rig_run(r, 400);
	CHECK(!is_heard(r, LISTENER, 1) && is_heard(r, LISTENER, 2));
	r->phone[1].dbm0 = -9.5; // and back only when it is 3 dB louder in turn
	rig_run(r, 1000);
	CHECK(!is_heard(r, LISTENER, 1) && is_heard(r, LISTENER, 2));
}

// The floor changes hands for 3 dB, not for 2; the same every time; and nobody hears a click.
static void hysteresis(void)
{
	static const double dbm0[3] = {-10, -15, -25};
	struct rig *r = talkers(&two_of_many, 3, dbm0), *again = talkers(&two_of_many, 3, dbm0);
	change_of_talkers(r);
	change_of_talkers(again);
	const struct phone *p = &r->phone[LISTENER], *q = &again->phone[LISTENER];
	REQUIRE(p->pcm_count == q->pcm_count);
	CHECK_INT(memcmp(p->pcm, q->pcm, p->pcm_count * sizeof(*p->pcm)), 0);
	// The steepest step of all tones together, and of their fades over 8 ms: a switch without a fade would step by
	// an amplitude or two.
	double steepest = 0, allowed = 0;
	static const double most[3] = {-10, -9.5, -11};
	for (uint32_t i = 1; i < p->pcm_count; i++)
		if (abs(p->pcm[i] - p->pcm[i - 1]) > steepest)
			steepest = abs(p->pcm[i] - p->pcm[i - 1]);
	for (unsigned int i = 0; i < 3; i++)
		allowed += measure_amplitude(most[i]) *
			   (2 * 3.141592653589793 * tone_hz[i] / SECOND + 1 / 128.0);
	if (steepest > allowed)
		fprintf(stderr, "steepest step %.0f, allowed %.0f\n", steepest, allowed);
	CHECK(steepest <= allowed);
	rig_free(r);
	rig_free(again);
}

// Who falls silent gives the floor up after the hang-over, even to somebody quieter.
static void silence_gives_way(void)
{
	static const double dbm0[3] = {-10, -12, -30};
	struct rig *r = talkers(&two_of_many, 3, dbm0);
	rig_run(r, 1500);
	CHECK(!is_heard(r, LISTENER, 2));
	r->phone[1].dbm0 = -70;
	rig_run(r, 250);
	CHECK(!is_heard(r, LISTENER, 2));
	rig_run(r, 800);
	CHECK(is_heard(r, LISTENER, 0) && !is_heard(r, LISTENER, 1) && is_heard(r, LISTENER, 2));
	CHECK_NEAR(heard(r, LISTENER, 2, SECOND / 5), -30, 0.1);
	rig_free(r);
}

// Takes all tones out. Returns what is left against what was taken, dB.
static double rest_db(const struct rig *r, unsigned int phone, unsigned int tones)
{
	static double y[SECOND];
	const int16_t *pcm = phone_tail(&r->phone[phone], SECOND);
	double signal = 0, rest = 0;
	for (unsigned int i = 0; i < SECOND; i++)
		y[i] = pcm[i];
	for (unsigned int k = 0; k < tones; k++) {
		double a = 0, b = 0, w = 2 * 3.141592653589793 * tone_hz[k] / SECOND;
		for (unsigned int i = 0; i < SECOND; i++) {
			a += y[i] * __builtin_sin(w * i) * 2 / SECOND;
			b += y[i] * __builtin_cos(w * i) * 2 / SECOND;
		}
		for (unsigned int i = 0; i < SECOND; i++)
			y[i] -= a * __builtin_sin(w * i) + b * __builtin_cos(w * i);
		signal += (a * a + b * b) / 2;
	}
	for (unsigned int i = 0; i < SECOND; i++)
		rest += y[i] * y[i] / SECOND;
	return 10 * __builtin_log10(signal / rest);
}

// Five at full scale at once: turned down together instead of cut off.
static void limiter(void)
{
	static const double dbm0[5] = {3, 3, 3, 3, 3};
	const struct conference_spec spec = {0};
	struct rig *r = talkers(&spec, 5, dbm0);
	rig_run(r, 3000);
	double ratio = rest_db(r, LISTENER, 5), own = rest_db(r, 0, 5);
	if (ratio < 40 || own < 40)
		fprintf(stderr, "limiter: %.1f and %.1f dB\n", ratio, own);
	CHECK(ratio >= 40);
	CHECK(own >= 40);
	for (unsigned int i = 1; i < 5; i++) // all alike
		CHECK_NEAR(heard(r, LISTENER, i, SECOND), heard(r, LISTENER, 0, SECOND), 0.2);
	// Alone again, the first is as loud as ever, after the release.
	for (unsigned int i = 1; i < 5; i++)
		r->phone[i].sends = false;
	rig_run(r, 4000);
	CHECK_NEAR(heard(r, LISTENER, 0, SECOND), 3, 0.01);
	CHECK(measure_sine(phone_tail(&r->phone[LISTENER], SECOND), SECOND, SECOND, tone_hz[0]).sinad_db >
	      60);
	rig_free(r);
}

static void alignment(void)
{
	static const double dbm0[2] = {-10, -30};
	const struct conference_spec spec = {.level_dbm0 = -20};
	struct rig *r = talkers(&spec, 2, dbm0);
	rig_run(r, 10000);
	// A tone's peaks are lower than those of speech of the same mean magnitude: -22.
	CHECK_NEAR(heard(r, LISTENER, 0, SECOND), -22.2, 0.5);
	CHECK_NEAR(heard(r, LISTENER, 1, SECOND), -22.2, 0.5);
	CHECK(measure_sine(phone_tail(&r->phone[0], SECOND), SECOND, SECOND, tone_hz[1]).sinad_db > 50);
	rig_free(r);
}

static void gate(void)
{
	static const double dbm0[2] = {-20, -60};
	const struct conference_spec spec = {.noise_gate = 50};
	struct rig *r = talkers(&spec, 2, dbm0);
	rig_run(r, 2000);
	CHECK_NEAR(heard(r, LISTENER, 0, SECOND), -20, 0.01);
	CHECK(heard(r, LISTENER, 1, SECOND) < -85);
	r->phone[1].dbm0 = -40;
	rig_run(r, 1500);
	CHECK_NEAR(heard(r, LISTENER, 1, SECOND), -40, 0.1);
	rig_free(r);
}

// The tone of 1000 and 500 Hz within the last `ms`.
static bool beeped(const struct rig *r, unsigned int ms)
{
	const int16_t *pcm = phone_tail(&r->phone[LISTENER], ms * SECOND / 1000);
	double most = -96;
	for (unsigned int at = 0; at + 1600 <= ms * SECOND / 1000; at += 320) {
		double level = measure_sine(pcm + at, 1600, SECOND, 1000).level_dbm0;
		most = level > most ? level : most;
	}
	return most > -21.5 && most < -18.5;
}

static void tones(void)
{
	static const double dbm0[2] = {-20, -20};
	const struct conference_spec spec = {.join_tone = 51, .leave_tone = 51, .tones_up_to = 4};
	struct rig *r = talkers(&spec, 2, dbm0);
	uint32_t c = media_stream_spec(r->media, r->phone[0].stream)->conference;
	rig_run(r, 1040);
	CHECK(beeped(r, 1000)); // three are a conference
	rig_run(r, 1000);
	CHECK(!beeped(r, 1000));
	REQUIRE(rig_open(r, 2, c, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	rig_run(r, 1000);
	CHECK(beeped(r, 1000));
	struct stream_spec again = r->phone[2].spec;
	again.rx.codec = again.tx.codec = CODEC_PCMA;
	again.rx.payload_type = again.tx.payload_type = 8;
	REQUIRE(media_stream_set(r->media, r->phone[2].stream, &again, r->now) == 0);
	rig_run(r, 1000);
	CHECK(!beeped(r, 1000)); // another codec is no other party
	rig_close(r, 2);
	rig_run(r, 1000);
	CHECK(beeped(r, 1000));
	REQUIRE(rig_open(r, 2, c, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	rig_run(r, 1000);
	REQUIRE(rig_open(r, 3, c, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	rig_run(r, 1000);
	CHECK(!beeped(r, 1000)); // five are too many for tones
	rig_free(r);
}

T_MAIN("media_floor", {"a small conference is exact", small_is_exact},
       {"the loudest are heard", loudest_are_heard}, {"hysteresis", hysteresis},
       {"silence gives way", silence_gives_way}, {"limiter", limiter}, {"alignment", alignment},
       {"gate", gate}, {"tones", tones})
