// SPDX-License-Identifier: GPL-3.0-or-later
// event.c - What a worker's streams have to tell: a bounded queue, and digits told exactly once.
//
// A telephone-event comes in many packets that share a timestamp. It is told at the first of them that arrives, so
// that no loss, not even of all end packets, hides it or tells it twice (gw/rtp/event.c).
#include "gw/media/inside.h"

#define DIGIT_MAX 15

// First packets come all at once after a restart, and matter least: they leave half of the room to the others.
void event_push(struct media *m, uint32_t stream, uint32_t kind, uint32_t value)
{
	uint32_t room = kind == MEDIA_FIRST_PACKET ? EVENTS / 2 : EVENTS;
	if (m->event_head - m->event_tail >= room)
		return;
	m->events[m->event_head++ % EVENTS] =
		(struct media_event){.stream = stream, .kind = kind, .value = value};
}

bool media_event_next(struct media *m, struct media_event *ret)
{
	if (m->event_head == m->event_tail)
		return false;
	*ret = m->events[m->event_tail++ % EVENTS];
	return true;
}

// Looks at one well-formed telephone-event packet.
void event_digit(struct media *m, uint32_t stream, const uint8_t *payload, unsigned int len,
		 uint32_t timestamp, nsec_t now)
{
	struct media_cold *c = &m->cold[stream];
	struct rtp_event e;
	if (rtp_event_parse(payload, len, &e) != 0)
		return;
	bool fresh = rtp_event_receive(&c->digit, &e, timestamp, now);
	if (c->voice != NONE && c->digit.timestamp == timestamp)
		voice_hush(&m->voices[c->voice], timestamp, &e);
	if (!fresh || e.event > DIGIT_MAX ||
	    (c->voice != NONE && ear_has_told(&m->voices[c->voice], e.event, now)))
		return;
	event_push(m, stream, MEDIA_DIGIT, e.event);
	digit_pass_on(m, stream, e.event, false);
}
