// SPDX-License-Identifier: GPL-3.0-or-later
// link.h - One TCP connection to a call agent, as its device sees it, and the driver that makes it.
//
// The model knows links only through struct link_driver: the program gives it sockets on libevent (link_open and
// friends of control/link.c), tests give it a script. A driver never calls back from inside one of its functions.
// After close a link is gone and reports nothing more.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gw/addr.h"
#include "gw/clock.h"
#include "gw/config.h"

struct link;

// Who is told about a link. `consumed` of input is how many bytes were used; negative errno ends the connection.
struct link_user {
	void (*up)(void *object, const struct addr *local, nsec_t now);
	void (*down)(void *object, const char *why, nsec_t now); // the link is gone when this is called
	long (*input)(void *object, const uint8_t *bytes, size_t len, nsec_t now);
};

struct link_driver {
	void *context;
	// Starts to connect; up or down of the user follow. Returns 0 or negative errno.
	int (*open)(void *context, const struct config_agent *agent, uint32_t timeout_ms,
		    const struct link_user *user, void *object, struct link **ret);
	// From now on somebody else is told about it.
	void (*set_user)(void *context, struct link *l, const struct link_user *user, void *object);
	// Queues bytes whole. Returns 0, or -ENOBUFS when the peer does not read and nothing was queued.
	int (*send)(void *context, struct link *l, const uint8_t *bytes, size_t len);
	// Sends what is queued, as far as the peer takes it, and closes.
	void (*close)(void *context, struct link *l);
};
