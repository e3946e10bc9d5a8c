// SPDX-License-Identifier: GPL-3.0-or-later
// steer_test.c - A device that takes flow rules: every port of the range to its owner's queue, or none at all.
//
// Of the devices without hardware net_tap alone has such rules, and only where the kernel has their classifier. So the device's
// half of rte_flow is made up here: the three functions of DPDK are this program's own. It keeps rules as rte_flow.h describes
// them, refuses what it does not understand, and says to which queue a frame goes, from the frame's bytes.
#include "tests/pipeline/rig.h"

#include <fcntl.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_flow.h>

#include "dataplane/portmap.h"
#include "dataplane/steer.h"
#include "gw/codec.h"
#include "gw/log.h"

#define RULES_MAX  4096
#define NO_QUEUE   (-1)
#define MANY_RULES (-2) // two rules of one priority match: which of them counts is not defined

struct rte_flow {
	uint16_t device; // of DPDK
	bool v6;
	uint16_t port; // UDP destination
	uint16_t mask;
	uint16_t queue;
};

static struct rule_device {
	struct rte_flow rules[RULES_MAX];
	unsigned int count;
	unsigned int room; // rules that it takes
	bool refuses_v6;
	unsigned int flushed; // times
} device;

static void device_reset(void)
{
	device = (struct rule_device){.room = RULES_MAX};
}

static int refuse(struct rte_flow_error *error, int code, const char *message)
{
	rte_flow_error_set(error, code, RTE_FLOW_ERROR_TYPE_UNSPECIFIED, NULL, message);
	return -code;
}

// ETH / IPV4 or IPV6 / UDP with a destination port under a mask / END -> QUEUE / END, and nothing else.
static int rule_read(const struct rte_flow_attr *attr, const struct rte_flow_item *p,
		     const struct rte_flow_action *a, struct rte_flow *ret, struct rte_flow_error *error)
{
	if (!attr->ingress || attr->egress || attr->transfer || attr->group || attr->priority)
		return refuse(error, ENOTSUP, "attributes");
	bool v6 = p[1].type == RTE_FLOW_ITEM_TYPE_IPV6;
	if (p[0].type != RTE_FLOW_ITEM_TYPE_ETH || p[0].spec ||
	    (!v6 && p[1].type != RTE_FLOW_ITEM_TYPE_IPV4) || p[1].spec ||
	    p[2].type != RTE_FLOW_ITEM_TYPE_UDP || !p[2].spec || !p[2].mask || p[2].last ||
	    p[3].type != RTE_FLOW_ITEM_TYPE_END)
		return refuse(error, ENOTSUP, "pattern");
	if (v6 && device.refuses_v6)
		return refuse(error, ENOTSUP, "no IPv6 here");
	const struct rte_flow_item_udp *spec = p[2].spec, *mask = p[2].mask;
	if (mask->hdr.src_port || mask->hdr.dgram_len || mask->hdr.dgram_cksum)
		return refuse(error, ENOTSUP, "only the destination port");
	const struct rte_flow_action_queue *to = a[0].conf;
	if (a[0].type != RTE_FLOW_ACTION_TYPE_QUEUE || a[1].type != RTE_FLOW_ACTION_TYPE_END)
		return refuse(error, ENOTSUP, "actions");
	*ret = (struct rte_flow){.v6 = v6,
				 .port = rte_be_to_cpu_16(spec->hdr.dst_port),
				 .mask = rte_be_to_cpu_16(mask->hdr.dst_port),
				 .queue = to->index};
	return 0;
}

int rte_flow_validate(uint16_t port, const struct rte_flow_attr *attr, const struct rte_flow_item pattern[],
		      const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	struct rte_flow rule;
	(void)port;
	return rule_read(attr, pattern, actions, &rule, error);
}

struct rte_flow *rte_flow_create(uint16_t port, const struct rte_flow_attr *attr,
				 const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
				 struct rte_flow_error *error)
{
	struct rte_flow *rule = &device.rules[device.count];
	if (device.count == device.room) {
		refuse(error, ENOSPC, "table is full");
		return NULL;
	}
	if (rule_read(attr, pattern, actions, rule, error))
		return NULL;
	rule->device = port;
	device.count++;
	return rule;
}

int rte_flow_flush(uint16_t port, struct rte_flow_error *error)
{
	(void)error;
	unsigned int kept = 0;
	for (unsigned int i = 0; i < device.count; i++)
		if (device.rules[i].device != port)
			device.rules[kept++] = device.rules[i];
	device.count = kept;
	device.flushed++;
	return 0;
}

static int queue_of_port(uint16_t id, bool v6, uint16_t port)
{
	int queue = NO_QUEUE;
	for (unsigned int i = 0; i < device.count; i++) {
		const struct rte_flow *r = &device.rules[i];
		if (r->device == id && r->v6 == v6 && (port & r->mask) == (r->port & r->mask))
			queue = queue == NO_QUEUE ? r->queue : MANY_RULES;
	}
	return queue;
}

// The queue that the device puts a frame into; NO_QUEUE where no rule speaks of it.
static int queue_of_frame(uint16_t id, const uint8_t *frame)
{
	const uint8_t *at = frame + 12; // without a spec an ETH item matches tagged frames as well
	at += at[0] == RTE_ETHER_TYPE_VLAN >> 8 && at[1] == 0 ? 4 : 0;
	uint16_t type = (uint16_t)(at[0] << 8 | at[1]);
	const uint8_t *ip = at + 2;
	bool v6 = type == RTE_ETHER_TYPE_IPV6;
	if ((!v6 && type != RTE_ETHER_TYPE_IPV4) || ip[v6 ? 6 : 9] != IPPROTO_UDP)
		return NO_QUEUE;
	const uint8_t *udp = ip + (v6 ? 40 : (ip[0] & 15) * 4);
	return queue_of_port(id, v6, (uint16_t)(udp[2] << 8 | udp[3]));
}

// Each port of a range goes to the queue of the worker whose part it is in, and other ports nowhere.
static unsigned int wrong_ports(bool v6, uint16_t min, uint16_t max, unsigned int workers)
{
	static int owner[UINT16_MAX + 1];
	unsigned int wrong = 0;
	for (uint32_t port = 0; port <= UINT16_MAX; port++)
		owner[port] = NO_QUEUE;
	for (unsigned int w = 0; w < workers; w++) {
		uint32_t first, count;
		portmap_part(min, max, w, workers, &first, &count);
		for (uint32_t port = 2 * first; port < 2 * (first + count); port++)
			owner[port] = (int)w;
	}
	for (uint32_t port = 0; port <= UINT16_MAX; port++)
		wrong += queue_of_port(0, v6, (uint16_t)port) != owner[port];
	return wrong;
}

static void each_port_to_its_owner(void)
{
	static const uint16_t ranges[][2] = {{16384, 32767}, {1024, 65535}, {20001, 29998}, {30000, 30007}};
	static const unsigned int workers[] = {1, 2, 3, 7, 16};
	const char *refusal;
	for (unsigned int r = 0; r < RTE_DIM(ranges); r++) {
		for (unsigned int i = 0; i < RTE_DIM(workers); i++) {
			device_reset();
			unsigned int rules = steer_port(0, ranges[r][0], ranges[r][1], workers[i], &refusal);
			CHECK(rules > 0);
			CHECK_INT(device.count, rules);
			CHECK_INT(wrong_ports(false, ranges[r][0], ranges[r][1], workers[i]), 0);
			CHECK_INT(wrong_ports(true, ranges[r][0], ranges[r][1], workers[i]), 0);
		}
	}
}

// Wherever a device stops taking rules, it is left with none.
static void some_are_none(void)
{
	const char *refusal;
	device_reset();
	unsigned int all = steer_port(0, 20001, 29998, 3, &refusal);
	for (unsigned int room = 0; room < all; room++) {
		device_reset();
		device.room = room;
		refusal = "";
		CHECK_INT(steer_port(0, 20001, 29998, 3, &refusal), 0);
		CHECK_STR(refusal, "table is full");
		CHECK_INT(device.count, 0);
		CHECK_INT(device.flushed, 1);
	}
	device_reset();
	device.refuses_v6 = true;
	CHECK_INT(steer_port(0, 20001, 29998, 3, &refusal), 0);
	CHECK_STR(refusal, "no IPv6 here");
	CHECK_INT(device.count, 0);
}

// --- the dataplane on such a device ---

static struct rig rig;
static int log_pipe[2];

static bool start_and_listen(void)
{
	if (!rig_start(&rig, &(struct rig_options){0})) // EAL, and the rig's own log level
		return false;
	rig_stop(&rig);
	device.flushed = 0;
	REQUIRE(pipe(log_pipe) == 0 && fcntl(log_pipe[0], F_SETFL, O_NONBLOCK) == 0);
	log_output(log_pipe[1], false);
	log_set_level(LOG_LEVEL_NOTICE);
	bool started = rig_start(&rig, &(struct rig_options){.workers = 2, .queues = 2});
	log_init();
	log_set_level(LOG_LEVEL_ERROR);
	close(log_pipe[1]);
	return started;
}

static bool said(const char *words)
{
	static char text[8192];
	static size_t n;
	for (ssize_t got; (got = read(log_pipe[0], text + n, sizeof(text) - 1 - n)) > 0;)
		n += (size_t)got;
	text[n] = '\0';
	return strstr(text, words);
}

struct call {
	unsigned int port; // of the rig
	api_handle stream;
	struct addr_port at;
	const char *far;
};

static void call_open(struct call *c, unsigned int port, const char *far, const char *other)
{
	const char *local = port ? RIG_IP4_VLAN : "";
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec a = rig_spec(conference, local, far, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(conference, local, other, 4000, CODEC_PCMU);
	c->port = port;
	c->far = far;
	CHECK_INT(rig_stream_open(&rig, &a, &c->stream, &c->at), 0);
	CHECK_INT(rig_stream_open(&rig, &b, NULL, NULL), 0);
}

static size_t packet(const struct call *c, uint16_t seq, uint8_t *frame)
{
	struct rig_datagram d = {
		.src = rig_addr(c->far),
		.dst = c->at.addr,
		.src_port = 4000,
		.dst_port = c->at.port,
		.vlan = c->port ? 7 : 0,
	};
	rig_rtp(&d, 0, seq, seq * 160u, 99, 0x20, 160);
	return rig_encode(&rig, c->port, &d, frame);
}

static unsigned int received(void)
{
	unsigned int n = 0;
	struct rig_datagram d;
	rig_settle(&rig);
	for (unsigned int port = 0; port < RIG_PORTS; port++)
		for (const struct rig_frame *f = rig_take(&rig, port); f; f = rig_take(&rig, port), n++)
			CHECK(rig_decode(&rig, port, f, &d));
	return n;
}

// Calls of both IP versions, and in a VLAN, on both workers; the device puts each packet where its rules say.
static void no_packet_is_handed_over(void)
{
	static const char *const far[][2] = {{"192.0.2.10", "192.0.2.20"},
					     {"2001:db8::10", "2001:db8::20"},
					     {"198.51.100.10", "198.51.100.20"}};
	struct call calls[2 * RTE_DIM(far)];
	uint8_t frame[RIG_FRAME_MAX];
	unsigned int owned[2] = {0};
	device_reset();
	if (!start_and_listen())
		SKIP("DPDK does not start");
	CHECK(said("media0: flow rules bring packets to their worker rules=4 queues=2"));
	CHECK_INT(device.count, 2 * 4);
	for (unsigned int i = 0; i < RTE_DIM(calls); i++)
		call_open(&calls[i], i / 2 == 2, far[i / 2][0], far[i / 2][1]);
	received(); // neighbours are known
	for (unsigned int i = 0; i < RTE_DIM(calls); i++) {
		for (uint16_t seq = 1; seq < 20; seq++) {
			size_t len = packet(&calls[i], seq, frame);
			int queue = queue_of_frame(rig.dp.ports[calls[i].port].id, frame);
			REQUIRE(queue == 0 || queue == 1);
			rig_put(&rig, calls[i].port, (unsigned int)queue, frame, len);
			owned[queue]++;
			worker_loop_once(rig.dp.workers[queue], rig.now);
			worker_loop_once(rig.dp.workers[queue], rig.now);
			CHECK_INT(rte_ring_count(rig.dp.workers[1 - queue]->handoff_ring), 0);
		}
		CHECK_INT(rig_stream_stats(&rig, calls[i].stream).rx_packets, 19);
	}
	CHECK_INT(received(), RTE_DIM(calls) * 19);
	CHECK(owned[0] > 0 && owned[1] > 0); // each worker had some
	unsigned int before = device.flushed;
	rig_stop(&rig);
	CHECK_INT(device.count, 0);
	CHECK_INT(device.flushed, before + 2); // both ports
	close(log_pipe[0]);
}

// A device that refuses says why, and packets arrive all the same, whatever queue they come by.
static void refused(void)
{
	struct call calls[2];
	uint8_t frame[RIG_FRAME_MAX];
	device_reset();
	device.refuses_v6 = true;
	if (!start_and_listen())
		SKIP("DPDK does not start");
	CHECK(said("media0: no flow rules: packets for other workers go through handoff rings queues=2 "
		   "device=no IPv6 here"));
	for (unsigned int i = 0; i < 2; i++)
		call_open(&calls[i], 0, "192.0.2.10", "192.0.2.20");
	received();
	for (unsigned int i = 0; i < 2; i++)
		for (uint16_t seq = 1; seq < 20; seq++)
			rig_put(&rig, 0, seq % 2, frame, packet(&calls[i], seq, frame));
	CHECK(received() > 30); // by two ways, they may overtake one another
	for (unsigned int i = 0; i < 2; i++)
		CHECK_INT(rig_stream_stats(&rig, calls[i].stream).rx_packets, 19);
	unsigned int before = device.flushed;
	rig_stop(&rig);
	CHECK_INT(device.flushed, before); // nothing to take back
	close(log_pipe[0]);
}

T_MAIN("pipeline steer", {"each port to its owner", each_port_to_its_owner}, {"some are none", some_are_none},
       {"no packet is handed over", no_packet_is_handed_over}, {"refused", refused})
