// SPDX-License-Identifier: GPL-3.0-or-later
// statistics_test.c - ConnectionStatisticsRes: each field is the dataplane's figure, in the layout of each version.
//
// The bytes are read here by their offsets, not by our own decoder. Streams of a call add up over hold and resume, and an
// agent may ask before, while and after they close.
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "gw/log.h"
#include "tests/fake/core.h"
#include "tests/unit/t.h"

#define CALL 0x11223344

struct world {
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	struct device *device;
	unsigned int version;
	nsec_t now;
};

static void pump(struct world *w)
{
	while (fake_dp_deliver(&w->dp, &w->core.dp, w->now))
		continue;
}

static void say(struct world *w, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, w->version, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	w->device->reg.link->user->input(w->device, pdu, (size_t)len, w->now);
}

static void setup(struct world *w, unsigned int version)
{
	char yaml[1024];
	struct addr local;
	struct sccp_msg m;
	*w = (struct world){.now = NSEC_PER_SEC, .version = version};
	log_set_level(LOG_LEVEL_ERROR);
	snprintf(yaml, sizeof(yaml),
		 "schema: 1\n"
		 "dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: "
		 "[192.0.2.10/24]}]}\n"
		 "agents: [{name: a, host: 192.0.2.1, version: %u}]\n"
		 "agent-groups: [{name: g, agents: [a]}]\n"
		 "profiles: [{name: p, kind: line, codecs: [pcmu], sessions: 40}]\n"
		 "lines: [{name: L, profile: p, group: g}]\n",
		 version);
	REQUIRE(config_load_text(yaml, strlen(yaml), "test", stderr, &w->config) == 0);
	REQUIRE(fake_core_init(&w->core, &w->agents, &w->dp, w->config, w->now) == 0);
	core_start(&w->core, w->now);
	w->device = w->core.devices[0];
	addr_parse("192.0.2.77", &local);
	w->device->reg.link->up = true;
	w->device->reg.link->user->up(w->device, &local, w->now);
	sccp_init(&m, SCCP_REGISTER_ACK);
	m.register_ack.protocol_version = (uint8_t)version;
	say(w, &m);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	say(w, &m);
}

static void teardown(struct world *w)
{
	core_fini(&w->core);
	config_free(w->config);
	fake_agent_fini(&w->agents);
	fake_dp_fini(&w->dp);
}

static struct fake_stream *open_stream(struct world *w, uint32_t call, uint32_t party)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = call;
	m.open_receive_channel.pass_through_party_id = party;
	m.open_receive_channel.call_reference = call;
	m.open_receive_channel.packet_ms = 20;
	m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
	say(w, &m);
	pump(w);
	struct fake_stream *s = fake_dp_party(&w->dp, party);
	REQUIRE(s != NULL);
	return s;
}

static void close_stream(struct world *w, uint32_t call, uint32_t party)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = call;
	m.close_receive_channel.pass_through_party_id = party;
	m.close_receive_channel.call_reference = call;
	say(w, &m);
}

static void ask(struct world *w, uint32_t call, uint32_t mode)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CONNECTION_STATISTICS_REQ);
	strcpy(m.connection_statistics_req.directory_num, "2001");
	m.connection_statistics_req.call_reference = call;
	m.connection_statistics_req.stats_processing_mode = mode;
	w->agents.sent_count = 0;
	say(w, &m);
}

static uint32_t word_at(const uint8_t *body, size_t at)
{
	return body[at] | body[at + 1] << 8 | body[at + 2] << 16 | (uint32_t)body[at + 3] << 24;
}

struct answer {
	uint8_t body[SCCP_PDU_MAX];
	size_t len;
	size_t figures; // offset of number_packets_sent
};

static struct answer answered(struct world *w)
{
	static struct fake_sent s;
	struct answer a = {0};
	REQUIRE(fake_agent_take(&w->agents, NULL, &s));
	REQUIRE(word_at(s.pdu, 8) == 0x0023);
	a.len = s.len - 12;
	memcpy(a.body, s.pdu + 12, a.len);
	a.figures = w->version < 18 ? 32 : w->version < 22 ? 36 : 33;
	return a;
}

static uint32_t figure(const struct answer *a, unsigned int n)
{
	return word_at(a->body, a->figures + 4 * n);
}

static const struct stream_stats sample = {
	.tx_packets = 1001,
	.tx_octets = 160160,
	.rx_packets = 1000,
	.rx_octets = 160000,
	.lost = 7,
	.jitter_ns = 3600000,
	.round_trip_ns = 41 * NSEC_PER_MSEC,
	.quality = {.mos_lq = 431, .concealed_ppm = 7100},
};

static void check_layout(unsigned int version)
{
	static const char text[] = "MLQK=4.3100;MLQKav=4.3100;CCR=0.0071;";
	struct world w;
	setup(&w, version);
	open_stream(&w, CALL, 5)->stats = sample;
	ask(&w, CALL, 1);
	pump(&w);
	struct answer a = answered(&w);
	size_t wide = version < 18 ? 24 : 28;
	CHECK_STR((char *)a.body, "2001");
	CHECK_INT(word_at(a.body, wide), CALL);
	CHECK_INT(version < 22 ? word_at(a.body, wide + 4) : a.body[wide + 4], 1);
	const uint32_t expected[] = {1001, 160160, 1000, 160000, 7, 4, 21, sizeof(text) - 1};
	for (unsigned int i = 0; i < 8; i++)
		CHECK_INT(figure(&a, i), expected[i]);
	CHECK_MEM(a.body + a.figures + 32, text, sizeof(text) - 1);
	size_t end = a.figures + 32 + (version < 22 ? 600 : sizeof(text) - 1);
	CHECK_INT(a.len, (end + 3) / 4 * 4);
	teardown(&w);
}

static void layouts(void)
{
	static const unsigned int versions[] = {3, 11, 17, 18, 20, 21, 22};
	for (unsigned int i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		check_layout(versions[i]);
}

// Figures that nobody can tell are left out of the text; huge ones stay huge.
static void unknown_figures(void)
{
	struct world w;
	setup(&w, 20);
	struct fake_stream *s = open_stream(&w, CALL, 5);
	s->stats = sample;
	s->stats.tx_octets = UINT64_C(1) << 40;
	s->stats.quality.mos_lq = s->stats.quality.concealed_ppm = STREAM_UNKNOWN;
	ask(&w, CALL, 1);
	pump(&w);
	struct answer a = answered(&w);
	CHECK_INT(figure(&a, 1), UINT32_MAX);
	CHECK_INT(figure(&a, 7), 0);
	s->stats.quality.concealed_ppm = 1000000;
	ask(&w, CALL, 1);
	pump(&w);
	a = answered(&w);
	CHECK_MEM(a.body + a.figures + 32, "CCR=1.0000;", 12);
	ask(&w, 99, 0); // no such call
	a = answered(&w);
	CHECK_INT(word_at(a.body, 28), 99);
	for (unsigned int i = 0; i < 8; i++)
		CHECK_INT(figure(&a, i), 0);
	teardown(&w);
}

// The agent asks when media are closing, when they have closed, after a second stream of the call, and clears.
static void after_the_call(void)
{
	struct world w;
	setup(&w, 20);
	open_stream(&w, CALL, 5)->stats = sample;
	w.dp.held = true;
	close_stream(&w, CALL, 5);
	ask(&w, CALL, 1);
	CHECK_INT(w.agents.sent_count, 0);
	w.dp.held = false;
	pump(&w);
	struct answer a = answered(&w);
	CHECK_INT(figure(&a, 0), 1001);
	ask(&w, CALL, 1); // closed
	a = answered(&w);
	CHECK_INT(figure(&a, 0), 1001);
	CHECK_INT(figure(&a, 4), 7);
	// held and resumed: another stream of the same call
	struct fake_stream *s = open_stream(&w, CALL, 6);
	s->stats = sample;
	s->stats.lost = 1;
	s->stats.jitter_ns = 9 * NSEC_PER_MSEC;
	ask(&w, CALL, 0);
	pump(&w);
	a = answered(&w);
	CHECK_INT(figure(&a, 0), 2002);
	CHECK_INT(figure(&a, 3), 320000);
	CHECK_INT(figure(&a, 4), 8);
	CHECK_INT(figure(&a, 5), 9);
	// cleared: what has happened since
	s->stats.tx_packets += 50;
	s->stats.rx_packets += 40;
	s->stats.lost = 0; // a late one came after all
	ask(&w, CALL, 1);
	pump(&w);
	a = answered(&w);
	CHECK_INT(figure(&a, 0), 50);
	CHECK_INT(figure(&a, 2), 40);
	CHECK_INT(figure(&a, 4), 0);
	close_stream(&w, CALL, 6);
	pump(&w);
	ask(&w, CALL, 0);
	a = answered(&w);
	CHECK_INT(figure(&a, 0), 50);
	ask(&w, CALL, 0);
	a = answered(&w);
	CHECK_INT(figure(&a, 0), 0);
	teardown(&w);
}

// Many calls, many questions: bounded, and the newest are known.
static void many(void)
{
	struct world w;
	setup(&w, 20);
	for (uint32_t i = 1; i <= 40; i++) {
		open_stream(&w, i, i)->stats.tx_packets = i;
		close_stream(&w, i, i);
		pump(&w);
	}
	ask(&w, 1, 1);
	struct answer a = answered(&w);
	CHECK_INT(figure(&a, 0), 0);
	for (uint32_t i = 25; i <= 40; i++) {
		ask(&w, i, 1);
		a = answered(&w);
		CHECK_INT(figure(&a, 0), i);
	}
	// one question after the other while the dataplane is slow: each is answered
	open_stream(&w, 50, 50)->stats.tx_packets = 9;
	w.dp.held = true;
	for (unsigned int i = 0; i < 40; i++)
		ask(&w, 50, 1);
	w.dp.held = false;
	w.agents.sent_count = 0;
	pump(&w);
	CHECK_INT(w.agents.sent_count, 16);
	// the agent goes while one is due, and the device while media close
	w.dp.held = true;
	ask(&w, 50, 1);
	struct link *l = w.device->reg.link;
	l->ended = true;
	l->user->down(w.device, "gone", w.now);
	w.dp.held = false;
	pump(&w);
	teardown(&w);
}

T_MAIN("statistics", {"layouts", layouts}, {"unknown figures", unknown_figures},
       {"after the call", after_the_call}, {"many", many})
