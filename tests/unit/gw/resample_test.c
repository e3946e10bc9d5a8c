// SPDX-License-Identifier: GPL-3.0-or-later
// resample_test.c - Tones through every conversion: level, distortion, images, aliases, delay, block sizes.
#include "gw/resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "gw/resample/kernel.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define SECONDS  1
#define RATE_MAX 48000

static int16_t input[RATE_MAX * SECONDS], output[RATE_MAX * SECONDS];

static struct resample *converter(uint32_t from, uint32_t to)
{
	struct resample *r = aligned_alloc(64, (resample_size() + 63) & ~(size_t)63);
	CHECK_INT(resample_init(r, from, to), 0);
	return r;
}

static void converter_free(struct resample *r)
{
	resample_fini(r);
	free(r);
}

// Runs the whole input through in 20 ms blocks; returns samples of output.
static unsigned int convert(uint32_t from, uint32_t to)
{
	struct resample *r = converter(from, to);
	unsigned int block = from / 50, done = 0;
	for (unsigned int at = 0; at + block <= from * SECONDS; at += block) {
		unsigned int n = resample_run(r, input + at, block, output + done);
		CHECK_INT(n, to / 50);
		done += n;
	}
	converter_free(r);
	return done;
}

// Level of the sine at `hz` in the output of a 0 dBm0-ish tone at `in_hz`, start-up left out.
static struct measure_sine response(uint32_t from, uint32_t to, double in_hz, double hz)
{
	measure_tone(input, from * SECONDS, from, in_hz, -10);
	unsigned int n = convert(from, to), skip = to / 10;
	return measure_sine(output + skip, n - skip, to, hz);
}

static const struct {
	uint32_t from, to;
} pairs[] = {{8000, 16000}, {16000, 8000}, {8000, 48000}, {48000, 8000}, {16000, 48000}, {48000, 16000}};

#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static void tones_pass_clean_and_flat(void)
{
	for (size_t p = 0; p < PAIRS; p++) {
		struct measure_sine s = response(pairs[p].from, pairs[p].to, 1020, 1020);
		CHECK(s.sinad_db >= 75);
		for (double hz = 200; hz <= 3000; hz += 400)
			CHECK_NEAR(response(pairs[p].from, pairs[p].to, hz, hz).level_dbm0, -10, 0.1);
		CHECK(response(pairs[p].from, pairs[p].to, 3400, 3400).level_dbm0 >= -11.5);
	}
}

static void images_stay_down(void)
{
	for (size_t p = 0; p < PAIRS; p++) {
		if (pairs[p].from != 8000)
			continue;
		for (double hz = 300; hz <= 3400; hz += 310)
			CHECK(response(8000, pairs[p].to, hz, 8000 - hz).level_dbm0 <= -10 - 70);
	}
}

static void aliases_stay_down(void)
{
	for (size_t p = 0; p < PAIRS; p++) {
		if (pairs[p].to != 8000)
			continue;
		for (double hz = 4600; hz <= 7800; hz += 320)
			CHECK(response(pairs[p].from, 8000, hz, 8000 - hz).level_dbm0 <= -10 - 70);
	}
}

// An impulse comes out at the delay promised, symmetric about it.
static void delay_is_as_documented(void)
{
	for (size_t p = 0; p < PAIRS; p++) {
		struct resample *r = converter(pairs[p].from, pairs[p].to);
		memset(input, 0, sizeof(input));
		for (unsigned int i = 0; i < pairs[p].from / 8000; i++)
			input[i] = 12000;
		unsigned int n = convert(pairs[p].from, pairs[p].to);
		double weight = 0, moment = 0;
		for (unsigned int i = 0; i < n; i++) {
			weight += output[i];
			moment += (double)output[i] * i;
		}
		double middle = (pairs[p].from / 8000 - 1) / 2.0 / pairs[p].from;
		CHECK_NEAR((moment / weight / pairs[p].to - middle) * 1e6, resample_delay_us(r), 65);
		converter_free(r);
	}
}

static void blocks_of_any_size_join_seamlessly(void)
{
	for (size_t p = 0; p < 2; p++) {
		static int16_t whole[16000], parts[16000];
		struct resample *a = converter(pairs[p].from, pairs[p].to),
				*b = converter(pairs[p].from, pairs[p].to);
		uint64_t seed = 9;
		for (unsigned int i = 0; i < 8000; i++)
			input[i] = (int16_t)sample_random(&seed);
		unsigned int n = resample_run(a, input, 8000, whole), done = 0;
		for (unsigned int at = 0, step = 0; at < 8000; at += step) {
			step = 2 * (sample_random(&seed) % 100);
			step = step < 8000 - at ? step : 8000 - at;
			done += resample_run(b, input + at, step, parts + done);
		}
		CHECK_INT(done, n);
		CHECK_MEM(whole, parts, n * 2);
		resample_reset(a);
		resample_run(a, input, 8000, parts);
		CHECK_MEM(whole, parts, n * 2);
		converter_free(a);
		converter_free(b);
	}
}

static void full_scale_saturates(void)
{
	uint64_t seed = 4;
	for (size_t p = 0; p < PAIRS; p++) {
		for (unsigned int i = 0; i < pairs[p].from * SECONDS; i++)
			input[i] = sample_random(&seed) & 1 ? INT16_MAX : INT16_MIN;
		CHECK_INT(convert(pairs[p].from, pairs[p].to), pairs[p].to * SECONDS);
	}
}

// The vector builds may fuse multiplications: equal within one step.
static void kernels_agree(void)
{
#if defined(__x86_64__)
	static const struct halfband_kernel *const others[] = {&halfband_kernel_v3, &halfband_kernel_v4};
	static float x[HALFBAND_TAPS - 1 + 480 + HALFBAND_BLOCK];
	static int16_t want[960], have[960];
	uint64_t seed = 2;
	for (size_t i = 0; i < sizeof(x) / sizeof(x[0]); i++)
		x[i] = (int16_t)sample_random(&seed);
	for (unsigned int k = 0; k < 2; k++) {
		if (!(k ? __builtin_cpu_supports("avx512bw") : __builtin_cpu_supports("avx2")))
			continue;
		for (unsigned int n = 0; n <= 480; n += 7) {
			halfband_kernel_generic.up(want, x, n);
			others[k]->up(have, x, n);
			for (unsigned int i = 0; i < 2 * n; i++)
				CHECK(abs(want[i] - have[i]) <= 1);
			halfband_kernel_generic.down(want, x, x, n);
			others[k]->down(have, x, x, n);
			for (unsigned int i = 0; i < n; i++)
				CHECK(abs(want[i] - have[i]) <= 1);
		}
	}
#endif
}

static void equal_rates_copy_and_odd_rates_are_refused(void)
{
	struct resample *r = converter(16000, 16000);
	const int16_t in[3] = {1, -2, 3};
	int16_t out[3];
	CHECK_INT(resample_run(r, in, 3, out), 3);
	CHECK_MEM(in, out, sizeof(in));
	CHECK_INT(resample_delay_us(r), 0);
	converter_free(r);
	r = malloc(resample_size());
	CHECK_INT(resample_init(r, 11025, 8000), -ENOTSUP);
	free(r);
	resample_fini(NULL);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"tones_pass_clean_and_flat", tones_pass_clean_and_flat},
		{"images_stay_down", images_stay_down},
		{"aliases_stay_down", aliases_stay_down},
		{"delay_is_as_documented", delay_is_as_documented},
		{"blocks_of_any_size_join_seamlessly", blocks_of_any_size_join_seamlessly},
		{"full_scale_saturates", full_scale_saturates},
		{"kernels_agree", kernels_agree},
		{"equal_rates_copy_and_odd_rates_are_refused", equal_rates_copy_and_odd_rates_are_refused},
	};
	resample_cpu_init();
	return t_main("resample", tests, sizeof(tests) / sizeof(tests[0]));
}
