// SPDX-License-Identifier: GPL-3.0-or-later
// count.c - The table behind the counters.
#include "control/count.h"

const struct metric count_table[COUNT_COUNT] = {
#define COUNT(name, help) {#name, METRIC_COUNTER, "", help},
#include "control/count.def"
#undef COUNT
};

void counts_add(struct counts *to, const struct counts *from)
{
	metric_add(to->value, from->value, COUNT_COUNT);
}
