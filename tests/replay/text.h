// SPDX-License-Identifier: GPL-3.0-or-later
// text.h - Messages from text and against text: "OpenReceiveChannel conference_id=1 codec=4".
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "gw/sccp.h"

// Reads one message. Values are numbers, names of enum.def, addresses or words; lists as caps[0].codec=4.
// Returns 0, or -EINVAL and one sentence in problem.
int text_read(const char *line, struct sccp_msg *ret, char *problem, size_t cap);

// Does the message have this name and these values? Problem says what differs.
bool text_match(const char *line, const struct sccp_msg *m, char *problem, size_t cap);

// Number of an error by its name, as in "dataplane fail TYPE ERRNO"; EIO for others.
int text_errno(const char *name);
