// SPDX-License-Identifier: GPL-3.0-or-later
// media_mix_test.c - Everyone hears everyone else, in any mixture of codecs, rates and periods.
#include <stdlib.h>

#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH     (STREAM_RECV | STREAM_SEND)
#define OWN_DBM0 (-58)

static const double tone_hz[4] = {437, 1020, 1713, 2341};
static const double tone_dbm0[4] = {-10, -15, -20, -25};

// Removes a sine by least squares and returns its level.
static double tone_remove(int16_t *pcm, uint32_t n, uint32_t rate, double hz)
{
	struct measure_sine s = measure_sine(pcm, n, rate, hz);
	double a = 0, b = 0, w = 2 * 3.14159265358979323846 * hz / rate;
	for (uint32_t i = 0; i < n; i++) {
		a += pcm[i] * __builtin_sin(w * i);
		b += pcm[i] * __builtin_cos(w * i);
	}
	a *= 2.0 / n;
	b *= 2.0 / n;
	for (uint32_t i = 0; i < n; i++)
		pcm[i] = (int16_t)__builtin_lrint(pcm[i] - a * __builtin_sin(w * i) -
						  b * __builtin_cos(w * i));
	return s.level_dbm0;
}

// Judges what phone `me` hears: every other tone at its level, own tone gone, the rest is noise.
static void listen_check(struct rig *r, unsigned int me, unsigned int talkers, double sinad_least,
			 double tolerance)
{
	const struct phone *p = &r->phone[me];
	uint32_t rate = p->rx_codec->sample_rate_hz, n = rate; // whole periods of every tone in one second
	int16_t *pcm = malloc(n * sizeof(*pcm));
	memcpy(pcm, phone_tail(p, n), n * sizeof(*pcm));
	double signal = 0;
	for (unsigned int i = 0; i < talkers; i++) {
		double level = tone_remove(pcm, n, rate, tone_hz[i]);
		if (i == me) {
			CHECK(level <= OWN_DBM0); // what remains is distortion by the others
			continue;
		}
		CHECK_NEAR(level, tone_dbm0[i], tolerance);
		signal += __builtin_pow(10, level / 10);
	}
	double sinad = 10 * __builtin_log10(signal) - measure_level_dbm0(pcm, n);
	if (sinad < sinad_least)
		fprintf(stderr, "phone %u: SINAD %.1f dB\n", me, sinad);
	CHECK(sinad >= sinad_least);
	free(pcm);
}

static void continuity_check(const struct phone *p)
{
	CHECK_INT(p->ssrc_breaks, 0);
	CHECK_INT(p->seq_breaks, 0);
	CHECK_INT(p->seq_gaps, 0);
	CHECK_INT(p->ts_breaks, 0);
}

static void four_g711(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	enum conference_outcome outcome;
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(rig_open(r, i, c, i % 2 ? CODEC_PCMA : CODEC_PCMU, 20, BOTH, tone_hz[i],
				 tone_dbm0[i]) == 0);
	CHECK_INT(media_conference_info(r->media, c, &outcome, NULL), 4);
	CHECK_INT(outcome, CONFERENCE_MIX);
	rig_run(r, 2500);
	for (unsigned int i = 0; i < 4; i++) {
		listen_check(r, i, 4, 33, 0.15);
		continuity_check(&r->phone[i]);
		CHECK_NEAR(r->phone[i].packets, 125, 2);
		CHECK_INT(r->phone[i].markers, 1);
	}
	rig_free(r);
}

static void four_mixed(void)
{
	static const enum codec_id codec[4] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_PCMA};
	static const unsigned int period[4] = {20, 30, 10, 60};
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(rig_open(r, i, c, codec[i], period[i], BOTH, tone_hz[i], tone_dbm0[i]) == 0);
	rig_run(r, 3000);
	for (unsigned int i = 0; i < 4; i++) {
		listen_check(r, i, 4, 33, 0.15);
		continuity_check(&r->phone[i]);
		CHECK_NEAR(r->phone[i].packets, 3000 / period[i], 3);
	}
	rig_free(r);
}

// No coder in between: a party's own voice is gone to the last bit, the others are there bit by bit.
static void linear_is_exact(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, CODEC_L16_16K, 20, BOTH, i == 2 ? 0 : tone_hz[i], tone_dbm0[i]) ==
			0);
	rig_run(r, 2000);
	const int16_t *a = phone_tail(&r->phone[0], 16000), *b = phone_tail(&r->phone[1], 16000);
	const int16_t *all = phone_tail(&r->phone[2], 16000);
	unsigned int wrong = 0;
	for (unsigned int i = 0; i < 16000; i++)
		wrong += all[i] != a[i] + b[i];
	CHECK_INT(wrong, 0);
	CHECK_NEAR(measure_sine(a, 16000, 16000, tone_hz[1]).level_dbm0, tone_dbm0[1], 0.01);
	CHECK(measure_sine(a, 16000, 16000, tone_hz[1]).sinad_db > 60);
	rig_free(r);
}

// One way of a transcode: level and quality of the tone, and what it costs in time.
static void transcode(enum codec_id a, enum codec_id b, unsigned int period_a, unsigned int period_b,
		      double sinad)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	enum conference_outcome outcome;
	REQUIRE(rig_open(r, 0, c, a, period_a, BOTH, 1020, -10) == 0);
	REQUIRE(rig_open(r, 1, c, b, period_b, BOTH, 437, -10) == 0);
	media_conference_info(r->media, c, &outcome, NULL);
	CHECK_INT(outcome, CONFERENCE_TRANSCODE);
	rig_run(r, 2500);
	for (unsigned int i = 0; i < 2; i++) {
		const struct phone *p = &r->phone[i];
		uint32_t rate = p->rx_codec->sample_rate_hz;
		struct measure_sine s = measure_sine(phone_tail(p, rate), rate, rate, i ? 1020 : 437);
		CHECK_NEAR(s.level_dbm0, -10, 0.2); // A-law of mu-law of a pure tone rounds one way: 0.16 dB
		if (s.sinad_db < sinad)
			fprintf(stderr, "%s %u to %s %u: SINAD %.1f dB\n", p->codec->name, period_a,
				p->rx_codec->name, period_b, s.sinad_db);
		CHECK(s.sinad_db >= sinad);
		continuity_check(p);
		CHECK_NEAR(p->packets, 2500 / (i ? period_b : period_a), 3);
	}
	struct stream_stats stats;
	media_stream_stats(r->media, r->phone[0].stream, r->now, &stats);
	CHECK(stats.delay_ns <= 45 * NSEC_PER_MSEC);
	CHECK_INT(stats.concealed, 0);
	CHECK_NEAR(stats.level_rx_cb, -100, 3);
	CHECK_NEAR(stats.level_tx_cb, -100, 3);
	rig_free(r);
}

static void transcodes(void)
{
	transcode(CODEC_PCMU, CODEC_G722, 20, 20, 36);
	transcode(CODEC_PCMU, CODEC_PCMA, 20, 30, 32);
	transcode(CODEC_PCMU, CODEC_PCMU, 10, 60, 36);
	transcode(CODEC_L16_16K, CODEC_G722, 20, 40, 45);
	transcode(CODEC_L16_16K, CODEC_PCMU, 30, 20, 36);
	transcode(CODEC_G722, CODEC_PCMA, 10, 30, 36);
}

// Speaks one codec and hears another, of another rate: own voice stays out all the same.
static void two_codecs_in_one_party(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	struct stream_spec s = rig_spec(c, 0, CODEC_PCMU, 20, BOTH);
	s.tx.codec = CODEC_L16_16K;
	s.tx.payload_type = 96;
	REQUIRE(rig_open_spec(r, 0, &s, tone_hz[0], tone_dbm0[0]) == 0);
	for (unsigned int i = 1; i < 4; i++)
		REQUIRE(rig_open(r, i, c, i == 2 ? CODEC_G722 : CODEC_PCMU, 20, BOTH, tone_hz[i],
				 tone_dbm0[i]) == 0);
	rig_run(r, 2500);
	for (unsigned int i = 0; i < 4; i++)
		listen_check(r, i, 4, 33, 0.15);
	rig_free(r);
}

// Listeners only, of several codecs and periods, beside two talkers. Equal listeners get equal payloads.
static void listeners(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, tone_hz[0], tone_dbm0[0]) == 0);
	rig_run(r, 100);
	CHECK_NEAR(r->phone[0].packets, 5, 1); // a bridge of one hears silence
	REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH, tone_hz[1], tone_dbm0[1]) == 0);
	REQUIRE(rig_open(r, 2, c, CODEC_PCMU, 20, BOTH | STREAM_MUTED, tone_hz[2], tone_dbm0[2]) == 0);
	REQUIRE(rig_open(r, 3, c, CODEC_PCMU, 20, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 4, c, CODEC_G722, 20, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 5, c, CODEC_PCMU, 60, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 6, c, CODEC_PCMU, 60, STREAM_SEND | STREAM_VAD, 0, 0) == 0);
	rig_run(r, 3000);
	for (unsigned int i = 0; i < 7; i++) {
		listen_check(r, i, 2, 33, 0.15);
		continuity_check(&r->phone[i]);
	}
	CHECK_MEM(r->phone[2].last_packet + 12, r->phone[3].last_packet + 12, 160);
	CHECK_MEM(r->phone[5].last_packet + 12, r->phone[6].last_packet + 12, 480);
	// one of them speaks up: heard, and no break in what it hears
	struct stream_spec s = r->phone[2].spec;
	s.flags = BOTH;
	CHECK_INT(media_stream_set(r->media, r->phone[2].stream, &s, r->now), 0);
	rig_run(r, 2000);
	listen_check(r, 0, 3, 33, 0.15);
	listen_check(r, 3, 3, 33, 0.15);
	continuity_check(&r->phone[2]);
	// silence suppression: when nobody speaks, the one that asked for it gets no voice after a while
	for (unsigned int i = 0; i < 3; i++)
		r->phone[i].sends = false;
	rig_run(r, 3000);
	uint32_t before = r->phone[6].packets, markers = r->phone[6].markers;
	rig_run(r, 600);
	CHECK_NEAR(r->phone[6].packets - before, 2.5, 1); // descriptions of the silence
	CHECK_INT(r->phone[6].last_len, 13);
	CHECK_NEAR(r->phone[5].packets - before, 30, 40);
	r->phone[0].sends = true;
	r->phone[0].next = r->now;
	rig_run(r, 600);
	CHECK_INT(r->phone[6].markers, markers + 1);
	CHECK_INT(r->phone[6].ts_breaks, 0);
	rig_free(r);
}

// How far the newest sound that a phone heard lies behind what was sent: a click of one sample, timed.
static int click_delay_ms(struct rig *r, unsigned int from, unsigned int to)
{
	struct phone *a = &r->phone[from], *b = &r->phone[to];
	double level[3];
	for (unsigned int i = 0; i < 3; i++) {
		level[i] = r->phone[i].dbm0;
		r->phone[i].dbm0 = -90;
	}
	rig_run(r, 400);
	uint32_t heard_before = b->pcm_count;
	a->dbm0 = level[from];
	nsec_t sent = a->next;
	int delay = -1;
	for (unsigned int ms = 0; ms < 400 && delay < 0; ms++) {
		rig_run(r, 1);
		for (uint32_t i = heard_before; i < b->pcm_count && delay < 0; i++)
			if (abs(b->pcm[i]) > 300)
				delay = (int)((b->rx_last - sent) / NSEC_PER_MSEC);
		heard_before = b->pcm_count > 400 ? b->pcm_count - 400 : 0;
	}
	for (unsigned int i = 0; i < 3; i++)
		r->phone[i].dbm0 = level[i];
	return delay;
}

static void stall(unsigned int ms)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, i == 2 ? CODEC_G722 : CODEC_PCMU, 20, BOTH, tone_hz[i],
				 tone_dbm0[i]) == 0);
	rig_run(r, 2000);
	int delay = click_delay_ms(r, 0, 1), wide = click_delay_ms(r, 0, 2);
	CHECK(delay >= 20 && delay <= 45);
	uint64_t late = media_ticks_late(r->media);
	r->ticking = false;
	rig_run(r, ms);
	r->ticking = true;
	rig_run(r, 500);
	CHECK(media_ticks_late(r->media) > late);
	int after = click_delay_ms(r, 0, 1), wide_after = click_delay_ms(r, 0, 2);
	CHECK_NEAR(after, delay, 1);
	CHECK_NEAR(wide_after, wide, 1);
	rig_run(r, 1200);
	for (unsigned int i = 0; i < 3; i++) {
		listen_check(r, i, 3, 33, 0.15);
		continuity_check(&r->phone[i]);
		// no more packets than time
		CHECK(r->phone[i].rx_ts - r->phone[i].rx_first_ts <= (r->now - 1000 * NSEC_PER_SEC) / 125000);
	}
	rig_free(r);
}

static void stalls(void)
{
	stall(30);
	stall(50);
	stall(200);
	stall(900);
}

static void loss_and_jitter(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	struct stream_stats s;
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, tone_hz[i], tone_dbm0[i]) == 0);
	r->phone[0].lose_every = 20;
	for (unsigned int t = 0; t < 500; t++) {
		r->phone[1].delay_ms = 10 + t * 37 % 30; // reorders too
		rig_run(r, 20);
	}
	media_stream_stats(r->media, r->phone[0].stream, r->now, &s);
	CHECK_NEAR(s.lost, 25, 1);
	CHECK_NEAR(s.concealed, 25, 3);
	media_stream_stats(r->media, r->phone[1].stream, r->now, &s);
	CHECK(s.reordered > 0);
	CHECK_INT(s.lost, 0);
	CHECK(s.jitter_ns > 3 * NSEC_PER_MSEC && s.jitter_ns < 30 * NSEC_PER_MSEC);
	CHECK(s.delay_ns >= 30 * NSEC_PER_MSEC && s.delay_ns <= 90 * NSEC_PER_MSEC);
	CHECK(s.late <= 15);
	continuity_check(&r->phone[2]);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[2], 8000), 8000, 8000, tone_hz[1]).level_dbm0,
		   tone_dbm0[1], 0.3);
	rig_free(r);
}

// Two parties at 48 kHz hear each other's high notes, so does the one at 16 kHz; to the one at 8 kHz nothing of them comes,
// neither as they are nor folded down, but everything else does.
static void all_rates_in_one_mix(void)
{
	if (!codec_can_transcode(CODEC_OPUS))
		return;
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_OPUS, 20, BOTH, 6000, -15) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_OPUS, 20, BOTH, 1020, -15) == 0);
	REQUIRE(rig_open(r, 2, c, CODEC_L16_16K, 10, BOTH, 437, -15) == 0);
	REQUIRE(rig_open(r, 3, c, CODEC_PCMU, 30, BOTH, 1713, -15) == 0);
	rig_run(r, 3000);
	static const double hz[4] = {6000, 1020, 437, 1713};
	for (unsigned int me = 0; me < 4; me++) {
		uint32_t rate = r->phone[me].rx_codec->sample_rate_hz;
		const int16_t *pcm = phone_tail(&r->phone[me], rate);
		for (unsigned int i = 0; i < 4; i++) {
			double level =
				measure_sine(pcm, rate, rate, hz[i] < rate / 2 ? hz[i] : 2000).level_dbm0;
			if (i == me || hz[i] >= rate / 2) {
				CHECK(level < -40);
			} else {
				CHECK_NEAR(level, -15, 2.5); // Opus codes four tones only so well
			}
		}
		continuity_check(&r->phone[me]);
	}
	rig_free(r);
}

// One packet of AMR that requests a mode.
static void send_request(struct rig *r, unsigned int mode)
{
	struct phone *p = &r->phone[0];
	struct rtp_header h = {.timestamp = p->ts,
			       .ssrc = p->ssrc,
			       .seq = p->seq++,
			       .payload_type = p->spec.rx.payload_type};
	uint8_t rtp[12 + 64];
	int16_t pcm[160] = {0};
	p->ts += 160;
	rtp_header_write(rtp, &h);
	int len = p->codec->encode(p->encoder, pcm, 160, rtp + 12, 64);
	rtp[12] = (uint8_t)((rtp[12] & 15) | mode << 4);
	rig_send(r, 0, rtp, 12 + (unsigned int)len);
	rig_run(r, 20);
}

// The far end asks for 4.75 kbit/s, then for nothing in particular, and for 12.2 again; how the call looks to the other party
// does not change.
static void amr_modes_are_obeyed(void)
{
	static const struct {
		unsigned int asked, bytes;
	} steps[] = {{15, 32}, {0, 14}, {15, 14}, {7, 32}};
	if (!codec_can_transcode(CODEC_AMR))
		return;
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_AMR, 20, BOTH, 437, -10) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH, 1020, -15) == 0);
	r->phone[0].sends = false;
	rig_run(r, 200);
	for (unsigned int i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (unsigned int n = 0; n < 50; n++)
			send_request(r, steps[i].asked);
		CHECK_INT(r->phone[0].last_len, 12 + steps[i].bytes);
	}
	continuity_check(&r->phone[0]);
	rig_free(r);
}

// A voice is heard as much louder or softer as its spec says, what is made up for lost packets included.
static void a_voice_has_a_gain(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 1020, -30) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_L16_16K, 20, BOTH, 437, -30) == 0);
	for (int gain_db = -20; gain_db <= 20; gain_db += 10) {
		struct stream_spec s = r->phone[0].spec;
		s.gain_cb = (int16_t)(gain_db * 10);
		CHECK_INT(media_stream_set(r->media, r->phone[0].stream, &s, r->now), 0);
		rig_run(r, 1500);
		CHECK_NEAR(measure_sine(phone_tail(&r->phone[1], 16000), 16000, 16000, 1020).level_dbm0,
			   -30 + gain_db, 0.1);
	}
	rig_free(r);
}

// SINAD of a tone of which every 10th packet is lost, behind a buffer that holds packets for so long.
static double gappy_sinad(enum codec_id codec, unsigned int jitter_ms)
{
	struct media_limits limits = {.streams = 8,
				      .conferences = 2,
				      .voices = 4,
				      .seed = 7,
				      .jitter_min_ms = (uint16_t)jitter_ms,
				      .jitter_max_ms = (uint16_t)jitter_ms};
	struct rig *r = rig_new(&limits);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, codec, 20, BOTH, 250, -10) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_PCMA, 30, BOTH, 437, -70) == 0);
	r->phone[0].lose_every = 10;
	rig_run(r, 5000);
	double sinad = measure_sine(phone_tail(&r->phone[1], 24000), 24000, 8000, 250).sinad_db;
	rig_free(r);
	return sinad;
}

// Where the packet behind a gap is here in time, the gap leads over to it: nothing fades and nothing starts.
static void gaps_are_bridged(void)
{
	static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_GSM, CODEC_L16_16K};
	for (unsigned int i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		double alone = gappy_sinad(codecs[i], 10), bridged = gappy_sinad(codecs[i], 60);
		if (getenv("SLIMLINE_VERBOSE"))
			printf("%s: %.1f, bridged %.1f\n", codec_by_id(codecs[i])->name, alone, bridged);
		CHECK(bridged > alone + 0.8);
	}
}

// A sender that starts anew, and one that pauses: the others hear silence in between, and it again after.
static void sender_restarts(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, CODEC_PCMU, 20, BOTH, i ? 0 : 1020, -10) == 0);
	rig_run(r, 500);
	r->phone[0].ssrc ^= 0x5555;
	r->phone[0].seq ^= 0x5555;
	r->phone[0].ts ^= 0x55555555;
	rig_run(r, 1500);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[1], 8000), 8000, 8000, 1020).level_dbm0, -10, 0.1);
	r->phone[0].sends = false;
	rig_run(r, 2000);
	CHECK(measure_level_dbm0(phone_tail(&r->phone[1], 8000), 8000) < -60);
	r->phone[0].ts += 2000 * 8;
	r->phone[0].next = r->now;
	r->phone[0].sends = true;
	rig_run(r, 1500);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[1], 8000), 8000, 8000, 1020).level_dbm0, -10, 0.1);
	continuity_check(&r->phone[1]);
	CHECK_INT(r->phone[1].markers, 1);
	rig_free(r);
}

static unsigned int tick_all(struct rig *r)
{
	uint8_t bytes[64][MEDIA_RTP_MAX];
	struct media_frame frames[64];
	for (unsigned int i = 0; i < 64; i++)
		frames[i].rtp = bytes[i];
	return media_tick(r->media, r->now, &(nsec_t){NSEC_PER_SEC}, frames, 64);
}

// Many conferences: their ticks are spread over the milliseconds, and none is forgotten. Each is opened while the ticks of the
// last `late` milliseconds wait.
static void spread(unsigned int late)
{
	struct media_limits limits = {.streams = 120, .conferences = 60, .voices = 120, .seed = 3};
	struct rig *r = rig_new(&limits);
	unsigned int most = 0, total = 0;
	for (unsigned int i = 0; i < 60; i++) {
		uint32_t c = rig_conference(r, 0), stream;
		for (unsigned int k = 0; k < 2; k++) {
			struct stream_spec s = rig_spec(c, 2 * i + k, k ? CODEC_PCMU : CODEC_G722, 20, BOTH);
			REQUIRE(media_stream_open(r->media, &s, r->now, &stream) == 0);
		}
		for (unsigned int ms = 0; late && ms < 20; ms++) {
			r->now += NSEC_PER_MSEC;
			if (ms < 20 - late)
				CHECK(tick_all(r) < 64);
		}
	}
	CHECK(tick_all(r) < 64);
	uint64_t were_late = media_ticks_late(r->media);
	for (unsigned int ms = 0; ms < 240; ms++) {
		r->now += NSEC_PER_MSEC;
		unsigned int n = tick_all(r);
		most = n > most ? n : most;
		total += n;
	}
	CHECK(most <= 8);
	CHECK_NEAR(total, 120 * 12, 120);
	CHECK_INT(media_ticks_late(r->media), were_late);
	rig_free(r);
}

static void phases_are_spread(void)
{
	spread(0);
}

static void phases_are_spread_by_who_is_late(void)
{
	for (unsigned int late = 1; late <= 9; late += 4)
		spread(late);
}

T_MAIN("media_mix", {"four G.711 parties", four_g711}, {"four codecs and periods", four_mixed},
       {"linear is exact", linear_is_exact}, {"transcodes", transcodes},
       {"two codecs in one party", two_codecs_in_one_party}, {"listeners", listeners}, {"stalls", stalls},
       {"loss and jitter", loss_and_jitter}, {"AMR modes are obeyed", amr_modes_are_obeyed},
       {"all rates in one mix", all_rates_in_one_mix}, {"a voice has a gain", a_voice_has_a_gain},
       {"gaps are bridged", gaps_are_bridged}, {"sender restarts", sender_restarts},
       {"phases are spread", phases_are_spread},
       {"phases are spread by who is late", phases_are_spread_by_who_is_late})
