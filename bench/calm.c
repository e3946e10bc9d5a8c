// SPDX-License-Identifier: GPL-3.0-or-later
// calm.c - slimline-bench-calm: prints the round trip of a cache line between CPU 0 and 1; exit 0 when calm.
//
// With --hz it prints the frequency of the cycle counter instead.
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--hz") == 0) {
		printf("%.0f\n", bench_cycles_hz());
		return 0;
	}
	double cycles = bench_ping_pong(0, 1);
	printf("%.0f\n", cycles);
	return cycles > 0 && cycles <= BENCH_CALM_CYCLES ? 0 : 1;
}
