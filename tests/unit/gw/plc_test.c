// SPDX-License-Identifier: GPL-3.0-or-later
// plc_test.c - Speech with lost frames: the damage that remains, against pass numbers.
#include "gw/plc.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "gw/codec.h"
#include "gw/resample.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define SAMPLES_MAX (SAMPLE_SPEECH_SECONDS * 16000)
#define SEEDS       4

static int16_t speech[SAMPLES_MAX], out[SAMPLES_MAX];
static uint8_t damaged[SAMPLES_MAX];

static struct plc *plc_new(uint32_t rate_hz)
{
	return plc_make(aligned_alloc(64, (plc_size() + 63) & ~(size_t)63), rate_hz);
}

// What is heard when nothing is lost: through G.711 at 8 kHz, as it is at 16 kHz.
static unsigned int speech_at(uint32_t rate_hz)
{
	size_t n = 0;
	const int16_t *prompts = sample_speech(&n);
	if (!prompts)
		return 0;
	if (rate_hz == SAMPLE_SPEECH_RATE) {
		static uint8_t code[SAMPLE_SPEECH_SECONDS * SAMPLE_SPEECH_RATE];
		const struct codec *c = codec_by_id(CODEC_PCMU);
		c->encode(NULL, prompts, (unsigned int)n, code, sizeof(code));
		return (unsigned int)c->decode(NULL, code, (unsigned int)n, speech, SAMPLES_MAX);
	}
	struct resample *r = malloc(resample_size());
	resample_init(r, SAMPLE_SPEECH_RATE, rate_hz);
	unsigned int done = resample_run(r, prompts, (unsigned int)n, speech);
	free(r);
	return done;
}

// Loses `loss` of 100 frames of 20 ms and judges what is left. `ahead`: the frame behind a gap is known when the gap is filled,
// unless it is lost itself.
static struct measure_spectrum damage(uint32_t rate_hz, unsigned int n, unsigned int loss, bool ahead,
				      uint64_t seed)
{
	unsigned int frame = rate_hz / 50;
	struct plc *p = plc_new(rate_hz);
	n -= n % frame;
	memcpy(out, speech, n * sizeof(out[0]));
	for (unsigned int at = 0; at < n; at += frame)
		memset(damaged + at, sample_random(&seed) % 100 < loss, frame);
	for (unsigned int at = 0; at < n; at += frame) {
		if (!damaged[at])
			plc_good(p, out + at, frame);
		else if (ahead && at + frame < n && !damaged[at + frame])
			plc_bridge(p, out + at, frame, out + at + frame, frame);
		else
			plc_fill(p, out + at, frame);
	}
	free(p);
	return measure_spectrum(speech, out, n, rate_hz, 3400, damaged);
}

static void speech_survives_loss(void)
{
	// At 8 kHz the pass numbers for G.711; bridging does better than they ask. At 16 kHz there is no noise of a codec in the
	// valleys of the spectrum, where what is made up differs most.
	static const struct {
		uint32_t rate_hz;
		bool ahead;
		double distance_db;
	} cases[] = {{8000, false, 7.5}, {8000, true, 6.9}, {16000, false, 8.2}, {16000, true, 7.7}};
	static const struct {
		unsigned int percent;
		double correlation;
	} losses[] = {{3, 0.99}, {5, 0.985}, {10, 0.975}};
	for (unsigned int c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		unsigned int n = speech_at(cases[c].rate_hz);
		if (!n)
			SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
		for (unsigned int l = 0; l < 3; l++)
			for (uint64_t seed = 77; seed < 77 + 1000 * SEEDS; seed += 1000) {
				struct measure_spectrum s =
					damage(cases[c].rate_hz, n, losses[l].percent, cases[c].ahead, seed);
				if (getenv("SLIMLINE_VERBOSE"))
					printf("%5u Hz %2u %% %s lsd %.2f corr %.4f\n", cases[c].rate_hz,
					       losses[l].percent, cases[c].ahead ? "ahead" : "alone",
					       s.distance_db, s.correlation);
				CHECK(s.distance_db <= cases[c].distance_db);
				CHECK(s.correlation >= losses[l].correlation);
			}
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

// A gap between two blocks of one tone is hardly heard.
static void a_tone_is_bridged(void)
{
	for (uint32_t rate = 8000; rate <= 16000; rate += 8000) {
		struct plc *p = plc_new(rate);
		unsigned int frame = rate / 50;
		measure_tone(speech, 10 * frame, rate, 200, -10);
		memcpy(out, speech, 10 * frame * sizeof(out[0]));
		for (unsigned int i = 0; i < 5; i++)
			plc_good(p, out + i * frame, frame);
		plc_bridge(p, out + 5 * frame, frame, out + 6 * frame, frame);
		plc_good(p, out + 6 * frame, frame);
		struct measure_sine s = measure_sine(out + 5 * frame, frame, rate, 200);
		CHECK(s.sinad_db > 10);
		CHECK_NEAR(s.level_dbm0, -10, 1);
		CHECK(memcmp(out + 6 * frame, speech + 6 * frame, frame * sizeof(out[0])) == 0);
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
		switch (sample_random(&seed) % 3) {
		case 0:
			plc_good(p, pcm, n);
			break;
		case 1:
			plc_fill(p, pcm, n);
			break;
		case 2: {
			unsigned int known = sample_random(&seed) % 1000;
			int16_t *then = calloc(known + 1, 2);
			plc_bridge(p, pcm, n, then, known);
			free(then);
		}
		}
		free(pcm);
	}
	free(p);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"speech_survives_loss", speech_survives_loss},
		{"a_tone_goes_on", a_tone_goes_on},
		{"a_tone_is_bridged", a_tone_is_bridged},
		{"long_gaps_fade_to_silence", long_gaps_fade_to_silence},
		{"any_block_size_is_fine", any_block_size_is_fine},
	};
	codec_init();
	resample_cpu_init();
	return t_main("plc", tests, sizeof(tests) / sizeof(tests[0]));
}
