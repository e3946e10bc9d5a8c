// SPDX-License-Identifier: GPL-3.0-or-later
// line_test.h - Test calls of a line: made by the clock or by hand, held for a while, and judged.
//
// A call is good when it was answered and a voice came back while it was held. What the far side hears meanwhile is
// whatever the line does with its calls.
#pragma once

#include <stdint.h>

#include "control/line_call.h"
#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/timer.h"

struct line;

enum test_state {
	TEST_IDLE,    // nothing to come
	TEST_WAITING, // for its time
	TEST_DIALLED, // the agent has not said anything of a call
	TEST_CALLING,
	TEST_TALKING,
	TEST_JUDGING, // asked the dataplane what came
	TEST_STATE_COUNT
};

enum test_result {
	TEST_NONE,
	TEST_GOOD,
	TEST_SILENT,     // answered, but no packet came
	TEST_CUT,        // ended by the other side before its time
	TEST_REFUSED,    // busy, congestion, no such number
	TEST_UNANSWERED, // within the patience
	TEST_IN_USE,     // the line was in another call, or not registered
	TEST_LOST,       // the agent or the dataplane went away
	TEST_RESULT_COUNT
};

struct line_test {
	struct fsm fsm; // enum test_state
	struct timer timer;
	uint32_t reference; // of the call; 0 = none
	uint32_t request;   // to the dataplane
	nsec_t dialled;     // of the present one, or the last
	uint32_t setup_ms;  // of the last that was answered
	enum test_result last;
	uint64_t results[TEST_RESULT_COUNT];
	char number[26];
};

void line_test_init(struct line *l);
void line_test_fini(struct line *l);

// The line is ready: the first one is due after its time. Its agent has gone.
void line_test_ready(struct line *l, nsec_t now);
void line_test_lost(struct line *l, nsec_t now);

// A call has another state.
void line_test_call(struct line *l, const struct line_call *c, nsec_t now);

// Makes one now; number "" = the configured one. -EINVAL, -EBUSY while one is under way or the line is in use, -ENOTCONN.
int line_test_begin(struct line *l, const char *number, nsec_t now);

uint64_t line_test_count(const struct line_test *t); // that are over
const char *line_test_result_name(enum test_result r);
extern const struct fsm_table line_test_table;
