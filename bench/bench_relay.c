// SPDX-License-Identifier: GPL-3.0-or-later
// bench_relay.c - Cycles per relayed packet over ring ports: all streams active, in random order.
//
// Frames of 20 ms of G.711 (214 bytes) are written, headers and all, into a ring port's queue; then the worker's own
// loop runs until the queue is empty, and only that is timed: receive, parse, look up, check, rewrite, send, and
// whatever RTCP and housekeeping falls due. The peer runs on the same frames, alternating: it receives, swaps MAC, IP
// and UDP addresses in place and sends (what testpmd calls 5tswap), so it says what this machine needs for touching
// packets at all.
#include <errno.h>
#include <stdatomic.h>
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
#include "dataplane/mailbox.h"
#include "dataplane/worker.h"
#include "gw/codec.h"

enum { FRAMES = 512, FRAME_V4 = 214, PAYLOAD = 160, RUNS = 7, CPU = 1 };
enum { TURNS = FRAMES / BURST_MAX + 1 }; // the last burst waits a turn for one more
enum { PAGES_1M = 700 };                 // huge pages of 2 MB for a million streams
enum { PAIR_FIRST = 512, LOCALS = 32, ROUNDS_MAX = 4096 };
enum { HOP_V4 = 1, HOP_V6, HOPS };

struct scene {
	const char *name;
	uint32_t streams;
	bool v6;
	bool v4_to_v6; // the second party of each call is IPv6
	bool vlan;     // frames are tagged, in and out
	bool law;
	bool narrow;           // one packet at a time, as on a CPU without AVX-512
	bool handoff;          // the packets come in at another worker than their streams', on the same core
	unsigned int crossing; // so many quarters of them, and that worker is on another core
	bool idle;             // there are none
	bool touch;            // no relay: what it takes to write one word in each line of the payload
	bool cold;             // headers are in memory only, in no cache
};

static const struct scene scenes[] = {
	{.name = "ring-1k", .streams = 1000},
	{.name = "ring-10k", .streams = 10000},
	{.name = "ring-100k", .streams = 100000},
	{.name = "ring-1m", .streams = 1000000},
	{.name = "ring-10k-cold", .streams = 10000, .cold = true},
	{.name = "ring-10k-narrow", .streams = 10000, .narrow = true},
	{.name = "ring-100k-narrow", .streams = 100000, .narrow = true},
	{.name = "ring-10k-ipv6", .streams = 10000, .v6 = true},
	{.name = "ring-10k-v4-to-v6", .streams = 10000, .v4_to_v6 = true},
	{.name = "ring-10k-vlan", .streams = 10000, .vlan = 7},
	{.name = "ring-10k-ipv6-vlan", .streams = 10000, .v6 = true, .vlan = 7},
	{.name = "ring-10k-handoff", .streams = 10000, .handoff = true},
	{.name = "ring-10k-cross", .streams = 10000, .crossing = 4},
	{.name = "ring-10k-cross-most", .streams = 10000, .crossing = 3},
	{.name = "ring-10k-cross-half", .streams = 10000, .crossing = 2},
	{.name = "ring-10k-law", .streams = 10000, .law = true},
	{.name = "payload-touch", .streams = 10000, .touch = true},
	{.name = "turn-empty", .streams = 10000, .idle = true},
};

// Whose turn it is where the two workers have a core each.
enum baton { OWNER, RECEIVER, OVER };

struct rig {
	const struct scene *scene;
	struct rte_mempool *pool;
	struct rte_ring *in, *out, *slow;
	uint16_t port;
	struct lookup lookup;
	struct hop *hops;
	struct wake wake;
	struct mailbox mailbox;
	struct worker *worker;   // of the streams
	struct worker *receiver; // the same, unless packets are handed over
	struct mailbox other_mailbox;
	atomic_uint baton;        // RECEIVER or OWNER may work
	uint64_t receiver_cycles; // in the round
	struct rte_mbuf *frames[FRAMES];
	uint32_t *order;   // the streams, shuffled
	uint16_t *seq;     // next of each stream
	uint32_t position; // in order
	nsec_t now;
};

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, far_mac[6] = {2, 0, 0, 0, 0, 2};
static struct rig rig;

static int fail(const char *what)
{
	fprintf(stderr, "bench_relay: %s\n", what);
	return 1;
}

static unsigned int huge_pages(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	unsigned int free_pages = 0;
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "HugePages_Free: %u", &free_pages);
	if (f)
		fclose(f);
	return free_pages;
}

static struct addr local_addr(unsigned int local, bool v6)
{
	const uint8_t v4_ip[4] = {192, 0, 2, (uint8_t)(1 + local)};
	const uint8_t v6_ip[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(1 + local)};
	return v6 ? addr_ipv6(v6_ip) : addr_ipv4(v4_ip);
}

// A far end of its own for every stream.
static struct addr far_addr(uint32_t stream, bool v6)
{
	const uint8_t v4_ip[4] = {10, (uint8_t)(stream >> 16), (uint8_t)(stream >> 8), (uint8_t)stream};
	const uint8_t v6_ip[16] = {0x20,
				   0x01,
				   0x0d,
				   0xb8,
				   0,
				   9,
				   [12] = (uint8_t)(stream >> 16),
				   (uint8_t)(stream >> 8),
				   (uint8_t)stream};
	return v6 ? addr_ipv6(v6_ip) : addr_ipv4(v4_ip);
}

// The upper half of our addresses is IPv6 where both families are.
static bool local_v6(const struct scene *scene, unsigned int local)
{
	return scene->v6 || (scene->v4_to_v6 && local >= LOCALS / 2);
}

static unsigned int stream_local(const struct scene *scene, uint32_t stream)
{
	return stream / (LOOKUP_PAIRS - PAIR_FIRST) + (scene->v4_to_v6 && stream % 2 ? LOCALS / 2 : 0);
}

static uint16_t stream_port(uint32_t stream)
{
	return (uint16_t)(2 * (PAIR_FIRST + stream % (LOOKUP_PAIRS - PAIR_FIRST)));
}

static int worker_add(struct rig *r, uint16_t id, struct mailbox *mailbox, uint32_t streams,
		      struct worker **ret)
{
	const struct worker_options o = {
		.id = id,
		.worker_count = 2,
		.limits = {.streams = streams,
			   .conferences = streams / 2 + 1,
			   .voices = 2,
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
		.mailbox = mailbox,
	};
	if (mailbox_init(mailbox, id, 0, &r->wake) || worker_new(&o, ret))
		return -ENOMEM;
	struct worker *w = *ret;
	w->wide = w->wide && !r->scene->narrow;
	w->tx[r->port].direct = true;
	w->tx_ports[w->tx_count++] = r->port;
	return 0;
}

// The streams' worker, and in front of it one that has none, or those that do not cross.
static int worker_make(struct rig *r)
{
	bool two = r->scene->handoff || r->scene->crossing;
	int rc = worker_add(r, 0, &r->mailbox, r->scene->streams, &r->worker);
	r->receiver = r->worker;
	if (rc == 0 && two)
		rc = worker_add(r, 1, &r->other_mailbox, r->scene->streams, &r->receiver);
	if (rc)
		return rc;
	struct worker *w = r->receiver;
	w->rx[w->rx_count++] = (struct worker_rx){.port = r->port};
	if (two)
		w->handoff[0].ring = r->worker->handoff_ring;
	return 0;
}

// Calls that do not cross belong to the worker that receives them.
static struct worker *owner_of(const struct rig *r, uint32_t stream)
{
	bool stays = r->scene->crossing && stream / 2 % 4 >= r->scene->crossing;
	return stays ? r->receiver : r->worker;
}

static int streams_open(struct rig *r)
{
	uint32_t conference = 0, stream;
	for (uint32_t i = 0; i < r->scene->streams; i++) {
		struct worker *w = owner_of(r, i);
		struct media *m = w->media;
		if (i % 2 == 0 && media_conference_open(m, &(struct conference_spec){0}, &conference))
			return -ENOSPC;
		unsigned int local = stream_local(r->scene, i);
		bool law = r->scene->law && i % 2, v6 = local_v6(r->scene, local);
		const struct stream_format format = {
			.codec = law ? CODEC_PCMA : CODEC_PCMU, .period_ms = 20, .payload_type = law ? 8 : 0};
		struct stream_spec spec = {
			.conference = conference,
			.flags = STREAM_RECV | STREAM_SEND | STREAM_SOURCE_PORT,
			.local = {.addr = local_addr(local, v6), .port = stream_port(i)},
			.remote = {.addr = far_addr(i, v6), .port = 4000},
			.rx = format,
			.tx = format,
			.dscp = 46,
		};
		spec.source = spec.remote;
		int rc = media_stream_open(m, &spec, r->now, &stream);
		if (rc)
			return rc;
		media_stream_hop_set(m, stream, v6 ? HOP_V6 : HOP_V4);
		lookup_publish(lookup_slot(&r->lookup, local, stream_port(i)), lookup_entry(w->id, stream));
	}
	return 0;
}

static int scene_make(struct rig *r, const struct scene *scene)
{
	r->scene = scene;
	r->now = 1000 * NSEC_PER_SEC;
	r->position = 0;
	if (lookup_init(&r->lookup, LOCALS, 0))
		return -ENOMEM;
	lookup_port_set(&r->lookup, r->port, our_mac, scene->vlan);
	for (unsigned int i = 0; i < LOCALS; i++) {
		struct local l = {
			.addr = local_addr(i, local_v6(scene, i)), .prefix_length = 24, .port = r->port};
		if (lookup_local_add(&r->lookup, &l) < 0)
			return -ENOSPC;
	}
	for (unsigned int i = HOP_V4; i < HOPS; i++) {
		struct hop *hop = &r->hops[i];
		uint8_t *end = frame_ethernet(hop->headers[0], far_mac, our_mac, scene->vlan, i == HOP_V6);
		hop->header_len = (uint8_t)(end - hop->headers[0]);
		hop->ready = 1;
		hop->port = r->port;
	}
	r->order = malloc(sizeof(*r->order) * scene->streams);
	r->seq = calloc(scene->streams, sizeof(*r->seq));
	if (!r->order || !r->seq || worker_make(r))
		return -ENOMEM;
	uint64_t x = 1;
	for (uint32_t i = 0; i < scene->streams; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		uint32_t other = (uint32_t)((x >> 33) % (i + 1));
		r->order[i] = r->order[other];
		r->order[other] = i;
	}
	return streams_open(r);
}

static void scene_end(struct rig *r)
{
	if (r->receiver != r->worker) {
		worker_free(r->receiver);
		mailbox_fini(&r->other_mailbox);
	}
	worker_free(r->worker);
	mailbox_fini(&r->mailbox);
	lookup_fini(&r->lookup);
	free(r->order);
	free(r->seq);
}

// Writes the next packet of a stream.
static void frame_write(struct rig *r, struct rte_mbuf *m, uint32_t stream)
{
	unsigned int local = stream_local(r->scene, stream);
	bool v6 = local_v6(r->scene, local);
	struct addr src = far_addr(stream, v6), dst = local_addr(local, v6);
	uint16_t seq = r->seq[stream]++;
	m->data_off = RTE_PKTMBUF_HEADROOM;
	m->port = r->port;
	m->ol_flags = 0;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t *ip = frame_ethernet(p, our_mac, far_mac, r->scene->vlan, v6);
	uint8_t *udp = frame_ip(ip, &src, &dst, 8 + 12 + PAYLOAD), *rtp = udp + 8;
	m->data_len = (uint16_t)(rtp + 12 + PAYLOAD - p);
	m->pkt_len = m->data_len;
	frame_put16(udp, 4000);
	frame_put16(udp + 2, stream_port(stream));
	frame_put16(udp + 4, 8 + 12 + PAYLOAD);
	frame_put16(udp + 6, 0);
	rtp[0] = 0x80;
	rtp[1] = r->scene->law && stream % 2 ? 8 : 0;
	frame_put16(rtp + 2, seq);
	frame_put16(rtp + 4, seq * 160u >> 16);
	frame_put16(rtp + 6, seq * 160u & 0xffff);
	frame_put16(rtp + 8, 0xabcd);
	frame_put16(rtp + 10, stream & 0xffff);
	size_t ip_len = v6 ? 16 : 4;
	unsigned int sum = frame_sum(frame_sum(17 + 180, src.ip, ip_len), dst.ip, ip_len);
	uint16_t checksum = frame_fold(frame_sum(sum, udp, 20) + frame_sum(0, rtp + 12, PAYLOAD));
	frame_put16(udp + 6, checksum ? checksum : 0xffff);
}

static void line_flush(const uint8_t *p)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush(p);
#endif
}

static void load(struct rig *r)
{
	for (unsigned int i = 0; i < FRAMES; i++) {
		frame_write(r, r->frames[i], r->order[r->position]);
		r->position = r->position + 1 < r->scene->streams ? r->position + 1 : 0;
	}
	for (unsigned int i = 0; r->scene->cold && i < FRAMES; i++)
		line_flush(rte_pktmbuf_mtod(r->frames[i], const uint8_t *));
	// Each stream sends every 20 ms.
	r->now += (nsec_t)FRAMES * 20 * NSEC_PER_MSEC / r->scene->streams;
	rte_ring_enqueue_bulk(r->in, (void **)r->frames, FRAMES, NULL);
}

// Takes the frames back. Returns how many RTP packets came out.
static unsigned int unload(struct rig *r)
{
	void *out[BURST_MAX];
	unsigned int kept = 0;
	for (unsigned int n; (n = rte_ring_dequeue_burst(r->out, out, BURST_MAX, NULL));)
		for (unsigned int i = 0; i < n; i++) {
			struct rte_mbuf *m = out[i];
			if (m->data_len >= FRAME_V4 && kept < FRAMES)
				r->frames[kept++] = m;
			else
				rte_pktmbuf_free(m); // RTCP
		}
	rte_ring_reset(r->mailbox.events);
	for (unsigned int i = kept; i < FRAMES; i++) // packets that were dropped went back to the pool
		r->frames[i] = rte_pktmbuf_alloc(r->pool);
	return kept;
}

static uint64_t relay_round(struct rig *r)
{
	uint64_t start = bench_cycles();
	for (unsigned int i = 0; i < TURNS; i++) {
		if (r->receiver != r->worker)
			worker_loop_once(r->receiver, r->now);
		worker_loop_once(r->worker, r->now);
	}
	return bench_cycles() - start;
}

// The other core's part of each round: it writes the packets, as a NIC beside it would, and its worker hands them over.
static int receiver_run(void *arg)
{
	struct rig *r = arg;
	unsigned int baton;
	while ((baton = atomic_load_explicit(&r->baton, memory_order_acquire)) != OVER) {
		if (baton != RECEIVER)
			continue;
		load(r);
		uint64_t start = bench_cycles();
		for (unsigned int i = 0; i < TURNS; i++)
			worker_loop_once(r->receiver, r->now);
		r->receiver_cycles = bench_cycles() - start;
		atomic_store_explicit(&r->baton, OWNER, memory_order_release);
	}
	return 0;
}

// Both cores' cycles.
static uint64_t cross_round(struct rig *r)
{
	atomic_store_explicit(&r->baton, RECEIVER, memory_order_release);
	while (atomic_load_explicit(&r->baton, memory_order_acquire) != OWNER)
		;
	uint64_t start = bench_cycles();
	for (unsigned int i = 0; i < FRAMES / BURST_MAX; i++)
		worker_loop_once(r->worker, r->now);
	return bench_cycles() - start + r->receiver_cycles;
}

// Turns that find nothing, counted as packets.
static uint64_t idle_round(struct rig *r)
{
	uint64_t start = bench_cycles();
	for (unsigned int i = 0; i < FRAMES; i++)
		worker_loop_once(r->worker, r->now);
	return bench_cycles() - start;
}

// One word in each of the payload's own lines: less than this no relay can take that has to translate all of them.
static uint64_t touch_round(struct rig *r)
{
	uint64_t start = bench_cycles();
	for (unsigned int i = 0; i < FRAMES; i++) {
		volatile uint64_t *p = rte_pktmbuf_mtod_offset(r->frames[i], volatile uint64_t *, 64);
		for (unsigned int k = 0; k < 3 * 8; k += 8)
			p[k] = p[k] + 1;
	}
	uint64_t cycles = bench_cycles() - start;
	for (unsigned int i = 0; i < FRAMES / BURST_MAX; i++)
		rte_eth_tx_burst(r->port, 0, r->frames + BURST_MAX * i, BURST_MAX);
	rte_ring_reset(r->in);
	return cycles;
}

static inline void swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];
	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

static uint64_t swap_round(struct rig *r)
{
	struct rte_mbuf *burst[BURST_MAX];
	uint64_t start = bench_cycles();
	for (unsigned int i = 0; i < FRAMES / BURST_MAX; i++) {
		uint16_t n = rte_eth_rx_burst(r->port, 0, burst, BURST_MAX);
		for (uint16_t k = 0; k < n; k++)
			rte_prefetch0(rte_pktmbuf_mtod(burst[k], void *));
		for (uint16_t k = 0; k < n; k++) {
			uint8_t *p = rte_pktmbuf_mtod(burst[k], uint8_t *);
			uint8_t *ip = p + (r->scene->vlan ? 18 : 14);
			bool v6 = ip[0] >> 4 == 6;
			swap_bytes(p, p + 6, 6);
			if (v6)
				swap_bytes(ip + 8, ip + 24, 16);
			else
				swap_bytes(ip + 12, ip + 16, 4);
			swap_bytes(ip + (v6 ? 40 : 20), ip + (v6 ? 42 : 22), 2);
		}
		rte_eth_tx_burst(r->port, 0, burst, n);
	}
	return bench_cycles() - start;
}

// Cycles a packet: the middle one of enough rounds to see every stream twice, so that a round in which the machine did
// something else does not count. What we do now and then ourselves (RTCP, housekeeping) is in every round.
static double run(struct rig *r, uint64_t (*round)(struct rig *), unsigned int *ret_lost)
{
	unsigned int rounds = 2 * r->scene->streams / FRAMES + 32;
	static double cycles[ROUNDS_MAX];
	for (unsigned int i = 0; i < rounds; i++) {
		if (round != cross_round && round != idle_round)
			load(r);
		cycles[i] = (double)round(r) / FRAMES;
		if (round != idle_round)
			*ret_lost += FRAMES - unload(r);
	}
	return bench_median(cycles, rounds);
}

static void drops_print(const struct rig *r, unsigned int lost)
{
	fprintf(stderr, "bench_relay: %s: %u packets lost\n", r->scene->name, lost);
	for (unsigned int i = 1; i < DROP_COUNT; i++)
		if (r->worker->counters.drops[i])
			fprintf(stderr, "  %s %lu\n", drop_name(i), r->worker->counters.drops[i]);
}

// The peer's run. It leaves sequence numbers unseen: goes back for the next run of ours.
static int peer_run(struct rig *r, struct bench_result *result)
{
	uint16_t *seq = malloc(sizeof(*seq) * r->scene->streams);
	nsec_t now = r->now;
	uint32_t position = r->position;
	unsigned int ignored = 0;
	if (!seq)
		return -ENOMEM;
	memcpy(seq, r->seq, sizeof(*seq) * r->scene->streams);
	bench_add_peer(result, run(r, swap_round, &ignored));
	memcpy(r->seq, seq, sizeof(*seq) * r->scene->streams);
	free(seq);
	r->now = now;
	r->position = position;
	return 0;
}

static int scene_run(const struct scene *scene)
{
	struct bench_result result = {.bench = "relay",
				      .name = scene->name,
				      .unit = scene->idle ? "cycles/turn" : "cycles/packet",
				      .peer = scene->idle || scene->crossing || scene->touch ? NULL
											     : "5tswap-loop"};
	unsigned int lost = 0, ignored = 0;
	uint64_t (*round)(struct rig *) = scene->idle       ? idle_round
					  : scene->touch    ? touch_round
					  : scene->crossing ? cross_round
							    : relay_round;
	int rc = scene_make(&rig, scene);
	if (rc)
		return fail(strerror(-rc));
	rig.baton = OWNER;
	if (scene->crossing && rte_eal_remote_launch(receiver_run, &rig, 1))
		return fail("no second core");
	result.calm = bench_calm(0, CPU);
	run(&rig, round, &ignored); // until every source is believed
	const char *runs_text = getenv("BENCH_RUNS");
	unsigned int runs = runs_text ? (unsigned int)strtoul(runs_text, NULL, 10) : RUNS;
	for (unsigned int i = 0; rc == 0 && i < runs; i++) {
		bench_add(&result, run(&rig, round, &lost));
		if (result.peer)
			rc = peer_run(&rig, &result);
	}
	atomic_store(&rig.baton, OVER);
	rte_eal_mp_wait_lcore();
	result.calm = result.calm && bench_calm(0, CPU);
	if (lost)
		drops_print(&rig, lost);
	scene_end(&rig);
	return rc || lost ? 1 : -bench_report(&result);
}

static int ports_make(struct rig *r)
{
	r->in = rte_ring_create("in", 2 * FRAMES, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	r->out = rte_ring_create("out", 8 * FRAMES, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
	r->slow = rte_ring_create("slow", 1024, 0, RING_F_SC_DEQ);
	r->pool = rte_pktmbuf_pool_create("packets", 16 * FRAMES, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	r->hops = rte_zmalloc("hops", HOPS * sizeof(*r->hops), 64);
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
	return rte_pktmbuf_alloc_bulk(r->pool, r->frames, FRAMES);
}

int main(int argc, char **argv)
{
	unsigned int pages = huge_pages();
	bool huge = pages >= 320, million = pages >= PAGES_1M && (argc < 2 || !strcmp(argv[1], "ring-1m"));
	char prefix[64], lcores[32];
	const char *wanted = getenv("BENCH_CPU");
	unsigned int cpu = wanted ? (unsigned int)strtoul(wanted, NULL, 10) : CPU;
	cpu = sysconf(_SC_NPROCESSORS_ONLN) > cpu ? cpu : 0;
	snprintf(prefix, sizeof(prefix), "--file-prefix=slimline-bench-%d", (int)getpid());
	bool two = sysconf(_SC_NPROCESSORS_ONLN) > 1;
	snprintf(lcores, sizeof(lcores), two ? "--lcores=0@%u,1@%u" : "--lcores=0@%u", cpu, cpu ? 0 : 1);
	char *args[] = {"bench_relay",
			huge ? "--in-memory" : "--no-huge",
			million ? "-m1390" : "-m600",
			"--no-pci",
			"--no-telemetry",
			"--log-level=error",
			"--iova-mode=va",
			lcores,
			prefix,
			NULL};
	if (rte_eal_init(9, args) < 0) {
		puts("skip: DPDK does not start");
		return 77;
	}
	codec_init();
	printf("relay over ring ports, %s pages\n", huge ? "huge" : "4 kB");
	int rc = ports_make(&rig);
	if (rc)
		return fail(strerror(-rc));
	for (size_t i = 0; rc == 0 && i < RTE_DIM(scenes); i++)
		if (argc < 2 || strcmp(argv[1], scenes[i].name) == 0) {
			if (scenes[i].crossing && !two)
				printf("relay        %-24s skip: wants two CPUs\n", scenes[i].name);
			else if (scenes[i].streams > 100000 && !million)
				printf("relay        %-24s skip: wants %u free huge pages\n", scenes[i].name,
				       PAGES_1M);
			else
				rc = scene_run(&scenes[i]);
		}
	rte_eal_cleanup();
	return rc ? 1 : 0;
}
