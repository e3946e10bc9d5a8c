// SPDX-License-Identifier: GPL-3.0-or-later
// kernel.h - The table of half-band loops that each compilation of kernel.inc.c fills.
#pragma once

#include <stdint.h>

#define HALFBAND_TAPS  32                  // of the phase that is filtered; the other one only waits
#define HALFBAND_WAIT  (HALFBAND_TAPS / 2) // samples it waits
#define HALFBAND_BLOCK 16                  // samples worked on at a time
#define HALFBAND_MAX   480                 // samples of a block at the lower rate

struct halfband_kernel {
	// x points at HALFBAND_TAPS - 1 samples of history, followed by n (rounded up to a block) samples.
	// Writes the two output samples of each input sample.
	void (*up)(int16_t *out, const float *x, unsigned int n);
	// even and odd as x above; writes n samples.
	void (*down)(int16_t *out, const float *even, const float *odd, unsigned int n);
};

extern const struct halfband_kernel halfband_kernel_generic;
extern const struct halfband_kernel halfband_kernel_v3;
extern const struct halfband_kernel halfband_kernel_v4;
