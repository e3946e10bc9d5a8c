// SPDX-License-Identifier: GPL-3.0-or-later
// codec_quality_test.c - Speech and a tone through every coder: distortion, level and delay against pass numbers.
#include "gw/codec.h"

#include <stdlib.h>

#include "bench/measure.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define TONE_HZ     1020
#define SAMPLES_MAX (SAMPLE_SPEECH_SECONDS * 48000)
#define NONE        -100

// Pass numbers of one coder. NONE = says nothing about this coder.
struct pass {
	enum codec_id id;
	double snr_db;      // at least
	double segsnr_db;   // at least
	double distance_db; // at most; NONE = any
	double correlation; // at least
	double sinad_db;    // of a -10 dBm0 tone, at least
	double level_db;    // error of its level, at most
	int delay;          // samples, within one
	int mode;           // AMR: that is requested of the coder, + 1
};

// Coders of 8 kHz are judged by the prompts of sample_speech up to 3400 Hz, wider ones by sample_speech_wide up to 7000.
static const struct pass passes[] = {
	{CODEC_PCMU, 36.5, 36.0, 2.8, 0.99, 37, 0.05, 0},
	{CODEC_PCMA, 36.5, 36.0, 2.8, 0.99, 36.5, 0.05, 0},
	{CODEC_PCMU_56K, 30.5, 30.0, 4.5, 0.98, 31.5, 0.1, 0},
	{CODEC_PCMA_56K, 30.5, 30.0, 4.5, 0.98, 31, 0.1, 0},
	{CODEC_L16_16K, 99, 45, 0, 0.999, 84, 0.01, 0},
	{CODEC_G722, NONE, 28, 5.5, 0.98, 46, 0.05, 22},
	{CODEC_G722_56K, NONE, 25, 6.4, 0.97, 40, 0.05, 22},
	{CODEC_G722_48K, NONE, 20.5, 7.9, 0.955, 34, 0.05, 22},
	{CODEC_G726_40, NONE, 34, 3.1, 0.99, 41, 0.1, 0},
	{CODEC_G726_32, NONE, 28, 4.9, 0.985, 35, 0.1, 0},
	{CODEC_G726_24, NONE, 22, 7.0, 0.975, 27, 0.1, 0},
	{CODEC_G726_16, NONE, 16, 10.6, 0.945, 22, 0.1, 0},
	{CODEC_G726_40_AAL2, NONE, 34, 3.1, 0.99, 41, 0.1, 0},
	{CODEC_G726_32_AAL2, NONE, 28, 4.9, 0.985, 35, 0.1, 0},
	{CODEC_G726_24_AAL2, NONE, 22, 7.0, 0.975, 27, 0.1, 0},
	{CODEC_G726_16_AAL2, NONE, 16, 10.6, 0.945, 22, 0.1, 0},
	{CODEC_GSM, NONE, 14, 6.3, 0.975, 30, 0.3, 0},
	{CODEC_G729, NONE, NONE, 7.0, 0.965, 21, 0.7, 39},
	{CODEC_G729B, NONE, NONE, 7.0, 0.90, 21, 0.7, 39},
	{CODEC_AMR, NONE, NONE, 5.4, 0.98, 35, 0.7, 39},
	{CODEC_AMR_OCTET, NONE, NONE, 5.4, 0.98, 35, 0.7, 39},
	{CODEC_AMR, NONE, NONE, 7.5, 0.955, 18, 1.1, 39, 1}, // 4.75 kbit/s
	{CODEC_AMR_WB, NONE, NONE, 7.2, 0.96, 30, 0.3, 95},
	{CODEC_AMR_WB, NONE, NONE, 6.2, 0.98, 30, 0.3, 95, 9}, // 23.85 kbit/s
	{CODEC_AMR_WB_OCTET, NONE, NONE, 7.2, 0.96, 30, 0.3, 95},
	{CODEC_OPUS, NONE, NONE, 6.1, 0.985, 34, 0.2, 309},
	{CODEC_OPUS_16K, NONE, NONE, 4.6, 0.985, 34, 0.2, 104},
	{CODEC_OPUS_8K, NONE, NONE, 4.7, 0.985, 22, 0.3, 51},
};

static int16_t speech[SAMPLES_MAX], out[SAMPLES_MAX + 5760];

// Speech of a coder's rate. Returns samples, 0 if there is none.
static unsigned int speech_at(uint32_t rate_hz)
{
	size_t n = 0;
	const int16_t *pcm = NULL;
	int16_t *wide = NULL;
	if (rate_hz == SAMPLE_SPEECH_RATE)
		pcm = sample_speech(&n);
	else
		pcm = wide = sample_speech_wide(rate_hz, &n);
	if (pcm)
		memcpy(speech, pcm, n * sizeof(*pcm));
	free(wide);
	return (unsigned int)n;
}

static void *state_new(size_t size, int (*init)(void *))
{
	void *state = size ? aligned_alloc(64, (size + 63) & ~(size_t)63) : NULL;
	if (init)
		CHECK_INT(init(state), 0);
	return state;
}

// Requests a mode of AMR of `encoder`, as a payload of the far end does.
static void request(const struct codec *c, void *encoder, unsigned int mode)
{
	void *e = state_new(c->encoder_size, c->encoder_init),
	     *d = state_new(c->decoder_size, c->decoder_init);
	int16_t pcm[320] = {0};
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	int len = c->encode(e, pcm, c->sample_rate_hz / 50, payload, sizeof(payload));
	payload[0] = (uint8_t)((payload[0] & 15) | mode << 4);
	CHECK(c->decode(d, payload, (unsigned int)len, pcm, 320) > 0);
	c->obey(encoder, d);
	c->encoder_fini(e);
	c->decoder_fini(d);
	free(e);
	free(d);
}

// Codes and decodes `in`, 20 ms at a time. Frames that were not sent are concealed.
static void through(const struct codec *c, int mode, const int16_t *in, unsigned int n)
{
	void *e = state_new(c->encoder_size, c->encoder_init),
	     *d = state_new(c->decoder_size, c->decoder_init);
	unsigned int block = c->sample_rate_hz / 50;
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	if (mode)
		request(c, e, (unsigned int)mode - 1);
	for (unsigned int at = 0; at + block <= n; at += block) {
		int len = c->encode(e, in + at, block, payload, sizeof(payload));
		CHECK(len >= 0);
		int got = len > 0 ? c->decode(d, payload, (unsigned int)len, out + at, block) : 0;
		while (got >= 0 && (unsigned int)got < block && c->conceal)
			got += c->conceal(d, out + at + got, block - (unsigned int)got);
		CHECK_INT(got, block);
	}
	if (c->encoder_fini)
		c->encoder_fini(e);
	if (c->decoder_fini)
		c->decoder_fini(d);
	free(e);
	free(d);
}

static void judge_speech(const struct codec *c, const struct pass *p, unsigned int n)
{
	through(c, p->mode, speech, n);
	size_t delay = measure_delay(speech, out, c->sample_rate_hz * 2, c->sample_rate_hz / 100);
	CHECK_NEAR(delay, p->delay, 1);
	unsigned int m = n - (unsigned int)delay;
	double snr = measure_snr_db(speech, out + delay, m);
	double segsnr = measure_segsnr_db(speech, out + delay, m, c->sample_rate_hz);
	struct measure_spectrum s = measure_spectrum(speech, out + delay, m, c->sample_rate_hz,
						     c->sample_rate_hz > 8000 ? 7000 : 3400, NULL);
	if (getenv("SLIMLINE_VERBOSE"))
		printf("%-12s delay %3zu snr %5.1f segsnr %5.1f lsd %5.2f corr %.3f\n", c->name, delay, snr,
		       segsnr, s.distance_db, s.correlation);
	CHECK(snr >= p->snr_db);
	CHECK(segsnr >= p->segsnr_db);
	CHECK(p->distance_db == NONE || s.distance_db <= p->distance_db);
	CHECK(s.correlation >= p->correlation);
}

static void judge_tone(const struct codec *c, const struct pass *p)
{
	unsigned int rate = c->sample_rate_hz, n = 2 * rate;
	measure_tone(speech, n, rate, TONE_HZ, -10);
	through(c, p->mode, speech, n);
	struct measure_sine s = measure_sine(out + rate / 2, n - rate, rate, TONE_HZ);
	if (getenv("SLIMLINE_VERBOSE"))
		printf("%-12s sinad %5.1f level error %+.2f\n", c->name, s.sinad_db, s.level_dbm0 + 10);
	CHECK(s.sinad_db >= p->sinad_db);
	CHECK_NEAR(s.level_dbm0, -10, p->level_db);
}

// Judges every coder of one rate. False: there is nothing to say.
static bool judge_all(uint32_t rate_hz)
{
	unsigned int n = speech_at(rate_hz);
	int16_t *words = malloc(n * sizeof(*words) + 1);
	memcpy(words, speech, n * sizeof(*words));
	for (size_t i = 0; n && i < sizeof(passes) / sizeof(passes[0]); i++) {
		const struct codec *c = codec_by_id(passes[i].id);
		if (!codec_can_transcode(passes[i].id) || c->sample_rate_hz != rate_hz)
			continue;
		memcpy(speech, words, n * sizeof(*words));
		judge_speech(c, &passes[i], n);
		judge_tone(c, &passes[i]);
	}
	free(words);
	return n > 0;
}

static void every_narrow_coder_passes(void)
{
	if (!judge_all(SAMPLE_SPEECH_RATE))
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
}

static void every_wide_coder_passes(void)
{
	if (!judge_all(16000) || !judge_all(48000))
		SKIP("no wideband speech: espeak-ng is not installed");
}

// A-law to mu-law and back by the tables: 37 dB, as of the laws themselves, is out of reach.
static void law_conversion_passes(void)
{
	static const enum codec_id ids[2] = {CODEC_PCMU, CODEC_PCMA};
	static uint8_t code[SAMPLE_SPEECH_SECONDS * SAMPLE_SPEECH_RATE];
	unsigned int n = speech_at(SAMPLE_SPEECH_RATE);
	if (!n)
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	for (unsigned int way = 0; way < 2; way++) {
		const struct codec *from = codec_by_id(ids[way]), *to = codec_by_id(ids[!way]);
		speech_at(SAMPLE_SPEECH_RATE);
		from->encode(NULL, speech, n, code, n);
		codec_law_translate(code, n, to->id);
		to->decode(NULL, code, n, out, n);
		CHECK(measure_snr_db(speech, out, n) >= 33);
		measure_tone(speech, 16000, 8000, TONE_HZ, -10);
		from->encode(NULL, speech, 16000, code, n);
		codec_law_translate(code, 16000, to->id);
		to->decode(NULL, code, 16000, out, n);
		struct measure_sine s = measure_sine(out, 16000, 8000, TONE_HZ);
		CHECK(s.sinad_db >= 32);
		CHECK_NEAR(s.level_dbm0, -10, 0.2);
	}
}

static void the_measures_measure(void)
{
	int16_t a[8000], b[8000];
	measure_tone(a, 8000, 8000, 1000, 0);
	CHECK_NEAR(measure_level_dbm0(a, 8000), 0, 0.01);
	CHECK_NEAR(measure_amplitude(3.14), 32768, 40);
	measure_tone(b, 8000, 8000, 1000, -10);
	measure_tone_add(b, 8000, 8000, 1500, -50);
	struct measure_sine s = measure_sine(b, 8000, 8000, 1000);
	CHECK_NEAR(s.level_dbm0, -10, 0.01);
	CHECK_NEAR(s.sinad_db, 40, 0.2);
	uint64_t seed = 1;
	for (unsigned int i = 0; i < 8000; i++)
		a[i] = (int16_t)((int32_t)sample_random(&seed) >> 18);
	memset(b, 0, sizeof(b));
	memcpy(b + 37, a, sizeof(b) - 37 * sizeof(b[0]));
	CHECK_INT(measure_delay(a, b, 8000, 100), 37);
	for (unsigned int i = 0; i < 8000; i++)
		b[i] = (int16_t)(a[i] + (i % 2 ? 100 : -100));
	CHECK_NEAR(measure_snr_db(a, b, 8000), measure_segsnr_db(a, b, 8000, 8000), 0.3);
	struct measure_spectrum same = measure_spectrum(a, a, 8000, 8000, 3400, NULL);
	CHECK(same.distance_db == 0 && same.correlation > 0.999 && same.windows > 50);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"every_narrow_coder_passes", every_narrow_coder_passes},
		{"every_wide_coder_passes", every_wide_coder_passes},
		{"law_conversion_passes", law_conversion_passes},
		{"the_measures_measure", the_measures_measure},
	};
	codec_init();
	return t_main("codec_quality", tests, sizeof(tests) / sizeof(tests[0]));
}
