// SPDX-License-Identifier: GPL-3.0-or-later
// tone.c - Call-progress tones from cadence tables.
//
// North American tones (ITU-T E.180 supplement 2), which the SCCP names come from, and beside them what other countries
// sound in place of the common ones. A sine is the recursion
// y(n) = 2 cos(w) y(n-1) - y(n-2), started anew at each step of the cadence; a step
// that lasts for ever starts anew every second, on a whole number of periods.
#include "gw/tone.h"

#include <math.h>
#include <string.h>

#define PAIR(a, b, level, time)                                                                              \
	{                                                                                                    \
		.hz = {a, b}, .dbm0 = {level, level}, .ms = time                                             \
	}
#define ONE(a, level, time)                                                                                  \
	{                                                                                                    \
		.hz = {a}, .dbm0 = {level}, .ms = time                                                       \
	}
#define PAUSE(time)                                                                                          \
	{                                                                                                    \
		.ms = time                                                                                   \
	}

static const struct tone tones[] = {
	{33, "inside-dial", false, 1, {PAIR(350, 440, -13, 0)}},
	{34, "outside-dial", false, 1, {PAIR(350, 440, -13, 0)}},
	{35, "busy", false, 2, {PAIR(480, 620, -24, 500), PAUSE(500)}},
	{36, "alerting", false, 2, {PAIR(440, 480, -19, 2000), PAUSE(4000)}},
	{37, "reorder", false, 2, {PAIR(480, 620, -24, 250), PAUSE(250)}},
	{38, "recorder-warning", false, 2, {ONE(1400, -18, 500), PAUSE(15000)}},
	{43, "no-such-number", false, 1, {PAIR(200, 400, -21, 0)}},
	{45, "call-waiting", false, 2, {ONE(440, -13, 300), PAUSE(9700)}},
	{46,
	 "confirmation",
	 true,
	 4,
	 {PAIR(350, 440, -13, 100), PAUSE(100), PAIR(350, 440, -13, 100), PAUSE(100)}},
	{48,
	 "recall-dial",
	 false,
	 4,
	 {PAIR(350, 440, -13, 100), PAUSE(100), PAIR(350, 440, -13, 100), PAUSE(100)}},
	{49, "zip-zip", true, 3, {ONE(480, -20, 300), PAUSE(100), ONE(480, -20, 300)}},
	{50, "zip", true, 1, {ONE(480, -20, 300)}},
	{51, "beep-bonk", true, 2, {ONE(1000, -20, 150), ONE(500, -20, 150)}},
	{53, "hold", false, 2, {ONE(500, -20, 200), PAUSE(9800)}},
	{54, "test", false, 1, {ONE(1004, -10, 0)}},
	{95, "milliwatt", false, 1, {ONE(1004, 0, 0)}},
	{105, "440-hz", false, 1, {ONE(440, -13, 0)}},
	{106, "300-hz", false, 1, {ONE(300, -13, 0)}},
	{103, "2105-hz", false, 1, {ONE(2105, -13, 0)}},
	{104, "2600-hz", false, 1, {ONE(2600, -13, 0)}},
};

// Dial, busy, ringing, congestion, unobtainable and call waiting tones of ITU-T E.180 supplement 2.
#define LEVEL (-13)

struct country_tone {
	uint8_t country;
	struct tone tone;
};

static const struct country_tone country_tones[] = {
	{TONE_GB, {33, "inside-dial", false, 1, {PAIR(350, 440, -16, 0)}}},
	{TONE_GB, {34, "outside-dial", false, 1, {PAIR(350, 440, -16, 0)}}},
	{TONE_GB, {35, "busy", false, 2, {ONE(400, LEVEL, 375), PAUSE(375)}}},
	{TONE_GB,
	 {36,
	  "alerting",
	  false,
	  4,
	  {PAIR(400, 450, -16, 400), PAUSE(200), PAIR(400, 450, -16, 400), PAUSE(2000)}}},
	{TONE_GB,
	 {37, "reorder", false, 4, {ONE(400, LEVEL, 400), PAUSE(350), ONE(400, LEVEL, 225), PAUSE(525)}}},
	{TONE_GB, {43, "no-such-number", false, 1, {ONE(400, LEVEL, 0)}}},
	{TONE_DE, {33, "inside-dial", false, 1, {ONE(425, LEVEL, 0)}}},
	{TONE_DE, {34, "outside-dial", false, 1, {ONE(425, LEVEL, 0)}}},
	{TONE_DE, {35, "busy", false, 2, {ONE(425, LEVEL, 480), PAUSE(480)}}},
	{TONE_DE, {36, "alerting", false, 2, {ONE(425, LEVEL, 1000), PAUSE(4000)}}},
	{TONE_DE, {37, "reorder", false, 2, {ONE(425, LEVEL, 240), PAUSE(240)}}},
	{TONE_DE,
	 {45,
	  "call-waiting",
	  false,
	  4,
	  {ONE(425, LEVEL, 200), PAUSE(200), ONE(425, LEVEL, 200), PAUSE(5000)}}},
	{TONE_FR, {33, "inside-dial", false, 1, {ONE(440, LEVEL, 0)}}},
	{TONE_FR, {34, "outside-dial", false, 1, {ONE(440, LEVEL, 0)}}},
	{TONE_FR, {35, "busy", false, 2, {ONE(440, LEVEL, 500), PAUSE(500)}}},
	{TONE_FR, {36, "alerting", false, 2, {ONE(440, LEVEL, 1500), PAUSE(3500)}}},
	{TONE_FR, {37, "reorder", false, 2, {ONE(440, LEVEL, 250), PAUSE(250)}}},
	{TONE_NL, {33, "inside-dial", false, 1, {ONE(425, LEVEL, 0)}}},
	{TONE_NL, {34, "outside-dial", false, 1, {ONE(425, LEVEL, 0)}}},
	{TONE_NL, {35, "busy", false, 2, {ONE(425, LEVEL, 500), PAUSE(500)}}},
	{TONE_NL, {36, "alerting", false, 2, {ONE(425, LEVEL, 1000), PAUSE(4000)}}},
	{TONE_NL, {37, "reorder", false, 2, {ONE(425, LEVEL, 250), PAUSE(250)}}},
	{TONE_IT,
	 {33,
	  "inside-dial",
	  false,
	  4,
	  {ONE(425, LEVEL, 200), PAUSE(200), ONE(425, LEVEL, 600), PAUSE(1000)}}},
	{TONE_IT,
	 {34,
	  "outside-dial",
	  false,
	  4,
	  {ONE(425, LEVEL, 200), PAUSE(200), ONE(425, LEVEL, 600), PAUSE(1000)}}},
	{TONE_IT, {35, "busy", false, 2, {ONE(425, LEVEL, 500), PAUSE(500)}}},
	{TONE_IT, {36, "alerting", false, 2, {ONE(425, LEVEL, 1000), PAUSE(4000)}}},
	{TONE_IT, {37, "reorder", false, 2, {ONE(425, LEVEL, 200), PAUSE(200)}}},
	{TONE_AU, {33, "inside-dial", false, 1, {PAIR(400, 425, -16, 0)}}},
	{TONE_AU, {34, "outside-dial", false, 1, {PAIR(400, 425, -16, 0)}}},
	{TONE_AU, {35, "busy", false, 2, {ONE(425, LEVEL, 375), PAUSE(375)}}},
	{TONE_AU,
	 {36,
	  "alerting",
	  false,
	  4,
	  {PAIR(400, 450, -16, 400), PAUSE(200), PAIR(400, 450, -16, 400), PAUSE(2000)}}},
	{TONE_AU, {43, "no-such-number", false, 2, {ONE(425, LEVEL, 2500), PAUSE(500)}}},
	{TONE_JP, {33, "inside-dial", false, 1, {ONE(400, LEVEL, 0)}}},
	{TONE_JP, {34, "outside-dial", false, 1, {ONE(400, LEVEL, 0)}}},
	{TONE_JP, {35, "busy", false, 2, {ONE(400, LEVEL, 500), PAUSE(500)}}},
	{TONE_JP, {36, "alerting", false, 2, {PAIR(384, 416, -16, 1000), PAUSE(2000)}}},
	{TONE_JP, {37, "reorder", false, 2, {ONE(400, LEVEL, 500), PAUSE(500)}}},
};

const char *const tone_countries[] = {
	[TONE_US] = "us", [TONE_GB] = "gb", [TONE_DE] = "de",
	[TONE_FR] = "fr", [TONE_NL] = "nl", [TONE_IT] = "it",
	[TONE_AU] = "au", [TONE_JP] = "jp", [TONE_COUNTRY_COUNT] = NULL,
};

const struct tone *tone_of_country(unsigned int country, uint32_t number)
{
	for (unsigned int i = 0; i < sizeof(country_tones) / sizeof(country_tones[0]); i++)
		if (country_tones[i].country == country && country_tones[i].tone.sccp == number)
			return &country_tones[i].tone;
	return tone_by_sccp(number);
}

#define TONES (sizeof(tones) / sizeof(tones[0]))

const struct tone *tone_by_sccp(uint32_t number)
{
	for (unsigned int i = 0; i < TONES; i++)
		if (tones[i].sccp == number)
			return &tones[i];
	return NULL;
}

const struct tone *tone_by_name(const char *name)
{
	for (unsigned int i = 0; i < TONES; i++)
		if (strcmp(tones[i].name, name) == 0)
			return &tones[i];
	return NULL;
}

static void step_start(struct tone_generator *g)
{
	const struct tone_step *s = &g->tone->step[g->step];
	for (unsigned int p = 0; p < TONE_PARTS; p++) {
		double w = 2 * M_PI * s->hz[p] / g->rate_hz;
		// A sine of 3.14 dBm0 reaches full scale.
		double amplitude = s->hz[p] ? 32768 * pow(10, (s->dbm0[p] - 3.14) / 20) : 0;
		g->turn[p] = 2 * cos(w);
		g->sine[p][0] = amplitude * sin(-w);
		g->sine[p][1] = amplitude * sin(-2 * w);
	}
	g->left = (s->ms ? s->ms : 1000u) * (g->rate_hz / 1000);
}

void tone_start(struct tone_generator *g, const struct tone *tone, uint32_t rate_hz)
{
	*g = (struct tone_generator){.tone = tone, .rate_hz = rate_hz};
	step_start(g);
}

static void step_next(struct tone_generator *g)
{
	g->step++;
	if (g->step == g->tone->steps) {
		g->step = 0;
		g->done = g->tone->once;
	}
	if (!g->done)
		step_start(g);
}

static int16_t sample(struct tone_generator *g)
{
	double sum = 0;
	for (unsigned int p = 0; p < TONE_PARTS; p++) {
		double y = g->turn[p] * g->sine[p][0] - g->sine[p][1];
		g->sine[p][1] = g->sine[p][0];
		g->sine[p][0] = y;
		sum += y;
	}
	sum = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum;
	return (int16_t)lrint(sum);
}

bool tone_run(struct tone_generator *g, int16_t *pcm, unsigned int samples)
{
	unsigned int i = 0;
	while (i < samples && !g->done) {
		pcm[i++] = sample(g);
		if (--g->left == 0)
			step_next(g);
	}
	memset(pcm + i, 0, (samples - i) * sizeof(pcm[0]));
	return !g->done;
}
