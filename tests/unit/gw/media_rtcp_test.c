// SPDX-License-Identifier: GPL-3.0-or-later
// media_rtcp_test.c - Reports made and understood, silence told, events told once.
#include "gw/rtcp.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH      (STREAM_RECV | STREAM_SEND)
#define NTP_START (UINT64_C(3900000000) << 32)

static uint64_t ntp_of(nsec_t now)
{
	return NTP_START + (uint64_t)(((unsigned __int128)now << 32) / NSEC_PER_SEC);
}

struct seen {
	unsigned int reports, senders;
	nsec_t last;
	nsec_t gap_min, gap_max;
	struct rtcp_sender sender;
	struct rtcp_block block;
	uint32_t ssrc;
};

// Runs and reads every report; those of `stream` go to `ret`.
static void run_reading(struct rig *r, unsigned int ms, uint32_t stream, struct seen *ret)
{
	for (unsigned int t = 0; t < ms; t++) {
		uint8_t buf[MEDIA_RTCP_MAX];
		uint32_t whose;
		unsigned int len;
		rig_run(r, 1);
		while ((len = media_rtcp_next(r->media, r->now, ntp_of(r->now), buf, &whose)) > 0) {
			struct rtcp_reader reader;
			struct rtcp_packet p;
			const uint8_t *name;
			REQUIRE(rtcp_open(buf, len, &reader) == DROP_NONE);
			REQUIRE(rtcp_next(&reader, &p));
			if (whose == stream) {
				nsec_t gap = r->now - ret->last;
				if (ret->reports++ > 0) {
					ret->gap_min =
						ret->gap_min && ret->gap_min < gap ? ret->gap_min : gap;
					ret->gap_max = ret->gap_max > gap ? ret->gap_max : gap;
				}
				ret->last = r->now;
				ret->senders += p.type == RTCP_SR;
				ret->sender = p.sender;
				ret->ssrc = p.ssrc;
				if (p.count)
					rtcp_block_read(&p, 0, &ret->block);
			}
			REQUIRE(rtcp_next(&reader, &p));
			CHECK_INT(p.type, RTCP_SDES);
			CHECK_INT(rtcp_cname(&p, &name), 7);
			CHECK_MEM(name, "gw@test", 7);
		}
	}
}

static struct rig *reporting(enum codec_id other)
{
	struct media_limits l = {.streams = 8,
				 .conferences = 4,
				 .voices = 8,
				 .rtcp_interval_ms = 1000,
				 .silent_s = 3,
				 .seed = 11,
				 .cname = "gw@test"};
	struct rig *r = rig_new(&l);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 400, -10) == 0);
	REQUIRE(rig_open(r, 1, c, other, 20, BOTH, 400, -10) == 0);
	return r;
}

static void reports(enum codec_id other)
{
	struct rig *r = reporting(other);
	struct seen s = {0};
	r->phone[1].lose_every = 10;
	run_reading(r, 30000, r->phone[1].stream, &s);
	CHECK(s.reports >= 20 && s.reports <= 45);
	CHECK(s.gap_min < 800 * NSEC_PER_MSEC && s.gap_min >= 480 * NSEC_PER_MSEC);
	CHECK(s.gap_max > 1200 * NSEC_PER_MSEC && s.gap_max <= 1540 * NSEC_PER_MSEC);
	CHECK_INT(s.senders, s.reports);
	CHECK_INT(s.ssrc, r->phone[1].rx_ssrc);
	CHECK_INT(s.block.ssrc, r->phone[1].ssrc);
	CHECK_NEAR(s.block.lost, r->phone[1].sent / 10.0, 8);
	CHECK_NEAR(s.block.fraction, 256 / 10.0, 15);
	CHECK_NEAR(s.sender.packets, r->phone[1].packets, 80);
	// the sender's timestamp belongs to the instant of the report
	double lag = (double)(int32_t)(r->phone[1].rx_ts - s.sender.timestamp) / 8 -
		     (double)((int64_t)r->phone[1].rx_last - (int64_t)s.last) / 1e6;
	CHECK_NEAR(lag, 0, 25);
	rig_free(r);
}

static void relayed_and_ticked(void)
{
	reports(CODEC_PCMU);
	reports(CODEC_G722);
}

static void round_trip(void)
{
	struct rig *r = reporting(CODEC_PCMU);
	struct seen s = {0};
	struct stream_stats stats;
	run_reading(r, 3000, r->phone[1].stream, &s);
	REQUIRE(s.reports > 0);
	// the far end heard our report 40 ms after it left, answers 100 ms later, and the answer takes 40 ms too
	struct rtcp_block b = {.ssrc = s.ssrc,
			       .lost = 12,
			       .last_sr = (uint32_t)(ntp_of(r->now - 180 * NSEC_PER_MSEC) >> 16),
			       .since_sr = 6554};
	uint8_t buf[200];
	unsigned int len = rtcp_report_write(buf, 0, sizeof(buf), r->phone[1].ssrc, NULL, &b, 1);
	len = rtcp_sdes_write(buf, len, sizeof(buf), r->phone[1].ssrc, "phone");
	len = rtcp_bye_write(buf, len, sizeof(buf), r->phone[1].ssrc);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[1].stream, buf, len, r->now), DROP_NONE);
	media_stream_stats(r->media, r->phone[1].stream, r->now, &stats);
	CHECK_NEAR(stats.round_trip_ns / 1e6, 80, 1);
	CHECK_INT(stats.remote_lost, 12);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[1].stream, buf, len - 3, r->now), DROP_rtcp_malformed);
	rig_free(r);
}

// The type of the first packet of the stream's next farewell.
static unsigned int goodbye_type(struct rig *r, uint32_t stream)
{
	uint8_t buf[MEDIA_RTCP_MAX];
	unsigned int len = media_rtcp_bye(r->media, stream, r->now, ntp_of(r->now), buf);
	return len ? buf[1] : 0;
}

// RFC 3550 s6.4: who has sent since the last report, or the one before, sends a sender report.
static void sender_reports(void)
{
	struct rig *r = reporting(CODEC_PCMU);
	struct seen s = {0};
	run_reading(r, 3000, r->phone[1].stream, &s);
	CHECK_INT(goodbye_type(r, r->phone[1].stream), RTCP_SR); // speaks
	CHECK_INT(goodbye_type(r, r->phone[1].stream), RTCP_SR); // a moment after that report
	CHECK_INT(goodbye_type(r, r->phone[1].stream), RTCP_RR); // nothing since two reports
	rig_free(r);
}

static void silence_is_told(void)
{
	struct rig *r = reporting(CODEC_PCMU);
	struct seen s = {0};
	struct media_event e;
	unsigned int silent = 0, first = 0;
	run_reading(r, 2000, 0, &s);
	r->phone[1].sends = false;
	run_reading(r, 10000, 0, &s);
	r->phone[1].next = r->now;
	r->phone[1].sends = true;
	run_reading(r, 2000, 0, &s);
	r->phone[1].sends = false;
	run_reading(r, 8000, 0, &s);
	while (media_event_next(r->media, &e)) {
		silent += e.kind == MEDIA_SILENT && e.stream == r->phone[1].stream && e.value == 3;
		CHECK(e.kind != MEDIA_SILENT || e.stream != r->phone[0].stream);
		first += e.kind == MEDIA_FIRST_PACKET;
	}
	CHECK_INT(silent, 2); // once for each
	CHECK_INT(first, 2);
	rig_free(r);
}

T_MAIN("media_rtcp", {"reports of relayed and ticked streams", relayed_and_ticked},
       {"round trip", round_trip}, {"sender reports", sender_reports}, {"silence is told", silence_is_told})
