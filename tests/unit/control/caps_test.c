// SPDX-License-Identifier: GPL-3.0-or-later
// caps_test.c - What a profile offers an agent, and what it accepts of one.
#include "control/caps.h"

#include "gw/codec.h"
#include "tests/unit/t.h"

static const struct config_profile bridge = {
	.kind = CONFIG_CONFERENCE_BRIDGE,
	.codecs = {{CODEC_PCMU, 30},
		   {CODEC_PCMA, 30},
		   {CODEC_G729, 60},
		   {CODEC_G729B, 60},
		   {CODEC_OPUS_16K, 20}},
	.codec_count = 5,
	.inband_digits = true,
};

static void offers(void)
{
	static const uint32_t expected[] = {4, 2, 12, 11, 16, 15, 90, 257, 259, 261};
	struct caps_entry e[CAPS_MAX];
	unsigned int n = caps_list(&bridge, e);
	CHECK_INT(n, 10);
	for (unsigned int i = 0; i < n && i < 10; i++)
		CHECK_INT(e[i].payload, expected[i]);
	CHECK_INT(e[0].period_ms_max, 30);
	CHECK_INT(e[2].period_ms_max, 60);
	CHECK_INT(e[9].period_ms_max, 30);
}

// However long the profile, the pseudo codecs keep their slots.
static void offers_no_more_than_fit(void)
{
	struct config_profile p = {.kind = CONFIG_TRANSCODER, .pass_through = true, .inband_digits = true};
	struct caps_entry e[CAPS_MAX];
	for (unsigned int id = 1; id < CODEC_COUNT && p.codec_count < CONFIG_PROFILE_CODECS_MAX; id++)
		p.codecs[p.codec_count++] = (struct config_profile_codec){id, 20};
	unsigned int n = caps_list(&p, e);
	CHECK_INT(n, CAPS_MAX);
	CHECK_INT(e[n - 4].payload, 257);
	CHECK_INT(e[n - 3].payload, 258);
	CHECK_INT(e[n - 2].payload, 259);
	CHECK_INT(e[n - 1].payload, 261);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = 0; j < i; j++)
			CHECK(e[i].payload != e[j].payload);
}

static enum refusal choose(uint32_t payload, uint32_t ms, uint32_t type, uint32_t event,
			   struct stream_format *ret)
{
	struct caps_offer o = {payload, ms, type, event};
	return caps_choose(&bridge, 0, &o, ret);
}

// Where a number leaves open how its payloads are laid out, the profile says it.
static void the_profile_chooses_the_payload_format(void)
{
	static const struct config_profile p = {
		.kind = CONFIG_TRANSCODER,
		.codecs = {{CODEC_G726_32_AAL2, 60}, {CODEC_AMR_OCTET, 60}, {CODEC_AMR_WB_OCTET, 60}},
		.codec_count = 3,
	};
	static const struct {
		uint32_t number;
		uint8_t codec, type;
	} cases[] = {{82, CODEC_G726_32_AAL2, 112}, {97, CODEC_AMR_OCTET, 98}, {98, CODEC_AMR_WB_OCTET, 100}};
	struct caps_entry e[CAPS_MAX];
	CHECK(caps_list(&p, e) >= 3);
	for (unsigned int i = 0; i < 3; i++) {
		struct caps_offer o = {.payload = cases[i].number, .packet_ms = 20};
		struct stream_format f;
		CHECK_INT(e[i].payload, cases[i].number);
		CHECK_INT(caps_choose(&p, 0, &o, &f), REFUSAL_none);
		CHECK_INT(f.codec, cases[i].codec);
		CHECK_INT(f.payload_type, cases[i].type);
	}
}

static void chooses(void)
{
	struct stream_format f;
	CHECK_INT(choose(4, 20, 0, 101, &f), REFUSAL_none);
	CHECK_INT(f.codec, CODEC_PCMU);
	CHECK_INT(f.payload_type, 0);
	CHECK_INT(f.event_type, 101);
	// a static payload type is not the agent's to choose
	CHECK_INT(choose(2, 30, 99, 0, &f), REFUSAL_none);
	CHECK_INT(f.payload_type, 8);
	// both numbers of one bit stream
	CHECK_INT(choose(11, 60, 0, 0, &f), REFUSAL_none);
	CHECK_INT(f.codec, CODEC_G729);
	CHECK_INT(choose(16, 20, 0, 0, &f), REFUSAL_none);
	CHECK_INT(f.codec, CODEC_G729B);
	// the profile's coder of the number
	CHECK_INT(choose(90, 20, 111, 0, &f), REFUSAL_none);
	CHECK_INT(f.codec, CODEC_OPUS_16K);
	CHECK_INT(f.payload_type, 111);
	CHECK_INT(choose(90, 20, 0, 0, &f), REFUSAL_none);
	CHECK_INT(f.payload_type, 114);
	// a telephone-event type out of range is none
	CHECK_INT(choose(4, 20, 0, 5, &f), REFUSAL_none);
	CHECK_INT(f.event_type, 0);
}

static void refuses(void)
{
	struct stream_format f;
	CHECK_INT(choose(6, 20, 0, 0, &f), REFUSAL_codec);
	CHECK_INT(choose(0, 20, 0, 0, &f), REFUSAL_codec);
	CHECK_INT(choose(258, 20, 0, 0, &f), REFUSAL_codec);
	CHECK_INT(choose(4, 40, 0, 0, &f), REFUSAL_period);
	CHECK_INT(choose(4, 25, 0, 0, &f), REFUSAL_period);
	CHECK_INT(choose(4, UINT32_MAX, 0, 0, &f), REFUSAL_period);
	CHECK_INT(choose(90, 20, 95, 0, &f), REFUSAL_payload_type);
	CHECK_INT(choose(90, 20, 128, 0, &f), REFUSAL_payload_type);
	CHECK_INT(choose(90, 20, 101, 101, &f), REFUSAL_payload_type);
	struct caps_offer o = {4, 20, 0, 0};
	CHECK_INT(caps_choose(&bridge, UINT64_C(1) << CODEC_PCMA, &o, &f), REFUSAL_codec_build);
}

static void reads_dscp(void)
{
	CHECK_INT(caps_dscp(0xb8, 0), 46);
	CHECK_INT(caps_dscp(0x60, 46), 24);
	CHECK_INT(caps_dscp(127, 46), 46);
	CHECK_INT(caps_dscp(0, 46), 46);
	CHECK_INT(caps_dscp(0x100, 46), 46);
	CHECK_INT(caps_dscp(UINT32_MAX, 46), 46);
}

static void reasons_have_status_and_help(void)
{
	for (unsigned int r = 1; r < REFUSAL_COUNT; r++) {
		CHECK(refusal_status(r) >= 1 && refusal_status(r) <= 11);
		CHECK(refusal_name(r)[0] && refusal_help(r)[0]);
	}
	CHECK_STR(refusal_name(REFUSAL_COUNT), "?");
}

T_MAIN("caps", {"offers", offers}, {"offers no more than fit", offers_no_more_than_fit}, {"chooses", chooses},
       {"the profile chooses the payload format", the_profile_chooses_the_payload_format},
       {"refuses", refuses}, {"reads dscp", reads_dscp},
       {"reasons have status and help", reasons_have_status_and_help})
