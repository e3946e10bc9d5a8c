// SPDX-License-Identifier: GPL-3.0-or-later
// telephone.h - What a call agent says to a telephone: answers to its questions, rings, connects, takes calls away.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/lab/agent.h"

// Answers a question of a telephone after its registration. False: it is none.
bool telephone_answer(struct agent_device *d, const struct sccp_msg *m);

// A call comes in: rings until the telephone takes it.
void telephone_ring(struct agent_device *d, uint32_t call_reference, const char *number, const char *name);

// Did the telephone take the call with this message?
bool telephone_took(const struct sccp_msg *m, uint32_t call_reference);

void telephone_connect(struct agent_device *d, uint32_t call_reference);
void telephone_release(struct agent_device *d, uint32_t call_reference);
