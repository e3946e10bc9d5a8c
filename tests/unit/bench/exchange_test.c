// SPDX-License-Identifier: GPL-3.0-or-later
// exchange_test.c - Call routing of the lab's agent: numbers, digits, answers, busy, hold, transfers, ends.
#include "bench/lab/exchange.h"
#include "tests/unit/bench/station.h"
#include "tests/unit/t.h"

static const struct exchange_number numbers[] = {
	{.digits = "600", .lines = {"SEP000000001001", "SEP000000001002"}, .line_count = 2},
};

static struct station one, two;
static struct exchange *x;
static struct exchange_phone anna, bert;
static enum exchange_news news[2]; // the last
static struct addr_port sends_to[2];

static void told(struct exchange_phone *p, enum exchange_news what, const struct addr_port *remote)
{
	news[p == &bert] = what;
	if (what == EXCHANGE_TALKS)
		sends_to[p == &bert] = *remote;
}

static void on_message(void *arg, struct agent_device *d, const struct sccp_msg *m)
{
	exchange_message(x, d, m);
}

static void on_down(void *arg, struct agent_device *d)
{
	exchange_device_down(x, d);
}

static struct exchange_phone phone(const char *number, uint16_t port)
{
	struct exchange_phone p = {
		.local = {.addr = addr_ipv4((const uint8_t[4]){192, 0, 2, 1}), .port = port},
		.format = {.codec = CODEC_PCMA, .period_ms = 20},
		.answer_ms = 0,
		.told = told};
	strcpy(p.number, number);
	strcpy(p.shows, number);
	return p;
}

static bool setup(const char *dialect)
{
	static const struct agent_speed_dial dials[] = {{"204", "anna"}};
	struct agent_options options = {.dialect = dialect_find(dialect),
					.version = 17,
					.keepalive_s = 30,
					.speed_dials = dials,
					.speed_dial_count = 1,
					.hooks = {NULL, NULL, on_down, on_message}};
	news[0] = news[1] = EXCHANGE_GONE;
	if (!station_agent_open(&options) || !(x = exchange_new(station_base, numbers, 1)))
		return false;
	exchange_attach(x, station_agent);
	anna = phone("204", 4204);
	bert = phone("2041", 4205);
	exchange_add(x, &anna);
	exchange_add(x, &bert);
	if (!station_open(&one, 17) || !station_open(&two, 17))
		return false;
	station_register(&one, "SEP000000001001", 7);
	station_register(&two, "SEP000000001002", 7);
	return true;
}

static void teardown(void)
{
	station_close(&one);
	station_close(&two);
	station_agent_close();
	exchange_free(x);
}

static void press(struct station *s, uint32_t button)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_KEYPAD_BUTTON);
	m.keypad_button.button = button;
	station_send(s, &m);
}

static void soft_key(struct station *s, uint32_t event)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SOFT_KEY_EVENT);
	m.soft_key_event.soft_key_event = event;
	station_send(s, &m);
}

static void hook(struct station *s, enum sccp_id id)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	station_send(s, &m);
}

static void enbloc(struct station *s, const char *number)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_ENBLOC_CALL);
	strcpy(m.enbloc_call.called_party, number);
	station_send(s, &m);
}

// A telephone's next CallState.
static uint32_t state_of(struct station *s)
{
	struct sccp_msg m;
	return station_find(s, SCCP_CALL_STATE, &m) ? m.call_state.call_state : UINT32_MAX;
}

// Takes the next OpenReceiveChannel, and answers that it hears at this port.
static bool opens(struct station *s, uint16_t port, uint32_t status)
{
	struct sccp_msg m, ack;
	if (!station_find(s, SCCP_OPEN_RECEIVE_CHANNEL, &m))
		return false;
	sccp_init(&ack, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	ack.open_receive_channel_ack.pass_through_party_id = m.open_receive_channel.pass_through_party_id;
	ack.open_receive_channel_ack.media_reception_status = status;
	ack.open_receive_channel_ack.ip_addr = addr_ipv4((const uint8_t[4]){10, 77, 0, 2});
	ack.open_receive_channel_ack.port_number = port;
	station_send(s, &ack);
	return true;
}

static uint32_t starts_to(struct station *s)
{
	struct sccp_msg m;
	return station_find(s, SCCP_START_MEDIA_TRANSMISSION, &m)
		       ? m.start_media_transmission.remote_port_number
		       : 0;
}

// Anna rings the first line of 600, which answers and opens.
static void anna_calls(void)
{
	station_drain(&one);
	CHECK(exchange_dial(x, &anna, "600"));
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_RING_IN);
	soft_key(&one, SCCP_SOFTKEY_ANSWER);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_CONNECTED);
	CHECK(opens(&one, 16384, 0));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	CHECK_INT(sends_to[0].port, 16384);
}

// 204 is a number and begins another: it waits; 2041 goes at once, and 20# is none.
static void routes_digits(void)
{
	REQUIRE(setup("cucm"));
	hook(&one, SCCP_OFF_HOOK);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_OFF_HOOK);
	press(&one, 2);
	press(&one, 0);
	press(&one, 4);
	CHECK_INT(state_of(&one), UINT32_MAX);
	press(&one, 1);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_PROCEED);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_RING_OUT);
	station_turn();
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_CONNECTED);
	CHECK(opens(&one, 16384, 0));
	CHECK_INT(news[1], EXCHANGE_TALKS);
	CHECK_INT(starts_to(&one), 4205);
	CHECK_INT(exchange_far_device(&bert) == agent_device_find(station_agent, "SEP000000001001"), true);
	hook(&one, SCCP_ON_HOOK);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_ON_HOOK);
	CHECK_INT(news[1], EXCHANGE_GONE);
	hook(&two, SCCP_OFF_HOOK);
	press(&two, 2);
	press(&two, 0);
	press(&two, 15); // #
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_OFF_HOOK);
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_INVALID_NUMBER);
	teardown();
}

static void hunts_and_is_busy(void)
{
	REQUIRE(setup("cucm"));
	anna_calls();
	enbloc(&two, "204");
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_BUSY);
	CHECK(exchange_dial(x, &bert, "600")); // the second line is busy with its busy tone
	CHECK_INT(news[1], EXCHANGE_BUSY);
	hook(&two, SCCP_ON_HOOK);
	CHECK(exchange_dial(x, &bert, "600"));
	CHECK(!exchange_dial(x, &bert, "600")); // it is in a call
	station_drain(&two);
	CHECK(exchange_hang_up(&bert));
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_ON_HOOK);
	CHECK(exchange_dial(x, &bert, "1001"));
	CHECK_INT(news[1], EXCHANGE_BUSY);
	CHECK(exchange_dial(x, &bert, "1002")); // each telephone has a number of its own
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_RING_IN);
	CHECK(exchange_hang_up(&bert));
	CHECK(exchange_dial(x, &bert, "999"));
	CHECK_INT(news[1], EXCHANGE_UNKNOWN);
	teardown();
}

static void holds(void)
{
	struct sccp_msg m;
	REQUIRE(setup("cucm"));
	anna_calls();
	CHECK_INT(starts_to(&one), 4204);
	soft_key(&one, SCCP_SOFTKEY_HOLD);
	CHECK(station_find(&one, SCCP_CLOSE_RECEIVE_CHANNEL, &m));
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_HOLD);
	CHECK_INT(news[0], EXCHANGE_HELD);
	soft_key(&one, SCCP_SOFTKEY_RESUME);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_CONNECTED);
	CHECK(opens(&one, 16386, 0));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	CHECK_INT(sends_to[0].port, 16386);
	station_drain(&one);
	CHECK(exchange_hold(&anna)); // the agent closes the line's media, too
	CHECK(station_find(&one, SCCP_CLOSE_RECEIVE_CHANNEL, &m));
	CHECK(!exchange_hold(&bert));
	CHECK(exchange_resume(&anna));
	CHECK(opens(&one, 16388, 0));
	CHECK_INT(sends_to[0].port, 16388);
	teardown();
}

// An agent that stands between the two ends leaves the line's media alone.
static void holds_quietly(void)
{
	struct sccp_msg m;
	REQUIRE(setup("chan-sccp"));
	anna_calls();
	station_drain(&one);
	CHECK(exchange_hold(&anna));
	CHECK(!station_next(&one, &m));
	CHECK(exchange_resume(&anna));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	teardown();
}

static void transfers_blindly(void)
{
	static const char *const dialects[] = {"cucm", "chan-skinny"};
	for (size_t i = 0; i < 2; i++) {
		struct sccp_msg m;
		bool redirects = i == 1;
		REQUIRE(setup(dialects[i]));
		anna_calls();
		station_drain(&one);
		CHECK(!exchange_transfer(&anna, "999")); // nobody is there: the call stays
		CHECK(exchange_far_device(&anna) != NULL);
		CHECK(exchange_transfer(&anna, "2041"));
		CHECK_INT(news[0], EXCHANGE_GONE);
		station_turn();
		bool reopened = opens(&one, 16390, 0);
		CHECK_INT(reopened, !redirects);
		CHECK_INT(news[1], EXCHANGE_TALKS);
		CHECK_INT(sends_to[1].port, redirects ? 16384 : 16390);
		if (!redirects)
			CHECK_INT(starts_to(&one), 4205);
		hook(&one, SCCP_ON_HOOK);
		CHECK_INT(news[1], EXCHANGE_GONE);
		CHECK(station_find(&one, SCCP_STOP_MEDIA_TRANSMISSION, &m));
		teardown();
	}
}

// By a lab phone, and by a line's soft keys.
static void transfers_after_talking(void)
{
	REQUIRE(setup("cucm"));
	anna_calls();
	CHECK(exchange_consult(&anna, "1002"));
	CHECK_INT(news[0], EXCHANGE_HELD);
	hook(&two, SCCP_OFF_HOOK);
	CHECK(opens(&two, 16400, 0));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	CHECK(exchange_complete(&anna));
	CHECK_INT(news[0], EXCHANGE_GONE);
	CHECK(opens(&one, 16402, 0));
	CHECK(opens(&two, 16404, 0));
	CHECK_INT(starts_to(&one), 16404);
	station_drain(&two);
	hook(&one, SCCP_ON_HOOK);
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_ON_HOOK);

	anna_calls();
	soft_key(&one, SCCP_SOFTKEY_TRANSFER);
	CHECK_INT(news[0], EXCHANGE_HELD);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_HOLD);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_OFF_HOOK);
	press(&one, 2);
	press(&one, 0);
	press(&one, 4);
	press(&one, 1);
	station_turn();
	CHECK(opens(&one, 16406, 0));
	CHECK_INT(news[1], EXCHANGE_TALKS);
	soft_key(&one, SCCP_SOFTKEY_TRANSFER);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_ON_HOOK);
	CHECK_INT(sends_to[0].port, 4205);
	CHECK_INT(sends_to[1].port, 4204);
	CHECK(exchange_hang_up(&bert));
	CHECK_INT(news[0], EXCHANGE_GONE);
	teardown();
}

static void ends(void)
{
	struct sccp_msg m;
	REQUIRE(setup("chan-skinny"));
	anna_calls();
	CHECK(exchange_hang_up(&anna));
	CHECK(!exchange_hang_up(&anna));
	CHECK(station_find(&one, SCCP_CLOSE_RECEIVE_CHANNEL, &m));
	CHECK_INT(m.close_receive_channel.conference_id, 0);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_ON_HOOK);
	// media refused
	CHECK(exchange_dial(x, &anna, "1001"));
	soft_key(&one, SCCP_SOFTKEY_ANSWER);
	CHECK(opens(&one, 0, 1));
	CHECK_INT(exchange_counts(x)->refused, 1);
	CHECK_INT(news[0], EXCHANGE_GONE);
	// the telephone's connection ends: the phone goes on alone
	anna_calls();
	station_close(&one);
	CHECK_INT(news[0], EXCHANGE_LOST);
	CHECK(exchange_far_device(&anna) == NULL);
	REQUIRE(station_open(&one, 17));
	station_register(&one, "SEP000000001001", 7);
	anna_calls();
	CHECK_INT(exchange_counts(x)->calls, 3 + 1);
	teardown();
}

static void presses_buttons(void)
{
	struct sccp_msg m;
	REQUIRE(setup("mod-skinny"));
	sccp_init(&m, SCCP_STIMULUS);
	m.stimulus.stimulus = SCCP_STIMULUS_SPEED_DIAL;
	m.stimulus.line_instance = 1;
	station_send(&one, &m);
	station_turn();
	CHECK(opens(&one, 16384, 0));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	sccp_init(&m, SCCP_STIMULUS);
	m.stimulus.stimulus = SCCP_STIMULUS_HOLD;
	station_send(&one, &m);
	CHECK_INT(news[0], EXCHANGE_HELD);
	station_send(&one, &m);
	CHECK(opens(&one, 16386, 0));
	CHECK_INT(news[0], EXCHANGE_TALKS);
	// nothing of this is in a state for anything
	for (uint32_t i = 0; i < 300; i++) {
		m.stimulus.stimulus = i;
		m.stimulus.line_instance = i;
		m.stimulus.call_reference = i * 77;
		station_send(&two, &m);
		soft_key(&two, i);
		press(&two, i);
	}
	hook(&two, SCCP_ON_HOOK);
	teardown();
}

// The last number again; and where calls go while nobody is at home.
static void redials_and_forwards(void)
{
	struct sccp_msg m;
	REQUIRE(setup("cucm"));
	soft_key(&one, SCCP_SOFTKEY_REDIAL); // nothing has been dialled
	CHECK(!station_next(&one, &m));
	enbloc(&one, "2041");
	CHECK_INT(news[1], EXCHANGE_RINGS);
	hook(&one, SCCP_ON_HOOK);
	CHECK_INT(news[1], EXCHANGE_GONE);
	soft_key(&one, SCCP_SOFTKEY_REDIAL);
	CHECK_INT(news[1], EXCHANGE_RINGS);
	hook(&one, SCCP_ON_HOOK);
	station_drain(&one);
	soft_key(&one, SCCP_SOFTKEY_CFWD_ALL);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_OFF_HOOK);
	static const uint32_t digits[] = {1, 0, 0, 2};
	for (size_t i = 0; i < 4; i++)
		press(&one, digits[i]);
	CHECK(station_find(&one, SCCP_FORWARD_STAT_RES, &m));
	CHECK_STR(m.forward_stat_res.forward_all_dirnum, "1002");
	CHECK_INT(m.forward_stat_res.forward_all_active, 1);
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_ON_HOOK);
	station_drain(&two);
	CHECK(exchange_dial(x, &anna, "1001"));
	CHECK_INT(state_of(&two), SCCP_CALL_STATE_RING_IN);
	CHECK(exchange_hang_up(&anna));
	soft_key(&one, SCCP_SOFTKEY_CFWD_ALL);
	CHECK(station_find(&one, SCCP_FORWARD_STAT_RES, &m));
	CHECK_INT(m.forward_stat_res.forward_all_active, 0);
	CHECK(exchange_dial(x, &anna, "1001"));
	CHECK_INT(state_of(&one), SCCP_CALL_STATE_RING_IN);
	teardown();
}

T_MAIN("lab_exchange", {"routes_digits", routes_digits}, {"hunts_and_is_busy", hunts_and_is_busy},
       {"holds", holds}, {"holds_quietly", holds_quietly}, {"transfers_blindly", transfers_blindly},
       {"transfers_after_talking", transfers_after_talking}, {"ends", ends},
       {"presses_buttons", presses_buttons}, {"redials_and_forwards", redials_and_forwards})
