// SPDX-License-Identifier: GPL-3.0-or-later
// jitter.c - Reorders packets in fixed slots and answers each tick: frame, lost, hold or empty.
//
// Order comes from sequence numbers, time from timestamps. All times here are in units of the RTP clock.
//
//   offset of a packet   arrival - timestamp: grows with the delay it met
//   base                 smallest offset of the last 2-4 s: the network at its fastest; follows clock drift
//   need                 what 97 of 100 packets of the last 2 s came later than base
//   target               need + one period, between min and max
//   margin               now - base - timestamp wanted: how long that packet has had to arrive beyond the
//   fastest
//
// Play-out begins when the first packet's margin reaches the target. Then, at each get:
//   margin < need            hold: the next packet would be late too often. Grow at once, speech or not
//   silent, margin < target - 3/4 period, once a second   hold: make up for drift unheard
//   silent, least margin of the last second > target + period   skip one packet, once a second
//   margin > max + period    the reader slept: give up all packets that are overdue
// A missing packet with later ones here is lost (or a pause of the sender, when no sequence number is
// missing); with nothing here it is taken for lost until LOST_MAX of audio, then the sender is taken for
// silent and play-out begins anew.
#include "gw/jitter.h"

#include <string.h>

#include "gw/rtp.h"

#define HISTORY       128
#define BINS          128
#define BIN_MS        2
#define LOST_MAX_MS   120
#define PERIOD_MAX_MS 120
#define EPOCH_MS      2000
#define HISTORY_MS    2000
#define LATE_PERCENT  3

struct slot {
	uint32_t timestamp;
	uint16_t seq;
	uint16_t len;
	bool used;
};

struct jitter {
	struct jitter_config config;
	uint64_t rate;   // rtp_rate(clock_hz)
	uint32_t ms;     // clock units in a millisecond
	uint32_t stride; // bytes between payloads
	int32_t period;  // of the sender
	// play-out
	bool heard;   // offsets below are valid
	bool playing; // next_* are valid
	uint16_t newest_seq;
	uint32_t newest_ts;
	uint16_t next_seq; // lowest sequence number that may still be played
	uint32_t next_ts;  // timestamp to play next
	int32_t concealed; // made up since the last frame
	uint32_t used;     // slots in use
	// offsets, all relative to `origin`
	uint32_t origin;
	int32_t base, base_now, base_before;
	uint32_t epoch; // when base_now began
	int32_t need;
	uint32_t window; // offsets to remember, from the period
	uint32_t count, head;
	uint32_t bin;   // need in bins
	uint32_t above; // offsets in bins above it
	// adaptation
	uint32_t second;    // when the running second began
	int32_t margin_min; // in the running second
	int32_t margin;     // at the last get
	bool may_skip, may_stretch;
	struct jitter_stats stats;
	int32_t offset[HISTORY];
	uint8_t histogram[BINS];
	struct slot slot[JITTER_SLOTS];
	_Alignas(64) uint8_t payload[];
};

size_t jitter_size(unsigned int payload_max)
{
	size_t stride = ((size_t)payload_max + 63) & ~(size_t)63;
	return sizeof(struct jitter) + stride * JITTER_SLOTS;
}

// --- what the network does ---

static uint32_t history_window(const struct jitter *j)
{
	uint32_t n = HISTORY_MS * j->ms / (uint32_t)j->period;
	return n < 32 ? 32 : n > HISTORY ? HISTORY : n;
}

static uint32_t bin_of(const struct jitter *j, int32_t offset)
{
	int32_t late = offset - j->base;
	if (late <= 0)
		return 0;
	uint32_t bin = ((uint32_t)late + BIN_MS * j->ms - 1) / (BIN_MS * j->ms);
	return bin < BINS ? bin : BINS - 1;
}

// Moves the quantile to where at most LATE_PERCENT of the offsets lie above it.
static void need_settle(struct jitter *j)
{
	uint32_t allowed = j->count * LATE_PERCENT / 100;
	while (j->above > allowed && j->bin < BINS - 1)
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
	return j->offset[(j->head - j->count) % HISTORY];
}

// The base moved: all lateness is counted anew against it. Rare.
static void histogram_rebuild(struct jitter *j)
{
	memset(j->histogram, 0, sizeof(j->histogram));
	j->above = 0;
	for (uint32_t i = 1; i <= j->count; i++)
		histogram_add(j, j->offset[(j->head - i) % HISTORY], 1);
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

static void offset_learn(struct jitter *j, uint32_t timestamp, uint32_t arrival)
{
	int32_t offset = (int32_t)(arrival - timestamp - j->origin);
	while (j->count >= j->window) {
		histogram_add(j, oldest_offset(j), -1);
		j->count--;
	}
	base_update(j, offset, arrival);
	j->offset[j->head++ % HISTORY] = offset;
	j->count++;
	histogram_add(j, offset, 1);
	need_settle(j);
}

static int32_t target(const struct jitter *j)
{
	int32_t t = j->need + j->period;
	int32_t min = (int32_t)(j->config.min_ms * j->ms), max = (int32_t)(j->config.max_ms * j->ms);
	return t < min ? min : t > max ? max : t;
}

// How long the packet wanted has had to arrive, beyond the fastest.
static int32_t margin(const struct jitter *j, uint32_t arrival, uint32_t timestamp)
{
	return (int32_t)(arrival - timestamp - j->origin) - j->base;
}

// --- packets in ---

struct jitter *jitter_init(void *mem, const struct jitter_config *config)
{
	struct jitter *j = mem;
	memset(j, 0, sizeof(*j));
	j->config = *config;
	j->rate = rtp_rate(config->clock_hz);
	j->ms = config->clock_hz / 1000;
	j->stride = (config->payload_max + 63u) & ~63u;
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

static void hear_first(struct jitter *j, uint16_t seq, uint32_t timestamp, uint32_t arrival)
{
	j->heard = true;
	j->origin = arrival - timestamp;
	j->base = j->base_now = j->base_before = 0;
	j->epoch = arrival;
	j->need = 0;
	j->bin = j->above = j->count = j->head = 0;
	j->window = history_window(j);
	memset(j->histogram, 0, sizeof(j->histogram));
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
	j->period = step;
	j->window = history_window(j);
}

static void slot_free(struct jitter *j, uint16_t seq)
{
	struct slot *s = &j->slot[seq % JITTER_SLOTS];
	if (s->used && s->seq == seq) {
		s->used = false;
		j->used--;
	}
}

// Makes room for `seq` by giving up the oldest places of the ring.
static bool ring_advance(struct jitter *j, uint16_t seq)
{
	uint16_t first = (uint16_t)(seq - (JITTER_SLOTS - 1));
	bool dropped = false;
	for (unsigned int i = 0; i < JITTER_SLOTS; i++) {
		struct slot *s = &j->slot[i];
		if (s->used && (int16_t)(s->seq - first) < 0) {
			s->used = false;
			j->used--;
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
	if (!j->playing)
		return (int16_t)(seq - j->newest_seq) <= -JITTER_SLOTS;
	return (int16_t)(seq - j->next_seq) < 0 ||
	       (int32_t)(timestamp + (uint32_t)j->period - j->next_ts) <= 0;
}

static enum jitter_put put(struct jitter *j, uint16_t seq, uint32_t timestamp, const uint8_t *payload,
			   unsigned int len, nsec_t now, bool timed)
{
	if (len > j->config.payload_max)
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
	struct slot *s = &j->slot[seq % JITTER_SLOTS];
	if (s->used && s->seq == seq) {
		j->stats.duplicate++;
		return JITTER_DUPLICATE;
	}
	if (timed || j->count == 0)
		offset_learn(j, timestamp, arrival);
	if ((int16_t)(seq - j->newest_seq) > 0) {
		period_learn(j, seq, timestamp);
		if (j->used && ring_advance(j, seq))
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
	*s = (struct slot){.timestamp = timestamp, .seq = seq, .len = (uint16_t)len, .used = true};
	j->used++;
	memcpy(j->payload + (size_t)j->stride * (seq % JITTER_SLOTS), payload, len);
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

// --- packets out ---

// Oldest packet in the ring; call only while used > 0.
static const struct slot *oldest(const struct jitter *j, uint16_t from)
{
	for (unsigned int i = 0; i < JITTER_SLOTS; i++) {
		const struct slot *s = &j->slot[(uint16_t)(from + i) % JITTER_SLOTS];
		if (s->used && s->seq == (uint16_t)(from + i))
			return s;
	}
	return NULL;
}

// Duration of a packet: up to its successor if that is here, else the period.
static int32_t duration(const struct jitter *j, const struct slot *s)
{
	const struct slot *n = &j->slot[(uint16_t)(s->seq + 1) % JITTER_SLOTS];
	if (n->used && n->seq == (uint16_t)(s->seq + 1)) {
		int32_t step = (int32_t)(n->timestamp - s->timestamp);
		if (step > 0 && step <= j->period)
			return step;
	}
	return j->period;
}

// Play-out begins with no more delay than it needs: what waited longer, because nobody asked, is given up.
static const struct slot *start_at(struct jitter *j, const struct slot *s, uint32_t arrival)
{
	while (margin(j, arrival, s->timestamp) - j->period >= target(j)) {
		const struct slot *n = &j->slot[(uint16_t)(s->seq + 1) % JITTER_SLOTS];
		if (!n->used || n->seq != (uint16_t)(s->seq + 1))
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
	if (arrival - j->second < j->config.clock_hz)
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
	for (unsigned int i = 0; i < JITTER_SLOTS; i++) {
		struct slot *s = &j->slot[i];
		if (s->used && margin(j, arrival, s->timestamp) > target(j) + j->period) {
			slot_free(j, s->seq);
			j->stats.overflowed++;
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
	const struct slot *n = &j->slot[(uint16_t)(s->seq + 1) % JITTER_SLOTS];
	if (!silent || !j->may_skip || !n->used || n->seq != (uint16_t)(s->seq + 1))
		return s;
	j->may_skip = false;
	j->second = arrival;
	j->margin_min = INT32_MAX;
	j->stats.skipped++;
	slot_free(j, s->seq);
	return n;
}

static enum jitter_answer give(struct jitter *j, const struct slot *s, struct jitter_frame *ret)
{
	int32_t units = duration(j, s);
	*ret = (struct jitter_frame){
		.payload = j->payload + (size_t)j->stride * (s->seq % JITTER_SLOTS),
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
	j->concealed += units;
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
	if (j->concealed >= (int32_t)(LOST_MAX_MS * j->ms)) {
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

enum jitter_answer jitter_get(struct jitter *j, nsec_t now, bool silent, struct jitter_frame *ret)
{
	uint32_t arrival = rtp_units(now, j->rate);
	if (!j->playing) {
		const struct slot *first =
			j->used ? oldest(j, (uint16_t)(j->newest_seq - (JITTER_SLOTS - 1))) : NULL;
		if (!first || margin(j, arrival, first->timestamp) < target(j))
			return empty(ret);
		first = start_at(j, first, arrival);
		play_from(j, first, arrival);
	}
	j->margin = margin(j, arrival, j->next_ts);
	if (j->margin > (int32_t)(j->config.max_ms * j->ms) + j->period) {
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

void jitter_stats(const struct jitter *j, struct jitter_stats *ret)
{
	*ret = j->stats;
	ret->target_ms = j->heard ? (uint32_t)target(j) / j->ms : 0;
	ret->delay_ms = j->playing && j->margin > 0 ? (uint32_t)j->margin / j->ms : 0;
}
