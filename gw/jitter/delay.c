// SPDX-License-Identifier: GPL-3.0-or-later
// delay.c - What the network does: the fastest way through it, and how much later most packets come.
#include "gw/jitter/state.h"

#define BIN_MS       2
#define EPOCH_MS     2000
#define HISTORY_MS   2000
#define LATE_PERCENT 1 // by the E-model, one more lost in a hundred is worth 150 ms of delay

static uint32_t history_window(const struct jitter *j)
{
	uint32_t n = HISTORY_MS * j->ms / (uint32_t)j->period;
	return n < 32 ? 32 : n > JITTER_HISTORY ? JITTER_HISTORY : n;
}

static uint32_t bin_of(const struct jitter *j, int32_t offset)
{
	int32_t late = offset - j->base;
	if (late <= 0)
		return 0;
	uint32_t bin = ((uint32_t)late + BIN_MS * j->ms - 1) / (BIN_MS * j->ms);
	return bin < JITTER_BINS ? bin : JITTER_BINS - 1;
}

// Moves the quantile to where at most LATE_PERCENT of the offsets lie above it.
static void need_settle(struct jitter *j)
{
	uint32_t allowed = j->count * LATE_PERCENT / 100;
	while (j->above > allowed && j->bin < JITTER_BINS - 1)
		j->above -= j->histogram[++j->bin];
	while (j->bin > 0 && j->above + j->histogram[j->bin] <= allowed)
		j->above += j->histogram[j->bin--];
	j->need = (int32_t)(j->bin * BIN_MS * j->ms);
}

static void histogram_add(struct jitter *j, int32_t offset, int sign)
{
	uint32_t bin = bin_of(j, offset);
	j->histogram[bin] = (uint8_t)(j->histogram[bin] + sign);
	if (bin > j->bin)
		j->above += (uint32_t)sign;
}

static int32_t oldest_offset(const struct jitter *j)
{
	return j->offset[(j->head - j->count) % JITTER_HISTORY];
}

// The base moved: all lateness is counted anew against it. Rare.
static void histogram_rebuild(struct jitter *j)
{
	memset(j->histogram, 0, sizeof(j->histogram));
	j->above = 0;
	for (uint32_t i = 1; i <= j->count; i++)
		histogram_add(j, j->offset[(j->head - i) % JITTER_HISTORY], 1);
}

static void base_update(struct jitter *j, int32_t offset, uint32_t arrival)
{
	if (arrival - j->epoch >= EPOCH_MS * j->ms) {
		j->base_before = j->base_now;
		j->base_now = offset;
		j->epoch = arrival;
	}
	if (offset < j->base_now)
		j->base_now = offset;
	int32_t base = j->base_now < j->base_before ? j->base_now : j->base_before;
	if (base != j->base) {
		j->base = base;
		histogram_rebuild(j);
	}
}

void jitter_delay_learn(struct jitter *j, uint32_t timestamp, uint32_t arrival)
{
	int32_t offset = (int32_t)(arrival - timestamp - j->origin);
	while (j->count >= j->window) {
		histogram_add(j, oldest_offset(j), -1);
		j->count--;
	}
	base_update(j, offset, arrival);
	j->offset[j->head++ % JITTER_HISTORY] = offset;
	j->count++;
	histogram_add(j, offset, 1);
	need_settle(j);
}

void jitter_delay_start(struct jitter *j, uint32_t timestamp, uint32_t arrival)
{
	j->origin = arrival - timestamp;
	j->base = j->base_now = j->base_before = 0;
	j->epoch = arrival;
	j->need = 0;
	j->bin = j->above = j->count = j->head = 0;
	j->window = history_window(j);
	memset(j->histogram, 0, sizeof(j->histogram));
}

void jitter_period_set(struct jitter *j, int32_t period)
{
	j->period = period;
	j->window = history_window(j);
}
