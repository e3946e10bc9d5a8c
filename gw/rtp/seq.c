// SPDX-License-Identifier: GPL-3.0-or-later
// seq.c - Judges packets that do not simply follow the last one: gaps, reordering, duplicates, restarts.
//
// The first packet ever is believed at once, so that no speech is cut off: the source address has been
// checked by then. A new SSRC or a jump in sequence numbers (RFC 3550 A.1: beyond 3000 ahead or 100 behind)
// has to be confirmed by a second, consecutive packet, so that one stray packet cannot derail a stream.
#include "gw/rtp.h"

#define DROPOUT_MAX  3000
#define MISORDER_MAX 100
#define WINDOW       64

// What the confirming packet must look like; the fold may collide, which only skips a probation.
static uint32_t confirmation(uint32_t ssrc, uint16_t seq)
{
	return (ssrc ^ ssrc >> 16) << 16 | seq;
}

static void count(struct rtp_source *s, uint32_t octets)
{
	s->packets++;
	s->octets += octets;
}

static enum rtp_verdict first(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t octets)
{
	*s = (struct rtp_source){.ssrc = ssrc, .max_seq = seq, .base_seq = seq, .window = 1};
	count(s, octets);
	return RTP_FIRST;
}

// Starts a new run of numbers. Expected packets carry on from the old run, plus the one that was on
// probation.
static enum rtp_verdict restart(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t octets)
{
	uint32_t expected = rtp_source_expected(s);
	s->ssrc = ssrc;
	s->max_seq = seq;
	s->base_seq = seq - 1 - expected;
	s->window = 1;
	s->jitter = 0;
	count(s, octets);
	return RTP_RESTARTED;
}

static enum rtp_verdict backward(struct rtp_source *s, unsigned int behind, uint32_t octets)
{
	if (behind >= WINDOW)
		return RTP_STALE;
	uint64_t bit = UINT64_C(1) << behind;
	if (s->window & bit)
		return RTP_DUPLICATE;
	// Older than the very first: it was expected after all.
	if ((int32_t)(s->max_seq - behind - s->base_seq) < 0)
		s->base_seq = s->max_seq - behind;
	s->window |= bit;
	count(s, octets);
	return RTP_REORDERED;
}

enum rtp_verdict rtp_source_judge(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t octets)
{
	if (s->packets == 0)
		return first(s, ssrc, seq, octets);
	uint16_t ahead = (uint16_t)(seq - (uint16_t)s->max_seq);
	uint16_t behind = (uint16_t)-ahead;
	if (ssrc == s->ssrc && ahead != 0 && ahead < DROPOUT_MAX) {
		s->max_seq += ahead;
		s->window = ahead < WINDOW ? s->window << ahead | 1 : 1;
		count(s, octets);
		return RTP_NEXT;
	}
	if (ssrc == s->ssrc && behind <= MISORDER_MAX)
		return backward(s, behind, octets);
	if (s->bad == confirmation(ssrc, seq))
		return restart(s, ssrc, seq, octets);
	s->bad = confirmation(ssrc, (uint16_t)(seq + 1));
	return RTP_PROBATION;
}
