// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_codec.c - Payloads of any codec in a row, and gaps between them: samples stay within the room given.
//
// First octet: codec. Then, again and again, an octet of length (255 = a lost frame) and a payload.
#include "gw/codec.h"

#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEED_BYTES 164

static void decode(const struct codec *c, void *state, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		unsigned int want = *bytes++;
		len--;
		unsigned int cap = (1 + want % 6) * c->sample_rate_hz / 100;
		int16_t *pcm = malloc(cap * sizeof(pcm[0]));
		int made = 0;
		if (want == 255) {
			made = c->conceal ? c->conceal(state, pcm, cap) : 0;
		} else {
			unsigned int n = want < len ? want : (unsigned int)len;
			made = c->decode(state, bytes, n, pcm, cap);
			bytes += n;
			len -= n;
		}
		if (made != -EINVAL && (made < 0 || (unsigned int)made > cap))
			abort();
		free(pcm);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static bool ready;
	if (!ready)
		codec_init();
	ready = true;
	const struct codec *c = len ? codec_by_id(bytes[0] % CODEC_COUNT) : NULL;
	if (!c || !c->decode)
		return 0;
	void *state = aligned_alloc(64, (c->decoder_size + 127) & ~(size_t)63);
	if (!state || (c->decoder_init && c->decoder_init(state) != 0))
		abort();
	decode(c, state, bytes + 1, len - 1);
	if (c->decoder_fini)
		c->decoder_fini(state);
	free(state);
	return 0;
}

// One coded frame of a ramp for each codec, a gap, and the frame again.
size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	if (index + 1 >= CODEC_COUNT || cap < 3 + 2 * SEED_BYTES)
		return 0;
	codec_init();
	const struct codec *c = codec_by_id((unsigned int)index + 1);
	buf[0] = (uint8_t)c->id;
	buf[1] = 255;
	if (!c->encode)
		return 2;
	void *state = aligned_alloc(64, (c->encoder_size + 127) & ~(size_t)63);
	if (!state || (c->encoder_init && c->encoder_init(state) != 0))
		abort();
	int16_t pcm[CODEC_SAMPLES_MAX];
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	for (unsigned int i = 0; i < CODEC_SAMPLES_MAX; i++)
		pcm[i] = (int16_t)(i * 97);
	int made = c->encode(state, pcm, c->sample_rate_hz / 50, payload, sizeof(payload));
	size_t n = made < 0 ? 0 : made > SEED_BYTES - 1 ? SEED_BYTES - 1 : (size_t)made;
	buf[1] = (uint8_t)n;
	memcpy(buf + 2, payload, n);
	buf[2 + n] = 255;
	buf[3 + n] = (uint8_t)n;
	memcpy(buf + 4 + n, payload, n);
	if (c->encoder_fini)
		c->encoder_fini(state);
	free(state);
	return 4 + 2 * n;
}
