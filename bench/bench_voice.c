// SPDX-License-Identifier: GPL-3.0-or-later
// bench_voice.c - Transcoded sessions per core: G.711 to a codec and back, through the media's packets and ticks.
//
// A session is a call of two parties, one in G.711, one in the codec: each way a jitter buffer, a decoder, a change of
// rate where there is one, an encoder and RTP. Ours is everything that media_ingest and media_tick do. The peer is the
// codec's library alone: one decode and one encode a session, over as many states, alternating with ours in the same
// run, so that the ratio says what share of the library's speed is left for calls.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "gw/mixer.h"
#include "gw/resample.h"

enum { SESSIONS = 64, PERIODS = 10, RUNS = 7 };

static struct world_clip pcmu, clip;

// The library alone.
struct bare {
	const struct codec *c;
	uint8_t *encoders, *decoders;
	size_t encoder_size, decoder_size;
	uint32_t at;
};

static size_t lines(size_t bytes)
{
	return (bytes + 64) & ~(size_t)63;
}

static void bare_make(struct bare *b, const struct codec *c)
{
	*b = (struct bare){
		.c = c, .encoder_size = lines(c->encoder_size), .decoder_size = lines(c->decoder_size)};
	b->encoders = aligned_alloc(64, b->encoder_size * SESSIONS);
	b->decoders = aligned_alloc(64, b->decoder_size * SESSIONS);
	if (!b->encoders || !b->decoders)
		abort();
	for (unsigned int i = 0; i < SESSIONS; i++)
		if ((c->encoder_init && c->encoder_init(b->encoders + i * b->encoder_size)) ||
		    (c->decoder_init && c->decoder_init(b->decoders + i * b->decoder_size)))
			abort();
}

static void bare_free(struct bare *b)
{
	for (unsigned int i = 0; i < SESSIONS; i++) {
		if (b->c->encoder_fini)
			b->c->encoder_fini(b->encoders + i * b->encoder_size);
		if (b->c->decoder_fini)
			b->c->decoder_fini(b->decoders + i * b->decoder_size);
	}
	free(b->encoders);
	free(b->decoders);
}

static uint64_t bare_period(struct bare *b)
{
	static int16_t pcm[CODEC_SAMPLES_MAX];
	static uint8_t out[CODEC_FRAME_BYTES_MAX];
	uint64_t t = bench_cpu_ns();
	for (unsigned int i = 0; i < SESSIONS; i++) {
		uint32_t at = (b->at + i) % WORLD_CLIP;
		int n = b->c->decode(b->decoders + i * b->decoder_size, clip.bytes[at], clip.len[at], pcm,
				     CODEC_SAMPLES_MAX);
		if (n > 0)
			b->c->encode(b->encoders + i * b->encoder_size, pcm, (unsigned int)n, out,
				     sizeof(out));
	}
	b->at++;
	return bench_cpu_ns() - t;
}

static int voice(unsigned int codec, const char *name)
{
	struct bench_result r = {.bench = "voice", .name = name, .unit = "sessions/core", .peer = "library"};
	struct bare bare;
	if (!world_clip(codec, &clip)) {
		printf("voice        %-24s skip: not in this build\n", name);
		return 0;
	}
	struct world *w = world_new(&(struct conference_spec){0}, SESSIONS, 2, &pcmu, &clip, true);
	bare_make(&bare, codec_by_id(codec));
	r.calm = bench_calm(0, 1);
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		uint64_t library = 0, ours = 0;
		w->frames = 0;
		// alternating at every period, so that whatever else the machine does meets both
		for (unsigned int k = 0; k < PERIODS; k++) {
			ours += world_period(w);
			library += bare_period(&bare);
		}
		if (run == 0)
			continue; // play-out begins here
		if (w->frames < 2 * SESSIONS * (PERIODS - 1))
			printf("voice: %s: %u packets made, expected %u\n", name, w->frames,
			       2 * SESSIONS * PERIODS);
		bench_add(&r, 20e6 * SESSIONS * PERIODS / (double)ours);
		bench_add_peer(&r, 20e6 * SESSIONS * PERIODS / (double)library);
	}
	r.calm = r.calm && bench_calm(0, 1);
	bare_free(&bare);
	world_free(w);
	return bench_report(&r);
}

int main(int argc, char **argv)
{
	static const struct {
		unsigned int codec;
		const char *name;
	} cases[] = {
		{CODEC_G722, "g722"},         {CODEC_G726_32, "g726-32"}, {CODEC_GSM, "gsm"},
		{CODEC_G729, "g729a"},        {CODEC_AMR, "amr-nb"},      {CODEC_AMR_WB, "amr-wb"},
		{CODEC_OPUS_16K, "opus-16k"}, {CODEC_OPUS, "opus-48k"},
	};
	int err = 0;
	bench_pin(1);
	codec_init();
	mixer_init();
	resample_cpu_init();
	world_clip(CODEC_PCMU, &pcmu);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (argc < 2 || strcmp(argv[1], cases[i].name) == 0)
			err |= voice(cases[i].codec, cases[i].name);
	return err ? 1 : 0;
}
