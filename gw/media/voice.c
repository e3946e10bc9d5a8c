// SPDX-License-Identifier: GPL-3.0-or-later
// voice.c - What a mixed or transcoded stream holds: jitter ring, coder states, samples that wait.
//
// All of a voice lies in one stretch of memory, large enough for any codec, so that a pool of them serves every
// call. A tick asks for so many samples; whole packets are decoded straight into the tick's row, and what a packet
// holds beyond the row waits in rx_fifo for the next tick. That alone makes any period on the wire work with
// any length of tick.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

#define LINE        64
#define RX_FIFO_MAX (CODEC_SAMPLES_MAX + QUANTUM_MAX)
#define QUIET_POWER 8000 // mean square of -45 dBm0

static size_t lines(size_t bytes)
{
	return (bytes + LINE - 1) & ~(size_t)(LINE - 1);
}

struct coder_sizes {
	size_t encoder, decoder;
};

static struct coder_sizes coder_sizes(void)
{
	struct coder_sizes max = {0};
	for (unsigned int id = 0; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		if (c && c->encoder_size > max.encoder)
			max.encoder = c->encoder_size;
		if (c && c->decoder_size > max.decoder)
			max.decoder = c->decoder_size;
	}
	return max;
}

size_t voice_bytes(void)
{
	struct coder_sizes s = coder_sizes();
	return lines(jitter_size(CODEC_FRAME_BYTES_MAX)) + lines(plc_size()) + lines(s.decoder) +
	       lines(s.encoder) + lines(resample_size()) + lines(sizeof(int16_t) * RX_FIFO_MAX) +
	       lines(sizeof(int16_t) * CODEC_SAMPLES_MAX);
}

void voice_layout(struct media_voice *v, uint8_t *mem)
{
	struct coder_sizes s = coder_sizes();
	v->jitter = (void *)mem;
	mem += lines(jitter_size(CODEC_FRAME_BYTES_MAX));
	v->plc = (void *)mem;
	mem += lines(plc_size());
	v->decoder = mem;
	mem += lines(s.decoder);
	v->encoder = mem;
	mem += lines(s.encoder);
	v->echo = (void *)mem;
	mem += lines(resample_size());
	v->rx_fifo = (void *)mem;
	mem += lines(sizeof(int16_t) * RX_FIFO_MAX);
	v->tx_fifo = (void *)mem;
}

static uint8_t rate_index(uint32_t hz)
{
	return hz == 48000 ? 2 : hz == 16000 ? 1 : 0;
}

static int receive_open(const struct media *m, struct media_voice *v, const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	struct jitter_config config = {
		.clock_hz = c->rtp_clock_hz,
		.payload_max = CODEC_FRAME_BYTES_MAX,
		.period_ms = f->period_ms,
		.min_ms = m->limits.jitter_min_ms,
		.max_ms = m->limits.jitter_max_ms,
	};
	int err = c->decoder_init ? c->decoder_init(v->decoder) : 0;
	if (err)
		return err;
	jitter_init(v->jitter, &config);
	if (!c->conceal)
		plc_make(v->plc, c->sample_rate_hz);
	v->rx = c;
	v->rx_rate = rate_index(c->sample_rate_hz);
	v->quiet = 1;
	return 0;
}

static int transmit_open(struct media_voice *v, const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	int err = c->encoder_init ? c->encoder_init(v->encoder) : 0;
	if (err)
		return err;
	v->tx = c;
	v->tx_rate = rate_index(c->sample_rate_hz);
	v->tx_units = f->period_ms / 10;
	v->tx_clock = c->rtp_clock_hz / 100;
	return 0;
}

static void coders_close(struct media_voice *v)
{
	if (v->echo_made)
		resample_fini(v->echo);
	if (v->rx && v->rx->decoder_fini)
		v->rx->decoder_fini(v->decoder);
	if (v->tx && v->tx->encoder_fini)
		v->tx->encoder_fini(v->encoder);
	v->rx = v->tx = NULL;
	v->echo_made = 0;
}

// Takes a voice from the pool and makes it ready for a stream's spec. Returns 0, -ENOSPC or what a codec said.
int voice_open(struct media *m, uint32_t stream, const struct stream_spec *spec, uint32_t *ret_voice)
{
	uint32_t i = m->voice_free;
	int err = 0;
	if (i == NONE)
		return -ENOSPC;
	struct media_voice *v = &m->voices[i],
			   fresh = {.stream = stream, .mixer = NONE, .prev = NONE, .next = NONE};
	uint32_t next_free = v->next;
	fresh.jitter = v->jitter;
	fresh.plc = v->plc;
	fresh.decoder = v->decoder;
	fresh.encoder = v->encoder;
	fresh.echo = v->echo;
	fresh.rx_fifo = v->rx_fifo;
	fresh.tx_fifo = v->tx_fifo;
	*v = fresh;
	if ((spec->flags & STREAM_RECV) && !(spec->flags & STREAM_MUTED))
		err = receive_open(m, v, &spec->rx);
	if (!err && (spec->flags & STREAM_SEND))
		err = transmit_open(v, &spec->tx);
	if (!err && v->rx && v->tx && v->rx_rate != v->tx_rate) {
		err = resample_init(v->echo, v->rx->sample_rate_hz, v->tx->sample_rate_hz);
		v->echo_made = !err;
	}
	if (err) {
		coders_close(v);
		v->next = next_free;
		return err;
	}
	m->voice_free = next_free;
	m->voice_count++;
	*ret_voice = i;
	return 0;
}

void voice_close(struct media *m, uint32_t voice)
{
	struct media_voice *v = &m->voices[voice];
	coders_close(v);
	v->stream = NONE;
	v->next = m->voice_free;
	m->voice_free = voice;
	m->voice_count--;
}

#define SWAP(a, b)                                                                                           \
	do {                                                                                                 \
		__auto_type swap_tmp = (a);                                                                  \
		(a) = (b);                                                                                   \
		(b) = swap_tmp;                                                                              \
	} while (0)

// Moves over the halves that are the same in both: only what changed begins anew.
void voice_adopt(struct media_voice *v, struct media_voice *old)
{
	if (v->rx && v->rx == old->rx) {
		SWAP(v->jitter, old->jitter);
		SWAP(v->plc, old->plc);
		SWAP(v->decoder, old->decoder);
		SWAP(v->rx_fifo, old->rx_fifo);
		v->rx_fill = old->rx_fill;
		v->quiet = old->quiet;
		v->rx_energy = old->rx_energy;
		v->rx_samples = old->rx_samples;
	}
	if (v->tx && v->tx == old->tx && v->tx_units == old->tx_units) {
		SWAP(v->encoder, old->encoder);
		SWAP(v->tx_fifo, old->tx_fifo);
		v->tx_fill = old->tx_fill;
		v->tx_running = old->tx_running;
		v->tx_shared = old->tx_shared;
		v->tx_offset = old->tx_offset;
		v->tx_offset_known = old->tx_offset_known;
		v->vad_hang = old->vad_hang;
	}
}

// The sender is another one now.
void voice_restart(struct media_voice *v)
{
	if (v->rx)
		jitter_reset(v->jitter);
}

enum drop_reason voice_put(struct media *m, struct media_voice *v, const struct rtp_header *h,
			   const uint8_t *payload, nsec_t now)
{
	// While this worker was away, packets piled up: when they really came is not known.
	bool timed = now >= m->stalled_until && (m->tick_due == UINT64_MAX || now < m->tick_due + STALL_NS);
	enum jitter_put (*put)(struct jitter *, uint16_t, uint32_t, const uint8_t *, unsigned int, nsec_t) =
		timed ? jitter_put : jitter_put_untimed;
	switch (put(v->jitter, h->seq, h->timestamp, payload, h->payload_len, now)) {
	case JITTER_LATE:
		return DROP_rtp_late;
	case JITTER_DUPLICATE:
		return DROP_rtp_duplicate;
	case JITTER_TOO_LONG:
		return DROP_rtp_payload_size;
	case JITTER_STORED:
	case JITTER_FULL:
	case JITTER_RESTARTED:
		break;
	}
	return DROP_NONE;
}

static unsigned int samples_of(const struct codec *c, uint32_t units)
{
	if (c->sample_rate_hz == c->rtp_clock_hz)
		return units;
	return (unsigned int)((uint64_t)units * c->sample_rate_hz / c->rtp_clock_hz);
}

// Makes up sound for what is missing. Returns samples, at least one, so that a tick always ends.
static unsigned int conceal(struct media_voice *v, uint32_t units, int16_t *pcm)
{
	unsigned int samples = samples_of(v->rx, units);
	if (samples == 0 || samples > CODEC_SAMPLES_MAX)
		samples = v->rx->sample_rate_hz / 100;
	v->concealed++;
	int n = 0;
	if (v->rx->conceal)
		n = v->rx->conceal(v->decoder, pcm, samples);
	else if (v->rx->sample_rate_hz <= 16000)
		plc_fill(v->plc, pcm, samples), n = (int)samples;
	if (n < (int)samples) {
		n = n < 0 ? 0 : n;
		memset(pcm + n, 0, (samples - (unsigned int)n) * sizeof(*pcm));
	}
	return samples;
}

static unsigned int decode(struct media_voice *v, const struct jitter_frame *f, int16_t *pcm)
{
	int n = v->rx->decode(v->decoder, f->payload, f->len, pcm, CODEC_SAMPLES_MAX);
	if (unlikely(n <= 0))
		return conceal(v, f->units, pcm); // not of this codec
	if (!v->rx->conceal && v->rx->sample_rate_hz <= 16000)
		plc_good(v->plc, pcm, (unsigned int)n);
	return (unsigned int)n;
}

static void measure(struct media_voice *v, const int16_t *pcm, unsigned int samples)
{
	uint64_t energy = mixer_energy(pcm, samples);
	v->quiet = energy < (uint64_t)samples * QUIET_POWER;
	if (v->rx_samples != samples) {
		v->rx_samples = samples;
		v->rx_energy = energy;
	} else {
		v->rx_energy = v->rx_energy - (v->rx_energy >> 3) + (energy >> 3);
	}
}

// Fills a row with the next samples of a voice; behind it there must be room for one more packet.
// False: it says nothing in this tick, and the row holds nothing.
bool voice_pull(struct media_voice *v, nsec_t now, unsigned int samples, int16_t *row)
{
	unsigned int got = v->rx_fill < samples ? v->rx_fill : samples;
	bool spoke = got > 0;
	if (got > 0) {
		memcpy(row, v->rx_fifo, got * sizeof(*row));
		v->rx_fill = (uint16_t)(v->rx_fill - got);
		memmove(v->rx_fifo, v->rx_fifo + got, v->rx_fill * sizeof(*row));
	}
	while (got < samples) {
		struct jitter_frame f;
		enum jitter_answer answer = jitter_get(v->jitter, now, v->quiet, &f);
		if (answer == JITTER_EMPTY) {
			memset(row + got, 0, (samples - got) * sizeof(*row));
			got = samples;
			break;
		}
		spoke = true;
		got += answer == JITTER_FRAME ? decode(v, &f, row + got) : conceal(v, f.units, row + got);
	}
	if (got > samples) {
		v->rx_fill = (uint16_t)(got - samples);
		memcpy(v->rx_fifo, row + samples, v->rx_fill * sizeof(*row));
	}
	if (spoke) {
		measure(v, row, samples);
	} else {
		v->rx_energy = 0;
		v->quiet = 1;
	}
	return spoke;
}

// Lets the time of a tick that was missed pass: what it would have said is not said later.
void voice_discard(struct media_voice *v, nsec_t now, unsigned int samples)
{
	unsigned int gone = v->rx_fill;
	while (gone < samples) {
		struct jitter_frame f;
		if (jitter_get(v->jitter, now, true, &f) == JITTER_EMPTY) {
			gone = samples;
			break;
		}
		unsigned int n = samples_of(v->rx, f.units);
		gone += n ? n : samples;
	}
	unsigned int rest = gone - samples;
	if (rest > RX_FIFO_MAX)
		rest = 0;
	if (v->rx_fill >= samples)
		memmove(v->rx_fifo, v->rx_fifo + samples, rest * sizeof(*v->rx_fifo));
	else
		memset(v->rx_fifo, 0, rest * sizeof(*v->rx_fifo));
	v->rx_fill = (uint16_t)rest;
}
