// SPDX-License-Identifier: GPL-3.0-or-later
// frame.c - Writes Ethernet and IP headers and sums for benches that make their own packets, byte by byte.
#include "bench/frame.h"

#include <string.h>

void frame_put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

unsigned int frame_sum(unsigned int sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (unsigned int)(p[i] << 8 | p[i + 1]);
	return sum;
}

uint16_t frame_fold(unsigned int sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint8_t *frame_ethernet(uint8_t *p, const uint8_t to[6], const uint8_t from[6], unsigned int vlan, bool v6)
{
	memcpy(p, to, 6);
	memcpy(p + 6, from, 6);
	p += 12;
	if (vlan) {
		frame_put16(p, 0x8100);
		frame_put16(p + 2, vlan);
		p += 4;
	}
	frame_put16(p, v6 ? 0x86dd : 0x0800);
	return p + 2;
}

uint8_t *frame_ip(uint8_t *ip, const struct addr *src, const struct addr *dst, unsigned int udp_len)
{
	bool v6 = src->family == ADDR_IPV6;
	memset(ip, 0, v6 ? 40 : 20);
	if (v6) {
		ip[0] = 0x60;
		frame_put16(ip + 4, udp_len);
		ip[6] = 17;
		ip[7] = 64;
		memcpy(ip + 8, src->ip, 16);
		memcpy(ip + 24, dst->ip, 16);
		return ip + 40;
	}
	ip[0] = 0x45;
	frame_put16(ip + 2, 20 + udp_len);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, src->ip, 4);
	memcpy(ip + 16, dst->ip, 4);
	frame_put16(ip + 10, frame_fold(frame_sum(0, ip, 20)));
	return ip + 20;
}
