// SPDX-License-Identifier: GPL-3.0-or-later
// list.h - What the files of the codec room give to the table.
#pragma once

#include "gw/codec.h"

typedef int codec_encoder(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out,
			  unsigned int cap);
typedef int codec_decoder(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap);

codec_encoder pcmu_encode, pcma_encode, pcmu56_encode, pcma56_encode, l16_encode;
codec_decoder pcmu_decode, pcma_decode, pcmu56_decode, pcma56_decode, l16_decode;

codec_encoder g722_64_encode, g722_56_encode, g722_48_encode;
codec_decoder g722_64_decode, g722_56_decode, g722_48_decode;
int g722_encoder_init(void *state);
int g722_decoder_init(void *state);
int g722_56_decoder_init(void *state);
int g722_48_decoder_init(void *state);
