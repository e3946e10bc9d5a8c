// SPDX-License-Identifier: GPL-3.0-or-later
// mix.c - Chooses the mixing kernels and turns energy into levels.
#include "gw/mixer.h"

#include "gw/mixer/kernel.h"

static const struct mixer_kernel *kernel = &mixer_kernel_generic;

void mixer_init(void)
{
	kernel = &mixer_kernel_generic;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		kernel = &mixer_kernel_v4;
	else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		 __builtin_cpu_supports("bmi2"))
		kernel = &mixer_kernel_v3;
#endif
}

const char *mixer_kernel(void)
{
	return kernel->name;
}

void mixer_set(int32_t *sum, const int16_t *voice, unsigned int samples)
{
	kernel->set(sum, voice, samples);
}

void mixer_add(int32_t *sum, const int16_t *voice, unsigned int samples)
{
	kernel->add(sum, voice, samples);
}

uint32_t mixer_add_level(int32_t *sum, const int16_t *voice, unsigned int samples)
{
	return kernel->add_level(sum, voice, samples);
}

void mixer_minus(int16_t *out, const int32_t *sum, const int16_t *own, unsigned int samples)
{
	kernel->minus(out, sum, own, samples);
}

void mixer_all(int16_t *out, const int32_t *sum, unsigned int samples)
{
	kernel->all(out, sum, samples);
}

void mixer_ramp(int16_t *pcm, unsigned int samples, int32_t from, int32_t to)
{
	kernel->ramp(pcm, samples, from, to);
}

void mixer_gain(float *gains, unsigned int samples, float from, float to)
{
	kernel->gain(gains, samples, from, to);
}

void mixer_limit(int16_t *out, const int32_t *sum, const int16_t *own, const float *gains,
		 unsigned int samples)
{
	kernel->limit(out, sum, own, gains, samples);
}

uint32_t mixer_magnitude(const int16_t *pcm, unsigned int samples)
{
	return kernel->magnitude(pcm, samples);
}

uint32_t mixer_sum_peak(const int32_t *sum, unsigned int samples)
{
	return kernel->sum_peak(sum, samples);
}

uint64_t mixer_energy(const int16_t *pcm, unsigned int samples)
{
	return kernel->energy(pcm, samples);
}

// log2 in Q16 of x > 0: the whole part from the highest bit, the rest by squaring, one bit of result each.
static int32_t log2_q16(uint64_t x)
{
	int top = 63 - __builtin_clzll(x);
	uint64_t m = top > 30 ? x >> (top - 30) : x << (30 - top);
	int32_t r = top << 16;
	for (int32_t bit = 1 << 15; bit >= 1 << 7; bit >>= 1) {
		m = m * m >> 30;
		uint64_t over = m >> 31; // 0 or 1: no branch, which nothing could predict
		m >>= over;
		r |= bit & -(int32_t)over;
	}
	return r;
}

// 0 dBm0 is 6.16 dB below the power of a full-scale square wave (2^30): 3.02 dB for the sine, 3.14 dB of
// G.711 headroom.
int mixer_level(uint64_t energy, unsigned int samples)
{
	if (energy == 0 || samples == 0)
		return MIXER_LEVEL_SILENT;
	int64_t octaves = (int64_t)log2_q16(energy) - log2_q16(samples) - (30 << 16);
	// 10 log10(2) dB an octave of power, here in 1/10000 dB; rounded to tenths with the sum kept positive.
	int64_t level = octaves * 30103 / 65536 + 61600;
	int64_t tenths = (level + 10000500) / 1000 - 10000;
	return tenths < MIXER_LEVEL_SILENT ? MIXER_LEVEL_SILENT : (int)tenths;
}
