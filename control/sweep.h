// SPDX-License-Identifier: GPL-3.0-or-later
// sweep.h - After a lost connection: closes what the dataplane still holds for us and nobody owns any more.
//
// While the connection was gone, a request may have been carried out whose answer we never saw. The dataplane says of
// every stream and conference which control process made it; of ours, those that no party or conference owns are
// closed. Those of other epochs are left to whoever reconciles a restart.
#pragma once

#include <stdint.h>

#include "gw/clock.h"

struct core;

struct sweep {
	struct core *core;
	uint32_t request; // page under way
	uint64_t closed;  // ever
};

// Starts, or starts again.
void sweep_start(struct core *c, nsec_t now);
