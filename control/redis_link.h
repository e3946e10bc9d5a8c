// SPDX-License-Identifier: GPL-3.0-or-later
// redis_link.h - One connection to Redis that never blocks, authenticates, notices silence and comes back.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gw/config.h"

struct event_base;
struct redisReply;
struct redis_link;

// Told from the loop. `up`: connected and authenticated. `down`: connection or attempt is over, the next one comes
// after the back-off; commands without a reply get NULL about then.
struct redis_link_hooks {
	void (*up)(void *arg);
	void (*down)(void *arg, const char *why);
	void *arg;
};

// Starts connecting. Waits retry_ms after the first failure, then twice as long each time, up to 16 times as long.
// A command (or connect) without an answer for patience_ms ends the connection. Returns 0; -errno when the password
// file cannot be read; -ENOMEM.
int redis_link_open(struct event_base *base, const struct config_store_options *c, uint32_t patience_ms,
		    const struct redis_link_hooks *hooks, struct redis_link **ret);

// Pipelines one command. `reply` gets NULL when the connection goes first; it is always called exactly once,
// never from here. Returns 0, -ENOTCONN, -ENOMEM; then `reply` is not called.
int redis_link_send(struct redis_link *l, int argc, const char *const *argv, const size_t *lens,
		    void (*reply)(void *arg, const struct redisReply *r), void *arg);

// Gives this connection up: the server is not the one we want, or does not do what it must.
void redis_link_fail(struct redis_link *l, const char *why);

// Commands without a reply so far.
size_t redis_link_in_flight(const struct redis_link *l);

// "unix:/run/redis.sock" or "host:port".
const char *redis_link_server(const struct redis_link *l);

// Sends what fits without waiting, then closes; outstanding replies get NULL. No hook is called. Takes NULL.
// Not from a reply or a hook.
void redis_link_close(struct redis_link *l);
