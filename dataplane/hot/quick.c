// SPDX-License-Identifier: GPL-3.0-or-later
// quick.c - The relay of the packet that nearly all are, from Ethernet to Ethernet in two short loops.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is what is usual).
//
// The usual packet: untagged, IPv4 without options, whole, with a UDP checksum, for a stream of ours that relays IPv4 to
// IPv4, payload untouched or A-law to mu-law; from its locked source, and next in its sequence. It needs none of the questions that the
// other stages ask, and its headers are read and written once. A packet that differs in anything goes on to parse as
// it came, and every drop is named there. No stream's packets change places: one that comes behind a packet left over
// is not next in sequence, so that it is left over too.
//
// Where the CPU has AVX-512, eight packets at a time take quick_wide.c instead, which does the same.
//
// quick_find reads headers and calls the streams' two lines into the cache; stage_quick works. A worker that is busy polls
// the next burst in between.
#include "dataplane/hot/quick.h"

void quick_find(struct worker *w, struct burst *b)
{
	const uint16_t port = b->packets[0]->port;
	const uint32_t owner = LOOKUP_VALID >> 24 | w->id;
	b->wide = w->wide && b->count >= QUICK_WIDE_MIN && !b->handed_off && !w->lookup->ports[port].vlan;
	if (b->wide) {
		quick_wide_find(w, b);
		return;
	}
	for (unsigned int i = 0; i < b->count; i++)
		b->notes[i].stream = stream_call(w, port, owner, b->packets[i]);
}

uint16_t stage_quick(struct worker *w, struct burst *b)
{
	if (b->wide)
		return stage_quick_wide(w, b);
	const uint32_t units = media_units(w->media, w->now);
	const nsec_t now = w->now;
	uint16_t kept = 0;
	for (unsigned int i = 0; i < b->count; i++) {
		uint32_t stream = b->notes[i].stream;
		if (unlikely(stream == NOT_USUAL || !relay(w, b->packets[i], stream, units, now)))
			leave(b, kept++, b->packets[i], stream);
	}
	tx_send_full(w);
	return kept;
}
