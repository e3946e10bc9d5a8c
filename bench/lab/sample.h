// SPDX-License-Identifier: GPL-3.0-or-later
// sample.h - A bounded set of measured values, of which the median counts.
#pragma once

#include <stdlib.h>

#define SAMPLE_MAX 1024

struct sample {
	double values[SAMPLE_MAX]; // what does not fit is left out
	unsigned int count;
};

static inline void sample_add(struct sample *s, double v)
{
	if (s->count < SAMPLE_MAX)
		s->values[s->count++] = v;
}

static inline int sample_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// The value that `share` of the values do not exceed; count must not be 0.
static inline double sample_quantile(struct sample *s, double share)
{
	qsort(s->values, s->count, sizeof(s->values[0]), sample_order);
	return s->values[(unsigned int)(share * (s->count - 1))];
}

static inline double sample_median(struct sample *s)
{
	return sample_quantile(s, 0.5);
}
