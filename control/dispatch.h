// SPDX-License-Identifier: GPL-3.0-or-later
// dispatch.h - From bytes of an agent to the handler of a message, with the state it needs.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"

struct device;

// Works on every whole message in the bytes. Returns how many bytes were used; the rest is the start of a message.
// A message that is unknown, out of place, too short or malformed is counted and skipped. Returns -EPROTO only when
// the framing itself makes no sense any more. Stops early when a message ended the connection.
long dispatch_input(struct device *d, const uint8_t *bytes, size_t len, nsec_t now);
