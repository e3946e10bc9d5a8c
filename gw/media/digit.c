// SPDX-License-Identifier: GPL-3.0-or-later
// digit.c - Digits on their way out: telephone-events beside whatever a stream sends, tones in its place.
//
// A digit comes from control, or from the other of two parties in a form that this one does not take. Digits of one
// stream wait for each other. Which form they get is decided when their turn comes:
//
//   event   the stream has a payload type for them: a packet every 20 ms, three for the end (RFC 4733 s2.5), with
//           sequence numbers of the stream's own line. A relay makes room for them. Sent from here, tick or no tick.
//   tones   else, if the stream has a voice: they take the place of what it would hear (emit.c).
//
// Digits that a packet brought as events go on as they came (relay.c), where both sides have events.
#include <errno.h>

#include "gw/media/inside.h"

#define EVENT_MAX    15
#define DIGIT_MS     100
#define PAUSE_MS     100
#define EVENT_NS     (20 * NSEC_PER_MSEC)
#define EVENT_MS     20
#define EVENT_VOLUME 10 // dBm0 below 0
#define LOW_DBM0     (-9)
#define HIGH_DBM0    (-7)

// --- waiting ---

static bool sends_events(const struct media_cold *c)
{
	return (c->spec.flags & STREAM_SEND) && c->spec.tx.event_type && !c->blind;
}

static struct media_voice *speaker(const struct media *m, const struct media_cold *c)
{
	struct media_voice *v = c->voice != NONE ? &m->voices[c->voice] : NULL;
	return v && v->tx ? v : NULL;
}

// Makes sure that somebody looks after what waits, or that nothing does.
static void take_up(struct media *m, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	struct media_digits *d = &c->digits;
	struct media_voice *v = speaker(m, c);
	if (sends_events(c)) {
		if (!d->listed) {
			d->listed = 1;
			d->next = m->digit_first;
			m->digit_first = stream;
		}
		m->digit_due = 0;
	} else if (v) {
		v->tx_tone = 1;
	} else {
		d->count = 0;
	}
}

int media_digit_send(struct media *m, uint32_t stream, unsigned int event, unsigned int duration_ms)
{
	if (!stream_is_open(m, stream))
		return -ENOENT;
	struct media_cold *c = &m->cold[stream];
	struct media_digits *d = &c->digits;
	if (event > EVENT_MAX || duration_ms == 0 || duration_ms > UINT16_MAX)
		return -EINVAL;
	if (!(c->spec.flags & STREAM_SEND))
		return -ENOTCONN;
	if (!sends_events(c) && !speaker(m, c))
		return -ENOTSUP;
	if (d->count == DIGITS_MAX)
		return -ENOSPC;
	unsigned int at = (d->head + d->count++) % DIGITS_MAX;
	d->wait_event[at] = (uint8_t)event;
	d->wait_ms[at] = (uint16_t)duration_ms;
	take_up(m, stream);
	return 0;
}

void digit_forget(struct media *m, uint32_t stream)
{
	struct media_digits *d = &m->cold[stream].digits;
	if (!d->listed)
		return;
	uint32_t *at = &m->digit_first;
	while (*at != stream)
		at = &m->cold[*at].digits.next;
	*at = d->next;
	d->listed = 0;
	if (m->digit_first == NONE)
		m->digit_due = UINT64_MAX;
}

// --- between two parties ---

// True when control passes on what the two dial.
static bool are_told(const struct stream_spec *a, const struct stream_spec *b)
{
	return (a->flags | b->flags) & STREAM_DTMF_TOLD;
}

// True when digits must be found in what this stream receives.
static bool is_listened_to(const struct media *m, const struct media_conference *f, uint32_t stream)
{
	const struct stream_spec *s = &m->cold[stream].spec;
	uint32_t peer = m->streams[stream].peer;
	if (s->flags & STREAM_DTMF_DETECT)
		return true;
	return s->rx.event_type == 0 && f->outcome == CONFERENCE_TRANSCODE &&
	       (s->flags & STREAM_DTMF_INBAND) && peer != NONE && !are_told(s, &m->cold[peer].spec) &&
	       sends_events(&m->cold[peer]);
}

// After a conference has changed: who listens for digits, and who goes on with those that wait.
void digit_wire(struct media *m, const struct media_conference *f, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	struct media_voice *v = c->voice != NONE ? &m->voices[c->voice] : NULL;
	if (v && v->rx && v->ear && is_listened_to(m, f, stream)) {
		if (!(v->extras & EXTRA_EAR))
			ear_start(v);
	} else if (v) {
		v->extras &= (uint16_t)~EXTRA_EAR;
	}
	if (c->digits.count > 0)
		take_up(m, stream);
}

// A stream's digit, found by ear or come as an event: gives it to the other of two in the form that one takes.
void digit_pass_on(struct media *m, uint32_t stream, unsigned int event, bool by_ear)
{
	const struct media_cold *c = &m->cold[stream];
	uint32_t peer = m->streams[stream].peer;
	if (peer == NONE || are_told(&c->spec, &m->cold[peer].spec) ||
	    m->conferences[c->conference].outcome != CONFERENCE_TRANSCODE)
		return;
	const struct stream_spec *to = &m->cold[peer].spec;
	if (to->tx.event_type ? by_ear : (to->flags & STREAM_DTMF_INBAND) != 0)
		media_digit_send(m, peer, event, DIGIT_MS);
}

// --- events ---

static unsigned int clock_of(const struct media_cold *c)
{
	const struct codec *codec = codec_by_id(c->spec.tx.codec);
	return codec && codec->rtp_clock_hz >= 8000 ? codec->rtp_clock_hz / 8000 : 1;
}

static void take(struct media_digits *d, uint8_t *ret_event, uint16_t *ret_ms)
{
	*ret_event = d->wait_event[d->head];
	*ret_ms = d->wait_ms[d->head];
	d->head = (uint8_t)((d->head + 1) % DIGITS_MAX);
	d->count--;
}

static void event_begin(const struct media *m, struct media_cold *c, nsec_t now)
{
	struct media_digits *d = &c->digits;
	unsigned int clock = clock_of(c);
	uint32_t timestamp = transmit_next_ts(m, c, now, clock);
	uint8_t event;
	uint16_t ms;
	take(d, &event, &ms);
	uint32_t duration = ms * 8u * clock;
	if (!c->tx_started) {
		c->tx_started = 1;
		c->tx_ts = timestamp;
		c->tx_last_ns = now;
	}
	rtp_event_send(&d->event, event, EVENT_VOLUME, timestamp,
		       (uint16_t)(duration < UINT16_MAX ? duration : UINT16_MAX));
	d->due = now;
}

// Writes the packet that is due.
static void event_write(struct media *m, uint32_t stream, nsec_t now, struct media_frame *frame)
{
	struct media_cold *c = &m->cold[stream];
	struct media_digits *d = &c->digits;
	uint32_t peer = m->streams[stream].peer;
	bool relays = peer != NONE && m->cold[peer].relay_to == stream;
	if (relays)
		relay_fold(m, peer); // the line's present end
	if (!rtp_event_sending(&d->event))
		event_begin(m, c, now);
	struct rtp_header h = {.ssrc = c->tx_ssrc, .seq = c->tx_seq++, .payload_type = c->spec.tx.event_type};
	unsigned int len = rtp_event_next(&d->event, (uint16_t)(EVENT_MS * 8 * clock_of(c)),
					  frame->rtp + RTP_HEADER_BYTES, &h.timestamp, &h.marker);
	rtp_header_write(frame->rtp, &h);
	frame->len = (uint16_t)(RTP_HEADER_BYTES + len);
	frame->stream = stream;
	if (relays)
		relay_make_room(m, peer);
	c->tx_packets++;
	c->tx_octets += len;
	d->due = d->due + 2 * EVENT_NS < now ? now + EVENT_NS : d->due + EVENT_NS;
}

// Writes what is due of all streams, at most n packets. Returns how many.
unsigned int digit_tick(struct media *m, nsec_t now, struct media_frame *frames, unsigned int n)
{
	unsigned int written = 0;
	uint32_t *at = &m->digit_first;
	m->digit_due = UINT64_MAX;
	while (*at != NONE) {
		struct media_cold *c = &m->cold[*at];
		struct media_digits *d = &c->digits;
		if (!sends_events(c)) {
			d->count = 0;
			d->event = (struct rtp_event_tx){0};
		}
		if (d->count == 0 && !rtp_event_sending(&d->event)) {
			d->listed = 0;
			*at = d->next;
			continue;
		}
		if (d->due <= now && written < n)
			event_write(m, *at, now, &frames[written++]);
		if (d->due < m->digit_due)
			m->digit_due = d->due;
		at = &d->next;
	}
	return written;
}

// --- tones ---

static void tone_make(struct tone *t, uint8_t event, uint16_t ms)
{
	static const uint16_t low[4] = {697, 770, 852, 941}, high[4] = {1209, 1336, 1477, 1633};
	// by event: 0-9, *, #, A-D; row and column on a keypad
	static const uint8_t key[16] = {0x31, 0x00, 0x01, 0x02, 0x10, 0x11, 0x12, 0x20,
					0x21, 0x22, 0x30, 0x32, 0x03, 0x13, 0x23, 0x33};
	*t = (struct tone){
		.name = "digit",
		.once = true,
		.steps = 2,
		.step = {{.hz = {low[key[event] >> 4], high[key[event] & 15]},
			  .dbm0 = {LOW_DBM0, HIGH_DBM0},
			  .ms = ms},
			 {.ms = PAUSE_MS}},
	};
}

// Writes one tick of digits that are to be heard. False: there are none, and `to` is untouched.
bool digit_tone(struct media *m, struct media_voice *v, unsigned int samples, int16_t *to)
{
	struct media_digits *d = &m->cold[v->stream].digits;
	struct media_tone *t = &v->tone;
	if (!t->on) {
		uint8_t event;
		uint16_t ms;
		if (d->count == 0) {
			v->tx_tone = 0;
			return false;
		}
		take(d, &event, &ms);
		tone_make(&t->tone, event, ms);
		tone_start(&t->generator, &t->tone, v->tx->sample_rate_hz);
	}
	t->on = tone_run(&t->generator, to, samples);
	return true;
}
