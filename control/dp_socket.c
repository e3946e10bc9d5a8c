// SPDX-License-Identifier: GPL-3.0-or-later
// dp_socket.c - The socket to the dataplane: connects, connects again, carries messages.
#include "control/dp_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "gw/ipc.h"
#include "gw/log.h"

#define RETRY_MS  50
#define BURST_MAX 256 // messages read before other events get their turn

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
}

static void disconnect(struct dp_socket *s)
{
	drop_events(s);
	s->broken = false;
	dp_disconnected(s->dp, loop_now());
	retry_later(s);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct dp_socket *s = arg;
	static struct api_message m;
	ssize_t len = s->broken ? 0 : -EAGAIN;
	for (int i = 0; i < BURST_MAX && !s->broken; i++) {
		len = ipc_recv(fd, &m, sizeof(m));
		if (len <= 0 && len != -EMSGSIZE)
			break;
		if (len > 0)
			dp_input(s->dp, &m, (size_t)len, loop_now());
	}
	if (s->broken || len == 0 || (len < 0 && len != -EAGAIN && len != -EMSGSIZE))
		disconnect(s);
	loop_settle(s->loop);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct dp_socket *s = arg;
	dp_writable(s->dp, loop_now());
	loop_settle(s->loop);
}

int dp_socket_send(void *context, const void *bytes, size_t len)
{
	struct dp_socket *s = context;
	if (s->fd < 0 || s->broken)
		return -EPIPE;
	int rc = ipc_send(s->fd, bytes, len);
	if (rc == -EAGAIN)
		event_add(s->writable, NULL);
	else if (rc) {
		s->broken = true; // told from the loop, never from inside a request
		event_active(s->readable, EV_READ, 0);
	}
	return rc;
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
	s->retry = evtimer_new(loop->base, on_retry, s);
	return s->retry ? 0 : -ENOMEM;
}

void dp_socket_fini(struct dp_socket *s)
{
	drop_events(s);
	if (s->retry)
		event_free(s->retry);
	s->retry = NULL;
}

void dp_socket_start(struct dp_socket *s)
{
	try_connect(s);
}
