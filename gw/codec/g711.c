// SPDX-License-Identifier: GPL-3.0-or-later
// g711.c - A-law and mu-law: coding by the kernels, conversion by the tables of G.711.
#include "gw/codec/list.h"

#include <errno.h>
#include <string.h>

#include "gw/codec/law.h"

// Conversion of ITU-T G.711, tables 3 and 4, for the positive half: level of one law to level of the other. These are
// not what decoding and encoding again would give.
static const uint8_t ulaw_level_to_alaw[128] = {
	0,   0,   1,   1,   2,   2,   3,   3,   4,   4,   5,   5,   6,   6,   7,   7,   8,   9,   10,
	11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  26,  28,  30,  32,  33,
	34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  45,  47,  48,  49,  50,  51,  52,  53,  54,
	55,  56,  57,  58,  59,  60,  61,  63,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,
	75,  76,  77,  78,  79,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,
	95,  96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113,
	114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
};
static const uint8_t alaw_level_to_ulaw[128] = {
	1,   3,   5,   7,   9,   11,  13,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  25,  26,
	27,  28,  29,  30,  31,  32,  32,  33,  33,  34,  34,  35,  35,  36,  37,  38,  39,  40,  41,
	42,  43,  44,  45,  46,  47,  48,  48,  49,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,
	59,  60,  61,  62,  63,  64,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,
	77,  78,  79,  80,  80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,
	95,  96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113,
	114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
};

const struct law_kernel *law = &law_kernel_generic;

// The sign is the top bit in both laws.
static uint8_t tables[2][128] __attribute__((aligned(64))); // to mu-law, to A-law
static law_translator *translate = law_translate_scalar;
static const char *translate_name = "scalar";

static void tables_build(void)
{
	for (unsigned int c = 0; c < 128; c++) {
		tables[1][c] = (uint8_t)(ulaw_level_to_alaw[~c & 0x7f] ^ 0x55);
		tables[0][c] = (uint8_t)(~alaw_level_to_ulaw[(c ^ 0x55) & 0x7f] & 0x7f);
	}
}

void law_init(void)
{
	tables_build();
	law = &law_kernel_generic;
	translate = law_translate_scalar;
	translate_name = "scalar";
#if defined(__x86_64__)
	__builtin_cpu_init();
	bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		  __builtin_cpu_supports("bmi2");
	bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
	if (v4 || v3)
		law = v4 ? &law_kernel_v4 : &law_kernel_v3;
	if (v4 && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni")) {
		translate = law_translate_vbmi;
		translate_name = "avx512vbmi";
	} else if (v3) {
		translate = law_translate_avx2;
		translate_name = "avx2";
	}
#endif
}

const uint8_t *codec_law_tables(void)
{
	return tables[0];
}

uint64_t codec_law_translate(uint8_t *payload, unsigned int len, enum codec_id to)
{
	return translate(payload, len, tables[to == CODEC_PCMA]);
}

const char *codec_law_kernel(void)
{
	return translate_name;
}

int pcmu_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	if (samples > cap)
		return -EINVAL;
	law->ulaw_encode(out, pcm, samples);
	return (int)samples;
}

int pcma_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	if (samples > cap)
		return -EINVAL;
	law->alaw_encode(out, pcm, samples);
	return (int)samples;
}

int pcmu_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len > cap)
		return -EINVAL;
	law->ulaw_decode(pcm, in, len);
	return (int)len;
}

int pcma_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len > cap)
		return -EINVAL;
	law->alaw_decode(pcm, in, len);
	return (int)len;
}

// --- 56 kbit/s: the lowest bit is not the codec's, it is sent as 1 ---

static int low_bit_set(uint8_t *out, int len)
{
	for (int i = 0; i < len; i++)
		out[i] |= 1;
	return len;
}

int pcmu56_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	return low_bit_set(out, pcmu_encode(state, pcm, samples, out, cap));
}

int pcma56_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	return low_bit_set(out, pcma_encode(state, pcm, samples, out, cap));
}

// Decodes to the middle of the two values that the missing bit leaves open.
static int decode_middle(void (*decode)(int16_t *, const uint8_t *, unsigned int), const uint8_t *in,
			 unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len > cap)
		return -EINVAL;
	for (unsigned int at = 0; at < len; at += 64) {
		uint8_t code[64];
		int16_t other[64];
		unsigned int n = len - at < 64 ? len - at : 64;
		for (unsigned int i = 0; i < n; i++)
			code[i] = in[at + i] | 1;
		decode(pcm + at, code, n);
		for (unsigned int i = 0; i < n; i++)
			code[i] &= 0xfe;
		decode(other, code, n);
		for (unsigned int i = 0; i < n; i++)
			pcm[at + i] = (int16_t)((pcm[at + i] + other[i]) / 2);
	}
	return (int)len;
}

int pcmu56_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	return decode_middle(law->ulaw_decode, in, len, pcm, cap);
}

int pcma56_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	return decode_middle(law->alaw_decode, in, len, pcm, cap);
}
