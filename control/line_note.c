// SPDX-License-Identifier: GPL-3.0-or-later
// line_note.c - What a visit leaves behind for the process after this one, and how that takes it up again.
//
// Most of it is a word that the dataplane keeps with the stream and that comes back with it, whether there is a store or not:
//
//   bits 0-3   kind of action + 1; 0 = no visit
//   bits 4-11  which of the line's: 1 = that of any call, 2 and on = by its rules; 0 = another line's
//   bits 12-31 the action's own (line_action.note)
//
// What does not fit a word is in the record of the party.
#include <stdio.h>
#include <string.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party_inner.h"
#include "gw/log.h"

#define KIND_BITS 4
#define RULE_BITS 8
#define OWN_SHIFT (KIND_BITS + RULE_BITS)

_Static_assert(CONFIG_ACTION_COUNT < 1 << KIND_BITS, "kinds fit");
_Static_assert(CONFIG_RULES_MAX + 2 < 1 << RULE_BITS, "rules fit");
_Static_assert(OWN_SHIFT + NOTE_BITS == 32, "a note is full");

// ---- leaving it ----

static uint32_t rule_of(const struct visit *v)
{
	const struct config_line *c = v->line->config;
	if (v->config == &c->action)
		return 1;
	for (unsigned int i = 0; i < c->rule_count; i++)
		if (v->config == &c->rules[i].action)
			return i + 2;
	return 0;
}

uint32_t visit_note(const struct visit *v)
{
	if (v->stopped)
		return 0;
	uint32_t own = v->action->note && v->own ? v->action->note(v) : 0;
	return ((uint32_t)v->config->kind + 1) | rule_of(v) << KIND_BITS | own << OWN_SHIFT;
}

const char *visit_number(const struct visit *v)
{
	return v->call ? v->call->number : v->number;
}

void visit_image(const struct visit *v, struct party_image *ret)
{
	snprintf(ret->number, sizeof(ret->number), "%s", visit_number(v));
	memcpy(ret->file, v->file, sizeof(ret->file));
}

void visit_changed(struct visit *v, nsec_t now)
{
	if (v->party)
		party_feed(v->party, PARTY_WANT, now);
}

// ---- taking it up ----

// What makes another line dial is configured there; from this end on any of its kind is as good.
static const struct config_action *of_another_line(const struct core *c, unsigned int kind)
{
	for (unsigned int i = 0; i < c->device_count; i++) {
		const struct config_line *l = c->devices[i]->line ? c->devices[i]->line->config : NULL;
		if (l && l->action.kind == kind)
			return &l->action;
		for (unsigned int k = 0; l && k < l->rule_count; k++)
			if (l->rules[k].action.kind == kind)
				return &l->rules[k].action;
	}
	return NULL;
}

static const struct config_action *config_of(const struct party *p, uint32_t note)
{
	const struct config_line *c = p->device->line->config;
	const struct core *core = p->device->core;
	uint32_t kind = (note & ((1u << KIND_BITS) - 1)) - 1,
		 rule = note >> KIND_BITS & ((1u << RULE_BITS) - 1);
	const struct config_action *a = rule == 0                  ? of_another_line(core, kind)
					: rule == 1                ? &c->action
					: rule - 2 < c->rule_count ? &c->rules[rule - 2].action
								   : NULL;
	const struct device *home = p->conference->device;
	bool at_home = a && (home == p->device || (a->room && home == core->rooms[a->room - 1]));
	return at_home && a->kind == kind ? a : NULL;
}

void visit_restore(struct party *p, const struct party_image *image, nsec_t now)
{
	uint32_t note = image->spec.ref.note;
	const struct config_action *a = note ? config_of(p, note) : NULL;
	struct visit *v = a ? visit_new(p->device->line, NULL, p->call_reference, a, now) : NULL;
	if (!v) {
		if (note)
			log_notice(p->device->name,
				   "call goes on without its action: not in the configuration any more",
				   "call=%u note=%08x", p->call_reference, note);
		return;
	}
	v->muted = p->muted;
	visit_party_new(v, p, now);
	v->started = p->tx.open;
	v->away = !p->stream; // is heard of again when it has one
	memcpy(v->number, image->number, sizeof(v->number));
	memcpy(v->file, image->file, sizeof(v->file));
	visit_record_adopt(v, image->recording, image->recording_name);
	if (!v->action->restore || v->action->restore(v, note >> OWN_SHIFT, now))
		return;
	p->visit = NULL;
	visit_discard(v);
}
