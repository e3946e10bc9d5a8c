// SPDX-License-Identifier: GPL-3.0-or-later
// measure.h - Judges speech and tones: what a test, a bench or the demo says about sound.
//
// Reference and result are aligned by the caller (measure_delay). For waveform coders SNR means something; for CELP coders
// and concealment take spectral distance and envelope correlation. 0 dBm0 is a sine 3.14 dB below full scale.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Level of a block in dBm0; -96 for digital silence.
double measure_level_dbm0(const int16_t *pcm, size_t n);

// Amplitude of a sine of this level.
double measure_amplitude(double dbm0);

// Writes a sine of `dbm0` at `hz`, from phase 0.
void measure_tone(int16_t *pcm, size_t n, uint32_t rate_hz, double hz, double dbm0);

// Adds a sine to what is there, saturating.
void measure_tone_add(int16_t *pcm, size_t n, uint32_t rate_hz, double hz, double dbm0);

struct measure_sine {
	double level_dbm0; // of the sine found
	double sinad_db;   // the sine against everything else, constant offset left out
};

// Fits a sine of known frequency.
struct measure_sine measure_sine(const int16_t *pcm, size_t n, uint32_t rate_hz, double hz);

// Signal-to-noise ratio of the whole.
double measure_snr_db(const int16_t *ref, const int16_t *out, size_t n);

// Mean SNR of 20 ms segments in which the reference is active, each clipped to -10..45 dB.
double measure_segsnr_db(const int16_t *ref, const int16_t *out, size_t n, uint32_t rate_hz);

struct measure_spectrum {
	double distance_db; // log-spectral distance, 32 ms Hann windows, active ones only
	double correlation; // of the levels of 16 bands over time, each wider than the one below by the same ratio
	size_t windows; // judged
};

// Compares spectra from 200 Hz to `top_hz`: 3400 for telephone speech, 7000 for wideband. `only`, if given, has one byte for each sample: windows without a nonzero byte are left out of the
// distance, so that only damaged places are judged.
struct measure_spectrum measure_spectrum(const int16_t *ref, const int16_t *out, size_t n, uint32_t rate_hz,
					 double top_hz, const uint8_t *only);

// Samples by which `out` lags `ref`, searched in 0..max by correlation. n counts samples of both.
size_t measure_delay(const int16_t *ref, const int16_t *out, size_t n, size_t max);
