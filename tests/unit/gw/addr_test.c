// SPDX-License-Identifier: GPL-3.0-or-later
// addr_test.c - Address text both ways, prefixes, comparison and classes.
#include "gw/addr.h"

#include "tests/unit/t.h"

#include <errno.h>

static struct addr parsed(const char *text)
{
	struct addr a = {0};
	CHECK_INT(addr_parse(text, &a), 0);
	return a;
}

static void text_goes_both_ways(void)
{
	static const char *const texts[] = {"0.0.0.0", "192.0.2.1",   "255.255.255.255",
					    "::",      "2001:db8::1", "fd77::2"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct addr a = parsed(texts[i]);
		char buf[ADDR_TEXT_MAX];
		CHECK_STR(addr_text(&a, buf, sizeof(buf)), texts[i]);
	}
	struct addr none = {0};
	char buf[ADDR_TEXT_MAX];
	CHECK_STR(addr_text(&none, buf, sizeof(buf)), "-");
}

static void bad_text_is_refused(void)
{
	static const char *const texts[] = {"",         "1.2.3", "1.2.3.4.5", "256.0.0.1",
					    "1.2.3.4 ", ":::",   "host",      "1.2.3.4/24"};
	struct addr a = {.family = 99};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_INT(addr_parse(texts[i], &a), -EINVAL);
	CHECK_INT(a.family, 99);
}

static void prefixes_are_read(void)
{
	struct addr a;
	uint8_t n;
	CHECK_INT(addr_parse_prefix("10.77.0.2/24", &a, &n), 0);
	CHECK_INT(n, 24);
	CHECK_INT(a.ip[3], 2);
	CHECK_INT(addr_parse_prefix("10.77.0.2", &a, &n), 0);
	CHECK_INT(n, 32);
	CHECK_INT(addr_parse_prefix("fd77::2/64", &a, &n), 0);
	CHECK_INT(n, 64);
	CHECK_INT(addr_parse_prefix("fd77::2", &a, &n), 0);
	CHECK_INT(n, 128);
	static const char *const bad[] = {
		"10.0.0.1/33", "10.0.0.1/",
		"10.0.0.1/-1", "10.0.0.1/2x",
		"::1/129",     "::1/1000",
		"/24",         "0123456789012345678901234567890123456789012345678901234567890/8"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(addr_parse_prefix(bad[i], &a, &n), -EINVAL);
}

static void ports_are_written(void)
{
	char buf[ADDR_TEXT_MAX];
	struct addr_port four = {.addr = parsed("192.0.2.1"), .port = 4000};
	CHECK_STR(addr_port_text(&four, buf, sizeof(buf)), "192.0.2.1:4000");
	struct addr_port six = {.addr = parsed("2001:db8::1"), .port = 4000};
	CHECK_STR(addr_port_text(&six, buf, sizeof(buf)), "[2001:db8::1]:4000");
	char small[6];
	CHECK_STR(addr_port_text(&four, small, sizeof(small)), "192.0");
}

static void ports_are_read(void)
{
	static const char *const good[] = {"192.0.2.1:4000", "[2001:db8::1]:65535", "239.1.1.1:0"};
	static const char *const bad[] = {"",
					  ":",
					  ":4000",
					  "192.0.2.1",
					  "192.0.2.1:",
					  "192.0.2.1:x",
					  "192.0.2.1:65536",
					  "192.0.2.1:123456",
					  "2001:db8::1:4000",
					  "[2001:db8::1:4000",
					  "[]:4000",
					  "[192.0.2.1]:4000"};
	char text[ADDR_TEXT_MAX];
	struct addr_port a;
	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_INT(addr_port_parse(good[i], &a), 0);
		CHECK_STR(addr_port_text(&a, text, sizeof(text)), good[i]);
	}
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(addr_port_parse(bad[i], &a) < 0);
}

static void equal_means_every_byte(void)
{
	const uint8_t ip[4] = {192, 0, 2, 1};
	struct addr a = addr_ipv4(ip), b = parsed("192.0.2.1"), c = parsed("192.0.2.2");
	CHECK(addr_equal(&a, &b));
	CHECK(!addr_equal(&a, &c));
	struct addr six = parsed("2001:db8::1"), made = addr_ipv6(six.ip);
	CHECK(addr_equal(&six, &made));
}

static void classes(void)
{
	struct addr a = parsed("224.0.0.1"), b = parsed("239.255.255.255"), c = parsed("240.0.0.1"),
		    d = parsed("ff02::1"), e = parsed("fe80::1"), f = parsed("0.0.0.0"), g = parsed("::"),
		    none = {0};
	CHECK(addr_is_multicast(&a));
	CHECK(addr_is_multicast(&b));
	CHECK(!addr_is_multicast(&c));
	CHECK(addr_is_multicast(&d));
	CHECK(!addr_is_multicast(&e));
	CHECK(addr_is_any(&f));
	CHECK(addr_is_any(&g));
	CHECK(addr_is_any(&none));
	CHECK(!addr_is_any(&a));
}

T_MAIN("addr", {"text_goes_both_ways", text_goes_both_ways}, {"bad_text_is_refused", bad_text_is_refused},
       {"prefixes_are_read", prefixes_are_read}, {"ports_are_written", ports_are_written},
       {"ports_are_read", ports_are_read}, {"equal_means_every_byte", equal_means_every_byte},
       {"classes", classes})
