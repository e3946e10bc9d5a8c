// SPDX-License-Identifier: GPL-3.0-or-later
// hearing.c - Aligns what was heard with what was said, and tells voices, tones and noise apart.
#include "bench/lab/hearing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/lab/fit.h"
#include "bench/lab/sample.h"
#include "bench/lab/timeline.h"

#define WARM_UP_MS   1000    // jitter buffers find their depth and codecs their state
#define DELAY_MIN_MS (-20.0) // lags worth trying
#define DELAY_MAX_MS 400.0
#define FILTER_SIDE  10 // taps on each side of a voice's filter
#define WINDOWS_MAX  60
#define FRAME_MS     20 // of segmental SNR

static double decibel(double ratio)
{
	return 10 * log10(fmax(ratio, 1e-12));
}

// Everything one listener's analysis needs.
struct hearing {
	struct timeline heard;
	struct timeline said[SCENARIO_PARTIES_MAX];    // by party; count 0 = silent
	long lag[SCENARIO_PARTIES_MAX][WINDOWS_MAX];   // as found, samples; heard[i] ~ said[i - lag]
	bool clear[SCENARIO_PARTIES_MAX][WINDOWS_MAX]; // it was found
	unsigned int count, me;
	const struct verdict_party *parties;
	size_t from, window; // samples: the first window, and the size of one
	unsigned int windows;
};

static double delay_ms(const struct hearing *h, unsigned int party, long lag)
{
	double skew = (double)(int64_t)(h->heard.base - h->said[party].base) / 1e6;
	return skew + (double)lag * 1e3 / h->heard.rate_hz;
}

// The lag at which a party's voice would come with this delay.
static long lag_of_delay(const struct hearing *h, unsigned int party, double ms)
{
	return lrint((ms - delay_ms(h, party, 0)) * h->heard.rate_hz / 1e3);
}

static bool others_voice(const struct hearing *h, unsigned int p)
{
	const struct verdict_party *party = &h->parties[p];
	bool foreign = party->phone->options.foreign_port && party->party->source == SCENARIO_TONE;
	return p != h->me && (h->said[p].count > 0 || foreign);
}

// One party's lag in every window: a jitter buffer may move in between. Where the voice is not clear, the median's.
static void find_lag(struct hearing *h, unsigned int p, struct sample *delay)
{
	struct sample lags = {0};
	bool *clear = h->clear[p];
	for (unsigned int w = 0; w < h->windows; w++) {
		double sure;
		h->lag[p][w] = fit_lag(h->heard.pcm, h->from + w * h->window, h->window, h->said[p].pcm,
				       h->said[p].count, h->heard.rate_hz, lag_of_delay(h, p, DELAY_MIN_MS),
				       lag_of_delay(h, p, DELAY_MAX_MS), &sure);
		clear[w] = sure > 0.3;
		if (clear[w]) {
			sample_add(&lags, (double)h->lag[p][w]);
			sample_add(delay, delay_ms(h, p, h->lag[p][w]));
		}
	}
	long usual = lags.count ? lrint(sample_median(&lags)) : lag_of_delay(h, p, 0);
	for (unsigned int w = 0; w < h->windows; w++)
		h->lag[p][w] = clear[w] ? h->lag[p][w] : usual;
}

// How much later than at the beginning packets come at the end, by their own timestamps, ms. 0 after a change of SSRC.
static double packets_moved(const struct phone *phone)
{
	const struct packet_log *log = &phone->received;
	struct sample first = {0}, last = {0};
	size_t third = log->count / 3, step = third / (SAMPLE_MAX / 2) + 1;
	for (size_t i = 0; i < log->count; i += step) {
		const struct packet *p = &log->packets[i], *zero = &log->packets[0];
		double at = (double)(int64_t)(p->at - zero->at) / 1e6;
		if (p->ssrc != zero->ssrc)
			return 0;
		at -= (double)(int32_t)(p->ts - zero->ts) * 1e3 / phone->options.codec->rtp_clock_hz;
		if (i < third)
			sample_add(&first, at);
		else if (i >= 2 * third)
			sample_add(&last, at);
	}
	return first.count && last.count ? sample_median(&last) - sample_median(&first) : 0;
}

// How much later than at the beginning a voice comes at the end of the recording, ms. False: it cannot be told.
static bool voice_moved(const struct hearing *h, unsigned int p, double *ret)
{
	struct sample first = {0}, last = {0};
	unsigned int third = h->windows / 3;
	for (unsigned int w = 0; w < h->windows; w++) {
		if (!h->clear[p][w])
			continue;
		if (w < third)
			sample_add(&first, (double)h->lag[p][w]);
		else if (w >= h->windows - third)
			sample_add(&last, (double)h->lag[p][w]);
	}
	if (!first.count || !last.count)
		return false;
	*ret = (sample_median(&last) - sample_median(&first)) * 1e3 / h->heard.rate_hz;
	return true;
}

static void judge_moved(const struct hearing *h, struct verdict *v)
{
	double packets = packets_moved(h->parties[h->me].phone), voice, worst = -1;
	for (unsigned int p = 0; p < h->count; p++)
		if (others_voice(h, p) && voice_moved(h, p, &voice))
			worst = fmax(worst, fabs(packets + voice));
	if (worst >= 0)
		verdict_set(v, METRIC_MOVED, worst);
}

static void find_lags(struct hearing *h, struct verdict *v)
{
	struct sample delay = {0};
	for (unsigned int p = 0; p < h->count; p++)
		if (others_voice(h, p))
			find_lag(h, p, &delay);
	if (delay.count)
		verdict_set(v, METRIC_DELAY, sample_median(&delay));
	judge_moved(h, v);
}

// Mean over the active frames of a window, each clipped to -10..45 dB; NAN when nobody spoke.
static double segmental_snr(const double *wanted, const double *noise, size_t count, uint32_t rate_hz)
{
	size_t frame = rate_hz / 1000 * FRAME_MS, active = 0;
	double sum = 0, loudest = 0;
	for (size_t i = 0; i + frame <= count; i += frame)
		loudest = fmax(loudest, fit_power(wanted + i, frame));
	for (size_t i = 0; i + frame <= count; i += frame) {
		double power = fit_power(wanted + i, frame);
		if (power < loudest * 1e-3 || power < 100)
			continue;
		sum += fmin(45, fmax(-10, decibel(power / fmax(fit_power(noise + i, frame), 1e-3))));
		active++;
	}
	return active ? sum / (double)active : NAN;
}

// Figures of all windows of speech.
struct speech {
	struct sample snr, own;
	struct sample level[SCENARIO_PARTIES_MAX]; // dB, by voice
};

// Buffers of one window of speech.
struct workspace {
	double *parts[SCENARIO_PARTIES_MAX];
	double *wanted, *residual;
	struct fit_voice voices[SCENARIO_PARTIES_MAX];
	unsigned int party[SCENARIO_PARTIES_MAX]; // voice -> party
	unsigned int count;
};

static int workspace_open(const struct hearing *h, struct workspace *w)
{
	w->wanted = calloc(h->window, sizeof(double));
	w->residual = calloc(h->window, sizeof(double));
	if (!w->wanted || !w->residual)
		return -1;
	for (unsigned int p = 0; p < h->count; p++) {
		if (!others_voice(h, p))
			continue;
		w->party[w->count] = p;
		w->voices[w->count] = (struct fit_voice){
			.x = h->said[p].pcm, .count = h->said[p].count, .side = FILTER_SIDE};
		w->parts[w->count] = calloc(h->window, sizeof(double));
		if (!w->parts[w->count++])
			return -1;
	}
	return 0;
}

static void workspace_close(struct workspace *w)
{
	for (unsigned int i = 0; i < w->count; i++)
		free(w->parts[i]);
	free(w->wanted);
	free(w->residual);
}

// Looks for my own voice in what the others' voices left unexplained.
static void judge_own(const struct hearing *h, const struct workspace *w, size_t at, struct sample *own)
{
	const struct timeline *mine = &h->said[h->me];
	if (mine->count == 0)
		return;
	double sure, *part = calloc(h->window, sizeof(*part)), *rest = calloc(h->window, sizeof(*rest));
	double sent = fit_power(mine->pcm, mine->count);
	if (part && rest && sent > 0) {
		long shift = (long)at; // the residual starts at `at` of the recording
		long lag = fit_lag(w->residual, 0, h->window, mine->pcm, mine->count, h->heard.rate_hz,
				   lag_of_delay(h, h->me, DELAY_MIN_MS) - shift,
				   lag_of_delay(h, h->me, DELAY_MAX_MS) - shift, &sure);
		struct fit_voice voice = {.x = mine->pcm, .count = mine->count, .lag = lag, .side = 2};
		double *const parts[] = {part};
		if (fit_voices(w->residual, 0, h->window, &voice, 1, parts, rest) == 0)
			sample_add(own, decibel(fit_power(part, h->window) / sent));
	}
	free(part);
	free(rest);
}

// Power of a voice as played, in the window where it is heard.
static double played_power(const struct hearing *h, const struct fit_voice *f, size_t at)
{
	double sum = 0;
	for (size_t i = 0; i < h->window; i++) {
		long from = (long)(at + i) - f->lag;
		sum += from >= 0 && from < (long)f->count ? f->x[from] * f->x[from] : 0;
	}
	return sum / (double)h->window;
}

// One window of speech: everybody's share, what is left, and how much of the left is me.
static void judge_window(const struct hearing *h, struct workspace *w, unsigned int window, struct speech *s)
{
	size_t at = h->from + window * h->window;
	for (unsigned int i = 0; i < w->count; i++)
		w->voices[i].lag = h->lag[w->party[i]][window];
	if (fit_voices(h->heard.pcm, at, h->window, w->voices, w->count, w->parts, w->residual) < 0)
		return;
	for (size_t i = 0; i < h->window; i++) {
		w->wanted[i] = 0;
		for (unsigned int p = 0; p < w->count; p++)
			w->wanted[i] += w->parts[p][i];
	}
	for (unsigned int p = 0; p < w->count; p++) {
		double played = played_power(h, &w->voices[p], at);
		if (played > fit_power(w->voices[p].x, w->voices[p].count) / 10) // else too quiet to tell
			sample_add(&s->level[p], decibel(fit_power(w->parts[p], h->window) / played));
	}
	double snr = segmental_snr(w->wanted, w->residual, h->window, h->heard.rate_hz);
	if (!isnan(snr))
		sample_add(&s->snr, snr);
	judge_own(h, w, at, &s->own);
}

static void judge_speech(struct hearing *h, struct verdict *v)
{
	struct workspace w = {0};
	struct speech *s = calloc(1, sizeof(*s));
	find_lags(h, v);
	if (s && workspace_open(h, &w) == 0)
		for (unsigned int i = 0; i < h->windows; i++)
			judge_window(h, &w, i, s);
	double worst = 0;
	for (unsigned int p = 0; s && p < w.count; p++)
		if (s->level[p].count)
			worst = fmax(worst, fabs(sample_median(&s->level[p])));
	if (s && s->snr.count) {
		verdict_set(v, METRIC_LEVEL, worst);
		verdict_set(v, METRIC_SNR, sample_median(&s->snr));
	}
	if (s && s->own.count)
		verdict_set(v, METRIC_OWN, sample_median(&s->own));
	workspace_close(&w);
	free(s);
}

static double amplitude_of(double dbm0)
{
	return 32768 * pow(10, (dbm0 - AUDIO_OVERLOAD_DBM0) / 20);
}

static double tone_amplitude(const struct scenario_party *p)
{
	return amplitude_of(p->level_dbm0);
}

// One window of tones. The listener's own tone is fitted with the others', last.
static void judge_tones(const struct hearing *h, struct verdict *v)
{
	double hz[SCENARIO_PARTIES_MAX], amplitude[SCENARIO_PARTIES_MAX], found[SCENARIO_PARTIES_MAX], rest;
	unsigned int tones = 0;
	for (unsigned int p = 0; p < h->count; p++) {
		if (!others_voice(h, p))
			continue;
		hz[tones] = h->parties[p].party->tone_hz;
		amplitude[tones++] = tone_amplitude(h->parties[p].party);
	}
	unsigned int wanted = tones;
	if (h->said[h->me].count)
		hz[tones++] = h->parties[h->me].party->tone_hz;
	struct sample sinad = {0}, level = {0}, own = {0};
	for (unsigned int w = 0; w < h->windows; w++) {
		const double *heard = h->heard.pcm + h->from + w * h->window;
		if (fit_tones(heard, h->window, h->heard.rate_hz, hz, tones, found, &rest) < 0)
			return;
		double signal = 0, mine = wanted < tones ? found[wanted] : 0, worst = 0;
		for (unsigned int i = 0; i < wanted; i++) {
			signal += found[i] * found[i] / 2;
			worst = fmax(worst,
				     fabs(decibel(found[i] * found[i] / (amplitude[i] * amplitude[i]))));
		}
		sample_add(&sinad, decibel(signal / fmax(rest + mine * mine / 2, 1e-3)));
		sample_add(&level, worst);
		if (wanted < tones)
			sample_add(&own, 2 * decibel(mine / tone_amplitude(h->parties[h->me].party)));
	}
	if (sinad.count && wanted) {
		verdict_set(v, METRIC_SINAD, sample_median(&sinad));
		verdict_set(v, METRIC_LEVEL, sample_median(&level));
	}
	if (own.count)
		verdict_set(v, METRIC_OWN, sample_median(&own));
}

// A tone that nobody in the call has said: music, or an announcement.
static void judge_played(const struct hearing *h, struct verdict *v)
{
	const struct scenario_party *me = h->parties[h->me].party;
	double wanted = 32768 * pow(10, (me->hears_dbm0 - AUDIO_OVERLOAD_DBM0) / 20), found, rest;
	struct sample sinad = {0}, level = {0};
	for (unsigned int w = 0; w < h->windows; w++) {
		if (fit_tones(h->heard.pcm + h->from + w * h->window, h->window, h->heard.rate_hz,
			      &me->hears_hz, 1, &found, &rest) < 0)
			return;
		sample_add(&sinad, decibel(found * found / 2 / fmax(rest, 1e-3)));
		sample_add(&level, fabs(decibel(found * found / (wanted * wanted))));
	}
	if (sinad.count) {
		verdict_set(v, METRIC_SINAD, sample_median(&sinad));
		verdict_set(v, METRIC_LEVEL, sample_median(&level));
	}
}

// Windows worth judging: after the warm-up, before anybody fell silent.
static void choose_windows(struct hearing *h)
{
	double rate = h->heard.rate_hz / 1e9;
	double from = (double)(int64_t)(h->parties[h->me].from - h->heard.base) * rate;
	double until = (double)(int64_t)(h->parties[h->me].until - h->heard.base) * rate;
	double warm = (double)h->heard.rate_hz * WARM_UP_MS / 1000;
	h->window = h->heard.rate_hz;
	h->from = (size_t)fmax(0, from + warm);
	double windows = (fmin(until, (double)h->heard.count) - (double)h->from) / (double)h->window;
	h->windows = windows < 0 ? 0 : windows > WINDOWS_MAX ? WINDOWS_MAX : (unsigned int)windows;
}

void hearing_judge(const struct verdict_party *parties, unsigned int count, unsigned int listener,
		   const char *wav_path, struct verdict *v)
{
	struct hearing h = {.parties = parties, .count = count, .me = listener};
	const struct phone *me = parties[listener].phone;
	if (timeline_heard(&me->received, me->options.codec, &h.heard) < 0)
		return;
	if (wav_path)
		timeline_save(&h.heard, wav_path);
	choose_windows(&h);
	bool tones = true;
	unsigned int voices = 0;
	for (unsigned int p = 0; p < count; p++) {
		const struct phone *phone = parties[p].phone;
		tones = tones && parties[p].party->source != SCENARIO_PLAY;
		timeline_said(&phone->sent, phone->options.codec, phone->options.period_ms,
			      &phone->options.source, h.heard.rate_hz, &h.said[p]);
		voices += others_voice(&h, p);
	}
	if (parties[listener].party->hears_hz > 0)
		judge_played(&h, v);
	else if (voices && tones)
		judge_tones(&h, v);
	else if (voices)
		judge_speech(&h, v);
	for (unsigned int p = 0; p < count; p++)
		timeline_free(&h.said[p]);
	timeline_free(&h.heard);
}

int hearing_judge_file(const char *path, const struct hearing_tone *tones, unsigned int count,
		       double *ret_sinad, double *ret_level)
{
	struct audio a;
	struct sample sinad = {0}, level = {0};
	double hz[SCENARIO_PARTIES_MAX], found[SCENARIO_PARTIES_MAX], rest;
	int rc = audio_load(path, 0, &a);
	if (rc < 0)
		return rc;
	double *window = calloc(a.rate_hz, sizeof(*window));
	for (unsigned int i = 0; i < count; i++)
		hz[i] = tones[i].hz;
	rc = window ? -ENODATA : -ENOMEM;
	for (size_t at = 2 * (size_t)a.rate_hz; window && at + a.rate_hz <= a.count; at += a.rate_hz) {
		double signal = 0, worst = 0;
		for (size_t i = 0; i < a.rate_hz; i++)
			window[i] = a.pcm[at + i];
		rc = fit_tones(window, a.rate_hz, a.rate_hz, hz, count, found, &rest);
		if (rc < 0)
			break;
		for (unsigned int i = 0; i < count; i++) {
			double wanted = amplitude_of(tones[i].dbm0);
			signal += found[i] * found[i] / 2;
			worst = fmax(worst, fabs(decibel(found[i] * found[i] / (wanted * wanted))));
		}
		sample_add(&sinad, decibel(signal / fmax(rest, 1e-3)));
		sample_add(&level, worst);
	}
	if (rc == 0) {
		*ret_sinad = sample_median(&sinad);
		*ret_level = sample_median(&level);
	}
	free(window);
	audio_free(&a);
	return rc;
}
