// SPDX-License-Identifier: GPL-3.0-or-later
// addr.c - Address text through inet_pton and inet_ntop, comparison and classes.
#include "gw/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = {0};
	if (inet_pton(AF_INET, text, a.ip) == 1)
		a.family = ADDR_IPV4;
	else if (inet_pton(AF_INET6, text, a.ip) == 1)
		a.family = ADDR_IPV6;
	else
		return -EINVAL;
	*ret = a;
	return 0;
}

// Reads one to three digits, nothing else.
static int parse_length(const char *text, unsigned int max, uint8_t *ret)
{
	unsigned int n = 0, digits = 0;
	for (; text[digits] >= '0' && text[digits] <= '9' && digits < 3; digits++)
		n = n * 10 + (unsigned int)(text[digits] - '0');
	if (digits == 0 || text[digits] != '\0' || n > max)
		return -EINVAL;
	*ret = (uint8_t)n;
	return 0;
}

int addr_parse_prefix(const char *text, struct addr *ret, uint8_t *ret_length)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	if (n >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	struct addr a;
	if (addr_parse(host, &a) < 0)
		return -EINVAL;
	uint8_t length = a.family == ADDR_IPV4 ? 32 : 128;
	if (slash && parse_length(slash + 1, length, &length) < 0)
		return -EINVAL;
	*ret = a;
	*ret_length = length;
	return 0;
}

// By hand: records hold several of them and inet_ntop prints these with sprintf.
static void text_ipv4(const uint8_t *ip, char *out)
{
	for (int i = 0; i < 4; i++) {
		uint8_t n = ip[i];
		if (n >= 100)
			*out++ = (char)('0' + n / 100);
		if (n >= 10)
			*out++ = (char)('0' + n / 10 % 10);
		*out++ = (char)('0' + n % 10);
		*out++ = i < 3 ? '.' : '\0';
	}
}

int addr_port_parse(const char *text, struct addr_port *ret)
{
	char host[ADDR_TEXT_MAX];
	struct addr_port a = {0};
	const char *colon = strrchr(text, ':');
	bool bracket = text[0] == '[';
	size_t n = colon ? (size_t)(colon - text) : 0;
	unsigned int port = 0;
	if (n < 3 || n >= sizeof(host) || (bracket && colon[-1] != ']') || !colon[1] || strlen(colon) > 6)
		return -EINVAL;
	memcpy(host, text + bracket, n - 2u * bracket);
	host[n - 2u * bracket] = '\0';
	for (const char *p = colon + 1; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		port = port * 10 + (unsigned int)(*p - '0');
	}
	if (addr_parse(host, &a.addr) < 0 || bracket != (a.addr.family == ADDR_IPV6) || port > UINT16_MAX)
		return -EINVAL;
	a.port = (uint16_t)port;
	*ret = a;
	return 0;
}

const char *addr_text(const struct addr *a, char *buf, size_t cap)
{
	char text[INET6_ADDRSTRLEN] = "-";
	if (a->family == ADDR_IPV4)
		text_ipv4(a->ip, text);
	else if (a->family == ADDR_IPV6)
		inet_ntop(AF_INET6, a->ip, text, sizeof(text));
	size_t len = strlen(text);
	if (cap > 0) {
		len = len < cap ? len : cap - 1;
		memcpy(buf, text, len);
		buf[len] = '\0';
	}
	return buf;
}

const char *addr_port_text(const struct addr_port *a, char *buf, size_t cap)
{
	char text[ADDR_TEXT_MAX];
	addr_text(&a->addr, text, sizeof(text));
	if (cap > 0)
		snprintf(buf, cap, a->addr.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u", text,
			 (unsigned int)a->port);
	return buf;
}

struct addr addr_ipv4(const uint8_t ip[4])
{
	struct addr a = {.family = ADDR_IPV4};
	memcpy(a.ip, ip, 4);
	return a;
}

struct addr addr_ipv6(const uint8_t ip[16])
{
	struct addr a = {.family = ADDR_IPV6};
	memcpy(a.ip, ip, 16);
	return a;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool addr_is_multicast(const struct addr *a)
{
	return (a->family == ADDR_IPV4 && (a->ip[0] & 0xf0) == 0xe0) ||
	       (a->family == ADDR_IPV6 && a->ip[0] == 0xff);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zeros[16];
	return a->family == ADDR_NONE || memcmp(a->ip, zeros, sizeof(zeros)) == 0;
}
