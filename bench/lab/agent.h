// SPDX-License-Identifier: GPL-3.0-or-later
// agent.h - A call agent: accepts devices, keeps them registered, and carries messages both ways, in one dialect.
//
// The agent itself decides nothing about calls: call.c and exchange.c do, through the hooks. One thread, one event loop.
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/lab/dialect.h"
#include "gw/addr.h"
#include "gw/clock.h"
#include "gw/sccp.h"

#define AGENT_SPEED_DIALS_MAX 8

struct agent;

// One connection of a device. Lives as long as the connection.
struct agent_device {
	char name[17];    // "" until it registers
	uint32_t type;    // SCCP device type
	uint8_t claimed;  // version, by Register
	uint8_t version;  // spoken with it
	bool in_service;  // registered, and its capabilities have come
	uint32_t streams; // as MediaResourceNotification says
	struct agent *agent;
	struct agent_device *next;
	struct bufferevent *bev;
};

// Told to whoever drives the agent.
struct agent_hooks {
	void *arg;
	// A device's in_service became true.
	void (*device_up)(void *arg, struct agent_device *d);
	// Its connection goes; the pointer dies with this call.
	void (*device_down)(void *arg, struct agent_device *d);
	// Any message, after the agent has answered those it answers by itself.
	void (*message)(void *arg, struct agent_device *d, const struct sccp_msg *m);
};

// What a telephone's further buttons dial.
struct agent_speed_dial {
	char number[25];
	char label[41];
};

struct agent_options {
	struct addr_port listen;
	const char *netns;             // "" = ours
	const struct dialect *dialect; // NULL = the first of the table
	uint8_t version;               // highest granted, within the dialect's
	uint32_t keepalive_s;
	const struct agent_speed_dial *speed_dials;
	unsigned int speed_dial_count;
	FILE *log; // one line a message; NULL = none
	struct agent_hooks hooks;
};

struct agent_counts {
	uint64_t accepted, closed, registered, unregistered, messages, undecodable;
	uint64_t keepalives;
	unsigned int busiest; // most Registers within one second
};

// Listens. Returns 0 and *ret (owned; agent_close), or negative errno.
int agent_open(struct event_base *base, const struct agent_options *options, struct agent **ret);

// Stops listening and cuts every connection, as a call agent that dies.
void agent_down(struct agent *a);

// Listens again. Returns 0 or negative errno.
int agent_up(struct agent *a);

// Sends in the layout of the version granted. Returns 0 or a negative enum sccp_result.
int agent_send(struct agent_device *d, const struct sccp_msg *m);

// Sends bytes as they are.
void agent_send_raw(struct agent_device *d, const void *bytes, size_t len);

// Cuts one connection; hooks run before this returns.
void agent_drop(struct agent_device *d);

// The device of that name with a live connection and in service, NULL if there is none.
struct agent_device *agent_device_find(struct agent *a, const char *name);

// First connection, for walks; then ->next.
struct agent_device *agent_devices(struct agent *a);

const struct agent_counts *agent_counts(const struct agent *a);

const struct agent_options *agent_options(const struct agent *a);

static inline const struct dialect *agent_dialect(const struct agent_device *d)
{
	return agent_options(d->agent)->dialect;
}

// Takes NULL.
void agent_close(struct agent *a);
