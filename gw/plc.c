// SPDX-License-Identifier: GPL-3.0-or-later
// plc.c - Fills the gap of a lost frame from its past, and from its future where that is known.
//
// Pitch repetition in the manner of G.711 Appendix I, at any sample rate and without its delay: at a loss the pitch of the last
// 20 ms is found by correlation, and the last cycle is repeated. Its end is cross-faded into what came before its start, its
// first quarter with the mirrored past, so that neither repetition nor beginning clicks. After 5 ms it fades, to silence
// at 40 ms. The first good block is cross-faded with the continuation.
//
// Where the block behind the gap is here already, its beginning is continued backwards in the same way, and the gap goes over from
// the one to the other. It need not fade then: both ends are known.
#include "gw/plc.h"

#include <math.h>
#include <string.h>

#define RATE_MAX_KHZ 16
#define PITCH_MIN    5  // half a ms: 400 Hz
#define PITCH_MAX_MS 15 // 66 Hz
#define MATCH_MS     20 // compared when looking for the pitch
#define HOLD_MS      5  // before it fades
#define SILENT_MS    40
#define HISTORY_MS   (MATCH_MS + PITCH_MAX_MS)
#define AHEAD_MS     20 // of the block behind the gap
#define AHEAD_MIN_MS 5
#define BRIDGE_MS    60 // the longest gap that is bridged

// A cycle that is repeated.
struct cycle {
	unsigned int pitch; // samples
	unsigned int at;    // its next one
	unsigned int given; // samples so far
	float sample[PITCH_MAX_MS * RATE_MAX_KHZ];
	float mirror[PITCH_MAX_MS * RATE_MAX_KHZ / 4]; // what it follows, newest first, to begin from
};

struct plc {
	unsigned int khz;
	unsigned int missing; // samples made up since the last good block
	unsigned int bridged; // what was made up leads to the next block
	struct cycle cycle;
	float past[HISTORY_MS * RATE_MAX_KHZ];
};

size_t plc_size(void)
{
	return sizeof(struct plc);
}

struct plc *plc_make(void *mem, uint32_t rate_hz)
{
	struct plc *p = mem;
	memset(p, 0, sizeof(*p));
	p->khz = rate_hz >= 16000 ? 16 : 8;
	return p;
}

static void remember(struct plc *p, const int16_t *pcm, unsigned int samples)
{
	unsigned int history = HISTORY_MS * p->khz;
	unsigned int n = samples < history ? samples : history;
	memmove(p->past, p->past + n, (history - n) * sizeof(p->past[0]));
	for (unsigned int i = 0; i < n; i++)
		p->past[history - n + i] = pcm[samples - n + i];
}

// How alike the `match` samples before `end` are to those `lag` samples earlier.
static float likeness(const float *end, unsigned int match, unsigned int lag)
{
	const float *a = end - match, *b = a - lag;
	float ab = 0, bb = 1;
	for (unsigned int i = 0; i < match; i++) {
		ab += a[i] * b[i];
		bb += b[i] * b[i];
	}
	return ab / sqrtf(bb);
}

// The pitch of the `known` samples before `end`. Where they are few, half of them are compared.
static unsigned int pitch_find(const float *end, unsigned int known, unsigned int khz)
{
	unsigned int match = MATCH_MS * khz, longest = PITCH_MAX_MS * khz;
	if (known < match + longest) {
		match = known / 2;
		longest = known - match < longest ? known - match : longest;
	}
	unsigned int step = khz / 8, best = PITCH_MIN * khz / 2;
	float most = likeness(end, match, best);
	for (unsigned int lag = best + step; lag <= longest; lag += step) {
		float l = likeness(end, match, lag);
		if (l > most * 1.01f) { // of equals the shortest
			most = l;
			best = lag;
		}
	}
	return best;
}

// Takes the last cycle, its end bent towards what preceded its start.
static void cycle_take(struct cycle *c, const float *end, unsigned int known, unsigned int khz)
{
	unsigned int pitch = pitch_find(end, known, khz), quarter = pitch / 4;
	unsigned int before = known - pitch < quarter ? known - pitch : quarter;
	const float *start = end - pitch;
	memcpy(c->sample, start, pitch * sizeof(c->sample[0]));
	for (unsigned int i = 0; i < before; i++) {
		float w = (float)(i + 1) / (float)(before + 1);
		c->sample[pitch - before + i] +=
			w * (start[(int)i - (int)before] - c->sample[pitch - before + i]);
	}
	for (unsigned int i = 0; i < quarter; i++)
		c->mirror[i] = end[-1 - (int)i];
	c->pitch = pitch;
	c->at = c->given = 0;
}

static float gain(const struct plc *p, unsigned int missing)
{
	int left = (int)(SILENT_MS * p->khz) - (int)missing;
	float g = (float)left / (float)((SILENT_MS - HOLD_MS) * p->khz);
	return g > 1 ? 1 : g < 0 ? 0 : g;
}

// Next sample of the continuation.
static float next(struct cycle *c)
{
	float y = c->sample[c->at];
	unsigned int quarter = c->pitch / 4;
	if (c->given < quarter) {
		float w = (float)(c->given + 1) / (float)(quarter + 1);
		y = w * y + (1 - w) * c->mirror[c->given];
	}
	c->at = c->at + 1 < c->pitch ? c->at + 1 : 0;
	c->given++;
	return y;
}

static float next_fading(struct plc *p)
{
	return next(&p->cycle) * gain(p, p->missing++);
}

static int16_t to_pcm(float y)
{
	return (int16_t)(y > 32767 ? 32767 : y < -32768 ? -32768 : y);
}

static void begin(struct plc *p)
{
	if (p->missing == 0)
		cycle_take(&p->cycle, p->past + HISTORY_MS * p->khz, HISTORY_MS * p->khz, p->khz);
	p->bridged = 0;
}

void plc_fill(struct plc *p, int16_t *pcm, unsigned int samples)
{
	begin(p);
	for (unsigned int i = 0; i < samples; i++)
		pcm[i] = to_pcm(next_fading(p));
	remember(p, pcm, samples);
}

void plc_bridge(struct plc *p, int16_t *pcm, unsigned int samples, const int16_t *then, unsigned int known)
{
	float ahead[AHEAD_MS * RATE_MAX_KHZ], back[BRIDGE_MS * RATE_MAX_KHZ];
	unsigned int n = known < AHEAD_MS * p->khz ? known : AHEAD_MS * p->khz;
	if (n < AHEAD_MIN_MS * p->khz || samples > BRIDGE_MS * p->khz) {
		plc_fill(p, pcm, samples);
		return;
	}
	begin(p);
	struct cycle c;
	for (unsigned int i = 0; i < n; i++)
		ahead[n - 1 - i] = then[i];
	cycle_take(&c, ahead + n, n, p->khz);
	for (unsigned int i = samples; i-- > 0;)
		back[i] = next(&c);
	// The gain of a gap that was longer than this block is not undone at once.
	float from = p->missing ? gain(p, p->missing) : 1;
	for (unsigned int i = 0; i < samples; i++) {
		float w = 0.5f - 0.5f * cosf((float)M_PI * ((float)i + 0.5f) / (float)samples);
		pcm[i] = to_pcm((1 - w) * from * next(&p->cycle) + w * back[i]);
	}
	p->missing += samples;
	p->bridged = 1;
	remember(p, pcm, samples);
}

void plc_good(struct plc *p, int16_t *pcm, unsigned int samples)
{
	if (p->missing && !p->bridged) {
		unsigned int fade = p->cycle.pitch / 4;
		fade = fade < samples ? fade : samples;
		for (unsigned int i = 0; i < fade; i++) {
			float w = (float)(i + 1) / (float)(fade + 1);
			pcm[i] = to_pcm(w * (float)pcm[i] + (1 - w) * next_fading(p));
		}
	}
	p->missing = p->bridged = 0;
	remember(p, pcm, samples);
}
