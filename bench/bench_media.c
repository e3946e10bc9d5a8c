// SPDX-License-Identifier: GPL-3.0-or-later
// bench_media.c - What gw/media costs without a NIC: a relayed packet, a conference's tick, a transcoded session.
//
// The clock is simulated: packets of one period are made, handed in, and the tick is run; only the media's own work
// is timed. The floor of a conference is its bare kernels on contiguous samples: decode all, sum, subtract, encode.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/bench.h"
#include "gw/codec.h"
#include "gw/media.h"
#include "gw/mixer.h"
#include "gw/resample.h"
#include "gw/rtp.h"

#define BURST     32
#define HUGE_PAGE (2u << 20)
#define RUNS      7
#define START     (1000 * NSEC_PER_SEC)

static double hz;
static const char *only; // the case to run, NULL = all

struct world {
	struct media *m;
	void *memory;
	uint32_t *streams;
	uint32_t count;
	nsec_t now;
	uint32_t seq;
};

static struct stream_spec spec_of(uint32_t conference, uint32_t i, unsigned int codec)
{
	struct stream_format f = {
		.codec = (uint8_t)codec, .period_ms = 20, .payload_type = codec_by_id(codec)->payload_type};
	struct stream_spec s = {
		.conference = conference, .flags = STREAM_RECV | STREAM_SEND, .rx = f, .tx = f};
	s.local.addr.family = s.remote.addr.family = ADDR_IPV4;
	s.local.port = s.remote.port = (uint16_t)(1024 + 2 * (i % 30000));
	return s;
}

// `conferences` of `parties` each; the parties' codecs alternate.
static struct world *world_new(uint32_t conferences, uint32_t parties, unsigned int a, unsigned int b,
			       bool voices)
{
	struct world *w = calloc(1, sizeof(*w));
	struct media_limits l = {.streams = conferences * parties,
				 .conferences = conferences,
				 .voices = voices ? conferences * parties : 0,
				 .seed = 1};
	size_t size = (media_size(&l) + 63) & ~(size_t)63;
	// as the dataplane has it: in huge pages
	size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	w->memory = aligned_alloc(HUGE_PAGE, size);
	madvise(w->memory, size, MADV_HUGEPAGE);
	memset(w->memory, 0, size);
	w->m = media_init(w->memory, &l);
	w->streams = calloc(l.streams, sizeof(*w->streams));
	w->now = START;
	for (uint32_t c = 0; c < conferences; c++) {
		struct conference_spec spec = {0};
		uint32_t conference;
		media_conference_open(w->m, &spec, &conference);
		for (uint32_t i = 0; i < parties; i++) {
			struct stream_spec s = spec_of(conference, w->count, i % 2 ? b : a);
			if (media_stream_open(w->m, &s, w->now, &w->streams[w->count++]) != 0)
				abort();
		}
	}
	return w;
}

static void world_free(struct world *w)
{
	free(w->streams);
	free(w->memory);
	free(w);
}

static void packet_make(uint8_t *rtp, const struct world *w, uint32_t i, uint8_t type)
{
	struct rtp_header h = {
		.timestamp = w->seq * 160, .ssrc = i + 1, .seq = (uint16_t)w->seq, .payload_type = type};
	rtp_header_write(rtp, &h);
}

// Hands one packet to every stream, BURST at a time as a worker would. Returns cycles spent in media_ingest.
static uint64_t feed(struct world *w, uint8_t (*bytes)[256])
{
	uint64_t spent = 0;
	enum drop_reason why;
	w->seq++;
	for (uint32_t i = 0; i < w->count; i += BURST) {
		uint32_t n = w->count - i < BURST ? w->count - i : BURST;
		for (uint32_t k = 0; k < n; k++)
			packet_make(bytes[k], w, i + k,
				    media_stream_spec(w->m, w->streams[i + k])->rx.payload_type);
		uint64_t t = bench_cycles();
		for (uint32_t k = 0; k < n; k++)
			media_ingest(w->m, w->streams[i + k], bytes[k], 172, w->now, &why);
		spent += bench_cycles() - t;
	}
	return spent;
}

// Runs 20 ms of ticks. Returns cycles spent in media_tick.
static uint64_t tick_period(struct world *w, uint8_t (*out)[MEDIA_RTP_MAX], uint32_t *ret_frames)
{
	struct media_frame frames[BURST];
	uint64_t spent = 0;
	for (unsigned int i = 0; i < BURST; i++)
		frames[i].rtp = out[i];
	for (unsigned int ms = 0; ms < 20; ms++) {
		unsigned int n;
		w->now += NSEC_PER_MSEC;
		if (media_tick_due(w->m) > w->now)
			continue;
		uint64_t t = bench_cycles();
		do {
			n = media_tick(w->m, w->now, frames, BURST);
			*ret_frames += n;
		} while (n == BURST);
		spent += bench_cycles() - t;
	}
	return spent;
}

static void speech(uint8_t (*bytes)[256])
{
	uint32_t x = 1;
	for (unsigned int i = 0; i < BURST; i++)
		for (unsigned int k = 0; k < 160; k++) {
			x = x * 1664525 + 1013904223;
			bytes[i][12 + k] = (uint8_t)(x >> 24 | 0x30);
		}
}

static void relay(uint32_t streams, unsigned int a, unsigned int b, const char *name)
{
	if (only && strcmp(only, name) != 0)
		return;
	static uint8_t bytes[BURST][256];
	struct world *w = world_new(streams / 2, 2, a, b, false);
	struct bench_result r = {.bench = "media", .name = name, .unit = "cycles/packet"};
	unsigned int rounds = 2000000 / streams / RUNS + 1;
	speech(bytes);
	for (unsigned int run = 0; run < RUNS; run++) {
		uint64_t spent = 0;
		for (unsigned int k = 0; k < rounds; k++) {
			spent += feed(w, bytes);
			w->now += 20 * NSEC_PER_MSEC;
		}
		bench_add(&r, (double)spent / rounds / streams);
	}
	bench_report(&r);
	world_free(w);
}

// The same work as a G.711 conference of n, without anything around it.
static double floor_us(uint32_t n)
{
	const struct codec *c = codec_by_id(CODEC_PCMU);
	int16_t *pcm = aligned_alloc(64, n * 320u + 64), out[160];
	uint8_t *in = malloc(n * 160u), *to = malloc(n * 256u);
	int32_t sum[160];
	uint64_t best = UINT64_MAX;
	for (uint32_t i = 0; i < n * 160u; i++)
		in[i] = (uint8_t)(i * 2654435761u >> 24 | 0x30);
	for (unsigned int run = 0; run < 30; run++) {
		uint64_t t = bench_cycles();
		for (uint32_t i = 0; i < n; i++) {
			c->decode(NULL, in + i * 160u, 160, pcm + i * 160u, 160);
			if (i)
				mixer_add(sum, pcm + i * 160u, 160);
			else
				mixer_set(sum, pcm, 160);
		}
		for (uint32_t i = 0; i < n; i++) {
			mixer_minus(out, sum, pcm + i * 160u, 160);
			c->encode(NULL, out, 160, to + i * 256u, 160);
		}
		t = bench_cycles() - t;
		best = t < best ? t : best;
	}
	free(pcm);
	free(in);
	free(to);
	return (double)best / hz * 1e6;
}

static void conference(uint32_t parties, unsigned int codec, const char *name)
{
	if (only && strcmp(only, name) != 0)
		return;
	static uint8_t bytes[BURST][256], out[BURST][MEDIA_RTP_MAX];
	struct world *w = world_new(1, parties, codec, codec, true);
	struct bench_result tick = {.bench = "media", .name = name, .unit = "us/tick", .peer = "kernels"};
	char ingest_name[64];
	snprintf(ingest_name, sizeof(ingest_name), "%s-ingest", name);
	struct bench_result ingest = {.bench = "media", .name = ingest_name, .unit = "ns/packet"};
	unsigned int rounds = 40000 / parties / RUNS + 3;
	speech(bytes);
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		uint64_t fed = 0, ticked = 0;
		uint32_t frames = 0;
		for (unsigned int k = 0; k < rounds; k++) {
			fed += feed(w, bytes);
			ticked += tick_period(w, out, &frames);
		}
		if (run == 0)
			continue; // play-out begins here
		if (frames != rounds * parties)
			printf("%s: %u frames, expected %u\n", name, frames, rounds * parties);
		bench_add(&tick, (double)ticked / rounds / hz * 1e6);
		bench_add(&ingest, (double)fed / rounds / parties / hz * 1e9);
		if (codec == CODEC_PCMU)
			bench_add_peer(&tick, floor_us(parties));
	}
	if (codec != CODEC_PCMU)
		tick.peer = NULL;
	bench_report(&tick);
	bench_report(&ingest);
	world_free(w);
}

static void transcode(unsigned int codec, const char *name)
{
	if (only && strcmp(only, name) != 0)
		return;
	static uint8_t bytes[BURST][256], out[BURST][MEDIA_RTP_MAX];
	enum { SESSIONS = 100 };
	struct world *w = world_new(SESSIONS, 2, CODEC_PCMU, codec, true);
	struct bench_result r = {.bench = "media", .name = name, .unit = "sessions/core"};
	speech(bytes);
	for (unsigned int run = 0; run < RUNS + 1; run++) {
		uint64_t spent = 0;
		uint32_t frames = 0;
		for (unsigned int k = 0; k < 10; k++)
			spent += feed(w, bytes) + tick_period(w, out, &frames);
		if (run > 0)
			bench_add(&r, 0.02 * hz * SESSIONS * 10 / (double)spent);
	}
	bench_report(&r);
	world_free(w);
}

int main(int argc, char **argv)
{
	only = argc > 1 ? argv[1] : NULL;
	bench_pin(1);
	hz = bench_cycles_hz();
	codec_init();
	mixer_init();
	resample_cpu_init();
	printf("kernels: mixer %s, law %s\n", mixer_kernel(), codec_law_kernel());
	relay(32, CODEC_PCMU, CODEC_PCMU, "relay-32");
	relay(10000, CODEC_PCMU, CODEC_PCMU, "relay-10k");
	relay(10000, CODEC_PCMU, CODEC_PCMA, "law-10k");
	conference(8, CODEC_PCMU, "pcmu-8");
	conference(32, CODEC_PCMU, "pcmu-32");
	conference(128, CODEC_PCMU, "pcmu-128");
	conference(1000, CODEC_PCMU, "pcmu-1000");
	conference(128, CODEC_G722, "g722-128");
	transcode(CODEC_G722, "pcmu-g722");
	return 0;
}
