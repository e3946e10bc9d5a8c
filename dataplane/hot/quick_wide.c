// SPDX-License-Identifier: GPL-3.0-or-later
// quick_wide.c - The quick relay, eight packets at a time, where the CPU has AVX-512.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is untagged IPv4 and usual).
//
// The same packets as in quick.c, the same questions and the same bytes. quick_wide_find.c has turned eight headers into columns,
// found their streams and called these' lines into the cache. The two lines of a stream are turned around likewise; the streams are
// asked, and the lanes that pass are relayed; where headers of another kind are to go out, these are put in front one by one. A lane
// that does not pass goes through the relay of one, and from there to parse. Two packets of one stream do not share a turn: the second
// needs what the first has changed.
#include "dataplane/hot/quick.h"

#ifdef QUICK_WIDE

#include <stddef.h>

#include "dataplane/hot/wide.h"

#define NO_PORT UINT32_MAX

// Columns of the two lines of a stream: what struct media_stream has at eight times the number.
enum {
	A_SOURCE_IP = 0, // low half; IPv6: and the next
	A_EXIT_IPS = 2,  // source, destination
	A_EXIT_SUMS = 3, // ports; header sum << 32
	A_PORTS = 6,     // source port, exit_src_port << 16, exit_dst_port << 32, hop << 48
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
COLUMN_HAS(exit_src_ip, 2, 0);
COLUMN_HAS(exit_dst_ip, 4, 0);
COLUMN_HAS(exit.src, A_EXIT_IPS, 0);
COLUMN_HAS(exit.dst, A_EXIT_IPS, 32);
COLUMN_HAS(exit.ports, A_EXIT_SUMS, 0);
COLUMN_HAS(exit.ip_sum, A_EXIT_SUMS, 32);
COLUMN_HAS(source_port, A_PORTS, 0);
COLUMN_HAS(exit_src_port, A_PORTS, 16);
COLUMN_HAS(exit_dst_port, A_PORTS, 32);
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

// Words of a row, as columns have them, to where the frame has them: one place down without a tag, one up with one. What
// comes to lie within the Ethernet header is of no meaning.
static inline __m512i words_down(__m512i x)
{
	alignas(64) static const uint16_t from[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
						      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
						      23, 24, 25, 26, 27, 28, 29, 30, 31, 0};
	return _mm512_permutexvar_epi16(LOAD(from), x);
}

static inline __m512i words_up(__m512i x)
{
	alignas(64) static const uint16_t from[32] = {31, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
						      10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
						      21, 22, 23, 24, 25, 26, 27, 28, 29, 30};
	return _mm512_permutexvar_epi16(LOAD(from), x);
}

#define HOST_HALVES UINT64_C(0x0405060700010203) // each half of a lane turned around

// What is worked out before it is decided.
struct lanes {
	__m512i a[LANES], b[LANES]; // columns of the streams' lines
	__m512i next;               // B_SSRC with the sequence number that has come
	__m512i time;               // timestamp and SSRC << 32, as numbers
	__m512i transit, apart;
};

// The lanes that continue their stream, from where they should. media_continues and the source lock.
static __rte_always_inline __mmask8 lanes_judge(const struct burst_group *g, struct lanes *l, uint32_t units,
						unsigned int kind)
{
	const __m512i *a = l->a, *b = l->b;
	const __m512i c3 = LOAD(g->columns[3]), c4 = LOAD(g->columns[4]), c5 = LOAD(g->columns[5]);
	const uint64_t want = MEDIA_PLAIN | (kind & KIND_V6 ? MEDIA_SOURCE_V6 : 0),
		       asked = 0xff & ~(MEDIA_LAW | MEDIA_EXIT_V6);
	__mmask8 ok = g->usual;
	__m512i odd = _mm512_ternarylogic_epi64(a[A_EXIT_SSRC], ALL(want << 32), ALL(asked << 32), AND_XOR);
	if (kind & KIND_V6) {
		odd = _mm512_or_si512(odd, _mm512_xor_si512(LOAD(g->columns[2]), a[A_SOURCE_IP]));
		odd = _mm512_or_si512(odd, _mm512_xor_si512(c3, a[A_SOURCE_IP + 1]));
	} else {
		odd = _mm512_or_si512(odd, _mm512_ternarylogic_epi64(_mm512_srli_epi64(c3, 32),
								     a[A_SOURCE_IP], ALL(LOW32), AND_XOR));
	}
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
static __rte_always_inline void lanes_count(const struct burst_group *g, struct lanes *l, nsec_t now,
					    unsigned int kind)
{
	__m512i *b = l->b;
	__m512i octets = _mm512_sub_epi64(LOAD(g->len), ALL(kind_payload(kind)));
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

// UDP and RTP as they go out, but for the ports. `b` is still as it was.
static inline void rtp_write(__m512i c[LANES], const struct lanes *l)
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
}

// Columns of the IPv4 header and the ports as they go out. Length and id stay.
static inline void ipv4_write(__m512i c[LANES], const struct lanes *l)
{
	const __m512i *a = l->a;
	__m512i total = _mm512_and_si512(_mm512_srli_epi64(c[2], 16), ALL(0xffff));
	__m512i id = _mm512_and_si512(_mm512_srli_epi64(c[2], 32), ALL(0xffff));
	__m512i sum = _mm512_and_si512(_mm512_srli_epi64(a[A_EXIT_SUMS], 32), ALL(0xffff));
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

// The first 8 bytes of the IPv6 header; and the ports.
static inline __m512i ipv6_write(const struct burst_group *g, __m512i c[LANES], const struct lanes *l,
				 unsigned int kind)
{
	const __m512i *a = l->a;
	__m512i udp_len = _mm512_sub_epi64(LOAD(g->len), ALL(kind_udp(kind)));
	__m512i dscp = _mm512_and_si512(_mm512_srli_epi64(a[A_EXIT_SSRC], 40), ALL(0xff));
	// as a number of 64 bits
	__m512i first = _mm512_or_si512(_mm512_slli_epi64(dscp, 32 + 22), _mm512_slli_epi64(udp_len, 16));
	first = _mm512_or_si512(first, ALL(UINT64_C(6) << 60 | FRAME_PROTO_UDP << 8 | FRAME_TTL));
	c[4] = bytes_pick(a[A_PORTS], UINT64_C(0x0405020380808080));
	return bytes_pick(first, UINT64_C(0x0001020304050607));
}

// The next hops of the lanes, and their port: all leave by one as a rule; else NO_PORT. Returns those of `ok` that leave with
// headers of the kind that they came with.
static __rte_always_inline __mmask8 hops_find(const struct worker *w, const struct lanes *l, __mmask8 ok,
					      const struct hop *ret_hops[LANES], uint32_t *ret_port,
					      unsigned int kind)
{
	uint64_t at[LANES];
	uint32_t port, other = 0;
	_mm512_storeu_si512(at, _mm512_srli_epi64(l->a[A_PORTS], 48));
	port = w->hops[at[0]].port;
	__mmask8 to_v6 = _mm512_test_epi64_mask(l->a[A_EXIT_SSRC], ALL((uint64_t)MEDIA_EXIT_V6 << 32));
	ok &= kind & KIND_V6 ? to_v6 : (__mmask8)~to_v6;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		const struct hop *hop = &w->hops[at[i]];
		ret_hops[i] = hop;
		other |= hop->port ^ port;
		if (unlikely(!hop_quick(hop) || hop->header_len != kind_ip(kind)))
			ok &= (__mmask8) ~(1u << i);
	}
	*ret_port = other ? NO_PORT : port;
	return ok;
}

// Lanes of which something is done one by one.
struct apart {
	__mmask8 crossing;  // that leave with headers of another kind
	__mmask8 law, alaw; // whose payload is translated, and to A-law
	alignas(64) uint64_t checksums[LANES];
	alignas(64) uint64_t rtp[2][LANES]; // columns 5 and 6 as they go out
};

// Translates A-law to mu-law or back in packets that are done otherwise, but for their checksums, and carries these over.
static __rte_noinline void lanes_translate(const struct worker *w, const struct burst_group *g,
					   struct rte_mbuf *const *packets, const struct apart *x,
					   unsigned int udp)
{
	if (w->wide_law) {
		quick_law(g, packets, x->law, x->alaw, x->checksums, udp);
		return;
	}
	for (__mmask8 lanes = x->law; lanes; lanes &= (__mmask8)(lanes - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(lanes), payload = udp + PAYLOAD - UDP;
		uint8_t *p = rte_pktmbuf_mtod(packets[i], uint8_t *);
		uint64_t change = codec_law_translate(p + payload, packets[i]->data_len - payload,
						      x->alaw >> i & 1 ? CODEC_PCMA : CODEC_PCMU);
		uint16_t sum = frame_udp_checksum((uint16_t)~x->checksums[i] + change);
		memcpy(p + udp + 6, &sum, 2);
	}
}

// What the lanes' packets become.
struct frames {
	__m512i rows
		[LANES]; // IPv4: as they are read, but in the frame's own order; IPv6: four pairs of half rows
	alignas(64) uint64_t first[LANES];
};

static __rte_always_inline void frames_make(const struct burst_group *g, const struct lanes *l,
					    struct frames *f, struct apart *x, unsigned int kind)
{
	__m512i *c = f->rows;
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++)
		c[i] = LOAD(g->columns[i]);
	rtp_write(c, l);
	if (unlikely(x->law | x->crossing)) {
		_mm512_store_si512(x->checksums, _mm512_and_si512(_mm512_srli_epi64(c[5], 16), ALL(0xffff)));
		_mm512_store_si512(x->rtp[0], c[5]);
		_mm512_store_si512(x->rtp[1], c[6]);
	}
	if (kind & KIND_V6) {
		_mm512_store_si512(f->first, ipv6_write(g, c, l, kind));
		half_rows_pair(c + 4, c);
	} else {
		ipv4_write(c, l);
		turn(c);
	}
}

// Writes a packet's headers. In IPv6 what overlaps is put right by what comes behind.
static __rte_always_inline void frame_make(const struct frames *f, unsigned int i, uint8_t *p,
					   const struct media_stream *s, const struct hop *hop,
					   unsigned int kind)
{
	const uint8_t *ethernet = hop->headers[__atomic_load_n(&hop->current, __ATOMIC_ACQUIRE)];
	uint8_t *ip = p + kind_ip(kind);
	if (kind & KIND_V6) {
		_mm256_storeu_si256((__m256i *)(p + kind_udp(kind) - 4), half_row(f->rows, i));
		memcpy(ip + 8, s->exit_src_ip, 32);
		memcpy(p, ethernet, 16);
		if (kind & KIND_VLAN)
			memcpy(p + 16, ethernet + 16, 2);
		memcpy(ip, &f->first[i], 8);
	} else if (kind & KIND_VLAN) {
		_mm512_storeu_si512(p, _mm512_mask_loadu_epi8(words_up(f->rows[i]), 0x3ffff, ethernet));
	} else {
		_mm512_storeu_si512(p, _mm512_mask_loadu_epi8(words_down(f->rows[i]), 0x3fff, ethernet));
	}
}

// How far the start of a packet of a kind moves when it gets the headers of an exit.
static inline int shift_of(const struct media_stream *s, const struct hop *hop, unsigned int kind)
{
	return (int)(kind_udp(kind) - hop->header_len) - (s->flags & MEDIA_EXIT_V6 ? FRAME_IPV6 : FRAME_IPV4);
}

// Those of `lanes` that can leave with headers of another kind.
static __rte_noinline __mmask8 crossing_judge(struct rte_mbuf *const *packets,
					      struct media_stream *const s[LANES],
					      const struct hop *const hops[LANES], __mmask8 lanes,
					      unsigned int kind)
{
	__mmask8 ok = 0;
	for (; lanes; lanes &= (__mmask8)(lanes - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(lanes);
		if (hop_quick(hops[i]) && packets[i]->data_off + shift_of(s[i], hops[i], kind) >= 0)
			ok |= (__mmask8)(1u << i);
	}
	return ok;
}

// Writes UDP and RTP of the lanes that leave so, and their streams' second lines.
static __rte_noinline void crossing_write(struct rte_mbuf *const *packets,
					  struct media_stream *const s[LANES], const __m512i lines[LANES],
					  const struct apart *x, unsigned int kind)
{
	for (__mmask8 lanes = x->crossing; lanes; lanes &= (__mmask8)(lanes - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(lanes);
		uint8_t *udp = rte_pktmbuf_mtod_offset(packets[i], uint8_t *, kind_udp(kind));
		memcpy(udp + 4, &x->rtp[0][i], 8);
		memcpy(udp + 12, &x->rtp[1][i], 8);
		_mm512_store_si512((uint8_t *)s[i] + 64, lines[i]);
	}
}

// Puts the new headers in front of them, and sends them.
static __rte_noinline void crossing_send(struct worker *w, const struct burst_group *g,
					 struct rte_mbuf *const *packets, struct media_stream *const s[LANES],
					 const struct hop *const hops[LANES], __mmask8 lanes,
					 unsigned int kind)
{
	for (; lanes; lanes &= (__mmask8)(lanes - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(lanes), udp = kind_udp(kind);
		uint8_t *p = rte_pktmbuf_mtod(packets[i], uint8_t *);
		int shift = shift_of(s[i], hops[i], kind);
		hop_write(hops[i], exit_write(w, p + udp, packets[i]->data_len - udp, s[i], kind,
					      s[i]->flags & MEDIA_EXIT_V6));
		frame_shift(packets[i], shift);
		tx_add(w, hops[i]->port, packets[i], (uint32_t)g->streams[i]);
	}
}

// Hands the lanes' packets to tx. They are not yet written.
static inline void lanes_send(struct worker *w, const struct burst_group *g, struct rte_mbuf *const *packets,
			      const struct hop *const hops[LANES], __mmask8 ok, uint32_t port)
{
	if (likely(ok == 0xff && port != NO_PORT)) {
		struct worker_tx *tx = &w->tx[port];
		memcpy(tx->frames + tx->count, packets, sizeof(*packets) * LANES);
		_mm256_storeu_si256((__m256i *)(tx->streams + tx->count),
				    _mm512_cvtepi64_epi32(LOAD(g->streams)));
		tx->count = (uint16_t)(tx->count + LANES);
		return;
	}
	for (; ok; ok &= (__mmask8)(ok - 1)) {
		unsigned int i = (unsigned int)__builtin_ctz(ok);
		tx_add(w, hops[i]->port, packets[i], (uint32_t)g->streams[i]);
	}
}

// Relays the lanes that pass. Returns which.
static __rte_always_inline __mmask8 group_relay(struct worker *w, const struct burst_group *g,
						struct rte_mbuf *const *packets, uint32_t units, nsec_t now,
						unsigned int kind)
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
	const __mmask8 fit = lanes_judge(g, &l, units, kind),
		       alike = hops_find(w, &l, fit, hops, &port, kind);
	struct apart x;
	x.crossing = 0;
	if (unlikely(alike != fit))
		x.crossing = crossing_judge(packets, s, hops, fit & (__mmask8)~alike, kind);
	const __mmask8 ok = alike | x.crossing;
	if (!ok)
		return 0;
	x.law = _mm512_mask_test_epi64_mask(ok, l.a[A_EXIT_SSRC], ALL((uint64_t)MEDIA_LAW << 32));
	x.alaw = _mm512_cmpeq_epu64_mask(_mm512_and_si512(_mm512_srli_epi64(l.b[B_PEER], 40), ALL(0xff)),
					 ALL(CODEC_PCMA));
	struct frames f;
	frames_make(g, &l, &f, &x, kind);
	lanes_count(g, &l, now, kind);
	turn(l.b);
	lanes_send(w, g, packets, hops, alike, port);
#pragma GCC unroll 8
	for (unsigned int i = 0; i < LANES; i++) {
		if (unlikely(!(alike >> i & 1)))
			continue;
		struct rte_mbuf *m = packets[i];
		_mm512_store_si512((uint8_t *)s[i] + 64, l.b[i]);
		frame_make(&f, i, rte_pktmbuf_mtod(m, uint8_t *), s[i], hops[i], kind);
		m->ol_flags = 0;
		m->port = hops[i]->port;
	}
	if (unlikely(x.crossing)) {
		__m512i lines[LANES];
		memcpy(lines, l.b, sizeof(lines));
		crossing_write(packets, s, lines, &x, kind);
	}
	if (x.law)
		lanes_translate(w, g, packets, &x, kind_udp(kind));
	if (unlikely(x.crossing))
		crossing_send(w, g, packets, s, hops, x.crossing, kind);
	return ok;
}

// Those of a group that could not be relayed together, each by itself. What stays is left from `kept` on; returns how many
// are left in all.
static __rte_always_inline uint16_t group_rest(struct worker *w, const struct burst_group *g, struct burst *b,
					       unsigned int first, uint32_t units, uint16_t kept,
					       unsigned int kind)
{
	for (unsigned int i = 0; i < LANES && first + i < b->ends[kind]; i++) {
		struct rte_mbuf *m = b->packets[first + i];
		uint32_t found = g->usual >> i & 1 ? (uint32_t)g->streams[i] | kind << KIND_SHIFT : NOT_USUAL;
		if (found == NOT_USUAL)
			stray_note(w, m, kind);
		if (!(g->done >> i & 1) && !quick_relay_any(w, m, found, units, w->now))
			leave(b, kept++, m, found);
	}
	return kept;
}

static __rte_always_inline uint16_t pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept)
{
	const uint32_t units = media_units(w->media, w->now);
	for (unsigned int i = kind_begin(b, kind); i < b->ends[kind]; i += LANES) {
		struct burst_group *g = kind_group(b, kind, i);
		g->done = group_relay(w, g, b->packets + i, units, w->now, kind);
		if (unlikely(g->done != 0xff))
			kept = group_rest(w, g, b, i, units, kept, kind);
	}
	return kept;
}

static __rte_noinline uint16_t v4_pass(struct worker *w, struct burst *b, uint16_t kept)
{
	return pass(w, b, 0, kept);
}

static __rte_noinline uint16_t v6_pass(struct worker *w, struct burst *b, uint16_t kept)
{
	return pass(w, b, KIND_V6, kept);
}

static __rte_noinline uint16_t v4_vlan_pass(struct worker *w, struct burst *b, uint16_t kept)
{
	return pass(w, b, KIND_VLAN, kept);
}

static __rte_noinline uint16_t v6_vlan_pass(struct worker *w, struct burst *b, uint16_t kept)
{
	return pass(w, b, KIND_V6 | KIND_VLAN, kept);
}

uint16_t quick_wide_pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept)
{
	static kind_pass *const passes[BURST_KINDS] = {
		[0] = v4_pass,
		[KIND_V6] = v6_pass,
		[KIND_VLAN] = v4_vlan_pass,
		[KIND_V6 | KIND_VLAN] = v6_vlan_pass,
	};
	return passes[kind](w, b, kept);
}

bool quick_wide_fits(void)
{
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512cd");
}

#else // any other CPU

uint16_t quick_wide_pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept)
{
	return b->count;
}

bool quick_wide_fits(void)
{
	return false;
}

#endif
