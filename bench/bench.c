// SPDX-License-Identifier: GPL-3.0-or-later
// bench.c - Medians, the calm gate and the two output forms of every bench.
#include "bench/bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static uint64_t monotonic_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_cycles(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return monotonic_ns();
#endif
}

uint64_t bench_cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double bench_cycles_hz(void)
{
	static double hz;
	if (hz == 0) {
		uint64_t t0 = monotonic_ns(), c0 = bench_cycles(), t1;
		do {
			t1 = monotonic_ns();
		} while (t1 - t0 < 100000000u);
		hz = (double)(bench_cycles() - c0) * 1e9 / (double)(t1 - t0);
	}
	return hz;
}

// An addition that waits for the one before takes one cycle of the core.
double bench_core_hz(void)
{
	enum { ADDITIONS = 1000000, ROUNDS = 20 };
	double best = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t start = bench_cycles(), sum = round;
		for (unsigned int i = 0; i < ADDITIONS; i++) {
			sum += round;
			__asm__ volatile("" : "+r"(sum));
		}
		double hz = ADDITIONS * bench_cycles_hz() / (double)(bench_cycles() - start);
		best = hz > best ? hz : best;
	}
	return best;
}

void bench_add(struct bench_result *r, double value)
{
	if (r->ours_count < BENCH_RUNS_MAX)
		r->ours[r->ours_count++] = value;
}

void bench_add_peer(struct bench_result *r, double value)
{
	if (r->peers_count < BENCH_RUNS_MAX)
		r->peers[r->peers_count++] = value;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_median(double *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// Value at a quantile of sorted values, between two neighbours in proportion.
static double quantile(const double *sorted, unsigned int n, double q)
{
	double at = q * (n - 1);
	unsigned int low = (unsigned int)at;
	unsigned int high = low + 1 < n ? low + 1 : low;
	return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

double bench_spread(double *values, unsigned int n)
{
	double median = bench_median(values, n);
	return median == 0 ? 0 : (quantile(values, n, 0.9) - quantile(values, n, 0.1)) / median;
}

static FILE *results_open(void)
{
	const char *path = getenv("BENCH_RESULTS");
	if (path)
		return fopen(path, "a");
	if ((mkdir("build", 0777) && errno != EEXIST) || (mkdir("build/bench", 0777) && errno != EEXIST))
		return NULL;
	return fopen("build/bench/results.jsonl", "a");
}

int bench_report(struct bench_result *r)
{
	if (r->ours_count == 0)
		return -EINVAL;
	double value = bench_median(r->ours, r->ours_count);
	double spread = bench_spread(r->ours, r->ours_count);
	bool peer = r->peer && r->peers_count > 0;
	double peer_value = peer ? bench_median(r->peers, r->peers_count) : 0;
	double ratio = peer && peer_value != 0 ? value / peer_value : 0;

	printf("%-12s %-24s %12.2f %-18s", r->bench, r->name, value, r->unit);
	if (peer)
		printf(" %-20s %12.2f  ratio %6.3f", r->peer, peer_value, ratio);
	printf("  runs %u  spread %.2f%s\n", r->ours_count, spread, r->calm ? "" : "  (not calm)");
	fflush(stdout);

	FILE *f = results_open();
	if (!f)
		return -errno;
	fprintf(f, "{\"bench\":\"%s\",\"case\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", r->bench, r->name,
		value, r->unit);
	if (peer)
		fprintf(f, ",\"peer\":\"%s\",\"peer_value\":%.6g,\"ratio\":%.4g", r->peer, peer_value, ratio);
	fprintf(f, ",\"runs\":%u,\"spread\":%.4g,\"calm\":%s}\n", r->ours_count, spread,
		r->calm ? "true" : "false");
	return fclose(f) ? -errno : 0;
}

int bench_pin(unsigned int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

struct ping_pong {
	_Alignas(64) atomic_uint ball;
	_Alignas(64) unsigned int cpu;
	unsigned int rounds;
	atomic_bool over;
};

#define PING_PONG_MAX_S                                                                                      \
	0.2 // where others run on these CPUs each way takes a scheduler's slice: no more need be known

static void *ping_pong_answer(void *arg)
{
	struct ping_pong *p = arg;
	if (bench_pin(p->cpu))
		return NULL;
	for (unsigned int i = 0; i < p->rounds; i++) {
		while (atomic_load_explicit(&p->ball, memory_order_acquire) != 2 * i + 1)
			if (atomic_load_explicit(&p->over, memory_order_relaxed))
				return NULL;
		atomic_store_explicit(&p->ball, 2 * i + 2, memory_order_release);
	}
	return NULL;
}

// Plays until the rounds or the time are over. Returns cycles of a round, those of the first tenth aside: they wake both CPUs.
static double ping_pong_play(struct ping_pong *p)
{
	const uint64_t most = (uint64_t)(PING_PONG_MAX_S * bench_cycles_hz());
	const unsigned int first = p->rounds / 10;
	const uint64_t over = bench_cycles() + most;
	uint64_t start = 0;
	unsigned int spins = 0, i = 0;
	bool late = false;
	for (; i < p->rounds && !late; i++) {
		if (i == first)
			start = bench_cycles();
		atomic_store_explicit(&p->ball, 2 * i + 1, memory_order_release);
		while (atomic_load_explicit(&p->ball, memory_order_acquire) != 2 * i + 2 && !late)
			late = ++spins % 4096 == 0 && bench_cycles() > over;
	}
	atomic_store(&p->over, true);
	return late ? (double)most : (double)(bench_cycles() - start) / (p->rounds - first);
}

double bench_ping_pong(unsigned int cpu_a, unsigned int cpu_b)
{
	if (cpu_a == cpu_b || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return 0;
	cpu_set_t before;
	sched_getaffinity(0, sizeof(before), &before);
	struct ping_pong p = {.cpu = cpu_b, .rounds = 50000};
	pthread_t thread;
	if (bench_pin(cpu_a) || pthread_create(&thread, NULL, ping_pong_answer, &p))
		return 0;
	double cycles = ping_pong_play(&p);
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(before), &before);
	return cycles;
}

bool bench_calm(unsigned int cpu_a, unsigned int cpu_b)
{
	return !getenv("BENCH_NO_GATE") && bench_ping_pong(cpu_a, cpu_b) <= BENCH_CALM_CYCLES;
}

struct spinner {
	unsigned int cpu;
	uint64_t cycles;
	struct bench_absences seen;
	int error;
};

static void *spin(void *arg)
{
	struct spinner *s = arg;
	const double hz = bench_cycles_hz();
	s->error = bench_pin(s->cpu);
	uint64_t start = bench_cycles(), before = start, now = start;
	for (; !s->error && now - start < s->cycles; before = now) {
		now = bench_cycles();
		double us = (double)(now - before) / hz * 1e6;
		if (us < BENCH_AWAY_US)
			continue;
		s->seen.count++;
		s->seen.total_us += us;
		if (us > s->seen.longest_us)
			s->seen.longest_us = us;
	}
	return NULL;
}

int bench_absences(unsigned int cpu_a, unsigned int cpu_b, double seconds, struct bench_absences ret[2])
{
	uint64_t cycles = (uint64_t)(seconds * bench_cycles_hz());
	struct spinner spinners[2] = {{.cpu = cpu_a, .cycles = cycles}, {.cpu = cpu_b, .cycles = cycles}};
	cpu_set_t before;
	pthread_t thread;
	sched_getaffinity(0, sizeof(before), &before);
	int error = -pthread_create(&thread, NULL, spin, &spinners[1]);
	if (error)
		return error;
	spin(&spinners[0]);
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(before), &before);
	for (unsigned int i = 0; i < 2; i++) {
		ret[i] = spinners[i].seen;
		error = error ? error : spinners[i].error;
	}
	return error;
}
