// SPDX-License-Identifier: GPL-3.0-or-later
// codec.h - The one ordered list of codecs, and coding of frames by any of them.
//
// A codec works on whole 10 ms units (its frame may be 10, 20 or 30 ms). State lives in memory of the caller,
// made once in a pool; nothing here allocates after codec_init has run, and nothing locks. Hot.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Numbers cross the API and the store: append only.
enum codec_id {
	CODEC_NONE = 0,     // payload-blind: relay only
	CODEC_PCMU = 1,     // G.711 mu-law
	CODEC_PCMA = 2,     // G.711 A-law
	CODEC_G722 = 3,     // 64 kbit/s
	CODEC_L16_16K = 4,  // linear, 16 kHz, network order ("wideband 256k")
	CODEC_PCMU_56K = 5, // seven significant bits
	CODEC_PCMA_56K = 6,
	CODEC_G722_56K = 7,
	CODEC_G722_48K = 8,
	CODEC_G726_40 = 9,
	CODEC_G726_32 = 10,
	CODEC_G726_24 = 11,
	CODEC_G726_16 = 12,
	CODEC_GSM = 13,
	CODEC_G729 = 14,  // Annex A coder
	CODEC_G729B = 15, // Annex A coder with Annex B VAD and SID
	CODEC_AMR = 16,
	CODEC_AMR_WB = 17,
	CODEC_OPUS = 18,         // 48 kHz clock
	CODEC_OPUS_16K = 19,     // the same payload, coded from and to 16 kHz samples
	CODEC_G723 = 20,         // relay only
	CODEC_ILBC = 21,         // relay only
	CODEC_G726_40_AAL2 = 22, // code words from the high end, ITU-T I.366.2
	CODEC_G726_32_AAL2 = 23,
	CODEC_G726_24_AAL2 = 24,
	CODEC_G726_16_AAL2 = 25,
	CODEC_AMR_OCTET = 26, // octet-aligned payloads; the plain names are bandwidth-efficient, RFC 4867
	CODEC_AMR_WB_OCTET = 27,
	CODEC_OPUS_8K = 28, // Opus, coded from and to 8 kHz samples
	CODEC_COUNT
};

#define CODEC_FRAME_BYTES_MAX 1920 // largest payload that is read: L16 at 16 kHz, 60 ms
#define CODEC_SAMPLES_MAX     2880 // 60 ms at 48 kHz

// What is fixed about a codec. One row each in gw/codec/table.c.
struct codec {
	enum codec_id id;
	const char *name;        // as in configuration, CLI and records: "pcmu", "g722"
	const char *rtp_name;    // encoding name of RFC 3551 or the codec's RFC
	uint32_t rtp_clock_hz;   // RTP timestamp rate (8000 for G.722)
	uint32_t sample_rate_hz; // of the samples it codes
	uint8_t payload_type;    // static RTP payload type; 255 = dynamic
	uint8_t frame_ms;        // granularity: 1 (any multiple of 10 ms is fine) or 10, 20, 30
	uint8_t period_ms_default;
	uint8_t period_ms_max;
	uint32_t bytes_per_10ms; // 0 = variable
	size_t encoder_size;     // bytes of state; 0 = stateless, the state argument is then not read
	size_t decoder_size;
	// Makes state in memory of encoder_size / decoder_size bytes, 64-byte aligned. 0 or negative errno. Where there is
	// a fini (G.729, AMR) a library allocates here: call these at start and keep the states in a pool, never per call.
	int (*encoder_init)(void *state);
	int (*decoder_init)(void *state);
	// Encodes `samples` int16 (a whole number of frames). Returns payload bytes, 0 = nothing to send (DTX), or -EINVAL.
	int (*encode)(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap);
	// Decodes one payload. Returns samples written, or -EINVAL when the payload is not of this codec.
	int (*decode)(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap);
	// Fills `samples` for a lost frame. NULL: the caller conceals by gw/plc. Returns samples written.
	int (*conceal)(void *state, int16_t *pcm, unsigned int samples);
	// Lets an encoder do what the far end asked for in the payload decoded last: the mode of AMR. Both of one library
	// and rate. NULL: payloads of this codec ask for nothing.
	void (*obey)(void *encoder, const void *decoder);
	// Releases what encoder_init / decoder_init got from a library; NULL when nothing needs it. Init again to reuse.
	void (*encoder_fini)(void *state);
	void (*decoder_fini)(void *state);
};

// Row of a codec, NULL for CODEC_NONE and numbers outside the list. A codec that this build can only relay has a row
// without functions.
const struct codec *codec_by_id(unsigned int id);

// Row by configuration name, NULL if unknown.
const struct codec *codec_by_name(const char *name);

// Codec of an SCCP media payload number (enums.md "Media_PayloadType"); CODEC_NONE if it has none.
enum codec_id codec_by_sccp(uint32_t payload);

// SCCP media payload number of a codec; 0 if it has none.
uint32_t codec_to_sccp(enum codec_id id);

// True when this build can encode and decode it (else relay only).
bool codec_can_transcode(enum codec_id id);

// Chooses SIMD kernels for this CPU. Call once at start, before any coding.
void codec_init(void);

// G.711 directly, for the law relay: translates in place, at most 65 535 bytes. `to` = CODEC_PCMA or CODEC_PCMU. Returns
// what that adds to the one's-complement sum (RFC 1071) of the payload's words as they lie in memory.
uint64_t codec_law_translate(uint8_t *payload, unsigned int len, enum codec_id to);

// Its tables of 128, aligned to 64, that to mu-law and behind it that to A-law: the low 7 bits are looked up, and the top bit stays.
const uint8_t *codec_law_tables(void);

// Name of the SIMD kernels in use: "avx512vbmi", "avx2", "scalar".
const char *codec_law_kernel(void);
