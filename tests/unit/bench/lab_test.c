// SPDX-License-Identifier: GPL-3.0-or-later
// lab_test.c - The lab's own ears: packets, lags, filters, tones and whole verdicts on made-up calls.
#include <math.h>
#include <stdlib.h>

#include "bench/lab/audio.h"
#include "bench/lab/fit.h"
#include "bench/lab/packet.h"
#include "bench/lab/verdict.h"
#include "tests/unit/t.h"

#define RATE  8000
#define COUNT (4 * RATE)

static uint32_t seed = 7;

// Noise with a slow envelope: as good as speech for finding lags.
static void voice(double *x, size_t n)
{
	double low = 0;
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		low = 0.7 * low + 0.3 * ((double)(int32_t)seed / 2147483648.0);
		x[i] = 8000 * low * (1.2 + sin((double)i / 900));
	}
}

static void header_round_trip(void)
{
	struct packet p = {.ts = 0x01020304,
			   .ssrc = 0xa1b2c3d4,
			   .seq = 0xfffe,
			   .payload_type = 9,
			   .marker = true},
		      q;
	uint8_t bytes[PACKET_HEADER + 3] = {0};
	packet_write(&p, bytes);
	CHECK_INT(packet_read(bytes, sizeof(bytes), &q), PACKET_HEADER);
	CHECK_INT(q.ts, p.ts);
	CHECK_INT(q.ssrc, p.ssrc);
	CHECK_INT(q.seq, p.seq);
	CHECK_INT(q.len, 3);
	CHECK(q.marker && q.payload_type == 9);
	for (size_t len = 0; len < PACKET_HEADER; len++)
		CHECK(packet_read(bytes, len, &q) < 0);
	bytes[0] = 0x8f; // fifteen CSRCs that are not there
	CHECK(packet_read(bytes, sizeof(bytes), &q) < 0);
	bytes[0] = 0xa0; // padding longer than the packet
	bytes[PACKET_HEADER + 2] = 200;
	CHECK(packet_read(bytes, sizeof(bytes), &q) < 0);
}

static void finds_lags(void)
{
	static double x[COUNT], y[COUNT];
	static const long lags[] = {0, 1, 37, 160, 1999, -55};
	voice(x, COUNT);
	for (size_t k = 0; k < sizeof(lags) / sizeof(lags[0]); k++) {
		for (long i = 0; i < COUNT; i++)
			y[i] = i - lags[k] >= 0 && i - lags[k] < COUNT ? x[i - lags[k]] : 0;
		double sure;
		CHECK_INT(fit_lag(y, RATE, RATE, x, COUNT, RATE, -200, 3000, &sure), lags[k]);
		CHECK_NEAR(sure, 1, 1e-6);
	}
}

// Two voices, one through a filter with a fractional delay, and noise 40 dB below: both come apart again.
static void separates_voices(void)
{
	static double a[COUNT], b[COUNT], y[COUNT], part_a[RATE], part_b[RATE], rest[RATE];
	double noise = 0, wanted_a = 0;
	voice(a, COUNT);
	voice(b, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		seed = seed * 1664525u + 1013904223u;
		double n = (double)(int32_t)seed / 2147483648.0 * 20;
		y[i] = (i >= 81 ? 0.5 * a[i - 80] + 0.25 * a[i - 81] : 0) +
		       (i >= 300 ? 0.9 * b[i - 300] : 0) + n;
		noise += i >= RATE && i < 2 * RATE ? n * n / RATE : 0;
	}
	for (size_t i = RATE; i < 2 * RATE; i++)
		wanted_a += pow(0.5 * a[i - 80] + 0.25 * a[i - 81], 2) / RATE;
	struct fit_voice voices[] = {{.x = a, .count = COUNT, .lag = 80, .side = 10},
				     {.x = b, .count = COUNT, .lag = 300, .side = 10}};
	double *const parts[] = {part_a, part_b};
	CHECK_INT(fit_voices(y, RATE, RATE, voices, 2, parts, rest), 0);
	CHECK_NEAR(10 * log10(fit_power(part_a, RATE) / wanted_a), 0, 0.05);
	CHECK_NEAR(10 * log10(fit_power(rest, RATE) / noise), 0, 0.1);
}

static void measures_tones(void)
{
	static double y[RATE];
	const double hz[] = {437, 1020, 2903};
	double amplitude[3], rest;
	for (size_t i = 0; i < RATE; i++)
		y[i] = 1000 * sin(2 * M_PI * 437 * (double)i / RATE + 1) +
		       10 * cos(2 * M_PI * 1020 * (double)i / RATE) +
		       3 * sin(2 * M_PI * 600 * (double)i / RATE) + 55;
	CHECK_INT(fit_tones(y, RATE, RATE, hz, 3, amplitude, &rest), 0);
	CHECK_NEAR(amplitude[0], 1000, 1e-3);
	CHECK_NEAR(amplitude[1], 10, 1e-3);
	CHECK_NEAR(amplitude[2], 0, 1e-3);
	CHECK_NEAR(rest, 4.5, 1e-3);
}

// --- whole verdicts ---

#define PARTIES 3
#define SECONDS 6
#define PACKETS (SECONDS * 50)

static struct phone phones[PARTIES];
static struct scenario_party plans[PARTIES];
static struct verdict_party parties[PARTIES];

static void phone_make(unsigned int i, double hz)
{
	plans[i] = (struct scenario_party){.codec = CODEC_PCMU,
					   .period_ms = 20,
					   .source = SCENARIO_TONE,
					   .tone_hz = hz,
					   .level_dbm0 = -16,
					   .level_set = true};
	phones[i] = (struct phone){.options = {.codec = codec_by_id(CODEC_PCMU), .period_ms = 20}};
	audio_tone(hz, -16, RATE, &phones[i].options.source);
	parties[i] = (struct verdict_party){.party = &plans[i],
					    .phone = &phones[i],
					    .from = NSEC_PER_SEC,
					    .until = (1 + SECONDS) * NSEC_PER_SEC};
	const struct codec *c = phones[i].options.codec;
	for (unsigned int k = 0; k < PACKETS; k++) {
		struct packet p = {.at = NSEC_PER_SEC + k * 20 * NSEC_PER_MSEC,
				   .ts = 77 + k * 160,
				   .seq = (uint16_t)(65500 + k),
				   .ssrc = i + 1,
				   .len = 160};
		uint8_t payload[160];
		c->encode(NULL, phones[i].options.source.pcm + (size_t)(k * 160) % RATE, 160, payload,
			  sizeof(payload));
		packet_log_add(&phones[i].sent, &p, payload);
	}
}

static void phones_free(void)
{
	for (unsigned int i = 0; i < PARTIES; i++) {
		packet_log_free(&phones[i].sent);
		packet_log_free(&phones[i].received);
		audio_free(&phones[i].options.source);
	}
}

// What phone 0 hears from a perfect relay that loses packet `lost` and takes 3 ms.
static void relay_make(unsigned int lost)
{
	for (unsigned int k = 0; k < PACKETS; k++) {
		struct packet p = phones[1].sent.packets[k];
		const uint8_t *payload = packet_payload(&phones[1].sent, &p);
		p.at += 3 * NSEC_PER_MSEC;
		p.seq = (uint16_t)(p.seq + 1000);
		p.ts += 5;
		p.ssrc = 99;
		if (k != lost)
			packet_log_add(&phones[0].received, &p, payload);
	}
}

static void judges_a_relay(void)
{
	struct verdict v;
	for (int lossy = 0; lossy < 2; lossy++) {
		phone_make(0, 437);
		phone_make(1, 1020);
		relay_make(lossy ? 150 : PACKETS);
		verdict_take(SCENARIO_MTP, parties, 2, 0, NULL, &v);
		CHECK_NEAR(v.value[METRIC_LOSS], lossy, 0);
		CHECK_NEAR(v.value[METRIC_IDENTICAL], lossy ? 100.0 * (PACKETS - 1) / PACKETS : 100, 1e-9);
		CHECK_NEAR(v.value[METRIC_DELAY], 3, 1e-6);
		CHECK_NEAR(v.value[METRIC_GAP], lossy ? 40 : 20, 20);
		CHECK(v.known[METRIC_SINAD] && v.value[METRIC_SINAD] > 36);
		CHECK_NEAR(v.value[METRIC_LEVEL], 0, 0.05);
		CHECK(v.value[METRIC_OWN] < -60);
		phones_free();
	}
}

// A mix in which phone 0 hears both others, and itself at `own` of its level.
static void mix_make(double own)
{
	const struct codec *c = codec_by_id(CODEC_PCMU);
	for (unsigned int k = 0; k < PACKETS; k++) {
		int16_t pcm[160];
		uint8_t payload[160];
		for (unsigned int i = 0; i < 160; i++) {
			size_t at = (k * 160 + i) % RATE;
			pcm[i] = (int16_t)lrint(phones[1].options.source.pcm[at] +
						phones[2].options.source.pcm[at] +
						own * phones[0].options.source.pcm[at]);
		}
		c->encode(NULL, pcm, 160, payload, sizeof(payload));
		struct packet p = {.at = NSEC_PER_SEC + (k * 20 + 45) * NSEC_PER_MSEC,
				   .ts = k * 160,
				   .seq = (uint16_t)k,
				   .ssrc = 5,
				   .len = 160};
		packet_log_add(&phones[0].received, &p, payload);
	}
}

static void judges_a_mix(void)
{
	struct verdict v;
	for (int echo = 0; echo < 2; echo++) {
		phone_make(0, 437);
		phone_make(1, 1020);
		phone_make(2, 1713);
		mix_make(echo ? 0.1 : 0);
		verdict_take(SCENARIO_BRIDGE, parties, 3, 0, NULL, &v);
		CHECK(v.known[METRIC_SINAD] && !v.known[METRIC_IDENTICAL]);
		if (echo) {
			CHECK_NEAR(v.value[METRIC_OWN], -20, 0.5);
			CHECK(v.value[METRIC_SINAD] < 24);
		} else {
			CHECK(v.value[METRIC_OWN] < -58);
			CHECK(v.value[METRIC_SINAD] > 33);
			CHECK_NEAR(v.value[METRIC_LEVEL], 0, 0.1);
		}
		phones_free();
	}
}

// The same with voices instead of tones: every talker is found at its delay, an echo is seen for what it is; and so is a
// delay that grows on the way, whether by later packets or by later samples in them.
static void judges_speech(void)
{
	static double x[SECONDS * RATE];
	static const unsigned int later_ms[] = {0, 0, 22, 30};
	for (unsigned int round = 0; round < 4; round++) {
		bool echo = round == 1;
		for (unsigned int i = 0; i < PARTIES; i++) {
			phone_make(i, 437);
			plans[i].source = SCENARIO_PLAY;
			audio_free(&phones[i].options.source);
			struct audio *a = &phones[i].options.source;
			*a = (struct audio){.pcm = malloc(sizeof(x) / sizeof(x[0]) * sizeof(int16_t)),
					    .count = sizeof(x) / sizeof(x[0]),
					    .rate_hz = RATE};
			REQUIRE(a->pcm != NULL);
			voice(x, a->count);
			for (size_t k = 0; k < a->count; k++)
				a->pcm[k] = (int16_t)(x[k] / 2);
		}
		// as mix_make, but the source is longer than a second
		const struct codec *c = codec_by_id(CODEC_PCMU);
		for (unsigned int k = 0; k < PACKETS; k++) {
			int16_t pcm[160];
			uint8_t payload[160];
			for (unsigned int i = 0; i < 160; i++)
				pcm[i] = (int16_t)(phones[1].options.source.pcm[k * 160 + i] +
						   phones[2].options.source.pcm[k * 160 + i] +
						   (echo ? phones[0].options.source.pcm[k * 160 + i] / 100
							 : 0));
			c->encode(NULL, pcm, 160, payload, sizeof(payload));
			unsigned int later = k < PACKETS / 2 ? 0 : later_ms[round];
			struct packet p = {.at = NSEC_PER_SEC + (k * 20 + 45 + later) * NSEC_PER_MSEC,
					   .ts = k * 160 + (round == 3 ? later * 8 : 0),
					   .seq = (uint16_t)k,
					   .ssrc = 5,
					   .len = 160};
			packet_log_add(&phones[0].received, &p, payload);
		}
		struct verdict v;
		verdict_take(SCENARIO_BRIDGE, parties, 3, 0, NULL, &v);
		CHECK(v.known[METRIC_MOVED]);
		CHECK_NEAR(v.value[METRIC_MOVED], later_ms[round], 0.5);
		if (later_ms[round]) {
			phones_free();
			continue;
		}
		CHECK_NEAR(v.value[METRIC_DELAY], 45, 0.2);
		CHECK_NEAR(v.value[METRIC_LEVEL], 0, 0.1);
		CHECK(v.value[METRIC_SNR] > 30);
		CHECK_NEAR(v.value[METRIC_OWN], echo ? -40 : -58, echo ? 2 : 10);
		phones_free();
	}
}

static void converts_rates(void)
{
	struct audio in, out;
	CHECK_INT(audio_tone(1000, -10, 8000, &in), 0);
	CHECK_INT(audio_convert(&in, 16000, &out), 0);
	REQUIRE(out.count == 2 * in.count);
	double y[8000], amplitude, rest, hz = 1000;
	for (size_t i = 0; i < 8000; i++)
		y[i] = out.pcm[i + 4000];
	CHECK_INT(fit_tones(y, 8000, 16000, &hz, 1, &amplitude, &rest), 0);
	CHECK(10 * log10(amplitude * amplitude / 2 / rest) > 60);
	audio_free(&in);
	audio_free(&out);
}

T_MAIN("lab", {"header_round_trip", header_round_trip}, {"finds_lags", finds_lags},
       {"separates_voices", separates_voices}, {"measures_tones", measures_tones},
       {"judges_a_relay", judges_a_relay}, {"judges_a_mix", judges_a_mix}, {"judges_speech", judges_speech},
       {"converts_rates", converts_rates})
