// SPDX-License-Identifier: GPL-3.0-or-later
// store_scan.h - Walks this node's keys in Redis: for start-up, and to remove what is no longer true.
#pragma once

#include "control/store_inner.h"

#define STORE_KEY_MAX (CONFIG_NAME_MAX + STORE_NAME_MAX + 32)

struct redisReply;
struct store_scan;

enum store_scan_go { STORE_SCAN_NOW, STORE_SCAN_LATER, STORE_SCAN_NEVER };

// What the walk asks of the store it serves.
struct store_scan_hooks {
	enum store_scan_go (*go)(struct store *s);
	int (*send)(struct store *s, int argc, const char *const *argv, const size_t *lens,
		    void (*reply)(void *arg, const struct redisReply *r), void *arg);
	void (*drop)(struct store *s, enum store_kind kind, const char *name); // fenced removal
	void (*fail)(struct store *s, const char *why);                        // the server makes no sense
	void (*done)(struct store *s); // a caller has seen what there was
};

struct store_scan *store_scan_new(struct store *s, const struct store_scan_hooks *hooks);

// Takes NULL. A caller's scan under way gets its `done` with -ENOTCONN.
void store_scan_free(struct store_scan *sc);

// Starts a caller's scan as soon as hooks.go allows. Returns 0 or -EBUSY.
int store_scan_start(struct store_scan *sc, const struct store_scanner *scanner);

// Asks again whether a waiting scan may go.
void store_scan_poll(struct store_scan *sc);

// Starts removing every key of this node that the table does not know, beside whatever is written meanwhile.
void store_scan_purge(struct store_scan *sc);

// The connection is gone: a caller's scan ends with -ENOTCONN, a purge is forgotten.
void store_scan_abort(struct store_scan *sc);

uint64_t store_scan_bad(const struct store_scan *sc);

// Full key of a record; of the node's lease. buf is STORE_KEY_MAX bytes.
void store_key(const struct store *s, enum store_kind kind, const char *name, char *buf);
void store_key_lease(const struct store *s, char *buf);
