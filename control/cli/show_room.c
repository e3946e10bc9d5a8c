// SPDX-License-Identifier: GPL-3.0-or-later
// show_room.c - How rooms and their members look to people.
#include "control/cli/show.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct column list_columns[] = {{"ROOM", "room", COLUMN_TEXT},
					     {"INSIDE", "inside", COLUMN_NUMBER},
					     {"LOBBY", "lobby", COLUMN_NUMBER},
					     {"DESK", "desk", COLUMN_NUMBER},
					     {"MOST", "most", COLUMN_NUMBER},
					     {"MODERATED", "moderated", COLUMN_YES},
					     {"LOCKED", "locked", COLUMN_YES},
					     {"MUTE", "mute", COLUMN_YES},
					     {"WRONG PINS", "wrong_pins", COLUMN_NUMBER}};

static const struct column room_columns[] = {
	{"room", "room", COLUMN_TEXT},
	{"inside", "inside", COLUMN_NUMBER},
	{"in the lobby", "lobby", COLUMN_NUMBER},
	{"at the desk", "desk", COLUMN_NUMBER},
	{"at most", "most", COLUMN_NUMBER},
	{"asks for a PIN", "pin", COLUMN_YES},
	{"waits for a moderator", "waits", COLUMN_YES},
	{"has a moderator", "moderated", COLUMN_YES},
	{"locked", "locked", COLUMN_YES},
	{"all mute", "mute", COLUMN_YES},
	{"entered", "entered", COLUMN_NUMBER},
	{"refused", "refused", COLUMN_NUMBER},
	{"wrong PINs", "wrong_pins", COLUMN_NUMBER},
	{"numbers turned away", "turned_away", COLUMN_NUMBER},
};

static const struct column member_columns[] = {
	{"MEMBER", "member", COLUMN_NUMBER},  {"LINE", "line", COLUMN_TEXT},
	{"NUMBER", "number", COLUMN_TEXT},    {"NAME", "name", COLUMN_TEXT},
	{"STATE", "state", COLUMN_TEXT},      {"MODERATOR", "moderator", COLUMN_YES},
	{"MUTE", "mute", COLUMN_YES},         {"HELD", "held", COLUMN_YES},
	{"SINCE", "since_s", COLUMN_DURATION}};

void view_room(const struct view *v, const json_t *data)
{
	const json_t *rows = print_get(data, "rooms");
	size_t i;
	json_t *row;
	if (!v->one || v->format == PRINT_CSV) {
		print_rows(v->out, v->format, rows, list_columns, COUNT_OF(list_columns), 0,
			   "No line leads to a room.");
		return;
	}
	json_array_foreach((json_t *)rows, i, row)
	{
		print_fields(v->out, v->format, row, room_columns, COUNT_OF(room_columns), 0);
		print_rows(v->out, v->format, print_get(row, "members"), member_columns,
			   COUNT_OF(member_columns), 2, "  nobody");
	}
}
