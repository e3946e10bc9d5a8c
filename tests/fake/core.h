// SPDX-License-Identifier: GPL-3.0-or-later
// core.h - The real control between both fakes.
#pragma once

#include "control/device.h"
#include "tests/fake/agent.h"
#include "tests/fake/dp.h"

// Makes both fakes, and a core on them whose dataplane is connected and has nothing left to say. What is configured is not
// started yet. Returns 0 or what core_init returns.
int fake_core_init(struct core *core, struct fake_agent *agents, struct fake_dp *dp, struct config *config,
		   nsec_t now);
