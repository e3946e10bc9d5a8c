// SPDX-License-Identifier: GPL-3.0-or-later
// admin.c - The socket that answers slimctl.
//
// A client is read only while it has no request under way and its last reply has left, so that one client holds at
// most one request and one reply. A request outlives its client: the answer of the dataplane may come later.
#include "control/admin.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gw/list.h"
#include "gw/log.h"

#define OBJECT      "admin"
#define BACKLOG     16
#define IDLE_S      3600 // a client that says nothing for so long is closed
#define UNREAD_S    30   // as is one that does not read its reply
#define COMMAND_MAX 64
#define ERROR_MAX   256

struct admin {
	struct event_base *base;
	const struct admin_command *commands;
	size_t command_count;
	void *context;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct event *listener;
	struct list clients;
	struct admin_status status;
};

struct client {
	struct admin *admin;
	struct list link;
	struct bufferevent *bev;
	struct admin_request *request; // under way, else NULL
	bool closing;                  // when what is written has left
	char peer[64];
};

struct admin_request {
	struct client *client; // NULL: gone
	char command[COMMAND_MAX];
};

static void client_free(struct client *c)
{
	if (c->request)
		c->request->client = NULL;
	c->admin->status.clients--;
	if (c->admin->listener && c->admin->status.clients == ADMIN_CLIENTS_MAX - 1)
		event_add(c->admin->listener, NULL);
	list_remove(&c->link);
	bufferevent_free(c->bev);
	free(c);
}

static void client_write(struct client *c, const char *json, size_t len)
{
	uint8_t head[CTL_HEAD];
	ctl_head_write(head, (uint32_t)len);
	if (bufferevent_write(c->bev, head, sizeof(head)) < 0 || bufferevent_write(c->bev, json, len) < 0)
		c->closing = true;
}

// Sends {"ok":...}; takes root.
static int client_send(struct client *c, json_t *root)
{
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	size_t len = text ? strlen(text) : 0;
	int rc = !text ? -ENOMEM : len > CTL_REPLY_MAX ? -EMSGSIZE : 0;
	if (rc == 0)
		client_write(c, text, len);
	free(text);
	return rc;
}

static void client_refuse(struct client *c, enum ctl_code code, const char *error, const char *hint)
{
	// texts quote what the peer sent, maybe cut inside a character: JSON takes UTF-8 only
	char plain[ERROR_MAX];
	snprintf(plain, sizeof(plain), "%s", error);
	for (char *p = plain; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	c->admin->status.refused++;
	json_t *root = json_pack("{s:b, s:i, s:i, s:s, s:s}", "ok", 0, "schema", CTL_SCHEMA, "code",
				 (int)code, "error", plain, "hint", hint);
	if (client_send(c, root) < 0)
		c->closing = true;
}

// The request is over: the next one may come once the reply has left.
static void request_end(struct admin_request *r)
{
	struct client *c = r->client;
	free(r);
	if (!c)
		return;
	c->request = NULL;
	bufferevent_enable(c->bev, EV_WRITE);
}

void admin_reply(struct admin_request *r, json_t *data)
{
	if (!r->client) {
		json_decref(data);
		request_end(r);
		return;
	}
	json_t *root =
		data ? json_pack("{s:b, s:i, s:o}", "ok", 1, "schema", CTL_SCHEMA, "data", data) : NULL;
	int rc = client_send(r->client, root);
	if (rc == -EMSGSIZE)
		client_refuse(r->client, CTL_REFUSED, "the answer is too long", "ask for one item by its ID");
	else if (rc < 0)
		client_refuse(r->client, CTL_REFUSED, "out of memory",
			      "try again, or ask for one item by its ID");
	request_end(r);
}

void admin_fail(struct admin_request *r, enum ctl_code code, const char *hint, const char *format, ...)
{
	char error[ERROR_MAX];
	va_list ap;
	va_start(ap, format);
	vsnprintf(error, sizeof(error), format, ap);
	va_end(ap);
	if (r->client)
		client_refuse(r->client, code, error, hint);
	request_end(r);
}

int admin_wanted(const struct admin_request *r)
{
	return r->client != NULL;
}

static void client_violates(struct client *c, const char *what)
{
	c->admin->status.malformed++;
	log_warning(OBJECT, "request makes no sense: connection closed", "peer=%s reason=\"%s\"", c->peer,
		    what);
	client_refuse(c, CTL_USAGE, what, "send a 4-byte length and {\"command\":...}");
	c->closing = true;
}

static void run_command(struct client *c, const char *name, json_t *arguments)
{
	struct admin *a = c->admin;
	for (size_t i = 0; i < a->command_count; i++) {
		if (strcmp(a->commands[i].name, name) != 0)
			continue;
		struct admin_request *r = calloc(1, sizeof(*r));
		if (!r) {
			client_refuse(c, CTL_REFUSED, "out of memory", "try again");
			return;
		}
		r->client = c;
		snprintf(r->command, sizeof(r->command), "%s", name);
		c->request = r;
		log_info(OBJECT, "request", "peer=%s command=\"%s\"", c->peer, name);
		a->commands[i].run(r, arguments, a->context);
		return;
	}
	char error[ERROR_MAX];
	snprintf(error, sizeof(error), "this daemon has no command \"%.64s\"", name);
	client_refuse(c, CTL_USAGE, error, "slimctl and slimline-control may be of different releases");
}

static void take_request(struct client *c, const char *json, size_t len)
{
	json_error_t error;
	c->admin->status.requests++;
	json_t *root = NULL;
	if (ctl_depth_check(json, len, CTL_DEPTH_MAX) == 0)
		root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	json_t *name = json_object_get(root, "command");
	json_t *arguments = json_object_get(root, "arguments");
	json_t *none = arguments ? NULL : json_object();
	if (!json_is_object(root) || !json_is_string(name) || json_string_length(name) >= COMMAND_MAX)
		client_violates(c, "not a JSON object with a command");
	else if (!json_is_object(arguments ? arguments : none))
		client_violates(c, "arguments are not an object");
	else
		run_command(c, json_string_value(name), arguments ? arguments : none);
	json_decref(none);
	json_decref(root);
}

// Takes the next whole request, when there is one and nothing else is under way.
static void client_read(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer *out = bufferevent_get_output(c->bev);
	while (!c->closing && !c->request && evbuffer_get_length(out) == 0) {
		size_t have = evbuffer_get_length(in);
		const char *json;
		size_t len;
		if (have < CTL_HEAD)
			return;
		int rc = ctl_frame(evbuffer_pullup(in, -1), have, CTL_REQUEST_MAX, &json, &len);
		if (rc == 0)
			return;
		if (rc < 0) {
			client_violates(c, rc == -EMSGSIZE ? "request too long" : "request of no length");
			return;
		}
		take_request(c, json, len);
		evbuffer_drain(in, CTL_HEAD + len);
	}
}

static void on_readable(struct bufferevent *bev, void *arg)
{
	client_read(arg);
}

// All that was written has left.
static void on_written(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	if (c->closing)
		client_free(c);
	else
		client_read(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;
	// silence while we ourselves owe the answer is not the client's
	if (what & BEV_EVENT_TIMEOUT && what & BEV_EVENT_READING && c->request) {
		bufferevent_enable(bev, EV_READ);
		return;
	}
	client_free(c);
}

static void name_peer(int fd, char *buf, size_t cap)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
		snprintf(buf, cap, "pid:%d/uid:%u/gid:%u", cred.pid, cred.uid, cred.gid);
	else
		snprintf(buf, cap, "unknown");
}

static void client_new(struct admin *a, int fd)
{
	struct timeval idle = {.tv_sec = IDLE_S}, unread = {.tv_sec = UNREAD_S};
	struct client *c = calloc(1, sizeof(*c));
	struct bufferevent *bev = c ? bufferevent_socket_new(a->base, fd, BEV_OPT_CLOSE_ON_FREE) : NULL;
	if (!bev) {
		free(c);
		close(fd);
		return;
	}
	c->admin = a;
	c->bev = bev;
	name_peer(fd, c->peer, sizeof(c->peer));
	list_push_back(&a->clients, &c->link);
	a->status.clients++;
	a->status.accepted++;
	log_info(OBJECT, "connected", "peer=%s", c->peer);
	bufferevent_setcb(bev, on_readable, on_written, on_event, c);
	bufferevent_setwatermark(bev, EV_READ, 0, CTL_HEAD + CTL_REQUEST_MAX);
	bufferevent_set_timeouts(bev, &idle, &unread);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

// Above the limit nobody more is accepted; the kernel's backlog waits until a client leaves.
static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct admin *a = arg;
	while (a->status.clients < ADMIN_CLIENTS_MAX) {
		int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (client < 0)
			return;
		client_new(a, client);
	}
	log_warning(OBJECT, "too many clients: new ones wait", "clients=%d", ADMIN_CLIENTS_MAX);
	event_del(a->listener);
}

// A socket file that nobody answers on is left over from a process that was killed.
static int clear_stale(const struct sockaddr_un *address)
{
	struct stat st;
	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (rc == EACCES || rc == EPERM)
		return -rc; // we may not even ask
	if (rc != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int listen_at(struct admin *a, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	int rc = clear_stale(&address);
	if (rc < 0)
		return rc;
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return -errno;
	if (bind(a->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	strcpy(a->path, path);
	// before listen(): until then nobody can connect
	if (chmod(path, 0660) < 0 || listen(a->fd, BACKLOG) < 0)
		return -errno;
	return 0;
}

int admin_open(struct event_base *base, const char *path, const struct admin_command *commands, size_t count,
	       void *context, struct admin **ret)
{
	struct admin *a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->base = base;
	a->commands = commands;
	a->command_count = count;
	a->context = context;
	a->fd = -1;
	list_init(&a->clients);
	int rc = listen_at(a, path);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	a->listener = event_new(base, a->fd, EV_READ | EV_PERSIST, on_accept, a);
	if (!a->listener || event_add(a->listener, NULL) < 0)
		goto out;
	*ret = a;
	return 0;
out:
	admin_close(a);
	return rc;
}

void admin_close(struct admin *a)
{
	if (!a)
		return;
	if (a->listener)
		event_free(a->listener);
	a->listener = NULL;
	while (!list_empty(&a->clients))
		client_free(LIST_ITEM(a->clients.next, struct client, link));
	if (a->fd >= 0)
		close(a->fd);
	if (*a->path)
		unlink(a->path);
	free(a);
}

void admin_status(const struct admin *a, struct admin_status *ret)
{
	*ret = a->status;
}
