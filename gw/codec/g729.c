// SPDX-License-Identifier: GPL-3.0-or-later
// g729.c - G.729 Annexes A and B by bcg729.
//
// A payload is any number of 10 ms frames of 10 octets, the last of which may be a silence descriptor of 2 (RFC 3551 s4.5.6).
// A silent frame in front of a speaking one in the same payload is left out. bcg729 allocates in init and never after.
#include "gw/codec/list.h"

#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
#include <errno.h>

#define FRAME_BYTES   10
#define SID_BYTES     2
#define FRAME_SAMPLES 80

int g729_encoder_init(void *state)
{
	struct g729_state *s = state;
	s->context = initBcg729EncoderChannel(0);
	return s->context ? 0 : -ENOMEM;
}

int g729b_encoder_init(void *state)
{
	struct g729_state *s = state;
	s->context = initBcg729EncoderChannel(1);
	return s->context ? 0 : -ENOMEM;
}

int g729_decoder_init(void *state)
{
	struct g729_state *s = state;
	s->context = initBcg729DecoderChannel();
	return s->context ? 0 : -ENOMEM;
}

void g729_encoder_fini(void *state)
{
	struct g729_state *s = state;
	if (s->context)
		closeBcg729EncoderChannel(s->context);
	s->context = NULL;
}

void g729_decoder_fini(void *state)
{
	struct g729_state *s = state;
	if (s->context)
		closeBcg729DecoderChannel(s->context);
	s->context = NULL;
}

int g729_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	struct g729_state *s = state;
	if (samples % FRAME_SAMPLES || samples / FRAME_SAMPLES * FRAME_BYTES > cap)
		return -EINVAL;
	unsigned int len = 0;
	for (unsigned int at = 0; at < samples; at += FRAME_SAMPLES) {
		uint8_t frame[FRAME_BYTES], bytes = 0;
		bcg729Encoder(s->context, pcm + at, frame, &bytes);
		// What follows a descriptor would be read as part of it: speech takes its place.
		len -= bytes ? len % FRAME_BYTES : 0;
		for (unsigned int i = 0; i < bytes; i++)
			out[len + i] = frame[i];
		len += bytes;
	}
	return (int)len;
}

int g729_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	struct g729_state *s = state;
	unsigned int rest = len % FRAME_BYTES, frames = len / FRAME_BYTES + (rest ? 1 : 0);
	if (len == 0 || (rest && rest != SID_BYTES) || frames * FRAME_SAMPLES > cap)
		return -EINVAL;
	for (unsigned int f = 0; f < frames; f++) {
		bool sid = rest && f + 1 == frames;
		bcg729Decoder(s->context, in + FRAME_BYTES * f, sid ? SID_BYTES : FRAME_BYTES, 0, sid, 0,
			      pcm + FRAME_SAMPLES * f);
	}
	return (int)(frames * FRAME_SAMPLES);
}

int g729_conceal(void *state, int16_t *pcm, unsigned int samples)
{
	struct g729_state *s = state;
	unsigned int done = 0;
	for (; done + FRAME_SAMPLES <= samples; done += FRAME_SAMPLES)
		bcg729Decoder(s->context, NULL, 0, 1, 0, 0, pcm + done);
	return (int)done;
}
