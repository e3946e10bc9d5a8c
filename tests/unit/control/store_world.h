// SPDX-License-Identifier: GPL-3.0-or-later
// store_world.h - A store and its loop, what a scan has seen of it, and the promises that both kinds of store keep.
#pragma once

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/store.h"
#include "control/store_inner.h"
#include "gw/log.h"
#include "tests/unit/t.h"

#define GUARD_S 20 // a wait this long has failed
#define EPOCH   UINT64_C(0x100)

struct seen {
	unsigned int records;
	unsigned int done;
	int status;
	char text[8192]; // "kind name=value;" of every record
	uint64_t epoch;
	char owner[STORE_OWNER_MAX];
};

struct fixture {
	struct event_base *base;
	struct store *store;
	struct config_store_options config;
	bool guard_hit;
	uint64_t opens; // of the breaker, when the case began: the first attempts may come before the server
	pid_t redis;
	char dir[64];
	char socket[96];
};

static inline void on_guard(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;
	f->guard_hit = true;
}

// Runs the loop until `ready` says so. Returns false when the guard struck first.
static inline bool run_until(struct fixture *f, bool (*ready)(const struct fixture *f, const void *arg),
			     const void *arg)
{
	struct timeval guard = {.tv_sec = GUARD_S};
	struct event *e = event_new(f->base, -1, 0, on_guard, f);
	event_add(e, &guard);
	f->guard_hit = false;
	while (!f->guard_hit && !ready(f, arg))
		event_base_loop(f->base, EVLOOP_ONCE);
	event_free(e);
	return !f->guard_hit;
}

static inline bool seen_done(const struct fixture *f, const void *arg)
{
	return ((const struct seen *)arg)->done > 0;
}

static inline void on_record(void *arg, const struct store_record *r)
{
	struct seen *s = arg;
	size_t used = strlen(s->text);
	s->records++;
	s->epoch = r->epoch;
	snprintf(s->owner, sizeof(s->owner), "%s", r->owner);
	snprintf(s->text + used, sizeof(s->text) - used, "%s %s=%.*s;", store_kind_name(r->kind), r->name,
		 (int)r->len, r->value);
}

static inline void on_done(void *arg, int status)
{
	struct seen *s = arg;
	s->done++;
	s->status = status;
}

static inline void scan(struct fixture *f, struct seen *s)
{
	*s = (struct seen){0};
	struct store_scanner scanner = {on_record, on_done, s};
	CHECK_INT(store_scan(f->store, &scanner), 0);
	CHECK_INT(s->done, 0);
	CHECK_INT(store_scan(f->store, &scanner), -EBUSY);
	CHECK(run_until(f, seen_done, s));
	CHECK_INT(s->done, 1);
}

static inline int put(struct fixture *f, enum store_kind kind, const char *name, const char *value)
{
	return store_put(f->store, kind, name, value, strlen(value));
}

static inline struct store_status status(const struct fixture *f)
{
	struct store_status st;
	store_status(f->store, &st);
	return st;
}

static inline int open_store(struct fixture *f, uint64_t epoch, struct store **ret)
{
	struct store_options o = {
		.node = "n1", .owner = "host/1", .epoch = epoch, .config = &f->config, .base = f->base};
	return store_open(&o, ret);
}

static inline void setup_mem(struct fixture *f)
{
	*f = (struct fixture){.base = event_base_new(), .config = {.kind = CONFIG_STORE_MEMORY}};
	REQUIRE(open_store(f, EPOCH, &f->store) == 0);
}

static inline void teardown(struct fixture *f)
{
	store_close(f->store);
	event_base_free(f->base);
	if (f->redis > 0) {
		kill(f->redis, SIGKILL);
		waitpid(f->redis, NULL, 0);
	}
	if (*f->dir) {
		unlink(f->socket);
		rmdir(f->dir);
	}
}

// --- store_case.c: what both promise ---

struct store_case {
	void (*run)(struct fixture *f);
	bool crowds; // a queue of the usual length
};

#define STORE_CASES 6
extern const struct store_case store_cases[STORE_CASES];
