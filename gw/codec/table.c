// SPDX-License-Identifier: GPL-3.0-or-later
// table.c - The one ordered list of codecs with SCCP and RTP payload numbers.
#include "gw/codec/list.h"

#include <spandsp.h>
#include <spandsp/expose.h>
#include <string.h>

#include "gw/codec/law.h"

#define DYNAMIC 255

// What names a codec, what times it, and the memory it works in.
#define IDENTITY(number, name_, rtp_name_, type, clock, rate)                                                \
	.id = number, .name = name_, .rtp_name = rtp_name_, .payload_type = type, .rtp_clock_hz = clock,     \
	.sample_rate_hz = rate
// Periods in ms; bytes of 10 ms, 0 = variable.
#define TIMING(frame, period, period_max, bytes)                                                             \
	.frame_ms = frame, .period_ms_default = period, .period_ms_max = period_max, .bytes_per_10ms = bytes
#define STATE(encoder, encoder_init_, decoder, decoder_init_)                                                \
	.encoder_size = encoder, .encoder_init = encoder_init_, .decoder_size = decoder,                     \
	.decoder_init = decoder_init_
#define CODING(encode_, decode_) .encode = encode_, .decode = decode_

// What a library brings along; nothing where it is absent, and the codec is relayed only.
#define G726(init)                                                                                           \
	STATE(sizeof(g726_state_t), init, sizeof(g726_state_t), init),                                       \
		CODING(g726_any_encode, g726_any_decode)
#define G722_STATE(decoder_init_)                                                                            \
	STATE(sizeof(g722_encode_state_t), g722_encoder_init, sizeof(g722_decode_state_t), decoder_init_)
#ifdef SLIMLINE_G729
#define G729(init)                                                                                           \
	STATE(sizeof(struct g729_state), init, sizeof(struct g729_state), g729_decoder_init),                \
		CODING(g729_encode, g729_decode), .conceal = g729_conceal,                                   \
						  .encoder_fini = g729_encoder_fini,                         \
						  .decoder_fini = g729_decoder_fini
#else
#define G729(init) .encode = NULL
#endif
#ifdef SLIMLINE_AMR
#define AMR(init, decoder_init_)                                                                             \
	STATE(sizeof(struct amr_state), init, sizeof(struct amr_state), decoder_init_),                      \
		CODING(amr_encode, amr_decode), .conceal = amr_conceal, .obey = amr_obey,                    \
						.encoder_fini = amr_encoder_fini,                            \
						.decoder_fini = amr_decoder_fini
#else
#define AMR(init, decoder_init_) .encode = NULL
#endif
#ifdef SLIMLINE_OPUS
#define OPUS(init, decoder_init_)                                                                            \
	STATE(OPUS_ENCODER_BYTES, init, OPUS_DECODER_BYTES, decoder_init_),                                  \
		CODING(opus_any_encode, opus_any_decode), .conceal = opus_conceal
#else
#define OPUS(init, decoder_init_) .encode = NULL
#endif

static const struct codec codecs[CODEC_COUNT] =
	{
		[CODEC_PCMU] =
			{
				IDENTITY(CODEC_PCMU, "pcmu", "PCMU", 0, 8000, 8000),
				TIMING(1, 20, 60, 80),
				CODING(pcmu_encode, pcmu_decode),
			},
		[CODEC_PCMA] =
			{
				IDENTITY(CODEC_PCMA, "pcma", "PCMA", 8, 8000, 8000),
				TIMING(1, 20, 60, 80),
				CODING(pcma_encode, pcma_decode),
			},
		[CODEC_G722] =
			{
				IDENTITY(CODEC_G722, "g722", "G722", 9, 8000, 16000),
				TIMING(1, 20, 60, 80),
				G722_STATE(g722_decoder_init),
				CODING(g722_64_encode, g722_64_decode),
			},
		[CODEC_L16_16K] =
			{
				IDENTITY(CODEC_L16_16K, "l16-16k", "L16", DYNAMIC, 16000, 16000),
				TIMING(1, 20, 40, 320), // more does not fit into an Ethernet frame
				CODING(l16_encode, l16_decode),
			},
		[CODEC_PCMU_56K] =
			{
				IDENTITY(CODEC_PCMU_56K, "pcmu-56k", "PCMU", 0, 8000, 8000),
				TIMING(1, 20, 60, 80),
				CODING(pcmu56_encode, pcmu56_decode),
			},
		[CODEC_PCMA_56K] =
			{
				IDENTITY(CODEC_PCMA_56K, "pcma-56k", "PCMA", 8, 8000, 8000),
				TIMING(1, 20, 60, 80),
				CODING(pcma56_encode, pcma56_decode),
			},
		[CODEC_G722_56K] =
			{
				IDENTITY(CODEC_G722_56K, "g722-56k", "G722", 9, 8000, 16000),
				TIMING(1, 20, 60, 80),
				G722_STATE(g722_56_decoder_init),
				CODING(g722_56_encode, g722_56_decode),
			},
		[CODEC_G722_48K] =
			{
				IDENTITY(CODEC_G722_48K, "g722-48k", "G722", 9, 8000, 16000),
				TIMING(1, 20, 60, 80),
				G722_STATE(g722_48_decoder_init),
				CODING(g722_48_encode, g722_48_decode),
			},
		[CODEC_G726_40] =
			{
				IDENTITY(CODEC_G726_40, "g726-40", "G726-40", DYNAMIC, 8000, 8000),
				TIMING(1, 20, 60, 50),
				G726(g726_40_init),
			},
		[CODEC_G726_32] =
			{
				IDENTITY(CODEC_G726_32, "g726-32", "G726-32", DYNAMIC, 8000, 8000),
				TIMING(1, 20, 60, 40),
				G726(g726_32_init),
			},
		[CODEC_G726_24] =
			{
				IDENTITY(CODEC_G726_24, "g726-24", "G726-24", DYNAMIC, 8000, 8000),
				TIMING(1, 20, 60, 30),
				G726(g726_24_init),
			},
		[CODEC_G726_16] =
			{
				IDENTITY(CODEC_G726_16, "g726-16", "G726-16", DYNAMIC, 8000, 8000),
				TIMING(1, 20, 60, 20),
				G726(g726_16_init),
			},
		[CODEC_GSM] =
			{
				IDENTITY(CODEC_GSM, "gsm", "GSM", 3, 8000, 8000),
				TIMING(20, 20, 60, 0),
				STATE(sizeof(gsm0610_state_t), gsm_init, sizeof(gsm0610_state_t), gsm_init),
				CODING(gsm_encode, gsm_decode),
			},
		[CODEC_G729] =
			{
				IDENTITY(CODEC_G729, "g729", "G729", 18, 8000, 8000),
				TIMING(10, 20, 60, 10),
				G729(g729_encoder_init),
			},
		[CODEC_G729B] =
			{
				IDENTITY(CODEC_G729B, "g729b", "G729", 18, 8000, 8000),
				TIMING(10, 20, 60, 0),
				G729(g729b_encoder_init),
			},
		[CODEC_AMR] =
			{
				IDENTITY(CODEC_AMR, "amr", "AMR", DYNAMIC, 8000, 8000),
				TIMING(20, 20, 60, 0),
				AMR(amr_encoder_init, amr_decoder_init),
			},
		[CODEC_AMR_WB] =
			{
				IDENTITY(CODEC_AMR_WB, "amr-wb", "AMR-WB", DYNAMIC, 16000, 16000),
				TIMING(20, 20, 60, 0),
				AMR(amr_wb_encoder_init, amr_wb_decoder_init),
			},
		[CODEC_OPUS] =
			{
				IDENTITY(CODEC_OPUS, "opus", "opus", DYNAMIC, 48000, 48000),
				TIMING(20, 20, 60, 0),
				OPUS(opus_48_encoder_init, opus_48_decoder_init),
			},
		[CODEC_OPUS_16K] =
			{
				IDENTITY(CODEC_OPUS_16K, "opus-16k", "opus", DYNAMIC, 48000, 16000),
				TIMING(20, 20, 60, 0),
				OPUS(opus_16_encoder_init, opus_16_decoder_init),
			},
		[CODEC_G723] =
			{
				IDENTITY(CODEC_G723, "g723", "G723", 4, 8000, 8000),
				TIMING(30, 30, 60, 0),
			},
		[CODEC_ILBC] =
			{
				IDENTITY(CODEC_ILBC, "ilbc", "iLBC", DYNAMIC, 8000, 8000),
				TIMING(20, 20, 60, 0),
			},
		[CODEC_G726_40_AAL2] =
			{
				IDENTITY(CODEC_G726_40_AAL2, "g726-40-aal2", "AAL2-G726-40", DYNAMIC, 8000,
					 8000),
				TIMING(1, 20, 60, 50),
				G726(g726_40_aal2_init),
			},
		[CODEC_G726_32_AAL2] =
			{
				IDENTITY(CODEC_G726_32_AAL2, "g726-32-aal2", "AAL2-G726-32", DYNAMIC, 8000,
					 8000),
				TIMING(1, 20, 60, 40),
				G726(g726_32_aal2_init),
			},
		[CODEC_G726_24_AAL2] =
			{
				IDENTITY(CODEC_G726_24_AAL2, "g726-24-aal2", "AAL2-G726-24", DYNAMIC, 8000,
					 8000),
				TIMING(1, 20, 60, 30),
				G726(g726_24_aal2_init),
			},
		[CODEC_G726_16_AAL2] =
			{
				IDENTITY(CODEC_G726_16_AAL2, "g726-16-aal2", "AAL2-G726-16", DYNAMIC, 8000,
					 8000),
				TIMING(1, 20, 60, 20),
				G726(g726_16_aal2_init),
			},
		[CODEC_AMR_OCTET] =
			{
				IDENTITY(CODEC_AMR_OCTET, "amr-octet", "AMR", DYNAMIC, 8000, 8000),
				TIMING(20, 20, 60, 0),
				AMR(amr_octet_encoder_init, amr_octet_decoder_init),
			},
		[CODEC_AMR_WB_OCTET] =
			{
				IDENTITY(CODEC_AMR_WB_OCTET, "amr-wb-octet", "AMR-WB", DYNAMIC, 16000, 16000),
				TIMING(20, 20, 60, 0),
				AMR(amr_wb_octet_encoder_init, amr_wb_octet_decoder_init),
			},
		[CODEC_OPUS_8K] =
			{
				IDENTITY(CODEC_OPUS_8K, "opus-8k", "opus", DYNAMIC, 48000, 8000),
				TIMING(20, 20, 60, 0),
				OPUS(opus_8_encoder_init, opus_8_decoder_init),
			},
};

// SCCP media payload numbers. Where one codec has several, the first is the one we announce; where several codecs have one, the
// first is the one that the number means of itself.
static const struct {
	uint16_t payload;
	uint8_t codec;
} sccp_payloads[] = {
	{2, CODEC_PCMA},
	{3, CODEC_PCMA_56K},
	{4, CODEC_PCMU},
	{5, CODEC_PCMU_56K},
	{6, CODEC_G722},
	{7, CODEC_G722_56K},
	{8, CODEC_G722_48K},
	{9, CODEC_G723},
	{11, CODEC_G729},
	{12, CODEC_G729}, // Annex A: the same bit stream
	{15, CODEC_G729B},
	{16, CODEC_G729B},
	{85, CODEC_G729B},
	{18, CODEC_GSM},
	{80, CODEC_GSM},
	{25, CODEC_L16_16K},
	{82, CODEC_G726_32},
	{83, CODEC_G726_24},
	{84, CODEC_G726_16},
	{86, CODEC_ILBC},
	{90, CODEC_OPUS_16K}, // telephony needs no more than 16 kHz samples
	{90, CODEC_OPUS},
	{97, CODEC_AMR},
	{98, CODEC_AMR_WB},
	// A profile says which of a number's payload formats it means.
	{90, CODEC_OPUS_8K},
	{82, CODEC_G726_32_AAL2},
	{83, CODEC_G726_24_AAL2},
	{84, CODEC_G726_16_AAL2},
	{97, CODEC_AMR_OCTET},
	{98, CODEC_AMR_WB_OCTET},
};

#define SCCP_PAYLOADS (sizeof(sccp_payloads) / sizeof(sccp_payloads[0]))

const struct codec *codec_by_id(unsigned int id)
{
	return id > CODEC_NONE && id < CODEC_COUNT ? &codecs[id] : NULL;
}

const struct codec *codec_by_name(const char *name)
{
	for (unsigned int id = CODEC_NONE + 1; id < CODEC_COUNT; id++)
		if (strcmp(codecs[id].name, name) == 0)
			return &codecs[id];
	return NULL;
}

enum codec_id codec_by_sccp(uint32_t payload)
{
	for (unsigned int i = 0; i < SCCP_PAYLOADS; i++)
		if (sccp_payloads[i].payload == payload)
			return sccp_payloads[i].codec;
	return CODEC_NONE;
}

uint32_t codec_to_sccp(enum codec_id id)
{
	for (unsigned int i = 0; i < SCCP_PAYLOADS; i++)
		if (sccp_payloads[i].codec == id)
			return sccp_payloads[i].payload;
	return 0;
}

bool codec_can_transcode(enum codec_id id)
{
	const struct codec *c = codec_by_id(id);
	return c && c->encode && c->decode;
}

void codec_init(void)
{
	law_init();
}
