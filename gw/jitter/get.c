// SPDX-License-Identifier: GPL-3.0-or-later
// get.c - Packets out: what a tick hears, and how the delay grows and shrinks.
#include "gw/jitter/state.h"

#define LOST_MAX_MS 120
#define likely(x)   __builtin_expect(!!(x), 1)

// Oldest packet in the ring at or after `from`, NULL if there is none.
static const struct slot *oldest(const struct jitter *j, uint16_t from)
{
	uint32_t first = slot_index(j, from),
		 ring = j->slots == 32 ? UINT32_MAX : (UINT32_C(1) << j->slots) - 1;
	uint32_t turned = (j->used >> first | (uint32_t)((uint64_t)j->used << (j->slots - first))) & ring;
	while (turned) {
		uint16_t seq = (uint16_t)(from + (unsigned int)__builtin_ctz(turned));
		const struct slot *s = slot_at(j, slot_index(j, seq));
		if (s->seq == seq)
			return s;
		turned &= turned - 1;
	}
	return NULL;
}

// Duration of a packet: up to its successor if that is here, else the period.
static int32_t duration(const struct jitter *j, const struct slot *s)
{
	// Of two packets that came in order this is known without a look at the second one.
	const struct slot *n = j->regular >> slot_index(j, (uint16_t)(s->seq + 1)) & 1
				       ? NULL
				       : slot_find(j, (uint16_t)(s->seq + 1));
	if (n) {
		int32_t step = (int32_t)(n->timestamp - s->timestamp);
		if (step > 0 && step <= j->period)
			return step;
	}
	return j->period;
}

// How long the first packet waits: as short as silence would not make it longer (must_hold). Between that and the target
// lies what the grid of ticks takes anyway.
static int32_t beginning(const struct jitter *j)
{
	int32_t t = target(j) - j->period * 3 / 4;
	return t < j->min ? j->min : t;
}

// Play-out begins with no more delay than it needs: what waited longer, because nobody asked, is given up.
static const struct slot *start_at(struct jitter *j, const struct slot *s, uint32_t arrival)
{
	while (margin(j, arrival, s->timestamp) - j->period >= beginning(j)) {
		const struct slot *n = slot_find(j, (uint16_t)(s->seq + 1));
		if (!n)
			break;
		j->stats.skipped++;
		slot_free(j, s->seq);
		s = n;
	}
	return s;
}

static void play_from(struct jitter *j, const struct slot *s, uint32_t arrival)
{
	j->playing = true;
	j->next_seq = s->seq;
	j->next_ts = s->timestamp;
	j->concealed = 0;
	j->second = arrival;
	j->margin_min = INT32_MAX;
	j->may_skip = j->may_stretch = false;
}

// Once a second: one frame may be cut if the margin never fell near what is needed, one may be stretched.
static void second_turn(struct jitter *j, uint32_t arrival)
{
	if (j->margin < j->margin_min)
		j->margin_min = j->margin;
	if (arrival - j->second < j->hz)
		return;
	j->may_skip = j->margin_min > target(j) + j->period;
	j->may_stretch = true;
	j->margin_min = INT32_MAX;
	j->second = arrival;
}

static bool must_hold(struct jitter *j, bool silent)
{
	int32_t t = target(j);
	int32_t need = t - j->period < j->need ? t - j->period : j->need;
	if (j->margin < need)
		return true;
	if (silent && j->may_stretch && j->margin < t - j->period * 3 / 4) {
		j->may_stretch = false;
		return true;
	}
	return false;
}

// After a sleep of the reader, gives up what should have been played by now, so that the sleep does not become delay.
static void catch_up(struct jitter *j, uint32_t arrival)
{
	for (uint32_t left = j->used; left; left &= left - 1) {
		const struct slot *s = slot_at(j, (uint32_t)__builtin_ctz(left));
		if (margin(j, arrival, s->timestamp) > target(j) + j->period) {
			slot_give_up(j, s->seq);
		}
	}
	const struct slot *first = j->used ? oldest(j, j->next_seq) : NULL;
	j->playing = false;
	if (first)
		play_from(j, first, arrival);
}

// In silence, gives up the next packet when there is one behind it.
static const struct slot *maybe_skip(struct jitter *j, const struct slot *s, bool silent, uint32_t arrival)
{
	const struct slot *n = silent && j->may_skip ? slot_find(j, (uint16_t)(s->seq + 1)) : NULL;
	if (!n)
		return s;
	j->may_skip = false;
	j->second = arrival;
	j->margin_min = INT32_MAX;
	j->stats.skipped++;
	slot_free(j, s->seq);
	return n;
}

static inline enum jitter_answer give(struct jitter *j, const struct slot *s, struct jitter_frame *ret)
{
	int32_t units = duration(j, s);
	*ret = (struct jitter_frame){
		.payload = s->payload,
		.len = s->len,
		.seq = s->seq,
		.timestamp = s->timestamp,
		.units = (uint32_t)units,
	};
	j->next_seq = (uint16_t)(s->seq + 1);
	j->next_ts = s->timestamp + (uint32_t)units;
	j->concealed = 0;
	slot_free(j, s->seq);
	return JITTER_FRAME;
}

static enum jitter_answer conceal(struct jitter *j, enum jitter_answer answer, int32_t units,
				  struct jitter_frame *ret)
{
	*ret = (struct jitter_frame){.units = (uint32_t)units, .timestamp = j->next_ts};
	if (answer != JITTER_HOLD)
		j->next_ts += (uint32_t)units;
	int32_t concealed = j->concealed + units;
	j->concealed = (uint16_t)(concealed < UINT16_MAX ? concealed : UINT16_MAX);
	return answer;
}

static enum jitter_answer empty(struct jitter_frame *ret)
{
	*ret = (struct jitter_frame){0};
	return JITTER_EMPTY;
}

// Nothing is here: lost for a while, then the sender is taken for silent.
static enum jitter_answer run_dry(struct jitter *j, struct jitter_frame *ret)
{
	if (j->concealed >= LOST_MAX_MS * j->ms) {
		j->playing = false;
		return empty(ret);
	}
	j->stats.lost++;
	return conceal(j, JITTER_LOST, j->period, ret);
}

// The packet wanted is not here but later ones are.
static enum jitter_answer bridge(struct jitter *j, const struct slot *s, struct jitter_frame *ret)
{
	int32_t gap = (int32_t)(s->timestamp - j->next_ts);
	int32_t units = gap < j->period ? gap : j->period;
	if (s->seq == j->next_seq) {
		// A pause of the sender: start afresh at its next word, once that is due.
		if (gap > j->period / 2) {
			j->playing = false;
			return empty(ret);
		}
		return give(j, s, ret);
	}
	j->stats.lost++;
	return conceal(j, JITTER_LOST, units, ret);
}

// Apart, so that the usual packet need not make room for what this needs.
static __attribute__((noinline)) enum jitter_answer get_carefully(struct jitter *j, uint32_t arrival,
								  bool silent, struct jitter_frame *ret)
{
	if (!j->playing) {
		const struct slot *first =
			j->used ? oldest(j, (uint16_t)(j->newest_seq - (j->slots - 1))) : NULL;
		if (!first || margin(j, arrival, first->timestamp) < beginning(j))
			return empty(ret);
		first = start_at(j, first, arrival);
		play_from(j, first, arrival);
	}
	j->margin = margin(j, arrival, j->next_ts);
	if (j->margin > j->max + j->period) {
		catch_up(j, arrival);
		if (!j->playing)
			return empty(ret);
		j->margin = margin(j, arrival, j->next_ts);
	}
	second_turn(j, arrival);
	if (must_hold(j, silent)) {
		j->stats.held++;
		return conceal(j, JITTER_HOLD, j->period, ret);
	}
	const struct slot *s = j->used ? oldest(j, j->next_seq) : NULL;
	if (!s)
		return run_dry(j, ret);
	if ((int32_t)(s->timestamp - j->next_ts) > 0)
		return bridge(j, s, ret);
	return give(j, maybe_skip(j, s, silent, arrival), ret);
}

// The packet wanted where it is here and nothing else asks for a decision; else NULL.
static inline const struct slot *usual(const struct jitter *j, uint32_t arrival, bool silent)
{
	int32_t m = margin(j, arrival, j->next_ts);
	bool decide = !j->playing || m < j->need || m > j->max + j->period || arrival - j->second >= j->hz ||
		      (silent && (j->may_skip || j->may_stretch));
	uint32_t i = slot_index(j, j->next_seq);
	if (decide || !(j->used >> i & 1))
		return NULL;
	const struct slot *s = slot_at(j, i);
	return s->seq == j->next_seq && s->timestamp == j->next_ts ? s : NULL;
}

enum jitter_answer jitter_get(struct jitter *j, nsec_t now, bool silent, struct jitter_frame *ret)
{
	uint32_t arrival = rtp_units(now, j->rate);
	const struct slot *s = usual(j, arrival, silent);
	if (likely(s)) {
		j->margin = margin(j, arrival, j->next_ts);
		j->margin_min = j->margin < j->margin_min ? j->margin : j->margin_min;
		return give(j, s, ret);
	}
	return get_carefully(j, arrival, silent, ret);
}

bool jitter_played(const struct jitter *j, unsigned int back, struct jitter_frame *ret)
{
	uint16_t seq = (uint16_t)(j->next_seq - back);
	const struct slot *s = slot_at(j, slot_index(j, seq));
	if (!j->heard || back == 0 || back >= j->slots || s->len == 0 || s->seq != seq ||
	    j->used >> slot_index(j, seq) & 1)
		return false;
	*ret = (struct jitter_frame){
		.payload = s->payload,
		.len = s->len,
		.seq = seq,
		.timestamp = s->timestamp,
	};
	return true;
}

bool jitter_peek(const struct jitter *j, struct jitter_frame *ret)
{
	const struct slot *s = j->playing && j->used ? oldest(j, j->next_seq) : NULL;
	if (!s || s->timestamp != j->next_ts)
		return false;
	*ret = (struct jitter_frame){
		.payload = s->payload,
		.len = s->len,
		.seq = s->seq,
		.timestamp = s->timestamp,
	};
	return true;
}

void jitter_prefetch(const struct jitter *j)
{
	slot_prefetch(j, slot_index(j, j->next_seq));
}
