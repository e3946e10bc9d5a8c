// SPDX-License-Identifier: GPL-3.0-or-later
// telephone.c - What a call agent says to a telephone: answers to its questions, rings, connects, takes calls away.
#include "bench/lab/telephone.h"

#include <stdio.h>
#include <string.h>

// The soft keys there are, and which of them each set shows. Sets as telephones know them: 0 on hook, 1 connected,
// 3 ringing, 4 off hook; the others are empty.
static const uint32_t keys[] = {SCCP_SOFTKEY_NEW_CALL, SCCP_SOFTKEY_HOLD, SCCP_SOFTKEY_END_CALL,
				SCCP_SOFTKEY_ANSWER};
static const uint8_t sets[][2] = {{1}, {2, 3}, {0}, {4, 3}, {3}};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
#define SET_COUNT (sizeof(sets) / sizeof(sets[0]))

enum { SET_ON_HOOK = 0, SET_CONNECTED = 1, SET_RINGING = 3 };

static void answer_keys(struct sccp_soft_key_template_res *r)
{
	r->soft_key_template_soft_key_count = r->soft_key_template_total_soft_key_count = KEY_COUNT;
	for (size_t i = 0; i < KEY_COUNT; i++)
		r->soft_key_template_definition[i].soft_key_event = keys[i];
}

static void answer_sets(struct sccp_soft_key_set_res *r)
{
	r->soft_key_sets_soft_key_set_count = r->soft_key_sets_total_soft_key_set_count = SET_COUNT;
	for (size_t i = 0; i < SET_COUNT; i++)
		memcpy(r->soft_key_sets_definition[i].soft_key_template_index, sets[i], sizeof(sets[i]));
}

static void answer_buttons(struct sccp_button_template_res *r)
{
	r->button_template_button_count = r->button_template_total_button_count = 1;
	r->button_template_definition[0].instance_number = 1;
	r->button_template_definition[0].button_definition = SCCP_BUTTON_LINE;
}

// A telephone's number is the end of its name.
static void answer_number(const struct agent_device *d, uint32_t line, struct sccp_line_stat_res *r)
{
	size_t len = strlen(d->name);
	r->line_number = line;
	snprintf(r->line_dir_number, sizeof(r->line_dir_number), "%s", d->name + (len > 4 ? len - 4 : 0));
	snprintf(r->line_text_label, sizeof(r->line_text_label), "%s", r->line_dir_number);
}

bool telephone_answer(struct agent_device *d, const struct sccp_msg *m)
{
	struct sccp_msg a;
	switch (m->id) {
	case SCCP_SOFT_KEY_TEMPLATE_REQ:
		sccp_init(&a, SCCP_SOFT_KEY_TEMPLATE_RES);
		answer_keys(&a.soft_key_template_res);
		break;
	case SCCP_SOFT_KEY_SET_REQ:
		sccp_init(&a, SCCP_SOFT_KEY_SET_RES);
		answer_sets(&a.soft_key_set_res);
		break;
	case SCCP_BUTTON_TEMPLATE_REQ:
		sccp_init(&a, SCCP_BUTTON_TEMPLATE_RES);
		answer_buttons(&a.button_template_res);
		break;
	case SCCP_CONFIG_STAT_REQ:
		sccp_init(&a, SCCP_CONFIG_STAT_RES);
		snprintf(a.config_stat_res.station_device_name, sizeof(a.config_stat_res.station_device_name),
			 "%s", d->name);
		a.config_stat_res.number_of_lines = 1;
		break;
	case SCCP_LINE_STAT_REQ:
		sccp_init(&a, SCCP_LINE_STAT_RES);
		answer_number(d, m->line_stat_req.line_number, &a.line_stat_res);
		break;
	case SCCP_FORWARD_STAT_REQ:
		sccp_init(&a, SCCP_FORWARD_STAT_RES);
		a.forward_stat_res.line_number = m->forward_stat_req.line_number;
		break;
	case SCCP_TIME_DATE_REQ:
		sccp_init(&a, SCCP_TIME_DATE_RES);
		break;
	default:
		return false;
	}
	agent_send(d, &a);
	return true;
}

// ---- calls ----

static void say_state(struct agent_device *d, uint32_t call_reference, uint32_t state, uint32_t set)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_STATE);
	m.call_state.call_state = state;
	m.call_state.line_instance = 1;
	m.call_state.call_reference = call_reference;
	agent_send(d, &m);
	sccp_init(&m, SCCP_SELECT_SOFT_KEYS);
	m.select_soft_keys.line_instance = 1;
	m.select_soft_keys.call_reference = call_reference;
	m.select_soft_keys.soft_key_set_index = set;
	m.select_soft_keys.valid_key_mask = 0xffff;
	agent_send(d, &m);
}

static void say_ringer(struct agent_device *d, uint32_t call_reference, uint32_t mode)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SET_RINGER);
	m.set_ringer.ring_mode = mode;
	m.set_ringer.ring_duration = SCCP_RING_DURATION_NORMAL_RING;
	m.set_ringer.line_instance = 1;
	m.set_ringer.call_reference = call_reference;
	agent_send(d, &m);
}

void telephone_ring(struct agent_device *d, uint32_t call_reference, const char *number, const char *name)
{
	struct sccp_msg m;
	say_state(d, call_reference, SCCP_CALL_STATE_RING_IN, SET_RINGING);
	sccp_init(&m, SCCP_CALL_INFO);
	snprintf(m.call_info.calling_party, sizeof(m.call_info.calling_party), "%s", number);
	snprintf(m.call_info.calling_party_name, sizeof(m.call_info.calling_party_name), "%s", name);
	m.call_info.call_type = SCCP_CALL_TYPE_IN_BOUND_CALL;
	m.call_info.line_instance = 1;
	m.call_info.call_reference = call_reference;
	agent_send(d, &m);
	say_ringer(d, call_reference, SCCP_RING_MODE_INSIDE_RING);
}

bool telephone_took(const struct sccp_msg *m, uint32_t call_reference)
{
	if (m->id == SCCP_OFF_HOOK)
		return m->off_hook.call_reference == call_reference;
	return m->id == SCCP_SOFT_KEY_EVENT && m->soft_key_event.soft_key_event == SCCP_SOFTKEY_ANSWER &&
	       m->soft_key_event.call_reference == call_reference;
}

void telephone_connect(struct agent_device *d, uint32_t call_reference)
{
	say_ringer(d, call_reference, SCCP_RING_MODE_RING_OFF);
	say_state(d, call_reference, SCCP_CALL_STATE_CONNECTED, SET_CONNECTED);
}

void telephone_release(struct agent_device *d, uint32_t call_reference)
{
	say_state(d, call_reference, SCCP_CALL_STATE_ON_HOOK, SET_ON_HOOK);
}
