// SPDX-License-Identifier: GPL-3.0-or-later
// drop.h - Named reasons to drop a packet, shared by the media path, counters and the CLI.
#pragma once

#include <stdint.h>

enum drop_reason {
	DROP_NONE = 0, // not dropped
#define DROP(name, help) DROP_##name,
#include "gw/drop.def"
#undef DROP
	DROP_COUNT
};

// Name as operators see it; "none" for DROP_NONE, "unknown" outside the list.
const char *drop_name(unsigned int reason);

// One sentence of help; "" outside the list.
const char *drop_help(unsigned int reason);
