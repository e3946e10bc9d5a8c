// SPDX-License-Identifier: GPL-3.0-or-later
// fit.c - Least squares by normal equations, and correlation in two steps: coarse at a low rate, then exact.
#include "bench/lab/fit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COARSE_HZ 2000

double fit_power(const double *y, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += y[i] * y[i];
	return count ? sum / (double)count : 0;
}

// Solves a * h = b in place (b becomes h) by Cholesky; a is symmetric n x n, only its lower half is read.
static void solve(double *a, double *b, size_t n)
{
	double largest = 1e-9;
	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, a[i * n + i]);
	for (size_t i = 0; i < n; i++)
		a[i * n + i] += largest * 1e-10; // a silent voice must not make the matrix singular
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = a[i * n + j];
			for (size_t k = 0; k < j; k++)
				sum -= a[i * n + k] * a[j * n + k];
			a[i * n + j] = i == j ? sqrt(fmax(sum, largest * 1e-14)) : sum / a[j * n + j];
		}
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++)
			b[i] -= a[i * n + k] * b[k];
		b[i] /= a[i * n + i];
	}
	for (size_t i = n; i-- > 0;) {
		for (size_t k = i + 1; k < n; k++)
			b[i] -= a[k * n + i] * b[k];
		b[i] /= a[i * n + i];
	}
}

// Cuts what one voice contributes around the window out of x, zeros beyond its ends: delayed copy k is out + 2 * side - k.
static double *voice_cut(const struct fit_voice *v, size_t from, size_t count)
{
	size_t n = count + 2 * v->side;
	double *out = calloc(n, sizeof(*out));
	long first = (long)from - v->lag - (long)v->side;
	for (size_t i = 0; out && i < n; i++) {
		long at = first + (long)i;
		if (at >= 0 && at < (long)v->count)
			out[i] = v->x[at];
	}
	return out;
}

static double dot(const double *a, const double *b, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

// Fills one block of the normal matrix. Neighbours on a diagonal differ by the samples that enter and leave only.
static void block_fill(double *m, size_t dim, size_t row, size_t col, const double *p, size_t p_taps,
		       const double *q, size_t q_taps, size_t count)
{
	for (size_t i = 0; i < p_taps; i++) {
		for (size_t j = 0; j < q_taps; j++) {
			const double *a = p + p_taps - 1 - i, *b = q + q_taps - 1 - j;
			double v = i && j ? m[(row + i - 1) * dim + col + j - 1] + a[0] * b[0] -
						    a[count] * b[count]
					  : dot(a, b, count);
			m[(row + i) * dim + col + j] = v;
		}
	}
}

struct system {
	size_t dim;
	double *matrix, *right;
	double **cuts;
};

static void system_free(struct system *s, unsigned int voices)
{
	for (unsigned int v = 0; s->cuts && v < voices; v++)
		free(s->cuts[v]);
	free(s->cuts);
	free(s->matrix);
	free(s->right);
}

static int system_make(struct system *s, size_t from, size_t count, const struct fit_voice *voices,
		       unsigned int n)
{
	for (unsigned int v = 0; v < n; v++)
		s->dim += 2 * voices[v].side + 1;
	s->matrix = calloc(s->dim * s->dim + 1, sizeof(double));
	s->right = calloc(s->dim + 1, sizeof(double));
	s->cuts = calloc(n + 1, sizeof(*s->cuts));
	if (!s->matrix || !s->right || !s->cuts)
		return -ENOMEM;
	for (unsigned int v = 0; v < n; v++)
		if (!(s->cuts[v] = voice_cut(&voices[v], from, count)))
			return -ENOMEM;
	return 0;
}

int fit_voices(const double *y, size_t from, size_t count, const struct fit_voice *voices, unsigned int n,
	       double *const *parts, double *residual)
{
	struct system s = {0};
	int rc = system_make(&s, from, count, voices, n);
	size_t row = 0;
	for (unsigned int v = 0; v < n && rc == 0; v++) {
		size_t taps = 2 * voices[v].side + 1, col = 0;
		for (unsigned int w = 0; w <= v; w++) {
			size_t w_taps = 2 * voices[w].side + 1;
			block_fill(s.matrix, s.dim, row, col, s.cuts[v], taps, s.cuts[w], w_taps, count);
			col += w_taps;
		}
		for (size_t i = 0; i < taps; i++)
			s.right[row + i] = dot(s.cuts[v] + taps - 1 - i, y + from, count);
		row += taps;
	}
	if (rc == 0) {
		solve(s.matrix, s.right, s.dim);
		memcpy(residual, y + from, count * sizeof(*residual));
	}
	row = 0;
	for (unsigned int v = 0; v < n && rc == 0; v++) {
		size_t taps = 2 * voices[v].side + 1;
		for (size_t t = 0; t < count; t++) {
			double sum = 0;
			for (size_t i = 0; i < taps; i++)
				sum += s.right[row + i] * s.cuts[v][t + taps - 1 - i];
			parts[v][t] = sum;
			residual[t] -= sum;
		}
		row += taps;
	}
	system_free(&s, n);
	return rc;
}

int fit_tones(const double *y, size_t count, uint32_t rate_hz, const double *hz, unsigned int tones,
	      double *ret_amplitudes, double *ret_residual_power)
{
	size_t dim = 2 * tones + 1;
	double *matrix = calloc(dim * dim, sizeof(double));
	double *right = calloc(2 * dim, sizeof(double));
	double *row = right ? right + dim : NULL;
	if (!matrix || !right) {
		free(matrix);
		free(right);
		return -ENOMEM;
	}
	for (int pass = 0; pass < 2; pass++) {
		double power = 0;
		for (size_t t = 0; t < count; t++) {
			double rest = y[t];
			row[dim - 1] = 1;
			for (unsigned int i = 0; i < tones; i++)
				sincos(2 * M_PI * hz[i] * (double)t / rate_hz, &row[2 * i], &row[2 * i + 1]);
			for (size_t i = 0; i < dim; i++) {
				rest -= pass ? right[i] * row[i] : 0;
				right[i] += pass ? 0 : row[i] * y[t];
				for (size_t j = 0; j <= i && !pass; j++)
					matrix[i * dim + j] += row[i] * row[j];
			}
			power += rest * rest;
		}
		if (pass == 0)
			solve(matrix, right, dim);
		else
			*ret_residual_power = count ? power / (double)count : 0;
	}
	for (unsigned int i = 0; i < tones; i++)
		ret_amplitudes[i] = hypot(right[2 * i], right[2 * i + 1]);
	free(matrix);
	free(right);
	return 0;
}

// Sample i of x averaged over `step` samples from i * step on; zero outside.
static double coarse(const double *x, size_t count, long i, long step)
{
	double sum = 0;
	for (long k = i * step; k < (i + 1) * step; k++)
		sum += k >= 0 && k < (long)count ? x[k] : 0;
	return sum;
}

// Normalised correlation of y[from..) with x shifted by lag.
static double correlation(const double *y, long from, long count, const double *x, long x_count, long lag)
{
	double xy = 0, xx = 0, yy = 0;
	for (long i = from; i < from + count; i++) {
		double v = i - lag >= 0 && i - lag < x_count ? x[i - lag] : 0;
		xy += y[i] * v;
		xx += v * v;
		yy += y[i] * y[i];
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

static long best_lag(const double *y, long from, long count, const double *x, long x_count, long lag_min,
		     long lag_max, double *ret_correlation)
{
	long best = lag_min;
	double top = 0;
	for (long lag = lag_min; lag <= lag_max; lag++) {
		double c = correlation(y, from, count, x, x_count, lag);
		if (c > top) {
			top = c;
			best = lag;
		}
	}
	*ret_correlation = top;
	return best;
}

long fit_lag(const double *y, size_t from, size_t count, const double *x, size_t x_count, uint32_t rate_hz,
	     long lag_min, long lag_max, double *ret_correlation)
{
	long step = (long)rate_hz / COARSE_HZ;
	long n = (long)count / step, first = (lag_min - step) / step - 1, last = lag_max / step + 1;
	long m = n + last - first + 1;
	double *cy = calloc((size_t)n + 1, sizeof(*cy)), *cx = calloc((size_t)m, sizeof(*cx));
	long lag = lag_min;
	*ret_correlation = 0;
	if (cy && cx) {
		// cx[j] stands for coarse sample (from / step + j - last) of x
		long base = (long)from / step;
		for (long i = 0; i < n; i++)
			cy[i] = coarse(y, from + count, base + i, step);
		for (long j = 0; j < m; j++)
			cx[j] = coarse(x, x_count, base + j - last, step);
		double c;
		long found = best_lag(cy, 0, n, cx, m, first - last, 0, &c);
		long middle = (found + last) * step;
		long lo = middle - 2 * step, hi = middle + 2 * step;
		lag = best_lag(y, (long)from, (long)count, x, (long)x_count, lo < lag_min ? lag_min : lo,
			       hi > lag_max ? lag_max : hi, ret_correlation);
	}
	free(cy);
	free(cx);
	return lag;
}
