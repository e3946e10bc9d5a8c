// SPDX-License-Identifier: GPL-3.0-or-later
// load.c - Smooths what turns took, and weighs what was opened by what the like of it was seen to take.
#include "dataplane/load.h"

enum { SMOOTH = 8, FADE = 64, SECOND = (int)(NSEC_PER_SEC / LOAD_WINDOW_NS) };

// Expected costs are those of some machine. The ratio of measured to expected corrects them for this one; while little
// is open, the prior keeps it near one.
#define PRIOR       (LOAD_WHOLE / 50)
#define RATIO_MAX   4
#define SLOWEST_MAX (8 * LOAD_WHOLE)

static uint64_t smooth(uint64_t was, uint64_t is)
{
	return was + (uint64_t)(((int64_t)is - (int64_t)was) / SMOOTH);
}

// Only a core that has much to do tells how slow it can be; elsewhere the memory just fades.
static void remember(struct load *l)
{
	uint64_t now = 0, was = l->slowest;
	if (l->measured > LOAD_WHOLE / 2)
		now = (uint64_t)l->measured * LOAD_WHOLE / (l->cost_smoothed / 1000 + 1);
	now = now < SLOWEST_MAX ? now : SLOWEST_MAX;
	now = now > was ? now : was - (was - now) / FADE;
	__atomic_store_n(&l->slowest, (uint32_t)now, __ATOMIC_RELAXED);
}

// Publishes the longest of a second and begins anew.
static void longest(nsec_t *ns, uint32_t *ret_us)
{
	uint64_t us = *ns / NSEC_PER_USEC;
	__atomic_store_n(ret_us, us < UINT32_MAX ? (uint32_t)us : UINT32_MAX, __ATOMIC_RELAXED);
	*ns = 0;
}

void load_window(struct load *l, nsec_t now, uint64_t cost)
{
	if (l->begun && now - l->begun < LOAD_WINDOW_NS)
		return;
	if (l->begun) {
		uint64_t share = l->useful * LOAD_WHOLE / (now - l->begun);
		share = share < LOAD_WHOLE ? share : LOAD_WHOLE;
		__atomic_store_n(&l->measured, (uint32_t)smooth(l->measured, share), __ATOMIC_RELAXED);
		__atomic_store_n(&l->cost_smoothed, smooth(l->cost_smoothed, cost), __ATOMIC_RELAXED);
		remember(l);
	}
	l->begun = now;
	l->useful = 0;
	if (++l->windows % SECOND == 0) {
		longest(&l->late, &l->late_us);
		longest(&l->turn, &l->turn_us);
		longest(&l->away, &l->away_us);
	}
}

// Costs are in nanoseconds a second, a thousand to the millionth.
uint64_t load_expected(uint32_t measured, uint64_t cost_smoothed, uint64_t cost)
{
	uint64_t seen = measured + PRIOR, thought = cost_smoothed / 1000 + PRIOR;
	uint64_t more = cost > cost_smoothed ? (cost - cost_smoothed) / 1000 : 0;
	uint64_t less = cost < cost_smoothed ? (cost_smoothed - cost) / 1000 : 0;
	if (seen > RATIO_MAX * thought)
		seen = RATIO_MAX * thought;
	if (RATIO_MAX * seen < thought)
		seen = (thought + RATIO_MAX - 1) / RATIO_MAX;
	more = more * seen / thought;
	less = less * seen / thought;
	return less < measured + more ? measured + more - less : 0;
}

uint64_t load_at_slowest(uint32_t slowest, uint64_t cost)
{
	return cost / 1000 * slowest / LOAD_WHOLE;
}
