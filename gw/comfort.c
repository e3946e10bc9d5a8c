// SPDX-License-Identifier: GPL-3.0-or-later
// comfort.c - Comfort noise, RFC 3389: payloads by level, noise of that level, and when to send silence.
//
// Silence is what stays within 6 dB of a floor that falls at once and rises by 1 dB a second, or lies below -55 dBm0. Speech hangs
// over for 200 ms, so that word ends are kept. The level is announced when silence begins, when it moved by 3 dB, and every
// 2 s.
#include "gw/comfort.h"

#include <errno.h>
#include <math.h>

#define ABOVE_FLOOR_CB    60
#define SILENT_CB         (-550)
#define FLOOR_MAX_CB      (-350) // louder is never taken for noise
#define FLOOR_RISE_MDB_MS 1
#define HANG_MS           200
#define CHANGE_CB         30
#define AGAIN_MS          2000
#define CHANGE_AFTER_MS   200

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

static void floor_follow(struct comfort_sender *s, int level_cb, unsigned int ms)
{
	s->floor_mdb += FLOOR_RISE_MDB_MS * (int32_t)ms;
	if (level_cb * 100 < s->floor_mdb)
		s->floor_mdb = level_cb * 100;
	if (s->floor_mdb > FLOOR_MAX_CB * 100)
		s->floor_mdb = FLOOR_MAX_CB * 100;
}

static enum comfort_verdict announce(struct comfort_sender *s, unsigned int ms)
{
	int32_t moved = s->level_cb - s->announced_cb;
	s->since_ms = (uint16_t)(s->since_ms + ms);
	bool changed = (moved >= CHANGE_CB || moved <= -CHANGE_CB) && s->since_ms >= CHANGE_AFTER_MS;
	if (s->silent && !changed && s->since_ms < AGAIN_MS)
		return COMFORT_NOTHING;
	s->silent = true;
	s->since_ms = 0;
	s->announced_cb = s->level_cb;
	return COMFORT_NOISE;
}

enum comfort_verdict comfort_judge(struct comfort_sender *s, int level_cb, unsigned int ms)
{
	if (!s->started) {
		s->started = true;
		s->floor_mdb = FLOOR_MAX_CB * 100;
		s->hang_ms = HANG_MS;
		s->level_cb = level_cb;
	}
	floor_follow(s, level_cb, ms);
	if (level_cb > SILENT_CB && level_cb > s->floor_mdb / 100 + ABOVE_FLOOR_CB) {
		s->hang_ms = HANG_MS;
		s->silent = false;
		return COMFORT_SPEECH;
	}
	s->level_cb += (level_cb - s->level_cb) / 4;
	if (s->hang_ms > ms) {
		s->hang_ms = (uint16_t)(s->hang_ms - ms);
		return COMFORT_SPEECH;
	}
	return announce(s, ms);
}
