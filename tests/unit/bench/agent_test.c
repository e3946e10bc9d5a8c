// SPDX-License-Identifier: GPL-3.0-or-later
// agent_test.c - The lab's call agent against a tiny device over loopback: registration, a call, hostile bytes.
#include <stdlib.h>
#include <sys/socket.h>

#include "bench/lab/agent.h"
#include "bench/lab/call.h"
#include "bench/lab/hostile.h"
#include "tests/unit/bench/station.h"
#include "tests/unit/t.h"

static struct call call;
static unsigned int ups, downs, messages;

static void on_up(void *arg, struct agent_device *d)
{
	ups++;
}

static void on_down(void *arg, struct agent_device *d)
{
	downs++;
}

static void on_message(void *arg, struct agent_device *d, const struct sccp_msg *m)
{
	messages++;
	if (call.plan)
		call_message(&call, d, m);
}

static bool setup(struct station *d)
{
	ups = downs = messages = 0;
	struct agent_options options = {
		.version = 18, .keepalive_s = 30, .hooks = {NULL, on_up, on_down, on_message}};
	return station_agent_open(&options) && station_open(d, 18);
}

static void teardown(struct station *d)
{
	station_close(d);
	station_agent_close();
}

static void come_up(struct station *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_REGISTER);
	strcpy(m.register_req.station_device_name, "MTP_TEST");
	m.register_req.device_type = 112;
	m.register_req.protocol_version = 18;
	station_send(d, &m);
	station_expect(d, SCCP_REGISTER_ACK, &m);
	CHECK_INT(m.register_ack.protocol_version, 18);
	CHECK_INT(m.register_ack.keep_alive_interval, 30);
	station_expect(d, SCCP_CAPABILITIES_REQ, &m);
	CHECK_INT(ups, 0);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	station_send(d, &m);
	CHECK_INT(ups, 1);
	CHECK(agent_device_find(station_agent, "MTP_TEST") != NULL);
}

static void registers(void)
{
	static struct station d;
	struct sccp_msg m;
	REQUIRE(setup(&d));
	come_up(&d);
	sccp_init(&m, SCCP_KEEP_ALIVE);
	station_send(&d, &m);
	station_expect(&d, SCCP_KEEP_ALIVE_ACK, &m);
	sccp_init(&m, SCCP_UNREGISTER);
	station_send(&d, &m);
	station_expect(&d, SCCP_UNREGISTER_ACK, &m);
	CHECK_INT(agent_counts(station_agent)->unregistered, 1);
	teardown(&d);
	CHECK_INT(downs, 1);
}

static void cuts_off_garbage(void)
{
	static struct station d;
	REQUIRE(setup(&d));
	uint8_t bytes[64];
	memset(bytes, 0xff, sizeof(bytes));
	CHECK(send(d.fd, bytes, sizeof(bytes), 0) > 0);
	station_turn();
	CHECK_INT(agent_counts(station_agent)->closed, 1);
	CHECK(agent_devices(station_agent) == NULL);
	teardown(&d);
}

static void ack_open(struct station *d, const struct sccp_msg *open, uint16_t port)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.pass_through_party_id = open->open_receive_channel.pass_through_party_id;
	m.open_receive_channel_ack.ip_addr = addr_ipv4((const uint8_t[4]){127, 0, 0, 1});
	m.open_receive_channel_ack.port_number = port;
	station_send(d, &m);
}

// Two silent phones on an MTP: opens, acks, starts, acks, up; then closes and stops for both.
static void drives_a_call(void)
{
	static struct station d;
	static struct scenario s;
	REQUIRE(setup(&d));
	come_up(&d);
	CHECK_INT(scenario_parse("phone a address 127.0.0.1\nphone b address 127.0.0.1\ncall mtp m {\n"
				 "party a codec pcmu silent\nparty b codec pcmu silent\n}\n",
				 "test", stderr, &s),
		  0);
	CHECK_INT(call_open(&call, &s, &s.calls[0], station_base, ".", 0), 0);
	struct sccp_msg open[2], start[2], m;
	call_start(&call, agent_device_find(station_agent, "MTP_TEST"));
	for (int i = 0; i < 2; i++)
		station_expect(&d, SCCP_OPEN_RECEIVE_CHANNEL, &open[i]);
	CHECK_INT(open[0].open_receive_channel.conference_id, open[1].open_receive_channel.conference_id);
	CHECK(open[0].open_receive_channel.pass_through_party_id !=
	      open[1].open_receive_channel.pass_through_party_id);
	CHECK_INT(open[0].open_receive_channel.codec, 4);
	CHECK_INT(open[0].open_receive_channel.packet_ms, 20);
	ack_open(&d, &open[1], 16386);
	CHECK(!station_next(&d, &m)); // waits for both
	ack_open(&d, &open[0], 16384);
	for (int i = 0; i < 2; i++)
		station_expect(&d, SCCP_START_MEDIA_TRANSMISSION, &start[i]);
	CHECK_INT(start[0].start_media_transmission.remote_port_number, call.parties[0].phone->local.port);
	for (int i = 0; i < 2; i++) {
		sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION_ACK);
		m.start_media_transmission_ack.pass_through_party_id =
			start[i].start_media_transmission.pass_through_party_id;
		CHECK_INT(call.state, CALL_STARTING);
		station_send(&d, &m);
	}
	CHECK_INT(call.state, CALL_UP);
	CHECK_INT(call.parties[0].gateway.port, 16384);
	CHECK_INT(call.parties[1].gateway.port, 16386);
	call_hush(&call);
	call_end(&call, agent_device_find(station_agent, "MTP_TEST"));
	for (int i = 0; i < 2; i++) {
		station_expect(&d, SCCP_CLOSE_RECEIVE_CHANNEL, &m);
		station_expect(&d, SCCP_STOP_MEDIA_TRANSMISSION, &m);
	}
	station_expect(&d, SCCP_CAPABILITIES_REQ, &m);
	CHECK_INT(call.state, CALL_DELETING);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	station_send(&d, &m);
	CHECK_INT(call.state, CALL_ENDED);
	call_close(&call);
	teardown(&d);
}

static void refusal_fails_the_call(void)
{
	static struct station d;
	static struct scenario s;
	REQUIRE(setup(&d));
	come_up(&d);
	CHECK_INT(scenario_parse("phone a address 127.0.0.1\nphone b address 127.0.0.1\ncall mtp m {\n"
				 "party a codec pcmu silent\nparty b codec pcmu silent\n}\n",
				 "test", stderr, &s),
		  0);
	CHECK_INT(call_open(&call, &s, &s.calls[0], station_base, ".", 0), 0);
	struct sccp_msg open, m;
	call_start(&call, agent_device_find(station_agent, "MTP_TEST"));
	station_expect(&d, SCCP_OPEN_RECEIVE_CHANNEL, &open);
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.media_reception_status = 1;
	m.open_receive_channel_ack.pass_through_party_id = open.open_receive_channel.pass_through_party_id;
	station_send(&d, &m);
	CHECK_INT(call.state, CALL_FAILED);
	CHECK_STR(call.problem, "OpenReceiveChannel of party 1 refused, status 1");
	call_close(&call);
	teardown(&d);
}

// Every attack can be made for every version, and the decoder takes each byte of it.
static void attacks_are_made(void)
{
	static struct hostile h;
	const struct addr own = addr_ipv4((const uint8_t[4]){10, 77, 0, 2});
	static const unsigned int versions[] = {0, 3, 11, 17, 18, 22};
	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
		for (unsigned int i = 0; i < hostile_count(); i++) {
			hostile_make(i, versions[v], &own, &h);
			CHECK(h.len > 0 && h.len <= sizeof(h.bytes) && h.name);
			const uint8_t *pdu;
			size_t len, consumed;
			struct sccp_msg m;
			if (sccp_frame_next(h.bytes, h.len, &pdu, &len, &consumed) == 1)
				sccp_decode(pdu, len, versions[v], &m);
		}
	}
}

T_MAIN("lab_agent", {"registers", registers}, {"cuts_off_garbage", cuts_off_garbage},
       {"drives_a_call", drives_a_call}, {"refusal_fails_the_call", refusal_fails_the_call},
       {"attacks_are_made", attacks_are_made})
