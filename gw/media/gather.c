// SPDX-License-Identifier: GPL-3.0-or-later
// gather.c - The first half of a tick: every voice speaks into its row, in slices.
//
// When a voice's turn comes, nothing of it is in the cache any more. So it is called for in steps, each of which reads what
// the one before has fetched: the voice; the head of its jitter buffer; the packet. The first voices of a conference are
// called for while those before it have their turn, the others while their own has.
//
// A large conference with demanding decoders takes longer than a slice. Then it goes on at the next call, and its members
// may change in between. Whoever leaves is struck from the row, if he has one, and whoever joins is not called before the next
// tick. Rates, filters and the choice of talkers are taken as they were when the tick began.
#include <string.h>

#include "gw/media/inside.h"

#define AHEAD_VOICE  14
#define AHEAD_JITTER 10
#define AHEAD_PACKET 6

#define QUIET_LEVEL 71 // mean magnitude of about -45 dBm0
#define ENERGY_MASK 7  // the exact level is taken of one block in 8

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

// --- calling ---

static void fetch_voice(const struct media *m, const struct media_voice *v)
{
	__builtin_prefetch(v, 1);
	__builtin_prefetch((const char *)v + 64, 1);
}

static void fetch_heads(const struct media *m, const struct media_voice *v)
{
	__builtin_prefetch(&m->cold[v->stream], 1);
	__builtin_prefetch(v->jitter, 1);
}

static void fetch_packet(const struct media *m, const struct media_voice *v)
{
	if (v->rx)
		jitter_prefetch(v->jitter);
}

static void fetch_first(const struct media *m, uint32_t mixer,
			void (*fetch)(const struct media *, const struct media_voice *))
{
	for (unsigned int i = 0; mixer != NONE && i < CALL_AHEAD && m->mixers[mixer].ahead[i] != NONE; i++)
		fetch(m, &m->voices[m->mixers[mixer].ahead[i]]);
}

// Calls for the conferences whose turns are next, each a step further than at the turn before.
static void conferences_call(const struct media *m, uint32_t mixer)
{
	uint32_t first = wheel_next(&m->ticks, WHEEL_NONE), second = wheel_next(&m->ticks, first);
	uint32_t third = wheel_next(&m->ticks, second);
	if (third != NONE)
		for (unsigned int line = 0; line < 192; line += 64)
			__builtin_prefetch((const char *)&m->mixers[third] + line, 1);
	if (second != NONE)
		__builtin_prefetch(&m->conferences[m->mixers[second].conference].sources);
	// what is read comes before what would keep it waiting
	fetch_first(m, first, fetch_heads);
	fetch_first(m, mixer, fetch_packet);
	fetch_first(m, second, fetch_voice);
}

static struct media_voice *voice_at(const struct media *m, uint32_t voice)
{
	return voice == NONE ? NULL : &m->voices[voice];
}

// Gives the next voice its row.
static inline void row_call(struct media *m)
{
	struct media_run *r = &m->run;
	struct media_voice *v = r->next;
	if (v == r->stop)
		return;
	v->row = r->rows;
	r->row[r->rows++] = (struct media_row){.voice = v};
	r->next = voice_at(m, v->next);
	if (r->next)
		fetch_voice(m, r->next);
}

// The voice of a row, NULL if it has left or none has been called there.
static inline struct media_voice *row_voice(const struct media_run *r, uint32_t row)
{
	return row < r->rows ? r->row[row].voice : NULL;
}

// Calls for what those need whose turns are next. The few of a small conference have been called for before.
static inline void rows_fetch(struct media *m)
{
	const struct media_run *r = &m->run;
	const struct media_voice *v = row_voice(r, r->cursor + AHEAD_JITTER);
	if (likely(v))
		__builtin_prefetch(v->jitter, 1);
	v = row_voice(r, r->cursor + AHEAD_PACKET);
	if (likely(v && v->rx))
		jitter_prefetch(v->jitter);
}

// A voice comes into a conference. If its tick is under way, those end here who speak in it.
void gather_joined(struct media *m, uint32_t mixer, uint32_t voice)
{
	struct media_run *r = &m->run;
	if (r->mixer == mixer && r->next && !r->stop)
		r->stop = &m->voices[voice];
}

// A voice goes; it is still linked.
void gather_left(struct media *m, uint32_t voice)
{
	struct media_run *r = &m->run;
	const struct media_voice *v = &m->voices[voice];
	if (r->mixer != v->mixer)
		return;
	if (row_voice(r, v->row) == v)
		r->row[v->row].voice = NULL;
	if (r->next == v)
		r->next = voice_at(m, v->next);
	if (r->stop == v)
		r->stop = voice_at(m, v->next);
}

// --- speaking ---

// For the few: digits are taken out, and what is left is recorded. False: it says nothing.
static bool speak_extras(struct media *m, struct media_voice *v, bool spoke, int16_t *at)
{
	unsigned int units = m->run.units;
	if (v->extras & EXTRA_EAR)
		spoke = ear_pass(m, v, units, spoke, at);
	if (v->extras & EXTRA_TAP)
		tap_put(m, v, units, spoke && !(v->extras & EXTRA_MUTE) ? at : NULL);
	if (!(v->extras & EXTRA_MUTE))
		return spoke;
	v->level = 0; // asks for no floor
	v->quiet = 1;
	return false;
}

// Takes note of the loudness of a block, from the sum of its magnitudes.
static void measure(struct media_voice *v, uint32_t magnitudes, const int16_t *pcm, unsigned int samples,
		    uint64_t clock)
{
	v->level = samples == 160 ? magnitudes / 10
				  : magnitudes * 16 / samples; // no division for 20 ms at 8 kHz
	v->quiet = v->level < QUIET_LEVEL * 16;
	v->played += samples / 16; // blocks are of 80 samples or a multiple
	v->silent += v->quiet ? samples / 16 : 0;
	if (v->rx_samples == samples && ((clock >> 1) + v->row) & ENERGY_MASK)
		return;
	uint64_t energy = mixer_energy(pcm, samples);
	v->rx_energy = v->rx_samples == samples ? v->rx_energy - (v->rx_energy >> 1) + (energy >> 1) : energy;
	v->rx_samples = samples;
}

// Lets a voice speak into its row, measures it and adds it to the sum of its rate, unless it is to be weighed first.
static void speak(struct media *m, struct media_mixer *x, struct media_voice *v, struct media_row *row)
{
	struct media_run *r = &m->run;
	if (unlikely(v->tx_follows && v->tx_tone)) // will hear what the others do not
		choir_leave(m, v);
	if (!v->rx) {
		if (unlikely(v->extras & EXTRA_TAP))
			tap_put(m, v, r->units, NULL);
		return;
	}
	unsigned int samples = r->units * samples_10ms[v->rx_rate];
	bool spoke = voice_pull(m, v, r->now, samples, r->at);
	if (!v->plain)
		r->left -= cost_to_decode(v->rx, r->units);
	if (unlikely(v->extras & (EXTRA_EAR | EXTRA_TAP | EXTRA_MUTE)))
		spoke = speak_extras(m, v, spoke, r->at);
	if (likely(spoke)) {
		uint32_t magnitudes = r->weighs ? mixer_magnitude(r->at, samples)
						: mixer_add_level(r->sum[v->rx_rate], r->at, samples);
		measure(v, magnitudes, r->at, samples, r->clock);
		row->pcm = r->at;
		r->at += samples;
		if (unlikely(v->tx_follows) && !r->weighs)
			choir_leave(m, v);
	}
	if (unlikely(r->weighs))
		floor_weigh(x, v, r->units);
}

// Prepares for all voices of a conference to speak.
void gather_begin(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	conferences_call(m, r->mixer);
	r->gathered = 0;
	r->rows = r->cursor = 0;
	r->next = voice_at(m, x->first);
	r->stop = NULL;
	r->at = r->matrix;
	r->weighs = x->weighs;
	for (unsigned int rate = 0; rate < RATES; rate++) {
		r->speaks[rate] = x->speaks[rate];
		r->hears[rate] = x->hears[rate];
		if (r->speaks[rate] || r->hears[rate])
			memset(r->sum[rate], 0, r->units * samples_10ms[rate] * sizeof(r->sum[rate][0]));
	}
	r->large = x->voices > CALL_AHEAD;
	for (unsigned int i = 0; i < (r->large ? AHEAD_VOICE : 1); i++)
		row_call(m);
}

// Goes on as long as the slice lasts. True: all have spoken.
bool gather(struct media *m)
{
	struct media_run *r = &m->run;
	struct media_mixer *x = &m->mixers[r->mixer];
	int64_t each = cost_to_tick(r->units) / 2; // the other half is for being spoken to
	for (; r->cursor < r->rows; r->cursor++) {
		if (unlikely(r->left <= 0))
			return false;
		row_call(m);
		if (r->large)
			rows_fetch(m);
		struct media_row *row = &r->row[r->cursor];
		if (likely(row->voice))
			speak(m, x, row->voice, row);
		r->left -= each;
	}
	return true;
}
