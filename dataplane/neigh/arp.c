// SPDX-License-Identifier: GPL-3.0-or-later
// arp.c - Answers, asks and learns by ARP (RFC 826, RFC 5227 for announcements).
#include "dataplane/neigh/inner.h"

#include "gw/log.h"

enum { ARP_LEN = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };

#define CLAIM_INTERVAL (10 * NSEC_PER_SEC)

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[6];

static void arp_send(struct neigh *n, const struct local *from, uint16_t operation, const uint8_t *eth_dst,
		     const uint8_t *target_mac, const uint8_t *target_ip)
{
	struct rte_mbuf *m;
	uint8_t *p = neigh_frame_new(n, from, eth_dst, NEIGH_TYPE_ARP, ARP_LEN, &m);
	if (!p)
		return;
	struct wire_writer w = wire_writer(p, ARP_LEN);
	wire_put_be16(&w, 1); // Ethernet
	wire_put_be16(&w, NEIGH_TYPE_IPV4);
	wire_put_u8(&w, 6);
	wire_put_u8(&w, 4);
	wire_put_be16(&w, operation);
	wire_put(&w, from->mac, 6);
	wire_put(&w, from->addr.ip, 4);
	wire_put(&w, target_mac, 6);
	wire_put(&w, target_ip, 4);
	n->send(n->send_arg, from->port, m);
}

void neigh_arp_request(struct neigh *n, const struct local *from, const uint8_t target[4], const uint8_t *mac)
{
	arp_send(n, from, ARP_REQUEST, mac ? mac : everybody, nobody, target);
}

void neigh_arp_announce(struct neigh *n, const struct local *from)
{
	arp_send(n, from, ARP_REQUEST, everybody, nobody, from->addr.ip);
}

// Somebody claims an address of ours: it is said, and the wire told again, but no more often than RFC 5227 s2.4 has it. Our own
// words may come back by a loop.
static void claim_answer(struct neigh *n, const struct local *ours, const uint8_t mac[6], nsec_t now)
{
	char text[ADDR_TEXT_MAX];
	if (memcmp(mac, ours->mac, 6) == 0 || now < n->claim_due)
		return;
	n->claim_due = now + CLAIM_INTERVAL;
	neigh_arp_announce(n, ours);
	log_warning(addr_text(&ours->addr, text, sizeof(text)),
		    "another host uses this media address: give one of them another",
		    "mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

enum drop_reason neigh_arp_input(struct neigh *n, const struct neigh_frame *f, nsec_t now)
{
	struct wire_reader r = wire_reader(f->l3, f->len);
	uint16_t hardware = wire_be16(&r), protocol = wire_be16(&r);
	uint16_t lengths = wire_be16(&r), operation = wire_be16(&r);
	const uint8_t *sender_mac = wire_take(&r, 6), *sender_ip = wire_take(&r, 4);
	wire_take(&r, 6);
	const uint8_t *target_ip = wire_take(&r, 4);
	if (r.failed || hardware != 1 || protocol != NEIGH_TYPE_IPV4 || lengths != 0x0604 ||
	    (operation != ARP_REQUEST && operation != ARP_REPLY) || sender_mac[0] & 1)
		return DROP_arp_malformed;
	struct addr sender = addr_ipv4(sender_ip), target = addr_ipv4(target_ip);
	const struct local *claimed = neigh_local(n, f->port, &sender);
	if (claimed) {
		claim_answer(n, claimed, sender_mac, now);
		return DROP_loop;
	}
	neigh_learn(n, f->port, &sender, sender_mac, now);
	const struct local *ours = neigh_local(n, f->port, &target);
	if (!ours)
		return DROP_ip_not_ours;
	if (operation == ARP_REQUEST)
		arp_send(n, ours, ARP_REPLY, sender_mac, sender_mac, sender_ip);
	return DROP_NONE;
}
