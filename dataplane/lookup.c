// SPDX-License-Identifier: GPL-3.0-or-later
// lookup.c - Fills the table of our addresses.
#include "dataplane/lookup.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_malloc.h>

#define FACTOR    UINT32_C(0x9e3779b1) // 2^32 over the golden ratio
#define TRIES_MAX 10000                // for 64 addresses in 1024 slots a handful do

static void slots_clear(struct lookup *t)
{
	for (unsigned int i = 0; i < LOOKUP_SLOTS_V4; i++)
		t->v4[i] = (struct lookup_v4){.local = LOCAL_NONE, .port = LOOKUP_NO_PORT};
	for (unsigned int i = 0; i < LOOKUP_SLOTS_V6; i++)
		t->v6[i] = (struct lookup_v6){.local = LOCAL_NONE, .port = LOOKUP_NO_PORT};
}

int lookup_init(struct lookup *t, unsigned int local_max, int socket)
{
	memset(t, 0, sizeof(*t));
	t->factor = FACTOR;
	t->factor_v6 = LOOKUP_MIX_V6;
	slots_clear(t);
	t->group_first = local_max;
	size_t size = sizeof(*t->entries) * LOOKUP_PAIRS * (local_max + LOOKUP_GROUPS);
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

// A worker that looks meanwhile finds the address without an index, which is not ours, or with it.
static void insert_v4(struct lookup *t, unsigned int index, uint16_t port)
{
	uint32_t ip;
	memcpy(&ip, t->locals[index].addr.ip, 4);
	unsigned int h = lookup_hash_v4(t, ip);
	while (t->v4[h].local != LOCAL_NONE)
		h = (h + 1) % LOOKUP_SLOTS_V4;
	t->v4[h].ip = ip;
	t->v4[h].port = port;
	__atomic_store_n(&t->v4[h].local, (uint16_t)index, __ATOMIC_RELEASE);
}

static void insert_v6(struct lookup *t, unsigned int index, uint16_t port)
{
	const uint8_t *ip = t->locals[index].addr.ip;
	unsigned int h = lookup_hash_v6(t, ip);
	while (t->v6[h].local != LOCAL_NONE)
		h = (h + 1) % LOOKUP_SLOTS_V6;
	memcpy(t->v6[h].ip, ip, 16);
	t->v6[h].port = port;
	__atomic_store_n(&t->v6[h].local, index, __ATOMIC_RELEASE);
}

static void insert(struct lookup *t, unsigned int index)
{
	const struct local *local = &t->locals[index];
	uint16_t port = index < t->group_first ? local->port : LOOKUP_NO_PORT;
	if (local->addr.family == ADDR_IPV4)
		insert_v4(t, index, port);
	else
		insert_v6(t, index, port);
}

// True when all of our addresses lie in their own slots.
static bool apart(const struct lookup *t)
{
	for (unsigned int i = 0; i < t->local_count; i++) {
		const struct addr *a = &t->locals[i].addr;
		uint32_t ip;
		memcpy(&ip, a->ip, 4);
		if (a->family == ADDR_IPV4 ? t->v4[lookup_hash_v4(t, ip)].local != i
					   : t->v6[lookup_hash_v6(t, a->ip)].local != i)
			return false;
	}
	return true;
}

// Other factors, until no two of our addresses hash to one slot. Not while workers look.
static void spread(struct lookup *t)
{
	for (unsigned int i = 0; i < TRIES_MAX && !apart(t); i++) {
		// the next numbers of linear congruences
		t->factor = (t->factor * 1664525 + 1013904223) | 1;
		t->factor_v6 =
			(t->factor_v6 * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407)) | 1;
		slots_clear(t);
		for (unsigned int k = 0; k < t->local_count; k++)
			insert(t, k);
	}
}

static void add(struct lookup *t, unsigned int index, const struct local *local)
{
	t->locals[index] = *local;
	t->port_of[index] = local->port;
	insert(t, index);
}

int lookup_local_add(struct lookup *t, const struct local *local)
{
	if (t->local_count == LOCALS_MAX || t->local_count == t->group_first)
		return -ENOSPC;
	if (lookup_local(t, &local->addr) != LOCAL_NONE)
		return -EEXIST;
	unsigned int index = t->local_count++;
	add(t, index, local);
	spread(t);
	return (int)index;
}

int lookup_group_add(struct lookup *t, unsigned int local, const struct addr *group)
{
	unsigned int index = lookup_local(t, group);
	if (index != LOCAL_NONE)
		return t->locals[index].port == t->locals[local].port ? (int)index : -EADDRINUSE;
	if (t->group_count == LOOKUP_GROUPS)
		return -ENOSPC;
	struct local entry = t->locals[local];
	entry.addr = *group;
	index = t->group_first + t->group_count++;
	add(t, index, &entry);
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
