// SPDX-License-Identifier: GPL-3.0-or-later
// bench.h - What every bench shares: pinning, the calm gate, medians and the two output forms.
//
// A bench prints a table for people on stdout and appends one JSON object per result to the file that
// BENCH_RESULTS names (default build/bench/results.jsonl, made when missing):
// {"bench":"relay","case":"ring-10k","value":41.2,"unit":"cycles/packet","peer":"testpmd-5tswap","peer_value":19.1,
//  "ratio":2.16,"runs":7,"spread":0.04,"calm":true}
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BENCH_RUNS_MAX 101
#define BENCH_CALM_CYCLES                                                                                    \
	450 // one cache line there and back between two cores; above, the machine is not calm

#define BENCH_AWAY_US 100 // a spinning CPU that misses so much was away

// One result: the runs of ours and, where there is one, of the peer, alternated in the same process or script.
struct bench_result {
	const char *bench;
	const char *name; // the case
	const char *unit;
	const char *peer; // NULL: no peer
	double ours[BENCH_RUNS_MAX];
	unsigned int ours_count;
	double peers[BENCH_RUNS_MAX];
	unsigned int peers_count;
	bool calm; // the gate passed before and after
};

// Adds one measurement; those beyond BENCH_RUNS_MAX are ignored.
void bench_add(struct bench_result *r, double value);
void bench_add_peer(struct bench_result *r, double value);

// Middle value of n, n > 0. Reorders values.
double bench_median(double *values, unsigned int n);

// (p90 - p10) / median. Reorders values.
double bench_spread(double *values, unsigned int n);

// Prints the row and appends the JSON line. Returns 0, or -errno when the file could not be written.
int bench_report(struct bench_result *r);

// Pins the calling thread. Returns 0 or -errno.
int bench_pin(unsigned int cpu);

// Time-stamp counter; on other CPUs nanoseconds of CLOCK_MONOTONIC.
uint64_t bench_cycles(void);

// CPU time of the calling thread, ns: what others do on the same CPU does not count. For spans of a millisecond and more.
uint64_t bench_cpu_ns(void);

// Cycles per second, measured once against CLOCK_MONOTONIC (0.1 s). DPDK's own figure is rounded: do not use it.
double bench_cycles_hz(void);

// Clock of the core we run on, now; cycles above are not its own. Takes some ms.
double bench_core_hz(void);

// Round trip of one cache line between two CPUs, in cycles; 0 when there is only one CPU. Takes 20 ms.
double bench_ping_pong(unsigned int cpu_a, unsigned int cpu_b);

// When a CPU that only spun was not there: away for others, here or on the host.
struct bench_absences {
	unsigned int count; // of BENCH_AWAY_US and more
	double longest_us, total_us;
};

// Spins on both CPUs at once for so long, and tells of each when it was away. Returns 0 or -errno.
int bench_absences(unsigned int cpu_a, unsigned int cpu_b, double seconds, struct bench_absences ret[2]);

// True when the machine is calm enough for a bench on these two CPUs. Where BENCH_NO_GATE is set nobody asks, and it is not.
bool bench_calm(unsigned int cpu_a, unsigned int cpu_b);
