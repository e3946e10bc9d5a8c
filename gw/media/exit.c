// SPDX-License-Identifier: GPL-3.0-or-later
// exit.c - What a relay puts in place of a packet's ends, and what that does to its checksums.
#include <string.h>

#include "gw/media/inside.h"

// Sum of an address as its 16-bit words lie in memory.
static uint32_t words_sum(const struct addr *a, bool v6)
{
	uint16_t words[8];
	uint32_t sum = 0;
	memcpy(words, a->ip, sizeof(words));
	for (unsigned int i = 0; i < (v6 ? 8 : 2); i++)
		sum += words[i];
	return sum;
}

static uint16_t words_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static uint16_t wire16(unsigned int v)
{
	uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};
	uint16_t word;
	memcpy(&word, bytes, sizeof(word));
	return word;
}

// What a packet's new ends do to its checksums, worked out while control speaks.
static void exit_sums_set(struct media_stream *s, const struct stream_spec *from,
			  const struct stream_spec *to)
{
	bool old_v6 = s->flags & MEDIA_SOURCE_V6, v6 = s->flags & MEDIA_EXIT_V6;
	uint32_t ends = words_sum(&to->local.addr, v6) + words_sum(&to->remote.addr, v6);
	uint16_t ports[2] = {wire16(to->local.port), wire16(to->remote.port)};
	uint32_t old = words_sum(&from->source.addr, old_v6) + words_sum(&from->local.addr, old_v6) +
		       wire16(from->local.port);
	// A multiple of 0xffff keeps the difference positive.
	s->exit_change = words_fold(ends + ports[0] + ports[1] + 32 * 0xffff - old);
	if (v6)
		return;
	memcpy(&s->exit.dst, to->remote.addr.ip, 4);
	memcpy(&s->exit.ports, ports, 4);
	s->exit.ip_sum = words_fold(ends + wire16(0x4500 | (unsigned int)to->dscp << 2) + wire16(0x4000) +
				    wire16(MEDIA_TTL << 8 | 17));
	s->exit.zero = 0;
}

void exit_set(struct media_stream *s, const struct media_cold *from, const struct media_cold *to)
{
	s->flags |= MEDIA_EXIT;
	if (to->spec.remote.addr.family == ADDR_IPV6)
		s->flags |= MEDIA_EXIT_V6;
	memcpy(s->exit_src_ip, to->spec.local.addr.ip, sizeof(s->exit_src_ip));
	memcpy(s->exit_dst_ip, to->spec.remote.addr.ip, sizeof(s->exit_dst_ip));
	exit_sums_set(s, &from->spec, &to->spec);
	s->exit_src_port = to->spec.local.port;
	s->exit_dst_port = to->spec.remote.port;
	s->exit_hop = to->hop;
	s->exit_dscp = to->spec.dscp;
	s->exit_ssrc = to->tx_ssrc;
	s->exit_payload_type = to->spec.tx.payload_type;
	s->exit_event_type = to->spec.tx.event_type;
	s->exit_codec = to->spec.tx.codec;
}
