// SPDX-License-Identifier: GPL-3.0-or-later
// lookup_test.c - The table of our addresses: all are found, and the quick relays find each at the first look.
#include "tests/pipeline/rig.h"

#include <errno.h>

#include "dataplane/lookup.h"

enum { SETS = 20 };

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

// Neighbours in one net, or anything anywhere.
static struct addr draw(uint64_t *random, unsigned int set, unsigned int i)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t r = (uint32_t)(*random >> 32);
	uint8_t ip[4] = {10, (uint8_t)set, (uint8_t)(i / 16), (uint8_t)(1 + i)};
	if (set % 2)
		memcpy(ip, &r, 4);
	return address(ip);
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
			const struct lookup_v4 *v = &t.v4[lookup_hash_v4(&t, word(&all[i]))];
			CHECK_INT(lookup_local(&t, &all[i]), i);
			CHECK(v->ip == word(&all[i]) && v->local == i && v->port == 3);
		}
		CHECK_INT(lookup_local_add(&t, &(struct local){.addr = all[0]}), -ENOSPC);
		lookup_fini(&t);
	}
	rig_stop(&rig);
}

// Groups come while workers look: what is found stays where it is.
static void test_groups(void)
{
	static struct lookup t;
	const uint8_t ours[4] = {192, 0, 2, 1};
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	REQUIRE(lookup_init(&t, 1, 0) == 0);
	struct addr a = address(ours);
	CHECK_INT(lookup_local_add(&t, &(struct local){.addr = a, .port = 3}), 0);
	unsigned int at = lookup_hash_v4(&t, word(&a));
	for (unsigned int i = 0; i < LOOKUP_GROUPS; i++) {
		const uint8_t ip[4] = {239, 1, (uint8_t)(17 * i), (uint8_t)i};
		struct addr group = address(ip);
		CHECK_INT(lookup_group_add(&t, 0, &group), (int)(1 + i));
		CHECK_INT(lookup_local(&t, &group), 1 + i);
		CHECK_INT(lookup_hash_v4(&t, word(&a)), at);
		CHECK(t.v4[at].ip == word(&a) && t.v4[at].local == 0);
	}
	const uint8_t more[4] = {239, 2, 0, 1};
	CHECK_INT(lookup_group_add(&t, 0, &(struct addr[]){address(more)}[0]), -ENOSPC);
	lookup_fini(&t);
	rig_stop(&rig);
}

T_MAIN("lookup", {"first_look", test_first_look}, {"groups", test_groups})
