// SPDX-License-Identifier: GPL-3.0-or-later
// delay.c - What the network does: the fastest way through it, and how much later most packets come.
#include "gw/jitter/state.h"

#define BIN_MS       2
#define EPOCH_MS     2000
#define HISTORY_MS   2000
#define LATE_PERCENT 1 // by the E-model, one more lost in a hundred is worth 150 ms of delay

static uint8_t history_window(const struct jitter *j)
{
	uint32_t n = HISTORY_MS * j->ms / j->period;
	return (uint8_t)(n < 32 ? 32 : n > JITTER_HISTORY ? JITTER_HISTORY : n);
}

static uint32_t bin_of(const struct jitter *j, int32_t late)
{
	if (late <= 0)
		return 0;
	uint32_t bin = ((uint32_t)late + BIN_MS * j->ms - 1) / (BIN_MS * j->ms);
	return bin < JITTER_BINS ? bin : JITTER_BINS - 1;
}

// Moves the quantile to where at most LATE_PERCENT of the offsets lie above it.
static void need_settle(struct jitter *j)
{
	uint32_t allowed = j->count * LATE_PERCENT / 100u, above = j->above, bin = j->bin;
	while (above > allowed && bin < JITTER_BINS - 1)
		above -= j->histogram[++bin];
	while (bin > 0 && above + j->histogram[bin] <= allowed)
		above += j->histogram[bin--];
	j->above = (uint8_t)above;
	j->bin = (uint8_t)bin;
	j->need = (uint16_t)(bin * BIN_MS * j->ms);
}

static void histogram_add(struct jitter *j, int32_t late, int sign)
{
	uint32_t bin = bin_of(j, late);
	j->histogram[bin] = (uint8_t)(j->histogram[bin] + sign);
	if (bin > j->bin)
		j->above = (uint8_t)(j->above + sign);
}

// Beyond 16 bits is beyond the last bin, however the base moves.
static int16_t clamp(int32_t late)
{
	return (int16_t)(late > INT16_MAX ? INT16_MAX : late < INT16_MIN ? INT16_MIN : late);
}

// The one remembered `back` packets ago, 1 = the last.
static int16_t *remembered(struct jitter *j, uint32_t back)
{
	return &j->late[j->head >= back ? j->head - back : j->head + j->window - back];
}

// The base moved: all lateness is counted anew against it. Rare.
static void base_move(struct jitter *j, uint32_t base)
{
	int32_t later = (int32_t)(j->base - base);
	j->base = base;
	memset(j->histogram, 0, sizeof(j->histogram));
	j->above = 0;
	for (uint32_t i = 1; i <= j->count; i++) {
		int16_t *late = remembered(j, i);
		*late = clamp(*late + later);
		histogram_add(j, *late, 1);
	}
}

static void base_update(struct jitter *j, uint32_t offset, uint32_t arrival)
{
	if (arrival - j->epoch >= (uint32_t)EPOCH_MS * j->ms) {
		j->base_before = j->base_now;
		j->base_now = offset;
		j->epoch = arrival;
	}
	if ((int32_t)(offset - j->base_now) < 0)
		j->base_now = offset;
	uint32_t base = (int32_t)(j->base_now - j->base_before) < 0 ? j->base_now : j->base_before;
	if (base != j->base)
		base_move(j, base);
}

void jitter_delay_learn(struct jitter *j, uint32_t timestamp, uint32_t arrival)
{
	uint32_t offset = arrival - timestamp;
	if (j->count == j->window) { // the oldest one's place is taken
		histogram_add(j, j->late[j->head], -1);
		j->count--;
	}
	base_update(j, offset, arrival);
	int32_t late = (int32_t)(offset - j->base);
	j->late[j->head] = clamp(late);
	j->head = j->head + 1 == j->window ? 0 : (uint8_t)(j->head + 1);
	j->count++;
	histogram_add(j, late, 1);
	need_settle(j);
}

void jitter_delay_start(struct jitter *j, uint32_t timestamp, uint32_t arrival)
{
	j->base = j->base_now = j->base_before = arrival - timestamp;
	j->epoch = arrival;
	j->need = 0;
	j->beyond = 0;
	j->bin = j->above = j->count = j->head = 0;
	j->window = history_window(j);
	memset(j->histogram, 0, sizeof(j->histogram));
}

void jitter_period_set(struct jitter *j, uint16_t period)
{
	int16_t kept[JITTER_HISTORY];
	j->period = period;
	j->regular = 0;
	uint8_t window = history_window(j);
	if (window == j->window)
		return;
	for (; j->count > window; j->count--)
		histogram_add(j, *remembered(j, j->count), -1);
	for (uint32_t i = 0; i < j->count; i++)
		kept[i] = *remembered(j, j->count - i);
	memcpy(j->late, kept, j->count * sizeof(kept[0]));
	j->head = j->count == window ? 0 : j->count;
	j->window = window;
}
