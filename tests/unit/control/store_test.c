// SPDX-License-Identifier: GPL-3.0-or-later
// store_test.c - One set of promises for both stores, and what an outage of Redis must not break.
//
// The Redis cases run a redis-server of their own on a Unix socket in a temporary directory, without a port and
// without persistence.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/store.h"
#include "control/store_inner.h"
#include "gw/log.h"
#include "tests/unit/t.h"

#ifdef SLIMLINE_REDIS
#include <hiredis/hiredis.h>
#endif

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

static void on_guard(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;
	f->guard_hit = true;
}

// Runs the loop until `ready` says so. Returns false when the guard struck first.
static bool run_until(struct fixture *f, bool (*ready)(const struct fixture *f, const void *arg),
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

static bool seen_done(const struct fixture *f, const void *arg)
{
	return ((const struct seen *)arg)->done > 0;
}

static void on_record(void *arg, const struct store_record *r)
{
	struct seen *s = arg;
	size_t used = strlen(s->text);
	s->records++;
	s->epoch = r->epoch;
	snprintf(s->owner, sizeof(s->owner), "%s", r->owner);
	snprintf(s->text + used, sizeof(s->text) - used, "%s %s=%.*s;", store_kind_name(r->kind), r->name,
		 (int)r->len, r->value);
}

static void on_done(void *arg, int status)
{
	struct seen *s = arg;
	s->done++;
	s->status = status;
}

static void scan(struct fixture *f, struct seen *s)
{
	*s = (struct seen){0};
	struct store_scanner scanner = {on_record, on_done, s};
	CHECK_INT(store_scan(f->store, &scanner), 0);
	CHECK_INT(s->done, 0);
	CHECK_INT(store_scan(f->store, &scanner), -EBUSY);
	CHECK(run_until(f, seen_done, s));
	CHECK_INT(s->done, 1);
}

static int put(struct fixture *f, enum store_kind kind, const char *name, const char *value)
{
	return store_put(f->store, kind, name, value, strlen(value));
}

static struct store_status status(const struct fixture *f)
{
	struct store_status st;
	store_status(f->store, &st);
	return st;
}

static int open_store(struct fixture *f, uint64_t epoch, struct store **ret)
{
	struct store_options o = {
		.node = "n1", .owner = "host/1", .epoch = epoch, .config = &f->config, .base = f->base};
	return store_open(&o, ret);
}

static void setup_mem(struct fixture *f)
{
	*f = (struct fixture){.base = event_base_new(), .config = {.kind = CONFIG_STORE_MEMORY}};
	REQUIRE(open_store(f, EPOCH, &f->store) == 0);
}

static void teardown(struct fixture *f)
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

// --- what both promise ---

static void case_basics(struct fixture *f)
{
	struct seen s;
	scan(f, &s);
	CHECK_INT(s.records, 0);
	CHECK_INT(s.status, 0);
	CHECK_INT(put(f, STORE_DEVICE, "CFB1", "a=1\n"), 0);
	CHECK_INT(put(f, STORE_PARTY, "CFB1.7.9", "p=1\n"), 0);
	CHECK_INT(put(f, STORE_PARTY, "CFB1.7.10", "gone\n"), 0);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "CFB1.7.10"), 0);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "never.there"), 0);
	scan(f, &s);
	CHECK_INT(s.status, 0);
	CHECK_INT(s.records, 2);
	CHECK(strstr(s.text, "device CFB1=a=1\n;") != NULL);
	CHECK(strstr(s.text, "party CFB1.7.9=p=1\n;") != NULL);
	CHECK_INT(s.epoch, EPOCH);
	CHECK_STR(s.owner, "host/1");
	struct store_status st = status(f);
	CHECK_INT(st.records, 2);
	CHECK_INT(st.puts, 3);
	CHECK_INT(st.drops, 2);
	CHECK_INT(st.state, STORE_READY);
}

static void case_newest_wins(struct fixture *f)
{
	struct seen s;
	char value[32];
	for (int i = 0; i < 3000; i++) {
		snprintf(value, sizeof(value), "v=%d", i);
		CHECK_INT(put(f, STORE_CONFERENCE, "c", value), 0);
	}
	CHECK_INT(put(f, STORE_CONFERENCE, "d", "x"), 0);
	CHECK_INT(store_drop(f->store, STORE_CONFERENCE, "d"), 0);
	CHECK_INT(put(f, STORE_CONFERENCE, "d", "again"), 0);
	scan(f, &s);
	CHECK_INT(s.records, 2);
	CHECK(strstr(s.text, "conference c=v=2999;") != NULL);
	CHECK(strstr(s.text, "conference d=again;") != NULL);
}

static void case_many(struct fixture *f)
{
	struct seen s;
	char name[32];
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(put(f, STORE_PARTY, name, "x"), 0);
	}
	for (int i = 0; i < 5000; i += 2) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(store_drop(f->store, STORE_PARTY, name), 0);
	}
	scan(f, &s);
	CHECK_INT(s.records, 2500);
	CHECK_INT(status(f).records, 2500);
}

static void case_bad_names(struct fixture *f)
{
	char longest[STORE_NAME_MAX + 8], value[STORE_VALUE_MAX + 1];
	memset(longest, 'x', sizeof(longest));
	memset(value, 'y', sizeof(value));
	longest[STORE_NAME_MAX] = '\0';
	CHECK_INT(put(f, STORE_PARTY, longest, ""), -EINVAL);
	longest[STORE_NAME_MAX - 1] = '\0';
	CHECK_INT(put(f, STORE_PARTY, longest, ""), 0);
	CHECK_INT(put(f, STORE_PARTY, "", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a b", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a}", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a*", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a\xff", ""), -EINVAL);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "a\n"), -EINVAL);
	CHECK_INT(store_put(f->store, STORE_PARTY, "big", value, STORE_VALUE_MAX + 1), -EMSGSIZE);
	CHECK_INT(store_put(f->store, STORE_PARTY, "big", value, STORE_VALUE_MAX), 0);
	struct seen s;
	scan(f, &s);
	CHECK_INT(s.records, 2);
}

// The receiver acts on what it is told, as recovery does.
struct dropper {
	struct seen seen;
	struct store *store;
};

static void drop_record(void *arg, const struct store_record *r)
{
	struct dropper *d = arg;
	on_record(&d->seen, r);
	store_drop(d->store, r->kind, r->name);
	store_put(d->store, STORE_DEVICE, "kept", "k", 1);
}

static void drop_done(void *arg, int rc)
{
	on_done(&((struct dropper *)arg)->seen, rc);
}

static void case_drop_while_scanning(struct fixture *f)
{
	struct dropper d = {.store = f->store};
	char name[32];
	for (int i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(put(f, STORE_PARTY, name, "x"), 0);
	}
	struct store_scanner scanner = {drop_record, drop_done, &d};
	CHECK_INT(store_scan(f->store, &scanner), 0);
	CHECK(run_until(f, seen_done, &d.seen));
	CHECK(d.seen.records >= 700);
	struct seen s;
	scan(f, &s);
	CHECK_STR(s.text, "device kept=k;");
}

static void case_close_while_scanning(struct fixture *f)
{
	struct seen s = {0};
	struct store_scanner scanner = {on_record, on_done, &s};
	CHECK_INT(put(f, STORE_DEVICE, "d", "1"), 0);
	CHECK_INT(store_scan(f->store, &scanner), 0);
	store_close(f->store);
	f->store = NULL;
	CHECK_INT(s.done, 1);
	CHECK_INT(s.status, -ENOTCONN);
}

static void (*const common[])(struct fixture *f) = {
	case_basics,    case_newest_wins,         case_many,
	case_bad_names, case_drop_while_scanning, case_close_while_scanning};

#define COMMON_COUNT (sizeof(common) / sizeof(common[0]))

static void test_memory(void)
{
	for (size_t i = 0; i < COMMON_COUNT; i++) {
		struct fixture f;
		setup_mem(&f);
		common[i](&f);
		teardown(&f);
	}
}

static void test_options(void)
{
	struct fixture f;
	setup_mem(&f);
	struct store_options o = {.node = "a b", .owner = "o", .config = &f.config, .base = f.base};
	struct store *s;
	CHECK_INT(store_open(&o, &s), -EINVAL);
	o.node = "n}";
	CHECK_INT(store_open(&o, &s), -EINVAL);
	o.node = "n";
	o.owner = "two words";
	CHECK_INT(store_open(&o, &s), -EINVAL);
	store_close(NULL);
	teardown(&f);
}

// --- the envelope, as foreign input ---

static int envelope(const char *text, size_t len)
{
	unsigned int schema;
	uint64_t epoch;
	char owner[STORE_OWNER_MAX];
	return store_envelope_read(text, len, &schema, &epoch, owner);
}

static void test_envelope(void)
{
	char buf[STORE_ENVELOPE_MAX];
	int n = store_envelope_write(buf, sizeof(buf), UINT64_MAX, "me");
	REQUIRE(n > 0);
	CHECK_INT(envelope(buf, (size_t)n), n);
	for (int len = 0; len < n; len++)
		CHECK_INT(envelope(buf, (size_t)len), -EBADMSG);
	CHECK_INT(store_envelope_write(buf, 10, 1, "me"), -EMSGSIZE);
	static const char future[] = "slimline 999 0000000000000001 me\n";
	CHECK_INT(envelope(future, sizeof(future) - 1), -EPROTONOSUPPORT);
	static const char *const bad[] = {"slimline 1 1 me\n",
					  "slimline 1 0000000000000001 \n",
					  "slimline 1 0000000000000001 a b\n",
					  "slimline 1 000000000000000g me\n",
					  "slimline 1 00000000000000011 me\n",
					  "slimline -1 0000000000000001 me\n",
					  "Slimline 1 0000000000000001 me\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(envelope(bad[i], strlen(bad[i])), -EBADMSG);
	unsigned int seed = 1;
	for (int i = 0; i < 20000; i++) {
		char text[64];
		size_t len = (size_t)rand_r(&seed) % sizeof(text);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)rand_r(&seed);
		if (len > 11 && i % 2)
			memcpy(text, "slimline 1 ", 11);
		CHECK(envelope(text, len) <= (int)len);
	}
}

#ifdef SLIMLINE_REDIS
// --- Redis ---

static const char redis_program[] = "/usr/bin/redis-server";

static void redis_start(struct fixture *f, const char *extra, const char *extra_value)
{
	f->redis = fork();
	if (f->redis != 0)
		return;
	if (!freopen("/dev/null", "w", stdout))
		_exit(126);
	execl(redis_program, redis_program, "--port", "0", "--unixsocket", f->socket, "--save", "",
	      "--appendonly", "no", "--dir", f->dir, "--loglevel", "warning", extra, extra_value, NULL);
	_exit(127);
}

static bool is_ready(const struct fixture *f, const void *arg)
{
	return status(f).state == STORE_READY;
}

static bool is_away(const struct fixture *f, const void *arg)
{
	return status(f).state == STORE_AWAY;
}

static bool is_superseded(const struct fixture *f, const void *arg)
{
	return status(f).state == STORE_SUPERSEDED;
}

static bool is_settled(const struct fixture *f, const void *arg)
{
	struct store_status st = status(f);
	return st.state == STORE_READY && st.queued == 0 && st.in_flight == 0;
}

static bool setup_redis(struct fixture *f)
{
	*f = (struct fixture){
		.config = {.kind = CONFIG_STORE_REDIS, .lease_ms = 800, .queue_max = 1000, .retry_ms = 10}};
	if (access(redis_program, X_OK) != 0)
		return false;
	f->base = event_base_new();
	strcpy(f->dir, "/tmp/slimline-store-XXXXXX");
	REQUIRE(mkdtemp(f->dir) != NULL);
	snprintf(f->socket, sizeof(f->socket), "%s/s", f->dir);
	snprintf(f->config.redis_socket, sizeof(f->config.redis_socket), "%s", f->socket);
	redis_start(f, NULL, NULL);
	REQUIRE(open_store(f, EPOCH, &f->store) == 0);
	REQUIRE(run_until(f, is_ready, NULL));
	f->opens = status(f).breaker_opens;
	return true;
}

static void redis_kill(struct fixture *f)
{
	kill(f->redis, SIGKILL);
	waitpid(f->redis, NULL, 0);
	unlink(f->socket);
	f->redis = 0;
}

// What an operator, another process or an attacker does meanwhile.
static long long redis_do(const struct fixture *f, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	redisContext *c = redisConnectUnix(f->socket);
	redisReply *r = c && !c->err ? redisvCommand(c, format, ap) : NULL;
	va_end(ap);
	long long value = -1000;
	if (r)
		value = r->type == REDIS_REPLY_INTEGER ? r->integer : r->type == REDIS_REPLY_ERROR ? -999 : 0;
	if (r)
		freeReplyObject(r);
	if (c)
		redisFree(c);
	return value;
}

#define SETUP_REDIS(f)                                                                                       \
	if (!setup_redis(f))                                                                                 \
	SKIP("redis-server is not installed")

static void test_redis(void)
{
	for (size_t i = 0; i < COMMON_COUNT; i++) {
		struct fixture f;
		SETUP_REDIS(&f);
		if (common[i] == case_many)
			f.config.queue_max = 100;
		common[i](&f);
		teardown(&f);
	}
}

static void test_redis_stopped(void)
{
	struct fixture f;
	struct seen s;
	char name[32];
	SETUP_REDIS(&f);
	CHECK_INT(put(&f, STORE_PARTY, "before", "1"), 0);
	CHECK_INT(put(&f, STORE_PARTY, "changes", "1"), 0);
	CHECK_INT(put(&f, STORE_PARTY, "goes", "1"), 0);
	scan(&f, &s);
	CHECK_INT(s.records, 3);
	kill(f.redis, SIGSTOP);
	// more than the socket, the window and the queue hold: none of these calls may wait for the stopped server
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "storm.%d", i % 4000);
		CHECK_INT(put(&f, STORE_PARTY, name, "s"), 0);
	}
	CHECK_INT(put(&f, STORE_PARTY, "changes", "2"), 0);
	CHECK_INT(store_drop(f.store, STORE_PARTY, "goes"), 0);
	struct store_status st = status(&f);
	CHECK(st.queued <= 1000);
	CHECK(st.in_flight <= 512);
	CHECK(st.overflows > 0);
	CHECK(run_until(&f, is_away, NULL));
	CHECK_INT(status(&f).breaker_opens - f.opens, 1);
	CHECK_STR(status(&f).error, "no answer");
	CHECK_INT(put(&f, STORE_PARTY, "during", "1"), 0);
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "storm.%d", i);
		CHECK_INT(store_drop(f.store, STORE_PARTY, name), 0);
	}
	kill(f.redis, SIGCONT);
	CHECK(run_until(&f, is_settled, NULL));
	scan(&f, &s);
	CHECK_INT(s.records, 3);
	CHECK(strstr(s.text, "party before=1;") != NULL);
	CHECK(strstr(s.text, "party changes=2;") != NULL);
	CHECK(strstr(s.text, "party during=1;") != NULL);
	CHECK(status(&f).replays >= 1);
	CHECK_INT(redis_do(&f, "DBSIZE"), 4);
	teardown(&f);
}

static void test_redis_killed(void)
{
	struct fixture f;
	struct seen s;
	SETUP_REDIS(&f);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "1"), 0);
	CHECK_INT(put(&f, STORE_PARTY, "p", "1"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	redis_kill(&f);
	CHECK(run_until(&f, is_away, NULL));
	CHECK_INT(put(&f, STORE_PARTY, "p", "2"), 0);
	// a scan while Redis is away ends, it does not wait
	scan(&f, &s);
	CHECK_INT(s.status, -ENOTCONN);
	CHECK_INT(s.records, 0);
	redis_start(&f, NULL, NULL);
	CHECK(run_until(&f, is_settled, NULL));
	scan(&f, &s);
	CHECK_INT(s.status, 0);
	CHECK_INT(s.records, 2);
	CHECK(strstr(s.text, "party p=2;") != NULL);
	CHECK_INT(status(&f).breaker_opens - f.opens, 1);
	teardown(&f);
}

// Starts while Redis is away, then Redis comes with what an earlier process left.
static void test_redis_late(void)
{
	struct fixture f;
	struct seen s;
	SETUP_REDIS(&f);
	store_close(f.store);
	redis_kill(&f);
	REQUIRE(open_store(&f, EPOCH, &f.store) == 0);
	scan(&f, &s);
	CHECK_INT(s.status, -ENOTCONN);
	CHECK_INT(put(&f, STORE_PARTY, "new", "1"), 0);
	redis_start(&f, NULL, NULL);
	while (redis_do(&f, "SET slimline:{n1}:party:old %s", "slimline 1 0000000000000001 host/0\nx") != 0)
		REQUIRE(kill(f.redis, 0) == 0);
	CHECK(run_until(&f, is_settled, NULL));
	scan(&f, &s);
	scan(&f, &s);
	CHECK_STR(s.text, "party new=1;");
	teardown(&f);
}

static void test_redis_fenced(void)
{
	struct fixture f;
	struct seen s;
	SETUP_REDIS(&f);
	// a record of a newer process stays, one of an older process goes, rubbish stays
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:newer %s", "slimline 1 0000000000000200 host/2\nn"),
		  0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:older %s", "slimline 1 0000000000000001 host/0\no"),
		  0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:rubbish %s", "rubbish"), 0);
	CHECK_INT(store_drop(f.store, STORE_PARTY, "newer"), 0);
	CHECK_INT(store_drop(f.store, STORE_PARTY, "older"), 0);
	CHECK_INT(store_drop(f.store, STORE_PARTY, "rubbish"), 0);
	scan(&f, &s);
	CHECK_STR(s.text, "party newer=n;");
	CHECK_INT(status(&f).fenced, 2);
	CHECK_INT(status(&f).bad_records, 1);
	// a successor takes the node over: our writes stop, its records stay
	struct store *mine = f.store;
	REQUIRE(open_store(&f, EPOCH + 1, &f.store) == 0);
	CHECK(run_until(&f, is_ready, NULL));
	CHECK_INT(put(&f, STORE_PARTY, "p", "successor"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	struct store *successor = f.store;
	f.store = mine;
	CHECK_INT(put(&f, STORE_PARTY, "p", "stale"), 0);
	CHECK_INT(store_drop(f.store, STORE_PARTY, "p"), 0);
	CHECK(run_until(&f, is_superseded, NULL));
	scan(&f, &s);
	CHECK(strstr(s.text, "party p=successor;") != NULL);
	// raised above the successor it is the owner again
	store_epoch_set(f.store, EPOCH + 2);
	CHECK(run_until(&f, is_settled, NULL));
	store_close(successor);
	teardown(&f);
}

static void test_redis_hostile(void)
{
	struct fixture f;
	struct seen s;
	SETUP_REDIS(&f);
	char big[STORE_VALUE_MAX + STORE_ENVELOPE_MAX + 100];
	memset(big, 'x', sizeof(big));
	memcpy(big, "slimline 1 0000000000000001 o\n", 30);
	CHECK_INT(put(&f, STORE_PARTY, "good", "1"), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:big %b", big, sizeof(big)), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:nul %b", "slimline 1 0000000000000001 o\na\0b",
			   (size_t)33),
		  0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:future %s", "slimline 4 0000000000000001 o\na"), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:cut %s", "slimline 1 00000"), 0);
	CHECK_INT(redis_do(&f, "LPUSH slimline:{n1}:party:list x"), 1);
	CHECK_INT(redis_do(&f, "HSET slimline:{n1}:device:hash a b"), 1);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:%b x", "a\0b", (size_t)3), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party: x"), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:party:%s x", "spa ce"), 0);
	// not ours to judge: other nodes, kinds of a later release, other programs
	CHECK_INT(redis_do(&f, "SET slimline:{n2}:party:other x"), 0);
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:future-kind:a x"), 0);
	CHECK_INT(redis_do(&f, "SET unrelated x"), 0);
	scan(&f, &s);
	CHECK_INT(s.status, 0);
	CHECK_STR(s.text, "party good=1;");
	CHECK_INT(status(&f).bad_records, 9);
	// wrong types under our own names are written over or left, and break nothing
	CHECK_INT(put(&f, STORE_PARTY, "list", "2"), 0);
	CHECK_INT(store_drop(f.store, STORE_DEVICE, "hash"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	scan(&f, &s);
	CHECK(strstr(s.text, "party list=2;") != NULL);
	CHECK_INT(status(&f).state, STORE_READY);
	CHECK_INT(status(&f).breaker_opens - f.opens, 0);
	teardown(&f);
}

static void test_redis_lease(void)
{
	struct fixture f;
	SETUP_REDIS(&f);
	CHECK(redis_do(&f, "PTTL slimline:{n1}:lease") > 0);
	// rubbish in the lease's place is replaced
	CHECK_INT(redis_do(&f, "SET slimline:{n1}:lease zzzz"), 0);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "1"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	CHECK_INT(status(&f).state, STORE_READY);
	// a lease of another type is an error that shows, and ends when it is gone
	CHECK_INT(redis_do(&f, "DEL slimline:{n1}:lease"), 1);
	CHECK_INT(redis_do(&f, "LPUSH slimline:{n1}:lease x"), 1);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "2"), 0);
	CHECK(run_until(&f, is_away, NULL));
	CHECK(strstr(status(&f).error, "WRONGTYPE") != NULL);
	CHECK_INT(redis_do(&f, "DEL slimline:{n1}:lease"), 1);
	CHECK(run_until(&f, is_settled, NULL));
	// scripts flushed by an operator: loaded again
	CHECK_INT(redis_do(&f, "SCRIPT FLUSH"), 0);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "3"), 0);
	CHECK(run_until(&f, is_away, NULL));
	CHECK(run_until(&f, is_settled, NULL));
	struct seen s;
	scan(&f, &s);
	CHECK_STR(s.text, "device d=3;");
	teardown(&f);
}

static void test_redis_replica(void)
{
	struct fixture f;
	SETUP_REDIS(&f);
	// nobody listens at the master it is told to follow
	CHECK_INT(redis_do(&f, "REPLICAOF 127.0.0.1 1"), 0);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "1"), 0);
	CHECK(run_until(&f, is_away, NULL));
	CHECK(strstr(status(&f).error, "READONLY") != NULL);
	CHECK_INT(redis_do(&f, "REPLICAOF NO ONE"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	CHECK_INT(status(&f).records, 1);
	teardown(&f);
}

static void write_password(struct fixture *f, const char *text)
{
	snprintf(f->config.redis_password_file, sizeof(f->config.redis_password_file), "%s/pw", f->dir);
	FILE *file = fopen(f->config.redis_password_file, "w");
	REQUIRE(file != NULL);
	fputs(text, file);
	fclose(file);
}

static void test_redis_auth(void)
{
	struct fixture f;
	SETUP_REDIS(&f);
	CHECK_INT(redis_do(&f, "ACL SETUSER slim on >secret ~slimline:* +@all"), 0);
	CHECK_INT(redis_do(&f, "ACL SETUSER default off"), 0);
	store_close(f.store);
	f.store = NULL;
	write_password(&f, "wrong\n");
	strcpy(f.config.redis_user, "slim");
	REQUIRE(open_store(&f, EPOCH, &f.store) == 0);
	CHECK(run_until(&f, is_away, NULL));
	CHECK(strstr(status(&f).error, "WRONGPASS") != NULL);
	store_close(f.store);
	write_password(&f, "secret\n");
	REQUIRE(open_store(&f, EPOCH, &f.store) == 0);
	CHECK(run_until(&f, is_ready, NULL));
	unlink(f.config.redis_password_file);
	struct store *s;
	CHECK_INT(open_store(&f, EPOCH, &s), -ENOENT);
	teardown(&f);
}
#endif

static void test_quiet(void)
{
	log_set_level(LOG_LEVEL_ERROR);
}

static const struct t_test tests[] = {
	{"quiet", test_quiet},
	{"memory", test_memory},
	{"options", test_options},
	{"envelope", test_envelope},
#ifdef SLIMLINE_REDIS
	{"redis", test_redis},
	{"redis_stopped", test_redis_stopped},
	{"redis_killed", test_redis_killed},
	{"redis_late", test_redis_late},
	{"redis_fenced", test_redis_fenced},
	{"redis_hostile", test_redis_hostile},
	{"redis_lease", test_redis_lease},
	{"redis_replica", test_redis_replica},
	{"redis_auth", test_redis_auth},
#endif
};

int main(void)
{
	return t_main("store", tests, sizeof(tests) / sizeof(tests[0]));
}
