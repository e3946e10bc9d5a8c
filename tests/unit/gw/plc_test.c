// SPDX-License-Identifier: GPL-3.0-or-later
// plc_test.c - Speech with lost frames: the damage that remains, against pass numbers.
#include "gw/plc.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "gw/resample.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define SECONDS     38
#define SAMPLES_MAX (SECONDS * 16000)

static int16_t speech[SAMPLES_MAX], out[SAMPLES_MAX];
static uint8_t damaged[SAMPLES_MAX];

static struct plc *plc_new(uint32_t rate_hz)
{
	return plc_make(aligned_alloc(64, (plc_size() + 63) & ~(size_t)63), rate_hz);
}

static unsigned int speech_at(uint32_t rate_hz)
{
	size_t n = 0;
	const int16_t *prompts = sample_speech(&n);
	if (!prompts)
		return 0;
	n = n < SECONDS * SAMPLE_SPEECH_RATE ? n : SECONDS * SAMPLE_SPEECH_RATE;
	struct resample *r = malloc(resample_size());
	resample_init(r, SAMPLE_SPEECH_RATE, rate_hz);
	unsigned int done = resample_run(r, prompts, (unsigned int)n, speech);
	free(r);
	return done;
}

// Loses `loss` of 100 frames of 20 ms and judges what is left.
static void judge(uint32_t rate_hz, unsigned int loss, double distance_db, double correlation)
{
	unsigned int n = speech_at(rate_hz), frame = rate_hz / 50;
	struct plc *p = plc_new(rate_hz);
	uint64_t seed = 77;
	n -= n % frame;
	memcpy(out, speech, n * sizeof(out[0]));
	memset(damaged, 0, n);
	for (unsigned int at = 0; at < n; at += frame) {
		if (sample_random(&seed) % 100 < loss) {
			plc_fill(p, out + at, frame);
			memset(damaged + at, 1, frame);
		} else {
			plc_good(p, out + at, frame);
		}
	}
	struct measure_spectrum s = measure_spectrum(speech, out, n, rate_hz, 3400, damaged);
	if (getenv("SLIMLINE_VERBOSE"))
		printf("%u Hz %u %%: lsd %.2f corr %.4f\n", rate_hz, loss, s.distance_db, s.correlation);
	CHECK(s.distance_db <= distance_db);
	CHECK(s.correlation >= correlation);
	free(p);
}

static void speech_survives_loss(void)
{
	static const uint32_t rates[] = {8000, 16000};
	if (!speech_at(8000))
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	for (unsigned int r = 0; r < 2; r++) {
		judge(rates[r], 3, 7.5, 0.99);
		judge(rates[r], 5, 7.5, 0.985);
		judge(rates[r], 10, 8.0, 0.975);
	}
}

// A steady tone goes on through one lost frame, at its level and without a click.
static void a_tone_goes_on(void)
{
	for (uint32_t rate = 8000; rate <= 16000; rate += 8000) {
		struct plc *p = plc_new(rate);
		unsigned int frame = rate / 50;
		measure_tone(speech, 10 * frame, rate, 200, -10);
		for (unsigned int i = 0; i < 5; i++)
			plc_good(p, speech + i * frame, frame);
		plc_fill(p, speech + 5 * frame, frame);
		plc_good(p, speech + 6 * frame, frame);
		struct measure_sine s = measure_sine(speech + 5 * frame, frame / 2, rate, 200);
		CHECK_NEAR(s.level_dbm0, -10, 1);
		int step = 0;
		for (unsigned int i = 4 * frame; i < 7 * frame; i++)
			step = abs(speech[i + 1] - speech[i]) > step ? abs(speech[i + 1] - speech[i]) : step;
		CHECK(step < 2.5 * measure_amplitude(-10) * 2 * 3.15 * 200 / rate);
		free(p);
	}
}

static void long_gaps_fade_to_silence(void)
{
	struct plc *p = plc_new(8000);
	int16_t pcm[160];
	measure_tone(speech, 800, 8000, 150, -10);
	plc_good(p, speech, 800);
	for (unsigned int i = 0; i < 4; i++)
		plc_fill(p, pcm, 160);
	CHECK_NEAR(measure_level_dbm0(pcm, 160), -96, 0.1);
	measure_tone(pcm, 160, 8000, 150, -10);
	plc_good(p, pcm, 160);
	CHECK_NEAR(measure_level_dbm0(pcm + 80, 80), -10, 2);
	free(p);
}

static void any_block_size_is_fine(void)
{
	struct plc *p = plc_new(16000);
	uint64_t seed = 6;
	for (unsigned int i = 0; i < 5000; i++) {
		unsigned int n = sample_random(&seed) % 1000;
		int16_t *pcm = malloc(n * 2 + 1);
		for (unsigned int s = 0; s < n; s++)
			pcm[s] = (int16_t)sample_random(&seed);
		if (sample_random(&seed) & 1)
			plc_good(p, pcm, n);
		else
			plc_fill(p, pcm, n);
		free(pcm);
	}
	free(p);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"speech_survives_loss", speech_survives_loss},
		{"a_tone_goes_on", a_tone_goes_on},
		{"long_gaps_fade_to_silence", long_gaps_fade_to_silence},
		{"any_block_size_is_fine", any_block_size_is_fine},
	};
	resample_cpu_init();
	return t_main("plc", tests, sizeof(tests) / sizeof(tests[0]));
}
