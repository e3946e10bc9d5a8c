// SPDX-License-Identifier: GPL-3.0-or-later
// enum.c - Names of field values, from enum.def.
#include "gw/sccp.h"

#include <errno.h>
#include <string.h>

struct value {
	uint32_t number;
	uint16_t table;
	const char *name;
};

static const struct value values[] = {
#define SCCP_VALUE(TABLE, number, NAME, text) {number, SCCP_ENUM_##TABLE, text},
#include "gw/sccp/enum.def"
};

#define VALUE_COUNT (sizeof(values) / sizeof(values[0]))

// Tables stand in enum.def one after another, in the order of their numbers.
static size_t table_begin(enum sccp_enum table)
{
	size_t low = 0, high = VALUE_COUNT;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (values[middle].table < table)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *sccp_enum_name(enum sccp_enum table, uint32_t value)
{
	for (size_t i = table_begin(table); i < VALUE_COUNT && values[i].table == table; i++)
		if (values[i].number == value)
			return values[i].name;
	return NULL;
}

int sccp_enum_value(enum sccp_enum table, const char *name, uint32_t *ret)
{
	for (size_t i = table_begin(table); i < VALUE_COUNT && values[i].table == table; i++)
		if (strcmp(values[i].name, name) == 0) {
			*ret = values[i].number;
			return 0;
		}
	return -ENOENT;
}
