// SPDX-License-Identifier: GPL-3.0-or-later
// quick.c - The relay of the packet that nearly all are, from Ethernet to Ethernet in two short loops.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is what is usual).
//
// The usual packet: IPv4 without options or IPv6 without further headers, with the VLAN tag of its port or none, whole, with a
// UDP checksum, for a stream of ours that relays, payload untouched or A-law to mu-law; from its locked source, and next in
// its sequence. It needs none of the questions that the other stages ask, and its headers are read and written once. A packet
// that differs in anything goes on to parse as it came, and every drop is named there. No stream's packets change places: one
// that comes behind a packet left over is not next in sequence, so that it is left over too.
//
// Headers lie in one of four kinds of ways. Traffic is of one kind as a rule, so that a burst is taken for what its first packet
// is. Once that was wrong, the next bursts are sorted by kind. What leaves with headers of another kind than it came takes
// quick_cross.c, behind the others. Where the CPU has AVX-512, eight packets of untagged IPv4 at a time take quick_wide.c, which
// does the same.
//
// quick_find reads headers and calls the streams' two lines into the cache; stage_quick works. A worker that is busy polls
// the next burst in between.
#include "dataplane/hot/quick.h"

// Packets of one kind after those of another; each in their order.
static void kinds_sort(struct burst *b)
{
	struct rte_mbuf *sorted[BURST_KINDS][BURST_MAX];
	unsigned int count[BURST_KINDS] = {0}, end = 0;
	for (unsigned int i = 0; i < b->count; i++) {
		unsigned int kind = kind_of(b->packets[i]);
		sorted[kind][count[kind]++] = b->packets[i];
	}
	for (unsigned int kind = 0; kind < BURST_KINDS; kind++) {
		memcpy(b->packets + end, sorted[kind], sizeof(*b->packets) * count[kind]);
		end += count[kind];
		b->ends[kind] = (uint8_t)end;
	}
}

static __rte_always_inline void find(struct worker *w, struct burst *b, unsigned int kind)
{
	const unsigned int from = kind ? b->ends[kind - 1] : 0, to = b->ends[kind];
	const uint16_t port = b->packets[0]->port;
	const uint32_t owner = LOOKUP_VALID >> 24 | w->id;
	for (unsigned int i = from; i < to; i++) {
		const struct rte_mbuf *m = b->packets[i];
		uint32_t stream = stream_of(w->lookup, port, owner, m, kind);
		if (unlikely(stream == NOT_USUAL)) {
			stray_note(w, m, kind);
			b->notes[i].stream = NOT_USUAL;
			continue;
		}
		stream_call(w, stream);
		b->notes[i].stream = stream | kind << KIND_SHIFT;
	}
}

static __rte_noinline void plain_find(struct worker *w, struct burst *b)
{
	find(w, b, 0);
}

static __rte_noinline void others_find(struct worker *w, struct burst *b)
{
	find(w, b, KIND_V6);
	find(w, b, KIND_VLAN);
	find(w, b, KIND_VLAN | KIND_V6);
}

// A burst that is not taken for untagged IPv4 throughout: for what its first packet is, unless one of the last ones was mixed.
static __rte_noinline void kinds_tell(struct worker *w, struct burst *b)
{
	if (w->mixed) {
		w->mixed--;
		kinds_sort(b);
		return;
	}
	unsigned int first = kind_of(b->packets[0]);
	for (unsigned int kind = 0; kind < BURST_KINDS; kind++)
		b->ends[kind] = (uint8_t)(kind < first ? 0 : b->count);
}

void quick_find(struct worker *w, struct burst *b)
{
	memset(b->ends, b->count, sizeof(b->ends));
	if (unlikely(w->mixed || kind_of(b->packets[0])))
		kinds_tell(w, b);
	b->wide = w->wide && b->ends[0] >= QUICK_WIDE_MIN && !b->handed_off &&
		  !w->lookup->ports[b->packets[0]->port].vlan;
	if (unlikely(b->ends[0] < b->count))
		others_find(w, b);
	if (b->wide)
		quick_wide_find(w, b);
	else
		plain_find(w, b);
}

// Relays packets of a kind that leave as they came. What stays is left from `kept` on; returns how many are left in all.
static __rte_always_inline uint16_t pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept)
{
	const uint32_t units = media_units(w->media, w->now);
	const nsec_t now = w->now;
	for (unsigned int i = kind ? b->ends[kind - 1] : 0; i < b->ends[kind]; i++) {
		uint32_t found = b->notes[i].stream;
		if (unlikely(!relay(w, b->packets[i], found, kind, units, now)))
			leave(b, kept++, b->packets[i], found);
	}
	return kept;
}

static __rte_noinline uint16_t plain_pass(struct worker *w, struct burst *b)
{
	return pass(w, b, 0, 0);
}

static __rte_noinline uint16_t others_pass(struct worker *w, struct burst *b, uint16_t kept)
{
	kept = pass(w, b, KIND_V6, kept);
	kept = pass(w, b, KIND_VLAN, kept);
	return pass(w, b, KIND_VLAN | KIND_V6, kept);
}

uint16_t stage_quick(struct worker *w, struct burst *b)
{
	uint16_t kept = b->wide ? stage_quick_wide(w, b) : plain_pass(w, b);
	if (unlikely(b->ends[0] < b->count))
		kept = others_pass(w, b, kept);
	b->count = kept;
	if (unlikely(kept))
		kept = stage_quick_cross(w, b);
	tx_send_full(w);
	return kept;
}
