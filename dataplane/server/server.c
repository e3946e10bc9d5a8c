// SPDX-License-Identifier: GPL-3.0-or-later
// server.c - The socket, its clients and their queues.
//
// A client that reads too slowly has its messages kept, and is not read itself until it has caught up; meanwhile it may
// lose events. Nothing else bounds how much it asks at once. One that breaks the protocol is told so where its message
// has a type and a number, and disconnected where it has none. A full command pool stops reading until workers have
// answered: the socket's buffer then slows the clients down.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "gw/ipc.h"
#include "gw/log.h"

enum { READ_MAX = 64 }; // messages of one client in one turn

static int memory_make(struct server *s)
{
	const struct config_dataplane *c = &s->dp->config->dataplane;
	uint32_t records = s->dp->config->recordings.at_a_time;
	s->streams_memory = aligned_alloc(
		SLOT_ALIGN, (slot_memory(c->streams, sizeof(struct server_stream)) + SLOT_ALIGN - 1) &
				    ~(size_t)(SLOT_ALIGN - 1));
	s->conferences_memory = aligned_alloc(
		SLOT_ALIGN, (slot_memory(c->conferences, sizeof(struct server_conference)) + SLOT_ALIGN - 1) &
				    ~(size_t)(SLOT_ALIGN - 1));
	s->sources_memory = aligned_alloc(
		SLOT_ALIGN, (slot_memory(c->sources, sizeof(struct server_source)) + SLOT_ALIGN - 1) &
				    ~(size_t)(SLOT_ALIGN - 1));
	s->records_memory =
		aligned_alloc(SLOT_ALIGN, (slot_memory(records, sizeof(struct server_record)) + SLOT_ALIGN -
					   1) & ~(size_t)(SLOT_ALIGN - 1));
	s->mails = calloc(SERVER_MAILS, sizeof(*s->mails));
	if (!s->streams_memory || !s->conferences_memory || !s->sources_memory || !s->records_memory ||
	    !s->mails)
		return -ENOMEM;
	for (unsigned int i = 0; i < SERVER_MAILS; i++)
		server_mail_free(s, &s->mails[i]);
	int rc = slot_init(&s->streams, s->streams_memory, c->streams, sizeof(struct server_stream));
	if (rc == 0)
		rc = slot_init(&s->conferences, s->conferences_memory, c->conferences,
			       sizeof(struct server_conference));
	if (rc == 0)
		rc = slot_init(&s->sources, s->sources_memory, c->sources, sizeof(struct server_source));
	return rc ? rc : slot_init(&s->records, s->records_memory, records, sizeof(struct server_record));
}

static const char *listen_advice(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "another dataplane answers on this socket: stop it, or set `dataplane.socket`";
	case -ENOENT:
		return "the socket's directory does not exist: make it, or set `dataplane.socket`";
	case -EACCES:
	case -EPERM:
		return "no permission for the socket or its directory: run as its owner, or set "
		       "`dataplane.socket`";
	default:
		return "cannot listen: check `dataplane.socket`";
	}
}

int server_new(struct dataplane *dp, struct server **ret)
{
	const struct config *c = dp->config;
	struct server *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->dp = dp;
	s->listener = -1;
	sounds_init(&s->sounds);
	list_init(&s->loading);
	list_init(&s->recording);
	int rc = memory_make(s);
	if (rc == 0)
		rc = scribe_new(&s->scribe);
	if (rc == 0)
		rc = portmap_init(&s->ports, c->media.rtp_port_min, c->media.rtp_port_max,
				  dp->lookup.local_count, dp->worker_count);
	if (rc == 0 && getrandom(&s->boot_id, sizeof(s->boot_id), 0) != sizeof(s->boot_id))
		rc = -EIO;
	if (rc == 0) {
		s->listener = ipc_listen(c->dataplane.socket);
		rc = s->listener < 0 ? s->listener : 0;
		if (rc)
			log_error("api", listen_advice(rc), "socket=%s error=%s", c->dataplane.socket,
				  strerror(-rc));
	}
	if (rc) {
		server_free(s);
		return rc;
	}
	*ret = s;
	return 0;
}

struct scribe *server_scribe(struct server *s)
{
	return s->scribe;
}

static void client_close(struct server_client *c)
{
	log_info(c->name, "client gone");
	while (!list_empty(&c->waiting)) {
		struct server_waiting *w = LIST_ITEM(c->waiting.next, struct server_waiting, node);
		list_remove(&w->node);
		free(w);
	}
	close(c->fd);
	*c = (struct server_client){0};
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++)
		if (s->clients[i].id)
			client_close(&s->clients[i]);
	if (s->listener >= 0) {
		close(s->listener);
		unlink(s->dp->config->dataplane.socket);
	}
	server_records_end(s);
	scribe_free(s->scribe);
	portmap_fini(&s->ports);
	free(s->streams_memory);
	free(s->conferences_memory);
	free(s->sources_memory);
	free(s->records_memory);
	sounds_fini(&s->sounds);
	free(s->mails);
	free(s);
}

static void client_accept(struct server *s)
{
	int fd = ipc_accept(s->listener);
	if (fd < 0)
		return;
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++) {
		struct server_client *c = &s->clients[i];
		if (c->id)
			continue;
		c->id = ++s->client_last;
		c->fd = fd;
		list_init(&c->waiting);
		strcpy(c->name, "client");
		return;
	}
	log_warning("api", "too many clients: connection refused", "max=%u", SERVER_CLIENTS_MAX);
	close(fd);
}

static struct server_client *client_find(struct server *s, uint64_t id)
{
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++)
		if (id && s->clients[i].id == id)
			return &s->clients[i];
	return NULL;
}

static void client_queue(struct server_client *c, const struct api_message *m)
{
	bool event = m->header.request == 0;
	if (c->waiting_count >= (event ? SERVER_QUEUE_MAX / 2 : SERVER_QUEUE_MAX)) {
		if (!event) {
			log_warning(c->name, "client does not read its replies: disconnected");
			c->closing = true;
		}
		return;
	}
	struct server_waiting *w = malloc(sizeof(*w));
	if (!w) {
		c->closing = !event;
		return;
	}
	memcpy(&w->message, m, m->header.length);
	list_push_back(&c->waiting, &w->node);
	c->waiting_count++;
}

static void client_queue_bytes(struct server_client *c, const char *bytes, size_t len)
{
	struct api_message m;
	memcpy(&m, bytes, len);
	client_queue(c, &m);
}

// Names the messages of the batch from an offset on, at most IPC_BATCH.
static unsigned int client_gather(struct server_client *c, uint32_t from, struct ipc_message *ret)
{
	unsigned int n = 0;
	for (uint32_t at = from; n < IPC_BATCH && at < c->out_len; n++) {
		struct api_header h;
		memcpy(&h, c->out + at, sizeof(h));
		ret[n] = (struct ipc_message){.bytes = c->out + at, .len = h.length};
		at += h.length;
	}
	return n;
}

// Sends the batch of this turn; what a slow client does not take waits.
static void client_flush(struct server_client *c)
{
	struct ipc_message batch[IPC_BATCH];
	unsigned int count;
	uint32_t sent = 0;
	bool full = false;
	while (!c->closing && (count = client_gather(c, sent, batch))) {
		int n = full ? -EAGAIN : ipc_send_many(c->fd, batch, count);
		full = n == -EAGAIN;
		c->closing = n < 0 && !full;
		if (full) {
			n = (int)count;
			for (unsigned int i = 0; i < count; i++)
				client_queue_bytes(c, batch[i].bytes, batch[i].len);
		}
		for (int i = 0; i < n; i++)
			sent += (uint32_t)batch[i].len;
	}
	c->out_len = 0;
}

static void client_send(struct server_client *c, const struct api_message *m)
{
	if (c->closing)
		return;
	if (c->out_len + m->header.length > sizeof(c->out))
		client_flush(c);
	if (!list_empty(&c->waiting)) {
		client_queue(c, m);
		return;
	}
	memcpy(c->out + c->out_len, m, m->header.length);
	c->out_len += m->header.length;
}

static void client_drain(struct server_client *c)
{
	while (!list_empty(&c->waiting)) {
		struct server_waiting *w = LIST_ITEM(c->waiting.next, struct server_waiting, node);
		int rc = ipc_send(c->fd, &w->message, w->message.header.length);
		if (rc == -EAGAIN)
			return;
		if (rc)
			c->closing = true;
		list_remove(&w->node);
		free(w);
		c->waiting_count--;
	}
}

void server_send(struct server *s, uint64_t client, const struct api_message *m)
{
	struct server_client *c = client_find(s, client);
	if (c)
		client_send(c, m);
}

void server_refuse(struct server *s, uint64_t client, unsigned int type, uint32_t request, int status)
{
	struct api_message m;
	api_init(&m, type | API_REPLY, request);
	m.header.status = status;
	server_send(s, client, &m);
}

void server_send_all(struct server *s, const struct api_message *m)
{
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++)
		if (s->clients[i].id)
			client_send(&s->clients[i], m);
}

nsec_t server_run(struct server *s, nsec_t now)
{
	nsec_t records = server_records_run(s, now), sources = server_sources_run(s, now);
	return records < sources ? records : sources;
}

static void source_event(struct server *s, const struct worker_event *e)
{
	struct api_message m;
	struct server_source *t = slot_get(&s->sources, e->value);
	if (!t)
		return;
	t->ended = true;
	api_init(&m, API_EVENT_SOURCE, 0);
	m.source_event.handle = e->value;
	m.source_event.kind = API_SOURCE_END;
	server_send_all(s, &m);
}

void server_event(struct server *s, const struct worker_event *e)
{
	if (e->kind == MEDIA_SOURCE_END) {
		source_event(s, e);
		return;
	}
	const struct server_stream *stream = slot_get(&s->streams, e->handle);
	if (!stream || stream->hidden)
		return;
	struct api_message m;
	api_init(&m, API_EVENT_STREAM, 0);
	m.stream_event.handle = e->handle;
	m.stream_event.kind = e->kind;
	m.stream_event.value = e->value;
	m.stream_event.ref = e->ref;
	server_send_all(s, &m);
}

// Judges a message before anything in it is used.
static void client_message(struct server *s, struct server_client *c, const struct api_message *m, size_t len,
			   nsec_t now)
{
	int rc = api_check(m, len);
	if (rc == 0 && m->header.type < API_TYPE_COUNT && m->header.request) {
		server_request(s, c, m, now);
		return;
	}
	log_warning(c->name, "message not understood", "bytes=%zu", len);
	bool answerable = len >= sizeof(m->header) && m->header.type > API_NONE &&
			  m->header.type < API_TYPE_COUNT && m->header.request;
	if (answerable)
		server_refuse(s, c->id, m->header.type, m->header.request, rc ? rc : -EBADMSG);
	else
		c->closing = true;
}

// How many messages may be read next: each may need commands for the workers.
static unsigned int readable(const struct server *s, unsigned int n)
{
	unsigned int most = s->mails_left / SERVER_MAILS_ONE;
	if (most > IPC_BATCH)
		most = IPC_BATCH;
	return most < READ_MAX - n ? most : READ_MAX - n;
}

// Whoever asks faster than it reads answers is not read until it has caught up: a restart brings all calls at once.
static bool client_has_room(const struct server_client *c)
{
	return c->waiting_count < SERVER_QUEUE_HIGH;
}

static unsigned int client_read(struct server *s, struct server_client *c, bool gone, nsec_t now)
{
	struct ipc_message batch[IPC_BATCH];
	unsigned int count, n = 0;
	while (!c->closing && (gone || client_has_room(c)) && (count = readable(s, n))) {
		for (unsigned int i = 0; i < count; i++)
			batch[i] = (struct ipc_message){.bytes = &s->in[i], .len = sizeof(s->in[i])};
		int got = ipc_recv_many(c->fd, batch, count);
		if (got < 0 && got != -EAGAIN)
			c->closing = true;
		for (int i = 0; i < got && !c->closing; i++, n++) {
			if (batch[i].rc > 0)
				client_message(s, c, &s->in[i], (size_t)batch[i].rc, now);
			else
				c->closing = true; // gone, or longer than any message
		}
		if (got < (int)count)
			break;
	}
	return n;
}

static unsigned int clients_fill(const struct server *s, struct pollfd *fds)
{
	bool reading = s->mails_left >= SERVER_MAILS_ONE;
	fds[0] = (struct pollfd){.fd = s->listener, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = s->dp->wake.fd, .events = POLLIN};
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++) {
		const struct server_client *c = &s->clients[i];
		short events = (short)((reading && client_has_room(c) ? POLLIN : 0) |
				       (list_empty(&c->waiting) ? 0 : POLLOUT));
		fds[2 + i] = (struct pollfd){.fd = c->id ? c->fd : -1, .events = c->id ? events : 0};
	}
	return 2 + SERVER_CLIENTS_MAX;
}

static void clients_flush(struct server *s)
{
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++)
		client_flush(&s->clients[i]);
}

unsigned int server_poll(struct server *s, int timeout_ms, nsec_t now)
{
	struct pollfd fds[2 + SERVER_CLIENTS_MAX];
	unsigned int n = 0;
	clients_flush(s);
	if (poll(fds, clients_fill(s, fds), timeout_ms) <= 0)
		return 0;
	if (fds[1].revents) {
		uint64_t count;
		ssize_t ignored = read(s->dp->wake.fd, &count, sizeof(count));
		(void)ignored;
	}
	for (unsigned int i = 0; i < SERVER_CLIENTS_MAX; i++) {
		struct server_client *c = &s->clients[i];
		if (!c->id)
			continue;
		if (fds[2 + i].revents & POLLOUT)
			client_drain(c);
		if (fds[2 + i].revents & (POLLIN | POLLHUP | POLLERR))
			n += client_read(s, c, fds[2 + i].revents & (POLLHUP | POLLERR), now);
		client_flush(c);
		if (c->closing)
			client_close(c);
	}
	if (fds[0].revents)
		client_accept(s);
	for (unsigned int i = 0; n && i < s->dp->worker_count; i++)
		mailbox_ring(&s->dp->mailboxes[i]);
	return n;
}
