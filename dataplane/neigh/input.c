// SPDX-License-Identifier: GPL-3.0-or-later
// input.c - Sorts slow-path frames, and makes and turns round frames for the answers.
#include "dataplane/neigh/inner.h"

uint8_t *neigh_frame_new(struct neigh *n, const struct local *from, const uint8_t dst[6], uint16_t type,
			 unsigned int l3_len, struct rte_mbuf **ret)
{
	unsigned int header = from->vlan ? 18 : 14, len = header + l3_len;
	struct rte_mbuf *m = rte_pktmbuf_alloc(n->pool);
	if (!m) {
		n->drops[DROP_no_buffer]++;
		return NULL;
	}
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(len < 60 ? 60 : len));
	memset(p, 0, len < 60 ? 60 : len);
	memcpy(p, dst, 6);
	memcpy(p + 6, from->mac, 6);
	if (from->vlan) {
		neigh_store16(p + 12, NEIGH_TYPE_VLAN);
		neigh_store16(p + 14, from->vlan);
	}
	neigh_store16(p + header - 2, type);
	m->port = from->port;
	*ret = m;
	return p + header;
}

void neigh_frame_return(struct neigh *n, const struct neigh_frame *f)
{
	memcpy(f->eth, f->eth + 6, 6);
	uint64_t mac = n->lookup->ports[f->port].mac;
	memcpy(f->eth + 6, &mac, 6);
	f->m->ol_flags = 0;
}

static enum drop_reason sort(struct neigh *n, const struct neigh_frame *f, nsec_t now, bool *ret_kept)
{
	switch (f->type) {
	case NEIGH_TYPE_ARP:
		return neigh_arp_input(n, f, now);
	case NEIGH_TYPE_IPV4:
		return f->l3[9] == NEIGH_PROTO_IGMP ? neigh_igmp_input(n, f, now)
						    : neigh_icmp_input(n, f, ret_kept);
	case NEIGH_TYPE_IPV6:
		return f->l3[6] == NEIGH_PROTO_HOPS ? neigh_mld_input(n, f, now)
						    : neigh_icmpv6_input(n, f, now, ret_kept);
	default:
		return DROP_eth_type;
	}
}

void neigh_input(struct neigh *n, struct rte_mbuf *m, nsec_t now)
{
	// Lengths up to the network header were checked by the worker's parse stage.
	struct neigh_frame f = {.m = m, .eth = rte_pktmbuf_mtod(m, uint8_t *), .port = m->port};
	unsigned int header = neigh_load16(f.eth + 12) == NEIGH_TYPE_VLAN ? 18 : 14;
	f.type = neigh_load16(f.eth + header - 2);
	f.l3 = f.eth + header;
	f.len = m->data_len - header;
	bool kept = false;
	enum drop_reason reason = sort(n, &f, now, &kept);
	if (reason != DROP_NONE)
		n->drops[reason]++;
	if (kept)
		n->send(n->send_arg, f.port, m);
	else
		rte_pktmbuf_free(m);
}
