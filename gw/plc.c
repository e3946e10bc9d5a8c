// SPDX-License-Identifier: GPL-3.0-or-later
// plc.c - Fills the gap of a lost frame from its past.
//
// Pitch repetition in the manner of G.711 Appendix I, at any sample rate and without its delay: at a loss the pitch of the last
// 20 ms is found by correlation, and the last cycle is repeated. Its end is cross-faded into what came before its start, its
// first quarter with the mirrored past, so that neither repetition nor beginning clicks. After 10 ms it fades, to silence
// at 60 ms. The first good block is cross-faded with the continuation.
#include "gw/plc.h"

#include <math.h>
#include <string.h>

#define RATE_MAX_KHZ 16
#define PITCH_MIN_MS 5  // 200 Hz: higher voices repeat by two cycles
#define PITCH_MAX_MS 15 // 66 Hz
#define MATCH_MS     20 // compared when looking for the pitch
#define HOLD_MS      10 // before it fades
#define SILENT_MS    60
#define HISTORY_MS   (MATCH_MS + PITCH_MAX_MS)

struct plc {
	unsigned int khz;
	unsigned int missing; // samples made up since the last good block
	unsigned int pitch;   // samples
	unsigned int at;      // next sample of the cycle
	float cycle[PITCH_MAX_MS * RATE_MAX_KHZ];
	float mirror[PITCH_MAX_MS * RATE_MAX_KHZ / 4]; // past, newest first, to begin from
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

// How alike the last MATCH_MS are to those `lag` samples earlier, -1..1.
static float likeness(const struct plc *p, unsigned int lag)
{
	unsigned int history = HISTORY_MS * p->khz, match = MATCH_MS * p->khz;
	const float *a = p->past + history - match, *b = a - lag;
	float ab = 0, bb = 1;
	for (unsigned int i = 0; i < match; i++) {
		ab += a[i] * b[i];
		bb += b[i] * b[i];
	}
	return ab / sqrtf(bb);
}

static unsigned int pitch_find(const struct plc *p)
{
	unsigned int step = p->khz / 8, best = PITCH_MIN_MS * p->khz;
	float most = likeness(p, best);
	for (unsigned int lag = best + step; lag <= PITCH_MAX_MS * p->khz; lag += step) {
		float l = likeness(p, lag);
		if (l > most * 1.01f) { // of equals the shortest
			most = l;
			best = lag;
		}
	}
	return best;
}

// Takes the last cycle, its end bent towards what preceded its start.
static void cycle_take(struct plc *p)
{
	unsigned int history = HISTORY_MS * p->khz, pitch = pitch_find(p), quarter = pitch / 4;
	const float *start = p->past + history - pitch;
	memcpy(p->cycle, start, pitch * sizeof(p->cycle[0]));
	for (unsigned int i = 0; i < quarter; i++) {
		float w = (float)(i + 1) / (float)(quarter + 1);
		p->cycle[pitch - quarter + i] +=
			w * (start[(int)i - (int)quarter] - p->cycle[pitch - quarter + i]);
		p->mirror[i] = p->past[history - 1 - i];
	}
	p->pitch = pitch;
	p->at = 0;
}

static float gain(const struct plc *p, unsigned int missing)
{
	int left = (int)(SILENT_MS * p->khz) - (int)missing;
	float g = (float)left / (float)((SILENT_MS - HOLD_MS) * p->khz);
	return g > 1 ? 1 : g < 0 ? 0 : g;
}

// Next sample of the continuation.
static float next(struct plc *p)
{
	float y = p->cycle[p->at];
	unsigned int quarter = p->pitch / 4;
	if (p->missing < quarter) {
		float w = (float)(p->missing + 1) / (float)(quarter + 1);
		y = w * y + (1 - w) * p->mirror[p->missing];
	}
	p->at = p->at + 1 < p->pitch ? p->at + 1 : 0;
	return y * gain(p, p->missing++);
}

static int16_t to_pcm(float y)
{
	return (int16_t)(y > 32767 ? 32767 : y < -32768 ? -32768 : y);
}

void plc_fill(struct plc *p, int16_t *pcm, unsigned int samples)
{
	if (p->missing == 0)
		cycle_take(p);
	for (unsigned int i = 0; i < samples; i++)
		pcm[i] = to_pcm(next(p));
	remember(p, pcm, samples);
}

void plc_good(struct plc *p, int16_t *pcm, unsigned int samples)
{
	if (p->missing) {
		unsigned int fade = p->pitch / 4;
		fade = fade < samples ? fade : samples;
		for (unsigned int i = 0; i < fade; i++) {
			float w = (float)(i + 1) / (float)(fade + 1);
			pcm[i] = to_pcm(w * (float)pcm[i] + (1 - w) * next(p));
		}
		p->missing = 0;
	}
	remember(p, pcm, samples);
}
