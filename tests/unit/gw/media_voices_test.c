// SPDX-License-Identifier: GPL-3.0-or-later
// media_voices_test.c - Memory of voices: parties of all codecs come, change and go, and all of it comes back.
#include <errno.h>
#include <stdlib.h>

#include "gw/codec.h"
#include "gw/media.h"
#include "tests/unit/t.h"

#define BOTH    (STREAM_RECV | STREAM_SEND)
#define PARTIES 96
#define NOW     (1000 * NSEC_PER_SEC)

static const enum codec_id codecs[] = {CODEC_PCMU,    CODEC_PCMA,    CODEC_G722,
				       CODEC_L16_16K, CODEC_G726_32, CODEC_GSM};
#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

struct rig {
	struct media *m;
	void *memory;
	uint32_t conference;
};

static size_t rig_make(struct rig *r, uint32_t voice_memory, uint64_t expected)
{
	const struct media_limits limits = {.streams = PARTIES,
					    .conferences = 1,
					    .voices = PARTIES,
					    .voice_memory = voice_memory,
					    .codecs = expected,
					    .seed = 1};
	r->memory = aligned_alloc(64, (media_size(&limits) + 63) & ~(size_t)63);
	r->m = media_init(r->memory, &limits);
	const struct conference_spec spec = {.flags = CONFERENCE_BRIDGE};
	REQUIRE(media_conference_open(r->m, &spec, &r->conference) == 0);
	return media_size(&limits);
}

static struct stream_spec spec_of(const struct rig *r, enum codec_id codec, unsigned int period_ms)
{
	const struct stream_format f = {.codec = codec, .period_ms = (uint8_t)period_ms, .payload_type = 96};
	struct stream_spec s = {.conference = r->conference, .flags = BOTH, .rx = f, .tx = f};
	s.local.addr.family = s.remote.addr.family = ADDR_IPV4;
	s.local.port = s.remote.port = 4000;
	return s;
}

// Opens as many parties of a codec as there is room for, and closes them. Returns how many.
static unsigned int room(struct rig *r, enum codec_id codec)
{
	uint32_t stream[PARTIES];
	unsigned int n = 0;
	struct stream_spec s = spec_of(r, codec, 20);
	int rc = 0;
	while (n < PARTIES && (rc = media_stream_open(r->m, &s, NOW, &stream[n])) == 0)
		n++;
	CHECK(rc == 0 || rc == -ENOSPC);
	for (unsigned int i = 0; i < n; i++)
		CHECK_INT(media_stream_close(r->m, stream[i], NOW), 0);
	CHECK_INT(media_voice_count(r->m), 0);
	return n;
}

static void enough_for_any_codec(void)
{
	struct rig r;
	rig_make(&r, 0, 0);
	for (unsigned int i = 0; i < CODECS; i++)
		CHECK_INT(room(&r, codecs[i]), PARTIES);
	free(r.memory);
}

// Told which codecs there will be, it takes what those need, and no more.
static void enough_for_the_codecs_expected(void)
{
	static const struct {
		uint64_t codecs;
		double share; // of what any codec would take, at most
	} cases[] = {
		{1u << CODEC_PCMU | 1u << CODEC_PCMA, 0.35},
		{1u << CODEC_PCMU | 1u << CODEC_G722, 0.5},
		{1u << CODEC_PCMU | 1u << CODEC_GSM | 1u << CODEC_G726_32, 0.35},
	};
	struct rig r;
	size_t any = rig_make(&r, 0, 0);
	free(r.memory);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t some = rig_make(&r, 0, cases[i].codecs);
		CHECK((double)some <= cases[i].share * (double)any);
		for (unsigned int k = 0; k < CODECS; k++)
			if (cases[i].codecs >> codecs[k] & 1)
				CHECK_INT(room(&r, codecs[k]), PARTIES);
		free(r.memory);
	}
}

// Told to do with less, it takes as many as fit, and refuses the others.
static void less_is_less(void)
{
	struct rig r;
	rig_make(&r, 18 << 10, 0);
	CHECK_INT(room(&r, CODEC_PCMU), PARTIES);
	unsigned int wide = room(&r, CODEC_L16_16K);
	CHECK(wide > 0 && wide < PARTIES);
	free(r.memory);
}

static void at_random(void)
{
	uint32_t stream[PARTIES], x = 1;
	bool open[PARTIES] = {false};
	struct rig r;
	rig_make(&r, 10 << 10, 0);
	unsigned int narrow = room(&r, CODEC_PCMU), wide = room(&r, CODEC_L16_16K), refused = 0;
	for (unsigned int i = 0; i < 20000; i++) {
		x = x * 1664525 + 1013904223;
		unsigned int k = (x >> 8) % PARTIES;
		const struct codec *c = codec_by_id(codecs[(x >> 16) % CODECS]);
		unsigned int period = 20 + 20 * ((x >> 28) % 3);
		struct stream_spec s =
			spec_of(&r, c->id, period < c->period_ms_max ? period : c->period_ms_max);
		int rc = 0;
		if (!open[k]) {
			rc = media_stream_open(r.m, &s, NOW, &stream[k]);
			open[k] = rc == 0;
		} else if (x >> 31) {
			rc = media_stream_set(r.m, stream[k], &s, NOW);
		} else {
			rc = media_stream_close(r.m, stream[k], NOW);
			open[k] = false;
		}
		CHECK(rc == 0 || rc == -ENOSPC);
		refused += rc != 0;
	}
	CHECK(refused > 0);
	for (unsigned int k = 0; k < PARTIES; k++)
		if (open[k])
			CHECK_INT(media_stream_close(r.m, stream[k], NOW), 0);
	CHECK_INT(room(&r, CODEC_PCMU), narrow);
	CHECK_INT(room(&r, CODEC_L16_16K), wide);
	free(r.memory);
}

T_MAIN("media_voices", {"enough for any codec", enough_for_any_codec}, {"less is less", less_is_less},
       {"enough for the codecs expected", enough_for_the_codecs_expected}, {"at random", at_random})
