// SPDX-License-Identifier: GPL-3.0-or-later
// audio.c - Loads, makes, scales and saves samples; converts rates offline with a long windowed sinc.
#include "bench/lab/audio.h"

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_S    20
#define SINC_SIDE 48 // zero crossings on each side of the windowed sinc

static int16_t clip(double v)
{
	return (int16_t)lrint(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

// One output sample at input position `at`: Hann-windowed sinc, cut off just below the lower Nyquist rate.
static double sinc_at(const double *in, size_t n, double at, double cutoff)
{
	double side = SINC_SIDE / cutoff;
	double sum = 0;
	long first = (long)ceil(at - side), last = (long)floor(at + side);
	for (long i = first < 0 ? 0 : first; i <= last && i < (long)n; i++) {
		double x = (double)i - at;
		double s = x == 0 ? 1 : sin(M_PI * cutoff * x) / (M_PI * cutoff * x);
		sum += in[i] * cutoff * s * (0.5 + 0.5 * cos(M_PI * x / side));
	}
	return sum;
}

static int convert(const double *in, size_t n, uint32_t from_hz, uint32_t to_hz, struct audio *ret)
{
	size_t count = (size_t)((double)n * to_hz / from_hz);
	int16_t *pcm = malloc((count ? count : 1) * sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	double cutoff = to_hz < from_hz ? 0.94 * to_hz / from_hz : 0.97;
	for (size_t i = 0; i < count; i++)
		pcm[i] = clip(from_hz == to_hz ? in[i] : sinc_at(in, n, (double)i * from_hz / to_hz, cutoff));
	*ret = (struct audio){.pcm = pcm, .count = count, .rate_hz = to_hz};
	return 0;
}

int audio_load(const char *path, uint32_t rate_hz, struct audio *ret)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(path, SFM_READ, &info);
	if (!f)
		return errno == ENOENT ? -ENOENT : -EINVAL;
	size_t frames = (size_t)info.frames, channels = (size_t)info.channels;
	if (frames > (size_t)info.samplerate * KEEP_S)
		frames = (size_t)info.samplerate * KEEP_S;
	int rc = -ENOMEM;
	double *in = frames ? malloc(frames * channels * sizeof(*in)) : NULL;
	if (in) {
		frames = (size_t)sf_readf_double(f, in, (sf_count_t)frames);
		for (size_t i = 0; i < frames; i++) {
			double sum = 0;
			for (size_t c = 0; c < channels; c++)
				sum += in[i * channels + c];
			in[i] = sum / (double)channels * 32768;
		}
		rc = frames ? convert(in, frames, (uint32_t)info.samplerate,
				      rate_hz ? rate_hz : (uint32_t)info.samplerate, ret)
			    : -EINVAL;
	} else if (frames == 0) {
		rc = -EINVAL;
	}
	free(in);
	sf_close(f);
	return rc;
}

int audio_convert(const struct audio *from, uint32_t rate_hz, struct audio *ret)
{
	double *in = malloc((from->count + 1) * sizeof(*in));
	if (!in)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++)
		in[i] = from->pcm[i];
	int rc = convert(in, from->count, from->rate_hz, rate_hz, ret);
	free(in);
	return rc;
}

int audio_tone(double hz, double level_dbm0, uint32_t rate_hz, struct audio *ret)
{
	size_t count = (size_t)rate_hz * KEEP_S;
	int16_t *pcm = malloc(count * sizeof(*pcm));
	if (!pcm)
		return -ENOMEM;
	double amplitude = 32768 * pow(10, (level_dbm0 - AUDIO_OVERLOAD_DBM0) / 20);
	for (size_t i = 0; i < count; i++)
		pcm[i] = clip(amplitude * sin(2 * M_PI * hz * (double)i / rate_hz));
	*ret = (struct audio){.pcm = pcm, .count = count, .rate_hz = rate_hz};
	return 0;
}

// Mean square over the 20 ms windows that are not more than 30 dB below the loudest; *ret_peak is the largest sample.
static double active_power(const struct audio *a, double *ret_peak)
{
	size_t window = a->rate_hz / 50, windows = a->count / window;
	double loudest = 0, sum = 0, peak = 1;
	size_t active = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t w = 0; w < windows; w++) {
			double power = 0;
			for (size_t i = 0; i < window; i++) {
				double v = a->pcm[w * window + i];
				power += v * v / (double)window;
				peak = fabs(v) > peak ? fabs(v) : peak;
			}
			if (pass == 0 && power > loudest)
				loudest = power;
			if (pass == 1 && power > loudest * 1e-3) {
				sum += power;
				active++;
			}
		}
	}
	*ret_peak = peak;
	return active ? sum / (double)active : 0;
}

void audio_level_set(struct audio *a, double level_dbm0)
{
	double peak;
	double power = active_power(a, &peak);
	if (power <= 0)
		return;
	// a sine of amplitude A has the mean square A^2 / 2
	double wanted = 0.5 * 32768.0 * 32768.0 * pow(10, (level_dbm0 - AUDIO_OVERLOAD_DBM0) / 10);
	double gain = sqrt(wanted / power);
	if (gain * peak > 32767)
		gain = 32767 / peak;
	for (size_t i = 0; i < a->count; i++)
		a->pcm[i] = clip(a->pcm[i] * gain);
}

int audio_save(const char *path, const int16_t *pcm, size_t count, uint32_t rate_hz)
{
	SF_INFO info = {
		.samplerate = (int)rate_hz, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *f = sf_open(path, SFM_WRITE, &info);
	if (!f)
		return -EIO;
	sf_count_t written = sf_write_short(f, pcm, (sf_count_t)count);
	return sf_close(f) == 0 && written == (sf_count_t)count ? 0 : -EIO;
}

void audio_free(struct audio *a)
{
	free(a->pcm);
	*a = (struct audio){0};
}
