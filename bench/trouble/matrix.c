// SPDX-License-Identifier: GPL-3.0-or-later
// matrix.c - The networks that are tried, and both buffers' results on each.
#include "bench/trouble/matrix.h"

#include <string.h>

#define OURS_MIN 20
#define OURS_MAX 200
#define BASE_MS  20
#define SECONDS  60

const double matrix_losses[MATRIX_LOSSES] = {0, 0.01, 0.02, 0.05, 0.1, 0.2};
const double matrix_jitters_ms[MATRIX_JITTERS] = {0, 10, 20, 30, 40, 60, 80, 100, 150};

static const struct matrix_point others[MATRIX_OTHERS] = {
	{.name = "2 % take 50 ms longer", .network = {.reorder = 0.02}},
	{.name = "10 % take 50 ms longer", .network = {.reorder = 0.1}},
	{.name = "2 % take 50 ms longer, jitter 20 ms", .network = {.reorder = 0.02, .jitter_ms = 20}},
	{.name = "5 % come twice", .network = {.duplicate = 0.05}},
	{.name = "20 % come twice, jitter 40 ms", .network = {.duplicate = 0.2, .jitter_ms = 40}},
	{.name = "sender 200 ppm fast", .network = {.drift = 200e-6}},
	{.name = "sender 200 ppm slow", .network = {.drift = -200e-6}},
	{.name = "sender 200 ppm fast, jitter 40 ms", .network = {.drift = 200e-6, .jitter_ms = 40}},
	{.name = "sender 200 ppm slow, jitter 40 ms", .network = {.drift = -200e-6, .jitter_ms = 40}},
	{.name = "all at once",
	 .network = {.loss_kind = TROUBLE_BURSTY,
		     .loss = 0.02,
		     .jitter_ms = 40,
		     .reorder = 0.02,
		     .duplicate = 0.02,
		     .drift = 200e-6}},
};

unsigned int matrix_index(enum trouble_loss kind, unsigned int loss, unsigned int jitter)
{
	return ((unsigned int)kind * MATRIX_LOSSES + loss) * MATRIX_JITTERS + jitter;
}

struct matrix_point matrix_point(unsigned int i)
{
	const unsigned int grid = 2 * MATRIX_LOSSES * MATRIX_JITTERS;
	struct matrix_point p = {0};
	if (i >= grid) {
		p = others[i - grid];
	} else {
		p.network.loss_kind = i < grid / 2 ? TROUBLE_RANDOM : TROUBLE_BURSTY;
		p.network.loss = matrix_losses[i / MATRIX_JITTERS % MATRIX_LOSSES];
		p.network.jitter_ms = matrix_jitters_ms[i % MATRIX_JITTERS];
	}
	p.network.base_ms = BASE_MS;
	p.network.seconds = SECONDS;
	p.network.seed = 1000 + i;
	return p;
}

int matrix_play(struct matrix_point *p)
{
	int err = trouble_run(&p->network, OURS_MIN, OURS_MAX, &p->ours);
	return err ? err : trouble_run(&p->network, MATRIX_FIXED, MATRIX_FIXED, &p->fixed);
}

bool matrix_worse(const struct matrix_point *p)
{
	return p->ours.delay_ms > p->fixed.delay_ms && p->ours.lost > p->fixed.lost;
}
