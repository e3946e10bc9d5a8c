// SPDX-License-Identifier: GPL-3.0-or-later
// party_digit.c - Digits of a party: by which of three ways they go, and those that pass through the agent.
//
// Each side of a party has one way:
//
//   events    its format has a payload type for them (RFC 4733)
//   messages  the agent has subscribed to its digits (SubscribeDtmfPayload): they are told with NotifyDtmfTone, and what
//             the agent sends with SendDtmfTone goes into the party's stream
//   tones     neither: digits are in its voice
//
// Between events and tones of two parties the dataplane changes one into the other by itself; it is only told who is
// who. What a bridge hears as tones it keeps out of the mix.
#include <string.h>

#include "control/caps.h"
#include "control/line_action.h"
#include "control/party_inner.h"
#include "gw/codec.h"
#include "gw/sccp.h"

#define DIGIT_MS   100
#define PAYLOAD_LO 96 // dynamic RTP payload types
#define PAYLOAD_HI 127

// SCCP tones by RFC 4733 event: 1..9 are 1-9, 10 is 0, then 14 *, 15 #, 16..19 A-D.
static const uint8_t tones[API_DIGITS] = {10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 18, 19};

static const char digits[] = "0123456789*#ABCD"; // by the same

// ---- what the stream is told ----

void party_digit_spec(const struct party *p, struct stream_spec *spec)
{
	const struct config_profile *f = p->device->profile;
	bool receives = spec->flags & STREAM_RECV, sends = spec->flags & STREAM_SEND;
	if (p->event_type && !spec->rx.event_type && spec->rx.payload_type != p->event_type)
		spec->rx.event_type = p->event_type;
	spec->flags |= p->digits ? STREAM_DTMF_TOLD : 0;
	bool voice_in = receives && !spec->rx.event_type, voice_out = sends && !spec->tx.event_type;
	bool visited = p->visit && p->visit->action->wants_digits;
	if (receives && visited && f->inband_digits)
		spec->flags |= STREAM_DTMF_DETECT;
	if (!caps_hears_digits(f))
		return;
	if (voice_in && (p->ears || f->kind == CONFIG_CONFERENCE_BRIDGE))
		spec->flags |= STREAM_DTMF_DETECT;
	if (voice_out && p->tones)
		spec->flags |= STREAM_DTMF_TONES;
	if (!p->digits && f->kind != CONFIG_CONFERENCE_BRIDGE && (voice_in || voice_out) &&
	    (voice_in || !receives) && (voice_out || !sends))
		spec->flags |= STREAM_DTMF_INBAND;
}

void party_digit_restore(struct party *p, const struct stream_spec *applied)
{
	p->digits = applied->flags & STREAM_DTMF_TOLD;
	p->ears = p->digits && (applied->flags & STREAM_DTMF_DETECT);
	p->tones = applied->flags & STREAM_DTMF_TONES;
	p->event_type = p->digits ? applied->rx.event_type : 0;
}

// ---- to the agent ----

void party_digit_heard(struct party *p, uint32_t event, nsec_t now)
{
	struct sccp_msg m;
	if (event >= API_DIGITS)
		return;
	device_count(p->device, COUNT_digit_heard);
	if (p->visit)
		visit_digit(p->visit, digits[event], DIGIT_MEDIA, now);
	if (!p->digits || p->orphan)
		return;
	device_count(p->device, COUNT_digit_notified);
	sccp_init(&m, SCCP_NOTIFY_DTMF_TONE);
	m.notify_dtmf_tone.tone = tones[event];
	m.notify_dtmf_tone.conference_id = p->conference_id;
	m.notify_dtmf_tone.pass_through_party_id = party_id(p);
	device_send(p->device, &m, now);
}

static void answer(struct device *d, enum sccp_id id, uint32_t payload, uint32_t conference_id,
		   uint32_t party_id_, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	// the four answers share one layout
	m.subscribe_dtmf_payload_res.payload_dtmf = payload;
	m.subscribe_dtmf_payload_res.conference_id = conference_id;
	m.subscribe_dtmf_payload_res.pass_through_party_id = party_id_;
	device_send(d, &m, now);
}

static struct party *find(const struct device *d, uint32_t conference_id, uint32_t id)
{
	struct party *p = party_by_id(d, id);
	return p && (!conference_id || p->conference_id == conference_id) ? p : NULL;
}

// Agents name the RTP payload type of the events, or one of the two numbers that say the way: 257 events of the type
// that the channel was opened with, 261 tones. False: there is nothing that could be heard.
static bool subscribe(struct party *p, uint32_t payload)
{
	if (p->rx.open && p->rx.format.codec == CODEC_NONE)
		return false; // passed on unread
	if (payload == CAPS_INBAND_DTMF) {
		if (!caps_hears_digits(p->device->profile) || p->rx.format.event_type)
			return false;
		p->ears = true;
	} else if (payload >= PAYLOAD_LO && payload <= PAYLOAD_HI) {
		if (payload == p->rx.format.payload_type)
			return false;
		p->event_type = (uint8_t)payload;
		p->rx.format.event_type = p->rx.format.period_ms ? (uint8_t)payload : 0;
	} else if (payload != CAPS_RFC2833 || !p->rx.format.event_type) {
		return false;
	}
	p->digits = true;
	return true;
}

// The agent wants to hear the digits of a leg as messages.
void party_on_subscribe(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_subscribe_dtmf_payload_req *q = &m->subscribe_dtmf_payload_req;
	struct party *p = find(d, q->conference_id, q->pass_through_party_id);
	bool ok = p && subscribe(p, q->payload_dtmf);
	device_count(d, ok ? COUNT_digit_subscriptions : COUNT_digit_subscription_refused);
	answer(d, ok ? SCCP_SUBSCRIBE_DTMF_PAYLOAD_RES : SCCP_SUBSCRIBE_DTMF_PAYLOAD_ERR, q->payload_dtmf,
	       q->conference_id, q->pass_through_party_id, now);
	if (!ok)
		return;
	party_claim(p, now);
	party_feed(p, PARTY_WANT, now);
}

void party_on_unsubscribe(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_un_subscribe_dtmf_payload_req *q = &m->un_subscribe_dtmf_payload_req;
	struct party *p = find(d, q->conference_id, q->pass_through_party_id);
	if (!p)
		device_count(d, COUNT_digit_subscription_refused);
	answer(d, p ? SCCP_UN_SUBSCRIBE_DTMF_PAYLOAD_RES : SCCP_UN_SUBSCRIBE_DTMF_PAYLOAD_ERR,
	       q->payload_dtmf, q->conference_id, q->pass_through_party_id, now);
	if (!p)
		return;
	p->digits = p->ears = false;
	p->event_type = 0; // what the channel knows of events by now, it keeps
	party_claim(p, now);
	party_feed(p, PARTY_WANT, now);
}

// ---- into the stream ----

void party_dial_drop(struct party *p)
{
	for (; p->dial_count; p->dial_count--)
		device_count(p->device, COUNT_digit_refused);
}

static void on_dialled(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct party *p = object;
	p->dial_request = 0;
	if (status)
		device_count(p->device, COUNT_digit_refused);
	party_dial(p, now);
}

// One digit at a time, so that they keep their order and none overtakes the change that makes room for it.
void party_dial(struct party *p, nsec_t now)
{
	if (p->dial_count == 0 || p->dial_request || p->fsm.state != PARTY_OPEN)
		return;
	bool takes = p->applied.flags & STREAM_SEND &&
		     (p->applied.tx.event_type || p->applied.flags & STREAM_DTMF_TONES);
	if (!takes) {
		party_dial_drop(p);
		return;
	}
	unsigned int digit = p->dial[0];
	p->dial_count--;
	for (unsigned int i = 0; i < p->dial_count; i++)
		p->dial[i] = p->dial[i + 1];
	p->dial_request = dp_digit_send(&p->device->core->dp, p->stream, digit, DIGIT_MS, on_dialled, p, now);
	if (!p->dial_request)
		device_count(p->device, COUNT_digit_refused);
}

static bool is_digit(uint32_t tone, uint8_t *ret_event)
{
	for (unsigned int i = 0; i < API_DIGITS; i++) {
		if (tones[i] == tone) {
			*ret_event = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool can_take(const struct party *p)
{
	return p->tx.open && p->tx.format.codec != CODEC_NONE &&
	       (p->tx.format.event_type || caps_hears_digits(p->device->profile)) &&
	       p->dial_count < PARTY_DIAL_MAX;
}

void party_press(struct party *p, char digit, nsec_t now)
{
	const char *at = digit ? strchr(digits, digit) : NULL;
	if (!at || !p->tx.format.event_type || !can_take(p))
		return;
	p->dial[p->dial_count++] = (uint8_t)(at - digits);
	party_feed(p, PARTY_WANT, now);
}

// A digit from the agent, for what goes out to this party.
void party_on_send_digit(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_send_dtmf_tone *q = &m->send_dtmf_tone;
	struct party *p = find(d, q->conference_id, q->pass_through_party_id);
	uint8_t event;
	device_count(d, COUNT_digit_requests);
	if (!p || !is_digit(q->tone, &event) || !can_take(p)) {
		device_count(d, COUNT_digit_refused);
		return;
	}
	party_claim(p, now);
	p->dial[p->dial_count++] = event;
	p->tones = p->tones || !p->tx.format.event_type;
	party_feed(p, PARTY_WANT, now);
}
