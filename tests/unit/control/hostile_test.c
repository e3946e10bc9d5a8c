// SPDX-License-Identifier: GPL-3.0-or-later
// hostile_test.c - An agent that sends garbage, and calls of other devices and of its own that do not notice.
#include <stdlib.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/party.h"
#include "gw/log.h"
#include "tests/fake/agent.h"
#include "tests/fake/dp.h"
#include "tests/unit/t.h"

static const char yaml[] =
	"schema: 1\n"
	"node: {name: test}\n"
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"
	"agents: [{name: first, host: 192.0.2.1}]\n"
	"agent-groups: [{name: main, agents: [first]}]\n"
	"profiles: [{name: b, kind: conference-bridge, codecs: [pcmu, pcma, g722], sessions: 50, "
	"participants: 8}]\n"
	"devices: [{name: CFB1, profile: b, group: main}, {name: CFB2, profile: b, group: main}]\n";

struct world {
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	nsec_t now;
	uint64_t random;
};

static uint32_t draw(struct world *w)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(w->random >> 33);
}

static void pump(struct world *w)
{
	while (fake_dp_deliver(&w->dp, &w->core.dp, w->now))
		continue;
}

// Input in pieces, as TCP cuts it. Like a driver, it ends a connection whose framing is lost.
static void deliver(struct world *w, struct device *d, const uint8_t *bytes, size_t len, size_t piece)
{
	struct link *l = d->reg.link;
	size_t done = 0;
	size_t seen = 0;
	while (l && !l->ended && seen < len) {
		seen = seen + piece < len ? seen + piece : len;
		long n = l->user->input(l->object, bytes + done, seen - done, w->now);
		if (n < 0 && !l->ended) {
			l->ended = true;
			l->user->down(l->object, "framing lost", w->now);
		}
		done += n > 0 ? (size_t)n : 0;
	}
	pump(w);
}

static void say(struct world *w, struct device *d, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, 18, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	deliver(w, d, pdu, (size_t)len, (size_t)len);
}

static void advance(struct world *w, nsec_t by)
{
	nsec_t until = w->now + by;
	nsec_t due;
	while ((due = timer_next(&w->core.timers)) <= until) {
		w->now = due > w->now ? due : w->now;
		timer_run(&w->core.timers, w->now);
		pump(w);
	}
	w->now = until;
}

static void register_device(struct world *w, struct device *d)
{
	struct sccp_msg m;
	struct addr local;
	for (int i = 0; i < 100 && !(d->reg.link && !d->reg.link->up); i++)
		advance(w, NSEC_PER_SEC);
	REQUIRE(d->reg.link && !d->reg.link->up);
	addr_parse("192.0.2.77", &local);
	d->reg.link->up = true;
	d->reg.link->user->up(d, &local, w->now);
	sccp_init(&m, SCCP_REGISTER_ACK);
	m.register_ack.keep_alive_interval = 30;
	m.register_ack.protocol_version = 18;
	say(w, d, &m);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	say(w, d, &m);
	CHECK_STR(reg_state_name(d->reg.fsm.state), "in-service");
}

static void open_party(struct world *w, struct device *d, uint32_t conference, uint32_t party)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = conference;
	m.open_receive_channel.pass_through_party_id = party;
	m.open_receive_channel.call_reference = party;
	m.open_receive_channel.packet_ms = 20;
	m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
	say(w, d, &m);
}

static void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){.now = NSEC_PER_SEC, .random = seed};
	log_set_level(LOG_LEVEL_ERROR);
	REQUIRE(config_load_text(yaml, sizeof(yaml) - 1, "test", stderr, &w->config) == 0);
	fake_agent_init(&w->agents);
	w->agents.discard = true;
	fake_dp_init(&w->dp);
	w->dp.connected = true;
	struct core_options o = {.config = w->config,
				 .links = fake_agent_driver(&w->agents),
				 .dataplane = {.context = &w->dp, .send = fake_dp_send},
				 .epoch = 1,
				 .seed = seed};
	REQUIRE(core_init(&w->core, &o) == 0);
	dp_connected(&w->core.dp, w->now);
	pump(w);
	core_start(&w->core, w->now);
	register_device(w, w->core.devices[0]);
	register_device(w, w->core.devices[1]);
	open_party(w, w->core.devices[1], 1, 1);
	open_party(w, w->core.devices[1], 1, 2);
}

static void world_fini(struct world *w)
{
	core_fini(&w->core);
	config_free(w->config);
	fake_agent_fini(&w->agents);
	fake_dp_fini(&w->dp);
}

// What is true after whatever came: the bystander's call runs, and the model's counts agree with each other.
static void check_sane(struct world *w)
{
	struct device *d = w->core.devices[1];
	CHECK_INT(d->party_count, 2);
	CHECK_STR(reg_state_name(d->reg.fsm.state), "in-service");
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	CHECK_STR(party_state_name(p->fsm.state), "open");
	unsigned int parties = 0;
	for (unsigned int i = 0; i < w->core.device_count; i++) {
		struct device *e = w->core.devices[i];
		CHECK_INT(list_length(&e->party_list), e->party_count);
		CHECK_INT(list_length(&e->conference_list), e->conference_count);
		CHECK(list_empty(&e->closing));
		CHECK(e->conference_count <= e->profile->sessions);
		parties += e->party_count;
	}
	CHECK_INT(fake_dp_streams(&w->dp), parties);
}

// Ids from a small set, so that they meet; now and then one from anywhere.
static uint32_t hostile_number(struct world *w)
{
	static const uint32_t odd[] = {0,  1,   2,   3,          4,          5,          20,
				       30, 100, 101, 0x7fffffff, 0x80000000, UINT32_MAX, 65535};
	return draw(w) % 8 ? odd[draw(w) % (sizeof(odd) / sizeof(odd[0]))] : draw(w);
}

static void well_formed_nonsense(void)
{
	struct world w;
	world_init(&w, 42);
	struct device *d = w.core.devices[0];
	static const uint32_t ids[] = {0x105, 0x106, 0x8a,  0x8b,  0x14b, 0x14c, 0x137, 0x138, 0x139, 0x13a,
				       0x13b, 0x13c, 0x13d, 0x13e, 0x32,  0x107, 0x129, 0x12c, 0x150, 0x9b,
				       0x81,  0x98,  0x100, 0x131, 0x132, 0x101, 0x118, 0x15a, 0x20,  0x9d};
	for (int i = 0; i < 20000; i++) {
		uint8_t pdu[512] = {0};
		uint32_t body = draw(&w) % 3 ? 140 : draw(&w) % 480;
		uint32_t length = body + 4;
		uint32_t id = ids[draw(&w) % (sizeof(ids) / sizeof(ids[0]))];
		memcpy(pdu, &length, 4);
		pdu[4] = (uint8_t[]){0, 0, 11, 17, 18, 22, 255}[draw(&w) % 7];
		memcpy(pdu + 8, &id, 4);
		for (uint32_t at = 12; at + 4 <= 12 + body; at += 4) {
			uint32_t v = draw(&w) % 2 ? hostile_number(&w) : 0;
			memcpy(pdu + at, &v, 4);
		}
		if (draw(&w) % 4 == 0 && body >= 16) { // media that would be fine
			uint32_t good[] = {hostile_number(&w) % 6, hostile_number(&w) % 6, 20, 4};
			memcpy(pdu + 12, good, sizeof(good));
			memset(pdu + 40, 0, 48);
		}
		deliver(&w, d, pdu, 12 + body, 1 + draw(&w) % 600);
		if (!reg_is_registered(d))
			register_device(&w, d);
	}
	advance(&w, 5 * NSEC_PER_SEC);
	check_sane(&w);
	CHECK(d->counts.value[COUNT_open_requests] > 100);
	CHECK(d->counts.value[COUNT_open_failed] > 10);
	CHECK(d->counts.value[COUNT_pdu_length] > 10);
	CHECK(d->counts.value[COUNT_pdu_unexpected] > 10);
	CHECK(d->counts.value[COUNT_pdu_unknown] + d->counts.value[COUNT_pdu_unsupported] > 10);
	world_fini(&w);
}

static void garbage_bytes(void)
{
	struct world w;
	world_init(&w, 7);
	struct device *d = w.core.devices[0];
	for (int i = 0; i < 500; i++) {
		uint8_t bytes[300];
		for (size_t n = 0; n < sizeof(bytes); n++)
			bytes[n] = draw(&w) % 3 ? (uint8_t)draw(&w) : 0;
		if (draw(&w) % 2) { // a length that is believed
			bytes[1] = bytes[2] = bytes[3] = 0;
		}
		deliver(&w, d, bytes, sizeof(bytes), 1 + draw(&w) % 40);
		if (w.agents.link_count > FAKE_AGENT_LINKS - 4)
			break;
		if (d->reg.link && reg_is_registered(d)) { // half a message may be left: a new connection
			d->reg.link->ended = true;
			d->reg.link->user->down(d, "test", w.now);
		}
		register_device(&w, d);
	}
	check_sane(&w);
	CHECK(d->counts.value[COUNT_pdu_framing] + d->counts.value[COUNT_pdu_length] > 10);
	world_fini(&w);
}

// One byte at a time, and two and a half messages in one piece.
static void any_cut(void)
{
	for (size_t piece = 1; piece < 200; piece += 7) {
		struct world w;
		uint8_t bytes[2048];
		struct sccp_msg m;
		size_t len = 0;
		world_init(&w, piece);
		for (uint32_t party = 1; party <= 5; party++) {
			sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
			m.open_receive_channel.conference_id = 9;
			m.open_receive_channel.pass_through_party_id = party;
			m.open_receive_channel.packet_ms = 20;
			m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
			len += (size_t)sccp_encode(&m, 18, bytes + len, sizeof(bytes) - len);
		}
		deliver(&w, w.core.devices[0], bytes, len, piece);
		CHECK_INT(w.core.devices[0]->party_count, 5);
		check_sane(&w);
		world_fini(&w);
	}
}

static void tables_hold_together(void)
{
	char problem[200];
	CHECK_INT(fsm_check(&reg_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&party_table, problem, sizeof(problem)), 0);
	CHECK_INT(fsm_check(&confer_table, problem, sizeof(problem)), 0);
}

T_MAIN("hostile", {"well-formed nonsense", well_formed_nonsense}, {"garbage bytes", garbage_bytes},
       {"any cut", any_cut}, {"tables hold together", tables_hold_together})
