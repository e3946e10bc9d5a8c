// SPDX-License-Identifier: GPL-3.0-or-later
// capture.h - Reads SCCP messages out of capture files, in the order they came.
//
// The captures are no part of the source tree. They are looked for in $SLIMLINE_SHARED, or else in ../shared beside
// the source tree, and tests skip without them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"

struct capture_pdu {
	const uint8_t *pdu;
	size_t len;
	bool to_agent;
	uint16_t device_port; // tells connections apart
	nsec_t at;
};

typedef void capture_fn(const struct capture_pdu *p, void *arg);

// Where a capture would be. Static memory.
const char *capture_path(const char *name);

// Plays a file. False when it is not there; *ret_left = bytes that made no whole message.
bool capture_play(const char *name, capture_fn *seen, void *arg, size_t *ret_left);
