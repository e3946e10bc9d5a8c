// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - slimline-rtpgen: sends RTP over any DPDK port, counts what returns, measures delay, CPU and loss.
//
// slimline-rtpgen EAL-OPTIONS -- --plan FILE [--rate calls|max|PPS] [--seconds S] [--warmup S] [--reflect]
//     [--search LOSS_PERMILLE] [--pid PID] [--dut-mac MAC] [--follow LEGS] [--stamped LEGS] [--window MS] [--thread TID] [--mac MAC]
// --follow: the plan grows while traffic runs, up to so many legs, which join in. --stamped: only the first so many legs tell
// delay: those of a transcode would tell that of its jitter buffer, and tell instead how far each packet is behind the promptest
// of its stream, by their timestamps (`behind`). --window: delays are told for each window of so many
// milliseconds as well, with the longest absence of the generator and how long the device's thread --thread waited for its CPU
// (windows.h). --mac: an address of our own instead of the port's, so that a kernel that has the port too takes what comes for somebody
// else's and drops it early. One lcore sends and receives. With --rate calls every leg sends one packet each 20 ms, spread evenly. The result
// is one JSON object on stdout. Exit 0; 1 when the device never answered; 2 for wrong arguments.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "bench/bench.h"
#include "bench/rtpgen/legs.h"
#include "bench/rtpgen/plan.h"
#include "bench/rtpgen/windows.h"

#define BURST      32
#define PERIOD_S   0.020
#define FRAME_ROOM 1600
#define FOLLOW_S   0.1
#define RATE_CALLS (-1.0)
#define RATE_MAX   0.0

struct options {
	const char *plan;
	double rate; // packets a second, RATE_CALLS or RATE_MAX
	double seconds;
	double warmup;
	double search; // loss allowed, per mille; negative = one trial
	bool reflect;
	bool mac_known;
	uint32_t follow;
	uint32_t stamped;
	pid_t pid;
	double window_ms;
	pid_t thread;
	struct rte_ether_addr dut_mac;
	struct rte_ether_addr mac; // all zero: the port's
};

struct gen {
	struct legs *legs;
	struct rte_mempool
		*tx_pool; // buffers that hold the payload already: nothing else may be written there
	struct rte_mempool *arp_pool;
	struct rte_ether_addr mac;
	double hz;
	uint32_t next;      // place in legs->order
	const char *follow; // plan that may have grown, NULL = no
	struct plan plan;
	struct windows windows, behind; // of stamped legs, and of the others
	struct rte_mbuf *held[BURST];   // written, and not sent yet
	uint16_t held_first, held_count;
	bool warming; // neighbours ask for each of our addresses: everything is looked at
	bool sampled; // at line rate: judge one packet of each burst, count the others
};

struct trial {
	uint64_t sent;
	uint64_t received;
	uint64_t in_time; // of them, while we sent
	uint64_t refused; // times that a packet was not taken, and waited
	double seconds;
	double cpu_s;   // of --pid
	double late_us; // worst delay of the generator itself behind its schedule
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static double process_cpu(pid_t pid)
{
	clockid_t clock;
	struct timespec t;
	if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int port_start(struct gen *g)
{
	if (rte_eth_dev_count_avail() < 1) {
		fprintf(stderr, "rtpgen: no port: give one by --vdev or -a\n");
		return -ENODEV;
	}
	g->tx_pool = rte_pktmbuf_pool_create("gen_tx", 8191, 128, 0, RTE_PKTMBUF_HEADROOM + FRAME_ROOM,
					     SOCKET_ID_ANY);
	g->arp_pool = rte_pktmbuf_pool_create("gen_arp", 255, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	struct rte_mempool *rx =
		rte_pktmbuf_pool_create("gen_rx", 8191, 128, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	struct rte_eth_conf conf = {0};
	int r = g->tx_pool && g->arp_pool && rx ? rte_eth_dev_configure(0, 1, 1, &conf) : -ENOMEM;
	if (!r)
		r = rte_eth_rx_queue_setup(0, 0, 1024, SOCKET_ID_ANY, NULL, rx);
	if (!r)
		r = rte_eth_tx_queue_setup(0, 0, 1024, SOCKET_ID_ANY, NULL);
	if (!r)
		r = rte_eth_dev_start(0);
	if (r)
		fprintf(stderr, "rtpgen: port 0 does not start: %s\n", strerror(-r));
	else
		rte_eth_macaddr_get(0, &g->mac);
	return r;
}

// Every buffer of the pool gets the payload once: sending then writes headers only.
static void pool_fill(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	(void)pool, (void)arg, (void)index;
	struct rte_mbuf *m = object;
	memset((char *)m->buf_addr + RTE_PKTMBUF_HEADROOM, 0xd5, FRAME_ROOM);
}

static void arp_write(uint8_t *p, const struct gen *g, uint16_t op, const uint8_t to[6],
		      const uint8_t from_ip[4], const uint8_t to_ip[4])
{
	static const uint8_t fixed[8] = {0, 1, 8, 0, 6, 4, 0, 0};
	memcpy(p, to, 6);
	memcpy(p + 6, g->mac.addr_bytes, 6);
	p[12] = 8;
	p[13] = 6;
	memcpy(p + 14, fixed, 8);
	p[21] = (uint8_t)op;
	memcpy(p + 22, g->mac.addr_bytes, 6);
	memcpy(p + 28, from_ip, 4);
	memcpy(p + 32, to, 6);
	memcpy(p + 38, to_ip, 4);
}

static void frame_send(struct gen *g, const uint8_t *frame, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(g->arp_pool);
	if (!m)
		return;
	memcpy(rte_pktmbuf_append(m, len), frame, len);
	if (rte_eth_tx_burst(0, 0, &m, 1) != 1)
		rte_pktmbuf_free(m);
}

static void arp_answer(struct gen *g, const uint8_t *f, uint32_t len)
{
	if (len < 42 || f[21] != 1)
		return;
	for (unsigned int i = 0; i < g->legs->gen_count; i++) {
		if (memcmp(f + 38, g->legs->gen[i].ip, 4) != 0)
			continue;
		uint8_t reply[60] = {0};
		arp_write(reply, g, 2, f + 6, g->legs->gen[i].ip, f + 28);
		frame_send(g, reply, sizeof(reply));
	}
}

static int64_t monotonic_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void receive(struct gen *g)
{
	struct rte_mbuf *burst[BURST];
	uint16_t n = rte_eth_rx_burst(0, 0, burst, BURST);
	uint64_t now = bench_cycles();
	legs_look(g->legs, now, n < BURST, g->hz / 1e6);
	if (!n)
		return;
	int64_t ns = monotonic_ns();
	uint16_t judged = g->sampled && n > 1 ? 1 : n;
	g->legs->received += (uint64_t)(n - judged);
	for (uint16_t i = 0; i < judged; i++) {
		const uint8_t *f = rte_pktmbuf_mtod(burst[i], const uint8_t *);
		uint32_t len = burst[i]->data_len;
		if (i + 2 < judged)
			rte_prefetch0(rte_pktmbuf_mtod(burst[i + 2], const void *));
		if (len >= 42 && f[12] == 8 && f[13] == 6)
			arp_answer(g, f, len);
		else
			legs_receive(g->legs, f, len, now, g->hz / 1e6, ns);
	}
	rte_pktmbuf_free_bulk(burst, n);
}

// Asks for the device's MAC until it answers or five seconds have gone.
static int mac_resolve(struct gen *g, const struct plan_leg *leg, struct rte_ether_addr *ret)
{
	static const uint8_t everyone[6] = {255, 255, 255, 255, 255, 255};
	uint64_t start = bench_cycles(), asked = 0;
	while (!stopped && (double)(bench_cycles() - start) < 5 * g->hz) {
		if (!asked || (double)(bench_cycles() - asked) > 0.1 * g->hz) {
			uint8_t request[60] = {0};
			arp_write(request, g, 1, everyone, leg->gen.addr.ip, leg->dut.addr.ip);
			frame_send(g, request, sizeof(request));
			asked = bench_cycles();
		}
		struct rte_mbuf *m;
		if (rte_eth_rx_burst(0, 0, &m, 1) != 1)
			continue;
		const uint8_t *f = rte_pktmbuf_mtod(m, const uint8_t *);
		bool ours = m->data_len >= 42 && f[12] == 8 && f[13] == 6 && f[21] == 2 &&
			    memcmp(f + 28, leg->dut.addr.ip, 4) == 0;
		if (ours)
			memcpy(ret->addr_bytes, f + 22, 6);
		rte_pktmbuf_free(m);
		if (ours)
			return 0;
	}
	fprintf(stderr, "rtpgen: the device did not answer ARP\n");
	return -ETIMEDOUT;
}

// From each of our addresses, so that the device has heard of all of them before it is flooded.
static int macs_resolve(struct gen *g, struct rte_ether_addr *ret)
{
	const struct plan_leg *last = NULL;
	for (uint32_t i = 0; i < g->plan.count; i++) {
		const struct plan_leg *leg = &g->plan.legs[i];
		if (last && memcmp(last->gen.addr.ip, leg->gen.addr.ip, 4) == 0)
			continue;
		if (mac_resolve(g, leg, ret))
			return -ETIMEDOUT;
		last = leg;
	}
	return 0;
}

// Writes the next packets of n legs.
static void write_burst(struct gen *g, uint16_t n, bool stamp)
{
	if (rte_pktmbuf_alloc_bulk(g->tx_pool, g->held, n))
		return;
	struct legs *l = g->legs;
	uint64_t now = stamp ? bench_cycles() : 0;
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = g->held[i];
		uint32_t leg = l->order[g->next];
		uint32_t ahead = g->next + 8 < l->count ? g->next + 8 : 0;
		rte_prefetch0(&l->tx[l->order[ahead]]);
		g->next = g->next + 1 < l->count ? g->next + 1 : 0;
		legs_send(l, leg, rte_pktmbuf_mtod(m, uint8_t *), now);
		m->data_len = (uint16_t)(LEG_HEADER + l->tx[leg].payload);
		m->pkt_len = m->data_len;
	}
	g->held_first = 0;
	g->held_count = n;
}

// Sends up to n packets. What the port does not take waits and goes first the next time: a sender that is held up loses
// nothing. Returns how many went, and adds those that wait to *ret_waited.
static uint16_t send_burst(struct gen *g, uint16_t n, bool stamp, uint64_t *ret_waited)
{
	if (!g->held_count)
		write_burst(g, n, stamp);
	uint16_t sent = rte_eth_tx_burst(0, 0, g->held + g->held_first, g->held_count);
	g->held_first += sent;
	g->held_count -= sent;
	*ret_waited += g->held_count;
	return sent;
}

// Takes in what the plan has more. Returns the number of legs.
static uint32_t follow(struct gen *g)
{
	if (plan_read(g->follow, &g->plan) == 0)
		legs_follow(g->legs, &g->plan);
	return g->legs->count;
}

// One stretch of traffic. rate as in struct options.
static struct trial traffic(struct gen *g, double rate, double seconds, pid_t pid)
{
	struct trial t = {0};
	legs_restart(g->legs);
	g->sampled = rate != RATE_CALLS && !g->warming;
	double pps = rate == RATE_CALLS ? g->legs->count / PERIOD_S : rate;
	double cpu = process_cpu(pid);
	uint64_t start = bench_cycles(), now = start;
	uint64_t end = start + (uint64_t)(seconds * g->hz);
	uint64_t offered = 0, since = start, before = 0,
		 look = start; // at this pace: from when, and what went before
	windows_begin(&g->windows, &g->legs->delays);
	windows_begin(&g->behind, &g->legs->behind);
	while (now < end && !stopped) {
		if (g->follow && now >= look) {
			look = now + (uint64_t)(FOLLOW_S * g->hz);
			before = offered;
			since = now;
			pps = follow(g) / PERIOD_S;
			now = bench_cycles();
		}
		uint64_t due = rate == RATE_MAX ? offered + BURST
						: before + (uint64_t)((double)(now - since) / g->hz * pps);
		if (due > offered) {
			double behind = pps > 0 ? (double)(due - offered - 1) / pps * 1e6 : 0;
			if (behind > t.late_us)
				t.late_us = behind;
			uint16_t n = due - offered < BURST ? (uint16_t)(due - offered) : BURST;
			uint16_t sent = send_burst(
				g, n, g->sampled ? offered % 1024 < BURST : behind < LEG_GAP_US, &t.refused);
			t.sent += sent;
			offered += sent;
		}
		receive(g);
		now = bench_cycles();
		windows_turn(&g->windows, &g->legs->delays, now);
		windows_turn(&g->behind, &g->legs->behind, now);
	}
	t.seconds = (double)(now - start) / g->hz;
	t.cpu_s = process_cpu(pid) - cpu;
	t.in_time = g->legs->received;
	// Until 100 ms bring nothing; a transcoder may go on for ever.
	uint64_t quiet = bench_cycles(), last = g->legs->received, drain = quiet;
	while ((double)(bench_cycles() - quiet) < 0.1 * g->hz && (double)(quiet - drain) < 0.3 * g->hz &&
	       !stopped) {
		receive(g);
		if (g->legs->received != last) {
			last = g->legs->received;
			quiet = bench_cycles();
		}
	}
	t.received = g->legs->received;
	return t;
}

#define TRIALS 9

// Rates offered in a search, and what was lost of them.
struct curve {
	double mpps[TRIALS], permille[TRIALS];
	unsigned int count;
};

static double curve_add(struct curve *c, const struct trial *t)
{
	double offered = (double)t->sent;
	double lost = offered > 0 ? (offered - (double)t->received) / offered * 1000 : 1000;
	c->mpps[c->count] = t->seconds > 0 ? offered / t->seconds / 1e6 : 0;
	c->permille[c->count++] = lost > 0 ? lost : 0;
	return lost;
}

// Highest rate at which no more than `permille` of the packets are lost, all of them offered in time; RFC 2544 search.
static struct trial search(struct gen *g, const struct options *o, struct curve *curve)
{
	struct trial best = traffic(g, RATE_MAX, o->seconds, o->pid);
	double low = 0, high = (double)best.received / best.seconds * 1.1;
	curve_add(curve, &best);
	best = (struct trial){0};
	for (unsigned int i = 0; i < TRIALS - 1 && !stopped; i++) {
		double rate = (low + high) / 2;
		struct trial t = traffic(g, rate, o->seconds, o->pid);
		double lost = curve_add(curve, &t);
		bool kept_up = (double)t.sent >=
			       rate * t.seconds * 0.99; // else the generator is the limit, or the link
		if (lost <= o->search && kept_up) {
			low = rate;
			best = t;
		} else {
			high = rate;
		}
	}
	return best;
}

static void print(const struct gen *g, const struct trial *t, const struct curve *curve)
{
	const struct delays *d = &g->legs->delays, *b = &g->legs->behind;
	printf("{\"legs\":%u,\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"in_time\":%" PRIu64
	       ",\"refused\":%" PRIu64 ",\"unknown\":%" PRIu64
	       ",\"seconds\":%.3f,\"mpps\":%.4f,\"cpu_s\":%.4f,\"late_us\":%.1f"
	       ",\"samples\":%" PRIu64 ",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f",
	       g->legs->count, t->sent, t->received, t->in_time, t->refused, g->legs->unknown, t->seconds,
	       t->seconds > 0 ? (double)t->received / t->seconds / 1e6 : 0, t->cpu_s, t->late_us, d->count,
	       delays_quantile(d, 0.5), delays_quantile(d, 0.99), delays_quantile(d, 0.999), d->max_us);
	printf(",\"unjudged\":%" PRIu64 ",\"away_share\":%.5f,\"away_max_us\":%.1f", g->legs->unjudged,
	       (double)g->legs->away / g->hz / t->seconds, (double)g->legs->away_max / g->hz * 1e6);
	if (b->count)
		printf(",\"behind_samples\":%" PRIu64
		       ",\"behind_p50_us\":%.1f,\"behind_p99_us\":%.1f,\"behind_max_us\":%.1f",
		       b->count, delays_quantile(b, 0.5), delays_quantile(b, 0.99), b->max_us);
	for (unsigned int i = 0; i < curve->count; i++)
		printf("%s[%.4f,%.4f]%s", i ? "," : ",\"curve\":[", curve->mpps[i], curve->permille[i],
		       i + 1 == curve->count ? "]" : "");
	windows_print(&g->windows, "windows", stdout);
	windows_print(&g->behind, "behind_windows", stdout);
	puts("}");
	fflush(stdout);
}

static int usage(const char *problem)
{
	fprintf(stderr,
		"rtpgen: %s\nusage: slimline-rtpgen EAL-OPTIONS -- --plan FILE [--rate calls|max|PPS] "
		"[--seconds S]"
		" [--warmup S] [--reflect] [--search LOSS_PERMILLE] [--pid PID] [--dut-mac MAC] [--follow "
		"LEGS] "
		"[--stamped LEGS] [--window MS] [--thread TID] [--mac MAC]\n",
		problem);
	return 2;
}

static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{"plan", 1, 0, 'p'},    {"rate", 1, 0, 'r'},
		{"seconds", 1, 0, 's'}, {"warmup", 1, 0, 'w'},
		{"reflect", 0, 0, 'f'}, {"search", 1, 0, 'S'},
		{"pid", 1, 0, 'P'},     {"dut-mac", 1, 0, 'm'},
		{"follow", 1, 0, 'F'},  {"stamped", 1, 0, 't'},
		{"window", 1, 0, 'W'},  {"thread", 1, 0, 'T'},
		{"mac", 1, 0, 'M'},     {0},
	};
	int c;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->plan = optarg;
			break;
		case 'r':
			o->rate = !strcmp(optarg, "calls") ? RATE_CALLS
				  : !strcmp(optarg, "max") ? RATE_MAX
							   : atof(optarg);
			break;
		case 's':
			o->seconds = atof(optarg);
			break;
		case 'w':
			o->warmup = atof(optarg);
			break;
		case 'f':
			o->reflect = true;
			break;
		case 'S':
			o->search = atof(optarg);
			break;
		case 'P':
			o->pid = (pid_t)atoi(optarg);
			break;
		case 'F':
			o->follow = (uint32_t)atoi(optarg);
			break;
		case 't':
			o->stamped = (uint32_t)atoi(optarg);
			break;
		case 'W':
			o->window_ms = atof(optarg);
			break;
		case 'T':
			o->thread = (pid_t)atoi(optarg);
			break;
		case 'M':
			if (rte_ether_unformat_addr(optarg, &o->mac))
				return usage("--mac wants six hex bytes");
			break;
		case 'm':
			if (rte_ether_unformat_addr(optarg, &o->dut_mac))
				return usage("--dut-mac wants six hex bytes");
			o->mac_known = true;
			break;
		default:
			return usage("unknown option");
		}
	}
	return o->plan && o->seconds > 0 ? 0 : usage("--plan is needed, and --seconds above 0");
}

static int run(struct gen *g, const struct options *o)
{
	struct rte_ether_addr dut = o->dut_mac;
	if (!rte_is_zero_ether_addr(&o->mac))
		g->mac = o->mac;
	if (!o->mac_known && macs_resolve(g, &dut))
		return 1;
	g->legs = legs_new(&g->plan, o->follow, g->mac.addr_bytes, dut.addr_bytes, o->reflect, 1);
	if (!g->legs)
		return usage("plan too large, or more than 16 generator addresses");
	g->follow = o->follow && o->rate == RATE_CALLS ? o->plan : NULL;
	g->legs->stamped = o->stamped ? o->stamped : UINT32_MAX;
	windows_init(&g->windows, o->window_ms * 1e3, g->hz / 1e6, o->thread);
	windows_init(&g->behind, o->stamped ? o->window_ms * 1e3 : 0, g->hz / 1e6, 0);
	g->warming = true;
	if (o->warmup > 0)
		traffic(g, o->search >= 0 ? RATE_MAX : o->rate, o->warmup, 0);
	g->warming = false;
	struct curve curve = {0};
	struct trial t = o->search >= 0 ? search(g, o, &curve) : traffic(g, o->rate, o->seconds, o->pid);
	print(g, &t, &curve);
	windows_close(&g->windows);
	windows_close(&g->behind);
	legs_free(g->legs);
	return 0;
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	if (used < 0)
		return 2;
	struct options o = {.rate = RATE_CALLS, .seconds = 5, .search = -1};
	int status = options_read(argc - used, argv + used, &o);
	struct gen g = {.hz = bench_cycles_hz()};
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	if (!status && plan_read(o.plan, &g.plan))
		status = usage("the plan cannot be read");
	if (!status && port_start(&g))
		status = 1;
	if (!status) {
		rte_mempool_obj_iter(g.tx_pool, pool_fill, NULL);
		// memif and vhost come up when the peer does
		struct rte_eth_link link = {0};
		for (unsigned int i = 0; i < 500 && !stopped && !link.link_status; i++) {
			rte_eth_link_get_nowait(0, &link);
			rte_delay_us_sleep(10000);
		}
		status = run(&g, &o);
	}
	plan_free(&g.plan);
	rte_eal_cleanup();
	return status;
}
