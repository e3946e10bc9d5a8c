// SPDX-License-Identifier: GPL-3.0-or-later
// exchange.h - The call routing of an agent: telephones and lab phones call each other by number, hold and transfer.
//
// A call is two legs, each the end of a telephone (a device at the agent) or of a lab phone (an RTP end of ours, without
// signalling). Numbers are those of the table, those of lab phones, and each telephone's own: the last four characters
// of its name, or all of it. A number of several telephones rings the first that has no call.
//
// A telephone's digits are routed as soon as they are a number that no longer number begins with, or three seconds after
// the last one, or by #. Whoever is in a call is busy.
#pragma once

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/lab/agent.h"
#include "bench/lab/telephone.h"

#define EXCHANGE_LINES_MAX 32
#define EXCHANGE_NEVER     UINT32_MAX

struct exchange;
struct leg;

// One row of the table of numbers.
struct exchange_number {
	char digits[26];
	char lines[EXCHANGE_LINES_MAX][17]; // names of telephones
	unsigned int line_count;
};

enum exchange_news {
	EXCHANGE_RINGS,   // a call has come in
	EXCHANGE_TALKS,   // `remote` is where to send from now on
	EXCHANGE_HELD,    // sends nothing until it is resumed
	EXCHANGE_BUSY,    // the call that was made
	EXCHANGE_UNKNOWN, // its number
	EXCHANGE_REFUSED, // its media
	EXCHANGE_GONE,    // the call is over
	EXCHANGE_LOST,    // the telephone's connection is; what is sent and heard goes on
};

// A lab phone at the exchange. Everything above `leg` is its owner's to fill in; it must outlive the exchange or its calls.
struct exchange_phone {
	char number[26];          // "" = it cannot be called
	char shows[26], name[41]; // to whom it talks to: number and name
	struct addr_port local;
	struct telephone_format format;
	uint32_t answer_ms; // of what rings; EXCHANGE_NEVER
	void (*told)(struct exchange_phone *p, enum exchange_news news, const struct addr_port *remote);
	void *arg;
	// the exchange's
	struct leg *leg; // the call it is in, NULL = none
	struct exchange_phone *next;
};

struct exchange_counts {
	uint64_t calls;      // answered
	uint64_t refused;    // OpenReceiveChannel or StartMediaTransmission answered with an error
	uint64_t statistics; // figures of ended calls that telephones have told
	uint64_t packets_received, packets_lost; // sums of these
};

// `numbers` stay the caller's. Returns NULL without memory.
struct exchange *exchange_new(struct event_base *base, const struct exchange_number *numbers,
			      unsigned int count);

// Whose telephones it connects; before the first call.
void exchange_attach(struct exchange *x, struct agent *a);

void exchange_add(struct exchange *x, struct exchange_phone *p);

// From the agent's hooks.
void exchange_message(struct exchange *x, struct agent_device *d, const struct sccp_msg *m);
void exchange_device_down(struct exchange *x, struct agent_device *d);

// What the user of a lab phone does. False: there is no call in the state for it.
bool exchange_dial(struct exchange *x, struct exchange_phone *p, const char *number);
bool exchange_hang_up(struct exchange_phone *p);
bool exchange_hold(struct exchange_phone *p);
bool exchange_resume(struct exchange_phone *p);
bool exchange_transfer(struct exchange_phone *p,
		       const char *number); // blind: the far side rings there, we are out
bool exchange_consult(struct exchange_phone *p, const char *number); // holds the far side and calls
bool exchange_complete(struct exchange_phone *p);                    // connects the two, we are out

// The telephone at the far end of a lab phone's call; NULL when there is none.
struct agent_device *exchange_far_device(const struct exchange_phone *p);

const struct exchange_counts *exchange_counts(const struct exchange *x);

const char *exchange_news_name(enum exchange_news news);

// Takes NULL.
void exchange_free(struct exchange *x);
