// SPDX-License-Identifier: GPL-3.0-or-later
// media_digit_test.c - Digits of two parties between any two of events, tones and messages: each once, and under loss.
#include "tests/unit/gw/media_digit_call.h"

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

T_MAIN("media_digit", {"events_become_events", events_become_events},
       {"events_become_tones", events_become_tones}, {"events_become_messages", events_become_messages},
       {"tones_become_events", tones_become_events}, {"tones_become_messages", tones_become_messages},
       {"messages_become_events", messages_become_events}, {"messages_become_tones", messages_become_tones},
       {"events_cross_a_transcode", events_cross_a_transcode},
       {"events_cross_after_another_sender_took_over", events_cross_after_another_sender_took_over},
       {"who_asks_for_nothing_stays_a_relay", who_asks_for_nothing_stays_a_relay},
       {"no_call_fails_for_its_digits", no_call_fails_for_its_digits},
       {"requests_are_judged", requests_are_judged})
