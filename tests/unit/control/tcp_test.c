// SPDX-License-Identifier: GPL-3.0-or-later
// tcp_test.c - Connections to agents: every address of a name is tried, and what went wrong is said.
#include "control/tcp.h"

#include "tests/unit/t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 4000

struct seen {
	struct event_base *base;
	unsigned int ups, downs;
	char why[128];
};

static void on_up(void *object, const struct addr *local, nsec_t now)
{
	struct seen *s = object;
	s->ups++;
	event_base_loopbreak(s->base);
}

static void on_down(void *object, const char *why, nsec_t now)
{
	struct seen *s = object;
	s->downs++;
	snprintf(s->why, sizeof(s->why), "%s", why);
	event_base_loopbreak(s->base);
}

static long on_input(void *object, const uint8_t *bytes, size_t len, nsec_t now)
{
	return (long)len;
}

static const struct link_user user = {.up = on_up, .down = on_down, .input = on_input};

static struct timer_set timers;
static struct loop loop;
static struct tcp tcp;

// A resolver that knows `lines`, and asks somebody who does not answer and whom it soon gives up.
static bool begin(const char *lines)
{
	char path[] = "/tmp/slimline-hosts-XXXXXX";
	int fd = mkstemp(path);
	timer_set_init(&timers);
	if (fd < 0 || loop_init(&loop, &timers))
		return false;
	tcp_init(&tcp, &loop);
	tcp.dns = evdns_base_new(loop.base, 0);
	bool ok = tcp.dns && write(fd, lines, strlen(lines)) == (ssize_t)strlen(lines) &&
		  evdns_base_load_hosts(tcp.dns, path) == 0 &&
		  evdns_base_nameserver_ip_add(tcp.dns, "127.0.0.1:9") == 0 &&
		  evdns_base_set_option(tcp.dns, "timeout:", "0.05") == 0 &&
		  evdns_base_set_option(tcp.dns, "attempts:", "1") == 0;
	close(fd);
	unlink(path);
	return ok;
}

static void end(void)
{
	tcp_fini(&tcp);
	loop_fini(&loop);
}

// A listener on an address, any port; -1 when there is no such address here.
static int listen_on(const char *ip, uint16_t *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	inet_pton(AF_INET, ip, &a.sin_addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		close(fd);
		return -1;
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static int try(const char *host, uint16_t port, struct seen *s)
{
	struct link_driver driver = tcp_driver(&tcp);
	struct config_agent agent = {.port = port};
	struct link *link;
	snprintf(agent.host, sizeof(agent.host), "%s", host);
	*s = (struct seen){.base = loop.base};
	int rc = driver.open(driver.context, &agent, TIMEOUT_MS, &user, s, &link);
	if (rc == 0)
		event_base_dispatch(loop.base);
	if (rc == 0 && s->ups)
		driver.close(driver.context, link);
	return rc;
}

static void every_address_is_tried(void)
{
	static const char *const ips[] = {"127.0.0.2", "127.0.0.3", "127.0.0.4"};
	for (size_t i = 0; i < 3; i++) {
		uint16_t port;
		struct seen s;
		int fd = listen_on(ips[i], &port);
		if (fd < 0)
			SKIP("only 127.0.0.1 is a loopback address here");
		REQUIRE(begin("127.0.0.2 three.test\n127.0.0.3 three.test\n127.0.0.4 three.test\n"));
		CHECK_INT(try("three.test", port, &s), 0);
		CHECK_INT(s.ups, 1);
		CHECK_INT(s.downs, 0);
		end();
		close(fd);
		REQUIRE(begin("127.0.0.2 three.test\n127.0.0.3 three.test\n127.0.0.4 three.test\n"));
		CHECK_INT(try("three.test", port, &s), 0);
		CHECK_INT(s.ups, 0);
		CHECK_INT(s.downs, 1);
		CHECK_STR(s.why, "Connection refused");
		end();
	}
}

static void what_went_wrong_is_said(void)
{
	struct seen s;
	REQUIRE(begin("127.0.0.1 known.test\n"));
	CHECK_INT(try("unknown.test", 2000, &s), 0);
	CHECK_INT(s.downs, 1);
	CHECK(strstr(s.why, "host name not found") != NULL);
	CHECK_INT(try("127.0.0.1", 1, &s), 0);
	CHECK_STR(s.why, "Connection refused");
	int rc = try("255.255.255.255", 2000, &s); // TCP has no broadcast: refused by the kernel at once
	CHECK(rc == -EACCES || rc == -ENETUNREACH);
	end();
}

T_MAIN("tcp", {"every address is tried", every_address_is_tried},
       {"what went wrong is said", what_went_wrong_is_said})
