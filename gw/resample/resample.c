// SPDX-License-Identifier: GPL-3.0-or-later
// resample.c - Keeps the history of each conversion and hands 48 kHz to speexdsp.
#include "gw/resample.h"

#include <errno.h>
#include <speex/speex_resampler.h>
#include <string.h>

#include "gw/resample/kernel.h"

#define HISTORY       (HALFBAND_TAPS - 1)
#define SPEEX_QUALITY 3

struct resample {
	uint32_t from_hz;
	uint32_t to_hz;
	SpeexResamplerState *speex; // one of the rates is 48 kHz
	float past[2][HISTORY];     // 8 to 16: [0]; 16 to 8: even and odd samples
};

static const struct halfband_kernel *kernel = &halfband_kernel_generic;

void resample_cpu_init(void)
{
	kernel = &halfband_kernel_generic;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
		kernel = &halfband_kernel_v4;
	else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		 __builtin_cpu_supports("bmi2"))
		kernel = &halfband_kernel_v3;
#endif
}

size_t resample_size(void)
{
	return sizeof(struct resample);
}

static int rate_known(uint32_t hz)
{
	return hz == 8000 || hz == 16000 || hz == 48000;
}

int resample_init(void *mem, uint32_t from_hz, uint32_t to_hz)
{
	if (!rate_known(from_hz) || !rate_known(to_hz))
		return -ENOTSUP;
	struct resample *r = mem;
	*r = (struct resample){.from_hz = from_hz, .to_hz = to_hz};
	if (from_hz == to_hz || (from_hz != 48000 && to_hz != 48000))
		return 0;
	int err = 0;
	r->speex = speex_resampler_init(1, from_hz, to_hz, SPEEX_QUALITY, &err);
	return r->speex ? 0 : -ENOMEM;
}

void resample_reset(struct resample *r)
{
	memset(r->past, 0, sizeof(r->past));
	if (r->speex)
		speex_resampler_reset_mem(r->speex);
}

void resample_fini(struct resample *r)
{
	if (!r || !r->speex)
		return;
	speex_resampler_destroy(r->speex);
	r->speex = NULL;
}

static void up(struct resample *r, const int16_t *in, unsigned int samples, int16_t *out)
{
	float x[HISTORY + HALFBAND_MAX + HALFBAND_BLOCK];
	memcpy(x, r->past[0], sizeof(r->past[0]));
	for (unsigned int i = 0; i < samples; i++)
		x[HISTORY + i] = in[i];
	memset(x + HISTORY + samples, 0, HALFBAND_BLOCK * sizeof(x[0]));
	kernel->up(out, x, samples);
	memcpy(r->past[0], x + samples, sizeof(r->past[0]));
}

static void down(struct resample *r, const int16_t *in, unsigned int samples, int16_t *out)
{
	float even[HISTORY + HALFBAND_MAX + HALFBAND_BLOCK], odd[HISTORY + HALFBAND_MAX + HALFBAND_BLOCK];
	memcpy(even, r->past[0], sizeof(r->past[0]));
	memcpy(odd, r->past[1], sizeof(r->past[1]));
	for (unsigned int i = 0; i < samples; i++) {
		even[HISTORY + i] = in[2 * i];
		odd[HISTORY + i] = in[2 * i + 1];
	}
	memset(even + HISTORY + samples, 0, HALFBAND_BLOCK * sizeof(even[0]));
	memset(odd + HISTORY + samples, 0, HALFBAND_BLOCK * sizeof(odd[0]));
	kernel->down(out, even, odd, samples);
	memcpy(r->past[0], even + samples, sizeof(r->past[0]));
	memcpy(r->past[1], odd + samples, sizeof(r->past[1]));
}

// Quality 3 with a whole ratio answers every block in full; should it ever not, silence fills the rest.
static void by_speex(struct resample *r, const int16_t *in, unsigned int samples, int16_t *out,
		     unsigned int wanted)
{
	spx_uint32_t in_len = samples, out_len = wanted;
	speex_resampler_process_int(r->speex, 0, in, &in_len, out, &out_len);
	if (out_len < wanted)
		memset(out + out_len, 0, (wanted - out_len) * sizeof(out[0]));
}

unsigned int resample_run(struct resample *r, const int16_t *in, unsigned int samples, int16_t *out)
{
	unsigned int wanted = (unsigned int)((uint64_t)samples * r->to_hz / r->from_hz);
	if (r->from_hz == r->to_hz)
		memcpy(out, in, samples * sizeof(in[0]));
	else if (r->speex)
		by_speex(r, in, samples, out, wanted);
	else if (r->from_hz < r->to_hz)
		for (unsigned int at = 0; at < samples; at += HALFBAND_MAX)
			up(r, in + at, samples - at < HALFBAND_MAX ? samples - at : HALFBAND_MAX,
			   out + 2 * at);
	else
		for (unsigned int at = 0; at < wanted; at += HALFBAND_MAX)
			down(r, in + 2 * at, wanted - at < HALFBAND_MAX ? wanted - at : HALFBAND_MAX,
			     out + at);
	return wanted;
}

unsigned int resample_delay_us(const struct resample *r)
{
	if (r->from_hz == r->to_hz)
		return 0;
	if (r->speex)
		return (unsigned int)(UINT64_C(1000000) *
				      (uint64_t)speex_resampler_get_input_latency(r->speex) / r->from_hz);
	return (HALFBAND_TAPS - 1) * 1000000u / 16000;
}
