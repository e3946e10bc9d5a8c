// SPDX-License-Identifier: GPL-3.0-or-later
// dialect_test.c - Every dialect of the lab's agent, byte by byte where it matters: headers, versions, silences, layouts.
#include "bench/lab/dialect.h"
#include "bench/lab/telephone.h"
#include "tests/unit/bench/station.h"
#include "tests/unit/t.h"

static struct station station;

static bool setup(const char *dialect, unsigned int version)
{
	struct agent_options options = {.dialect = dialect_find(dialect), .version = 22, .keepalive_s = 30};
	return options.dialect && station_agent_open(&options) && station_open(&station, version);
}

static void teardown(void)
{
	station_close(&station);
	station_agent_close();
}

static uint32_t word(size_t at)
{
	const uint8_t *p = station.pdu + at;
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#define HEADER_VERSION word(4)
#define BODY           (station.pdu_len - 12)

static void ask(uint32_t id)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	station_send(&station, &m);
}

// What each answers to a device that claims 17, or 20.
static void registers(void)
{
	static const struct {
		const char *name;
		unsigned int claims;
		uint8_t ack, spoken;
		size_t ack_body;
		bool acks_keepalive, acks_unregister, config, forward, bare;
		uint32_t number; // of the answer to LineStatReq
	} cases[] = {
		{"cucm", 20, 20, 20, 20, true, true, true, true, false, SCCP_LINE_STAT_RES},
		{"chan-sccp", 20, 20, 20, 20, true, true, true, true, false, SCCP_LINE_STAT_V2_RES},
		{"chan-sccp", 3, 3, 3, 20, true, true, true, true, true, SCCP_LINE_STAT_RES},
		{"chan-skinny", 17, '0', 17, 20, true, false, false, false, true, SCCP_LINE_STAT_RES},
		{"mod-skinny", 17, 0, 3, 20, true, true, true, true, true, SCCP_LINE_STAT_RES},
		{"libsccp", 17, 11, 11, 20, true, true, true, true, false, SCCP_LINE_STAT_RES},
		{"cm2", 17, 0, 3, 12, false, false, true, true, true, SCCP_LINE_STAT_RES},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sccp_msg m;
		REQUIRE(setup(cases[i].name, cases[i].claims));
		sccp_init(&m, SCCP_REGISTER);
		strcpy(m.register_req.station_device_name, "SEP000000001001");
		m.register_req.protocol_version = (uint8_t)cases[i].claims;
		station_send(&station, &m);
		CHECK(station_find(&station, SCCP_REGISTER_ACK, &m));
		CHECK_INT(m.register_ack.protocol_version, cases[i].ack);
		CHECK_INT(BODY, cases[i].ack_body);
		station.version = cases[i].spoken;
		CHECK_INT(agent_devices(station_agent)->version, cases[i].spoken);
		CHECK(station_find(&station, SCCP_CAPABILITIES_REQ, &m));
		ask(SCCP_CAPABILITIES_RES);
		ask(SCCP_KEEP_ALIVE);
		CHECK_INT(station_next(&station, &m), cases[i].acks_keepalive);
		ask(SCCP_CONFIG_STAT_REQ);
		CHECK_INT(station_next(&station, &m), cases[i].config);
		ask(SCCP_FORWARD_STAT_REQ);
		CHECK_INT(station_next(&station, &m), cases[i].forward);
		ask(SCCP_LINE_STAT_REQ);
		station_expect(&station, cases[i].number, &m);
		CHECK_INT(HEADER_VERSION, cases[i].bare ? 0 : cases[i].spoken);
		ask(SCCP_UNREGISTER);
		CHECK_INT(station_next(&station, &m), cases[i].acks_unregister);
		teardown();
	}
}

// Media messages of each: lengths, and what they leave out.
static void opens_and_closes(void)
{
	static const struct {
		const char *name;
		unsigned int claims, spoken;
		size_t open, start;
		bool bare;
	} cases[] = {
		{"cucm", 22, 22, 168, 168, false},      {"cucm", 20, 20, 128, 132, false},
		{"chan-sccp", 20, 20, 128, 132, false}, {"chan-skinny", 17, 17, 168, 132, true},
		{"chan-sccp", 3, 3, 108, 116, false},   {"mod-skinny", 17, 3, 92, 112, false},
		{"libsccp", 17, 11, 108, 112, false},
	};
	static const struct telephone_call call = {
		.reference = 7, .conference_id = 8, .party_id = 9, .number = "204"};
	static const struct telephone_format format = {.codec = CODEC_PCMU, .period_ms = 20};
	const struct addr_port far = {.addr = addr_ipv4((const uint8_t[4]){192, 0, 2, 9}), .port = 4242};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sccp_msg m;
		REQUIRE(setup(cases[i].name, cases[i].claims));
		station_register(&station, "SEP000000001001", 7);
		station.version = cases[i].spoken;
		struct agent_device *d = agent_devices(station_agent);
		telephone_open(d, &call, &format, &far);
		station_expect(&station, SCCP_OPEN_RECEIVE_CHANNEL, &m);
		CHECK_INT(BODY, cases[i].open);
		CHECK_INT(m.open_receive_channel.call_reference, cases[i].bare ? 0 : 7);
		CHECK_INT(m.open_receive_channel.pass_through_party_id, 9);
		telephone_start(d, &call, &format, &far);
		station_expect(&station, SCCP_START_MEDIA_TRANSMISSION, &m);
		CHECK_INT(BODY, cases[i].start);
		CHECK_INT(m.start_media_transmission.remote_port_number, 4242);
		CHECK_MEM(m.start_media_transmission.remote_ip_addr.ip, far.addr.ip, 4);
		CHECK_INT(m.start_media_transmission.call_reference, cases[i].bare ? 0 : 7);
		telephone_close(d, &call);
		station_expect(&station, SCCP_CLOSE_RECEIVE_CHANNEL, &m);
		CHECK_INT(m.close_receive_channel.conference_id, cases[i].bare ? 0 : 8);
		CHECK_INT(m.close_receive_channel.pass_through_party_id, 9);
		teardown();
	}
}

// Long texts go to those who claim a version that has them.
static void shows(void)
{
	static const struct {
		const char *name;
		unsigned int claims, spoken;
		uint32_t prompt, info;
	} cases[] = {
		{"chan-sccp", 3, 3, SCCP_DISPLAY_PROMPT_STATUS, SCCP_CALL_INFO},
		{"chan-sccp", 20, 20, SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_CALL_INFO_V2},
		{"chan-skinny", 17, 17, SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_CALL_INFO_V2},
		{"chan-skinny", 11, 11, SCCP_DISPLAY_PROMPT_STATUS, SCCP_CALL_INFO},
		{"libsccp", 17, 11, SCCP_DISPLAY_PROMPT_STATUS_V2, SCCP_CALL_INFO_V2},
		{"mod-skinny", 17, 3, SCCP_DISPLAY_PROMPT_STATUS, SCCP_CALL_INFO},
	};
	static const struct telephone_call call = {
		.reference = 7, .number = "204", .name = "p4", .dialled = "600"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sccp_msg m;
		REQUIRE(setup(cases[i].name, cases[i].claims));
		station_register(&station, "SEP000000001001", 7);
		station.version = cases[i].spoken;
		telephone_ring(agent_devices(station_agent), &call);
		CHECK(station_find(&station, SCCP_CALL_STATE, &m));
		CHECK_INT(m.call_state.call_state, SCCP_CALL_STATE_RING_IN);
		CHECK(station_find(&station, cases[i].info, &m));
		bool wide = m.id == SCCP_CALL_INFO_V2;
		CHECK_STR(wide ? m.call_info_v2.calling_party : m.call_info.calling_party, "204");
		CHECK_STR(wide ? m.call_info_v2.called_party : m.call_info.called_party, "600");
		CHECK_STR(wide ? m.call_info_v2.calling_party_name : m.call_info.calling_party_name, "p4");
		CHECK(station_find(&station, cases[i].prompt, &m));
		CHECK(station_find(&station, SCCP_SET_RINGER, &m));
		CHECK_INT(m.set_ringer.ring_mode, SCCP_RING_MODE_INSIDE_RING);
		teardown();
	}
}

// Asked for a template of buttons, and then what the buttons dial.
static void has_speed_dials(void)
{
	static const struct agent_speed_dial dials[] = {{"204", "anna"}, {"600", "room"}};
	struct agent_options options = {
		.version = 22, .keepalive_s = 30, .speed_dials = dials, .speed_dial_count = 2};
	struct sccp_msg m;
	REQUIRE(station_agent_open(&options) && station_open(&station, 17));
	station_register(&station, "SEP000000001001", 7);
	ask(SCCP_BUTTON_TEMPLATE_REQ);
	station_expect(&station, SCCP_BUTTON_TEMPLATE_RES, &m);
	CHECK_INT(m.button_template_res.button_template_button_count, 3);
	CHECK_INT(m.button_template_res.button_template_definition[2].button_definition,
		  SCCP_BUTTON_SPEED_DIAL);
	CHECK_INT(m.button_template_res.button_template_definition[2].instance_number, 2);
	for (uint32_t n = 0; n < 4; n++) { // the first and the last are none
		sccp_init(&m, SCCP_SPEED_DIAL_STAT_REQ);
		m.speed_dial_stat_req.speed_dial_number = n;
		station_send(&station, &m);
		station_expect(&station, SCCP_SPEED_DIAL_STAT_RES, &m);
		CHECK_STR(m.speed_dial_stat_res.speed_dial_dir_number, n == 1 ? "204" : n == 2 ? "600" : "");
	}
	teardown();
}

// Registers that come at once are counted together.
static void counts_a_storm(void)
{
	struct agent_options options = {.version = 22, .keepalive_s = 30};
	REQUIRE(station_agent_open(&options) && station_open(&station, 17));
	for (int i = 0; i < 5; i++)
		station_register(&station, "SEP000000001001", 7);
	CHECK_INT(agent_counts(station_agent)->registered, 5);
	CHECK(agent_counts(station_agent)->busiest >= 1 && agent_counts(station_agent)->busiest <= 5);
	teardown();
}

T_MAIN("lab_dialect", {"registers", registers}, {"opens_and_closes", opens_and_closes}, {"shows", shows},
       {"has_speed_dials", has_speed_dials}, {"counts_a_storm", counts_a_storm})
