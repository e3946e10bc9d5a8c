// SPDX-License-Identifier: GPL-3.0-or-later
// calm.c - slimline-bench-calm: prints the round trip of a cache line between CPU 0 and 1; exit 0 when calm.
#include <stdio.h>

#include "bench/bench.h"

int main(void)
{
	double cycles = bench_ping_pong(0, 1);
	printf("%.0f\n", cycles);
	return cycles > 0 && cycles <= BENCH_CALM_CYCLES ? 0 : 1;
}
