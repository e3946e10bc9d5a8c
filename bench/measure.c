// SPDX-License-Identifier: GPL-3.0-or-later
// measure.c - Judges speech and tones.
#include "bench/measure.h"

#include <complex.h>
#include <math.h>
#include <string.h>

#define FULL_SCALE_DBM0 6.16 // of a square wave
#define ACTIVE_DB       30.0 // a segment that much below the loudest still counts as active
#define FFT_MAX         2048
#define LINE_FLOOR      30.0 // noise of about 9 steps of 16 bits: what lies below is not heard beside speech
#define BANDS           16

static double power_db(double power)
{
	return 10 * log10(power + 1e-12);
}

static double energy(const int16_t *pcm, size_t n)
{
	double e = 0;
	for (size_t i = 0; i < n; i++)
		e += (double)pcm[i] * pcm[i];
	return e;
}

double measure_level_dbm0(const int16_t *pcm, size_t n)
{
	double e = energy(pcm, n);
	return e > 0 ? power_db(e / (double)n / (32768.0 * 32768.0)) + FULL_SCALE_DBM0 : -96;
}

double measure_amplitude(double dbm0)
{
	return 32768.0 * M_SQRT2 * pow(10, (dbm0 - FULL_SCALE_DBM0) / 20);
}

void measure_tone(int16_t *pcm, size_t n, uint32_t rate_hz, double hz, double dbm0)
{
	memset(pcm, 0, n * sizeof(pcm[0]));
	measure_tone_add(pcm, n, rate_hz, hz, dbm0);
}

void measure_tone_add(int16_t *pcm, size_t n, uint32_t rate_hz, double hz, double dbm0)
{
	double a = measure_amplitude(dbm0);
	for (size_t i = 0; i < n; i++) {
		double v = rint(pcm[i] + a * sin(2 * M_PI * hz * (double)i / rate_hz));
		pcm[i] = (int16_t)fmin(32767, fmax(-32768, v));
	}
}

// Solves a symmetric 3x3 system by elimination; a is overwritten.
static void solve3(double a[3][4], double x[3])
{
	for (int c = 0; c < 3; c++)
		for (int r = c + 1; r < 3; r++) {
			double f = a[r][c] / a[c][c];
			for (int k = c; k < 4; k++)
				a[r][k] -= f * a[c][k];
		}
	for (int r = 2; r >= 0; r--) {
		x[r] = a[r][3];
		for (int k = r + 1; k < 3; k++)
			x[r] -= a[r][k] * x[k];
		x[r] /= a[r][r];
	}
}

struct measure_sine measure_sine(const int16_t *pcm, size_t n, uint32_t rate_hz, double hz)
{
	double a[3][4] = {{0}}, x[3];
	double w = 2 * M_PI * hz / rate_hz;
	for (size_t i = 0; i < n; i++) {
		double base[3] = {1, cos(w * (double)i), sin(w * (double)i)};
		for (int r = 0; r < 3; r++) {
			for (int c = 0; c < 3; c++)
				a[r][c] += base[r] * base[c];
			a[r][3] += base[r] * pcm[i];
		}
	}
	solve3(a, x);
	double rest = 0;
	for (size_t i = 0; i < n; i++) {
		double e = pcm[i] - x[0] - x[1] * cos(w * (double)i) - x[2] * sin(w * (double)i);
		rest += e * e;
	}
	double sine = (x[1] * x[1] + x[2] * x[2]) / 2;
	return (struct measure_sine){
		.level_dbm0 = power_db(sine / (32768.0 * 32768.0)) + FULL_SCALE_DBM0,
		.sinad_db = power_db(sine) - power_db(rest / (double)n),
	};
}

static double noise(const int16_t *ref, const int16_t *out, size_t n)
{
	double e = 0;
	for (size_t i = 0; i < n; i++) {
		double d = (double)out[i] - ref[i];
		e += d * d;
	}
	return e;
}

double measure_snr_db(const int16_t *ref, const int16_t *out, size_t n)
{
	return power_db(energy(ref, n)) - power_db(noise(ref, out, n));
}

// Energy above which a segment of the reference counts as active.
static double active_floor(const int16_t *ref, size_t n, size_t segment)
{
	double loudest = 0;
	for (size_t at = 0; at + segment <= n; at += segment)
		loudest = fmax(loudest, energy(ref + at, segment));
	return loudest * pow(10, -ACTIVE_DB / 10);
}

double measure_segsnr_db(const int16_t *ref, const int16_t *out, size_t n, uint32_t rate_hz)
{
	size_t segment = rate_hz / 50, count = 0;
	double floor = active_floor(ref, n, segment), sum = 0;
	for (size_t at = 0; at + segment <= n; at += segment) {
		double e = energy(ref + at, segment);
		if (e < floor || e == 0)
			continue;
		double snr = power_db(e) - power_db(noise(ref + at, out + at, segment));
		sum += fmin(45, fmax(-10, snr));
		count++;
	}
	return count ? sum / (double)count : 0;
}

// In-place transform of 2^k points.
static void fft(double complex *x, size_t n)
{
	for (size_t i = 1, j = 0; i < n; i++) {
		size_t bit = n >> 1;
		for (; j & bit; bit >>= 1)
			j ^= bit;
		j ^= bit;
		if (i < j) {
			double complex t = x[i];
			x[i] = x[j];
			x[j] = t;
		}
	}
	for (size_t len = 2; len <= n; len <<= 1) {
		double complex step = cexp(-2 * M_PI * I / (double)len);
		for (size_t at = 0; at < n; at += len) {
			double complex w = 1;
			for (size_t k = 0; k < len / 2; k++, w *= step) {
				double complex u = x[at + k], v = x[at + k + len / 2] * w;
				x[at + k] = u + v;
				x[at + k + len / 2] = u - v;
			}
		}
	}
}

struct window {
	size_t len, fft, low, high; // samples, points, first and last line judged
};

static struct window window_of(uint32_t rate_hz, double top_hz)
{
	struct window w = {.len = rate_hz * 32 / 1000, .fft = 1};
	while (w.fft < w.len)
		w.fft <<= 1;
	w.low = (size_t)(200.0 * (double)w.fft / rate_hz + 0.5);
	w.high = (size_t)(top_hz * (double)w.fft / rate_hz + 0.5);
	return w;
}

// Power of each line from low to high.
static void lines(const int16_t *pcm, const struct window *w, double *ret)
{
	double complex x[FFT_MAX] = {0};
	for (size_t i = 0; i < w->len; i++)
		x[i] = pcm[i] * (0.5 - 0.5 * cos(2 * M_PI * ((double)i + 0.5) / (double)w->len));
	fft(x, w->fft);
	for (size_t k = w->low; k <= w->high; k++)
		ret[k - w->low] = creal(x[k]) * creal(x[k]) + cimag(x[k]) * cimag(x[k]);
}

static double line_db(double power, const struct window *w)
{
	return 10 * log10(power + LINE_FLOOR * (double)w->len);
}

static double distance(const double *a, const double *b, const struct window *w)
{
	double sum = 0;
	size_t count = w->high - w->low + 1;
	for (size_t k = 0; k < count; k++) {
		double d = line_db(a[k], w) - line_db(b[k], w);
		sum += d * d;
	}
	return sqrt(sum / (double)count);
}

struct correlation {
	double n, a, b, aa, bb, ab;
};

// First line of a band: each is wider than the one below by the same ratio.
static size_t band_from(const struct window *w, size_t band)
{
	double low = (double)w->low, high = (double)w->high + 1;
	return (size_t)(low * pow(high / low, (double)band / BANDS) + 0.5);
}

static void bands_add(struct correlation c[BANDS], const double *a, const double *b, const struct window *w)
{
	for (size_t band = 0; band < BANDS; band++) {
		double ea = 0, eb = 0;
		for (size_t k = band_from(w, band); k < band_from(w, band + 1); k++) {
			ea += a[k - w->low];
			eb += b[k - w->low];
		}
		ea = line_db(ea, w);
		eb = line_db(eb, w);
		c[band].n += 1;
		c[band].a += ea;
		c[band].b += eb;
		c[band].aa += ea * ea;
		c[band].bb += eb * eb;
		c[band].ab += ea * eb;
	}
}

static double correlation_mean(const struct correlation c[BANDS])
{
	double sum = 0;
	for (size_t i = 0; i < BANDS; i++) {
		double cov = c[i].ab - c[i].a * c[i].b / c[i].n;
		double va = c[i].aa - c[i].a * c[i].a / c[i].n, vb = c[i].bb - c[i].b * c[i].b / c[i].n;
		sum += va > 0 && vb > 0 ? cov / sqrt(va * vb) : 0;
	}
	return sum / BANDS;
}

struct measure_spectrum measure_spectrum(const int16_t *ref, const int16_t *out, size_t n, uint32_t rate_hz,
					 double top_hz, const uint8_t *only)
{
	struct measure_spectrum ret = {0};
	struct window w = window_of(rate_hz, top_hz);
	struct correlation c[BANDS] = {{0}};
	double a[FFT_MAX], b[FFT_MAX], floor = active_floor(ref, n, w.len), sum = 0;
	for (size_t at = 0; at + w.len <= n; at += w.len / 2) {
		lines(ref + at, &w, a);
		lines(out + at, &w, b);
		bands_add(c, a, b, &w);
		if (energy(ref + at, w.len) < floor || (only && !memchr(only + at, 1, w.len)))
			continue;
		sum += distance(a, b, &w);
		ret.windows++;
	}
	ret.distance_db = ret.windows ? sum / (double)ret.windows : 0;
	ret.correlation = correlation_mean(c);
	return ret;
}

size_t measure_delay(const int16_t *ref, const int16_t *out, size_t n, size_t max)
{
	size_t best = 0;
	double most = -1;
	for (size_t lag = 0; lag <= max && lag < n; lag++) {
		double dot = 0;
		for (size_t i = 0; i + lag < n; i++)
			dot += (double)ref[i] * out[i + lag];
		double norm = sqrt(energy(ref, n - lag) * energy(out + lag, n - lag));
		double score = norm > 0 ? dot / norm : 0;
		if (score > most) {
			most = score;
			best = lag;
		}
	}
	return best;
}
