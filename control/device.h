// SPDX-License-Identifier: GPL-3.0-or-later
// device.h - One registered media resource or telephone and everything it owns.
//
// A device owns its connection, its conferences and its parties; freeing it frees them all. Its identity and limits
// are the configuration's; what an agent can make it hold is bounded by resource_admit.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/agents.h"
#include "control/core.h"
#include "control/count.h"
#include "control/index.h"
#include "control/reg.h"
#include "control/resource.h"
#include "gw/config.h"
#include "gw/list.h"

struct line;
struct party_figures;
struct room;
struct sccp_msg;

struct device {
	struct core *core;
	const struct config_device *config;
	const struct config_profile *profile;
	const struct config_group *group;
	const char *name;
	struct line *line; // what a telephone has more; NULL for a media resource
	struct room *room; // what it holds, if it is no device but a room's; else NULL
	struct agents agents;
	struct reg reg;
	struct index conferences;    // by conference id
	struct index rx_parties;     // by the party id of OpenReceiveChannel and PortReq
	struct index tx_parties;     // by the party id of StartMediaTransmission
	struct index calls;          // by call reference
	struct list conference_list; // in order of creation
	struct list party_list;      // likewise
	struct list closing;         // parties that wait for their last figures
	struct list shrunk;          // parties of party_list for party_settle
	uint32_t conference_count;
	uint32_t party_count;          // of party_list
	uint32_t orphan_count;         // of these, not known to the present registration
	bool draining;                 // takes no new media
	struct party_figures *figures; // of calls that have ended; NULL = none yet
	struct timer orphans;          // looks for silent orphans
	struct counts counts;
	uint64_t refusals[REFUSAL_COUNT];
	uint32_t misplaced[REG_STATE_COUNT]; // messages out of place, by state
	uint32_t input_serial;               // of reg.serial while input is being worked on
};

int device_new(struct core *c, const struct config_device *config, struct device **ret);
void device_free(struct device *d); // takes NULL

// Sends one message to the agent; counts it, or counts why not.
void device_send(struct device *d, const struct sccp_msg *m, nsec_t now);

// The highest SCCP version offered, or the one agreed on.
unsigned int device_version(const struct device *d);

// Takes no new media, or takes it again; what runs goes on.
void device_drain(struct device *d, bool on, nsec_t now);

// Notes why media was refused, once in the counters and once in the log.
void device_refuse(struct device *d, enum refusal why, uint32_t conference_id, uint32_t party_id);

// Ends every party and conference: the agent said Reset.
void device_close_all(struct device *d, nsec_t now);

// The agent connection ended: media goes on without it.
void device_orphan_all(struct device *d, nsec_t now);

// Something about the device changed that is worth a record.
void device_changed(struct device *d, nsec_t now);

static inline void device_count(struct device *d, enum count c)
{
	d->counts.value[c]++;
}
