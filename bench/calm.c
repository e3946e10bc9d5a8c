// SPDX-License-Identifier: GPL-3.0-or-later
// calm.c - slimline-bench-calm: prints the round trip of a cache line between CPU 0 and 1; exit 0 when calm.
//
// With --hz it prints the frequency of the cycle counter instead; with --absences when CPU 0 and 1 were away from a program
// that spins on both for half a second, as JSON.
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"

#define SPIN_S 0.5

static int absences(void)
{
	struct bench_absences seen[2];
	if (bench_absences(0, 1, SPIN_S, seen))
		return 1;
	printf("[");
	for (unsigned int i = 0; i < 2; i++)
		printf("{\"per_s\":%.0f,\"longest_us\":%.0f,\"share\":%.4f}%s", seen[i].count / SPIN_S,
		       seen[i].longest_us, seen[i].total_us / (SPIN_S * 1e6), i ? "]\n" : ",");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--hz") == 0) {
		printf("%.0f\n", bench_cycles_hz());
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "--absences") == 0)
		return absences();
	double cycles = bench_ping_pong(0, 1);
	printf("%.0f\n", cycles);
	return cycles > 0 && cycles <= BENCH_CALM_CYCLES ? 0 : 1;
}
