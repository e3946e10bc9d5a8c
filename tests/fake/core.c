// SPDX-License-Identifier: GPL-3.0-or-later
// core.c - The real control between both fakes.
#include "tests/fake/core.h"

int fake_core_init(struct core *core, struct fake_agent *agents, struct fake_dp *dp, struct config *config,
		   nsec_t now)
{
	fake_agent_init(agents);
	fake_dp_init(dp);
	dp->connected = true;
	struct core_options o = {.config = config,
				 .links = fake_agent_driver(agents),
				 .dataplane = {.context = dp, .send = fake_dp_send},
				 .epoch = 1,
				 .seed = 1};
	int rc = core_init(core, &o);
	if (rc)
		return rc;
	dp_connected(&core->dp, now);
	while (fake_dp_deliver(dp, &core->dp, now))
		continue;
	return 0;
}
