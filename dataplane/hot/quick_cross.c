// SPDX-License-Identifier: GPL-3.0-or-later
// quick_cross.c - The quick relay of what leaves otherwise than it came: from IPv4 to IPv6 or back, with another tag or none.
// Exits: tx (all done), voice (any other packet, untouched; its note names the stream, if it is untagged IPv4).
//
// Headers of another length move the start of the frame; UDP and what follows stay where they are. A stream's two lines hold
// addresses of either family, so that IPv6 touches no third one. An IPv4 header that is made new gets our identification.
#include "dataplane/hot/quick.h"

bool quick_relay_any(struct worker *w, struct rte_mbuf *m, uint32_t found, uint32_t units, nsec_t now)
{
	uint32_t stream = lookup_entry_stream(found);
	switch (found >> KIND_SHIFT) {
	case 0:
		return relay_kind(w, m, stream, 0, false, units, now);
	case KIND_V6:
		return relay_kind(w, m, stream, KIND_V6, false, units, now);
	case KIND_VLAN:
		return relay_kind(w, m, stream, KIND_VLAN, false, units, now);
	case KIND_V6 | KIND_VLAN:
		return relay_kind(w, m, stream, KIND_V6 | KIND_VLAN, false, units, now);
	default:
		return false; // not usual
	}
}

uint16_t quick_cross(struct worker *w, struct burst *b)
{
	const uint32_t units = media_units(w->media, w->now);
	const nsec_t now = w->now;
	uint16_t kept = 0;
	for (unsigned int i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->packets[i];
		uint32_t found = b->notes[i].stream;
		if (!quick_relay_any(w, m, found, units, now))
			leave(b, kept++, m, found >> KIND_SHIFT ? NOT_USUAL : found);
	}
	return kept;
}
