// SPDX-License-Identifier: GPL-3.0-or-later
// dialect.h - How call agents of the field differ, as one row of traits each.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Questions and farewells of a device that a dialect leaves unanswered, or-ed.
enum dialect_silence {
	SILENT_KEEP_ALIVE = 1,
	SILENT_UNREGISTER = 2,
	SILENT_CONFIG_STAT = 4,
	SILENT_FORWARD_STAT = 8,
};

#define DIALECT_ACK_GRANTED 255 // RegisterAck names the version that is granted

#define DIALECT_BODIES 4

// A message whose body is longer than its layout asks for: bytes it has at least.
struct dialect_body {
	uint32_t id; // 0 = none
	uint16_t least;
};

struct dialect {
	const char *name;
	uint8_t version;     // highest whose layouts are spoken
	uint8_t ack_version; // what RegisterAck says, whatever is spoken
	uint8_t ack_body;    // bytes of RegisterAck's body; 0 = all
	uint8_t texts_from; // variable-length texts towards devices that claim this version or more; 0 = never
	uint8_t numbers_from; // the same of the answer to LineStatReq
	uint8_t silent;       // enum dialect_silence
	bool bare_header;     // every header says version 0
	bool lamps_early;     // lamps are set before the registration is acknowledged
	bool opens_early;     // OpenReceiveChannel goes out before the call is said to be connected
	bool by_party;   // media messages name the party alone: no call, and Close and Stop no conference
	bool redirects;  // a new far side changes the transmission only; else both directions are opened anew
	bool holds_far;  // who is put on hold loses its media, too
	bool statistics; // asks for a call's figures when it is over
	bool tokens;     // answers who asks whether it may come back
	bool fails_by_tone; // a number that is busy or wrong is told by its tone, not by the call's state
	struct dialect_body bodies[DIALECT_BODIES];
};

// The dialect of a name; NULL when there is none.
const struct dialect *dialect_find(const char *name);

// Walks the table: index 0, 1, ... NULL at its end. Index 0 is what an agent speaks unless told otherwise.
const struct dialect *dialect_at(unsigned int index);

// Bytes that the body of a message has at least; 0 = as its layout asks.
unsigned int dialect_least(const struct dialect *d, uint32_t id);

// The version whose layouts are spoken with a device that claims `claimed`, when no more than `limit` is wanted.
uint8_t dialect_version(const struct dialect *d, uint8_t claimed, uint8_t limit);
