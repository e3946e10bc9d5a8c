// SPDX-License-Identifier: GPL-3.0-or-later
// ipc.h - UNIX SOCK_SEQPACKET sockets, both ends; one send is one message.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// Listens at path, replacing a stale socket nobody answers on. Mode 0660. Non-blocking, close-on-exec.
// Returns a descriptor; -EADDRINUSE when another process answers there, -EACCES when we may not ask; other negative errno.
int ipc_listen(const char *path);

// Accepts one client, non-blocking. Returns a descriptor, -EAGAIN or negative errno.
int ipc_accept(int listener);

// Connects to path. Returns a non-blocking descriptor or negative errno.
int ipc_connect(const char *path);

// Sends one message whole. Returns 0, -EAGAIN when the peer is slow, -EPIPE when it is gone, negative errno.
int ipc_send(int fd, const void *message, size_t len);

// Receives one message. Returns its length, 0 when the peer closed, -EAGAIN, -EMSGSIZE (message dropped) or negative errno.
ssize_t ipc_recv(int fd, void *buf, size_t cap);

// Many messages a system call: what a busy socket needs.
struct ipc_message {
	void *bytes;
	size_t len; // to send; of the buffer to receive into
	ssize_t rc; // received: as ipc_recv returns
};

#define IPC_BATCH 32

// Sends messages in order, at most IPC_BATCH. Returns how many went out, at least 1; else as ipc_send.
int ipc_send_many(int fd, const struct ipc_message *messages, unsigned int count);

// Receives as many messages as are there, at most IPC_BATCH. Returns how many have their rc set, at least 1 (the peer's
// closing is one, and the last); -EAGAIN when there is none; other negative errno.
int ipc_recv_many(int fd, struct ipc_message *messages, unsigned int count);
