// SPDX-License-Identifier: GPL-3.0-or-later
// table.c - The next hops: who holds them, what they resolve to, when to ask again.
//
// INCOMPLETE is asked every quarter second four times, then every second for as long as somebody holds it.
// REACHABLE is asked again by unicast after 30 s; unanswered three times (PROBE) it is asked by broadcast. Nothing
// but an answer changes the address that workers use.
#include "dataplane/neigh/inner.h"

#include <errno.h>

#include <rte_malloc.h>

#include "gw/log.h"

#define RETRY          (NSEC_PER_SEC / 4)
#define RETRY_SLOW     NSEC_PER_SEC
#define REFRESH        (30 * NSEC_PER_SEC)
#define RUN_INTERVAL   (50 * NSEC_PER_MSEC) // the table is not walked more often
#define PROBES_FAST    4
#define PROBES_UNICAST 3

int neigh_init(struct neigh *n, const struct lookup *lookup, uint32_t capacity, int socket,
	       struct rte_mempool *pool, neigh_send_fn *send, void *send_arg)
{
	memset(n, 0, sizeof(*n));
	n->lookup = lookup;
	n->capacity = capacity < HOP_MAX ? capacity : HOP_MAX;
	n->pool = pool;
	n->send = send;
	n->send_arg = send_arg;
	n->due = UINT64_MAX;
	n->hops = rte_zmalloc_socket("hops", sizeof(*n->hops) * (n->capacity + 1), 64, socket);
	n->entries = rte_zmalloc_socket("neigh", sizeof(*n->entries) * (n->capacity + 1), 64, socket);
	return n->hops && n->entries ? 0 : -ENOMEM;
}

void neigh_fini(struct neigh *n)
{
	rte_free(n->hops);
	rte_free(n->entries);
	n->hops = NULL;
	n->entries = NULL;
}

static uint16_t *bucket(struct neigh *n, uint16_t port, const struct addr *a)
{
	uint32_t h = port * 31u + a->family;
	for (unsigned int i = 0; i < 16; i++)
		h = (h ^ a->ip[i]) * UINT32_C(16777619);
	return &n->buckets[h >> 12 & (NEIGH_BUCKETS - 1)];
}

static uint16_t find(struct neigh *n, uint16_t port, const struct addr *a)
{
	uint16_t i = *bucket(n, port, a);
	while (i && (n->entries[i].port != port || memcmp(&n->entries[i].addr, a, sizeof(*a)) != 0))
		i = n->entries[i].next;
	return i;
}

static void unlink_entry(struct neigh *n, uint16_t index)
{
	struct neigh_entry *e = &n->entries[index];
	uint16_t *at = bucket(n, e->port, &e->addr);
	while (*at != index)
		at = &n->entries[*at].next;
	*at = e->next;
	__atomic_store_n(&n->hops[index].ready, HOP_UNRESOLVED, __ATOMIC_RELEASE);
	*e = (struct neigh_entry){.state = NEIGH_FREE};
}

// A free entry, or one that nobody holds any more. 0 when there is none.
static uint16_t claim(struct neigh *n)
{
	if (n->used < n->capacity)
		return (uint16_t)++n->used;
	for (uint32_t i = 1; i <= n->capacity; i++)
		if (n->entries[i].holders == 0) {
			if (n->entries[i].state != NEIGH_FREE)
				unlink_entry(n, (uint16_t)i);
			return (uint16_t)i;
		}
	return 0;
}

static void publish(struct neigh *n, uint16_t index)
{
	const struct neigh_entry *e = &n->entries[index];
	const struct local *from = &n->lookup->locals[e->local];
	struct hop *hop = &n->hops[index];
	uint8_t next = !hop->current, *h = hop->headers[next];
	memcpy(h, e->mac, 6);
	memcpy(h + 6, from->mac, 6);
	uint8_t *type = h + 12;
	if (from->vlan) {
		neigh_store16(h + 12, NEIGH_TYPE_VLAN);
		neigh_store16(h + 14, from->vlan);
		type = h + 16;
	}
	neigh_store16(type, e->addr.family == ADDR_IPV6 ? NEIGH_TYPE_IPV6 : NEIGH_TYPE_IPV4);
	__atomic_store_n(&hop->current, next, __ATOMIC_RELEASE);
	__atomic_store_n(&hop->ready, hop->port < HOP_OURS ? HOP_READY : HOP_READY_OURS, __ATOMIC_RELEASE);
}

static void ask(struct neigh *n, struct neigh_entry *e, nsec_t now)
{
	const struct local *from = &n->lookup->locals[e->local];
	bool unicast = e->state != NEIGH_INCOMPLETE && e->probes < PROBES_UNICAST;
	if (e->addr.family == ADDR_IPV6)
		neigh_nd_solicit(n, from, e->addr.ip, unicast ? e->mac : NULL);
	else
		neigh_arp_request(n, from, e->addr.ip, unicast ? e->mac : NULL);
	if (e->state == NEIGH_REACHABLE)
		e->state = NEIGH_PROBE;
	if (e->probes < UINT8_MAX)
		e->probes++;
	e->due = now + (e->state == NEIGH_INCOMPLETE && e->probes < PROBES_FAST ? RETRY : RETRY_SLOW);
	if (e->due < n->due)
		n->due = e->due;
}

static bool prefix_covers(const struct local *l, const struct addr *a)
{
	unsigned int whole = l->prefix_length / 8, rest = l->prefix_length % 8;
	if (memcmp(l->addr.ip, a->ip, whole) != 0)
		return false;
	return rest == 0 || (l->addr.ip[whole] ^ a->ip[whole]) >> (8 - rest) == 0;
}

// The entry of a next hop on the wire of one of our addresses, made where there is none. 0 when the table is full.
static uint16_t find_or_make(struct neigh *n, uint16_t port, unsigned int local, const struct addr *next)
{
	const struct local *from = &n->lookup->locals[local];
	uint16_t index = find(n, port, next);
	if (index || !(index = claim(n)))
		return index;
	uint16_t *head = bucket(n, port, next);
	n->entries[index] = (struct neigh_entry){
		.addr = *next,
		.state = NEIGH_INCOMPLETE,
		.local = (uint8_t)local,
		.port = port,
		.next = *head,
	};
	*head = index;
	n->hops[index].port = port;
	n->hops[index].header_len = from->vlan ? HOP_HEADER_MAX : HOP_HEADER_MAX - 4;
	return index;
}

int neigh_hop_take(struct neigh *n, unsigned int local, const struct addr *remote, nsec_t now,
		   uint16_t *ret_hop)
{
	const struct local *from = &n->lookup->locals[local];
	const struct addr *next = remote;
	unsigned int wire = lookup_local(n->lookup, remote);
	bool group = addr_is_multicast(remote), ours = !group && wire != LOCAL_NONE;
	if (from->addr.family != remote->family)
		return -ENETUNREACH;
	if (!ours)
		wire = local;
	if (!ours && !group && !prefix_covers(from, remote))
		next = &from->gateway;
	uint16_t port = n->lookup->locals[wire].port;
	if (next->family != from->addr.family || port >= HOP_OURS)
		return -ENETUNREACH;
	uint16_t index = find_or_make(n, ours ? HOP_OURS + port : port, wire, next);
	if (!index)
		return -ENOSPC;
	struct neigh_entry *e = &n->entries[index];
	if ((group || ours) && e->state == NEIGH_INCOMPLETE) { // nobody need be asked
		if (group)
			neigh_group_mac(remote, e->mac);
		else
			memcpy(e->mac, n->lookup->locals[wire].mac, sizeof(e->mac));
		e->state = NEIGH_REACHABLE;
		e->due = UINT64_MAX;
		publish(n, index);
	}
	if (e->holders++ == 0 && e->due <= now)
		ask(n, e, now);
	else if (e->due < n->due)
		n->due = e->due; // a run while nobody held it has lost sight of it
	*ret_hop = index;
	return 0;
}

void neigh_hop_release(struct neigh *n, uint16_t hop)
{
	if (hop != HOP_NONE && n->entries[hop].holders)
		n->entries[hop].holders--;
}

void neigh_learn(struct neigh *n, uint16_t port, const struct addr *a, const uint8_t mac[6], nsec_t now)
{
	uint16_t index = find(n, port, a);
	if (!index || mac[0] & 1 || addr_is_multicast(a))
		return;
	struct neigh_entry *e = &n->entries[index];
	bool changed = e->state == NEIGH_INCOMPLETE || memcmp(e->mac, mac, 6) != 0;
	if (changed) {
		char text[ADDR_TEXT_MAX];
		log_info(addr_text(a, text, sizeof(text)), "next hop resolved",
			 "mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		memcpy(e->mac, mac, 6);
		publish(n, index);
	}
	e->state = NEIGH_REACHABLE;
	e->probes = 0;
	e->due = now + REFRESH;
	if (e->due < n->due)
		n->due = e->due;
}

nsec_t neigh_run(struct neigh *n, nsec_t now)
{
	if (now < n->due)
		return n->due;
	n->due = neigh_groups_run(n, now);
	for (uint32_t i = 1; i <= n->used; i++) {
		struct neigh_entry *e = &n->entries[i];
		if (e->state == NEIGH_FREE || !e->holders)
			continue;
		if (e->due <= now)
			ask(n, e, now);
		else if (e->due < n->due)
			n->due = e->due;
	}
	if (n->due < now + RUN_INTERVAL)
		n->due = now + RUN_INTERVAL;
	return n->due;
}

void neigh_announce(struct neigh *n, uint16_t port, nsec_t now)
{
	neigh_groups_report(n, port, now);
	for (unsigned int i = 0; i < n->lookup->local_count; i++) {
		const struct local *l = &n->lookup->locals[i];
		if (l->port != port)
			continue;
		if (l->addr.family == ADDR_IPV6)
			neigh_nd_announce(n, l);
		else
			neigh_arp_announce(n, l);
	}
}

const struct local *neigh_local(const struct neigh *n, uint16_t port, const struct addr *a)
{
	unsigned int local = lookup_local(n->lookup, a);
	return local < n->lookup->group_first && n->lookup->locals[local].port == port
		       ? &n->lookup->locals[local]
		       : NULL;
}
