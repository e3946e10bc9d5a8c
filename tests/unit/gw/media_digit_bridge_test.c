// SPDX-License-Identifier: GPL-3.0-or-later
// media_digit_bridge_test.c - Digits dialled into a mix: each told once, and unheard by the others.
#include "tests/unit/gw/media_digit_call.h"

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

// How many spells of 10 ms the other phone heard something in.
static unsigned int loud_spells(const struct call *c)
{
	const struct phone *p = &c->rig->phone[1];
	unsigned int loud = 0;
	for (uint32_t at = 0; at + 80 <= p->pcm_count; at += 80)
		loud += measure_level_dbm0(p->pcm + at, 80) > -40;
	return loud;
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
	unsigned int loud = loud_spells(c);
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
	unsigned int loud = loud_spells(c);
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

T_MAIN("media_digit_bridge", {"a_bridge_takes_tones_out", a_bridge_takes_tones_out},
       {"a_bridge_hushes_what_leaks_before_events", a_bridge_hushes_what_leaks_before_events},
       {"tones_count_where_events_could_be", tones_count_where_events_could_be},
       {"what_comes_both_ways_is_told_once", what_comes_both_ways_is_told_once},
       {"speech_is_no_digit", speech_is_no_digit})
