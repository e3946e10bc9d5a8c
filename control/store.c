// SPDX-License-Identifier: GPL-3.0-or-later
// store.c - The store's front: checks, the table of present records, and the envelope around each of them.
#include "control/store_inner.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_FIRST 64
#define EPOCH_DIGITS  16

static const char *const kind_names[STORE_KIND_COUNT] = {
	[STORE_DEVICE] = "device", [STORE_CONFERENCE] = "conference", [STORE_PARTY] = "party"};

static const char *const state_names[STORE_STATE_COUNT] = {[STORE_CONNECTING] = "connecting",
							   [STORE_READY] = "ready",
							   [STORE_AWAY] = "away",
							   [STORE_SUPERSEDED] = "superseded"};

const char *store_kind_name(enum store_kind kind)
{
	return (unsigned int)kind < STORE_KIND_COUNT ? kind_names[kind] : "unknown";
}

const char *store_state_name(enum store_state state)
{
	return (unsigned int)state < STORE_STATE_COUNT ? state_names[state] : "unknown";
}

bool store_name_valid(const char *name)
{
	size_t len = strnlen(name, STORE_NAME_MAX);
	if (len == 0 || len == STORE_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)name[i]) || strchr("{}*?[]\\", name[i]))
			return false;
	return true;
}

// FNV-1a: the names are our own or have passed store_name_valid, and their number is capped by admission.
static uint32_t name_hash(enum store_kind kind, const char *name)
{
	uint32_t h = 2166136261u ^ (uint32_t)kind;
	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return h ^ h >> 15;
}

static bool entry_is(const struct store_entry *e, uint32_t hash, enum store_kind kind, const char *name)
{
	return e->hash == hash && e->kind == kind && strcmp(e->name, name) == 0;
}

struct store_entry *store_table_find(const struct store_table *t, enum store_kind kind, const char *name)
{
	if (t->bucket_count == 0)
		return NULL;
	uint32_t hash = name_hash(kind, name);
	struct store_entry *e = t->buckets[hash & (t->bucket_count - 1)];
	while (e && !entry_is(e, hash, kind, name))
		e = e->chain;
	return e;
}

static int table_grow(struct store_table *t)
{
	size_t count = t->bucket_count ? t->bucket_count * 2 : BUCKETS_FIRST;
	struct store_entry **buckets = calloc(count, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	for (size_t i = 0; i < t->bucket_count; i++) {
		for (struct store_entry *e = t->buckets[i], *next; e; e = next) {
			next = e->chain;
			e->chain = buckets[e->hash & (count - 1)];
			buckets[e->hash & (count - 1)] = e;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->bucket_count = count;
	return 0;
}

struct store_entry *store_table_add(struct store_table *t, enum store_kind kind, const char *name)
{
	struct store_entry *e = store_table_find(t, kind, name);
	if (e)
		return e;
	if (t->count >= t->bucket_count && table_grow(t) < 0 && t->bucket_count == 0)
		return NULL;
	size_t len = strlen(name) + 1;
	e = calloc(1, sizeof(*e) + len);
	if (!e)
		return NULL;
	e->hash = name_hash(kind, name);
	e->kind = kind;
	list_init(&e->queue);
	memcpy(e->name, name, len);
	struct store_entry **bucket = &t->buckets[e->hash & (t->bucket_count - 1)];
	e->chain = *bucket;
	*bucket = e;
	t->count++;
	return e;
}

void store_table_remove(struct store_table *t, struct store_entry *e)
{
	struct store_entry **at = &t->buckets[e->hash & (t->bucket_count - 1)];
	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	t->count--;
	free(e->value);
	free(e);
}

int store_entry_set(struct store_entry *e, const char *value, size_t len)
{
	char *copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, len);
	copy[len] = '\0';
	free(e->value);
	e->value = copy;
	e->len = len;
	e->dropped = false;
	return 0;
}

int store_envelope_write(char *buf, size_t cap, uint64_t epoch, const char *owner)
{
	int n = snprintf(buf, cap, "slimline %d %016llx %s\n", STORE_SCHEMA, (unsigned long long)epoch,
			 owner);
	return n < 0 || (size_t)n >= cap ? -EMSGSIZE : n;
}

// Reads up to `digits` digits of a base; moves *at past them. Returns how many there were.
static unsigned int read_number(const char **at, const char *end, unsigned int digits, unsigned int base,
				uint64_t *ret)
{
	uint64_t v = 0;
	unsigned int n = 0;
	while (*at < end && n < digits) {
		unsigned char c = (unsigned char)**at;
		unsigned int d = isdigit(c)             ? c - (unsigned int)'0'
				 : c >= 'a' && c <= 'f' ? c - (unsigned int)'a' + 10
							: 99;
		if (d >= base)
			break;
		v = v * base + d;
		n++;
		++*at;
	}
	*ret = v;
	return n;
}

int store_envelope_read(const char *text, size_t len, unsigned int *ret_schema, uint64_t *ret_epoch,
			char *ret_owner)
{
	static const char magic[] = "slimline ";
	const char *at = text + sizeof(magic) - 1, *end = text + len;
	uint64_t schema, epoch;
	if (len < sizeof(magic) || memcmp(text, magic, sizeof(magic) - 1) != 0)
		return -EBADMSG;
	if (read_number(&at, end, 4, 10, &schema) == 0 || at == end || *at++ != ' ')
		return -EBADMSG;
	if (schema < STORE_SCHEMA_OLDEST || schema > STORE_SCHEMA)
		return -EPROTONOSUPPORT;
	if (read_number(&at, end, EPOCH_DIGITS, 16, &epoch) != EPOCH_DIGITS || at == end || *at++ != ' ')
		return -EBADMSG;
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t owner_len = newline ? (size_t)(newline - at) : 0;
	if (owner_len == 0 || owner_len >= STORE_OWNER_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < owner_len; i++)
		if (!isgraph((unsigned char)at[i]))
			return -EBADMSG;
	memcpy(ret_owner, at, owner_len);
	ret_owner[owner_len] = '\0';
	*ret_schema = (unsigned int)schema;
	*ret_epoch = epoch;
	return (int)(newline + 1 - text);
}

int store_init(struct store *s, const struct store_ops *ops, const struct store_options *o)
{
	if (!store_name_valid(o->node) || strlen(o->node) >= sizeof(s->node) || strchr(o->node, ':'))
		return -EINVAL;
	if (!store_name_valid(o->owner) || strlen(o->owner) >= sizeof(s->owner))
		return -EINVAL;
	s->ops = ops;
	s->base = o->base;
	s->epoch = o->epoch;
	strcpy(s->node, o->node);
	strcpy(s->owner, o->owner);
	return 0;
}

void store_fini(struct store *s)
{
	for (size_t i = 0; i < s->table.bucket_count; i++) {
		for (struct store_entry *e = s->table.buckets[i], *next; e; e = next) {
			next = e->chain;
			free(e->value);
			free(e);
		}
	}
	free(s->table.buckets);
	s->table = (struct store_table){0};
}

int store_open(const struct store_options *o, struct store **ret)
{
	if (o->config->kind == CONFIG_STORE_MEMORY)
		return store_mem_open(o, ret);
#ifdef SLIMLINE_REDIS
	return store_redis_open(o, ret);
#else
	return -ENOTSUP;
#endif
}

void store_epoch_set(struct store *s, uint64_t epoch)
{
	if (epoch > s->epoch)
		s->ops->epoch_set(s, epoch);
}

int store_put(struct store *s, enum store_kind kind, const char *name, const char *value, size_t len)
{
	if (!store_name_valid(name))
		return -EINVAL;
	if (len > STORE_VALUE_MAX)
		return -EMSGSIZE;
	s->puts++;
	return s->ops->put(s, kind, name, value, len);
}

int store_drop(struct store *s, enum store_kind kind, const char *name)
{
	if (!store_name_valid(name))
		return -EINVAL;
	s->drops++;
	return s->ops->drop(s, kind, name);
}

bool store_has(const struct store *s, enum store_kind kind, const char *name)
{
	const struct store_entry *e = store_table_find(&s->table, kind, name);
	return e && !e->dropped;
}

int store_scan(struct store *s, const struct store_scanner *scanner)
{
	return s->ops->scan(s, scanner);
}

void store_status(const struct store *s, struct store_status *ret)
{
	*ret = (struct store_status){.puts = s->puts, .drops = s->drops, .records = s->table.count};
	s->ops->status(s, ret);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}
