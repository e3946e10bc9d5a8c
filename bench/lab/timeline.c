// SPDX-License-Identifier: GPL-3.0-or-later
// timeline.c - Orders packets by RTP time, decodes them, and finds the wall time of their first sample.
#include "bench/lab/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BREAK_NS  (2 * NSEC_PER_SEC) // RTP time this far from arrival time is a new start
#define LONGEST_S 600

// A packet with its place in samples.
struct placed {
	const struct packet *packet;
	int64_t at; // samples
};

static int by_place(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

// Gives every packet a place: RTP time, unwrapped, restarted at the arrival time after a break.
static void place(const struct packet_log *log, const struct codec *c, struct placed *out)
{
	const struct packet *reference = &log->packets[0];
	int64_t reference_at = 0;
	for (size_t i = 0; i < log->count; i++) {
		const struct packet *p = &log->packets[i];
		int64_t elapsed = (int64_t)(p->at - log->packets[0].at);
		int64_t ticks = (int32_t)(p->ts - reference->ts);
		int64_t at = reference_at + ticks * c->sample_rate_hz / c->rtp_clock_hz;
		int64_t off = at * (int64_t)NSEC_PER_SEC / c->sample_rate_hz - elapsed;
		if (p->ssrc != reference->ssrc || llabs(off) > (int64_t)BREAK_NS) {
			reference = p;
			at = reference_at = elapsed * c->sample_rate_hz / (int64_t)NSEC_PER_SEC;
		}
		out[i] = (struct placed){.packet = p, .at = at};
	}
}

// Median of (time of packet - its place): when sample 0 played.
static nsec_t base_find(const struct placed *places, size_t count, uint32_t rate_hz, double *scratch)
{
	nsec_t first = places[0].packet->at;
	for (size_t i = 0; i < count; i++)
		scratch[i] = (double)(int64_t)(places[i].packet->at - first) -
			     (double)places[i].at * 1e9 / rate_hz;
	qsort(scratch, count, sizeof(*scratch), by_value);
	return first + (nsec_t)(int64_t)scratch[count / 2];
}

static int decode(const struct packet_log *log, const struct codec *c, const struct placed *places,
		  struct timeline *t)
{
	void *decoder = aligned_alloc(64, (c->decoder_size + 64) / 64 * 64);
	if (!decoder)
		return -ENOMEM;
	int rc = c->decoder_init ? c->decoder_init(decoder) : 0;
	for (size_t i = 0; i < log->count && rc == 0; i++) {
		int16_t pcm[CODEC_SAMPLES_MAX];
		const struct packet *p = places[i].packet;
		if (i > 0 && places[i].at == places[i - 1].at)
			continue; // a duplicate
		int n = c->decode(decoder, packet_payload(log, p), p->len, pcm, CODEC_SAMPLES_MAX);
		for (int k = 0; k < n; k++)
			if (places[i].at + k >= 0 && places[i].at + k < (int64_t)t->count)
				t->pcm[places[i].at + k] = pcm[k];
	}
	if (rc == 0 && c->decoder_fini)
		c->decoder_fini(decoder);
	free(decoder);
	return rc;
}

int timeline_heard(const struct packet_log *log, const struct codec *codec, struct timeline *ret)
{
	if (log->count == 0)
		return -ENODATA;
	struct timeline t = {.rate_hz = codec->sample_rate_hz};
	struct placed *places = calloc(log->count, sizeof(*places));
	double *scratch = calloc(log->count, sizeof(*scratch));
	int rc = places && scratch ? 0 : -ENOMEM;
	if (rc == 0) {
		place(log, codec, places);
		qsort(places, log->count, sizeof(*places), by_place);
		int64_t shift = places[0].at; // a packet may have overtaken the first one
		for (size_t i = 0; i < log->count; i++)
			places[i].at -= shift;
		t.base = base_find(places, log->count, t.rate_hz, scratch);
		t.count = (size_t)places[log->count - 1].at + CODEC_SAMPLES_MAX;
		if (t.count > (size_t)LONGEST_S * t.rate_hz)
			t.count = (size_t)LONGEST_S * t.rate_hz;
		t.pcm = calloc(t.count, sizeof(*t.pcm));
		rc = t.pcm ? decode(log, codec, places, &t) : -ENOMEM;
	}
	free(places);
	free(scratch);
	if (rc == 0)
		*ret = t;
	else
		timeline_free(&t);
	return rc;
}

int timeline_said(const struct packet_log *log, const struct codec *codec, uint8_t period_ms,
		  const struct audio *source, uint32_t rate_hz, struct timeline *ret)
{
	if (log->count == 0 || source->count == 0)
		return -ENODATA;
	struct audio converted;
	int rc = audio_convert(source, rate_hz, &converted);
	if (rc < 0)
		return rc;
	struct timeline t = {.rate_hz = rate_hz, .count = (size_t)log->count * rate_hz / 1000 * period_ms};
	double *scratch = calloc(log->count, sizeof(*scratch));
	t.pcm = calloc(t.count, sizeof(*t.pcm));
	if (scratch && t.pcm && converted.count) {
		for (size_t i = 0; i < t.count; i++)
			t.pcm[i] = converted.pcm[i % converted.count];
		nsec_t first = log->packets[0].at;
		for (size_t i = 0; i < log->count; i++)
			scratch[i] = (double)(log->packets[i].at - first) - (double)i * period_ms * 1e6;
		qsort(scratch, log->count, sizeof(*scratch), by_value);
		t.base = first + (nsec_t)(int64_t)scratch[log->count / 2];
		*ret = t;
	} else {
		rc = -ENOMEM;
		timeline_free(&t);
	}
	free(scratch);
	audio_free(&converted);
	return rc;
}

int timeline_save(const struct timeline *t, const char *path)
{
	int16_t *pcm = malloc(t->count * sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	for (size_t i = 0; i < t->count; i++)
		pcm[i] = (int16_t)t->pcm[i];
	int rc = audio_save(path, pcm, t->count, t->rate_hz);
	free(pcm);
	return rc;
}

void timeline_free(struct timeline *t)
{
	free(t->pcm);
	*t = (struct timeline){0};
}
