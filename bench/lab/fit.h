// SPDX-License-Identifier: GPL-3.0-or-later
// fit.h - What is in a recording: lags, filtered voices and tones, found by least squares.
#pragma once

#include <stddef.h>
#include <stdint.h>

// A voice that may be in the recording: y[i] ~ sum over k in [-side, side] of h[k] * x[i - lag - k].
struct fit_voice {
	const double *x;
	size_t count;
	long lag;
	unsigned int side;
};

// Explains y[from .. from+count) by all voices at once, each through its own short filter (so that gains, fractions of
// a sample and the band edges of resamplers do not count as noise). Writes each voice's share to parts[v][0..count)
// and what remains to residual[0..count). Returns 0 or -ENOMEM.
int fit_voices(const double *y, size_t from, size_t count, const struct fit_voice *voices,
	       unsigned int voice_count, double *const *parts, double *residual);

// Explains y[0..count) by sines of the given frequencies (and a constant). Writes the amplitude of each and the
// power of what remains. Returns 0 or -ENOMEM.
int fit_tones(const double *y, size_t count, uint32_t rate_hz, const double *hz, unsigned int tones,
	      double *ret_amplitudes, double *ret_residual_power);

// Lag in [lag_min, lag_max] at which x explains y[from .. from+count) best: y[i] ~ x[i - lag].
// Writes the normalised correlation there (0..1). Returns lag_min when there is nothing to correlate.
long fit_lag(const double *y, size_t from, size_t count, const double *x, size_t x_count, uint32_t rate_hz,
	     long lag_min, long lag_max, double *ret_correlation);

// Mean square.
double fit_power(const double *y, size_t count);
