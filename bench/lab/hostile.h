// SPDX-License-Identifier: GPL-3.0-or-later
// hostile.h - What a broken or hostile call agent may send: lengths, framing, versions, counts, parameters, states.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/addr.h"

#define HOSTILE_BYTES_MAX 20000

// One attack. The device may answer, ignore it or drop the connection; it must come back into service.
struct hostile {
	const char *name;
	bool trickle; // send byte by byte
	bool partial; // ends inside a message that the next attack completes: do not ask for an answer yet
	bool hangs;   // ends inside a message that never completes: the agent cuts the connection
	size_t len;
	uint8_t bytes[HOSTILE_BYTES_MAX];
};

// Number of attacks.
unsigned int hostile_count(void);

// Makes attack `index` for a device of this protocol version whose media address is `own`.
void hostile_make(unsigned int index, unsigned int version, const struct addr *own, struct hostile *ret);
