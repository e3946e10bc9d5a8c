// SPDX-License-Identifier: GPL-3.0-or-later
// jitter_test.c - Calls simulated packet by packet: perfect and bad networks, odd periods, drift, pauses, restarts.
#include "gw/jitter.h"

#include <stdlib.h>

#include "tests/unit/sample.h"
#include "tests/unit/t.h"

#define MS         NSEC_PER_MSEC
#define UNITS      8 // of an 8 kHz clock in a millisecond
#define FLIGHT_MAX 256

// A sender, a network and a tick. Times in ns from the start of the call.
struct call {
	struct jitter *j;
	uint64_t seed;
	unsigned int period_ms, tick_ms;
	double drift;      // sender's clock runs faster by this
	unsigned int loss; // of 1000
	nsec_t (*delay)(struct call *c, unsigned int n);
	bool silent; // what the receiver says of its signal
	bool paused; // sender says nothing; time goes on
	// sender
	unsigned int sent;
	uint16_t first_seq;
	uint32_t first_ts;
	nsec_t next_send;
	struct {
		nsec_t arrival;
		uint16_t seq;
		uint32_t ts;
		bool used;
	} flight[FLIGHT_MAX];
	// receiver
	nsec_t now;
	int owed; // units a tick still has from the last packet
	bool playing;
	uint32_t play_ts; // where the next frame must begin
	// results
	unsigned int frames, lost, held, empty, misplaced;
	nsec_t latency_sum;
	unsigned int put[8];
};

static nsec_t no_delay(struct call *c, unsigned int n)
{
	return 5 * MS;
}

static nsec_t uniform_30(struct call *c, unsigned int n)
{
	return 5 * MS + sample_random(&c->seed) % (30 * MS);
}

static struct call call_new(const struct jitter_config *config)
{
	struct call c = {.seed = 42,
			 .period_ms = config->period_ms,
			 .tick_ms = 20,
			 .delay = no_delay,
			 .first_seq = 65500,
			 .first_ts = 0xfffff000,
			 .silent = true};
	c.j = jitter_init(
		aligned_alloc(64, (jitter_size(config->payload_max, config->period_ms) + 63) & ~(size_t)63),
		config);
	c.now = 1000 * NSEC_PER_SEC;
	c.next_send = c.now;
	return c;
}

static const struct jitter_config usual = {
	.clock_hz = 8000, .payload_max = 240, .period_ms = 20, .min_ms = 20, .max_ms = 200};

static void send_one(struct call *c)
{
	unsigned int n = c->sent++;
	c->next_send += (nsec_t)(c->period_ms * (double)MS * (1 - c->drift));
	if (c->paused || sample_random(&c->seed) % 1000 < c->loss)
		return;
	for (unsigned int i = 0; i < FLIGHT_MAX; i++)
		if (!c->flight[i].used) {
			c->flight[i].arrival = c->next_send + c->delay(c, n);
			c->flight[i].seq = (uint16_t)(c->first_seq + n);
			c->flight[i].ts = c->first_ts + n * c->period_ms * UNITS;
			c->flight[i].used = true;
			return;
		}
}

static void arrive(struct call *c, unsigned int i)
{
	uint8_t payload[4] = {(uint8_t)c->flight[i].ts, (uint8_t)(c->flight[i].ts >> 8),
			      (uint8_t)(c->flight[i].ts >> 16), (uint8_t)(c->flight[i].ts >> 24)};
	c->flight[i].used = false;
	c->put[jitter_put(c->j, c->flight[i].seq, c->flight[i].ts, payload, 4, c->flight[i].arrival)]++;
}

// Delivers what arrives before `until`, in order of arrival.
static void network(struct call *c, nsec_t until)
{
	for (;;) {
		while (c->next_send <= until)
			send_one(c);
		unsigned int best = FLIGHT_MAX;
		for (unsigned int i = 0; i < FLIGHT_MAX; i++)
			if (c->flight[i].used && c->flight[i].arrival <= until &&
			    (best == FLIGHT_MAX || c->flight[i].arrival < c->flight[best].arrival))
				best = i;
		if (best == FLIGHT_MAX)
			return;
		arrive(c, best);
	}
}

static void take_frame(struct call *c, const struct jitter_frame *f)
{
	uint32_t ts = (uint32_t)f->payload[0] | (uint32_t)f->payload[1] << 8 | (uint32_t)f->payload[2] << 16 |
		      (uint32_t)f->payload[3] << 24;
	CHECK_INT(ts, f->timestamp);
	if (c->playing && ts != c->play_ts)
		c->misplaced++;
	c->playing = true;
	c->play_ts = ts + f->units;
	c->frames++;
	c->latency_sum += c->now - (1000 * NSEC_PER_SEC + (nsec_t)(uint32_t)(ts - c->first_ts) * MS / UNITS);
}

static void tick(struct call *c)
{
	struct jitter_frame f;
	c->now += c->tick_ms * MS;
	network(c, c->now);
	int need = (int)(c->tick_ms * UNITS) - c->owed;
	while (need > 0) {
		switch (jitter_get(c->j, c->now, c->silent, &f)) {
		case JITTER_FRAME:
			take_frame(c, &f);
			break;
		case JITTER_LOST:
			c->lost++;
			c->play_ts += f.units;
			break;
		case JITTER_HOLD:
			c->held++;
			break;
		case JITTER_EMPTY:
			c->empty++;
			f.units = (uint32_t)need;
			c->playing = false;
			break;
		}
		CHECK(f.units > 0);
		need -= (int)f.units;
	}
	c->owed = -need;
}

static void run(struct call *c, unsigned int ms)
{
	for (unsigned int t = 0; t < ms; t += c->tick_ms)
		tick(c);
}

static struct jitter_stats stats(const struct call *c)
{
	struct jitter_stats s;
	jitter_stats(c->j, &s);
	return s;
}

static void results_clear(struct call *c)
{
	c->frames = c->lost = c->held = c->empty = c->misplaced = 0;
	c->latency_sum = 0;
}

static void a_perfect_network_plays_everything(void)
{
	struct call c = call_new(&usual);
	run(&c, 60000);
	CHECK(c.lost == 0 && c.held == 0 && c.misplaced == 0 && c.empty <= 4);
	CHECK(c.frames >= 2995);
	CHECK(stats(&c).delay_ms <= 40 && stats(&c).late == 0);
	free(c.j);
}

// Every period against every tick: nothing is lost, nothing is out of place, and the delay stays small.
static void any_period_meets_any_tick(void)
{
	static const unsigned int periods[] = {10, 20, 30, 40, 60}, ticks[] = {10, 20, 30};
	for (unsigned int p = 0; p < 5; p++)
		for (unsigned int t = 0; t < 3; t++) {
			struct call c = call_new(&usual); // negotiated 20 ms, whatever comes
			c.period_ms = periods[p];
			c.tick_ms = ticks[t];
			run(&c, 3000);
			results_clear(&c);
			run(&c, 60000);
			CHECK_INT(c.lost, 0);
			CHECK_INT(c.held, 0);
			CHECK_INT(c.misplaced, 0);
			CHECK_INT(c.empty, 0);
			CHECK_NEAR(c.frames, 60000.0 / periods[p], 2);
			CHECK(stats(&c).delay_ms <= 20 + 2 * periods[p] + ticks[t]);
			free(c.j);
		}
}

static void jitter_is_absorbed(void)
{
	struct call c = call_new(&usual);
	c.delay = uniform_30;
	c.silent = false;
	run(&c, 5000);
	results_clear(&c);
	run(&c, 60000);
	CHECK(c.lost <= 60); // 97 of 100 packets are waited for, and one period more
	CHECK_INT(stats(&c).delay_ms >= 28 && stats(&c).delay_ms <= 75, 1);
	CHECK(stats(&c).reordered > 0);
	free(c.j);
}

static void loss_is_reported_packet_by_packet(void)
{
	struct call c = call_new(&usual);
	c.loss = 50;
	run(&c, 60000);
	CHECK_NEAR(c.lost, 150, 30);
	CHECK_INT(c.misplaced, 0);
	CHECK_INT(c.held, 0);
	CHECK_INT(c.lost, stats(&c).lost);
	CHECK(c.frames + c.lost >= 2990 && c.frames + c.lost <= 3001);
	free(c.j);
}

static void duplicates_and_late_packets_are_counted_and_refused(void)
{
	struct call c = call_new(&usual);
	const uint8_t payload[240] = {0};
	run(&c, 1000);
	uint16_t seq = (uint16_t)(c.first_seq + c.sent);
	uint32_t ts = c.first_ts + c.sent * 160;
	CHECK_INT(jitter_put(c.j, (uint16_t)(seq - 5), ts - 800, payload, 160, c.now), JITTER_LATE);
	CHECK_INT(jitter_put(c.j, (uint16_t)(seq + 1), ts + 160, payload, 160, c.now), JITTER_STORED);
	CHECK_INT(jitter_put(c.j, (uint16_t)(seq + 1), ts + 160, payload, 160, c.now), JITTER_DUPLICATE);
	CHECK_INT(jitter_put(c.j, (uint16_t)(seq + 2), ts + 320, payload, 241, c.now), JITTER_TOO_LONG);
	CHECK(stats(&c).late == 1 && stats(&c).duplicate == 1);
	free(c.j);
}

static nsec_t jump_to_60(struct call *c, unsigned int n)
{
	return n < 250 ? 5 * MS : 65 * MS;
}

static unsigned int moved_ms; // by which the way through the network, or the sender's clock, moved

static nsec_t moves_at_250(struct call *c, unsigned int n)
{
	return (n < 250 ? 5 : 5 + moved_ms) * MS;
}

// A sender that stood still goes on where it was, or its packets take a longer way from now on: they are not late for ever,
// but a call that has moved.
static void a_call_that_moved_is_heard_again_at_once(void)
{
	for (moved_ms = 20; moved_ms <= 3000; moved_ms += moved_ms < 400 ? 20 : 200)
		for (unsigned int period = 10; period <= 60; period += 10) {
			struct jitter_config config = usual;
			config.max_ms = moved_ms % 40 || period > 40 ? 200 : 40;
			struct call c = call_new(&config);
			c.period_ms = period;
			c.delay = moves_at_250;
			run(&c, 250 * period);
			results_clear(&c);
			run(&c, moved_ms + 1000);
			// at most so many packets or 200 ms are missing until it is understood
			unsigned int packets = config.max_ms == 40 ? 14 : 6;
			unsigned int missing = packets * period > 200 ? packets * period : 200;
			if (c.frames * period < 1000 - missing)
				printf("moved %u ms, period %u ms: %u ms of 1000 heard\n", moved_ms, period,
				       c.frames * period);
			CHECK(c.frames * period >= 1000 - missing);
			free(c.j);
		}
}

// Timestamps that step back while numbers go on are a clock that was set, not packets of the past.
static void a_clock_set_back_is_followed_at_once(void)
{
	for (unsigned int ms = 20; ms <= 2000; ms += 20) {
		struct call c = call_new(&usual);
		run(&c, 5000);
		c.first_ts -= ms * UNITS;
		results_clear(&c);
		run(&c, 1000);
		if (c.frames * 20 < 780)
			printf("set back by %u ms: %u ms of 1000 heard\n", ms, c.frames * 20);
		CHECK(c.frames * 20 >= 780);
		free(c.j);
	}
}

static nsec_t burst_at_250(struct call *c, unsigned int n)
{
	return n >= 250 && n < 265 ? (5 + 20 * (265 - n)) * MS : 5 * MS;
}

// Packets that a network held up and lets go at once are late, and no reason to wait for the next ones.
static void a_burst_after_a_stop_moves_nothing(void)
{
	struct call c = call_new(&usual);
	c.delay = burst_at_250;
	run(&c, 5000);
	uint32_t before = stats(&c).delay_ms;
	run(&c, 1000);
	CHECK_INT(stats(&c).restarted, 0);
	CHECK(stats(&c).delay_ms <= 200 + 20);
	run(&c, 60000);
	CHECK(stats(&c).delay_ms <= before + 20);
	free(c.j);
}

static void delay_grows_at_once_and_shrinks_slowly_in_silence(void)
{
	struct call c = call_new(&usual);
	c.delay = uniform_30;
	run(&c, 10000);
	unsigned int grown = stats(&c).delay_ms;
	CHECK(grown >= 28);
	c.delay = no_delay;
	c.silent = false;
	run(&c, 10000);
	CHECK_INT(stats(&c).skipped, 0); // never in speech
	unsigned int before = c.misplaced;
	c.silent = true;
	run(&c, 1000);
	CHECK(stats(&c).skipped <= 1); // one a second
	run(&c, 10000);
	CHECK(stats(&c).delay_ms <= 40 && stats(&c).delay_ms < grown);
	CHECK_INT(c.misplaced - before, stats(&c).skipped);
	free(c.j);
	// A route that suddenly takes 60 ms more: play-out stalls about that long, then goes on without further loss.
	c = call_new(&usual);
	c.delay = jump_to_60;
	run(&c, 8000);
	results_clear(&c);
	run(&c, 20000);
	CHECK_INT(c.lost + c.empty, 0);
	CHECK(stats(&c).delay_ms <= 120);
	free(c.j);
}

static void drift_is_made_up_in_silence(void)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct call c = call_new(&usual);
		c.drift = sign * 200e-6;
		run(&c, 600000); // 120 ms of drift
		CHECK(c.lost <= 2 && c.empty <= 6);
		if (sign > 0)
			CHECK_NEAR(stats(&c).skipped, 6, 2);
		else
			CHECK_NEAR(stats(&c).held, 6, 2);
		CHECK(stats(&c).delay_ms <= 60);
		free(c.j);
	}
}

static void a_fixed_delay_stays(void)
{
	struct jitter_config fixed = usual;
	fixed.min_ms = fixed.max_ms = 60;
	struct call c = call_new(&fixed);
	c.delay = uniform_30;
	run(&c, 30000);
	CHECK(stats(&c).target_ms == 60 && c.lost == 0 && c.held == 0 && c.misplaced == 0);
	CHECK_NEAR(stats(&c).delay_ms, 60, 20);
	free(c.j);
}

static void pauses_of_the_sender_are_silence_not_loss(void)
{
	struct call c = call_new(&usual);
	run(&c, 2000);
	for (unsigned int talk = 0; talk < 20; talk++) {
		// Silence suppression: numbers go on without a gap, timestamps jump.
		unsigned int skip = 30 + talk;
		c.first_ts += skip * 160;
		c.next_send += skip * 20 * MS;
		run(&c, skip * 20 + 1000);
	}
	// A sender that just stops is taken for lost for 120 ms at most.
	CHECK(c.lost <= 20 * 7);
	CHECK_INT(c.misplaced, 0);
	CHECK_INT(stats(&c).restarted, 0);
	free(c.j);
}

static void a_new_clock_starts_afresh(void)
{
	struct call c = call_new(&usual);
	run(&c, 2000);
	c.first_ts += 8000 * 100;
	run(&c, 2000);
	CHECK_INT(stats(&c).restarted, 1);
	CHECK_INT(c.put[JITTER_RESTARTED], 1);
	results_clear(&c);
	run(&c, 2000);
	CHECK(c.frames == 100 && c.lost == 0);
	jitter_reset(c.j);
	run(&c, 2000);
	CHECK(c.frames >= 195);
	free(c.j);
}

static void a_reader_that_sleeps_loses_the_oldest(void)
{
	struct call c = call_new(&usual);
	run(&c, 1000);
	network(&c, c.now + 2 * NSEC_PER_SEC);
	CHECK(c.put[JITTER_FULL] > 50);
	CHECK(stats(&c).overflowed > 50);
	c.now += 2 * NSEC_PER_SEC;
	results_clear(&c);
	c.playing = false;
	run(&c, 1000);
	CHECK(c.frames >= 45);
	CHECK(stats(&c).delay_ms <= 60);
	free(c.j);
}

// Memory for 160 octets takes longer packets too, in fewer places; packets that were played can be had for a while.
static void longer_payloads_than_expected(void)
{
	const struct jitter_config config = {.clock_hz = 8000,
					     .payload_max = 1920,
					     .payload = 160,
					     .period_ms = 20,
					     .min_ms = 20,
					     .max_ms = 200};
	struct jitter *j = jitter_init(aligned_alloc(64, (jitter_size(160, 20) + 63) & ~(size_t)63), &config);
	uint8_t payload[1920];
	struct jitter_frame f;
	nsec_t now = 1000 * NSEC_PER_SEC;
	unsigned int played = 0;
	for (unsigned int i = 0; i < 60; i++, now += 40 * NSEC_PER_MSEC) {
		unsigned int len = i < 30 ? 160 : 320; // 20 ms as negotiated, then 40 ms
		memset(payload, (int)i, len);
		CHECK_INT(jitter_put(j, (uint16_t)i, i * 320, payload, len, now), JITTER_STORED);
		if (jitter_get(j, now + 25 * NSEC_PER_MSEC, false, &f) != JITTER_FRAME)
			continue;
		played++;
		CHECK_INT(f.len, len);
		CHECK(f.payload[0] == (uint8_t)f.seq && f.payload[f.len - 1] == (uint8_t)f.seq);
	}
	CHECK(played >= 55);
	REQUIRE(jitter_played(j, 2, &f));
	CHECK_INT(f.len, 320);
	CHECK_INT(f.payload[0], f.seq);
	CHECK(!jitter_played(j, 0, &f) && !jitter_played(j, 40, &f));
	CHECK_INT(jitter_put(j, 60, 60 * 320, payload, 1900, now), JITTER_TOO_LONG);
	free(j);
}

// The packet behind a gap is shown when it is here, and stays for its turn.
static void the_packet_behind_a_gap_is_shown(void)
{
	const struct jitter_config config = {
		.clock_hz = 8000, .payload_max = 160, .period_ms = 20, .min_ms = 60, .max_ms = 60};
	struct jitter *j = jitter_init(aligned_alloc(64, (jitter_size(160, 20) + 63) & ~(size_t)63), &config);
	uint8_t payload[160] = {0};
	struct jitter_frame f;
	nsec_t now = 1000 * NSEC_PER_SEC;
	unsigned int lost = 0, shown = 0, frames = 0;
	CHECK(!jitter_peek(j, &f));
	for (unsigned int i = 0; i < 60; i++, now += 20 * NSEC_PER_MSEC) {
		bool missing = i == 20 || i == 40 || i == 41;
		payload[0] = (uint8_t)i;
		if (!missing)
			jitter_put(j, (uint16_t)i, i * 160, payload, sizeof(payload), now);
		enum jitter_answer answer = jitter_get(j, now + NSEC_PER_MSEC, false, &f);
		if (answer == JITTER_LOST) {
			uint32_t behind = f.timestamp + f.units;
			lost++;
			if (jitter_peek(j, &f)) {
				shown++;
				CHECK_INT(f.timestamp, behind);
				CHECK_INT(f.payload[0], behind / 160);
			}
		} else if (answer == JITTER_FRAME) {
			frames++;
		}
	}
	CHECK_INT(lost, 3);
	CHECK_INT(shown, 2); // of the pair, the first has a gap behind it
	CHECK(frames >= 53);
	free(j);
}

// Numbers, timestamps and arrival times that make no sense: nothing breaks.
static void nonsense_is_survived(void)
{
	struct call c = call_new(&usual);
	struct jitter_frame f;
	uint8_t payload[240];
	memset(payload, 1, sizeof(payload));
	uint16_t seq = 0;
	uint32_t ts = 0;
	for (unsigned int i = 0; i < 200000; i++) {
		uint32_t r = sample_random(&c.seed);
		seq = (uint16_t)(r % 7 == 0 ? r >> 8 : seq + r % 3);
		ts = r % 11 == 0 ? sample_random(&c.seed) : ts + r % 500;
		c.now += r % (30 * MS);
		jitter_put(c.j, seq, ts, payload, r % 260, c.now);
		if (r % 3 == 0 && jitter_get(c.j, c.now, r % 2, &f) == JITTER_FRAME)
			CHECK(f.len <= 240 && f.units > 0 && f.units <= 960);
	}
	CHECK(stats(&c).target_ms <= 200);
	free(c.j);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"a_perfect_network_plays_everything", a_perfect_network_plays_everything},
		{"any_period_meets_any_tick", any_period_meets_any_tick},
		{"jitter_is_absorbed", jitter_is_absorbed},
		{"loss_is_reported_packet_by_packet", loss_is_reported_packet_by_packet},
		{"duplicates_and_late_packets_are_counted_and_refused",
		 duplicates_and_late_packets_are_counted_and_refused},
		{"delay_grows_at_once_and_shrinks_slowly_in_silence",
		 delay_grows_at_once_and_shrinks_slowly_in_silence},
		{"a_call_that_moved_is_heard_again_at_once", a_call_that_moved_is_heard_again_at_once},
		{"a_clock_set_back_is_followed_at_once", a_clock_set_back_is_followed_at_once},
		{"a_burst_after_a_stop_moves_nothing", a_burst_after_a_stop_moves_nothing},
		{"drift_is_made_up_in_silence", drift_is_made_up_in_silence},
		{"a_fixed_delay_stays", a_fixed_delay_stays},
		{"pauses_of_the_sender_are_silence_not_loss", pauses_of_the_sender_are_silence_not_loss},
		{"a_new_clock_starts_afresh", a_new_clock_starts_afresh},
		{"a_reader_that_sleeps_loses_the_oldest", a_reader_that_sleeps_loses_the_oldest},
		{"longer_payloads_than_expected", longer_payloads_than_expected},
		{"the_packet_behind_a_gap_is_shown", the_packet_behind_a_gap_is_shown},
		{"nonsense_is_survived", nonsense_is_survived},
	};
	return t_main("jitter", tests, sizeof(tests) / sizeof(tests[0]));
}
