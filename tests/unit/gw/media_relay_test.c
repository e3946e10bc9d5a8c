// SPDX-License-Identifier: GPL-3.0-or-later
// media_relay_test.c - Two parties of one codec: headers rewritten, sound untouched, one unbroken source to the receiver.
#include <errno.h>
#include <stdlib.h>

#include "gw/rtp.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

static void unbroken(const struct phone *p)
{
	CHECK_INT(p->ssrc_breaks, 0);
	CHECK_INT(p->seq_breaks, 0);
	CHECK_INT(p->ts_breaks, 0);
}

// Makes one packet by hand.
static void relays(void)
{
	uint32_t c;
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, &c);
	struct stream_stats a, b;
	CHECK_INT(rig_outcome(r, c), CONFERENCE_RELAY);
	CHECK_INT(media_voice_count(r->media), 0);
	CHECK(media_tick_due(r->media) == UINT64_MAX);
	rig_run(r, 1000);
	for (unsigned int i = 0; i < 2; i++) {
		unbroken(&r->phone[i]);
		CHECK_INT(r->phone[i].packets, 50);
		CHECK_INT(r->phone[i].seq_gaps, 0);
		CHECK_INT(r->phone[i].relayed, 50);
	}
	CHECK_INT(media_stream_stats(r->media, r->phone[0].stream, r->now, &a), 0);
	CHECK_INT(media_stream_stats(r->media, r->phone[1].stream, r->now, &b), 0);
	CHECK_INT(a.rx_packets, 50);
	CHECK_INT(a.rx_octets, 8000);
	CHECK_INT(b.tx_packets, 50);
	CHECK_INT(b.tx_octets, 8000);
	CHECK_INT(a.tx_packets, 50);
	CHECK_INT(a.rx_ssrc, 0x1000);
	CHECK_INT(b.tx_ssrc, r->phone[1].rx_ssrc);
	CHECK_INT(a.lost + a.dropped + a.late + a.duplicate, 0);
	CHECK(a.delay_ns == 0 && a.jitter_ns < NSEC_PER_MSEC);
	const struct media_stream *s = &media_streams(r->media)[r->phone[0].stream];
	CHECK_INT(s->exit_dst_port, 30002);
	CHECK_INT(s->exit_src_port, 20002);
	CHECK_INT(s->exit_dst_ip[3], 2);
	CHECK_INT(s->exit_dscp, 46);
	media_stream_hop_set(r->media, r->phone[1].stream, 9);
	CHECK_INT(s->exit_hop, 9);
	rig_free(r);
}

static void payload_stays(void)
{
	struct rig *r = rig_pair(CODEC_G722, CODEC_G722, NULL);
	uint8_t rtp[400], before[400];
	unsigned int len = rig_packet(rtp, 9, 100, 5000, 42, 160);
	memcpy(before, rtp, len);
	CHECK_INT(rig_ingest(r, 0, rtp, len), MEDIA_RELAYED);
	CHECK_MEM(rtp + 12, before + 12, 160);
	CHECK_INT(rtp_be32(rtp + 8), media_streams(r->media)[r->phone[0].stream].exit_ssrc);
	// CSRC, extension and padding travel along
	len = rig_packet(rtp, 9, 101, 5160, 42, 60);
	rtp[0] = 0xb1;
	rtp_be32_put(rtp + 12, 0xabcdef01);
	rtp_be16_put(rtp + 16, 0xbede);
	rtp_be16_put(rtp + 18, 1);
	rtp[len - 1] = 4;
	memcpy(before, rtp, len);
	CHECK_INT(rig_ingest(r, 0, rtp, len), MEDIA_RELAYED);
	CHECK_INT(rtp[0], 0xb1);
	CHECK_MEM(rtp + 12, before + 12, len - 12);
	unbroken(&r->phone[1]);
	rig_free(r);
}

static void law_by_table(void)
{
	uint32_t c;
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMA, &c);
	uint8_t rtp[300], want[256];
	CHECK_INT(rig_outcome(r, c), CONFERENCE_LAW);
	for (unsigned int way = 0; way < 2; way++) {
		unsigned int len = rig_packet(rtp, way ? 8 : 0, 1, 1, 5, 256);
		for (unsigned int i = 0; i < 256; i++)
			rtp[12 + i] = want[i] = (uint8_t)i;
		codec_law_translate(want, 256, way ? CODEC_PCMU : CODEC_PCMA);
		CHECK_INT(rig_ingest(r, way, rtp, len), MEDIA_RELAYED);
		CHECK_MEM(rtp + 12, want, 256);
		CHECK_INT(rtp[1] & 0x7f, way ? 0 : 8);
		CHECK(media_streams(r->media)[r->phone[way].stream].flags & MEDIA_LAW);
	}
	CHECK_INT(media_voice_count(r->media), 0);
	rig_free(r);
}

// After a new SSRC, a jump in sequence or in time, the receiver sees the old source go on.
static void sender_restarts(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, NULL);
	struct phone *a = &r->phone[0], *b = &r->phone[1];
	struct media_event e;
	struct stream_stats stats;
	rig_run(r, 200);
	uint32_t ts = b->rx_ts;
	a->ssrc = 0xdead;
	a->seq = 7;
	a->ts = 99;
	rig_run(r, 200);
	unbroken(b);
	CHECK_INT(b->seq_gaps, 0);
	CHECK_INT(b->markers, 2);
	CHECK_INT(b->rx_ts - ts, 200 * 8);
	CHECK_INT(a->drops[DROP_rtp_probation], 1);
	bool told = false;
	while (media_event_next(r->media, &e))
		told = told || (e.kind == MEDIA_SSRC && e.value == 0xdead && e.stream == a->stream);
	CHECK(told);
	media_stream_stats(r->media, a->stream, r->now, &stats);
	CHECK_INT(stats.ssrc_changes, 1);
	a->seq = (uint16_t)(a->seq + 20000);
	rig_run(r, 200);
	ts = b->rx_ts;
	a->ts += 1000000;
	rig_run(r, 200);
	a->ts -= 3000000;
	rig_run(r, 200);
	unbroken(b);
	CHECK_INT(b->seq_gaps, 0);
	CHECK_NEAR(b->rx_ts - ts, 400 * 8, 160);
	CHECK_INT(b->markers, 5);
	media_stream_stats(r->media, a->stream, r->now, &stats);
	media_stream_stats(r->media, b->stream, r->now, &stats);
	CHECK_INT(stats.tx_packets, b->packets);
	rig_free(r);
}

static void pauses(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, NULL);
	struct phone *a = &r->phone[0], *b = &r->phone[1];
	rig_run(r, 200);
	uint32_t ts = b->rx_ts;
	// a sender with silence suppression: time goes on, numbers do not
	a->sends = false;
	rig_run(r, 5000);
	a->ts += 5000 * 8;
	a->next += 5000 * NSEC_PER_MSEC;
	a->marker = true;
	a->sends = true;
	rig_run(r, 20);
	CHECK_INT(b->rx_ts - ts, 5020 * 8);
	unbroken(b);
	// one that lets its clock stand still meanwhile
	a->sends = false;
	rig_run(r, 5000);
	a->next += 5000 * NSEC_PER_MSEC;
	a->sends = true;
	ts = b->rx_ts;
	rig_run(r, 20);
	CHECK_INT(b->rx_ts - ts, 5020 * 8);
	unbroken(b);
	rig_free(r);
}

static void loss_order_duplicates(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, NULL);
	static const uint16_t order[] = {10, 11, 13, 12, 12, 13, 16, 15, 16, 17};
	uint8_t rtp[300];
	unsigned int relayed = 0, duplicate = 0;
	for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		unsigned int len = rig_packet(rtp, 0, order[i], order[i] * 160u, 77, 160);
		enum media_verdict v = rig_ingest(r, 0, rtp, len);
		relayed += v == MEDIA_RELAYED;
		duplicate += v == MEDIA_DROPPED && r->phone[0].last_drop == DROP_rtp_duplicate;
		r->now += 20 * NSEC_PER_MSEC;
	}
	struct stream_stats s;
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	CHECK_INT(relayed, 7);
	CHECK_INT(duplicate, 3);
	CHECK_INT(s.duplicate, 3);
	CHECK_INT(s.reordered, 2);
	CHECK_INT(s.lost, 1);
	CHECK_INT(s.rx_packets, 7);
	media_stream_stats(r->media, r->phone[1].stream, r->now, &s);
	CHECK_INT(s.tx_packets, 7);
	media_refused(r->media, r->phone[0].stream);
	media_stream_stats(r->media, r->phone[1].stream, r->now, &s);
	CHECK_INT(s.tx_packets, 6);
	rig_free(r);
}

static void payload_types(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	struct stream_spec a = rig_spec(c, 0, CODEC_OPUS, 20, BOTH), b = rig_spec(c, 1, CODEC_OPUS, 20, BOTH);
	uint8_t rtp[300];
	a.rx.payload_type = 111;
	b.tx.payload_type = 120;
	a.rx.event_type = 97;
	b.tx.event_type = 102;
	REQUIRE(rig_open_spec(r, 0, &a, 0, 0) == 0);
	REQUIRE(rig_open_spec(r, 1, &b, 0, 0) == 0);
	CHECK_INT(rig_ingest(r, 0, rtp, rig_packet(rtp, 111, 1, 960, 9, 60)), MEDIA_RELAYED);
	CHECK_INT(rtp[1] & 0x7f, 120);
	uint32_t out = rtp_be32(rtp + 4);
	unsigned int len = rig_packet(rtp, 97, 2, 1920, 9, 4);
	memcpy(rtp + 12, "\x05\x0a\x01\x40", 4);
	CHECK_INT(rig_ingest(r, 0, rtp, len), MEDIA_RELAYED);
	CHECK_INT(rtp[1] & 0x7f, 102);
	CHECK_MEM(rtp + 12, "\x05\x0a\x01\x40", 4);
	CHECK_INT(rtp_be32(rtp + 4), out + 960);
	CHECK_INT(rig_ingest(r, 0, rtp, rig_packet(rtp, 96, 3, 2880, 9, 60)), MEDIA_DROPPED);
	CHECK_INT(r->phone[0].last_drop, DROP_rtp_payload_type);
	CHECK_INT(rig_ingest(r, 0, rtp, rig_packet(rtp, 13, 3, 2880, 9, 1)), MEDIA_DROPPED);
	CHECK_INT(r->phone[0].last_drop, DROP_rtp_comfort_noise);
	CHECK_INT(rig_ingest(r, 0, rtp, rig_packet(rtp, 97, 4, 2880, 9, 3)), MEDIA_DROPPED);
	CHECK_INT(r->phone[0].last_drop, DROP_rtp_event);
	rig_free(r);
}

static void comfort_noise_passes(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMA, NULL);
	uint8_t rtp[300];
	unsigned int len = rig_packet(rtp, 13, 1, 960, 9, 1);
	uint8_t level = rtp[12];
	CHECK_INT(rig_ingest(r, 0, rtp, len), MEDIA_RELAYED);
	CHECK_INT(rtp[1] & 0x7f, 13);
	CHECK_INT(rtp[12], level);
	rig_free(r);
}

// Sends an event of seven packets, three of them ends, through seeded loss.
static void digit_send(struct rig *r, uint8_t digit, uint16_t *seq, uint32_t ts, uint32_t *random)
{
	for (unsigned int i = 0; i < 7; i++) {
		uint8_t rtp[64];
		unsigned int len = rig_packet(rtp, 101, (*seq)++, ts, 9, 4);
		rtp[1] |= i == 0 ? 0x80 : 0;
		rtp[12] = digit;
		rtp[13] = i >= 4 ? 0x8a : 0x0a;
		rtp_be16_put(rtp + 14, (uint16_t)(160 * (i < 4 ? i + 1 : 5)));
		*random = *random * 1664525 + 1013904223;
		if ((*random >> 8) % 100 >= 5)
			rig_ingest(r, 0, rtp, len);
		r->now += 20 * NSEC_PER_MSEC;
	}
}

static void digits_once(enum codec_id other, unsigned int parties)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0), random = 4711, ts = 8000;
	uint16_t seq = 65000;
	unsigned int told = 0, wrong = 0;
	for (unsigned int i = 0; i < parties; i++)
		REQUIRE(rig_open(r, i, c, i ? other : CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	for (unsigned int d = 0; d < 1000; d++) {
		struct media_event e;
		digit_send(r, (uint8_t)(d % 16), &seq, ts, &random);
		ts += 1600;
		rig_run(r, 60);
		while (media_event_next(r->media, &e))
			if (e.kind == MEDIA_DIGIT) {
				wrong += e.value != told % 16;
				told++;
			}
	}
	CHECK_INT(told, 1000);
	CHECK_INT(wrong, 0);
	CHECK_INT(r->phone[1].ssrc_breaks + r->phone[1].seq_breaks, 0);
	rig_free(r);
}

static void digits(void)
{
	digits_once(CODEC_PCMU, 2);
	digits_once(CODEC_G722, 2);
	digits_once(CODEC_PCMU, 3);
}

// 2 -> 3 -> 2 parties and back to 1, by way of every outcome.
static void outcomes_change(void)
{
	uint32_t c;
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, &c);
	rig_run(r, 500);
	for (unsigned int round = 0; round < 3; round++) {
		uint32_t packets = r->phone[1].packets;
		REQUIRE(rig_open(r, 2, c, round == 1 ? CODEC_G722 : CODEC_PCMA, round == 2 ? 30 : 20, BOTH,
				 2000, -10) == 0);
		CHECK_INT(rig_outcome(r, c), CONFERENCE_MIX);
		CHECK_INT(media_voice_count(r->media), 3);
		rig_run(r, 700);
		CHECK_NEAR(r->phone[1].packets - packets, 35, 2);
		rig_close(r, 2);
		CHECK_INT(rig_outcome(r, c), CONFERENCE_RELAY);
		CHECK_INT(media_voice_count(r->media), 0);
		rig_run(r, 500);
		CHECK_NEAR(r->phone[1].packets - packets, 60, 3);
	}
	for (unsigned int i = 0; i < 2; i++) {
		unbroken(&r->phone[i]);
		CHECK_INT(r->phone[i].seq_gaps, 0);
		// timestamps have kept to real time all along
		CHECK_NEAR((double)(r->phone[i].rx_ts - r->phone[i].rx_first_ts) / 8, 500 + 3 * 1200 - 20,
			   25);
		CHECK(r->phone[i].markers >= 6);
	}
	struct stream_stats s;
	media_stream_stats(r->media, r->phone[1].stream, r->now, &s);
	CHECK_INT(s.tx_packets, r->phone[1].packets);
	rig_close(r, 1);
	CHECK_INT(rig_outcome(r, c), CONFERENCE_EMPTY);
	rig_run(r, 100);
	CHECK_INT(r->phone[0].drops[DROP_peer_absent], 5);
	rig_free(r);
}

static void set_keeps_the_relay(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, NULL);
	rig_run(r, 200);
	struct stream_spec s = r->phone[1].spec;
	s.dscp = 10;
	s.remote.port = 40000;
	CHECK_INT(media_stream_set(r->media, r->phone[1].stream, &s, r->now), 0);
	CHECK_INT(media_streams(r->media)[r->phone[0].stream].exit_dst_port, 40000);
	CHECK_INT(media_streams(r->media)[r->phone[0].stream].exit_dscp, 10);
	rig_run(r, 200);
	CHECK_INT(r->phone[1].markers, 1);
	CHECK_INT(r->phone[1].seq_gaps, 0);
	unbroken(&r->phone[1]);
	// one leg turns to A-law
	s.tx.codec = s.rx.codec = CODEC_PCMA;
	s.tx.payload_type = s.rx.payload_type = 8;
	CHECK_INT(media_stream_set(r->media, r->phone[1].stream, &s, r->now), 0);
	r->phone[1].spec = s;
	rig_run(r, 200);
	CHECK_INT(r->phone[1].packets, 30);
	unbroken(&r->phone[1]);
	rig_free(r);
}

static void directions(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, STREAM_RECV, 400, -10) == 0);
	rig_run(r, 100);
	CHECK_INT(r->phone[0].drops[DROP_peer_absent], 5);
	REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, STREAM_RECV, 400, -10) == 0);
	rig_run(r, 100);
	CHECK_INT(r->phone[0].drops[DROP_peer_not_sending], 5);
	CHECK_INT(media_voice_count(r->media), 0);
	struct stream_spec s = r->phone[1].spec;
	s.flags = STREAM_SEND;
	CHECK_INT(media_stream_set(r->media, r->phone[1].stream, &s, r->now), 0);
	rig_run(r, 100);
	CHECK_INT(r->phone[1].packets, 5);
	CHECK_INT(r->phone[1].drops[DROP_stream_not_receiving], 5);
	// muted: counted, but nobody hears it
	s = r->phone[0].spec;
	s.flags |= STREAM_MUTED;
	CHECK_INT(media_stream_set(r->media, r->phone[0].stream, &s, r->now), 0);
	rig_run(r, 100);
	CHECK_INT(r->phone[1].packets, 5);
	CHECK_INT(r->phone[0].queued, 5);
	rig_free(r);
}

static void refusals(void)
{
	struct media_limits limits = {.streams = 4, .conferences = 2, .voices = 3, .seed = 1};
	struct rig *r = rig_new(&limits);
	uint32_t c = rig_conference(r, 0), d = rig_conference(r, 0), none;
	struct conference_spec conference = {0};
	CHECK_INT(media_conference_open(r->media, &conference, &none), -ENOSPC);
	struct stream_spec s = rig_spec(5, 0, CODEC_PCMU, 20, BOTH);
	CHECK_INT(rig_open_spec(r, 0, &s, 0, 0), -ENOENT);
	s.conference = c;
	s.rx.period_ms = 25;
	CHECK_INT(rig_open_spec(r, 0, &s, 0, 0), -EINVAL);
	s.rx.period_ms = 20;
	s.remote.port = 0;
	CHECK_INT(rig_open_spec(r, 0, &s, 0, 0), -EINVAL);
	CHECK_INT(media_stream_count(r->media), 0);
	// relay only codecs pair with themselves
	REQUIRE(rig_open(r, 0, c, CODEC_ILBC, 30, BOTH, 0, 0) == 0);
	CHECK_INT(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH, 0, 0), -ENOTSUP);
	REQUIRE(rig_open(r, 1, c, CODEC_ILBC, 30, BOTH, 0, 0) == 0);
	CHECK_INT(rig_open(r, 2, c, CODEC_PCMU, 20, BOTH, 0, 0), -ENOTSUP);
	CHECK_INT(rig_outcome(r, c), CONFERENCE_RELAY);
	rig_close(r, 0);
	rig_close(r, 1);
	// voices: three are there, a fourth party is refused and the others stay as they were
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, 500, -10) == 0);
	CHECK_INT(rig_open(r, 3, c, CODEC_PCMU, 20, BOTH, 0, 0), -ENOSPC);
	CHECK_INT(media_voice_count(r->media), 3);
	rig_run(r, 300);
	CHECK_NEAR(r->phone[2].packets, 14, 1);
	// a change of codec works with a full pool
	struct stream_spec g722 = rig_spec(c, 0, CODEC_G722, 20, BOTH);
	CHECK_INT(media_stream_set(r->media, r->phone[0].stream, &g722, r->now), 0);
	CHECK_INT(media_voice_count(r->media), 3);
	rig_run(r, 100);
	// streams
	REQUIRE(rig_open(r, 3, d, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	CHECK_INT(rig_open(r, 4, d, CODEC_PCMU, 20, BOTH, 0, 0), -ENOSPC);
	CHECK_INT(media_conference_close(r->media, c, r->now), 0);
	CHECK_INT(media_stream_count(r->media), 1);
	CHECK_INT(media_voice_count(r->media), 0);
	CHECK_INT(media_conference_close(r->media, c, r->now), -ENOENT);
	rig_free(r);
}

static void stale_handles(void)
{
	struct rig *r = rig_pair(CODEC_PCMU, CODEC_PCMU, NULL);
	uint32_t gone = r->phone[0].stream;
	struct stream_stats s;
	uint8_t rtp[300];
	static const uint32_t bad[] = {31, 32, 1000000, MEDIA_NONE};
	rig_close(r, 0);
	for (unsigned int i = 0; i < 5; i++) {
		uint32_t h = i < 4 ? bad[i] : gone;
		enum drop_reason why = DROP_NONE;
		CHECK_INT(media_stream_close(r->media, h, r->now), -ENOENT);
		CHECK_INT(media_stream_set(r->media, h, &r->phone[1].spec, r->now), -ENOENT);
		CHECK_INT(media_stream_stats(r->media, h, r->now, &s), -ENOENT);
		CHECK(media_stream_spec(r->media, h) == NULL);
		CHECK(media_stream_spec(r->media, h) == NULL);
		media_stream_hop_set(r->media, h, 1);
		media_refused(r->media, h);
		CHECK_INT(media_ingest(r->media, h, rtp, rig_packet(rtp, 0, 1, 1, 1, 160), r->now, &why),
			  MEDIA_DROPPED);
		CHECK_INT(why, DROP_stream_closed);
		CHECK_INT(media_rtcp_ingest(r->media, h, rtp, 100, r->now), DROP_stream_closed);
	}
	CHECK_INT(media_conference_info(r->media, 99, NULL, NULL), -ENOENT);
	rig_free(r);
}

// Everyone hears oneself and nobody else, and goes on doing so when others come and go.
static void echoes(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, CONFERENCE_ECHO);
	struct stream_stats a;
	CHECK_INT(rig_outcome(r, c), CONFERENCE_EMPTY);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 400, -10) == 0);
	CHECK_INT(rig_outcome(r, c), CONFERENCE_RELAY);
	rig_run(r, 500);
	for (unsigned int i = 1; i < 3; i++)
		REQUIRE(rig_open(r, i, c, i == 1 ? CODEC_G722 : CODEC_PCMA, 20, BOTH, 1000, -10) == 0);
	rig_run(r, 500);
	rig_close(r, 1);
	rig_run(r, 500);
	CHECK_INT(rig_outcome(r, c), CONFERENCE_RELAY);
	CHECK_INT(media_voice_count(r->media), 0);
	CHECK_INT(r->phone[0].packets, 75);
	CHECK_INT(r->phone[0].seq_gaps, 0);
	CHECK_INT(r->phone[1].packets, 25);
	CHECK_INT(r->phone[2].packets, 50);
	unbroken(&r->phone[0]);
	unbroken(&r->phone[2]);
	REQUIRE(media_stream_stats(r->media, r->phone[0].stream, r->now, &a) == 0);
	CHECK_INT(a.rx_packets, 75);
	CHECK_INT(a.tx_packets, 75);
	// what cannot leave as it came is refused, and disturbs nobody
	struct stream_spec odd = rig_spec(c, 3, CODEC_PCMU, 20, BOTH);
	odd.tx.period_ms = 30;
	CHECK_INT(rig_open_spec(r, 3, &odd, 400, -10), -ENOTSUP);
	rig_run(r, 100);
	CHECK_INT(r->phone[0].packets, 80);
	rig_close(r, 0);
	rig_close(r, 2);
	CHECK_INT(rig_outcome(r, c), CONFERENCE_EMPTY);
	rig_free(r);
}

static void memory_is_small(void)
{
	struct media_limits l = {.streams = 1000, .conferences = 500, .voices = 0}, twice = l;
	twice.streams = 2000;
	CHECK_INT(sizeof(struct media_stream), 128);
	CHECK((media_size(&twice) - media_size(&l)) / 1000 <= 1000);
}

T_MAIN("media_relay", {"relays", relays}, {"payload stays", payload_stays}, {"law by table", law_by_table},
       {"sender restarts", sender_restarts}, {"pauses", pauses},
       {"loss, order, duplicates", loss_order_duplicates}, {"payload types", payload_types},
       {"comfort noise", comfort_noise_passes}, {"digits exactly once", digits},
       {"outcomes change", outcomes_change}, {"set keeps the relay", set_keeps_the_relay},
       {"directions", directions}, {"refusals", refusals}, {"stale handles", stale_handles},
       {"echoes", echoes}, {"memory", memory_is_small})
