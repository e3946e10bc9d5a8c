// SPDX-License-Identifier: GPL-3.0-or-later
// table.h - Prints verdicts: one line a listener, and one line for each expectation that was not met.
#pragma once

#include <stdio.h>

#include "bench/lab/scenario.h"
#include "bench/lab/verdict.h"

void table_head(FILE *out);

// Prints a listener's line. Returns the number of expectations of call `call` that it does not meet; they follow, indented.
unsigned int table_row(FILE *out, const struct scenario *s, unsigned int call, unsigned int party,
		       const struct verdict *v);

// Prints what the scenario wanted, a line a call.
void table_wanted(FILE *out, const struct scenario *s);
