// SPDX-License-Identifier: GPL-3.0-or-later
// comfort.h - Comfort noise, RFC 3389: payloads by level, noise of that level, and when to send silence.
//
// Spectral coefficients of received payloads are left unread; noise made here falls with frequency like that of rooms
// (Hoth). Owner worker only. Hot: nothing here allocates.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMFORT_PAYLOAD_TYPE 13
#define COMFORT_BYTES        1

// Writes a payload that says this level only. Returns its bytes.
unsigned int comfort_write(uint8_t payload[COMFORT_BYTES], int level_dbm0);

// Level that a payload says, in dBm0. Returns 0 or -EINVAL for an empty payload.
int comfort_read(const uint8_t *payload, unsigned int len, int *ret_level_dbm0);

struct comfort_noise {
	uint32_t random;
	float smooth; // filter state
	float amplitude;
};

// Starts noise, or changes its level without a break.
void comfort_level_set(struct comfort_noise *n, int level_dbm0);

void comfort_run(struct comfort_noise *n, int16_t *pcm, unsigned int samples);

// What a sender with silence suppression does with a frame.
enum comfort_verdict {
	COMFORT_SPEECH,  // send the frame
	COMFORT_NOISE,   // send a comfort-noise payload of comfort_sender.level
	COMFORT_NOTHING, // send nothing
};

// What silence detection wants to know of a frame. Levels in dBm0 x 10.
struct comfort_look {
	int level_cb;
	int peak_cb; // of its loudest quarter, so that a word's begin shows in a frame that it ends
	unsigned int
		per_second; // sign changes: many in the hiss of an s or f, too faint to show in the level
};

void comfort_look(const int16_t *pcm, unsigned int samples, unsigned int rate_hz, struct comfort_look *ret);

// Silence detection of one sender. Zeroed = starts as speech.
struct comfort_sender {
	int32_t floor_cb;     // noise floor: the least peak of this window and the one before
	int32_t before_cb;    // the least of the window before
	int32_t least_cb;     // of this window
	int32_t level_cb;     // level to announce
	int32_t announced_cb; // level last announced
	uint32_t per_second;  // sign changes of the noise
	uint16_t window_ms;   // that this window has lasted
	uint16_t hang_ms;     // speech goes on for so long after it fell
	uint16_t since_ms;    // the last announcement
	bool started, silent;
};

// Judges a frame of `ms`.
enum comfort_verdict comfort_judge(struct comfort_sender *s, const struct comfort_look *look,
				   unsigned int ms);
