// SPDX-License-Identifier: GPL-3.0-or-later
// media_rig.c - A worker's media with simulated phones around it, for the media tests.
#include "tests/unit/gw/media_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure.h"
#include "gw/mixer.h"
#include "gw/resample.h"
#include "gw/rtp.h"
#include "tests/unit/t.h"

#define WIRE_MAX 4096
#define START    (1000 * NSEC_PER_SEC)

struct rig *rig_new(const struct media_limits *limits)
{
	struct rig *r = calloc(1, sizeof(*r));
	r->limits = limits ? *limits
			   : (struct media_limits){.streams = 32, .conferences = 16, .voices = 16, .seed = 7};
	codec_init();
	mixer_init();
	resample_cpu_init();
	size_t size = (media_size(&r->limits) + 63) & ~(size_t)63;
	r->memory = aligned_alloc(64, size);
	memset(r->memory, 0xa5, size);
	r->media = media_init(r->memory, &r->limits);
	r->now = START;
	r->burst = 3;
	r->ticking = true;
	r->wire = calloc(WIRE_MAX, sizeof(*r->wire));
	for (unsigned int i = 0; i < RIG_PHONES; i++) {
		r->phone[i].rig = r;
		r->phone[i].pcm = calloc(RIG_PCM, sizeof(int16_t));
	}
	return r;
}

static void coders_free(struct phone *p)
{
	if (p->encoder && p->codec->encoder_fini)
		p->codec->encoder_fini(p->encoder);
	if (p->decoder && p->rx_codec->decoder_fini)
		p->rx_codec->decoder_fini(p->decoder);
	free(p->encoder);
	free(p->decoder);
	p->encoder = p->decoder = NULL;
}

void rig_free(struct rig *r)
{
	for (uint32_t i = 0; i < r->limits.conferences; i++)
		media_conference_close(r->media, i, r->now); // gives back what libraries hold
	for (unsigned int i = 0; i < RIG_PHONES; i++) {
		coders_free(&r->phone[i]);
		free(r->phone[i].pcm);
	}
	free(r->wire);
	free(r->memory);
	free(r);
}

uint32_t rig_conference(struct rig *r, uint32_t flags)
{
	struct conference_spec spec = {.flags = flags, .conference_id = 77};
	uint32_t c = MEDIA_NONE;
	if (media_conference_open(r->media, &spec, &c) != 0)
		return MEDIA_NONE;
	return c;
}

static uint8_t payload_type(enum codec_id codec)
{
	const struct codec *c = codec_by_id(codec);
	return c && c->payload_type != 255 ? c->payload_type : 96;
}

struct stream_spec rig_spec(uint32_t conference, unsigned int phone, enum codec_id codec,
			    unsigned int period_ms, uint32_t flags)
{
	uint8_t us[4] = {192, 0, 2, 1}, them[4] = {198, 51, 100, (uint8_t)(phone + 1)};
	struct stream_format f = {.codec = (uint8_t)codec,
				  .period_ms = (uint8_t)period_ms,
				  .payload_type = payload_type(codec),
				  .event_type = 101};
	struct stream_spec s = {.conference = conference, .flags = flags, .rx = f, .tx = f, .dscp = 46};
	s.local.addr.family = s.remote.addr.family = ADDR_IPV4;
	memcpy(s.local.addr.ip, us, 4);
	memcpy(s.remote.addr.ip, them, 4);
	s.local.port = (uint16_t)(20000 + 2 * phone);
	s.remote.port = (uint16_t)(30000 + 2 * phone);
	return s;
}

static void *state_new(size_t size, int (*init)(void *))
{
	void *s = aligned_alloc(64, (size + 127) & ~(size_t)63);
	if (init)
		init(s);
	return s;
}

static void phone_setup(struct phone *p, const struct stream_spec *spec, double hz, double dbm0)
{
	struct rig *r = p->rig;
	unsigned int i = (unsigned int)(p - r->phone);
	int16_t *pcm = p->pcm;
	coders_free(p);
	*p = (struct phone){.rig = r, .pcm = pcm, .spec = *spec, .hz = hz, .dbm0 = dbm0};
	memset(pcm, 0, RIG_PCM * sizeof(*pcm));
	p->codec = codec_by_id(spec->rx.codec);
	p->rx_codec = codec_by_id(spec->tx.codec);
	if (p->codec && p->codec->encode)
		p->encoder = state_new(p->codec->encoder_size, p->codec->encoder_init);
	if (p->rx_codec && p->rx_codec->decode)
		p->decoder = state_new(p->rx_codec->decoder_size, p->rx_codec->decoder_init);
	p->sends = hz > 0 && (spec->flags & STREAM_RECV);
	p->ssrc = 0x1000u + i;
	p->seq = (uint16_t)(65500 + i); // wraps soon
	p->ts = 0xffffff00u + i;
	p->next = r->now;
	p->marker = true;
}

int rig_open_spec(struct rig *r, unsigned int phone, const struct stream_spec *spec, double hz, double dbm0)
{
	struct phone *p = &r->phone[phone];
	uint32_t stream;
	int err = media_stream_open(r->media, spec, r->now, &stream);
	if (err)
		return err;
	phone_setup(p, spec, hz, dbm0);
	p->stream = stream;
	p->open = true;
	return 0;
}

int rig_open(struct rig *r, unsigned int phone, uint32_t conference, enum codec_id codec,
	     unsigned int period_ms, uint32_t flags, double hz, double dbm0)
{
	struct stream_spec spec = rig_spec(conference, phone, codec, period_ms, flags);
	return rig_open_spec(r, phone, &spec, hz, dbm0);
}

void rig_close(struct rig *r, unsigned int phone)
{
	media_stream_close(r->media, r->phone[phone].stream, r->now);
	r->phone[phone].open = false;
	r->phone[phone].sends = false;
}

static void tone(struct phone *p, int16_t *pcm, unsigned int n)
{
	double amplitude = measure_amplitude(p->dbm0), rate = p->codec->sample_rate_hz;
	for (unsigned int i = 0; i < n; i++)
		pcm[i] = (int16_t)lrint(amplitude * sin(2 * M_PI * p->hz * (double)p->sample++ / rate));
}

unsigned int phone_packet(struct phone *p, uint8_t *rtp)
{
	unsigned int ms = p->spec.rx.period_ms, len = 160;
	struct rtp_header h = {.timestamp = p->ts,
			       .ssrc = p->ssrc,
			       .seq = p->seq++,
			       .payload_type = p->spec.rx.payload_type,
			       .marker = p->marker};
	p->marker = false;
	rtp_header_write(rtp, &h);
	uint32_t clock = 8000;
	if (p->encoder) {
		int16_t pcm[CODEC_SAMPLES_MAX];
		unsigned int n = p->codec->sample_rate_hz / 1000 * ms;
		if (p->say)
			p->say(p, pcm, n);
		else
			tone(p, pcm, n);
		len = (unsigned int)p->codec->encode(p->encoder, pcm, n, rtp + 12, CODEC_FRAME_BYTES_MAX);
		clock = p->codec->rtp_clock_hz;
	} else {
		memset(rtp + 12, 0x5a, len);
		ms = ms ? ms : 20;
	}
	p->ts += clock / 1000 * ms;
	return len + 12;
}

static struct phone *phone_by_stream(struct rig *r, uint32_t stream)
{
	for (unsigned int i = 0; i < RIG_PHONES; i++)
		if (r->phone[i].open && r->phone[i].stream == stream)
			return &r->phone[i];
	return NULL;
}

static void phone_check(struct phone *p, const struct rtp_header *h)
{
	if (p->heard) {
		uint16_t step = (uint16_t)(h->seq - p->rx_seq);
		int32_t time = (int32_t)(h->timestamp - p->rx_ts);
		p->ssrc_breaks += h->ssrc != p->rx_ssrc;
		p->seq_breaks += step == 0 || step > 100;
		p->seq_gaps += step > 1 && step <= 100 ? step - 1u : 0;
		if (h->payload_type != 101)
			p->ts_breaks += time <= 0;
	} else {
		p->rx_first_ts = h->timestamp;
	}
	p->heard = true;
	p->rx_ssrc = h->ssrc;
	p->rx_seq = h->seq;
	if (h->payload_type != 101)
		p->rx_ts = h->timestamp;
	p->rx_last = p->rig->now;
	p->packets++;
	p->markers += h->marker;
}

// Lays what came where its timestamp says.
static void phone_play(struct phone *p, const struct rtp_header *h, const uint8_t *payload)
{
	if (!p->decoder || h->payload_type != p->spec.tx.payload_type)
		return;
	int16_t pcm[CODEC_SAMPLES_MAX];
	int n = p->rx_codec->decode(p->decoder, payload, h->payload_len, pcm, CODEC_SAMPLES_MAX);
	uint64_t at = (uint64_t)(h->timestamp - p->rx_first_ts) * p->rx_codec->sample_rate_hz /
		      p->rx_codec->rtp_clock_hz;
	if (n <= 0 || at + (uint64_t)n > RIG_PCM)
		return;
	memcpy(p->pcm + at, pcm, (size_t)n * sizeof(*pcm));
	if (at + (uint64_t)n > p->pcm_count)
		p->pcm_count = (uint32_t)(at + (uint64_t)n);
}

static void phone_receive(struct phone *p, const uint8_t *rtp, unsigned int len)
{
	struct rtp_header h;
	if (!p || rtp_header_parse(rtp, len, &h) != DROP_NONE)
		return;
	memcpy(p->last_packet, rtp, len);
	p->last_len = len;
	if (p->hear)
		p->hear(p, &h, rtp + h.payload_offset);
	phone_check(p, &h);
	phone_play(p, &h, rtp + h.payload_offset);
}

enum media_verdict rig_ingest(struct rig *r, unsigned int phone, uint8_t *rtp, unsigned int len)
{
	struct phone *p = &r->phone[phone];
	enum drop_reason why = DROP_NONE;
	enum media_verdict v = media_ingest(r->media, p->stream, rtp, len, r->now, &why);
	if (v == MEDIA_RELAYED) {
		p->relayed++;
		phone_receive(phone_by_stream(r, media_streams(r->media)[p->stream].peer), rtp, len);
	} else if (v == MEDIA_QUEUED) {
		p->queued++;
	} else {
		p->last_drop = why;
		p->drops[why]++;
	}
	return v;
}

void rig_send(struct rig *r, unsigned int phone, const uint8_t *rtp, unsigned int len)
{
	if (r->wire_count == WIRE_MAX)
		return;
	r->wire[r->wire_count].at = r->now + r->phone[phone].delay_ms * NSEC_PER_MSEC;
	r->wire[r->wire_count].phone = phone;
	r->wire[r->wire_count].len = len;
	memcpy(r->wire[r->wire_count++].bytes, rtp, len);
}

static void wire_put(struct rig *r, unsigned int phone)
{
	struct phone *p = &r->phone[phone];
	uint8_t rtp[MEDIA_RTP_MAX];
	unsigned int len = phone_packet(p, rtp);
	p->sent++;
	if (!p->lose_every || p->sent % p->lose_every)
		rig_send(r, phone, rtp, len);
}

static void wire_deliver(struct rig *r)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < r->wire_count; i++) {
		if (r->wire[i].at <= r->now && r->ticking) {
			if (r->phone[r->wire[i].phone].open)
				rig_ingest(r, r->wire[i].phone, r->wire[i].bytes, r->wire[i].len);
		} else {
			if (kept != i)
				r->wire[kept] = r->wire[i];
			kept++;
		}
	}
	r->wire_count = kept;
}

static void rig_tick(struct rig *r)
{
	uint8_t bytes[16][MEDIA_RTP_MAX];
	struct media_frame frames[16];
	nsec_t slice = r->slice ? r->slice : NSEC_PER_SEC;
	unsigned int n;
	do {
		for (unsigned int i = 0; i < r->burst; i++)
			frames[i].rtp = bytes[i];
		n = media_tick(r->media, r->now, &slice, frames, r->burst);
		for (unsigned int i = 0; i < n; i++)
			phone_receive(phone_by_stream(r, frames[i].stream), frames[i].rtp, frames[i].len);
	} while (n == r->burst);
}

void rig_run(struct rig *r, unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t++) {
		for (unsigned int i = 0; i < RIG_PHONES; i++) {
			struct phone *p = &r->phone[i];
			while (p->sends && p->next <= r->now) {
				wire_put(r, i);
				p->next += (p->spec.rx.period_ms ? p->spec.rx.period_ms : 20) * NSEC_PER_MSEC;
			}
		}
		wire_deliver(r);
		if (r->ticking && media_tick_due(r->media) <= r->now)
			rig_tick(r);
		r->now += NSEC_PER_MSEC;
	}
}

const int16_t *phone_tail(const struct phone *p, uint32_t n)
{
	return p->pcm + (p->pcm_count > n ? p->pcm_count - n : 0);
}

struct rig *rig_pair(enum codec_id a, enum codec_id b, uint32_t *ret_conference)
{
	struct rig *r = rig_new(NULL);
	uint32_t c = rig_conference(r, 0);
	REQUIRE(rig_open(r, 0, c, a, 20, STREAM_RECV | STREAM_SEND, 400, -10) == 0);
	REQUIRE(rig_open(r, 1, c, b, 20, STREAM_RECV | STREAM_SEND, 1000, -10) == 0);
	if (ret_conference)
		*ret_conference = c;
	return r;
}

enum conference_outcome rig_outcome(struct rig *r, uint32_t conference)
{
	enum conference_outcome o = CONFERENCE_OUTCOME_COUNT;
	media_conference_info(r->media, conference, &o, NULL);
	return o;
}

unsigned int rig_packet(uint8_t *rtp, uint8_t type, uint16_t seq, uint32_t ts, uint32_t ssrc,
			unsigned int payload)
{
	struct rtp_header h = {.timestamp = ts, .ssrc = ssrc, .seq = seq, .payload_type = type};
	rtp_header_write(rtp, &h);
	for (unsigned int i = 0; i < payload; i++)
		rtp[12 + i] = (uint8_t)(i * 7 + seq);
	return 12 + payload;
}
