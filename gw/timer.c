// SPDX-License-Identifier: GPL-3.0-or-later
// timer.c - A pairing heap of embedded timers, ordered by due time, then by start.
#include "gw/timer.h"

#include <stddef.h>

static bool before(const struct timer *a, const struct timer *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

// Joins two roots into one. Either may be NULL.
static struct timer *meld(struct timer *a, struct timer *b)
{
	if (!a || !b)
		return a ? a : b;
	if (before(b, a)) {
		struct timer *t = a;
		a = b;
		b = t;
	}
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	b->prev = a;
	a->child = b;
	return a;
}

// Melds siblings two by two, then all results into one root: the step that keeps pops O(log n) amortised.
static struct timer *meld_siblings(struct timer *first)
{
	struct timer *pairs = NULL;
	while (first) {
		struct timer *a = first, *b = a->next;
		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	struct timer *root = NULL;
	while (pairs) {
		struct timer *a = pairs;
		pairs = a->next;
		a->next = NULL;
		root = meld(root, a);
	}
	return root;
}

// Takes t out; its children, all later than t, take its place.
static void unlink_timer(struct timer_set *s, struct timer *t)
{
	struct timer *heir = meld_siblings(t->child);
	t->child = NULL;
	if (t == s->root) {
		s->root = heir;
	} else if (t == s->later) {
		s->later = heir;
	} else {
		struct timer *after = t->next;
		if (heir) {
			heir->prev = t->prev;
			heir->next = after;
			if (after)
				after->prev = heir;
		} else if (after) {
			after->prev = t->prev;
		}
		struct timer *link = heir ? heir : after;
		if (t->prev->child == t)
			t->prev->child = link;
		else
			t->prev->next = link;
	}
	t->next = t->prev = NULL;
	t->armed = false;
	s->count--;
}

void timer_set_init(struct timer_set *s)
{
	*s = (struct timer_set){0};
}

void timer_init(struct timer *t, void (*fire)(struct timer *t, nsec_t now), void *object)
{
	*t = (struct timer){.fire = fire, .object = object};
}

void timer_start(struct timer_set *s, struct timer *t, nsec_t due)
{
	timer_stop(s, t);
	t->due = due;
	t->order = s->order++;
	t->armed = true;
	s->count++;
	if (s->running && due <= s->run_now)
		s->later = meld(s->later, t);
	else
		s->root = meld(s->root, t);
}

void timer_stop(struct timer_set *s, struct timer *t)
{
	if (t->armed)
		unlink_timer(s, t);
}

nsec_t timer_next(const struct timer_set *s)
{
	nsec_t next = s->root ? s->root->due : TIMER_NEVER;
	return s->later && s->later->due < next ? s->later->due : next;
}

unsigned int timer_run(struct timer_set *s, nsec_t now)
{
	unsigned int fired = 0;
	if (s->running)
		return 0;
	s->running = true;
	s->run_now = now;
	while (s->root && s->root->due <= now) {
		struct timer *t = s->root;
		unlink_timer(s, t);
		t->fire(t, now);
		fired++;
	}
	s->running = false;
	s->root = meld(s->root, s->later);
	s->later = NULL;
	return fired;
}
