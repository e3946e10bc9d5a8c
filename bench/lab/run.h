// SPDX-License-Identifier: GPL-3.0-or-later
// run.h - Runs a scenario from its first step to its table.
#pragma once

#include "bench/lab/scenario.h"

struct run_options {
	const char *sounds; // folder of the files to play
	const char *out;    // folder for recordings and lab.log; NULL = none are left
};

// Runs it. Progress and the table go to standard output. Returns 0 when every expectation is met, 1 when one is not or a
// step failed, negative errno when it could not begin.
int run_scenario(const struct scenario *s, const struct run_options *options);
