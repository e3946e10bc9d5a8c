// SPDX-License-Identifier: GPL-3.0-or-later
// world.h - The real control between a fake agent and a fake dataplane, its time and its devices' registration.
#pragma once

#include "control/device.h"
#include "gw/log.h"
#include "tests/fake/core.h"
#include "tests/unit/t.h"

struct world {
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	nsec_t now;
	uint64_t random;
	uint8_t version; // of the protocol, that the agent grants
};

static inline uint32_t draw(struct world *w, uint32_t below)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(w->random >> 33) % below;
}

static inline void pump(struct world *w)
{
	while (fake_dp_deliver(&w->dp, &w->core.dp, w->now))
		continue;
}

static inline void advance(struct world *w, nsec_t by)
{
	nsec_t until = w->now + by, due;
	while ((due = timer_next(&w->core.timers)) <= until) {
		w->now = due > w->now ? due : w->now;
		timer_run(&w->core.timers, w->now);
		pump(w);
	}
	w->now = until;
}

static inline void soon(struct world *w)
{
	advance(w, 10 * NSEC_PER_MSEC);
}

static inline void say(struct world *w, struct device *d, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, device_version(d), pdu, sizeof(pdu));
	REQUIRE(len > 0);
	if (d->reg.link)
		d->reg.link->user->input(d, pdu, (size_t)len, w->now);
	pump(w);
}

static inline void say_register(struct world *w, struct device *d)
{
	struct addr local;
	struct sccp_msg m;
	for (unsigned int i = 0; i < 1000 && d->reg.fsm.state != REG_CONNECTING; i++)
		advance(w, 50 * NSEC_PER_MSEC);
	REQUIRE(d->reg.fsm.state == REG_CONNECTING);
	addr_parse("192.0.2.77", &local);
	d->reg.link->up = true;
	d->reg.link->user->up(d, &local, w->now);
	sccp_init(&m, SCCP_REGISTER_ACK);
	m.register_ack.protocol_version = w->version;
	m.register_ack.keep_alive_interval = 3600;
	say(w, d, &m);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	say(w, d, &m);
}

static inline void leave(struct world *w, struct device *d)
{
	struct link *l = d->reg.link;
	REQUIRE(l != NULL);
	l->ended = true;
	l->user->down(d, "the agent is gone", w->now);
	pump(w);
}

// Everything configured is registered afterwards.
static inline void setup(struct world *w, const char *yaml, uint8_t version)
{
	*w = (struct world){.now = NSEC_PER_SEC, .random = 42, .version = version};
	log_set_level(LOG_LEVEL_ERROR);
	REQUIRE(config_load_text(yaml, strlen(yaml), "test", stderr, &w->config) == 0);
	REQUIRE(fake_core_init(&w->core, &w->agents, &w->dp, w->config, w->now) == 0);
	w->agents.discard = true;
	core_start(&w->core, w->now);
	for (unsigned int i = 0; i < w->core.device_count; i++)
		say_register(w, w->core.devices[i]);
}

static inline void teardown(struct world *w)
{
	core_fini(&w->core);
	config_free(w->config);
	fake_agent_fini(&w->agents);
	fake_dp_fini(&w->dp);
}
