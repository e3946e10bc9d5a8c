// SPDX-License-Identifier: GPL-3.0-or-later
// opus.c - Opus for voice, mono, by libopus, its state in the caller's memory.
//
// The payload is the same at all sample rates: RTP always counts 48 kHz (RFC 7587 s4.1).
#include "gw/codec/list.h"

#include <errno.h>
#include <opus/opus.h>

#define COMPLEXITY 5

static int encoder_init(void *state, int rate_hz, int bitrate)
{
	if (opus_encoder_get_size(1) > OPUS_ENCODER_BYTES)
		return -ENOMEM;
	OpusEncoder *e = state;
	if (opus_encoder_init(e, rate_hz, 1, OPUS_APPLICATION_VOIP) != OPUS_OK)
		return -EINVAL;
	opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate));
	opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(COMPLEXITY));
	opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	return 0;
}

static int decoder_init(void *state, int rate_hz)
{
	if (opus_decoder_get_size(1) > OPUS_DECODER_BYTES)
		return -ENOMEM;
	return opus_decoder_init(state, rate_hz, 1) == OPUS_OK ? 0 : -EINVAL;
}

int opus_48_encoder_init(void *state)
{
	return encoder_init(state, 48000, 32000);
}

int opus_16_encoder_init(void *state)
{
	return encoder_init(state, 16000, 24000);
}

int opus_8_encoder_init(void *state)
{
	return encoder_init(state, 8000, 12000);
}

int opus_48_decoder_init(void *state)
{
	return decoder_init(state, 48000);
}

int opus_16_decoder_init(void *state)
{
	return decoder_init(state, 16000);
}

int opus_8_decoder_init(void *state)
{
	return decoder_init(state, 8000);
}

int opus_any_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	int len = opus_encode(state, pcm, (int)samples, out, (opus_int32)cap);
	return len > 0 ? len : -EINVAL;
}

int opus_any_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0)
		return -EINVAL;
	int samples = opus_decode(state, in, (opus_int32)len, pcm, (int)cap, 0);
	return samples >= 0 ? samples : -EINVAL;
}

int opus_conceal(void *state, int16_t *pcm, unsigned int samples)
{
	int made = opus_decode(state, NULL, 0, pcm, (int)samples, 0);
	return made >= 0 ? made : 0;
}
