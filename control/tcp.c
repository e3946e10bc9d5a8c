// SPDX-License-Identifier: GPL-3.0-or-later
// tcp.c - The link driver of the program: connections to call agents on libevent.
//
// Signalling is marked CS3 and supervised by TCP keepalive, so that a path that died in silence is found even with
// agents that never answer KeepAlive. Output is bounded: an agent that does not read cannot make us grow. Of a name every
// address is tried in turn, each for its share of the time.
#include "control/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>

#include "gw/sccp.h"

#define OUTPUT_MAX        (256 * 1024) // bytes queued for an agent that does not read
#define INPUT_MAX         (8 * SCCP_PDU_MAX)
#define TOS_CS3           (24 << 2)
#define KEEPALIVE_IDLE_S  60
#define KEEPALIVE_EVERY_S 10
#define KEEPALIVE_TRIES   3
#define USER_TIMEOUT_MS   60000

struct link {
	struct tcp *tcp;
	struct link *next, *prev;
	const struct link_user *user;
	void *object;
	struct bufferevent *bev;
	struct event *timeout; // of name resolution and connecting
	struct evdns_getaddrinfo_request *lookup;
	bool looking;                    // the resolver still owns a reference
	struct evutil_addrinfo *found;   // what it said
	struct evutil_addrinfo *untried; // of these
	struct timeval patience;         // with one address
	char why[96];                    // the last attempt failed
	bool up;
	bool closed; // by its user, or reported as down
	unsigned int busy;
};

// ---- life ----

static void unlink_link(struct link *l)
{
	if (l->next)
		l->next->prev = l->prev;
	if (l->prev)
		l->prev->next = l->next;
	else
		l->tcp->links = l->next;
}

// Frees what no callback is at work on.
static void release(struct link *l)
{
	if (l->busy || l->looking)
		return;
	unlink_link(l);
	if (l->bev)
		bufferevent_free(l->bev);
	if (l->timeout)
		event_free(l->timeout);
	if (l->found)
		evutil_freeaddrinfo(l->found);
	free(l);
}

static void end(struct link *l)
{
	l->closed = true;
	if (l->timeout)
		event_del(l->timeout);
	if (l->bev)
		bufferevent_disable(l->bev, EV_READ | EV_WRITE);
	if (l->looking && l->lookup)
		evdns_getaddrinfo_cancel(l->lookup); // its callback still comes
}

static void down(struct link *l, const char *why)
{
	if (l->closed)
		return;
	l->busy++;
	end(l);
	l->user->down(l->object, why, loop_now());
	l->busy--;
	loop_settle(l->tcp->loop);
	release(l);
}

// ---- events ----

static void mark(int fd)
{
	int on = 1, tos = TOS_CS3, idle = KEEPALIVE_IDLE_S, every = KEEPALIVE_EVERY_S,
	    tries = KEEPALIVE_TRIES;
	unsigned int user = USER_TIMEOUT_MS;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof(tries));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user, sizeof(user));
	setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

static struct addr local_of(int fd)
{
	struct sockaddr_storage s = {0};
	socklen_t len = sizeof(s);
	struct addr none = {0};
	if (getsockname(fd, (struct sockaddr *)&s, &len))
		return none;
	if (s.ss_family == AF_INET)
		return addr_ipv4((const uint8_t *)&((struct sockaddr_in *)&s)->sin_addr);
	if (s.ss_family == AF_INET6)
		return addr_ipv6((const uint8_t *)&((struct sockaddr_in6 *)&s)->sin6_addr);
	return none;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	long used = 0;
	l->busy++;
	size_t len = evbuffer_get_length(in);
	if (!l->closed && len)
		used = l->user->input(l->object, evbuffer_pullup(in, -1), len, loop_now());
	if (!l->closed && used > 0)
		evbuffer_drain(in, (size_t)used);
	l->busy--;
	loop_settle(l->tcp->loop);
	if (l->closed)
		release(l);
	else if (used < 0)
		down(l, "message framing lost");
}

static bool try_next(struct link *l);

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct link *l = arg;
	int error = EVUTIL_SOCKET_ERROR();
	if (l->closed)
		return;
	if (what & BEV_EVENT_CONNECTED) {
		struct addr local = local_of(bufferevent_getfd(bev));
		event_del(l->timeout);
		l->up = true;
		bufferevent_enable(bev, EV_READ);
		l->busy++;
		l->user->up(l->object, &local, loop_now());
		l->busy--;
		loop_settle(l->tcp->loop);
		if (l->closed)
			release(l);
		return;
	}
	if (what & BEV_EVENT_EOF)
		snprintf(l->why, sizeof(l->why), "agent closed the connection");
	else
		snprintf(l->why, sizeof(l->why), "%s", evutil_socket_error_to_string(error));
	if (l->up || !try_next(l))
		down(l, l->why);
}

// No address answers, or this one does not, or none has been found yet.
static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	if (l->bev)
		snprintf(l->why, sizeof(l->why), "no connection in time");
	else if (l->looking)
		snprintf(l->why, sizeof(l->why), "host name not resolved in time");
	if (!try_next(l))
		down(l, l->why);
}

// ---- connecting ----

static int connect_to(struct link *l, const struct sockaddr *to, socklen_t len)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mark(fd);
	l->bev = bufferevent_socket_new(l->tcp->loop->base, fd,
					BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!l->bev) {
		close(fd);
		return -ENOMEM;
	}
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	bufferevent_setwatermark(l->bev, EV_READ, 0, INPUT_MAX);
	errno = 0;
	if (bufferevent_socket_connect(l->bev, to, (int)len) == 0)
		return 0;
	return errno ? -errno : -ECONNREFUSED;
}

// Goes on to the next address of the name. False: there is none left, and l->why says what the last one's trouble was.
static bool try_next(struct link *l)
{
	while (l->untried) {
		const struct evutil_addrinfo *a = l->untried;
		l->untried = a->ai_next;
		if (l->bev)
			bufferevent_free(l->bev);
		l->bev = NULL;
		int rc = connect_to(l, a->ai_addr, (socklen_t)a->ai_addrlen);
		if (rc == 0) {
			event_add(l->timeout, &l->patience);
			return true;
		}
		snprintf(l->why, sizeof(l->why), "%s", strerror(-rc));
	}
	return false;
}

static socklen_t sockaddr_of(const struct addr *a, uint16_t port, struct sockaddr_storage *ret)
{
	*ret = (struct sockaddr_storage){0};
	if (a->family == ADDR_IPV4) {
		struct sockaddr_in *s = (struct sockaddr_in *)ret;
		s->sin_family = AF_INET;
		s->sin_port = htons(port);
		memcpy(&s->sin_addr, a->ip, 4);
		return sizeof(*s);
	}
	struct sockaddr_in6 *s = (struct sockaddr_in6 *)ret;
	s->sin6_family = AF_INET6;
	s->sin6_port = htons(port);
	memcpy(&s->sin6_addr, a->ip, 16);
	return sizeof(*s);
}

static void on_resolved(int result, struct evutil_addrinfo *found, void *arg)
{
	struct link *l = arg;
	l->looking = false;
	l->lookup = NULL;
	if (l->closed) {
		if (found)
			evutil_freeaddrinfo(found);
		release(l);
		return;
	}
	suseconds_t n = 0;
	for (const struct evutil_addrinfo *a = found; a; a = a->ai_next)
		n++;
	if (result || !n) {
		snprintf(l->why, sizeof(l->why), "host name not found: %s",
			 result ? evutil_gai_strerror(result) : "it has no address");
	} else {
		suseconds_t us = ((suseconds_t)l->patience.tv_sec * 1000000 + l->patience.tv_usec) / n;
		l->patience = (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
	}
	l->found = l->untried = found;
	if (!try_next(l))
		event_active(l->timeout, EV_TIMEOUT, 0); // reported from the loop, never from inside open
}

static int resolve(struct link *l, const struct config_agent *agent)
{
	struct tcp *t = l->tcp;
	char port[8];
	struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	if (!t->dns)
		t->dns = evdns_base_new(t->loop->base,
					EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!t->dns)
		return -EHOSTUNREACH;
	snprintf(port, sizeof(port), "%u", agent->port);
	l->looking = true;
	struct evdns_getaddrinfo_request *q =
		evdns_getaddrinfo(t->dns, agent->host, port, &hints, on_resolved, l);
	if (l->looking)
		l->lookup = q;
	return 0;
}

static int do_open(void *context, const struct config_agent *agent, uint32_t timeout_ms,
		   const struct link_user *user, void *object, struct link **ret)
{
	struct tcp *t = context;
	struct sockaddr_storage to;
	struct addr a;
	struct link *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	*l = (struct link){.tcp = t, .next = t->links, .user = user, .object = object};
	if (t->links)
		t->links->prev = l;
	t->links = l;
	l->patience = (struct timeval){.tv_sec = timeout_ms / 1000,
				       .tv_usec = (suseconds_t)(timeout_ms % 1000) * 1000};
	l->timeout = evtimer_new(t->loop->base, on_timeout, l);
	int rc = l->timeout ? 0 : -ENOMEM;
	if (!rc)
		event_add(l->timeout, &l->patience);
	if (!rc && addr_parse(agent->host, &a) == 0)
		rc = connect_to(l, (struct sockaddr *)&to, sockaddr_of(&a, agent->port, &to));
	else if (!rc)
		rc = resolve(l, agent);
	if (rc) {
		l->closed = true;
		release(l);
		return rc;
	}
	*ret = l;
	return 0;
}

static void do_set_user(void *context, struct link *l, const struct link_user *user, void *object)
{
	l->user = user;
	l->object = object;
}

static int do_send(void *context, struct link *l, const uint8_t *bytes, size_t len)
{
	if (l->closed || !l->up)
		return -ENOTCONN;
	if (evbuffer_get_length(bufferevent_get_output(l->bev)) + len > OUTPUT_MAX)
		return -ENOBUFS;
	return bufferevent_write(l->bev, bytes, len) ? -ENOMEM : 0;
}

static void do_close(void *context, struct link *l)
{
	if (l->up) { // the last words, such as Unregister, in one try
		evbuffer_unfreeze(bufferevent_get_output(l->bev), 1);
		evbuffer_write(bufferevent_get_output(l->bev), bufferevent_getfd(l->bev));
	}
	end(l);
	release(l);
}

// ---- the door ----

void tcp_init(struct tcp *t, struct loop *loop)
{
	*t = (struct tcp){.loop = loop};
}

void tcp_fini(struct tcp *t)
{
	if (t->dns)
		evdns_base_free(t->dns, 1); // calls back whoever still waits
	t->dns = NULL;
	while (t->links) {
		struct link *l = t->links;
		l->busy = 0;
		l->looking = false;
		release(l);
	}
}

struct link_driver tcp_driver(struct tcp *t)
{
	return (struct link_driver){
		.context = t, .open = do_open, .set_user = do_set_user, .send = do_send, .close = do_close};
}
