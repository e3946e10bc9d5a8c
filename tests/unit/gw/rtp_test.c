// SPDX-License-Identifier: GPL-3.0-or-later
// rtp_test.c - RTP headers from a hostile network, sequence numbers and telephone-events.
#include "gw/rtp.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static enum drop_reason parse(const uint8_t *bytes, unsigned int len, struct rtp_header *ret)
{
	// An exact copy, so that a sanitizer sees every step past the end.
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, bytes, len);
	enum drop_reason why = rtp_header_parse(copy, len, ret);
	free(copy);
	return why;
}

static void a_plain_header_goes_both_ways(void)
{
	uint8_t packet[172] = {0};
	const struct rtp_header in = {.timestamp = 0xdeadbeef,
				      .ssrc = 0x01020304,
				      .seq = 65535,
				      .payload_type = 101,
				      .marker = true};
	struct rtp_header out;
	rtp_header_write(packet, &in);
	CHECK_MEM(packet, "\x80\xe5\xff\xff\xde\xad\xbe\xef\x01\x02\x03\x04", 12);
	CHECK_INT(parse(packet, sizeof(packet), &out), DROP_NONE);
	CHECK(out.timestamp == in.timestamp && out.ssrc == in.ssrc && out.seq == in.seq && out.marker);
	CHECK_INT(out.payload_type, 101);
	CHECK_INT(out.payload_offset, 12);
	CHECK_INT(out.payload_len, 160);
}

static void csrc_extension_and_padding_are_stepped_over(void)
{
	uint8_t packet[64] = {0xb2, 0x08};
	struct rtp_header h;
	packet[12 + 8 + 3] = 2; // extension of two words
	packet[63] = 5;
	CHECK_INT(parse(packet, 64, &h), DROP_NONE);
	CHECK_INT(h.payload_offset, 12 + 8 + 4 + 8);
	CHECK_INT(h.payload_len, 64 - 32 - 5);
	CHECK_INT(h.payload_type, 8);
}

static void each_flaw_has_its_name(void)
{
	struct rtp_header h = {.seq = 77};
	uint8_t p[64] = {0x80};
	CHECK_INT(parse(p, 0, &h), DROP_rtp_short);
	CHECK_INT(parse(p, 11, &h), DROP_rtp_short);
	CHECK_INT(parse(p, 12, &h), DROP_rtp_empty);
	p[0] = 0x40;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_version);
	p[0] = 0x8f;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_csrc);
	p[0] = 0x90;
	CHECK_INT(parse(p, 15, &h), DROP_rtp_extension);
	p[14] = 0xff;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_extension);
	p[0] = 0xa0;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_padding); // padding of 0
	p[63] = 53;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_padding);
	p[63] = 52;
	CHECK_INT(parse(p, 64, &h), DROP_rtp_empty);
	CHECK_INT(h.seq, 77);
}

static void random_bytes_never_point_outside(void)
{
	uint64_t seed = 11;
	for (unsigned int round = 0; round < 20000; round++) {
		uint8_t p[96];
		unsigned int len = sample_random(&seed) % sizeof(p);
		for (unsigned int i = 0; i < len; i++)
			p[i] = (uint8_t)sample_random(&seed);
		p[0] = (uint8_t)((p[0] & 0x3f) | 0x80);
		struct rtp_header h;
		if (parse(p, len, &h) == DROP_NONE)
			CHECK(h.payload_len > 0 && h.payload_offset >= 12 &&
			      h.payload_offset + h.payload_len <= len);
	}
}

// --- sequence numbers ---

static enum rtp_verdict seq(struct rtp_source *s, uint32_t ssrc, unsigned int n)
{
	return rtp_source_update(s, ssrc, (uint16_t)n, 160);
}

static void numbers_count_across_the_wrap(void)
{
	struct rtp_source s = {0};
	CHECK_INT(seq(&s, 9, 65530), RTP_FIRST);
	for (unsigned int n = 65531; n < 65531 + 200000; n++)
		CHECK_INT(seq(&s, 9, n), RTP_NEXT);
	CHECK_INT(rtp_source_expected(&s), 200001);
	CHECK_INT(rtp_source_lost(&s), 0);
	CHECK_INT(s.max_seq, 65530 + 200000);
	CHECK_INT(s.octets, 200001 * 160);
}

static void gaps_duplicates_and_late_comers_are_told_apart(void)
{
	struct rtp_source s = {0};
	seq(&s, 9, 100);
	CHECK_INT(seq(&s, 9, 105), RTP_NEXT);
	CHECK_INT(rtp_source_lost(&s), 4);
	CHECK_INT(seq(&s, 9, 103), RTP_REORDERED);
	CHECK_INT(seq(&s, 9, 103), RTP_DUPLICATE);
	CHECK_INT(seq(&s, 9, 105), RTP_DUPLICATE);
	CHECK_INT(seq(&s, 9, 100), RTP_DUPLICATE);
	CHECK_INT(rtp_source_lost(&s), 3);
	CHECK_INT(seq(&s, 9, 99), RTP_REORDERED); // older than the first
	CHECK_INT(rtp_source_expected(&s), 7);
	CHECK_INT(rtp_source_lost(&s), 3);
	CHECK_INT(seq(&s, 9, 105 - 64), RTP_STALE);
	CHECK_INT(seq(&s, 9, 105 + 200), RTP_NEXT);
	CHECK_INT(seq(&s, 9, 105), RTP_PROBATION); // 200 behind: a jump
}

static void a_restart_needs_two_in_a_row(void)
{
	struct rtp_source s = {0};
	for (unsigned int n = 0; n < 10; n++)
		seq(&s, 9, n);
	CHECK_INT(seq(&s, 9, 20000), RTP_PROBATION);
	CHECK_INT(seq(&s, 9, 10), RTP_NEXT);
	CHECK_INT(seq(&s, 9, 30000), RTP_PROBATION);
	CHECK_INT(seq(&s, 9, 30001), RTP_RESTARTED);
	CHECK_INT(seq(&s, 9, 30002), RTP_NEXT);
	CHECK_INT(s.packets, 13);
	CHECK_INT(rtp_source_lost(&s), 1); // the one on probation
	CHECK_INT(seq(&s, 8, 500), RTP_PROBATION);
	CHECK_INT(seq(&s, 7, 501), RTP_PROBATION);
	CHECK_INT(seq(&s, 7, 502), RTP_RESTARTED);
	CHECK_INT(s.ssrc, 7);
	CHECK_INT(rtp_source_lost(&s), 2);
	CHECK_INT(seq(&s, 9, 30003), RTP_PROBATION); // a stray of the old sender
	CHECK_INT(seq(&s, 7, 503), RTP_NEXT);
}

// Random loss, duplication and reordering within the window against plain counting.
static void counts_agree_with_the_plain_truth(void)
{
	struct rtp_source s = {0};
	uint64_t seed = 3;
	static uint8_t seen[50000];
	memset(seen, 0, sizeof(seen));
	unsigned int base = 65000, received = 1, top = 0;
	seq(&s, 1, base);
	seen[0] = 1;
	for (unsigned int n = 1; n + 60 < sizeof(seen); n++) {
		unsigned int at =
			sample_random(&seed) % 10 == 0 && n > 50 ? n - sample_random(&seed) % 50 : n;
		if (sample_random(&seed) % 20 == 0)
			continue;
		enum rtp_verdict v = seq(&s, 1, base + at);
		CHECK_INT(v == RTP_DUPLICATE, seen[at]);
		CHECK(v == RTP_DUPLICATE || (v == RTP_NEXT) == (at > top));
		received += !seen[at];
		seen[at] = 1;
		top = at > top ? at : top;
	}
	CHECK_INT(s.packets, received);
	CHECK_INT(rtp_source_expected(&s), top + 1);
	CHECK_INT(rtp_source_lost(&s), top + 1 - received);
}

static void jitter_follows_the_rfc(void)
{
	struct rtp_source s = {0};
	uint32_t ts = 0xfffffff0, arrival = 123;
	rtp_source_time(&s, RTP_FIRST, ts, arrival);
	for (unsigned int i = 0; i < 400; i++) {
		ts += 160;
		arrival += 160 + (i % 2 ? 40 : -40u); // differences of 80 in turn
		rtp_source_time(&s, RTP_NEXT, ts, arrival);
	}
	CHECK_NEAR(s.jitter / 16.0, 40, 1);
}

static void time_becomes_clock_units(void)
{
	CHECK_INT(rtp_units(20 * NSEC_PER_MSEC, rtp_rate(8000)), 159); // rounded down
	CHECK_INT(rtp_units(20 * NSEC_PER_MSEC + 1, rtp_rate(8000)), 160);
	uint64_t year = UINT64_C(31557600) * NSEC_PER_SEC;
	CHECK_INT(rtp_units(year + NSEC_PER_SEC, rtp_rate(48000)) - rtp_units(year, rtp_rate(48000)), 48000);
}

// --- telephone-events ---

static void events_parse_and_write(void)
{
	struct rtp_event e;
	const uint8_t bytes[4] = {11, 0x8a, 0x03, 0x20};
	uint8_t out[4];
	CHECK_INT(rtp_event_parse(bytes, 3, &e), -EINVAL);
	CHECK_INT(rtp_event_parse(bytes, 4, &e), 0);
	CHECK(e.event == 11 && e.end && e.volume == 10 && e.duration == 800);
	rtp_event_write(out, &e);
	CHECK_MEM(out, bytes, 4);
}

static void an_event_is_sent_as_the_rfc_asks(void)
{
	struct rtp_event_tx tx = {0};
	struct rtp_event e;
	uint8_t payload[4];
	uint32_t ts = 0;
	bool marker = false;
	CHECK_INT(rtp_event_next(&tx, 160, payload, &ts, &marker), 0);
	rtp_event_send(&tx, 5, 10, 4000, 400);
	const uint16_t durations[] = {160, 320, 400, 400, 400};
	for (unsigned int i = 0; i < 5; i++) {
		CHECK(rtp_event_sending(&tx));
		CHECK_INT(rtp_event_next(&tx, 160, payload, &ts, &marker), 4);
		rtp_event_parse(payload, 4, &e);
		CHECK_INT(e.duration, durations[i]);
		CHECK_INT(e.end, i >= 2);
		CHECK_INT(marker, i == 0);
		CHECK_INT(ts, 4000);
	}
	CHECK(!rtp_event_sending(&tx));
}

static void every_event_counts_once_under_loss_and_reordering(void)
{
	uint64_t seed = 5;
	struct rtp_event_rx rx = {0};
	nsec_t now = 0;
	unsigned int reported = 0, sent = 0;
	for (unsigned int n = 0; n < 2000; n++) {
		struct rtp_event_tx tx;
		struct rtp_event e;
		uint8_t payload[4];
		uint32_t ts;
		bool marker, any = false;
		rtp_event_send(&tx, (uint8_t)(n % 16), 10, 1000 + n * 1600, 800);
		while (rtp_event_sending(&tx)) {
			rtp_event_next(&tx, 160, payload, &ts, &marker);
			now += 20 * NSEC_PER_MSEC;
			if (sample_random(&seed) % 20 == 0)
				continue;
			any = true;
			rtp_event_parse(payload, 4, &e);
			if (rtp_event_receive(&rx, &e, ts, now)) {
				CHECK_INT(rx.event, n % 16);
				reported++;
			}
			if (sample_random(&seed) % 20 == 0) // a copy
				CHECK(!rtp_event_receive(&rx, &e, ts, now));
			if (n > 0 && sample_random(&seed) % 20 == 0) // the last event's end, overtaken
				CHECK(!rtp_event_receive(&rx, &e, ts - 1600, now));
		}
		sent += any;
	}
	CHECK_INT(reported, sent);
}

static void a_lost_end_times_out(void)
{
	struct rtp_event_rx rx = {0};
	const struct rtp_event e = {.event = 1, .duration = 160};
	CHECK(!rtp_event_active(&rx, 0));
	CHECK(rtp_event_receive(&rx, &e, 1, 1000));
	CHECK(rtp_event_active(&rx, 1000 + 90 * NSEC_PER_MSEC));
	CHECK(!rtp_event_active(&rx, 1000 + 110 * NSEC_PER_MSEC));
}

int main(void)
{
	static const struct t_test tests[] = {
		{"a_plain_header_goes_both_ways", a_plain_header_goes_both_ways},
		{"csrc_extension_and_padding_are_stepped_over", csrc_extension_and_padding_are_stepped_over},
		{"each_flaw_has_its_name", each_flaw_has_its_name},
		{"random_bytes_never_point_outside", random_bytes_never_point_outside},
		{"numbers_count_across_the_wrap", numbers_count_across_the_wrap},
		{"gaps_duplicates_and_late_comers_are_told_apart",
		 gaps_duplicates_and_late_comers_are_told_apart},
		{"a_restart_needs_two_in_a_row", a_restart_needs_two_in_a_row},
		{"counts_agree_with_the_plain_truth", counts_agree_with_the_plain_truth},
		{"jitter_follows_the_rfc", jitter_follows_the_rfc},
		{"time_becomes_clock_units", time_becomes_clock_units},
		{"events_parse_and_write", events_parse_and_write},
		{"an_event_is_sent_as_the_rfc_asks", an_event_is_sent_as_the_rfc_asks},
		{"every_event_counts_once_under_loss_and_reordering",
		 every_event_counts_once_under_loss_and_reordering},
		{"a_lost_end_times_out", a_lost_end_times_out},
	};
	return t_main("rtp", tests, sizeof(tests) / sizeof(tests[0]));
}
