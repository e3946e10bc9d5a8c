// SPDX-License-Identifier: GPL-3.0-or-later
// store_scan.c - Walks this node's keys in Redis, page by page, and judges every key and value as foreign input.
//
// SCAN gives a page of keys; a caller's scan then reads each value with GETRANGE, which bounds what a hostile value
// can make us hold and answers WRONGTYPE for keys that are no strings. The next page is asked for when every value of
// this one is in.
#include "control/store_scan.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/log.h"

#define PAGE          "512"
#define PAGE_KEYS_MAX 65536 // SCAN may give more than asked for, but not without end
#define CURSOR_MAX    24

struct store_scan {
	struct store *s;
	const struct store_scan_hooks *hooks;
	struct event *late; // ends a scan that can never go, from the loop
	bool wanted;        // a caller's scan waits or runs
	bool running;       // pages are being read
	bool purging;       // the running walk is a purge
	bool purge_wanted;
	struct store_scanner scanner;
	size_t pending;          // values of this page still to come
	char cursor[CURSOR_MAX]; // of the next page
	unsigned int walk;       // number of this walk: replies of an earlier one are void
	uint64_t bad;
	bool bad_logged; // in this walk
};

struct scan_get {
	struct store_scan *sc;
	unsigned int walk;
	enum store_kind kind;
	char name[STORE_NAME_MAX];
};

static void next_page(struct store_scan *sc);

void store_key(const struct store *s, enum store_kind kind, const char *name, char *buf)
{
	snprintf(buf, STORE_KEY_MAX, "slimline:{%s}:%s:%s", s->node, store_kind_name(kind), name);
}

void store_key_lease(const struct store *s, char *buf)
{
	snprintf(buf, STORE_KEY_MAX, "slimline:{%s}:lease", s->node);
}

static void bad_record(struct store_scan *sc, const char *key, const char *why)
{
	sc->bad++;
	if (!sc->bad_logged)
		log_warning("store", "record skipped (further ones of this scan are only counted)",
			    "record=%.80s reason=\"%s\"", key, why);
	sc->bad_logged = true;
}

static void walk_end(struct store_scan *sc, int status)
{
	bool purging = sc->purging;
	struct store_scanner scanner = sc->scanner;
	sc->running = false;
	sc->walk++;
	if (purging) {
		sc->purging = false;
		store_scan_poll(sc);
		return;
	}
	sc->wanted = false;
	sc->hooks->done(sc->s);
	scanner.done(scanner.arg, status);
	store_scan_poll(sc);
}

static void judge_value(struct scan_get *g, const struct redisReply *r)
{
	struct store_scan *sc = g->sc;
	char owner[STORE_OWNER_MAX];
	struct store_record rec = {.kind = g->kind, .name = g->name, .owner = owner};
	if (r->type == REDIS_REPLY_ERROR)
		return bad_record(sc, g->name, r->str);
	if (r->type != REDIS_REPLY_STRING)
		return bad_record(sc, g->name, "not a string");
	if (r->len == 0)
		return; // gone since SCAN saw it
	if (r->len > STORE_ENVELOPE_MAX + STORE_VALUE_MAX)
		return bad_record(sc, g->name, "too long");
	if (strlen(r->str) != r->len)
		return bad_record(sc, g->name, "NUL inside");
	int n = store_envelope_read(r->str, r->len, &rec.schema, &rec.epoch, owner);
	if (n < 0)
		return bad_record(sc, g->name,
				  n == -EPROTONOSUPPORT ? "schema of another release" : "no record of ours");
	rec.value = r->str + n;
	rec.len = r->len - (size_t)n;
	if (rec.len > STORE_VALUE_MAX)
		return bad_record(sc, g->name, "too long");
	sc->scanner.record(sc->scanner.arg, &rec);
}

static void on_value(void *arg, const struct redisReply *r)
{
	struct scan_get *g = arg;
	struct store_scan *sc = g->sc;
	bool mine = r && sc->running && g->walk == sc->walk;
	if (mine)
		judge_value(g, r);
	free(g);
	if (mine && --sc->pending == 0)
		next_page(sc);
}

static void ask_value(struct store_scan *sc, enum store_kind kind, const char *name)
{
	char key[STORE_KEY_MAX], last[16];
	struct scan_get *g = malloc(sizeof(*g));
	if (!g)
		return bad_record(sc, name, "no memory");
	*g = (struct scan_get){.sc = sc, .walk = sc->walk, .kind = kind};
	snprintf(g->name, sizeof(g->name), "%s", name);
	store_key(sc->s, kind, name, key);
	// one byte more than allowed shows that there is more
	snprintf(last, sizeof(last), "%d", STORE_ENVELOPE_MAX + STORE_VALUE_MAX);
	const char *argv[] = {"GETRANGE", key, "0", last};
	size_t lens[] = {8, strlen(key), 1, strlen(last)};
	if (sc->hooks->send(sc->s, 4, argv, lens, on_value, g) < 0)
		free(g);
	else
		sc->pending++;
}

// Splits a key into kind and name. Keys that are not records (the lease, kinds of a later release) are passed over.
static void judge_key(struct store_scan *sc, const char *key, size_t len)
{
	char prefix[STORE_KEY_MAX];
	int n = snprintf(prefix, sizeof(prefix), "slimline:{%s}:", sc->s->node);
	if (strlen(key) != len || len < (size_t)n || memcmp(key, prefix, (size_t)n) != 0)
		return bad_record(sc, key, "key is not of this node");
	const char *at = key + n;
	for (unsigned int kind = 0; kind < STORE_KIND_COUNT; kind++) {
		const char *word = store_kind_name(kind);
		size_t word_len = strlen(word);
		if (strncmp(at, word, word_len) != 0 || at[word_len] != ':')
			continue;
		const char *name = at + word_len + 1;
		if (!store_name_valid(name))
			bad_record(sc, key, "name is not one of ours");
		else if (!sc->purging)
			ask_value(sc, kind, name);
		else if (!store_table_find(&sc->s->table, kind, name))
			sc->hooks->drop(sc->s, kind, name);
		return;
	}
}

static bool page_valid(const struct redisReply *r)
{
	return r->type == REDIS_REPLY_ARRAY && r->elements == 2 &&
	       r->element[0]->type == REDIS_REPLY_STRING && r->element[0]->len < CURSOR_MAX &&
	       r->element[1]->type == REDIS_REPLY_ARRAY && r->element[1]->elements <= PAGE_KEYS_MAX;
}

static void on_page(void *arg, const struct redisReply *r)
{
	struct store_scan *sc = arg;
	if (!r || !sc->running)
		return;
	if (!page_valid(r)) {
		sc->hooks->fail(sc->s,
				r->type == REDIS_REPLY_ERROR ? r->str : "SCAN answered in another shape");
		return;
	}
	snprintf(sc->cursor, sizeof(sc->cursor), "%s", r->element[0]->str);
	const struct redisReply *keys = r->element[1];
	for (size_t i = 0; i < keys->elements; i++)
		if (keys->element[i]->type == REDIS_REPLY_STRING)
			judge_key(sc, keys->element[i]->str, keys->element[i]->len);
	if (sc->pending == 0)
		next_page(sc);
}

static void ask_page(struct store_scan *sc)
{
	char match[STORE_KEY_MAX];
	snprintf(match, sizeof(match), "slimline:{%s}:*", sc->s->node);
	const char *argv[] = {"SCAN", sc->cursor, "MATCH", match, "COUNT", PAGE};
	size_t lens[] = {4, strlen(sc->cursor), 5, strlen(match), 5, sizeof(PAGE) - 1};
	if (sc->hooks->send(sc->s, 6, argv, lens, on_page, sc) == 0)
		return;
	sc->running = false;
	sc->purging = false;
	event_active(sc->late, EV_TIMEOUT, 1);
}

static void next_page(struct store_scan *sc)
{
	if (strcmp(sc->cursor, "0") == 0)
		walk_end(sc, 0);
	else
		ask_page(sc);
}

static void walk_start(struct store_scan *sc, bool purging)
{
	sc->running = true;
	sc->purging = purging;
	sc->bad_logged = false;
	sc->pending = 0;
	strcpy(sc->cursor, "0");
	ask_page(sc);
}

void store_scan_poll(struct store_scan *sc)
{
	if (sc->running)
		return;
	if (sc->purge_wanted) {
		sc->purge_wanted = false;
		walk_start(sc, true);
	} else if (sc->wanted) {
		enum store_scan_go go = sc->hooks->go(sc->s);
		if (go == STORE_SCAN_NOW)
			walk_start(sc, false);
		else if (go == STORE_SCAN_NEVER)
			event_active(sc->late, EV_TIMEOUT, 1);
	}
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct store_scan *sc = arg;
	if (sc->wanted && !sc->running)
		walk_end(sc, -ENOTCONN);
}

int store_scan_start(struct store_scan *sc, const struct store_scanner *scanner)
{
	if (sc->wanted)
		return -EBUSY;
	sc->scanner = *scanner;
	sc->wanted = true;
	store_scan_poll(sc);
	return 0;
}

void store_scan_purge(struct store_scan *sc)
{
	sc->purge_wanted = true;
	store_scan_poll(sc);
}

void store_scan_abort(struct store_scan *sc)
{
	sc->purge_wanted = false;
	if (sc->running && sc->purging)
		walk_end(sc, -ENOTCONN);
	else if (sc->wanted)
		walk_end(sc, -ENOTCONN);
}

uint64_t store_scan_bad(const struct store_scan *sc)
{
	return sc->bad;
}

struct store_scan *store_scan_new(struct store *s, const struct store_scan_hooks *hooks)
{
	struct store_scan *sc = calloc(1, sizeof(*sc));
	if (!sc)
		return NULL;
	sc->s = s;
	sc->hooks = hooks;
	sc->late = event_new(s->base, -1, 0, on_late, sc);
	if (!sc->late) {
		free(sc);
		return NULL;
	}
	return sc;
}

void store_scan_free(struct store_scan *sc)
{
	if (!sc)
		return;
	sc->running = false;
	if (sc->wanted)
		sc->scanner.done(sc->scanner.arg, -ENOTCONN);
	event_free(sc->late);
	free(sc);
}
