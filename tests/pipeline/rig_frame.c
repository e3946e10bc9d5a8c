// SPDX-License-Identifier: GPL-3.0-or-later
// rig_frame.c - Writes and takes apart frames byte by byte, by code of its own.
#include "tests/pipeline/rig.h"

struct addr rig_addr(const char *text)
{
	struct addr a;
	REQUIRE(addr_parse(text, &a) == 0);
	return a;
}

void rig_far_mac(const struct addr *a, uint8_t mac[6])
{
	const uint8_t *last = a->family == ADDR_IPV6 ? a->ip + 14 : a->ip + 2;
	const uint8_t m[6] = {0x02, 0xfa, a->family, 0, last[0], last[1]};
	memcpy(mac, m, 6);
}

const uint8_t *rig_mac(const struct rig *r, unsigned int port)
{
	return r->dp.ports[port].mac;
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint16_t rig_checksum(uint32_t start, const uint8_t *p, size_t len)
{
	return (uint16_t)~sum16(start, p, len);
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

static uint32_t pseudo(const struct rig_datagram *d, unsigned int udp_len)
{
	size_t n = d->src.family == ADDR_IPV6 ? 16 : 4;
	uint8_t tail[4] = {0, 17, (uint8_t)(udp_len >> 8), (uint8_t)udp_len};
	return sum16(sum16(sum16(0, d->src.ip, n), d->dst.ip, n), tail, 4);
}

// MAC address of a group (RFC 1112, RFC 2464); false when it is none.
static bool group_mac(const struct addr *a, uint8_t mac[6])
{
	const uint8_t v4[6] = {0x01, 0x00, 0x5e, a->ip[1] & 0x7f, a->ip[2], a->ip[3]};
	const uint8_t v6[6] = {0x33, 0x33, a->ip[12], a->ip[13], a->ip[14], a->ip[15]};
	if (!addr_is_multicast(a))
		return false;
	memcpy(mac, a->family == ADDR_IPV6 ? v6 : v4, 6);
	return true;
}

size_t rig_encode(const struct rig *r, unsigned int port, const struct rig_datagram *d, uint8_t *frame)
{
	bool v6 = d->src.family == ADDR_IPV6;
	uint8_t *p = frame;
	unsigned int udp_len = 8u + d->len;
	if (!group_mac(&d->dst, p))
		memcpy(p, rig_mac(r, port), 6);
	rig_far_mac(&d->src, p + 6);
	p += 12;
	if (d->vlan) {
		put16(p, 0x8100);
		put16(p + 2, d->vlan);
		p += 4;
	}
	put16(p, v6 ? 0x86dd : 0x0800);
	p += 2;
	if (v6) {
		memset(p, 0, 40);
		p[0] = 0x60;
		put16(p + 4, udp_len);
		p[6] = 17;
		p[7] = 61;
		memcpy(p + 8, d->src.ip, 16);
		memcpy(p + 24, d->dst.ip, 16);
		p += 40;
	} else {
		memset(p, 0, 20);
		p[0] = 0x45;
		put16(p + 2, 20 + udp_len);
		put16(p + 4, 0x1234);
		p[8] = 61;
		p[9] = 17;
		memcpy(p + 12, d->src.ip, 4);
		memcpy(p + 16, d->dst.ip, 4);
		put16(p + 10, rig_checksum(0, p, 20));
		p += 20;
	}
	put16(p, d->src_port);
	put16(p + 2, d->dst_port);
	put16(p + 4, udp_len);
	put16(p + 6, 0);
	memcpy(p + 8, d->payload, d->len);
	uint16_t sum = rig_checksum(pseudo(d, udp_len), p, udp_len);
	if (!d->unsummed)
		put16(p + 6, sum ? sum : 0xffff);
	return (size_t)(p - frame) + udp_len;
}

// MAC address of the next hop: the far end's own on our prefixes, else the gateway's.
static void hop_mac(const struct addr *dst, uint8_t mac[6])
{
	static const uint8_t nets[2][3] = {{192, 0, 2}, {198, 51, 100}};
	struct addr gateway = rig_addr(dst->family == ADDR_IPV6 ? "2001:db8::fe" : "192.0.2.254");
	struct addr tagged = rig_addr(RIG_IP6_VLAN);
	bool near = dst->family == ADDR_IPV6
			    ? memcmp(dst->ip, gateway.ip, 8) == 0 || memcmp(dst->ip, tagged.ip, 8) == 0
			    : memcmp(dst->ip, nets[0], 3) == 0 || memcmp(dst->ip, nets[1], 3) == 0;
	rig_far_mac(near ? dst : &gateway, mac);
}

static bool wrong(const char *what)
{
	printf("frame: %s\n", what);
	return false;
}

bool rig_decode(const struct rig *r, unsigned int port, const struct rig_frame *f, struct rig_datagram *ret)
{
	const uint8_t *p = f->bytes + 12, *end = f->bytes + f->len;
	struct rig_datagram d = {0};
	if (get16(p) == 0x8100) {
		d.vlan = (uint16_t)(get16(p + 2) & 0xfff);
		p += 4;
	}
	if (d.vlan != (port == 1 ? 7 : 0))
		return wrong("VLAN");
	unsigned int type = get16(p);
	p += 2;
	if (type == 0x0800) {
		if (p[0] != 0x45 || p + get16(p + 2) != end || p[9] != 17)
			return wrong("IPv4 header");
		if (p[8] != (p[16] >> 4 == 14 ? RIG_GROUP_TTL : 64) || rig_checksum(0, p, 20) != 0)
			return wrong("TTL or header checksum");
		d.dscp = p[1] >> 2;
		d.src = addr_ipv4(p + 12);
		d.dst = addr_ipv4(p + 16);
		p += 20;
	} else if (type == 0x86dd) {
		if (p[0] >> 4 != 6 || p + 40 + get16(p + 4) != end || p[6] != 17 ||
		    p[7] != (p[24] == 0xff ? RIG_GROUP_TTL : 64))
			return wrong("IPv6 header");
		d.dscp = (uint8_t)((get16(p) >> 6) & 63);
		d.src = addr_ipv6(p + 8);
		d.dst = addr_ipv6(p + 24);
		p += 40;
	} else {
		return wrong("EtherType");
	}
	uint8_t mac[6];
	if (!group_mac(&d.dst, mac))
		hop_mac(&d.dst, mac);
	if (memcmp(f->bytes, mac, 6) != 0 || memcmp(f->bytes + 6, rig_mac(r, port), 6) != 0)
		return wrong("MAC addresses");
	unsigned int udp_len = get16(p + 4);
	if (p + udp_len != end)
		return wrong("UDP length");
	d.src_port = (uint16_t)get16(p);
	d.dst_port = (uint16_t)get16(p + 2);
	d.unsummed = get16(p + 6) == 0;
	if (d.unsummed ? type != 0x0800 : rig_checksum(pseudo(&d, udp_len), p, udp_len) != 0)
		return wrong("UDP checksum");
	d.len = (uint16_t)(udp_len - 8);
	memcpy(d.payload, p + 8, d.len);
	*ret = d;
	return true;
}

void rig_rtp(struct rig_datagram *d, uint8_t payload_type, uint16_t seq, uint32_t ts, uint32_t ssrc,
	     uint8_t fill, uint16_t payload_len)
{
	uint8_t *p = d->payload;
	p[0] = 0x80;
	p[1] = payload_type;
	put16(p + 2, seq);
	put16(p + 4, ts >> 16);
	put16(p + 6, ts & 0xffff);
	put16(p + 8, ssrc >> 16);
	put16(p + 10, ssrc & 0xffff);
	memset(p + 12, fill, payload_len);
	d->len = (uint16_t)(12 + payload_len);
}
