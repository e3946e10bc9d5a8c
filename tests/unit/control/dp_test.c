// SPDX-License-Identifier: GPL-3.0-or-later
// dp_test.c - Very many requests at once, through a socket that takes a few at a time, or none.
#include "control/dp.h"

#include <errno.h>

#include "tests/unit/t.h"

#define CALLS 100000

// A dataplane that answers what it was sent, `room` requests a turn.
struct world {
	struct timer_set timers;
	struct dp dp;
	nsec_t now;
	unsigned int room;
	uint32_t first, sent; // requests that wait for their answer
	bool mute;
	unsigned int done, timed_out, reset;
};

static int on_send(void *context, const void *bytes, size_t len)
{
	struct world *w = context;
	struct api_header h;
	if (w->room == 0)
		return -EAGAIN;
	w->room--;
	memcpy(&h, bytes, sizeof(h));
	w->first = w->sent++ ? w->first : h.request;
	return 0;
}

static void on_reply(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct world *w = object;
	w->done += status == 0;
	w->timed_out += status == -ETIMEDOUT;
	w->reset += status == -ECONNRESET;
}

static void on_state(void *object, nsec_t now)
{
}

static void on_back(void *object, bool same, nsec_t now)
{
}

static void answer(struct world *w, unsigned int type)
{
	struct api_message m;
	for (; w->sent && !w->mute; w->sent--) {
		api_init(&m, type | API_REPLY, w->first++);
		m.stream_reply.handle = type == API_HELLO ? 0 : 1;
		if (type == API_HELLO)
			m.hello_reply.boot_id = 7;
		dp_input(&w->dp, &m, m.header.length, w->now);
	}
}

static void turn(struct world *w, nsec_t later, unsigned int room)
{
	w->now += later;
	timer_run(&w->timers, w->now);
	w->room = room;
	if (room)
		dp_writable(&w->dp, w->now);
	answer(w, API_STREAM_STATS);
}

static void start(struct world *w)
{
	*w = (struct world){.now = NSEC_PER_SEC, .room = 1};
	struct dp_transport t = {.context = w, .send = on_send};
	struct dp_user u = {.object = w, .lost = on_state, .away = on_state, .back = on_back};
	timer_set_init(&w->timers);
	dp_init(&w->dp, &w->timers, &t, &u, 1);
	dp_connected(&w->dp, w->now);
	answer(w, API_HELLO);
	REQUIRE(dp_is_up(&w->dp));
}

static void ask(struct world *w, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		CHECK(dp_stream_stats(&w->dp, 1, on_reply, w, w->now) != 0);
}

// All calls of a large gateway, when its dataplane has started again.
static void all_have_their_turn(void)
{
	static struct world w;
	start(&w);
	ask(&w, CALLS);
	for (unsigned int i = 0; i < CALLS / 100; i++)
		turn(&w, 10 * NSEC_PER_MSEC, 100); // 10 s in all
	CHECK_INT(w.done, CALLS);
	CHECK_INT(w.timed_out, 0);
	dp_fini(&w.dp);
}

static void a_stuck_socket_holds_nobody_for_ever(void)
{
	static struct world w;
	start(&w);
	ask(&w, 1000);
	turn(&w, NSEC_PER_SEC, 500);
	CHECK_INT(w.done, 500);
	turn(&w, DP_TIMEOUT_NS - 1, 0);
	CHECK_INT(w.timed_out, 0);
	turn(&w, 1, 0);
	CHECK_INT(w.timed_out, 500);
	CHECK(timer_next(&w.timers) == TIMER_NEVER);
	dp_fini(&w.dp);
}

static void what_is_sent_is_answered_in_time_or_not_at_all(void)
{
	static struct world w;
	start(&w);
	w.mute = true;
	ask(&w, 1000);
	for (unsigned int i = 0; i < 10; i++)
		turn(&w, NSEC_PER_SEC, 100);
	CHECK_INT(w.timed_out, 800); // the others were sent a second ago, and now
	turn(&w, DP_TIMEOUT_NS, 0);
	CHECK_INT(w.timed_out, 1000);
	dp_fini(&w.dp);
}

T_MAIN("dp", {"all have their turn", all_have_their_turn},
       {"a stuck socket holds nobody for ever", a_stuck_socket_holds_nobody_for_ever},
       {"what is sent is answered in time or not at all", what_is_sent_is_answered_in_time_or_not_at_all})
