// SPDX-License-Identifier: GPL-3.0-or-later
// rtcp.c - Reports to and from the far ends, and the round that looks after every stream now and then.
//
// RTCP ends here on each leg: a relay's two sides get reports of their own, made from what this side has received
// and sent. Each stream is visited when its report is due (RFC 3550 s6.3: the interval varied by half, from a
// seeded generator), when it would be silent for too long, or at least every few seconds, which carries the
// 32-bit counters of the hot half over long before they wrap.
//
// A BYE needs nothing: control says when a stream ends, and a new SSRC is taken up when it comes.
#include "gw/media/inside.h"

#define VISIT_NS (8 * NSEC_PER_SEC) // the wheel's turn

static uint64_t unit_of(nsec_t t)
{
	return t / CARE_UNIT_NS;
}

static nsec_t silent_at(const struct media *m, uint32_t stream)
{
	const struct media_stream *s = &m->streams[stream];
	nsec_t heard = s->rx.packets ? s->rx_last_ns : m->cold[stream].opened_ns;
	return heard + m->limits.silent_s * NSEC_PER_SEC;
}

static bool watches_silence(const struct media *m, uint32_t stream)
{
	return m->limits.silent_s && (m->streams[stream].flags & MEDIA_RECV) && !m->cold[stream].silent_told;
}

static void visit_again(struct media *m, uint32_t stream, nsec_t now)
{
	nsec_t due = now + VISIT_NS;
	if (m->limits.rtcp_interval_ms && m->cold[stream].rtcp_due < due)
		due = m->cold[stream].rtcp_due;
	if (watches_silence(m, stream) && silent_at(m, stream) < due)
		due = silent_at(m, stream);
	wheel_add(&m->care, stream, unit_of(due) + 1);
}

static nsec_t next_report(struct media *m, nsec_t now)
{
	return rtcp_due(now, m->limits.rtcp_interval_ms * NSEC_PER_MSEC, (uint32_t)media_random(m));
}

void care_start(struct media *m, uint32_t stream, nsec_t now)
{
	m->cold[stream].rtcp_due = next_report(m, now);
	visit_again(m, stream, now);
}

static unsigned int report(struct media *m, uint32_t stream, nsec_t now, uint64_t ntp,
			   uint8_t buf[MEDIA_RTCP_MAX])
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	if (s->peer != NONE)
		relay_fold(m, s->peer);
	const struct codec *codec = codec_by_id(c->spec.tx.codec);
	unsigned int clock = codec && codec->rtp_clock_hz >= 8000 ? codec->rtp_clock_hz / 8000 : 1;
	uint32_t passed = now > c->tx_last_ns ? (units_8k(m, now) - units_8k(m, c->tx_last_ns)) * clock : 0;
	struct rtcp_sender sender = {
		.ntp = ntp,
		.timestamp = c->tx_ts + passed,
		.packets = (uint32_t)c->tx_packets,
		.octets = (uint32_t)c->tx_octets,
	};
	struct rtcp_block block;
	unsigned int blocks = s->rx.packets > 0, len;
	if (blocks)
		rtcp_block_make(&c->rtcp, &s->rx, now, &block);
	bool sent = c->tx_packets != c->rtcp_tx_packets;
	c->rtcp_tx_packets = c->tx_packets;
	len = rtcp_report_write(buf, 0, MEDIA_RTCP_MAX, c->tx_ssrc, sent ? &sender : NULL, &block, blocks);
	return rtcp_sdes_write(buf, len, MEDIA_RTCP_MAX, c->tx_ssrc,
			       m->limits.cname[0] ? m->limits.cname : "slimline");
}

unsigned int media_rtcp_next(struct media *m, nsec_t now, uint64_t wallclock_ntp, uint8_t buf[MEDIA_RTCP_MAX],
			     uint32_t *ret_stream)
{
	uint32_t i;
	m->ntp = wallclock_ntp;
	m->ntp_at = now;
	while ((i = wheel_take(&m->care, unit_of(now))) != NONE) {
		struct media_cold *c = &m->cold[i];
		relay_fold(m, i);
		if (silent_at(m, i) > now)
			c->silent_told = 0; // heard again: the next silence is another one
		if (watches_silence(m, i) && silent_at(m, i) <= now) {
			c->silent_told = 1;
			event_push(m, i, MEDIA_SILENT, m->limits.silent_s);
		}
		bool due = m->limits.rtcp_interval_ms && c->rtcp_due <= now;
		if (due)
			c->rtcp_due = next_report(m, now);
		visit_again(m, i, now);
		if (due && (c->spec.flags & STREAM_SEND)) {
			*ret_stream = i;
			return report(m, i, now, wallclock_ntp, buf);
		}
	}
	return 0;
}

static void block_take(struct media *m, struct media_cold *c, const struct rtcp_block *b, nsec_t now)
{
	if (b->ssrc != c->tx_ssrc)
		return;
	c->remote_lost = b->lost > 0 ? (uint32_t)b->lost : 0;
	if (m->ntp_at == 0 || now < m->ntp_at)
		return;
	uint64_t ntp = m->ntp + (uint64_t)(((unsigned __int128)(now - m->ntp_at) << 32) / NSEC_PER_SEC);
	nsec_t trip = rtcp_round_trip(b, ntp);
	if (trip)
		c->round_trip_ns = trip;
}

enum drop_reason media_rtcp_ingest(struct media *m, uint32_t stream, const uint8_t *rtcp, unsigned int len,
				   nsec_t now)
{
	struct rtcp_reader reader;
	struct rtcp_packet p;
	if (!stream_is_open(m, stream))
		return DROP_stream_closed;
	struct media_cold *c = &m->cold[stream];
	enum drop_reason why = rtcp_open(rtcp, len, &reader);
	if (why != DROP_NONE) {
		c->dropped++;
		return why;
	}
	while (rtcp_next(&reader, &p)) {
		if (p.type == RTCP_SR)
			rtcp_sr_note(&c->rtcp, &p.sender, now);
		if (p.type != RTCP_SR && p.type != RTCP_RR)
			continue;
		for (unsigned int i = 0; i < p.count; i++) {
			struct rtcp_block b;
			rtcp_block_read(&p, i, &b);
			block_take(m, c, &b, now);
		}
	}
	return DROP_NONE;
}
