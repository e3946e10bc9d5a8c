// SPDX-License-Identifier: GPL-3.0-or-later
// rtpgen_test.c - The generator's delays: what is judged, and windows that have their own and know who was away.
#include "bench/rtpgen/windows.h"

#include <string.h>

#include "tests/unit/t.h"

static struct windows w;
static struct delays delays;

static void add(unsigned int us, unsigned int count)
{
	delays.buckets[us] += count;
	delays.count += count;
	if (us > delays.max_us)
		delays.max_us = us;
}

// Windows of 1000 us at one cycle a microsecond; the first turn ends at 1.
static void begin(void)
{
	delays = (struct delays){0};
	windows_init(&w, 1000, 1, 0);
	windows_begin(&w, &delays);
	windows_turn(&w, &delays, 1);
}

static void a_window_has_its_own_delays(void)
{
	begin();
	add(10, 1000);
	windows_turn(&w, &delays, 1001);
	add(20, 980);
	add(3000, 20);
	windows_turn(&w, &delays, 1005); // opens the second
	windows_turn(&w, &delays, 2005);
	add(30, 1000);
	windows_turn(&w, &delays, 2006);
	windows_turn(&w, &delays, 3006);
	REQUIRE(w.count == 3);
	CHECK_NEAR(w.done[0].p999_us, 10.5, 0.01);
	CHECK_NEAR(w.done[1].p50_us, 20.5, 0.01);
	CHECK_NEAR(w.done[1].p99_us, 3000.5, 0.01);
	CHECK_NEAR(w.done[2].p999_us, 30.5, 0.01);
	CHECK(delays.count == 3000); // the trial's own stay whole
}

static void the_longest_turn_is_the_generators_absence(void)
{
	begin();
	add(10, 1);
	windows_turn(&w, &delays, 101);
	windows_turn(&w, &delays, 401);
	windows_turn(&w, &delays, 1001);
	add(10, 1);
	windows_turn(&w, &delays, 9001); // after a pause between windows, which is none of theirs
	for (unsigned int at = 9011; w.count < 2; at += 10)
		windows_turn(&w, &delays, at);
	CHECK_NEAR(w.done[0].generator_us, 600, 0.01);
	CHECK_NEAR(w.done[1].generator_us, 10, 0.01);
	CHECK(w.done[0].device_us == 0 && w.done[1].device_us == 0);
}

static void windows_without_packets_do_not_count(void)
{
	begin();
	for (unsigned int at = 1; at < 10000; at += 10)
		windows_turn(&w, &delays, at);
	CHECK(w.count == 0);
	windows_init(&w, 0, 1, 0);
	windows_begin(&w, &delays);
	add(10, 1);
	windows_turn(&w, &delays, 5000);
	CHECK(w.count == 0);
}

// --- delays, at a cycle a microsecond ---

static struct legs *call;

// One call; of its legs the first so many are stamped.
static void call_open(uint32_t stamped)
{
	struct plan_leg leg[2] = {0};
	struct plan plan = {.legs = leg, .count = 2};
	static const uint8_t mac[6];
	for (unsigned int i = 0; i < 2; i++) {
		REQUIRE(addr_parse("10.0.0.9", &leg[i].gen.addr) == 0);
		REQUIRE(addr_parse("10.0.0.1", &leg[i].dut.addr) == 0);
		leg[i].gen.port = (uint16_t)(4000 + i);
		leg[i].dut.port = (uint16_t)(5000 + i);
		leg[i].payload_bytes = leg[i].timestamp_step = 160;
	}
	call = legs_new(&plan, 0, mac, mac, false, 1);
	REQUIRE(call != NULL);
	call->stamped = stamped;
}

// What leg 0 sends, as leg 1 will receive it: the gateway has a sequence of its own.
static void send(uint8_t frame[LEG_HEADER + 1], uint64_t now)
{
	legs_send(call, 0, frame, now);
	frame[36] = 4001 >> 8;
	frame[37] = 4001 & 0xff;
	memcpy(frame + 30, frame + 26, 4);
	frame[44] = (uint8_t)(frame[44] + 77);
}

static void receive(const uint8_t frame[LEG_HEADER + 1], uint64_t now)
{
	legs_look(call, now, true, 1);
	legs_receive(call, frame, LEG_HEADER, now, 1, (int64_t)now * 1000);
}

static void looks(uint64_t from, uint64_t to)
{
	for (; from < to; from += 50)
		legs_look(call, from, true, 1);
}

static void an_absence_is_no_delay(void)
{
	uint8_t f[LEG_HEADER + 1];
	call_open(2);
	looks(1000, 2000);
	send(f, 2000);
	looks(2000, 2300);
	receive(f, 2300);
	CHECK_INT(call->delays.count, 1);
	CHECK_NEAR(delays_quantile(&call->delays, 1), 300.5, 0.01);
	send(f, 2400);
	looks(2400, 2500);
	receive(f, 9000); // it may have lain there since 2450
	CHECK_INT(call->delays.count, 1);
	CHECK_INT(call->unjudged, 1);
	CHECK_NEAR((double)call->away_max, 6550, 1);
	send(f, 9010); // stamped, but who knows when it left
	legs_look(call, 9800, true, 1);
	looks(9850, 10000);
	receive(f, 10000);
	CHECK_INT(call->delays.count, 1);
	send(f, 10010);
	legs_look(call, 10020, false, 1); // a full burst: more lies there
	legs_look(call, 10030, true, 1);
	receive(f, 10040);
	CHECK_INT(call->delays.count, 2);
	send(f, 10050);
	legs_look(call, 10060, false, 1);
	receive(f, 10070);
	CHECK_INT(call->delays.count, 2);
	legs_free(call);
}

static void a_lost_packet_teaches_nothing(void)
{
	uint8_t lost[LEG_HEADER + 1], f[LEG_HEADER + 1], g[LEG_HEADER + 1];
	call_open(2);
	send(lost, 1000);
	send(f, 21000); // two are on their way when the first one comes
	send(g, 41000);
	looks(21000, 41100);
	receive(f, 41100);
	receive(g, 41150);
	for (uint64_t at = 61000; at < 61000 + 200 * 20000; at += 20000) {
		looks(at - 19900, at);
		send(f, at);
		looks(at, at + 70);
		receive(f, at + 70);
	}
	CHECK(call->delays.count > 70); // all but those until the lost stamp is given up
	CHECK_NEAR(delays_quantile(&call->delays, 0), 70.5, 0.01);
	CHECK_NEAR(delays_quantile(&call->delays, 1), 70.5, 0.01);
	legs_free(call);
}

static void others_are_behind_their_promptest(void)
{
	static const unsigned int late[5] = {500, 90, 40, 5000, 40};
	uint8_t f[LEG_HEADER + 1];
	call_open(0);
	for (unsigned int i = 0; i < 5; i++) {
		uint64_t at = 20000 * (i + 1u);
		send(f, at);
		looks(at, at + late[i]);
		receive(f, at + late[i]);
	}
	CHECK_INT(call->delays.count, 0);
	CHECK_INT(call->behind.count, 5);
	CHECK_NEAR(call->behind.max_us, 4960, 0.01);
	CHECK_NEAR(delays_quantile(&call->behind, 1), 4960, 10);
	CHECK_NEAR(delays_quantile(&call->behind, 0.7), 0.5, 0.01);
	legs_free(call);
}

T_MAIN("rtpgen", {"an absence is no delay", an_absence_is_no_delay},
       {"a lost packet teaches nothing", a_lost_packet_teaches_nothing},
       {"others are behind their promptest", others_are_behind_their_promptest},
       {"a window has its own delays", a_window_has_its_own_delays},
       {"the longest turn is the generator's absence", the_longest_turn_is_the_generators_absence},
       {"windows without packets do not count", windows_without_packets_do_not_count})
