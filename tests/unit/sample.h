// SPDX-License-Identifier: GPL-3.0-or-later
// sample.h - Test input: conformance vectors, recorded speech and repeatable random numbers.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Loads a file of the conformance vectors, say "itu/g711/sweep.src", from SLIMLINE_VECTORS, SLIMLINE_SHARED/vectors or
// ../shared/vectors beside the source. NULL when it is not there. Free it.
void *sample_vector(const char *name, size_t *ret_bytes);

#define SAMPLE_SPEECH_RATE 8000

// About 40 s of telephone prompts (Debian package asterisk-core-sounds-en-wav) scaled to a peak of -9 dBFS; made once. NULL
// when they are not there. Borrowed.
const int16_t *sample_speech(size_t *ret_samples);

// Next number of a repeatable sequence.
uint32_t sample_random(uint64_t *state);
