// SPDX-License-Identifier: GPL-3.0-or-later
// frame.h - Writes IPv4, IPv6 and UDP headers in front of a payload.
#pragma once

#include <rte_byteorder.h>
#include <rte_mbuf.h>

#include "dataplane/hot/sum.h"
#include "gw/media.h"

#define FRAME_UDP       8
#define FRAME_IPV4      20
#define FRAME_IPV6      40
#define FRAME_TTL       MEDIA_TTL
#define FRAME_PROTO_UDP 17

// Where a datagram comes from and goes to. Ports in host order, addresses as in struct addr.
struct frame_path {
	const uint8_t *src_ip;
	const uint8_t *dst_ip;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t dscp;
	uint8_t ttl;
	bool v6;
};

// True of a group's address in network order.
static inline bool frame_to_group(const uint8_t *dst_ip, bool v6)
{
	return v6 ? dst_ip[0] == 0xff : dst_ip[0] >> 4 == 0xe;
}

static inline void frame_store16(uint8_t *p, uint16_t host)
{
	uint16_t v = rte_cpu_to_be_16(host);
	memcpy(p, &v, 2);
}

// Writes an IPv4 header that ends at `udp`, checksum included. `len` counts the UDP header and its payload, `ends` is the
// sum of both addresses, all of them as they stand on the wire.
static inline uint8_t *frame_write_ipv4_sum(uint8_t *udp, uint32_t src, uint32_t dst, uint64_t ends,
					    uint8_t dscp, uint8_t ttl, uint16_t len, uint16_t id)
{
	uint8_t *ip = udp - FRAME_IPV4;
	uint32_t w0 =
		rte_cpu_to_be_32(UINT32_C(0x45000000) | (uint32_t)dscp << 18 | (uint32_t)(len + FRAME_IPV4));
	uint32_t w1 = rte_cpu_to_be_32((uint32_t)id << 16 | 0x4000); // may not be fragmented
	uint32_t w2 = rte_cpu_to_be_32((uint32_t)ttl << 24 | FRAME_PROTO_UDP << 16);
	uint16_t sum = (uint16_t)~sum_fold((uint64_t)w0 + w1 + w2 + ends);
	memcpy(ip, &w0, 4);
	memcpy(ip + 4, &w1, 4);
	memcpy(ip + 8, &w2, 4);
	memcpy(ip + 10, &sum, 2);
	memcpy(ip + 12, &src, 4);
	memcpy(ip + 16, &dst, 4);
	return ip;
}

static inline uint8_t *frame_write_ipv4(uint8_t *udp, const struct frame_path *path, uint16_t len,
					uint16_t id)
{
	uint32_t src = sum_load32(path->src_ip), dst = sum_load32(path->dst_ip);
	return frame_write_ipv4_sum(udp, src, dst, (uint64_t)src + dst, path->dscp, path->ttl, len, id);
}

// Moves the start of a frame's data, after headers of another length were written.
static inline void frame_shift(struct rte_mbuf *m, int shift)
{
	m->data_off = (uint16_t)(m->data_off + shift);
	m->data_len = (uint16_t)(m->data_len - shift);
	m->pkt_len = m->data_len;
	m->ol_flags = 0;
}

// Writes an IPv6 header that ends at `udp`.
static inline uint8_t *frame_write_ipv6(uint8_t *udp, const struct frame_path *path, uint16_t len)
{
	uint8_t *ip = udp - FRAME_IPV6;
	uint32_t w0 = rte_cpu_to_be_32(UINT32_C(0x60000000) | (uint32_t)path->dscp << 22);
	uint32_t w1 = rte_cpu_to_be_32((uint32_t)len << 16 | FRAME_PROTO_UDP << 8 | path->ttl);
	memcpy(ip, &w0, 4);
	memcpy(ip + 4, &w1, 4);
	memcpy(ip + 8, path->src_ip, 16);
	memcpy(ip + 24, path->dst_ip, 16);
	return ip;
}

// Writes the IP header in front of `udp`. Returns its first byte.
static inline uint8_t *frame_write_ip(uint8_t *udp, const struct frame_path *path, uint16_t len, uint16_t id)
{
	return path->v6 ? frame_write_ipv6(udp, path, len) : frame_write_ipv4(udp, path, len, id);
}

// One's-complement sum of pseudo header and UDP header without the checksum, as both stand on the wire.
static inline uint64_t frame_pseudo_sum(const struct frame_path *path, uint16_t len)
{
	return sum_ip(path->src_ip, path->v6) + sum_ip(path->dst_ip, path->v6) +
	       rte_cpu_to_be_16(FRAME_PROTO_UDP) + 2 * (uint64_t)rte_cpu_to_be_16(len) +
	       rte_cpu_to_be_16(path->src_port) + rte_cpu_to_be_16(path->dst_port);
}

// Whether the checksum of a datagram as it came is right. `len` counts its UDP header, `src` is followed by the
// destination.
static inline bool frame_udp_intact(const uint8_t *src, bool v6, const uint8_t *udp, uint16_t len)
{
	uint64_t sum = sum_ip(src, v6) + sum_ip(src + (v6 ? 16 : 4), v6) + rte_cpu_to_be_16(FRAME_PROTO_UDP) +
		       rte_cpu_to_be_16(len);
	return sum_fold(sum + sum_bytes(udp, len)) == UINT16_MAX;
}

// Writes the UDP header with its checksum as given.
static inline void frame_write_udp(uint8_t *udp, const struct frame_path *path, uint16_t len, uint16_t sum)
{
	frame_store16(udp, path->src_port);
	frame_store16(udp + 2, path->dst_port);
	frame_store16(udp + 4, len);
	memcpy(udp + 6, &sum, 2);
}

// The checksum field for a sum over everything; 0 is sent as all ones (RFC 768).
static inline uint16_t frame_udp_checksum(uint64_t sum)
{
	uint16_t c = (uint16_t)~sum_fold(sum);
	return c ? c : UINT16_MAX;
}
