// SPDX-License-Identifier: GPL-3.0-or-later
// store_redis.c - The store in Redis: written behind, fenced by epoch, replayed whole after an outage.
//
// The table holds the present state, the queue what of it Redis has yet to hear. Up to WINDOW commands are under way;
// the rest waits in the queue, where a newer state of a name replaces the older one. What does not fit the queue is
// only remembered as "incomplete" and repaired by a replay: everything in the table is written again, and every key of
// ours that the table does not know is dropped. A replay also follows every outage, so nothing else must be kept
// while Redis is away.
//
// Any error reply ends the connection (READONLY: this is no master; LOADING, OOM, NOSCRIPT, ...: it cannot serve us
// now). The back-off of redis_link and the replay then do the rest, and there is one way to recover, not many.
#include "control/store_inner.h"

#include <errno.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/redis_link.h"
#include "control/store_scan.h"
#include "gw/log.h"

#define WINDOW      512 // commands under way
#define SHA_DIGITS  40
#define LEASE_PARTS 3 // renewals in a lease

// Claims or renews the lease: returns OK, 1 when there was none, or the lease's text when a newer epoch holds it.
static const char script_lease[] =
	"local l = redis.call('GET', KEYS[1]) "
	"local e = l and string.match(l, '^(%x+) ') "
	"if e and #e == 16 and e > ARGV[1] then return l end "
	"local ok = redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3]) "
	"return l and ok or 1";

// Writes a record: returns 1, or 0 when a newer epoch holds the lease.
static const char script_put[] = "local l = redis.call('GET', KEYS[2]) "
				 "local o = l and string.match(l, '^(%x+) ') "
				 "if o and #o == 16 and o > ARGV[1] then return 0 end "
				 "redis.call('SET', KEYS[1], ARGV[2]) return 1";

// Removes a record: returns 1 when it is gone, 0 when a newer epoch holds the lease, -1 when the record is of a newer
// epoch or none of ours.
static const char script_drop[] = "local l = redis.call('GET', KEYS[2]) "
				  "local o = l and string.match(l, '^(%x+) ') "
				  "if o and #o == 16 and o > ARGV[1] then return 0 end "
				  "local v = redis.pcall('GETRANGE', KEYS[1], 0, 63) "
				  "if v == '' then return 1 end "
				  "local e = type(v) == 'string' and string.match(v, '^slimline %d+ (%x+) ') "
				  "if not e or e > ARGV[1] then return -1 end "
				  "redis.call('DEL', KEYS[1]) return 1";

struct store_redis {
	struct store s;
	struct redis_link *link;
	struct event *lease_timer;
	struct store_scan *scan;
	struct timeval lease_beat;
	uint32_t lease_ms;
	uint32_t queue_max;
	struct list queue;
	size_t queued;
	size_t dropped; // entries of the table that are removals
	enum store_state state;
	bool scripted;   // both scripts are loaded on this connection
	bool incomplete; // the table has state that neither the queue nor Redis knows
	bool left_over;  // what Redis holds beyond the table is nobody's any more
	char sha_put[SHA_DIGITS + 1];
	char sha_drop[SHA_DIGITS + 1];
	char error[128];
	uint64_t written, merged, overflows, fenced, errors, breaker_opens, replays;
};

static void pump(struct store_redis *r);

static void set_error(struct store_redis *r, const char *text)
{
	snprintf(r->error, sizeof(r->error), "%s", text);
}

// --- queue ---

static void enqueue(struct store_redis *r, struct store_entry *e)
{
	list_push_back(&r->queue, &e->queue);
	r->queued++;
}

static void forget(struct store_redis *r, struct store_entry *e)
{
	if (e->dropped)
		r->dropped--;
	store_table_remove(&r->s.table, e);
}

// Queues an entry if the queue has room. A removal that does not fit is remembered only while a replay could not
// find it by itself.
static void note(struct store_redis *r, struct store_entry *e)
{
	if (!list_empty(&e->queue)) {
		r->merged++;
	} else if (r->queued < r->queue_max) {
		enqueue(r, e);
	} else {
		r->overflows++;
		r->incomplete = true;
		if (e->dropped && r->left_over)
			forget(r, e);
	}
	pump(r);
}

static int redis_put(struct store *s, enum store_kind kind, const char *name, const char *value, size_t len)
{
	struct store_entry *e = store_table_add(&s->table, kind, name);
	if (!e)
		return -ENOMEM;
	struct store_redis *r = (struct store_redis *)s;
	bool dropped = e->dropped;
	int rc = store_entry_set(e, value, len);
	if (rc == 0) {
		r->dropped -= dropped;
		note(r, e);
	} else if (!e->value && !dropped) {
		forget(r, e);
	}
	return rc;
}

static int redis_drop(struct store *s, enum store_kind kind, const char *name)
{
	struct store_entry *e = store_table_add(&s->table, kind, name);
	if (!e)
		return -ENOMEM;
	struct store_redis *r = (struct store_redis *)s;
	r->dropped += !e->dropped;
	free(e->value);
	e->value = NULL;
	e->len = 0;
	e->dropped = true;
	note(r, e);
	return 0;
}

// --- writing ---

static void superseded(struct store_redis *r, const char *by)
{
	r->fenced++;
	if (r->state == STORE_SUPERSEDED)
		return;
	r->state = STORE_SUPERSEDED;
	r->incomplete = true;
	snprintf(r->error, sizeof(r->error), "node %s now belongs to %s", r->s.node, by);
	log_warning("store",
		    "superseded: a newer control process owns this node, this one writes no more state",
		    "by=\"%s\"", by);
}

static void on_error(struct store_redis *r, const struct redisReply *reply)
{
	r->errors++;
	set_error(r, reply->str);
	redis_link_fail(r->link, reply->str);
}

static void on_written(void *arg, const struct redisReply *reply)
{
	struct store_redis *r = arg;
	if (!reply)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		on_error(r, reply);
	else if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)
		r->written++;
	else if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 0)
		superseded(r, "a newer control process");
	else
		r->fenced++;
	pump(r);
	store_scan_poll(r->scan);
}

// Sends one put or drop. Returns 0 or negative errno.
static int write_record(struct store_redis *r, enum store_kind kind, const char *name,
			const struct store_entry *e)
{
	char key[STORE_KEY_MAX], lease[STORE_KEY_MAX], epoch[17], text[STORE_ENVELOPE_MAX + STORE_VALUE_MAX];
	store_key(&r->s, kind, name, key);
	store_key_lease(&r->s, lease);
	snprintf(epoch, sizeof(epoch), "%016" PRIx64, r->s.epoch);
	const char *argv[] = {"EVALSHA", e ? r->sha_put : r->sha_drop, "2", key, lease, epoch, text};
	size_t lens[] = {7, SHA_DIGITS, 1, strlen(key), strlen(lease), 16, 0};
	int argc = 6;
	if (e) {
		int n = store_envelope_write(text, STORE_ENVELOPE_MAX, r->s.epoch, r->s.owner);
		if (n < 0)
			return n;
		memcpy(text + n, e->value, e->len);
		lens[6] = (size_t)n + e->len;
		argc = 7;
	}
	return redis_link_send(r->link, argc, argv, lens, on_written, r);
}

static void replay(struct store_redis *r)
{
	r->incomplete = false;
	r->replays++;
	for (size_t i = 0; i < r->s.table.bucket_count; i++)
		for (struct store_entry *e = r->s.table.buckets[i]; e; e = e->chain)
			if (list_empty(&e->queue))
				enqueue(r, e);
	if (r->left_over)
		store_scan_purge(r->scan);
}

// Sends what the window allows. One loop, so that replies, puts and a replay cannot recurse into each other.
static void pump(struct store_redis *r)
{
	while (r->state == STORE_READY && redis_link_in_flight(r->link) < WINDOW) {
		if (r->queued == 0 && r->incomplete)
			replay(r);
		struct list *first = list_pop_front(&r->queue);
		if (!first)
			break;
		struct store_entry *e = LIST_ITEM(first, struct store_entry, queue);
		r->queued--;
		if (write_record(r, e->kind, e->name, e->dropped ? NULL : e) < 0) {
			r->incomplete = true;
			break;
		}
		if (e->dropped)
			forget(r, e);
	}
}

// --- connection ---

static void ready(struct store_redis *r)
{
	if (r->state == STORE_READY)
		return;
	if (r->state != STORE_CONNECTING)
		log_notice("store", "Redis is back: present state is written again", "server=%s records=%zu",
			   redis_link_server(r->link), r->s.table.count - r->dropped);
	r->incomplete = r->incomplete || r->breaker_opens > 0;
	r->state = STORE_READY;
	r->error[0] = '\0';
	pump(r);
	store_scan_poll(r->scan);
}

// The lease is gone though we have renewed it in time: somebody has emptied this Redis, and our records went with it.
static void emptied(struct store_redis *r)
{
	log_notice("store", "Redis has lost the lease: present state is written again",
		   "server=%s records=%zu", redis_link_server(r->link), r->s.table.count - r->dropped);
	r->incomplete = true;
	pump(r);
}

static void on_lease(void *arg, const struct redisReply *reply)
{
	struct store_redis *r = arg;
	if (!reply)
		return;
	if (reply->type == REDIS_REPLY_ERROR)
		on_error(r, reply);
	else if (reply->type == REDIS_REPLY_STRING)
		superseded(r, reply->str);
	else if (reply->type == REDIS_REPLY_INTEGER && r->state == STORE_READY)
		emptied(r);
	else if (r->scripted)
		ready(r);
	store_scan_poll(r->scan);
}

static void send_lease(struct store_redis *r)
{
	char key[STORE_KEY_MAX], epoch[17], ttl[16];
	store_key_lease(&r->s, key);
	snprintf(epoch, sizeof(epoch), "%016" PRIx64, r->s.epoch);
	snprintf(ttl, sizeof(ttl), "%" PRIu32, r->lease_ms);
	const char *argv[] = {"EVAL", script_lease, "1", key, epoch, r->s.owner, ttl};
	size_t lens[] = {4, sizeof(script_lease) - 1, 1, strlen(key), 16, strlen(r->s.owner), strlen(ttl)};
	redis_link_send(r->link, 7, argv, lens, on_lease, r);
}

static void on_lease_timer(evutil_socket_t fd, short what, void *arg)
{
	send_lease(arg);
}

static bool take_sha(struct store_redis *r, const struct redisReply *reply, char sha[SHA_DIGITS + 1])
{
	if (!reply)
		return false;
	if (reply->type == REDIS_REPLY_ERROR) {
		on_error(r, reply);
		return false;
	}
	if (reply->type != REDIS_REPLY_STRING || reply->len != SHA_DIGITS) {
		redis_link_fail(r->link, "SCRIPT LOAD gave no digest: is this Redis?");
		return false;
	}
	memcpy(sha, reply->str, SHA_DIGITS + 1);
	return true;
}

static void on_sha_put(void *arg, const struct redisReply *reply)
{
	struct store_redis *r = arg;
	take_sha(r, reply, r->sha_put);
}

static void on_sha_drop(void *arg, const struct redisReply *reply)
{
	struct store_redis *r = arg;
	r->scripted = take_sha(r, reply, r->sha_drop);
}

static void on_up(void *arg)
{
	struct store_redis *r = arg;
	const char *put[] = {"SCRIPT", "LOAD", script_put}, *drop[] = {"SCRIPT", "LOAD", script_drop};
	size_t put_lens[] = {6, 4, sizeof(script_put) - 1}, drop_lens[] = {6, 4, sizeof(script_drop) - 1};
	redis_link_send(r->link, 3, put, put_lens, on_sha_put, r);
	redis_link_send(r->link, 3, drop, drop_lens, on_sha_drop, r);
	send_lease(r);
	event_add(r->lease_timer, &r->lease_beat);
}

static void on_down(void *arg, const char *why)
{
	struct store_redis *r = arg;
	event_del(r->lease_timer);
	r->scripted = false;
	set_error(r, why);
	if (r->state != STORE_AWAY) {
		r->state = STORE_AWAY;
		r->breaker_opens++;
		log_warning("store", "Redis is away: calls go on, state is kept here until it returns",
			    "server=%s reason=\"%s\"", redis_link_server(r->link), why);
	}
	store_scan_abort(r->scan);
}

// --- what a scan needs of us ---

static int scan_send(struct store *s, int argc, const char *const *argv, const size_t *lens,
		     void (*reply)(void *arg, const struct redisReply *r), void *arg)
{
	return redis_link_send(((struct store_redis *)s)->link, argc, argv, lens, reply, arg);
}

static void scan_drop(struct store *s, enum store_kind kind, const char *name)
{
	write_record((struct store_redis *)s, kind, name, NULL);
}

static void scan_fail(struct store *s, const char *why)
{
	redis_link_fail(((struct store_redis *)s)->link, why);
}

// Quiet: all that was put has been answered, so a scan sees it.
static enum store_scan_go scan_go(struct store *s)
{
	struct store_redis *r = (struct store_redis *)s;
	if (r->state == STORE_AWAY)
		return STORE_SCAN_NEVER;
	if (r->state == STORE_SUPERSEDED)
		return STORE_SCAN_NOW;
	bool quiet = r->state == STORE_READY && r->queued == 0 && redis_link_in_flight(r->link) == 0;
	return quiet ? STORE_SCAN_NOW : STORE_SCAN_LATER;
}

static void scan_done(struct store *s)
{
	((struct store_redis *)s)->left_over = true;
}

static const struct store_scan_hooks scan_hooks = {
	.go = scan_go, .send = scan_send, .drop = scan_drop, .fail = scan_fail, .done = scan_done};

static int redis_scan(struct store *s, const struct store_scanner *scanner)
{
	return store_scan_start(((struct store_redis *)s)->scan, scanner);
}

static void redis_epoch_set(struct store *s, uint64_t epoch)
{
	s->epoch = epoch;
	send_lease((struct store_redis *)s);
}

static void redis_status(const struct store *s, struct store_status *ret)
{
	const struct store_redis *r = (const struct store_redis *)s;
	ret->kind = "redis";
	ret->state = r->state;
	ret->records -= r->dropped;
	snprintf(ret->server, sizeof(ret->server), "%s", redis_link_server(r->link));
	snprintf(ret->error, sizeof(ret->error), "%s", r->error);
	ret->queued = r->queued;
	ret->in_flight = redis_link_in_flight(r->link);
	ret->written = r->written;
	ret->merged = r->merged;
	ret->overflows = r->overflows;
	ret->fenced = r->fenced;
	ret->errors = r->errors;
	ret->bad_records = store_scan_bad(r->scan);
	ret->breaker_opens = r->breaker_opens;
	ret->replays = r->replays;
}

static void redis_close(struct store *s)
{
	struct store_redis *r = (struct store_redis *)s;
	struct list *first;
	while (r->link && r->state == STORE_READY && (first = list_pop_front(&r->queue))) {
		struct store_entry *e = LIST_ITEM(first, struct store_entry, queue);
		write_record(r, e->kind, e->name, e->dropped ? NULL : e);
	}
	r->state = STORE_AWAY;
	r->queued = 0;
	list_init(&r->queue);
	redis_link_close(r->link);
	store_scan_free(r->scan);
	if (r->lease_timer)
		event_free(r->lease_timer);
	store_fini(s);
	free(r);
}

static const struct store_ops redis_ops = {.put = redis_put,
					   .drop = redis_drop,
					   .scan = redis_scan,
					   .epoch_set = redis_epoch_set,
					   .status = redis_status,
					   .close = redis_close};

int store_redis_open(const struct store_options *o, struct store **ret)
{
	struct store_redis *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	list_init(&r->queue);
	r->lease_ms = o->config->lease_ms > LEASE_PARTS ? o->config->lease_ms : LEASE_PARTS;
	r->queue_max = o->config->queue_max;
	uint32_t beat = r->lease_ms / LEASE_PARTS;
	r->lease_beat = (struct timeval){.tv_sec = beat / 1000, .tv_usec = beat % 1000 * 1000};
	int rc = store_init(&r->s, &redis_ops, o);
	if (rc < 0)
		goto out;
	rc = -ENOMEM;
	r->lease_timer = event_new(o->base, -1, EV_PERSIST, on_lease_timer, r);
	r->scan = store_scan_new(&r->s, &scan_hooks);
	if (!r->lease_timer || !r->scan)
		goto out;
	struct redis_link_hooks hooks = {.up = on_up, .down = on_down, .arg = r};
	rc = redis_link_open(o->base, o->config, r->lease_ms / 2, &hooks, &r->link);
	if (rc < 0)
		goto out;
	*ret = &r->s;
	return 0;
out:
	redis_close(&r->s);
	return rc;
}
