// SPDX-License-Identifier: GPL-3.0-or-later
// store_inner.h - What the two stores share: the table of present records and the text of a key's value.
#pragma once

#include <stdbool.h>

#include "control/store.h"
#include "gw/list.h"

// One record of the present state, or (dropped) a removal that Redis has yet to be told.
struct store_entry {
	struct store_entry *chain;
	struct list queue; // linked while queued
	uint32_t hash;
	enum store_kind kind;
	bool dropped;
	char *value; // NUL-terminated; NULL when dropped
	size_t len;
	char name[];
};

struct store_table {
	struct store_entry **buckets;
	size_t bucket_count; // power of two
	size_t count;        // entries, dropped ones included
};

struct store_ops {
	int (*put)(struct store *s, enum store_kind kind, const char *name, const char *value, size_t len);
	int (*drop)(struct store *s, enum store_kind kind, const char *name);
	int (*scan)(struct store *s, const struct store_scanner *scanner);
	void (*epoch_set)(struct store *s, uint64_t epoch);
	void (*status)(const struct store *s, struct store_status *ret);
	void (*close)(struct store *s);
};

// First member of both implementations.
struct store {
	const struct store_ops *ops;
	struct event_base *base;
	struct store_table table;
	uint64_t epoch;
	char node[CONFIG_NAME_MAX];
	char owner[STORE_OWNER_MAX];
	uint64_t puts;
	uint64_t drops;
};

int store_mem_open(const struct store_options *o, struct store **ret);
int store_redis_open(const struct store_options *o, struct store **ret);

int store_init(struct store *s, const struct store_ops *ops, const struct store_options *o);
void store_fini(struct store *s);

// Entry of a name, NULL if absent.
struct store_entry *store_table_find(const struct store_table *t, enum store_kind kind, const char *name);

// Finds or makes. NULL = no memory.
struct store_entry *store_table_add(struct store_table *t, enum store_kind kind, const char *name);

// Unlinks from the table and frees. The entry must not be queued.
void store_table_remove(struct store_table *t, struct store_entry *e);

// Replaces an entry's value by a copy. Returns 0 or -ENOMEM, and then the old one stays.
int store_entry_set(struct store_entry *e, const char *value, size_t len);

#define STORE_ENVELOPE_MAX 128

// True for 1..STORE_NAME_MAX-1 printable characters without space, braces or glob signs.
bool store_name_valid(const char *name);

// Writes the line that stands before every record's text. Returns its length or -EMSGSIZE.
int store_envelope_write(char *buf, size_t cap, uint64_t epoch, const char *owner);

// Reads it. Returns its length, -EBADMSG when malformed, -EPROTONOSUPPORT for a schema we do not read.
// *ret_owner is STORE_OWNER_MAX bytes.
int store_envelope_read(const char *text, size_t len, unsigned int *ret_schema, uint64_t *ret_epoch,
			char *ret_owner);
