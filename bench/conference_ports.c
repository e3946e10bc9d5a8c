// SPDX-License-Identifier: GPL-3.0-or-later
// conference_ports.c - G.711 conferences of 8 through the worker's own loop over ring ports.
//
// Every millisecond of a simulated clock a twentieth of the parties send a packet; the worker's loop runs until it has
// taken them all and sent what its ticks made, and only that is timed: receive, parse, look up, check, jitter buffer,
// decode, mix, encode, headers, send, and RTCP and housekeeping as they fall due. So many parties are open that neither
// their state nor their packets stay in the cache.
#include "bench/conference_ports.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "bench/bench.h"
#include "bench/frame.h"
#include "dataplane/eal.h"
#include "dataplane/mailbox.h"
#include "dataplane/worker.h"
#include "gw/codec.h"

enum { PARTIES_FEW = 6000, GROUP = 8, PAYLOAD = 160, FRAME = 14 + 20 + 8 + 12 + PAYLOAD };
enum { RUNS = 9, PERIODS = 5, PHASES = 20, LOCALS = 4, PAIR_FIRST = 512, PACKETS = 32767, RING = 16384 };
enum { VOICE_MEMORY = 18 << 10, MEMORY_MB = 1800 };

struct rig {
	uint32_t parties;
	struct rte_mempool *pool;
	struct rte_ring *in, *out, *slow;
	uint16_t port;
	struct lookup lookup;
	struct hop *hops;
	struct wake wake;
	struct mailbox mailbox;
	struct worker *worker;
	uint16_t seq;
	nsec_t now;
	uint64_t made;
};

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, far_mac[6] = {2, 0, 0, 0, 0, 2};
static struct rig rig;

static int fail(const char *what)
{
	fprintf(stderr, "bench_conference: %s\n", what);
	return 1;
}

// --- huge pages ---

#define HUGE_PATH "/proc/sys/vm/nr_hugepages"

static unsigned int huge_before; // pages there were, 0 = as they were

static unsigned int number_in(const char *path, const char *format)
{
	FILE *f = fopen(path, "r");
	char line[128];
	unsigned int n = 0;
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, format, &n);
	if (f)
		fclose(f);
	return n;
}

static unsigned int huge_free_mb(void)
{
	return 2 * number_in("/proc/meminfo", "HugePages_Free: %u");
}

static void huge_set(unsigned int pages)
{
	FILE *f = fopen(HUGE_PATH, "w");
	if (!f)
		return;
	fprintf(f, "%u", pages);
	fclose(f);
}

static void huge_give_back(void)
{
	huge_set(huge_before);
}

// Makes sure of so many MB that are free. What was not there before is given back at exit.
static bool huge_take(unsigned int mb)
{
	unsigned int free_mb = huge_free_mb();
	if (free_mb >= mb)
		return true;
	huge_before = number_in(HUGE_PATH, "%u");
	huge_set(huge_before + (mb - free_mb + 1) / 2);
	atexit(huge_give_back);
	return huge_free_mb() >= mb;
}

// --- the scene ---

static struct addr local_addr(unsigned int local)
{
	const uint8_t ip[4] = {192, 0, 2, (uint8_t)(1 + local)};
	return addr_ipv4(ip);
}

static struct addr far_addr(uint32_t i)
{
	const uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	return addr_ipv4(ip);
}

static unsigned int local_of(uint32_t i)
{
	return i / (LOOKUP_PAIRS - PAIR_FIRST);
}

static uint16_t port_of(uint32_t i)
{
	return (uint16_t)(2 * (PAIR_FIRST + i % (LOOKUP_PAIRS - PAIR_FIRST)));
}

static int ports_make(struct rig *r)
{
	r->in = rte_ring_create("in", RING, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	r->out = rte_ring_create("out", RING, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	r->slow = rte_ring_create("slow", 1024, 0, RING_F_SC_DEQ);
	r->pool = eal_packets_make(PACKETS, 0);
	r->hops = rte_zmalloc("hops", 2 * sizeof(*r->hops), 64);
	if (!r->in || !r->out || !r->slow || !r->pool || !r->hops)
		return -ENOMEM;
	int port = rte_eth_from_rings("bench", &r->in, 1, &r->out, 1, 0);
	if (port < 0)
		return -ENODEV;
	r->port = (uint16_t)port;
	struct rte_eth_conf conf = {0};
	if (rte_eth_dev_configure(r->port, 1, 1, &conf) ||
	    rte_eth_rx_queue_setup(r->port, 0, 1024, 0, NULL, r->pool) ||
	    rte_eth_tx_queue_setup(r->port, 0, 1024, 0, NULL) || rte_eth_dev_start(r->port))
		return -EIO;
	memcpy(r->hops[1].headers[0], far_mac, 6);
	memcpy(r->hops[1].headers[0] + 6, our_mac, 6);
	memcpy(r->hops[1].headers[0] + 12, "\x08\x00", 2);
	r->hops[1].header_len = 14;
	r->hops[1].ready = 1;
	r->hops[1].port = r->port;
	return 0;
}

static int worker_make(struct rig *r)
{
	const struct worker_options o = {
		.worker_count = 1,
		.limits = {.streams = r->parties,
			   .conferences = r->parties / GROUP,
			   .voices = r->parties,
			   .voice_memory = VOICE_MEMORY,
			   .jitter_min_ms = 20,
			   .jitter_max_ms = 200,
			   .rtcp_interval_ms = 5000,
			   .silent_s = 30,
			   .seed = 1,
			   .cname = "bench"},
		.lookup = &r->lookup,
		.hops = r->hops,
		.pool = r->pool,
		.slow_ring = r->slow,
		.mailbox = &r->mailbox,
	};
	if (mailbox_init(&r->mailbox, 0, 0, &r->wake) || worker_new(&o, &r->worker))
		return -ENOMEM;
	struct worker *w = r->worker;
	w->rx[w->rx_count++] = (struct worker_rx){.port = r->port};
	w->tx[r->port].direct = true;
	w->tx_ports[w->tx_count++] = r->port;
	return 0;
}

static int party_open(struct rig *r, uint32_t i, uint32_t conference)
{
	const struct stream_format format = {.codec = CODEC_PCMU, .period_ms = 20};
	struct stream_spec spec = {
		.conference = conference,
		.flags = STREAM_RECV | STREAM_SEND | STREAM_SOURCE_PORT,
		.local = {.addr = local_addr(local_of(i)), .port = port_of(i)},
		.remote = {.addr = far_addr(i), .port = 4000},
		.rx = format,
		.tx = format,
		.dscp = 46,
	};
	uint32_t stream;
	spec.source = spec.remote;
	int rc = media_stream_open(r->worker->media, &spec, r->now, &stream);
	if (rc)
		return rc;
	media_stream_hop_set(r->worker->media, stream, 1);
	lookup_publish(lookup_slot(&r->lookup, local_of(i), port_of(i)), lookup_entry(0, stream));
	return 0;
}

static int scene_make(struct rig *r)
{
	uint32_t conference = 0;
	r->now = 1000 * NSEC_PER_SEC;
	if (lookup_init(&r->lookup, LOCALS, 0))
		return -ENOMEM;
	lookup_port_set(&r->lookup, r->port, our_mac, 0);
	for (unsigned int i = 0; i < LOCALS; i++) {
		struct local l = {.addr = local_addr(i), .prefix_length = 24, .port = r->port};
		if (lookup_local_add(&r->lookup, &l) < 0)
			return -ENOSPC;
	}
	int rc = worker_make(r);
	for (uint32_t i = 0; rc == 0 && i < r->parties; i++) {
		if (i % GROUP == 0)
			rc = media_conference_open(r->worker->media, &(struct conference_spec){0},
						   &conference);
		if (rc == 0)
			rc = party_open(r, i, conference);
	}
	return rc;
}

static void frame_write(const struct rig *r, struct rte_mbuf *m, uint32_t i)
{
	struct addr src = far_addr(i), dst = local_addr(local_of(i));
	m->data_len = FRAME;
	m->pkt_len = FRAME;
	m->port = r->port;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *), *ip = p + 14, *udp = ip + 20, *rtp = udp + 8;
	memset(p, 0, 14 + 20 + 8);
	memcpy(p, our_mac, 6);
	memcpy(p + 6, far_mac, 6);
	p[12] = 8;
	ip[0] = 0x45;
	frame_put16(ip + 2, FRAME - 14);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, src.ip, 4);
	memcpy(ip + 16, dst.ip, 4);
	frame_put16(ip + 10, frame_fold(frame_sum(0, ip, 20)));
	frame_put16(udp, 4000);
	frame_put16(udp + 2, port_of(i));
	frame_put16(udp + 4, 8 + 12 + PAYLOAD);
	frame_put16(udp + 6, 0);
	rtp[0] = 0x80;
	rtp[1] = 0;
	frame_put16(rtp + 2, r->seq);
	frame_put16(rtp + 4, r->seq * 160u >> 16);
	frame_put16(rtp + 6, r->seq * 160u & 0xffff);
	frame_put16(rtp + 8, 0xabcd);
	frame_put16(rtp + 10, i & 0xffff);
	for (unsigned int k = 0; k < PAYLOAD; k++)
		rtp[12 + k] = (uint8_t)((k * 37 + i * 11 + r->seq * 5) | 0x30);
	unsigned int pseudo = frame_sum(17 + 8 + 12 + PAYLOAD, ip + 12, 8);
	uint16_t sum = frame_fold(frame_sum(pseudo, udp, 8 + 12 + PAYLOAD));
	frame_put16(udp + 6, sum ? sum : UINT16_MAX);
}

// Queues the packets of every party whose turn this millisecond is.
static int load(struct rig *r, unsigned int phase)
{
	struct rte_mbuf *burst[BURST_MAX];
	uint32_t i = phase, left = (r->parties - phase + PHASES - 1) / PHASES;
	while (left) {
		unsigned int n = left < BURST_MAX ? left : BURST_MAX;
		if (rte_pktmbuf_alloc_bulk(r->pool, burst, n))
			return -ENOMEM;
		for (unsigned int k = 0; k < n; k++, i += PHASES)
			frame_write(r, burst[k], i);
		if (rte_ring_enqueue_bulk(r->in, (void **)burst, n, NULL) != n)
			return -ENOBUFS;
		left -= n;
	}
	return 0;
}

static void unload(struct rig *r)
{
	void *out[BURST_MAX];
	for (unsigned int n; (n = rte_ring_dequeue_burst(r->out, out, BURST_MAX, NULL));) {
		for (unsigned int i = 0; i < n; i++)
			r->made += ((struct rte_mbuf *)out[i])->data_len == FRAME;
		rte_pktmbuf_free_bulk((struct rte_mbuf **)out, n);
	}
	rte_ring_reset(r->mailbox.events);
}

// Lets 20 ms pass. CPU time that the worker took, 0 when something could not be had.
static uint64_t period(struct rig *r)
{
	uint64_t spent = 0;
	r->seq++;
	for (unsigned int phase = 0; phase < PHASES; phase++) {
		if (load(r, phase))
			return 0;
		r->now += NSEC_PER_MSEC;
		uint64_t start = bench_cpu_ns();
		while (worker_loop_once(r->worker, r->now))
			;
		spent += bench_cpu_ns() - start;
		unload(r);
	}
	return spent;
}

static int measure(struct rig *r)
{
	struct bench_result result = {.bench = "conference", .name = "ports-g711", .unit = "parties/core"};
	for (unsigned int i = 0; i < 8; i++) // until every party is believed and play-out has begun
		if (!period(r))
			return fail("no memory for packets");
	memset(r->worker->counters.drops, 0, sizeof(r->worker->counters.drops));
	result.calm = bench_calm(0, 1);
	uint64_t begun = r->made;
	for (unsigned int run = 0; run < RUNS; run++) {
		double ns[PERIODS];
		for (unsigned int i = 0; i < PERIODS; i++)
			ns[i] = (double)period(r);
		bench_add(&result, r->parties * 20e6 / bench_median(ns, PERIODS));
	}
	result.calm = result.calm && bench_calm(0, 1);
	uint64_t made = r->made - begun, expected = (uint64_t)r->parties * RUNS * PERIODS;
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		if (r->worker->counters.drops[i])
			printf("ports-g711: dropped %s %lu\n", drop_name(i), r->worker->counters.drops[i]);
	if (made < expected - expected / 1000)
		return fail("packets are missing");
	return -bench_report(&result);
}

int conference_ports(unsigned int parties)
{
	bool huge = parties > PARTIES_FEW && huge_take(MEMORY_MB);
	char prefix[64], lcores[32], memory[16];
	unsigned int cpu = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 1 : 0;
	snprintf(prefix, sizeof(prefix), "--file-prefix=slimline-bench-%d", (int)getpid());
	snprintf(lcores, sizeof(lcores), "--lcores=0@%u", cpu);
	snprintf(memory, sizeof(memory), "-m%u", huge ? MEMORY_MB : 400);
	char *args[] = {"bench_conference",
			huge ? "--in-memory" : "--no-huge",
			memory,
			"--no-pci",
			"--no-telemetry",
			"--log-level=error",
			"--iova-mode=va",
			lcores,
			prefix,
			NULL};
	if (rte_eal_init(9, args) < 0) {
		puts("ports-g711: skip: DPDK does not start");
		return 0;
	}
	rig.parties = huge || parties < PARTIES_FEW ? parties : PARTIES_FEW;
	printf("ports-g711: %u parties, %s pages\n", rig.parties, huge ? "huge" : "4 kB");
	int rc = ports_make(&rig);
	if (rc == 0)
		rc = scene_make(&rig);
	if (rc)
		return fail(strerror(-rc));
	rc = measure(&rig);
	rte_eal_cleanup();
	return rc;
}
