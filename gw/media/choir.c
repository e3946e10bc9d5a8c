// SPDX-License-Identifier: GPL-3.0-or-later
// choir.c - Coders that parties share for as long as they hear the same.
//
// Who is not heard in a conference hears what all the others hear who are not heard. One coder of each codec and period is
// enough for them: that of the leader. It goes on as long as there is anybody who follows, and is handed on when its
// leader leaves.
//
// What a far decoder has heard so far must fit the coder whose packets it gets next. So a party follows after both coders have
// coded the same for JOIN_MS, at the first quiet moment, of which speech has many: what the two still differ by is as
// quiet then. Under music that never pauses it follows after JOIN_LATEST_MS all the same. Who is heard again leaves at
// once, with a copy of the leader's state; where that is hidden in a library, its own coder codes once more what the
// leader's has coded in the last HISTORY_MS.
//
// Left out: coders that judge silence by themselves (Annex B) and such as obey their far end (AMR).
#include <string.h>

#include "gw/media/inside.h"

#define JOIN_MS        100
#define JOIN_LATEST_MS 5000
#define QUIET_LEVEL    71 // mean magnitude of about -45 dBm0
#define HISTORY_MS     100

static bool has_history(const struct codec *c)
{
	return c->encoder_fini && !c->obey && c->id != CODEC_G729B;
}

static bool may_follow(const struct media_voice *v)
{
	const struct codec *c = v->tx;
	return v->rx && !v->tx_vad && c->encoder_size && !c->obey && c->id != CODEC_G729B;
}

static unsigned int packet_samples(const struct media_voice *v)
{
	return v->tx->sample_rate_hz / 100 * v->tx_units;
}

static unsigned int history_samples(const struct codec *c)
{
	return c->sample_rate_hz / 1000 * HISTORY_MS;
}

size_t choir_bytes(const struct codec *c)
{
	return has_history(c) ? history_samples(c) * sizeof(int16_t) : 0;
}

// What this voice's coder has coded last, newest at the end; behind the samples that wait.
static int16_t *history(const struct media_voice *v)
{
	return v->tx_fifo + packet_samples(v);
}

static struct media_choir *choir_find(struct media_mixer *x, const struct codec *codec, unsigned int units)
{
	for (unsigned int i = 0; i < CHOIRS; i++)
		if (x->choir[i].followers && x->choir[i].codec == codec && x->choir[i].units == units)
			return &x->choir[i];
	return NULL;
}

static void follow(struct media *m, struct media_voice *v)
{
	struct media_mixer *x = &m->mixers[v->mixer];
	struct media_choir *c = choir_find(x, v->tx, v->tx_units);
	for (unsigned int i = 0; !c && i < CHOIRS; i++)
		if (x->choir[i].followers == 0) {
			c = &x->choir[i];
			*c = (struct media_choir){
				.codec = v->tx, .units = v->tx_units, .leader = (uint32_t)(v - m->voices)};
			if (has_history(v->tx))
				memset(history(v), 0, choir_bytes(v->tx));
		}
	if (!c)
		return;
	c->followers++;
	v->tx_follows = 1;
}

// Gives the leader's coder to another follower, and the leader that one's.
static void hand_on(struct media *m, struct media_mixer *x, struct media_choir *c)
{
	struct media_voice *leader = &m->voices[c->leader];
	uint32_t i = x->first;
	while (i == c->leader || !m->voices[i].tx_follows || m->voices[i].tx != c->codec ||
	       m->voices[i].tx_units != c->units)
		i = m->voices[i].next;
	struct media_voice *heir = &m->voices[i], was = *leader;
	leader->encoder = heir->encoder, leader->tx_fifo = heir->tx_fifo, leader->tx_block = heir->tx_block;
	heir->encoder = was.encoder, heir->tx_fifo = was.tx_fifo, heir->tx_block = was.tx_block;
	c->leader = i;
}

// Brings a voice's own coder to where the leader's is.
static void catch_up(struct media_voice *v, const struct media_voice *leader)
{
	uint8_t unsent[CODEC_FRAME_BYTES_MAX];
	if (!has_history(v->tx)) {
		memcpy(v->encoder, leader->encoder, v->tx->encoder_size);
		return;
	}
	unsigned int packet = packet_samples(v);
	packet = packet < history_samples(v->tx) ? packet : history_samples(v->tx);
	for (unsigned int at = history_samples(v->tx) % packet; at < history_samples(v->tx); at += packet)
		v->tx->encode(v->encoder, history(leader) + at, packet, unsent, sizeof(unsent));
}

void choir_leave(struct media *m, struct media_voice *v)
{
	struct media_mixer *x = &m->mixers[v->mixer];
	struct media_choir *c = v->tx_follows ? choir_find(x, v->tx, v->tx_units) : NULL;
	v->tx_same_ms = 0;
	if (!c)
		return;
	if (c->followers > 1) {
		if (&m->voices[c->leader] == v)
			hand_on(m, x, c);
		catch_up(v, &m->voices[c->leader]);
	}
	v->tx_follows = 0;
	c->followers--;
}

void choir_forget(struct media *m, struct media_voice *v)
{
	struct media_mixer *x = &m->mixers[v->mixer];
	struct media_choir *c = v->tx_follows ? choir_find(x, v->tx, v->tx_units) : NULL;
	if (!c)
		return;
	if (c->followers > 1 && &m->voices[c->leader] == v)
		hand_on(m, x, c);
	v->tx_follows = 0;
	c->followers--;
}

int choir_encode(struct media *m, struct media_voice *v, const int16_t *pcm, unsigned int samples,
		 uint8_t *payload)
{
	struct media_voice *coder = v;
	if (v->tx_follows)
		coder = &m->voices[choir_find(&m->mixers[v->mixer], v->tx, v->tx_units)->leader];
	int n = v->tx->encode(coder->encoder, pcm, samples, payload, CODEC_FRAME_BYTES_MAX);
	m->encoded++;
	if (v->tx_follows && has_history(v->tx)) {
		unsigned int all = history_samples(v->tx), keep = samples < all ? all - samples : 0;
		memmove(history(coder), history(coder) + all - keep, keep * sizeof(*pcm));
		memcpy(history(coder) + keep, pcm + samples - (all - keep), (all - keep) * sizeof(*pcm));
	}
	return n;
}

// A packet of this voice's own coder is done, which held what everyone hears, or did not.
void choir_note(struct media *m, struct media_voice *v, const int16_t *pcm, unsigned int samples, bool same)
{
	if (!same || !may_follow(v)) {
		v->tx_same_ms = 0;
		return;
	}
	v->tx_same_ms = (uint16_t)(v->tx_same_ms + v->tx_units * 10u);
	bool quiet = v->tx_same_ms >= JOIN_MS && mixer_magnitude(pcm, samples) < QUIET_LEVEL * samples;
	if (quiet || v->tx_same_ms >= JOIN_LATEST_MS)
		follow(m, v);
}
