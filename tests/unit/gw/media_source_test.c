// SPDX-License-Identifier: GPL-3.0-or-later
// media_source_test.c - Music and announcements: no click, no second encoding, an end that is told once.
#include "bench/measure.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define LISTENERS 500

// What one tick has to do is told by samples that count themselves: any slip shows.
static void counting(int16_t *pcm, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pcm[i] = (int16_t)(1000 + i % 997);
}

static struct rig *big_rig(void)
{
	struct media_limits limits = {
		.streams = LISTENERS + 8, .conferences = 4, .voices = LISTENERS + 8, .sources = 4, .seed = 7};
	return rig_new(&limits);
}

static struct media_source_spec play(uint32_t conference, const int16_t *pcm, uint32_t samples, uint16_t rate,
				     bool loop)
{
	return (struct media_source_spec){
		.conference = conference,
		.tag = 4711,
		.count = 1,
		.loop = loop,
		.pieces = {{.pcm = pcm, .samples = samples, .rate_hz = rate, .gain = 256}}};
}

static void loops_without_a_click(void)
{
	static int16_t pcm[1237]; // no multiple of any tick
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source;
	counting(pcm, 1237);
	struct media_source_spec spec = play(c, pcm, 1237, 16000, true);
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	CHECK_INT(media_source_count(r->media), 1);
	REQUIRE(rig_open(r, 0, c, CODEC_L16_16K, 20, STREAM_SEND, 0, 0) == 0);
	rig_run(r, 2000);
	const struct phone *p = &r->phone[0];
	CHECK_NEAR(p->packets, 100, 2);
	CHECK_INT(p->seq_gaps + p->ts_breaks, 0);
	unsigned int wrong = 0;
	for (uint32_t i = 0; i < p->pcm_count; i++)
		wrong += p->pcm[i] != pcm[i % 1237];
	CHECK_INT(wrong, 0);
	rig_free(r);
}

static void end_is_told_once(void)
{
	static int16_t first[1000], second[500];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source;
	struct media_event e;
	counting(first, 1000);
	counting(second, 500);
	struct media_source_spec spec = play(c, first, 1000, 16000, false);
	spec.count = 2;
	spec.pieces[1] = (struct media_piece){.pcm = second, .samples = 500, .rate_hz = 16000, .gain = 128};
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	rig_run(r, 500); // nobody there: it waits
	CHECK(!media_event_next(r->media, &e));
	REQUIRE(rig_open(r, 0, c, CODEC_L16_16K, 20, STREAM_SEND, 0, 0) == 0);
	rig_run(r, 500);
	REQUIRE(media_event_next(r->media, &e));
	CHECK_INT(e.kind, MEDIA_SOURCE_END);
	CHECK_INT(e.stream, source);
	CHECK_INT(e.value, 4711);
	CHECK(!media_event_next(r->media, &e));
	const int16_t *heard = r->phone[0].pcm;
	CHECK_MEM(heard, first, sizeof(first));
	CHECK_INT(heard[1000], 500); // half as loud
	CHECK_INT(heard[1499], second[499] / 2);
	CHECK_INT(heard[1500], 0);
	CHECK_INT(heard[4000], 0);
	CHECK_INT(media_source_close(r->media, source), 0);
	CHECK_INT(media_source_close(r->media, source), -ENOENT);
	CHECK_INT(media_source_count(r->media), 0);
	rig_free(r);
}

// 500 listeners of one codec and period: one encoding a tick, whether the codec has memory or not.
static void listeners_share(enum codec_id codec, unsigned int period_ms)
{
	static int16_t pcm[16000];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source, stream;
	counting(pcm, 16000);
	struct media_source_spec spec = play(c, pcm, 16000, 16000, true);
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	r->burst = 16;
	for (unsigned int i = 0; i < LISTENERS; i++) {
		struct stream_spec s = rig_spec(c, i % 100, codec, period_ms, STREAM_SEND);
		s.local.port = (uint16_t)(20000 + 2 * i);
		REQUIRE(media_stream_open(r->media, &s, r->now, &stream) == 0);
	}
	rig_run(r, 200); // all of them have begun
	uint64_t before = media_encoded(r->media);
	rig_run(r, 1200);
	CHECK_INT(media_encoded(r->media) - before, 1200 / period_ms);
	struct stream_stats stats;
	CHECK_INT(media_stream_stats(r->media, stream, r->now, &stats), 0);
	CHECK_NEAR((double)stats.tx_packets, 1400.0 / period_ms, 2);
	rig_free(r);
}

static void one_encoding_for_all(void)
{
	listeners_share(CODEC_PCMU, 20);
	listeners_share(CODEC_G722, 20);
	listeners_share(CODEC_G722, 30);
}

// Two codecs and two periods are three encodings; a party that may speak has one of its own.
static void one_encoding_for_each(void)
{
	static int16_t pcm[16000];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source;
	counting(pcm, 16000);
	struct media_source_spec spec = play(c, pcm, 16000, 16000, true);
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	REQUIRE(rig_open(r, 0, c, CODEC_G722, 20, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_G722, 20, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 2, c, CODEC_G722, 10, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 3, c, CODEC_PCMA, 20, STREAM_SEND, 0, 0) == 0);
	REQUIRE(rig_open(r, 4, c, CODEC_G722, 20, STREAM_RECV | STREAM_SEND, 0, 0) == 0);
	rig_run(r, 200);
	uint64_t before = media_encoded(r->media);
	rig_run(r, 1000);
	CHECK_INT(media_encoded(r->media) - before, 50 + 100 + 50 + 50);
	rig_free(r);
}

// The listener whose coder served all leaves, in a codec with memory: nobody hears it.
static void coder_is_handed_on(void)
{
	static int16_t pcm[16000];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source;
	measure_tone(pcm, 16000, 16000, 1000, -10);
	struct media_source_spec spec = play(c, pcm, 16000, 16000, true);
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	for (unsigned int i = 0; i < 3; i++)
		REQUIRE(rig_open(r, i, c, CODEC_G722, 20, STREAM_SEND, 0, 0) == 0);
	rig_run(r, 1000);
	rig_close(r, 0);
	rig_run(r, 500);
	rig_close(r, 1);
	rig_run(r, 500);
	const struct phone *p = &r->phone[2];
	double steady = measure_sine(p->pcm + 3200, 9600, 16000, 1000).sinad_db;
	double changed = measure_sine(p->pcm + 12800, 16000, 16000, 1000).sinad_db;
	CHECK(steady > 20);
	CHECK_NEAR(changed, steady, 1);
	CHECK_INT(p->seq_gaps + p->ts_breaks, 0);
	rig_free(r);
}

// Music joins people: it is mixed, at any rate.
static void speaks_at_any_rate(void)
{
	static int16_t pcm[8000];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), source;
	measure_tone(pcm, 8000, 8000, 1000, -15);
	struct media_source_spec spec = play(c, pcm, 8000, 8000, true);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, STREAM_RECV | STREAM_SEND, 437, -15) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_L16_16K, 20, STREAM_SEND, 0, 0) == 0);
	rig_run(r, 500);
	REQUIRE(media_source_open(r->media, &spec, &source) == 0);
	rig_run(r, 1500);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[0], 8000), 8000, 8000, 1000).level_dbm0, -15, 0.2);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[1], 16000), 16000, 16000, 1000).level_dbm0, -15, 0.2);
	CHECK_NEAR(measure_sine(phone_tail(&r->phone[1], 16000), 16000, 16000, 437).level_dbm0, -15, 0.2);
	CHECK_INT(media_conference_close(r->media, c, r->now), 0);
	CHECK_INT(media_source_count(r->media), 0);
	rig_free(r);
}

static void refuses_nonsense(void)
{
	static const int16_t pcm[160];
	struct rig *r = big_rig();
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE), plain = rig_conference(r, 0), source;
	struct media_source_spec spec = play(c, pcm, 160, 8000, true);
	spec.count = 0;
	CHECK_INT(media_source_open(r->media, &spec, &source), -EINVAL);
	spec.count = MEDIA_PIECES + 1;
	CHECK_INT(media_source_open(r->media, &spec, &source), -EINVAL);
	spec = play(c, pcm, 0, 8000, true);
	CHECK_INT(media_source_open(r->media, &spec, &source), -EINVAL);
	spec = play(c, pcm, 160, 44100, true);
	CHECK_INT(media_source_open(r->media, &spec, &source), -EINVAL);
	spec = play(99, pcm, 160, 8000, true);
	CHECK_INT(media_source_open(r->media, &spec, &source), -ENOENT);
	spec = play(plain, pcm, 160, 8000, true);
	CHECK_INT(media_source_open(r->media, &spec, &source), -EINVAL);
	spec = play(c, pcm, 160, 8000, true);
	for (unsigned int i = 0; i < 4; i++)
		CHECK_INT(media_source_open(r->media, &spec, &source), 0);
	CHECK_INT(media_source_open(r->media, &spec, &source), -ENOSPC);
	CHECK_INT(media_source_close(r->media, 1), 0);
	CHECK_INT(media_source_close(r->media, 99), -ENOENT);
	CHECK_INT(media_source_open(r->media, &spec, &source), 0);
	CHECK_INT(source, 1);
	rig_free(r);
}

T_MAIN("media_source", {"loops without a click", loops_without_a_click},
       {"end is told once", end_is_told_once}, {"one encoding for all listeners", one_encoding_for_all},
       {"one encoding for each codec and period", one_encoding_for_each},
       {"a coder is handed on", coder_is_handed_on}, {"speaks at any rate", speaks_at_any_rate},
       {"refuses nonsense", refuses_nonsense})
