// SPDX-License-Identifier: GPL-3.0-or-later
// agents_test.c - Failing over, backing off and falling back in a list of agents.
#include "control/agents.h"

#include "tests/unit/t.h"

static const struct config_agent all[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};

static struct config_group group = {
	.agents = {0, 1, 2},
	.agent_count = 3,
	.connect_retries = 2,
	.register_retries = 1,
	.backoff_min_ms = 1000,
	.backoff_max_ms = 8000,
	.switchback = CONFIG_SWITCHBACK_GRACEFUL,
	.switchback_guard_ms = 60000,
};

static void moves_on_after_the_retries(void)
{
	struct agents a;
	bool moved;
	agents_init(&a, &group, all, 1);
	agents_failed(&a, AGENTS_CONNECT, false, &moved);
	CHECK(!moved);
	agents_failed(&a, AGENTS_CONNECT, false, &moved);
	CHECK(!moved);
	agents_failed(&a, AGENTS_CONNECT, false, &moved);
	CHECK(moved);
	CHECK_STR(agents_current(&a)->name, "b");
	agents_failed(&a, AGENTS_REGISTER, false, &moved);
	CHECK(!moved);
	agents_failed(&a, AGENTS_REGISTER, false, &moved);
	CHECK_STR(agents_current(&a)->name, "c");
	// a registration that is lost moves at once
	agents_succeeded(&a);
	agents_failed(&a, AGENTS_LOST, false, &moved);
	CHECK(moved);
	CHECK_STR(agents_current(&a)->name, "a");
	// but not while calls hold the device
	agents_succeeded(&a);
	for (int i = 0; i < 10; i++) {
		agents_failed(&a, i ? AGENTS_CONNECT : AGENTS_LOST, true, &moved);
		CHECK(!moved);
		CHECK_STR(agents_current(&a)->name, "a");
	}
}

static void backs_off_within_bounds(void)
{
	struct agents a;
	bool moved;
	nsec_t longest = 0;
	agents_init(&a, &group, all, 7);
	for (int i = 0; i < 200; i++) {
		nsec_t wait = agents_failed(&a, AGENTS_CONNECT, false, &moved);
		CHECK(wait <= 10 * NSEC_PER_SEC);
		CHECK(wait >= 90 * NSEC_PER_MSEC);
		longest = wait > longest ? wait : longest;
	}
	CHECK(longest >= 6 * NSEC_PER_SEC);
	agents_succeeded(&a);
	CHECK(agents_failed(&a, AGENTS_CONNECT, false, &moved) <= 1250 * NSEC_PER_MSEC);
}

// An agent that ends each registration soon is returned to ever more slowly, until one lasts.
static void flaps_slow_down(void)
{
	struct agents a;
	bool moved;
	nsec_t wait = 0;
	agents_init(&a, &group, all, 7);
	for (int i = 0; i < 12; i++) {
		agents_succeeded(&a);
		wait = agents_failed(&a, AGENTS_FLAPPED, false, &moved);
		CHECK(i > 0 || wait <= 157 * NSEC_PER_MSEC); // the next agent is there at once
	}
	CHECK(wait >= 6 * NSEC_PER_SEC);
	agents_succeeded(&a);
	agents_failed(&a, AGENTS_LOST, false, &moved);
	agents_succeeded(&a);
	CHECK(agents_failed(&a, AGENTS_FLAPPED, false, &moved) <= 1250 * NSEC_PER_MSEC);
}

static void spreads_by_seed(void)
{
	struct agents a;
	struct agents b;
	struct agents c;
	bool moved;
	agents_init(&a, &group, all, 1);
	agents_init(&b, &group, all, 1);
	agents_init(&c, &group, all, 99);
	nsec_t wa = agents_failed(&a, AGENTS_CONNECT, false, &moved);
	CHECK(wa == agents_failed(&b, AGENTS_CONNECT, false, &moved));
	CHECK(wa != agents_failed(&c, AGENTS_CONNECT, false, &moved));
}

static void falls_back_by_rule(void)
{
	struct agents a;
	bool moved;
	group.switchback = CONFIG_SWITCHBACK_GRACEFUL;
	agents_init(&a, &group, all, 1);
	CHECK(agents_better(&a) == NULL);
	agents_failed(&a, AGENTS_LOST, false, &moved);
	REQUIRE(agents_better(&a) != NULL);
	CHECK_STR(agents_better(&a)->name, "a");
	CHECK(agents_may_fall_back(&a, true, 1));
	CHECK(!agents_may_fall_back(&a, false, 100 * NSEC_PER_SEC));
	group.switchback = CONFIG_SWITCHBACK_IMMEDIATE;
	CHECK(agents_may_fall_back(&a, false, 1));
	group.switchback = CONFIG_SWITCHBACK_GUARD;
	agents_better_gone(&a);
	CHECK(!agents_may_fall_back(&a, false, 100 * NSEC_PER_SEC));
	CHECK(!agents_may_fall_back(&a, false, 159 * NSEC_PER_SEC));
	CHECK(agents_may_fall_back(&a, false, 160 * NSEC_PER_SEC));
	group.switchback = CONFIG_SWITCHBACK_NEVER;
	CHECK(agents_better(&a) == NULL);
	agents_fall_back(&a);
	CHECK_STR(agents_current(&a)->name, "a");
}

T_MAIN("agents", {"moves on after the retries", moves_on_after_the_retries},
       {"backs off within bounds", backs_off_within_bounds}, {"flaps slow down", flaps_slow_down},
       {"spreads by seed", spreads_by_seed}, {"falls back by rule", falls_back_by_rule})
