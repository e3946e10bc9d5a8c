// SPDX-License-Identifier: GPL-3.0-or-later
// quick_wide.c - The quick relay, eight packets at a time, where the CPU has AVX-512.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is what is usual).
//
// The same packets as in quick.c, the same questions and the same bytes. Eight headers are eight rows of 64 bytes; turned
// around they are eight columns of 8 bytes, and what was asked eight times is asked once. Moved back by two bytes, the
// fields of a frame fall into columns of their own:
//
//   0  (2 bytes of no meaning), destination MAC        4  destination IP, source port, destination port
//   1  source MAC, type                                5  UDP length, UDP checksum, RTP flags, payload type, sequence
//   2  0x45, TOS, length, id, fragment                 6  timestamp, SSRC
//   3  TTL, protocol, checksum, source IP              7  payload
//
// The two lines of a stream are turned around likewise. quick_wide_find asks what the headers alone can answer,
// finds the streams and calls their lines into the cache; stage_quick_wide asks the streams, and relays the lanes that pass. A lane that
// does not pass goes through the relay of one, and from there to parse. Two packets of one stream do not share a turn: the
// second needs what the first has changed.
#include "dataplane/hot/quick.h"

#ifdef QUICK_WIDE

#include <immintrin.h>
#include <stdalign.h>
#include <stddef.h>

enum { LANES = BURST_LANES };

#define NO_PORT UINT32_MAX

#define LOW32  UINT64_C(0x00000000ffffffff)
#define HIGH32 UINT64_C(0xffffffff00000000)

// 64 bits in every lane.
#define ALL(x) _mm512_set1_epi64((long long)(x))

// Bit tables of ternary logic, for operands a, b, c.
enum {
	AND_XOR = 0x28,
	OR_AND = 0xf8,
	SELECT_C = 0xca,
	OR3 = 0xfe
}; // (a ^ b) & c; a | b & c; a ? b : c; a | b | c

_Static_assert(sizeof(struct lookup_v4) == 8, "gathered by eights");

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

// Words one place up, the last one to the front; and back.
static inline __m512i words_up(__m512i x)
{
	alignas(64) static const uint16_t from[32] = {31, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
						      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
						      21, 22, 23, 24, 25, 26, 27, 28, 29, 30};
	return _mm512_permutexvar_epi16(_mm512_load_si512(from), x);
}

static inline __m512i words_down(__m512i x)
{
	alignas(64) static const uint16_t from[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
						      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
						      23, 24, 25, 26, 27, 28, 29, 30, 31, 0};
	return _mm512_permutexvar_epi16(_mm512_load_si512(from), x);
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

// --- finding ---

// Reads frames into columns. Returns the flags that all of them have; none, and no length, when one has a bad checksum.
static inline uint64_t frames_read(struct burst_group *g, struct rte_mbuf *const *packets)
{
	__m512i rows[LANES];
	alignas(16) uint16_t len[LANES];
	uint64_t all = ~UINT64_C(0), any = 0;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		const struct rte_mbuf *m = packets[i];
		all &= m->ol_flags;
		any |= m->ol_flags;
		len[i] = m->data_len;
		rows[i] = words_up(_mm512_loadu_si512(rte_pktmbuf_mtod(m, const void *)));
	}
	turn(rows);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		_mm512_store_si512(g->columns[i], rows[i]);
	_mm512_store_si512(g->len, _mm512_cvtepu16_epi64(_mm_load_si128((const __m128i *)len)));
	if (likely(!(any & (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD))))
		return all;
	_mm512_store_si512(g->len, _mm512_setzero_si512());
	return 0;
}

// The lanes whose headers are those of a usual packet.
static inline __mmask8 headers_judge(const struct burst_group *g, uint64_t mac, uint64_t flags)
{
	const __m512i len = LOAD(g->len);
	__m512i c[6];
#pragma GCC unroll 8
	for (unsigned int i = 0; i < 6; i++)
		c[i] = LOAD(g->columns[i]);
	__m512i odd = _mm512_ternarylogic_epi64(c[0], ALL(mac << 16), ALL(~UINT64_C(0xffff)), AND_XOR);
	odd = _mm512_or_si512(odd, _mm512_ternarylogic_epi64(c[1], ALL(UINT64_C(0x0008) << 48),
							     ALL(UINT64_C(0xffff) << 48), AND_XOR));
	odd = _mm512_or_si512(
		odd, _mm512_ternarylogic_epi64(c[2], ALL(0x45), ALL(UINT64_C(0xff3f0000000000ff)), AND_XOR));
	odd = _mm512_or_si512(
		odd, _mm512_ternarylogic_epi64(c[3], ALL(FRAME_PROTO_UDP << 8), ALL(0xff00), AND_XOR));
	odd = _mm512_ternarylogic_epi64(odd, c[4], ALL(UINT64_C(1) << 56), OR_AND); // even port
	odd = _mm512_or_si512(odd, _mm512_xor_si512(HOST16(c[2], 2), _mm512_sub_epi64(len, ALL(ETH))));
	odd = _mm512_or_si512(odd, _mm512_xor_si512(HOST16(c[5], 0), _mm512_sub_epi64(len, ALL(UDP))));
	__mmask8 ok = _mm512_testn_epi64_mask(odd, odd);
	ok = _mm512_mask_cmpge_epu64_mask(ok, len, ALL(FRAME_MIN));
	ok = _mm512_mask_test_epi64_mask(ok, c[5], ALL(0xffff0000)); // a UDP checksum
	if (!(flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD)) {
		__m512i sum = _mm512_add_epi64(halves(c[2]), halves(c[3]));
		sum = fold(_mm512_add_epi64(sum, _mm512_and_si512(c[4], ALL(LOW32))));
		ok = _mm512_mask_cmpeq_epi64_mask(ok, sum, ALL(0xffff));
	}
	return ok;
}

// Finds the streams of usual packets; the lanes that have one of ours stay usual.
static inline void streams_find(struct burst_group *g, const struct lookup *t, uint16_t port, uint32_t owner)
{
	const __m512i to = LOAD(g->columns[4]);
	__mmask8 ok = g->usual;
	__m512i hash = _mm512_mul_epu32(to, ALL(t->factor));
	hash = _mm512_srli_epi64(_mm512_slli_epi64(hash, 32), 32 + LOOKUP_HASH_V4_SHIFT);
	__m512i v = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), ok, hash, t->v4, 8);
	__m512i local = _mm512_and_si512(_mm512_srli_epi64(v, 32), ALL(0xffff));
	// the address at the bottom, its port at the top
	__m512i key = _mm512_ternarylogic_epi64(ALL(LOW32), to, ALL((uint64_t)port << 48), SELECT_C);
	__m512i odd = _mm512_ternarylogic_epi64(v, key, ALL(LOW32 | UINT64_C(0xffff) << 48), AND_XOR);
	ok = _mm512_mask_testn_epi64_mask(ok, odd, odd);
	ok = _mm512_mask_cmpneq_epi64_mask(ok, local, ALL(LOCAL_NONE));
	__m512i slot = _mm512_add_epi64(_mm512_slli_epi64(local, LOOKUP_PAIRS_SHIFT),
					_mm512_srli_epi64(HOST16(to, 6), 1));
	__m512i entry = _mm512_cvtepu32_epi64(
		_mm512_mask_i64gather_epi32(_mm256_setzero_si256(), ok, slot, t->entries, 4));
	ok = _mm512_mask_cmpeq_epi64_mask(ok, _mm512_srli_epi64(entry, 24), ALL(owner));
	_mm512_store_si512(g->streams, _mm512_maskz_and_epi64(ok, entry, ALL(0xffffff)));
	g->usual = ok;
}

static inline void group_read(struct worker *w, struct burst_group *g, struct rte_mbuf *const *packets,
			      unsigned int n, uint16_t port, uint32_t owner)
{
	struct rte_mbuf *eight[LANES];
	if (unlikely(n < LANES)) {
		for (unsigned int i = 0; i < LANES; i++)
			eight[i] = packets[i < n ? i : 0];
		packets = eight;
	}
	uint64_t flags = frames_read(g, packets);
	g->usual = headers_judge(g, w->lookup->ports[port].mac, flags);
	if (unlikely(n < LANES))
		g->usual &= (__mmask8)((1u << n) - 1);
	streams_find(g, w->lookup, port, owner);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		const uint8_t *s = (const uint8_t *)&w->streams[g->streams[i]];
		rte_prefetch0(s);
		rte_prefetch0(s + 64);
	}
}

// --- relaying ---

// Columns of the two lines of a stream: what struct media_stream has at eight times the number.
enum {
	A_SOURCE_IP = 0, // low half
	A_EXIT_IPS = 2,  // source, destination
	A_EXIT_SUMS = 3, // ports; header sum << 32
	A_PORTS = 6,     // source port, exit ports, hop << 48
	A_EXIT_SSRC = 7, // and flags << 32, DSCP << 40, payload type << 48, exit's << 56
	B_SSRC = 0,      // and max_seq << 32
	B_PACKETS = 1,   // and octets << 32
	B_TRANSIT = 3,   // and jitter << 32
	B_WINDOW = 4,
	B_LAST_NS = 5,
	B_TS_OFFSET = 6, // and that of the sequence number << 32
	B_PEER = 7,      // and clock << 32, exit's codec << 40, change of the UDP sum << 48
};

#define COLUMN_HAS(field, column, bit)                                                                       \
	_Static_assert(offsetof(struct media_stream, field) == 8 * (column) + (bit) / 8, #field " has "      \
												"moved")
COLUMN_HAS(source_ip, A_SOURCE_IP, 0);
COLUMN_HAS(exit.src, A_EXIT_IPS, 0);
COLUMN_HAS(exit.dst, A_EXIT_IPS, 32);
COLUMN_HAS(exit.ports, A_EXIT_SUMS, 0);
COLUMN_HAS(exit.ip_sum, A_EXIT_SUMS, 32);
COLUMN_HAS(source_port, A_PORTS, 0);
COLUMN_HAS(exit_hop, A_PORTS, 48);
COLUMN_HAS(exit_ssrc, A_EXIT_SSRC, 0);
COLUMN_HAS(flags, A_EXIT_SSRC, 32);
COLUMN_HAS(exit_dscp, A_EXIT_SSRC, 40);
COLUMN_HAS(rx_payload_type, A_EXIT_SSRC, 48);
COLUMN_HAS(exit_payload_type, A_EXIT_SSRC, 56);
COLUMN_HAS(rx.ssrc, 8 + B_SSRC, 0);
COLUMN_HAS(rx.max_seq, 8 + B_SSRC, 32);
COLUMN_HAS(rx.packets, 8 + B_PACKETS, 0);
COLUMN_HAS(rx.octets, 8 + B_PACKETS, 32);
COLUMN_HAS(rx.transit, 8 + B_TRANSIT, 0);
COLUMN_HAS(rx.jitter, 8 + B_TRANSIT, 32);
COLUMN_HAS(rx.window, 8 + B_WINDOW, 0);
COLUMN_HAS(rx_last_ns, 8 + B_LAST_NS, 0);
COLUMN_HAS(exit_ts_offset, 8 + B_TS_OFFSET, 0);
COLUMN_HAS(exit_seq_offset, 8 + B_TS_OFFSET, 32);
COLUMN_HAS(rx_clock, 8 + B_PEER, 32);
COLUMN_HAS(exit_codec, 8 + B_PEER, 40);
COLUMN_HAS(exit_change, 8 + B_PEER, 48);

#define HOST_HALVES UINT64_C(0x0405060700010203) // each half of a lane turned around

// What is worked out before it is decided.
struct lanes {
	__m512i a[LANES], b[LANES]; // columns of the streams' lines
	__m512i next;               // B_SSRC with the sequence number that has come
	__m512i time;               // timestamp and SSRC << 32, as numbers
	__m512i transit, apart;
};

// The lanes that continue their stream, from where they should. media_continues and the source lock.
static inline __mmask8 lanes_judge(const struct burst_group *g, struct lanes *l, uint32_t units)
{
	const __m512i *a = l->a, *b = l->b;
	const __m512i c3 = LOAD(g->columns[3]), c4 = LOAD(g->columns[4]), c5 = LOAD(g->columns[5]);
	__mmask8 ok = g->usual;
	__m512i odd = _mm512_ternarylogic_epi64(a[A_EXIT_SSRC], ALL((uint64_t)MEDIA_PLAIN << 32),
						ALL((uint64_t)(0xff & ~MEDIA_LAW) << 32), AND_XOR);
	__m512i source = _mm512_srli_epi64(c3, 32);
	odd = _mm512_or_si512(odd, _mm512_ternarylogic_epi64(source, a[A_SOURCE_IP], ALL(LOW32), AND_XOR));
	// flags, type and sequence number that should come, against those that have, but for the marker
	l->next = _mm512_add_epi64(b[B_SSRC], ALL(UINT64_C(1) << 32));
	__m512i rtp =
		_mm512_or_si512(bytes_pick(l->next, UINT64_C(0x0405808080808080)), ALL(UINT64_C(0x80) << 32));
	rtp = _mm512_ternarylogic_epi64(rtp, _mm512_srli_epi64(a[A_EXIT_SSRC], 8), ALL(UINT64_C(0xff) << 40),
					OR_AND);
	odd = _mm512_or_si512(odd,
			      _mm512_xor_si512(rtp, _mm512_and_si512(c5, ALL(UINT64_C(0xffff7fff00000000)))));
	l->time = bytes_pick(LOAD(g->columns[6]), HOST_HALVES);
	__m512i ssrc = _mm512_srli_epi64(l->time, 32);
	odd = _mm512_or_si512(odd, _mm512_ternarylogic_epi64(ssrc, b[B_SSRC], ALL(LOW32), AND_XOR));
	ok = _mm512_mask_testn_epi64_mask(ok, odd, odd);
	__m512i port = _mm512_and_si512(a[A_PORTS], ALL(0xffff));
	__mmask8 other = _mm512_mask_cmpneq_epi64_mask(ok, HOST16(c4, 4), port);
	ok &= (__mmask8)~_mm512_mask_test_epi64_mask(other, port, port);
	// time
	__m512i clock = _mm512_and_si512(_mm512_srli_epi64(b[B_PEER], 32), ALL(0xff));
	l->transit = _mm512_sub_epi32(_mm512_mul_epu32(clock, ALL(units)), l->time);
	l->apart = _mm512_and_si512(_mm512_abs_epi32(_mm512_sub_epi32(l->transit, b[B_TRANSIT])), ALL(LOW32));
	return _mm512_mask_cmple_epu64_mask(ok, l->apart, _mm512_slli_epi64(clock, MEDIA_JUMP_SHIFT));
}

// media_count: the streams' second lines as they are afterwards.
static inline void lanes_count(const struct burst_group *g, struct lanes *l, nsec_t now)
{
	__m512i *b = l->b;
	__m512i octets = _mm512_sub_epi64(LOAD(g->len), ALL(PAYLOAD));
	__m512i jitter = _mm512_srli_epi64(b[B_TRANSIT], 32);
	__m512i less = _mm512_srli_epi32(_mm512_add_epi32(jitter, ALL(8)), 4);
	jitter = _mm512_sub_epi32(_mm512_add_epi32(jitter, l->apart), less);
	b[B_SSRC] = l->next;
	b[B_PACKETS] = _mm512_add_epi32(b[B_PACKETS], _mm512_or_si512(_mm512_slli_epi64(octets, 32), ALL(1)));
	b[B_TRANSIT] =
		_mm512_ternarylogic_epi64(ALL(LOW32), l->transit, _mm512_slli_epi64(jitter, 32), SELECT_C);
	b[B_WINDOW] = _mm512_or_si512(_mm512_add_epi64(b[B_WINDOW], b[B_WINDOW]), ALL(1));
	b[B_LAST_NS] = ALL(now);
}

// Headers as they go out, but for Ethernet. `b` is still as it was.
static inline void headers_write(__m512i c[LANES], const struct lanes *l)
{
	const __m512i *a = l->a, *b = l->b;
	__m512i old = _mm512_add_epi64(_mm512_srli_epi64(c[5], 32), halves(c[6]));
	__m512i field = _mm512_andnot_si512(c[5], ALL(0xffff0000));
	__m512i from = _mm512_and_si512(_mm512_srli_epi64(c[4], 32), ALL(0xffff));
	// RTP
	__m512i seq = bytes_pick(_mm512_add_epi16(l->next, b[B_TS_OFFSET]), UINT64_C(0x0405808080808080));
	__m512i rtp = _mm512_ternarylogic_epi64(seq, c[5], ALL(UINT64_C(0x80ff) << 32), OR_AND);
	rtp = _mm512_ternarylogic_epi64(rtp, _mm512_srli_epi64(a[A_EXIT_SSRC], 16), ALL(UINT64_C(0xff) << 40),
					OR_AND);
	c[6] = _mm512_mask_add_epi32(_mm512_slli_epi64(a[A_EXIT_SSRC], 32), 0x5555, l->time, b[B_TS_OFFSET]);
	c[6] = bytes_pick(c[6], HOST_HALVES);
	// UDP: the checksum less what goes, and what comes. Zeros in one's complement: 0xffff, and 0xffff << 32 or so.
	__m512i new = _mm512_add_epi64(_mm512_srli_epi64(rtp, 32), halves(c[6]));
	__m512i sum = _mm512_add_epi64(_mm512_sub_epi64(new, old), ALL((UINT64_C(0xffff) << 20) + 0xffff));
	sum = _mm512_add_epi64(sum, _mm512_srli_epi64(field, 16));
	sum = _mm512_sub_epi64(_mm512_add_epi64(sum, _mm512_srli_epi64(b[B_PEER], 48)), from);
	sum = _mm512_xor_si512(fold(sum), ALL(0xffff));
	sum = _mm512_mask_mov_epi64(sum, _mm512_testn_epi64_mask(sum, sum), ALL(0xffff));
	c[5] = _mm512_ternarylogic_epi64(_mm512_or_si512(rtp, _mm512_slli_epi64(sum, 16)), c[5], ALL(0xffff),
					 OR_AND);
	// IP: length and id stay
	__m512i total = _mm512_and_si512(_mm512_srli_epi64(c[2], 16), ALL(0xffff));
	__m512i id = _mm512_and_si512(_mm512_srli_epi64(c[2], 32), ALL(0xffff));
	sum = _mm512_and_si512(_mm512_srli_epi64(a[A_EXIT_SUMS], 32), ALL(0xffff));
	sum = _mm512_add_epi64(_mm512_add_epi64(sum, total), id);
	sum = _mm512_add_epi64(_mm512_and_si512(sum, ALL(0xffff)), _mm512_srli_epi64(sum, 16));
	sum = _mm512_add_epi64(sum, _mm512_srli_epi64(sum, 16));
	sum = _mm512_slli_epi64(_mm512_andnot_si512(sum, ALL(0xffff)), 16);
	__m512i tos = _mm512_and_si512(_mm512_srli_epi64(a[A_EXIT_SSRC], 30), ALL(0xfc00));
	c[2] = _mm512_ternarylogic_epi64(_mm512_or_si512(tos, ALL(0x45 | UINT64_C(0x40) << 48)), c[2],
					 ALL(UINT64_C(0x0000ffffffff0000)), OR_AND);
	c[3] = _mm512_ternarylogic_epi64(_mm512_slli_epi64(a[A_EXIT_IPS], 32), sum,
					 ALL(FRAME_TTL | FRAME_PROTO_UDP << 8), OR3);
	c[4] = _mm512_or_si512(_mm512_srli_epi64(a[A_EXIT_IPS], 32), _mm512_slli_epi64(a[A_EXIT_SUMS], 32));
}

// The next hops of the lanes; `ok` less those that cannot be used. Untagged ones leave by one port as a rule: *ret_port, or
// NO_PORT.
static inline __mmask8 hops_find(const struct worker *w, const struct lanes *l, __mmask8 ok,
				 const struct hop *ret_hops[LANES], uint32_t *ret_port)
{
	uint64_t at[LANES];
	uint32_t port, other = 0;
	_mm512_storeu_si512(at, _mm512_srli_epi64(l->a[A_PORTS], 48));
	port = w->hops[at[0]].port;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		const struct hop *hop = &w->hops[at[i]];
		ret_hops[i] = hop;
		other |= hop->port ^ port;
		if (unlikely(!hop_ready(hop) || hop->header_len != ETH))
			ok &= (__mmask8) ~(1u << i);
	}
	*ret_port = other ? NO_PORT : port;
	return ok;
}

// Translates A-law to mu-law or back in a packet that is done otherwise, and carries its checksum over.
static inline void translate(struct rte_mbuf *m, enum codec_id to)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t change = codec_law_translate(p + PAYLOAD, m->data_len - PAYLOAD, to);
	uint16_t sum = frame_udp_checksum((uint16_t)~sum_load16(p + UDP + 6) + change);
	memcpy(p + UDP + 6, &sum, 2);
}

// The same in packets of a group: `alaw` of them to A-law.
static inline void lanes_translate(const struct worker *w, const struct burst_group *g,
				   struct rte_mbuf *const *packets, __mmask8 lanes, __mmask8 alaw,
				   const uint64_t *checksums)
{
	if (w->wide_law) {
		quick_law(g, packets, lanes, alaw, checksums);
		return;
	}
	for (; lanes; lanes &= (__mmask8)(lanes - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(lanes);
		translate(packets[i], alaw >> i & 1 ? CODEC_PCMA : CODEC_PCMU);
	}
}

// Relays the lanes that pass. Returns which.
static inline __mmask8 group_relay(struct worker *w, const struct burst_group *g,
				   struct rte_mbuf *const *packets, uint32_t units, nsec_t now)
{
	if (unlikely(_mm512_mask_test_epi64_mask(
		    g->usual, _mm512_maskz_conflict_epi64(g->usual, LOAD(g->streams)), ALL(~UINT64_C(0)))))
		return 0;
	struct lanes l;
	struct media_stream *s[LANES];
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		s[i] = &w->streams[g->streams[i]];
		l.a[i] = _mm512_load_si512(s[i]);
		l.b[i] = _mm512_load_si512((const uint8_t *)s[i] + 64);
	}
	turn(l.a);
	turn(l.b);
	const struct hop *hops[LANES];
	uint32_t port;
	__mmask8 ok = hops_find(w, &l, lanes_judge(g, &l, units), hops, &port);
	if (!ok)
		return 0;
	__m512i c[LANES];
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		c[i] = LOAD(g->columns[i]);
	const __mmask8 law =
		_mm512_mask_test_epi64_mask(ok, l.a[A_EXIT_SSRC], ALL((uint64_t)MEDIA_LAW << 32));
	const __mmask8 alaw = _mm512_cmpeq_epu64_mask(
		_mm512_and_si512(_mm512_srli_epi64(l.b[B_PEER], 40), ALL(0xff)), ALL(CODEC_PCMA));
	headers_write(c, &l);
	alignas(64) uint64_t checksums[LANES];
	if (law)
		_mm512_store_si512(checksums, _mm512_and_si512(_mm512_srli_epi64(c[5], 16), ALL(0xffff)));
	turn(c);
	lanes_count(g, &l, now);
	turn(l.b);
	bool together = ok == 0xff && port != NO_PORT;
	if (likely(together)) {
		struct worker_tx *tx = &w->tx[port];
		memcpy(tx->frames + tx->count, packets, sizeof(*packets) * LANES);
		_mm256_storeu_si256((__m256i *)(tx->streams + tx->count),
				    _mm512_cvtepi64_epi32(LOAD(g->streams)));
		tx->count = (uint16_t)(tx->count + LANES);
	}
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		if (unlikely(!(ok >> i & 1)))
			continue;
		struct rte_mbuf *m = packets[i];
		uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
		const uint8_t *ethernet =
			hops[i]->headers[__atomic_load_n(&hops[i]->current, __ATOMIC_ACQUIRE)];
		_mm512_store_si512((uint8_t *)s[i] + 64, l.b[i]);
		_mm512_storeu_si512(p, _mm512_mask_loadu_epi8(words_down(c[i]), 0x3fff, ethernet));
		m->ol_flags = 0;
		m->port = hops[i]->port;
		if (unlikely(!together))
			tx_add(w, hops[i]->port, m, (uint32_t)g->streams[i]);
	}
	if (law)
		lanes_translate(w, g, packets, law, alaw, checksums);
	return ok;
}

// Those of a group that could not be relayed together, each by itself. What stays is left from `kept` on; returns how many
// are left in all.
static uint16_t group_rest(struct worker *w, const struct burst_group *g, struct burst *b, unsigned int first,
			   __mmask8 done, uint32_t units, uint16_t kept)
{
	for (unsigned int i = 0; i < LANES && first + i < b->ends[0]; i++) {
		struct rte_mbuf *m = b->packets[first + i];
		uint32_t found = g->usual >> i & 1 ? (uint32_t)g->streams[i] : NOT_USUAL;
		if (found == NOT_USUAL)
			stray_note(w, m, 0);
		if (!(done >> i & 1) && !relay(w, m, found, 0, units, w->now))
			leave(b, kept++, m, found);
	}
	return kept;
}

void quick_wide_find(struct worker *w, struct burst *b)
{
	const uint32_t owner = LOOKUP_VALID >> 24 | w->id;
	const uint16_t port = b->packets[0]->port;
	for (unsigned int i = 0; i < b->ends[0]; i += LANES)
		group_read(w, &b->groups[i / LANES], b->packets + i, b->ends[0] - i, port, owner);
}

uint16_t stage_quick_wide(struct worker *w, struct burst *b)
{
	const uint32_t units = media_units(w->media, w->now);
	const unsigned int count = b->ends[0];
	uint16_t kept = 0;
	for (unsigned int i = 0; i < count; i += LANES) {
		const struct burst_group *g = &b->groups[i / LANES];
		__mmask8 done = group_relay(w, g, b->packets + i, units, w->now);
		if (unlikely(done != 0xff))
			kept = group_rest(w, g, b, i, done, units, kept);
	}
	return kept;
}

bool quick_wide_fits(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512cd");
}

#else // any other CPU

void quick_wide_find(struct worker *w, struct burst *b)
{
}

uint16_t stage_quick_wide(struct worker *w, struct burst *b)
{
	return b->count;
}

bool quick_wide_fits(void)
{
	return false;
}

#endif
