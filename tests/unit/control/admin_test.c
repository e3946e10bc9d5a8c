// SPDX-License-Identifier: GPL-3.0-or-later
// admin_test.c - The admin socket: answers now and later, several clients, and whatever else may be sent to it.
#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/admin.h"
#include "gw/log.h"
#include "tests/unit/t.h"

#define ROUNDS_MAX 20000 // of the loop, for one answer

struct fixture {
	struct event_base *base;
	struct admin *admin;
	struct admin_request *held; // of the command "hold"
	unsigned int runs;
	char dir[64];
	char path[80];
};

static void run_echo(struct admin_request *r, const json_t *arguments, void *context)
{
	((struct fixture *)context)->runs++;
	admin_reply(r, json_deep_copy(arguments));
}

static void run_hold(struct admin_request *r, const json_t *arguments, void *context)
{
	((struct fixture *)context)->held = r;
}

static void run_fail(struct admin_request *r, const json_t *arguments, void *context)
{
	admin_fail(r, CTL_NOT_FOUND, "look elsewhere", "no stream %d\xff", 7);
}

static void run_big(struct admin_request *r, const json_t *arguments, void *context)
{
	json_t *list = json_array();
	for (int i = 0; i < 200000; i++)
		json_array_append_new(list, json_string("0123456789"));
	admin_reply(r, list);
}

static const struct admin_command commands[] = {
	{"echo", run_echo}, {"hold", run_hold}, {"fail", run_fail}, {"big", run_big}};

static void setup(struct fixture *f)
{
	*f = (struct fixture){.base = event_base_new()};
	strcpy(f->dir, "/tmp/slimline-admin-XXXXXX");
	REQUIRE(mkdtemp(f->dir) != NULL);
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	REQUIRE(admin_open(f->base, f->path, commands, 4, f, &f->admin) == 0);
}

static void teardown(struct fixture *f)
{
	admin_close(f->admin);
	CHECK(access(f->path, F_OK) != 0);
	rmdir(f->dir);
	event_base_free(f->base);
}

static int client(const struct fixture *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	REQUIRE(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void spin(struct fixture *f)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void say(int fd, const void *bytes, size_t len)
{
	CHECK_INT(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void ask(int fd, const char *json)
{
	uint8_t head[CTL_HEAD];
	ctl_head_write(head, (uint32_t)strlen(json));
	say(fd, head, sizeof(head));
	say(fd, json, strlen(json));
}

// Next reply; NULL when the connection ended or nothing came.
static json_t *hear(struct fixture *f, int fd)
{
	static uint8_t buf[4 * 1024 * 1024];
	size_t have = 0;
	const char *json;
	size_t len, want = CTL_HEAD;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		ssize_t n = recv(fd, buf + have, want - have, 0);
		if (n == 0)
			return NULL;
		have += n > 0 ? (size_t)n : 0;
		if (have == CTL_HEAD)
			want = CTL_HEAD +
			       ((size_t)buf[0] << 24 | (size_t)buf[1] << 16 | (size_t)buf[2] << 8 | buf[3]);
		REQUIRE(want <= sizeof(buf));
		if (ctl_frame(buf, have, sizeof(buf), &json, &len) == 1)
			return json_loadb(json, len, 0, NULL);
	}
	return NULL;
}

static const char *text_of(json_t *reply, const char *key)
{
	const char *text = json_string_value(json_object_get(reply, key));
	return text ? text : "";
}

static bool is_ok(json_t *reply)
{
	bool ok = json_is_true(json_object_get(reply, "ok"));
	json_decref(reply);
	return ok;
}

static void test_answers(void)
{
	struct fixture f;
	setup(&f);
	struct stat st;
	CHECK_INT(stat(f.path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0660);
	int fd = client(&f);
	ask(fd, "{\"command\":\"echo\",\"arguments\":{\"a\":1}}");
	json_t *reply = hear(&f, fd);
	CHECK(json_is_true(json_object_get(reply, "ok")));
	CHECK_INT(json_integer_value(json_object_get(reply, "schema")), CTL_SCHEMA);
	CHECK_INT(json_integer_value(json_object_get(json_object_get(reply, "data"), "a")), 1);
	json_decref(reply);
	ask(fd, "{\"command\":\"echo\"}");
	CHECK(is_ok(hear(&f, fd)));
	ask(fd, "{\"command\":\"fail\"}");
	reply = hear(&f, fd);
	CHECK(json_is_false(json_object_get(reply, "ok")));
	CHECK_INT(json_integer_value(json_object_get(reply, "code")), CTL_NOT_FOUND);
	CHECK_STR(text_of(reply, "error"), "no stream 7?");
	CHECK_STR(text_of(reply, "hint"), "look elsewhere");
	json_decref(reply);
	ask(fd, "{\"command\":\"nonsense\"}");
	reply = hear(&f, fd);
	CHECK_INT(json_integer_value(json_object_get(reply, "code")), CTL_USAGE);
	json_decref(reply);
	ask(fd, "{\"command\":\"big\"}");
	reply = hear(&f, fd);
	CHECK_INT(json_array_size(json_object_get(reply, "data")), 200000);
	json_decref(reply);
	close(fd);
	spin(&f);
	struct admin_status s;
	admin_status(f.admin, &s);
	CHECK_INT(s.clients, 0);
	CHECK_INT(s.requests, 5);
	CHECK_INT(s.refused, 2);
	teardown(&f);
}

// Requests sent ahead wait for the one before; the answer to a client that went is nobody's.
static void test_later(void)
{
	struct fixture f;
	setup(&f);
	int fd = client(&f), other = client(&f);
	ask(fd, "{\"command\":\"hold\"}");
	ask(fd, "{\"command\":\"echo\"}");
	ask(other, "{\"command\":\"echo\"}");
	CHECK(is_ok(hear(&f, other)));
	spin(&f);
	CHECK_INT(f.runs, 1);
	REQUIRE(f.held != NULL);
	admin_reply(f.held, json_string("late"));
	json_t *reply = hear(&f, fd);
	CHECK_STR(text_of(reply, "data"), "late");
	json_decref(reply);
	CHECK(is_ok(hear(&f, fd)));
	ask(fd, "{\"command\":\"hold\"}");
	spin(&f);
	CHECK(admin_wanted(f.held));
	close(fd);
	spin(&f);
	CHECK(!admin_wanted(f.held));
	admin_reply(f.held, json_object());
	ask(other, "{\"command\":\"hold\"}");
	spin(&f);
	struct admin_request *held = f.held;
	teardown(&f);
	admin_fail(held, CTL_TIMEOUT, "", "too late");
	close(other);
}

static void check_closed(struct fixture *f, int fd)
{
	json_t *reply = hear(f, fd);
	CHECK_INT(json_integer_value(json_object_get(reply, "code")), CTL_USAGE);
	json_decref(reply);
	CHECK(hear(f, fd) == NULL);
	close(fd);
}

static void test_hostile(void)
{
	struct fixture f;
	setup(&f);
	static const char *const bad[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"command\":1}",
		"{\"command\":\"echo\",\"arguments\":[]}",
		"{\"command\":\"echo\",\"command\":\"echo\"}",
		"{\"command\":\"echo\"} x",
		"{\"command\":\"\xff\"}",
		"[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]",
		"{\"command\":\"0123456789012345678901234567890123456789012345678901234567890123\"}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = client(&f);
		ask(fd, bad[i]);
		check_closed(&f, fd);
	}
	static const uint32_t lies[] = {CTL_REQUEST_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		int fd = client(&f);
		uint8_t head[CTL_HEAD];
		ctl_head_write(head, lies[i]);
		say(fd, head, sizeof(head));
		check_closed(&f, fd);
	}
	// one byte at a time, then gone in the middle of the next
	int fd = client(&f);
	static const char text[] = "\0\0\0\x12{\"command\":\"echo\"}";
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		say(fd, text + i, 1);
		event_base_loop(f.base, EVLOOP_NONBLOCK);
	}
	CHECK(is_ok(hear(&f, fd)));
	say(fd, text, 9);
	close(fd);
	spin(&f);
	// random bytes
	unsigned int seed = 3;
	for (int i = 0; i < 400; i++) {
		uint8_t noise[200];
		fd = client(&f);
		for (size_t k = 0; k < sizeof(noise); k++)
			noise[k] = (uint8_t)rand_r(&seed);
		if (i % 2)
			ctl_head_write(noise, (uint32_t)(rand_r(&seed) % 196) + 1);
		say(fd, noise, sizeof(noise));
		spin(&f);
		close(fd);
	}
	spin(&f);
	struct admin_status s;
	admin_status(f.admin, &s);
	CHECK_INT(s.clients, 0);
	CHECK(s.malformed >= 300);
	fd = client(&f);
	ask(fd, "{\"command\":\"echo\"}");
	CHECK(is_ok(hear(&f, fd)));
	close(fd);
	teardown(&f);
}

static void test_crowd(void)
{
	struct fixture f;
	setup(&f);
	int fds[ADMIN_CLIENTS_MAX + 4];
	for (size_t i = 0; i < ADMIN_CLIENTS_MAX + 4; i++) {
		fds[i] = client(&f);
		spin(&f);
	}
	struct admin_status s;
	admin_status(f.admin, &s);
	CHECK_INT(s.clients, ADMIN_CLIENTS_MAX);
	ask(fds[ADMIN_CLIENTS_MAX], "{\"command\":\"echo\"}");
	close(fds[0]);
	CHECK(is_ok(hear(&f, fds[ADMIN_CLIENTS_MAX])));
	for (size_t i = 1; i < ADMIN_CLIENTS_MAX + 4; i++)
		close(fds[i]);
	spin(&f);
	admin_status(f.admin, &s);
	CHECK_INT(s.clients, 0);
	teardown(&f);
}

static void test_socket(void)
{
	struct fixture f;
	struct admin *second;
	setup(&f);
	CHECK_INT(admin_open(f.base, f.path, commands, 4, &f, &second), -EADDRINUSE);
	char plain[96], longest[200];
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(admin_open(f.base, longest, commands, 4, &f, &second), -ENAMETOOLONG);
	CHECK_INT(admin_open(f.base, "", commands, 4, &f, &second), -ENAMETOOLONG);
	snprintf(plain, sizeof(plain), "%s/plain", f.dir);
	fclose(fopen(plain, "w"));
	CHECK_INT(admin_open(f.base, plain, commands, 4, &f, &second), -EEXIST);
	unlink(plain);
	// left over from a killed process
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/stale", f.dir);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	close(fd);
	CHECK_INT(admin_open(f.base, address.sun_path, commands, 4, &f, &second), 0);
	admin_close(second);
	admin_close(NULL);
	teardown(&f);
}

static void test_quiet(void)
{
	log_set_level(LOG_LEVEL_ERROR);
}

T_MAIN("admin", {"quiet", test_quiet}, {"answers", test_answers}, {"later", test_later},
       {"hostile", test_hostile}, {"crowd", test_crowd}, {"socket", test_socket})
