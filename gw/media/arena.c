// SPDX-License-Identifier: GPL-3.0-or-later
// arena.c - Lays everything one worker owns out in the caller's memory, once.
#include <string.h>

#include "gw/media/inside.h"

#define LINE 64

static size_t lines(size_t bytes)
{
	return (bytes + LINE - 1) & ~(size_t)(LINE - 1);
}

// Where each array begins; one walk serves both media_size and media_init.
struct layout {
	size_t streams, cold, conferences, sources, voices, voice_memory, mixers, mixer_memory, rows, matrix,
		end;
};

static uint32_t voice_total(const struct media_limits *l)
{
	return l->voices ? l->voices + 1 : 0; // one more, so that a full pool can still change a codec
}

// Enough for the codecs in use everywhere, unless the caller knows better; and for one voice of any codec.
static size_t voice_memory(const struct media_limits *l)
{
	size_t each = l->voice_memory ? l->voice_memory : voice_bytes_max(l->codecs);
	return voice_total(l) ? each * l->voices + voice_bytes_max(0) : 0;
}

static struct layout lay_out(const struct media_limits *l)
{
	struct layout at;
	uint32_t voices = voice_total(l);
	at.streams = lines(sizeof(struct media));
	at.cold = at.streams + lines(sizeof(struct media_stream) * (size_t)l->streams);
	at.conferences = at.cold + lines(sizeof(struct media_cold) * (size_t)l->streams);
	at.sources = at.conferences + lines(sizeof(struct media_conference) * (size_t)l->conferences);
	at.voices = at.sources + lines(sizeof(struct media_source) * (size_t)l->sources);
	at.voice_memory = at.voices + lines(sizeof(struct media_voice) * (size_t)voices);
	at.mixers = at.voice_memory + lines(pool_size(voice_memory(l)));
	at.mixer_memory = at.mixers + lines(sizeof(struct media_mixer) * (size_t)voices);
	at.rows = at.mixer_memory + lines(resample_size()) * RATES * (RATES - 1) * voices;
	at.matrix = at.rows + lines(sizeof(struct media_row) * (size_t)voices);
	// Behind the last row a whole packet may be decoded before the surplus is moved away.
	at.end = at.matrix +
		 lines(sizeof(int16_t) * (QUANTUM_MAX * (size_t)voices + CODEC_SAMPLES_MAX + QUANTUM_MAX));
	return at;
}

size_t media_size(const struct media_limits *limits)
{
	return lay_out(limits).end;
}

size_t media_stream_bytes(void)
{
	return sizeof(struct media_stream) + sizeof(struct media_cold);
}

size_t media_conference_bytes(void)
{
	return sizeof(struct media_conference);
}

static void streams_init(struct media *m)
{
	for (uint32_t i = 0; i < m->limits.streams; i++) {
		memset(&m->streams[i], 0, sizeof(m->streams[i]));
		memset(&m->cold[i], 0, sizeof(m->cold[i]));
		m->streams[i].rx_payload_type = 0xff;
		m->streams[i].peer = NONE;
		m->cold[i].next = i + 1 < m->limits.streams ? i + 1 : NONE;
		m->cold[i].voice = m->cold[i].relay_to = m->cold[i].conference = NONE;
	}
	m->stream_free = m->limits.streams ? 0 : NONE;
	m->stream_free_last = m->limits.streams ? m->limits.streams - 1 : NONE;
}

static void conferences_init(struct media *m)
{
	for (uint32_t i = 0; i < m->limits.conferences; i++)
		m->conferences[i] = (struct media_conference){
			.first = NONE,
			.last = NONE,
			.sources = NONE,
			.mixer = NONE,
			.next_free = i + 1 < m->limits.conferences ? i + 1 : NONE,
		};
	m->conference_free = m->limits.conferences ? 0 : NONE;
}

static void sources_init(struct media *m)
{
	for (uint32_t i = 0; i < m->limits.sources; i++)
		m->sources[i] = (struct media_source){.next = i + 1 < m->limits.sources ? i + 1 : NONE};
	m->source_free = m->limits.sources ? 0 : NONE;
}

static void voices_init(struct media *m, uint8_t *memory)
{
	for (uint32_t i = 0; i < m->voice_total; i++) {
		m->voices[i] = (struct media_voice){.stream = NONE, .mixer = NONE};
		m->voices[i].next = i + 1 < m->voice_total ? i + 1 : NONE;
	}
	pool_init(&m->pool, memory, voice_memory(&m->limits));
	m->voice_free = m->voice_total ? 0 : NONE;
}

static void mixers_init(struct media *m, uint8_t *memory)
{
	for (uint32_t i = 0; i < m->mixer_total; i++) {
		struct media_mixer *x = &m->mixers[i];
		*x = (struct media_mixer){.first = NONE, .last = NONE, .conference = NONE};
		x->next_free = i + 1 < m->mixer_total ? i + 1 : NONE;
		for (unsigned int from = 0; from < RATES; from++)
			for (unsigned int to = 0; to < RATES; to++)
				if (from != to) {
					x->cross[from][to] = (struct resample *)(void *)memory;
					memory += lines(resample_size());
				}
	}
	m->mixer_free = m->mixer_total ? 0 : NONE;
}

struct media *media_init(void *mem, const struct media_limits *limits)
{
	struct layout at = lay_out(limits);
	uint8_t *base = mem;
	struct media *m = mem;
	mixer_init();
	resample_cpu_init();
	memset(m, 0, sizeof(*m));
	m->limits = *limits;
	if (m->limits.jitter_min_ms == 0)
		m->limits.jitter_min_ms = 20;
	if (m->limits.jitter_max_ms < m->limits.jitter_min_ms)
		m->limits.jitter_max_ms = m->limits.jitter_min_ms > 200 ? m->limits.jitter_min_ms : 200;
	if (m->limits.jitter_max_ms > 250)
		m->limits.jitter_max_ms = 250;
	m->limits.cname[sizeof(m->limits.cname) - 1] = 0;
	m->streams = (void *)(base + at.streams);
	m->cold = (void *)(base + at.cold);
	m->conferences = (void *)(base + at.conferences);
	m->sources = (void *)(base + at.sources);
	m->voices = (void *)(base + at.voices);
	m->mixers = (void *)(base + at.mixers);
	m->run.row = (void *)(base + at.rows);
	m->run.matrix = (void *)(base + at.matrix);
	m->run.mixer = NONE;
	m->voice_total = m->mixer_total = voice_total(limits);
	m->random = limits->seed;
	m->clock_rate = rtp_rate(8000);
	m->tick_due = m->digit_due = UINT64_MAX;
	m->digit_first = NONE;
	streams_init(m);
	conferences_init(m);
	sources_init(m);
	voices_init(m, base + at.voice_memory);
	mixers_init(m, base + at.mixer_memory);
	wheel_init(&m->ticks, m->mixers ? &m->mixers[0].tick : NULL, sizeof(struct media_mixer), TICK_SLOTS);
	wheel_init(&m->care, &m->cold[0].care, sizeof(struct media_cold), CARE_SLOTS);
	return m;
}

// splitmix64: good enough for SSRCs, first sequence numbers and RTCP intervals.
uint64_t media_random(struct media *m)
{
	uint64_t z = m->random += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t media_stream_count(const struct media *m)
{
	return m->stream_count;
}

uint32_t media_conference_count(const struct media *m)
{
	return m->conference_count;
}

uint32_t media_voice_count(const struct media *m)
{
	return m->voice_count;
}

uint32_t media_source_count(const struct media *m)
{
	return m->source_count;
}

uint64_t media_encoded(const struct media *m)
{
	return m->encoded;
}

struct media_stream *media_streams(struct media *m)
{
	return m->streams;
}

uint64_t media_undecodable(const struct media *m)
{
	return m->undecodable;
}

uint64_t media_overflowed(const struct media *m)
{
	return m->overflowed;
}

uint64_t media_ticks_late(const struct media *m)
{
	return m->ticks_late;
}
