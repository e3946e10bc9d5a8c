// SPDX-License-Identifier: GPL-3.0-or-later
// matrix.h - The networks that are tried, and both buffers' results on each.
#pragma once

#include <stdbool.h>

#include "bench/trouble/sim.h"

#define MATRIX_LOSSES  6
#define MATRIX_JITTERS 9
#define MATRIX_OTHERS  10
#define MATRIX_POINTS  (2 * MATRIX_LOSSES * MATRIX_JITTERS + MATRIX_OTHERS)
#define MATRIX_FIXED   60 // ms of the buffer that ours is compared with

extern const double matrix_losses[MATRIX_LOSSES]; // shares
extern const double matrix_jitters_ms[MATRIX_JITTERS];

struct matrix_point {
	const char *name; // of the networks beyond the grid, NULL within it
	struct trouble_network network;
	struct trouble_result ours;  // adaptive, as the gateway is configured unless told otherwise
	struct trouble_result fixed; // MATRIX_FIXED
};

// The i-th network, i < MATRIX_POINTS: random loss by jitter, bursty loss by jitter, then others.
struct matrix_point matrix_point(unsigned int i);

// Index of a point of the grid.
unsigned int matrix_index(enum trouble_loss kind, unsigned int loss, unsigned int jitter);

// Plays both buffers. Returns 0 or -ENOMEM.
int matrix_play(struct matrix_point *p);

// Ours has more delay and loses more.
bool matrix_worse(const struct matrix_point *p);
