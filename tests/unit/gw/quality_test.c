// SPDX-License-Identifier: GPL-3.0-or-later
// quality_test.c - Bursts and gaps against a count by hand, and the E-model against figures that others published.
#include "gw/quality.h"

#include "gw/codec.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define PACKETS 20000

// What the whole sequence says, looked at all at once: RFC 3611 s4.7.2 to the letter.
static struct quality_bursts by_hand(const bool *lost, unsigned int n)
{
	struct quality_bursts b = {0};
	unsigned int burst_lost = 0, burst_packets = 0, i = 0;
	while (i < n) {
		if (!lost[i]) {
			i++;
			continue;
		}
		unsigned int last = i, losses = 1, k = i + 1;
		for (; k < n && k - last <= QUALITY_GMIN; k++)
			if (lost[k]) {
				last = k;
				losses++;
			}
		b.lost += losses;
		if (losses > 1) {
			b.bursts++;
			burst_lost += losses;
			burst_packets += last - i + 1;
		}
		i = last + 1;
	}
	b.loss = (double)b.lost / n;
	b.burst_loss = burst_packets ? (double)burst_lost / burst_packets : 0;
	b.gap_loss = (double)(b.lost - burst_lost) / (n - burst_packets);
	b.burst_packets = b.bursts ? (double)burst_packets / b.bursts : 0;
	b.gap_packets = (double)(n - burst_packets) / (b.bursts + 1);
	return b;
}

// Tells as gw/media does: a gap when the next packet comes, and what was reordered when that comes.
static struct quality_bursts told(const bool *lost, const bool *reordered, unsigned int n)
{
	struct quality_loss q = {0};
	struct quality_bursts b;
	unsigned int next = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (lost[i] || reordered[i])
			continue;
		quality_missing(&q, next, i - next);
		next = i + 1;
		for (unsigned int k = i > 60 ? i - 60 : 0; k < i; k++)
			if (reordered[k] && k + 5 < i)
				quality_found(&q, k);
		if (i % 997 == 0)
			quality_settle(&q, i);
	}
	quality_missing(&q, next, n - next);
	quality_bursts(&q, n, &b);
	return b;
}

static void same(const struct quality_bursts *a, const struct quality_bursts *b)
{
	CHECK_INT(a->lost, b->lost);
	CHECK_INT(a->bursts, b->bursts);
	CHECK_NEAR(a->loss, b->loss, 1e-9);
	CHECK_NEAR(a->burst_loss, b->burst_loss, 1e-9);
	CHECK_NEAR(a->gap_loss, b->gap_loss, 1e-9);
	CHECK_NEAR(a->burst_packets, b->burst_packets, 1e-9);
	CHECK_NEAR(a->gap_packets, b->gap_packets, 1e-9);
}

static void bursts_as_counted_by_hand(void)
{
	static bool lost[PACKETS], reordered[PACKETS];
	uint64_t seed = 5;
	for (unsigned int round = 0; round < 40; round++) {
		unsigned int good_to_bad = round % 8 * 4, bad_to_good = 100 + round * 10;
		bool bad = false;
		for (unsigned int i = 0; i < PACKETS; i++) {
			bad = sample_random(&seed) % 1000 < (bad ? 1000 - bad_to_good : good_to_bad);
			lost[i] = i > 0 && i + 25 < PACKETS && bad;
			reordered[i] = !lost[i] && i > 0 && i + 25 < PACKETS && round % 3 == 0 &&
				       sample_random(&seed) % 50 == 0;
		}
		struct quality_bursts hand = by_hand(lost, PACKETS), b = told(lost, reordered, PACKETS);
		same(&b, &hand);
	}
}

static void long_gaps_and_odd_numbers(void)
{
	struct quality_loss q = {0};
	struct quality_bursts b;
	quality_missing(&q, 100, 2500); // more than the window holds
	quality_missing(&q, 2700, 1);
	quality_bursts(&q, 3000, &b);
	CHECK_INT(b.lost, 2501);
	CHECK_INT(b.bursts, 1);
	CHECK_NEAR(b.burst_packets, 2500, 0);
	CHECK_NEAR(b.burst_loss, 1, 0);
	quality_found(&q, 2700);
	quality_found(&q, 2599); // given up before that
	quality_found(&q, 100);  // given up long ago
	quality_bursts(&q, 3000, &b);
	CHECK_INT(b.lost, 2500);
	// the stream turns out to have begun earlier
	q = (struct quality_loss){0};
	quality_missing(&q, 1, 1);
	quality_earlier(&q, 3); // 0 is here, 1 and 2 are not, what was 1 is now 4
	quality_bursts(&q, 6, &b);
	CHECK_INT(b.lost, 3);
	quality_found(&q, 4);
	quality_found(&q, 1);
	quality_bursts(&q, 6, &b);
	CHECK_INT(b.lost, 1);
	quality_bursts(&q, 0, &b);
	CHECK_NEAR(b.loss, 0, 0);
}

// Numbers in no order at all: nothing is counted twice, and nothing reads beyond its bits.
static void any_order_does_no_harm(void)
{
	uint64_t seed = 9;
	struct quality_loss q = {0};
	for (unsigned int i = 0; i < 100000; i++) {
		struct quality_bursts b;
		uint32_t at = sample_random(&seed) % 4 ? sample_random(&seed) % 5000 : sample_random(&seed);
		switch (sample_random(&seed) % 4) {
		case 0:
			quality_missing(&q, at, sample_random(&seed) % 100);
			break;
		case 1:
			quality_found(&q, at);
			break;
		case 2:
			quality_earlier(&q, at % 80);
			break;
		default:
			quality_settle(&q, at);
		}
		quality_bursts(&q, i, &b);
		CHECK(b.loss >= 0 && b.loss <= 1 && b.gap_loss <= 1 && b.clustering >= 1);
	}
}

static double r_of(unsigned int codec, double loss, double clustering, double delay)
{
	double r = -1;
	CHECK(quality_rate(codec, loss, clustering, delay, &r));
	return r;
}

static void ratings_as_published(void)
{
	// G.107 Annex B: R and MOS
	CHECK_NEAR(quality_mos(93.2), 4.41, 0.005);
	CHECK_NEAR(quality_mos(90), 4.34, 0.005);
	CHECK_NEAR(quality_mos(80), 4.03, 0.01);
	CHECK_NEAR(quality_mos(70), 3.60, 0.005);
	CHECK_NEAR(quality_mos(60), 3.10, 0.005);
	CHECK_NEAR(quality_mos(50), 2.58, 0.005);
	CHECK_NEAR(quality_mos(0), 1, 0);
	CHECK_NEAR(quality_mos(3), 1, 0);
	CHECK_NEAR(quality_mos(120), 4.5, 0);
	// G.711 with concealment and G.729A by G.113 Appendix I
	CHECK_NEAR(r_of(CODEC_PCMU, 0, 1, 0), 93.2, 0.01);
	CHECK_NEAR(93.2 - r_of(CODEC_PCMA, 0.02, 1, 0), 7, 0.1);
	CHECK_NEAR(93.2 - r_of(CODEC_G729, 0, 1, 0), 11, 0.01);
	CHECK_NEAR(93.2 - r_of(CODEC_G729, 0.02, 1, 0), 19, 0.1);
	CHECK_NEAR(93.2 - r_of(CODEC_G723, 0.02, 1, 0), 24, 0.2);
	// delay: G.107 without echo worth mention
	CHECK_NEAR(r_of(CODEC_PCMU, 0, 1, 150), 89.6, 0.1);
	CHECK_NEAR(r_of(CODEC_PCMU, 0, 1, 300), 72.5, 0.2);
	// a wide band is no worse than the narrow one, and clustered loss is worse than the same by chance
	CHECK(r_of(CODEC_L16_16K, 0, 1, 0) > 99);
	CHECK_NEAR(r_of(CODEC_G722, 0, 1, 0), 116 / 1.29, 0.01);
	CHECK(r_of(CODEC_PCMU, 0.03, 2, 0) < r_of(CODEC_PCMU, 0.03, 1, 0));
	double untouched = 12;
	CHECK(!quality_rate(CODEC_OPUS, 0, 1, 0, &untouched));
	CHECK(!quality_rate(CODEC_NONE, 0, 1, 0, &untouched));
	CHECK(!quality_rate(9999, 0, 1, 0, &untouched));
	CHECK_NEAR(untouched, 12, 0);
}

static void ratings_stay_in_range(void)
{
	for (unsigned int codec = 0; codec < CODEC_COUNT; codec++) {
		double r, before = 101;
		for (double loss = 0; loss <= 1; loss += 0.05) {
			if (!quality_rate(codec, loss, 1, 20, &r))
				break;
			CHECK(r >= 0 && r <= 100 && r <= before);
			before = r;
			CHECK(quality_mos(r) >= 1 && quality_mos(r) <= 4.5);
		}
		CHECK(quality_lookahead_ms(codec) <= 10);
	}
}

T_MAIN("quality", {"bursts as counted by hand", bursts_as_counted_by_hand},
       {"long gaps and odd numbers", long_gaps_and_odd_numbers},
       {"any order does no harm", any_order_does_no_harm}, {"ratings as published", ratings_as_published},
       {"ratings stay in range", ratings_stay_in_range})
