// SPDX-License-Identifier: GPL-3.0-or-later
// agent.h - Connections to call agents that are a script: they come up when told, and keep what was sent.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/link.h"
#include "gw/sccp.h"

#define FAKE_AGENT_LINKS 256
#define FAKE_AGENT_SENT  4096

struct link {
	const struct config_agent *agent;
	const struct link_user *user;
	void *object;
	bool up;
	bool ended;  // closed by either side
	bool closed; // by the device
};

// One PDU that a device sent.
struct fake_sent {
	struct link *link;
	size_t len;
	uint8_t pdu[SCCP_PDU_MAX];
};

struct fake_agent {
	struct link *links[FAKE_AGENT_LINKS];
	unsigned int link_count;
	struct fake_sent *sent;
	unsigned int sent_count;
	bool full;    // peers read nothing
	bool discard; // what is sent is forgotten at once
};

void fake_agent_init(struct fake_agent *f);
void fake_agent_fini(struct fake_agent *f);

// For core_options.links.
struct link_driver fake_agent_driver(struct fake_agent *f);

// Last link that has not ended; of one agent, or of any when name is NULL, and of one user, or any when NULL.
struct link *fake_agent_link(struct fake_agent *f, const char *name, const void *object);

// Takes the first thing that was sent; false when there is none.
bool fake_agent_take(struct fake_agent *f, const void *object, struct fake_sent *ret);
