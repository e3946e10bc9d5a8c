// SPDX-License-Identifier: GPL-3.0-or-later
// line_told.c - What an agent tells a telephone about itself: soft keys, buttons, numbers, where calls are forwarded.
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "gw/sccp.h"

// Soft keys may come in several messages, each with its place.
static bool on_keys(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_soft_key_template_res *r = &m->soft_key_template_res;
	size_t n = SCCP_COUNT(r->soft_key_template_soft_key_count, r->soft_key_template_definition);
	uint32_t at = r->soft_key_template_soft_key_offset;
	for (size_t i = 0; i < n && at < LINE_KEYS_MAX; i++, at++)
		l->keys[at] = r->soft_key_template_definition[i].soft_key_event;
	l->key_count = at < LINE_KEYS_MAX ? at : LINE_KEYS_MAX;
	return at >= r->soft_key_template_total_soft_key_count || at >= LINE_KEYS_MAX;
}

static bool on_sets(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_soft_key_set_res *r = &m->soft_key_set_res;
	size_t n = SCCP_COUNT(r->soft_key_sets_soft_key_set_count, r->soft_key_sets_definition);
	uint32_t at = r->soft_key_sets_soft_key_set_offset;
	for (size_t i = 0; i < n && at < LINE_SETS_MAX; i++, at++)
		memcpy(l->sets[at], r->soft_key_sets_definition[i].soft_key_template_index, LINE_SET_KEYS);
	l->set_count = at < LINE_SETS_MAX ? at : LINE_SETS_MAX;
	return at >= r->soft_key_sets_total_soft_key_set_count || at >= LINE_SETS_MAX;
}

// A telephone without a line button still has one line. Instances that the agent leaves out are counted.
static void add_button(struct line *l, unsigned int kind, uint32_t instance)
{
	if (kind == SCCP_BUTTON_LINE && l->button_count < LINE_BUTTONS_MAX) {
		struct line_button *b = &l->buttons[l->button_count++];
		b->instance = instance ? instance : l->button_count;
	} else if (kind != SCCP_BUTTON_LINE && kind != SCCP_BUTTON_UNUSED && kind != SCCP_BUTTON_UNDEFINED &&
		   l->extra_count < LINE_EXTRAS_MAX) {
		unsigned int before = 0;
		for (unsigned int i = 0; i < l->extra_count; i++)
			before += l->extras[i].kind == kind;
		l->speed_dials += kind == SCCP_BUTTON_SPEED_DIAL;
		l->extras[l->extra_count++] =
			(struct line_extra){.kind = kind, .instance = instance ? instance : before + 1};
	}
}

// May come in several messages, each with its place.
static bool on_buttons(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_button_template_res *r = &m->button_template_res;
	size_t n = SCCP_COUNT(r->button_template_button_count, r->button_template_definition);
	uint64_t end = (uint64_t)r->button_template_button_offset + r->button_template_button_count;
	if (r->button_template_button_offset == 0)
		l->button_count = l->extra_count = l->speed_dials = 0;
	for (size_t i = 0; i < n; i++)
		add_button(l, r->button_template_definition[i].button_definition,
			   r->button_template_definition[i].instance_number);
	if (end < r->button_template_total_button_count && n)
		return false;
	if (l->button_count == 0)
		add_button(l, SCCP_BUTTON_LINE, 1);
	l->hand = l->buttons[0].instance;
	return true;
}

struct line_button *line_button_at(struct line *l, uint32_t instance)
{
	for (unsigned int i = 0; i < l->button_count; i++)
		if (l->buttons[i].instance == instance)
			return &l->buttons[i];
	return NULL;
}

struct line_extra *line_extra_at(struct line *l, unsigned int kind, uint32_t instance)
{
	for (unsigned int i = 0; i < l->extra_count; i++)
		if (l->extras[i].kind == kind && l->extras[i].instance == instance)
			return &l->extras[i];
	return NULL;
}

static struct line_button *button_at(struct line *l, uint32_t number)
{
	struct line_button *b = line_button_at(l, number);
	if (!b)
		device_count(l->device, COUNT_pdu_value);
	return b;
}

static bool on_number(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	bool wide = m->id == SCCP_LINE_STAT_V2_RES;
	const struct sccp_line_stat_res *a = &m->line_stat_res;
	const struct sccp_line_stat_v2_res *b = &m->line_stat_v2_res;
	struct line_button *k = button_at(l, wide ? b->line_number : a->line_number);
	if (!k)
		return true;
	line_text(k->number, sizeof(k->number), wide ? b->line_dir_number : a->line_dir_number);
	line_text(k->name, sizeof(k->name),
		  wide ? b->line_fully_qualified_display_name : a->line_fully_qualified_display_name);
	line_text(k->label, sizeof(k->label), wide ? b->line_text_label : a->line_text_label);
	return true;
}

static bool on_forward(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_forward_stat_res *r = &m->forward_stat_res;
	struct line_button *k = button_at(l, r->line_number);
	if (!k)
		return true;
	const struct {
		uint32_t active;
		const char *number;
	} told[LINE_FORWARD_COUNT] = {{r->forward_all_active, r->forward_all_dirnum},
				      {r->forward_busy_active, r->forward_busy_dirnum},
				      {r->forward_no_answer_active, r->forward_no_answer_dirnum}};
	for (unsigned int i = 0; i < LINE_FORWARD_COUNT; i++)
		line_text(k->forward[i], sizeof(k->forward[i]), told[i].active ? told[i].number : "");
	if (told[0].active || told[1].active || told[2].active)
		line_errand_forwarded(l, now);
	return true;
}

// Speed dials, services and features may have numbers that are no button of this telephone: of no interest.
static void tell_extra(struct line *l, unsigned int kind, uint32_t instance, const char *number,
		       const char *name, uint32_t status)
{
	struct line_extra *e = line_extra_at(l, kind, instance);
	if (!e)
		return;
	line_text(e->number, sizeof(e->number), number);
	line_text(e->name, sizeof(e->name), name);
	e->status = status;
}

static bool on_extra(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_speed_dial_stat_res *d = &m->speed_dial_stat_res;
	const struct sccp_speed_dial_stat_v2_res *d2 = &m->speed_dial_stat_v2_res;
	const struct sccp_service_url_stat_res *u = &m->service_url_stat_res;
	const struct sccp_feature_stat_res *f = &m->feature_stat_res;
	const struct sccp_feature_stat_v2_res *f2 = &m->feature_stat_v2_res;
	static const unsigned int features[] = {SCCP_BUTTON_FEATURE, SCCP_BUTTON_BUSY_LAMP_FIELD_SPEEDDIAL};
	switch (m->id) {
	case SCCP_SPEED_DIAL_STAT_RES:
		tell_extra(l, SCCP_BUTTON_SPEED_DIAL, d->speed_dial_number, d->speed_dial_dir_number,
			   d->speed_dial_display_name, 0);
		break;
	case SCCP_SPEED_DIAL_STAT_V2_RES:
		tell_extra(l, SCCP_BUTTON_SPEED_DIAL, d2->speed_dial_number, d2->speed_dial_dir_number,
			   d2->speed_dial_display_name, 0);
		break;
	case SCCP_SERVICE_URL_STAT_RES:
		tell_extra(l, SCCP_BUTTON_SERVICE_URL, u->service_url_index, "", u->service_url_display_name,
			   0);
		break;
	case SCCP_FEATURE_STAT_RES:
		for (int i = 0; i < 2; i++)
			tell_extra(l, features[i], f->feature_index, "", f->feature_text_label,
				   f->feature_status);
		break;
	case SCCP_FEATURE_STAT_V2_RES:
		for (int i = 0; i < 2; i++)
			tell_extra(l, features[i], f2->feature_index, "", f2->feature_text_label,
				   f2->feature_status);
		break;
	default: // the variable form of a service's address: its name is of no use without a browser
		break;
	}
	return true;
}

static bool on_nothing(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	return true;
}

// Each says whether the question is answered by it.
static const struct {
	uint32_t id;
	bool (*take)(struct line *l, const struct sccp_msg *m, nsec_t now);
} answers[] = {
	{SCCP_SOFT_KEY_TEMPLATE_RES, on_keys},  {SCCP_SOFT_KEY_SET_RES, on_sets},
	{SCCP_BUTTON_TEMPLATE_RES, on_buttons}, {SCCP_CONFIG_STAT_RES, on_nothing},
	{SCCP_CONFIG_STAT_V2_RES, on_nothing},  {SCCP_LINE_STAT_RES, on_number},
	{SCCP_LINE_STAT_V2_RES, on_number},     {SCCP_FORWARD_STAT_RES, on_forward},
	{SCCP_SPEED_DIAL_STAT_RES, on_extra},   {SCCP_SPEED_DIAL_STAT_V2_RES, on_extra},
	{SCCP_SERVICE_URL_STAT_RES, on_extra},  {SCCP_SERVICE_URL_STAT_V2_RES, on_extra},
	{SCCP_FEATURE_STAT_RES, on_extra},      {SCCP_FEATURE_STAT_V2_RES, on_extra},
	{SCCP_TIME_DATE_RES, on_nothing},
};

bool line_told(struct line *l, const struct sccp_msg *m, bool *ret_whole, nsec_t now)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].id != m->id)
			continue;
		*ret_whole = answers[i].take(l, m, now);
		return true;
	}
	return false;
}
