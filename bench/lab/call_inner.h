// SPDX-License-Identifier: GPL-3.0-or-later
// call_inner.h - What the files of the call room share.
#pragma once

#include "bench/lab/call.h"

#define CALL_STAGGER_MS 7 // phones do not tick together

int call_fail(struct call *c, int rc, const char *format, ...) __attribute__((format(printf, 3, 4)));
void call_enter(struct call *c, enum call_state state);
void call_speak(struct call *c);
bool call_all_answered(struct call *c, struct call_party *p); // it has, now; have all others, too?

// call_line.c
void call_line_prepare(struct call *c, const struct scenario *s, unsigned int party);
void call_line_start(struct call *c);
void call_line_end(struct call *c);
void call_line_message(struct call *c, struct agent_device *d, const struct sccp_msg *m);
