// SPDX-License-Identifier: GPL-3.0-or-later
// admin.h - The socket that answers slimctl.
//
// Several clients, each with one request at a time under way; what a client may send, make us hold or leave unread is
// bounded, and a client that breaks the rules is told so and closed. Never waits. Loop thread only.
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/ctl.h"

#define ADMIN_CLIENTS_MAX 64

struct event_base;
struct admin;
struct admin_request;

// One command. `run` answers now or later, exactly once, by admin_reply or admin_fail. `arguments` is an object,
// borrowed for the call.
struct admin_command {
	const char *name; // "show status"
	void (*run)(struct admin_request *r, const json_t *arguments, void *context);
};

struct admin_status {
	uint64_t clients; // now
	uint64_t accepted;
	uint64_t requests;
	uint64_t refused;   // requests answered by an error
	uint64_t malformed; // frames or JSON that made no sense
};

// Listens at path (mode 0660), replacing a stale socket. `commands` are kept by the caller. Returns 0; -EADDRINUSE when
// another process answers there; other negative errno.
int admin_open(struct event_base *base, const char *path, const struct admin_command *commands, size_t count,
	       void *context, struct admin **ret);

// Closes every client and removes the socket. Requests still under way may be answered afterwards; nobody hears.
// Takes NULL.
void admin_close(struct admin *a);

// Answers. Takes data; NULL (no memory) becomes an error.
void admin_reply(struct admin_request *r, json_t *data);

// Refuses: what and where, then what to do ("" = nothing). Texts are copied.
void admin_fail(struct admin_request *r, enum ctl_code code, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// True while somebody waits for the answer.
int admin_wanted(const struct admin_request *r);

void admin_status(const struct admin *a, struct admin_status *ret);
