// SPDX-License-Identifier: GPL-3.0-or-later
// media_silence_test.c - Comfort noise both ways: levels, pauses, markers, and the silence of G.729 Annex B.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "gw/comfort.h"
#include "gw/mixer.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/t.h"

#define BOTH (STREAM_RECV | STREAM_SEND)

struct room {
	struct comfort_noise noise;
	unsigned int noises, others; // packets heard, of type 13 and not
	int level;                   // last one told
};

static void say_noise(struct phone *p, int16_t *pcm, unsigned int n)
{
	struct room *room = p->context;
	comfort_run(&room->noise, pcm, n);
}

static void hear_noise(struct phone *p, const struct rtp_header *h, const uint8_t *payload)
{
	struct room *room = p->context;
	if (h->payload_type != COMFORT_PAYLOAD_TYPE) {
		room->others++;
		return;
	}
	room->noises++;
	CHECK_INT(comfort_read(payload, h->payload_len, &room->level), 0);
	CHECK(!h->marker);
}

static void send_noise(struct rig *r, unsigned int phone, int level)
{
	struct phone *p = &r->phone[phone];
	struct rtp_header h = {
		.timestamp = p->ts, .ssrc = p->ssrc, .seq = p->seq++, .payload_type = COMFORT_PAYLOAD_TYPE};
	uint8_t rtp[13];
	rtp_header_write(rtp, &h);
	comfort_write(rtp + 12, level);
	rig_send(r, phone, rtp, sizeof(rtp));
}

// The sender speaks, falls silent with a description, and speaks again.
static void pauses_sound_as_described(void)
{
	static const enum codec_id listeners[] = {CODEC_PCMA, CODEC_G722, CODEC_L16_16K};
	for (unsigned int k = 0; k < 3; k++)
		for (int level = -60; level <= -30; level += 10) {
			struct rig *r = rig_new(NULL);
			uint32_t c = rig_conference(r, k ? 0 : CONFERENCE_BRIDGE);
			REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 1000, -20) == 0);
			REQUIRE(rig_open(r, 1, c, listeners[k], 20, BOTH, 0, 0) == 0);
			struct phone *p = &r->phone[0];
			rig_run(r, 1000);
			p->sends = false;
			send_noise(r, 0, level);
			rig_run(r, 2000);
			const struct phone *q = &r->phone[1];
			uint32_t khz = q->rx_codec->sample_rate_hz / 1000;
			CHECK_NEAR(measure_level_dbm0(phone_tail(q, 1000 * khz), 1000 * khz), level, 2);
			// described anew, in the middle
			send_noise(r, 0, level + 6);
			rig_run(r, 500);
			CHECK_NEAR(measure_level_dbm0(phone_tail(q, 300 * khz), 300 * khz), level + 6, 2);
			p->ts += 2500 * 8;
			p->next = r->now;
			p->sends = true;
			p->marker = true;
			rig_run(r, 1000);
			CHECK_NEAR(measure_sine(phone_tail(q, 500 * khz), 500 * khz, khz * 1000, 1000)
					   .level_dbm0,
				   -20, 0.3);
			CHECK(measure_sine(phone_tail(q, 500 * khz), 500 * khz, khz * 1000, 1000).sinad_db >
			      30);
			struct stream_stats s;
			media_stream_stats(r->media, p->stream, r->now, &s);
			CHECK(s.concealed <= 8);
			rig_free(r);
		}
}

// Without a word about it, a pause is silent, as before.
static void pauses_without_description_are_silent(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, CONFERENCE_BRIDGE);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 1000, -20) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_L16_16K, 20, BOTH, 0, 0) == 0);
	rig_run(r, 1000);
	r->phone[0].sends = false;
	send_noise(r, 0, -100); // nor is what nobody could hear
	rig_run(r, 1000);
	CHECK(measure_level_dbm0(phone_tail(&r->phone[1], 8000), 8000) <= -90);
	rig_free(r);
}

static void silence_is_described(void)
{
	static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_G726_32, CODEC_L16_16K};
	for (unsigned int k = 0; k < 4; k++)
		for (int level = -60; level <= -40; level += 10) {
			struct rig *r = rig_new(NULL);
			struct room room = {0};
			uint32_t c = rig_conference(r, CONFERENCE_BRIDGE);
			REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 1000, -20) == 0);
			REQUIRE(rig_open(r, 1, c, codecs[k], 20, BOTH | STREAM_VAD, 0, 0) == 0);
			r->phone[1].context = r->phone[0].context = &room;
			r->phone[1].hear = hear_noise;
			comfort_level_set(&room.noise, level);
			rig_run(r, 1000);
			CHECK(room.others >= 45 && room.noises <= 5);
			r->phone[0].say = say_noise;
			rig_run(r, 3000);
			room.others = room.noises = 0;
			rig_run(r, 2000);
			CHECK_INT(room.others, 0);
			if (codecs[k] == CODEC_L16_16K) {
				CHECK_INT(room.noises, 0); // the payload type is one of 8 kHz
			} else {
				CHECK(room.noises >= 9 && room.noises <= 25);
				CHECK_NEAR(room.level, level, 2);
			}
			uint32_t markers = r->phone[1].markers;
			r->phone[0].say = NULL;
			rig_run(r, 200);
			CHECK_INT(r->phone[1].markers, markers + 1);
			CHECK(room.others >= 7);
			CHECK_INT(r->phone[1].ts_breaks + r->phone[1].seq_breaks + r->phone[1].seq_gaps, 0);
			rig_free(r);
		}
}

// A sender of Annex B falls silent by its own descriptors: who hears it as G.711 hears noise, or gets its description.
static void descriptors_of_g729_become_noise(void)
{
	if (!codec_can_transcode(CODEC_G729B))
		SKIP("built without G.729");
	for (unsigned int vad = 0; vad < 2; vad++) {
		struct rig *r = rig_new(NULL);
		struct room room = {0};
		uint32_t c = rig_conference(r, 0);
		REQUIRE(rig_open(r, 0, c, CODEC_G729B, 20, BOTH, 1000, -20) == 0);
		REQUIRE(rig_open(r, 1, c, CODEC_PCMU, 20, BOTH | (vad ? STREAM_VAD : 0), 0, 0) == 0);
		r->phone[0].context = r->phone[1].context = &room;
		r->phone[0].say = say_noise;
		r->phone[1].hear = hear_noise;
		comfort_level_set(&room.noise, -45);
		rig_run(r, 5000);
		room.others = room.noises = 0;
		rig_run(r, 2000);
		if (vad) {
			printf("G.729B at -45 dBm0: %u descriptions of %d dBm0, %u other packets\n",
			       room.noises, room.level, room.others);
			CHECK(room.noises >= 5 && room.others <= 10);
			CHECK_NEAR(room.level, -45, 4);
		} else {
			double level = measure_level_dbm0(phone_tail(&r->phone[1], 8000), 8000);
			printf("G.729B at -45 dBm0: heard at %.1f dBm0\n", level);
			CHECK_NEAR(level, -45, 4);
		}
		rig_free(r);
	}
}

static void noise_becomes_descriptors_of_g729(void)
{
	if (!codec_can_transcode(CODEC_G729B))
		SKIP("built without G.729");
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, CODEC_PCMU, 20, BOTH, 1000, -20) == 0);
	REQUIRE(rig_open(r, 1, c, CODEC_G729B, 20, BOTH | STREAM_VAD, 0, 0) == 0);
	rig_run(r, 1000);
	r->phone[0].sends = false;
	send_noise(r, 0, -50);
	rig_run(r, 3000);
	uint32_t before = r->phone[1].packets;
	rig_run(r, 2000);
	printf("comfort noise to G.729B: %u packets in 2 s\n", r->phone[1].packets - before);
	CHECK(r->phone[1].packets - before < 50);
	rig_free(r);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"pauses_sound_as_described", pauses_sound_as_described},
		{"pauses_without_description_are_silent", pauses_without_description_are_silent},
		{"silence_is_described", silence_is_described},
		{"descriptors_of_g729_become_noise", descriptors_of_g729_become_noise},
		{"noise_becomes_descriptors_of_g729", noise_becomes_descriptors_of_g729},
	};
	return t_main("media_silence", tests, sizeof(tests) / sizeof(tests[0]));
}
