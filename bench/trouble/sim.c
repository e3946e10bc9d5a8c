// SPDX-License-Identifier: GPL-3.0-or-later
// sim.c - One call through a simulated bad network into gw/media: what is heard, how late, and what that is worth.
#include "bench/trouble/sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gw/codec.h"
#include "gw/media.h"
#include "gw/mixer.h"
#include "gw/quality.h"
#include "gw/resample.h"
#include "gw/rtp.h"

#define PERIOD_MS  20
#define PAYLOAD    160
#define BLENDED    80 // samples that concealment may have blended into the packet after a loss
#define FLIGHT_MAX 64
#define TALK       60 // packets of speech, then
#define PAUSE      30 // packets of pause
#define RUN_LENGTH 3.0
#define SWAPPED_MS 50
#define START      (1000 * NSEC_PER_SEC)
#define FRAMES     4

struct packet {
	nsec_t arrival;
	uint32_t number;
	bool used;
};

struct sim {
	const struct trouble_network *net;
	struct media *media;
	uint32_t speaker, listener;
	uint64_t random;
	bool bad; // Gilbert's state
	nsec_t now, next_send;
	uint32_t sent, total;
	struct packet flight[FLIGHT_MAX];
	uint32_t oldest; // packets before this one have been heard or never will be
	nsec_t *sent_at; // by number
	uint8_t *heard;
	float *delays; // ms
	uint32_t heard_count;
};

static uint32_t chance(struct sim *s)
{
	s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(s->random >> 33) << 1;
}

static bool happens(struct sim *s, double share)
{
	return chance(s) < share * 4294967296.0;
}

static bool is_lost(struct sim *s)
{
	const struct trouble_network *n = s->net;
	if (n->loss_kind == TROUBLE_RANDOM)
		return happens(s, n->loss);
	double leave = 1 / RUN_LENGTH;
	s->bad = s->bad ? !happens(s, leave) : happens(s, leave * n->loss / (1 - n->loss));
	return s->bad;
}

static bool is_speech(uint32_t number)
{
	return number % (TALK + PAUSE) < TALK;
}

// Samples that tell which packet they are: loud in speech, under -50 dBm0 in a pause. Never the code of minus zero.
static void payload_make(uint32_t number, uint8_t payload[PAYLOAD])
{
	uint64_t x = number * UINT64_C(0x9e3779b97f4a7c15) + 12345;
	bool pause = !is_speech(number);
	for (unsigned int i = 0; i < PAYLOAD; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint8_t code = (uint8_t)(pause ? 0xf8 | (x & 7) : 0x90 | (x & 0x1f));
		payload[i] = (uint8_t)(code & ((x >> 8 & 1) && code != 0xff ? 0x7f : 0xff));
	}
}

static void post(struct sim *s, uint32_t number, nsec_t arrival)
{
	for (unsigned int i = 0; i < FLIGHT_MAX; i++)
		if (!s->flight[i].used) {
			s->flight[i] = (struct packet){.arrival = arrival, .number = number, .used = true};
			return;
		}
}

static void send_one(struct sim *s)
{
	const struct trouble_network *n = s->net;
	uint32_t number = s->sent++;
	s->sent_at[number] = s->next_send;
	nsec_t delay = n->base_ms * NSEC_PER_MSEC +
		       (nsec_t)(n->jitter_ms * chance(s) / 4294967296.0 * (double)NSEC_PER_MSEC);
	if (happens(s, n->reorder))
		delay += SWAPPED_MS * NSEC_PER_MSEC;
	bool lost = is_lost(s), twice = happens(s, n->duplicate);
	if (!lost)
		post(s, number, s->next_send + delay);
	if (!lost && twice)
		post(s, number, s->next_send + delay + NSEC_PER_MSEC);
	s->next_send += (nsec_t)((1 - n->drift) * PERIOD_MS * (double)NSEC_PER_MSEC);
}

static void deliver(struct sim *s, const struct packet *p)
{
	uint8_t rtp[RTP_HEADER_BYTES + PAYLOAD];
	enum drop_reason ignored;
	struct rtp_header h = {.timestamp = p->number * PAYLOAD,
			       .ssrc = 1,
			       .seq = (uint16_t)p->number,
			       .marker = p->number == 0};
	rtp_header_write(rtp, &h);
	payload_make(p->number, rtp + RTP_HEADER_BYTES);
	media_ingest(s->media, s->speaker, rtp, sizeof(rtp), p->arrival, &ignored);
}

// Hands over what arrives by now, in order of arrival.
static void network(struct sim *s)
{
	while (s->next_send <= s->now && s->sent < s->total)
		send_one(s);
	for (;;) {
		struct packet *first = NULL;
		for (unsigned int i = 0; i < FLIGHT_MAX; i++) {
			struct packet *p = &s->flight[i];
			if (p->used && p->arrival <= s->now && (!first || p->arrival < first->arrival))
				first = p;
		}
		if (!first)
			return;
		first->used = false;
		deliver(s, first);
	}
}

// Which packet this is that B hears. False: none of A's, so it was made up.
static bool recognise(struct sim *s, const uint8_t *payload, uint32_t *ret_number)
{
	uint8_t made[PAYLOAD];
	for (uint32_t number = s->oldest; number < s->sent; number++) {
		payload_make(number, made);
		if (memcmp(made + BLENDED, payload + BLENDED, PAYLOAD - BLENDED) == 0) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

static void hear(struct sim *s, const struct media_frame *f)
{
	uint32_t number;
	if (f->stream != s->listener || f->len != RTP_HEADER_BYTES + PAYLOAD)
		return;
	while (s->oldest < s->sent && s->now - s->sent_at[s->oldest] > 400 * NSEC_PER_MSEC)
		s->oldest++;
	if (!recognise(s, f->rtp + RTP_HEADER_BYTES, &number) || s->heard[number])
		return;
	s->heard[number] = 1;
	if (!is_speech(number))
		return;
	s->delays[s->heard_count++] =
		(float)((double)(s->now - s->sent_at[number]) / NSEC_PER_MSEC - s->net->base_ms);
}

static void tick(struct sim *s)
{
	uint8_t bytes[FRAMES][MEDIA_RTP_MAX];
	struct media_frame frames[FRAMES];
	unsigned int n;
	do {
		for (unsigned int i = 0; i < FRAMES; i++)
			frames[i].rtp = bytes[i];
		n = media_tick(s->media, s->now, &(nsec_t){NSEC_PER_SEC}, frames, FRAMES);
		for (unsigned int i = 0; i < n; i++)
			hear(s, &frames[i]);
	} while (n == FRAMES);
}

static uint32_t party(struct media *m, uint32_t conference, uint16_t port)
{
	struct stream_format f = {.codec = CODEC_PCMU, .period_ms = PERIOD_MS};
	struct stream_spec spec = {
		.conference = conference, .flags = STREAM_RECV | STREAM_SEND, .rx = f, .tx = f};
	uint32_t stream = MEDIA_NONE;
	spec.local.addr.family = spec.remote.addr.family = ADDR_IPV4;
	spec.local.port = spec.remote.port = port;
	media_stream_open(m, &spec, START, &stream);
	return stream;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static void judge(struct sim *s, struct trouble_result *ret)
{
	struct quality_loss loss = {0};
	struct quality_bursts bursts;
	double sum = 0, r = 0;
	uint32_t speech = 0;
	for (uint32_t i = 0; i < s->sent; i++) {
		if (!is_speech(i))
			continue;
		if (!s->heard[i])
			quality_missing(&loss, speech, 1);
		speech++;
	}
	quality_bursts(&loss, speech, &bursts);
	for (uint32_t i = 0; i < s->heard_count; i++)
		sum += s->delays[i];
	qsort(s->delays, s->heard_count, sizeof(*s->delays), by_value);
	*ret = (struct trouble_result){.sent = speech, .heard = s->heard_count, .lost = bursts.loss};
	if (s->heard_count == 0)
		return;
	ret->delay_ms = sum / s->heard_count;
	ret->delay_p95_ms = s->delays[s->heard_count * 95 / 100];
	quality_rate(CODEC_PCMU, bursts.loss, bursts.clustering, ret->delay_ms + s->net->base_ms + PERIOD_MS,
		     &r);
	ret->mos = quality_mos(r);
}

// The last packets are left out: the call ends before all of them can be heard.
static void play(struct sim *s)
{
	nsec_t end = START + s->net->seconds * NSEC_PER_SEC;
	while (s->now < end + 500 * NSEC_PER_MSEC) {
		network(s);
		if (media_tick_due(s->media) <= s->now)
			tick(s);
		s->now += NSEC_PER_MSEC;
	}
}

int trouble_run(const struct trouble_network *n, uint16_t min_ms, uint16_t max_ms, struct trouble_result *ret)
{
	struct media_limits limits = {.streams = 2,
				      .conferences = 1,
				      .voices = 2,
				      .jitter_min_ms = min_ms,
				      .jitter_max_ms = max_ms,
				      .seed = 1};
	struct conference_spec bridge = {.flags = CONFERENCE_BRIDGE};
	struct sim s = {.net = n, .random = n->seed, .now = START, .next_send = START + 7 * NSEC_PER_MSEC};
	uint32_t conference = 0;
	s.total = n->seconds * 1000 / PERIOD_MS;
	s.sent_at = calloc(s.total, sizeof(*s.sent_at));
	s.heard = calloc(s.total, 1);
	s.delays = calloc(s.total, sizeof(*s.delays));
	void *memory = aligned_alloc(64, (media_size(&limits) + 63) & ~(size_t)63);
	int err = -ENOMEM;
	if (!s.sent_at || !s.heard || !s.delays || !memory)
		goto out;
	codec_init();
	mixer_init();
	resample_cpu_init();
	s.media = media_init(memory, &limits);
	media_conference_open(s.media, &bridge, &conference);
	s.speaker = party(s.media, conference, 2000);
	s.listener = party(s.media, conference, 2002);
	play(&s);
	judge(&s, ret);
	media_conference_close(s.media, conference, s.now);
	err = 0;
out:
	free(memory);
	free(s.sent_at);
	free(s.heard);
	free(s.delays);
	return err;
}
