// SPDX-License-Identifier: GPL-3.0-or-later
// count.h - Counters of a device and of the whole process, declared once in count.def.
#pragma once

#include <stdint.h>

#include "gw/metric.h"

enum count {
#define COUNT(name, help) COUNT_##name,
#include "control/count.def"
#undef COUNT
	COUNT_COUNT
};

struct counts {
	uint64_t value[COUNT_COUNT];
};

// Name and help of each, for the CLI and for metric_write.
extern const struct metric count_table[COUNT_COUNT];

// Adds every counter of `from` to `to`.
void counts_add(struct counts *to, const struct counts *from);
