// SPDX-License-Identifier: GPL-3.0-or-later
// ingest.c - Takes one packet and says relay, queued or drop and why.
//
// Two paths. The quick one serves the packet that continues what was there: plain header, the payload type and SSRC
// expected, the next sequence number, a timestamp that keeps pace with the clock. It reads and writes the two hot lines
// of the stream and nothing else. Any other packet takes the careful path, which does everything from the start and
// may touch the cold half. Whoever changes a stream's state so that its next packet needs care (opened, wired anew)
// sets MEDIA_CAREFUL in the payload type expected, which no packet then matches.
//
// Sequence numbers and sources are judged by gw/rtp (RFC 3550 A.1). A relay drops exact duplicates; packets that come
// out of order are relayed with their own numbers, except those older than the relay itself. When the sender restarts
// (new SSRC, jump in sequence or time), the relay is rebased: the receiver sees the same source go on, with a marker.
//
// Telephone-events (RFC 4733) are told once as digits; a relay passes them on, a transcode relays them beside the audio, a
// mix ends them. Comfort noise (RFC 3389, payload type 13) is relayed between 8 kHz clocks; a tick hears noise of its level
// until the voice goes on.
//
// Bytes come from anywhere: every length is checked before it is used, and nothing here asserts anything about them.
#include "gw/media/inside.h"

static enum media_verdict drop(struct media_cold *c, enum drop_reason why, enum drop_reason *ret_drop)
{
	c->dropped++;
	*ret_drop = why;
	return MEDIA_DROPPED;
}

// A sequence number not newer than the newest, with its cycles.
static uint32_t extended(const struct rtp_source *rx, uint16_t seq)
{
	return rx->max_seq - (uint16_t)(rx->max_seq - seq);
}

static enum media_verdict queue(struct media *m, uint32_t stream, const struct rtp_header *h,
				const uint8_t *rtp, nsec_t now, enum drop_reason *ret_drop)
{
	const struct media_stream *s = &m->streams[stream];
	struct jitter *ring = ring_of(m, s);
	if (unlikely(!ring))
		return MEDIA_QUEUED; // muted: heard and counted, but joins nothing
	enum drop_reason why = voice_put(m, ring, h, rtp + h->payload_offset, now);
	if (likely(why == DROP_NONE))
		return MEDIA_QUEUED;
	struct media_cold *c = &m->cold[stream];
	if (why == DROP_rtp_late) {
		c->late++;
		c->discarded++;
		quality_missing(&c->loss, extended(&s->rx, h->seq) - s->rx.base_seq, 1);
	}
	return drop(c, why, ret_drop);
}

static void header_rewrite(const struct media_stream *s, uint8_t *rtp, uint8_t marker_and_type, uint16_t seq,
			   uint32_t timestamp)
{
	rtp[1] = marker_and_type;
	rtp_be16_put(rtp + 2, (uint16_t)(seq + s->exit_seq_offset));
	rtp_be32_put(rtp + 4, timestamp + s->exit_ts_offset);
	rtp_be32_put(rtp + 8, s->exit_ssrc);
}

// --- the careful path ---

enum kind { KIND_AUDIO, KIND_EVENT, KIND_NOISE, KIND_UNKNOWN };

static enum kind kind_of(const struct media_stream *s, const struct media_cold *c, uint8_t payload_type)
{
	if (s->event_type && payload_type == s->event_type)
		return KIND_EVENT;
	if (c->relay_pt_any || payload_type == c->spec.rx.payload_type)
		return KIND_AUDIO;
	if (payload_type == COMFORT_PAYLOAD_TYPE && s->rx_clock == 1)
		return KIND_NOISE;
	return KIND_UNKNOWN;
}

// Counted, but goes no further than here.
static void not_relayed(struct media_cold *c, const struct rtp_header *h)
{
	c->unrelayed++;
	c->unrelayed_octets += h->payload_len;
}

// Where the relay's output stood before this packet changed what it is derived from.
struct before {
	uint32_t max_seq, last_ts;
	nsec_t last_ns;
};

// The sender restarted: hands the output's state to the transmitter, as of before, so that a rebase can go on from it.
static void relay_break(struct media *m, uint32_t stream, const struct rtp_header *h, const struct before *b)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	uint32_t to = c->relay_to;
	if (to == NONE)
		return;
	not_relayed(c, h); // counted above, but by the next relay
	relay_stop(m, stream);
	m->cold[to].tx_seq = (uint16_t)(b->max_seq + s->exit_seq_offset + 1);
	m->cold[to].tx_ts = b->last_ts;
	m->cold[to].tx_last_ns = b->last_ns;
}

static bool time_jumped(const struct media_stream *s, uint32_t transit)
{
	uint32_t limit = (uint32_t)s->rx_clock << MEDIA_JUMP_SHIFT;
	return transit - s->rx.transit + limit > 2 * limit;
}

// Notes where packets are missing, and which one of those came. `expected`: before this packet was counted.
void loss_note(struct media_cold *c, const struct rtp_source *rx, enum rtp_verdict v, uint16_t seq,
	       uint32_t expected)
{
	uint32_t more = rtp_source_expected(rx) - expected;
	if (v == RTP_NEXT || v == RTP_RESTARTED) {
		quality_missing(&c->loss, expected, more - 1);
	} else if (v == RTP_REORDERED) {
		quality_earlier(&c->loss, more);
		quality_found(&c->loss, extended(rx, seq) - rx->base_seq);
	}
}

// Judges source, sequence and time, and counts. DROP_NONE: use it.
static enum drop_reason source_judge(struct media *m, uint32_t stream, const struct rtp_header *h,
				     enum kind kind, nsec_t now, enum rtp_verdict *ret_verdict)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	struct before b = {s->rx.max_seq, relay_last_ts(m, s), s->rx_last_ns};
	uint32_t old_ssrc = s->rx.ssrc, expected = rtp_source_expected(&s->rx),
		 arrival = units_8k(m, now) * s->rx_clock;
	enum rtp_verdict v = rtp_source_update(&s->rx, h->ssrc, h->seq, h->payload_len);
	*ret_verdict = v;
	loss_note(c, &s->rx, v, h->seq, expected);
	if (v == RTP_DUPLICATE)
		c->duplicate++;
	if (v == RTP_STALE)
		c->late++;
	if (!RTP_VERDICT_USABLE(v))
		return v == RTP_DUPLICATE ? DROP_rtp_duplicate
		       : v == RTP_STALE   ? DROP_rtp_late
					  : DROP_rtp_probation;
	if (v == RTP_FIRST)
		event_push(m, stream, MEDIA_FIRST_PACKET, 0);
	if (v == RTP_REORDERED)
		c->reordered++;
	bool jumped = v == RTP_NEXT && kind == KIND_AUDIO && !c->relay_pt_any &&
		      time_jumped(s, arrival - h->timestamp);
	if (v == RTP_RESTARTED || jumped)
		relay_break(m, stream, h, &b);
	if (v == RTP_RESTARTED && h->ssrc != old_ssrc) {
		c->ssrc_changes++;
		c->digit = (struct rtp_event_rx){0};
		event_push(m, stream, MEDIA_SSRC, h->ssrc);
	}
	if (v == RTP_RESTARTED && c->voice != NONE)
		voice_restart(&m->voices[c->voice]);
	if (v == RTP_FIRST || v == RTP_RESTARTED || (v == RTP_NEXT && kind != KIND_EVENT)) {
		// A jump would shake the jitter estimate for a minute.
		rtp_source_time(&s->rx, jumped ? RTP_RESTARTED : v, h->timestamp, arrival);
		s->rx_last_ns = now;
	}
	return DROP_NONE;
}

static enum media_verdict relay_carefully(struct media *m, uint32_t stream, uint8_t *rtp,
					  const struct rtp_header *h, enum kind kind, nsec_t now,
					  enum drop_reason *ret_drop)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	uint8_t marker = (uint8_t)(h->marker << 7), type = s->exit_payload_type;
	if (kind == KIND_EVENT && s->exit_event_type == 0) {
		not_relayed(c, h);
		return MEDIA_QUEUED; // the peer takes no events: told as a digit, ends here
	}
	if (c->relay_to == NONE) {
		relay_rebase(m, stream, h, extended(&s->rx, h->seq), now);
		marker = 0x80;
	} else if ((int32_t)(extended(&s->rx, h->seq) - c->relay_first) < 0) {
		not_relayed(c, h);
		c->late++;
		return drop(c, DROP_rtp_late, ret_drop);
	}
	if (kind == KIND_EVENT)
		type = s->exit_event_type;
	else if (kind == KIND_NOISE || c->relay_pt_any)
		type = h->payload_type;
	header_rewrite(s, rtp, marker | type, h->seq, h->timestamp);
	if ((s->flags & MEDIA_LAW) && kind == KIND_AUDIO)
		codec_law_translate(rtp + h->payload_offset, h->payload_len, s->exit_codec);
	if (kind == KIND_AUDIO) {
		s->rx_payload_type = h->payload_type;
		s->exit_payload_type = type;
	}
	return MEDIA_RELAYED;
}

static enum drop_reason nobody(const struct media *m, const struct media_stream *s)
{
	return s->peer == NONE ? DROP_peer_absent : DROP_peer_not_sending;
}

static enum media_verdict ingest_carefully(struct media *m, uint32_t stream, uint8_t *rtp, unsigned int len,
					   nsec_t now, enum drop_reason *ret_drop)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	struct rtp_header h;
	enum rtp_verdict verdict;
	if (c->blind)
		return media_blind_ingest(m, stream, rtp, len, false, now, ret_drop);
	enum drop_reason why = rtp_header_parse(rtp, len, &h);
	if (why != DROP_NONE)
		return drop(c, why, ret_drop);
	if (!(s->flags & MEDIA_RECV))
		return drop(c, DROP_stream_not_receiving, ret_drop);
	enum kind kind = kind_of(s, c, h.payload_type);
	if (kind == KIND_UNKNOWN)
		return drop(c,
			    h.payload_type == COMFORT_PAYLOAD_TYPE ? DROP_rtp_comfort_noise
								   : DROP_rtp_payload_type,
			    ret_drop);
	if (kind == KIND_EVENT && h.payload_len < RTP_EVENT_BYTES)
		return drop(c, DROP_rtp_event, ret_drop);
	why = source_judge(m, stream, &h, kind, now, &verdict);
	if (why != DROP_NONE)
		return drop(c, why, ret_drop);
	if (kind == KIND_EVENT)
		event_digit(m, stream, rtp + h.payload_offset, h.payload_len, h.timestamp, now);
	if ((s->flags & (MEDIA_EXIT | MEDIA_VOICE)) == MEDIA_EXIT)
		return relay_carefully(m, stream, rtp, &h, kind, now, ret_drop);
	if (s->flags & MEDIA_VOICE) {
		s->rx_payload_type = c->spec.rx.payload_type;
		if (kind == KIND_EVENT)
			return relay_event(m, stream, rtp, &h, now) ? MEDIA_RELAYED : MEDIA_QUEUED;
		if (kind == KIND_AUDIO)
			return queue(m, stream, &h, rtp, now, ret_drop);
		if (c->voice != NONE)
			voice_noise(&m->voices[c->voice], h.timestamp, rtp + h.payload_offset, h.payload_len);
		return MEDIA_QUEUED;
	}
	if (c->spec.flags & STREAM_MUTED)
		return MEDIA_QUEUED;
	return drop(c, nobody(m, s), ret_drop);
}

// --- the quick path ---

enum media_verdict media_ingest(struct media *m, uint32_t stream, uint8_t *rtp, unsigned int len, nsec_t now,
				enum drop_reason *ret_drop)
{
	if (unlikely(stream >= m->limits.streams || !(m->streams[stream].flags & MEDIA_OPEN))) {
		*ret_drop = DROP_stream_closed;
		return MEDIA_DROPPED;
	}
	struct media_stream *s = &m->streams[stream];
	uint32_t transit;
	if (unlikely(len <= RTP_HEADER_BYTES || len > UINT16_MAX ||
		     !media_continues(s, rtp_be64(rtp), rtp_be32(rtp + 8), units_8k(m, now), &transit)))
		return ingest_carefully(m, stream, rtp, len, now, ret_drop);
	uint16_t seq = rtp_be16(rtp + 2);
	uint32_t timestamp = rtp_be32(rtp + 4);
	unsigned int payload = len - RTP_HEADER_BYTES;
	media_count(s, transit, payload, now);
	if (s->flags & MEDIA_VOICE) {
		struct rtp_header h = {.timestamp = timestamp,
				       .seq = seq,
				       .payload_offset = RTP_HEADER_BYTES,
				       .payload_len = (uint16_t)payload};
		return queue(m, stream, &h, rtp, now, ret_drop);
	}
	header_rewrite(s, rtp, (uint8_t)((rtp[1] & 0x80) | s->exit_payload_type), seq, timestamp);
	if (s->flags & MEDIA_LAW)
		codec_law_translate(rtp + RTP_HEADER_BYTES, payload, s->exit_codec);
	return MEDIA_RELAYED;
}

// The second pass reads what the first has asked for: the head of the jitter buffer, then the place of its packet.
void media_prefetch(const struct media *m, const uint32_t *streams, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *ring = (const char *)ring_of(m, &m->streams[streams[i]]);
		if (!ring)
			continue;
		__builtin_prefetch(ring, 1);
		__builtin_prefetch(ring + 64, 1);
	}
	for (unsigned int i = 0; i < n; i++) {
		const struct jitter *ring = ring_of(m, &m->streams[streams[i]]);
		if (ring)
			jitter_prefetch_put(ring);
	}
}

uint32_t media_units(const struct media *m, nsec_t now)
{
	return units_8k(m, now);
}

void media_refused(struct media *m, uint32_t stream)
{
	if (!stream_is_open(m, stream))
		return;
	struct media_cold *c = &m->cold[stream];
	if (c->blind)
		blind_refused(m, stream);
	else if (c->relay_to != NONE)
		c->unrelayed++;
	else if (c->tx_packets > 0)
		c->tx_packets--;
}
