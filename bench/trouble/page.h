// SPDX-License-Identifier: GPL-3.0-or-later
// page.h - The matrix as a page of text and as a picture.
#pragma once

#include <stdio.h>

#include "bench/trouble/matrix.h"

// Writes docs/network-trouble.md.
void page_write(FILE *f, const struct matrix_point points[MATRIX_POINTS]);

// Writes docs/network-trouble.svg.
void plot_write(FILE *f, const struct matrix_point points[MATRIX_POINTS]);
