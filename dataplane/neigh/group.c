// SPDX-License-Identifier: GPL-3.0-or-later
// group.c - Membership of multicast groups, told to routers and switches by IGMP and MLD.
//
// In the version in which the port's router last asked: IGMPv3 (RFC 3376) and MLDv2 (RFC 3810), or IGMPv2 (RFC 2236) and MLDv1
// (RFC 2710), which all later ones understand (RFC 3376 s7.3, RFC 3810 s8.3) and with which we begin. A
// group is reported when it is joined, once more a second later, whenever a router asks, and every minute besides, so
// that a switch that missed one of these does not forget it. Reports of others do not keep ours back: switches hide
// them from us in any case. The groups are few, so answers need not be spread over time. Any source is welcome.
#include "dataplane/neigh/inner.h"

#include <errno.h>

enum { IPV4_LEN = 24, IPV6_LEN = 40, HOPS_LEN = 8 };                            // headers with router alert
enum { IGMP_LEN = 8, IGMP3_QUERY_LEN = 12, MLD_LEN = 24, MLD2_QUERY_LEN = 28 }; // of messages
enum { IGMP_QUERY = 0x11, IGMP_REPORT = 0x16, IGMP_LEAVE = 0x17, IGMP3_REPORT = 0x22 };
enum { MLD_QUERY = 130, MLD_REPORT = 131, MLD_DONE = 132, MLD2_REPORT = 143, PROTO_ICMPV6 = 58 };

// What is said of a group, as IGMPv3 and MLDv2 number it: which sources are excluded (none), or included (none: we leave).
enum deed { STILL = 2, LEAVE = 3, JOIN = 4 };

#define MESSAGE_MAX 28
#define AGAIN       NSEC_PER_SEC
#define REPORT      (60 * NSEC_PER_SEC)

static const uint8_t all_routers_v4[4] = {224, 0, 0, 2}, all_routers_v6[16] = {0xff, 0x02, [15] = 2};
static const uint8_t reports_v4[4] = {224, 0, 0, 22}, reports_v6[16] = {0xff, 0x02, [15] = 22};

void neigh_group_mac(const struct addr *group, uint8_t mac[6])
{
	if (group->family == ADDR_IPV6) {
		mac[0] = mac[1] = 0x33;
		memcpy(mac + 2, group->ip + 12, 4);
		return;
	}
	const uint8_t m[6] = {0x01, 0x00, 0x5e, group->ip[1] & 0x7f, group->ip[2], group->ip[3]};
	memcpy(mac, m, 6);
}

static void store_sum(uint8_t *p, uint64_t sum)
{
	uint16_t c = (uint16_t)~sum_fold(sum);
	memcpy(p, &c, 2);
}

// The message, and whom it is for. Returns its length.
static unsigned int igmp_message(const struct neigh_group *g, bool v3, enum deed deed,
				 uint8_t out[MESSAGE_MAX], struct addr *ret_to)
{
	struct wire_writer w = wire_writer(out, MESSAGE_MAX);
	*ret_to = v3 ? addr_ipv4(reports_v4) : deed == LEAVE ? addr_ipv4(all_routers_v4) : g->addr;
	wire_put_u8(&w, v3 ? IGMP3_REPORT : deed == LEAVE ? IGMP_LEAVE : IGMP_REPORT);
	wire_put_zero(&w, 3);
	if (v3) {
		wire_put_be32(&w, 1); // record
		wire_put_u8(&w, (uint8_t)deed);
		wire_put_zero(&w, 3);
	}
	wire_put(&w, g->addr.ip, 4);
	return (unsigned int)wire_written(&w);
}

static void igmp_send(struct neigh *n, const struct neigh_group *g, enum deed deed)
{
	const struct local *from = &n->lookup->locals[g->local];
	struct addr to;
	struct rte_mbuf *m;
	uint8_t mac[6], message[MESSAGE_MAX];
	unsigned int len = igmp_message(g, n->asked_v3[from->port] & NEIGH_IGMP3, deed, message, &to);
	neigh_group_mac(&to, mac);
	uint8_t *ip = neigh_frame_new(n, from, mac, NEIGH_TYPE_IPV4, IPV4_LEN + len, &m);
	if (!ip)
		return;
	struct wire_writer w = wire_writer(ip, IPV4_LEN + len);
	wire_put_u8(&w, 0x40 | IPV4_LEN / 4);
	wire_put_u8(&w, 0xc0); // internetwork control
	wire_put_be16(&w, (uint16_t)(IPV4_LEN + len));
	wire_put_be32(&w, 0x4000); // not fragmented
	wire_put_u8(&w, 1);        // TTL
	wire_put_u8(&w, NEIGH_PROTO_IGMP);
	wire_put_zero(&w, 2);
	wire_put(&w, from->addr.ip, 4);
	wire_put(&w, to.ip, 4);
	wire_put_be32(&w, UINT32_C(0x94040000)); // router alert, RFC 2113
	wire_put(&w, message, len);
	store_sum(ip + 10, sum_bytes(ip, IPV4_LEN));
	store_sum(ip + IPV4_LEN + 2, sum_bytes(ip + IPV4_LEN, len));
	n->send(n->send_arg, from->port, m);
}

// Routers listen to link-local senders only: the address that the port's MAC address makes (RFC 4291 appendix A).
static void link_local(const struct local *from, uint8_t ip[16])
{
	const uint8_t *mac = from->mac;
	const uint8_t made[16] = {0xfe,       0x80,   0,      0,    0,    0,      0,      0,
				  mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};
	memcpy(ip, made, 16);
}

static unsigned int mld_message(const struct neigh_group *g, bool v2, enum deed deed,
				uint8_t out[MESSAGE_MAX], struct addr *ret_to)
{
	struct wire_writer w = wire_writer(out, MESSAGE_MAX);
	*ret_to = v2 ? addr_ipv6(reports_v6) : deed == LEAVE ? addr_ipv6(all_routers_v6) : g->addr;
	wire_put_u8(&w, v2 ? MLD2_REPORT : deed == LEAVE ? MLD_DONE : MLD_REPORT);
	wire_put_zero(&w, v2 ? 3 : 7);
	if (v2) {
		wire_put_be32(&w, 1); // record
		wire_put_u8(&w, (uint8_t)deed);
		wire_put_zero(&w, 3);
	}
	wire_put(&w, g->addr.ip, 16);
	return (unsigned int)wire_written(&w);
}

static void mld_send(struct neigh *n, const struct neigh_group *g, enum deed deed)
{
	const struct local *from = &n->lookup->locals[g->local];
	struct addr to;
	struct rte_mbuf *m;
	uint8_t mac[6], sender[16], message[MESSAGE_MAX];
	const unsigned int len = mld_message(g, n->asked_v3[from->port] & NEIGH_MLD2, deed, message, &to);
	neigh_group_mac(&to, mac);
	link_local(from, sender);
	uint8_t *ip = neigh_frame_new(n, from, mac, NEIGH_TYPE_IPV6, IPV6_LEN + HOPS_LEN + len, &m);
	if (!ip)
		return;
	struct wire_writer w = wire_writer(ip, IPV6_LEN + HOPS_LEN + len);
	wire_put_be32(&w, UINT32_C(0x60000000));
	wire_put_be16(&w, (uint16_t)(HOPS_LEN + len));
	wire_put_u8(&w, NEIGH_PROTO_HOPS);
	wire_put_u8(&w, 1); // hop limit
	wire_put(&w, sender, 16);
	wire_put(&w, to.ip, 16);
	wire_put_u8(&w, PROTO_ICMPV6);
	wire_put_u8(&w, 0);
	wire_put_be32(&w, UINT32_C(0x05020000)); // router alert, RFC 2711
	wire_put_be16(&w, 0x0100);               // padding
	wire_put(&w, message, len);
	const uint8_t tail[8] = {0, 0, 0, (uint8_t)len, 0, 0, 0, PROTO_ICMPV6};
	uint8_t *mld = ip + IPV6_LEN + HOPS_LEN;
	store_sum(mld + 2, sum_bytes(ip + 8, 32) + sum_bytes(tail, 8) + sum_bytes(mld, len));
	n->send(n->send_arg, from->port, m);
}

static void say(struct neigh *n, const struct neigh_group *g, enum deed deed)
{
	if (g->addr.family == ADDR_IPV6)
		mld_send(n, g, deed);
	else
		igmp_send(n, g, deed);
}

static void report(struct neigh *n, struct neigh_group *g, enum deed deed, nsec_t now)
{
	say(n, g, deed);
	g->due = now + (g->again ? AGAIN : REPORT);
	g->again = false;
	if (g->due < n->due)
		n->due = g->due;
}

static struct neigh_group *find(struct neigh *n, const struct addr *a)
{
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++)
		if (n->groups[i].holders && addr_equal(&n->groups[i].addr, a))
			return &n->groups[i];
	return NULL;
}

int neigh_group_join(struct neigh *n, unsigned int local, const struct addr *group, nsec_t now)
{
	struct neigh_group *g = find(n, group);
	if (g) {
		g->holders++;
		return 0;
	}
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++) {
		g = &n->groups[i];
		if (g->holders)
			continue;
		*g = (struct neigh_group){
			.addr = *group, .holders = 1, .local = (uint8_t)local, .again = true};
		report(n, g, JOIN, now);
		return 0;
	}
	return -ENOSPC;
}

void neigh_group_leave(struct neigh *n, const struct addr *group)
{
	struct neigh_group *g = find(n, group);
	if (!g || --g->holders)
		return;
	say(n, g, LEAVE);
}

nsec_t neigh_groups_run(struct neigh *n, nsec_t now)
{
	nsec_t due = UINT64_MAX;
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++) {
		struct neigh_group *g = &n->groups[i];
		if (!g->holders)
			continue;
		if (g->due <= now)
			report(n, g, STILL, now);
		if (g->due < due)
			due = g->due;
	}
	return due;
}

void neigh_groups_report(struct neigh *n, uint16_t port, nsec_t now)
{
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++) {
		struct neigh_group *g = &n->groups[i];
		if (!g->holders || n->lookup->locals[g->local].port != port)
			continue;
		g->again = true;
		report(n, g, JOIN, now);
	}
}

// Answers for one group, or for all of them on this port.
static void answer(struct neigh *n, const struct neigh_frame *f, const struct addr *asked, nsec_t now)
{
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++) {
		struct neigh_group *g = &n->groups[i];
		if (g->holders && g->addr.family == asked->family &&
		    n->lookup->locals[g->local].port == f->port &&
		    (addr_is_any(asked) || addr_equal(asked, &g->addr)))
			report(n, g, STILL, now);
	}
}

static void heard_version(struct neigh *n, uint16_t port, uint8_t protocol, bool late)
{
	n->asked_v3[port] = (uint8_t)(late ? n->asked_v3[port] | protocol : n->asked_v3[port] & ~protocol);
}

// What other members and routers tell each other does not concern us.
enum drop_reason neigh_igmp_input(struct neigh *n, const struct neigh_frame *f, nsec_t now)
{
	unsigned int header = (f->l3[0] & 15u) * 4, total = neigh_load16(f->l3 + 2);
	const uint8_t *igmp = f->l3 + header;
	if (total < header + IGMP_LEN || sum_fold(sum_bytes(igmp, total - header)) != UINT16_MAX)
		return DROP_icmp_malformed;
	if (igmp[0] != IGMP_QUERY)
		return DROP_icmp_ignored;
	heard_version(n, f->port, NEIGH_IGMP3, total - header >= IGMP3_QUERY_LEN);
	struct addr asked = addr_ipv4(igmp + 4);
	answer(n, f, &asked, now);
	return DROP_NONE;
}

enum drop_reason neigh_mld_input(struct neigh *n, const struct neigh_frame *f, nsec_t now)
{
	const uint8_t *ip = f->l3, *options = ip + IPV6_LEN;
	unsigned int len = neigh_load16(ip + 4);
	unsigned int skip = len >= 2 ? (options[1] + 1u) * 8 : len;
	if (len < skip + MLD_LEN)
		return DROP_icmp_malformed;
	const uint8_t *mld = options + skip;
	unsigned int left = len - skip;
	const uint8_t tail[8] = {0, 0, (uint8_t)(left >> 8), (uint8_t)left, 0, 0, 0, PROTO_ICMPV6};
	if (sum_fold(sum_bytes(ip + 8, 32) + sum_bytes(tail, 8) + sum_bytes(mld, left)) != UINT16_MAX)
		return DROP_icmp_malformed;
	if (mld[0] != MLD_QUERY)
		return DROP_icmp_ignored;
	heard_version(n, f->port, NEIGH_MLD2, left >= MLD2_QUERY_LEN);
	struct addr asked = addr_ipv6(mld + 8);
	answer(n, f, &asked, now);
	return DROP_NONE;
}
