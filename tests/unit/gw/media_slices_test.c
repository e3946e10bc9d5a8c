// SPDX-License-Identifier: GPL-3.0-or-later
// media_slices_test.c - A large conference's tick in many slices: what is heard, how long each is, who comes and goes between.
#include <stdlib.h>

#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH      (STREAM_RECV | STREAM_SEND)
#define CROWD     1024
#define PERIOD    (20 * NSEC_PER_MSEC)
#define UNLIMITED NSEC_PER_SEC

// A conference of many, whose packets are made here.
struct crowd {
	struct media *m;
	void *memory;
	nsec_t now;
	uint32_t conference, count;
	uint32_t stream[CROWD];
	enum codec_id codec[CROWD];
	uint16_t seq;
	uint32_t random;
	// of the ticks since the last look
	uint8_t *heard;
	uint32_t packets, heard_len;
};

static struct crowd *crowd_new(const struct conference_spec *spec, uint32_t most)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct media_limits limits = {.streams = most, .conferences = 2, .voices = most, .seed = 9};
	c->memory = aligned_alloc(64, (media_size(&limits) + 63) & ~(size_t)63);
	c->heard = malloc(CROWD * (MEDIA_RTP_MAX + sizeof(uint32_t)));
	c->m = media_init(c->memory, &limits);
	c->now = 1000 * NSEC_PER_SEC;
	c->random = 5;
	media_conference_open(c->m, spec, &c->conference);
	return c;
}

static void crowd_free(struct crowd *c)
{
	media_conference_close(c->m, c->conference, c->now); // coders hold memory of libraries
	free(c->memory);
	free(c->heard);
	free(c);
}

static uint32_t crowd_random(struct crowd *c, uint32_t n)
{
	c->random = c->random * 1664525 + 1013904223;
	return (c->random >> 8) % n;
}

// A party joins, of the codec wanted where this build has it.
static void crowd_join(struct crowd *c, enum codec_id codec, uint32_t flags)
{
	codec = codec_can_transcode(codec) ? codec : CODEC_G722;
	struct stream_spec s = rig_spec(c->conference, c->count, codec, 20, flags);
	c->codec[c->count] = codec;
	REQUIRE(media_stream_open(c->m, &s, c->now, &c->stream[c->count++]) == 0);
}

static void crowd_say(struct crowd *c, uint32_t party, const uint8_t *payload, unsigned int len)
{
	const struct codec *codec = codec_by_id(c->codec[party]);
	uint8_t rtp[MEDIA_RTP_MAX];
	enum drop_reason why;
	struct rtp_header h = {.timestamp = c->seq * (codec->rtp_clock_hz / 50),
			       .ssrc = party + 1,
			       .seq = c->seq,
			       .payload_type = codec->payload_type == 255 ? 96 : codec->payload_type};
	rtp_header_write(rtp, &h);
	memcpy(rtp + RTP_HEADER_BYTES, payload, len);
	media_ingest(c->m, c->stream[party], rtp, RTP_HEADER_BYTES + len, c->now, &why);
}

// Everyone says something, but for who is silent for a while, and what is lost.
static void crowd_speak(struct crowd *c)
{
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	c->seq++;
	for (uint32_t i = 0; i < c->count; i++) {
		unsigned int len = 2 * codec_by_id(c->codec[i])->bytes_per_10ms;
		for (unsigned int k = 0; k < len; k++)
			payload[k] = (uint8_t)crowd_random(c, 256);
		if (crowd_random(c, 30) && (c->seq / 20 + i) % 5)
			crowd_say(c, i, payload, len);
	}
}

// One call. Notes what it made. Returns how many packets.
static unsigned int crowd_call(struct crowd *c, nsec_t slice, unsigned int burst)
{
	uint8_t bytes[32][MEDIA_RTP_MAX];
	struct media_frame f[32];
	for (unsigned int i = 0; i < 32; i++)
		f[i].rtp = bytes[i];
	unsigned int n = media_tick(c->m, c->now, &slice, f, burst);
	for (unsigned int i = 0; i < n; i++) {
		memcpy(c->heard + c->heard_len, &f[i].stream, sizeof(f[i].stream));
		memcpy(c->heard + c->heard_len + sizeof(f[i].stream), f[i].rtp, f[i].len);
		c->heard_len += sizeof(f[i].stream) + f[i].len;
	}
	c->packets += n;
	return n;
}

// Lets a period pass in calls of so long. Returns how many calls there were.
static unsigned int crowd_listen(struct crowd *c, nsec_t slice)
{
	unsigned int calls = 0;
	c->packets = c->heard_len = 0;
	for (unsigned int ms = 0; ms < 20; ms++)
		for (c->now += NSEC_PER_MSEC; media_tick_due(c->m) <= c->now; calls++)
			crowd_call(c, slice, slice == UNLIMITED ? 32 : 1 + crowd_random(c, 32));
	return calls;
}

// Two crowds hear the same, one of them in slices.
static void same_sound(const struct conference_spec *spec)
{
	static const enum codec_id codec[] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_G729, CODEC_PCMA};
	struct crowd *whole = crowd_new(spec, 64), *sliced = crowd_new(spec, 64);
	unsigned int differ = 0, calls = 0;
	uint32_t packets = 0;
	for (unsigned int i = 0; i < 60; i++) {
		uint32_t flags = i % 10 == 9 ? STREAM_SEND : i % 10 == 8 ? BOTH | STREAM_VAD : BOTH;
		crowd_join(whole, codec[i % 5], flags);
		crowd_join(sliced, codec[i % 5], flags);
	}
	for (unsigned int k = 0; k < 100; k++) {
		sliced->random = whole->random;
		crowd_speak(whole);
		crowd_speak(sliced);
		crowd_listen(whole, UNLIMITED);
		calls += crowd_listen(sliced, 1 + k * 300);
		differ += whole->heard_len != sliced->heard_len ||
			  memcmp(whole->heard, sliced->heard, whole->heard_len) != 0;
		packets += whole->packets;
	}
	CHECK_INT(differ, 0);
	CHECK(packets > 5000);
	CHECK(calls > 2000);
	crowd_free(whole);
	crowd_free(sliced);
}

static void sounds_the_same(void)
{
	same_sound(&(struct conference_spec){0});
}

static void sounds_the_same_weighed(void)
{
	same_sound(&(struct conference_spec){
		.loudest = 3, .mix_all_up_to = 8, .noise_gate = 40, .level_dbm0 = -20});
}

// Members of all codecs come and go between slices. Whoever stays hears without a gap.
static void churn(const struct conference_spec *spec)
{
	static const enum codec_id codec[] = {CODEC_PCMU, CODEC_G722, CODEC_L16_16K, CODEC_OPUS, CODEC_PCMA};
	struct crowd *c = crowd_new(spec, 64);
	uint16_t first_seq = 0, seq = 0;
	uint32_t first = 0;
	for (unsigned int i = 0; i < 40; i++)
		crowd_join(c, codec[i % 5], BOTH);
	for (unsigned int k = 0; k < 150; k++) {
		crowd_speak(c);
		c->heard_len = 0;
		for (unsigned int ms = 0; ms < 20; ms++)
			for (c->now += NSEC_PER_MSEC; media_tick_due(c->m) <= c->now;) {
				uint32_t at = c->heard_len, who = 1 + crowd_random(c, c->count - 1);
				crowd_call(c, 1 + crowd_random(c, 40000), 1 + crowd_random(c, 32));
				// the first member's packet is the first of a tick
				if (at < c->heard_len && memcmp(c->heard + at, &c->stream[0], 4) == 0) {
					seq = (uint16_t)(c->heard[at + 6] << 8 | c->heard[at + 7]);
					first_seq = first++ ? first_seq : seq;
				}
				if (crowd_random(c, 8))
					continue;
				media_stream_close(c->m, c->stream[who], c->now);
				c->stream[who] = c->stream[--c->count];
				c->codec[who] = c->codec[c->count];
				if (c->count < 30 || crowd_random(c, 2))
					for (unsigned int i = 0; i < 2 && c->count < 60; i++)
						crowd_join(c, codec[crowd_random(c, 5)],
							   crowd_random(c, 4) ? BOTH : STREAM_SEND);
			}
	}
	CHECK_INT((uint16_t)(seq - first_seq) + 1, first);
	CHECK_NEAR(first, 150, 1);
	CHECK_INT(media_conference_close(c->m, c->conference, c->now), 0);
	CHECK_INT(media_stream_count(c->m), 0);
	CHECK_INT(media_voice_count(c->m), 0);
	crowd_free(c);
}

static void members_come_and_go(void)
{
	churn(&(struct conference_spec){0});
	churn(&(struct conference_spec){
		.loudest = 3, .mix_all_up_to = 8, .noise_gate = 40, .level_dbm0 = -20});
	churn(&(struct conference_spec){.loudest = 3, .mix_all_up_to = 35});
}

static unsigned int spoken(struct crowd *c)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		struct stream_stats s;
		media_stream_stats(c->m, c->stream[i], c->now, &s);
		n += s.level_rx_cb != INT32_MIN;
	}
	return n;
}

// A thousand parties speak for the first time: how many at most between two looks at the ports.
static void short_slices(enum codec_id codec, nsec_t slice, unsigned int decode_ns, unsigned int encode_ns)
{
	struct crowd *c = crowd_new(&(struct conference_spec){0}, 1000);
	unsigned int most = 0, most_encoded = 0, before = 0;
	uint64_t encoded = 0;
	for (unsigned int i = 0; i < 1000; i++)
		crowd_join(c, codec, BOTH);
	for (unsigned int k = 0; k < 3; k++) {
		uint8_t payload[320] = {(uint8_t)k};
		c->seq++;
		for (uint32_t i = 0; i < c->count; i++)
			crowd_say(c, i, payload, 2 * codec_by_id(codec)->bytes_per_10ms);
		for (unsigned int ms = 0; ms < 20; ms++)
			for (c->now += NSEC_PER_MSEC; media_tick_due(c->m) <= c->now;) {
				c->heard_len = 0;
				crowd_call(c, slice, 32);
				unsigned int now = before < 1000 ? spoken(c) : before;
				most = now - before > most ? now - before : most;
				before = now;
				unsigned int coded = (unsigned int)(media_encoded(c->m) - encoded);
				most_encoded = coded > most_encoded ? coded : most_encoded;
				encoded += coded;
			}
	}
	CHECK_INT(before, 1000);
	CHECK(encoded >= 1000);
	CHECK(most <= slice / decode_ns + 1);
	CHECK(most_encoded <= slice / encode_ns + 1);
	crowd_free(c);
}

static void slices_are_short(void)
{
	short_slices(CODEC_PCMU, 10000, 100, 100);
	short_slices(CODEC_G722, 100000, 7000, 12000);
}

static void say_number(struct crowd *c, uint32_t party, int16_t value)
{
	uint8_t payload[640];
	for (unsigned int i = 0; i < 640; i += 2) {
		payload[i] = (uint8_t)(value >> 8);
		payload[i + 1] = (uint8_t)value;
	}
	crowd_say(c, party, payload, 640);
}

// The first `packets` of the last tick hold the sum less the listener's own number, and nothing else.
static unsigned int wrong_sums(const struct crowd *c, int sum, unsigned int packets)
{
	unsigned int wrong = 0;
	for (uint32_t at = 0; packets; packets--) {
		uint32_t stream;
		memcpy(&stream, c->heard + at, sizeof(stream));
		at += sizeof(stream) + RTP_HEADER_BYTES;
		int own = 0;
		for (uint32_t i = 0; i < 30; i++)
			own = c->stream[i] == stream ? (int)(i + 1) * 10 : own;
		bool right = own != 0;
		for (unsigned int i = 0; i < 640; i += 2)
			right &= (int16_t)(c->heard[at + i] << 8 | c->heard[at + i + 1]) == sum - own;
		wrong += !right;
		at += 640;
	}
	return wrong;
}

// Thirty say numbers, and others spoke before who leave something behind at 8 kHz. Ten have said theirs in a tick that is due.
static struct crowd *numbers_begun(const struct conference_spec *spec)
{
	struct crowd *c = crowd_new(spec, 40);
	const uint8_t loud[160] = {0};
	for (unsigned int i = 0; i < 30; i++)
		crowd_join(c, CODEC_L16_16K, BOTH);
	uint32_t other, home = c->conference;
	media_conference_open(c->m, &(struct conference_spec){0}, &other);
	c->conference = other;
	for (unsigned int i = 0; i < 4; i++)
		crowd_join(c, CODEC_PCMU, i < 3 ? BOTH : STREAM_SEND);
	c->conference = home;
	for (unsigned int k = 0; k < 10; k++) {
		c->seq++;
		for (uint32_t i = 0; i < 33; i++)
			i < 30 ? say_number(c, i, (int16_t)((i + 1) * 10)) : crowd_say(c, i, loud, 160);
		if (k < 9)
			crowd_listen(c, UNLIMITED);
	}
	media_conference_close(c->m, other, c->now);
	c->packets = c->heard_len = 0;
	while (media_tick_due(c->m) > c->now)
		c->now += NSEC_PER_MSEC;
	for (unsigned int i = 0; i < 10; i++) // as many voices
		CHECK_INT(crowd_call(c, 1, 32), 0);
	return c;
}

// In the middle of it, one leaves who has spoken, one whose turn is next but few and one far behind, and two join, one of
// whom speaks at a rate at which nobody did.
static void members_change_meanwhile(void)
{
	struct crowd *c = numbers_begun(&(struct conference_spec){0});
	media_stream_close(c->m, c->stream[3], c->now);
	media_stream_close(c->m, c->stream[15], c->now);
	media_stream_close(c->m, c->stream[25], c->now);
	crowd_join(c, CODEC_L16_16K, BOTH);
	crowd_join(c, CODEC_PCMU, BOTH);
	while (media_tick_due(c->m) <= c->now)
		crowd_call(c, 1, 32);
	CHECK_INT(c->packets, 27);
	CHECK_INT(wrong_sums(c, 4650 - 160 - 260, 27), 0);
	c->seq++;
	for (uint32_t i = 0; i < 30; i++)
		if (i != 3 && i != 15 && i != 25)
			say_number(c, i, (int16_t)((i + 1) * 10));
	c->packets = c->heard_len = 0;
	for (c->now += PERIOD; media_tick_due(c->m) <= c->now;)
		crowd_call(c, 1, 32);
	CHECK_INT(c->packets, 29);
	CHECK_INT(wrong_sums(c, 4650 - 40 - 160 - 260, 27), 0);
	crowd_free(c);
}

// One joins with whom there are more than all of whom are heard. Talkers are chosen in the next tick, not in what is left of this.
static void weighing_waits(void)
{
	struct crowd *c = numbers_begun(&(struct conference_spec){.loudest = 3, .mix_all_up_to = 30});
	crowd_join(c, CODEC_L16_16K, BOTH);
	while (media_tick_due(c->m) <= c->now)
		crowd_call(c, 1, 32);
	CHECK_INT(c->packets, 30);
	CHECK_INT(wrong_sums(c, 4650, 30), 0);
	c->packets = c->heard_len = 0;
	for (c->now += PERIOD; media_tick_due(c->m) <= c->now;)
		crowd_call(c, 1, 32);
	CHECK_INT(c->packets, 31);
	CHECK(wrong_sums(c, 4650, 30) > 0);
	crowd_free(c);
}

// A conference whose coders take longer than the slice goes on where it stopped, and no packet is missed.
static void work_in_slices(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	uint8_t bytes[16][MEDIA_RTP_MAX];
	struct media_frame frames[16];
	unsigned int calls = 0, most = 0, total = 0;
	for (unsigned int i = 0; i < 6; i++)
		REQUIRE(rig_open(r, i, c, CODEC_G722, 20, BOTH, 500 + 100 * i, -20) == 0);
	rig_run(r, 200);
	for (unsigned int i = 0; i < 16; i++)
		frames[i].rtp = bytes[i];
	r->now += 20 * NSEC_PER_MSEC;
	while (media_tick_due(r->media) <= r->now) {
		nsec_t slice = 15000; // an encoding takes 12 800, a decoding 7200
		unsigned int n = media_tick(r->media, r->now, &slice, frames, 16);
		CHECK(slice == 0 || media_tick_due(r->media) > r->now);
		most = n > most ? n : most;
		total += n;
		calls++;
	}
	CHECK_INT(most, 2);
	CHECK_INT(total, 6);
	CHECK_INT(calls, 5); // two for hearing them all
	nsec_t none = 0;
	CHECK_INT(media_tick(r->media, r->now + 20 * NSEC_PER_MSEC, &none, frames, 16), 0);
	rig_free(r);
}

T_MAIN("media_slices", {"sounds the same", sounds_the_same},
       {"sounds the same weighed", sounds_the_same_weighed}, {"slices are short", slices_are_short},
       {"members change meanwhile", members_change_meanwhile}, {"members come and go", members_come_and_go},
       {"weighing waits", weighing_waits}, {"work in slices", work_in_slices})
