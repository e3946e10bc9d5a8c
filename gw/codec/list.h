// SPDX-License-Identifier: GPL-3.0-or-later
// list.h - What the files of the codec room give to the table.
#pragma once

#include "gw/codec.h"

typedef int codec_encoder(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out,
			  unsigned int cap);
typedef int codec_decoder(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap);
typedef int codec_concealer(void *state, int16_t *pcm, unsigned int samples);
typedef int codec_init_function(void *state);
typedef void codec_fini_function(void *state);

codec_encoder pcmu_encode, pcma_encode, pcmu56_encode, pcma56_encode, l16_encode;
codec_decoder pcmu_decode, pcma_decode, pcmu56_decode, pcma56_decode, l16_decode;

codec_encoder g722_64_encode, g722_56_encode, g722_48_encode;
codec_decoder g722_64_decode, g722_56_decode, g722_48_decode;
codec_init_function g722_encoder_init, g722_decoder_init, g722_56_decoder_init, g722_48_decoder_init;

codec_encoder g726_any_encode;
codec_decoder g726_any_decode;
codec_init_function g726_40_init, g726_32_init, g726_24_init, g726_16_init;
codec_init_function g726_40_aal2_init, g726_32_aal2_init, g726_24_aal2_init, g726_16_aal2_init;

codec_encoder gsm_encode;
codec_decoder gsm_decode;
codec_init_function gsm_init;

struct g729_state {
	void *context; // bcg729's
};
codec_encoder g729_encode;
codec_decoder g729_decode;
codec_concealer g729_conceal;
codec_init_function g729_encoder_init, g729b_encoder_init, g729_decoder_init;
codec_fini_function g729_encoder_fini, g729_decoder_fini;

struct amr_state {
	void *library;        // the coder's or decoder's
	const uint16_t *bits; // speech bits by frame type
	bool wide;            // AMR-WB
	bool octet;           // octet-aligned payloads
	uint8_t mode;         // that the encoder sends
	uint8_t asked;        // the request in the last payload decoded
};
codec_encoder amr_encode;
codec_decoder amr_decode;
codec_concealer amr_conceal;
codec_init_function amr_encoder_init, amr_octet_encoder_init, amr_wb_encoder_init, amr_wb_octet_encoder_init;
codec_init_function amr_decoder_init, amr_octet_decoder_init, amr_wb_decoder_init, amr_wb_octet_decoder_init;
codec_fini_function amr_encoder_fini, amr_decoder_fini;
void amr_obey(void *encoder, const void *decoder);

// Room for libopus' state, checked against the library in init: 1.3.1 takes 43.6 and 18.2 kB.
#define OPUS_ENCODER_BYTES (48 * 1024)
#define OPUS_DECODER_BYTES (24 * 1024)
codec_encoder opus_any_encode;
codec_decoder opus_any_decode;
codec_concealer opus_conceal;
codec_init_function opus_48_encoder_init, opus_16_encoder_init, opus_8_encoder_init;
codec_init_function opus_48_decoder_init, opus_16_decoder_init, opus_8_decoder_init;
