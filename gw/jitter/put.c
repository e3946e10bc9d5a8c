// SPDX-License-Identifier: GPL-3.0-or-later
// put.c - Packets in: their place in the ring, and what is too late, double or too much.
#include "gw/jitter/state.h"

#define PERIOD_MAX_MS      120
#define JITTER_SLOTS_LEAST 4
#define MOVED_PACKETS      4
#define MOVED_PACKETS_MANY 12
#define HOPELESS_MS        100
#define likely(x)          __builtin_expect(!!(x), 1)
#define unlikely(x)        __builtin_expect(!!(x), 0)

// Lines of a slot for payloads of this size.
static uint8_t lines_of(unsigned int payload)
{
	return (uint8_t)((sizeof(struct slot) + payload + LINE - 1) / LINE);
}

// Slots enough for the longest delay at this period, and as much again.
static uint8_t slots_of(unsigned int period_ms)
{
	return period_ms >= 30 ? JITTER_SLOTS / 2 : JITTER_SLOTS;
}

size_t jitter_size(unsigned int payload, unsigned int period_ms)
{
	return sizeof(struct jitter) + (size_t)lines_of(payload) * LINE * slots_of(period_ms);
}

static void longest_settle(struct jitter *j)
{
	size_t room = (size_t)j->lines * LINE - sizeof(struct slot);
	j->longest = room < j->config.payload_max ? (uint16_t)room : j->config.payload_max;
}

struct jitter *jitter_init(void *mem, const struct jitter_config *config)
{
	struct jitter *j = mem;
	memset(j, 0, sizeof(*j));
	j->config = *config;
	j->rate = rtp_rate(config->clock_hz);
	j->hz = config->clock_hz;
	j->ms = (uint8_t)(config->clock_hz / 1000);
	j->min = (uint16_t)(config->min_ms * j->ms);
	j->max = (uint16_t)(config->max_ms * j->ms);
	j->lines = lines_of(config->payload ? config->payload : config->payload_max);
	j->slots = slots_of(config->period_ms);
	longest_settle(j);
	jitter_reset(j);
	return j;
}

void jitter_reset(struct jitter *j)
{
	j->heard = false;
	j->playing = false;
	j->used = j->regular = 0;
	j->period = (uint16_t)((j->config.period_ms ? j->config.period_ms : 20) * j->ms);
	for (uint32_t i = 0; i < j->slots; i++)
		slot_at(j, i)->len = 0;
}

// A payload longer than was expected: the same memory in fewer, longer slots. Rare; what waits is given up.
static bool slots_grow(struct jitter *j, unsigned int len)
{
	unsigned int lines = lines_of(len);
	if (len > j->config.payload_max || lines * JITTER_SLOTS_LEAST > (unsigned int)j->lines * j->slots)
		return false;
	while (j->lines < lines) {
		j->lines = (uint8_t)(j->lines * 2);
		j->slots /= 2;
	}
	longest_settle(j);
	jitter_reset(j);
	return j->slots >= JITTER_SLOTS_LEAST;
}

static void hear_first(struct jitter *j, uint16_t seq, uint32_t timestamp, uint32_t arrival)
{
	j->heard = true;
	jitter_delay_start(j, timestamp, arrival);
	j->newest_seq = (uint16_t)(seq - 1);
	j->newest_ts = timestamp - j->period;
}

// Learns the sender's period from two packets in a row.
static void period_learn(struct jitter *j, uint16_t seq, uint32_t timestamp)
{
	int32_t step = (int32_t)(timestamp - j->newest_ts);
	if (seq != (uint16_t)(j->newest_seq + 1) || step == j->period)
		return;
	if (step <= 0 || step > PERIOD_MAX_MS * j->ms)
		return;
	jitter_period_set(j, (uint16_t)step);
}

// Makes room for `seq` by giving up the oldest places of the ring.
static bool ring_advance(struct jitter *j, uint16_t seq)
{
	uint16_t first = (uint16_t)(seq - (j->slots - 1));
	bool dropped = false;
	for (uint32_t left = j->used; left; left &= left - 1) {
		const struct slot *s = slot_at(j, (uint32_t)__builtin_ctz(left));
		if ((int16_t)(s->seq - first) < 0) {
			slot_give_up(j, s->seq);
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
	return (int16_t)(seq - j->next_seq) < 0 || (int32_t)(timestamp + j->period - j->next_ts) <= 0;
}

static void store(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
		  unsigned int len, bool regular)
{
	uint32_t i = slot_index(j, seq), bit = UINT32_C(1) << i;
	struct slot *s = slot_at(j, i);
	s->timestamp = timestamp;
	s->seq = seq;
	s->len = (uint16_t)len;
	j->used |= bit;
	j->regular = regular ? j->regular | bit : j->regular & ~bit;
	memcpy(s->payload, payload, len);
}

// How late a packet is that no delay makes up for: that much and more. Where the greatest delay is long, one that comes close
// to it is as good as beyond; where it is short, that is what a network does every day.
static inline bool has_long_delays(const struct jitter *j)
{
	return j->max - j->period >= (int32_t)(HOPELESS_MS * j->ms);
}

static inline int32_t hopeless(const struct jitter *j)
{
	return has_long_delays(j) ? j->max - j->period : j->max;
}

// Takes note of a packet that came too late for any delay. True: so did the ones before, and it is the network's new pace. Where
// the greatest delay is short, mere jitter brings some such packets in a row.
static bool has_moved(struct jitter *j, int32_t late)
{
	bool catches_up = j->beyond && late + j->period / 2 < j->beyond_by; // a burst after a stop
	j->beyond = catches_up ? 0 : (uint8_t)(j->beyond + 1);
	j->beyond_by = (uint16_t)late;
	return j->beyond >= (has_long_delays(j) ? MOVED_PACKETS : MOVED_PACKETS_MANY);
}

static enum jitter_put put(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
			   unsigned int len, nsec_t now, bool timed)
{
	if (unlikely(len > j->longest) && !slots_grow(j, len))
		return JITTER_TOO_LONG;
	uint32_t arrival = rtp_units(now, j->rate);
	enum jitter_put verdict = JITTER_STORED;
	int32_t jump = j->heard ? margin(j, arrival, timestamp) : 0;
	if (unlikely(jump > (int32_t)j->hz || jump < -(int32_t)j->hz)) {
		jitter_reset(j);
		j->stats.restarted++;
		verdict = JITTER_RESTARTED;
	} else if (likely(jump < hopeless(j))) {
		j->beyond = 0;
	} else if (timed && (int16_t)(seq - j->newest_seq) > 0 && has_moved(j, jump)) {
		jitter_delay_start(j, timestamp, arrival);
		j->playing = false; // what was to come next has another timestamp now
		j->stats.restarted++;
	}
	bool regular = j->heard;
	if (unlikely(!j->heard))
		hear_first(j, seq, timestamp, arrival);
	if (unlikely(slot_find(j, seq))) {
		j->stats.duplicate++;
		return JITTER_DUPLICATE;
	}
	if (timed || j->count == 0)
		jitter_delay_learn(j, timestamp, arrival);
	if ((int16_t)(seq - j->newest_seq) > 0) {
		period_learn(j, seq, timestamp);
		bool next = seq == (uint16_t)(j->newest_seq + 1);
		regular = regular && next && !j->twice && timestamp - j->newest_ts == j->period;
		j->twice = false;
		// In order, and the place is free: nothing else can be in the way.
		bool crowded = j->used >> slot_index(j, seq) & 1 || !next;
		if (crowded && ring_advance(j, seq))
			verdict = JITTER_FULL;
		j->newest_seq = seq;
		j->newest_ts = timestamp;
	} else {
		j->stats.reordered++;
		regular = false;
		j->twice |= seq == j->newest_seq;
		j->regular &= ~(UINT32_C(1) << slot_index(j, (uint16_t)(seq + 1)));
	}
	if (is_late(j, seq, timestamp)) {
		j->stats.late++;
		return JITTER_LATE;
	}
	store(j, seq, timestamp, payload, len, regular);
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
	__builtin_prefetch(&j->late[j->head], 1);
	slot_prefetch(j, slot_index(j, (uint16_t)(j->newest_seq + 1)));
}

void jitter_stats(const struct jitter *j, struct jitter_stats *ret)
{
	*ret = j->stats;
	ret->target_ms = j->heard ? (uint32_t)target(j) / j->ms : 0;
	ret->delay_ms = j->playing && j->margin > 0 ? (uint32_t)j->margin / j->ms : 0;
}
