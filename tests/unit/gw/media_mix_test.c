// SPDX-License-Identifier: GPL-3.0-or-later
// media_mix_test.c - Everyone hears everyone else, in any mixture of codecs, rates and periods.
#include <stdlib.h>

#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH     (STREAM_RECV | STREAM_SEND)
#define OWN_DBM0 (-58)

static const double tone_hz[4] = {437, 1020, 1713, 2341};
static const double tone_dbm0[4] = {-10, -15, -20, -25};

// Removes a sine by least squares and returns its level.
static double tone_remove(int16_t *pcm, uint32_t n, uint32_t rate, double hz)
{
	struct measure_sine s = measure_sine(pcm, n, rate, hz);
	double a = 0, b = 0, w = 2 * 3.14159265358979323846 * hz / rate;
	for (uint32_t i = 0; i < n; i++) {
		a += pcm[i] * __builtin_sin(w * i);
		b += pcm[i] * __builtin_cos(w * i);
	}
	a *= 2.0 / n;
	b *= 2.0 / n;
	for (uint32_t i = 0; i < n; i++)
		pcm[i] = (int16_t)__builtin_lrint(pcm[i] - a * __builtin_sin(w * i) -
						  b * __builtin_cos(w * i));
	return s.level_dbm0;
}

// Judges what phone `me` hears: every other tone at its level, own tone gone, the rest is noise.
static void listen_check(struct rig *r, unsigned int me, unsigned int talkers, double sinad_least,
			 double tolerance)
{
	const struct phone *p = &r->phone[me];
	uint32_t rate = p->rx_codec->sample_rate_hz, n = rate; // whole periods of every tone in one second
	int16_t *pcm = malloc(n * sizeof(*pcm));
	memcpy(pcm, phone_tail(p, n), n * sizeof(*pcm));
	double signal = 0;
	for (unsigned int i = 0; i < talkers; i++) {
		double level = tone_remove(pcm, n, rate, tone_hz[i]);
		if (i == me) {
			CHECK(level <= OWN_DBM0); // what remains is distortion by the others
			continue;
		}
		CHECK_NEAR(level, tone_dbm0[i], tolerance);
		signal += __builtin_pow(10, level / 10);
	}
	double sinad = 10 * __builtin_log10(signal) - measure_level_dbm0(pcm, n);
	if (sinad < sinad_least)
		fprintf(stderr, "phone %u: SINAD %.1f dB\n", me, sinad);
	CHECK(sinad >= sinad_least);
	free(pcm);
}

static void continuity_check(const struct phone *p)
{
	CHECK_INT(p->ssrc_breaks, 0);
	CHECK_INT(p->seq_breaks, 0);
	CHECK_INT(p->seq_gaps, 0);
	CHECK_INT(p->ts_breaks, 0);
}

static void four_g711(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	enum conference_outcome outcome;
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(rig_open(r, i, c, i % 2 ? CODEC_PCMA : CODEC_PCMU, 20, BOTH, tone_hz[i],
				 tone_dbm0[i]) == 0);
	CHECK_INT(media_conference_info(r->media, c, &outcome, NULL), 4);
	CHECK_INT(outcome, CONFERENCE_MIX);
	rig_run(r, 2500);
	for (unsigned int i = 0; i < 4; i++) {
		listen_check(r, i, 4, 33, 0.15);
		continuity_check(&r->phone[i]);
		CHECK_NEAR(r->phone[i].packets, 125, 2);
		CHECK_INT(r->phone[i].markers, 1);
	}
	rig_free(r);
}

static void four_mixed(void)
{
	static const enum codec_id codec[4] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_PCMA};
	static const unsigned int period[4] = {20, 30, 10, 60};
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(rig_open(r, i, c, codec[i], period[i], BOTH, tone_hz[i], tone_dbm0[i]) == 0);
	rig_run(r, 3000);
	for (unsigned int i = 0; i < 4; i++) {
		listen_check(r, i, 4, 33, 0.15);
		continuity_check(&r->phone[i]);
		CHECK_NEAR(r->phone[i].packets, 3000 / period[i], 3);
	}
	rig_free(r);
}

T_MAIN("media_mix", {"four G.711 parties", four_g711}, {"four codecs and periods", four_mixed})
