// SPDX-License-Identifier: GPL-3.0-or-later
// captured_test.c - The lab's agent beside real ones: every message that both say has one header version and one length.
#include <stdlib.h>

#include "bench/lab/dialect.h"
#include "bench/lab/telephone.h"
#include "tests/unit/bench/station.h"
#include "tests/unit/capture.h"
#include "tests/unit/t.h"

static struct station station;

static void ask(uint32_t id)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	station_send(&station, &m);
}

// Header version and body length of each message, by id; the first of each counts.
struct shapes {
	struct {
		bool seen;
		uint32_t header;
		size_t body;
	} of[0x200];
};

static uint32_t word_at(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void note(struct shapes *s, const uint8_t *pdu, size_t len)
{
	uint32_t id = len >= 12 ? word_at(pdu + 8) : UINT32_MAX;
	if (id >= 0x200 || s->of[id].seen)
		return;
	s->of[id].seen = true;
	s->of[id].header = word_at(pdu + 4);
	s->of[id].body = len - 12;
}

static void on_pdu(const struct capture_pdu *p, void *arg)
{
	if (!p->to_agent)
		note(arg, p->pdu, p->len);
}

static void note_all(struct shapes *s)
{
	struct sccp_msg m;
	while (station_next(&station, &m))
		note(s, station.pdu, station.pdu_len);
}

// Everything that the agent says to a telephone which registers and is in a call.
static void note_agent(struct shapes *s, const char *name, unsigned int version)
{
	static const uint32_t questions[] = {SCCP_CAPABILITIES_RES, SCCP_SOFT_KEY_TEMPLATE_REQ,
					     SCCP_SOFT_KEY_SET_REQ, SCCP_BUTTON_TEMPLATE_REQ,
					     SCCP_CONFIG_STAT_REQ,  SCCP_LINE_STAT_REQ,
					     SCCP_FORWARD_STAT_REQ, SCCP_TIME_DATE_REQ};
	static const struct telephone_call call = {
		.reference = 7, .conference_id = 8, .party_id = 9, .number = "600"};
	static const struct telephone_format format = {.codec = CODEC_PCMU, .period_ms = 20};
	const struct addr_port far = {.addr = addr_ipv4((const uint8_t[4]){192, 0, 2, 9}), .port = 4242};
	struct sccp_msg m;
	struct agent_options options = {.dialect = dialect_find(name), .version = 22, .keepalive_s = 30};
	REQUIRE(options.dialect && station_agent_open(&options) && station_open(&station, version));
	sccp_init(&m, SCCP_REGISTER);
	strcpy(m.register_req.station_device_name, "SEP000000001001");
	m.register_req.protocol_version = (uint8_t)version;
	station_send(&station, &m);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		ask(questions[i]);
	struct agent_device *d = agent_devices(station_agent);
	telephone_off_hook(d, &call, false);
	telephone_first_digit(d, &call);
	telephone_proceed(d, &call, "600");
	telephone_connect(d, &call);
	telephone_open(d, &call, &format, &far);
	telephone_start(d, &call, &format, &far);
	telephone_close(d, &call);
	telephone_stop(d, &call);
	telephone_release(d, &call);
	ask(SCCP_UNREGISTER);
	note_all(s);
	station_close(&station);
	station_agent_close();
}

// Texts and lists have the length that their contents ask for.
static bool varies(uint32_t id)
{
	return id == SCCP_SOFT_KEY_TEMPLATE_RES || id == SCCP_SOFT_KEY_SET_RES ||
	       id == SCCP_BUTTON_TEMPLATE_RES || id == SCCP_FORWARD_STAT_RES || id == SCCP_CALL_INFO_V2 ||
	       id == SCCP_LINE_STAT_V2_RES || id == SCCP_DISPLAY_PROMPT_STATUS_V2;
}

// Whatever both the lab's agent and the real one say has one header version and one length.
static void speaks_as_captured(void)
{
	static const struct {
		const char *file, *name;
		unsigned int version, common; // messages that both say, at least
	} cases[] = {
		{"skinny-echo-v17.pcap", "chan-skinny", 17, 20},
		{"chansccp-echo-v3.pcap", "chan-sccp", 3, 24},
		{"chansccp-echo-v20.pcap", "chan-sccp", 20, 24},
		{"chansccp-echo-v22.pcap", "chan-sccp", 22, 24},
	};
	static struct shapes real, ours;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t left;
		unsigned int common = 0;
		memset(&real, 0, sizeof(real));
		memset(&ours, 0, sizeof(ours));
		if (!capture_play(cases[i].file, on_pdu, &real, &left))
			SKIP("no captures beside the source tree");
		note_agent(&ours, cases[i].name, cases[i].version);
		for (uint32_t id = 0; id < 0x200; id++) {
			if (!real.of[id].seen || !ours.of[id].seen)
				continue;
			common++;
			const struct sccp_msg_info *info = sccp_msg_info(id);
			bool same = real.of[id].header == ours.of[id].header &&
				    (varies(id) || real.of[id].body == ours.of[id].body);
			if (!same)
				fprintf(stderr,
					"%s: %s: header %u, body %zu; captured: header %u, body %zu\n",
					cases[i].file, info ? info->name : "?", ours.of[id].header,
					ours.of[id].body, real.of[id].header, real.of[id].body);
			CHECK(same);
		}
		CHECK(common >= cases[i].common);
	}
}

T_MAIN("lab_captured", {"speaks_as_captured", speaks_as_captured})
