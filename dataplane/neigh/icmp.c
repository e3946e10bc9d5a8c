// SPDX-License-Identifier: GPL-3.0-or-later
// icmp.c - Answers ICMP and ICMPv6 echo, and speaks neighbour discovery (RFC 792, RFC 4443, RFC 4861).
//
// Of neighbour discovery only what a host with fixed addresses needs: solicitations and advertisements. Router
// advertisements and redirects are ignored: gateways come from the configuration.
#include "dataplane/neigh/inner.h"

enum { IPV4_LEN = 20, IPV6_LEN = 40, ICMP_LEN = 8, ND_LEN = 24, ND_OPTION_LEN = 8 };
enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, ECHO_REQUEST_V6 = 128, ECHO_REPLY_V6 = 129 };
enum { SOLICIT = 135, ADVERTISE = 136, OPTION_SOURCE = 1, OPTION_TARGET = 2, PROTO_ICMPV6 = 58 };
enum { FLAG_SOLICITED = 0x40, FLAG_OVERRIDE = 0x20, HOPS = 64, HOPS_ND = 255 };

static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};

static void store_sum(uint8_t *p, uint64_t sum)
{
	uint16_t c = (uint16_t)~sum_fold(sum);
	memcpy(p, &c, 2);
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t t[16];
	memcpy(t, a, n);
	memcpy(a, b, n);
	memcpy(b, t, n);
}

enum drop_reason neigh_icmp_input(struct neigh *n, const struct neigh_frame *f, bool *ret_kept)
{
	uint8_t *ip = f->l3, *icmp = ip + IPV4_LEN;
	unsigned int total = neigh_load16(ip + 2);
	if ((ip[0] & 15) != IPV4_LEN / 4)
		return DROP_icmp_ignored; // IP options
	unsigned int len = total - IPV4_LEN;
	if (len < ICMP_LEN || sum_fold(sum_bytes(icmp, len)) != UINT16_MAX)
		return DROP_icmp_malformed;
	struct addr from = addr_ipv4(ip + 12);
	if (icmp[0] != ECHO_REQUEST || icmp[1] != 0 || addr_is_multicast(&from) || addr_is_any(&from))
		return DROP_icmp_ignored;
	icmp[0] = ECHO_REPLY;
	neigh_store16(icmp + 2, 0);
	store_sum(icmp + 2, sum_bytes(icmp, len));
	swap(ip + 12, ip + 16, 4);
	ip[8] = HOPS;
	neigh_store16(ip + 10, 0);
	store_sum(ip + 10, sum_bytes(ip, IPV4_LEN));
	neigh_frame_return(n, f);
	*ret_kept = true;
	return DROP_NONE;
}

static uint64_t pseudo_sum(const uint8_t *ip, unsigned int len)
{
	const uint8_t tail[8] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, PROTO_ICMPV6};
	return sum_bytes(ip + 8, 32) + sum_bytes(tail, 8);
}

// Ethernet address of a multicast group (RFC 2464 s7).
static void group_mac(const uint8_t ip[16], uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, ip + 12, 4);
}

static void nd_send(struct neigh *n, const struct local *from, uint8_t type, uint8_t flags,
		    const uint8_t *dst_ip, const uint8_t *dst_mac, const uint8_t *target)
{
	struct rte_mbuf *m;
	unsigned int len = ND_LEN + ND_OPTION_LEN;
	uint8_t *ip = neigh_frame_new(n, from, dst_mac, NEIGH_TYPE_IPV6, IPV6_LEN + len, &m);
	if (!ip)
		return;
	struct wire_writer w = wire_writer(ip, IPV6_LEN + len);
	wire_put_be32(&w, UINT32_C(0x60000000));
	wire_put_be16(&w, (uint16_t)len);
	wire_put_u8(&w, PROTO_ICMPV6);
	wire_put_u8(&w, HOPS_ND);
	wire_put(&w, from->addr.ip, 16);
	wire_put(&w, dst_ip, 16);
	wire_put_u8(&w, type);
	wire_put_zero(&w, 3);
	wire_put_u8(&w, flags);
	wire_put_zero(&w, 3);
	wire_put(&w, target, 16);
	wire_put_u8(&w, type == SOLICIT ? OPTION_SOURCE : OPTION_TARGET);
	wire_put_u8(&w, 1);
	wire_put(&w, from->mac, 6);
	store_sum(ip + IPV6_LEN + 2, pseudo_sum(ip, len) + sum_bytes(ip + IPV6_LEN, len));
	n->send(n->send_arg, from->port, m);
}

void neigh_nd_solicit(struct neigh *n, const struct local *from, const uint8_t target[16], const uint8_t *mac)
{
	uint8_t group[16] = {0xff, 0x02, [11] = 1, [12] = 0xff, target[13], target[14], target[15]},
		group_eth[6];
	group_mac(group, group_eth);
	nd_send(n, from, SOLICIT, 0, mac ? target : group, mac ? mac : group_eth, target);
}

void neigh_nd_announce(struct neigh *n, const struct local *from)
{
	uint8_t mac[6];
	group_mac(all_nodes, mac);
	nd_send(n, from, ADVERTISE, FLAG_OVERRIDE, all_nodes, mac, from->addr.ip);
}

// Walks the options (RFC 4861 s4.6). Returns false when one is malformed; *ret_mac is NULL when the wanted is absent.
static bool nd_option(struct wire_reader *r, uint8_t wanted, const uint8_t **ret_mac)
{
	*ret_mac = NULL;
	while (wire_left(r)) {
		uint8_t type = wire_u8(r);
		unsigned int len = wire_u8(r) * 8u;
		const uint8_t *body = len ? wire_take(r, len - 2) : NULL;
		if (r->failed || !body)
			return false;
		if (type == wanted)
			*ret_mac = body;
	}
	return true;
}

static enum drop_reason nd_input(struct neigh *n, const struct neigh_frame *f, const uint8_t *icmp,
				 unsigned int len, nsec_t now)
{
	const uint8_t *mac;
	if (len < ND_LEN || icmp[1] != 0 || f->l3[7] != HOPS_ND)
		return DROP_icmp_malformed;
	struct wire_reader options = wire_reader(icmp + ND_LEN, len - ND_LEN);
	struct addr target = addr_ipv6(icmp + 8), from = addr_ipv6(f->l3 + 8);
	if (!nd_option(&options, icmp[0] == SOLICIT ? OPTION_SOURCE : OPTION_TARGET, &mac) ||
	    addr_is_multicast(&target))
		return DROP_icmp_malformed;
	if (icmp[0] == ADVERTISE) {
		if (neigh_local(n, f->port, &target))
			return DROP_loop;
		neigh_learn(n, f->port, &target, mac ? mac : f->eth + 6, now);
		return DROP_NONE;
	}
	const struct local *ours = neigh_local(n, f->port, &target);
	if (!ours)
		return DROP_ip_not_ours;
	if (addr_is_any(&from)) { // somebody checks whether our address is free: it is not
		neigh_nd_announce(n, ours);
		return DROP_NONE;
	}
	if (mac)
		neigh_learn(n, f->port, &from, mac, now);
	nd_send(n, ours, ADVERTISE, FLAG_SOLICITED | FLAG_OVERRIDE, from.ip, mac ? mac : f->eth + 6,
		target.ip);
	return DROP_NONE;
}

enum drop_reason neigh_icmpv6_input(struct neigh *n, const struct neigh_frame *f, nsec_t now, bool *ret_kept)
{
	uint8_t *ip = f->l3, *icmp = ip + IPV6_LEN;
	unsigned int len = neigh_load16(ip + 4);
	if (len < ICMP_LEN || sum_fold(pseudo_sum(ip, len) + sum_bytes(icmp, len)) != UINT16_MAX)
		return DROP_icmp_malformed;
	if (icmp[0] == SOLICIT || icmp[0] == ADVERTISE)
		return nd_input(n, f, icmp, len, now);
	struct addr to = addr_ipv6(ip + 24), from = addr_ipv6(ip + 8);
	if (icmp[0] != ECHO_REQUEST_V6 || icmp[1] != 0 || !neigh_local(n, f->port, &to) ||
	    addr_is_multicast(&from) || addr_is_any(&from))
		return DROP_icmp_ignored;
	icmp[0] = ECHO_REPLY_V6;
	swap(ip + 8, ip + 24, 16);
	ip[7] = HOPS;
	neigh_store16(icmp + 2, 0);
	store_sum(icmp + 2, pseudo_sum(ip, len) + sum_bytes(icmp, len));
	neigh_frame_return(n, f);
	*ret_kept = true;
	return DROP_NONE;
}
