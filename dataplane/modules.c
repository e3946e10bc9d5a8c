// SPDX-License-Identifier: GPL-3.0-or-later
// modules.c - The ordered table of what is started and stopped.
#include "dataplane/dataplane.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "dataplane/eal.h"
#include "dataplane/server.h"
#include "dataplane/steer.h"
#include "gw/log.h"

static int dpdk_start(struct dataplane *dp)
{
	return eal_start(dp->config);
}

static void dpdk_stop(struct dataplane *dp)
{
	eal_stop();
}

static int worker_socket(unsigned int i)
{
	unsigned int lcore = eal_worker_lcore(i);
	return rte_lcore_is_enabled(lcore) ? (int)rte_lcore_to_socket_id(lcore) : (int)rte_socket_id();
}

// A pool on each memory socket that a worker, or the main thread, is on.
static int pools_make(struct dataplane *dp)
{
	int main_socket = (int)rte_socket_id();
	for (unsigned int i = 0; i < dp->worker_count; i++) {
		int socket = worker_socket(i);
		unsigned int sharing = 0;
		for (unsigned int k = 0; k < dp->worker_count; k++) {
			if (k < i && worker_socket(k) == socket)
				dp->pools[i] = dp->pools[k];
			sharing += worker_socket(k) == socket;
		}
		if (!dp->pools[i])
			dp->pools[i] = eal_pool_make(dp->config, socket, sharing);
		if (!dp->pools[i])
			return -ENOMEM;
		if (socket == main_socket)
			dp->pool = dp->pools[i];
	}
	if (!dp->pool)
		dp->pool = eal_pool_make(dp->config, main_socket, 0);
	return dp->pool ? 0 : -ENOMEM;
}

// With a queue for each worker, each should get the packets of its own ports.
static void port_steer(const struct dataplane *dp, struct port *p)
{
	const struct config_media *m = &dp->config->media;
	if (p->rx_queues < 2)
		return;
	const char *refusal;
	p->rules = steer_port(p->id, m->rtp_port_min, m->rtp_port_max, dp->worker_count, &refusal);
	if (p->rules)
		log_notice(p->name, "flow rules bring packets to their worker", "rules=%u queues=%u",
			   p->rules, p->rx_queues);
	else
		log_notice(p->name, "no flow rules: packets for other workers go through handoff rings",
			   "queues=%u device=%s", p->rx_queues, refusal);
}

static int ports_start(struct dataplane *dp)
{
	const struct config_dataplane *c = &dp->config->dataplane;
	dp->worker_count = c->worker_count;
	int rc = pools_make(dp);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < c->port_count; i++) {
		rc = port_start(&dp->ports[i], &c->ports[i], c->worker_count, dp->pools);
		if (rc)
			return rc;
		port_steer(dp, &dp->ports[i]);
		dp->port_count++;
	}
	return 0;
}

static void ports_stop(struct dataplane *dp)
{
	while (dp->port_count) {
		struct port *p = &dp->ports[--dp->port_count];
		if (p->rules)
			steer_clear(p->id);
		port_stop(p);
	}
	for (unsigned int i = 0; i < dp->worker_count; i++) {
		struct rte_mempool *pool = dp->pools[i];
		for (unsigned int k = i; k < dp->worker_count; k++)
			dp->pools[k] = dp->pools[k] == pool ? NULL : dp->pools[k];
		dp->pool = dp->pool == pool ? NULL : dp->pool;
		rte_mempool_free(pool);
	}
	rte_mempool_free(dp->pool);
	dp->pool = NULL;
}

static int addresses_add(struct dataplane *dp, const struct port *p, const struct config_port *c)
{
	lookup_port_set(&dp->lookup, p->id, p->mac, c->vlan);
	for (unsigned int i = 0; i < c->address_count; i++) {
		struct local l = {
			.addr = c->addresses[i].addr,
			.gateway = c->addresses[i].gateway,
			.prefix_length = c->addresses[i].prefix_length,
			.port = p->id,
			.vlan = c->vlan,
		};
		memcpy(l.mac, p->mac, 6);
		int rc = lookup_local_add(&dp->lookup, &l);
		if (rc < 0) {
			char text[ADDR_TEXT_MAX];
			log_error(p->name, "address cannot be added", "address=%s error=%s",
				  addr_text(&l.addr, text, sizeof(text)), strerror(-rc));
			return rc;
		}
	}
	return 0;
}

// Frames of the main thread leave through worker 0, which has a queue on every port.
static void slow_send(void *arg, uint16_t port, struct rte_mbuf *m)
{
	struct dataplane *dp = arg;
	m->port = port;
	if (dp->worker_count == 0 || !dp->workers[0] ||
	    rte_ring_enqueue(dp->workers[0]->inject_ring, m) != 0) {
		dp->neigh.drops[DROP_slow_full]++;
		rte_pktmbuf_free(m);
	}
}

static int addresses_start(struct dataplane *dp)
{
	const struct config_dataplane *c = &dp->config->dataplane;
	unsigned int count = 0;
	for (unsigned int i = 0; i < c->port_count; i++)
		count += c->ports[i].address_count;
	int socket = (int)rte_socket_id();
	int rc = lookup_init(&dp->lookup, count, socket);
	for (unsigned int i = 0; rc == 0 && i < c->port_count; i++)
		rc = addresses_add(dp, &dp->ports[i], &c->ports[i]);
	if (rc == 0)
		rc = neigh_init(&dp->neigh, &dp->lookup, c->streams + LOCALS_MAX, socket, dp->pool, slow_send,
				dp);
	if (rc == -ENOMEM)
		log_error("addresses", "no memory: raise `dataplane.memory`");
	return rc;
}

static void addresses_stop(struct dataplane *dp)
{
	neigh_fini(&dp->neigh);
	lookup_fini(&dp->lookup);
}

// A worker holds up to twice its even share, so that large conferences may be uneven.
static uint32_t share(uint32_t all, unsigned int workers)
{
	uint64_t two = 2 * ((uint64_t)all + workers - 1) / workers;
	return two < all ? (uint32_t)two : all;
}

static struct media_limits worker_limits(const struct dataplane *dp, unsigned int workers)
{
	const struct config *c = dp->config;
	struct media_limits l = {
		.streams = share(c->dataplane.streams, workers),
		.conferences = share(c->dataplane.conferences, workers),
		.voices = share(c->dataplane.voices, workers),
		.voice_memory = c->dataplane.voice_memory,
		.codecs = config_codecs(c),
		.sources = c->dataplane.sources,
		.jitter_min_ms = c->media.jitter_min_ms,
		.jitter_max_ms = c->media.jitter_max_ms,
		.rtcp_interval_ms = (uint16_t)c->media.rtcp_interval_ms,
		.silent_s = (uint16_t)c->media.silent_s,
	};
	if (dp->seed)
		l.seed = dp->seed;
	else if (getrandom(&l.seed, sizeof(l.seed), 0) != sizeof(l.seed))
		l.seed = worker_clock();
	snprintf(l.cname, sizeof(l.cname), "%.31s", c->node);
	return l;
}

static int worker_make(struct dataplane *dp, unsigned int i)
{
	const struct config *c = dp->config;
	unsigned int lcore = eal_worker_lcore(i);
	int socket = worker_socket(i);
	struct worker_options o = {
		.id = (uint16_t)i,
		.worker_count = (uint16_t)dp->worker_count,
		.socket = socket,
		.adaptive = c->dataplane.idle == CONFIG_IDLE_ADAPTIVE,
		.group_ttl = c->media.multicast_ttl,
		.limits = worker_limits(dp, dp->worker_count),
		.lookup = &dp->lookup,
		.hops = dp->neigh.hops,
		.pool = dp->pools[i],
		.slow_ring = dp->slow_ring,
		.mailbox = &dp->mailboxes[i],
	};
	dp->media_mb += (uint32_t)(media_size(&o.limits) >> 20);
	int rc = mailbox_init(&dp->mailboxes[i], i, socket, &dp->wake);
	if (rc == 0)
		rc = worker_new(&o, &dp->workers[i]);
	if (rc == 0) {
		dp->workers[i]->cpu = c->dataplane.workers[i];
		dp->workers[i]->lcore = lcore;
	}
	return rc;
}

enum { PACKETS_A_SECOND = 50 };

// Gives a worker its queues: its own where the port has enough, else worker 0's.
static void worker_wire(struct dataplane *dp, struct worker *w)
{
	for (unsigned int i = 0; i < dp->port_count; i++) {
		const struct port *p = &dp->ports[i];
		if (p->rx_queues > w->id)
			w->rx[w->rx_count++] = (struct worker_rx){.port = p->id, .queue = w->id};
		struct worker_tx *tx = &w->tx[p->id];
		tx->direct = p->tx_queues > w->id;
		tx->queue = w->id;
		tx->via = dp->workers[0]->inject_ring;
		tx->offload_udp = p->offload_udp;
		w->tx_ports[w->tx_count++] = p->id;
		if (p->id < HOP_OURS) {
			w->tx[HOP_OURS + p->id].via = w->ours_ring;
			w->tx_ports[w->tx_count++] = HOP_OURS + p->id;
		}
		if (w->stream_ns < PACKETS_A_SECOND * p->packet_ns)
			w->stream_ns = PACKETS_A_SECOND * p->packet_ns;
	}
	for (unsigned int i = 0; i < dp->worker_count; i++)
		w->handoff[i].ring = dp->workers[i]->handoff_ring;
}

_Static_assert(CONFIG_WORKERS_MAX <= WORKERS_MAX, "every worker that can be configured has a number");

static int workers_start(struct dataplane *dp)
{
	dp->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (dp->wake.fd < 0)
		return -errno;
	dp->slow_ring = rte_ring_create("slow", 1024, (int)rte_socket_id(), RING_F_SC_DEQ);
	int rc = dp->slow_ring ? 0 : -ENOMEM;
	for (unsigned int i = 0; rc == 0 && i < dp->worker_count; i++)
		rc = worker_make(dp, i);
	if (rc == -ENOMEM)
		log_error(
			"workers",
			"no memory: raise `dataplane.memory`, or lower `streams`, `voices` or `voice-memory`",
			"memory_mb=%u streams=%u voices=%u", dp->config->dataplane.memory_mb,
			dp->config->dataplane.streams, dp->config->dataplane.voices);
	for (unsigned int i = 0; rc == 0 && i < dp->worker_count; i++)
		worker_wire(dp, dp->workers[i]);
	return rc;
}

static void workers_stop(struct dataplane *dp)
{
	for (unsigned int i = 0; i < dp->worker_count; i++) {
		worker_free(dp->workers[i]);
		dp->workers[i] = NULL;
		mailbox_fini(&dp->mailboxes[i]);
	}
	rte_ring_free(dp->slow_ring);
	if (dp->wake.fd > 0)
		close(dp->wake.fd);
}

static int api_start(struct dataplane *dp)
{
	return server_new(dp, &dp->server);
}

static void api_stop(struct dataplane *dp)
{
	server_free(dp->server);
	dp->server = NULL;
}

static int threads_start(struct dataplane *dp)
{
	for (unsigned int i = 0; i < dp->worker_count; i++) {
		int rc = rte_eal_remote_launch(worker_main, dp->workers[i], dp->workers[i]->lcore);
		if (rc) {
			log_error("threads", "cannot launch worker", "cpu=%u error=%s", dp->workers[i]->cpu,
				  strerror(-rc));
			return rc;
		}
		dp->launched++;
	}
	return 0;
}

static void threads_stop(struct dataplane *dp)
{
	for (unsigned int i = 0; i < dp->launched; i++)
		atomic_store(&dp->workers[i]->stop, true);
	for (; dp->launched; dp->launched--)
		rte_eal_wait_lcore(dp->workers[dp->launched - 1]->lcore);
}

const struct module modules[] = {
	{"dpdk", dpdk_start, dpdk_stop},
	{"ports", ports_start, ports_stop},
	{"addresses", addresses_start, addresses_stop},
	{"workers", workers_start, workers_stop},
	{"api", api_start, api_stop},
	{"threads", threads_start, threads_stop},
	{0},
};

static unsigned int module_index(const char *name)
{
	unsigned int i = 0;
	while (name && modules[i].name && strcmp(modules[i].name, name) != 0)
		i++;
	return i;
}

int modules_start(struct dataplane *dp, const char *from)
{
	unsigned int first = module_index(from);
	dp->started = worker_clock();
	for (unsigned int i = first; modules[i].name; i++) {
		int rc = modules[i].start(dp);
		if (rc == 0)
			continue;
		log_error(modules[i].name, "module does not start", "error=%s", strerror(-rc));
		if (strcmp(modules[i].name, "dpdk") == 0)
			return rc; // EAL cannot be cleaned up before it is up
		for (unsigned int k = i + 1; k > first; k--)
			modules[k - 1].stop(dp);
		return rc;
	}
	return 0;
}

void modules_stop(struct dataplane *dp, const char *down_to)
{
	unsigned int last = module_index(down_to), i = 0;
	while (modules[i].name)
		i++;
	for (; i > last; i--)
		modules[i - 1].stop(dp);
}
