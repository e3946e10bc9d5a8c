// SPDX-License-Identifier: GPL-3.0-or-later
// figures.c - What is told of a stream: its counters, and what they mean for who listens.
//
// Nothing is worked out while packets pass. A packet that follows the last one leaves no trace but a count; loss is
// noted where it is found, on the careful path (gw/quality.h), sound where it is played. All the rest is derived here, when
// somebody asks or a report is due.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

#define PPM         1e6
#define UNKNOWN     STREAM_UNKNOWN
#define NOT_ONE_WAY (5 * NSEC_PER_SEC) // a stream is given this long before it is called one-way

// Adds what a voice has played.
void tally_add(struct media_tally *t, const struct media_voice *v)
{
	if (!v->rx)
		return;
	uint32_t per_ms = v->rx->sample_rate_hz / 1000;
	uint64_t played = (uint64_t)v->played * 16 / per_ms, unspoken = v->unspoken / per_ms;
	uint64_t sum[] = {
		t->heard + played + unspoken,
		t->silent + (uint64_t)v->silent * 16 / per_ms + unspoken,
		t->played + played,
		t->made_up + v->made_up / per_ms,
	};
	unsigned int halved = 0;
	while (sum[0] >> halved > UINT32_MAX) // the greatest of them
		halved++;
	*t = (struct media_tally){
		.heard = (uint32_t)(sum[0] >> halved),
		.silent = (uint32_t)(sum[1] >> halved),
		.played = (uint32_t)(sum[2] >> halved),
		.made_up = (uint32_t)(sum[3] >> halved),
	};
}

static uint32_t ppm(double share)
{
	return (uint32_t)(share * PPM + 0.5);
}

static uint32_t ppm_of(uint64_t part, uint64_t whole)
{
	return whole ? ppm(part < whole ? (double)part / (double)whole : 1) : UNKNOWN;
}

static uint32_t period_ms(const struct media_cold *c)
{
	return c->spec.rx.period_ms ? c->spec.rx.period_ms : 20;
}

static void loss_figures(const struct media *m, uint32_t stream, struct stream_quality *ret,
			 struct quality_bursts *ret_bursts)
{
	const struct media_cold *c = &m->cold[stream];
	uint32_t expected = rtp_source_expected(&m->streams[stream].rx);
	quality_bursts(&c->loss, expected, ret_bursts);
	if (expected == 0)
		return;
	ret->loss_ppm = ppm(ret_bursts->loss);
	ret->bursts = ret_bursts->bursts;
	ret->burst_loss_ppm = ppm(ret_bursts->burst_loss);
	ret->gap_loss_ppm = ppm(ret_bursts->gap_loss);
	ret->burst_ms = (uint32_t)(ret_bursts->burst_packets * period_ms(c));
	ret->gap_ms = (uint32_t)(ret_bursts->gap_packets * period_ms(c));
}

static void rating(uint32_t codec, const struct quality_bursts *b, double delay_ms, uint32_t *ret_r,
		   uint32_t *ret_mos)
{
	double r;
	if (!quality_rate(codec, b->loss, b->clustering, delay_ms, &r))
		return;
	*ret_r = (uint32_t)(r * 10 + 0.5);
	*ret_mos = (uint32_t)(quality_mos(r) * 100 + 0.5);
}

// From mouth to ear: half a round trip, the sender's packet and look-ahead, and our own waiting.
static double end_delay_ms(const struct media_cold *c, const struct stream_stats *s)
{
	return (double)(c->round_trip_ns / 2 + s->delay_ns) / NSEC_PER_MSEC + period_ms(c) +
	       quality_lookahead_ms(c->spec.rx.codec);
}

static uint32_t one_way(const struct media_cold *c, const struct stream_stats *s, nsec_t now)
{
	const uint32_t both = STREAM_RECV | STREAM_SEND;
	if ((c->spec.flags & both) != both || now - c->two_way_since < NOT_ONE_WAY)
		return STREAM_TWO_WAY;
	bool sends = c->tx_started && now - c->tx_last_ns < NOT_ONE_WAY;
	bool hears = s->idle_ns < NOT_ONE_WAY;
	if (!hears)
		return sends ? STREAM_HEARS_NOTHING : STREAM_DEAD;
	if (!sends)
		return c->spec.flags & STREAM_VAD ? STREAM_TWO_WAY : STREAM_SAYS_NOTHING;
	return c->unheard ? STREAM_UNHEARD : STREAM_TWO_WAY;
}

static void remote_figures(const struct media_cold *c, struct stream_quality *ret)
{
	const struct rtcp_voip *v = &c->remote;
	if (v->ssrc == 0)
		return;
	ret->remote_loss_ppm = ppm((v->loss + v->discard > 255 ? 255 : v->loss + v->discard) / 256.0);
	if (v->r_factor <= 100)
		ret->remote_r = v->r_factor * 10u;
	if (v->mos_lq <= 50)
		ret->remote_mos_lq = v->mos_lq * 10u;
	if (v->mos_cq <= 50)
		ret->remote_mos_cq = v->mos_cq * 10u;
}

static void quality_figures(struct media *m, uint32_t stream, nsec_t now, struct stream_stats *s)
{
	const struct media_cold *c = &m->cold[stream];
	struct stream_quality *q = &s->quality;
	struct quality_bursts bursts;
	struct media_tally sound;
	memset(q, 0xff, sizeof(*q)); // STREAM_UNKNOWN everywhere
	loss_figures(m, stream, q, &bursts);
	sound = c->tally;
	if (c->voice != NONE)
		tally_add(&sound, &m->voices[c->voice]);
	q->discard_ppm = ppm_of(c->discarded, rtp_source_expected(&m->streams[stream].rx));
	q->concealed_ppm = ppm_of(sound.made_up, sound.played);
	q->silence_ppm = ppm_of(sound.silent, sound.heard);
	q->zero = 0;
	q->one_way = one_way(c, s, now);
	remote_figures(c, q);
	if (q->loss_ppm == UNKNOWN)
		return;
	rating(c->spec.rx.codec, &bursts, 0, &q->r_lq, &q->mos_lq);
	if (c->round_trip_ns == 0)
		return;
	double delay = end_delay_ms(c, s);
	q->end_delay_ms = (uint32_t)delay;
	rating(c->spec.rx.codec, &bursts, delay, &q->r_cq, &q->mos_cq);
}

// A mean square as a level, by as many samples as make it a whole number without loss.
static int32_t level_of(float power)
{
	const unsigned int samples = 1u << 20;
	return mixer_level((uint64_t)(power * (float)samples), samples);
}

static void voice_figures(const struct media_voice *v, struct stream_stats *ret)
{
	struct jitter_stats j;
	ret->concealed += v->concealed;
	ret->dropped += v->undecodable;
	if (!v->rx)
		return;
	jitter_stats(v->jitter, &j);
	ret->dropped += j.overflowed;
	ret->delay_ns = j.delay_ms * NSEC_PER_MSEC;
	ret->level_rx_cb = v->rx_samples ? mixer_level(v->rx_energy, v->rx_samples) : INT32_MIN;
}

nsec_t figures_jitter(const struct media *m, uint32_t stream)
{
	const struct media_stream *s = &m->streams[stream];
	if (m->cold[stream].spec.rx.codec == CODEC_NONE || s->rx_clock == 0)
		return 0;
	return (uint64_t)(s->rx.jitter >> 4) * NSEC_PER_SEC / (8000u * s->rx_clock);
}

int media_stream_stats(struct media *m, uint32_t stream, nsec_t now, struct stream_stats *ret)
{
	if (!stream_is_open(m, stream))
		return -ENOENT;
	const struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	nsec_t jitter = figures_jitter(m, stream);
	if (jitter > c->jitter_max_ns)
		c->jitter_max_ns = jitter;
	relay_fold(m, stream);
	if (s->peer != NONE)
		relay_fold(m, s->peer); // what this stream transmits is counted over there
	*ret = (struct stream_stats){
		.rx_packets = c->rx_packets,
		.rx_octets = c->rx_octets,
		.tx_packets = c->tx_packets,
		.tx_octets = c->tx_octets,
		.lost = rtp_source_lost(&s->rx),
		.late = c->late,
		.duplicate = c->duplicate,
		.reordered = c->reordered,
		.dropped = c->dropped,
		.concealed = c->concealed,
		.jitter_ns = jitter,
		.jitter_max_ns = c->jitter_max_ns,
		.round_trip_ns = c->round_trip_ns,
		.idle_ns = c->rx_packets ? now - s->rx_last_ns : UINT64_MAX,
		.rx_ssrc = s->rx.ssrc,
		.tx_ssrc = c->blind && s->peer != NONE ? m->streams[s->peer].rx.ssrc : c->tx_ssrc,
		.level_rx_cb = INT32_MIN,
		.level_tx_cb = c->tx_power < 0 ? INT32_MIN : level_of(c->tx_power),
		.remote_lost = c->remote_lost,
		.ssrc_changes = c->ssrc_changes,
	};
	if (c->voice != NONE)
		voice_figures(&m->voices[c->voice], ret);
	quality_figures(m, stream, now, ret);
	return 0;
}
