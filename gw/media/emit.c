// SPDX-License-Identifier: GPL-3.0-or-later
// emit.c - The second half of a tick: takes each listener's own voice out, encodes, writes RTP.
//
// Encode once. Whoever said nothing in this tick hears the plain sum of its rate. Where the codec has no memory, equal
// samples make equal payloads, so the first such listener of a codec and period encodes and the others copy.
// With a period of several ticks this holds for a packet only if it held in each of them (tx_shared). A codec with memory
// is shared among listeners who can never speak, so that all of them always hear the same: music on hold costs one
// encoding for each codec and period, however many listen. Who joins them hears a coder that has been at work
// for a while, as the receiver of a broadcast does. Who could speak and is not heard shares one as well, once its
// own has come close to it (choir.c). For anyone else such a codec is encoded alone: what its decoder has heard so far
// is its alone.
#include <string.h>

#include "gw/media/inside.h"

#define LEVEL_EVERY 16 // packets between measurements of what is sent

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

// A listener's packet: where its samples are, and whether every silent listener hears the same.
struct heard {
	const int16_t *pcm;
	unsigned int samples;
	bool shared;
};

// What everyone hears who said nothing.
static const int16_t *everyone(struct media_run *r, unsigned int rate, unsigned int samples)
{
	if (!r->all_made[rate]) {
		if (unlikely(r->limits))
			mixer_limit(r->all[rate], r->sum[rate], NULL, r->gain[rate], samples);
		else
			mixer_all(r->all[rate], r->sum[rate], samples);
		r->all_made[rate] = 1;
	}
	return r->all[rate];
}

// Everyone but this party.
static void others(const struct media_run *r, unsigned int rate, int16_t *to, const int16_t *own,
		   unsigned int samples)
{
	if (unlikely(r->limits))
		mixer_limit(to, r->sum[rate], own, r->gain[rate], samples);
	else
		mixer_minus(to, r->sum[rate], own, samples);
}

// What a few listeners hear: digits, or all but their own voice at another rate than they speak at. False: neither.
static __attribute__((noinline)) bool listen_apart(struct media *m, struct media_voice *v,
						   const struct media_row *row, unsigned int samples,
						   int16_t *to)
{
	static const int16_t nothing[QUANTUM_MAX];
	struct media_run *r = &m->run;
	if (v->tx_tone && digit_tone(m, v, samples, to))
		return true;
	if (!v->echo_made)
		return false;
	tick_resample(v->echo, row->pcm ? row->pcm : nothing, v->rx_rate, r->echo, r->units);
	others(r, v->tx_rate, to, r->echo, samples);
	return true;
}

// This tick's samples for a listener, in `to` unless they are everyone's.
static inline const int16_t *listen(struct media *m, struct media_voice *v, const struct media_row *row,
				    unsigned int samples, int16_t *to, bool *ret_shared)
{
	struct media_run *r = &m->run;
	*ret_shared = false;
	if (unlikely(v->tx_tone || v->echo_made) && listen_apart(m, v, row, samples, to))
		return to;
	if (likely(row->pcm)) {
		others(r, v->tx_rate, to, row->pcm, samples);
		return to;
	}
	*ret_shared = true;
	return everyone(r, v->tx_rate, samples);
}

// Adds this tick to a listener's packet of several. True: the packet is full.
static __attribute__((noinline)) bool collect_part(struct media *m, struct media_voice *v,
						   const struct media_row *row, struct heard *ret)
{
	unsigned int samples = m->run.units * samples_10ms[v->tx_rate];
	if (v->tx_fill + samples > ret->samples)
		v->tx_fill = 0;
	bool shared;
	int16_t *to = v->tx_fifo + v->tx_fill;
	const int16_t *pcm = listen(m, v, row, samples, to, &shared);
	if (pcm != to)
		memcpy(to, pcm, samples * sizeof(*to));
	v->tx_shared = shared && (v->tx_fill == 0 || v->tx_shared);
	v->tx_fill = (uint16_t)(v->tx_fill + samples);
	if (v->tx_fill < ret->samples)
		return false;
	v->tx_fill = 0;
	ret->pcm = v->tx_fifo;
	ret->shared = v->tx_shared;
	return true;
}

// Adds this tick to a listener's packet. True: the packet is full.
static inline bool collect(struct media *m, struct media_voice *v, const struct media_row *row,
			   struct heard *ret)
{
	struct media_run *r = &m->run;
	if (unlikely(!v->tx_running) && r->clock % v->tx_units != 0)
		return false;
	v->tx_running = 1;
	ret->samples = v->tx_units * samples_10ms[v->tx_rate];
	if (unlikely(v->tx_units != r->units))
		return collect_part(m, v, row, ret);
	ret->pcm = listen(m, v, row, ret->samples, r->out, &ret->shared);
	return true;
}

static struct media_shared *shared_find(struct media_run *r, const struct media_voice *v, bool choir)
{
	for (uint32_t i = 0; i < r->shared_count; i++)
		if (r->shared[i].codec == v->tx && r->shared[i].units == v->tx_units &&
		    r->shared[i].choir == choir)
			return &r->shared[i];
	return NULL;
}

// Takes the packet that another one has coded, or codes one that others can take.
static __attribute__((noinline)) unsigned int encode_sharing(struct media *m, struct media_voice *v,
							     const struct heard *h, uint8_t *payload)
{
	struct media_run *r = &m->run;
	bool listener = !v->rx && !v->tx_vad;
	struct media_shared *s = v->tx_follows && h->shared ? shared_find(r, v, true) : NULL;
	if (unlikely(v->tx_follows) && !s && (!h->shared || r->shared_count == SHARED_FRAMES))
		choir_leave(m, v); // hears what others do not, or nobody would know of the packet
	bool choir = v->tx_follows;
	bool shareable = h->shared && (v->tx->encoder_size == 0 || listener || choir);
	if (!s && shareable)
		s = shared_find(r, v, choir);
	if (s) {
		memcpy(payload, s->payload, s->len);
		return s->len;
	}
	int n = choir_encode(m, v, h->pcm, h->samples, payload);
	if (v->tx->encoder_size)
		r->left -= cost_to_encode(v->tx, v->tx_units);
	if (n <= 0)
		return 0;
	if (shareable && r->shared_count < SHARED_FRAMES) {
		s = &r->shared[r->shared_count++];
		*s = (struct media_shared){
			.codec = v->tx, .units = v->tx_units, .choir = choir, .len = (uint16_t)n};
		memcpy(s->payload, payload, (size_t)n);
	} else if (!choir && v->tx->encoder_size && v->rx) {
		choir_note(m, v, h->pcm, h->samples, h->shared);
	}
	return (unsigned int)n;
}

static inline unsigned int encode(struct media *m, struct media_voice *v, const struct heard *h,
				  uint8_t *payload)
{
	if (unlikely(h->shared || v->tx->encoder_size))
		return encode_sharing(m, v, h, payload);
	int n = v->tx->encode(NULL, h->pcm, h->samples, payload,
			      CODEC_FRAME_BYTES_MAX); // of what one hears alone
	m->encoded++;
	return n > 0 ? (unsigned int)n : 0;
}

// True for codecs whose silence the payload types of RFC 3389 describe; others have their own, or need none.
static bool takes_noise(const struct codec *c)
{
	return c->rtp_clock_hz == 8000 && c->id != CODEC_GSM && c->id != CODEC_AMR &&
	       c->id != CODEC_AMR_OCTET;
}

// With silence suppression: writes the packet, or a description of the noise in its place, or nothing. Annex B of
// G.729 judges by itself.
static __attribute__((noinline)) unsigned int payload_sparing(struct media *m, struct media_voice *v,
							      const struct heard *h, uint8_t *payload,
							      uint8_t *type)
{
	struct comfort_look look;
	if (v->tx->id == CODEC_G729B)
		return encode(m, v, h, payload);
	comfort_look(h->pcm, h->samples, v->tx->sample_rate_hz, &look);
	switch (comfort_judge(&v->vad, &look, v->tx_units * 10u)) {
	case COMFORT_SPEECH:
		return encode(m, v, h, payload);
	case COMFORT_NOISE:
		if (!takes_noise(v->tx))
			return 0;
		*type = COMFORT_PAYLOAD_TYPE;
		m->cold[v->stream].tx_marker = 0;
		return comfort_write(payload, v->vad.announced_cb / 10);
	case COMFORT_NOTHING:
		break;
	}
	return 0;
}

// The timestamp of the packet that ends with this tick. The first one continues what was sent before.
static uint32_t timestamp_of(const struct media *m, struct media_voice *v, const struct media_cold *c)
{
	const struct media_run *r = &m->run;
	uint32_t begin = (uint32_t)(r->clock + r->units - v->tx_units) * v->tx_clock;
	if (!v->tx_offset_known) {
		v->tx_offset = transmit_next_ts(m, c, r->now, v->tx->rtp_clock_hz / 8000) - begin;
		v->tx_offset_known = 1;
	}
	return v->tx_offset + begin;
}

// Writes a listener's packet of this tick. False: there is none.
static bool emit(struct media *m, const struct media_row *row, struct media_frame *frame)
{
	struct media_run *r = &m->run;
	struct media_voice *v = row->voice;
	struct media_cold *c = &m->cold[v->stream];
	struct heard h;
	if (!v->tx || !collect(m, v, row, &h))
		return false;
	uint32_t timestamp = timestamp_of(m, v, c);
	uint8_t type = v->tx_payload_type, *payload = frame->rtp + RTP_HEADER_BYTES;
	unsigned int len =
		unlikely(v->tx_vad) ? payload_sparing(m, v, &h, payload, &type) : encode(m, v, &h, payload);
	if (len == 0) {
		c->tx_marker = 1;
		return false;
	}
	struct rtp_header header = {.timestamp = timestamp,
				    .ssrc = c->tx_ssrc,
				    .seq = c->tx_seq++,
				    .payload_type = type,
				    .marker = c->tx_marker};
	rtp_header_write(frame->rtp, &header);
	frame->len = (uint16_t)(RTP_HEADER_BYTES + len);
	frame->stream = v->stream;
	c->tx_marker = type == COMFORT_PAYLOAD_TYPE; // speech that follows begins anew
	c->tx_started = 1;
	c->tx_ts = timestamp;
	c->tx_last_ns = r->now;
	c->tx_packets++;
	c->tx_octets += len;
	if (header.seq % LEVEL_EVERY == 0)
		c->tx_power = (float)mixer_energy(h.pcm, h.samples) / (float)h.samples;
	return true;
}

// Emits from the cursor on, at most n packets and as long as the slice lasts. Returns how many.
unsigned int emit_rows(struct media *m, struct media_frame *frames, unsigned int n)
{
	struct media_run *r = &m->run;
	unsigned int written = 0;
	int64_t each = cost_to_tick(r->units) / 2;
	for (; r->cursor < r->rows && written < n && r->left > 0; r->cursor++) {
		// the stream of a row some way on
		const struct media_voice *ahead =
			r->cursor + 4 < r->rows ? r->row[r->cursor + 4].voice : NULL;
		if (ahead)
			__builtin_prefetch(&m->cold[ahead->stream], 1);
		if (likely(r->row[r->cursor].voice))
			written += emit(m, &r->row[r->cursor], &frames[written]);
		r->left -= each;
	}
	return written;
}
