// SPDX-License-Identifier: GPL-3.0-or-later
// sample.h - Test input: conformance vectors, recorded speech and repeatable random numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Loads a file of the conformance vectors, say "itu/g711/sweep.src", from SLIMLINE_VECTORS, SLIMLINE_SHARED/vectors or
// ../shared/vectors beside the source. NULL when it is not there. Free it.
void *sample_vector(const char *name, size_t *ret_bytes);

#define SAMPLE_SPEECH_RATE    8000
#define SAMPLE_SPEECH_SECONDS 60

// The first 60 s of telephone prompts (Debian package asterisk-core-sounds-en-wav, in the order of their names) scaled to a peak
// of -9 dBFS, which leaves them at -26.3 dBFS; made once. NULL when they are not there. Borrowed.
const int16_t *sample_speech(size_t *ret_samples);

#define SAMPLE_WIDE_SECONDS 57

// 57 s of Harvard sentences by espeak-ng (a Debian package), which speaks up to 11 kHz, at any rate of 16 kHz or more and at a peak
// of -9 dBFS. NULL when it is not there. Free it.
int16_t *sample_speech_wide(uint32_t rate_hz, size_t *ret_samples);

// Next number of a repeatable sequence.
uint32_t sample_random(uint64_t *state);
