// SPDX-License-Identifier: GPL-3.0-or-later
// law_translate.c - A byte through the table of a law, 64 or 32 at a time, and what that changes in the checksum.
//
// The one place with intrinsics: no compiler turns a table look-up into byte permutations. The sign is the top bit in both
// laws and stays, so that 128 entries do, and so that a word never changes by more than 15 bits: the differences of words,
// which a checksum needs, can be taken and summed as they are.
#include "gw/codec/law.h"

#include <string.h>

// A difference as something to add: SUM_CYCLES is a multiple of 0xffff, which changes no one's-complement sum.
#define SUM_CYCLES UINT64_C(0xffffffff)

// The same for one of 16 lanes, which adds up 2048 words at most.
#define LANE_CYCLES (0xffff << 10)

// Byte `i` of the payload counts as the first or second one of its word, as it lies in memory.
static inline int32_t weighed(int32_t change, unsigned int i)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return i & 1 ? change * 256 : change;
#else
	return i & 1 ? change : change * 256;
#endif
}

static inline int32_t translate_bytes(uint8_t *payload, unsigned int first, unsigned int len,
				      const uint8_t table[128])
{
	int32_t change = 0;
	for (unsigned int i = first; i < len; i++) {
		uint8_t old = payload[i], now = (uint8_t)(table[old & 0x7f] | (old & 0x80));
		payload[i] = now;
		change += weighed((int32_t)now - old, i);
	}
	return change;
}

uint64_t law_translate_scalar(uint8_t *payload, unsigned int len, const uint8_t table[128])
{
	return SUM_CYCLES + (uint64_t)(int64_t)translate_bytes(payload, 0, len, table);
}

#if defined(__x86_64__)
#include <immintrin.h>

// Looks 32 bytes up in 8 rows of 16: in each round the bytes whose high half names the row take from it.
__attribute__((target("avx2"))) uint64_t law_translate_avx2(uint8_t *payload, unsigned int len,
							    const uint8_t table[128])
{
	const __m256i ones = _mm256_set1_epi16(1), sign = _mm256_set1_epi8((char)0x80);
	__m256i change = _mm256_setzero_si256();
	unsigned int i = 0;
	for (; i + 32 <= len; i += 32) {
		__m256i in = _mm256_loadu_si256((const __m256i *)(payload + i)),
			out = _mm256_and_si256(in, sign), level = _mm256_andnot_si256(sign, in);
		for (unsigned int row = 0; row < 8; row++) {
			__m256i t = _mm256_broadcastsi128_si256(
				_mm_loadu_si128((const __m128i *)(table + 16 * row)));
			// Bytes of other rows end up at 0x80 or above after the saturating add: shuffle gives 0.
			__m256i at = _mm256_sub_epi8(level, _mm256_set1_epi8((char)(16 * row)));
			at = _mm256_adds_epu8(at, _mm256_set1_epi8(0x70));
			out = _mm256_or_si256(out, _mm256_shuffle_epi8(t, at));
		}
		_mm256_storeu_si256((__m256i *)(payload + i), out);
		change = _mm256_add_epi32(change, _mm256_madd_epi16(_mm256_sub_epi16(out, in), ones));
	}
	__m128i half = _mm_add_epi32(_mm256_castsi256_si128(change), _mm256_extracti128_si256(change, 1));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
	half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
	return SUM_CYCLES +
	       (uint64_t)(int64_t)(_mm_cvtsi128_si32(half) + translate_bytes(payload, i, len, table));
}

// One permutation of 128 entries looks 64 bytes up, and the sign comes from what was there (0xf8: the first operand, or the
// second and the third). Lanes begin at a multiple of 0xffff and stay positive, so that halves of 64 bits can be added.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni"))) uint64_t
law_translate_vbmi(uint8_t *payload, unsigned int len, const uint8_t table[128])
{
	const __m512i low = _mm512_load_si512(table), high = _mm512_load_si512(table + 64);
	const __m512i ones = _mm512_set1_epi16(1), sign = _mm512_set1_epi8((char)0x80);
	__m512i change = _mm512_set1_epi32(LANE_CYCLES);
	uint8_t *p = payload, *end = payload + (len & ~63u);
	for (; p != end; p += 64) {
		__m512i in = _mm512_loadu_si512(p), out = _mm512_permutex2var_epi8(low, in, high);
		out = _mm512_ternarylogic_epi64(out, in, sign, 0xf8);
		_mm512_storeu_si512(p, out);
		change = _mm512_dpwssd_epi32(change, _mm512_sub_epi16(out, in), ones);
	}
	if (len & 32) {
		__m512i in = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)p)),
			out = _mm512_permutex2var_epi8(low, in, high);
		out = _mm512_ternarylogic_epi64(out, in, sign, 0xf8);
		_mm256_storeu_si256((__m256i *)p, _mm512_castsi512_si256(out));
		change = _mm512_mask_dpwssd_epi32(change, 0xff, _mm512_sub_epi16(out, in), ones);
		p += 32;
	}
	if (len & 31) {
		__mmask64 rest = (UINT64_C(1) << (len & 31)) - 1;
		__m512i in = _mm512_maskz_loadu_epi8(rest, p),
			out = _mm512_maskz_permutex2var_epi8(rest, low, in, high);
		out = _mm512_ternarylogic_epi64(out, in, sign, 0xf8);
		_mm512_mask_storeu_epi8(p, rest, out);
		change = _mm512_dpwssd_epi32(change, _mm512_sub_epi16(out, in), ones);
	}
	__m256i half = _mm256_add_epi32(_mm512_castsi512_si256(change), _mm512_extracti64x4_epi64(change, 1));
	__m128i quarter = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
	return (uint64_t)_mm_extract_epi64(quarter, 0) + (uint64_t)_mm_extract_epi64(quarter, 1);
}
#endif
