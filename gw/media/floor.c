// SPDX-License-Identifier: GPL-3.0-or-later
// floor.c - Who is heard in a large conference, and how loud: choice of talkers, noise gate, level alignment.
//
// A small conference mixes everyone just as they are. Where its spec asks for more, each tick goes through three steps:
//
//   weigh    every voice: its level smoothed, the gate opened or closed, the gain that would bring its speech to the
//            level wanted
//   choose   who has the floor: at most `loudest` voices. Seats are taken at once while there are free ones. After
//            that a newcomer must be 3 dB louder than the quietest on the floor for three ticks on end; who has
//            been silent for 300 ms leaves
//   admit    each voice's block is brought from the gain it had to the one it has now. Between being heard and not,
//            that takes 8 ms, so nothing clicks; a block at unity on both ends is not touched; a block that is not
//            heard is not added, and its party hears what everyone hears
//
// The block that was added is the block that is taken out again for its own party: N-1 stays exact whatever the gains.
#include <string.h>

#include "gw/media/inside.h"

#define UNITY        4096
#define ACTIVE       (90 * 16) // mean magnitude of about -43 dBm0, in 1/16: below nobody asks for the floor
#define HANG_MS      300
#define GATE_HANG_MS 200
#define FADE_MS      8
#define CHALLENGES   3    // ticks
#define LOUDER_Q10   1446 // 3 dB
#define SPEECH_MS    500  // of speech, before its level is known
#define GAIN_LEAST   (UNITY / 4)
#define GAIN_MOST    (UNITY * 4)
#define SPEECH_SHIFT 6            // of the slow level, per 10 ms
#define GAIN_SHIFT   8            // 3.4 dB in a second
#define FULL_MEAN_Q4 (11300 * 16) // mean magnitude of speech at 0 dBm0

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

// Mean magnitude of speech at a level, in 1/16.
static uint32_t magnitude_of(int dbm0)
{
	uint64_t m = FULL_MEAN_Q4;
	for (; dbm0 < 0; dbm0++)
		m = m * 58409 >> 16; // 1 dB
	return (uint32_t)m;
}

static const struct conference_spec *spec_of(const struct media *m, const struct media_mixer *x)
{
	return &m->conferences[x->conference].spec;
}

// Works out what the conference's spec and size ask for.
void floor_settle(struct media *m, struct media_mixer *x)
{
	const struct conference_spec *s = spec_of(m, x);
	bool mixes = m->conferences[x->conference].outcome == CONFERENCE_MIX;
	x->gate = mixes && s->noise_gate ? magnitude_of(-(int)s->noise_gate) : 0;
	x->align = mixes && s->level_dbm0 ? magnitude_of(s->level_dbm0) : 0;
	x->chooses = mixes && s->loudest && x->voices > s->mix_all_up_to;
	if (!x->chooses) {
		for (unsigned int i = 0; i < x->seats; i++)
			m->voices[x->seat[i]].floor.seated = 0;
		x->seats = 0;
	}
	// Once on, it stays on until every gain is back at unity.
	if (x->gate || x->align || x->chooses)
		x->weighs = 1;
}

// A voice joins: heard at once, unless there are talkers to choose from.
void floor_join(struct media_mixer *x, struct media_voice *v)
{
	v->floor = (struct media_floor){.align = UNITY, .gate_open = 1};
	v->floor.gain = x->chooses ? 0 : UNITY;
}

static void unseat(struct media *m, struct media_mixer *x, unsigned int i)
{
	m->voices[x->seat[i]].floor.seated = 0;
	x->seat[i] = x->seat[--x->seats];
}

void floor_leave(struct media *m, struct media_mixer *x, uint32_t voice)
{
	for (unsigned int i = 0; i < x->seats; i++)
		if (x->seat[i] == voice) {
			unseat(m, x, i);
			return;
		}
}

// --- weigh ---

static void gate_turn(const struct media_mixer *x, struct media_floor *f, uint32_t level, unsigned int ms)
{
	if (level >= x->gate) {
		f->gate_open = 1;
		f->gate_hang = GATE_HANG_MS;
	} else if (level < x->gate - x->gate / 4) { // closes 2.5 dB lower than it opens
		f->gate_hang = f->gate_hang > ms ? (uint16_t)(f->gate_hang - ms) : 0;
		f->gate_open = f->gate_hang > 0;
	}
}

// Moves the gain slowly towards where this voice's speech has the level wanted. Pauses teach nothing.
static void align_turn(const struct media_mixer *x, struct media_floor *f, uint32_t level, unsigned int units)
{
	if (level < ACTIVE || level < x->gate)
		return;
	if (f->speech_ms < SPEECH_MS) {
		f->speech_ms = (uint16_t)(f->speech_ms + units * 10);
		f->speech = f->speech ? f->speech + ((int32_t)(level - f->speech) >> 3) : level;
		return;
	}
	f->speech += (uint32_t)((int32_t)(level - f->speech) * (int32_t)units >> SPEECH_SHIFT);
	uint64_t want = (uint64_t)x->align * UNITY / (f->speech ? f->speech : 1);
	want = want < GAIN_LEAST ? GAIN_LEAST : want > GAIN_MOST ? GAIN_MOST : want;
	uint16_t step = (uint16_t)((f->align * units >> GAIN_SHIFT) + 1);
	if (want > f->align)
		f->align = want - f->align < step ? (uint16_t)want : (uint16_t)(f->align + step);
	else
		f->align = f->align - want < step ? (uint16_t)want : (uint16_t)(f->align - step);
}

// Takes a voice's level of this tick; 0 when it said nothing.
void floor_weigh(const struct media_mixer *x, struct media_voice *v, unsigned int units)
{
	struct media_floor *f = &v->floor;
	uint32_t level = v->level;
	// Speech is quick to be noticed and slow to be forgotten.
	f->loud += (uint32_t)((int32_t)(level - f->loud) >> (level > f->loud ? 1 : 3));
	if (f->loud >= ACTIVE)
		f->hang = HANG_MS;
	else
		f->hang = f->hang > units * 10 ? (uint16_t)(f->hang - units * 10) : 0;
	if (x->gate)
		gate_turn(x, f, level, units * 10);
	else
		f->gate_open = 1;
	if (x->align)
		align_turn(x, f, level, units);
}

// --- choose ---

// The loudest voice that asks for the floor and has none, NONE if there is none. The first of equals.
static uint32_t challenger(const struct media *m, const struct media_mixer *x)
{
	uint32_t best = NONE, loud = ACTIVE - 1;
	for (uint32_t i = x->first; i != NONE; i = m->voices[i].next) {
		const struct media_floor *f = &m->voices[i].floor;
		if (m->voices[i].rx && !f->seated && f->gate_open && f->loud > loud) {
			loud = f->loud;
			best = i;
		}
	}
	return best;
}

static unsigned int quietest(const struct media *m, const struct media_mixer *x)
{
	unsigned int q = 0;
	for (unsigned int i = 1; i < x->seats; i++)
		if (m->voices[x->seat[i]].floor.loud < m->voices[x->seat[q]].floor.loud)
			q = i;
	return q;
}

static void seat(struct media *m, struct media_mixer *x, uint32_t voice)
{
	x->seat[x->seats++] = voice;
	m->voices[voice].floor.seated = 1;
}

static void choose(struct media *m, struct media_mixer *x)
{
	unsigned int most = spec_of(m, x)->loudest;
	most = most > SEATS_MAX ? SEATS_MAX : most;
	for (unsigned int i = x->seats; i-- > 0;)
		if (m->voices[x->seat[i]].floor.hang == 0)
			unseat(m, x, i);
	while (x->seats > most)
		unseat(m, x, quietest(m, x));
	uint32_t who;
	while ((who = challenger(m, x)) != NONE && x->seats < most)
		seat(m, x, who);
	if (who == NONE) {
		x->challenger = NONE;
		return;
	}
	unsigned int q = quietest(m, x);
	bool louder =
		m->voices[who].floor.loud > (uint64_t)m->voices[x->seat[q]].floor.loud * LOUDER_Q10 >> 10;
	if (!louder || who != x->challenger)
		x->challenges = 0;
	x->challenger = louder ? who : NONE;
	if (!louder || ++x->challenges < CHALLENGES)
		return;
	unseat(m, x, q);
	seat(m, x, who);
	x->challenger = NONE;
	x->challenges = 0;
}

// --- admit ---

static uint16_t gain_wanted(const struct media_mixer *x, const struct media_floor *f)
{
	if ((x->chooses && !f->seated) || !f->gate_open)
		return 0;
	return x->align ? f->align : UNITY;
}

// Brings a row to its gain. False: nothing of it is heard.
static bool admit(struct media_voice *v, uint16_t to, int16_t *row, unsigned int samples)
{
	uint16_t from = v->floor.gain;
	v->floor.gain = to;
	if (from == to) {
		if (to != UNITY && to != 0)
			mixer_ramp(row, samples, to, to);
		return to != 0;
	}
	unsigned int fade = samples_10ms[v->rx_rate] * FADE_MS / 10;
	mixer_ramp(row, fade, from, to);
	if (to == 0)
		memset(row + fade, 0, (samples - fade) * sizeof(*row));
	else if (to != UNITY)
		mixer_ramp(row + fade, samples - fade, to, to);
	return true;
}

// Chooses, and adds what is heard to the sums. Rows that are not heard say nothing.
void floor_give(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	bool unity = true;
	if (x->chooses)
		choose(m, x);
	for (uint32_t i = 0; i < r->rows; i++) {
		struct media_row *row = &r->row[i];
		struct media_voice *v = row->voice;
		if (!v || !v->rx)
			continue;
		uint16_t to = gain_wanted(x, &v->floor);
		unity = unity && to == UNITY;
		if (!row->pcm) {
			v->floor.gain = to;
			continue;
		}
		unsigned int samples = r->units * samples_10ms[v->rx_rate];
		if (admit(v, to, row->pcm, samples)) {
			mixer_add(r->sum[v->rx_rate], row->pcm, samples);
			if (v->tx_follows)
				choir_leave(m, v);
		} else {
			row->pcm = NULL;
		}
	}
	if (unity && !x->gate && !x->align && !x->chooses)
		x->weighs = 0;
}
