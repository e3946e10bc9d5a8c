// SPDX-License-Identifier: GPL-3.0-or-later
// bench_media.c - What gw/media costs without a NIC: a relayed packet, and a conference's packets and ticks.
//
// The clock is simulated (world.h); only the media's own work is timed. bench_conference measures the same through the
// dataplane, and against the bare kernels; this one needs no DPDK.
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "gw/codec.h"
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
	relay(32, &pcmu, &pcmu, "relay-32");
	relay(10000, &pcmu, &pcmu, "relay-10k");
	relay(10000, &pcmu, &pcma, "law-10k");
	conference(8, &pcmu, "pcmu-8");
	conference(1000, &pcmu, "pcmu-1000");
	conference(128, &g722, "g722-128");
	return 0;
}
