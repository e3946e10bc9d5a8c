// SPDX-License-Identifier: GPL-3.0-or-later
// store_redis_test.c - The store in Redis keeps the promises of both, and no outage of Redis breaks anything.
//
// It runs a redis-server of its own on a Unix socket in a temporary directory, without a port and without persistence.
#include <hiredis/hiredis.h>
#include <sys/stat.h>

#include "tests/unit/control/store_world.h"

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
	for (size_t i = 0; i < STORE_CASES; i++) {
		struct fixture f;
		SETUP_REDIS(&f);
		if (store_cases[i].crowds)
			f.config.queue_max = 100;
		store_cases[i].run(&f);
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

static bool is_written_again(const struct fixture *f, const void *arg)
{
	return is_settled(f, NULL) && redis_do(f, "EXISTS slimline:{n1}:device:d slimline:{n1}:party:p") == 2;
}

// Emptied by an operator, with every connection up: the lease is gone, and so all of it is missed.
static void test_redis_emptied(void)
{
	struct fixture f;
	SETUP_REDIS(&f);
	CHECK_INT(put(&f, STORE_DEVICE, "d", "1"), 0);
	CHECK_INT(put(&f, STORE_PARTY, "p", "2"), 0);
	CHECK(run_until(&f, is_settled, NULL));
	uint64_t replays = status(&f).replays;
	CHECK_INT(redis_do(&f, "FLUSHALL"), 0);
	CHECK(run_until(&f, is_written_again, NULL));
	CHECK_INT(status(&f).state, STORE_READY);
	CHECK_INT(status(&f).breaker_opens - f.opens, 0);
	CHECK_INT(status(&f).replays - replays, 1);
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

static void test_quiet(void)
{
	log_set_level(LOG_LEVEL_ERROR);
}

T_MAIN("store_redis", {"quiet", test_quiet}, {"redis", test_redis}, {"redis_stopped", test_redis_stopped},
       {"redis_killed", test_redis_killed}, {"redis_late", test_redis_late},
       {"redis_fenced", test_redis_fenced}, {"redis_hostile", test_redis_hostile},
       {"redis_lease", test_redis_lease}, {"redis_emptied", test_redis_emptied},
       {"redis_replica", test_redis_replica}, {"redis_auth", test_redis_auth})
