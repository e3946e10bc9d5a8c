// SPDX-License-Identifier: GPL-3.0-or-later
// ipc.c - UNIX SOCK_SEQPACKET sockets, both ends; one send is one message.
#include "gw/ipc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

static int make_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t n = strlen(path);
	if (n == 0)
		return -EINVAL;
	if (n >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, n + 1);
	return 0;
}

static int make_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

// Removes a socket nobody listens on. A file that is no socket, or a living listener, stays.
static int clear_stale(const char *path, const struct sockaddr_un *address)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	int fd = make_socket();
	if (fd < 0)
		return fd;
	int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (rc == EACCES || rc == EPERM)
		return -rc; // we may not even ask
	if (rc != ECONNREFUSED)
		return -EADDRINUSE;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

int ipc_listen(const char *path)
{
	struct sockaddr_un address;
	int rc = make_address(path, &address);
	if (rc == 0)
		rc = clear_stale(path, &address);
	if (rc < 0)
		return rc;
	int fd = make_socket();
	if (fd < 0)
		return fd;
	// The mode is set before listen(): until then nobody can connect.
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

int ipc_accept(int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			return fd;
		if (errno != EINTR && errno != ECONNABORTED)
			return -errno;
	}
}

int ipc_connect(const char *path)
{
	struct sockaddr_un address;
	int rc = make_address(path, &address);
	if (rc < 0)
		return rc;
	int fd = make_socket();
	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static int send_error(int error)
{
	switch (error) {
	case ECONNRESET:
	case ENOTCONN:
		return -EPIPE;
	case ENOBUFS:
		return -EAGAIN;
	default:
		return -error;
	}
}

int ipc_send(int fd, const void *message, size_t len)
{
	if (len == 0)
		return -EINVAL; // an empty datagram would look like a closed peer
	ssize_t n;
	do
		n = send(fd, message, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? send_error(errno) : 0;
}

ssize_t ipc_recv(int fd, void *buf, size_t cap)
{
	ssize_t n;
	do
		n = recv(fd, buf, cap, MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	return (size_t)n > cap ? -EMSGSIZE : n;
}

static unsigned int headers_fill(const struct ipc_message *messages, unsigned int count,
				 struct mmsghdr *headers, struct iovec *vectors)
{
	if (count > IPC_BATCH)
		count = IPC_BATCH;
	for (unsigned int i = 0; i < count; i++) {
		vectors[i] = (struct iovec){.iov_base = messages[i].bytes, .iov_len = messages[i].len};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1}};
	}
	return count;
}

int ipc_send_many(int fd, const struct ipc_message *messages, unsigned int count)
{
	struct mmsghdr headers[IPC_BATCH];
	struct iovec vectors[IPC_BATCH];
	count = headers_fill(messages, count, headers, vectors);
	for (unsigned int i = 0; i < count; i++)
		if (messages[i].len == 0)
			return -EINVAL;
	int n;
	do
		n = sendmmsg(fd, headers, count, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? send_error(errno) : n;
}

int ipc_recv_many(int fd, struct ipc_message *messages, unsigned int count)
{
	struct mmsghdr headers[IPC_BATCH];
	struct iovec vectors[IPC_BATCH];
	count = headers_fill(messages, count, headers, vectors);
	int n;
	do
		n = recvmmsg(fd, headers, count, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != ECONNRESET)
		return -errno;
	if (n < 0) { // gone, as an orderly close
		messages[0].rc = 0;
		return 1;
	}
	for (int i = 0; i < n; i++) {
		bool cut = headers[i].msg_hdr.msg_flags & MSG_TRUNC;
		messages[i].rc = cut ? -EMSGSIZE : (ssize_t)headers[i].msg_len;
		if (messages[i].rc == 0)
			return i + 1; // closed: the kernel reports it again and again
	}
	return n;
}
