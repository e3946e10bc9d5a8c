// SPDX-License-Identifier: GPL-3.0-or-later
// voice.c - What a mixed or transcoded stream holds: jitter ring, coder states, samples that wait.
//
// What a voice needs comes from a pool when it is opened, as much as its codecs take: 16 kB for G.711, 128 kB for Opus.
// A tick asks for so many samples; whole packets are decoded straight into the tick's row, and what a packet
// holds beyond the row waits in rx_fifo for the next tick. That alone makes any period on the wire work with
// any length of tick.
//
// The concealer wants the last 35 ms before a gap. Where the codec has no memory of its own, the packets played last
// still lie in the jitter ring, so nothing is kept aside while all goes well: the past is decoded again when a packet is
// missing. After a gap, what was made up is part of the past, which the ring cannot tell, so the concealer is
// taught block by block until the gap is out of its sight (plc_owed).
#include <errno.h>
#include <math.h>
#include <string.h>

#include "gw/media/inside.h"

#define LINE             64
#define PACKET_MS        120  // longest packet decoded, at 48 kHz 60
#define PLC_PAST_MS      35   // what the concealer looks at
#define DECODER_COPY_MAX 1024 // states of decoders that are plain memory: GSM has 748 bytes
#define PAYLOAD_ANY      184  // expected of codecs of variable rate: 73 kbit/s at 20 ms

#define UNHEARD_DBM0 (-75) // noise below this is none
#define LEAK_MS      40    // how long a tone may have sounded before its telephone-event begins
#define EVENT_GAP_MS 60    // to the next packet of an event

static size_t lines(size_t bytes)
{
	return (bytes + LINE - 1) & ~(size_t)(LINE - 1);
}

static unsigned int packet_max(const struct codec *c)
{
	unsigned int samples = c->sample_rate_hz / 1000 * PACKET_MS;
	return samples < CODEC_SAMPLES_MAX ? samples : CODEC_SAMPLES_MAX;
}

static unsigned int payload_of(const struct codec *c, unsigned int period_ms)
{
	return c->bytes_per_10ms ? c->bytes_per_10ms * period_ms / 10 : PAYLOAD_ANY;
}

// Where the parts of a voice's receiving half lie in its block.
struct receive_layout {
	size_t plc, decoder, fifo, end;
};

static struct receive_layout receive_lay_out(const struct codec *c, unsigned int period_ms)
{
	struct receive_layout at;
	at.plc = lines(jitter_size(payload_of(c, period_ms), period_ms));
	at.decoder = at.plc + (c->conceal ? 0 : lines(plc_size()));
	at.fifo = at.decoder + lines(c->decoder_size);
	at.end = at.fifo + lines(sizeof(int16_t) * packet_max(c));
	return at;
}

static size_t transmit_bytes(const struct codec *c, unsigned int period_ms)
{
	return lines(c->encoder_size) + sizeof(int16_t) * (c->sample_rate_hz / 1000) * period_ms +
	       choir_bytes(c);
}

// The most that a voice of these codecs can take.
size_t voice_bytes_max(uint64_t codecs)
{
	size_t receive = 0, transmit = 0;
	uint32_t rate = 0;
	bool rates_differ = false;
	for (unsigned int id = 0; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		if (!codec_can_transcode(id) || (codecs && !(codecs >> id & 1)))
			continue;
		rates_differ |= rate && rate != c->sample_rate_hz;
		rate = c->sample_rate_hz;
		for (unsigned int period = 10; period <= PERIOD_MS_MAX; period += 10) {
			size_t r = pool_block(receive_lay_out(c, period).end);
			size_t t = pool_block(transmit_bytes(c, period));
			receive = r > receive ? r : receive;
			transmit = t > transmit ? t : transmit;
		}
	}
	return receive + transmit + (rates_differ ? pool_block(resample_size()) : 0) +
	       pool_block(ear_bytes());
}

static uint8_t rate_index(uint32_t hz)
{
	return hz == 48000 ? 2 : hz == 16000 ? 1 : 0;
}

// Blocks are aligned alike, and the heads of a thousand voices would want the same few places of the cache: each begins
// at another line of its slack.
static uint8_t *coloured(uint8_t *block, size_t bytes)
{
	size_t slack = (pool_block(bytes) - bytes) / LINE;
	return block + (slack ? (uintptr_t)block / 1024 % 61 % slack * LINE : 0);
}

static int receive_open(struct media *m, struct media_voice *v, const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	struct receive_layout at = receive_lay_out(c, f->period_ms);
	struct jitter_config config = {
		.clock_hz = c->rtp_clock_hz,
		.payload_max = CODEC_FRAME_BYTES_MAX,
		.payload = (uint16_t)payload_of(c, f->period_ms),
		.period_ms = f->period_ms,
		.min_ms = m->limits.jitter_min_ms,
		.max_ms = m->limits.jitter_max_ms,
		.overflowed = &m->overflowed,
	};
	v->rx_block = pool_take(&m->pool, at.end);
	if (!v->rx_block)
		return -ENOSPC;
	uint8_t *mem = coloured(v->rx_block, at.end);
	v->jitter = (void *)mem;
	v->plc = (void *)(mem + at.plc);
	v->decoder = mem + at.decoder;
	v->rx_fifo = (void *)(mem + at.fifo);
	int err = c->decoder_init ? c->decoder_init(v->decoder) : 0;
	if (err)
		return err;
	jitter_init(v->jitter, &config);
	if (!c->conceal && c->sample_rate_hz <= 16000)
		plc_make(v->plc, c->sample_rate_hz);
	v->rx = c;
	v->rx_rate = rate_index(c->sample_rate_hz);
	v->plain = !c->conceal && c->decoder_size == 0;
	v->quiet = 1;
	if (c->id == CODEC_G729 || c->id == CODEC_G729B)
		v->extras |= EXTRA_SID;
	return 0;
}

static int transmit_open(struct media *m, struct media_voice *v, const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	size_t bytes = transmit_bytes(c, f->period_ms);
	v->tx_block = pool_take(&m->pool, bytes);
	if (!v->tx_block)
		return -ENOSPC;
	uint8_t *mem = coloured(v->tx_block, bytes);
	v->encoder = mem;
	v->tx_fifo = (void *)(mem + lines(c->encoder_size));
	int err = c->encoder_init ? c->encoder_init(v->encoder) : 0;
	if (err)
		return err;
	v->tx = c;
	v->tx_rate = rate_index(c->sample_rate_hz);
	v->tx_units = f->period_ms / 10;
	v->tx_clock = c->rtp_clock_hz / 100;
	return 0;
}

static int echo_open(struct media *m, struct media_voice *v)
{
	v->echo_block = pool_take(&m->pool, resample_size());
	if (!v->echo_block)
		return -ENOSPC;
	v->echo = v->echo_block;
	int err = resample_init(v->echo, v->rx->sample_rate_hz, v->tx->sample_rate_hz);
	v->echo_made = !err;
	return err;
}

// Gives back all that a voice holds.
static void coders_close(struct media *m, struct media_voice *v)
{
	if (v->echo_made)
		resample_fini(v->echo);
	if (v->rx && v->rx->decoder_fini)
		v->rx->decoder_fini(v->decoder);
	if (v->tx && v->tx->encoder_fini)
		v->tx->encoder_fini(v->encoder);
	pool_give(&m->pool, v->rx_block);
	pool_give(&m->pool, v->tx_block);
	pool_give(&m->pool, v->echo_block);
	pool_give(&m->pool, v->ear);
	v->ear = NULL;
	v->rx_block = v->tx_block = v->echo_block = NULL;
	v->rx = v->tx = NULL;
	v->echo_made = 0;
}

// True when what a stream receives is decoded: to be heard, or for its digits.
bool voice_is_pulled(const struct stream_spec *spec)
{
	return (spec->flags & STREAM_RECV) && (!(spec->flags & STREAM_MUTED) || ear_may_be_needed(spec));
}

// Takes a voice from the pool and makes it ready for a stream's spec. Returns 0, -ENOSPC or what a codec said.
int voice_open(struct media *m, uint32_t stream, const struct stream_spec *spec, uint32_t *ret_voice)
{
	uint32_t i = m->voice_free;
	int err = 0;
	if (i == NONE)
		return -ENOSPC;
	struct media_voice *v = &m->voices[i];
	uint32_t next_free = v->next;
	*v = (struct media_voice){.stream = stream, .mixer = NONE, .prev = NONE, .next = NONE};
	if (voice_is_pulled(spec))
		err = receive_open(m, v, &spec->rx);
	if (!err && (spec->flags & STREAM_SEND))
		err = transmit_open(m, v, &spec->tx);
	if (!err && v->rx && v->tx && v->rx_rate != v->tx_rate)
		err = echo_open(m, v);
	if (!err && v->rx && ear_may_be_needed(spec) && !(v->ear = pool_take(&m->pool, ear_bytes())))
		err = -ENOSPC;
	if (v->rx && v->tx && v->tx->obey && v->tx->obey == v->rx->obey)
		v->extras |= EXTRA_OBEYS;
	if (err) {
		coders_close(m, v);
		v->next = next_free;
		return err;
	}
	m->voice_free = next_free;
	m->voice_count++;
	v->cost = cost_of_voice(v);
	m->voice_cost += v->cost;
	*ret_voice = i;
	return 0;
}

void voice_close(struct media *m, uint32_t voice)
{
	struct media_voice *v = &m->voices[voice];
	coders_close(m, v);
	m->voice_cost -= v->cost;
	v->stream = NONE;
	v->next = m->voice_free;
	m->voice_free = voice;
	m->voice_count--;
}

// Its stream's spec may be another one: notes what a packet and a tick must know of it.
void voice_told(struct media *m, struct media_voice *v)
{
	struct media_cold *c = &m->cold[v->stream];
	m->streams[v->stream].ring = v->rx ? (uint32_t)(((uint8_t *)v->jitter - m->pool.base) / LINE + 1) : 0;
	v->tx_payload_type = c->spec.tx.payload_type;
	v->tx_vad = c->spec.flags & STREAM_VAD ? 1 : 0;
	if (c->tap)
		v->extras |= EXTRA_TAP;
	v->extras &= (uint16_t)~EXTRA_MUTE;
	v->extras |= c->spec.flags & STREAM_MUTED ? EXTRA_MUTE : 0;
	v->extras &= (uint16_t)~EXTRA_GAIN;
	v->extras |= c->spec.gain_cb ? EXTRA_GAIN : 0;
	v->gain = (int32_t)lrintf(4096 * powf(10, c->spec.gain_cb / 200.0f));
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
		SWAP(v->rx_block, old->rx_block);
		if (v->ear && old->ear) {
			SWAP(v->ear, old->ear);
			v->extras |= old->extras & EXTRA_EAR;
		}
		v->extras |= old->extras & (EXTRA_NOISE | EXTRA_HUSH);
		v->noise = old->noise;
		v->noise_ts = old->noise_ts;
		v->hush_from = old->hush_from;
		v->hush_to = old->hush_to;
		v->plc_owed = old->plc_owed;
		v->level = old->level;
		v->rx_fill = old->rx_fill;
		v->quiet = old->quiet;
		v->rx_energy = old->rx_energy;
		v->rx_samples = old->rx_samples;
	}
	if (v->tx && v->tx == old->tx && v->tx_units == old->tx_units) {
		SWAP(v->encoder, old->encoder);
		SWAP(v->tx_fifo, old->tx_fifo);
		SWAP(v->tx_block, old->tx_block);
		v->tx_fill = old->tx_fill;
		v->tx_running = old->tx_running;
		v->tx_shared = old->tx_shared;
		v->tx_offset = old->tx_offset;
		v->tx_offset_known = old->tx_offset_known;
		v->vad = old->vad;
		v->tone = old->tone;
		v->tone.generator.tone = &v->tone.tone;
		v->tx_tone = old->tx_tone;
	}
}

// The sender is another one now.
void voice_restart(struct media_voice *v)
{
	v->extras &= (uint16_t) ~(EXTRA_NOISE | EXTRA_HUSH);
	if (v->rx)
		jitter_reset(v->jitter);
}

enum drop_reason voice_put(struct media *m, struct jitter *j, const struct rtp_header *h,
			   const uint8_t *payload, nsec_t now)
{
	// While this worker was away, packets piled up: when they really came is not known.
	bool timed = now >= m->stalled_until && (m->tick_due == UINT64_MAX || now < m->tick_due + STALL_NS);
	enum jitter_put (*put)(struct jitter *, uint16_t, uint32_t, const uint8_t *, unsigned int, nsec_t) =
		timed ? jitter_put : jitter_put_untimed;
	switch (put(j, h->seq, h->timestamp, payload, h->payload_len, now)) {
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

// Teaches the concealer its past from the packets that were played last.
static void past_recall(struct media_voice *v)
{
	int16_t pcm[CODEC_SAMPLES_MAX];
	struct jitter_frame f[PLC_PAST_MS / 10 + 1];
	unsigned int khz = v->rx->sample_rate_hz / 1000, samples = 0, n = 0;
	while (n < PLC_PAST_MS / 10 + 1 && samples < PLC_PAST_MS * khz &&
	       jitter_played(v->jitter, n + 1, &f[n])) {
		int got = v->rx->decode(v->decoder, f[n].payload, f[n].len, pcm, packet_max(v->rx));
		samples += got > 0 ? (unsigned int)got : 0;
		n++;
	}
	plc_make(v->plc, v->rx->sample_rate_hz);
	while (n-- > 0) {
		int got = v->rx->decode(v->decoder, f[n].payload, f[n].len, pcm, packet_max(v->rx));
		if (got > 0)
			plc_good(v->plc, pcm, (unsigned int)got);
	}
}

// Makes up sound for codecs that cannot. Where the packet behind the gap has come, it is decoded ahead of its time, by a copy
// of the decoder, so that the gap leads over to it.
static void bridge(struct media_voice *v, int16_t *pcm, unsigned int samples)
{
	_Alignas(64) uint8_t state[DECODER_COPY_MAX];
	int16_t then[CODEC_SAMPLES_MAX];
	struct jitter_frame f;
	int known = 0;
	if (v->plain && v->plc_owed == 0)
		past_recall(v);
	if (v->rx->decoder_size <= sizeof(state) && !v->rx->decoder_fini && jitter_peek(v->jitter, &f)) {
		memcpy(state, v->decoder, v->rx->decoder_size);
		known = v->rx->decode(state, f.payload, f.len, then, packet_max(v->rx));
	}
	plc_bridge(v->plc, pcm, samples, then, known > 0 ? (unsigned int)known : 0);
	v->plc_owed = (uint16_t)(PLC_PAST_MS * (v->rx->sample_rate_hz / 1000));
}

// True when what is missing is missing because the sender is silent.
static bool is_noise(const struct media_voice *v, uint32_t timestamp)
{
	return (v->extras & EXTRA_NOISE) && (int32_t)(timestamp - v->noise_ts) >= 0;
}

// Makes up sound for what is missing. Returns samples, at least one, so that a tick always ends.
static __attribute__((noinline)) unsigned int conceal(struct media_voice *v, const struct jitter_frame *f,
						      enum jitter_answer answer, int16_t *pcm)
{
	unsigned int samples = samples_of(v->rx, f->units);
	if (samples == 0 || samples > packet_max(v->rx))
		samples = v->rx->sample_rate_hz / 100;
	if (unlikely(answer == JITTER_LOST && is_noise(v, f->timestamp))) {
		comfort_run(&v->noise, pcm, samples);
		return samples;
	}
	v->concealed++;
	v->made_up += samples;
	int n = 0;
	if (v->rx->conceal) {
		n = v->rx->conceal(v->decoder, pcm, samples);
	} else if (v->rx->sample_rate_hz <= 16000) {
		bridge(v, pcm, samples), n = (int)samples;
	}
	if (n < (int)samples) {
		n = n < 0 ? 0 : n;
		memset(pcm + n, 0, (samples - (unsigned int)n) * sizeof(*pcm));
	}
	return samples;
}

// Decodes a packet. Returns samples, at least one.
static inline unsigned int decode(struct media *m, struct media_voice *v, const struct jitter_frame *f,
				  int16_t *pcm)
{
	int n = v->rx->decode(v->decoder, f->payload, f->len, pcm, packet_max(v->rx));
	if (unlikely(n <= 0)) { // not of this codec
		m->undecodable++;
		v->undecodable++;
		return conceal(v, f, JITTER_FRAME, pcm);
	}
	if (unlikely(v->plc_owed || !v->plain) && !v->rx->conceal && v->rx->sample_rate_hz <= 16000) {
		plc_good(v->plc, pcm, (unsigned int)n);
		v->plc_owed = v->plc_owed > n ? (uint16_t)(v->plc_owed - n) : 0;
	}
	return (unsigned int)n;
}

// --- silence and telephone-events ---

// The sender has said how its silence sounds, RFC 3389.
void voice_noise(struct media_voice *v, uint32_t timestamp, const uint8_t *payload, unsigned int len)
{
	int level;
	if (!v->rx || comfort_read(payload, len, &level) != 0)
		return;
	v->extras &= (uint16_t)~EXTRA_NOISE;
	if (level <= UNHEARD_DBM0)
		return;
	comfort_level_set(&v->noise, level);
	v->noise_ts = timestamp;
	v->extras |= EXTRA_NOISE;
}

// What a telephone-event says in its own way is not heard as well: neither tones beside it, nor their first moments
// that went out as sound before the sender knew them. The play-out delay is what makes this possible.
void voice_hush(struct media_voice *v, uint32_t timestamp, const struct rtp_event *e)
{
	if (!v->rx)
		return;
	uint32_t ms = v->rx->rtp_clock_hz / 1000;
	v->hush_from = timestamp - LEAK_MS * ms;
	v->hush_to = timestamp + e->duration + (e->end ? 0 : EVENT_GAP_MS * ms);
	v->extras |= EXTRA_HUSH;
}

static void after_descriptor(struct media_voice *v, const struct jitter_frame *f, const int16_t *pcm,
			     unsigned int samples)
{
	uint8_t payload[COMFORT_BYTES];
	if (f->len % 10 != 2 || samples < 80)
		return;
	comfort_write(payload, mixer_level(mixer_energy(pcm + samples - 80, 80), 80) / 10);
	voice_noise(v, f->timestamp + f->units, payload, COMFORT_BYTES);
}

// What else a decoded or concealed frame means.
static void frame_extras(struct media_voice *v, enum jitter_answer answer, const struct jitter_frame *f,
			 int16_t *pcm, unsigned int samples)
{
	if (answer != JITTER_FRAME && (v->extras & EXTRA_EAR))
		v->extras |= EXTRA_GAP;
	if (answer == JITTER_FRAME && (int32_t)(f->timestamp - v->noise_ts) >= 0)
		v->extras &= (uint16_t)~EXTRA_NOISE; // speaks again
	if (answer == JITTER_FRAME && (v->extras & EXTRA_OBEYS))
		v->tx->obey(v->encoder, v->decoder);
	if (answer == JITTER_FRAME && (v->extras & EXTRA_SID))
		after_descriptor(v, f, pcm, samples);
	if (v->extras & EXTRA_GAIN)
		mixer_ramp(pcm, samples, v->gain, v->gain);
	if (!(v->extras & EXTRA_HUSH) || answer == JITTER_HOLD)
		return;
	if ((int32_t)(f->timestamp - v->hush_to) >= 0)
		v->extras &= (uint16_t)~EXTRA_HUSH;
	else if ((int32_t)(f->timestamp + f->units - v->hush_from) > 0)
		memset(pcm, 0, samples * sizeof(*pcm));
}

// Fills what the sender says nothing for. True: with noise.
static bool fill_pause(struct media_voice *v, int16_t *pcm, unsigned int samples)
{
	if (likely(!(v->extras & EXTRA_NOISE))) {
		memset(pcm, 0, samples * sizeof(*pcm));
		return false;
	}
	comfort_run(&v->noise, pcm, samples);
	return true;
}

// Takes what waits of a packet. Returns samples.
static unsigned int pull_waiting(struct media_voice *v, unsigned int samples, int16_t *row)
{
	unsigned int got = v->rx_fill < samples ? v->rx_fill : samples;
	memcpy(row, v->rx_fifo, got * sizeof(*row));
	v->rx_fill = (uint16_t)(v->rx_fill - got);
	memmove(v->rx_fifo, v->rx_fifo + got, v->rx_fill * sizeof(*row));
	return got;
}

// The next packet of the jitter buffer, or what is made up for it. Returns samples, 0 when the sender says nothing.
static inline unsigned int pull_frame(struct media *m, struct media_voice *v, nsec_t now, int16_t *row)
{
	struct jitter_frame f;
	enum jitter_answer answer = jitter_get(v->jitter, now, v->quiet, &f);
	if (unlikely(answer == JITTER_EMPTY))
		return 0;
	unsigned int n = likely(answer == JITTER_FRAME) ? decode(m, v, &f, row) : conceal(v, &f, answer, row);
	if (unlikely(v->extras))
		frame_extras(v, answer, &f, row, n);
	return n;
}

// Fills a row that begins with `got` samples, 0 when the sender says nothing.
static __attribute__((noinline)) bool pull_rest(struct media *m, struct media_voice *v, nsec_t now,
						unsigned int samples, int16_t *row, unsigned int got)
{
	bool spoke = got > 0;
	for (unsigned int n = got; n && got < samples; got += n)
		n = pull_frame(m, v, now, row + got);
	if (got < samples)
		spoke |= fill_pause(v, row + got, samples - got);
	if (got > samples) {
		v->rx_fill = (uint16_t)(got - samples);
		memcpy(v->rx_fifo, row + samples, v->rx_fill * sizeof(*row));
	}
	if (unlikely(!spoke)) {
		v->rx_energy = 0;
		v->level = 0;
		v->quiet = 1;
		v->unspoken += v->played ? samples : 0;
	}
	return spoke;
}

// Fills a row with the next samples of a voice; behind it there must be room for one more packet.
// False: it says nothing in this tick, and the row holds nothing.
bool voice_pull(struct media *m, struct media_voice *v, nsec_t now, unsigned int samples, int16_t *row)
{
	unsigned int got = v->rx_fill ? pull_waiting(v, samples, row) : pull_frame(m, v, now, row);
	if (likely(got == samples)) // nothing waited, and the packet is as long as the tick
		return true;
	return pull_rest(m, v, now, samples, row, got);
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
	if (rest > packet_max(v->rx))
		rest = 0;
	if (v->rx_fill >= samples)
		memmove(v->rx_fifo, v->rx_fifo + samples, rest * sizeof(*v->rx_fifo));
	else
		memset(v->rx_fifo, 0, rest * sizeof(*v->rx_fifo));
	v->rx_fill = (uint16_t)rest;
}
