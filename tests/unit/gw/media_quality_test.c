// SPDX-License-Identifier: GPL-3.0-or-later
// media_quality_test.c - Figures of a stream against what its simulated network did; reports of them; one-way calls.
#include "gw/rtcp.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

static struct rig *call(enum codec_id a, enum codec_id b, uint32_t flags)
{
	struct media_limits l = {.streams = 8,
				 .conferences = 4,
				 .voices = 8,
				 .rtcp_interval_ms = 1000,
				 .seed = 3,
				 .cname = "gw@test"};
	struct rig *r = rig_new(&l);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, a, 20, flags, 400, -16) == 0);
	REQUIRE(rig_open(r, 1, c, b, 20, flags, 1000, -16) == 0);
	return r;
}

static struct stream_stats stats(struct rig *r, unsigned int phone)
{
	struct stream_stats s;
	CHECK_INT(media_stream_stats(r->media, r->phone[phone].stream, r->now, &s), 0);
	return s;
}

static void a_clean_call(enum codec_id other, bool voiced)
{
	struct rig *r = call(CODEC_PCMU, other, BOTH);
	struct stream_stats s = stats(r, 0);
	CHECK_INT(s.quality.loss_ppm, STREAM_UNKNOWN);
	CHECK_INT(s.quality.mos_lq, STREAM_UNKNOWN);
	CHECK_INT(s.quality.one_way, STREAM_TWO_WAY);
	rig_run(r, 10000);
	s = stats(r, 0);
	CHECK_INT(s.quality.loss_ppm, 0);
	CHECK_INT(s.quality.bursts, 0);
	CHECK_INT(s.quality.r_lq, 932);
	CHECK_INT(s.quality.mos_lq, 441);
	CHECK_INT(s.quality.r_cq, STREAM_UNKNOWN);
	CHECK_INT(s.quality.remote_r, STREAM_UNKNOWN);
	CHECK_INT(s.quality.one_way, STREAM_TWO_WAY);
	CHECK_INT(s.quality.concealed_ppm, voiced ? 0 : STREAM_UNKNOWN);
	CHECK_INT(s.quality.silence_ppm, voiced ? 0 : STREAM_UNKNOWN);
	rig_free(r);
}

static void clean_calls(void)
{
	a_clean_call(CODEC_PCMU, false);
	a_clean_call(CODEC_G722, true);
}

// Every tenth packet is lost, one at a time: closer than Gmin, so it is one long burst.
static void loss_shows(enum codec_id other, bool voiced)
{
	struct rig *r = call(CODEC_PCMU, other, BOTH);
	r->phone[0].lose_every = 10;
	rig_run(r, 20000);
	struct stream_stats s = stats(r, 0);
	CHECK_NEAR(s.quality.loss_ppm, 100000, 2000);
	CHECK_INT(s.quality.bursts, 1);
	CHECK_NEAR(s.quality.burst_loss_ppm, 100000, 2000);
	CHECK_NEAR(s.quality.burst_ms, 19800, 300);
	CHECK_NEAR(s.quality.r_lq / 10.0, 93.2 - 95 * 10 / (10 + 25.1), 0.7);
	if (voiced)
		CHECK_NEAR(s.quality.concealed_ppm, 100000, 5000);
	r->phone[0].lose_every = 50; // alone: they belong to the gap
	rig_run(r, 20000);
	s = stats(r, 0);
	CHECK_INT(s.quality.bursts, 1);
	CHECK_NEAR(s.quality.gap_loss_ppm, 20000, 2500);
	rig_free(r);
}

static void losses(void)
{
	loss_shows(CODEC_PCMU, false);
	loss_shows(CODEC_G722, true);
}

// A network that suddenly takes 100 ms longer: what comes too late is no use, though it comes.
static void late_is_lost(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_G722, BOTH);
	rig_run(r, 5000);
	r->phone[0].delay_ms = 100;
	rig_run(r, 200);
	stats(r, 0);
	rig_run(r, 4800);
	struct stream_stats s = stats(r, 0);
	CHECK_INT(s.lost, 0);
	CHECK(s.late > 0);
	CHECK(s.quality.discard_ppm > 0 && s.quality.discard_ppm == s.quality.loss_ppm);
	CHECK(s.quality.concealed_ppm > s.quality.discard_ppm / 2);
	CHECK(s.jitter_max_ns >= s.jitter_ns && s.jitter_max_ns > NSEC_PER_MSEC);
	rig_free(r);
}

static void silence_is_measured(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_G722, BOTH);
	rig_run(r, 5000);
	r->phone[0].dbm0 = -70;
	rig_run(r, 5000);
	r->phone[0].sends = false; // says nothing at all: silence as well
	rig_run(r, 5000);
	CHECK_NEAR(stats(r, 0).quality.silence_ppm, 2e6 / 3, 20000);
	rig_free(r);
}

// Reads the next report of a stream.
static unsigned int next_report(struct rig *r, uint32_t stream, uint8_t buf[MEDIA_RTCP_MAX])
{
	for (unsigned int t = 0; t < 4000; t++) {
		uint32_t whose;
		unsigned int len;
		rig_run(r, 1);
		while ((len = media_rtcp_next(r->media, r->now, (uint64_t)r->now << 2, buf, &whose)) > 0)
			if (whose == stream)
				return len;
	}
	return 0;
}

static bool voip_of(const uint8_t *buf, unsigned int len, uint32_t ssrc, struct rtcp_voip *ret)
{
	struct rtcp_reader reader;
	struct rtcp_packet p;
	CHECK_INT(rtcp_open(buf, len, &reader), DROP_NONE);
	while (rtcp_next(&reader, &p))
		if (rtcp_voip_read(&p, ssrc, ret))
			return true;
	return false;
}

static void reports_carry_voip_metrics(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_G722, BOTH);
	uint8_t buf[MEDIA_RTCP_MAX];
	struct rtcp_voip v;
	r->phone[0].lose_every = 4;
	rig_run(r, 10000);
	unsigned int len = next_report(r, r->phone[0].stream, buf);
	REQUIRE(voip_of(buf, len, r->phone[0].ssrc, &v));
	CHECK_NEAR(v.loss, 64, 2);
	CHECK_INT(v.discard, 0);
	CHECK_NEAR(v.burst_density, 64, 2);
	CHECK_INT(v.gmin, 16);
	CHECK_NEAR((int8_t)v.signal_level, -16, 1);
	CHECK_INT(v.noise_level, RTCP_VOIP_UNKNOWN);
	CHECK_NEAR(v.r_factor, 93.2 - 95 * 25 / (25 + 25.1), 1);
	CHECK(v.mos_lq >= 10 && v.mos_lq < 30);
	CHECK_INT(v.mos_cq, RTCP_VOIP_UNKNOWN);
	CHECK_INT(v.config & 0xf0, RTCP_VOIP_PLC_STANDARD | RTCP_VOIP_JITTER_ADAPTIVE);
	CHECK(v.end_system_ms >= 40 && v.end_system_ms < 200);
	// and the far end's are taken up, if they are about us
	struct rtcp_voip theirs = {.ssrc = r->phone[1].rx_ssrc,
				   .loss = 26,
				   .discard = 13,
				   .r_factor = 71,
				   .mos_lq = 36,
				   .mos_cq = RTCP_VOIP_UNKNOWN};
	len = rtcp_report_write(buf, 0, sizeof(buf), 9, NULL, NULL, 0);
	len = rtcp_voip_write(buf, len, sizeof(buf), 9, &theirs);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[1].stream, buf, len, r->now), DROP_NONE);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[0].stream, buf, len, r->now), DROP_NONE);
	struct stream_stats s = stats(r, 1);
	CHECK_NEAR(s.quality.remote_loss_ppm, 39 * 1e6 / 256, 1);
	CHECK_INT(s.quality.remote_r, 710);
	CHECK_INT(s.quality.remote_mos_lq, 360);
	CHECK_INT(s.quality.remote_mos_cq, STREAM_UNKNOWN);
	CHECK_INT(stats(r, 0).quality.remote_r, STREAM_UNKNOWN);
	rig_free(r);
}

static void delay_lowers_the_conversation(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_G722, BOTH);
	uint8_t buf[MEDIA_RTCP_MAX];
	rig_run(r, 3000);
	REQUIRE(next_report(r, r->phone[0].stream, buf) > 0);
	// the far end answers at once with a report that we sent 400 ms ago
	uint64_t then = (uint64_t)(r->now) << 2;
	uint64_t trip = (UINT64_C(400) << 32) / 1000;
	struct rtcp_block b = {.ssrc = r->phone[0].rx_ssrc, .last_sr = (uint32_t)((then - trip) >> 16)};
	unsigned int len = rtcp_report_write(buf, 0, sizeof(buf), 9, NULL, &b, 1);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[0].stream, buf, len, r->now), DROP_NONE);
	struct stream_stats s = stats(r, 0);
	CHECK_NEAR(s.round_trip_ns / 1e6, 400, 10);
	CHECK(s.quality.end_delay_ms >= 240 && s.quality.end_delay_ms < 300);
	CHECK_INT(s.quality.r_lq, 932);
	CHECK(s.quality.r_cq < 820 && s.quality.r_cq > 700);
	CHECK(s.quality.mos_cq < s.quality.mos_lq);
	rig_free(r);
}

static void far_end_reports(struct rig *r, unsigned int phone, uint32_t max_seq, bool block)
{
	uint8_t buf[MEDIA_RTCP_MAX];
	struct rtcp_block b = {.ssrc = r->phone[phone].rx_ssrc, .max_seq = max_seq};
	unsigned int len = rtcp_report_write(buf, 0, sizeof(buf), 9, NULL, &b, block);
	CHECK_INT(media_rtcp_ingest(r->media, r->phone[phone].stream, buf, len, r->now), DROP_NONE);
}

static void one_way_calls(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_PCMU, BOTH);
	rig_run(r, 3000);
	r->phone[1].sends = false;
	rig_run(r, 4000);
	CHECK_INT(stats(r, 1).quality.one_way, STREAM_TWO_WAY);
	rig_run(r, 4000);
	CHECK_INT(stats(r, 1).quality.one_way, STREAM_HEARS_NOTHING);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_SAYS_NOTHING);
	r->phone[0].sends = false;
	rig_run(r, 6000);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_DEAD);
	r->phone[0].sends = r->phone[1].sends = true;
	r->phone[0].next = r->phone[1].next = r->now;
	rig_run(r, 200);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_TWO_WAY);
	// all is well here, but the far end never sees a packet of ours
	far_end_reports(r, 0, 0, false);
	rig_run(r, 3000);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_TWO_WAY);
	far_end_reports(r, 0, 0, false);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_UNHEARD);
	far_end_reports(r, 0, 5, true);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_TWO_WAY);
	rig_run(r, 3000);
	far_end_reports(r, 0, 5, true);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_UNHEARD);
	far_end_reports(r, 0, 155, true);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_TWO_WAY);
	rig_free(r);
	// a stream that is meant to go one way is none
	r = call(CODEC_PCMU, CODEC_PCMU, STREAM_RECV);
	rig_run(r, 8000);
	CHECK_INT(stats(r, 0).quality.one_way, STREAM_TWO_WAY);
	rig_free(r);
}

static void goodbye(void)
{
	struct rig *r = call(CODEC_PCMU, CODEC_PCMU, BOTH);
	uint8_t buf[MEDIA_RTCP_MAX];
	struct rtcp_reader reader;
	struct rtcp_packet p = {0};
	uint32_t stream = r->phone[0].stream;
	CHECK_INT(media_rtcp_bye(r->media, stream, r->now, 1, buf), 0); // nothing was ever sent
	rig_run(r, 1000);
	unsigned int len = media_rtcp_bye(r->media, stream, r->now, 1, buf);
	REQUIRE(rtcp_open(buf, len, &reader) == DROP_NONE);
	while (rtcp_next(&reader, &p))
		;
	CHECK_INT(p.type, RTCP_BYE);
	CHECK_INT(p.ssrc, r->phone[0].rx_ssrc);
	rig_close(r, 0);
	CHECK_INT(media_rtcp_bye(r->media, stream, r->now, 1, buf), 0);
	rig_free(r);
}

T_MAIN("media_quality", {"clean calls", clean_calls}, {"losses", losses}, {"late is lost", late_is_lost},
       {"silence is measured", silence_is_measured},
       {"reports carry VoIP metrics", reports_carry_voip_metrics},
       {"delay lowers the conversation", delay_lowers_the_conversation}, {"one-way calls", one_way_calls},
       {"goodbye", goodbye})
