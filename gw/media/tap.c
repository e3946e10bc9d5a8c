// SPDX-License-Identifier: GPL-3.0-or-later
// tap.c - What a stream says, tick by tick, into a ring that another thread empties.
//
// The worker writes blocks: a word that says how many units of 10 ms at which rate, then the samples. A tick in which the
// stream says nothing is a word alone, so that the recording keeps time. What does not fit is counted and becomes silence
// of the same length, written as soon as there is room.
//
// One thread writes and one reads; each publishes its own position after what it did there. A stream that is tapped needs
// a voice, so a relay becomes a transcode as long as somebody listens.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

#define BLOCK_SILENT    0x2000u
#define BLOCK_UNITS_MAX 0x1fffu
#define BLOCK_RATE      14 // shift

static const uint16_t samples_10ms[RATES] = {80, 160, 480};
static const uint32_t rate_hz[RATES] = {8000, 16000, 48000};

// --- commands ---

int media_tap_open(struct media *m, uint32_t stream, struct media_tap *tap, nsec_t now)
{
	if (!stream_is_open(m, stream))
		return -ENOENT;
	struct media_cold *c = &m->cold[stream];
	const struct media_conference *f = &m->conferences[c->conference];
	if (c->tap)
		return -EBUSY;
	if (f->spec.flags & CONFERENCE_ECHO || c->blind)
		return -ENOTSUP;
	struct stream_spec spec = c->spec;
	c->tap = tap;
	int err = confer_change(m, c->conference, stream, &spec, now);
	if (!err && c->voice == NONE && f->count >= 2)
		err = m->voice_count + 2 > m->limits.voices ? -ENOSPC : -ENOTSUP; // it stays a relay
	if (err)
		c->tap = NULL;
	return err;
}

static void tap_end(struct media *m, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	atomic_store_explicit(&c->tap->over, true, memory_order_release);
	c->tap = NULL;
	if (c->voice != NONE)
		m->voices[c->voice].extras &= (uint16_t)~EXTRA_TAP;
}

// The stream closes.
void tap_forget(struct media *m, uint32_t stream)
{
	if (m->cold[stream].tap)
		tap_end(m, stream);
}

int media_tap_close(struct media *m, uint32_t stream, const struct media_tap *tap, nsec_t now)
{
	if (!stream_is_open(m, stream) || m->cold[stream].tap != tap)
		return -ENOENT;
	struct stream_spec spec = m->cold[stream].spec;
	tap_end(m, stream);
	// What was made a transcode for this is a relay again.
	confer_change(m, m->cold[stream].conference, stream, &spec, now);
	return 0;
}

// --- the worker ---

// Writes a block if it fits.
static bool put(struct media_tap *t, unsigned int units, unsigned int rate, const int16_t *pcm)
{
	uint32_t head = atomic_load_explicit(&t->head, memory_order_relaxed);
	uint32_t n = pcm ? units * samples_10ms[rate] : 0;
	if (t->size - (head - atomic_load_explicit(&t->tail, memory_order_acquire)) < n + 1)
		return false;
	t->ring[head % t->size] = (uint16_t)(units | rate << BLOCK_RATE | (pcm ? 0 : BLOCK_SILENT));
	uint32_t from = (head + 1) % t->size, first = t->size - from < n ? t->size - from : n;
	if (n) {
		memcpy(&t->ring[from], pcm, first * sizeof(*pcm));
		memcpy(t->ring, pcm + first, (n - first) * sizeof(*pcm));
	}
	atomic_store_explicit(&t->head, head + n + 1, memory_order_release);
	return true;
}

// One tick of a tapped voice; `pcm` NULL = it said nothing.
void tap_put(const struct media *m, const struct media_voice *v, unsigned int units, const int16_t *pcm)
{
	struct media_tap *t = m->cold[v->stream].tap;
	if (t->owed && put(t, t->owed, 0, NULL))
		t->owed = 0;
	if (!t->owed && put(t, units, v->rx_rate, pcm))
		return;
	if (t->owed + units <= BLOCK_UNITS_MAX)
		t->owed += units;
	atomic_fetch_add_explicit(&t->lost, units, memory_order_relaxed);
}

// --- the reader ---

bool media_tap_read(struct media_tap *t, struct media_tap_block *ret)
{
	uint32_t tail = atomic_load_explicit(&t->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&t->head, memory_order_acquire);
	if (tail == head)
		return false;
	uint16_t word = t->ring[tail % t->size];
	*ret = (struct media_tap_block){.ms = (word & BLOCK_UNITS_MAX) * 10,
					.rate_hz = rate_hz[word >> BLOCK_RATE]};
	tail++;
	if (!(word & BLOCK_SILENT)) {
		ret->samples = ret->ms / 10 * samples_10ms[word >> BLOCK_RATE];
		for (uint32_t i = 0; i < ret->samples; i++)
			ret->pcm[i] = (int16_t)t->ring[tail++ % t->size];
	}
	atomic_store_explicit(&t->tail, tail, memory_order_release);
	return true;
}
