// SPDX-License-Identifier: GPL-3.0-or-later
// dp.c - Dataplane client: request ids, time-outs, and what a restart of the dataplane means.
#include "control/dp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/log.h"

struct request {
	struct list link; // in waiting or unsent
	bool sent;
	struct index_node by_id;
	dp_done done; // NULL: nobody waits
	void *object;
	nsec_t deadline; // for its reply; of one that is not sent, for the socket to move
	uint16_t type;
	uint32_t len;
	uint8_t bytes[];
};

static void send_hello(struct dp *d, nsec_t now);

static void on_timeout(struct timer *t, nsec_t now);

static void on_grace(struct timer *t, nsec_t now)
{
	struct dp *d = t->object;
	if (d->state == DP_HELLO)
		send_hello(d, now);
	if (d->state != DP_LOST)
		return;
	d->state = DP_AWAY;
	d->user.away(d->user.object, now);
}

void dp_init(struct dp *d, struct timer_set *timers, const struct dp_transport *transport,
	     const struct dp_user *user, uint64_t epoch)
{
	*d = (struct dp){
		.timers = timers, .transport = *transport, .user = *user, .epoch = epoch, .next_id = 1};
	list_init(&d->waiting);
	list_init(&d->unsent);
	timer_init(&d->timeout, on_timeout, d);
	timer_init(&d->grace, on_grace, d);
}

static struct request *find(struct dp *d, uint32_t id)
{
	struct index_node *n = index_first(&d->requests, id);
	return n ? INDEX_ITEM(n, struct request, by_id) : NULL;
}

static void forget(struct dp *d, struct request *r)
{
	list_remove(&r->link);
	d->unsent_count -= !r->sent;
	index_drop(&d->requests, &r->by_id);
	free(r);
}

void dp_fini(struct dp *d)
{
	LIST_FOREACH(r, &d->waiting, struct request, link)
	forget(d, r);
	LIST_FOREACH(u, &d->unsent, struct request, link)
	forget(d, u);
	timer_stop(d->timers, &d->timeout);
	timer_stop(d->timers, &d->grace);
	index_fini(&d->requests);
}

// Ends one request; its owner may send new ones from `done`.
static void complete(struct dp *d, struct request *r, int status, const struct api_message *reply, nsec_t now)
{
	dp_done done = r->done;
	void *object = r->object;
	forget(d, r);
	if (done)
		done(object, status, reply, now);
}

// What is sent was asked for before what is not: each list, and both one after the other, are in order of deadlines.
static struct request *oldest(struct dp *d)
{
	struct list *from = list_empty(&d->waiting) ? &d->unsent : &d->waiting;
	return list_empty(from) ? NULL : LIST_ITEM(from->next, struct request, link);
}

// All calls at once are more than the socket holds: as long as it takes some, the others only wait for their turn.
static nsec_t deadline(const struct dp *d, const struct request *r)
{
	nsec_t stuck = d->progress + DP_TIMEOUT_NS;
	return r->sent || r->deadline > stuck ? r->deadline : stuck;
}

static void watch(struct dp *d)
{
	struct request *r = oldest(d);
	if (r)
		timer_start(d->timers, &d->timeout, deadline(d, r));
	else
		timer_stop(d->timers, &d->timeout);
}

// A reply that never comes must not hold a party for ever, nor a socket that never has room. The late reply, if it does
// come, is cleaned up as a stray.
static void on_timeout(struct timer *t, nsec_t now)
{
	struct dp *d = t->object;
	struct request *r;
	while ((r = oldest(d)) && deadline(d, r) <= now) {
		d->timeouts++;
		complete(d, r, -ETIMEDOUT, NULL, now);
	}
	watch(d);
}

static void transmit(struct dp *d, nsec_t now)
{
	while (!list_empty(&d->unsent)) {
		struct request *r = LIST_ITEM(d->unsent.next, struct request, link);
		if (d->transport.send(d->transport.context, r->bytes, r->len))
			return; // full: dp_writable follows; broken: dp_disconnected follows
		list_remove(&r->link);
		list_push_back(&d->waiting, &r->link);
		r->sent = true;
		r->deadline = now + DP_TIMEOUT_NS;
		d->progress = now;
		d->unsent_count--;
		d->sent++;
	}
}

static uint32_t submit(struct dp *d, struct api_message *m, dp_done done, void *object, nsec_t now)
{
	if (d->unsent_count >= DP_QUEUE_MAX)
		return 0;
	struct request *r = malloc(sizeof(*r) + m->header.length);
	if (!r)
		return 0;
	m->header.request = d->next_id++;
	if (!d->next_id)
		d->next_id = 1;
	*r = (struct request){.done = done,
			      .object = object,
			      .deadline = now + DP_TIMEOUT_NS,
			      .type = m->header.type,
			      .len = m->header.length};
	memcpy(r->bytes, m, m->header.length);
	if (index_put(&d->requests, &r->by_id, m->header.request)) {
		free(r);
		return 0;
	}
	list_push_back(&d->unsent, &r->link);
	d->unsent_count++;
	transmit(d, now);
	if (!d->timeout.armed)
		watch(d);
	return m->header.request;
}

void dp_writable(struct dp *d, nsec_t now)
{
	transmit(d, now);
	watch(d);
}

static void on_hello(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct dp *d = object;
	if (status == -ECONNRESET)
		return;
	if (status) { // it is there and does not take us
		if (!d->greeting_failed)
			log_warning("dataplane", "does not take our greeting, trying on",
				    "why=\"%s\" help=\"are slimline-control and slimline-dataplane of one "
				    "release?\"",
				    strerror(-status));
		d->greeting_failed = true;
		timer_start(d->timers, &d->grace, status == -ETIMEDOUT ? now : now + DP_TIMEOUT_NS);
		return;
	}
	bool same = d->info.boot_id == reply->hello_reply.boot_id;
	if (d->info.boot_id && !same)
		d->restarts++;
	d->info = reply->hello_reply;
	d->state = DP_UP;
	d->reconnects++;
	d->user.back(d->user.object, same, now);
}

static void send_hello(struct dp *d, nsec_t now)
{
	struct api_message m;
	api_init(&m, API_HELLO, 0);
	m.hello.epoch = d->epoch;
	snprintf(m.hello.name, sizeof(m.hello.name), "slimline-control");
	submit(d, &m, on_hello, d, now);
}

void dp_connected(struct dp *d, nsec_t now)
{
	timer_stop(d->timers, &d->grace);
	d->state = DP_HELLO;
	d->greeting_failed = false;
	send_hello(d, now);
}

static void complete_all(struct dp *d, struct list *from, nsec_t now)
{
	while (!list_empty(from))
		complete(d, LIST_ITEM(from->next, struct request, link), -ECONNRESET, NULL, now);
}

void dp_disconnected(struct dp *d, nsec_t now)
{
	if (d->state != DP_UP && d->state != DP_HELLO)
		return;
	bool was_up = d->state == DP_UP;
	d->state = DP_LOST;
	complete_all(d, &d->waiting, now);
	complete_all(d, &d->unsent, now);
	watch(d);
	timer_start(d->timers, &d->grace, now + DP_GRACE_NS);
	if (was_up)
		d->user.lost(d->user.object, now);
}

// What was opened for somebody who has gone must not stay open in the dataplane.
static void close_stray(struct dp *d, const struct api_message *m, nsec_t now)
{
	d->strays++;
	if (m->header.status)
		return;
	if (m->header.type == (API_STREAM_OPEN | API_REPLY))
		dp_stream_close(d, m->stream_reply.handle, NULL, NULL, now);
	else if (m->header.type == (API_CONFERENCE_OPEN | API_REPLY))
		dp_conference_close(d, m->handle_reply.handle, now);
	else if (m->header.type == (API_SOURCE_OPEN | API_REPLY))
		dp_source_close(d, m->source_reply.handle, now);
	else if (m->header.type == (API_RECORD_OPEN | API_REPLY))
		dp_record_close(d, m->record_reply.handle, now);
}

void dp_input(struct dp *d, const void *bytes, size_t len, nsec_t now)
{
	struct api_message m;
	if (len > sizeof(m) || api_check(bytes, len)) {
		d->malformed++;
		return;
	}
	memcpy(&m, bytes, len);
	if (m.header.type == API_EVENT_STREAM) {
		if (d->state == DP_UP)
			d->user.event(d->user.object, &m.stream_event, now);
		return;
	}
	if (m.header.type == API_EVENT_SOURCE) {
		if (d->state == DP_UP)
			d->user.source_event(d->user.object, &m.source_event, now);
		return;
	}
	if (m.header.type == API_EVENT_RECORD) {
		if (d->state == DP_UP)
			d->user.record_event(d->user.object, &m.record_event, now);
		return;
	}
	struct request *r = find(d, m.header.request);
	if (!r || (r->type | API_REPLY) != m.header.type) {
		close_stray(d, &m, now);
		return;
	}
	d->replies++;
	if (!r->done)
		close_stray(d, &m, now);
	complete(d, r, m.header.status, &m, now);
	watch(d);
}

bool dp_is_up(const struct dp *d)
{
	return d->state == DP_UP;
}

bool dp_is_usable(const struct dp *d)
{
	return d->state != DP_AWAY && (d->info.boot_id || d->state == DP_UP);
}

uint32_t dp_request(struct dp *d, struct api_message *m, dp_done done, void *object, nsec_t now)
{
	return d->state == DP_UP ? submit(d, m, done, object, now) : 0;
}

void dp_abandon(struct dp *d, uint32_t id)
{
	struct request *r = id ? find(d, id) : NULL;
	if (r)
		r->done = NULL;
}

uint32_t dp_stream_open(struct dp *d, const struct stream_spec *spec, dp_done done, void *object, nsec_t now)
{
	struct api_message m;
	api_init(&m, API_STREAM_OPEN, 0);
	m.stream_open.spec = *spec;
	return dp_request(d, &m, done, object, now);
}

uint32_t dp_stream_set(struct dp *d, api_handle h, const struct stream_spec *spec, dp_done done, void *object,
		       nsec_t now)
{
	struct api_message m;
	api_init(&m, API_STREAM_SET, 0);
	m.stream_set.handle = h;
	m.stream_set.spec = *spec;
	return dp_request(d, &m, done, object, now);
}

static uint32_t by_handle(struct dp *d, unsigned int type, api_handle h, dp_done done, void *object,
			  nsec_t now)
{
	struct api_message m;
	api_init(&m, type, 0);
	m.handle_request.handle = h;
	return dp_request(d, &m, done, object, now);
}

uint32_t dp_stream_close(struct dp *d, api_handle h, dp_done done, void *object, nsec_t now)
{
	return by_handle(d, API_STREAM_CLOSE, h, done, object, now);
}

uint32_t dp_digit_send(struct dp *d, api_handle h, unsigned int digit, unsigned int duration_ms, dp_done done,
		       void *object, nsec_t now)
{
	struct api_message m;
	api_init(&m, API_DIGIT_SEND, 0);
	m.digit_send.handle = h;
	m.digit_send.digit = digit;
	m.digit_send.duration_ms = duration_ms;
	return dp_request(d, &m, done, object, now);
}

uint32_t dp_stream_stats(struct dp *d, api_handle h, dp_done done, void *object, nsec_t now)
{
	return by_handle(d, API_STREAM_STATS, h, done, object, now);
}

uint32_t dp_conference_open(struct dp *d, const struct conference_spec *spec, dp_done done, void *object,
			    nsec_t now)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_OPEN, 0);
	m.conference_open.spec = *spec;
	return dp_request(d, &m, done, object, now);
}

uint32_t dp_conference_close(struct dp *d, api_handle h, nsec_t now)
{
	return by_handle(d, API_CONFERENCE_CLOSE, h, NULL, NULL, now);
}

uint32_t dp_source_close(struct dp *d, api_handle h, nsec_t now)
{
	return by_handle(d, API_SOURCE_CLOSE, h, NULL, NULL, now);
}

uint32_t dp_record_close(struct dp *d, api_handle h, nsec_t now)
{
	return by_handle(d, API_RECORD_CLOSE, h, NULL, NULL, now);
}

const char *dp_state_name(enum dp_state s)
{
	static const char *const names[] = {"away", "lost", "hello", "up"};
	return (unsigned int)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}
