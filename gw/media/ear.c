// SPDX-License-Identifier: GPL-3.0-or-later
// ear.c - Digits in a voice: found, told, and taken out of what others hear.
//
// A digit is sure only after 25 ms, and suspected after 13: its first moments would be out by then. So a voice that is
// listened to is delayed by three blocks of 10 ms, and when the detector (gw/dtmf) says "maybe" the whole line is
// silenced, the beginning of the tones with it. Voices that nobody listens to have no such delay.
//
// Blocks that are quiet cost nothing once the detector has settled. Blocks that concealment made up are kept from it: it
// is told of a gap, so that a digit with a hole remains one digit.
#include <string.h>

#include "gw/dtmf.h"
#include "gw/media/inside.h"

#define LINE_UNITS  3
#define LOUD_UNITS  4    // heard on after the last that was loud
#define QUIET_POWER 8000 // mean square of -45 dBm0
#define TAPS        6    // of history that halving the rate needs

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

struct media_ear {
	struct dtmf_rx *rx;
	uint8_t at;   // oldest unit of the line
	uint8_t held; // units to go until the line is silent
	uint8_t loud;
	uint8_t zero;
	int16_t past[TAPS];
	int16_t line[LINE_UNITS][QUANTUM_MAX / 3];
};

static size_t head_bytes(void)
{
	return (sizeof(struct media_ear) + 63) & ~(size_t)63;
}

size_t ear_bytes(void)
{
	return head_bytes() + dtmf_rx_size();
}

// True when a voice of this spec may have to be listened to, now or with another partner.
bool ear_may_be_needed(const struct stream_spec *spec)
{
	return (spec->flags & (STREAM_DTMF_DETECT | STREAM_DTMF_INBAND)) && spec->rx.event_type == 0;
}

void ear_start(struct media_voice *v)
{
	*v->ear = (struct media_ear){.rx = dtmf_rx_make((uint8_t *)v->ear + head_bytes())};
	v->extras |= EXTRA_EAR;
}

// 16 to 8 kHz. What lies above 6.3 kHz, and would fall among the tones, is lowered by 30 dB.
static void halve(struct media_ear *e, const int16_t *in, int16_t out[80])
{
	int16_t x[TAPS + 160];
	memcpy(x, e->past, sizeof(e->past));
	memcpy(x + TAPS, in, 160 * sizeof(*in));
	for (unsigned int i = 0; i < 80; i++) {
		const int16_t *p = x + 2 * i;
		int32_t v = 16 * p[3] + 9 * (p[2] + p[4]) - (p[0] + p[6]);
		v = (v + 16) >> 5;
		out[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
	}
	memcpy(e->past, x + 160, sizeof(e->past));
}

static void listen(struct media_ear *e, const int16_t *pcm, unsigned int rate)
{
	int16_t third[160], low[80];
	if (rate == 0) {
		dtmf_rx_listen(e->rx, pcm, 80);
		return;
	}
	for (unsigned int i = 0; rate == 2 && i < 160; i++)
		third[i] = (int16_t)((pcm[3 * i] + pcm[3 * i + 1] + pcm[3 * i + 2]) / 3);
	halve(e, rate == 2 ? third : pcm, low);
	dtmf_rx_listen(e->rx, low, 80);
}

// Hears one unit. True: what is in the line may be part of a digit.
static bool hear(struct media *m, struct media_voice *v, const int16_t *pcm, bool gap)
{
	struct media_ear *e = v->ear;
	unsigned int samples = samples_10ms[v->rx_rate];
	char digit;
	if (gap) {
		dtmf_rx_gap(e->rx, 80);
		return dtmf_rx_sounding(e->rx);
	}
	if (mixer_energy(pcm, samples) >= (uint64_t)samples * QUIET_POWER)
		e->loud = LOUD_UNITS;
	else if (e->loud > 0)
		e->loud--;
	else if (!dtmf_rx_sounding(e->rx))
		return false;
	listen(e, pcm, v->rx_rate);
	bool sounding = dtmf_rx_sounding(e->rx);
	while (dtmf_rx_next(e->rx, &digit)) {
		int event = dtmf_event(digit);
		if (event < 0)
			continue;
		event_push(m, v->stream, MEDIA_DIGIT, (uint32_t)event);
		digit_pass_on(m, v->stream, (unsigned int)event, true);
	}
	return sounding;
}

// Takes one tick of a voice in, and gives that of 30 ms ago back without digits. False: it says nothing.
bool ear_pass(struct media *m, struct media_voice *v, unsigned int units, bool spoke, int16_t *row)
{
	struct media_ear *e = v->ear;
	unsigned int samples = samples_10ms[v->rx_rate];
	bool gap = v->extras & EXTRA_GAP, holds = e->held > 0;
	v->extras &= (uint16_t)~EXTRA_GAP;
	if (!spoke && !holds)
		return false;
	for (unsigned int u = 0; u < units; u++, row += samples) {
		int16_t now[QUANTUM_MAX / 3];
		if (hear(m, v, row, gap)) {
			memset(e->line, 0, sizeof(e->line));
			memset(row, 0, samples * sizeof(*row));
		}
		memcpy(now, row, samples * sizeof(*row));
		memcpy(row, e->line[e->at], samples * sizeof(*row));
		memcpy(e->line[e->at], now, samples * sizeof(*row));
		e->at = (uint8_t)((e->at + 1) % LINE_UNITS);
	}
	if (spoke)
		e->held = LINE_UNITS + LOUD_UNITS;
	else
		e->held = (uint8_t)(e->held > units ? e->held - units : 0);
	return true;
}
