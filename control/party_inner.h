// SPDX-License-Identifier: GPL-3.0-or-later
// party_inner.h - What the files of the party room share.
#pragma once

#include "control/device.h"
#include "control/party.h"

// Data of the FSM's events.
struct party_data {
	nsec_t now;
	enum refusal why;                // PARTY_FAILED
	const struct api_message *reply; // PARTY_DONE
};

// Feeds an event that carries only the time.
void party_feed(struct party *p, enum party_event event, nsec_t now);

// Makes a party in a conference; NULL without memory. It is in no index before it is named.
struct party *party_new(struct device *d, struct conference *c, uint32_t call_reference, nsec_t now);

// Gives a side its party id.
int party_name_side(struct party *p, struct party_side *side, uint32_t id);

// The agent names its call.
void party_set_call(struct party *p, uint32_t call_reference);

// The agent speaks of it: it is no orphan any more.
void party_claim(struct party *p, nsec_t now);

// A side is open, or the port is kept.
bool party_is_wanted(const struct party *p);

// What the stream should be told now.
void party_spec(const struct party *p, struct stream_spec *ret);

// Answers to the agent.
void party_answer_open(struct device *d, enum refusal why, const struct addr_port *local, uint32_t party_id,
		       uint32_t call_reference, nsec_t now);
void party_answer_start(struct device *d, enum refusal why, const struct addr_port *local,
			uint32_t conference_id, uint32_t party_id, uint32_t call_reference, nsec_t now);
void party_answer_port(struct device *d, const struct addr_port *local, uint32_t conference_id,
		       uint32_t party_id, uint32_t call_reference, uint32_t media_type, nsec_t now);
void party_answer_statistics(struct device *d, uint32_t call_reference, uint32_t mode,
			     const struct stream_stats *s, nsec_t now);
