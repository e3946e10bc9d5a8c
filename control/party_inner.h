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
bool party_spec_is(const struct stream_spec *a, const struct stream_spec *b);

// Its stream is in the conference where the party is: true when a move ends with that.
bool party_move_done(struct party *p, nsec_t now);

// Its stream cannot go there: true when there was a move, which is undone.
bool party_move_back(struct party *p, nsec_t now);

// Finds a party by the id of either side; NULL when there is none.
struct party *party_by_id(const struct device *d, uint32_t id);

// Adds to a spec what the agent's wishes for digits ask of the stream.
void party_digit_spec(const struct party *p, struct stream_spec *spec);

// After a restart or a refusal: what was asked for is what the stream does.
void party_digit_restore(struct party *p, const struct stream_spec *applied);

// Sends the digits that wait, when the stream is ready for them.
void party_dial(struct party *p, nsec_t now);

// Gives up the digits that wait: nobody wants them late.
void party_dial_drop(struct party *p);

// The dataplane has reported a digit.
void party_digit_heard(struct party *p, uint32_t event, nsec_t now);

// Back to what the stream does: the agent has been told that the rest did not happen.
void party_revert(struct party *p);

// Answers to the agent.
void party_answer_open(struct device *d, enum refusal why, const struct addr_port *local, uint32_t party_id,
		       uint32_t call_reference, nsec_t now);
void party_answer_start(struct device *d, enum refusal why, const struct addr_port *local,
			uint32_t conference_id, uint32_t party_id, uint32_t call_reference, nsec_t now);
void party_answer_port(struct device *d, const struct addr_port *local, uint32_t conference_id,
		       uint32_t party_id, uint32_t call_reference, uint32_t media_type, nsec_t now);

// A party is going, with its stream's last figures: keeps them for the agent, and answers what it has asked. `last` NULL:
// they are not known.
void party_figures_end(struct party *p, const struct stream_stats *last, nsec_t now);

// Answers what the agent has asked about a party whose stream was asked for another reason.
void party_figures_due(struct party *p, nsec_t now);
