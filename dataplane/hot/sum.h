// SPDX-License-Identifier: GPL-3.0-or-later
// sum.h - One's-complement sums (RFC 1071, RFC 1624) over bytes as they lie in memory.
//
// Sums are kept in 64 bits of native words and folded late; the byte order cancels out as long as the result is
// stored the way the words were read.
#pragma once

#include <stdint.h>
#include <string.h>

static inline uint64_t sum_load64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static inline uint32_t sum_load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return v;
}

static inline uint16_t sum_load16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, 2);
	return v;
}

// Folds to 16 bits; 0 only for a sum of nothing but zeros.
static inline uint16_t sum_fold(uint64_t s)
{
	// Adding the halves crosswise carries the low sum's overflow into the high one: the end-around carry.
	uint32_t words = (uint32_t)((s + (s << 32 | s >> 32)) >> 32);
	return (uint16_t)((words + (words << 16 | words >> 16)) >> 16);
}

// A multiple of 0xffff above any sum of a few headers: adding it changes no folded sum, and taking a sum off it is the
// subtraction of one's complement.
#define SUM_ZERO (UINT64_C(0xffff) << 32)

typedef uint64_t sum_pair __attribute__((vector_size(16)));

// Sum of any number of bytes; an odd last one counts as followed by zero.
static inline uint64_t sum_bytes(const uint8_t *p, unsigned int len)
{
	sum_pair low = {0}, high = {0};
	for (const uint8_t *end = p + (len & ~15u); p < end; p += 16) {
		sum_pair v;
		memcpy(&v, p, sizeof(v));
		low += v & UINT32_MAX;
		high += v >> 32;
	}
	low += high;
	uint64_t s = low[0] + low[1];
	for (const uint8_t *end = p + (len & 12); p < end; p += 4)
		s += sum_load32(p);
	if (len & 2) {
		s += sum_load16(p);
		p += 2;
	}
	if (len & 1)
		s += *p;
	return s;
}

// Sum of an IPv4 header without options.
static inline uint64_t sum_ipv4(const uint8_t *ip)
{
	return (uint64_t)sum_load32(ip) + sum_load32(ip + 4) + sum_load32(ip + 8) + sum_load32(ip + 12) +
	       sum_load32(ip + 16);
}

// Sum of an RTP header without CSRCs, all that a relay rewrites.
static inline uint64_t sum_rtp(const uint8_t *rtp)
{
	return (uint64_t)sum_load32(rtp) + sum_load32(rtp + 4) + sum_load32(rtp + 8);
}

// Sum of an address of the family's length.
static inline uint64_t sum_ip(const uint8_t *ip, int v6)
{
	uint64_t s = sum_load32(ip);
	if (v6)
		s += (uint64_t)sum_load32(ip + 4) + sum_load32(ip + 8) + sum_load32(ip + 12);
	return s;
}
