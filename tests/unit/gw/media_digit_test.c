// SPDX-License-Identifier: GPL-3.0-or-later
// media_digit_test.c - Digits between any two of events, tones and messages: each once, under loss, and unheard in a mix.
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

static void say_digit(struct phone *p, int16_t *pcm, unsigned int n)
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

static bool lost(struct call *c)
{
	return sample_random(&c->random) % 1000 < LOSS;
}

static void note(struct call *c, unsigned int digit)
{
	if (c->told_count < 2 * DIGITS)
		c->told[c->told_count++] = (uint8_t)digit;
}

static void hear_packet(struct phone *p, const struct rtp_header *h, const uint8_t *payload)
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

static void send_event(struct call *c, bool end, unsigned int frames)
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

static void send_audio(struct call *c)
{
	uint8_t rtp[MEDIA_RTP_MAX];
	unsigned int len = phone_packet(&c->rig->phone[0], rtp);
	if (!lost(c))
		rig_send(c->rig, 0, rtp, len);
}

// 20 ms of the dialling phone: its packets, in its form.
static void dial_frame(struct call *c)
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

static void take_events(struct call *c)
{
	struct media_event e;
	while (media_event_next(c->rig->media, &e))
		if (e.kind == MEDIA_DIGIT && e.stream == c->rig->phone[0].stream && c->to == MESSAGE)
			note(c, e.value);
}

// Digits told twice or never, by walking both lists.
static unsigned int faults(const struct call *c)
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

static struct call *call_new(enum method from, enum method to, uint32_t flags_from, uint32_t flags_to,
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

static void call_free(struct call *c)
{
	rig_free(c->rig);
	free(c->ear_memory);
	free(c);
}

static void call_run(struct call *c)
{
	for (unsigned int i = 0; i < 25; i++) { // a quiet begin
		send_audio(c);
		rig_run(c->rig, 20);
	}
	for (unsigned int i = 0; i < DIGITS * FRAMES; i++) {
		dial_frame(c);
		rig_run(c->rig, 20);
		take_events(c);
	}
	rig_run(c->rig, 400);
	take_events(c);
}

static enum conference_outcome outcome(const struct rig *r)
{
	enum conference_outcome o = CONFERENCE_EMPTY;
	media_conference_info(r->media, 0, &o, NULL);
	return o;
}

static void pair(enum method from, enum method to, uint32_t flags_from, uint32_t flags_to,
		 enum conference_outcome expected)
{
	static const char *const names[] = {"event", "tone", "message"};
	struct call *c = call_new(from, to, flags_from, flags_to, CODEC_PCMU);
	REQUIRE(c != NULL);
	CHECK_INT(outcome(c->rig), expected);
	call_run(c);
	unsigned int bad = faults(c);
	printf("%s to %s: %u dialled, %u told, %u faults, %u heard as tones\n", names[from], names[to],
	       c->dialled_count, c->told_count, bad, c->tones_leaked);
	CHECK_INT(bad, 0);
	CHECK_INT(c->told_count, DIGITS);
	// With every other frame of a digit lost, suspicion may come too late: the digit is told all the same.
	if (to != TONE)
		CHECK(c->tones_leaked <= (from == TONE ? 2 : 0));
	CHECK_INT(c->rig->phone[1].ssrc_breaks, 0);
	CHECK_INT(c->rig->phone[1].seq_breaks, 0);
	CHECK_INT(c->rig->phone[1].ts_breaks, 0);
	call_free(c);
}

static void events_become_events(void)
{
	pair(EVENT, EVENT, 0, 0, CONFERENCE_RELAY);
}

static void events_become_tones(void)
{
	pair(EVENT, TONE, 0, STREAM_DTMF_INBAND, CONFERENCE_TRANSCODE);
}

static void events_become_messages(void)
{
	pair(EVENT, MESSAGE, STREAM_DTMF_TOLD, STREAM_DTMF_INBAND, CONFERENCE_RELAY);
}

static void tones_become_events(void)
{
	pair(TONE, EVENT, STREAM_DTMF_INBAND, 0, CONFERENCE_TRANSCODE);
}

static void tones_become_messages(void)
{
	pair(TONE, MESSAGE, STREAM_DTMF_DETECT | STREAM_DTMF_TOLD, 0, CONFERENCE_TRANSCODE);
}

static void messages_become_events(void)
{
	pair(MESSAGE, EVENT, 0, 0, CONFERENCE_RELAY);
}

static void messages_become_tones(void)
{
	pair(MESSAGE, TONE, 0, STREAM_DTMF_TONES, CONFERENCE_TRANSCODE);
}

static void events_cross_a_transcode(void)
{
	struct call *c = call_new(EVENT, EVENT, 0, 0, CODEC_G722);
	REQUIRE(c != NULL);
	CHECK_INT(outcome(c->rig), CONFERENCE_TRANSCODE);
	call_run(c);
	CHECK_INT(faults(c), 0);
	CHECK_INT(c->told_count, DIGITS);
	CHECK_INT(c->rig->phone[1].seq_breaks, 0);
	call_free(c);
}

// A caller is transferred, or resumes with other numbers: what it dials from then on crosses as well.
static void events_cross_after_another_sender_took_over(void)
{
	for (unsigned int same_ssrc = 0; same_ssrc < 2; same_ssrc++) {
		struct call *c = call_new(EVENT, EVENT, 0, 0, CODEC_G722);
		REQUIRE(c != NULL);
		struct phone *p = &c->rig->phone[0];
		for (unsigned int half = 0; half < 2; half++) {
			for (unsigned int i = 0; i < 50; i++) {
				send_audio(c);
				rig_run(c->rig, 20);
			}
			for (unsigned int i = 0; i < 8 * FRAMES; i++) {
				dial_frame(c);
				rig_run(c->rig, 20);
			}
			p->ssrc += same_ssrc ? 0 : 77;
			p->seq = (uint16_t)(p->seq + 20000);
			p->ts -= 1000000000;
		}
		rig_run(c->rig, 400);
		CHECK_INT(c->dialled_count, 16);
		CHECK_INT(faults(c), 0);
		CHECK_INT(c->rig->phone[1].ssrc_breaks, 0);
		CHECK_INT(c->rig->phone[1].seq_breaks, 0);
		call_free(c);
	}
}

static void who_asks_for_nothing_stays_a_relay(void)
{
	struct call *c = call_new(TONE, TONE, STREAM_DTMF_INBAND, STREAM_DTMF_INBAND, CODEC_PCMU);
	REQUIRE(c != NULL);
	CHECK_INT(outcome(c->rig), CONFERENCE_RELAY); // tones pass as they are
	CHECK_INT(media_digit_send(c->rig->media, c->rig->phone[1].stream, 5, 100), -ENOTSUP);
	call_free(c);
	// a payload that nobody reads stays unread
	struct rig *r = rig_new(NULL);
	uint32_t conference = rig_conference(r, 0);
	struct stream_spec s = rig_spec(conference, 0, CODEC_NONE, 20, BOTH | STREAM_DTMF_DETECT);
	s.rx.event_type = s.tx.event_type = 0;
	REQUIRE(rig_open_spec(r, 0, &s, 0, 0) == 0);
	s = rig_spec(conference, 1, CODEC_NONE, 20, BOTH);
	REQUIRE(rig_open_spec(r, 1, &s, 0, 0) == 0);
	CHECK_INT(outcome(r), CONFERENCE_RELAY);
	rig_free(r);
}

static void no_call_fails_for_its_digits(void)
{
	struct media_limits limits = {.streams = 8, .conferences = 2, .voices = 1, .seed = 7};
	struct rig *r = rig_new(&limits);
	uint32_t conference = rig_conference(r, 0);
	struct stream_spec s = rig_spec(conference, 0, CODEC_PCMU, 20, BOTH);
	REQUIRE(rig_open_spec(r, 0, &s, 400, -20) == 0);
	s = rig_spec(conference, 1, CODEC_PCMU, 20, BOTH | STREAM_DTMF_INBAND);
	s.rx.event_type = s.tx.event_type = 0;
	REQUIRE(rig_open_spec(r, 1, &s, 400, -20) == 0);
	CHECK_INT(outcome(r), CONFERENCE_RELAY);
	rig_run(r, 200);
	CHECK(r->phone[0].packets >= 9 && r->phone[1].packets >= 9);
	rig_free(r);
}

static void requests_are_judged(void)
{
	struct rig *r = rig_new(NULL);
	uint32_t conference = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, conference, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	REQUIRE(rig_open(r, 1, conference, CODEC_PCMU, 20, STREAM_RECV, 0, 0) == 0);
	uint32_t a = r->phone[0].stream;
	CHECK_INT(media_digit_send(r->media, 99, 1, 100), -ENOENT);
	CHECK_INT(media_digit_send(r->media, a, 16, 100), -EINVAL);
	CHECK_INT(media_digit_send(r->media, a, 1, 0), -EINVAL);
	CHECK_INT(media_digit_send(r->media, r->phone[1].stream, 1, 100), -ENOTCONN);
	for (unsigned int i = 0; i < 16; i++)
		CHECK_INT(media_digit_send(r->media, a, i, 60), 0);
	CHECK_INT(media_digit_send(r->media, a, 1, 60), -ENOSPC);
	CHECK_INT(media_tick_due(r->media), 0);
	rig_run(r, 3000);
	CHECK_INT(r->phone[0].packets, 16 * 5); // 60 ms are three packets, and two more for the end
	CHECK_INT(r->phone[0].markers, 16);
	CHECK_INT(r->phone[0].seq_gaps, 0);
	CHECK(media_tick_due(r->media) == UINT64_MAX);
	// what waits ends with its stream
	CHECK_INT(media_digit_send(r->media, a, 1, 1000), 0);
	rig_run(r, 40);
	rig_close(r, 0);
	CHECK(media_tick_due(r->media) == UINT64_MAX);
	rig_free(r);
}

// The loudest 10 ms of what a phone has heard, dBm0, leaving out the first `skip` samples.
static double loudest(const struct phone *p, uint32_t skip)
{
	double max = -96;
	for (uint32_t at = skip; at + 80 <= p->pcm_count; at += 80) {
		double level = measure_level_dbm0(p->pcm + at, 80);
		max = level > max ? level : max;
	}
	return max;
}

// A bridge of three: the first one dials, the second hears.
static struct call *bridge_new(enum method from, uint32_t flags, enum codec_id codec)
{
	struct call *c = calloc(1, sizeof(*c));
	c->rig = rig_new(NULL);
	c->from = from;
	c->to = MESSAGE;
	c->random = 5;
	uint32_t conference = rig_conference(c->rig, CONFERENCE_BRIDGE);
	struct stream_spec s = rig_spec(conference, 0, codec, 20, BOTH | flags);
	s.rx.event_type = s.tx.event_type = from == EVENT ? EVENTS : 0;
	if (rig_open_spec(c->rig, 0, &s, 400, -20) ||
	    rig_open(c->rig, 1, conference, CODEC_PCMU, 20, BOTH, 0, 0) ||
	    rig_open(c->rig, 2, conference, CODEC_PCMU, 20, BOTH, 0, 0))
		return NULL;
	c->rig->phone[0].sends = false;
	c->rig->phone[0].say = say_digit;
	c->rig->phone[0].context = c;
	return c;
}

static void a_bridge_takes_tones_out(void)
{
	static const enum codec_id codecs[] = {CODEC_PCMU, CODEC_G722, CODEC_OPUS};
	for (unsigned int k = 0; k < 3; k++) {
		if (!codec_can_transcode(codecs[k]))
			continue;
		struct call *c = bridge_new(TONE, STREAM_DTMF_DETECT, codecs[k]);
		REQUIRE(c != NULL);
		for (unsigned int i = 0; i < 40 * FRAMES; i++) {
			uint8_t rtp[MEDIA_RTP_MAX];
			if (c->frame == 0)
				c->dialled[c->dialled_count++] = (uint8_t)(i / FRAMES % 16);
			unsigned int len = phone_packet(&c->rig->phone[0], rtp);
			rig_send(c->rig, 0, rtp, len);
			c->frame = (c->frame + 1) % FRAMES;
			rig_run(c->rig, 20);
			take_events(c);
		}
		printf("%s: loudest 10 ms of 40 digits %.1f dBm0, %u told\n", codec_by_id(codecs[k])->name,
		       loudest(&c->rig->phone[1], 0), c->told_count);
		CHECK_INT(faults(c), 0);
		CHECK(loudest(&c->rig->phone[1], 0) < (codecs[k] == CODEC_OPUS ? -35 : -55)); // it smears
		call_free(c);
	}
}

// A gateway behind the phone sends the first 30 ms of each tone as sound before it knows that it is a digit.
static void a_bridge_hushes_what_leaks_before_events(void)
{
	struct call *c = bridge_new(EVENT, 0, CODEC_PCMU);
	REQUIRE(c != NULL);
	c->from = TONE; // what is said
	for (unsigned int i = 0; i < 40 * FRAMES; i++) {
		struct phone *p = &c->rig->phone[0];
		if (c->frame == 0)
			c->dialled[c->dialled_count++] = (uint8_t)(i / FRAMES % 16);
		if (c->frame == 2)
			c->event_ts = p->ts;
		c->random = 1;
		uint8_t rtp[MEDIA_RTP_MAX];
		if (c->frame < 2 || c->frame >= ON) {
			unsigned int len = phone_packet(p, rtp);
			rig_send(c->rig, 0, rtp, len);
		} else {
			send_event(c, c->frame + 1 == ON, c->frame - 1);
			p->ts += 160;
		}
		c->frame = (c->frame + 1) % FRAMES;
		rig_run(c->rig, 20);
		take_events(c);
	}
	unsigned int loud = 0;
	for (uint32_t at = 0; at + 80 <= c->rig->phone[1].pcm_count; at += 80)
		loud += measure_level_dbm0(c->rig->phone[1].pcm + at, 80) > -40;
	printf("leaked: %.1f ms a digit of 40 ms are heard\n", loud * 10 / 40.0);
	CHECK_INT(c->told_count, 40);
	CHECK(loud * 10 <= 40 * 20); // what had been played before the event came
	call_free(c);
}

// Digits as sound and, from that frame of each on, as events beside it.
static void beside(unsigned int first_event)
{
	struct call *c = bridge_new(EVENT, STREAM_DTMF_DETECT, CODEC_PCMU);
	REQUIRE(c != NULL);
	c->from = TONE; // what is said
	for (unsigned int i = 0; i < 80 * FRAMES; i++) {
		struct phone *p = &c->rig->phone[0];
		if (c->frame == 0)
			c->dialled[c->dialled_count++] = (uint8_t)(i / FRAMES / 2 % 16); // each twice
		if (c->frame == first_event)
			c->event_ts = p->ts;
		c->random = 1;
		uint8_t rtp[MEDIA_RTP_MAX];
		unsigned int len = phone_packet(p, rtp);
		rig_send(c->rig, 0, rtp, len);
		if (c->frame >= first_event && c->frame < ON)
			send_event(c, c->frame + 1 == ON, c->frame + 1 - first_event);
		c->frame = (c->frame + 1) % FRAMES;
		rig_run(c->rig, 20);
		take_events(c);
	}
	unsigned int loud = 0;
	for (uint32_t at = 0; at + 80 <= c->rig->phone[1].pcm_count; at += 80)
		loud += measure_level_dbm0(c->rig->phone[1].pcm + at, 80) > -40;
	printf("events from %u ms on: %u told, %.1f ms a digit are heard\n", first_event * 20, c->told_count,
	       loud * 10 / 80.0);
	CHECK_INT(faults(c), 0);
	CHECK_INT(c->told_count, 80);
	CHECK(loud * 10 <= 80 * 30);
	call_free(c);
}

// Agents name a payload type for events, and then send the tones of those who have none.
static void tones_count_where_events_could_be(void)
{
	beside(ON);
}

static void what_comes_both_ways_is_told_once(void)
{
	for (unsigned int first = 0; first < ON - 1; first++)
		beside(first);
}

struct speaker {
	const int16_t *pcm;
	size_t at, n;
};

static void say_speech(struct phone *p, int16_t *pcm, unsigned int n)
{
	struct speaker *s = p->context;
	for (unsigned int i = 0; i < n; i++)
		pcm[i] = s->at < s->n ? s->pcm[s->at++] : 0;
}

static void speech_is_no_digit(void)
{
	size_t n = 0;
	const int16_t *speech = sample_speech(&n);
	if (!speech)
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	struct speaker s = {.pcm = speech, .n = n};
	struct rig *r = rig_new(NULL);
	uint32_t conference = rig_conference(r, CONFERENCE_BRIDGE);
	struct stream_spec a = rig_spec(conference, 0, CODEC_PCMU, 20, BOTH | STREAM_DTMF_DETECT);
	a.rx.event_type = 0;
	REQUIRE(rig_open_spec(r, 0, &a, 400, 0) == 0);
	REQUIRE(rig_open(r, 1, conference, CODEC_PCMU, 20, BOTH, 0, 0) == 0);
	r->phone[0].say = say_speech;
	r->phone[0].context = &s;
	rig_run(r, 29500);
	struct media_event e;
	unsigned int digits = 0;
	while (media_event_next(r->media, &e))
		digits += e.kind == MEDIA_DIGIT;
	CHECK_INT(digits, 0);
	// what is taken out for a moment's suspicion
	const struct phone *p = &r->phone[1];
	size_t delay = measure_delay(speech, p->pcm, 160000, 2400);
	unsigned int active = 0, cut = 0;
	for (size_t at = 0; at + 80 + delay < p->pcm_count; at += 80) {
		bool loud = measure_level_dbm0(speech + at, 80) > -35;
		active += loud;
		cut += loud && measure_level_dbm0(p->pcm + at + delay, 80) < -60;
	}
	printf("speech: %u of %u active blocks of 10 ms cut, delay %zu ms\n", cut, active, delay / 8);
	CHECK(cut * 1000 <= active * 5);
	rig_free(r);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"events_become_events", events_become_events},
		{"events_become_tones", events_become_tones},
		{"events_become_messages", events_become_messages},
		{"tones_become_events", tones_become_events},
		{"tones_become_messages", tones_become_messages},
		{"messages_become_events", messages_become_events},
		{"messages_become_tones", messages_become_tones},
		{"events_cross_a_transcode", events_cross_a_transcode},
		{"events_cross_after_another_sender_took_over", events_cross_after_another_sender_took_over},
		{"who_asks_for_nothing_stays_a_relay", who_asks_for_nothing_stays_a_relay},
		{"no_call_fails_for_its_digits", no_call_fails_for_its_digits},
		{"requests_are_judged", requests_are_judged},
		{"a_bridge_takes_tones_out", a_bridge_takes_tones_out},
		{"a_bridge_hushes_what_leaks_before_events", a_bridge_hushes_what_leaks_before_events},
		{"tones_count_where_events_could_be", tones_count_where_events_could_be},
		{"what_comes_both_ways_is_told_once", what_comes_both_ways_is_told_once},
		{"speech_is_no_digit", speech_is_no_digit},
	};
	return t_main("media_digit", tests, sizeof(tests) / sizeof(tests[0]));
}
