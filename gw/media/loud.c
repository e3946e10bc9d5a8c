// SPDX-License-Identifier: GPL-3.0-or-later
// loud.c - What is done to a sum before it is heard: the limiter, and tones for who joins and leaves.
//
// Three talkers seldom reach full scale together, and then saturation is the right answer. More of them do: for as long
// as the sum of a tick goes beyond 16 bits, all that is heard of it is turned down by one gain, reached within 2 ms, and
// let go over 300 ms. At unity the limiter takes no part: the exact integers of the mix are heard.
#include <string.h>

#include "gw/media/inside.h"

#define CEILING    30000 // leaves room for the party whose own voice cancelled some of the others
#define ATTACK_MS  2
#define RELEASE_MS 300
#define TONE_MS    400

static const uint16_t samples_10ms[RATES] = {80, 160, 480};
static const uint32_t rate_hz[RATES] = {8000, 16000, 48000};

// The same gains for all listeners: down within the attack; up over the whole of the tick.
static void gains_make(struct media_run *r, unsigned int rate, float from, float to)
{
	unsigned int samples = r->units * samples_10ms[rate];
	unsigned int ramp = to < from ? samples_10ms[rate] * ATTACK_MS / 10 : samples;
	mixer_gain(r->gain[rate], ramp, from, to);
	mixer_gain(r->gain[rate] + ramp, samples - ramp, to, to);
}

// Looks at the sums of this tick and says where the gain goes.
void limit_turn(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	uint64_t peak = 0;
	for (unsigned int rate = 0; rate < RATES; rate++)
		if (r->hears[rate]) {
			uint32_t p = mixer_sum_peak(r->sum[rate], r->units * samples_10ms[rate]);
			peak = p > peak ? p : peak;
		}
	float need = peak > INT16_MAX ? CEILING / (float)peak : 1.0f;
	float from = x->limit;
	if (need < x->limit)
		x->limit = need;
	else
		x->limit += (1.0f - x->limit) * ((float)r->units * 10 / RELEASE_MS);
	if (x->limit > 0.995f && need == 1.0f)
		x->limit = 1.0f;
	if (x->limit > need)
		x->limit = need;
	r->limits = from != 1.0f || x->limit != 1.0f;
	for (unsigned int rate = 0; r->limits && rate < RATES; rate++)
		if (r->hears[rate])
			gains_make(r, rate, from, x->limit);
}

// --- tones for who comes and goes ---

static void tone_begin(struct media *m, struct media_mixer *x, unsigned int sccp)
{
	const struct conference_spec *s = &m->conferences[x->conference].spec;
	const struct tone *tone = sccp ? tone_by_sccp(sccp) : NULL;
	if (!tone || m->conferences[x->conference].outcome != CONFERENCE_MIX ||
	    (s->tones_up_to && m->conferences[x->conference].count > s->tones_up_to))
		return;
	for (unsigned int rate = 0; rate < RATES; rate++)
		tone_start(&x->tone[rate], tone, rate_hz[rate]);
	x->tone_ms = TONE_MS;
}

void tone_join(struct media *m, struct media_mixer *x)
{
	tone_begin(m, x, m->conferences[x->conference].spec.join_tone);
}

void tone_leave(struct media *m, struct media_mixer *x)
{
	tone_begin(m, x, m->conferences[x->conference].spec.leave_tone);
}

// Adds this tick of a tone under way, made afresh at each rate that is heard.
void tone_add(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	bool more = false;
	for (unsigned int rate = 0; rate < RATES; rate++) {
		unsigned int samples = r->units * samples_10ms[rate];
		more |= tone_run(&x->tone[rate], r->out, samples);
		if (r->hears[rate])
			mixer_add(r->sum[rate], r->out, samples);
	}
	x->tone_ms = more && x->tone_ms > r->units * 10u ? (uint16_t)(x->tone_ms - r->units * 10u) : 0;
}
