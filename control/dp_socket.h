// SPDX-License-Identifier: GPL-3.0-or-later
// dp_socket.h - The socket to the dataplane: connects, connects again, carries messages.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/dp.h"
#include "control/loop.h"

struct event;

#define DP_SOCKET_BATCH (16 * 1024) // bytes of messages sent together

struct dp_socket {
	struct loop *loop;
	struct dp *dp;
	const char *path;
	int fd; // -1 = not connected
	bool broken;
	bool told; // that it cannot be reached
	struct event *readable, *writable, *retry;
	struct loop_job flush;
	uint32_t waiting, sent; // bytes in batch, and of them those that are out
	char batch[DP_SOCKET_BATCH];
};

int dp_socket_init(struct dp_socket *s, struct loop *loop, struct dp *dp, const char *path);
void dp_socket_fini(struct dp_socket *s);

// Tries to connect, and goes on trying.
void dp_socket_start(struct dp_socket *s);

// For core_options.dataplane, with the socket as its context; it may be used before dp_socket_init.
int dp_socket_send(void *context, const void *bytes, size_t len);
