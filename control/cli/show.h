// SPDX-License-Identifier: GPL-3.0-or-later
// show.h - How each answer of the daemon looks to people.
#pragma once

#include "control/cli/print.h"

// Where and how a view prints.
struct view {
	FILE *out;
	enum print_format format; // table or CSV: JSON never comes here
	bool one;                 // an ID was asked for
	bool all;                 // also what is zero
};

// One per word of the fourth column of commands.def.
void view_status(const struct view *v, const json_t *data);
void view_version(const struct view *v, const json_t *data);
void view_sccp(const struct view *v, const json_t *data);
void view_connections(const struct view *v, const json_t *data);
void view_statistics(const struct view *v, const json_t *data);
void view_conference(const struct view *v, const json_t *data);
void view_stream(const struct view *v, const json_t *data);
void view_workers(const struct view *v, const json_t *data);
void view_dataplane(const struct view *v, const json_t *data);
void view_metrics(const struct view *v, const json_t *data);
void view_drops(const struct view *v, const json_t *data);
void view_line(const struct view *v, const json_t *data);
void view_recording(const struct view *v, const json_t *data);
void view_room(const struct view *v, const json_t *data);
void view_help(const struct view *v, const json_t *data);
void view_quit(const struct view *v, const json_t *data);
