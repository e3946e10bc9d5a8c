// SPDX-License-Identifier: GPL-3.0-or-later
// line_call.h - One call of a line, as the agent's CallState messages and its user's hands make it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/timer.h"

struct line;
struct sccp_msg;
struct visit;

enum line_call_state {
	LINE_CALL_IDLE,       // no call
	LINE_CALL_DIALING,    // off hook
	LINE_CALL_PROCEEDING, // number complete
	LINE_CALL_RINGING_OUT,
	LINE_CALL_RINGING,   // here
	LINE_CALL_ANSWERING, // taken; the agent has not said so yet
	LINE_CALL_CONNECTED,
	LINE_CALL_HELD,
	LINE_CALL_FAILED, // busy, congestion, no such number
	LINE_CALL_ENDING, // hung up; the agent has not said so yet
	LINE_CALL_OVER,   // the agent said so; its media should close now
	LINE_CALL_STATE_COUNT
};

enum line_call_event {
	LINE_CALL_OFF_HOOK, // CallState
	LINE_CALL_PROCEED,
	LINE_CALL_RING_OUT,
	LINE_CALL_RING_IN,
	LINE_CALL_CONNECT,
	LINE_CALL_HOLD,
	LINE_CALL_FAIL,
	LINE_CALL_ON_HOOK,
	LINE_CALL_ANSWER, // the user
	LINE_CALL_HANG_UP,
	LINE_CALL_TIMEOUT,
	LINE_CALL_LOST, // the agent has gone
	LINE_CALL_EVENT_COUNT
};

struct line_call {
	struct line *line;
	struct fsm fsm; // enum line_call_state
	uint32_t reference;
	uint32_t instance;   // line button, from 1
	uint32_t type;       // SCCP_CALL_TYPE, 0 = not told
	struct visit *visit; // what the line does with it; NULL before its media
	char number[26];     // of the far side
	char name[122];
	char called[26]; // as CallInfo says
	char calling[26];
	char dialled[26];
	char original[26]; // called first, before it was forwarded
	char redirecting[26];
	char prompt[98];
	bool sent;          // a digit of the number
	uint32_t set, mask; // live soft keys
	struct timer timer;
	nsec_t since;     // of the present state
	nsec_t connected; // 0 = never
};

void line_call_init(struct line_call *c, struct line *l);
void line_call_fini(struct line_call *c);

static inline bool line_call_is_used(const struct line_call *c)
{
	return c->fsm.state != LINE_CALL_IDLE;
}

// Hung up by either side.
static inline bool line_call_is_ending(const struct line_call *c)
{
	return c && (c->fsm.state == LINE_CALL_ENDING || c->fsm.state == LINE_CALL_OVER);
}

// Feeds an event.
void line_call_feed(struct line_call *c, enum line_call_event event, nsec_t now);

// Nothing more will be dialled into a call that is off the hook: it ends, unless the agent goes on with it.
void line_call_give_up(struct line_call *c, nsec_t now);

// Messages of the agent about a call.
void line_call_on_state(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_call_on_info(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_call_on_dialed(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_call_on_tone(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_call_on_keys(struct line *l, const struct sccp_msg *m, nsec_t now);

// Presses a soft key in a call, or without one.
void line_call_key(struct line *l, const struct line_call *c, uint32_t event, nsec_t now);

const char *line_call_state_name(unsigned int state);
extern const struct fsm_table line_call_table;
