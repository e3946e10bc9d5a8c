// SPDX-License-Identifier: GPL-3.0-or-later
// addr.h - IPv4 and IPv6 addresses with ports, their text form and comparison.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Longest text of an address with brackets and port, including the NUL.
#define ADDR_TEXT_MAX 56

enum addr_family {
	ADDR_NONE = 0, // absent: matches nothing, prints "-"
	ADDR_IPV4 = 4,
	ADDR_IPV6 = 6,
};

// One address. All bytes are significant: unused ones are zero, so memcmp compares.
struct addr {
	uint8_t family;  // enum addr_family
	uint8_t zero[3]; // always 0
	uint8_t ip[16];  // network order; IPv4 in the first four bytes
};

// One address and UDP or TCP port.
struct addr_port {
	struct addr addr;
	uint16_t port; // host order
	uint16_t zero; // always 0
};

// Reads "192.0.2.1" or "2001:db8::1". Returns 0, or -EINVAL and leaves *ret.
int addr_parse(const char *text, struct addr *ret);

// Reads "192.0.2.1/24"; a missing length means the full 32 or 128. Returns 0 or -EINVAL.
int addr_parse_prefix(const char *text, struct addr *ret, uint8_t *ret_length);

// Reads "192.0.2.1:4000" or "[2001:db8::1]:4000". Returns 0, or -EINVAL and leaves *ret.
int addr_port_parse(const char *text, struct addr_port *ret);

// Writes the address; always NUL-terminates when cap > 0. Returns buf.
const char *addr_text(const struct addr *a, char *buf, size_t cap);

// Writes "192.0.2.1:4000" or "[2001:db8::1]:4000". Returns buf.
const char *addr_port_text(const struct addr_port *a, char *buf, size_t cap);

// Makes an IPv4 address from four network-order bytes.
struct addr addr_ipv4(const uint8_t ip[4]);

// Makes an IPv6 address from sixteen network-order bytes.
struct addr addr_ipv6(const uint8_t ip[16]);

bool addr_equal(const struct addr *a, const struct addr *b);

// True for 224.0.0.0/4 and ff00::/8.
bool addr_is_multicast(const struct addr *a);

// True for 0.0.0.0, :: and ADDR_NONE.
bool addr_is_any(const struct addr *a);
