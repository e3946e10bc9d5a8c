// SPDX-License-Identifier: GPL-3.0-or-later
// caps.c - Codec choice between what an agent asks, the device's profile and our own table.
#include "control/caps.h"

#include "gw/codec.h"
#include "gw/sccp.h"

#define PSEUDO_PERIOD_MS 30 // as IOS announces with its pseudo codecs
#define BLIND_PERIOD_MS  20 // of a relay that does not look at the payload

struct caps_list {
	struct caps_entry *entries;
	unsigned int count;
	unsigned int limit;
};

static void add(struct caps_list *l, uint32_t payload, uint32_t period_ms_max)
{
	for (unsigned int i = 0; i < l->count; i++) {
		if (l->entries[i].payload == payload)
			return;
	}
	if (payload && l->count < l->limit)
		l->entries[l->count++] = (struct caps_entry){payload, period_ms_max};
}

// G.729 and its Annex A, like Annex B and A+B, are one bit stream under two numbers: agents match either. IOS lists
// all plain ones after the Annex A ones; a number that no one asks for does no harm.
static void add_codec(struct caps_list *l, const struct config_profile_codec *c)
{
	if (c->codec == CODEC_G729)
		add(l, SCCP_CODEC_G729A, c->period_ms_max);
	if (c->codec == CODEC_G729B)
		add(l, SCCP_CODEC_G729AB, c->period_ms_max);
	add(l, codec_to_sccp(c->codec), c->period_ms_max);
	if (c->codec == CODEC_G729)
		add(l, SCCP_CODEC_G729, c->period_ms_max);
	if (c->codec == CODEC_G729B)
		add(l, SCCP_CODEC_G729B, c->period_ms_max);
}

bool caps_hears_digits(const struct config_profile *p)
{
	bool speaks = p->kind == CONFIG_MOH || p->kind == CONFIG_ANNUNCIATOR || p->kind == CONFIG_LINE;
	for (unsigned int i = 0; p->inband_digits && !speaks && i < p->codec_count; i++)
		if (codec_can_transcode(p->codecs[i].codec))
			return true;
	return false;
}

// A telephone has codecs, and digits as telephone-events.
static unsigned int list_line(const struct config_profile *p, struct caps_entry ret[CAPS_MAX])
{
	struct caps_list l = {.entries = ret, .limit = CAPS_MAX - 1};
	for (unsigned int i = 0; i < p->codec_count; i++)
		add_codec(&l, &p->codecs[i]);
	l.limit = CAPS_MAX;
	add(&l, CAPS_RFC2833, PSEUDO_PERIOD_MS);
	return l.count;
}

unsigned int caps_list(const struct config_profile *p, struct caps_entry ret[CAPS_MAX])
{
	if (p->kind == CONFIG_LINE)
		return list_line(p, ret);
	bool codes = caps_hears_digits(p);
	bool speaks = p->kind == CONFIG_MOH || p->kind == CONFIG_ANNUNCIATOR;
	struct caps_list l = {.entries = ret,
			      .limit = speaks ? CAPS_MAX : CAPS_MAX - 2 - codes - p->pass_through};
	for (unsigned int i = 0; i < p->codec_count; i++)
		add_codec(&l, &p->codecs[i]);
	if (speaks) // and hears nothing
		return l.count;
	l.limit = CAPS_MAX;
	add(&l, CAPS_RFC2833, PSEUDO_PERIOD_MS);
	if (p->pass_through)
		add(&l, CAPS_PASS_THROUGH, PSEUDO_PERIOD_MS);
	add(&l, CAPS_DYNAMIC_RELAY, PSEUDO_PERIOD_MS);
	if (codes)
		add(&l, CAPS_INBAND_DTMF, PSEUDO_PERIOD_MS);
	return l.count;
}

// The profile's row for an SCCP number. Numbers, not codecs, are compared: one number may have several coders here (Opus at
// three rates) or payload formats (AMR, G.726), and the profile says which of them is meant.
static const struct config_profile_codec *profile_codec(const struct config_profile *p, uint32_t payload)
{
	uint32_t number = codec_to_sccp(codec_by_sccp(payload));
	for (unsigned int i = 0; number && i < p->codec_count; i++) {
		if (codec_to_sccp(p->codecs[i].codec) == number)
			return &p->codecs[i];
	}
	return NULL;
}

static bool period_fits(uint32_t ms, unsigned int frame_ms, uint32_t ms_max)
{
	return ms >= 10 && ms <= ms_max && ms % 10 == 0 && (frame_ms <= 1 || ms % frame_ms == 0);
}

static bool is_dynamic(uint32_t payload_type)
{
	return payload_type >= 96 && payload_type <= 127;
}

// Payload types that peers use where the agent names none; the numbers other SCCP endpoints fall back to.
static uint8_t dynamic_default(enum codec_id codec)
{
	switch (codec) {
	case CODEC_L16_16K:
		return 25;
	case CODEC_ILBC:
		return 97;
	case CODEC_AMR:
	case CODEC_AMR_OCTET:
		return 98;
	case CODEC_AMR_WB:
	case CODEC_AMR_WB_OCTET:
		return 100;
	case CODEC_OPUS:
	case CODEC_OPUS_16K:
	case CODEC_OPUS_8K:
		return 114;
	default:
		return 112; // G.726 and whatever else has no static number
	}
}

static enum refusal choose_payload_type(const struct codec *c, const struct caps_offer *offer,
					struct stream_format *f)
{
	if (is_dynamic(offer->event_payload))
		f->event_type = (uint8_t)offer->event_payload;
	if (c->payload_type != 255) {
		f->payload_type = c->payload_type;
		return REFUSAL_none;
	}
	if (!offer->dynamic_payload)
		f->payload_type = dynamic_default(c->id);
	else if (is_dynamic(offer->dynamic_payload))
		f->payload_type = (uint8_t)offer->dynamic_payload;
	else
		return REFUSAL_payload_type;
	return f->payload_type == f->event_type ? REFUSAL_payload_type : REFUSAL_none;
}

static enum refusal choose_blind(const struct config_profile *p, const struct caps_offer *offer,
				 struct stream_format *ret)
{
	if (!p->pass_through)
		return REFUSAL_codec;
	uint32_t ms = period_fits(offer->packet_ms, 1, 60) ? offer->packet_ms : BLIND_PERIOD_MS;
	*ret = (struct stream_format){.codec = CODEC_NONE, .period_ms = (uint8_t)ms};
	return REFUSAL_none;
}

enum refusal caps_choose(const struct config_profile *p, uint64_t codecs, const struct caps_offer *offer,
			 struct stream_format *ret)
{
	if (offer->payload == CAPS_PASS_THROUGH || offer->payload == CAPS_DYNAMIC_RELAY)
		return choose_blind(p, offer, ret);
	const struct config_profile_codec *row = profile_codec(p, offer->payload);
	const struct codec *c = row ? codec_by_id(row->codec) : NULL;
	if (!c)
		return REFUSAL_codec;
	if (config_kind_mixes(p->kind) && codecs && !(codecs >> c->id & 1))
		return REFUSAL_codec_build;
	if (!period_fits(offer->packet_ms, c->frame_ms, row->period_ms_max))
		return REFUSAL_period;
	struct stream_format f = {.codec = (uint8_t)c->id, .period_ms = (uint8_t)offer->packet_ms};
	enum refusal why = choose_payload_type(c, offer, &f);
	if (!why)
		*ret = f;
	return why;
}

uint8_t caps_dscp(uint32_t word, uint8_t configured)
{
	return word && word <= 0xfc && (word & 3) == 0 ? (uint8_t)(word >> 2) : configured;
}
