// SPDX-License-Identifier: GPL-3.0-or-later
// lookup.c - Fills the table of our addresses.
#include "dataplane/lookup.h"

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

int lookup_init(struct lookup *t, unsigned int local_max, int socket)
{
	memset(t, 0, sizeof(*t));
	for (unsigned int i = 0; i < LOOKUP_SLOTS; i++) {
		t->v4[i].local = LOCAL_NONE;
		t->v6[i].local = LOCAL_NONE;
	}
	size_t size = sizeof(*t->entries) * LOOKUP_PAIRS * (local_max ? local_max : 1);
	t->entries = rte_zmalloc_socket("lookup", size, RTE_CACHE_LINE_SIZE, socket);
	return t->entries ? 0 : -ENOMEM;
}

void lookup_fini(struct lookup *t)
{
	if (!t)
		return;
	rte_free(t->entries);
	t->entries = NULL;
}

void lookup_port_set(struct lookup *t, uint16_t port, const uint8_t mac[6], uint16_t vlan)
{
	t->ports[port].mac = 0;
	memcpy(&t->ports[port].mac, mac, 6);
	t->ports[port].vlan = vlan;
}

int lookup_local_add(struct lookup *t, const struct local *local)
{
	if (t->local_count == LOCALS_MAX)
		return -ENOSPC;
	if (lookup_local(t, &local->addr) != LOCAL_NONE)
		return -EEXIST;
	unsigned int index = t->local_count++;
	t->locals[index] = *local;
	t->port_of[index] = local->port;
	if (local->addr.family == ADDR_IPV4) {
		uint32_t ip;
		memcpy(&ip, local->addr.ip, 4);
		unsigned int h = lookup_hash_v4(ip);
		while (t->v4[h].local != LOCAL_NONE)
			h = (h + 1) % LOOKUP_SLOTS;
		t->v4[h] = (struct lookup_v4){.ip = ip, .local = index};
	} else {
		unsigned int h = lookup_hash_v6(local->addr.ip);
		while (t->v6[h].local != LOCAL_NONE)
			h = (h + 1) % LOOKUP_SLOTS;
		memcpy(t->v6[h].ip, local->addr.ip, 16);
		t->v6[h].local = index;
	}
	return (int)index;
}

unsigned int lookup_local(const struct lookup *t, const struct addr *a)
{
	uint32_t ip;
	memcpy(&ip, a->ip, 4);
	if (a->family == ADDR_IPV4)
		return lookup_local_v4(t, ip);
	return a->family == ADDR_IPV6 ? lookup_local_v6(t, a->ip) : LOCAL_NONE;
}
