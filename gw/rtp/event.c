// SPDX-License-Identifier: GPL-3.0-or-later
// event.c - Telephone-events: reads, repeats and ends them as RFC 4733 s2.5 asks.
//
// The timestamp names an event: it stands still while the event lasts, so packets of one event are told by it
// whatever of them is lost or reordered.
#include "gw/rtp.h"

#include <errno.h>

#define EVENT_GONE_NS (100 * NSEC_PER_MSEC)

int rtp_event_parse(const uint8_t *payload, unsigned int len, struct rtp_event *ret)
{
	if (len < RTP_EVENT_BYTES)
		return -EINVAL;
	*ret = (struct rtp_event){
		.event = payload[0],
		.end = payload[1] >> 7,
		.volume = payload[1] & 0x3f,
		.duration = rtp_be16(payload + 2),
	};
	return 0;
}

void rtp_event_write(uint8_t payload[RTP_EVENT_BYTES], const struct rtp_event *e)
{
	payload[0] = e->event;
	payload[1] = (uint8_t)((e->end ? 0x80 : 0) | (e->volume & 0x3f));
	rtp_be16_put(payload + 2, e->duration);
}

bool rtp_event_receive(struct rtp_event_rx *rx, const struct rtp_event *e, uint32_t timestamp, nsec_t now)
{
	// Left-overs of an earlier event, overtaken by a later one, carry an older timestamp.
	if (rx->known && (int32_t)(timestamp - rx->timestamp) < 0 && now - rx->last < NSEC_PER_SEC)
		return false;
	bool fresh = !rx->known || timestamp != rx->timestamp;
	if (fresh) {
		rx->known = true;
		rx->timestamp = timestamp;
		rx->event = e->event;
		rx->active = true;
	}
	if (e->end)
		rx->active = false;
	rx->last = now;
	return fresh;
}

bool rtp_event_active(struct rtp_event_rx *rx, nsec_t now)
{
	if (rx->active && now - rx->last > EVENT_GONE_NS)
		rx->active = false;
	return rx->active;
}

void rtp_event_send(struct rtp_event_tx *tx, uint8_t event, uint8_t volume, uint32_t timestamp,
		    uint16_t duration)
{
	*tx = (struct rtp_event_tx){
		.timestamp = timestamp,
		.duration = duration,
		.event = event,
		.volume = volume,
		.left = RTP_EVENT_END_PACKETS,
	};
}

unsigned int rtp_event_next(struct rtp_event_tx *tx, uint16_t units, uint8_t payload[RTP_EVENT_BYTES],
			    uint32_t *ret_timestamp, bool *ret_marker)
{
	if (tx->left == 0)
		return 0;
	uint32_t reached = (uint32_t)tx->sent + units;
	tx->sent = reached < tx->duration ? (uint16_t)reached : tx->duration;
	struct rtp_event e = {
		.event = tx->event,
		.volume = tx->volume,
		.end = tx->sent == tx->duration,
		.duration = tx->sent,
	};
	rtp_event_write(payload, &e);
	*ret_timestamp = tx->timestamp;
	*ret_marker = !tx->started;
	tx->started = true;
	if (e.end)
		tx->left--;
	return RTP_EVENT_BYTES;
}
