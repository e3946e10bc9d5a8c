// SPDX-License-Identifier: GPL-3.0-or-later
// netns.c - Steps into a namespace just long enough to open a socket there.
#include "bench/lab/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

nsec_t lab_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

int64_t lab_wallclock_offset(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)((uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec - lab_now());
}

socklen_t netns_sockaddr(const struct addr_port *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (a->addr.family == ADDR_IPV6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		memcpy(&in6->sin6_addr, a->addr.ip, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	in->sin_family = AF_INET;
	in->sin_port = htons(a->port);
	memcpy(&in->sin_addr, a->addr.ip, 4);
	return sizeof(*in);
}

struct addr_port netns_addr_port(const struct sockaddr_storage *sa)
{
	struct addr_port a = {0};
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
		uint8_t ip[4];
		memcpy(ip, &in->sin_addr, sizeof(ip));
		a.addr = addr_ipv4(ip);
		a.port = ntohs(in->sin_port);
	} else if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;
		a.addr = addr_ipv6(in6->sin6_addr.s6_addr);
		a.port = ntohs(in6->sin6_port);
	}
	return a;
}

static int open_here(int type, struct addr_port *local)
{
	struct sockaddr_storage sa;
	socklen_t len = netns_sockaddr(local, &sa);
	int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int one = 1;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, len) < 0 || getsockname(fd, (struct sockaddr *)&sa, &len) < 0) {
		int rc = -errno;
		close(fd);
		return rc;
	}
	*local = netns_addr_port(&sa);
	return fd;
}

int netns_socket(const char *netns, int type, struct addr_port *local)
{
	if (netns[0] == '\0')
		return open_here(type, local);
	char path[128];
	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	int fd;
	int there = open(path, O_RDONLY | O_CLOEXEC);
	if (there < 0 || setns(there, CLONE_NEWNET) < 0) {
		fd = -errno;
	} else {
		fd = open_here(type, local);
		if (setns(home, CLONE_NEWNET) < 0)
			abort(); // sockets opened from here on would silently be in the wrong network
	}
	if (there >= 0)
		close(there);
	close(home);
	return fd;
}
