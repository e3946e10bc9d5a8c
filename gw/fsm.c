// SPDX-License-Identifier: GPL-3.0-or-later
// fsm.c - Table-driven state machines: one step, the self-check and the print.
#include "gw/fsm.h"

#include <errno.h>
#include <stdbool.h>

// The row of exactly this state wins over an FSM_ANY row.
static const struct fsm_row *find_row(const struct fsm_table *t, uint16_t state, uint16_t event)
{
	const struct fsm_row *any = NULL;
	for (const struct fsm_row *r = t->rows; r < t->rows + t->row_count; r++) {
		if (r->event != event)
			continue;
		if (r->state == state)
			return r;
		if (r->state == FSM_ANY)
			any = r;
	}
	return any;
}

void fsm_init(struct fsm *m, const struct fsm_table *table, struct fsm_watch *watch, void *object)
{
	*m = (struct fsm){.table = table, .watch = watch, .object = object};
}

static void report_misplaced(struct fsm *m, uint16_t event)
{
	struct fsm_watch *w = m->watch;
	if (!w)
		return;
	w->misplacements++;
	uint32_t *count = NULL;
	if (w->misplaced_count && event < m->table->event_count)
		count = &w->misplaced_count[m->state * m->table->event_count + event];
	if (count && *count < UINT32_MAX)
		(*count)++;
	if (w->misplaced && (!count || *count == 1))
		w->misplaced(m, event);
}

int fsm_event(struct fsm *m, uint16_t event, const void *data)
{
	const struct fsm_row *r = find_row(m->table, m->state, event);
	if (!r) {
		report_misplaced(m, event);
		return -ENOENT;
	}
	uint16_t from = m->state;
	if (r->next != FSM_STAY)
		m->state = r->next;
	if (m->watch) {
		m->watch->moves++;
		if (m->watch->moved)
			m->watch->moved(m, event, from, m->state);
	}
	if (r->action)
		r->action(m->object, data);
	return 0;
}

const char *fsm_state_name(const struct fsm_table *t, uint16_t state)
{
	return state < t->state_count ? t->states[state] : "?";
}

const char *fsm_event_name(const struct fsm_table *t, uint16_t event)
{
	return event < t->event_count ? t->events[event] : "?";
}

static const char *row_state_name(const struct fsm_table *t, uint16_t state)
{
	return state == FSM_ANY ? "*" : fsm_state_name(t, state);
}

static int check_names(const struct fsm_table *t, char *problem, size_t cap)
{
	for (uint16_t i = 0; i < t->state_count; i++) {
		if (!t->states[i]) {
			snprintf(problem, cap, "%s: state %u has no name", t->name, i);
			return -EINVAL;
		}
	}
	for (uint16_t i = 0; i < t->event_count; i++) {
		if (!t->events[i]) {
			snprintf(problem, cap, "%s: event %u has no name", t->name, i);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_rows(const struct fsm_table *t, char *problem, size_t cap)
{
	for (uint16_t i = 0; i < t->row_count; i++) {
		const struct fsm_row *r = &t->rows[i];
		if ((r->state >= t->state_count && r->state != FSM_ANY) ||
		    (r->next >= t->state_count && r->next != FSM_STAY) || r->event >= t->event_count) {
			snprintf(problem, cap, "%s: row %u names a state or event outside the table", t->name,
				 i);
			return -EINVAL;
		}
		for (uint16_t k = 0; k < i; k++) {
			if (t->rows[k].state != r->state || t->rows[k].event != r->event)
				continue;
			snprintf(problem, cap, "%s: (%s, %s) has two rows", t->name,
				 row_state_name(t, r->state), fsm_event_name(t, r->event));
			return -EINVAL;
		}
	}
	return 0;
}

static bool event_used(const struct fsm_table *t, uint16_t event)
{
	for (uint16_t i = 0; i < t->row_count; i++)
		if (t->rows[i].event == event)
			return true;
	return false;
}

// Breadth-first from state 0. FSM_ANY rows leave from every reached state.
static bool state_reachable(const struct fsm_table *t, uint16_t wanted)
{
	bool reached[t->state_count];
	for (uint16_t i = 0; i < t->state_count; i++)
		reached[i] = i == 0;
	for (bool grown = true; grown;) {
		grown = false;
		for (uint16_t i = 0; i < t->row_count; i++) {
			const struct fsm_row *r = &t->rows[i];
			if (r->next == FSM_STAY || reached[r->next] ||
			    (r->state != FSM_ANY && !reached[r->state]))
				continue;
			reached[r->next] = true;
			grown = true;
		}
	}
	return reached[wanted];
}

int fsm_check(const struct fsm_table *t, char *problem, size_t cap)
{
	int rc = check_names(t, problem, cap);
	if (rc == 0)
		rc = check_rows(t, problem, cap);
	for (uint16_t s = 0; rc == 0 && s < t->state_count; s++) {
		if (!state_reachable(t, s)) {
			snprintf(problem, cap, "%s: state %s cannot be reached", t->name, t->states[s]);
			rc = -EINVAL;
		}
	}
	for (uint16_t e = 0; rc == 0 && e < t->event_count; e++) {
		if (!event_used(t, e)) {
			snprintf(problem, cap, "%s: event %s has no row", t->name, t->events[e]);
			rc = -EINVAL;
		}
	}
	return rc;
}

void fsm_print(const struct fsm_table *t, FILE *out)
{
	for (uint16_t i = 0; i < t->row_count; i++) {
		const struct fsm_row *r = &t->rows[i];
		fprintf(out, "%-20s %-24s %s\n", row_state_name(t, r->state), fsm_event_name(t, r->event),
			r->next == FSM_STAY ? "-" : fsm_state_name(t, r->next));
	}
}
