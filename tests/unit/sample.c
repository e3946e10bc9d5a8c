// SPDX-License-Identifier: GPL-3.0-or-later
// sample.c - Finds vectors and speech on this machine.
#include "tests/unit/sample.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAV_HEADER 44
#define PEAK       11626 // -9 dBFS
#define PROMPTS    "/usr/share/asterisk/sounds/en_US_f_Allison/*.wav"

static void *file_load(const char *path, size_t *ret_bytes)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	rewind(f);
	void *bytes = size > 0 ? malloc((size_t)size) : NULL;
	if (bytes && fread(bytes, 1, (size_t)size, f) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	fclose(f);
	if (bytes)
		*ret_bytes = (size_t)size;
	return bytes;
}

void *sample_vector(const char *name, size_t *ret_bytes)
{
	static const struct {
		const char *variable, *below;
	} places[] = {
		{"SLIMLINE_VECTORS", ""},
		{"SLIMLINE_SHARED", "/vectors"},
		{"SLIMLINE_SOURCE", "/../shared/vectors"},
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[1024];
		const char *base = getenv(places[i].variable);
		if (!base)
			continue;
		snprintf(path, sizeof(path), "%s%s/%s", base, places[i].below, name);
		void *bytes = file_load(path, ret_bytes);
		if (bytes)
			return bytes;
	}
	return NULL;
}

static void scale(int16_t *pcm, size_t n)
{
	int peak = 1;
	for (size_t i = 0; i < n; i++)
		peak = abs(pcm[i]) > peak ? abs(pcm[i]) : peak;
	for (size_t i = 0; i < n; i++)
		pcm[i] = (int16_t)((int64_t)pcm[i] * PEAK / peak);
}

// Appends the samples of a WAV file.
static void prompt_append(int16_t *speech, size_t cap, size_t *samples, const char *path)
{
	size_t bytes = 0;
	uint8_t *wav = file_load(path, &bytes);
	if (!wav)
		return;
	size_t n = bytes > WAV_HEADER ? (bytes - WAV_HEADER) / 2 : 0;
	n = n < cap - *samples ? n : cap - *samples;
	memcpy(speech + *samples, wav + WAV_HEADER, n * 2);
	*samples += n;
	free(wav);
}

const int16_t *sample_speech(size_t *ret_samples)
{
	static int16_t speech[SAMPLE_SPEECH_SECONDS * SAMPLE_SPEECH_RATE];
	static size_t samples;
	const size_t cap = sizeof(speech) / sizeof(speech[0]);
	glob_t prompts;
	if (samples == 0 && glob(PROMPTS, 0, NULL, &prompts) == 0) {
		for (size_t i = 0; i < prompts.gl_pathc && samples < cap; i++)
			prompt_append(speech, cap, &samples, prompts.gl_pathv[i]);
		globfree(&prompts);
		scale(speech, samples);
	}
	*ret_samples = samples;
	return samples == cap ? speech : NULL;
}

// Sentences of the Harvard lists, public since 1969.
#define SENTENCES                                                                                            \
	"The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. "            \
	"It is easy to tell the depth of a well. These days a chicken leg is a rare dish. "                  \
	"Rice is often served in round bowls. The juice of lemons makes fine punch. "                        \
	"The box was thrown beside the parked truck. The hogs were fed chopped corn and garbage. "           \
	"Four hours of steady work faced us. A large size in stockings is hard to sell. "                    \
	"The boy was there when the sun rose. A rod is used to catch pink salmon. "                          \
	"The source of the huge river is the clear spring. Kick the ball straight and follow through. "      \
	"Help the woman get back to her feet. A pot of tea helps to pass the evening. "                      \
	"Smoky fires lack flame and heat. The soft cushion broke the fall. "                                 \
	"The salt breeze came across from the sea. The girl at the booth sold fifty bonds. "                 \
	"The small pup gnawed a hole in the sock. The fish twisted and turned on the bent hook. "            \
	"Press the pants and sew a button on the vest. The swan dive was far short of perfect. "             \
	"The beauty of the view stunned the young boy. Two blue fish swam in the tank."

#define VOICE_RATE 22050
#define TAPS       24 // to each side, of a filter at the lower of two rates

// One sample of `pcm` at a place between samples, by a windowed sinc that ends at `edge` of half its rate.
static double sample_between(const int16_t *pcm, size_t n, double place, double edge)
{
	long first = (long)ceil(place - TAPS / edge), last = (long)floor(place + TAPS / edge);
	double sum = 0;
	for (long i = first < 0 ? 0 : first; i <= last && i < (long)n; i++) {
		double x = (place - (double)i) * edge, w = 0.5 + 0.5 * cos(M_PI * x / TAPS);
		sum += pcm[i] * edge * w * (x == 0 ? 1 : sin(M_PI * x) / (M_PI * x));
	}
	return sum;
}

int16_t *sample_speech_wide(uint32_t rate_hz, size_t *ret_samples)
{
	FILE *f = popen("espeak-ng -s 130 --stdout \"" SENTENCES "\" 2>/dev/null", "r");
	size_t cap = (SAMPLE_SPEECH_SECONDS + 20) * VOICE_RATE;
	int16_t *voice = malloc(cap * 2);
	uint8_t head[WAV_HEADER];
	size_t got = f && fread(head, 1, WAV_HEADER, f) == WAV_HEADER ? fread(voice, 2, cap, f) : 0;
	if (f)
		pclose(f);
	size_t n = SAMPLE_WIDE_SECONDS * rate_hz;
	if (got < SAMPLE_WIDE_SECONDS * VOICE_RATE) {
		free(voice);
		return NULL;
	}
	double step = (double)VOICE_RATE / rate_hz, edge = 0.95 * (step > 1 ? 1 / step : 1);
	int16_t *pcm = malloc(n * sizeof(*pcm));
	for (size_t i = 0; i < n; i++) {
		double v = rint(sample_between(voice, got, (double)i * step, edge));
		pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
	}
	free(voice);
	scale(pcm, n);
	*ret_samples = n;
	return pcm;
}

uint32_t sample_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}
