// SPDX-License-Identifier: GPL-3.0-or-later
// line_frames_test.c - Single messages of CallManager 3 and 4 to a telephone, and CallManager's words to a router's bridge.
//
// The old CallManagers' messages are stored one by one, some without their last bytes: those are taken as if the sender
// had ended there. They answer what our line asks, ring it, and give it media. The bridge's agent is played to a bridge of
// ours, and to a line: it must not mind an agent that answers none of its questions.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/device.h"
#include "control/line.h"
#include "gw/log.h"
#include "tests/fake/core.h"
#include "tests/unit/capture.h"
#include "tests/unit/t.h"

#define RING_CALL 0x0100001f
#define NEW_CALL  0x0100001a

struct world {
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	struct device *device;
	json_t *root;
	nsec_t now;
};

static const char yaml[] =
	"schema: 1\n"
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"
	"agents: [{name: a, host: 192.0.2.1, version: 3}, {name: b, host: 192.0.2.2, version: 18}]\n"
	"agent-groups: [{name: g, agents: [a]}, {name: h, agents: [b]}]\n"
	"profiles: [{name: p, kind: line, codecs: [pcmu, pcma]}, {name: q, kind: conference-bridge, codecs: "
	"[pcmu]}]\n"
	"devices: [{name: NONSECURE_CONF, profile: q, group: h}]\n"
	"lines: [{name: OLD, type: 7960, profile: p, group: g, answer: never}, {name: ROUTER, profile: p, "
	"group: h}]\n";

static void pump(struct world *w)
{
	while (fake_dp_deliver(&w->dp, &w->core.dp, w->now))
		continue;
}

static void advance(struct world *w, nsec_t by)
{
	nsec_t until = w->now + by, due;
	while ((due = timer_next(&w->core.timers)) <= until) {
		w->now = due > w->now ? due : w->now;
		timer_run(&w->core.timers, w->now);
		pump(w);
	}
	w->now = until;
}

static void setup(struct world *w, const char *device)
{
	struct addr local;
	*w = (struct world){.now = NSEC_PER_SEC};
	log_set_level(LOG_LEVEL_ERROR);
	REQUIRE(config_load_text(yaml, strlen(yaml), "test", stderr, &w->config) == 0);
	REQUIRE(fake_core_init(&w->core, &w->agents, &w->dp, w->config, w->now) == 0);
	w->device = core_device(&w->core, device);
	reg_start(w->device, w->now);
	addr_parse("192.0.2.77", &local);
	w->device->reg.link->up = true;
	w->device->reg.link->user->up(w->device, &local, w->now);
}

static void teardown(struct world *w)
{
	core_fini(&w->core);
	config_free(w->config);
	fake_agent_fini(&w->agents);
	fake_dp_fini(&w->dp);
	json_decref(w->root);
}

static void deliver(struct world *w, const uint8_t *pdu, size_t len)
{
	REQUIRE(w->device->reg.link != NULL);
	CHECK_INT(w->device->reg.link->user->input(w->device, pdu, len, w->now), (long)len);
	pump(w);
}

static void say(struct world *w, uint32_t id)
{
	uint8_t pdu[SCCP_PDU_MAX];
	struct sccp_msg m;
	sccp_init(&m, id);
	if (id == SCCP_REGISTER_ACK) {
		m.register_ack.protocol_version = 3;
		m.register_ack.keep_alive_interval = 30;
	}
	int len = sccp_encode(&m, 3, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	deliver(w, pdu, (size_t)len);
}

// What nobody may have to count.
static void check_counts(const struct device *d)
{
	static const enum count counts[] = {
		COUNT_pdu_unknown,  COUNT_pdu_unsupported, COUNT_pdu_unexpected, COUNT_pdu_length,
		COUNT_pdu_value,    COUNT_pdu_framing,     COUNT_line_misplaced, COUNT_line_failed,
		COUNT_line_crowded, COUNT_open_failed,     COUNT_start_failed,   COUNT_line_leftovers};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (d->counts.value[counts[i]])
			printf("%s: %s is %u\n", d->name, count_table[counts[i]].name,
			       (unsigned int)d->counts.value[counts[i]]);
		CHECK_INT(d->counts.value[counts[i]], 0);
	}
}

// ---- single messages ----

static size_t unhex(const char *hex, uint8_t *ret, size_t cap)
{
	size_t n = 0;
	unsigned int byte;
	for (; n < cap && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		ret[n++] = (uint8_t)byte;
	return n;
}

// Plays what of a group the agent says to a device: some are the telephone's own. A blob may hold several messages.
static unsigned int play(struct world *w, const char *group, const char *only)
{
	static uint8_t bytes[16384];
	unsigned int played = 0;
	const char *key;
	json_t *hex;
	json_object_foreach(json_object_get(w->root, group), key, hex)
	{
		if (only && strcmp(key, only) != 0)
			continue;
		size_t len = unhex(json_string_value(hex), bytes, sizeof(bytes)), at = 0;
		while (len - at >= 12) {
			uint32_t body = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16;
			size_t whole = body + 8;
			if (whole > len - at) { // cut when it was stored
				whole = len - at;
				bytes[at] = (uint8_t)(whole - 8);
				bytes[at + 1] = (uint8_t)((whole - 8) >> 8);
			}
			uint32_t id = bytes[at + 8] | bytes[at + 9] << 8;
			const struct sccp_msg_info *info = sccp_msg_info(id);
			REQUIRE(info != NULL);
			if (info->direction == SCCP_TO_STATION) {
				deliver(w, bytes + at, whole);
				played++;
			}
			at += whole;
		}
	}
	CHECK(played > 0);
	return played;
}

static bool open_root(struct world *w, const char *device)
{
	json_t *root = json_load_file(capture_path("pyskinny_cucm_frames.json"), 0, NULL);
	if (!root)
		return false;
	setup(w, device);
	w->root = root;
	return true;
}

// A telephone of CallManager 3.1 and 3.3: its questions are answered by what those said.
static void registers(const char *group, const char *number, unsigned int keys, unsigned int lines)
{
	static const char *const answers[] = {"softkey_template", NULL, "button_template", "config_stat",
					      "line_stat"};
	struct world w;
	if (!open_root(&w, "OLD"))
		SKIP("no captures: set SLIMLINE_SHARED");
	struct line *l = w.device->line;
	say(&w, SCCP_REGISTER_ACK);
	say(&w, SCCP_CAPABILITIES_REQ);
	for (unsigned int i = 0; i < 5; i++) {
		if (answers[i])
			play(&w, group, answers[i]);
		else
			say(&w, SCCP_SOFT_KEY_SET_RES);
	}
	advance(&w, 20 * NSEC_PER_SEC); // other lines, forwarding, speed dials: nothing is stored of them
	play(&w, group, "time_date");
	play(&w, group, "select_softkeys");
	play(&w, group, "display");
	CHECK_STR(line_state_name(l->fsm.state), "ready");
	CHECK_STR(l->buttons[0].number, number);
	CHECK_INT(l->key_count, keys);
	CHECK_INT(l->button_count, lines);
	CHECK_STR(l->prompt, "Your current options");
	check_counts(w.device);
	printf("%s: %u keys, %u lines, %u speed dials, %u unanswered\n", group, l->key_count, l->button_count,
	       l->speed_dials, l->unanswered);
	reg_stop(w.device, w.now);
	advance(&w, 3 * NSEC_PER_SEC); // it never acknowledges
	CHECK_STR(reg_state_name(w.device->reg.fsm.state), "idle");
	teardown(&w);
}

static void callmanager_31(void)
{
	registers("cm31_reg", "1003", 18, 2);
}

static void callmanager_33(void)
{
	registers("cm33_reg", "1003", 16, 2);
}

// CallManager 4: idle, a new call, one that rings, is answered, and gets its media.
static void callmanager_4(void)
{
	struct world w;
	if (!open_root(&w, "OLD"))
		SKIP("no captures: set SLIMLINE_SHARED");
	struct line *l = w.device->line;
	say(&w, SCCP_REGISTER_ACK);
	say(&w, SCCP_CAPABILITIES_REQ);
	unsigned int played = play(&w, "cm_cap_assets", NULL);
	advance(&w, 20 * NSEC_PER_SEC);
	played += play(&w, "cm_cap_reg_idle", NULL) + play(&w, "cm_cap_reg_ready", NULL);
	CHECK_STR(line_state_name(l->fsm.state), "ready");
	CHECK_STR(l->prompt, "your-current-options");
	// the user lifts the handset, hears the tone, and lets it be
	CHECK_INT(line_off_hook(l, w.now), 0);
	played += play(&w, "cm_cap_new_call", NULL);
	struct line_call *c = line_call_find(l, 0, NEW_CALL);
	REQUIRE(c != NULL);
	CHECK_STR(line_call_state_name(c->fsm.state), "dialing");
	CHECK_STR(c->prompt, "enter-number");
	CHECK_INT(l->tone, SCCP_TONE_INSIDE_DIAL_TONE);
	CHECK_INT(line_lamp(l, SCCP_STIMULUS_LINE, 1), SCCP_LAMP_ON);
	CHECK_INT(line_hang_up(l, w.now), 0);
	advance(&w, 6 * NSEC_PER_SEC); // nothing is stored of its end
	CHECK(line_call_find(l, 0, NEW_CALL) == NULL);
	// it rings
	played += play(&w, "cm_call_ring", NULL);
	c = line_call_find(l, 0, RING_CALL);
	REQUIRE(c != NULL);
	CHECK_STR(line_call_state_name(c->fsm.state), "ringing");
	CHECK_STR(c->prompt, "from1003");
	CHECK_STR(line_notice(l, w.now), "from1003");
	CHECK_INT(l->ringer, SCCP_RING_MODE_INSIDE_RING);
	CHECK_INT(line_lamp(l, SCCP_STIMULUS_LINE, 1), SCCP_LAMP_BLINK);
	CHECK_INT(line_answer(l, w.now), 0);
	played += play(&w, "cm_call_answer", NULL) + play(&w, "cm_call_open_rx", NULL) +
		  play(&w, "cm_call_media", NULL);
	CHECK_STR(line_call_state_name(c->fsm.state), "connected");
	CHECK_INT(l->ringer, SCCP_RING_MODE_RING_OFF);
	CHECK_INT(w.device->counts.value[COUNT_open_ok], 1);
	CHECK_INT(w.device->counts.value[COUNT_start_ok], 1);
	CHECK_INT(fake_dp_streams(&w.dp), 1);
	check_counts(w.device);
	// hung up; the agent's words about that are not stored: the media close all the same
	CHECK_INT(line_hang_up(l, w.now), 0);
	advance(&w, 6 * NSEC_PER_SEC);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	CHECK(line_call_find(l, 0, RING_CALL) == NULL);
	printf("CallManager 4: %u messages\n", played);
	teardown(&w);
}

// ---- the router's agent ----

static void play_agent(const struct capture_pdu *p, void *arg)
{
	struct world *w = arg;
	if (!p->to_agent)
		deliver(w, p->pdu, p->len);
}

static bool router(struct world *w, const char *device)
{
	size_t left;
	setup(w, device);
	bool there = capture_play("ndpi_sccp_hw_conf_register.pcapng", play_agent, w, &left);
	if (!there)
		teardown(w);
	return there;
}

static void bridge(void)
{
	struct world w;
	if (!router(&w, "NONSECURE_CONF"))
		SKIP("no captures: set SLIMLINE_SHARED");
	CHECK_STR(reg_state_name(w.device->reg.fsm.state), "in-service");
	CHECK_INT(w.device->reg.version, 18);
	CHECK_INT(w.device->reg.keepalive_ms, 30000);
	check_counts(w.device);
	teardown(&w);
}

static void line_of_the_router(void)
{
	struct world w;
	if (!router(&w, "ROUTER"))
		SKIP("no captures: set SLIMLINE_SHARED");
	advance(&w, 20 * NSEC_PER_SEC);
	CHECK_STR(reg_state_name(w.device->reg.fsm.state), "in-service");
	CHECK_STR(line_state_name(w.device->line->fsm.state), "ready");
	CHECK_INT(w.device->line->unanswered, 7);
	check_counts(w.device);
	teardown(&w);
}

T_MAIN("line_frames", {"CallManager 3.1", callmanager_31}, {"CallManager 3.3", callmanager_33},
       {"CallManager 4", callmanager_4}, {"bridge", bridge}, {"line of the router", line_of_the_router})
