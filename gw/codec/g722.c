// SPDX-License-Identifier: GPL-3.0-or-later
// g722.c - Wideband sub-band coding by spandsp, its state in the caller's memory.
//
// On RTP an octet always carries one pair of samples (RFC 3551 s4.5.2). At 56 and 48 kbit/s the lowest one or two bits
// are not the codec's: they are sent as 0 and left unread. The encoder is the same for all three.
#include "gw/codec/list.h"

#include <errno.h>
#include <spandsp.h>

int g722_encoder_init(void *state)
{
	return g722_encode_init(state, 64000, 0) ? 0 : -ENOMEM;
}

int g722_decoder_init(void *state)
{
	return g722_decode_init(state, 64000, 0) ? 0 : -ENOMEM;
}

int g722_56_decoder_init(void *state)
{
	return g722_decode_init(state, 56000, 0) ? 0 : -ENOMEM;
}

int g722_48_decoder_init(void *state)
{
	return g722_decode_init(state, 48000, 0) ? 0 : -ENOMEM;
}

int g722_64_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	if (samples % 2 || samples / 2 > cap)
		return -EINVAL;
	return g722_encode(state, out, pcm, (int)samples);
}

static int encode_masked(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out,
			 unsigned int cap, uint8_t mask)
{
	int len = g722_64_encode(state, pcm, samples, out, cap);
	for (int i = 0; i < len; i++)
		out[i] &= mask;
	return len;
}

int g722_56_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	return encode_masked(state, pcm, samples, out, cap, 0xfe);
}

int g722_48_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	return encode_masked(state, pcm, samples, out, cap, 0xfc);
}

int g722_64_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len > cap / 2)
		return -EINVAL;
	return g722_decode(state, pcm, in, (int)len);
}

// spandsp wants the codec's bits at the low end of each octet.
static int decode_shifted(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap,
			  unsigned int shift)
{
	if (len == 0 || len > cap / 2)
		return -EINVAL;
	int samples = 0;
	for (unsigned int at = 0; at < len; at += 80) {
		uint8_t code[80];
		unsigned int n = len - at < 80 ? len - at : 80;
		for (unsigned int i = 0; i < n; i++)
			code[i] = in[at + i] >> shift;
		samples += g722_decode(state, pcm + samples, code, (int)n);
	}
	return samples;
}

int g722_56_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	return decode_shifted(state, in, len, pcm, cap, 1);
}

int g722_48_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	return decode_shifted(state, in, len, pcm, cap, 2);
}
