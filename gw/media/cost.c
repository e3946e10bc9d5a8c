// SPDX-License-Identifier: GPL-3.0-or-later
// cost.c - What streams and voices are expected to take of a core: for sharing out, not for sizing.
//
// The figures are those of one server core of 2026 and need only be right among themselves; who uses them compares their
// sum with what he measures. The bench `voice` measures them: a session is an encoding, a decoding and two voices.
#include "gw/media/inside.h"

#define RELAY_NS                                                                                             \
	(50 * 30u)     // a stream's packets of a second, each relayed in 30 ns but for its way in and out
#define TICK_NS   100u // a voice's share in a tick of 10 ms, but for its coders
#define PER_10_MS 100u // in a second

// Nanoseconds for 10 ms of sound; 0 = next to nothing.
static const struct {
	uint32_t encode, decode;
} coding[CODEC_COUNT] = {
	[CODEC_G722] = {6400, 3600},         [CODEC_G722_56K] = {6400, 3600},
	[CODEC_G722_48K] = {6400, 3600},     [CODEC_G726_40] = {6000, 5100},
	[CODEC_G726_32] = {5900, 4900},      [CODEC_G726_24] = {5400, 5000},
	[CODEC_G726_16] = {5300, 5200},      [CODEC_G726_40_AAL2] = {6000, 5100},
	[CODEC_G726_32_AAL2] = {5900, 4900}, [CODEC_G726_24_AAL2] = {5400, 5000},
	[CODEC_G726_16_AAL2] = {5300, 5200}, [CODEC_GSM] = {2600, 1400},
	[CODEC_G729] = {20400, 4000},        [CODEC_G729B] = {20300, 4100},
	[CODEC_AMR] = {26100, 6800},         [CODEC_AMR_OCTET] = {26100, 6800},
	[CODEC_AMR_WB] = {68200, 12700},     [CODEC_AMR_WB_OCTET] = {68200, 12700},
	[CODEC_OPUS_8K] = {25400, 2500},     [CODEC_OPUS_16K] = {50300, 5400},
	[CODEC_OPUS] = {60800, 13600},
};

// Who only listens shares its frames with others, and costs no encoding.
uint32_t cost_of_voice(const struct media_voice *v)
{
	uint32_t ns = cost_to_tick(PER_10_MS);
	if (v->rx)
		ns += cost_to_decode(v->rx, PER_10_MS);
	if (v->rx && v->tx)
		ns += cost_to_encode(v->tx, PER_10_MS);
	return ns;
}

uint32_t cost_to_decode(const struct codec *c, unsigned int units)
{
	return coding[c->id].decode * units;
}

uint32_t cost_to_encode(const struct codec *c, unsigned int units)
{
	return coding[c->id].encode * units;
}

uint32_t cost_to_tick(unsigned int units)
{
	return TICK_NS * units;
}

uint64_t media_cost(const struct media *m)
{
	return m->voice_cost + (uint64_t)m->stream_count * RELAY_NS;
}
