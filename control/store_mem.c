// SPDX-License-Identifier: GPL-3.0-or-later
// store_mem.c - The store in memory: gone with the process, for one node without Redis and for tests.
#include "control/store_inner.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

struct store_mem {
	struct store s;
	struct event *wake; // runs a scan from the loop
	struct store_scanner scanner;
	bool scanning;
};

static int mem_put(struct store *s, enum store_kind kind, const char *name, const char *value, size_t len)
{
	struct store_entry *e = store_table_add(&s->table, kind, name);
	if (!e)
		return -ENOMEM;
	int rc = store_entry_set(e, value, len);
	if (rc < 0 && !e->value)
		store_table_remove(&s->table, e);
	return rc;
}

static int mem_drop(struct store *s, enum store_kind kind, const char *name)
{
	struct store_entry *e = store_table_find(&s->table, kind, name);
	if (e)
		store_table_remove(&s->table, e);
	return 0;
}

// The receiver may put and drop what it is told: it is shown copies. A copy there is no memory for is not shown.
static void mem_scan_run(evutil_socket_t fd, short what, void *arg)
{
	struct store_mem *m = arg;
	struct store shown = {.base = m->s.base};
	struct store_scanner scanner = m->scanner;
	for (size_t i = 0; i < m->s.table.bucket_count; i++)
		for (struct store_entry *e = m->s.table.buckets[i]; e; e = e->chain)
			mem_put(&shown, e->kind, e->name, e->value, e->len);
	for (size_t i = 0; i < shown.table.bucket_count; i++) {
		for (struct store_entry *e = shown.table.buckets[i]; e; e = e->chain) {
			struct store_record r = {.kind = e->kind,
						 .name = e->name,
						 .owner = m->s.owner,
						 .epoch = m->s.epoch,
						 .schema = STORE_SCHEMA,
						 .value = e->value,
						 .len = e->len};
			scanner.record(scanner.arg, &r);
		}
	}
	store_fini(&shown);
	m->scanning = false;
	scanner.done(scanner.arg, 0);
}

static int mem_scan(struct store *s, const struct store_scanner *scanner)
{
	struct store_mem *m = (struct store_mem *)s;
	if (m->scanning)
		return -EBUSY;
	m->scanner = *scanner;
	m->scanning = true;
	event_active(m->wake, EV_TIMEOUT, 1);
	return 0;
}

static void mem_epoch_set(struct store *s, uint64_t epoch)
{
	s->epoch = epoch;
}

static void mem_status(const struct store *s, struct store_status *ret)
{
	ret->kind = "memory";
	ret->state = STORE_READY;
	ret->written = s->puts + s->drops;
}

static void mem_close(struct store *s)
{
	struct store_mem *m = (struct store_mem *)s;
	if (m->wake)
		event_free(m->wake);
	if (m->scanning)
		m->scanner.done(m->scanner.arg, -ENOTCONN);
	store_fini(s);
	free(m);
}

static const struct store_ops mem_ops = {.put = mem_put,
					 .drop = mem_drop,
					 .scan = mem_scan,
					 .epoch_set = mem_epoch_set,
					 .status = mem_status,
					 .close = mem_close};

int store_mem_open(const struct store_options *o, struct store **ret)
{
	struct store_mem *m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	int rc = store_init(&m->s, &mem_ops, o);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	m->wake = event_new(o->base, -1, 0, mem_scan_run, m);
	if (!m->wake)
		goto out;
	*ret = &m->s;
	return 0;
out:
	mem_close(&m->s);
	return rc;
}
