// SPDX-License-Identifier: GPL-3.0-or-later
// agents.c - The ordered call-agent list of one device: which to try, when to fail over, when to fall back.
#include "control/agents.h"

#define AGENTS_DOUBLINGS_MAX 16

void agents_init(struct agents *a, const struct config_group *group, const struct config_agent *all,
		 uint64_t seed)
{
	*a = (struct agents){.group = group, .all = all, .random = seed | 1};
}

const struct config_agent *agents_current(const struct agents *a)
{
	return &a->all[a->group->agents[a->index]];
}

// xorshift64*: spread, not secrecy, is wanted here.
static uint64_t next_random(struct agents *a)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return a->random * UINT64_C(0x2545f4914f6cdd1d);
}

nsec_t agents_jitter(struct agents *a, nsec_t base)
{
	nsec_t quarter = base / 4;
	return base - quarter + (quarter ? next_random(a) % (2 * quarter + 1) : 0);
}

static nsec_t backoff(struct agents *a)
{
	nsec_t wait = a->group->backoff_min_ms * NSEC_PER_MSEC;
	nsec_t max = a->group->backoff_max_ms * NSEC_PER_MSEC;
	unsigned int doublings = a->rounds > a->flaps ? a->rounds : a->flaps;
	if (doublings > AGENTS_DOUBLINGS_MAX)
		doublings = AGENTS_DOUBLINGS_MAX;
	for (unsigned int i = 1; i < doublings && wait < max; i++)
		wait *= 2;
	return agents_jitter(a, wait < max ? wait : max);
}

static void move_on(struct agents *a)
{
	a->failures = 0;
	if (++a->index >= a->group->agent_count) {
		a->index = 0;
		a->rounds++;
	}
}

nsec_t agents_failed(struct agents *a, enum agents_failure what, bool held, bool *ret_moved)
{
	unsigned int before = a->index;
	unsigned int rounds = a->rounds;
	uint32_t retries = what == AGENTS_CONNECT    ? a->group->connect_retries
			   : what == AGENTS_REGISTER ? a->group->register_retries
						     : 0;
	a->better_since = 0;
	if (what == AGENTS_FLAPPED)
		a->flaps++;
	else if (what == AGENTS_LOST)
		a->flaps = 0;
	if (++a->failures > retries || what == AGENTS_LOST || what == AGENTS_FLAPPED)
		move_on(a);
	if (held)
		a->index = before;
	*ret_moved = a->index != before;
	// A fresh agent of the same round is tried almost at once; everything else waits its back-off.
	if (*ret_moved && a->rounds == rounds && a->flaps < 2)
		return agents_jitter(a, a->group->backoff_min_ms * NSEC_PER_MSEC / 8);
	return backoff(a);
}

void agents_succeeded(struct agents *a)
{
	a->failures = 0;
	a->rounds = 0;
	a->better_since = 0;
}

nsec_t agents_restart(struct agents *a)
{
	a->index = 0;
	a->failures = 0;
	a->rounds = 0;
	a->better_since = 0;
	return agents_jitter(a, a->group->backoff_min_ms * NSEC_PER_MSEC);
}

const struct config_agent *agents_next(const struct agents *a)
{
	return a->index + 1 < a->group->agent_count ? &a->all[a->group->agents[a->index + 1]] : NULL;
}

const struct config_agent *agents_better(const struct agents *a)
{
	if (a->index == 0 || a->group->switchback == CONFIG_SWITCHBACK_NEVER)
		return NULL;
	return &a->all[a->group->agents[0]];
}

bool agents_may_fall_back(struct agents *a, bool idle, nsec_t now)
{
	if (!a->better_since)
		a->better_since = now;
	switch (a->group->switchback) {
	case CONFIG_SWITCHBACK_IMMEDIATE:
		return true;
	case CONFIG_SWITCHBACK_GRACEFUL:
		return idle;
	case CONFIG_SWITCHBACK_GUARD:
		return idle || now - a->better_since >= a->group->switchback_guard_ms * NSEC_PER_MSEC;
	case CONFIG_SWITCHBACK_NEVER:
		break;
	}
	return false;
}

void agents_better_gone(struct agents *a)
{
	a->better_since = 0;
}

void agents_fall_back(struct agents *a)
{
	a->index = 0;
	a->failures = 0;
	a->rounds = 0;
	a->better_since = 0;
}
