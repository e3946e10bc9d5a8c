// SPDX-License-Identifier: GPL-3.0-or-later
// action_room.c - The action room: callers of every line and agent meet in one conference.
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "gw/stream.h"

#define ROOM_CONFERENCE 1 // where people meet

static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	struct core *c = v->line->device->core;
	*ret = (struct place){c->rooms[v->config->room - 1], ROOM_CONFERENCE, CONFERENCE_BRIDGE};
	return REFUSAL_none;
}

const struct line_action action_room = {.name = "room", .place = place};
