// SPDX-License-Identifier: GPL-3.0-or-later
// redis_link.c - One connection to Redis that never blocks, authenticates, notices silence and comes back.
//
// hiredis resolves host names with a blocking call and has no reply time-out in its asynchronous half; here names go
// through libevent's resolver, and a watchdog counts quarters of the patience in which nothing was answered.
#include "control/redis_link.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <hiredis/adapters/libevent.h>
#pragma GCC diagnostic pop

#define PASSWORD_MAX   256
#define BACKOFF_STEPS  4 // doublings
#define PATIENCE_PARTS 4 // watchdog beats in patience_ms

struct redis_link {
	struct event_base *base;
	struct evdns_base *dns; // made when a host name must be resolved
	struct evdns_getaddrinfo_request *resolving;
	struct redisAsyncContext *ctx; // NULL between connections
	struct redis_link_hooks hooks;
	struct event *retry;
	struct event *watchdog;
	struct timeval beat;
	uint32_t retry_ms;
	unsigned int backoff; // doublings now in force
	unsigned int silence; // beats without an answer while one was due
	unsigned int calm;    // beats since this connection came up
	size_t in_flight;
	bool up;
	bool closing;
	char user[CONFIG_NAME_MAX];
	char password[PASSWORD_MAX];
	char path[CONFIG_PATH_MAX];
	char host[256];
	uint16_t port;
	char server[300];
};

struct redis_call {
	struct redis_link *link;
	void (*reply)(void *arg, const struct redisReply *r);
	void *arg;
};

static void link_connect(struct redis_link *l, const char *ip);

static struct timeval timeval_ms(uint32_t ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

// Ends the connection, or the attempt at one, and sets the alarm for the next.
static void link_down(struct redis_link *l, const char *why)
{
	char reason[160];
	snprintf(reason, sizeof(reason), "%s", why);
	struct redisAsyncContext *ctx = l->ctx;
	l->ctx = NULL;
	l->up = false;
	if (l->resolving)
		evdns_getaddrinfo_cancel(l->resolving);
	l->resolving = NULL;
	if (ctx)
		redisAsyncFree(ctx);
	if (l->closing)
		return;
	event_del(l->watchdog);
	struct timeval wait = timeval_ms(l->retry_ms << l->backoff);
	if (l->backoff < BACKOFF_STEPS)
		l->backoff++;
	event_add(l->retry, &wait);
	l->hooks.down(l->hooks.arg, reason);
}

void redis_link_fail(struct redis_link *l, const char *why)
{
	if (l->ctx)
		link_down(l, why);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;
	bool due = !l->up || l->in_flight > 0;
	if (due && ++l->silence >= PATIENCE_PARTS) {
		link_down(l, l->up ? "no answer" : "connection attempt timed out");
		return;
	}
	if (!due)
		l->silence = 0;
	if (l->up && ++l->calm >= PATIENCE_PARTS)
		l->backoff = 0;
}

static void on_reply(struct redisAsyncContext *ctx, void *reply, void *arg)
{
	struct redis_call call = *(struct redis_call *)arg;
	free(arg);
	call.link->in_flight--;
	if (reply)
		call.link->silence = 0;
	call.reply(call.arg, reply);
}

int redis_link_send(struct redis_link *l, int argc, const char *const *argv, const size_t *lens,
		    void (*reply)(void *arg, const struct redisReply *r), void *arg)
{
	if (!l->ctx)
		return -ENOTCONN;
	struct redis_call *call = malloc(sizeof(*call));
	if (!call)
		return -ENOMEM;
	*call = (struct redis_call){l, reply, arg};
	if (redisAsyncCommandArgv(l->ctx, on_reply, call, argc, (const char **)argv, lens) != REDIS_OK) {
		free(call);
		return -ENOTCONN;
	}
	l->in_flight++;
	return 0;
}

static void link_up(struct redis_link *l)
{
	l->up = true;
	l->silence = 0;
	l->calm = 0;
	l->hooks.up(l->hooks.arg);
}

static void on_auth(void *arg, const struct redisReply *r)
{
	struct redis_link *l = arg;
	if (!r)
		return;
	if (r->type == REDIS_REPLY_ERROR)
		link_down(l, r->str);
	else
		link_up(l);
}

static void link_auth(struct redis_link *l)
{
	const char *argv[3] = {"AUTH", l->user, l->password};
	size_t lens[3] = {4, strlen(l->user), strlen(l->password)};
	int argc = 3;
	if (!*l->user) {
		argv[1] = argv[2];
		lens[1] = lens[2];
		argc = 2;
	}
	// A failure to send is left to the watchdog: a context must not be freed inside its connect callback.
	redis_link_send(l, argc, argv, lens, on_auth, l);
}

static void on_connect(const struct redisAsyncContext *ctx, int status)
{
	struct redis_link *l = ctx->data;
	if (l->ctx != ctx)
		return;
	if (status != REDIS_OK) {
		// hiredis frees this context itself when the callback returns
		l->ctx = NULL;
		link_down(l, *ctx->c.errstr ? ctx->c.errstr : "cannot connect");
	} else if (*l->password) {
		link_auth(l);
	} else {
		link_up(l);
	}
}

static void on_disconnect(const struct redisAsyncContext *ctx, int status)
{
	struct redis_link *l = ctx->data;
	if (l->ctx != ctx)
		return;
	l->ctx = NULL;
	link_down(l, *ctx->c.errstr ? ctx->c.errstr : "connection closed");
}

static void on_resolved(int result, struct evutil_addrinfo *found, void *arg)
{
	struct redis_link *l = arg;
	if (result == EVUTIL_EAI_CANCEL)
		return;
	l->resolving = NULL;
	char ip[64] = "";
	if (result == 0 && found)
		getnameinfo(found->ai_addr, (socklen_t)found->ai_addrlen, ip, sizeof(ip), NULL, 0,
			    NI_NUMERICHOST);
	if (found)
		evutil_freeaddrinfo(found);
	if (*ip)
		link_connect(l, ip);
	else
		link_down(l, result ? evutil_gai_strerror(result) : "host has no address");
}

static void link_resolve(struct redis_link *l)
{
	struct evutil_addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
	if (!l->dns)
		l->dns = evdns_base_new(l->base,
					EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!l->dns) {
		link_down(l, "cannot start the resolver: is /etc/resolv.conf readable?");
		return;
	}
	// It may answer at once from /etc/hosts, and then returns NULL after on_resolved has run.
	struct evdns_getaddrinfo_request *request =
		evdns_getaddrinfo(l->dns, l->host, NULL, &hints, on_resolved, l);
	if (request)
		l->resolving = request;
}

static bool is_numeric(const char *host)
{
	struct addr a;
	return addr_parse(host, &a) == 0;
}

// Connects by Unix socket, or to ip when that is not NULL.
static void link_connect(struct redis_link *l, const char *ip)
{
	struct redisAsyncContext *ctx = ip ? redisAsyncConnect(ip, l->port) : redisAsyncConnectUnix(l->path);
	if (!ctx || ctx->err) {
		char why[128];
		snprintf(why, sizeof(why), "%s", ctx && ctx->errstr ? ctx->errstr : "no memory");
		if (ctx)
			redisAsyncFree(ctx);
		link_down(l, why);
		return;
	}
	fcntl(ctx->c.fd, F_SETFD, FD_CLOEXEC);
	ctx->data = l;
	l->ctx = ctx;
	redisLibeventAttach(ctx, l->base);
	redisAsyncSetConnectCallback(ctx, on_connect);
	redisAsyncSetDisconnectCallback(ctx, on_disconnect);
}

static void link_start(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;
	l->silence = 0;
	event_add(l->watchdog, &l->beat);
	if (*l->path)
		link_connect(l, NULL);
	else if (is_numeric(l->host))
		link_connect(l, l->host);
	else
		link_resolve(l);
}

// First line of the file, without its end.
static int read_password(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, buf, cap - 1);
	int rc = n < 0 ? -errno : 0;
	close(fd);
	if (rc < 0)
		return rc;
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

static int link_configure(struct redis_link *l, const struct config_store_options *c)
{
	snprintf(l->path, sizeof(l->path), "%s", c->redis_socket);
	snprintf(l->host, sizeof(l->host), "%s", c->redis_host);
	snprintf(l->user, sizeof(l->user), "%s", c->redis_user);
	l->port = c->redis_port;
	l->retry_ms = c->retry_ms ? c->retry_ms : 1;
	if (*l->path)
		snprintf(l->server, sizeof(l->server), "unix:%s", l->path);
	else
		snprintf(l->server, sizeof(l->server), "%s:%u", l->host, l->port);
	return *c->redis_password_file
		       ? read_password(c->redis_password_file, l->password, sizeof(l->password))
		       : 0;
}

int redis_link_open(struct event_base *base, const struct config_store_options *c, uint32_t patience_ms,
		    const struct redis_link_hooks *hooks, struct redis_link **ret)
{
	struct redis_link *l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->base = base;
	l->hooks = *hooks;
	l->beat = timeval_ms(patience_ms / PATIENCE_PARTS ? patience_ms / PATIENCE_PARTS : 1);
	int rc = link_configure(l, c);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	l->retry = event_new(base, -1, 0, link_start, l);
	l->watchdog = event_new(base, -1, EV_PERSIST, on_watchdog, l);
	if (!l->retry || !l->watchdog)
		goto out;
	// hiredis writes with write(2): a server that goes away must be an error here, not the end of the process
	signal(SIGPIPE, SIG_IGN);
	event_active(l->retry, EV_TIMEOUT, 1);
	*ret = l;
	return 0;
out:
	redis_link_close(l);
	return rc;
}

size_t redis_link_in_flight(const struct redis_link *l)
{
	return l->in_flight;
}

const char *redis_link_server(const struct redis_link *l)
{
	return l->server;
}

void redis_link_close(struct redis_link *l)
{
	if (!l)
		return;
	l->closing = true;
	if (l->ctx && l->up)
		redisAsyncHandleWrite(l->ctx);
	link_down(l, "closing");
	if (l->dns)
		evdns_base_free(l->dns, 0);
	if (l->retry)
		event_free(l->retry);
	if (l->watchdog)
		event_free(l->watchdog);
	explicit_bzero(l->password, sizeof(l->password));
	free(l);
}
