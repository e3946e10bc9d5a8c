// SPDX-License-Identifier: GPL-3.0-or-later
// relay.c - Rewrites SSRC, sequence, time and payload type, so that a receiver sees one unbroken source.
//
// What a stream transmits has one SSRC for life, however often the conference turns from relay to mix and back, and
// whoever is at the other side. Its sequence numbers go up by one a packet; its timestamps follow real time. While
// ticks make the packets, the cold half holds the next sequence number and the last timestamp. A relay does not touch
// the cold half: it adds two offsets to the input, and the output's state follows from the input's. So:
//
//   a relay begins (or its sender restarts)   rebase: offsets such that this packet continues the output; marker set
//   a relay ends                              stop: the output's state goes back to the cold half of the transmitter
//
// Between rebase and stop, `relay_to` names the transmitter. Telephone-events go the same way, untouched but for the
// header. In a transcode they travel beside the ticked audio and draw their sequence numbers from it.
#include "gw/media/inside.h"

// The output's timestamp for the input's newest packet, worked back from its arrival and transit.
uint32_t relay_last_ts(const struct media *m, const struct media_stream *s)
{
	return units_8k(m, s->rx_last_ns) * s->rx_clock - s->rx.transit + s->exit_ts_offset;
}

// The timestamp that continues a transmitter's output at `now`: the time since its last packet, at least a step.
uint32_t transmit_next_ts(const struct media *m, const struct media_cold *c, nsec_t now, unsigned int clock)
{
	if (!c->tx_started)
		return c->tx_ts;
	uint32_t period = c->spec.tx.period_ms ? c->spec.tx.period_ms : 20;
	uint32_t least = period * 8 * clock;
	uint32_t passed = now > c->tx_last_ns ? (units_8k(m, now) - units_8k(m, c->tx_last_ns)) * clock : 0;
	return c->tx_ts + (passed > least ? passed : least);
}

// Carries the low counts of the hot half over, and what was relayed to the transmitter's account.
void relay_fold(struct media *m, uint32_t stream)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	uint32_t packets = s->rx.packets - c->fold_packets;
	uint32_t octets = s->rx.octets - c->fold_octets;
	c->fold_packets = s->rx.packets;
	c->fold_octets = s->rx.octets;
	c->rx_packets += packets;
	c->rx_octets += octets;
	if (c->relay_to != NONE) {
		struct media_cold *to = &m->cold[c->relay_to];
		// A refusal may come after the fold that counted its packet.
		to->tx_packets += (uint64_t)(int32_t)(packets - c->unrelayed);
		to->tx_octets += (uint64_t)(int32_t)(octets - c->unrelayed_octets);
		to->tx_ts = relay_last_ts(m, s);
		to->tx_last_ns = s->rx_last_ns;
		to->tx_seq = (uint16_t)(s->rx.max_seq + s->exit_seq_offset + 1);
	}
	c->unrelayed = c->unrelayed_octets = 0;
}

void relay_stop(struct media *m, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	relay_fold(m, stream);
	if (c->relay_to == NONE)
		return;
	m->cold[c->relay_to].tx_marker = 1;
	c->relay_to = NONE;
}

// Makes a packet of a stream that is not relayed now continue the output of its peer.
void relay_rebase(struct media *m, uint32_t stream, const struct rtp_header *h, uint32_t extended_seq,
		  nsec_t now)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream], *to = &m->cold[s->peer];
	relay_fold(m, stream);
	s->exit_seq_offset = (uint16_t)(to->tx_seq - h->seq);
	s->exit_ts_offset = transmit_next_ts(m, to, now, s->rx_clock) - h->timestamp;
	to->tx_started = 1;
	c->relay_to = s->peer;
	c->relay_first = extended_seq;
	// The packet has been counted: all that is folded from here on was relayed, this one included.
	c->fold_packets--;
	c->fold_octets -= h->payload_len;
	c->rx_packets--;
	c->rx_octets -= h->payload_len;
}

// A packet of our own goes out between two relayed ones: it took the next sequence number. Stragglers from before have none
// left.
void relay_make_room(struct media *m, uint32_t stream)
{
	struct media_stream *s = &m->streams[stream];
	s->exit_seq_offset++;
	m->cold[stream].relay_first = s->rx.max_seq + 1;
}

// Relays a telephone-event beside ticked audio. False: the peer takes none, it ends here.
bool relay_event(struct media *m, uint32_t stream, uint8_t *rtp, const struct rtp_header *h, nsec_t now)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	if (!(s->flags & MEDIA_EXIT) || s->exit_event_type == 0 || s->peer == NONE)
		return false;
	struct media_cold *to = &m->cold[s->peer];
	const struct codec *codec = codec_by_id(to->spec.tx.codec);
	unsigned int clock = codec ? codec->rtp_clock_hz / 8000 : 1;
	// All packets of one event carry one timestamp, on both sides. What an earlier one left behind is not the one told last.
	if (h->timestamp != c->digit.timestamp)
		return false;
	if (!c->event_relayed || c->event_in_ts != h->timestamp) {
		c->event_relayed = 1;
		c->event_in_ts = h->timestamp;
		c->event_out_ts = transmit_next_ts(m, to, now, clock);
	}
	if (clock != s->rx_clock && s->rx_clock) { // durations are in units of the line they travel on
		uint8_t *duration = rtp + h->payload_offset + 2;
		uint32_t units = rtp_be16(duration) * clock / s->rx_clock;
		rtp_be16_put(duration, (uint16_t)(units < UINT16_MAX ? units : UINT16_MAX));
	}
	rtp[1] = (uint8_t)((rtp[1] & 0x80) | s->exit_event_type);
	rtp_be16_put(rtp + 2, to->tx_seq++);
	rtp_be32_put(rtp + 4, c->event_out_ts);
	rtp_be32_put(rtp + 8, to->tx_ssrc);
	to->tx_packets++;
	to->tx_octets += h->payload_len;
	return true;
}
