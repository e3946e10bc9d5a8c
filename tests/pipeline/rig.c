// SPDX-License-Identifier: GPL-3.0-or-later
// rig.c - Starts and turns the rig, and answers for its neighbours.
#include "tests/pipeline/rig.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include "dataplane/eal.h"
#include "dataplane/scribe.h"
#include "dataplane/server.h"
#include "gw/codec.h"
#include "gw/ipc.h"
#include "gw/log.h"

static bool eal_up(void)
{
	static bool up;
	char prefix[64];
	snprintf(prefix, sizeof(prefix), "--file-prefix=slimline-test-%d", (int)getpid());
	char *args[] = {"test",         "--no-huge",      "-m256",
			"--no-pci",     "--no-telemetry", "--log-level=error",
			"--lcores=0@0", prefix,           NULL};
	if (!up && rte_eal_init(8, args) < 0) {
		printf("DPDK does not start: %s\n", rte_strerror(rte_errno));
	} else if (!up) {
		up = atexit(eal_stop) == 0;
		log_set_level(LOG_LEVEL_ERROR);
	}
	return up;
}

static void address_add(struct config_port *p, const char *text, uint8_t prefix_length, const char *gateway)
{
	struct config_address *a = &p->addresses[p->address_count++];
	REQUIRE(addr_parse(text, &a->addr) == 0);
	a->prefix_length = prefix_length;
	if (gateway)
		REQUIRE(addr_parse(gateway, &a->gateway) == 0);
}

static void config_make(struct rig *r, const struct rig_options *o)
{
	struct config_dataplane *d = &r->config.dataplane;
	strcpy(r->config.node, "rig");
	snprintf(d->socket, sizeof(d->socket), "/tmp/slimline-rig-%d.sock", (int)getpid());
	d->worker_count = o->workers ? o->workers : 1;
	d->streams = o->calls ? 2 * o->calls : o->streams ? o->streams : 64;
	d->conferences = o->calls ? o->calls : 16;
	d->voices = o->calls ? 2 * o->calls : 16;
	d->sources = 4;
	d->load_limit = o->load_limit ? o->load_limit : 100;
	d->port_count = RIG_PORTS;
	address_add(&d->ports[0], RIG_IP4, 24, "192.0.2.254");
	address_add(&d->ports[0], RIG_IP6, 64, "2001:db8::fe");
	address_add(&d->ports[1], RIG_IP4_VLAN, 24, NULL);
	address_add(&d->ports[1], RIG_IP6_VLAN, 64, NULL);
	d->ports[1].vlan = 7;
	r->config.recordings.at_a_time = 3;
	if (o->recordings)
		strcpy(r->config.recordings.directory, o->recordings);
	r->config.media = (struct config_media){
		.rtp_port_min = o->port_min ? o->port_min : 16384,
		.rtp_port_max = o->port_max ? o->port_max : 32767,
		.jitter_min_ms = 20,
		.jitter_max_ms = 200,
		.rtcp_interval_ms = 5000,
		.multicast_ttl = RIG_GROUP_TTL,
		.silent_s = 30,
	};
}

static void ring_ports_make(struct rig *r, const struct rig_options *o)
{
	static unsigned int generation;
	unsigned int queues = o->queues ? o->queues : 1;
	generation++;
	for (unsigned int p = 0; p < RIG_PORTS; p++) {
		char name[32];
		for (unsigned int q = 0; q < queues; q++) {
			snprintf(name, sizeof(name), "rx%u_%u_%u", generation, p, q);
			r->rx[p][q] = rte_ring_create(name, 512, 0, 0);
			snprintf(name, sizeof(name), "tx%u_%u_%u", generation, p, q);
			r->tx[p][q] = rte_ring_create(name, 512, 0, 0);
			REQUIRE(r->rx[p][q] && r->tx[p][q]);
		}
		struct config_port *c = &r->config.dataplane.ports[p];
		snprintf(c->name, sizeof(c->name), "media%u", p);
		snprintf(name, sizeof(name), "g%up%u", generation, p);
		snprintf(c->device, sizeof(c->device), "net_ring_%s", name);
		REQUIRE(rte_eth_from_rings(name, r->rx[p], queues, r->tx[p], queues, 0) >= 0);
		r->out[p] = calloc(RIG_FRAMES, sizeof(*r->out[p]));
	}
}

static bool started_here(const struct module *m)
{
	return strcmp(m->name, "dpdk") != 0 && strcmp(m->name, "threads") != 0;
}

bool rig_start(struct rig *r, const struct rig_options *o)
{
	if (r->running) // a test that failed left it
		rig_stop(r);
	memset(r, 0, sizeof(*r));
	if (!eal_up())
		return false;
	r->running = true;
	codec_init();
	config_make(r, o);
	ring_ports_make(r, o);
	r->dp.config = &r->config;
	r->dp.seed = o->seed;
	r->now = 1000 * NSEC_PER_SEC;
	for (const struct module *m = modules; m->name; m++)
		if (started_here(m))
			REQUIRE(m->start(&r->dp) == 0);
	r->client = ipc_connect(r->config.dataplane.socket);
	REQUIRE(r->client >= 0);
	rig_settle(r);
	rig_forget(r); // where our addresses are
	return true;
}

void rig_stop(struct rig *r)
{
	const struct module *m = modules;
	r->running = false;
	close(r->client);
	while (m->name)
		m++;
	while (m-- != modules)
		if (started_here(m))
			m->stop(&r->dp);
	for (unsigned int p = 0; p < RIG_PORTS; p++) {
		for (unsigned int q = 0; q < RIG_QUEUES; q++) {
			rte_ring_free(r->rx[p][q]);
			rte_ring_free(r->tx[p][q]);
		}
		free(r->out[p]);
	}
}

// Answers for a far end; false when the frame is no question to one.
static bool neighbor_answer(struct rig *r, unsigned int port, const uint8_t *frame)
{
	unsigned int header = frame[12] == 0x81 ? 18 : 14;
	const uint8_t *l3 = frame + header;
	uint8_t out[128] = {0};
	struct addr target;
	size_t len;
	memcpy(out, frame, header);
	memcpy(out, frame + 6, 6);
	if (frame[header - 2] == 0x08 && frame[header - 1] == 0x06) {
		if (l3[7] != 1 || memcmp(l3 + 14, l3 + 24, 4) == 0)
			return false;
		target = addr_ipv4(l3 + 24);
		uint8_t *arp = out + header;
		memcpy(arp, "\x00\x01\x08\x00\x06\x04\x00\x02", 8);
		rig_far_mac(&target, arp + 8);
		memcpy(arp + 14, target.ip, 4);
		memcpy(arp + 18, l3 + 8, 10);
		memcpy(out + 6, arp + 8, 6);
		len = header + 28;
	} else if (frame[header - 2] == 0x86 && l3[6] == 58 && l3[40] == 135) {
		target = addr_ipv6(l3 + 48);
		uint8_t *ip = out + header, *icmp = ip + 40;
		memcpy(ip, "\x60\x00\x00\x00\x00\x20\x3a\xff", 8);
		memcpy(ip + 8, target.ip, 16);
		memcpy(ip + 24, l3 + 8, 16);
		memcpy(icmp, "\x88\x00\x00\x00\x60\x00\x00\x00", 8);
		memcpy(icmp + 8, target.ip, 16);
		icmp[24] = 2;
		icmp[25] = 1;
		rig_far_mac(&target, icmp + 26);
		memcpy(out + 6, icmp + 26, 6);
		uint8_t pseudo[72];
		memcpy(pseudo, ip + 8, 32);
		memcpy(pseudo + 32, "\x00\x00\x00\x20\x00\x00\x00\x3a", 8);
		memcpy(pseudo + 40, icmp, 32);
		uint16_t sum = rig_checksum(0, pseudo, sizeof(pseudo));
		icmp[2] = (uint8_t)(sum >> 8);
		icmp[3] = (uint8_t)sum;
		len = header + 72;
	} else {
		return false;
	}
	rig_put(r, port, 0, out, len);
	return true;
}

static unsigned int collect(struct rig *r, unsigned int port)
{
	unsigned int n = 0;
	for (unsigned int q = 0; q < RIG_QUEUES && r->tx[port][q]; q++) {
		void *m;
		for (; rte_ring_dequeue(r->tx[port][q], &m) == 0; n++) {
			const uint8_t *bytes = rte_pktmbuf_mtod((struct rte_mbuf *)m, const uint8_t *);
			uint16_t len = rte_pktmbuf_data_len((struct rte_mbuf *)m);
			if (r->silent_neighbors || !neighbor_answer(r, port, bytes)) {
				struct rig_frame *f = &r->out[port][r->out_count[port]++ % RIG_FRAMES];
				f->len = len;
				memcpy(f->bytes, bytes, len);
			}
			rte_pktmbuf_free(m);
		}
	}
	return n;
}

void rig_settle(struct rig *r)
{
	unsigned int work, quiet = 0;
	nsec_t due;
	while (quiet < 2) {
		work = r->disk_stands ? 0 : scribe_wait(server_scribe(r->dp.server));
		work += server_poll(r->dp.server, 0, r->now);
		for (unsigned int i = 0; i < r->dp.worker_count; i++)
			work += worker_loop_once(r->dp.workers[i], r->now);
		work += dataplane_turn(&r->dp, r->now, &due);
		for (unsigned int p = 0; p < RIG_PORTS; p++)
			work += collect(r, p);
		quiet = work ? 0 : quiet + 1;
	}
}

void rig_put(struct rig *r, unsigned int port, unsigned int queue, const uint8_t *bytes, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(r->dp.pool);
	REQUIRE(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), bytes, len);
	m->port = r->dp.ports[port].id;
	REQUIRE(rte_ring_enqueue(r->rx[port][queue], m) == 0);
}

const struct rig_frame *rig_take(struct rig *r, unsigned int port)
{
	if (r->out_first[port] == r->out_count[port])
		return NULL;
	return &r->out[port][r->out_first[port]++ % RIG_FRAMES];
}

void rig_forget(struct rig *r)
{
	for (unsigned int p = 0; p < RIG_PORTS; p++)
		r->out_first[p] = r->out_count[p];
}

int rig_call(struct rig *r, struct api_message *m)
{
	uint32_t request = ++r->request;
	m->header.request = request;
	REQUIRE(ipc_send(r->client, m, m->header.length) == 0);
	for (unsigned int i = 0; i < 100; i++) {
		rig_settle(r);
		ssize_t n;
		while ((n = ipc_recv(r->client, m, sizeof(*m))) > 0) {
			CHECK_INT(api_check(m, (size_t)n), 0);
			if (m->header.request == request)
				return m->header.status;
		}
		REQUIRE(n == -EAGAIN);
	}
	REQUIRE(!"reply");
	return -1;
}

uint64_t rig_drops(const struct rig *r, enum drop_reason reason)
{
	return dataplane_drops(&r->dp, reason);
}

api_handle rig_conference(struct rig *r, uint32_t flags)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_OPEN, 1);
	m.conference_open.spec.flags = flags;
	REQUIRE(rig_call(r, &m) == 0);
	return m.handle_reply.handle;
}

struct stream_spec rig_spec(api_handle conference, const char *local, const char *remote,
			    uint16_t remote_port, uint8_t codec)
{
	struct stream_format format = {
		.codec = codec,
		.period_ms = 20,
		.payload_type = codec == CODEC_PCMA ? 8 : 0,
	};
	struct stream_spec spec = {
		.conference = conference,
		.flags = STREAM_RECV | STREAM_SEND | STREAM_SOURCE_PORT,
		.rx = format,
		.tx = format,
		.dscp = 46,
	};
	if (*local)
		spec.local.addr = rig_addr(local);
	spec.remote.addr = rig_addr(remote);
	spec.remote.port = remote_port;
	spec.source = spec.remote;
	return spec;
}

int rig_stream_open(struct rig *r, const struct stream_spec *spec, api_handle *ret,
		    struct addr_port *ret_local)
{
	struct api_message m;
	api_init(&m, API_STREAM_OPEN, 1);
	m.stream_open.spec = *spec;
	int status = rig_call(r, &m);
	if (ret)
		*ret = m.stream_reply.handle;
	if (ret_local)
		*ret_local = m.stream_reply.local;
	return status;
}

static int handle_call(struct rig *r, unsigned int type, api_handle handle, struct api_message *m)
{
	api_init(m, type, 1);
	m->handle_request.handle = handle;
	return rig_call(r, m);
}

int rig_stream_close(struct rig *r, api_handle stream)
{
	struct api_message m;
	return handle_call(r, API_STREAM_CLOSE, stream, &m);
}

int rig_conference_close(struct rig *r, api_handle conference)
{
	struct api_message m;
	return handle_call(r, API_CONFERENCE_CLOSE, conference, &m);
}

struct stream_stats rig_stream_stats(struct rig *r, api_handle stream)
{
	struct api_message m;
	CHECK_INT(handle_call(r, API_STREAM_STATS, stream, &m), 0);
	return m.stream_stats_reply.stats;
}
