// SPDX-License-Identifier: GPL-3.0-or-later
// confer.h - Conferences: which parties hear which, and what the dataplane must join.
//
// A conference is whatever shares an SCCP conference id on one device. It is made by CreateConference, or implicitly by
// the first channel of an unknown id; an implicit one ends with its last party. Every party hears all others: two of
// them make a relay or a transcode, more of them or a bridge device a mix; the dataplane decides which.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/index.h"
#include "control/resource.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/list.h"

struct device;
struct sccp_msg;
struct party;

#define CONFER_PARTICIPANTS_MAX                                                                              \
	4096 // members named by AddParticipant in one conference, whatever the profile says

enum confer_state {
	CONFER_IDLE, // the dataplane does not know it
	CONFER_OPENING,
	CONFER_OPEN,
	CONFER_PARKED, // dataplane away
	CONFER_STATE_COUNT
};

// One member named by AddParticipant. Its media are parties with the same call reference.
struct participant {
	struct list link;
	uint32_t call_reference;
	uint32_t restriction_bits;
	char name[41];
	char number[25];
};

struct conference {
	struct device *device;
	struct list link;  // in device.conference_list
	struct list noted; // its record is to be written
	struct index_node by_id;
	struct fsm fsm; // enum confer_state
	uint32_t conference_id;
	uint32_t flags;    // enum conference_flag, for the dataplane
	bool explicitly;   // CreateConference made it: only DeleteConference ends it
	uint32_t reserved; // participants asked for by CreateConference; 0 = none
	uint32_t resource_type;
	uint32_t application_id;
	char app_conf_id[33];
	char app_data[25];
	struct list parties;
	uint32_t party_count;
	struct list players; // what plays in it
	struct list participants;
	uint32_t participant_count;
	api_handle handle; // in the dataplane, 0 = none
	bool adopted;      // with that handle, from the process before: what plays in it was begun there
	api_handle source; // that has begun last of that, until somebody takes it over; 0 = none
	uint32_t request;
	bool orphan;        // its agent connection has ended
	bool indexed;       // found by its number; not so once set aside
	bool closing;       // confer_free is at work
	unsigned int holds; // somebody walks its parties: it must not go under them
	nsec_t created;
};

struct conference *confer_find(const struct device *d, uint32_t conference_id);

// Makes one, past every limit but memory: resource_admit comes first. Returns NULL without memory.
struct conference *confer_new(struct device *d, uint32_t conference_id, nsec_t now);

// How the dataplane joins the parties of a device's own conferences: enum conference_flag.
uint32_t confer_flags(const struct device *d);

// Ends it and every party in it.
void confer_free(struct conference *c, nsec_t now);

// A party came or went.
void confer_join(struct conference *c, struct party *p, nsec_t now);
void confer_leave(struct conference *c, struct party *p, nsec_t now);

// A member goes to another one; the old one is held until confer_release.
void confer_hand_over(struct conference *old, struct conference *to, struct party *p, nsec_t now);
void confer_release(struct conference *c, nsec_t now);

// Makes sure the dataplane has it; its waiting parties hear PARTY_READY or PARTY_FAILED.
void confer_want(struct conference *c, nsec_t now);

// The dataplane went away, came back with its handles, or came back without.
void confer_dataplane_lost(struct conference *c, nsec_t now);
void confer_dataplane_back(struct conference *c, bool same, nsec_t now);

// The agent speaks of it: it is no orphan any more.
void confer_claim(struct conference *c);

// Its agent connection ended.
void confer_orphan(struct conference *c, nsec_t now);

// Takes an orphan's number away for a new conference; its parties go on among themselves.
void confer_set_aside(struct conference *c);

// Frees without a word to anybody: the device is going. Its parties have gone before.
void confer_discard(struct conference *c);

// Takes one named member off.
void confer_drop_participant(struct conference *c, struct participant *p);

// People in it: participants named by the agent and parties that are none of them.
uint32_t confer_members(const struct conference *c);

// Messages of the agent; from dispatch.
void confer_on_create(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_delete(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_modify(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_add(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_drop(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_change(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_audit(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_audit_participants(struct device *d, const struct sccp_msg *m, nsec_t now);
void confer_on_clear(struct device *d, const struct sccp_msg *m, nsec_t now);

const char *confer_state_name(unsigned int state);
extern const struct fsm_table confer_table;

// What a record keeps of a conference that the agent made by name.
struct confer_image {
	uint32_t conference_id;
	bool explicitly;
	uint32_t reserved;
	uint32_t resource_type;
	uint32_t application_id;
	char app_conf_id[33];
	char app_data[25];
	api_handle handle; // still good in the dataplane, or 0
	uint32_t flags;    // with that handle
	api_handle source; // likewise: what plays in it
};

// Puts a conference back after a restart of this process; it is an orphan until its agent speaks of it again.
int confer_restore(struct device *d, const struct confer_image *image, nsec_t now, struct conference **ret);
