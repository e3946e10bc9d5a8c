// SPDX-License-Identifier: GPL-3.0-or-later
// kernel.h - The table of mixing loops that each compilation of kernel.inc.c fills.
#pragma once

#include <stdint.h>

struct mixer_kernel {
	const char *name;
	void (*set)(int32_t *sum, const int16_t *voice, unsigned int samples);
	void (*add)(int32_t *sum, const int16_t *voice, unsigned int samples);
	uint32_t (*add_level)(int32_t *sum, const int16_t *voice, unsigned int samples);
	void (*minus)(int16_t *out, const int32_t *sum, const int16_t *own, unsigned int samples);
	void (*all)(int16_t *out, const int32_t *sum, unsigned int samples);
	void (*ramp)(int16_t *pcm, unsigned int samples, int32_t from, int32_t to);
	void (*gain)(float *gains, unsigned int samples, float from, float to);
	void (*limit)(int16_t *out, const int32_t *sum, const int16_t *own, const float *gains,
		      unsigned int samples);
	uint32_t (*magnitude)(const int16_t *pcm, unsigned int samples);
	uint32_t (*sum_peak)(const int32_t *sum, unsigned int samples);
	uint64_t (*energy)(const int16_t *pcm, unsigned int samples);
};

extern const struct mixer_kernel mixer_kernel_generic;
extern const struct mixer_kernel mixer_kernel_v3;
extern const struct mixer_kernel mixer_kernel_v4;
