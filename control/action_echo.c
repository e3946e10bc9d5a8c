// SPDX-License-Identifier: GPL-3.0-or-later
// action_echo.c - The action echo: every caller hears oneself.
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "gw/stream.h"

// The agent's conference is as good as any: nobody hears anybody else in it.
static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	*ret = (struct place){v->line->device, conference_id, CONFERENCE_ECHO};
	return REFUSAL_none;
}

const struct line_action action_echo = {.name = "echo", .place = place};
