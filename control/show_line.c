// SPDX-License-Identifier: GPL-3.0-or-later
// show_line.c - Lines: what they would show, their calls, and the hands that slimctl lends their users.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_act.h"
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

static void stage_text(const struct visit *v, char *ret, size_t cap)
{
	*ret = '\0';
	if (v && !v->stopped && v->action->show)
		v->action->show(v, ret, cap);
}

static json_t *call_json(const struct show *s, const struct line_call *c)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:I}", "call_reference", (json_int_t)c->reference,
		"button", (json_int_t)c->instance, "state", line_call_state_name(c->fsm.state), "direction",
		c->type == SCCP_CALL_TYPE_OUT_BOUND_CALL ? "out" : "in", "number",
		show_text(c->number, sizeof(c->number)), "name", show_text(c->name, sizeof(c->name)),
		"dialled", show_text(c->dialled, sizeof(c->dialled)), "since_s",
		show_seconds_since(s, c->since));
	char stage[64];
	const struct config_action *a = c->visit ? c->visit->config : line_action_of(c->line, c);
	stage_text(c->visit, stage, sizeof(stage));
	json_object_set_new(o, "action", json_string(line_actions[a->kind]->name));
	json_object_set_new(o, "room", json_string(a->room_name));
	json_object_set_new(o, "stage", json_string(stage));
	json_object_set_new(o, "prompt", show_text(c->prompt, sizeof(c->prompt)));
	json_object_set_new(o, "called", show_text(c->called, sizeof(c->called)));
	json_object_set_new(o, "first_called", show_text(c->original, sizeof(c->original)));
	json_object_set_new(o, "redirected_by", show_text(c->redirecting, sizeof(c->redirecting)));
	json_object_set_new(o, "connected_s",
			    c->connected ? json_integer(show_seconds_since(s, c->connected)) : json_null());
	return o;
}

// What goes on although its agent has gone, or has forgotten the call.
static json_t *orphan_json(const struct show *s, const struct visit *v)
{
	char stage[64];
	stage_text(v, stage, sizeof(stage));
	return json_pack("{s:I, s:n, s:s, s:n, s:o, s:n, s:I, s:s, s:s, s:s, s:n, s:n}", "call_reference",
			 (json_int_t)v->call_reference, "button", "state", "orphan", "direction", "number",
			 show_text(v->number, sizeof(v->number)), "name", "since_s",
			 show_seconds_since(s, v->since), "action", v->action->name, "room",
			 v->config->room_name, "stage", stage, "prompt", "connected_s");
}

static json_t *calls_json(const struct show *s, const struct line *l)
{
	json_t *list = json_array();
	LIST_FOREACH(v, &l->visits, struct visit, link)
	{
		if (!v->call && !v->stopped)
			json_array_append_new(list, orphan_json(s, v));
	}
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++)
		if (line_call_is_used(&l->calls[i]))
			json_array_append_new(list, call_json(s, &l->calls[i]));
	return list;
}

// Directory numbers first, then the other buttons as the agent's template has them.
static json_t *buttons_json(const struct line *l)
{
	json_t *list = json_array();
	unsigned int speeds = 0;
	for (unsigned int i = 0; i < l->button_count; i++) {
		const struct line_button *b = &l->buttons[i];
		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:n, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", "line", "instance",
				  (json_int_t)b->instance, "speed", "number",
				  show_text(b->number, sizeof(b->number)), "name",
				  show_text(*b->label ? b->label : b->name, sizeof(b->name)), "lamp",
				  word(SCCP_ENUM_LAMP, line_lamp(l, SCCP_STIMULUS_LINE, b->instance)),
				  "forward_all", show_text(b->forward[LINE_FORWARD_ALL], 26), "forward_busy",
				  show_text(b->forward[LINE_FORWARD_BUSY], 26), "forward_no_answer",
				  show_text(b->forward[LINE_FORWARD_NO_ANSWER], 26)));
	}
	for (unsigned int i = 0; i < l->extra_count; i++) {
		const struct line_extra *e = &l->extras[i];
		bool speed = e->kind == SCCP_BUTTON_SPEED_DIAL;
		speeds += speed;
		json_array_append_new(
			list, json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:n, s:n, s:n}", "kind",
					word(SCCP_ENUM_BUTTON, e->kind), "instance", (json_int_t)e->instance,
					"speed", speed ? json_integer(speeds) : json_null(), "number",
					show_text(e->number, sizeof(e->number)), "name",
					show_text(e->name, sizeof(e->name)), "lamp",
					word(SCCP_ENUM_LAMP, line_lamp(l, e->kind, e->instance)),
					"forward_all", "forward_busy", "forward_no_answer"));
	}
	return list;
}

static json_t *test_json(const struct show *s, const struct line *l)
{
	const struct line_test *t = &l->test;
	uint64_t all = line_test_count(t);
	json_t *results = json_object();
	for (unsigned int i = TEST_GOOD; i < TEST_RESULT_COUNT; i++)
		json_object_set_new(results, line_test_result_name((enum test_result)i),
				    json_integer((json_int_t)t->results[i]));
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:o, s:o, s:o}", "state",
			 fsm_state_name(&line_test_table, t->fsm.state), "number", t->number, "made",
			 (json_int_t)all, "good", (json_int_t)t->results[TEST_GOOD], "last",
			 line_test_result_name(t->last), "setup_ms",
			 t->results[TEST_GOOD] ? json_integer(t->setup_ms) : json_null(), "last_s",
			 t->dialled ? json_integer(show_seconds_since(s, t->dialled)) : json_null(),
			 "results", results);
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
	if (newest) { // what this one meets, by its numbers
		json_object_set(o, "action", json_object_get(newest, "action"));
		json_object_set(o, "room", json_object_get(newest, "room"));
	}
	json_object_set(o, "stage", newest ? json_object_get(newest, "stage") : json_null());
	json_object_set(o, "call", newest ? json_object_get(newest, "state") : json_null());
	json_object_set(o, "far", newest ? json_object_get(newest, "number") : json_null());
	json_object_set_new(o, "prompt", show_text(l->prompt, sizeof(l->prompt)));
	json_object_set_new(o, "lamp", word(SCCP_ENUM_LAMP, l->lamp));
	json_object_set_new(o, "message_waiting", word(SCCP_ENUM_LAMP, l->waiting));
	json_object_set_new(o, "ringer", word(SCCP_ENUM_RING_MODE, l->ringer));
	json_object_set_new(o, "tone", l->tone ? word(SCCP_ENUM_TONE, l->tone) : json_null());
	json_object_set_new(o, "notice", show_text(line_notice(l, s->clock()), sizeof(l->notice)));
	json_object_set_new(o, "text", show_text(l->text, sizeof(l->text)));
	json_object_set_new(o, "standby",
			    d->reg.standby_up ? show_text(d->reg.standby_agent->name, CONFIG_NAME_MAX)
					      : json_null());
	json_object_set_new(o, "speaker", json_boolean(l->speaker));
	json_object_set_new(o, "errand",
			    json_string(fsm_state_name(&line_errand_table, l->errand.fsm.state)));
	json_object_set_new(o, "buttons", buttons_json(l));
	json_object_set_new(o, "unanswered", json_integer(l->unanswered));
	json_object_set_new(o, "answered", json_integer((json_int_t)l->answered));
	json_object_set_new(o, "dialled", json_integer((json_int_t)l->dialled));
	json_object_set_new(o, "failed", json_integer((json_int_t)l->failed));
	json_object_set_new(o, "parties", json_integer(d->party_count));
	json_t *test = test_json(s, l);
	json_object_set(o, "test_made", json_object_get(test, "made"));
	json_object_set(o, "test_good", json_object_get(test, "good"));
	json_object_set(o, "test_last", json_object_get(test, "last"));
	json_object_set(o, "test_setup_ms", json_object_get(test, "setup_ms"));
	json_object_set_new(o, "test", test);
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

// --- line NAME[/BUTTON] ACT [ARGUMENT ...] ---

#define USAGE_HINT "line NAME ACT, as help line tells: dial NUMBER, answer, hangup, hold, transfer NUMBER ..."

static void answer(const struct show *s, struct admin_request *r, const struct device *d,
		   const struct line_act *act, int rc)
{
	char hint[160];
	switch (-rc) {
	case 0:
		return admin_reply(r, json_pack("{s:[o]}", "lines", line_json(s, d)));
	case EINVAL:
		snprintf(hint, sizeof(hint), "line NAME %s%s%s; a number has 1 to %d of 0-9, *, #, + and A-D",
			 act->name, *act->arguments ? " " : "", act->arguments, LINE_DIGITS_MAX);
		return admin_fail(r, CTL_USAGE, hint, "that cannot be %s",
				  strcmp(act->name, "press") == 0 ? "pressed" : "dialled");
	case ENOTCONN:
		return admin_fail(r, CTL_REFUSED, "show sccp tells why", "line %s is not registered",
				  d->name);
	case EBUSY:
		return admin_fail(r, CTL_REFUSED, "hang up or hold it first", "line %s is in a call",
				  d->name);
	case EALREADY:
		return admin_fail(r, CTL_REFUSED, "line NAME forward off ends it",
				  "line %s forwards such calls already", d->name);
	default:
		return admin_fail(r, CTL_REFUSED, "show line NAME tells its calls", "line %s: %s", d->name,
				  act->absent);
	}
}

// The directory number that new calls are made from: the one named, else the first. False: it has no such button.
static bool take_hand(struct line *l, const char *button)
{
	l->hand = button ? (uint32_t)strtoul(button, NULL, 10) : l->buttons[0].instance;
	if (line_button_at(l, l->hand))
		return true;
	l->hand = l->buttons[0].instance;
	return false;
}

void show_line_act_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	char copy[128], *save, *words[5] = {0};
	unsigned int count = 0;
	const char *text = json_string_value(json_object_get(arguments, "id"));
	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	for (char *w = strtok_r(copy, " ", &save); w && count < 5; w = strtok_r(NULL, " ", &save))
		words[count++] = w;
	const struct line_act *act = count >= 2 ? line_act_find(words[1]) : NULL;
	if (!act || count == 5 || !line_act_takes(act, count - 2))
		return admin_fail(r, CTL_USAGE, USAGE_HINT, "a line is not told like this");
	char *button = strchr(words[0], '/');
	if (button)
		*button++ = '\0';
	struct device *d = find_line(r, s->core, words[0]);
	if (!d)
		return;
	if (!take_hand(d->line, button))
		return admin_fail(r, CTL_NOT_FOUND, "show line NAME tells its buttons",
				  "line %s has no line button %.8s", d->name, button);
	int rc = act->run(d->line, words[2] ? words[2] : "", words[3] ? words[3] : "", s->clock());
	if (s->asked)
		s->asked(s->asked_arg);
	answer(s, r, d, act, rc);
}
