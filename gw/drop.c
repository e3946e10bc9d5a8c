// SPDX-License-Identifier: GPL-3.0-or-later
// drop.c - Names and help texts of the drop reasons.
#include "gw/drop.h"

static const struct {
	const char *name;
	const char *help;
} reasons[DROP_COUNT] = {
	[DROP_NONE] = {"none", ""},
#define DROP(name, help) [DROP_##name] = {#name, help},
#include "gw/drop.def"
#undef DROP
};

const char *drop_name(unsigned int reason)
{
	return reason < DROP_COUNT ? reasons[reason].name : "unknown";
}

const char *drop_help(unsigned int reason)
{
	return reason < DROP_COUNT ? reasons[reason].help : "";
}
