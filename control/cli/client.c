// SPDX-License-Identifier: GPL-3.0-or-later
// client.c - slimctl's end of the admin socket: one request, one reply, within a time.
#include "control/cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "gw/ctl.h"

#define CHUNK 65536

static long long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

// Waits until fd is ready or the time is over. Returns 0 or -ETIMEDOUT, negative errno.
static int wait_ready(int fd, short events, long long deadline)
{
	for (;;) {
		long long left = deadline - now_ms();
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, left > 0 ? (int)left : 0);
		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int client_open(const char *path, int timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	long long deadline = now_ms() + timeout_ms;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	// EAGAIN: the daemon is there and has not yet taken the clients before us
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int rc = -errno;
		if (rc == -EAGAIN && now_ms() < deadline && poll(NULL, 0, 20) == 0)
			continue;
		close(fd);
		return rc == -EAGAIN ? -ETIMEDOUT : rc;
	}
	return fd;
}

static int send_all(int fd, const uint8_t *bytes, size_t len, long long deadline)
{
	while (len > 0) {
		int rc = wait_ready(fd, POLLOUT, deadline);
		if (rc < 0)
			return rc;
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == EPIPE ? -ECONNRESET : -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

// Reads one frame into a growing buffer, so that a false length claims no memory.
static int receive(int fd, long long deadline, uint8_t **ret_bytes, const char **ret_json, size_t *ret_len)
{
	uint8_t *buf = NULL;
	size_t have = 0, cap = 0;
	for (;;) {
		int rc = ctl_frame(buf, have, CTL_REPLY_MAX, ret_json, ret_len);
		if (rc > 0) {
			*ret_bytes = buf;
			return 0;
		}
		if (rc == 0 && cap - have < CHUNK) {
			cap = cap ? cap * 2 : CHUNK * 2;
			uint8_t *more = realloc(buf, cap);
			rc = more ? 0 : -ENOMEM;
			buf = more ? more : buf;
		}
		if (rc == 0)
			rc = wait_ready(fd, POLLIN, deadline);
		ssize_t n = rc == 0 ? recv(fd, buf + have, cap - have, 0) : 0;
		if (rc == 0 && n == 0)
			rc = -ECONNRESET;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			rc = -errno;
		if (rc < 0) {
			free(buf);
			return rc;
		}
		have += n > 0 ? (size_t)n : 0;
	}
}

static int ask(int fd, const char *text, size_t len, int timeout_ms, json_t **ret_reply)
{
	uint8_t head[CTL_HEAD], *bytes = NULL;
	const char *json;
	long long deadline = now_ms() + timeout_ms;
	ctl_head_write(head, (uint32_t)len);
	int rc = send_all(fd, head, sizeof(head), deadline);
	if (rc == 0)
		rc = send_all(fd, (const uint8_t *)text, len, deadline);
	if (rc == 0)
		rc = receive(fd, deadline, &bytes, &json, &len);
	if (rc < 0)
		return rc;
	json_t *reply =
		ctl_depth_check(json, len, CTL_DEPTH_MAX) == 0 ? json_loadb(json, len, 0, NULL) : NULL;
	free(bytes);
	if (!json_is_boolean(json_object_get(reply, "ok"))) {
		json_decref(reply);
		return -EBADMSG;
	}
	*ret_reply = reply;
	return 0;
}

int client_ask(int fd, const char *command, const char *id, json_int_t cursor, int timeout_ms,
	       json_t **ret_reply)
{
	json_t *request = json_pack("{s:s, s:{}}", "command", command, "arguments");
	json_t *arguments = json_object_get(request, "arguments");
	if (id && *id && json_object_set_new(arguments, "id", json_string(id)) < 0) {
		json_decref(request); // not UTF-8
		return -EINVAL;
	}
	if (cursor)
		json_object_set_new(arguments, "cursor", json_integer(cursor));
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	if (!text)
		return -EINVAL;
	int rc = ask(fd, text, strlen(text), timeout_ms, ret_reply);
	free(text);
	return rc;
}
