// SPDX-License-Identifier: GPL-3.0-or-later
// source.c - What plays in a conference without being a stream: music, announcements, tones.
//
// A source adds its samples to the sum of each tick and hears nothing, so nothing need be taken out for it and it
// needs no row. The samples are the caller's: files are read and tones made elsewhere, before the source is opened.
// A loop goes on with the very next sample, in the middle of a tick if need be. Pieces of different rates do not share a
// tick: the second begins with the next one.
//
// A source moves on only while its conference ticks, that is, while somebody is there: an announcement is not over before
// its listener has come.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

#define GAIN_ONE 256

static const uint16_t samples_10ms[RATES] = {80, 160, 480};

static unsigned int rate_of(const struct media_piece *p)
{
	return p->rate_hz == 16000 ? 1 : 0;
}

static int spec_check(const struct media_source_spec *s)
{
	if (s->count == 0 || s->count > MEDIA_PIECES)
		return -EINVAL;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct media_piece *p = &s->pieces[i];
		if (!p->pcm || p->samples == 0 || (p->rate_hz != 8000 && p->rate_hz != 16000))
			return -EINVAL;
	}
	return 0;
}

static void resettle(struct media *m, const struct media_conference *f)
{
	if (f->mixer != NONE)
		mixer_settle(m, f->mixer);
}

int media_source_open(struct media *m, const struct media_source_spec *spec, uint32_t *ret_source)
{
	int err = spec_check(spec);
	if (err)
		return err;
	if (spec->conference >= m->limits.conferences || !m->conferences[spec->conference].open)
		return -ENOENT;
	struct media_conference *f = &m->conferences[spec->conference];
	if (!(f->spec.flags & CONFERENCE_BRIDGE))
		return -EINVAL;
	uint32_t i = m->source_free;
	if (i == NONE)
		return -ENOSPC;
	struct media_source *s = &m->sources[i];
	m->source_free = s->next;
	m->source_count++;
	*s = (struct media_source){.spec = *spec, .next = f->sources, .open = 1};
	f->sources = i;
	resettle(m, f);
	*ret_source = i;
	return 0;
}

int media_source_close(struct media *m, uint32_t source)
{
	if (source >= m->limits.sources || !m->sources[source].open)
		return -ENOENT;
	struct media_source *s = &m->sources[source];
	struct media_conference *f = &m->conferences[s->spec.conference];
	uint32_t *at = &f->sources;
	while (*at != source)
		at = &m->sources[*at].next;
	*at = s->next;
	s->open = 0;
	s->next = m->source_free;
	m->source_free = source;
	m->source_count--;
	resettle(m, f);
	return 0;
}

// Closes all of a conference.
void sources_close(struct media *m, uint32_t conference)
{
	while (m->conferences[conference].sources != NONE)
		media_source_close(m, m->conferences[conference].sources);
}

// Marks the rates at which a conference's sources speak.
void source_rates(const struct media *m, uint32_t conference, uint8_t speaks[RATES])
{
	for (uint32_t i = m->conferences[conference].sources; i != NONE; i = m->sources[i].next)
		for (uint32_t k = 0; k < m->sources[i].spec.count; k++)
			speaks[rate_of(&m->sources[i].spec.pieces[k])] = 1;
}

static void copy(int16_t *to, const int16_t *from, unsigned int samples, uint16_t gain)
{
	if (gain == GAIN_ONE) {
		memcpy(to, from, samples * sizeof(*to));
		return;
	}
	for (unsigned int i = 0; i < samples; i++) {
		int32_t v = from[i] * gain / GAIN_ONE;
		to[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
	}
}

// The piece under way is over. False: that was all.
static bool piece_next(struct media_source *s)
{
	s->at = 0;
	s->piece++;
	if (s->piece < s->spec.count)
		return true;
	s->piece = 0;
	s->ended = !s->spec.loop;
	return !s->ended;
}

// Fills one tick from where the source stands. Returns its rate.
static unsigned int source_read(struct media_source *s, unsigned int units, int16_t *pcm,
				unsigned int *ret_samples)
{
	unsigned int rate = rate_of(&s->spec.pieces[s->piece]), samples = units * samples_10ms[rate], got = 0;
	while (got < samples) {
		const struct media_piece *p = &s->spec.pieces[s->piece];
		uint32_t n = p->samples - s->at;
		if (n > samples - got)
			n = samples - got;
		copy(pcm + got, p->pcm + s->at, n, p->gain);
		got += n;
		s->at += n;
		if (s->at == p->samples && (!piece_next(s) || rate_of(&s->spec.pieces[s->piece]) != rate))
			break;
	}
	memset(pcm + got, 0, (samples - got) * sizeof(*pcm));
	*ret_samples = samples;
	return rate;
}

// Adds one tick of every source to the sums.
void sources_add(struct media *m, uint32_t conference)
{
	struct media_run *r = &m->run;
	for (uint32_t i = m->conferences[conference].sources; i != NONE; i = m->sources[i].next) {
		struct media_source *s = &m->sources[i];
		unsigned int samples;
		if (s->ended)
			continue;
		unsigned int rate = source_read(s, r->units, r->out, &samples);
		mixer_add(r->sum[rate], r->out, samples);
		if (s->ended)
			event_push(m, i, MEDIA_SOURCE_END, s->spec.tag);
	}
}
