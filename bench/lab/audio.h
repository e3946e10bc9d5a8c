// SPDX-License-Identifier: GPL-3.0-or-later
// audio.h - Samples to speak and samples heard: WAV files, tones, rates and levels.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A sine of full scale is +3.14 dBm0, the overload point of A-law (ITU-T G.711).
#define AUDIO_OVERLOAD_DBM0 3.14

// Mono samples. Owned memory; release with audio_free.
struct audio {
	int16_t *pcm;
	size_t count;
	uint32_t rate_hz;
};

// Reads any file libsndfile knows, mixes it to mono and converts its rate (0 = keeps it). The first 20 seconds are kept.
// Returns 0 or negative errno (-EINVAL: not a sound file).
int audio_load(const char *path, uint32_t rate_hz, struct audio *ret);

// Makes a copy at another rate. Returns 0 or -ENOMEM.
int audio_convert(const struct audio *from, uint32_t rate_hz, struct audio *ret);

// Makes 20 seconds of a sine; a multiple of 0.05 Hz loops without a click. A frequency that is not whole spreads the
// noise of companding evenly instead of into a few lines. Returns 0 or -ENOMEM.
int audio_tone(double hz, double level_dbm0, uint32_t rate_hz, struct audio *ret);

// Scales to a root-mean-square level over the active parts, as far as peaks allow.
void audio_level_set(struct audio *a, double level_dbm0);

// Writes a 16-bit mono WAV file. Returns 0 or -EIO.
int audio_save(const char *path, const int16_t *pcm, size_t count, uint32_t rate_hz);

void audio_free(struct audio *a);
