// SPDX-License-Identifier: GPL-3.0-or-later
// quick.c - The relay of the packet that nearly all are, from Ethernet to Ethernet in two short loops.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is untagged IPv4 and usual).
//
// The usual packet: IPv4 without options or IPv6 without further headers, with the VLAN tag of its port or none, whole, with a
// UDP checksum, for a stream of ours that relays, payload untouched or A-law to mu-law; from its locked source, and next in
// its sequence. It needs none of the questions that the other stages ask, and its headers are read and written once. A packet
// that differs in anything goes on to parse as it came, and every drop is named there. No stream's packets in order change
// places: one that comes behind a packet left over is not next in sequence, so that it is left over too. Only an old packet, which was
// out of place as it came, may leave behind the next one in sequence.
//
// Headers lie in one of four kinds of ways. Traffic is of one kind as a rule, so that a burst is taken for what its first packet
// is. Once that was wrong, the next bursts are sorted by kind. What leaves with headers of another kind than it came takes
// quick_cross.c, behind the others. Where the CPU has AVX-512, eight packets of a kind at a time take quick_wide_find.c and
// quick_wide.c, which do the same.
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

// First the headers of all, then the table: what it has in no near cache comes for many packets at a time.
static __rte_always_inline void find(struct worker *w, struct burst *b, unsigned int kind)
{
	const struct quick_port port = quick_port_of(w, b->packets[0]->port, kind);
	const bool ports = b->handed_off;
	const unsigned int begin = kind_begin(b, kind), end = b->ends[kind];
	for (unsigned int i = begin; i < end; i++) {
		const struct rte_mbuf *m = b->packets[i];
		uint32_t slot = slot_of(&port, m, kind);
		b->notes[i].stream = unlikely(ports && m->port != port.port) ? NOT_USUAL : slot;
	}
	const uint32_t *entries = w->lookup->entries;
	for (unsigned int i = begin; i < end; i++) {
		uint32_t slot = b->notes[i].stream, entry = 0;
		if (likely(slot != NOT_USUAL))
			entry = __atomic_load_n(&entries[slot], __ATOMIC_ACQUIRE);
		if (unlikely(entry >> 24 != port.owner)) {
			stray_note(w, b->packets[i], kind);
			b->notes[i].stream = NOT_USUAL;
			continue;
		}
		uint32_t stream = lookup_entry_stream(entry);
		stream_call(w, stream);
		b->notes[i].stream = stream | kind << KIND_SHIFT;
	}
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

// Where each kind ends in a burst that is not taken for untagged IPv4 throughout: for what its first packet is, unless one of the
// last ones was mixed.
static __rte_noinline void kinds_tell(struct worker *w, struct burst *b)
{
	if (w->mixed) {
		w->mixed--;
		kinds_sort(b);
		return;
	}
	unsigned int first = kind_of(b->packets[0]);
	for (unsigned int kind = 0; kind < first; kind++)
		b->ends[kind] = 0;
}

void quick_find(struct worker *w, struct burst *b)
{
	static kind_find *const finds[BURST_KINDS] = {
		[0] = v4_find,
		[KIND_V6] = v6_find,
		[KIND_VLAN] = v4_vlan_find,
		[KIND_V6 | KIND_VLAN] = v6_vlan_find,
	};
	const unsigned int wide_min = w->wide && !b->handed_off ? QUICK_WIDE_MIN : BURST_MAX + 1;
	memset(b->ends, b->count, sizeof(b->ends));
	if (unlikely(w->mixed || kind_of(b->packets[0])))
		kinds_tell(w, b);
	b->wide = 0;
	for (unsigned int kind = 0, end = 0; end < b->count; kind++) {
		unsigned int count = b->ends[kind] - end;
		end += count;
		if (count >= wide_min) {
			b->wide |= (uint8_t)(1u << kind);
			quick_wide_find(w, b, kind);
		} else if (count) {
			finds[kind](w, b);
		}
	}
}

// Relays packets of a kind that leave as they came. What stays is left from `kept` on; returns how many are left in all.
static __rte_always_inline uint16_t pass(struct worker *w, struct burst *b, unsigned int kind, uint16_t kept)
{
	const uint32_t units = media_units(w->media, w->now);
	const nsec_t now = w->now;
	const unsigned int end = b->ends[kind];
	for (unsigned int i = kind_begin(b, kind); i < end; i++) {
		uint32_t found = b->notes[i].stream;
		if (unlikely(!relay(w, b->packets[i], found, kind, units, now)))
			leave(b, kept++, b->packets[i], found);
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

uint16_t stage_quick(struct worker *w, struct burst *b)
{
	static kind_pass *const passes[BURST_KINDS] = {
		[0] = v4_pass,
		[KIND_V6] = v6_pass,
		[KIND_VLAN] = v4_vlan_pass,
		[KIND_V6 | KIND_VLAN] = v6_vlan_pass,
	};
	uint16_t kept = 0;
	for (unsigned int kind = 0, begin = 0; begin < b->count; begin = b->ends[kind++]) {
		if (b->wide >> kind & 1)
			kept = quick_wide_pass(w, b, kind, kept);
		else if (b->ends[kind] > begin)
			kept = passes[kind](w, b, kept);
	}
	b->count = kept;
	if (unlikely(kept))
		kept = quick_cross(w, b);
	tx_send_full(w);
	return kept;
}
