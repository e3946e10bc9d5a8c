// SPDX-License-Identifier: GPL-3.0-or-later
// show_line.c - How lines, their calls, and recordings look to people.
#include "control/cli/show.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct column list_columns[] = {
	{"LINE", "line", COLUMN_TEXT},     {"NUMBER", "number", COLUMN_TEXT},
	{"STATE", "state", COLUMN_TEXT},   {"AGENT", "agent", COLUMN_TEXT},
	{"ACTION", "action", COLUMN_TEXT}, {"ROOM", "room", COLUMN_TEXT},
	{"CALL", "call", COLUMN_TEXT},     {"STAGE", "stage", COLUMN_TEXT},
	{"FAR", "far", COLUMN_TEXT},       {"PARTIES", "parties", COLUMN_NUMBER}};

static const struct column line_columns[] = {
	{"line", "line", COLUMN_TEXT},
	{"device type", "type", COLUMN_NUMBER},
	{"registration", "registration", COLUMN_TEXT},
	{"state", "state", COLUMN_TEXT},
	{"agent", "agent", COLUMN_TEXT},
	{"number", "number", COLUMN_TEXT},
	{"action", "action", COLUMN_TEXT},
	{"room", "room", COLUMN_TEXT},
	{"prompt", "prompt", COLUMN_TEXT},
	{"notice", "notice", COLUMN_TEXT},
	{"text", "text", COLUMN_TEXT},
	{"message waiting", "message_waiting", COLUMN_TEXT},
	{"ringer", "ringer", COLUMN_TEXT},
	{"tone", "tone", COLUMN_TEXT},
	{"errand", "errand", COLUMN_TEXT},
	{"standby agent", "standby", COLUMN_TEXT},
	{"questions unanswered", "unanswered", COLUMN_NUMBER},
	{"calls answered", "answered", COLUMN_NUMBER},
	{"calls dialled", "dialled", COLUMN_NUMBER},
	{"calls failed", "failed", COLUMN_NUMBER},
	{"test calls", "test_made", COLUMN_NUMBER},
	{"test calls, good", "test_good", COLUMN_NUMBER},
	{"test calls, last", "test_last", COLUMN_TEXT},
	{"set-up of the last good one, ms", "test_setup_ms", COLUMN_NUMBER},
};

static const struct column button_columns[] = {{"BUTTON", "kind", COLUMN_TEXT},
					       {"NO", "instance", COLUMN_NUMBER},
					       {"SPEED", "speed", COLUMN_NUMBER},
					       {"NUMBER", "number", COLUMN_TEXT},
					       {"NAME", "name", COLUMN_TEXT},
					       {"LAMP", "lamp", COLUMN_TEXT},
					       {"ALL TO", "forward_all", COLUMN_TEXT},
					       {"BUSY TO", "forward_busy", COLUMN_TEXT},
					       {"UNANSWERED TO", "forward_no_answer", COLUMN_TEXT}};

static const struct column call_columns[] = {{"CALL", "call_reference", COLUMN_NUMBER},
					     {"BUTTON", "button", COLUMN_NUMBER},
					     {"STATE", "state", COLUMN_TEXT},
					     {"DIR", "direction", COLUMN_TEXT},
					     {"NUMBER", "number", COLUMN_TEXT},
					     {"NAME", "name", COLUMN_TEXT},
					     {"PROMPT", "prompt", COLUMN_TEXT},
					     {"ACTION", "action", COLUMN_TEXT},
					     {"ROOM", "room", COLUMN_TEXT},
					     {"STAGE", "stage", COLUMN_TEXT},
					     {"CONNECTED", "connected_s", COLUMN_DURATION}};

void view_line(const struct view *v, const json_t *data)
{
	const json_t *rows = print_get(data, "lines");
	size_t i;
	json_t *row;
	if (!v->one || v->format == PRINT_CSV) {
		print_rows(v->out, v->format, rows, list_columns, COUNT_OF(list_columns), 0,
			   "No lines configured.");
		return;
	}
	json_array_foreach((json_t *)rows, i, row)
	{
		print_fields(v->out, v->format, row, line_columns, COUNT_OF(line_columns), 0);
		print_rows(v->out, v->format, print_get(row, "buttons"), button_columns,
			   COUNT_OF(button_columns), 2, "  no buttons");
		print_rows(v->out, v->format, print_get(row, "calls"), call_columns, COUNT_OF(call_columns),
			   2, "  no calls");
	}
}

static const struct column recording_columns[] = {{"ID", "id", COLUMN_TEXT},
						  {"STREAM", "stream", COLUMN_TEXT},
						  {"DEVICE", "device", COLUMN_TEXT},
						  {"LENGTH", "seconds", COLUMN_DURATION},
						  {"LOST ms", "lost_ms", COLUMN_NUMBER},
						  {"FILE", "file", COLUMN_TEXT}};

void view_recording(const struct view *v, const json_t *data)
{
	print_rows(v->out, v->format, print_get(data, "recordings"), recording_columns,
		   COUNT_OF(recording_columns), 0, "Nothing is recorded.");
}
