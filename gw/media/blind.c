// SPDX-License-Identifier: GPL-3.0-or-later
// blind.c - The relay that looks at nothing: what two parties without a codec say passes byte for byte.
//
// SRTP, video and data cross an MTP like this. The dataplane rewrites Ethernet, IP and UDP; the payload stays, whatever
// it is, and RTCP goes on to the far end's next port. The gateway adds no packet of its own: no reports, no goodbye, no
// digits. What looks like RTP is counted by sequence number, so that loss shows; nothing is dropped for what it says.
//
// The quick path never meets such a packet: the payload type expected is MEDIA_CAREFUL for the stream's whole life.
#include "gw/media/inside.h"

static bool codec_free(const struct stream_spec *spec)
{
	return (!(spec->flags & STREAM_RECV) || spec->rx.codec == CODEC_NONE) &&
	       (!(spec->flags & STREAM_SEND) || spec->tx.codec == CODEC_NONE);
}

// Whether a member relays blindly to `peer`, or would if there was one.
bool blind_is(const struct media *m, const struct media_conference *f, uint32_t stream, uint32_t peer)
{
	if (f->outcome != CONFERENCE_RELAY && f->outcome != CONFERENCE_EMPTY)
		return false;
	return codec_free(&m->cold[stream].spec) && (peer == NONE || codec_free(&m->cold[peer].spec));
}

// Version 2, and none of the payload types that RTCP takes on a shared port (RFC 5761 s4).
static bool looks_like_rtp(const uint8_t *p, unsigned int len)
{
	return len >= RTP_HEADER_BYTES && p[0] >> 6 == 2 && (p[1] & 0x60) != 0x40;
}

static void count_rtp(struct media *m, uint32_t stream, const uint8_t *rtp, uint32_t octets)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	uint32_t before = rtp_source_expected(&s->rx), packets = s->rx.packets;
	enum rtp_verdict v = rtp_source_update(&s->rx, rtp_be32(rtp + 8), rtp_be16(rtp + 2), octets);
	loss_note(c, &s->rx, v, rtp_be16(rtp + 2), before);
	c->reordered += v == RTP_REORDERED;
	c->duplicate += v == RTP_DUPLICATE;
	if (s->rx.packets != packets)
		return;
	c->rx_packets++; // it passes all the same
	c->rx_octets += octets;
}

static void count(struct media *m, uint32_t stream, const uint8_t *payload, unsigned int len, nsec_t now)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	if (c->rx_packets + s->rx.packets == 0)
		event_push(m, stream, MEDIA_FIRST_PACKET, 0);
	s->rx_last_ns = now;
	if (looks_like_rtp(payload, len)) {
		count_rtp(m, stream, payload, len - RTP_HEADER_BYTES);
		return;
	}
	c->rx_packets++;
	c->rx_octets += len;
}

static void count_sent(struct media_cold *to, unsigned int octets, nsec_t now)
{
	to->tx_packets++;
	to->tx_octets += octets;
	to->tx_started = 1;
	to->tx_last_ns = now;
}

static enum media_verdict drop(struct media_cold *c, enum drop_reason why, enum drop_reason *ret_drop)
{
	c->dropped++;
	*ret_drop = why;
	return MEDIA_DROPPED;
}

bool media_is_blind(const struct media *m, uint32_t stream)
{
	return stream_is_open(m, stream) && m->cold[stream].blind;
}

enum media_verdict media_blind_ingest(struct media *m, uint32_t stream, const uint8_t *payload,
				      unsigned int len, bool rtcp, nsec_t now, enum drop_reason *ret_drop)
{
	if (!media_is_blind(m, stream)) {
		*ret_drop = DROP_stream_closed;
		return MEDIA_DROPPED;
	}
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	if (!rtcp && !(s->flags & MEDIA_RECV))
		return drop(c, DROP_stream_not_receiving, ret_drop);
	if (!rtcp)
		count(m, stream, payload, len, now);
	if (c->spec.flags & STREAM_MUTED)
		return MEDIA_QUEUED;
	if (!(s->flags & MEDIA_EXIT))
		return drop(c, s->peer == NONE ? DROP_peer_absent : DROP_peer_not_sending, ret_drop);
	if (rtcp)
		return s->exit_dst_port < UINT16_MAX ? MEDIA_RELAYED
						     : drop(c, DROP_peer_not_sending, ret_drop);
	count_sent(&m->cold[s->peer], looks_like_rtp(payload, len) ? len - RTP_HEADER_BYTES : len, now);
	return MEDIA_RELAYED;
}

// A relayed packet could not be sent.
void blind_refused(struct media *m, uint32_t stream)
{
	uint32_t to = m->streams[stream].peer;
	if (to != NONE && m->cold[to].tx_packets > 0)
		m->cold[to].tx_packets--;
}
