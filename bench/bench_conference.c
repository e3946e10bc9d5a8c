// SPDX-License-Identifier: GPL-3.0-or-later
// bench_conference.c - A conference's tick, and G.711 parties per core with everything around it.
//
// n-...: one conference of n parties who all speak, everyone hears everyone else; us of media_tick in 20 ms. The peer is
// what that needs at least, in the same run: the bare kernels (decode, add, subtract, encode) on contiguous samples.
// n-1000-mixed has every other party at 16 kHz (linear). ...-loudest is the same conference choosing three talkers.
// ports-g711 [PARTIES]: 60 000 parties in conferences of 8, through the worker's own loop over ring ports
// (conference_ports.h); from the time that 20 ms of them take follow the parties that one core can serve.
// To count instructions: BENCH_NO_GATE=1 valgrind --tool=callgrind --toggle-collect=worker_loop_once
// build/bench/bench_conference ports-g711 800
#include "bench/conference_ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "gw/mixer.h"
#include "gw/resample.h"

enum { RUNS = 7, ROUNDS_MAX = 400 };

static double hz;

static int conference(const char *name, uint32_t parties, bool mixed, unsigned int loudest)
{
	static struct world_clip pcmu, l16;
	struct bench_result r = {.bench = "conference", .name = name, .unit = "us/tick", .peer = "kernels"};
	const struct conference_spec spec = {.loudest = (uint8_t)loudest, .mix_all_up_to = 8};
	world_clip(CODEC_PCMU, &pcmu);
	world_clip(CODEC_L16_16K, &l16);
	struct world *w = world_new(&spec, 1, parties, &pcmu, mixed ? &l16 : &pcmu, true);
	unsigned int rounds = 20000 / parties / RUNS + 30;
	r.calm = bench_calm(0, 1);
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		double us
			[ROUNDS_MAX]; // the middle one: a round that others took the CPU away from does not count
		w->frames = 0;
		for (unsigned int k = 0; k < rounds; k++) {
			w->ticked = 0;
			world_period(w);
			us[k] = (double)w->ticked / hz * 1e6;
		}
		if (run == 0)
			continue; // play-out begins here
		if (w->frames < (rounds - 1) * parties)
			printf("%s: %u packets made, expected %u\n", name, w->frames, rounds * parties);
		bench_add(&r, bench_median(us, rounds));
		bench_add_peer(&r, mixed ? world_kernels_mixed_us(parties) : world_kernels_us(parties));
	}
	r.calm = r.calm && bench_calm(0, 1);
	world_free(w);
	return bench_report(&r);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint32_t parties;
		bool mixed;
		unsigned int loudest;
	} cases[] = {
		{"n-8", 8, false, 0},
		{"n-32", 32, false, 0},
		{"n-128", 128, false, 0},
		{"n-1000", 1000, false, 0},
		{"n-1000-mixed", 1000, true, 0},
		{"n-1000-loudest", 1000, false, 3},
	};
	int err = 0;
	bench_pin(1);
	hz = bench_cycles_hz();
	codec_init();
	mixer_init();
	resample_cpu_init();
	printf("kernels: mixer %s, law %s; clock %.2f GHz, TSC %.2f GHz\n", mixer_kernel(),
	       codec_law_kernel(), bench_core_hz() / 1e9, hz / 1e9);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (argc < 2 || strcmp(argv[1], cases[i].name) == 0)
			err |= conference(cases[i].name, cases[i].parties, cases[i].mixed, cases[i].loudest);
	if (argc < 2 || strcmp(argv[1], "ports-g711") == 0)
		err |= conference_ports(argc > 2 ? (unsigned int)atoi(argv[2]) : CONFERENCE_PORTS_PARTIES);
	return err ? 1 : 0;
}
