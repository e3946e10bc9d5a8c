// SPDX-License-Identifier: GPL-3.0-or-later
// report.c - Turns stream figures into report blocks, and report blocks into a round-trip time.
#include "gw/rtcp.h"

#define TRIP_MAX (10 * 65536) // units; more is a clock that was set meanwhile, or no truth

static uint32_t ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

void rtcp_sr_note(struct rtcp_memory *m, const struct rtcp_sender *sender, nsec_t now)
{
	m->last_sr = ntp_middle(sender->ntp);
	m->sr_arrival = now;
}

static uint8_t fraction_lost(uint32_t expected, uint32_t received)
{
	if (expected == 0 || received >= expected)
		return 0;
	uint64_t f = ((uint64_t)(expected - received) << 8) / expected;
	return f > 255 ? 255 : (uint8_t)f;
}

void rtcp_block_make(struct rtcp_memory *m, const struct rtp_source *s, nsec_t now, struct rtcp_block *ret)
{
	uint32_t expected = rtp_source_expected(s);
	*ret = (struct rtcp_block){
		.ssrc = s->ssrc,
		.fraction = fraction_lost(expected - m->expected, s->packets - m->packets),
		.lost = (int32_t)rtp_source_lost(s),
		.max_seq = s->max_seq,
		.jitter = s->jitter >> 4,
		.last_sr = m->last_sr,
	};
	if (m->last_sr)
		ret->since_sr = rtp_units(now - m->sr_arrival, rtp_rate(65536));
	m->expected = expected;
	m->packets = s->packets;
}

nsec_t rtcp_round_trip(const struct rtcp_block *b, uint64_t ntp)
{
	if (b->last_sr == 0)
		return 0;
	int32_t units = (int32_t)(ntp_middle(ntp) - b->last_sr - b->since_sr);
	if (units <= 0 || units > TRIP_MAX)
		return 0;
	return (uint64_t)units * NSEC_PER_SEC / 65536;
}

nsec_t rtcp_due(nsec_t now, nsec_t interval, uint32_t random)
{
	return now + interval / 2 + (nsec_t)((unsigned __int128)interval * random >> 32);
}
