// SPDX-License-Identifier: GPL-3.0-or-later
// agent.c - Registers devices over TCP, answers their keepalives, and hands the rest to the hooks.
#include "bench/lab/agent.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/netns.h"
#include "bench/lab/telephone.h"
#include "gw/wire.h"

#define WINDOW_MAX 1024 // Registers within a second that are told apart

struct agent {
	struct agent_options options;
	struct event_base *base;
	struct evconnlistener *listener;
	struct agent_device *devices;
	struct agent_counts counts;
	nsec_t started;
	nsec_t window[WINDOW_MAX]; // when the last Registers came
	unsigned int window_from, window_count;
};

static void log_line(const struct agent_device *d, const char *arrow, const struct sccp_msg *m)
{
	struct agent *a = d->agent;
	if (!a->options.log)
		return;
	char text[2048];
	sccp_text(m, text, sizeof(text));
	fprintf(a->options.log, "%9.3f %-15s %s %s\n", (double)(lab_now() - a->started) / 1e9, d->name, arrow,
		text);
}

static void log_event(const struct agent_device *d, const char *what)
{
	struct agent *a = d->agent;
	if (a->options.log)
		fprintf(a->options.log, "%9.3f %-15s -- %s\n", (double)(lab_now() - a->started) / 1e9,
			d->name, what);
}

// Gives an encoded message the shape of the dialect: its header's version, and the length of its body. Returns its length.
static int shape(const struct dialect *dialect, uint32_t id, uint8_t *pdu, int len)
{
	int head = SCCP_HEADER_LEN + (int)sizeof(id), least = head + (int)dialect_least(dialect, id);
	int want = len > least ? len : least;
	if (dialect->bare_header)
		memset(pdu + sizeof(uint32_t), 0, sizeof(uint32_t));
	if (id == SCCP_REGISTER_ACK && dialect->ack_body)
		want = head + dialect->ack_body;
	if (want > len)
		memset(pdu + len, 0, (size_t)(want - len));
	struct wire_writer w = wire_writer(pdu, sizeof(uint32_t));
	wire_put_le32(&w, (uint32_t)(want - SCCP_HEADER_LEN));
	return want;
}

int agent_send(struct agent_device *d, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, d->version, pdu, sizeof(pdu));
	if (len < 0)
		return len;
	len = shape(agent_dialect(d), m->id, pdu, len);
	log_line(d, "->", m);
	bufferevent_write(d->bev, pdu, (size_t)len);
	return 0;
}

void agent_send_raw(struct agent_device *d, const void *bytes, size_t len)
{
	bufferevent_write(d->bev, bytes, len);
}

static void device_close(struct agent_device *d, const char *why)
{
	struct agent *a = d->agent;
	log_event(d, why);
	for (struct agent_device **at = &a->devices; *at; at = &(*at)->next) {
		if (*at == d) {
			*at = d->next;
			break;
		}
	}
	if (d->in_service && a->options.hooks.device_down)
		a->options.hooks.device_down(a->options.hooks.arg, d);
	a->counts.closed++;
	bufferevent_free(d->bev);
	free(d);
}

void agent_drop(struct agent_device *d)
{
	device_close(d, "cut by the agent");
}

// How many Registers came within the last second, this one included.
static void count_register(struct agent *a, nsec_t now)
{
	if (a->window_count == WINDOW_MAX) {
		a->window_from++;
		a->window_count--;
	}
	a->window[(a->window_from + a->window_count++) % WINDOW_MAX] = now;
	while (now - a->window[a->window_from % WINDOW_MAX] >= NSEC_PER_SEC) {
		a->window_from++;
		a->window_count--;
	}
	if (a->window_count > a->counts.busiest)
		a->counts.busiest = a->window_count;
	a->counts.registered++;
}

static void answer_register(struct agent_device *d, const struct sccp_register_req *r)
{
	struct agent *a = d->agent;
	const struct dialect *dialect = a->options.dialect;
	struct sccp_msg m;
	snprintf(d->name, sizeof(d->name), "%s", r->station_device_name);
	d->type = r->device_type;
	d->claimed = r->protocol_version;
	d->version = dialect_version(dialect, d->claimed, a->options.version);
	count_register(a, lab_now());
	if (dialect->lamps_early)
		telephone_lamps(d);
	sccp_init(&m, SCCP_REGISTER_ACK);
	m.register_ack.keep_alive_interval = a->options.keepalive_s;
	m.register_ack.secondary_keep_alive_interval = a->options.keepalive_s * 2;
	strcpy(m.register_ack.date_template, "Unused");
	m.register_ack.protocol_version =
		dialect->ack_version == DIALECT_ACK_GRANTED ? d->version : dialect->ack_version;
	m.register_ack.phone_features = 0x2880;
	agent_send(d, &m);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	agent_send(d, &m);
}

static void answer_bare(struct agent_device *d, enum sccp_id id)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	agent_send(d, &m);
}

static void handle(struct agent_device *d, const struct sccp_msg *m)
{
	const struct agent_hooks *hooks = &d->agent->options.hooks;
	switch (m->id) {
	case SCCP_REGISTER:
		answer_register(d, &m->register_req);
		break;
	case SCCP_KEEP_ALIVE:
		d->agent->counts.keepalives++;
		if (!(agent_dialect(d)->silent & SILENT_KEEP_ALIVE))
			answer_bare(d, SCCP_KEEP_ALIVE_ACK);
		break;
	case SCCP_REGISTER_TOKEN_REQ:
		if (agent_dialect(d)->tokens)
			answer_bare(d, SCCP_REGISTER_TOKEN_ACK);
		break;
	case SCCP_VERSION_REQ:
		answer_bare(d, SCCP_VERSION_RES);
		break;
	case SCCP_MEDIA_RESOURCE_NOTIFICATION:
		d->streams = m->media_resource_notification.number_of_in_service_streams;
		break;
	case SCCP_CAPABILITIES_RES:
		if (!d->in_service) {
			d->in_service = true;
			if (hooks->device_up)
				hooks->device_up(hooks->arg, d);
		}
		break;
	case SCCP_UNREGISTER:
		d->agent->counts.unregistered++;
		if (!(agent_dialect(d)->silent & SILENT_UNREGISTER))
			answer_bare(d, SCCP_UNREGISTER_ACK);
		bufferevent_flush(d->bev, EV_WRITE, BEV_FLUSH);
		break; // the device closes
	default:
		telephone_answer(d, m);
		break;
	}
	if (hooks->message)
		hooks->message(hooks->arg, d, m);
}

static void device_readable(struct bufferevent *bev, void *arg)
{
	struct agent_device *d = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	for (;;) {
		size_t len = evbuffer_get_length(in), pdu_len, consumed;
		const uint8_t *pdu, *bytes = evbuffer_pullup(in, -1);
		int rc = bytes ? sccp_frame_next(bytes, len, &pdu, &pdu_len, &consumed) : 0;
		if (rc == 0)
			return;
		if (rc < 0) {
			d->agent->counts.undecodable++;
			device_close(d, sccp_result_name(rc));
			return;
		}
		struct sccp_msg m;
		d->agent->counts.messages++;
		if (sccp_decode(pdu, pdu_len, d->version, &m) >= 0) {
			log_line(d, "<-", &m);
			handle(d, &m);
		} else {
			d->agent->counts.undecodable++;
		}
		evbuffer_drain(in, consumed);
	}
}

static void device_event(struct bufferevent *bev, short what, void *arg)
{
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		device_close(arg, what & BEV_EVENT_EOF ? "closed by the device" : "connection lost");
}

static void accepted(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct agent *a = arg;
	struct agent_device *d = calloc(1, sizeof(*d));
	struct bufferevent *bev = d ? bufferevent_socket_new(a->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
	if (!bev) {
		free(d);
		close(fd);
		return;
	}
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	d->agent = a;
	d->bev = bev;
	d->next = a->devices;
	a->devices = d;
	a->counts.accepted++;
	bufferevent_setcb(bev, device_readable, NULL, device_event, d);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

int agent_up(struct agent *a)
{
	struct addr_port local = a->options.listen;
	int fd = netns_socket(a->options.netns, SOCK_STREAM, &local);
	if (fd < 0)
		return fd;
	a->listener = evconnlistener_new(a->base, accepted, a, LEV_OPT_CLOSE_ON_FREE, 128, fd);
	if (!a->listener) {
		close(fd);
		return -errno;
	}
	return 0;
}

void agent_down(struct agent *a)
{
	if (a->listener)
		evconnlistener_free(a->listener);
	a->listener = NULL;
	while (a->devices)
		device_close(a->devices, "agent goes down");
}

int agent_open(struct event_base *base, const struct agent_options *options, struct agent **ret)
{
	struct agent *a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->options = *options;
	if (!a->options.dialect)
		a->options.dialect = dialect_at(0);
	a->base = base;
	a->started = lab_now();
	int rc = agent_up(a);
	if (rc < 0)
		free(a);
	else
		*ret = a;
	return rc;
}

struct agent_device *agent_device_find(struct agent *a, const char *name)
{
	for (struct agent_device *d = a->devices; d; d = d->next)
		if (d->in_service && strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

struct agent_device *agent_devices(struct agent *a)
{
	return a->devices;
}

const struct agent_counts *agent_counts(const struct agent *a)
{
	return &a->counts;
}

const struct agent_options *agent_options(const struct agent *a)
{
	return &a->options;
}

void agent_close(struct agent *a)
{
	if (!a)
		return;
	agent_down(a);
	free(a);
}
