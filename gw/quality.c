// SPDX-License-Identifier: GPL-3.0-or-later
// quality.c - What loss and delay do to speech: bursts and gaps of loss, R and MOS by the E-model.
//
// Bursts. A packet that is missing may only be late, so it waits in a window of 64 numbers, as long as gw/rtp takes
// reordered packets. Given up, losses with fewer than Gmin packets between them make one cluster; a cluster of two
// losses or more is a burst, a single one belongs to the gap (RFC 3611 s4.7.2 and A.2).
//
// The E-model, ITU-T G.107 with all its defaults but for codec, loss and delay:
//
//   R = 93.2 - Id - Ie,eff
//   Ie,eff = Ie + (95 - Ie) * Ppl / (Ppl / BurstR + Bpl)                       G.107 (7-29), Ppl in percent
//   Id = 0.024 d + 0.11 (d - 177.3) for d > 177.3 ms                          Cole and Rosenbluth, "Voice over IP
//        performance monitoring", ACM CCR 31(2), 2001: the closed form of Id for G.107's default echo
//
// Wideband: R = 129 - Id - Ie,wb,eff (G.107.1), divided by 1.29, so that one scale of 100 serves both; what a wide
// band is worth beyond the best narrow one shows as little there as it does in MOS.
//
// Ie and Bpl are those of G.113 Appendix I, Ie,wb those of Appendix IV. Where Appendix I gives Ie without Bpl, Bpl is
// 10, the least that it gives a codec with concealment; for wideband, 4.9 as for G.722.2. Codecs for which G.113
// has no Ie are not rated. Of these values, Ie of G.729A and G.723.1 and the slope of G.711 with concealment (4 of R for each
// percent) were compared with figures that others publish; the rest has not been checked against the text of G.113.
#include "gw/quality.h"

#include <stddef.h>

#include "gw/codec.h"

#define R_NARROW   93.2
#define R_WIDE     129.0
#define BPL_LEAST  10.0
#define BPL_WIDE   4.9
#define DELAY_KNEE 177.3

struct impairment {
	bool known, wide;
	double ie, bpl;
	double lookahead_ms;
};

#define NARROW(ie_, bpl_, ms)                                                                                \
	{                                                                                                    \
		.known = true, .ie = ie_, .bpl = bpl_, .lookahead_ms = ms                                    \
	}
#define WIDE(ie_, ms)                                                                                        \
	{                                                                                                    \
		.known = true, .wide = true, .ie = ie_, .bpl = BPL_WIDE, .lookahead_ms = ms                  \
	}

static const struct impairment impairments[CODEC_COUNT] = {
	[CODEC_PCMU] = NARROW(0, 25.1, 0), // with G.711 Appendix I concealment
	[CODEC_PCMA] = NARROW(0, 25.1, 0),
	[CODEC_G722] = WIDE(13, 1.5),
	[CODEC_G722_56K] = WIDE(20, 1.5),
	[CODEC_G722_48K] = WIDE(31, 1.5),
	[CODEC_L16_16K] = WIDE(0, 0),
	[CODEC_G726_40] = NARROW(2, BPL_LEAST, 0),
	[CODEC_G726_32] = NARROW(7, BPL_LEAST, 0),
	[CODEC_G726_24] = NARROW(25, BPL_LEAST, 0),
	[CODEC_G726_16] = NARROW(50, BPL_LEAST, 0),
	[CODEC_G726_40_AAL2] = NARROW(2, BPL_LEAST, 0),
	[CODEC_G726_32_AAL2] = NARROW(7, BPL_LEAST, 0),
	[CODEC_G726_24_AAL2] = NARROW(25, BPL_LEAST, 0),
	[CODEC_G726_16_AAL2] = NARROW(50, BPL_LEAST, 0),
	[CODEC_GSM] = NARROW(20, BPL_LEAST, 0),
	[CODEC_G729] = NARROW(11, 19, 5),
	[CODEC_G729B] = NARROW(11, 19, 5),
	[CODEC_G723] = NARROW(15, 16.1, 7.5),
	[CODEC_AMR] = NARROW(5, 10, 5), // 12.2 kbit/s is GSM-EFR
	[CODEC_AMR_OCTET] = NARROW(5, 10, 5),
	[CODEC_AMR_WB] = WIDE(8, 5), // 23.85 kbit/s
	[CODEC_AMR_WB_OCTET] = WIDE(8, 5),
};

// No loss comes close to the last ones any more: two of them or more were a burst.
static void cluster_end(struct quality_loss *q)
{
	if (q->close > 1) {
		q->bursts++;
		q->burst_packets += q->last - q->first + 1;
		q->burst_lost += q->close;
	}
	q->close = 0;
}

// Adds `n` losses in a row to what is given up.
static void give_up(struct quality_loss *q, uint32_t first, uint32_t n)
{
	if (n == 0 || (q->lost && (int32_t)(first - q->last) <= 0))
		return;
	if (q->lost == 0 || first != q->last + 1)
		q->runs++;
	if (q->close && first - q->last > QUALITY_GMIN)
		cluster_end(q);
	if (q->close == 0)
		q->first = first;
	q->last = first + n - 1;
	q->close += n;
	q->lost += n;
}

// Moves the window up to end with `newest`.
static void advance(struct quality_loss *q, uint32_t newest)
{
	int32_t ahead = (int32_t)(newest - q->base) - (QUALITY_WINDOW - 1);
	if (ahead <= 0)
		return;
	while (q->pending) {
		unsigned int bit = (unsigned int)__builtin_ctzll(q->pending);
		if ((int32_t)bit >= ahead)
			break;
		give_up(q, q->base + bit, 1);
		q->pending &= q->pending - 1;
	}
	q->pending = ahead < QUALITY_WINDOW ? q->pending >> ahead : 0;
	q->base += (uint32_t)ahead;
}

void quality_missing(struct quality_loss *q, uint32_t first, uint32_t n)
{
	if (n == 0)
		return;
	uint32_t last = first + n - 1;
	advance(q, last);
	if ((int32_t)(q->base - first) > 0) {
		uint32_t old = q->base - first < n ? q->base - first : n;
		give_up(q, first, old);
		first += old;
		n -= old;
	}
	for (uint32_t i = 0; i < n; i++)
		q->pending |= UINT64_C(1) << (first - q->base + i);
}

void quality_found(struct quality_loss *q, uint32_t number)
{
	uint32_t at = number - q->base;
	if (at < QUALITY_WINDOW)
		q->pending &= ~(UINT64_C(1) << at);
}

void quality_earlier(struct quality_loss *q, uint32_t n)
{
	if (n == 0 || n >= QUALITY_WINDOW || q->base != 0)
		return;
	q->pending = q->pending << n | ((UINT64_C(1) << n) - 2);
}

void quality_settle(struct quality_loss *q, uint32_t newest)
{
	advance(q, newest);
}

void quality_bursts(const struct quality_loss *q, uint32_t expected, struct quality_bursts *ret)
{
	struct quality_loss all = *q;
	advance(&all, all.base + 2 * QUALITY_WINDOW);
	cluster_end(&all);
	*ret = (struct quality_bursts){.lost = all.lost, .bursts = all.bursts, .clustering = 1};
	if (expected == 0)
		return;
	uint32_t outside = expected > all.burst_packets ? expected - all.burst_packets : 0;
	uint32_t apart = all.lost - all.burst_lost;
	ret->loss = all.lost < expected ? (double)all.lost / expected : 1;
	ret->gap_packets = (double)outside / (all.bursts + 1);
	if (outside)
		ret->gap_loss = apart < outside ? (double)apart / outside : 1;
	if (all.bursts) {
		ret->burst_loss = (double)all.burst_lost / all.burst_packets;
		ret->burst_packets = (double)all.burst_packets / all.bursts;
	}
	if (all.runs) {
		// By chance, a run of losses lasts 1 / (1 - loss) packets.
		double clustering = (double)all.lost / all.runs * (1 - ret->loss);
		ret->clustering = clustering > 1 ? clustering : 1;
	}
}

static double delay_impairment(double ms)
{
	return ms <= 0 ? 0 : 0.024 * ms + (ms > DELAY_KNEE ? 0.11 * (ms - DELAY_KNEE) : 0);
}

bool quality_rate(unsigned int codec, double loss, double clustering, double delay_ms, double *ret_r)
{
	if (codec >= CODEC_COUNT || !impairments[codec].known)
		return false;
	const struct impairment *i = &impairments[codec];
	double percent = loss * 100;
	double equipment = i->ie + (95 - i->ie) * percent / (percent / clustering + i->bpl);
	double r = (i->wide ? R_WIDE : R_NARROW) - delay_impairment(delay_ms) - equipment;
	if (i->wide)
		r *= 100 / R_WIDE;
	*ret_r = r < 0 ? 0 : r > 100 ? 100 : r;
	return true;
}

double quality_mos(double r)
{
	if (r <= 0)
		return 1;
	if (r >= 100)
		return 4.5;
	double mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
	return mos < 1 ? 1 : mos; // the polynomial dips below for R under 6.5
}

double quality_lookahead_ms(unsigned int codec)
{
	return codec < CODEC_COUNT ? impairments[codec].lookahead_ms : 0;
}
