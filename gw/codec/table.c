// SPDX-License-Identifier: GPL-3.0-or-later
// table.c - The one ordered list of codecs with SCCP and RTP payload numbers.
#include "gw/codec/list.h"

#include <spandsp.h>
#include <spandsp/expose.h>
#include <string.h>

#include "gw/codec/law.h"

#define DYNAMIC 255

static const struct codec codecs[CODEC_COUNT] =
	{
		[CODEC_PCMU] =
			{
				.id = CODEC_PCMU,
				.name = "pcmu",
				.rtp_name = "PCMU",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 0,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encode = pcmu_encode,
				.decode = pcmu_decode,
			},
		[CODEC_PCMA] =
			{
				.id = CODEC_PCMA,
				.name = "pcma",
				.rtp_name = "PCMA",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 8,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encode = pcma_encode,
				.decode = pcma_decode,
			},
		[CODEC_G722] =
			{
				.id = CODEC_G722,
				.name = "g722",
				.rtp_name = "G722",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 16000,
				.payload_type = 9,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encoder_size = sizeof(g722_encode_state_t),
				.decoder_size = sizeof(g722_decode_state_t),
				.encoder_init = g722_encoder_init,
				.decoder_init = g722_decoder_init,
				.encode = g722_64_encode,
				.decode = g722_64_decode,
			},
		[CODEC_L16_16K] =
			{
				.id = CODEC_L16_16K,
				.name = "l16-16k",
				.rtp_name = "L16",
				.rtp_clock_hz = 16000,
				.sample_rate_hz = 16000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 320,
				.encode = l16_encode,
				.decode = l16_decode,
			},
		[CODEC_PCMU_56K] =
			{
				.id = CODEC_PCMU_56K,
				.name = "pcmu-56k",
				.rtp_name = "PCMU",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 0,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encode = pcmu56_encode,
				.decode = pcmu56_decode,
			},
		[CODEC_PCMA_56K] =
			{
				.id = CODEC_PCMA_56K,
				.name = "pcma-56k",
				.rtp_name = "PCMA",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 8,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encode = pcma56_encode,
				.decode = pcma56_decode,
			},
		[CODEC_G722_56K] =
			{
				.id = CODEC_G722_56K,
				.name = "g722-56k",
				.rtp_name = "G722",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 16000,
				.payload_type = 9,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encoder_size = sizeof(g722_encode_state_t),
				.decoder_size = sizeof(g722_decode_state_t),
				.encoder_init = g722_encoder_init,
				.decoder_init = g722_56_decoder_init,
				.encode = g722_56_encode,
				.decode = g722_56_decode,
			},
		[CODEC_G722_48K] =
			{
				.id = CODEC_G722_48K,
				.name = "g722-48k",
				.rtp_name = "G722",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 16000,
				.payload_type = 9,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 80,
				.encoder_size = sizeof(g722_encode_state_t),
				.decoder_size = sizeof(g722_decode_state_t),
				.encoder_init = g722_encoder_init,
				.decoder_init = g722_48_decoder_init,
				.encode = g722_48_encode,
				.decode = g722_48_decode,
			},
		[CODEC_G726_40] =
			{
				.id = CODEC_G726_40,
				.name = "g726-40",
				.rtp_name = "G726-40",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 50,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_40_init,
				.decoder_init = g726_40_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_32] =
			{
				.id = CODEC_G726_32,
				.name = "g726-32",
				.rtp_name = "G726-32",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 40,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_32_init,
				.decoder_init = g726_32_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_24] =
			{
				.id = CODEC_G726_24,
				.name = "g726-24",
				.rtp_name = "G726-24",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 30,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_24_init,
				.decoder_init = g726_24_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_16] =
			{
				.id = CODEC_G726_16,
				.name = "g726-16",
				.rtp_name = "G726-16",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 20,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_16_init,
				.decoder_init = g726_16_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_GSM] =
			{
				.id = CODEC_GSM,
				.name = "gsm",
				.rtp_name = "GSM",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 3,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
				.encoder_size = sizeof(gsm0610_state_t),
				.decoder_size = sizeof(gsm0610_state_t),
				.encoder_init = gsm_init,
				.decoder_init = gsm_init,
				.encode = gsm_encode,
				.decode = gsm_decode,
			},
		[CODEC_G729] =
			{
				.id = CODEC_G729,
				.name = "g729",
				.rtp_name = "G729",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 18,
				.frame_ms = 10,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 10,
#ifdef SLIMLINE_G729
				.encoder_size = sizeof(struct g729_state),
				.decoder_size = sizeof(struct g729_state),
				.encoder_init = g729_encoder_init,
				.decoder_init = g729_decoder_init,
				.encode = g729_encode,
				.decode = g729_decode,
				.conceal = g729_conceal,
				.encoder_fini = g729_encoder_fini,
				.decoder_fini = g729_decoder_fini,
#endif
			},
		[CODEC_G729B] =
			{
				.id = CODEC_G729B,
				.name = "g729b",
				.rtp_name = "G729",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 18,
				.frame_ms = 10,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_G729
				.encoder_size = sizeof(struct g729_state),
				.decoder_size = sizeof(struct g729_state),
				.encoder_init = g729b_encoder_init,
				.decoder_init = g729_decoder_init,
				.encode = g729_encode,
				.decode = g729_decode,
				.conceal = g729_conceal,
				.encoder_fini = g729_encoder_fini,
				.decoder_fini = g729_decoder_fini,
#endif
			},
		[CODEC_AMR] =
			{
				.id = CODEC_AMR,
				.name = "amr",
				.rtp_name = "AMR",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_AMR
				.encoder_size = sizeof(struct amr_state),
				.decoder_size = sizeof(struct amr_state),
				.encoder_init = amr_encoder_init,
				.decoder_init = amr_decoder_init,
				.encode = amr_encode,
				.decode = amr_decode,
				.conceal = amr_conceal,
				.encoder_fini = amr_encoder_fini,
				.decoder_fini = amr_decoder_fini,
#endif
			},
		[CODEC_AMR_WB] =
			{
				.id = CODEC_AMR_WB,
				.name = "amr-wb",
				.rtp_name = "AMR-WB",
				.rtp_clock_hz = 16000,
				.sample_rate_hz = 16000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_AMR
				.encoder_size = sizeof(struct amr_state),
				.decoder_size = sizeof(struct amr_state),
				.encoder_init = amr_wb_encoder_init,
				.decoder_init = amr_wb_decoder_init,
				.encode = amr_encode,
				.decode = amr_decode,
				.conceal = amr_conceal,
				.encoder_fini = amr_encoder_fini,
				.decoder_fini = amr_decoder_fini,
#endif
			},
		[CODEC_OPUS] =
			{
				.id = CODEC_OPUS,
				.name = "opus",
				.rtp_name = "opus",
				.rtp_clock_hz = 48000,
				.sample_rate_hz = 48000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_OPUS
				.encoder_size = OPUS_ENCODER_BYTES,
				.decoder_size = OPUS_DECODER_BYTES,
				.encoder_init = opus_48_encoder_init,
				.decoder_init = opus_48_decoder_init,
				.encode = opus_any_encode,
				.decode = opus_any_decode,
				.conceal = opus_conceal,
#endif
			},
		[CODEC_OPUS_16K] =
			{
				.id = CODEC_OPUS_16K,
				.name = "opus-16k",
				.rtp_name = "opus",
				.rtp_clock_hz = 48000,
				.sample_rate_hz = 16000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_OPUS
				.encoder_size = OPUS_ENCODER_BYTES,
				.decoder_size = OPUS_DECODER_BYTES,
				.encoder_init = opus_16_encoder_init,
				.decoder_init = opus_16_decoder_init,
				.encode = opus_any_encode,
				.decode = opus_any_decode,
				.conceal = opus_conceal,
#endif
			},
		[CODEC_G723] =
			{
				.id = CODEC_G723,
				.name = "g723",
				.rtp_name = "G723",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = 4,
				.frame_ms = 30,
				.period_ms_default = 30,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
			},
		[CODEC_ILBC] =
			{
				.id = CODEC_ILBC,
				.name = "ilbc",
				.rtp_name = "iLBC",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
			},
		[CODEC_G726_40_AAL2] =
			{
				.id = CODEC_G726_40_AAL2,
				.name = "g726-40-aal2",
				.rtp_name = "AAL2-G726-40",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 50,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_40_aal2_init,
				.decoder_init = g726_40_aal2_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_32_AAL2] =
			{
				.id = CODEC_G726_32_AAL2,
				.name = "g726-32-aal2",
				.rtp_name = "AAL2-G726-32",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 40,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_32_aal2_init,
				.decoder_init = g726_32_aal2_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_24_AAL2] =
			{
				.id = CODEC_G726_24_AAL2,
				.name = "g726-24-aal2",
				.rtp_name = "AAL2-G726-24",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 30,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_24_aal2_init,
				.decoder_init = g726_24_aal2_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_G726_16_AAL2] =
			{
				.id = CODEC_G726_16_AAL2,
				.name = "g726-16-aal2",
				.rtp_name = "AAL2-G726-16",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 1,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 20,
				.encoder_size = sizeof(g726_state_t),
				.decoder_size = sizeof(g726_state_t),
				.encoder_init = g726_16_aal2_init,
				.decoder_init = g726_16_aal2_init,
				.encode = g726_any_encode,
				.decode = g726_any_decode,
			},
		[CODEC_AMR_OCTET] =
			{
				.id = CODEC_AMR_OCTET,
				.name = "amr-octet",
				.rtp_name = "AMR",
				.rtp_clock_hz = 8000,
				.sample_rate_hz = 8000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_AMR
				.encoder_size = sizeof(struct amr_state),
				.decoder_size = sizeof(struct amr_state),
				.encoder_init = amr_octet_encoder_init,
				.decoder_init = amr_octet_decoder_init,
				.encode = amr_encode,
				.decode = amr_decode,
				.conceal = amr_conceal,
				.encoder_fini = amr_encoder_fini,
				.decoder_fini = amr_decoder_fini,
#endif
			},
		[CODEC_AMR_WB_OCTET] =
			{
				.id = CODEC_AMR_WB_OCTET,
				.name = "amr-wb-octet",
				.rtp_name = "AMR-WB",
				.rtp_clock_hz = 16000,
				.sample_rate_hz = 16000,
				.payload_type = DYNAMIC,
				.frame_ms = 20,
				.period_ms_default = 20,
				.period_ms_max = 60,
				.bytes_per_10ms = 0,
#ifdef SLIMLINE_AMR
				.encoder_size = sizeof(struct amr_state),
				.decoder_size = sizeof(struct amr_state),
				.encoder_init = amr_wb_octet_encoder_init,
				.decoder_init = amr_wb_octet_decoder_init,
				.encode = amr_encode,
				.decode = amr_decode,
				.conceal = amr_conceal,
				.encoder_fini = amr_encoder_fini,
				.decoder_fini = amr_decoder_fini,
#endif
			},
};

// SCCP media payload numbers. Where one codec has several, the first is the one we announce.
static const struct {
	uint16_t payload;
	uint8_t codec;
} sccp_payloads[] = {
	{2, CODEC_PCMA},     {3, CODEC_PCMA_56K}, {4, CODEC_PCMU},      {5, CODEC_PCMU_56K},
	{6, CODEC_G722},     {7, CODEC_G722_56K}, {8, CODEC_G722_48K},  {9, CODEC_G723},
	{11, CODEC_G729},    {12, CODEC_G729}, // Annex A: the same bit stream
	{15, CODEC_G729B},   {16, CODEC_G729B},   {85, CODEC_G729B},    {18, CODEC_GSM},
	{80, CODEC_GSM},     {25, CODEC_L16_16K}, {82, CODEC_G726_32},  {83, CODEC_G726_24},
	{84, CODEC_G726_16}, {86, CODEC_ILBC},    {90, CODEC_OPUS_16K}, // telephony needs no more than 16 kHz samples
	{90, CODEC_OPUS},    {97, CODEC_AMR},     {98, CODEC_AMR_WB},
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
