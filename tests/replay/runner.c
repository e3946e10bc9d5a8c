// SPDX-License-Identifier: GPL-3.0-or-later
// runner.c - Plays scenario files: fake call agent, fake dataplane, fake clock, real FSMs.
//
// One statement a line; `#` at its begin or before a space begins a comment:
//   yaml KEY ...              text of the configuration, until a line `end`; before everything else
//   device NAME               the device that agent lines are about; the first one at the start
//   start | stop | drain | undrain
//   connect [AGENT]           the connection under way comes up          refuse [AGENT]   it does not
//   hangup [AGENT]            the agent ends the connection              clog | unclog    it reads nothing
//   registered [KEY=VALUE..]  connect and the whole registration; keys of RegisterAck
//   agent: MESSAGE            the agent sends; agent/68: cuts or fills the body to 68 bytes; agent@NAME: to a certain agent
//   speak VERSION [HEADER]    layout, and header version, of what the agent sends
//   bytes HEX                 the agent sends raw bytes
//   expect: MESSAGE           the next thing the device sent
//   expect none | forget      nothing was sent; what was sent does not matter
//   time +30s | +500ms        the clock moves
//   dataplane up | down | restart | hold | release | mute | unmute | full | drain | fail TYPE ERRNO
//   event PARTY KIND [VALUE]  a stream event: first, silent, digit
//   played                    the oldest announcement has been played     unreadable [PATH]   this file cannot be read
//   kill                      the control process dies and a new one comes, without a word to anybody
//   recover [FIGURE=N ...]    the new one takes over what the old one left; figures of struct recover_result
//   forget-store              every record is lost
//   lose PARTY                its stream ends and nobody sees it     rename PARTY DEVICE   it was made for another device
//   idle PARTY TIME           its stream has received nothing for so long
//   line ACT [ARG]            the user of a line, by gw/line_act.def; ... but ERROR when it must fail
//   check WHAT ARGS           see checks[] of check.c
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "gw/log.h"
#include "tests/replay/lines.h"
#include "tests/replay/run.h"
#include "tests/replay/text.h"

#define EPOCH      7
#define PUMP_LIMIT 100000

static const char default_yaml[] =
	"schema: 1\n"
	"node: {name: test}\n"
	"dataplane:\n"
	"  workers: [0]\n"
	"  ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24, '2001:db8::10/64']}]\n"
	"agents:\n"
	"  - {name: first, host: 192.0.2.1, version: 18}\n"
	"  - {name: second, host: 192.0.2.2, version: 18}\n"
	"agent-groups:\n"
	"  - {name: main, agents: [first, second]}\n"
	"profiles:\n"
	"  - {name: bridge, kind: conference-bridge, codecs: [pcmu, pcma, g722], sessions: 2, participants: "
	"4}\n"
	"devices:\n"
	"  - {name: CFB1, profile: bridge, group: main}\n";

// ---- the world ----

void run_make(struct run *r)
{
	if (r->made)
		return;
	const char *yaml = r->yaml[0] ? r->yaml : default_yaml;
	if (config_load_text(yaml, strlen(yaml), r->file, stderr, &r->config)) {
		fail(r, "configuration does not load");
		return;
	}
	struct core_options o = {.config = r->config,
				 .links = fake_agent_driver(&r->agents),
				 .dataplane = {.context = &r->dp, .send = fake_dp_send},
				 .hooks = life_hooks(&r->life),
				 .epoch = EPOCH + r->kills,
				 .seed = 1};
	if (core_init(&r->core, &o)) {
		fail(r, "core_init");
		return;
	}
	r->made = true;
	r->device = r->core.devices[0];
}

void run_pump(struct run *r)
{
	for (int i = 0; fake_dp_deliver(&r->dp, &r->core.dp, r->now); i++) {
		if (i == PUMP_LIMIT) {
			fail(r, "dataplane and core answer each other without end");
			return;
		}
	}
}

void run_advance(struct run *r, nsec_t until)
{
	nsec_t due;
	for (int i = 0; (due = timer_next(&r->core.timers)) <= until; i++) {
		if (i == PUMP_LIMIT) {
			fail(r, "timers fire without end");
			return;
		}
		if (due > r->now)
			r->now = due;
		timer_run(&r->core.timers, r->now);
		run_pump(r);
	}
	r->now = until;
}

static struct link *link_of(struct run *r, const char *name)
{
	// without a name: the one the device works with, not its probe
	struct link *l = name && *name ? fake_agent_link(&r->agents, name, r->device) : r->device->reg.link;
	if (!l)
		fail(r, "no connection%s%s", name && *name ? " to " : "", name ? name : "");
	return l;
}

static void deliver(struct run *r, struct link *l, const uint8_t *bytes, size_t len)
{
	size_t done = 0;
	while (done < len && !l->ended) {
		long n = l->user->input(l->object, bytes + done, len - done, r->now);
		if (n < 0) {
			l->ended = true;
			l->user->down(l->object, "framing lost", r->now);
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	run_pump(r);
}

// ---- statements ----

static void say_yaml(struct run *r, char *args, FILE *in)
{
	char text[TEXT_MAX];
	size_t len = 0;
	while (fgets(text, sizeof(text), in)) {
		r->line++;
		if (strcmp(text, "end\n") == 0)
			return;
		len += (size_t)snprintf(r->yaml + len, sizeof(r->yaml) - len, "%s", text);
	}
	fail(r, "yaml without end");
}

static void say_device(struct run *r, char *args)
{
	struct device *d = core_device(&r->core, args);
	if (d)
		r->device = d;
	else
		fail(r, "no device %s", args);
}

static void say_start(struct run *r, char *args)
{
	core_start(&r->core, r->now);
	run_pump(r);
}

static void say_stop(struct run *r, char *args)
{
	core_stop(&r->core, r->now);
	run_pump(r);
}

static void say_drain(struct run *r, char *args)
{
	device_drain(r->device, true, r->now);
}

static void say_undrain(struct run *r, char *args)
{
	device_drain(r->device, false, r->now);
}

static void say_connect(struct run *r, char *args)
{
	struct addr local;
	struct link *l = link_of(r, args);
	if (!l)
		return;
	if (l->up) {
		fail(r, "connection to %s is up already", l->agent->name);
		return;
	}
	addr_parse("192.0.2.77", &local);
	l->up = true;
	l->user->up(l->object, &local, r->now);
	run_pump(r);
}

static void end_link(struct run *r, const char *name, const char *why)
{
	struct link *l = link_of(r, name);
	if (!l)
		return;
	l->ended = true;
	l->user->down(l->object, why, r->now);
	run_pump(r);
}

static void say_refuse(struct run *r, char *args)
{
	end_link(r, args, "connection refused");
}

static void say_hangup(struct run *r, char *args)
{
	end_link(r, args, "connection closed by agent");
}

static void say_clog(struct run *r, char *args)
{
	r->agents.full = true;
}

static void say_unclog(struct run *r, char *args)
{
	r->agents.full = false;
}

static void send_message(struct run *r, const char *agent, long body_len, const char *text)
{
	struct sccp_msg m;
	uint8_t pdu[SCCP_PDU_MAX] = {0};
	char problem[TEXT_MAX];
	struct link *l = link_of(r, agent);
	if (!l)
		return;
	if (text_read(text, &m, problem, sizeof(problem))) {
		fail(r, "%s", problem);
		return;
	}
	unsigned int version = r->version_set ? r->version : r->device->reg.version;
	int len = sccp_encode(&m, version, pdu, sizeof(pdu));
	if (len < 0) {
		fail(r, "cannot encode: %s", sccp_result_name(len));
		return;
	}
	if (body_len >= 0) {
		uint32_t length = (uint32_t)body_len + 4;
		memset(pdu + len, 0, sizeof(pdu) - (size_t)len);
		memcpy(pdu, &length, 4);
		len = (int)body_len + 12;
	}
	if (r->header >= 0)
		memcpy(pdu + 4, &r->header, 4);
	deliver(r, l, pdu, (size_t)len);
}

// agent: M | agent/68: M | agent@first: M
static void say_agent(struct run *r, char *head, char *text)
{
	char *at = strchr(head, '@');
	char *slash = strchr(head, '/');
	long body_len = slash ? strtol(slash + 1, NULL, 10) : -1;
	if (slash)
		*slash = '\0';
	send_message(r, at ? at + 1 : NULL, body_len, text);
}

static void say_speak(struct run *r, char *args)
{
	char *end;
	r->version = (unsigned int)strtoul(args, &end, 0);
	r->version_set = true;
	r->header = *end ? (int)strtol(end, NULL, 0) : -1;
}

static void say_bytes(struct run *r, char *args)
{
	uint8_t bytes[TEXT_MAX];
	size_t len = 0;
	unsigned int byte;
	int used;
	struct link *l = link_of(r, NULL);
	while (sscanf(args, " %2x%n", &byte, &used) == 1 && len < sizeof(bytes)) {
		bytes[len++] = (uint8_t)byte;
		args += used;
	}
	if (l)
		deliver(r, l, bytes, len);
}

static bool take(struct run *r, struct sccp_msg *ret)
{
	struct fake_sent *s = malloc(sizeof(*s));
	bool taken = s && fake_agent_take(&r->agents, r->device, s);
	if (taken && sccp_decode(s->pdu, s->len, r->device->reg.version, ret) < 0)
		fail(r, "the device sent something that does not decode");
	free(s);
	return taken;
}

static void say_expect(struct run *r, char *text)
{
	struct sccp_msg m;
	char problem[TEXT_MAX];
	if (!take(r, &m))
		fail(r, "nothing was sent, expected %s", text);
	else if (!text_match(text, &m, problem, sizeof(problem)))
		fail(r, "%s", problem);
}

static void say_expect_none(struct run *r)
{
	struct sccp_msg m;
	char text[TEXT_MAX];
	if (!take(r, &m))
		return;
	sccp_text(&m, text, sizeof(text));
	fail(r, "nothing expected, got %s", text);
}

static void say_forget(struct run *r, char *args)
{
	r->agents.sent_count = 0;
}

static void say_registered(struct run *r, char *args)
{
	char text[TEXT_MAX];
	say_connect(r, (char[]){""});
	say_expect(r, (char[]){"Register"});
	say_expect(r, (char[]){"IpPort"});
	snprintf(text, sizeof(text), "RegisterAck keep_alive_interval=30 protocol_version=18 %s", args);
	send_message(r, NULL, -1, text);
	send_message(r, NULL, -1, "CapabilitiesReq");
	say_expect(r, (char[]){"MediaResourceNotification"});
	say_expect(r, (char[]){"VersionReq"});
	say_expect(r, (char[]){"CapabilitiesRes"});
}

nsec_t run_time(struct run *r, const char *text)
{
	char *unit;
	unsigned long long n = strtoull(text, &unit, 10);
	if (strcmp(unit, "ms") && strcmp(unit, "s"))
		fail(r, "a time is Ns or Nms, not %s", text);
	return n * (strcmp(unit, "ms") == 0 ? NSEC_PER_MSEC : NSEC_PER_SEC);
}

static void say_time(struct run *r, char *args)
{
	nsec_t step = run_time(r, args + (*args == '+'));
	if (!r->failed)
		run_advance(r, r->now + step);
}

static void say_line(struct run *r, char *args)
{
	char problem[TEXT_MAX];
	if (!lines_act(r->device, args, r->now, problem, sizeof(problem)))
		fail(r, "%s", problem);
	run_pump(r);
}

static const struct {
	const char *name;
	void (*run)(struct run *r, char *args);
} statements[] = {
	{"device", say_device},     {"start", say_start},
	{"stop", say_stop},         {"drain", say_drain},
	{"undrain", say_undrain},   {"connect", say_connect},
	{"refuse", say_refuse},     {"hangup", say_hangup},
	{"clog", say_clog},         {"unclog", say_unclog},
	{"speak", say_speak},       {"bytes", say_bytes},
	{"forget", say_forget},     {"registered", say_registered},
	{"time", say_time},         {"dataplane", say_dataplane},
	{"event", say_event},       {"check", say_check},
	{"line", say_line},         {"kill", say_kill},
	{"recover", say_recover},   {"forget-store", say_forget_store},
	{"lose", say_astray},       {"rename", say_astray},
	{"played", say_played},     {"unreadable", say_unreadable},
	{"recorded", say_recorded}, {"worthless", say_worthless},
	{"packets", say_packets},   {"idle", say_idle},
};

static void say(struct run *r, char *text, FILE *in)
{
	char *args = text + strcspn(text, " ");
	if (*args)
		*args++ = '\0';
	if (strcmp(text, "yaml") == 0) {
		say_yaml(r, args, in);
		return;
	}
	run_make(r);
	if (r->failed)
		return;
	if (strncmp(text, "agent", 5) == 0 && text[strlen(text) - 1] == ':') {
		text[strlen(text) - 1] = '\0';
		say_agent(r, text, args);
		return;
	}
	if (strcmp(text, "expect:") == 0) {
		say_expect(r, args);
		return;
	}
	if (strcmp(text, "expect") == 0 && strcmp(args, "none") == 0) {
		say_expect_none(r);
		return;
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (strcmp(statements[i].name, text) == 0) {
			statements[i].run(r, args);
			return;
		}
	}
	fail(r, "no statement %s", text);
}

// ---- files ----

static bool play(const char *path)
{
	struct run r = {.file = path, .now = NSEC_PER_SEC, .header = -1};
	char text[TEXT_MAX];
	FILE *in = fopen(path, "r");
	if (!in) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	fake_agent_init(&r.agents);
	fake_dp_init(&r.dp);
	if (!life_init(&r.life))
		fail(&r, "no store");
	while (!r.failed && fgets(text, sizeof(text), in)) {
		r.line++;
		text[strcspn(text, "\n")] = '\0';
		char *comment = *text == '#' ? text : strstr(text, "# ");
		if (comment)
			*comment = '\0';
		size_t len = strlen(text);
		while (len && isspace((unsigned char)text[len - 1]))
			text[--len] = '\0';
		char *begin = text + strspn(text, " \t");
		if (*begin)
			say(&r, begin, in);
	}
	fclose(in);
	life_killed(&r.life);
	if (r.made)
		core_fini(&r.core);
	life_fini(&r.life);
	config_free(r.config);
	fake_agent_fini(&r.agents);
	fake_dp_fini(&r.dp);
	return !r.failed;
}

static int is_scenario(const struct dirent *e)
{
	size_t len = strlen(e->d_name);
	return len > 4 && strcmp(e->d_name + len - 4, ".scn") == 0;
}

// Plays the files named, or all of tests/replay.
int main(int argc, char **argv)
{
	unsigned int passed = 0;
	unsigned int failed = 0;
	char folder[512];
	struct dirent **entries = NULL;
	const char *source = getenv("SLIMLINE_SOURCE");
	log_init();
	log_set_level(getenv("REPLAY_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	if (!getenv("REPLAY_LOG"))
		log_output(-1, false);
	snprintf(folder, sizeof(folder), "%s/tests/replay", source ? source : ".");
	int n = argc > 1 ? argc - 1 : scandir(folder, &entries, is_scenario, alphasort);
	for (int i = 0; i < n; i++) {
		char path[1024];
		snprintf(path, sizeof(path), "%s/%s", folder, argc > 1 ? "" : entries[i]->d_name);
		bool ok = play(argc > 1 ? argv[i + 1] : path);
		passed += ok;
		failed += !ok;
		if (argc == 1)
			free(entries[i]);
	}
	free(entries);
	printf("replay: %u passed, %u failed, 0 skipped\n", passed, failed);
	return failed || n <= 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
