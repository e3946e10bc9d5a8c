// SPDX-License-Identifier: GPL-3.0-or-later
// comfort.c - Comfort noise, RFC 3389: payloads by level, noise of that level, and when to send silence.
//
// Silence is what stays within 6 dB of a floor, or lies below -55 dBm0. The floor is the least level of the last 1.5 to 3 s:
// speech goes down to the noise more often than that, and what does not is noise, unless it is louder than -35 dBm0.
// What changes sign much more often than the noise does is taken for speech 3 dB above the floor: a hiss begins many words.
// Speech hangs over for 200 ms, so that word ends are kept. The level is announced when silence begins, when it has
// moved by 3 dB, and every 200 ms.
#include "gw/comfort.h"

#include <errno.h>
#include <math.h>

#include "gw/mixer.h"

#define ABOVE_FLOOR_CB  60
#define SILENT_CB       (-550)
#define FLOOR_MAX_CB    (-350) // louder is never taken for noise
#define WINDOW_MS       1500
#define HANG_MS         200
#define CHANGE_CB       30
#define AGAIN_MS        200
#define HISS_CB         30
#define HISS_PER_SECOND 1500 // more than the noise
#define QUARTERS        4

// Power of a full-scale square wave is 0 dBov, 6.16 dBm0.
#define DBOV_DBM0 6.16

unsigned int comfort_write(uint8_t payload[COMFORT_BYTES], int level_dbm0)
{
	int below = (int)lrint(DBOV_DBM0) - level_dbm0;
	payload[0] = (uint8_t)(below < 0 ? 0 : below > 127 ? 127 : below);
	return COMFORT_BYTES;
}

int comfort_read(const uint8_t *payload, unsigned int len, int *ret_level_dbm0)
{
	if (len == 0)
		return -EINVAL;
	*ret_level_dbm0 = (int)lrint(DBOV_DBM0) - (payload[0] & 0x7f);
	return 0;
}

void comfort_level_set(struct comfort_noise *n, int level_dbm0)
{
	if (n->random == 0)
		n->random = 1;
	// Uniform noise has a power of a third of its peak's; the filter of comfort_run keeps a third of that.
	n->amplitude = 32768 * 3 * powf(10, (float)(level_dbm0 - DBOV_DBM0) / 20);
}

void comfort_run(struct comfort_noise *n, int16_t *pcm, unsigned int samples)
{
	for (unsigned int i = 0; i < samples; i++) {
		n->random = n->random * 1664525 + 1013904223;
		float white = (float)(int32_t)n->random / 2147483648.0f;
		n->smooth += 0.5f * (white - n->smooth);
		float y = n->smooth * n->amplitude;
		pcm[i] = (int16_t)(y > 32767 ? 32767 : y < -32768 ? -32768 : y);
	}
}

static int32_t least(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static void floor_follow(struct comfort_sender *s, int level_cb, unsigned int ms)
{
	s->window_ms = (uint16_t)(s->window_ms + ms);
	s->least_cb = least(s->least_cb, level_cb);
	s->floor_cb = least(least(s->least_cb, s->before_cb), FLOOR_MAX_CB);
	if (s->window_ms < WINDOW_MS)
		return;
	s->window_ms = 0;
	s->before_cb = s->least_cb;
	s->least_cb = level_cb;
}

void comfort_look(const int16_t *pcm, unsigned int samples, unsigned int rate_hz, struct comfort_look *ret)
{
	unsigned int quarter = samples / QUARTERS, changes = 0;
	uint64_t peak = 0, all = 0;
	for (unsigned int q = 0; q < QUARTERS; q++) {
		uint64_t energy = mixer_energy(pcm + q * quarter, quarter);
		all += energy;
		peak = energy > peak ? energy : peak;
	}
	for (unsigned int i = 1; i < samples; i++)
		changes += (unsigned int)((pcm[i] ^ pcm[i - 1]) < 0);
	*ret = (struct comfort_look){
		.level_cb = mixer_level(all, quarter * QUARTERS),
		.peak_cb = mixer_level(peak, quarter),
		.per_second = samples ? (unsigned int)((uint64_t)changes * rate_hz / samples) : 0,
	};
}

static enum comfort_verdict announce(struct comfort_sender *s, unsigned int ms)
{
	int32_t moved = s->level_cb - s->announced_cb;
	s->since_ms = (uint16_t)(s->since_ms + ms);
	if (s->silent && moved < CHANGE_CB && moved > -CHANGE_CB && s->since_ms < AGAIN_MS)
		return COMFORT_NOTHING;
	s->silent = true;
	s->since_ms = 0;
	s->announced_cb = s->level_cb;
	return COMFORT_NOISE;
}

static bool is_speech(const struct comfort_sender *s, const struct comfort_look *look)
{
	int above = look->peak_cb - s->floor_cb;
	if (look->peak_cb <= SILENT_CB)
		return false;
	return above > ABOVE_FLOOR_CB ||
	       (s->silent && above > HISS_CB && look->per_second > s->per_second + HISS_PER_SECOND);
}

enum comfort_verdict comfort_judge(struct comfort_sender *s, const struct comfort_look *look, unsigned int ms)
{
	if (!s->started) {
		s->started = true;
		s->before_cb = s->least_cb = FLOOR_MAX_CB;
		s->hang_ms = HANG_MS;
		s->level_cb = look->level_cb;
	}
	floor_follow(s, look->peak_cb, ms);
	if (is_speech(s, look)) {
		s->hang_ms = HANG_MS;
		s->silent = false;
		return COMFORT_SPEECH;
	}
	s->level_cb += (look->level_cb - s->level_cb) / 4;
	if (s->hang_ms > ms) {
		s->hang_ms = (uint16_t)(s->hang_ms - ms);
		s->per_second = look->per_second;
		return COMFORT_SPEECH;
	}
	s->per_second += (look->per_second >> 3) - (s->per_second >> 3);
	return announce(s, ms);
}
