// SPDX-License-Identifier: GPL-3.0-or-later
// media_digit_call.h - A phone that dials, by events, tones or messages, and what is told of it.
#pragma once

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "gw/dtmf.h"
#include "gw/mixer.h"
#include "tests/unit/gw/media_rig.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define BOTH   (STREAM_RECV | STREAM_SEND)
#define DIGITS 1000
#define FRAMES 12 // of 20 ms, one digit to the next
#define ON     6  // of them with the digit
#define LOSS   50 // of 1000 packets
#define EVENTS 101

enum method { EVENT, TONE, MESSAGE };

// A phone that dials, and one that notes what it is told.
struct call {
	struct rig *rig;
	enum method from, to;
	uint64_t random;
	uint8_t dialled[DIGITS], told[2 * DIGITS];
	unsigned int dialled_count, told_count, frame;
	uint32_t event_ts;
	// the dialled tone
	double phase[2];
	// the listener's ear
	struct rtp_event_rx events;
	struct dtmf_rx *ear;
	void *ear_memory;
	uint16_t next_seq;
	bool heard;
	uint32_t tones_leaked;
};

static const double low[4] = {697, 770, 852, 941}, high[4] = {1209, 1336, 1477, 1633};
static const char keys[] = "123A456B789C*0#D";

static inline void say_digit(struct phone *p, int16_t *pcm, unsigned int n)
{
	struct call *c = p->context;
	bool on = c->from == TONE && c->frame < ON && c->dialled_count > 0;
	const char *key = on ? strchr(keys, dtmf_digit(c->dialled[c->dialled_count - 1])) : keys;
	double rate = p->codec->sample_rate_hz, f[2] = {low[(key - keys) / 4], high[(key - keys) % 4]};
	double amplitude = measure_amplitude(-12);
	for (unsigned int i = 0; i < n; i++) {
		double v = 0;
		for (unsigned int k = 0; k < 2; k++) {
			v += sin(c->phase[k]);
			c->phase[k] += 2 * M_PI * f[k] / rate;
		}
		pcm[i] = on ? (int16_t)lrint(amplitude * v) : 0;
	}
}

static inline bool lost(struct call *c)
{
	return sample_random(&c->random) % 1000 < LOSS;
}

static inline void note(struct call *c, unsigned int digit)
{
	if (c->told_count < 2 * DIGITS)
		c->told[c->told_count++] = (uint8_t)digit;
}

static inline void hear_packet(struct phone *p, const struct rtp_header *h, const uint8_t *payload)
{
	struct call *c = p->context;
	int16_t pcm[CODEC_SAMPLES_MAX];
	struct rtp_event e;
	char digit;
	if (lost(c))
		return;
	if (h->payload_type == EVENTS) {
		if (rtp_event_parse(payload, h->payload_len, &e) == 0 &&
		    rtp_event_receive(&c->events, &e, h->timestamp, p->rig->now) && c->to == EVENT)
			note(c, e.event);
		return;
	}
	if (h->payload_type != p->spec.tx.payload_type)
		return;
	int n = p->rx_codec->decode(p->decoder, payload, h->payload_len, pcm, CODEC_SAMPLES_MAX);
	if (n <= 0)
		return;
	if (c->heard && h->seq != c->next_seq)
		dtmf_rx_gap(c->ear, (unsigned int)n);
	c->heard = true;
	c->next_seq = (uint16_t)(h->seq + 1);
	dtmf_rx_listen(c->ear, pcm, (unsigned int)n);
	while (dtmf_rx_next(c->ear, &digit)) {
		c->tones_leaked++;
		if (c->to == TONE)
			note(c, (unsigned int)dtmf_event(digit));
	}
}

static inline void send_event(struct call *c, bool end, unsigned int frames)
{
	struct phone *p = &c->rig->phone[0];
	struct rtp_event e = {.event = c->dialled[c->dialled_count - 1],
			      .volume = 10,
			      .end = end,
			      .duration = (uint16_t)(frames * 160)};
	struct rtp_header h = {.timestamp = c->event_ts,
			       .ssrc = p->ssrc,
			       .seq = p->seq++,
			       .payload_type = EVENTS,
			       .marker = frames == 1};
	uint8_t rtp[16];
	rtp_header_write(rtp, &h);
	rtp_event_write(rtp + 12, &e);
	if (!lost(c))
		rig_send(c->rig, 0, rtp, sizeof(rtp));
}

static inline void send_audio(struct call *c)
{
	uint8_t rtp[MEDIA_RTP_MAX];
	unsigned int len = phone_packet(&c->rig->phone[0], rtp);
	if (!lost(c))
		rig_send(c->rig, 0, rtp, len);
}

// 20 ms of the dialling phone: its packets, in its form.
static inline void dial_frame(struct call *c)
{
	struct phone *p = &c->rig->phone[0];
	if (c->frame == 0 && c->dialled_count < DIGITS) {
		c->dialled[c->dialled_count++] = (uint8_t)(sample_random(&c->random) % 16);
		c->event_ts = p->ts;
		if (c->from == MESSAGE)
			CHECK_INT(media_digit_send(c->rig->media, c->rig->phone[1].stream,
						   c->dialled[c->dialled_count - 1], 120),
				  0);
	}
	if (c->from == EVENT && c->frame < ON) {
		send_event(c, c->frame + 1 == ON, c->frame + 1);
		p->ts += 160;
	} else {
		if (c->from == EVENT && c->frame < ON + 2)
			send_event(c, true, ON);
		send_audio(c);
	}
	c->frame = (c->frame + 1) % FRAMES;
}

static inline void take_events(struct call *c)
{
	struct media_event e;
	while (media_event_next(c->rig->media, &e))
		if (e.kind == MEDIA_DIGIT && e.stream == c->rig->phone[0].stream && c->to == MESSAGE)
			note(c, e.value);
}

// Digits told twice or never, by walking both lists.
static inline unsigned int faults(const struct call *c)
{
	unsigned int bad = 0, k = 0;
	for (unsigned int i = 0; i < c->dialled_count; i++) {
		if (k < c->told_count && c->told[k] == c->dialled[i]) {
			k++;
			continue;
		}
		bad++;
		if (getenv("DIGITS_VERBOSE"))
			printf("digit %u: dialled %u, told %d then %d\n", i, c->dialled[i],
			       k < c->told_count ? c->told[k] : -1,
			       k + 1 < c->told_count ? c->told[k + 1] : -1);
		if (k + 1 < c->told_count && c->told[k + 1] == c->dialled[i])
			k += 2; // one too many
	}
	return bad + (c->told_count - k);
}

static inline struct call *call_new(enum method from, enum method to, uint32_t flags_from, uint32_t flags_to,
				    enum codec_id codec_to)
{
	struct call *c = calloc(1, sizeof(*c));
	c->rig = rig_new(NULL);
	c->from = from;
	c->to = to;
	c->random = 11 + from * 3 + to;
	c->ear_memory = aligned_alloc(64, (dtmf_rx_size() + 127) & ~(size_t)63);
	c->ear = dtmf_rx_make(c->ear_memory);
	uint32_t conference = rig_conference(c->rig, 0);
	struct stream_spec a = rig_spec(conference, 0, CODEC_PCMU, 20, BOTH | flags_from);
	struct stream_spec b = rig_spec(conference, 1, codec_to, 20, BOTH | flags_to);
	a.rx.event_type = a.tx.event_type = from == EVENT ? EVENTS : 0;
	b.rx.event_type = b.tx.event_type = to == EVENT ? EVENTS : 0;
	if (rig_open_spec(c->rig, 0, &a, 400, -20) || rig_open_spec(c->rig, 1, &b, 0, 0))
		return NULL;
	c->rig->phone[0].sends = false; // it is driven by hand
	c->rig->phone[0].say = say_digit;
	c->rig->phone[1].hear = hear_packet;
	c->rig->phone[0].context = c->rig->phone[1].context = c;
	return c;
}

static inline void call_free(struct call *c)
{
	rig_free(c->rig);
	free(c->ear_memory);
	free(c);
}
