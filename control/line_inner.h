// SPDX-License-Identifier: GPL-3.0-or-later
// line_inner.h - What the files of the line room share.
#pragma once

#include "control/line.h"

// Takes what an agent answers to a telephone's questions. False: it is no such answer. *ret_whole: no more of it comes.
bool line_told(struct line *l, const struct sccp_msg *m, bool *ret_whole, nsec_t now);

// Takes what the telephone would show, and what only telephones of another kind would. False: it is neither.
bool line_panel_on_message(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_panel_clear(struct line *l);

// Copies an agent's text, cut to what `ret` holds, with its codes for words written out.
void line_text(char *ret, size_t cap, const char *text);

// The newest call in one of these states, as IN(HELD) | IN(FAILED); NULL when there is none.
#define IN(state) (1u << LINE_CALL_##state)
struct line_call *line_find_in(struct line *l, uint32_t states);

// States in which a call occupies its user.
#define LINE_BUSY (IN(DIALING) | IN(PROCEEDING) | IN(RINGING_OUT) | IN(ANSWERING) | IN(CONNECTED))

// The agent has answered to the handset: with a call that is off the hook, or (c NULL) with something else.
void line_hook_answered(struct line *l, struct line_call *c, nsec_t now);

// 0, or -EINVAL for what cannot be dialled.
int line_check_number(const char *number);

// Dials into the call that is off the hook, digit by digit.
void line_dial_into(struct line *l, const char *number, nsec_t now);

// ---- line_function.c: what keys are for ----

enum line_function {
	LINE_HOLD,
	LINE_RESUME,
	LINE_TRANSFER,
	LINE_CONFERENCE,
	LINE_DROP_LAST,
	LINE_REDIAL,
	LINE_SET_FORWARD_ALL, // the three in the order of enum line_forward
	LINE_SET_FORWARD_BUSY,
	LINE_SET_FORWARD_NO_ANSWER,
	LINE_PICKUP,
	LINE_GROUP_PICKUP,
	LINE_OTHER_PICKUP,
	LINE_MEET_ME,
	LINE_PARK,
	LINE_CALL_BACK,
	LINE_VOICE_MAIL,
	LINE_DO_NOT_DISTURB,
	LINE_NEW_CALL,
	LINE_FUNCTION_COUNT
};

// By the soft key when the agent offers it, else by the fixed button. `c` NULL: without a call.
void line_function(struct line *l, const struct line_call *c, unsigned int function, nsec_t now);
void line_stimulus(struct line *l, const struct line_call *c, uint32_t stimulus, uint32_t instance,
		   nsec_t now);

// ---- line_access.c: features by digits ----

enum line_access {
	LINE_ACCESS_NONE, // the digits that wait are a number
	LINE_ACCESS_WAIT, // they may become a code when `more` come
	LINE_ACCESS_DONE, // they began with one: it is taken away and done
};
enum line_access line_access(struct line *l, struct line_call *c, bool more, nsec_t now);

// A digit while a call has failed, or after a flash in feature mode.
bool line_access_busy(struct line *l, char digit, nsec_t now);
int line_access_flash(struct line *l, char digit, nsec_t now);
