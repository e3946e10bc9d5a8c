// SPDX-License-Identifier: GPL-3.0-or-later
// load.h - How much of a worker's time its work takes, and what it will take once all that was opened speaks.
//
// A worker that polls is always busy, so turns are not counted, but the time in them beyond what a turn takes that finds
// nothing: what would be left if all packets of a second came at once. That share grows in proportion to traffic and
// reaches one where packets begin to be lost, whether the worker polls or naps.
//
// A turn that finds nothing has nothing to do: what it takes beyond a microsecond is time for which somebody else had the CPU, the
// kernel or the host. So the longest of these tells what to expect of the other turns on the same machine.
//
// The share is smoothed over about a second, and calls are set up faster than that. So the cost that is expected of what is
// open is smoothed alike, and the difference of cost and smoothed cost is what the measured share does not yet show.
//
// A core that shares its caches, its clock or its host with others is slower at times, by a fifth within seconds: what fits in its
// better moments does not fit in the others. So the most that work was seen to take against its expected cost is remembered for
// some seconds.
#pragma once

#include <stdint.h>

#include "gw/clock.h"

#define LOAD_WHOLE     1000000u // one core: loads are in millionths of it
#define LOAD_WINDOW_NS (100 * NSEC_PER_MSEC)

// The owner writes, the main thread reads the figures at the end at any time.
struct load {
	nsec_t begun;  // of the window under way
	nsec_t useful; // in it
	nsec_t empty;  // what a turn takes that finds nothing
	nsec_t late;   // longest that a media tick waited, in the second under way
	nsec_t turn;   // longest turn in it
	nsec_t away;   // longest of those that found nothing
	uint32_t windows;
	uint32_t measured; // smoothed
	uint32_t late_us;  // longest of the last second; likewise
	uint32_t turn_us;
	uint32_t away_us;
	uint64_t cost_smoothed; // alike, of what is expected
	uint32_t slowest;       // measured against expected, LOAD_WHOLE = alike; fades
};

// Notes one turn and how much work it found; naps are between turns.
static inline void load_turn(struct load *l, nsec_t before, nsec_t after, unsigned int work)
{
	nsec_t spent = after - before;
	l->turn = spent > l->turn ? spent : l->turn;
	if (!work && spent > l->away)
		l->away = spent;
	if (work)
		l->useful += spent > l->empty ? spent - l->empty : 0;
	else
		l->empty += spent > l->empty ? 1 : l->empty ? (nsec_t)-1 : 0; // creeps to the median
}

// Notes by how much a media tick came after its time.
static inline void load_late(struct load *l, nsec_t late)
{
	l->late = late > l->late ? late : l->late;
}

// Ends the window when it is over. `cost` is what is expected of all that is open now.
void load_window(struct load *l, nsec_t now, uint64_t cost);

// The share of a core that will be taken when `cost` has settled, in millionths; above LOAD_WHOLE where it cannot be carried.
uint64_t load_expected(uint32_t measured, uint64_t cost_smoothed, uint64_t cost);

// The same in the worst of the last moments.
uint64_t load_at_slowest(uint32_t slowest, uint64_t cost);
