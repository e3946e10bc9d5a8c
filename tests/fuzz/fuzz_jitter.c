// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_jitter.c - Packets and ticks in any order, at any time: frames lie within the buffer and a tick always ends.
//
// Eight octets an act: kind, sequence step, timestamp step (2, signed), time step in ms (2), length, silent.
#include "gw/jitter.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define PAYLOAD_MAX 200
#define ACT_BYTES   8
#define TICK_UNITS  160

static const struct jitter_config config = {.clock_hz = 8000,
					    .payload_max = PAYLOAD_MAX,
					    .payload = 40,
					    .period_ms = 20,
					    .min_ms = 20,
					    .max_ms = 200};

static void tick(struct jitter *j, nsec_t now, bool silent)
{
	struct jitter_frame f;
	for (unsigned int got = 0, turns = 0; got < TICK_UNITS; got += f.units, turns++) {
		enum jitter_answer a = jitter_get(j, now, silent, &f);
		if (a == JITTER_EMPTY)
			return;
		if (turns > TICK_UNITS || f.units == 0 || f.units > 8000)
			abort();
		unsigned int sum = 0;
		for (unsigned int i = 0; a == JITTER_FRAME && i < f.len; i++)
			sum += f.payload[i];
		if (f.len > PAYLOAD_MAX || sum > 255 * PAYLOAD_MAX)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t payload[256];
	struct jitter *j = jitter_init(
		aligned_alloc(64, (jitter_size(config.payload, config.period_ms) + 63) & ~(size_t)63),
		&config);
	struct jitter_stats stats;
	uint16_t seq = 0;
	uint32_t ts = 0;
	nsec_t now = NSEC_PER_SEC;
	for (; len >= ACT_BYTES; bytes += ACT_BYTES, len -= ACT_BYTES) {
		now += (nsec_t)(bytes[4] << 8 | bytes[5]) * NSEC_PER_MSEC;
		seq = (uint16_t)(seq + (int8_t)bytes[1]);
		ts += (uint32_t)(int16_t)(bytes[2] << 8 | bytes[3]);
		if (bytes[0] % 16 == 15)
			jitter_reset(j);
		else if (bytes[0] % 3 == 0)
			tick(j, now, bytes[7] & 1);
		else if (bytes[0] % 3 == 1)
			jitter_put(j, seq, ts, payload, bytes[6], now);
		else
			jitter_put_untimed(j, seq, ts, payload, bytes[6], now);
	}
	jitter_stats(j, &stats);
	if (stats.target_ms > config.max_ms)
		abort();
	free(j);
	return 0;
}

// A second of a plain call: a packet, then a tick, every 20 ms.
size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	if (index > 0 || cap < 100 * ACT_BYTES)
		return 0;
	for (unsigned int i = 0; i < 50; i++) {
		memcpy(buf + i * 16, (uint8_t[]){1, 1, 0, 160, 0, 5, 160, 0}, ACT_BYTES);
		memcpy(buf + i * 16 + 8, (uint8_t[]){0, 0, 0, 0, 0, 15, 0, 1}, ACT_BYTES);
	}
	return 100 * ACT_BYTES;
}
