// SPDX-License-Identifier: GPL-3.0-or-later
// rtcp.c - Reports to and from the far ends, and the round that looks after every stream now and then.
//
// RTCP ends here on each leg, unless it passes unread (blind.c): a relay's two sides get reports of their own, made from
// what this side has received and sent. Each stream is visited when its report is due (RFC 3550 s6.3: the interval varied by half, from a
// seeded generator), when it would be silent for too long, or at least every few seconds, which carries the
// 32-bit counters of the hot half over long before they wrap.
//
// A BYE received needs nothing: control says when a stream ends, and a new SSRC is taken up when it comes. We say BYE
// when a stream that has sent something closes; one that only pauses keeps its SSRC.
#include "gw/media/inside.h"

#define UNHEARD_LEAST 50 // packets that we must have sent between two reports that show none of them
#define VISIT_NS      (8 * NSEC_PER_SEC) // the wheel's turn

static uint64_t unit_of(nsec_t t)
{
	return t / CARE_UNIT_NS;
}

static nsec_t silent_at(const struct media *m, uint32_t stream)
{
	const struct media_stream *s = &m->streams[stream];
	bool ever = s->rx.packets || m->cold[stream].rx_packets;
	nsec_t heard = ever ? s->rx_last_ns : m->cold[stream].opened_ns;
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

static uint8_t part_of_256(uint32_t ppm)
{
	return ppm >= 1000000 ? 255 : (uint8_t)((uint64_t)ppm * 256 / 1000000);
}

static uint16_t ms_16(uint64_t ms)
{
	return ms < UINT16_MAX ? (uint16_t)ms : UINT16_MAX;
}

// A rating or score in tenths, as it crosses the wire.
static uint8_t score(uint32_t value)
{
	return value == STREAM_UNKNOWN ? RTCP_VOIP_UNKNOWN : (uint8_t)((value + 5) / 10);
}

// What this side makes of the stream it receives, RFC 3611 s4.7. Levels are known where the voice is decoded.
static unsigned int voip_write(struct media *m, uint32_t stream, nsec_t now, uint8_t *buf, unsigned int len)
{
	struct stream_stats s;
	const struct stream_quality *q = &s.quality;
	const struct media_cold *c = &m->cold[stream];
	if (media_stream_stats(m, stream, now, &s) != 0 || q->loss_ppm == STREAM_UNKNOWN)
		return len;
	uint32_t lost = q->loss_ppm - (q->discard_ppm < q->loss_ppm ? q->discard_ppm : q->loss_ppm);
	struct rtcp_voip v = {
		.ssrc = s.rx_ssrc,
		.loss = part_of_256(lost),
		.discard = part_of_256(q->discard_ppm),
		.burst_density = part_of_256(q->burst_loss_ppm),
		.gap_density = part_of_256(q->gap_loss_ppm),
		.burst_ms = ms_16(q->burst_ms),
		.gap_ms = ms_16(q->gap_ms),
		.round_trip_ms = ms_16(s.round_trip_ns / NSEC_PER_MSEC),
		.end_system_ms = ms_16(s.delay_ns / NSEC_PER_MSEC + c->spec.rx.period_ms),
		.signal_level =
			s.level_rx_cb == INT32_MIN ? RTCP_VOIP_UNKNOWN : (uint8_t)(s.level_rx_cb / 10),
		.noise_level = RTCP_VOIP_UNKNOWN,
		.echo_return = RTCP_VOIP_UNKNOWN,
		.gmin = QUALITY_GMIN,
		.r_factor = score(q->r_cq != STREAM_UNKNOWN ? q->r_cq : q->r_lq),
		.r_external = RTCP_VOIP_UNKNOWN,
		.mos_lq = score(q->mos_lq),
		.mos_cq = score(q->mos_cq),
	};
	if (c->voice != NONE && m->voices[c->voice].rx) {
		v.config = RTCP_VOIP_PLC_STANDARD | RTCP_VOIP_JITTER_ADAPTIVE;
		v.jitter_nominal_ms = ms_16(s.delay_ns / NSEC_PER_MSEC);
		v.jitter_max_ms = v.jitter_limit_ms = m->limits.jitter_max_ms;
	}
	return rtcp_voip_write(buf, len, MEDIA_RTCP_MAX, c->tx_ssrc, &v);
}

// Watches how a stream does between reports.
static void note_figures(struct media *m, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	nsec_t jitter = figures_jitter(m, stream);
	uint32_t expected = rtp_source_expected(&m->streams[stream].rx);
	if (jitter > c->jitter_max_ns)
		c->jitter_max_ns = jitter;
	if (expected)
		quality_settle(&c->loss, expected - 1);
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
	// since the last report, or the one before: RFC 3550 s6.4
	bool lately = c->tx_packets != c->rtcp_tx_packets, sent = lately || c->rtcp_sent;
	c->rtcp_sent = lately;
	c->rtcp_tx_packets = c->tx_packets;
	len = rtcp_report_write(buf, 0, MEDIA_RTCP_MAX, c->tx_ssrc, sent ? &sender : NULL, &block, blocks);
	return rtcp_sdes_write(buf, len, MEDIA_RTCP_MAX, c->tx_ssrc,
			       m->limits.cname[0] ? m->limits.cname : "slimline");
}

unsigned int media_rtcp_bye(struct media *m, uint32_t stream, nsec_t now, uint64_t wallclock_ntp,
			    uint8_t buf[MEDIA_RTCP_MAX])
{
	if (!stream_is_open(m, stream) || !m->limits.rtcp_interval_ms)
		return 0;
	const struct media_cold *c = &m->cold[stream];
	if (!(c->spec.flags & STREAM_SEND) || !c->tx_started || c->blind)
		return 0;
	unsigned int len = report(m, stream, now, wallclock_ntp, buf);
	return rtcp_bye_write(buf, len, MEDIA_RTCP_MAX, c->tx_ssrc);
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
		note_figures(m, i);
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
		if (due && (c->spec.flags & STREAM_SEND) && !c->blind) {
			*ret_stream = i;
			unsigned int len = report(m, i, now, wallclock_ntp, buf);
			return voip_write(m, i, now, buf, len);
		}
	}
	return 0;
}

// Whether the far end hears us: its reports name the newest of our packets, and that must move while we send.
static void heard_take(struct media *m, uint32_t stream, uint64_t mark)
{
	struct media_cold *c = &m->cold[stream];
	uint32_t peer = m->streams[stream].peer;
	if (peer != NONE)
		relay_fold(m, peer);
	if (c->heard_known && mark == c->heard_mark) {
		c->unheard = c->tx_packets - c->heard_tx >= UNHEARD_LEAST;
		return;
	}
	c->heard_known = 1;
	c->heard_mark = mark;
	c->heard_tx = c->tx_packets;
	c->unheard = 0;
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
	uint64_t mark = 0;
	while (rtcp_next(&reader, &p)) {
		rtcp_voip_read(&p, c->tx_ssrc, &c->remote);
		if (p.type == RTCP_SR)
			rtcp_sr_note(&c->rtcp, &p.sender, now);
		if (p.type != RTCP_SR && p.type != RTCP_RR)
			continue;
		for (unsigned int i = 0; i < p.count; i++) {
			struct rtcp_block b;
			rtcp_block_read(&p, i, &b);
			block_take(m, c, &b, now);
			if (b.ssrc == c->tx_ssrc)
				mark = UINT64_C(1) << 32 | b.max_seq;
		}
	}
	heard_take(m, stream, mark);
	return DROP_NONE;
}
