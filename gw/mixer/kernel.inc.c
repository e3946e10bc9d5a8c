// SPDX-License-Identifier: GPL-3.0-or-later
// kernel.inc.c - The add, subtract and saturate loops, written once and compiled for several CPUs.
//
// Plain C that gcc and clang turn into vector code at -O3. The including file names the table in KERNEL and
// KERNEL_NAME.
#include "gw/mixer/kernel.h"

// One comparison after the other: compilers make a minimum and a maximum of them.
static int16_t saturate(int32_t x)
{
	x = x > INT16_MAX ? INT16_MAX : x;
	return (int16_t)(x < INT16_MIN ? INT16_MIN : x);
}

static void set(int32_t *restrict sum, const int16_t *restrict voice, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		sum[i] = voice[i];
}

static void add(int32_t *restrict sum, const int16_t *restrict voice, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		sum[i] += voice[i];
}

static uint32_t add_level(int32_t *restrict sum, const int16_t *restrict voice, unsigned int samples)
{
	uint32_t magnitudes = 0;
	for (unsigned int i = 0; i < samples; i++) {
		int32_t x = voice[i];
		sum[i] += x;
		magnitudes += (uint32_t)(x < 0 ? -x : x);
	}
	return magnitudes;
}

static void minus_apart(int16_t *restrict out, const int32_t *restrict sum, const int16_t *restrict own,
			unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		out[i] = saturate(sum[i] - own[i]);
}

static void minus_within(int16_t *restrict row, const int32_t *restrict sum, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		row[i] = saturate(sum[i] - row[i]);
}

// They may be the same row.
static void minus(int16_t *out, const int32_t *sum, const int16_t *own, unsigned int samples)
{
	if (out == own)
		minus_within(out, sum, samples);
	else
		minus_apart(out, sum, own, samples);
}

static void all(int16_t *restrict out, const int32_t *restrict sum, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++)
		out[i] = saturate(sum[i]);
}

// The gain runs in Q20 so that a slope below one step per sample still arrives.
static void ramp(int16_t *pcm, unsigned int samples, int32_t from, int32_t to)
{
	int32_t start = from * 256, step = samples ? (to - from) * 256 / (int32_t)samples : 0;
	for (unsigned int i = 0; i < samples; i++) {
		int32_t gain = (start + step * (int32_t)i) >> 8;
		pcm[i] = saturate((pcm[i] * gain) >> 12);
	}
}

static int16_t turn_down(int32_t x, float gain)
{
	float y = (float)x * gain;
	y = y > INT16_MAX ? INT16_MAX : y;
	return (int16_t)(y < INT16_MIN ? INT16_MIN : y);
}

static void gain(float *restrict gains, unsigned int samples, float from, float to)
{
	float step = samples ? (to - from) / (float)samples : 0;
	for (unsigned int i = 0; i < samples; i++)
		gains[i] = from + step * (float)(int32_t)i;
}

static void limit(int16_t *restrict out, const int32_t *restrict sum, const int16_t *restrict own,
		  const float *restrict gains, unsigned int samples)
{
	if (!own) {
		for (unsigned int i = 0; i < samples; i++)
			out[i] = turn_down(sum[i], gains[i]);
		return;
	}
	for (unsigned int i = 0; i < samples; i++)
		out[i] = turn_down(sum[i] - own[i], gains[i]);
}

static uint32_t magnitude(const int16_t *pcm, unsigned int samples)
{
	uint32_t magnitudes = 0;
	for (unsigned int i = 0; i < samples; i++) {
		int32_t x = pcm[i];
		magnitudes += (uint32_t)(x < 0 ? -x : x);
	}
	return magnitudes;
}

static uint32_t sum_peak(const int32_t *sum, unsigned int samples)
{
	int32_t high = 0, low = 0;
	for (unsigned int i = 0; i < samples; i++) {
		high = sum[i] > high ? sum[i] : high;
		low = sum[i] < low ? sum[i] : low;
	}
	return (uint32_t)(high > -low ? high : -low);
}

static uint64_t energy(const int16_t *pcm, unsigned int samples)
{
	uint64_t e = 0;
	for (unsigned int i = 0; i < samples; i++)
		e += (uint32_t)(pcm[i] * pcm[i]);
	return e;
}

const struct mixer_kernel KERNEL = {
	.name = KERNEL_NAME,
	.set = set,
	.add = add,
	.add_level = add_level,
	.minus = minus,
	.all = all,
	.ramp = ramp,
	.gain = gain,
	.limit = limit,
	.magnitude = magnitude,
	.sum_peak = sum_peak,
	.energy = energy,
};
