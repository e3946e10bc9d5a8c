// SPDX-License-Identifier: GPL-3.0-or-later
// tick.c - One period of the media clock, top to bottom.
//
// A conference that ticks has a mixer. Its quantum is 10, 20 or 30 ms: the greatest that divides every member's period.
// Each tick makes one quantum of sound for everyone:
//
//   gather   each voice decodes, or conceals, one quantum into its row of a matrix, at its own sample rate (gather.c)
//   sum      rows of one rate are added in 32 bits, and what sources play (source.c)
//   cross    the sum of each rate is resampled once to every other rate where somebody listens, and added there
//   emit     each listener hears the sum of its rate minus its own row (emit.c), encoded when its period is full
//
// So resampling costs a conference a fixed handful of filters, not one a party, and a party's own voice is taken out
// exactly: the very integers that were added. (A party that speaks at one rate and hears at another is the exception:
// its own row goes through a filter of its own.) A transcode is the same with two members.
//
// The schedule. `due` counts milliseconds of the monotonic clock and only ever grows by the quantum. A tick that
// begins late is a tick of its due time: jitter buffers are asked for that time, so lateness never becomes delay. If up
// to CATCH_UP ticks were missed they are run in one go; beyond that their time is skipped: voices discard what
// belonged there, timestamps move on, and the next packet carries a marker. Packets that piled up meanwhile are either
// in time for a later tick or dropped as late. Their arrival times say nothing about the network, so for a
// while the jitter buffers are told none.
//
// Media time (`clock`, units of 10 ms) orders packets: a stream with a period of n units sends when the clock is a
// multiple of n, so all streams of a period send in the same tick and can share frames. When a change of members
// raises the quantum in between two multiples of it, ticks of 10 ms bridge the distance.
//
// A tick's packets may not fit the caller's burst, or its work the caller's slice of time. Gathering and emitting go on
// where they stopped, at the next call. A voice that leaves in between is struck from its row; one that comes has its
// first tick next time, and what else changes in between is for the next time as well.
#include <string.h>

#include "gw/media/inside.h"

#define CATCH_UP      2
#define STALL_TAIL_NS (10 * NSEC_PER_MSEC)

static const uint16_t samples_10ms[RATES] = {80, 160, 480};
static const uint32_t rate_hz[RATES] = {8000, 16000, 48000};

// --- mixers ---

// Gives a conference a clock of its own, in the calmest phase.
uint32_t mixer_open(struct media *m, uint32_t conference, nsec_t now)
{
	uint32_t i = m->mixer_free;
	struct media_mixer *x = &m->mixers[i]; // there are as many as voices: never exhausted before those
	m->mixer_free = x->next_free;
	x->conference = conference;
	x->first = x->last = NONE;
	x->voices = 0;
	x->clock = 0;
	x->quantum = 1;
	x->limit = 1.0f;
	x->weighs = x->chooses = x->seats = x->challenges = 0;
	x->tone_ms = 0;
	x->challenger = NONE;
	memset(x->choir, 0, sizeof(x->choir));
	wheel_add(&m->ticks, i, wheel_calmest(&m->ticks, now / NSEC_PER_MSEC, 20));
	if (x->tick.due * NSEC_PER_MSEC < m->tick_due)
		m->tick_due = x->tick.due * NSEC_PER_MSEC;
	return i;
}

static void cross_close(struct media_mixer *x, unsigned int from, unsigned int to)
{
	if (x->cross_made[from][to])
		resample_fini(x->cross[from][to]);
	x->cross_made[from][to] = 0;
}

void mixer_close(struct media *m, uint32_t mixer)
{
	struct media_mixer *x = &m->mixers[mixer];
	wheel_remove(&m->ticks, mixer);
	for (unsigned int from = 0; from < RATES; from++)
		for (unsigned int to = 0; to < RATES; to++)
			cross_close(x, from, to);
	if (m->run.mixer == mixer)
		m->run.mixer = NONE;
	x->conference = NONE;
	x->next_free = m->mixer_free;
	m->mixer_free = mixer;
}

void mixer_voice_add(struct media *m, uint32_t mixer, uint32_t voice)
{
	struct media_mixer *x = &m->mixers[mixer];
	struct media_voice *v = &m->voices[voice];
	v->mixer = mixer;
	v->next = NONE;
	v->prev = x->last;
	v->row = NONE;
	if (x->last == NONE)
		x->first = voice;
	else
		m->voices[x->last].next = voice;
	x->last = voice;
	x->voices++;
	floor_join(x, v);
	gather_joined(m, mixer, voice);
}

static bool same_listener(const struct media *m, const struct media_voice *a, const struct media_voice *b)
{
	return !b->rx && b->tx == a->tx && b->tx_units == a->tx_units &&
	       !(m->cold[b->stream].spec.flags & STREAM_VAD);
}

// The coder of the first of several listeners who share frames has coded for all of them (emit.c). When that one leaves,
// the next takes the coder over, so that no decoder hears it begin anew.
static void coder_hand_on(struct media *m, const struct media_mixer *x, struct media_voice *v)
{
	if (!v->tx || v->tx->encoder_size == 0 || v->rx)
		return;
	uint32_t i = x->first;
	while (i != NONE && !same_listener(m, v, &m->voices[i]))
		i = m->voices[i].next;
	if (i == NONE || &m->voices[i] != v)
		return;
	for (i = v->next; i != NONE; i = m->voices[i].next) {
		struct media_voice *heir = &m->voices[i];
		if (!same_listener(m, v, heir))
			continue;
		struct media_voice was = *v;
		v->encoder = heir->encoder, v->tx_fifo = heir->tx_fifo, v->tx_block = heir->tx_block;
		heir->encoder = was.encoder, heir->tx_fifo = was.tx_fifo, heir->tx_block = was.tx_block;
		return;
	}
}

void mixer_voice_remove(struct media *m, uint32_t voice)
{
	struct media_voice *v = &m->voices[voice];
	struct media_mixer *x = &m->mixers[v->mixer];
	coder_hand_on(m, x, v);
	choir_leave(m, v);
	floor_leave(m, x, voice);
	gather_left(m, voice);
	if (v->prev == NONE)
		x->first = v->next;
	else
		m->voices[v->prev].next = v->next;
	if (v->next == NONE)
		x->last = v->prev;
	else
		m->voices[v->next].prev = v->prev;
	x->voices--;
	v->mixer = NONE;
}

static unsigned int gcd(unsigned int a, unsigned int b)
{
	while (b) {
		unsigned int rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

// The greatest quantum of 1, 2 or 3 units that divides all periods, given their common divisor.
static uint8_t quantum_of(unsigned int periods)
{
	if (periods == 0)
		return 2;
	return periods % 3 == 0 ? 3 : periods % 2 == 0 ? 2 : 1;
}

// Works out what the members of a mixer ask for, after they changed.
void mixer_settle(struct media *m, uint32_t mixer)
{
	struct media_mixer *x = &m->mixers[mixer];
	unsigned int periods = 0;
	memset(x->speaks, 0, sizeof(x->speaks));
	memset(x->hears, 0, sizeof(x->hears));
	memset(x->ahead, 0xff, sizeof(x->ahead));
	unsigned int ahead = 0;
	for (uint32_t i = x->first; i != NONE; i = m->voices[i].next) {
		const struct media_voice *v = &m->voices[i];
		if (ahead < CALL_AHEAD)
			x->ahead[ahead++] = i;
		if (v->rx) {
			x->speaks[v->rx_rate] = 1;
			periods = gcd(periods, m->cold[v->stream].spec.rx.period_ms / 10);
		}
		if (v->tx) {
			x->hears[v->tx_rate] = 1;
			periods = gcd(periods, v->tx_units);
		}
	}
	source_rates(m, x->conference, x->speaks);
	floor_settle(m, x);
	x->quantum = quantum_of(periods);
	x->crosses = 0;
	for (unsigned int from = 0; from < RATES; from++)
		for (unsigned int to = 0; to < RATES; to++) {
			bool used = from != to && x->speaks[from] && x->hears[to];
			if (!used)
				cross_close(x, from, to);
			else if (!x->cross_made[from][to])
				x->cross_made[from][to] =
					resample_init(x->cross[from][to], rate_hz[from], rate_hz[to]) == 0;
			x->crosses |= x->cross_made[from][to];
		}
}

// --- the tick ---

// Resamples one tick in blocks of 10 ms, which every filter takes.
void tick_resample(struct resample *filter, const int16_t *in, unsigned int from, int16_t *out,
		   unsigned int units)
{
	for (unsigned int u = 0; u < units; u++) {
		out += resample_run(filter, in, samples_10ms[from], out);
		in += samples_10ms[from];
	}
}

static void shift_add(int32_t *sum, const int16_t *pcm, unsigned int samples, unsigned int shift)
{
	for (unsigned int i = 0; i < samples; i++)
		sum[i] += pcm[i] * (1 << shift);
}

// A sum in 16 bits, by as many bits lower as it takes: the limiter comes after all rates are together.
static unsigned int shift_down(int16_t *out, const int32_t *sum, unsigned int samples)
{
	uint32_t peak = mixer_sum_peak(sum, samples);
	unsigned int shift = 0;
	while (peak >> shift > INT16_MAX)
		shift++;
	if (shift == 0)
		mixer_all(out, sum, samples);
	for (unsigned int i = 0; shift && i < samples; i++)
		out[i] = (int16_t)(sum[i] >> shift);
	return shift;
}

// Members who came after the tick began may have changed what the conference asks for: not this time.
static bool crosses(const struct media_run *r, const struct media_mixer *x, unsigned int from,
		    unsigned int to)
{
	return x->cross_made[from][to] && r->speaks[from] && r->hears[to];
}

static void cross(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	unsigned int shift[RATES] = {0};
	if (!x->crosses)
		return;
	// First all that was said at each rate, before any of it crosses over.
	for (unsigned int from = 0; from < RATES; from++)
		if (r->speaks[from])
			shift[from] = shift_down(r->all[from], r->sum[from], r->units * samples_10ms[from]);
	for (unsigned int from = 0; from < RATES; from++)
		for (unsigned int to = 0; to < RATES; to++) {
			if (!crosses(r, x, from, to))
				continue;
			tick_resample(x->cross[from][to], r->all[from], from, r->out, r->units);
			if (shift[from])
				shift_add(r->sum[to], r->out, r->units * samples_10ms[to], shift[from]);
			else
				mixer_add(r->sum[to], r->out, r->units * samples_10ms[to]);
		}
}

static uint8_t units_now(const struct media_mixer *x)
{
	return x->clock % x->quantum == 0 ? x->quantum : 1;
}

// Lets the time of one missed tick pass unheard.
static void skip(struct media *m, struct media_mixer *x)
{
	unsigned int units = units_now(x);
	for (uint32_t i = x->first; i != NONE; i = m->voices[i].next) {
		struct media_voice *v = &m->voices[i];
		if (v->rx)
			voice_discard(v, x->tick.due * NSEC_PER_MSEC, units * samples_10ms[v->rx_rate]);
		if (v->extras & EXTRA_TAP)
			tap_put(m, v, units, NULL);
		v->tx_fill = 0;
		v->tx_running = 0;
		m->cold[v->stream].tx_marker = 1;
	}
	x->clock += units;
	x->tick.due += units * 10;
}

// What a late tick means: counts it, and skips ticks when too many were missed.
static void lateness(struct media *m, struct media_mixer *x, nsec_t now)
{
	nsec_t late = now - x->tick.due * NSEC_PER_MSEC;
	if (late <= NSEC_PER_MSEC)
		return;
	m->ticks_late++;
	if (late > STALL_NS)
		m->stalled_until = now + STALL_TAIL_NS;
	uint64_t tick_ms = x->quantum * 10u;
	if (now / NSEC_PER_MSEC - x->tick.due <= CATCH_UP * tick_ms)
		return;
	while (now / NSEC_PER_MSEC - x->tick.due >= tick_ms)
		skip(m, x);
}

// Begins the next tick that is due. False: none is.
static bool run_begin(struct media *m, nsec_t now)
{
	struct media_run *r = &m->run;
	uint32_t i;
	while ((i = wheel_take(&m->ticks, now / NSEC_PER_MSEC)) != NONE &&
	       m->mixers[i].tick.due > now / NSEC_PER_MSEC)
		wheel_add(&m->ticks, i,
			  m->mixers[i].tick.due); // came early: it was put in while we were held up
	if (i == NONE)
		return false;
	struct media_mixer *x = &m->mixers[i];
	lateness(m, x, now);
	r->mixer = i;
	r->units = units_now(x);
	r->clock = x->clock;
	r->now = x->tick.due * NSEC_PER_MSEC;
	gather_begin(m, x);
	x->clock += r->units;
	wheel_add(&m->ticks, i, x->tick.due + r->units * 10u);
	return true;
}

// Everyone has spoken: what is heard of it.
static void sum_up(struct media *m, struct media_mixer *x)
{
	struct media_run *r = &m->run;
	if (unlikely(r->weighs))
		floor_give(m, x);
	sources_add(m, x->conference);
	cross(m, x);
	if (unlikely(x->tone_ms))
		tone_add(m, x);
	limit_turn(m, x);
	memset(r->all_made, 0, sizeof(r->all_made));
	r->shared_count = 0;
	r->cursor = 0;
	r->gathered = 1;
}

// The packets of what is due, conference by conference. What ends in the middle goes on at the next call.
static unsigned int run(struct media *m, nsec_t now, struct media_frame *frames, unsigned int n)
{
	struct media_run *r = &m->run;
	unsigned int written = 0;
	while (written < n && r->left > 0 && (r->mixer != NONE || run_begin(m, now))) {
		if (!r->gathered) {
			if (!gather(m))
				break;
			sum_up(m, &m->mixers[r->mixer]);
		}
		written += emit_rows(m, frames + written, n - written);
		if (r->cursor == r->rows)
			r->mixer = NONE;
	}
	uint64_t first = wheel_first(&m->ticks);
	m->tick_due = first == UINT64_MAX ? UINT64_MAX : first * NSEC_PER_MSEC;
	return written;
}

unsigned int media_tick(struct media *m, nsec_t now, nsec_t *slice, struct media_frame *frames,
			unsigned int n)
{
	unsigned int written = 0;
	if (n == 0 || *slice == 0)
		return 0;
	m->run.left = (int64_t)*slice;
	if (unlikely(m->digit_due <= now))
		written = digit_tick(m, now, frames, n);
	if (written < n)
		written += run(m, now, frames + written, n - written);
	*slice = m->run.left > 0 ? (nsec_t)m->run.left : 0;
	return written;
}

nsec_t media_tick_due(const struct media *m)
{
	if (m->run.mixer != NONE)
		return 0;
	return m->digit_due < m->tick_due ? m->digit_due : m->tick_due;
}
