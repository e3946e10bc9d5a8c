// SPDX-License-Identifier: GPL-3.0-or-later
// line_hostile_test.c - An agent that says anything in any order to a telephone, and leaves in every state of a call.
#include <stdlib.h>

#include "control/line.h"
#include "control/line_act.h"
#include "control/line_action.h"
#include "control/party.h"
#include "tests/unit/control/world.h"

static const char yaml[] =
	"schema: 1\n"
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"
	"agents: [{name: a, host: 192.0.2.1, version: 20}]\n"
	"agent-groups: [{name: g, agents: [a], backoff: {min: 100ms, max: 100ms}, connect: {retries: 32}}]\n"
	"profiles: [{name: p, kind: line, codecs: [pcmu], sessions: 4}]\n"
	"lines:\n"
	"  - {name: 'L{n}', count: 2, profile: p, group: g, answer: 10ms, action: room, room: r}\n"
	"  - {name: 'E{n}', profile: p, group: g, answer: never, plar: '12', features: {codes: yes, flash: "
	"feature}}\n";

static void say_state(struct world *w, struct device *d, uint32_t state, uint32_t reference)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_STATE);
	m.call_state.call_state = state;
	m.call_state.line_instance = 1;
	m.call_state.call_reference = reference;
	say(w, d, &m);
}

static void open_media(struct world *w, struct device *d, uint32_t id)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = id;
	m.open_receive_channel.pass_through_party_id = id;
	m.open_receive_channel.call_reference = id;
	m.open_receive_channel.packet_ms = 20;
	m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
	say(w, d, &m);
}

// Brings a call of reference 1 to a state.
static void reach(struct world *w, struct device *d, enum line_call_state state)
{
	static const uint32_t words[LINE_CALL_STATE_COUNT] = {
		[LINE_CALL_DIALING] = SCCP_CALL_STATE_OFF_HOOK,
		[LINE_CALL_PROCEEDING] = SCCP_CALL_STATE_PROCEED,
		[LINE_CALL_RINGING_OUT] = SCCP_CALL_STATE_RING_OUT,
		[LINE_CALL_RINGING] = SCCP_CALL_STATE_RING_IN,
		[LINE_CALL_ANSWERING] = SCCP_CALL_STATE_RING_IN,
		[LINE_CALL_CONNECTED] = SCCP_CALL_STATE_CONNECTED,
		[LINE_CALL_HELD] = SCCP_CALL_STATE_HOLD,
		[LINE_CALL_FAILED] = SCCP_CALL_STATE_BUSY,
		[LINE_CALL_ENDING] = SCCP_CALL_STATE_CONNECTED,
		[LINE_CALL_OVER] = SCCP_CALL_STATE_CONNECTED};
	say_state(w, d, words[state], 1);
	if (state == LINE_CALL_ANSWERING)
		CHECK_INT(line_answer(d->line, w->now), 0);
	if (state == LINE_CALL_ENDING)
		CHECK_INT(line_hang_up(d->line, w->now), 0);
	if (state == LINE_CALL_OVER)
		say_state(w, d, SCCP_CALL_STATE_ON_HOOK, 1);
	CHECK_STR(line_call_state_name(d->line->calls[0].fsm.state), line_call_state_name(state));
}

// The agent leaves in every state: no call is left, another line's call goes on, and the next call works.
static void agent_leaves(void)
{
	struct world w;
	setup(&w, yaml, 20);
	struct device *other = core_device(&w.core, "L1"), *d = core_device(&w.core, "E1");
	say_state(&w, other, SCCP_CALL_STATE_CONNECTED, 9);
	open_media(&w, other, 9);
	for (int s = LINE_CALL_DIALING; s < LINE_CALL_STATE_COUNT; s++) {
		reach(&w, d, (enum line_call_state)s);
		leave(&w, d);
		CHECK(line_call_find(d->line, 0, 1) == NULL);
		CHECK_INT(d->line->fsm.state, LINE_OFF);
		say_register(&w, d);
		CHECK_INT(other->line->calls[0].fsm.state, LINE_CALL_CONNECTED);
		CHECK_INT(other->party_count, 1);
	}
	reach(&w, d, LINE_CALL_CONNECTED);
	open_media(&w, d, 77);
	CHECK_INT(d->party_count, 1);
	CHECK_INT(fake_dp_streams(&w.dp), 2);
	teardown(&w);
}

static uint32_t odd(struct world *w)
{
	static const uint32_t numbers[] = {0, 1, 2, 3, 5, 8, 16, 17, 42, 255, 65536, INT32_MAX, UINT32_MAX};
	return numbers[draw(w, sizeof(numbers) / sizeof(numbers[0]))];
}

// Any message that agents send, its words odd numbers, some of its end missing.
static void babble(struct world *w, struct device *d)
{
	const struct sccp_msg_info *info;
	uint8_t pdu[SCCP_PDU_MAX];
	struct sccp_msg m;
	do
		info = sccp_msg_at(draw(w, 256));
	while (!info || info->direction != SCCP_TO_STATION || info->id == SCCP_RESET ||
	       info->id == SCCP_REGISTER_REJECT);
	sccp_init(&m, info->id);
	int len = sccp_encode(&m, 20, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	for (int at = 12; at + 4 <= len; at += 4) {
		uint32_t v = odd(w);
		memcpy(pdu + at, &v, sizeof(v));
	}
	uint32_t body = (uint32_t)len - 8;
	if (draw(w, 4) == 0 && body > 4) {
		body = 4 + draw(w, body - 4);
		memcpy(pdu, &body, sizeof(body));
	}
	if (d->reg.link)
		d->reg.link->user->input(d, pdu, body + 8, w->now);
	pump(w);
}

// The user does whatever comes to hand, and in any order.
static void fumble(struct world *w, struct line *l)
{
	static const char *const acts[] = {
		"offhook", "dial",       "enbloc",  "press",    "press", "press",   "answer",
		"hangup",  "hold",       "resume",  "flash",    "flash", "press",   "redial",
		"consult", "conference", "forward", "transfer", "speed", "feature", "callback"};
	static const char *const words[] = {"1",     "#", "2",      "hold",  "answer",
					    "65535", "",  "x",      "**1",   "123456789012345678901234",
					    "off",   "*", "pickup", "**8*9", "*#"};
	const struct line_act *a = line_act_find(acts[draw(w, sizeof(acts) / sizeof(acts[0]))]);
	REQUIRE(a != NULL);
	const char *first = words[draw(w, sizeof(words) / sizeof(words[0]))];
	a->run(l, line_act_takes(a, 1) ? first : "", draw(w, 2) ? "busy" : "", w->now);
}

static void anything(void)
{
	struct world w;
	setup(&w, yaml, 20);
	struct device *calm = core_device(&w.core, "L2");
	struct device *wild[] = {core_device(&w.core, "L1"), core_device(&w.core, "E1")};
	say_state(&w, calm, SCCP_CALL_STATE_CONNECTED, 9);
	open_media(&w, calm, 9);
	for (unsigned int i = 0; i < 30000; i++) {
		struct device *d = wild[draw(&w, 2)];
		if (draw(&w, 4) == 0)
			fumble(&w, d->line);
		else if (draw(&w, 4) == 0)
			say_state(&w, d, draw(&w, 20), 1 + draw(&w, 12));
		else
			babble(&w, d);
		if (draw(&w, 16) == 0)
			advance(&w, draw(&w, 3000) * NSEC_PER_MSEC);
	}
	CHECK_INT(calm->line->calls[0].fsm.state, LINE_CALL_CONNECTED);
	CHECK_INT(calm->party_count, 1);
	CHECK_INT(reg_is_registered(calm), true);
	// what is left of the wild ones' calls ends by itself once their agent goes
	for (unsigned int i = 0; i < 2; i++) {
		if (wild[i]->reg.link)
			leave(&w, wild[i]);
		for (unsigned int k = 0; k < LINE_CALLS_MAX; k++)
			CHECK(!line_call_is_used(&wild[i]->line->calls[k]));
	}
	teardown(&w);
}

static void tables_are_sound(void)
{
	char problem[200];
	CHECK_INT(fsm_check(&line_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&line_call_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&mail_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&line_test_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&line_errand_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&reg_table, problem, sizeof(problem)), 0);
}

// Raw bytes, in pieces as large as the network likes.
static void feed_bytes(struct world *w, struct device *d, const uint8_t *bytes, size_t len, size_t piece)
{
	static uint8_t held[1 << 16];
	size_t have = 0;
	for (size_t at = 0; at < len && d->reg.link; at += piece) {
		size_t n = piece < len - at ? piece : len - at;
		REQUIRE(have + n <= sizeof(held));
		memcpy(held + have, bytes + at, n);
		have += n;
		long used = d->reg.link->user->input(d, held, have, w->now);
		REQUIRE(used >= 0 && (size_t)used <= have);
		memmove(held, held + used, have - (size_t)used);
		have -= (size_t)used;
	}
	CHECK_INT(have, 0);
}

// Every message that agents send to a telephone, its body of every length from nothing to more than it has: counted or
// obeyed, and the connection lives.
static void every_length(void)
{
	static uint8_t pdu[SCCP_PDU_MAX + 64];
	struct world w;
	setup(&w, yaml, 20);
	struct device *d = core_device(&w.core, "E1"), *calm = core_device(&w.core, "L2");
	say_state(&w, calm, SCCP_CALL_STATE_CONNECTED, 9);
	for (unsigned int k = 0; k < 256; k++) {
		const struct sccp_msg_info *info = sccp_msg_at(k);
		struct sccp_msg m;
		if (!info || info->direction != SCCP_TO_STATION || info->id == SCCP_RESET ||
		    info->id == SCCP_REGISTER_REJECT)
			continue;
		sccp_init(&m, info->id);
		memset(pdu, 0, sizeof(pdu));
		int len = sccp_encode(&m, 20, pdu, SCCP_PDU_MAX);
		REQUIRE(len > 0);
		for (uint32_t body = 4; body <= (uint32_t)len + 8; body += body < 200 ? 1 : 61) {
			memset(pdu + 12, (int)draw(&w, 256), (size_t)len);
			memcpy(pdu, &body, 4);
			feed_bytes(&w, d, pdu, body + 8, body + 8);
			pump(&w);
			REQUIRE(d->reg.link != NULL);
		}
		advance(&w, 100 * NSEC_PER_MSEC);
	}
	CHECK_INT(calm->line->calls[0].fsm.state, LINE_CALL_CONNECTED);
	CHECK_STR(reg_state_name(d->reg.fsm.state), "in-service");
	CHECK(d->counts.value[COUNT_pdu_length] > 100);
	teardown(&w);
}

// A whole call, cut at every byte, glued together, and in pieces of every size.
static void any_pieces(void)
{
	static const uint32_t states[] = {SCCP_CALL_STATE_RING_IN, SCCP_CALL_STATE_CONNECTED,
					  SCCP_CALL_STATE_HOLD, SCCP_CALL_STATE_CONNECTED,
					  SCCP_CALL_STATE_ON_HOOK};
	static uint8_t bytes[4096];
	struct world w;
	struct sccp_msg m;
	size_t len = 0;
	setup(&w, yaml, 20);
	struct device *d = core_device(&w.core, "E1");
	for (unsigned int i = 0; i < 5; i++) {
		sccp_init(&m, SCCP_CALL_STATE);
		m.call_state.call_state = states[i];
		m.call_state.call_reference = 5;
		len += (size_t)sccp_encode(&m, 20, bytes + len, sizeof(bytes) - len);
		sccp_init(&m, SCCP_DISPLAY_PROMPT_STATUS_V2);
		strcpy(m.display_prompt_status_v2.prompt_status, "words");
		len += (size_t)sccp_encode(&m, 20, bytes + len, sizeof(bytes) - len);
	}
	for (size_t piece = 1; piece <= len; piece++) {
		uint64_t before = d->counts.value[COUNT_rx_messages];
		d->line->prompt[0] = '\0';
		feed_bytes(&w, d, bytes, len, piece);
		CHECK_INT(d->counts.value[COUNT_rx_messages] - before, 10);
		CHECK_STR(d->line->prompt, "words");
		advance(&w, 3 * NSEC_PER_SEC);
		CHECK(line_call_find(d->line, 0, 5) == NULL);
	}
	CHECK_INT(d->counts.value[COUNT_line_misplaced], 0);
	teardown(&w);
}

static void next_connection(struct world *w, struct device *d)
{
	leave(w, d);
	while (d->reg.fsm.state != REG_CONNECTING)
		advance(w, NSEC_PER_SEC);
}

// Sessions that end at once, before they are up, idle, with digits to dial, with an errand and a call under way.
static void short_sessions(void)
{
	struct world w;
	setup(&w, yaml, 20);
	struct device *d = core_device(&w.core, "E1"), *other = core_device(&w.core, "L1");
	say_state(&w, other, SCCP_CALL_STATE_CONNECTED, 9);
	for (unsigned int i = 0; i < 200; i++) {
		if (i % 4 > 1)
			CHECK_INT(line_dial(d->line, "**1", w.now), 0);
		if (i % 4 > 2) {
			say_state(&w, d, SCCP_CALL_STATE_OFF_HOOK, 1);
			line_press(d->line, "5", w.now);
			say_state(&w, d, SCCP_CALL_STATE_CONNECTED, 1);
			CHECK_INT(line_transfer(d->line, "7", w.now), 0);
		}
		next_connection(&w, d);
		if (i % 4 == 1)
			next_connection(&w, d);
		say_register(&w, d);
		CHECK_INT(d->line->digits[0], 0);
		CHECK_INT(d->line->errand.fsm.state, ERRAND_IDLE);
		CHECK(line_call_find(d->line, 0, 1) == NULL);
	}
	CHECK_INT(other->line->calls[0].fsm.state, LINE_CALL_CONNECTED);
	teardown(&w);
}

T_MAIN("line_hostile", {"agent leaves", agent_leaves}, {"anything", anything}, {"every length", every_length},
       {"any pieces", any_pieces}, {"short sessions", short_sessions}, {"tables", tables_are_sound})
