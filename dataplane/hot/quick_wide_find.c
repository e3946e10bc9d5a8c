// SPDX-License-Identifier: GPL-3.0-or-later
// quick_wide_find.c - What the headers of eight packets say together, and whose streams they are for; where the CPU has AVX-512.
//
// The same questions as in quick.h. Eight headers are eight rows of 64 bytes; turned around they are eight columns of 8 bytes,
// and what was asked eight times is asked once. The words of a row are put so first that the fields of a frame fall into
// columns of their own, wherever a tag moved them to:
//
//   0  (2 bytes of no meaning), destination MAC        4  destination IP, source port, destination port
//   1  (whatever there is), tag, type                  5  UDP length, UDP checksum, RTP flags, payload type, sequence
//   2  0x45, TOS, length, id, fragment                 6  timestamp, SSRC
//   3  TTL, protocol, checksum, source IP              7  payload
//
// In IPv6 columns 2 and 3 are the source. What is behind its addresses is read by rows of their own, of 32 bytes, and becomes the
// columns 4 to 7 as they are above.
#include "dataplane/hot/quick.h"

#ifdef QUICK_WIDE

#include "dataplane/hot/wide.h"

_Static_assert(sizeof(struct lookup_v4) == 8, "gathered by eights");
_Static_assert(sizeof(struct lookup_v6) == 32, "rows of their own");

// Columns of IPv6 that need not be kept.
enum { V6_TO = 4, V6_FIRST = 6 };

struct headers {
	__m512i c[LANES];
	__m512i first, to[2]; // IPv6: 8 bytes of the header, and the destination
};

// The words of a row, counted from the frame's first, in the order in which columns have them.
alignas(64) static const uint16_t words[BURST_KINDS][32] = {
	[0] = {31, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
	       15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
	[KIND_VLAN] = {3,  0,  1,  2,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
		       17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 4},
	[KIND_V6] = {3,  0,  1,  2,  3,  4,  5,  6,  11, 12, 13, 14, 15, 16, 17, 18,
		     19, 20, 21, 22, 23, 24, 25, 26, 7,  8,  9,  10, 27, 28, 29, 30},
	[KIND_V6 | KIND_VLAN] = {3,  0,  1,  2,  5,  6,  7,  8,  13, 14, 15, 16, 17, 18, 19, 20,
				 21, 22, 23, 24, 25, 26, 27, 28, 9,  10, 11, 12, 29, 30, 31, 4},
};

static __rte_always_inline void rows_turn(struct headers *h, const uint8_t *const rows[LANES],
					  unsigned int kind)
{
	const __m512i order = LOAD(words[kind]);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		h->c[i] = _mm512_permutexvar_epi16(order, _mm512_loadu_si512(rows[i]));
	turn(h->c);
	if (!(kind & KIND_V6))
		return;
	const uint8_t *ends[LANES];
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		ends[i] = rows[i] + kind_udp(kind) - 4;
	h->to[0] = h->c[V6_TO];
	h->to[1] = h->c[V6_TO + 1];
	h->first = h->c[V6_FIRST];
	half_rows_read(ends, h->c + 4);
}

// Reads frames into columns. Returns the flags that all of them have; none, and no length, when one has a bad checksum.
static __rte_always_inline uint64_t frames_read(struct burst_group *g, struct headers *h,
						struct rte_mbuf *const *packets, unsigned int kind)
{
	const uint8_t *rows[LANES];
	alignas(16) uint16_t len[LANES];
	uint64_t all = ~UINT64_C(0), any = 0;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		const struct rte_mbuf *m = packets[i];
		all &= m->ol_flags;
		any |= m->ol_flags;
		len[i] = m->data_len;
		rows[i] = rte_pktmbuf_mtod(m, const uint8_t *);
	}
	rows_turn(h, rows, kind);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		_mm512_store_si512(g->columns[i], h->c[i]);
	_mm512_store_si512(g->len, _mm512_cvtepu16_epi64(_mm_load_si128((const __m128i *)len)));
	if (likely(!(any & (RTE_MBUF_F_RX_IP_CKSUM_BAD | RTE_MBUF_F_RX_L4_CKSUM_BAD))))
		return all;
	_mm512_store_si512(g->len, _mm512_setzero_si512());
	return 0;
}

// What `x` has in the bits of `mask` that is not in `want`.
static inline __m512i differs(__m512i x, uint64_t want, uint64_t mask)
{
	return _mm512_ternarylogic_epi64(x, ALL(want), ALL(mask), AND_XOR);
}

static __rte_always_inline __m512i wide_ethernet_odd(const struct headers *h, const struct lookup_port *port,
						     unsigned int kind)
{
	uint64_t want = (uint64_t)rte_cpu_to_be_16(kind & KIND_V6 ? TYPE_V6 : TYPE_V4) << 48,
		 mask = UINT64_C(0xffff) << 48;
	if (kind & KIND_VLAN) {
		want |= (uint64_t)rte_cpu_to_be_16(port->vlan) << 32 | rte_cpu_to_be_16(TYPE_VLAN) << 16;
		mask |= UINT64_C(0xff0fffff) << 16;
	}
	return _mm512_or_si512(differs(h->c[0], port->mac << 16, ~UINT64_C(0xffff)),
			       differs(h->c[1], want, mask));
}

// The lanes whose headers are those of a usual packet.
static __rte_always_inline __mmask8 headers_judge(const struct headers *h, __m512i len,
						  const struct lookup_port *port, uint64_t flags,
						  unsigned int kind)
{
	const __m512i *c = h->c;
	const __m512i udp_len = _mm512_sub_epi64(len, ALL(kind_udp(kind)));
	__m512i odd = wide_ethernet_odd(h, port, kind);
	if (kind & KIND_V6) {
		odd = _mm512_or_si512(odd, differs(h->first, 0x60 | (uint64_t)FRAME_PROTO_UDP << 48,
						   0xf0 | UINT64_C(0xff) << 48));
		odd = _mm512_or_si512(odd, _mm512_xor_si512(HOST16(h->first, 4), udp_len));
	} else {
		odd = _mm512_or_si512(odd, differs(c[2], 0x45, UINT64_C(0xff3f0000000000ff)));
		odd = _mm512_or_si512(odd, differs(c[3], FRAME_PROTO_UDP << 8, 0xff00));
		odd = _mm512_or_si512(
			odd, _mm512_xor_si512(HOST16(c[2], 2), _mm512_sub_epi64(len, ALL(kind_ip(kind)))));
	}
	odd = _mm512_ternarylogic_epi64(odd, c[4], ALL(UINT64_C(1) << 56), OR_AND); // even port
	odd = _mm512_or_si512(odd, _mm512_xor_si512(HOST16(c[5], 0), udp_len));
	__mmask8 ok = _mm512_testn_epi64_mask(odd, odd);
	ok = _mm512_mask_cmpge_epu64_mask(ok, len, ALL(kind_udp(kind) + FRAME_MIN - UDP));
	ok = _mm512_mask_test_epi64_mask(ok, c[5], ALL(0xffff0000)); // a UDP checksum
	if (!(kind & KIND_V6) && !(flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD)) {
		__m512i sum = _mm512_add_epi64(halves(c[2]), halves(c[3]));
		sum = fold(_mm512_add_epi64(sum, _mm512_and_si512(c[4], ALL(LOW32))));
		ok = _mm512_mask_cmpeq_epi64_mask(ok, sum, ALL(0xffff));
	}
	return !(kind & KIND_VLAN) && unlikely(port->vlan) ? 0 : ok;
}

// Our addresses that packets of IPv4 go to; `ok` less the lanes that have none.
static inline __mmask8 locals_v4(const struct lookup *t, const struct headers *h, uint16_t port, __mmask8 ok,
				 __m512i *ret_local)
{
	const __m512i to = h->c[4];
	__m512i hash = _mm512_mul_epu32(to, ALL(t->factor));
	hash = _mm512_srli_epi64(_mm512_slli_epi64(hash, 32), 32 + LOOKUP_HASH_V4_SHIFT);
	__m512i v = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), ok, hash, t->v4, 8);
	*ret_local = _mm512_and_si512(_mm512_srli_epi64(v, 32), ALL(0xffff));
	// the address at the bottom, its port at the top
	__m512i key = _mm512_ternarylogic_epi64(ALL(LOW32), to, ALL((uint64_t)port << 48), SELECT_C);
	__m512i odd = _mm512_ternarylogic_epi64(v, key, ALL(LOW32 | UINT64_C(0xffff) << 48), AND_XOR);
	return _mm512_mask_testn_epi64_mask(ok, odd, odd);
}

// The same of IPv6.
static inline __mmask8 locals_v6(const struct lookup *t, const struct headers *h, uint16_t port, __mmask8 ok,
				 __m512i *ret_local)
{
	alignas(64) uint64_t at[LANES];
	const uint8_t *rows[LANES];
	__m512i v[4];
	__m512i hash = _mm512_mullo_epi64(h->to[1], ALL(LOOKUP_MIX_V6));
	hash = _mm512_mullo_epi64(_mm512_xor_si512(h->to[0], hash), ALL(t->factor_v6));
	_mm512_store_si512(at, _mm512_srli_epi64(hash, LOOKUP_HASH_V6_SHIFT));
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		rows[i] = (const uint8_t *)&t->v6[at[i]];
	half_rows_read(rows, v);
	*ret_local = _mm512_and_si512(v[2], ALL(LOW32));
	__m512i odd = _mm512_or_si512(_mm512_xor_si512(v[0], h->to[0]), _mm512_xor_si512(v[1], h->to[1]));
	odd = _mm512_or_si512(odd, differs(v[2], (uint64_t)port << 32, ~LOW32));
	return _mm512_mask_testn_epi64_mask(ok, odd, odd);
}

// Finds the streams of usual packets; the lanes that have one of ours stay usual.
static __rte_always_inline void streams_find(struct burst_group *g, const struct headers *h,
					     const struct lookup *t, uint16_t port, uint32_t owner,
					     unsigned int kind)
{
	__m512i local;
	__mmask8 ok = kind & KIND_V6 ? locals_v6(t, h, port, g->usual, &local)
				     : locals_v4(t, h, port, g->usual, &local);
	__m512i slot = _mm512_add_epi64(_mm512_slli_epi64(local, LOOKUP_PAIRS_SHIFT),
					_mm512_srli_epi64(HOST16(h->c[4], 6), 1));
	__m512i entry = _mm512_cvtepu32_epi64(
		_mm512_mask_i64gather_epi32(_mm256_setzero_si256(), ok, slot, t->entries, 4));
	ok = _mm512_mask_cmpeq_epi64_mask(ok, _mm512_srli_epi64(entry, 24), ALL(owner));
	_mm512_store_si512(g->streams, _mm512_maskz_and_epi64(ok, entry, ALL(0xffffff)));
	g->usual = ok;
}

static __rte_always_inline void group_read(struct worker *w, struct burst_group *g,
					   struct rte_mbuf *const *packets, unsigned int n, uint16_t port,
					   uint32_t owner, unsigned int kind)
{
	struct rte_mbuf *eight[LANES];
	struct headers h;
	if (unlikely(n < LANES)) {
		for (unsigned int i = 0; i < LANES; i++)
			eight[i] = packets[i < n ? i : 0];
		packets = eight;
	}
	uint64_t flags = frames_read(g, &h, packets, kind);
	g->usual = headers_judge(&h, LOAD(g->len), &w->lookup->ports[port], flags, kind);
	if (unlikely(n < LANES))
		g->usual &= (__mmask8)((1u << n) - 1);
	streams_find(g, &h, w->lookup, port, owner, kind);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		stream_call(w, (uint32_t)g->streams[i]);
}

static __rte_always_inline void find(struct worker *w, struct burst *b, unsigned int kind)
{
	const uint32_t owner = LOOKUP_VALID >> 24 | w->id;
	const uint16_t port = b->packets[0]->port;
	for (unsigned int i = kind_begin(b, kind); i < b->ends[kind]; i += LANES)
		group_read(w, kind_group(b, kind, i), b->packets + i, b->ends[kind] - i, port, owner, kind);
}

static __rte_noinline void v4_find(struct worker *w, struct burst *b)
{
	find(w, b, 0);
}

static __rte_noinline void v6_find(struct worker *w, struct burst *b)
{
	find(w, b, KIND_V6);
}

static __rte_noinline void v4_vlan_find(struct worker *w, struct burst *b)
{
	find(w, b, KIND_VLAN);
}

static __rte_noinline void v6_vlan_find(struct worker *w, struct burst *b)
{
	find(w, b, KIND_V6 | KIND_VLAN);
}

void quick_wide_find(struct worker *w, struct burst *b, unsigned int kind)
{
	static kind_find *const finds[BURST_KINDS] = {
		[0] = v4_find,
		[KIND_V6] = v6_find,
		[KIND_VLAN] = v4_vlan_find,
		[KIND_V6 | KIND_VLAN] = v6_vlan_find,
	};
	finds[kind](w, b);
}

#else // any other CPU

void quick_wide_find(struct worker *w, struct burst *b, unsigned int kind)
{
}

#endif
