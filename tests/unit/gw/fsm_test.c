// SPDX-License-Identifier: GPL-3.0-or-later
// fsm_test.c - Rows are taken, events out of place are counted and reported once, wrong tables are found.
#include "gw/fsm.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <stdlib.h>

enum { IDLE, BUSY, GONE, STATE_COUNT };
enum { START, STOP, KILL, EVENT_COUNT };

static const char *const states[] = {"idle", "busy", "gone"};
static const char *const events[] = {"start", "stop", "kill"};

struct lamp {
	struct fsm fsm;
	int started;
	const void *data;
};

static char journal[512];

static void on_start(void *object, const void *data)
{
	struct lamp *l = object;
	l->started++;
	l->data = data;
}

static void on_kill(void *object, const void *data)
{
	free(object); // the machine must not be touched after this
}

static const struct fsm_row rows[] = {
	{IDLE, START, on_start, BUSY},
	{BUSY, START, on_start, FSM_STAY},
	{BUSY, STOP, NULL, IDLE},
	{FSM_ANY, KILL, on_kill, GONE},
};
static const struct fsm_table table = {"lamp", states, events, rows, STATE_COUNT, EVENT_COUNT, 4};

static void moved(const struct fsm *m, uint16_t event, uint16_t from, uint16_t to)
{
	size_t n = strlen(journal);
	snprintf(journal + n, sizeof(journal) - n, "%s:%s>%s ", fsm_event_name(m->table, event),
		 fsm_state_name(m->table, from), fsm_state_name(m->table, to));
}

static void misplaced(const struct fsm *m, uint16_t event)
{
	size_t n = strlen(journal);
	snprintf(journal + n, sizeof(journal) - n, "%s?%s ", fsm_event_name(m->table, event),
		 fsm_state_name(m->table, m->state));
}

static void rows_are_taken(void)
{
	uint32_t counts[STATE_COUNT * EVENT_COUNT] = {0};
	struct fsm_watch watch = {.moved = moved, .misplaced = misplaced, .misplaced_count = counts};
	struct lamp *l = calloc(1, sizeof(*l));
	int data;
	journal[0] = '\0';
	fsm_init(&l->fsm, &table, &watch, l);
	CHECK_INT(fsm_event(&l->fsm, START, &data), 0);
	CHECK(l->data == &data);
	CHECK_INT(fsm_event(&l->fsm, START, NULL), 0);
	CHECK_INT(l->started, 2);
	CHECK_INT(l->fsm.state, BUSY);
	CHECK_INT(fsm_event(&l->fsm, STOP, NULL), 0);
	CHECK_INT(fsm_event(&l->fsm, KILL, NULL), 0);
	CHECK_STR(journal, "start:idle>busy start:busy>busy stop:busy>idle kill:idle>gone ");
	CHECK_INT(watch.moves, 4);
}

static void misplaced_events_are_reported_once(void)
{
	uint32_t counts[STATE_COUNT * EVENT_COUNT] = {0};
	struct fsm_watch watch = {.misplaced = misplaced, .misplaced_count = counts};
	struct fsm m;
	journal[0] = '\0';
	fsm_init(&m, &table, &watch, NULL);
	for (int i = 0; i < 3; i++)
		CHECK_INT(fsm_event(&m, STOP, NULL), -ENOENT);
	CHECK_STR(journal, "stop?idle ");
	CHECK_INT(counts[IDLE * EVENT_COUNT + STOP], 3);
	CHECK_INT(watch.misplacements, 3);
	CHECK_INT(fsm_event(&m, 99, NULL), -ENOENT);
	CHECK_STR(journal, "stop?idle ??idle ");
	fsm_init(&m, &table, NULL, NULL);
	CHECK_INT(fsm_event(&m, STOP, NULL), -ENOENT);
}

static void check_row(const struct fsm_row *r, uint16_t n, const char *expected)
{
	const struct fsm_table t = {"t", states, events, r, STATE_COUNT, EVENT_COUNT, n};
	char problem[128] = "";
	CHECK_INT(fsm_check(&t, problem, sizeof(problem)), -EINVAL);
	CHECK_STR(problem, expected);
}

static void wrong_tables_are_found(void)
{
	char problem[128] = "";
	CHECK_INT(fsm_check(&table, problem, sizeof(problem)), 0);
	CHECK_STR(problem, "");
	check_row((const struct fsm_row[]){{IDLE, START, NULL, BUSY}, {IDLE, START, NULL, GONE}}, 2,
		  "t: (idle, start) has two rows");
	check_row((const struct fsm_row[]){{IDLE, START, NULL, 7}}, 1,
		  "t: row 0 names a state or event outside the table");
	check_row((const struct fsm_row[]){{IDLE, START, NULL, BUSY}, {GONE, STOP, NULL, BUSY}}, 2,
		  "t: state gone cannot be reached");
	check_row((const struct fsm_row[]){{IDLE, START, NULL, BUSY}, {BUSY, STOP, NULL, GONE}}, 2,
		  "t: event kill has no row");
	static const char *const nameless[] = {"idle", NULL, "gone"};
	const struct fsm_table t = {"t", nameless, events, rows, STATE_COUNT, EVENT_COUNT, 4};
	CHECK_INT(fsm_check(&t, problem, sizeof(problem)), -EINVAL);
	CHECK_STR(problem, "t: state 1 has no name");
}

static void tables_print(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	fsm_print(&table, out);
	fclose(out);
	CHECK(strstr(text, "idle                 start                    busy\n") == text);
	CHECK(strstr(text, "*                    kill                     gone\n") != NULL);
	free(text);
}

T_MAIN("fsm", {"rows_are_taken", rows_are_taken},
       {"misplaced_events_are_reported_once", misplaced_events_are_reported_once},
       {"wrong_tables_are_found", wrong_tables_are_found}, {"tables_print", tables_print})
