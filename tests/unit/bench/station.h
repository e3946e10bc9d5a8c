// SPDX-License-Identifier: GPL-3.0-or-later
// station.h - A device as small as can be, over loopback at the lab's agent: what it sends, what has come for it.
#pragma once

#include "bench/lab/agent.h"

struct station {
	int fd;
	unsigned int version; // of the layouts it speaks
	uint8_t bytes[65536];
	size_t len;
	const uint8_t *pdu; // the last message as it came
	size_t pdu_len;
};

extern struct event_base *station_base;
extern struct agent *station_agent;

// An agent on a free port of 127.0.0.1. `options` needs no address.
bool station_agent_open(const struct agent_options *options);
void station_agent_close(void);

// Connects a device to it.
bool station_open(struct station *s, unsigned int version);
void station_close(struct station *s);

// Everybody's turn.
void station_turn(void);

void station_send(struct station *s, const struct sccp_msg *m);

// Next message for the device, after the agent had its turn; false when there is none.
bool station_next(struct station *s, struct sccp_msg *ret);

// The next message is of this id.
void station_expect(struct station *s, uint32_t id, struct sccp_msg *ret);

// The next message of this id; those before it are dropped. False when there is none.
bool station_find(struct station *s, uint32_t id, struct sccp_msg *ret);

// Whatever has come is dropped.
void station_drain(struct station *s);

// Registers it by a name, and tells its capabilities; what the agent said is dropped.
void station_register(struct station *s, const char *name, uint32_t type);
