// SPDX-License-Identifier: GPL-3.0-or-later
// bench_media.c - What gw/media costs without a NIC: a relayed packet, and a conference's packets and ticks.
//
// The clock is simulated (world.h); only the media's own work is timed. bench_conference measures the same through the
// dataplane, and against the bare kernels; this one needs no DPDK.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "gw/codec.h"
#include "gw/jitter.h"
#include "gw/media.h"
#include "gw/mixer.h"
#include "gw/resample.h"

#define RUNS 7

static double hz;
static const char *only; // the case to run, NULL = all
static struct world_clip pcmu, pcma, g722;

static void relay(uint32_t streams, const struct world_clip *a, const struct world_clip *b, const char *name)
{
	if (only && strcmp(only, name) != 0)
		return;
	struct world *w = world_new(&(struct conference_spec){0}, streams / 2, 2, a, b, false);
	struct bench_result r = {.bench = "media", .name = name, .unit = "cycles/packet"};
	unsigned int rounds = 2000000 / streams / RUNS + 1;
	for (unsigned int run = 0; run < RUNS; run++) {
		uint64_t spent = 0;
		for (unsigned int k = 0; k < rounds; k++) {
			spent += world_feed(w);
			w->now += 20 * NSEC_PER_MSEC;
		}
		bench_add(&r, (double)spent / rounds / streams);
	}
	bench_report(&r);
	world_free(w);
}

static void conference(uint32_t parties, const struct world_clip *clip, const char *name)
{
	if (only && strcmp(only, name) != 0)
		return;
	struct world *w = world_new(&(struct conference_spec){0}, 1, parties, clip, clip, true);
	struct bench_result tick = {.bench = "media", .name = name, .unit = "us/tick"};
	char ingest_name[64];
	snprintf(ingest_name, sizeof(ingest_name), "%s-ingest", name);
	struct bench_result ingest = {.bench = "media", .name = ingest_name, .unit = "ns/packet"};
	unsigned int rounds = 40000 / parties / RUNS + 3;
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		w->fed = w->ticked = 0;
		for (unsigned int k = 0; k < rounds; k++)
			world_period(w);
		if (run == 0)
			continue; // play-out begins here
		bench_add(&tick, (double)w->ticked / rounds / hz * 1e6);
		bench_add(&ingest, (double)w->fed / rounds / parties / hz * 1e9);
	}
	bench_report(&tick);
	bench_report(&ingest);
	world_free(w);
}

// A packet into each of many jitter buffers and out again: so many that their memory lies in no first cache.
static void jitters(unsigned int count)
{
	const struct jitter_config config = {.clock_hz = 8000,
					     .payload_max = 1920,
					     .payload = 160,
					     .period_ms = 20,
					     .min_ms = 20,
					     .max_ms = 200};
	if (only && strcmp(only, "jitter") != 0)
		return;
	size_t size = (jitter_size(config.payload, config.period_ms) + 63) & ~(size_t)63;
	uint8_t *memory = aligned_alloc(64, size * count);
	struct jitter **all = calloc(count, sizeof(*all));
	struct bench_result r = {.bench = "media", .name = "jitter", .unit = "ns/packet"};
	static uint8_t payload[160];
	if (!memory || !all)
		abort();
	for (unsigned int i = 0; i < count; i++)
		all[i] = jitter_init(memory + i * size, &config);
	nsec_t now = 1000 * NSEC_PER_SEC;
	uint16_t seq = 0;
	unsigned int frames = 0;
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		uint64_t start = bench_cycles();
		for (unsigned int k = 0; k < 200; k++, seq++, now += 20 * NSEC_PER_MSEC) {
			struct jitter_frame f;
			for (unsigned int i = 0; i < count; i++)
				jitter_put(all[i], seq, seq * 160u, payload, sizeof(payload), now);
			for (unsigned int i = 0; i < count; i++)
				frames += jitter_get(all[i], now + 10 * NSEC_PER_MSEC, false, &f) ==
					  JITTER_FRAME;
		}
		if (run) // play-out has begun
			bench_add(&r, (double)(bench_cycles() - start) / 200 / count / hz * 1e9);
	}
	if (frames < RUNS * 200 * count)
		printf("jitter: only %u frames\n", frames);
	bench_report(&r);
	free(all);
	free(memory);
}

int main(int argc, char **argv)
{
	only = argc > 1 ? argv[1] : NULL;
	bench_pin(1);
	hz = bench_cycles_hz();
	codec_init();
	mixer_init();
	resample_cpu_init();
	printf("kernels: mixer %s, law %s\n", mixer_kernel(), codec_law_kernel());
	world_clip(CODEC_PCMU, &pcmu);
	world_clip(CODEC_PCMA, &pcma);
	world_clip(CODEC_G722, &g722);
	jitters(128);
	relay(32, &pcmu, &pcmu, "relay-32");
	relay(10000, &pcmu, &pcmu, "relay-10k");
	relay(10000, &pcmu, &pcma, "law-10k");
	conference(8, &pcmu, "pcmu-8");
	conference(1000, &pcmu, "pcmu-1000");
	conference(128, &g722, "g722-128");
	return 0;
}
