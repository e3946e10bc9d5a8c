// SPDX-License-Identifier: GPL-3.0-or-later
// sample.c - Finds vectors and speech on this machine.
#include "tests/unit/sample.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEECH_SECONDS_MAX 40
#define WAV_HEADER         44
#define PEAK               11626 // -9 dBFS

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

// Appends a prompt's samples. False when it is not there.
static bool prompt_append(int16_t *speech, size_t cap, size_t *samples, const char *name)
{
	char path[256];
	size_t bytes = 0;
	snprintf(path, sizeof(path), "/usr/share/asterisk/sounds/en_US_f_Allison/%s.wav", name);
	uint8_t *wav = file_load(path, &bytes);
	if (!wav)
		return false;
	size_t n = bytes > WAV_HEADER ? (bytes - WAV_HEADER) / 2 : 0;
	n = n < cap - *samples ? n : cap - *samples;
	memcpy(speech + *samples, wav + WAV_HEADER, n * 2);
	*samples += n;
	free(wav);
	return true;
}

const int16_t *sample_speech(size_t *ret_samples)
{
	static const char *const prompts[] = {"vm-options", "vm-msginstruct", "vm-opts-full"};
	static int16_t speech[SPEECH_SECONDS_MAX * SAMPLE_SPEECH_RATE];
	static size_t samples;
	static bool tried, found;
	if (!tried) {
		tried = found = true;
		for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++)
			found = found && prompt_append(speech, sizeof(speech) / sizeof(speech[0]), &samples,
						       prompts[i]);
		scale(speech, samples);
	}
	*ret_samples = samples;
	return found ? speech : NULL;
}

uint32_t sample_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}
