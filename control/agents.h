// SPDX-License-Identifier: GPL-3.0-or-later
// agents.h - The ordered call-agent list of one device: which to try, when to fail over, when to fall back.
//
// Policy only: no sockets, no timers. A failed agent is tried again as often as the group's retries say, then the
// next one is; after a whole round without success the wait doubles from backoff_min to backoff_max. Waits carry a
// quarter of seeded jitter so that a farm of devices does not return to its agent in one instant.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"
#include "gw/config.h"

enum agents_failure {
	AGENTS_CONNECT,  // no TCP connection
	AGENTS_REGISTER, // rejected, or no RegisterAck in time
	AGENTS_LOST,     // was registered, then the connection ended or fell silent
	AGENTS_FLAPPED, // the same, soon after: somebody of this name may register elsewhere, and each ends the other
};

struct agents {
	const struct config_group *group;
	const struct config_agent *all; // config.agents
	unsigned int index;             // of the agent tried or used, in the group
	unsigned int failures;          // in a row at this agent
	unsigned int rounds;            // whole lists tried without success
	unsigned int flaps;             // registrations in a row that did not last
	uint64_t random;                // state of the jitter
	nsec_t better_since;            // a better agent has been reachable since; 0 = it is not known to be
};

void agents_init(struct agents *a, const struct config_group *group, const struct config_agent *all,
		 uint64_t seed);

// The agent to try or in use.
const struct config_agent *agents_current(const struct agents *a);

// Notes a failure. Chooses the agent to try next and returns how long to wait before.
// A device that is held stays with its agent: its calls have not ended yet.
nsec_t agents_failed(struct agents *a, enum agents_failure what, bool held, bool *ret_moved);

// Notes a registration.
void agents_succeeded(struct agents *a);

// Begins again with the best agent; returns a short random wait.
nsec_t agents_restart(struct agents *a);

// The one to hold a standby connection to: the next of the list; NULL after the last.
const struct config_agent *agents_next(const struct agents *a);

// The agent to probe for a fall-back: the best one, when that is not in use; else NULL.
const struct config_agent *agents_better(const struct agents *a);

// Called when the better agent answered a probe: may the device move to it now? `idle` = it carries no calls.
bool agents_may_fall_back(struct agents *a, bool idle, nsec_t now);

// Called when it did not answer.
void agents_better_gone(struct agents *a);

// Moves to the agent that agents_better named.
void agents_fall_back(struct agents *a);

// A wait of `base` give or take a quarter.
nsec_t agents_jitter(struct agents *a, nsec_t base);
