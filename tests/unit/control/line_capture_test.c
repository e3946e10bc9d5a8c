// SPDX-License-Identifier: GPL-3.0-or-later
// line_capture_test.c - Real call agents' side of captured calls, played to our telephones.
//
// Of a capture the agent's messages are taken as they are, and of the device's only what its user did: number dialled,
// handset lifted and replaced. What a line asks is answered by the captured answer, the rest comes in the captured
// order and at the captured times. The line must register, ask, dial, get its media, hang up and leave, and nothing the
// agent says may be unknown or out of place.
#include <stdio.h>
#include <stdlib.h>

#include "control/device.h"
#include "control/line.h"
#include "gw/log.h"
#include "tests/fake/core.h"
#include "tests/unit/capture.h"
#include "tests/unit/t.h"

#define PDUS_MAX   2048
#define PHONES_MAX 4

struct item {
	uint8_t *pdu;
	size_t len;
	uint32_t id;
	bool to_agent, done;
	unsigned int phone;
	nsec_t at;
};

struct phone {
	uint16_t port;
	char name[17];
	unsigned int version;
	char number[32];
	size_t first_call; // item of its OffHook
	struct device *device;
};

struct world {
	struct item items[PDUS_MAX];
	size_t count;
	struct phone phones[PHONES_MAX];
	unsigned int phone_count;
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	nsec_t now;
};

// ---- the capture ----

static unsigned int phone_of(struct world *w, uint16_t port)
{
	for (unsigned int i = 0; i < w->phone_count; i++)
		if (w->phones[i].port == port)
			return i;
	REQUIRE(w->phone_count < PHONES_MAX);
	w->phones[w->phone_count].port = port;
	return w->phone_count++;
}

static void note(struct phone *p, const struct sccp_msg *m, size_t item)
{
	size_t n = strlen(p->number);
	if (m->id == SCCP_REGISTER) {
		snprintf(p->name, sizeof(p->name), "%s", m->register_req.station_device_name);
		p->version = m->register_req.protocol_version;
	} else if (m->id == SCCP_OFF_HOOK && !p->first_call) {
		p->first_call = item;
	} else if (m->id == SCCP_KEYPAD_BUTTON && m->keypad_button.button <= 9 && n + 1 < sizeof(p->number)) {
		p->number[n] = (char)('0' + m->keypad_button.button);
		p->number[n + 1] = '\0';
	}
}

static void collect(const struct capture_pdu *c, void *arg)
{
	struct world *w = arg;
	struct sccp_msg m;
	REQUIRE(w->count < PDUS_MAX);
	struct item *i = &w->items[w->count];
	i->phone = phone_of(w, c->device_port);
	i->pdu = malloc(c->len);
	memcpy(i->pdu, c->pdu, c->len);
	i->len = c->len;
	i->to_agent = c->to_agent;
	i->at = c->at;
	sccp_decode(c->pdu, c->len, w->phones[i->phone].version, &m);
	i->id = m.id;
	if (c->to_agent)
		note(&w->phones[i->phone], &m, w->count);
	w->count++;
}

// ---- the world ----

static void pump(struct world *w)
{
	while (fake_dp_deliver(&w->dp, &w->core.dp, w->now))
		continue;
}

static void advance(struct world *w, nsec_t until)
{
	nsec_t due;
	while ((due = timer_next(&w->core.timers)) <= until) {
		w->now = due > w->now ? due : w->now;
		timer_run(&w->core.timers, w->now);
		pump(w);
	}
	w->now = until > w->now ? until : w->now;
}

static void deliver(struct world *w, struct item *i)
{
	struct device *d = w->phones[i->phone].device;
	i->done = true;
	if (!d->reg.link)
		return;
	CHECK_INT(d->reg.link->user->input(d, i->pdu, i->len, w->now), i->len);
	pump(w);
}

static void build(struct world *w)
{
	static char yaml[4096];
	int n = snprintf(yaml, sizeof(yaml),
			 "schema: 1\n"
			 "dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: "
			 "[192.0.2.10/24]}]}\n"
			 "agents: [{name: a, host: 192.0.2.1}]\n"
			 "agent-groups: [{name: g, agents: [a]}]\n"
			 "profiles: [{name: p, kind: line, codecs: [pcmu, pcma]}]\n"
			 "lines:\n");
	for (unsigned int i = 0; i < w->phone_count; i++)
		n += snprintf(yaml + n, sizeof(yaml) - (size_t)n,
			      "  - {name: %s, profile: p, group: g, version: %u, action: room, room: r}\n",
			      w->phones[i].name, w->phones[i].version);
	REQUIRE(config_load_text(yaml, strlen(yaml), "capture", stderr, &w->config) == 0);
	w->now = NSEC_PER_SEC;
	REQUIRE(fake_core_init(&w->core, &w->agents, &w->dp, w->config, w->now) == 0);
	for (unsigned int i = 0; i < w->phone_count; i++)
		w->phones[i].device = core_device(&w->core, w->phones[i].name);
}

// ---- registration ----

static const uint32_t pairs[][3] = {
	{SCCP_REGISTER, SCCP_REGISTER_ACK, 0},
	{SCCP_SOFT_KEY_TEMPLATE_REQ, SCCP_SOFT_KEY_TEMPLATE_RES, 0},
	{SCCP_SOFT_KEY_SET_REQ, SCCP_SOFT_KEY_SET_RES, 0},
	{SCCP_BUTTON_TEMPLATE_REQ, SCCP_BUTTON_TEMPLATE_RES, 0},
	{SCCP_CONFIG_STAT_REQ, SCCP_CONFIG_STAT_RES, SCCP_CONFIG_STAT_V2_RES},
	{SCCP_LINE_STAT_REQ, SCCP_LINE_STAT_RES, SCCP_LINE_STAT_V2_RES},
	{SCCP_FORWARD_STAT_REQ, SCCP_FORWARD_STAT_RES, 0},
	{SCCP_SPEED_DIAL_STAT_REQ, SCCP_SPEED_DIAL_STAT_RES, SCCP_SPEED_DIAL_STAT_V2_RES},
	{SCCP_TIME_DATE_REQ, SCCP_TIME_DATE_RES, 0},
};

static bool is_answer(uint32_t id)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i][1] == id || (pairs[i][2] && pairs[i][2] == id))
			return true;
	return false;
}

// Delivers the captured answer to a question, and before it whatever the agent had said unasked.
static void answer(struct world *w, unsigned int phone, uint32_t question)
{
	for (size_t p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
		if (pairs[p][0] != question)
			continue;
		for (size_t i = 0; i < w->phones[phone].first_call; i++) {
			struct item *it = &w->items[i];
			if (it->phone != phone || it->to_agent || it->done)
				continue;
			bool fits = it->id == pairs[p][1] || (pairs[p][2] && it->id == pairs[p][2]);
			if (fits || !is_answer(it->id))
				deliver(w, it);
			if (fits)
				return;
		}
	}
}

static void register_phone(struct world *w, unsigned int phone)
{
	struct device *d = w->phones[phone].device;
	static struct fake_sent s;
	struct addr local;
	addr_parse("192.0.2.77", &local);
	reg_start(d, w->now);
	d->reg.link->up = true;
	d->reg.link->user->up(d, &local, w->now);
	for (int i = 0; i < 40 && d->line->fsm.state != LINE_READY; i++) {
		while (fake_agent_take(&w->agents, d, &s)) {
			struct sccp_msg m;
			REQUIRE(sccp_decode(s.pdu, s.len, d->reg.version, &m) >= 0);
			answer(w, phone, m.id);
		}
		advance(w, w->now + 500 * NSEC_PER_MSEC);
	}
	CHECK_STR(line_state_name(d->line->fsm.state), "ready");
	CHECK(d->line->buttons[0].number[0] != '\0');
}

// ---- the call ----

static void user_did(struct world *w, const struct item *i)
{
	struct phone *p = &w->phones[i->phone];
	switch (i->id) {
	case SCCP_OFF_HOOK:
		CHECK_INT(line_dial(p->device->line, p->number, w->now), 0);
		break;
	case SCCP_KEYPAD_BUTTON: // ours may take their time
		advance(w, w->now + 100 * NSEC_PER_MSEC);
		break;
	case SCCP_ON_HOOK:
		CHECK_INT(p->device->line->calls[0].connected != 0, 1);
		CHECK_INT(line_hang_up(p->device->line, w->now), 0);
		break;
	case SCCP_UNREGISTER:
		reg_stop(p->device, w->now);
		break;
	default:
		break;
	}
	pump(w);
}

static void play_calls(struct world *w)
{
	nsec_t shift = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct item *it = &w->items[i];
		if (it->done || i < w->phones[it->phone].first_call)
			continue;
		if (!shift)
			shift = w->now - it->at;
		if (it->at + shift > w->now)
			advance(w, it->at + shift);
		if (it->to_agent)
			user_did(w, it);
		else
			deliver(w, it);
	}
	advance(w, w->now + 10 * NSEC_PER_SEC);
}

static uint64_t count_of(const struct device *d, enum count c)
{
	return d->counts.value[c];
}

static void judge(struct world *w, const struct phone *p)
{
	struct device *d = p->device;
	CHECK_INT(count_of(d, COUNT_registered), 1);
	CHECK_INT(count_of(d, COUNT_line_calls), 1);
	CHECK_INT(count_of(d, COUNT_open_ok), 1);
	CHECK_INT(count_of(d, COUNT_start_ok), 1);
	CHECK_INT(count_of(d, COUNT_open_failed) + count_of(d, COUNT_start_failed), 0);
	CHECK_INT(count_of(d, COUNT_line_failed), 0);
	CHECK_INT(count_of(d, COUNT_line_misplaced), 0);
	CHECK_INT(count_of(d, COUNT_pdu_unknown), 0);
	CHECK_INT(count_of(d, COUNT_pdu_unsupported), 0);
	CHECK_INT(count_of(d, COUNT_pdu_unexpected), 0);
	CHECK_INT(count_of(d, COUNT_pdu_length) + count_of(d, COUNT_pdu_value), 0);
	CHECK_INT(d->party_count, 0);
	CHECK_STR(reg_state_name(d->reg.fsm.state), "idle");
	printf("%s: version %u, %u questions unanswered, dialled %s, left over %u\n", p->name, p->version,
	       d->line->unanswered, p->number, (unsigned int)count_of(d, COUNT_line_leftovers));
}

static void play(const char *name, unsigned int phones)
{
	static struct world w;
	size_t left;
	w = (struct world){0};
	log_set_level(LOG_LEVEL_ERROR);
	if (!capture_play(name, collect, &w, &left))
		SKIP("no captures: set SLIMLINE_SHARED");
	CHECK_INT(w.phone_count, phones);
	build(&w);
	for (unsigned int i = 0; i < w.phone_count; i++)
		register_phone(&w, i);
	play_calls(&w);
	for (unsigned int i = 0; i < w.phone_count; i++)
		judge(&w, &w.phones[i]);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	core_fini(&w.core);
	config_free(w.config);
	fake_agent_fini(&w.agents);
	fake_dp_fini(&w.dp);
	for (size_t i = 0; i < w.count; i++)
		free(w.items[i].pdu);
}

static void chansccp_v3(void)
{
	play("chansccp-echo-v3.pcap", 1);
}

static void chansccp_v20(void)
{
	play("chansccp-echo-v20.pcap", 1);
}

static void chansccp_v22(void)
{
	play("chansccp-echo-v22.pcap", 1);
}

static void skinny_v17(void)
{
	play("skinny-echo-v17.pcap", 1);
}

static void skinny_conference(void)
{
	play("skinny-conf3.pcap", 3);
}

T_MAIN("line_capture", {"chansccp_v3", chansccp_v3}, {"chansccp_v20", chansccp_v20},
       {"chansccp_v22", chansccp_v22}, {"skinny_v17", skinny_v17}, {"skinny_conference", skinny_conference})
