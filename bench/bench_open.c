// SPDX-License-Identifier: GPL-3.0-or-later
// bench_open.c - Opens calls in a running dataplane and writes the generator's plan; or churns calls, or shows counters.
//
// Codec `none`, for both, is the payload-blind relay; the plan then says G.711. Exit 0, or 1 with the reason.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/opener.h"
#include "bench/rtpgen/plan.h"
#include "gw/drop.h"

static const char usage[] =
	"usage: slimline-bench-open SOCKET CALLS CODEC_A CODEC_B GEN_ADDRESS PLAN_FILE   open them, and "
	"leave them open\n"
	"       slimline-bench-open --churn SECONDS RATE SOCKET CALLS CODEC_A CODEC_B GEN_ADDRESS\n"
	"                                  open RATE calls a second (0: at most) and keep CALLS; in the end "
	"none\n"
	"       slimline-bench-open --figures SOCKET   counters, and a second's load, as one line of JSON\n";

static int plan_write(const struct opener *o, const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return -errno;
	char gen[ADDR_TEXT_MAX], dut[ADDR_TEXT_MAX];
	for (uint32_t i = 0; i < o->places * 2; i++) {
		struct addr_port far = opener_far(o, i), local = o->calls[i / 2].local[i & 1];
		enum codec_id id = o->codec[i & 1];
		const struct codec *c = codec_by_id(id == CODEC_NONE ? CODEC_PCMU : id);
		bool opus = c->bytes_per_10ms == 0;
		fprintf(f, "%s %u %s %u %u %u %u %u\n", addr_text(&far.addr, gen, sizeof(gen)), far.port,
			addr_text(&local.addr, dut, sizeof(dut)), local.port,
			c->payload_type < 128 ? c->payload_type : 96,
			opus ? PLAN_OPUS : c->bytes_per_10ms * 2, c->rtp_clock_hz / 50,
			opus ? PLAN_OPUS_FIRST : PLAN_FILL);
	}
	return fclose(f) ? -errno : 0;
}

static bool codec_parse(const char *word, enum codec_id *ret)
{
	const struct codec *c = codec_by_name(word);
	*ret = c ? c->id : CODEC_NONE;
	return c || strcmp(word, "none") == 0;
}

static bool number_parse(const char *word, uint32_t least, uint32_t *ret)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);
	*ret = (uint32_t)value;
	return *word && !*end && value >= least && value <= 1000000;
}

// SOCKET CALLS CODEC_A CODEC_B GEN_ADDRESS
static bool calls_parse(struct opener *o, char **argv)
{
	o->path = argv[0];
	return number_parse(argv[1], 1, &o->places) && codec_parse(argv[2], &o->codec[0]) &&
	       codec_parse(argv[3], &o->codec[1]) && !addr_parse(argv[4], &o->gen);
}

static int fail(const struct opener *o, int r)
{
	if (r == -EADDRNOTAVAIL)
		fprintf(stderr, "bench-open: %s: the dataplane has no IPv%d address\n", o->path,
			o->gen.family == ADDR_IPV6 ? 6 : 4);
	else
		fprintf(stderr, "bench-open: %s: %s after %u calls\n", o->path, strerror(-r), o->opened);
	return 1;
}

static int open_main(char **argv)
{
	struct opener o = {0};
	if (!calls_parse(&o, argv))
		return 2;
	int r = opener_init(&o);
	if (!r)
		r = opener_fill(&o);
	if (!r)
		r = plan_write(&o, argv[5]);
	if (r)
		r = fail(&o, r);
	else
		printf("opened %u calls\n", o.opened);
	opener_fini(&o);
	return r;
}

static int churn_main(char **argv)
{
	struct opener o = {0};
	uint32_t seconds, rate;
	if (!number_parse(argv[0], 1, &seconds) || !number_parse(argv[1], 0, &rate) ||
	    !calls_parse(&o, argv + 2))
		return 2;
	int r = opener_init(&o);
	if (!r)
		r = opener_churn(&o, seconds * NSEC_PER_SEC, rate);
	if (r)
		r = fail(&o, r);
	else
		printf("opened and closed %u calls in %u s\n", o.closed, seconds);
	opener_fini(&o);
	return r;
}

// What one core spent on a packet, all workers taken together; 0 where nothing came.
static double cycles_per_packet(const struct api_status_reply *was, const struct api_status_reply *is)
{
	uint64_t packets = 0, permille = 0;
	for (uint32_t i = 0; i < is->worker_count && i < API_WORKERS_MAX; i++) {
		packets += is->workers[i].rx_packets - was->workers[i].rx_packets;
		permille += is->workers[i].load_permille;
	}
	double seconds = (double)(is->uptime_ns - was->uptime_ns) / NSEC_PER_SEC;
	return packets ? (double)permille / 1000 * seconds * bench_cycles_hz() / (double)packets : 0;
}

static int figures_main(char **argv)
{
	struct opener o = {.path = argv[0]};
	struct api_status_reply was, is;
	struct api_drops_reply drops;
	int r = opener_init(&o);
	if (!r)
		r = opener_look(&o, &was, &drops);
	if (!r && sleep(1) == 0)
		r = opener_look(&o, &is, &drops);
	if (r) {
		r = fail(&o, r);
	} else {
		uint64_t rx = 0, tx = 0, missed = 0;
		for (uint32_t i = 0; i < is.port_count && i < API_PORTS_MAX; i++) {
			rx += is.ports[i].rx_packets;
			tx += is.ports[i].tx_packets;
			missed += is.ports[i].rx_missed;
		}
		printf("{\"streams\":%u,\"rx\":%" PRIu64 ",\"tx\":%" PRIu64 ",\"missed\":%" PRIu64
		       ",\"cycles_per_packet\":%.1f,\"drops\":{",
		       is.streams_open, rx, tx, missed, cycles_per_packet(&was, &is));
		const char *comma = "";
		for (unsigned int i = 1; i < DROP_COUNT; i++) {
			if (!drops.drops[i])
				continue;
			printf("%s\"%s\":%" PRIu64, comma, drop_name(i), drops.drops[i]);
			comma = ",";
		}
		printf("}}\n");
	}
	opener_fini(&o);
	return r;
}

int main(int argc, char **argv)
{
	int r = 2;
	if (argc == 3 && strcmp(argv[1], "--figures") == 0)
		r = figures_main(argv + 2);
	else if (argc == 9 && strcmp(argv[1], "--churn") == 0)
		r = churn_main(argv + 2);
	else if (argc == 7 && argv[1][0] != '-')
		r = open_main(argv + 1);
	if (r == 2)
		fputs(usage, stderr);
	return r;
}
