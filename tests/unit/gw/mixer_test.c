// SPDX-License-Identifier: GPL-3.0-or-later
// mixer_test.c - Every mixing kernel against scalar arithmetic, integer for integer, and a conference by ear.
#include "gw/mixer.h"

#include <math.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "gw/codec.h"
#include "gw/mixer/kernel.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static const struct mixer_kernel *const kernels[] = {
	&mixer_kernel_generic,
#if defined(__x86_64__)
	&mixer_kernel_v3,
	&mixer_kernel_v4,
#endif
};

static bool kernel_runs(size_t i)
{
#if defined(__x86_64__)
	if (i == 1)
		return __builtin_cpu_supports("avx2");
	if (i == 2)
		return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
	return i == 0;
}

#define SAMPLES 479
#define PARTIES 17

static int16_t clip(int64_t x)
{
	return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
}

// Voices of all kinds: random, full scale of either sign, silent.
static void voices_make(int16_t voice[PARTIES][SAMPLES], uint64_t *seed)
{
	for (unsigned int p = 0; p < PARTIES; p++) {
		unsigned int kind = sample_random(seed) % 4;
		for (unsigned int i = 0; i < SAMPLES; i++) {
			uint32_t r = sample_random(seed);
			voice[p][i] = (int16_t)(kind == 0   ? 0
						: kind == 1 ? (int32_t)(r >> 16)
						: r & 1     ? 32767
							    : -32768);
		}
	}
}

static void check_kernel(const struct mixer_kernel *k, uint64_t seed, unsigned int n)
{
	static int16_t voice[PARTIES][SAMPLES], out[SAMPLES];
	static int32_t sum[SAMPLES];
	voices_make(voice, &seed);
	k->set(sum, voice[0], n);
	for (unsigned int p = 1; p < PARTIES; p++)
		k->add(sum, voice[p], n);
	unsigned int wrong = 0;
	for (unsigned int p = 0; p < PARTIES; p++) {
		k->minus(out, sum, voice[p], n);
		for (unsigned int i = 0; i < n; i++) {
			int64_t want = 0;
			for (unsigned int q = 0; q < PARTIES; q++)
				want += q != p ? voice[q][i] : 0;
			wrong += out[i] != clip(want);
		}
	}
	k->all(out, sum, n);
	uint64_t energy = 0;
	uint32_t magnitudes = 0;
	for (unsigned int i = 0; i < n; i++) {
		int64_t want = 0;
		for (unsigned int q = 0; q < PARTIES; q++)
			want += voice[q][i];
		wrong += out[i] != clip(want);
		energy += (uint64_t)((int64_t)out[i] * out[i]);
		magnitudes += (uint32_t)abs(out[i]);
	}
	wrong += k->energy(out, n) != energy || k->magnitude(out, n) != magnitudes;
	wrong += k->add_level(sum, out, n) != magnitudes;
	memcpy(out, voice[5], sizeof(out));
	k->minus(out, sum, out, n); // in place
	for (unsigned int i = 0; i < n; i++)
		wrong += out[i] != clip((int64_t)sum[i] - voice[5][i]);
	CHECK_INT(wrong, 0);
}

static void kernels_equal_plain_arithmetic(void)
{
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		for (unsigned int n = 0; kernel_runs(i) && n <= SAMPLES; n += n < 40 ? 1 : 61)
			check_kernel(kernels[i], n + 1, n);
}

static void a_thousand_full_scale_talkers_do_not_overflow(void)
{
	int16_t voice[160], out[160];
	int32_t sum[160] = {0};
	for (unsigned int i = 0; i < 160; i++)
		voice[i] = i % 2 ? INT16_MAX : INT16_MIN;
	for (unsigned int p = 0; p < 65000; p++)
		mixer_add(sum, voice, 160);
	CHECK_INT(sum[0], 65000ll * INT16_MIN);
	mixer_minus(out, sum, voice, 160);
	CHECK(out[0] == INT16_MIN && out[1] == INT16_MAX);
}

static void ramps_are_straight_and_agree(void)
{
	int16_t pcm[2][160];
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		if (!kernel_runs(k))
			continue;
		for (unsigned int i = 0; i < 160; i++)
			pcm[0][i] = 10000;
		kernels[k]->ramp(pcm[0], 160, 4096, 0);
		CHECK_INT(pcm[0][0], 10000);
		CHECK_NEAR(pcm[0][80], 5000, 40);
		CHECK_NEAR(pcm[0][159], 62, 40);
		if (k > 0)
			CHECK_MEM(pcm[0], pcm[1], sizeof(pcm[0]));
		memcpy(pcm[1], pcm[0], sizeof(pcm[0]));
	}
	pcm[0][0] = -30000;
	mixer_ramp(pcm[0], 1, 8192, 8192);
	CHECK_INT(pcm[0][0], -32768);
}

// Gains go straight from one to the other, and what is limited by them is the product, cut to 16 bits.
static void limits_follow_their_gains(void)
{
	static float gains[SAMPLES];
	static int32_t sum[SAMPLES];
	static int16_t own[SAMPLES], out[SAMPLES];
	uint64_t seed = 4;
	for (unsigned int i = 0; i < SAMPLES; i++) {
		sum[i] = (int32_t)(sample_random(&seed) % 400000) - 200000;
		own[i] = (int16_t)sample_random(&seed);
	}
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
		for (unsigned int n = 1; kernel_runs(k) && n <= SAMPLES; n += 59) {
			unsigned int wrong = 0;
			kernels[k]->gain(gains, n, 0.25f, 0.75f);
			CHECK_NEAR(gains[0], 0.25, 0);
			for (unsigned int i = 0; i < n; i++)
				wrong += fabs(gains[i] - (0.25 + 0.5 * i / n)) > 1e-6;
			for (unsigned int with = 0; with < 2; with++) {
				kernels[k]->limit(out, sum, with ? own : NULL, gains, n);
				for (unsigned int i = 0; i < n; i++) {
					float y = (float)(sum[i] - (with ? own[i] : 0)) * gains[i];
					wrong += out[i] != clip((int64_t)y);
				}
			}
			CHECK_INT(wrong, 0);
		}
}

static void levels_are_right_within_a_tenth(void)
{
	static int16_t pcm[1600];
	for (double level = 3; level > -60; level -= 0.7) {
		measure_tone(pcm, 1600, 8000, 1000, level);
		int tenths = mixer_level(mixer_energy(pcm, 1600), 1600);
		CHECK_NEAR(tenths / 10.0, measure_level_dbm0(pcm, 1600), 0.1);
	}
	memset(pcm, 0, sizeof(pcm));
	CHECK_INT(mixer_level(mixer_energy(pcm, 1600), 1600), MIXER_LEVEL_SILENT);
	CHECK_INT(mixer_level(0, 0), MIXER_LEVEL_SILENT);
	for (unsigned int i = 0; i < 1600; i++)
		pcm[i] = INT16_MIN;
	CHECK_NEAR(mixer_level(mixer_energy(pcm, 1600), 1600), 62, 1);
}

// Four parties, each a tone, through mu-law in and out: each hears the other three and not itself. The tones are no
// multiples of anything, lest products of the coder's steps fall on them.
static void a_conference_sounds_right(void)
{
	enum { PARTY = 4, N = 80000 };
	static const double hz[PARTY] = {437.31, 1020.47, 1713.59, 2341.83},
			    dbm0[PARTY] = {-10, -15, -20, -25};
	static int16_t voice[PARTY][N], mix[N];
	static int32_t sum[N];
	static uint8_t code[N];
	const struct codec *c = codec_by_id(CODEC_PCMU);
	for (unsigned int p = 0; p < PARTY; p++) {
		measure_tone(voice[p], N, 8000, hz[p], dbm0[p]);
		c->encode(NULL, voice[p], N, code, N);
		c->decode(NULL, code, N, voice[p], N);
		if (p == 0)
			mixer_set(sum, voice[p], N);
		else
			mixer_add(sum, voice[p], N);
	}
	for (unsigned int p = 0; p < PARTY; p++) {
		mixer_minus(mix, sum, voice[p], N);
		c->encode(NULL, mix, N, code, N);
		c->decode(NULL, code, N, mix, N);
		double signal = 0;
		for (unsigned int q = 0; q < PARTY; q++) {
			struct measure_sine s = measure_sine(mix, N, 8000, hz[q]);
			if (q == p) {
				CHECK(s.level_dbm0 <= dbm0[q] - 58);
				continue;
			}
			CHECK_NEAR(s.level_dbm0, dbm0[q], 0.15);
			signal += pow(10, s.level_dbm0 / 10);
		}
		double total = pow(10, measure_level_dbm0(mix, N) / 10);
		CHECK(10 * log10(signal / (total - signal)) >= 33);
	}
}

int main(void)
{
	static const struct t_test tests[] = {
		{"kernels_equal_plain_arithmetic", kernels_equal_plain_arithmetic},
		{"a_thousand_full_scale_talkers_do_not_overflow",
		 a_thousand_full_scale_talkers_do_not_overflow},
		{"ramps_are_straight_and_agree", ramps_are_straight_and_agree},
		{"limits follow their gains", limits_follow_their_gains},
		{"levels_are_right_within_a_tenth", levels_are_right_within_a_tenth},
		{"a_conference_sounds_right", a_conference_sounds_right},
	};
	codec_init();
	mixer_init();
	return t_main("mixer", tests, sizeof(tests) / sizeof(tests[0]));
}
