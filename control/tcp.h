// SPDX-License-Identifier: GPL-3.0-or-later
// tcp.h - The link driver of the program: connections to call agents on libevent.
#pragma once

#include "control/link.h"
#include "control/loop.h"

struct evdns_base;

struct tcp {
	struct loop *loop;
	struct evdns_base *dns; // made when the first name has to be resolved
	struct link *links;     // all that are alive, so that fini can end them
};

void tcp_init(struct tcp *t, struct loop *loop);
void tcp_fini(struct tcp *t);

// For core_options.links.
struct link_driver tcp_driver(struct tcp *t);
