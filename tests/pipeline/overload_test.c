// SPDX-License-Identifier: GPL-3.0-or-later
// overload_test.c - Half as many calls again as a worker can carry: who is refused, and what becomes of the others.
//
// Time is simulated: a turn takes what its packets are said to take, so that the machine that runs the test does not matter.
// It is the same worker, server and media as ever; only its clock is the test's.
#include "tests/pipeline/rig.h"

#include <errno.h>

#include "gw/codec.h"

#define FAR_A "192.0.2.10"
#define FAR_B "192.0.2.20"

#define CALLS     150 // offered; the simulated core carries 100
#define EVERY_NS  (NSEC_PER_SEC / 40)
#define PERIOD_NS (20 * NSEC_PER_MSEC)
#define HOLD_NS   (2 * NSEC_PER_SEC)
#define IDLE_NS   (100u)               // a turn that finds nothing
#define STEP_NS   (20 * NSEC_PER_USEC) // to the next look, when there was nothing
#define TICKED_NS (98 * NSEC_PER_USEC) // a packet that a tick made
#define OTHER_NS  (2 * NSEC_PER_USEC)  // one received
#define AWAY_NS   (20 * NSEC_PER_MSEC) // for which the CPU is taken away
#define RELAYED   4002                 // port of the call that is relayed

static struct rig rig;

struct call {
	bool up;
	nsec_t next; // packets of both ends
	uint16_t seq;
	api_handle conference;
	api_handle stream[2];
	struct addr_port at[2];
};

static struct call calls[CALLS];
static struct call relayed;
static unsigned int up, refused, late_max;
static bool relay_out; // a packet of it has been sent
static bool uneven;    // every other second all work takes a quarter longer

static void call_open(struct call *c)
{
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec a = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(conference, "", FAR_B, 4000, CODEC_G729);
	b.rx.payload_type = b.tx.payload_type = 18;
	int rc = rig_stream_open(&rig, &a, &c->stream[0], &c->at[0]);
	if (rc == 0)
		rc = rig_stream_open(&rig, &b, &c->stream[1], &c->at[1]);
	if (rc) { // the call ends, as an agent would have it
		CHECK_INT(rc, -EBUSY);
		CHECK_INT(rig_conference_close(&rig, conference), 0);
		refused++;
		return;
	}
	c->up = true;
	c->conference = conference;
	c->next = rig.now + PERIOD_NS;
	up++;
}

static void speak(struct call *c)
{
	uint8_t frame[RIG_FRAME_MAX];
	for (unsigned int i = 0; i < 2 && rte_ring_free_count(rig.rx[0][0]) > 0; i++) {
		struct rig_datagram d = {
			.src = rig_addr(i ? FAR_B : FAR_A),
			.dst = c->at[i].addr,
			.src_port = 4000,
			.dst_port = c->at[i].port,
		};
		rig_rtp(&d, i ? 18 : 0, c->seq, c->seq * 160u, 7, i ? 0 : 0x20, i ? 20 : 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
	}
	c->seq++;
	c->next += PERIOD_NS;
}

// Frees what was sent; nobody listens, but to the relayed call.
static void sent_forget(void)
{
	void *m;
	while (rte_ring_dequeue(rig.tx[0][0], &m) == 0) {
		const uint8_t *port = rte_pktmbuf_mtod_offset((struct rte_mbuf *)m, const uint8_t *, 36);
		relay_out = relay_out || (port[0] == RELAYED >> 8 && port[1] == (RELAYED & 0xff));
		rte_pktmbuf_free(m);
	}
}

static void relay_open(void)
{
	relayed.up = true;
	relayed.conference = rig_conference(&rig, 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct stream_spec s =
			rig_spec(relayed.conference, "", i ? FAR_B : FAR_A, RELAYED, CODEC_PCMU);
		CHECK_INT(rig_stream_open(&rig, &s, &relayed.stream[i], &relayed.at[i]), 0);
	}
}

// One turn of the worker on the simulated core.
static void turn(struct worker *w)
{
	uint64_t before = w->counters.tx_packets;
	nsec_t due = media_tick_due(w->media), begun = rig.now;
	if (due && due < begun && (begun - due) / NSEC_PER_USEC > late_max)
		late_max = (unsigned int)((begun - due) / NSEC_PER_USEC);
	unsigned int work = worker_loop_once(w, begun);
	uint64_t ticked = w->counters.tx_packets - before;
	bool slow = uneven && begun / NSEC_PER_SEC % 2;
	rig.now += IDLE_NS + ticked * (slow ? TICKED_NS * 5 / 4 : TICKED_NS) +
		   (work > ticked ? work - ticked : 0) * OTHER_NS;
	load_turn(&w->load, begun, rig.now, work);
	rig.now += work ? 0 : STEP_NS;
	sent_forget();
}

static void run_until(nsec_t end)
{
	while (rig.now < end) {
		for (unsigned int i = 0; i < CALLS; i++)
			if (calls[i].up && calls[i].next <= rig.now)
				speak(&calls[i]);
		turn(rig.dp.workers[0]);
	}
}

// The longest that any of so many relayed packets waits, one every other millisecond.
static unsigned int relay_delay_us(unsigned int packets)
{
	unsigned int most = 0;
	for (unsigned int i = 0; i < packets; i++) {
		uint8_t frame[RIG_FRAME_MAX];
		struct rig_datagram d = {.src = rig_addr(FAR_A),
					 .dst = relayed.at[0].addr,
					 .src_port = RELAYED,
					 .dst_port = relayed.at[0].port};
		rig_rtp(&d, 0, relayed.seq, relayed.seq * 160u, 7, 0, 160);
		relayed.seq++;
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
		nsec_t begun = rig.now;
		for (relay_out = false; !relay_out && rig.now < begun + NSEC_PER_SEC;)
			run_until(rig.now + 1);
		unsigned int us = (unsigned int)((rig.now - begun) / NSEC_PER_USEC);
		most = us > most ? us : most;
		run_until(begun + 2 * NSEC_PER_MSEC);
	}
	return most;
}

// Ends calls, so that coders are given back.
static void hang_up(const struct call *list, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i].up)
			CHECK_INT(rig_conference_close(&rig, list[i].conference), 0);
}

// Offers all calls, one every so often. False: DPDK does not start.
static bool offer_every(nsec_t every, uint16_t load_limit)
{
	memset(calls, 0, sizeof(calls));
	relayed = (struct call){0};
	up = refused = late_max = 0;
	if (!rig_start(&rig, &(struct rig_options){.calls = CALLS + 2, .load_limit = load_limit}))
		return false;
	relay_open();
	run_until(rig.now + NSEC_PER_SEC);
	for (unsigned int i = 0; i < CALLS; i++) {
		call_open(&calls[i]);
		run_until(rig.now + every);
	}
	return true;
}

static bool offer(uint16_t load_limit)
{
	return offer_every(EVERY_NS, load_limit);
}

static struct api_status_reply status(void)
{
	struct api_message m;
	api_init(&m, API_STATUS, 1);
	CHECK_INT(rig_call(&rig, &m), 0);
	return m.status_reply;
}

// Calls that end make room.
static void room_again(void)
{
	unsigned int closed = 0, was = refused;
	for (unsigned int i = 0; i < CALLS && closed < 30; i++) {
		if (!calls[i].up)
			continue;
		calls[i].up = false;
		CHECK_INT(rig_conference_close(&rig, calls[i].conference), 0);
		closed++;
	}
	run_until(rig.now + 2 * NSEC_PER_SEC);
	struct call more[5] = {0};
	for (unsigned int i = 0; i < 5; i++)
		call_open(&more[i]);
	CHECK_INT(refused, was);
	hang_up(more, 5);
}

// What cannot be carried is refused; what is carried sends every packet, and in time.
static void refused_beyond_limit(void)
{
	uint64_t before[CALLS];
	if (!offer(85))
		SKIP("DPDK does not start");
	CHECK_NEAR((double)up, 84, 8);
	CHECK_INT(up + refused, CALLS);
	for (unsigned int i = 0; i < CALLS; i++)
		before[i] = calls[i].up ? rig_stream_stats(&rig, calls[i].stream[1]).tx_packets : 0;
	run_until(rig.now + HOLD_NS);
	for (unsigned int i = 0; i < CALLS; i++) {
		if (!calls[i].up)
			continue;
		struct stream_stats s = rig_stream_stats(&rig, calls[i].stream[1]);
		CHECK_NEAR((double)(s.tx_packets - before[i]), HOLD_NS / PERIOD_NS, 1);
		CHECK_INT(s.late + s.lost + s.dropped, 0);
	}
	CHECK(late_max < 2000);
	struct api_status_reply s = status();
	CHECK_NEAR(s.workers[0].load_permille, up * 10 + up / 10, 40);
	CHECK_INT(s.load_limit, 85);
	CHECK_INT(s.overloaded, refused);
	// Who had its port before is taken back all the same.
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec old = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &old, NULL, NULL), -EBUSY);
	old.local.port = 30000;
	CHECK_INT(rig_stream_open(&rig, &old, NULL, NULL), 0);
	CHECK(s.workers[0].late_us < 2000);
	room_again();
	hang_up(calls, CALLS);
	rig_stop(&rig);
}

// Packets that are relayed wait for no coder: not while the worker is nearly full, and not when it comes back with
// the work of 20 ms to be done.
static void relays_go_between(void)
{
	if (!offer(85))
		SKIP("DPDK does not start");
	CHECK(relay_delay_us(200) < 2000);
	for (unsigned int i = 0; i < 5; i++) {
		rig.now += AWAY_NS;
		CHECK(relay_delay_us(50) < 2000);
		run_until(rig.now + NSEC_PER_SEC);
	}
	hang_up(calls, CALLS);
	hang_up(&relayed, 1);
	rig_stop(&rig);
}

// A machine that is slower at times, as one whose cores are shared: what it could carry in its better moments is not taken.
static void slow_moments_are_remembered(void)
{
	uneven = true;
	if (!offer_every(2 * EVERY_NS, 85))
		SKIP("DPDK does not start");
	late_max = 0;
	run_until(rig.now + 3 * NSEC_PER_SEC);
	CHECK(late_max < 2000);
	CHECK_NEAR((double)up, 73, 8);
	uneven = false;
	run_until(rig.now + 10 * NSEC_PER_SEC); // that was long ago
	struct call more[10] = {0};
	refused = 0;
	for (unsigned int i = 0; i < 10; i++) {
		call_open(&more[i]);
		run_until(rig.now + EVERY_NS);
	}
	CHECK(refused <= 5);
	hang_up(more, 10);
	hang_up(calls, CALLS);
	hang_up(&relayed, 1);
	rig_stop(&rig);
}

// The same without the limit: everybody suffers. Were it not so, the test above would prove nothing.
static void smeared_without_limit(void)
{
	if (!offer(100))
		SKIP("DPDK does not start");
	run_until(rig.now + NSEC_PER_SEC);
	CHECK_INT(up, CALLS);
	CHECK(late_max > 10000);
	struct api_status_reply s = status();
	CHECK(s.workers[0].load_permille > 970);
	CHECK_INT(s.overloaded, 0);
	CHECK(s.workers[0].late_us > 10000);
	CHECK(relay_delay_us(100) < 2000); // who needs no coder does not suffer
	hang_up(calls, CALLS);
	rig_stop(&rig);
}

// --- the measure itself ---

// A polling worker that finds one packet in every other turn is half busy at most.
static void polling(void)
{
	struct load l = {0};
	nsec_t now = NSEC_PER_SEC;
	for (unsigned int i = 0; i < 2000000; i++) {
		nsec_t spent = i % 2 ? 3000 : 2000; // 1 us of work in every 5
		load_turn(&l, now, now + spent, i % 2);
		now += spent;
		if (i % 64 == 0)
			load_window(&l, now, 0);
	}
	CHECK_NEAR(l.measured, 200000, 5000);
	CHECK_NEAR((double)l.empty, 2000, 2);
}

// One that naps: turns are few and full.
static void napping(void)
{
	struct load l = {0};
	nsec_t now = NSEC_PER_SEC;
	for (unsigned int i = 0; i < 20000; i++) {
		load_turn(&l, now, now + 50000, 10);
		now += 50000;
		load_turn(&l, now, now + 100, 0);
		now += 200000; // nap
		load_window(&l, now, 0);
	}
	CHECK_NEAR(l.measured, 200000, 5000);
}

// A nap lasts until some packets are there, within bounds, and follows the traffic smoothly.
static void nap_lengths(void)
{
	static const struct {
		unsigned int per_ms;
		nsec_t nap;
	} traffic[] = {{100, 80000}, {40, 200000},   {1, 200000}, {0, 200000},
		       {200, 50000}, {10000, 50000}, {80, 100000}};
	nsec_t nap = 200000;
	for (unsigned int i = 0; i < sizeof(traffic) / sizeof(traffic[0]); i++) {
		for (unsigned int k = 0; k < 100; k++) {
			nsec_t next = worker_nap(nap, NSEC_PER_MSEC, traffic[i].per_ms);
			CHECK(next >= 50000 && next <= 200000);
			CHECK(next > nap ? next - nap <= 150000 / 8 : nap - next <= 150000 / 8);
			nap = next;
		}
		CHECK_NEAR((double)nap, (double)traffic[i].nap, 8);
	}
	// one long absence with all that gathered meanwhile says the same
	CHECK_NEAR((double)worker_nap(80000, 20 * NSEC_PER_MSEC, 2000), 80000, 1);
}

// What was opened a moment ago counts at once, by the measure of what is open.
static void expected(void)
{
	CHECK_INT(load_expected(0, 0, 0), 0);
	CHECK_INT(load_expected(300000, 300000000, 300000000), 300000);
	CHECK_INT(load_expected(300000, 300000000, 600000000), 600000);
	CHECK_INT(load_expected(300000, 300000000, 100000000), 100000);
	CHECK_INT(load_expected(100000, 500000000, 0), 0);
	// This machine takes twice, or half, of what was thought.
	CHECK_NEAR((double)load_expected(600000, 300000000, 400000000), 793750, 1000);
	CHECK_NEAR((double)load_expected(150000, 300000000, 400000000), 203125, 1000);
	// Nothing is open yet: as thought.
	CHECK_INT(load_expected(0, 0, 250000000), 250000);
	// However wrong the thought: four times at most.
	CHECK_INT(load_expected(900000, 0, 10000000), 940000);
	CHECK_INT(load_expected(0, 900000000, 1000000000), 25000);
}

static void lateness(void)
{
	struct load l = {0};
	nsec_t now = NSEC_PER_SEC;
	load_late(&l, 1500000);
	load_late(&l, 700000);
	load_turn(&l, now, now + 200000, 0);
	load_turn(&l, now, now + 900000, 3);
	for (unsigned int i = 0; i < 11; i++, now += LOAD_WINDOW_NS)
		load_window(&l, now, 0);
	CHECK_INT(l.late_us, 1500);
	CHECK_INT(l.turn_us, 900);
	CHECK_INT(l.away_us, 200);
	for (unsigned int i = 0; i < 10; i++, now += LOAD_WINDOW_NS)
		load_window(&l, now, 0);
	CHECK_INT(l.late_us + l.turn_us + l.away_us, 0);
}

T_MAIN("pipeline overload", {"polling", polling}, {"napping", napping}, {"nap lengths", nap_lengths},
       {"expected", expected}, {"lateness", lateness}, {"refused beyond the limit", refused_beyond_limit},
       {"relays go between", relays_go_between}, {"slow moments are remembered", slow_moments_are_remembered},
       {"smeared without a limit", smeared_without_limit})
