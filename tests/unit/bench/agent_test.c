// SPDX-License-Identifier: GPL-3.0-or-later
// agent_test.c - The lab's call agent against a tiny device over loopback: registration, a call, hostile bytes.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lab/agent.h"
#include "bench/lab/call.h"
#include "bench/lab/hostile.h"
#include "bench/lab/netns.h"
#include "tests/unit/t.h"

// A device: a blocking-free socket and what has come in on it.
struct device {
	int fd;
	uint8_t bytes[65536];
	size_t len;
};

static struct event_base *base;
static struct agent *agent;
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

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

static bool setup(struct device *d)
{
	base = event_base_new();
	ups = downs = messages = 0;
	struct agent_options options = {.listen = {.addr = addr_ipv4((const uint8_t[4]){127, 0, 0, 1})},
					.netns = "",
					.version = 18,
					.keepalive_s = 30,
					.hooks = {NULL, on_up, on_down, on_message}};
	// a free port, found by asking for one
	int probe = netns_socket("", SOCK_STREAM, &options.listen);
	if (probe < 0)
		return false;
	close(probe);
	if (agent_open(base, &options, &agent) < 0)
		return false;
	struct sockaddr_storage sa;
	socklen_t len = netns_sockaddr(&options.listen, &sa);
	d->len = 0;
	int one = 1;
	d->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); // every send is there at once
	return connect(d->fd, (struct sockaddr *)&sa, len) == 0;
}

static void teardown(struct device *d)
{
	close(d->fd);
	agent_close(agent);
	event_base_free(base);
}

static void device_send(const struct device *d, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, 18, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	CHECK_INT(send(d->fd, pdu, (size_t)len, 0), len);
	turn();
}

// Next message for the device, after the agent had its turn; false when there is none.
static bool device_next(struct device *d, struct sccp_msg *ret)
{
	turn();
	ssize_t n = recv(d->fd, d->bytes + d->len, sizeof(d->bytes) - d->len, MSG_DONTWAIT);
	d->len += n > 0 ? (size_t)n : 0;
	const uint8_t *pdu;
	size_t len, consumed;
	if (sccp_frame_next(d->bytes, d->len, &pdu, &len, &consumed) != 1)
		return false;
	int rc = sccp_decode(pdu, len, 18, ret);
	memmove(d->bytes, d->bytes + consumed, d->len - consumed);
	d->len -= consumed;
	return rc >= 0;
}

static void expect(struct device *d, uint32_t id, struct sccp_msg *m)
{
	m->id = 0;
	CHECK(device_next(d, m));
	CHECK_INT(m->id, id);
}

static void come_up(struct device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_REGISTER);
	strcpy(m.register_req.station_device_name, "MTP_TEST");
	m.register_req.device_type = 112;
	m.register_req.protocol_version = 18;
	device_send(d, &m);
	expect(d, SCCP_REGISTER_ACK, &m);
	CHECK_INT(m.register_ack.protocol_version, 18);
	CHECK_INT(m.register_ack.keep_alive_interval, 30);
	expect(d, SCCP_CAPABILITIES_REQ, &m);
	CHECK_INT(ups, 0);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	device_send(d, &m);
	CHECK_INT(ups, 1);
	CHECK(agent_device_find(agent, "MTP_TEST") != NULL);
}

static void registers(void)
{
	static struct device d;
	struct sccp_msg m;
	REQUIRE(setup(&d));
	come_up(&d);
	sccp_init(&m, SCCP_KEEP_ALIVE);
	device_send(&d, &m);
	expect(&d, SCCP_KEEP_ALIVE_ACK, &m);
	sccp_init(&m, SCCP_UNREGISTER);
	device_send(&d, &m);
	expect(&d, SCCP_UNREGISTER_ACK, &m);
	CHECK_INT(agent_counts(agent)->unregistered, 1);
	teardown(&d);
	CHECK_INT(downs, 1);
}

static void cuts_off_garbage(void)
{
	static struct device d;
	REQUIRE(setup(&d));
	uint8_t bytes[64];
	memset(bytes, 0xff, sizeof(bytes));
	CHECK(send(d.fd, bytes, sizeof(bytes), 0) > 0);
	turn();
	CHECK_INT(agent_counts(agent)->closed, 1);
	CHECK(agent_devices(agent) == NULL);
	teardown(&d);
}

static void ack_open(struct device *d, const struct sccp_msg *open, uint16_t port)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.pass_through_party_id = open->open_receive_channel.pass_through_party_id;
	m.open_receive_channel_ack.ip_addr = addr_ipv4((const uint8_t[4]){127, 0, 0, 1});
	m.open_receive_channel_ack.port_number = port;
	device_send(d, &m);
}

// Two silent phones on an MTP: opens, acks, starts, acks, up; then closes and stops for both.
static void drives_a_call(void)
{
	static struct device d;
	static struct scenario s;
	REQUIRE(setup(&d));
	come_up(&d);
	CHECK_INT(scenario_parse("phone a address 127.0.0.1\nphone b address 127.0.0.1\ncall mtp m {\n"
				 "party a codec pcmu silent\nparty b codec pcmu silent\n}\n",
				 "test", stderr, &s),
		  0);
	CHECK_INT(call_open(&call, &s, &s.calls[0], base, ".", 0), 0);
	struct sccp_msg open[2], start[2], m;
	call_start(&call, agent_device_find(agent, "MTP_TEST"));
	for (int i = 0; i < 2; i++)
		expect(&d, SCCP_OPEN_RECEIVE_CHANNEL, &open[i]);
	CHECK_INT(open[0].open_receive_channel.conference_id, open[1].open_receive_channel.conference_id);
	CHECK(open[0].open_receive_channel.pass_through_party_id !=
	      open[1].open_receive_channel.pass_through_party_id);
	CHECK_INT(open[0].open_receive_channel.codec, 4);
	CHECK_INT(open[0].open_receive_channel.packet_ms, 20);
	ack_open(&d, &open[1], 16386);
	CHECK(!device_next(&d, &m)); // waits for both
	ack_open(&d, &open[0], 16384);
	for (int i = 0; i < 2; i++)
		expect(&d, SCCP_START_MEDIA_TRANSMISSION, &start[i]);
	CHECK_INT(start[0].start_media_transmission.remote_port_number, call.parties[0].phone->local.port);
	for (int i = 0; i < 2; i++) {
		sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION_ACK);
		m.start_media_transmission_ack.pass_through_party_id =
			start[i].start_media_transmission.pass_through_party_id;
		CHECK_INT(call.state, CALL_STARTING);
		device_send(&d, &m);
	}
	CHECK_INT(call.state, CALL_UP);
	CHECK_INT(call.parties[0].gateway.port, 16384);
	CHECK_INT(call.parties[1].gateway.port, 16386);
	call_hush(&call);
	call_end(&call, agent_device_find(agent, "MTP_TEST"));
	for (int i = 0; i < 2; i++) {
		expect(&d, SCCP_CLOSE_RECEIVE_CHANNEL, &m);
		expect(&d, SCCP_STOP_MEDIA_TRANSMISSION, &m);
	}
	expect(&d, SCCP_CAPABILITIES_REQ, &m);
	CHECK_INT(call.state, CALL_DELETING);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	device_send(&d, &m);
	CHECK_INT(call.state, CALL_ENDED);
	call_close(&call);
	teardown(&d);
}

static void refusal_fails_the_call(void)
{
	static struct device d;
	static struct scenario s;
	REQUIRE(setup(&d));
	come_up(&d);
	CHECK_INT(scenario_parse("phone a address 127.0.0.1\nphone b address 127.0.0.1\ncall mtp m {\n"
				 "party a codec pcmu silent\nparty b codec pcmu silent\n}\n",
				 "test", stderr, &s),
		  0);
	CHECK_INT(call_open(&call, &s, &s.calls[0], base, ".", 0), 0);
	struct sccp_msg open, m;
	call_start(&call, agent_device_find(agent, "MTP_TEST"));
	expect(&d, SCCP_OPEN_RECEIVE_CHANNEL, &open);
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.media_reception_status = 1;
	m.open_receive_channel_ack.pass_through_party_id = open.open_receive_channel.pass_through_party_id;
	device_send(&d, &m);
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
