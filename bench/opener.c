// SPDX-License-Identifier: GPL-3.0-or-later
// opener.c - Asks a running dataplane over its API: opens calls, closes them again, reads its counters.
#include "bench/opener.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gw/ipc.h"

#define WINDOW           32 // requests under way before another call is begun
#define LEGS_PER_ADDRESS 16000
#define PORT_FIRST       20000
#define EPOCH            UINT64_C(0x62656e6368)
#define ANSWER_MS        10000

static nsec_t clock_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

static int send_message(struct opener *o, const struct api_message *m)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};
	int r;
	while ((r = ipc_send(o->fd, m, m->header.length)) == -EAGAIN)
		poll(&p, 1, 1000);
	o->flying += !r;
	return r;
}

// One answer to the only request under way.
static int answer(struct opener *o, struct api_message *m)
{
	struct pollfd p = {.fd = o->fd, .events = POLLIN};
	int r = send_message(o, m);
	while (!r && o->flying) {
		if (poll(&p, 1, ANSWER_MS) != 1)
			return -ETIMEDOUT;
		ssize_t n = ipc_recv(o->fd, m, sizeof(*m));
		r = n > 0 ? api_check(m, (size_t)n) : n < 0 ? (int)n : -EPIPE;
		o->flying -= !r && m->header.type >= API_REPLY; // else an event
	}
	return r ? r : m->header.status;
}

struct addr_port opener_far(const struct opener *o, uint32_t leg)
{
	struct addr_port a = {.addr = o->gen};
	uint8_t *last = &a.addr.ip[a.addr.family == ADDR_IPV6 ? 15 : 3];
	*last = (uint8_t)(*last + leg / LEGS_PER_ADDRESS);
	a.port = (uint16_t)(PORT_FIRST + 2 * (leg % LEGS_PER_ADDRESS));
	return a;
}

// A request's id says the leg that it is about; a call's own requests name its first.
static int conference_request(struct opener *o, uint32_t place)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_OPEN, place * 2 + 1);
	m.conference_open.spec.conference_id = place + 1;
	m.conference_open.spec.epoch = EPOCH;
	snprintf(m.conference_open.spec.device, sizeof(m.conference_open.spec.device), "BENCH");
	o->calls[place] = (struct opener_call){0};
	return send_message(o, &m);
}

static int close_request(struct opener *o, uint32_t place)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_CLOSE, place * 2 + 1);
	m.handle_request.handle = o->calls[place].conference;
	return send_message(o, &m);
}

static int stream_request(struct opener *o, uint32_t leg)
{
	const struct codec *codec = codec_by_id(o->codec[leg & 1]); // NULL: none
	struct api_message m;
	api_init(&m, API_STREAM_OPEN, leg + 1);
	struct stream_spec *s = &m.stream_open.spec;
	s->conference = o->calls[leg / 2].conference;
	s->flags = STREAM_RECV | STREAM_SEND | STREAM_SOURCE_PORT;
	s->local.addr = o->locals[(leg / LEGS_PER_ADDRESS) % o->local_count];
	s->remote = opener_far(o, leg);
	s->source = s->remote;
	s->rx = (struct stream_format){.period_ms = 20};
	if (codec) {
		s->rx.codec = (uint8_t)codec->id;
		s->rx.payload_type = codec->payload_type < 128 ? codec->payload_type : 96;
	}
	s->tx = s->rx;
	s->dscp = 46;
	s->ref = (struct stream_ref){.conference_id = leg / 2 + 1, .party_id = leg + 1, .epoch = EPOCH};
	snprintf(s->ref.device, sizeof(s->ref.device), "BENCH");
	return send_message(o, &m);
}

static void reply_take(struct opener *o, const struct api_message *m)
{
	uint32_t leg = m->header.request - 1;
	if (m->header.type < API_REPLY || leg >= 2 * o->places)
		return; // an event
	struct opener_call *c = &o->calls[leg / 2];
	o->flying--;
	if (m->header.status) {
		if (!o->error)
			fprintf(stderr, "bench-open: %s refused after %u calls: %s\n",
				api_type_name(m->header.type), o->opened, strerror(-m->header.status));
		o->error = m->header.status;
	} else if (m->header.type == (API_CONFERENCE_OPEN | API_REPLY)) {
		c->conference = m->handle_reply.handle;
		for (uint32_t side = 0; side < 2 && !o->error; side++)
			o->error = stream_request(o, leg + side);
	} else if (m->header.type == (API_STREAM_OPEN | API_REPLY)) {
		c->local[leg & 1] = m->stream_reply.local;
		o->opened += ++c->answered == 2;
	} else if (m->header.type == (API_CONFERENCE_CLOSE | API_REPLY)) {
		c->conference = 0;
		o->closed++;
	}
}

// Takes what has come, and waits for something as long as that; nothing is an error where `must`.
static int receive(struct opener *o, int wait_ms, bool must)
{
	static struct api_message m;
	struct pollfd p = {.fd = o->fd, .events = POLLIN};
	if (poll(&p, 1, wait_ms) != 1)
		return must ? -ETIMEDOUT : 0;
	ssize_t n;
	while ((n = ipc_recv(o->fd, &m, sizeof(m))) > 0) {
		int r = api_check(&m, (size_t)n);
		if (r)
			return r;
		reply_take(o, &m);
	}
	return n == 0 ? -EPIPE : n == -EAGAIN ? o->error : (int)n;
}

int opener_init(struct opener *o)
{
	o->calls = calloc(o->places ? o->places : 1, sizeof(*o->calls));
	o->fd = ipc_connect(o->path);
	if (!o->calls || o->fd < 0)
		return !o->calls ? -ENOMEM : o->fd;
	struct api_message m;
	api_init(&m, API_HELLO, 1);
	m.hello.epoch = EPOCH;
	snprintf(m.hello.name, sizeof(m.hello.name), "bench-open");
	int r = answer(o, &m);
	if (r)
		return r;
	for (uint32_t i = 0; i < m.hello_reply.address_count; i++)
		if (m.hello_reply.addresses[i].family == o->gen.family)
			o->locals[o->local_count++] = m.hello_reply.addresses[i];
	return o->local_count || !o->places ? 0 : -EADDRNOTAVAIL;
}

void opener_fini(struct opener *o)
{
	free(o->calls);
	if (o->fd >= 0)
		close(o->fd);
}

int opener_fill(struct opener *o)
{
	while (o->opened < o->places) {
		while (o->asked < o->places && o->flying < WINDOW) {
			int r = conference_request(o, o->asked++);
			if (r)
				return r;
		}
		int r = receive(o, ANSWER_MS, true);
		if (r)
			return r;
	}
	return 0;
}

// Tells the oldest calls to close: all of them in the end, before that those whose places are wanted.
static int close_oldest(struct opener *o, bool all)
{
	int r = 0;
	while (!r && o->flying < WINDOW && o->closing < o->asked &&
	       (all || o->asked - o->closing == o->places)) {
		uint32_t place = o->closing % o->places;
		if (o->calls[place].answered < 2)
			break;
		o->closing++;
		r = close_request(o, place);
	}
	return r;
}

static int churn(struct opener *o, nsec_t time, uint32_t per_second)
{
	nsec_t begun = clock_now(), end = begun + time;
	for (nsec_t now = begun; now < end || o->closed < o->asked; now = clock_now()) {
		bool more = now < end;
		uint64_t due = per_second ? (now - begun) * per_second / NSEC_PER_SEC : UINT64_MAX;
		int r = 0;
		while (!r && more && o->asked < due && o->flying < WINDOW && o->asked - o->closed < o->places)
			r = conference_request(o, o->asked++ % o->places);
		if (!r)
			r = close_oldest(o, !more);
		if (!r)
			r = receive(o, more && !o->flying ? 1 : ANSWER_MS, o->flying);
		if (r)
			return r;
	}
	return 0;
}

// Takes all answers that are due. Errors of the connection end it.
static void drain(struct opener *o)
{
	for (int r = o->error; o->flying && r == o->error;)
		r = receive(o, ANSWER_MS, true);
}

// After a refusal: what was asked for is waited for, and closed.
static void abandon(struct opener *o)
{
	drain(o);
	for (uint32_t place = 0; place < o->places; place++)
		if (o->calls[place].conference)
			close_request(o, place);
	drain(o);
}

int opener_churn(struct opener *o, nsec_t time, uint32_t per_second)
{
	int r = churn(o, time, per_second);
	if (o->error)
		abandon(o);
	return r;
}

int opener_look(struct opener *o, struct api_status_reply *ret_status, struct api_drops_reply *ret_drops)
{
	struct api_message m;
	api_init(&m, API_STATUS, 1);
	int r = answer(o, &m);
	if (r)
		return r;
	*ret_status = m.status_reply;
	api_init(&m, API_DROPS, 1);
	r = answer(o, &m);
	if (!r)
		*ret_drops = m.drops_reply;
	return r;
}
