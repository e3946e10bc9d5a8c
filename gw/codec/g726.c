// SPDX-License-Identifier: GPL-3.0-or-later
// g726.c - ADPCM at four rates by spandsp, its state in the caller's memory.
//
// Code words fill octets from the low end (RFC 3551 s4.5.4) or, in the AAL2 names, from the high end (ITU-T I.366.2). Eight samples
// always make whole octets, so that no bits wait between payloads.
#include "gw/codec/list.h"

#include <errno.h>
#include <spandsp.h>
#include <spandsp/expose.h>

#define WORDS 8 // samples that fill whole octets at every rate

static int init(void *state, int rate, int packing)
{
	return g726_init(state, rate, G726_ENCODING_LINEAR, packing) ? 0 : -ENOMEM;
}

int g726_40_init(void *state)
{
	return init(state, 40000, G726_PACKING_RIGHT);
}

int g726_32_init(void *state)
{
	return init(state, 32000, G726_PACKING_RIGHT);
}

int g726_24_init(void *state)
{
	return init(state, 24000, G726_PACKING_RIGHT);
}

int g726_16_init(void *state)
{
	return init(state, 16000, G726_PACKING_RIGHT);
}

int g726_40_aal2_init(void *state)
{
	return init(state, 40000, G726_PACKING_LEFT);
}

int g726_32_aal2_init(void *state)
{
	return init(state, 32000, G726_PACKING_LEFT);
}

int g726_24_aal2_init(void *state)
{
	return init(state, 24000, G726_PACKING_LEFT);
}

int g726_16_aal2_init(void *state)
{
	return init(state, 16000, G726_PACKING_LEFT);
}

int g726_any_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	unsigned int bits = (unsigned int)((g726_state_t *)state)->bits_per_sample;
	if (samples % WORDS || samples / WORDS * bits > cap)
		return -EINVAL;
	return g726_encode(state, out, pcm, (int)samples);
}

int g726_any_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	unsigned int bits = (unsigned int)((g726_state_t *)state)->bits_per_sample;
	if (len == 0 || len % bits || len / bits * WORDS > cap)
		return -EINVAL;
	return g726_decode(state, pcm, in, (int)len);
}
