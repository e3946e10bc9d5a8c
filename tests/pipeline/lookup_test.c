// SPDX-License-Identifier: GPL-3.0-or-later
// lookup_test.c - The table of our addresses: all are found, and the quick relays find each at the first look.
#include "tests/pipeline/rig.h"

#include <errno.h>

#include "dataplane/lookup.h"

enum { SETS = 24 };

static struct rig rig;

static struct addr address(const uint8_t ip[4])
{
	return addr_ipv4(ip);
}

static uint32_t word(const struct addr *a)
{
	uint32_t ip;
	memcpy(&ip, a->ip, 4);
	return ip;
}

// Neighbours in one net, or anything anywhere; of either family, or of both in turn.
static struct addr draw(uint64_t *random, unsigned int set, unsigned int i)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t r = (uint32_t)(*random >> 32);
	uint8_t ip[4] = {10, (uint8_t)set, (uint8_t)(i / 16), (uint8_t)(1 + i)};
	uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, (uint8_t)set, [14] = (uint8_t)(i / 16), (uint8_t)(1 + i)};
	if (set % 2) {
		memcpy(ip, &r, 4);
		memcpy(v6 + i % 13, &r, 4);
		v6[15] = (uint8_t)i; // no two alike
	}
	return set % 3 == 0 || (set % 3 == 1 && i % 2) ? address(ip) : addr_ipv6(v6);
}

// At the first place where a quick relay looks for it.
static bool lies_in_its_slot(const struct lookup *t, const struct addr *a, unsigned int local,
			     unsigned int port)
{
	const struct lookup_v4 *v4 = &t->v4[lookup_hash_v4(t, word(a))];
	const struct lookup_v6 *v6 = &t->v6[lookup_hash_v6(t, a->ip)];
	if (a->family == ADDR_IPV4)
		return v4->ip == word(a) && v4->local == local && v4->port == port;
	return memcmp(v6->ip, a->ip, 16) == 0 && v6->local == local && v6->port == port;
}

static void test_first_look(void)
{
	static struct lookup t;
	struct addr all[LOCALS_MAX];
	uint64_t random = 7;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	for (unsigned int set = 0; set < SETS; set++) {
		REQUIRE(lookup_init(&t, LOCALS_MAX, 0) == 0);
		for (unsigned int i = 0; i < LOCALS_MAX; i++) {
			all[i] = draw(&random, set, i);
			CHECK_INT(lookup_local_add(&t, &(struct local){.addr = all[i], .port = 3}), (int)i);
		}
		for (unsigned int i = 0; i < LOCALS_MAX; i++) {
			CHECK_INT(lookup_local(&t, &all[i]), i);
			CHECK(lies_in_its_slot(&t, &all[i], i, 3));
		}
		CHECK_INT(lookup_local_add(&t, &(struct local){.addr = all[0]}), -ENOSPC);
		lookup_fini(&t);
	}
	rig_stop(&rig);
}

// Groups come while workers look: what is found stays where it is, and no quick relay takes a group for us.
static void groups_add(const struct addr *ours, bool v6)
{
	static struct lookup t;
	REQUIRE(lookup_init(&t, 1, 0) == 0);
	CHECK_INT(lookup_local_add(&t, &(struct local){.addr = *ours, .port = 3}), 0);
	for (unsigned int i = 0; i <= LOOKUP_GROUPS; i++) {
		const uint8_t ip[4] = {239, 1, (uint8_t)(17 * i), (uint8_t)i};
		const uint8_t ip6[16] = {0xff, 0x15, [14] = (uint8_t)(17 * i), (uint8_t)i};
		struct addr group = v6 ? addr_ipv6(ip6) : address(ip);
		bool fits = i < LOOKUP_GROUPS;
		CHECK_INT(lookup_group_add(&t, 0, &group), fits ? (int)(1 + i) : -ENOSPC);
		CHECK_INT(lookup_local(&t, &group), fits ? 1 + i : LOCAL_NONE);
		CHECK(!lies_in_its_slot(&t, &group, 1 + i, 3));
		CHECK(lies_in_its_slot(&t, ours, 0, 3));
	}
	lookup_fini(&t);
}

static void test_groups(void)
{
	const uint8_t v4[4] = {192, 0, 2, 1}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	groups_add(&(struct addr[]){address(v4)}[0], false);
	groups_add(&(struct addr[]){addr_ipv6(v6)}[0], true);
	rig_stop(&rig);
}

T_MAIN("lookup", {"first_look", test_first_look}, {"groups", test_groups})
