// SPDX-License-Identifier: GPL-3.0-or-later
// tone.h - Call-progress tones from cadence tables, named as SCCP names them.
//
// Any sample rate. A generator is a few numbers without pointers into libraries: init as often as wanted. Owner worker
// only. Hot: nothing here allocates.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define TONE_STEPS 4
#define TONE_PARTS 2

// One step of a cadence: up to two sines for a time. A part of 0 Hz is silent.
struct tone_step {
	uint16_t hz[TONE_PARTS];
	int8_t dbm0[TONE_PARTS];
	uint16_t ms; // 0 = for ever: then whole Hz, restarted unheard every second
};

struct tone {
	uint8_t sccp; // number in StartTone
	const char *name;
	bool once; // else the cadence repeats
	uint8_t steps;
	struct tone_step step[TONE_STEPS];
};

// Tone of an SCCP number, NULL if it is not one we make. DTMF numbers are gw/dtmf's.
const struct tone *tone_by_sccp(uint32_t number);

// Whose call-progress tones. Numbers cross the API: append only.
enum tone_country {
	TONE_US, // North America; also what another country does not have of its own
	TONE_GB,
	TONE_DE,
	TONE_FR,
	TONE_NL,
	TONE_IT,
	TONE_AU,
	TONE_JP,
	TONE_COUNTRY_COUNT
};

// Two letters of ISO 3166-1, lower case, for each of them; then NULL.
extern const char *const tone_countries[];

// Tone of an SCCP number as a country's networks sound it; North America's where they have none. NULL as above.
const struct tone *tone_of_country(unsigned int country, uint32_t number);

// Tone by name as in configuration, say "busy". NULL if unknown.
const struct tone *tone_by_name(const char *name);

struct tone_generator {
	const struct tone *tone;
	uint32_t rate_hz;
	uint32_t left; // samples of the running step
	uint8_t step;
	bool done;
	double sine[TONE_PARTS][2]; // state of each oscillator
	double turn[TONE_PARTS];    // its coefficient
};

void tone_start(struct tone_generator *g, const struct tone *tone, uint32_t rate_hz);

// Writes a block. Returns false once a tone that plays once has ended; the rest of that block is silence.
bool tone_run(struct tone_generator *g, int16_t *pcm, unsigned int samples);
