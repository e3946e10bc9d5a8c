// SPDX-License-Identifier: GPL-3.0-or-later
// gsm.c - GSM full rate by spandsp, its state in the caller's memory, packed as RFC 3551 s4.5.8 asks.
#include "gw/codec/list.h"

#include <errno.h>
#include <spandsp.h>

#define FRAME_BYTES   33
#define FRAME_SAMPLES 160
#define SIGNATURE     0xd0

int gsm_init(void *state)
{
	return gsm0610_init(state, GSM0610_PACKING_VOIP) ? 0 : -ENOMEM;
}

int gsm_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	if (samples % FRAME_SAMPLES || samples / FRAME_SAMPLES * FRAME_BYTES > cap)
		return -EINVAL;
	return gsm0610_encode(state, out, pcm, (int)samples);
}

int gsm_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len % FRAME_BYTES || len / FRAME_BYTES * FRAME_SAMPLES > cap)
		return -EINVAL;
	for (unsigned int at = 0; at < len; at += FRAME_BYTES)
		if ((in[at] & 0xf0) != SIGNATURE)
			return -EINVAL;
	return gsm0610_decode(state, pcm, in, (int)len);
}
