// SPDX-License-Identifier: GPL-3.0-or-later
// leg.h - What the files of the exchange share: one end of a call.
#pragma once

#include "bench/lab/exchange.h"

enum leg_state {
	LEG_DIALING,
	LEG_CALLING, // the far side rings
	LEG_RINGING, // here
	LEG_TALKING,
	LEG_HELD,   // by this end
	LEG_FAILED, // busy tone
};

#define LEG_DIGITS_MAX 25

struct leg {
	struct exchange *x;
	struct leg *next;
	enum leg_state state;
	struct agent_device *device;  // a telephone's end, or
	struct exchange_phone *phone; // a lab phone's
	struct leg *far;              // NULL while nobody is there
	struct leg *parent;           // the held call that this one is to be connected with
	bool forwards;                // what is dialled is where the telephone's calls are to go
	struct telephone_call call;
	char digits[LEG_DIGITS_MAX + 1];
	struct event *timer; // of digits, or of the answer
	// media
	bool opened, sending;
	struct telephone_format format;
	struct addr_port here;  // where this end hears; port 0 = not known yet
	struct addr_port there; // where it has been told to send
};

// What the agent keeps of a telephone beyond its connection.
struct memory {
	struct memory *next;
	char name[17];
	char last[26];    // number it dialled
	char forward[26]; // where its calls go; "" = to it
};

struct exchange {
	struct event_base *base;
	struct agent *agent;
	const struct exchange_number *numbers;
	unsigned int number_count;
	struct exchange_phone *phones;
	struct leg *legs;
	struct memory *memories;
	uint32_t serial;
	struct exchange_counts counts;
};

// exchange.c: making and ending

struct leg *leg_new(struct exchange *x, struct agent_device *d, struct exchange_phone *p);
void leg_free(struct leg *l); // says nothing to anybody
void leg_timer(struct leg *l, uint32_t ms);
void leg_tell(struct leg *l, enum exchange_news news); // a lab phone's; a telephone's is told otherwise

// What is kept of a telephone; NULL without memory.
struct memory *memory_of(struct exchange *x, const char *name);

// leg.c: what happens to a call

void leg_dial(struct leg *l, const char *number);
void leg_answer(struct leg *l);
void leg_hang_up(struct leg *l);
void leg_hold(struct leg *l);
void leg_resume(struct leg *l);
bool leg_transfer(struct leg *l, const char *number);
struct leg *leg_consult(struct leg *l);
bool leg_complete(struct leg *l);
void leg_on_time(struct leg *l);

// leg_media.c: where sound goes

void leg_media_on(struct leg *l); // both ends of the call, as far as both talk
void leg_media_off(struct leg *l);
void leg_media_stop(struct leg *l); // what it sends, no more
void leg_media_move(struct leg *l); // has a new far side
void leg_opened(struct leg *l, const struct sccp_open_receive_channel_ack *ack);

// exchange_route.c: whom a number means

enum route { ROUTE_FOUND, ROUTE_BUSY, ROUTE_UNKNOWN };

enum route route_find(struct exchange *x, const char *number, struct agent_device **ret_device,
		      struct exchange_phone **ret_phone);

// True when a longer number begins so.
bool route_goes_on(const struct exchange *x, const char *digits);
