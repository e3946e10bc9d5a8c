// SPDX-License-Identifier: GPL-3.0-or-later
// timer_test.c - Timers fire in order, once, and survive whatever callbacks do to the set.
#include "gw/timer.h"

#include "tests/unit/t.h"

#include <stdlib.h>

struct probe {
	struct timer timer;
	struct timer_set *set;
	int id;
	int fired;
	nsec_t fired_at;
};

static int fired_order[64];
static unsigned int fired_count;

static void note(struct timer *t, nsec_t now)
{
	struct probe *p = t->object;
	p->fired++;
	p->fired_at = now;
	if (fired_count < 64)
		fired_order[fired_count] = p->id;
	fired_count++;
}

static void init_probe(struct probe *p, struct timer_set *s, int id, void (*fire)(struct timer *, nsec_t))
{
	*p = (struct probe){.set = s, .id = id};
	timer_init(&p->timer, fire, p);
}

static void fire_in_order(void)
{
	struct timer_set s;
	struct probe p[6];
	static const nsec_t due[] = {50, 10, 30, 10, 20, 40};
	static const int expected[] = {1, 3, 4, 2, 5, 0};
	timer_set_init(&s);
	fired_count = 0;
	CHECK(timer_next(&s) == TIMER_NEVER);
	for (int i = 0; i < 6; i++) {
		init_probe(&p[i], &s, i, note);
		timer_start(&s, &p[i].timer, due[i]);
	}
	CHECK_INT(timer_next(&s), 10);
	CHECK_INT(timer_run(&s, 9), 0);
	CHECK_INT(timer_run(&s, 30), 4);
	CHECK_INT(timer_next(&s), 40);
	CHECK_INT(timer_run(&s, 1000), 2);
	CHECK_INT(s.count, 0);
	for (unsigned int i = 0; i < 6; i++)
		CHECK_INT(fired_order[i], expected[i]);
}

static void start_moves_and_stop_disarms(void)
{
	struct timer_set s;
	struct probe a, b;
	timer_set_init(&s);
	init_probe(&a, &s, 0, note);
	init_probe(&b, &s, 1, note);
	timer_stop(&s, &a.timer);
	timer_start(&s, &a.timer, 10);
	timer_start(&s, &a.timer, 30);
	timer_start(&s, &b.timer, 20);
	CHECK_INT(s.count, 2);
	CHECK_INT(timer_run(&s, 15), 0);
	timer_stop(&s, &b.timer);
	timer_stop(&s, &b.timer);
	CHECK_INT(timer_run(&s, 100), 1);
	CHECK_INT(a.fired, 1);
	CHECK_INT(b.fired, 0);
	CHECK(!a.timer.armed);
}

static void again_at_once(struct timer *t, nsec_t now)
{
	struct probe *p = t->object;
	note(t, now);
	timer_start(p->set, t, now);
}

static void a_run_ends_when_a_timer_restarts_itself(void)
{
	struct timer_set s;
	struct probe p;
	timer_set_init(&s);
	init_probe(&p, &s, 0, again_at_once);
	timer_start(&s, &p.timer, 1);
	CHECK_INT(timer_run(&s, 5), 1);
	CHECK_INT(timer_next(&s), 5);
	CHECK_INT(timer_run(&s, 5), 1);
	CHECK_INT(p.fired, 2);
}

static struct probe *victim;

static void stop_and_free_victim(struct timer *t, nsec_t now)
{
	struct probe *p = t->object;
	note(t, now);
	timer_stop(p->set, &victim->timer);
	free(victim);
	victim = NULL;
}

static void callbacks_may_free_other_timers(void)
{
	struct timer_set s;
	struct probe killer;
	timer_set_init(&s);
	init_probe(&killer, &s, 0, stop_and_free_victim);
	victim = malloc(sizeof(*victim));
	init_probe(victim, &s, 1, note);
	timer_start(&s, &killer.timer, 10);
	timer_start(&s, &victim->timer, 10);
	CHECK_INT(timer_run(&s, 10), 1);
	CHECK(victim == NULL);
	CHECK_INT(s.count, 0);
}

// Random starts, moves and stops, in and out of callbacks, against a plain array of due times.
enum { MANY = 300 };
static struct probe many[MANY];
static nsec_t model[MANY]; // 0 = not armed

static void meddle(struct timer_set *s, nsec_t now)
{
	int i = rand() % MANY;
	if (rand() % 4 == 0) {
		timer_stop(s, &many[i].timer);
		model[i] = 0;
	} else {
		model[i] = now + 1 + (nsec_t)(rand() % 1000);
		timer_start(s, &many[i].timer, model[i]);
	}
}

static nsec_t last_due;

static void random_fire(struct timer *t, nsec_t now)
{
	struct probe *p = t->object;
	CHECK(model[p->id] != 0 && model[p->id] <= now);
	CHECK(model[p->id] == t->due && t->due >= last_due);
	last_due = t->due;
	model[p->id] = 0;
	meddle(p->set, now);
}

static void random_history(void)
{
	struct timer_set s;
	timer_set_init(&s);
	srand(11);
	memset(model, 0, sizeof(model));
	for (int i = 0; i < MANY; i++)
		init_probe(&many[i], &s, i, random_fire);
	for (nsec_t now = 1; now < 20000; now += 1 + (nsec_t)(rand() % 20)) {
		for (int k = rand() % 4; k > 0; k--)
			meddle(&s, now);
		last_due = 0;
		timer_run(&s, now);
		nsec_t next = TIMER_NEVER;
		unsigned int armed = 0;
		for (int i = 0; i < MANY; i++) {
			if (model[i] == 0)
				continue;
			armed++;
			CHECK(model[i] > now);
			if (model[i] < next)
				next = model[i];
		}
		CHECK_INT(s.count, armed);
		CHECK(timer_next(&s) == next);
	}
}

T_MAIN("timer", {"fire_in_order", fire_in_order},
       {"start_moves_and_stop_disarms", start_moves_and_stop_disarms},
       {"a_run_ends_when_a_timer_restarts_itself", a_run_ends_when_a_timer_restarts_itself},
       {"callbacks_may_free_other_timers", callbacks_may_free_other_timers},
       {"random_history", random_history})
