// SPDX-License-Identifier: GPL-3.0-or-later
// trouble_test.c - Networks of the matrix: never worse than a fixed buffer on both delay and loss, and what each one costs.
#include "bench/trouble/matrix.h"

#include "tests/unit/t.h"

static struct matrix_point played(unsigned int i)
{
	struct matrix_point p = matrix_point(i);
	REQUIRE(matrix_play(&p) == 0);
	if (matrix_worse(&p))
		fprintf(stderr, "point %u: %.1f ms and %.2f %%, fixed %.1f ms and %.2f %%\n", i,
			p.ours.delay_ms, p.ours.lost * 100, p.fixed.delay_ms, p.fixed.lost * 100);
	CHECK(!matrix_worse(&p));
	return p;
}

static void a_good_network_costs_next_to_nothing(void)
{
	struct matrix_point p = played(matrix_index(TROUBLE_RANDOM, 0, 0));
	CHECK(p.ours.lost == 0 && p.ours.heard == p.ours.sent && p.ours.sent > 1900);
	CHECK(p.ours.delay_ms < 40 && p.fixed.delay_ms >= 60 && p.fixed.delay_ms < 80);
	CHECK(p.ours.mos > 4.36);
}

static void loss_is_not_made_worse(void)
{
	for (unsigned int kind = TROUBLE_RANDOM; kind <= TROUBLE_BURSTY; kind++) {
		struct matrix_point p = played(matrix_index(kind, 3, 0));
		CHECK_NEAR(p.ours.lost, 0.05, 0.02);
		CHECK(p.ours.delay_ms < 40);
		played(matrix_index(kind, 3, 5));
	}
}

static void jitter_is_taken_up(void)
{
	for (unsigned int jitter = 0; jitter < MATRIX_JITTERS; jitter++) {
		struct matrix_point p = played(matrix_index(TROUBLE_RANDOM, 0, jitter));
		CHECK(p.ours.lost < 0.005);
		CHECK(p.ours.delay_ms < matrix_jitters_ms[jitter] + 45);
	}
}

static void the_rest_of_trouble(void)
{
	for (unsigned int i = MATRIX_POINTS - MATRIX_OTHERS; i < MATRIX_POINTS; i++)
		played(i);
}

T_MAIN("trouble", {"a good network costs next to nothing", a_good_network_costs_next_to_nothing},
       {"loss is not made worse", loss_is_not_made_worse}, {"jitter is taken up", jitter_is_taken_up},
       {"the rest of trouble", the_rest_of_trouble})
