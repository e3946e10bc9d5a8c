// SPDX-License-Identifier: GPL-3.0-or-later
// dp_socket.c - The socket to the dataplane: connects, connects again, carries messages.
//
// What one turn of the loop sends leaves in one system call at its end, and what is there is read in one: a call is ten
// messages there and ten back.
#include "control/dp_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "gw/ipc.h"
#include "gw/log.h"

#define RETRY_MS  50
#define BURST_MAX 8 // batches read before other events get their turn

static void retry_later(struct dp_socket *s)
{
	struct timeval tv = {.tv_usec = RETRY_MS * 1000};
	event_add(s->retry, &tv);
}

static void drop_events(struct dp_socket *s)
{
	if (s->readable)
		event_free(s->readable);
	if (s->writable)
		event_free(s->writable);
	s->readable = s->writable = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->waiting = s->sent = 0;
}

static void disconnect(struct dp_socket *s)
{
	drop_events(s);
	s->broken = false;
	dp_disconnected(s->dp, loop_now());
	retry_later(s);
}

// Told from the loop, never from inside a request.
static void broke(struct dp_socket *s)
{
	s->broken = true;
	event_active(s->readable, EV_READ, 0);
}

// Names the messages of the batch that are not out yet, at most IPC_BATCH.
static unsigned int gather(struct dp_socket *s, struct ipc_message *ret)
{
	unsigned int n = 0;
	for (uint32_t at = s->sent; n < IPC_BATCH && at < s->waiting; n++) {
		struct api_header h;
		memcpy(&h, s->batch + at, sizeof(h));
		ret[n] = (struct ipc_message){.bytes = s->batch + at, .len = h.length};
		at += h.length;
	}
	return n;
}

static void flush(void *arg)
{
	struct dp_socket *s = arg;
	struct ipc_message messages[IPC_BATCH];
	unsigned int count;
	while (s->fd >= 0 && !s->broken && (count = gather(s, messages))) {
		int n = ipc_send_many(s->fd, messages, count);
		if (n == -EAGAIN) {
			event_add(s->writable, NULL);
			return;
		}
		if (n < 0) {
			broke(s);
			return;
		}
		for (int i = 0; i < n; i++)
			s->sent += (uint32_t)messages[i].len;
	}
	s->waiting = s->sent = 0;
}
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct dp_socket *s = arg;
	static struct api_message buffers[IPC_BATCH];
	struct ipc_message messages[IPC_BATCH];
	int n = IPC_BATCH;
	bool closed = false;
	for (int i = 0; i < BURST_MAX && n == IPC_BATCH && !s->broken && !closed; i++) {
		for (int k = 0; k < IPC_BATCH; k++)
			messages[k] = (struct ipc_message){.bytes = &buffers[k], .len = sizeof(buffers[k])};
		n = ipc_recv_many(fd, messages, IPC_BATCH);
		for (int k = 0; k < n; k++) {
			closed = messages[k].rc == 0;
			if (messages[k].rc > 0)
				dp_input(s->dp, &buffers[k], (size_t)messages[k].rc, loop_now());
		}
	}
	if (s->broken || closed || (n < 0 && n != -EAGAIN))
		disconnect(s);
	loop_settle(s->loop);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct dp_socket *s = arg;
	flush(s);
	if (!s->waiting)
		dp_writable(s->dp, loop_now());
	loop_settle(s->loop);
}

int dp_socket_send(void *context, const void *bytes, size_t len)
{
	struct dp_socket *s = context;
	if (s->fd < 0 || s->broken)
		return -EPIPE;
	if (s->waiting + len > sizeof(s->batch))
		flush(s);
	if (s->broken)
		return -EPIPE;
	if (s->waiting + len > sizeof(s->batch))
		return -EAGAIN;
	memcpy(s->batch + s->waiting, bytes, len);
	s->waiting += (uint32_t)len;
	loop_later(s->loop, &s->flush);
	return 0;
}

static void try_connect(struct dp_socket *s)
{
	int fd = ipc_connect(s->path);
	if (fd < 0) {
		if (!s->told)
			log_warning("dataplane", "cannot be reached yet",
				    "socket=%s why=\"%s\" next=\"trying on\"", s->path, strerror(-fd));
		s->told = true;
		retry_later(s);
		return;
	}
	s->fd = fd;
	s->told = false;
	s->readable = event_new(s->loop->base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable = event_new(s->loop->base, fd, EV_WRITE, on_writable, s);
	if (!s->readable || !s->writable) {
		drop_events(s);
		retry_later(s);
		return;
	}
	event_add(s->readable, NULL);
	dp_connected(s->dp, loop_now());
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct dp_socket *s = arg;
	try_connect(s);
	loop_settle(s->loop);
}

int dp_socket_init(struct dp_socket *s, struct loop *loop, struct dp *dp, const char *path)
{
	*s = (struct dp_socket){.loop = loop, .dp = dp, .path = path, .fd = -1};
	s->flush = (struct loop_job){.run = flush, .arg = s};
	list_init(&s->flush.link);
	s->retry = evtimer_new(loop->base, on_retry, s);
	return s->retry ? 0 : -ENOMEM;
}

void dp_socket_fini(struct dp_socket *s)
{
	flush(s);
	drop_events(s);
	list_remove(&s->flush.link);
	if (s->retry)
		event_free(s->retry);
	s->retry = NULL;
}

void dp_socket_start(struct dp_socket *s)
{
	try_connect(s);
}
