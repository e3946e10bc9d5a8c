// SPDX-License-Identifier: GPL-3.0-or-later
// line_errand.h - What takes a telephone's user several steps: transfer, conference, forwarding.
//
// A key is pressed, the agent gives a second call, a number is dialled into it, and when that call has come far enough the
// key is pressed again. One errand at a time; whatever goes wrong ends it and takes the first call back from hold.
#pragma once

#include <stdint.h>

#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/timer.h"

struct line;
struct line_call;

enum errand_kind {
	ERRAND_TRANSFER,   // completed when the number rings
	ERRAND_CONSULT,    // not completed: the user does it
	ERRAND_CONFERENCE, // completed when the number answers
	ERRAND_FORWARD,    // over when the agent says that it forwards
};

enum errand_state {
	ERRAND_IDLE,
	ERRAND_KEYED,     // first press; no second call yet
	ERRAND_DIALLED,   // its number is under way
	ERRAND_RIPE,      // it has come far enough
	ERRAND_CLOSING,   // second press
	ERRAND_RETURNING, // it has failed: the second call ends, the first is taken back
	ERRAND_STATE_COUNT
};

struct line_errand {
	struct fsm fsm; // enum errand_state
	enum errand_kind kind;
	unsigned int function;  // enum line_function: the key
	uint32_t first, second; // call references; 0 = none
	char number[26];
	struct timer timer;
	uint64_t done, failed;
};

void line_errand_init(struct line *l);
void line_errand_fini(struct line *l);

// Begins. `first` NULL: without a call. -EBUSY while another one is under way.
int line_errand_begin(struct line *l, enum errand_kind kind, unsigned int function,
		      const struct line_call *first, const char *number, nsec_t now);

// A call has another state; the agent has told where a line's calls go; the agent has gone.
void line_errand_call(struct line *l, const struct line_call *c, nsec_t now);
void line_errand_forwarded(struct line *l, nsec_t now);
void line_errand_lost(struct line *l, nsec_t now);

extern const struct fsm_table line_errand_table;
