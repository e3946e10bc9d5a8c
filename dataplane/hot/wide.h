// SPDX-License-Identifier: GPL-3.0-or-later
// wide.h - Vectors of eight lanes, one for each packet of a group; for CPUs with AVX-512.
#pragma once

#include <immintrin.h>
#include <stdalign.h>

#include "dataplane/burst.h"

enum { LANES = BURST_LANES };

#define LOW32 UINT64_C(0x00000000ffffffff)

// 64 bits in every lane.
#define ALL(x) _mm512_set1_epi64((long long)(x))

// Bit tables of ternary logic, for operands a, b, c.
enum {
	AND_XOR = 0x28,
	OR_AND = 0xf8,
	SELECT_C = 0xca,
	OR3 = 0xfe
}; // (a ^ b) & c; a | b & c; a ? b : c; a | b | c

#define LOAD(array) _mm512_load_si512(array)

// Rows to columns, or columns to rows.
static inline void turn(__m512i r[LANES])
{
	__m512i t[LANES], u[LANES];
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i += 2) {
		t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
	}
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i += 4)
#pragma GCC unroll 8
		for (unsigned int k = 0; k < 2; k++) {
			u[i + 2 * k] = _mm512_shuffle_i64x2(t[i + k], t[i + k + 2], 0x88);
			u[i + 2 * k + 1] = _mm512_shuffle_i64x2(t[i + k], t[i + k + 2], 0xdd);
		}
#pragma GCC unroll 8
	for (unsigned int k = 0; k < 4; k++) {
		// columns k / 2 + 2 * (k % 2), and four further
		unsigned int to = k / 2 + 2 * (k % 2);
		r[to] = _mm512_shuffle_i64x2(u[k], u[k + 4], 0x88);
		r[to + 4] = _mm512_shuffle_i64x2(u[k], u[k + 4], 0xdd);
	}
}

static inline __m512i two_rows(const uint8_t *low, const uint8_t *high)
{
	return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)low)),
				  _mm256_loadu_si256((const __m256i *)high), 1);
}

// Eight rows of 32 bytes to four columns.
static inline void half_rows_read(const uint8_t *const rows[LANES], __m512i c[4])
{
#pragma GCC unroll 2
	for (unsigned int half = 0; half < 2; half++) {
		const uint8_t *const *r = rows + 4 * half;
		__m512i even = two_rows(r[0], r[2]), odd = two_rows(r[1], r[3]);
		c[2 * half] = _mm512_unpacklo_epi64(even, odd);
		c[2 * half + 1] = _mm512_unpackhi_epi64(even, odd);
	}
	__m512i low = c[0], high = c[1];
	c[0] = _mm512_shuffle_i64x2(low, c[2], 0x88);
	c[1] = _mm512_shuffle_i64x2(high, c[3], 0x88);
	c[2] = _mm512_shuffle_i64x2(low, c[2], 0xdd);
	c[3] = _mm512_shuffle_i64x2(high, c[3], 0xdd);
}

// Four columns to rows 0 and 2, 1 and 3, 4 and 6, 5 and 7.
static inline void half_rows_pair(const __m512i c[4], __m512i pairs[4])
{
	const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
		      second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
	__m512i even[2] = {_mm512_unpacklo_epi64(c[0], c[1]), _mm512_unpacklo_epi64(c[2], c[3])},
		odd[2] = {_mm512_unpackhi_epi64(c[0], c[1]), _mm512_unpackhi_epi64(c[2], c[3])};
	pairs[0] = _mm512_permutex2var_epi64(even[0], first, even[1]);
	pairs[1] = _mm512_permutex2var_epi64(odd[0], first, odd[1]);
	pairs[2] = _mm512_permutex2var_epi64(even[0], second, even[1]);
	pairs[3] = _mm512_permutex2var_epi64(odd[0], second, odd[1]);
}

// Row i of the above.
static inline __m256i half_row(const __m512i pairs[4], unsigned int i)
{
	__m512i pair = pairs[i / 4 * 2 + i % 2];
	return i & 2 ? _mm512_extracti64x4_epi64(pair, 1) : _mm512_castsi512_si256(pair);
}

// Bytes of each lane by the eight given; 0x80 and above: zero. The last byte first, as in a number.
static inline __m512i bytes_pick(__m512i x, uint64_t from)
{
	__m128i once = _mm_set_epi64x((long long)(from + (~from >> 4 & UINT64_C(0x0808080808080808))),
				      (long long)from);
	return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(once));
}

// The 16-bit number in network order at a byte of each lane.
#define HOST16(x, at) bytes_pick(x, UINT64_C(0x8080808080800000) | (uint64_t)(at) << 8 | ((at) + 1))

// Sum of the two halves of each lane.
static inline __m512i halves(__m512i x)
{
	return _mm512_add_epi64(_mm512_and_si512(x, ALL(LOW32)), _mm512_srli_epi64(x, 32));
}

// One's-complement sums of less than 2^40 folded to 16 bits, never 0 but for 0.
static inline __m512i fold(__m512i s)
{
	s = _mm512_add_epi64(_mm512_and_si512(s, ALL(LOW32)), _mm512_srli_epi64(s, 32));
	s = _mm512_add_epi64(_mm512_and_si512(s, ALL(0xffff)), _mm512_srli_epi64(s, 16));
	s = _mm512_add_epi64(_mm512_and_si512(s, ALL(0xffff)), _mm512_srli_epi64(s, 16));
	return _mm512_add_epi64(_mm512_and_si512(s, ALL(0xffff)), _mm512_srli_epi64(s, 16));
}
