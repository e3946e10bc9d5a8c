// SPDX-License-Identifier: GPL-3.0-or-later
// rtcp_test.c - Compound RTCP from a hostile network, and the figures in reports.
#include "gw/rtcp.h"

#include <stdlib.h>

#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static enum drop_reason walk(const uint8_t *bytes, unsigned int len, unsigned int *ret_packets)
{
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	struct rtcp_reader r;
	struct rtcp_packet p;
	struct rtcp_block b;
	const uint8_t *text;
	uint32_t sum = 0;
	enum drop_reason why = rtcp_open(copy, len, &r);
	*ret_packets = 0;
	while (why == DROP_NONE && rtcp_next(&r, &p)) {
		++*ret_packets;
		for (unsigned int i = 0; p.blocks && i < p.count; i++) {
			rtcp_block_read(&p, i, &b);
			sum += b.max_seq;
		}
		for (unsigned int i = rtcp_cname(&p, &text); i > 0; i--)
			sum += text[i - 1];
		struct rtcp_voip voip;
		if (rtcp_voip_read(&p, 7, &voip))
			sum += voip.jitter_limit_ms;
		for (unsigned int i = 0; i < p.body_len; i++)
			sum += p.body[i];
	}
	free(copy);
	// The sum is wanted only for its reads.
	CHECK(sum != 0xdead1234 || sum);
	return why;
}

static unsigned int compound(uint8_t *buf, unsigned int cap)
{
	const struct rtcp_sender sender = {UINT64_C(0x1122334455667788), 0x99aabbcc, 50, 8000};
	const struct rtcp_block block = {.ssrc = 7,
					 .fraction = 64,
					 .lost = -3,
					 .max_seq = 70000,
					 .jitter = 12,
					 .last_sr = 0x33445566,
					 .since_sr = 65536};
	unsigned int len = rtcp_report_write(buf, 0, cap, 42, &sender, &block, 1);
	len = rtcp_sdes_write(buf, len, cap, 42, "slimline@example");
	return rtcp_bye_write(buf, len, cap, 42);
}

static void a_compound_goes_both_ways(void)
{
	uint8_t buf[256];
	unsigned int len = compound(buf, sizeof(buf));
	struct rtcp_reader r;
	struct rtcp_packet p;
	struct rtcp_block b;
	const uint8_t *text = NULL;
	CHECK_INT(len, 52 + 28 + 8);
	REQUIRE(rtcp_open(buf, len, &r) == DROP_NONE);
	REQUIRE(rtcp_next(&r, &p));
	CHECK(p.type == RTCP_SR && p.ssrc == 42 && p.count == 1);
	CHECK(p.sender.ntp == UINT64_C(0x1122334455667788) && p.sender.timestamp == 0x99aabbcc);
	CHECK(p.sender.packets == 50 && p.sender.octets == 8000);
	rtcp_block_read(&p, 0, &b);
	CHECK(b.ssrc == 7 && b.fraction == 64 && b.lost == -3 && b.max_seq == 70000 && b.jitter == 12);
	CHECK(b.last_sr == 0x33445566 && b.since_sr == 65536);
	REQUIRE(rtcp_next(&r, &p));
	CHECK_INT(p.type, RTCP_SDES);
	CHECK_INT(rtcp_cname(&p, &text), 16);
	CHECK_MEM(text, "slimline@example", 16);
	REQUIRE(rtcp_next(&r, &p));
	CHECK(p.type == RTCP_BYE && p.ssrc == 42);
	CHECK(!rtcp_next(&r, &p));
}

static void voip_metrics_go_both_ways(void)
{
	const struct rtcp_voip v = {.ssrc = 7,
				    .loss = 1,
				    .discard = 2,
				    .burst_density = 3,
				    .gap_density = 4,
				    .burst_ms = 500,
				    .gap_ms = 60000,
				    .round_trip_ms = 700,
				    .end_system_ms = 80,
				    .signal_level = 0xf0,
				    .noise_level = RTCP_VOIP_UNKNOWN,
				    .echo_return = 9,
				    .gmin = 16,
				    .r_factor = 93,
				    .r_external = 10,
				    .mos_lq = 44,
				    .mos_cq = 43,
				    .config = RTCP_VOIP_PLC_STANDARD,
				    .jitter_nominal_ms = 40,
				    .jitter_max_ms = 200,
				    .jitter_limit_ms = 201};
	uint8_t buf[128], again[128];
	struct rtcp_reader r;
	struct rtcp_packet p;
	struct rtcp_voip got = {0};
	unsigned int len = rtcp_report_write(buf, 0, sizeof(buf), 42, NULL, NULL, 0);
	unsigned int whole = rtcp_voip_write(buf, len, sizeof(buf), 42, &v);
	CHECK_INT(whole, len + 44);
	REQUIRE(rtcp_open(buf, whole, &r) == DROP_NONE);
	REQUIRE(rtcp_next(&r, &p));
	CHECK(!rtcp_voip_read(&p, 7, &got));
	REQUIRE(rtcp_next(&r, &p));
	CHECK_INT(p.type, RTCP_XR);
	CHECK_INT(p.ssrc, 42);
	CHECK(!rtcp_voip_read(&p, 8, &got));
	REQUIRE(rtcp_voip_read(&p, 7, &got));
	CHECK_INT(rtcp_voip_write(again, 0, sizeof(again), 42, &got), 44);
	CHECK_MEM(again, buf + len, 44);
	CHECK_INT(got.mos_cq, 43);
	CHECK_INT(got.gap_ms, 60000);
	CHECK_INT(got.jitter_limit_ms, 201);
	buf[len + 11] = 9; // the block claims more than there is
	CHECK(!rtcp_voip_read(&p, 7, &got));
	CHECK_INT(rtcp_voip_write(buf, len, len + 43, 42, &v), len);
}

static void what_does_not_fit_is_not_written(void)
{
	uint8_t buf[256];
	unsigned int full = compound(buf, sizeof(buf));
	for (unsigned int cap = 0; cap < full; cap++) {
		uint8_t *exact = malloc(cap ? cap : 1);
		CHECK(compound(exact, cap) <= cap);
		free(exact);
	}
	CHECK_INT(rtcp_report_write(buf, 0, sizeof(buf), 1, NULL, NULL, 0), 8);
}

static void unknown_types_are_skipped(void)
{
	uint8_t buf[64] = {0};
	struct rtcp_reader r;
	struct rtcp_packet p;
	unsigned int len = rtcp_report_write(buf, 0, sizeof(buf), 1, NULL, NULL, 0);
	memcpy(buf + len, "\x81\xcd\x00\x02\x00\x00\x00\x05pppp", 12);
	len = rtcp_bye_write(buf, len + 12, sizeof(buf), 1);
	REQUIRE(rtcp_open(buf, len, &r) == DROP_NONE);
	CHECK(rtcp_next(&r, &p) && p.type == RTCP_RR);
	CHECK(rtcp_next(&r, &p) && p.type == 205 && p.body_len == 8 && p.ssrc == 5);
	CHECK(rtcp_next(&r, &p) && p.type == RTCP_BYE);
}

static void damaged_compounds_are_refused(void)
{
	uint8_t buf[256], bad[256];
	unsigned int packets, len = compound(buf, sizeof(buf));
	CHECK_INT(walk(buf, len, &packets), DROP_NONE);
	CHECK_INT(packets, 3);
	for (unsigned int cut = 0; cut < len; cut++)
		if (cut != 52 && cut != 80)
			CHECK_INT(walk(buf, cut, &packets), DROP_rtcp_malformed);
	const struct {
		unsigned int at;
		uint8_t value;
	} flips[] = {{0, 0x41}, {1, 202}, {0, 0xa1}, {0, 0x82}, {3, 200}, {52, 0x01}, {55, 0xff}, {80, 0x9f}};
	for (unsigned int i = 0; i < sizeof(flips) / sizeof(flips[0]); i++) {
		memcpy(bad, buf, len);
		bad[flips[i].at] = flips[i].value;
		CHECK_INT(walk(bad, len, &packets), DROP_rtcp_malformed);
	}
}

static void random_damage_is_survived(void)
{
	uint64_t seed = 21;
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t buf[256];
		unsigned int packets, len = compound(buf, sizeof(buf));
		for (unsigned int i = 0; i < 4; i++)
			buf[sample_random(&seed) % len] = (uint8_t)sample_random(&seed);
		walk(buf, sample_random(&seed) % (len + 1), &packets);
	}
}

static void reports_say_what_was_lost_since(void)
{
	struct rtp_source s = {0};
	struct rtcp_memory m = {0};
	struct rtcp_block b;
	for (unsigned int n = 0; n < 100; n++)
		if (n % 4 != 3)
			rtp_source_update(&s, 5, (uint16_t)n, 160);
	rtcp_block_make(&m, &s, NSEC_PER_SEC, &b);
	CHECK(b.ssrc == 5 && b.last_sr == 0 && b.since_sr == 0 && b.max_seq == 98);
	CHECK_INT(b.lost, 24);
	CHECK_INT(b.fraction, 24 * 256 / 99);
	rtcp_sr_note(&m, &(struct rtcp_sender){.ntp = UINT64_C(0x0000111122223333)}, 2 * NSEC_PER_SEC);
	for (unsigned int n = 99; n < 200; n++)
		rtp_source_update(&s, 5, (uint16_t)n, 160);
	rtcp_block_make(&m, &s, 2 * NSEC_PER_SEC + NSEC_PER_SEC / 2, &b);
	CHECK_INT(b.fraction, 0);
	CHECK_INT(b.lost, 24);
	CHECK_INT(b.last_sr, 0x11112222);
	CHECK_NEAR(b.since_sr, 32768, 1);
}

static void round_trip_is_time_less_delay(void)
{
	// RFC 3550 figure 2: 6.125 s of round trip.
	const struct rtcp_block b = {.last_sr = 0xb7052000, .since_sr = 0x00054000};
	uint64_t ntp = (uint64_t)0xb7108000 << 16;
	CHECK_INT(rtcp_round_trip(&b, ntp), 6125 * NSEC_PER_MSEC);
	CHECK_INT(rtcp_round_trip(&(struct rtcp_block){0}, ntp), 0);
	CHECK_INT(rtcp_round_trip(&(struct rtcp_block){.last_sr = 0xb7108001}, ntp), 0);
	// The wall clock was set forward by an hour since our report.
	CHECK_INT(rtcp_round_trip(&b, ntp + ((uint64_t)3600 << 32)), 0);
}

static void intervals_spread_by_half(void)
{
	CHECK_INT(rtcp_due(1000, 5000, 0), 1000 + 2500);
	CHECK_INT(rtcp_due(1000, 5000, UINT32_MAX), 1000 + 7499);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"a_compound_goes_both_ways", a_compound_goes_both_ways},
		{"voip_metrics_go_both_ways", voip_metrics_go_both_ways},
		{"what_does_not_fit_is_not_written", what_does_not_fit_is_not_written},
		{"unknown_types_are_skipped", unknown_types_are_skipped},
		{"damaged_compounds_are_refused", damaged_compounds_are_refused},
		{"random_damage_is_survived", random_damage_is_survived},
		{"reports_say_what_was_lost_since", reports_say_what_was_lost_since},
		{"round_trip_is_time_less_delay", round_trip_is_time_less_delay},
		{"intervals_spread_by_half", intervals_spread_by_half},
	};
	return t_main("rtcp", tests, sizeof(tests) / sizeof(tests[0]));
}
