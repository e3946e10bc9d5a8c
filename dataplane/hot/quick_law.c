// SPDX-License-Identifier: GPL-3.0-or-later
// quick_law.c - A-law to mu-law and back in the payloads of eight packets, for the wide quick relay, where the CPU has AVX-512 VBMI.
//
// The tables and the sums are those of gw/codec/law_translate.c; but eight sums of changes are made one vector, and the
// checksums of eight packets are carried over at once.
#include "dataplane/hot/quick.h"

#ifdef QUICK_WIDE

#include <immintrin.h>

enum { LANES = BURST_LANES, LINE = 64, TABLE = 128, USUAL = 160 };

// What changes in a sum as something to add: multiples of 0xffff change no one's-complement sum. A sixteenth of a payload's
// words change it by less than CYCLES, and 16 of them and a checksum fit 31 bits.
#define CYCLES (0xffff << 6)

// a | b & c
enum { OR_AND = 0xf8 };

// The low 7 bits by the table, the top bit as it is.
static inline __m512i look_up(__m512i in, const uint8_t *table)
{
	__m512i out = _mm512_permutex2var_epi8(_mm512_load_si512(table), in, _mm512_load_si512(table + LINE));
	return _mm512_ternarylogic_epi64(out, _mm512_set1_epi8((char)0x80), in, OR_AND);
}

// Sums of words in 16 lanes: what `out` has more than `in`. No word changes by more than 15 bits.
static inline __m512i changed(__m512i sum, __m512i in, __m512i out)
{
	return _mm512_dpwssd_epi32(sum, _mm512_sub_epi16(out, in), _mm512_set1_epi16(1));
}

static inline __m512i whole(__m512i sum, uint8_t *p, const uint8_t *table)
{
	__m512i in = _mm512_loadu_si512(p), out = look_up(in, table);
	_mm512_storeu_si512(p, out);
	return changed(sum, in, out);
}

static inline __m512i half(__m512i sum, uint8_t *p, const uint8_t *table)
{
	__m512i in = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)p)), out = look_up(in, table);
	_mm256_storeu_si256((__m256i *)p, _mm512_castsi512_si256(out));
	return changed(sum, in, _mm512_maskz_mov_epi32(0xff, out));
}

static inline __m512i begin(__m512i sum, uint8_t *p, unsigned int len, const uint8_t *table)
{
	__mmask64 which = (UINT64_C(1) << len) - 1;
	__m512i in = _mm512_maskz_loadu_epi8(which, p), out = look_up(in, table);
	_mm512_mask_storeu_epi8(p, which, out);
	return changed(sum, in, _mm512_maskz_mov_epi8(which, out));
}

// 20 ms of payload, as nearly all are.
static inline __m512i usual(uint8_t *p, const uint8_t *table)
{
	return half(whole(whole(_mm512_set1_epi32(CYCLES), p, table), p + LINE, table), p + 2 * LINE, table);
}

static inline __m512i any(uint8_t *p, unsigned int len, const uint8_t *table)
{
	__m512i sum = _mm512_set1_epi32(CYCLES);
	for (; len >= LINE; len -= LINE, p += LINE)
		sum = whole(sum, p, table);
	return begin(sum, p, len, table);
}

// Eight times 16 sums to eight.
static inline __m512i totals(const __m512i s[LANES])
{
	__m512i t[4], u[2];
#pragma GCC unroll 4
	for (unsigned int i = 0; i < 4; i++)
		t[i] = _mm512_add_epi32(_mm512_unpacklo_epi32(s[2 * i], s[2 * i + 1]),
					_mm512_unpackhi_epi32(s[2 * i], s[2 * i + 1]));
#pragma GCC unroll 2
	for (unsigned int i = 0; i < 2; i++)
		u[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(t[2 * i], t[2 * i + 1]),
					_mm512_unpackhi_epi64(t[2 * i], t[2 * i + 1]));
	// four quarters of each of the two, then halves, then one: in the first and the third quarter
	__m512i halves = _mm512_add_epi32(_mm512_shuffle_i64x2(u[0], u[1], 0x88),
					  _mm512_shuffle_i64x2(u[0], u[1], 0xdd));
	__m512i all = _mm512_add_epi32(halves, _mm512_shuffle_i64x2(halves, halves, 0xb1));
	return _mm512_cvtepu32_epi64(_mm512_castsi512_si256(_mm512_shuffle_i64x2(all, all, 0x08)));
}

// UDP checksums that take up what has changed; none is 0.
static inline __m512i carried_over(__m512i checksums, __m512i change)
{
	const __m512i low16 = _mm512_set1_epi64(0xffff);
	__m512i s = _mm512_add_epi64(_mm512_xor_si512(checksums, low16), change);
	s = _mm512_add_epi64(_mm512_and_si512(s, low16), _mm512_srli_epi64(s, 16));
	s = _mm512_add_epi64(_mm512_and_si512(s, low16), _mm512_srli_epi64(s, 16));
	s = _mm512_xor_si512(s, low16);
	return _mm512_mask_mov_epi64(s, _mm512_testn_epi64_mask(s, s), low16);
}

void quick_law(const struct burst_group *g, struct rte_mbuf *const *packets, uint8_t lanes, uint8_t alaw,
	       const uint64_t *checksums, unsigned int udp)
{
	const uint8_t *const to_ulaw = codec_law_tables();
	const unsigned int tables = alaw * TABLE, // bit i of it is where lane i finds its own
		payload = udp + PAYLOAD - UDP;
	uint16_t out[LANES] __attribute__((aligned(16)));
	uint8_t *frames[LANES];
	__m512i sums[LANES];
	if (likely(lanes == 0xff && _mm512_cmpeq_epu64_mask(_mm512_load_si512(g->len),
							    _mm512_set1_epi64(payload + USUAL)) == 0xff)) {
#pragma GCC unroll 8
		for (unsigned int i = 0; i < LANES; i++) {
			frames[i] = rte_pktmbuf_mtod(packets[i], uint8_t *);
			sums[i] = usual(frames[i] + payload, to_ulaw + (tables >> i & TABLE));
		}
	} else {
		for (unsigned int i = 0; i < LANES; i++) {
			sums[i] = _mm512_setzero_si512();
			if (!(lanes >> i & 1))
				continue;
			frames[i] = rte_pktmbuf_mtod(packets[i], uint8_t *);
			sums[i] = any(frames[i] + payload, (unsigned int)g->len[i] - payload,
				      to_ulaw + (tables >> i & TABLE));
		}
	}
	__m512i now = carried_over(_mm512_load_si512(checksums), totals(sums));
	_mm_store_si128((__m128i *)out, _mm512_cvtepi64_epi16(now));
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		if (likely(lanes >> i & 1))
			memcpy(frames[i] + udp + 6, &out[i], sizeof(out[i]));
}

bool quick_law_fits(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}

#else // any other CPU

void quick_law(const struct burst_group *g, struct rte_mbuf *const *packets, uint8_t lanes, uint8_t alaw,
	       const uint64_t *checksums, unsigned int udp)
{
}

bool quick_law_fits(void)
{
	return false;
}

#endif
