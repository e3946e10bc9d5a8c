// SPDX-License-Identifier: GPL-3.0-or-later
// lines.h - The user of a line in a scenario, and what the line would show.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"

struct device;

// "dial 600", "answer", "press hold". False: could not be done, and `problem` says why. An act that must fail is written
// with the error after "but": "answer but ENOENT".
bool lines_act(struct device *d, char *args, nsec_t now, char *problem, size_t cap);

// A figure of the line as text; "?" when there is none of that name.
const char *lines_show(const struct device *d, const char *key, nsec_t now, char *buf, size_t cap);

// Where the action of a call says that it is; "none" when it has none.
const char *lines_stage(struct device *d, uint32_t reference, char *buf, size_t cap);

// State of a call; "none" when there is no such call.
const char *lines_call(struct device *d, uint32_t reference);
