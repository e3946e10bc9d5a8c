// SPDX-License-Identifier: GPL-3.0-or-later
// show_line.c - Lines: what they would show, their calls, and the hands that slimctl lends their users.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/show_job.h"
#include "control/show_json.h"
#include "gw/sccp.h"

#define PAGE 500

// --- show line ---

static json_t *word(enum sccp_enum table, uint32_t value)
{
	const char *name = sccp_enum_name(table, value);
	return name ? json_string(name) : json_integer(value);
}

static json_t *call_json(const struct show *s, const struct line_call *c)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:I}", "call_reference", (json_int_t)c->reference,
		"button", (json_int_t)c->instance, "state", line_call_state_name(c->fsm.state), "direction",
		c->type == SCCP_CALL_TYPE_IN_BOUND_CALL ? "in" : "out", "number",
		show_text(c->number, sizeof(c->number)), "name", show_text(c->name, sizeof(c->name)),
		"dialled", show_text(c->dialled, sizeof(c->dialled)), "since_s",
		show_seconds_since(s, c->since));
	char stage[64] = "";
	if (c->visit && c->visit->action->show)
		c->visit->action->show(c->visit, stage, sizeof(stage));
	json_object_set_new(o, "action",
			    json_string(c->visit ? c->visit->action->name
						 : line_actions[line_action_of(c->line, c)->kind]->name));
	json_object_set_new(o, "stage", json_string(stage));
	json_object_set_new(o, "connected_s",
			    c->connected ? json_integer(show_seconds_since(s, c->connected)) : json_null());
	return o;
}

static json_t *calls_json(const struct show *s, const struct line *l)
{
	json_t *list = json_array();
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		if (line_call_is_used(&l->calls[i]))
			json_array_append_new(list, call_json(s, &l->calls[i]));
	return list;
}

static json_t *line_json(const struct show *s, const struct device *d)
{
	const struct line *l = d->line;
	const struct config_agent *a = agents_current(&d->agents);
	json_t *calls = calls_json(s, l);
	json_t *newest = json_array_get(calls, 0);
	json_t *o = json_pack(
		"{s:s, s:I, s:s, s:s, s:o, s:o, s:s, s:s}", "line", d->name, "type",
		(json_int_t)d->config->type, "registration", reg_state_name(d->reg.fsm.state), "state",
		line_state_name(l->fsm.state), "agent", show_text(a->name, sizeof(a->name)), "number",
		show_text(l->buttons[0].number, sizeof(l->buttons[0].number)), "action",
		line_actions[l->config->action.kind]->name, "room", l->config->action.room_name);
	json_object_set(o, "call", newest ? json_object_get(newest, "state") : json_null());
	json_object_set(o, "far", newest ? json_object_get(newest, "number") : json_null());
	json_object_set_new(o, "prompt", show_text(l->prompt, sizeof(l->prompt)));
	json_object_set_new(o, "lamp", word(SCCP_ENUM_LAMP, l->lamp));
	json_object_set_new(o, "message_waiting", word(SCCP_ENUM_LAMP, l->waiting));
	json_object_set_new(o, "ringer", word(SCCP_ENUM_RING_MODE, l->ringer));
	json_object_set_new(o, "tone", l->tone ? word(SCCP_ENUM_TONE, l->tone) : json_null());
	json_object_set_new(o, "buttons", json_integer(l->button_count));
	json_object_set_new(o, "unanswered", json_integer(l->unanswered));
	json_object_set_new(o, "answered", json_integer((json_int_t)l->answered));
	json_object_set_new(o, "dialled", json_integer((json_int_t)l->dialled));
	json_object_set_new(o, "failed", json_integer((json_int_t)l->failed));
	json_object_set_new(o, "parties", json_integer(d->party_count));
	json_object_set_new(o, "calls", calls);
	return o;
}

static struct device *find_line(struct admin_request *r, const struct core *c, const char *name)
{
	struct device *d = core_device(c, name);
	if (d && d->line)
		return d;
	admin_fail(r, CTL_NOT_FOUND, "show line lists those there are", "there is no line %.32s", name);
	return NULL;
}

void show_line_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	const char *name = json_string_value(json_object_get(arguments, "id"));
	json_int_t cursor = json_integer_value(json_object_get(arguments, "cursor"));
	json_int_t at = 0;
	json_t *list = json_array();
	if (name && *name) {
		struct device *d = find_line(r, s->core, name);
		if (!d)
			return json_decref(list);
		json_array_append_new(list, line_json(s, d));
	}
	for (unsigned int i = 0; !(name && *name) && i < s->core->device_count; i++) {
		if (!s->core->devices[i]->line)
			continue;
		if (at >= cursor && at < cursor + PAGE)
			json_array_append_new(list, line_json(s, s->core->devices[i]));
		at++;
	}
	json_t *next = at > cursor + PAGE ? json_integer(cursor + PAGE) : json_null();
	admin_reply(r, json_pack("{s:o, s:o}", "lines", list, "next", next));
}

// --- line NAME ACT [VALUE] ---

static int act_answer(struct line *l, const char *value, nsec_t now)
{
	return line_answer(l, now);
}

static int act_hang_up(struct line *l, const char *value, nsec_t now)
{
	return line_hang_up(l, now);
}

static int act_hold(struct line *l, const char *value, nsec_t now)
{
	return line_hold(l, now);
}

static const struct {
	const char *name;
	bool takes_value;
	int (*run)(struct line *l, const char *value, nsec_t now);
	const char *absent; // -ENOENT
	const char *invalid;
} acts[] = {
	{"dial", true, line_dial, "", "a number has 1 to 24 of 0-9, *, #, + and A-D"},
	{"enbloc", true, line_enbloc, "", "a number has 1 to 24 of 0-9, *, #, + and A-D"},
	{"press", true, line_press, "the agent does not offer that soft key now",
	 "a key is a digit, or a soft key such as hold, or its number"},
	{"answer", false, act_answer, "no call is ringing", ""},
	{"hangup", false, act_hang_up, "there is no call", ""},
	{"hold", false, act_hold, "no call is connected or held", ""},
};

#define ACT_COUNT  (sizeof(acts) / sizeof(acts[0]))
#define USAGE_HINT "line NAME dial NUMBER, enbloc NUMBER, press KEY, answer, hangup or hold"

static void answer(const struct show *s, struct admin_request *r, const struct device *d, size_t act, int rc)
{
	if (rc == 0)
		admin_reply(r, json_pack("{s:[o]}", "lines", line_json(s, d)));
	else if (rc == -EINVAL)
		admin_fail(r, CTL_USAGE, acts[act].invalid, "that cannot be %s",
			   *acts[act].name == 'p' ? "pressed" : "dialled");
	else if (rc == -ENOTCONN)
		admin_fail(r, CTL_REFUSED, "show sccp tells why", "line %s is not registered", d->name);
	else if (rc == -EBUSY)
		admin_fail(r, CTL_REFUSED, "hang up or hold it first", "line %s is in a call", d->name);
	else
		admin_fail(r, CTL_REFUSED, "show line NAME tells its calls", "line %s: %s", d->name,
			   acts[act].absent);
}

void show_line_act_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	char copy[128];
	char *save;
	const char *text = json_string_value(json_object_get(arguments, "id"));
	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	char *name = strtok_r(copy, " ", &save);
	char *what = name ? strtok_r(NULL, " ", &save) : NULL;
	char *value = what ? strtok_r(NULL, " ", &save) : NULL;
	size_t i = 0;
	while (what && i < ACT_COUNT && strcmp(acts[i].name, what) != 0)
		i++;
	if (!what || i == ACT_COUNT || acts[i].takes_value != (value != NULL) ||
	    (value && strtok_r(NULL, " ", &save)))
		return admin_fail(r, CTL_USAGE, USAGE_HINT, "a line is not told like this");
	struct device *d = find_line(r, s->core, name);
	if (!d)
		return;
	int rc = acts[i].run(d->line, value ? value : "", s->clock());
	if (s->asked)
		s->asked(s->asked_arg);
	answer(s, r, d, i, rc);
}
