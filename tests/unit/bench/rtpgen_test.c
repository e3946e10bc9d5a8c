// SPDX-License-Identifier: GPL-3.0-or-later
// rtpgen_test.c - The generator's windows: each has its own delays, and knows who was away.
#include "bench/rtpgen/windows.h"

#include "tests/unit/t.h"

static struct windows w;
static struct delays delays;

static void add(unsigned int us, unsigned int count)
{
	delays.buckets[us] += count;
	delays.count += count;
	if (us > delays.max_us)
		delays.max_us = us;
}

// Windows of 1000 us at one cycle a microsecond; the first turn ends at 1.
static void begin(void)
{
	delays = (struct delays){0};
	windows_init(&w, 1000, 1, 0);
	windows_begin(&w, &delays);
	windows_turn(&w, &delays, 1);
}

static void a_window_has_its_own_delays(void)
{
	begin();
	add(10, 1000);
	windows_turn(&w, &delays, 1001);
	add(20, 980);
	add(3000, 20);
	windows_turn(&w, &delays, 1005); // opens the second
	windows_turn(&w, &delays, 2005);
	add(30, 1000);
	windows_turn(&w, &delays, 2006);
	windows_turn(&w, &delays, 3006);
	REQUIRE(w.count == 3);
	CHECK_NEAR(w.done[0].p999_us, 10.5, 0.01);
	CHECK_NEAR(w.done[1].p50_us, 20.5, 0.01);
	CHECK_NEAR(w.done[1].p99_us, 3000.5, 0.01);
	CHECK_NEAR(w.done[2].p999_us, 30.5, 0.01);
	CHECK(delays.count == 3000); // the trial's own stay whole
}

static void the_longest_turn_is_the_generators_absence(void)
{
	begin();
	add(10, 1);
	windows_turn(&w, &delays, 101);
	windows_turn(&w, &delays, 401);
	windows_turn(&w, &delays, 1001);
	add(10, 1);
	windows_turn(&w, &delays, 9001); // after a pause between windows, which is none of theirs
	for (unsigned int at = 9011; w.count < 2; at += 10)
		windows_turn(&w, &delays, at);
	CHECK_NEAR(w.done[0].generator_us, 600, 0.01);
	CHECK_NEAR(w.done[1].generator_us, 10, 0.01);
	CHECK(w.done[0].device_us == 0 && w.done[1].device_us == 0);
}

static void windows_without_packets_do_not_count(void)
{
	begin();
	for (unsigned int at = 1; at < 10000; at += 10)
		windows_turn(&w, &delays, at);
	CHECK(w.count == 0);
	windows_init(&w, 0, 1, 0);
	windows_begin(&w, &delays);
	add(10, 1);
	windows_turn(&w, &delays, 5000);
	CHECK(w.count == 0);
}

T_MAIN("rtpgen", {"a window has its own delays", a_window_has_its_own_delays},
       {"the longest turn is the generator's absence", the_longest_turn_is_the_generators_absence},
       {"windows without packets do not count", windows_without_packets_do_not_count})
