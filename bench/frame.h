// SPDX-License-Identifier: GPL-3.0-or-later
// frame.h - Writes Ethernet and IP headers and sums for benches that make their own packets, byte by byte.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/addr.h"

void frame_put16(uint8_t *p, unsigned int v);

// Sum of the 16-bit words of a whole number of them, in network order; RFC 1071 when folded.
unsigned int frame_sum(unsigned int sum, const uint8_t *p, size_t len);
uint16_t frame_fold(unsigned int sum);

// Writes an Ethernet header, with a tag unless `vlan` is 0. Returns where IP begins.
uint8_t *frame_ethernet(uint8_t *p, const uint8_t to[6], const uint8_t from[6], unsigned int vlan, bool v6);

// Writes an IP header for a UDP datagram of `udp_len` bytes. Returns where UDP begins.
uint8_t *frame_ip(uint8_t *ip, const struct addr *src, const struct addr *dst, unsigned int udp_len);
