// SPDX-License-Identifier: GPL-3.0-or-later
// mixer.h - Sums a conference once and gives each party everyone but itself; measures levels.
//
// sum = all voices in 32 bits (room for 65 536 full-scale talkers), then for each party saturate(sum - own).
// Rows may have any alignment; 64 bytes is best. Any thread. Hot.
#pragma once

#include <stdint.h>

// Chooses kernels for this CPU. Call once at start; before that the generic ones run.
void mixer_init(void);

// Name of the kernels in use: "x86-64-v4", "x86-64-v3", "generic".
const char *mixer_kernel(void);

// sum = voice.
void mixer_set(int32_t *sum, const int16_t *voice, unsigned int samples);

// sum += voice.
void mixer_add(int32_t *sum, const int16_t *voice, unsigned int samples);

// The same, and the sum of the voice's magnitudes: its loudness for next to nothing.
uint32_t mixer_add_level(int32_t *sum, const int16_t *voice, unsigned int samples);

// out = saturate(sum - own): what the party of `own` hears. out may be own.
void mixer_minus(int16_t *out, const int32_t *sum, const int16_t *own, unsigned int samples);

// out = saturate(sum): what everyone hears who did not speak.
void mixer_all(int16_t *out, const int32_t *sum, unsigned int samples);

// pcm = saturate(pcm * gain), the gain in Q12 (4096 = 0 dB) going linearly from `from` to `to` over the
// block.
void mixer_ramp(int16_t *pcm, unsigned int samples, int32_t from, int32_t to);

// A gain for each sample, going linearly from `from` to `to`.
void mixer_gain(float *gains, unsigned int samples, float from, float to);

// out = saturate((sum - own) * gain), by the gains of mixer_gain. own NULL: nothing is taken out.
void mixer_limit(int16_t *out, const int32_t *sum, const int16_t *own, const float *gains,
		 unsigned int samples);

// Sum of magnitudes.
uint32_t mixer_magnitude(const int16_t *pcm, unsigned int samples);

// Largest magnitude of a sum.
uint32_t mixer_sum_peak(const int32_t *sum, unsigned int samples);

// Sum of squares, for mixer_level.
uint64_t mixer_energy(const int16_t *pcm, unsigned int samples);

#define MIXER_LEVEL_SILENT (-960) // what digital silence measures

// Level in dBm0 times 10 of `samples` with this energy: a full-scale sine is +3.1 dBm0. Within 0.1 dB.
int mixer_level(uint64_t energy, unsigned int samples);
