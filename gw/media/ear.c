// SPDX-License-Identifier: GPL-3.0-or-later
// ear.c - Digits in a voice: found, told, and taken out of what others hear.
//
// A digit is sure only after 25 ms, and suspected after 13: its first moments would be out by then. So a voice that is
// listened to is delayed by three blocks of 10 ms, and when the detector (gw/dtmf) says "maybe" the whole line is
// silenced, the beginning of the tones with it. Voices that nobody listens to have no such delay.
//
// Blocks that are quiet cost nothing once the detector has settled. Blocks that concealment made up are kept from it: it
// is told of a gap, so that a digit with a hole remains one digit.
//
// Beside telephone-events a voice is only listened to: agents name a payload type for events and send tones all the same.
// It is not delayed, and a digit's first moments are heard. A digit that comes both ways is told once.
#include <string.h>

#include "gw/dtmf.h"
#include "gw/media/inside.h"

#define LINE_UNITS  3
#define LOUD_UNITS  4                     // heard on after the last that was loud
#define QUIET_POWER 8000                  // mean square of -45 dBm0
#define TAPS        6                     // of history that halving the rate needs
#define SAME_NS     (300 * NSEC_PER_MSEC) // within which sound and event tell of one press

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

struct media_ear {
	struct dtmf_rx *rx;
	uint8_t at;   // oldest unit of the line
	uint8_t held; // units to go until the line is silent
	uint8_t loud;
	bool told; // the two below are valid
	uint8_t event;
	nsec_t told_at;
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
	return spec->flags &
	       (spec->rx.event_type ? STREAM_DTMF_DETECT : STREAM_DTMF_DETECT | STREAM_DTMF_INBAND);
}

void ear_start(struct media_voice *v)
{
	*v->ear = (struct media_ear){.rx = dtmf_rx_make((uint8_t *)v->ear + head_bytes())};
	v->extras |= EXTRA_EAR;
}

// Tells a digit that was found, unless an event has told it.
static void tell(struct media *m, struct media_voice *v, unsigned int event)
{
	struct media_ear *e = v->ear;
	const struct rtp_event_rx *by_event = &m->cold[v->stream].digit;
	if (by_event->known && by_event->event == event && m->run.now - by_event->last < SAME_NS)
		return;
	e->told = true;
	e->event = (uint8_t)event;
	e->told_at = m->run.now;
	event_push(m, v->stream, MEDIA_DIGIT, event);
	digit_pass_on(m, v->stream, event, true);
}

// True, once a press, when an event that begins now is what the ear has told.
bool ear_has_told(struct media_voice *v, unsigned int event, nsec_t now)
{
	struct media_ear *e = v->ear;
	if (!(v->extras & EXTRA_EAR) || !e->told || e->event != event || now - e->told_at >= SAME_NS)
		return false;
	e->told = false;
	return true;
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
		if (event >= 0)
			tell(m, v, (unsigned int)event);
	}
	return sounding;
}

// Takes one tick of a voice in that has telephone-events, too: what sounds like a digit is silenced from then on.
static bool pass_beside(struct media *m, struct media_voice *v, unsigned int units, bool gap, int16_t *row)
{
	unsigned int samples = samples_10ms[v->rx_rate];
	for (unsigned int u = 0; u < units; u++, row += samples)
		if (hear(m, v, row, gap))
			memset(row, 0, samples * sizeof(*row));
	return true;
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
	if (m->cold[v->stream].spec.rx.event_type)
		return pass_beside(m, v, units, gap, row);
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
