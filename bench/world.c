// SPDX-License-Identifier: GPL-3.0-or-later
// world.c - A worker's media without a NIC, for benches.
#include "bench/world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/bench.h"
#include "gw/mixer.h"
#include "gw/resample.h"
#include "gw/rtp.h"

#define HUGE_PAGE   (2u << 20)
#define START       (1000 * NSEC_PER_SEC)
#define PERIOD_MS   20
#define KERNEL_RUNS 31 // the middle one counts, as it does for ours

// A voice-like buzz: harmonics of 130 Hz whose strength comes and goes with the syllables, and a little noise.
static void buzz(int16_t *pcm, unsigned int samples, uint32_t rate_hz, uint64_t from)
{
	static uint32_t noise = 1;
	for (unsigned int i = 0; i < samples; i++) {
		double t = (double)(from + i) / rate_hz, y = 0;
		for (unsigned int k = 1; k <= 12; k++)
			y += sin(2 * M_PI * 130 * k * t + k * k) / k;
		noise = noise * 1664525 + 1013904223;
		double loud = 0.55 + 0.45 * sin(2 * M_PI * 3.7 * t);
		pcm[i] = (int16_t)(2500 * loud * y + (double)(int32_t)noise / 2147483648.0 * 60);
	}
}

bool world_clip(unsigned int codec, struct world_clip *ret)
{
	const struct codec *c = codec_by_id(codec);
	if (!codec_can_transcode(codec))
		return false;
	void *encoder = aligned_alloc(64, (c->encoder_size + 64) & ~(size_t)63);
	static int16_t pcm[CODEC_SAMPLES_MAX];
	unsigned int samples = c->sample_rate_hz / 1000 * PERIOD_MS;
	*ret = (struct world_clip){.codec = codec,
				   .payload_type = c->payload_type == 255 ? 96 : c->payload_type};
	if (c->encoder_init && c->encoder_init(encoder))
		abort();
	for (unsigned int i = 0; i < WORLD_CLIP; i++) {
		buzz(pcm, samples, c->sample_rate_hz, (uint64_t)i * samples);
		int n = c->encode(encoder, pcm, samples, ret->bytes[i], WORLD_CLIP_SIZE);
		ret->len[i] = (uint16_t)(n > 0 ? n : 0);
	}
	if (c->encoder_fini)
		c->encoder_fini(encoder);
	free(encoder);
	return true;
}

static struct stream_spec spec_of(uint32_t conference, uint32_t i, const struct world_clip *clip)
{
	struct stream_format f = {
		.codec = (uint8_t)clip->codec, .period_ms = PERIOD_MS, .payload_type = clip->payload_type};
	struct stream_spec s = {
		.conference = conference, .flags = STREAM_RECV | STREAM_SEND, .rx = f, .tx = f};
	s.local.addr.family = s.remote.addr.family = ADDR_IPV4;
	s.local.port = s.remote.port = (uint16_t)(1024 + 2 * (i % 30000));
	return s;
}

struct world *world_new(const struct conference_spec *spec, uint32_t conferences, uint32_t parties,
			const struct world_clip *a, const struct world_clip *b, bool voices)
{
	struct world *w = calloc(1, sizeof(*w));
	struct media_limits l = {.streams = conferences * parties,
				 .conferences = conferences,
				 .voices = voices ? conferences * parties : 0,
				 .seed = 1};
	size_t size = media_size(&l);
	// as the dataplane has it: in huge pages
	size = (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	w->memory = aligned_alloc(HUGE_PAGE, size);
	w->streams = calloc(l.streams, sizeof(*w->streams));
	if (!w->memory || !w->streams)
		abort();
	madvise(w->memory, size, MADV_HUGEPAGE);
	memset(w->memory, 0, size);
	w->m = media_init(w->memory, &l);
	w->now = START;
	w->clip[0] = a;
	w->clip[1] = b;
	for (uint32_t c = 0; c < conferences; c++) {
		uint32_t conference;
		media_conference_open(w->m, spec, &conference);
		for (uint32_t i = 0; i < parties; i++) {
			struct stream_spec s = spec_of(conference, w->count, w->clip[i % 2]);
			if (media_stream_open(w->m, &s, w->now, &w->streams[w->count++]) != 0)
				abort();
		}
	}
	return w;
}

void world_free(struct world *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		media_stream_close(w->m, w->streams[i], w->now);
	free(w->streams);
	free(w->memory);
	free(w);
}

static unsigned int packet_make(uint8_t *rtp, const struct world *w, uint32_t i)
{
	const struct world_clip *clip = w->clip[i % 2];
	uint32_t step = codec_by_id(clip->codec)->rtp_clock_hz / 1000 * PERIOD_MS,
		 at = (w->seq + i) % WORLD_CLIP;
	struct rtp_header h = {.timestamp = w->seq * step,
			       .ssrc = i + 1,
			       .seq = (uint16_t)w->seq,
			       .payload_type = clip->payload_type};
	rtp_header_write(rtp, &h);
	memcpy(rtp + RTP_HEADER_BYTES, clip->bytes[at], clip->len[at]);
	return RTP_HEADER_BYTES + clip->len[at];
}

static uint64_t making; // CPU time that making packets took

uint64_t world_feed(struct world *w)
{
	static uint8_t bytes[WORLD_BURST][RTP_HEADER_BYTES + WORLD_CLIP_SIZE];
	unsigned int len[WORLD_BURST];
	uint64_t spent = 0;
	enum drop_reason why;
	w->seq++;
	for (uint32_t i = 0; i < w->count; i += WORLD_BURST) {
		uint32_t n = w->count - i < WORLD_BURST ? w->count - i : WORLD_BURST;
		uint64_t begun = bench_cpu_ns();
		for (uint32_t k = 0; k < n; k++)
			len[k] = packet_make(bytes[k], w, i + k);
		making += bench_cpu_ns() - begun;
		uint64_t t = bench_cycles();
		if (media_streams(w->m)[w->streams[i]].flags & MEDIA_VOICE)
			media_prefetch(w->m, &w->streams[i], n);
		for (uint32_t k = 0; k < n; k++)
			media_ingest(w->m, w->streams[i + k], bytes[k], len[k], w->now, &why);
		spent += bench_cycles() - t;
	}
	return spent;
}

uint64_t world_period(struct world *w)
{
	uint64_t begun = bench_cpu_ns();
	making = 0;
	static uint8_t out[WORLD_BURST][MEDIA_RTP_MAX];
	struct media_frame frames[WORLD_BURST];
	w->fed += world_feed(w);
	for (unsigned int i = 0; i < WORLD_BURST; i++)
		frames[i].rtp = out[i];
	for (unsigned int ms = 0; ms < PERIOD_MS; ms++) {
		unsigned int n;
		w->now += NSEC_PER_MSEC;
		if (media_tick_due(w->m) > w->now)
			continue;
		uint64_t t = bench_cycles();
		do {
			n = media_tick(w->m, w->now, &(nsec_t){NSEC_PER_SEC}, frames, WORLD_BURST);
			w->frames += n;
		} while (n == WORLD_BURST);
		w->ticked += bench_cycles() - t;
	}
	return bench_cpu_ns() - begun - making;
}

// --- the bare kernels ---

double world_kernels_us(uint32_t n)
{
	const struct codec *c = codec_by_id(CODEC_PCMU);
	int16_t *pcm = aligned_alloc(64, n * 320u + 64), out[160];
	uint8_t *in = malloc(n * 160u), *to = malloc(n * 256u);
	int32_t sum[160];
	double cycles[KERNEL_RUNS];
	for (uint32_t i = 0; i < n * 160u; i++)
		in[i] = (uint8_t)(i * 2654435761u >> 24 | 0x30);
	for (unsigned int run = 0; run < KERNEL_RUNS; run++) {
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
		cycles[run] = (double)(bench_cycles() - t);
	}
	free(pcm);
	free(in);
	free(to);
	return bench_median(cycles, KERNEL_RUNS) / bench_cycles_hz() * 1e6;
}

// Half of the parties in L16 at 16 kHz, and one filter each way.
double world_kernels_mixed_us(uint32_t n)
{
	const struct codec *a = codec_by_id(CODEC_PCMU), *b = codec_by_id(CODEC_L16_16K);
	int16_t *pcm = aligned_alloc(64, n * 640u + 64), out[320];
	uint8_t *in = malloc(n * 640u), *to = malloc(n * 640u);
	static int32_t sum[2][320];
	double cycles[KERNEL_RUNS];
	struct resample *up = aligned_alloc(64, (resample_size() + 63) & ~(size_t)63);
	struct resample *down = aligned_alloc(64, (resample_size() + 63) & ~(size_t)63);
	resample_init(up, 8000, 16000);
	resample_init(down, 16000, 8000);
	for (uint32_t i = 0; i < n * 640u; i++)
		in[i] = (uint8_t)(i * 2654435761u >> 24 | 0x30);
	for (unsigned int run = 0; run < KERNEL_RUNS; run++) {
		uint64_t t = bench_cycles();
		memset(sum, 0, sizeof(sum));
		for (uint32_t i = 0; i < n; i++) {
			const struct codec *c = i % 2 ? b : a;
			unsigned int samples = i % 2 ? 320 : 160;
			c->decode(NULL, in + i * 640u, i % 2 ? 640 : 160, pcm + i * 320u, 320);
			mixer_add(sum[i % 2], pcm + i * 320u, samples);
		}
		int16_t low[160], high[320];
		mixer_all(low, sum[0], 160);
		mixer_all(high, sum[1], 320);
		for (unsigned int half = 0; half < 2; half++) {
			resample_run(down, high + half * 160, 160, out);
			mixer_add(sum[0] + half * 80, out, 80);
			resample_run(up, low + half * 80, 80, out);
			mixer_add(sum[1] + half * 160, out, 160);
		}
		for (uint32_t i = 0; i < n; i++) {
			const struct codec *c = i % 2 ? b : a;
			unsigned int samples = i % 2 ? 320 : 160;
			mixer_minus(out, sum[i % 2], pcm + i * 320u, samples);
			c->encode(NULL, out, samples, to + i * 640u, 640);
		}
		cycles[run] = (double)(bench_cycles() - t);
	}
	resample_fini(up);
	resample_fini(down);
	free(up);
	free(down);
	free(pcm);
	free(in);
	free(to);
	return bench_median(cycles, KERNEL_RUNS) / bench_cycles_hz() * 1e6;
}
