// SPDX-License-Identifier: GPL-3.0-or-later
// put.c - Packets in: their place in the ring, and what is too late, double or too much.
#include "gw/jitter/state.h"

#define PERIOD_MAX_MS      120
#define JITTER_SLOTS_LEAST 4
#define unlikely(x)        __builtin_expect(!!(x), 0)

static size_t stride_of(unsigned int payload)
{
	return ((size_t)(payload ? payload : 1) + 63) & ~(size_t)63;
}

// Slots enough for the longest delay at this period, and as much again.
static uint32_t slots_of(unsigned int period_ms)
{
	return period_ms >= 30 ? JITTER_SLOTS / 2 : JITTER_SLOTS;
}

size_t jitter_size(unsigned int payload, unsigned int period_ms)
{
	return sizeof(struct jitter) + stride_of(payload) * slots_of(period_ms);
}

struct jitter *jitter_init(void *mem, const struct jitter_config *config)
{
	struct jitter *j = mem;
	memset(j, 0, sizeof(*j));
	j->config = *config;
	j->rate = rtp_rate(config->clock_hz);
	j->ms = config->clock_hz / 1000;
	j->stride = (uint32_t)stride_of(config->payload ? config->payload : config->payload_max);
	j->slots = slots_of(config->period_ms);
	jitter_reset(j);
	return j;
}

void jitter_reset(struct jitter *j)
{
	j->heard = false;
	j->playing = false;
	j->used = 0;
	j->period = (int32_t)((j->config.period_ms ? j->config.period_ms : 20) * j->ms);
	memset(j->slot, 0, sizeof(j->slot));
}

// A payload longer than was expected: the same memory in fewer, longer slots. Rare; what waits is given up.
static bool stride_grow(struct jitter *j, unsigned int len)
{
	if ((size_t)j->stride * j->slots < (size_t)len * JITTER_SLOTS_LEAST)
		return false;
	while (j->stride < len) {
		j->stride *= 2;
		j->slots /= 2;
	}
	jitter_reset(j);
	return j->slots >= JITTER_SLOTS_LEAST;
}

static void hear_first(struct jitter *j, uint16_t seq, uint32_t timestamp, uint32_t arrival)
{
	j->heard = true;
	jitter_delay_start(j, timestamp, arrival);
	j->newest_seq = (uint16_t)(seq - 1);
	j->newest_ts = timestamp - (uint32_t)j->period;
}

// Learns the sender's period from two packets in a row.
static void period_learn(struct jitter *j, uint16_t seq, uint32_t timestamp)
{
	int32_t step = (int32_t)(timestamp - j->newest_ts);
	if (seq != (uint16_t)(j->newest_seq + 1) || step == j->period)
		return;
	if (step <= 0 || step > (int32_t)(PERIOD_MAX_MS * j->ms))
		return;
	jitter_period_set(j, step);
}

// Makes room for `seq` by giving up the oldest places of the ring.
static bool ring_advance(struct jitter *j, uint16_t seq)
{
	uint16_t first = (uint16_t)(seq - (j->slots - 1));
	bool dropped = false;
	for (uint32_t left = j->used; left; left &= left - 1) {
		const struct slot *s = &j->slot[__builtin_ctz(left)];
		if ((int16_t)(s->seq - first) < 0) {
			slot_free(j, s->seq);
			j->stats.overflowed++;
			dropped = true;
		}
	}
	if (j->playing && (int16_t)(j->next_seq - first) < 0)
		j->next_seq = first;
	return dropped;
}

static bool is_late(const struct jitter *j, uint16_t seq, uint32_t timestamp)
{
	if ((int16_t)(seq - j->newest_seq) <= -(int)j->slots)
		return true;
	if (!j->playing)
		return false;
	return (int16_t)(seq - j->next_seq) < 0 ||
	       (int32_t)(timestamp + (uint32_t)j->period - j->next_ts) <= 0;
}

static enum jitter_put put(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
			   unsigned int len, nsec_t now, bool timed)
{
	if (len > j->config.payload_max || (unlikely(len > j->stride) && !stride_grow(j, len)))
		return JITTER_TOO_LONG;
	uint32_t arrival = rtp_units(now, j->rate);
	enum jitter_put verdict = JITTER_STORED;
	int32_t jump = j->heard ? (int32_t)(arrival - timestamp - j->origin) - j->base : 0;
	if (jump > (int32_t)j->config.clock_hz || jump < -(int32_t)j->config.clock_hz) {
		jitter_reset(j);
		j->stats.restarted++;
		verdict = JITTER_RESTARTED;
	}
	if (!j->heard)
		hear_first(j, seq, timestamp, arrival);
	if (slot_find(j, seq)) {
		j->stats.duplicate++;
		return JITTER_DUPLICATE;
	}
	if (timed || j->count == 0)
		jitter_delay_learn(j, timestamp, arrival);
	if ((int16_t)(seq - j->newest_seq) > 0) {
		period_learn(j, seq, timestamp);
		// In order, and the place is free: nothing else can be in the way.
		bool crowded = j->used >> slot_index(j, seq) & 1 || seq != (uint16_t)(j->newest_seq + 1);
		if (crowded && ring_advance(j, seq))
			verdict = JITTER_FULL;
		j->newest_seq = seq;
		j->newest_ts = timestamp;
	} else {
		j->stats.reordered++;
	}
	if (is_late(j, seq, timestamp)) {
		j->stats.late++;
		return JITTER_LATE;
	}
	j->slot[slot_index(j, seq)] = (struct slot){.timestamp = timestamp, .seq = seq, .len = (uint16_t)len};
	j->used |= UINT32_C(1) << slot_index(j, seq);
	memcpy(slot_payload(j, seq), payload, len);
	return verdict;
}

enum jitter_put jitter_put(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
			   unsigned int len, nsec_t now)
{
	return put(j, seq, timestamp, payload, len, now, true);
}

enum jitter_put jitter_put_untimed(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
				   unsigned int len, nsec_t now)
{
	return put(j, seq, timestamp, payload, len, now, false);
}

void jitter_prefetch_put(const struct jitter *j)
{
	uint32_t i = slot_index(j, (uint16_t)(j->newest_seq + 1));
	const uint8_t *payload = j->payload + (size_t)j->stride * i;
	__builtin_prefetch(&j->slot[i], 1);
	__builtin_prefetch(&j->offset[j->head % JITTER_HISTORY], 1);
	__builtin_prefetch(&j->offset[(j->head - j->count) % JITTER_HISTORY]);
	__builtin_prefetch(&j->histogram[0], 1);
	for (unsigned int line = 0; line < 192; line += 64)
		__builtin_prefetch(payload + line, 1);
}

void jitter_stats(const struct jitter *j, struct jitter_stats *ret)
{
	*ret = j->stats;
	ret->target_ms = j->heard ? (uint32_t)target(j) / j->ms : 0;
	ret->delay_ms = j->playing && j->margin > 0 ? (uint32_t)j->margin / j->ms : 0;
}
