// SPDX-License-Identifier: GPL-3.0-or-later
// config_test.c - The samples are sound, defaults are as documented, and wrong files are told why.
#include "gw/config.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD     "schema: 1\n"
#define PORTS    "dataplane:\n  ports:\n    - {name: p, device: d, addresses: [192.0.2.10/24]}\n"
#define AGENTS   "agents: [{name: a, host: h}]\nagent-groups: [{name: g, agents: [a]}]\n"
#define PROFILES "profiles: [{name: p, kind: mtp, codecs: [pcmu]}]\n"

static char *errors;

static int read_text(const char *text, struct config **ret)
{
	size_t size = 0;
	free(errors);
	errors = NULL;
	FILE *out = open_memstream(&errors, &size);
	int rc = config_load_text(text, strlen(text), "f", out, ret);
	fclose(out);
	return rc;
}

static struct config *accepts(const char *text)
{
	struct config *c = NULL;
	CHECK_INT(read_text(text, &c), 0);
	CHECK_STR(errors, "");
	REQUIRE(c != NULL);
	return c;
}

static void refuses(const char *text, const char *expected)
{
	struct config *c = NULL;
	CHECK_INT(read_text(text, &c), -EINVAL);
	CHECK_STR(errors, expected);
	CHECK(c == NULL);
}

static struct config *load_sample(const char *name)
{
	char path[4096];
	const char *source = getenv("SLIMLINE_SOURCE");
	struct config *c = NULL;
	snprintf(path, sizeof(path), "%s/conf/%s", source ? source : ".", name);
	CHECK_INT(config_load(path, stdout, &c), 0);
	REQUIRE(c != NULL);
	return c;
}

static const char sounds[] = "schema: 1\n"
			     "sources: [{name: a, file: /a.wav, gain: -3.5dB}, {name: b, multicast: "
			     "'239.1.1.1:5000'}]\n"
			     "announcements: [{number: 128, file: /b.wav}]\n"
			     "profiles: [{name: m, kind: moh, codecs: [pcmu], music: {source: b, map: "
			     "[{party: 7, source: a}]}}, {name: n, kind: annunciator, codecs: [pcmu], "
			     "tones: fr}]\n";

static void sounds_are_read(void)
{
	struct config *c = accepts(sounds);
	CHECK_INT(c->source_count, 2);
	CHECK_STR(c->sources[0].file, "/a.wav");
	CHECK_INT(c->sources[0].gain_cb, -35);
	CHECK_INT(c->sources[1].multicast.port, 5000);
	CHECK_INT(c->sources[1].codec, CODEC_PCMU);
	CHECK_INT(c->announcements[0].number, 128);
	CHECK_INT(c->profiles[0].music.source, 1);
	CHECK_INT(c->profiles[0].music.map[0].party, 7);
	CHECK_INT(c->profiles[0].music.map[0].source, 0);
	CHECK_INT(c->profiles[0].participants, 1);
	CHECK_INT(c->profiles[1].participants, 1);
	CHECK_INT(c->profiles[1].country, 3);
	config_free(c);
}

static void bad_sounds_are_explained(void)
{
	refuses("schema: 1\nprofiles: [{name: m, kind: moh, codecs: [pcmu]}]\n",
		"f:2:28: profiles[0].kind: music on hold needs at least one of sources\n");
	refuses("schema: 1\nrecordings: {directory: here}\n",
		"f:2:25: recordings.directory: is no full path of at most 107 characters\n");
	refuses("schema: 1\nsources: [{name: a}]\n",
		"f:2:18: sources[0].name: a source is either a file or a multicast\n");
	refuses("schema: 1\nsources: [{name: a, file: a.wav}]\n",
		"f:2:27: sources[0].file: is no full path\n");
	refuses("schema: 1\nsources: [{name: a, multicast: '10.0.0.1:5000'}]\n",
		"f:2:32: sources[0].multicast: is no group and port such as 239.1.1.1:4000 or "
		"[ff05::1]:4000\n");
	refuses("schema: 1\nsources: [{name: a, file: /a, gain: 21dB}]\n",
		"f:2:37: sources[0].gain: is no gain of -60dB to 20dB\n");
	refuses("schema: 1\nannouncements: [{number: 1, file: /a}, {number: 1, file: /b}]\n",
		"f:2:49: announcements[1].number: 1 is there already\n");
}

static void the_lab_sample_is_sound(void)
{
	struct config *c = load_sample("lab.yaml");
	CHECK_STR(c->node, "lab");
	CHECK(!c->dataplane.hugepages);
	CHECK_INT(c->dataplane.port_count, 1);
	CHECK_STR(c->dataplane.ports[0].device, "net_af_packet0,iface=media0");
	CHECK_INT(c->dataplane.ports[0].address_count, 2);
	CHECK_INT(c->dataplane.ports[0].addresses[1].addr.family, ADDR_IPV6);
	CHECK_INT(c->dataplane.ports[0].addresses[1].prefix_length, 64);
	CHECK_STR(c->agents[0].host, "10.78.0.1");
	CHECK_INT(c->device_count, 3 + 5);
	CHECK_INT(c->devices[0].type, 52);
	CHECK_INT(c->devices[1].type, 112);
	CHECK_INT(c->profiles[c->devices[0].profile].kind, CONFIG_CONFERENCE_BRIDGE);
	CHECK_INT(c->profiles[0].participants, 32);
	CHECK_INT(c->store.kind, CONFIG_STORE_MEMORY);
	config_free(c);
}

static void af_xdp_wants_hugepages(void)
{
	static const char ports[] =
		"ports: [{name: p, device: 'net_af_xdp0,iface=x', addresses: [192.0.2.10/24]}]\n";
	char text[512];
	snprintf(text, sizeof(text), HEAD "dataplane:\n  %s" AGENTS, ports);
	config_free(accepts(text));
	snprintf(text, sizeof(text), HEAD "dataplane:\n  hugepages: no\n  %s" AGENTS, ports);
	refuses(text, "f:3:14: dataplane.hugepages: port p is an af_xdp device, which wants hugepages; "
		      "without them use "
		      "net_af_packet\n");
}

static void how_conferences_sound(void)
{
	struct config *c =
		accepts(HEAD PORTS AGENTS "profiles: [{name: p, kind: conference-bridge, codecs: [pcmu]}]\n"
					  "devices: [{name: d, profile: p, group: g}]\n");
	CHECK_INT(c->profiles[0].mix.loudest, 3);
	CHECK_INT(c->profiles[0].mix.mix_all_up_to, 8);
	CHECK_INT(c->profiles[0].mix.level_dbm0, 0);
	CHECK_INT(c->profiles[0].mix.gate_dbm0, 0);
	CHECK_INT(c->profiles[0].mix.join_tone, 0);
	config_free(c);
	c = accepts(HEAD PORTS AGENTS
		    "profiles: [{name: p, kind: conference-bridge, codecs: [pcmu], mix: {loudest: 5, "
		    "level-alignment: -20dBm0, noise-gate: -50dBm0, join-tone: beep-bonk, tones-up-to: 4}}]\n"
		    "devices: [{name: d, profile: p, group: g}]\n");
	CHECK_INT(c->profiles[0].mix.loudest, 5);
	CHECK_INT(c->profiles[0].mix.level_dbm0, -20);
	CHECK_INT(c->profiles[0].mix.gate_dbm0, -50);
	CHECK_INT(c->profiles[0].mix.join_tone, 51);
	CHECK_INT(c->profiles[0].mix.leave_tone, 0);
	CHECK_INT(c->profiles[0].mix.tones_up_to, 4);
	config_free(c);
	refuses(HEAD
		"profiles: [{name: p, kind: conference-bridge, codecs: [pcmu], mix: {join-tone: busy}}]\n",
		"f:2:80: profiles[0].mix.join-tone: is none of none, beep-bonk, zip, zip-zip and "
		"confirmation\n");
	refuses(HEAD "profiles: [{name: p, kind: mtp, codecs: [pcmu], mix: {loudest: 2}}]\n",
		"f:2:54: profiles[0].mix: only devices of kind conference-bridge and line mix\n");
}

static void the_carrier_sample_is_sound(void)
{
	struct config *c = load_sample("carrier.yaml");
	CHECK_INT(c->dataplane.worker_count, 4);
	CHECK_INT(c->dataplane.workers[3], 5);
	CHECK_INT(c->dataplane.main_cpu, 1);
	CHECK_INT(c->dataplane.memory_mb, 4096);
	CHECK_INT(c->dataplane.ports[0].vlan, 110);
	CHECK_INT(c->media.rtp_port_max, 65535);
	CHECK_INT(c->group_count, 2);
	CHECK_INT(c->groups[1].agents[0], 1);
	CHECK_INT(c->groups[0].switchback, CONFIG_SWITCHBACK_GUARD);
	CHECK_INT(c->groups[0].switchback_guard_ms, 7200000);
	CHECK_INT(c->profiles[1].codecs[2].period_ms_max, 40);
	CHECK_INT(c->devices[3].address.family, ADDR_IPV4);
	CHECK_INT(c->store.kind, CONFIG_STORE_REDIS);
	CHECK_STR(c->store.redis_password_file, "/etc/slimline/redis.password");
	CHECK_INT(c->control.orphan_ms, 120000);
	config_free(c);
}

static void lines_become_devices(void)
{
	struct config *c = load_sample("carrier.yaml");
	CHECK_INT(c->line_count, 6);
	CHECK_INT(c->device_count, 8 + 4 + 24 + 8 + 4 + 4 + 1);
	CHECK_STR(c->devices[8].name, "SEP02005E100001");
	CHECK_STR(c->devices[11].name, "SEP02005E100004");
	CHECK_STR(c->devices[12].name, "AN0200005E20001");
	CHECK_STR(c->devices[35].name, "AN0200005E20024");
	CHECK_STR(c->devices[43].name, "UM1-VI8");
	CHECK_INT(c->devices[8].type, 7);
	CHECK_INT(c->devices[8].version, 17);
	CHECK_INT(c->devices[12].type, 30027);
	CHECK_INT(c->devices[43].type, 80);
	CHECK_INT(c->devices[5].line, 0);
	CHECK_INT(c->devices[8].line, 1);
	CHECK_INT(c->lines[0].action.kind, CONFIG_ACTION_ECHO);
	CHECK_INT(c->lines[0].answer_ms, 1000);
	CHECK_INT(c->room_count, 3);
	CHECK_STR(c->rooms[0].device.name, "#board");
	CHECK_STR(c->rooms[1].device.name, "#all-hands");
	CHECK_STR(c->rooms[2].device.name, CONFIG_BRIDGE_ROOM);
	CHECK_INT(c->lines[1].action.room, 2);
	CHECK_INT(c->lines[1].rules[0].action.room, 1);
	CHECK_INT(c->lines[2].action.kind, CONFIG_ACTION_RECORD);
	CHECK_INT(c->lines[2].action.record_max_ms, 180000);
	CHECK_INT(c->lines[2].action.record_min_ms, 1000);
	CHECK_STR(c->recordings.directory, "/var/lib/slimline/recordings");
	CHECK_INT(c->recordings.keep_free_mb, 1024);
	CHECK_INT(c->lines[3].action.room, 3);
	CHECK_STR(c->lines[4].action.bridge, "ANEAST{nn}");
	CHECK_INT(c->lines[5].test.every_ms, 300000);
	CHECK(c->rooms[0].has_mix && c->rooms[0].lobby && c->rooms[0].pin_tries == 3);
	CHECK_STR(c->rooms[0].moderator_pin, "13579");
	config_free(c);
}

static void macs_count_or_not(void)
{
	struct config *c = NULL;
	CHECK_INT(read_text(HEAD AGENTS
			    "profiles: [{name: p, kind: line, codecs: [pcmu]}]\n"
			    "lines: [{name: 'SEP{mac}', mac: 02-00-5e-00-00-ff, count: 2, profile: p, "
			    "group: g, load: P003},\n"
			    "{name: 'AN{mac10}{nnn}', mac: 0200.5e00.00fe, count: 2, profile: p, "
			    "group: g}]\n",
			    &c),
		  0);
	CHECK_STR(c->devices[1].name, "SEP02005E000100");
	CHECK(c->devices[1].mac == 0x02005e000100);
	CHECK_STR(c->lines[0].load, "P003");
	CHECK_STR(c->devices[3].name, "AN005E0000FE002");
	CHECK(c->devices[3].mac == 0x02005e0000fe);
	CHECK_INT(c->control.register_rate, 200);
	CHECK_INT(c->groups[0].standby, true);
	config_free(c);
}

#define LINE(text)                                                                                           \
	HEAD AGENTS                                                                                          \
		"profiles: [{name: p, kind: line, codecs: [pcmu]}, {name: m, kind: mtp, codecs: [pcmu]}]\n"  \
		"lines: [{" text "}]\n"

static void bad_lines_are_explained(void)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{LINE("name: 'SEP{mac}', profile: p, group: g"), "{mac} in the name needs one"},
		{LINE("name: 'AN{mac10}{nnn}', profile: p, group: g"), "{mac10} in the name needs one"},
		{LINE("name: 'SEP{mac}', mac: 02-00, profile: p, group: g"), "is no MAC address"},
		{LINE("name: 'X{m}', profile: p, group: g"), "only {mac}, {mac10} and {n}, {nn}, {nnn}"},
		{LINE("name: X, count: 2, profile: p, group: g"), "need {mac} or {n}"},
		{LINE("name: 'ABCDEFGHIJKLMN{nn}', profile: p, group: g"), "a name of 16 characters"},
		{LINE("name: 'X{n}', count: 4097, profile: p, group: g"), "is out of range 1..4096"},
		{LINE("name: X, profile: p, group: g, plar: 12a"), "is not at most 24 of 0-9"},
		{LINE("name: X, profile: p, group: g, features: {pickup: '12345678'}"),
		 "is not at most 7 of 0-9"},
		{LINE("name: X, profile: p, group: g, features: {pickup: '12'}"),
		 "pickup: begins with the code of forward-all"},
		{LINE("name: X, profile: p, group: g, features: {flash: hard}"), "flash"},
		{LINE("name: X, profile: m, group: g"), "m is no profile of kind line"},
		{LINE("name: X, profile: p, group: g, type: 796O"), "did you mean 7960?"},
		{LINE("name: X, profile: p, group: g, version: 23"), "neither auto nor an SCCP version"},
		{LINE("name: X, profile: p, group: g, answer: soon"), "neither never nor a duration"},
		{LINE("name: X, profile: p, group: g, action: room"),
		 "the action room needs the name of one"},
		{LINE("name: X, profile: p, group: g, action: room, room: a b"), "a room has 1 to 14"},
		{LINE("name: X, profile: p, group: g, action: record"), "needs the directory of recordings"},
		{LINE("name: X, profile: p, group: g, action: bridge"), "needs the line that dials"},
		{LINE("name: X, profile: p, group: g, action: bridge, bridge: Y, number: 12a"),
		 "is not at most 24 of"},
		{LINE("name: X, profile: p, group: g, action: bridge, bridge: Y"),
		 "lines[0].bridge: lines has none named Y, to dial for X"},
		{LINE("name: X, profile: p, group: g, action: bridge, bridge: X"),
		 "X cannot dial for itself"},
		{LINE("name: 'AN{nn}', count: 3, profile: p, group: g, action: bridge, bridge: 'BN{nn}'}, "
		      "{name: "
		      "'BN{nn}', count: 2, profile: p, group: g"),
		 "lines[0].bridge: lines has none named BN03, to dial for AN03\n"},
		{LINE("name: X, profile: p, group: g, rules: [{called: '1', action: echo}, {called: '8.', "
		      "action: "
		      "bridge, bridge: LINEA}]}, {name: LINEB, profile: p, group: g"),
		 "lines[0].rules[1].bridge: lines has none named LINEA, to dial for X (did you mean LINEB?)"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, lobby: yes"),
		 "nobody can be moderator"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, asks-name: yes"),
		 "names need the directory of recordings"},
		{LINE("name: X, profile: p, group: g, test-calls: {hold: 0s}"), "hold"},
		{LINE("name: X, profile: p, group: g, rules: [{action: echo}]"),
		 "a rule needs the number called or the number calling"},
		{LINE("name: X, profile: p, group: g, rules: [{called: '8.1'}]"),
		 "is no pattern of a number"},
		{LINE("name: X, profile: p, group: g, action: announce"), "needs something to say"},
		{LINE("name: X, profile: p, group: g, action: announce, files: [x.wav]"), "is no full path"},
		{LINE("name: X, profile: p, group: g, action: music"), "needs at least one of sources"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, pin: 12"),
		 "a PIN has 3 to 16 digits"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r}, {name: r"),
		 "room r is there already"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, pin: '123', moderator-pin: '123'"),
		 "is the PIN of everybody"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, profile: m"),
		 "m is no profile of kind line"},
		{LINE("name: X, profile: p, group: g}]\nrooms: [{name: r, music: m"),
		 "sources has no source"},
		{LINE("name: X, profile: p, group: g, rules: [{called: '8', action: room}]"),
		 "the action room needs the name of one"},
		{LINE("name: X, profile: p, group: g}, {name: X, profile: p, group: g"),
		 "X is there already"},
		{HEAD AGENTS
		 "profiles: [{name: p, kind: line, codecs: [pcmu]}]\ndevices: [{name: D, profile: p, "
		 "group: g}]\n",
		 "p is of kind line: those stand under lines"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *c = NULL;
		CHECK_INT(read_text(cases[i].text, &c), -EINVAL);
		if (!strstr(errors, cases[i].problem))
			fprintf(stderr, "expected \"%s\" in: %s", cases[i].problem, errors);
		CHECK(strstr(errors, cases[i].problem) != NULL);
	}
}

static void numbers_match(void)
{
	CHECK(config_number_matches("", "8100") && config_number_matches("", ""));
	CHECK(config_number_matches("8100", "8100"));
	CHECK(!config_number_matches("8100", "810") && !config_number_matches("8100", "81001"));
	CHECK(config_number_matches("81XX", "8199") && !config_number_matches("81XX", "819*"));
	CHECK(config_number_matches("81.", "81") && config_number_matches("81.", "812345"));
	CHECK(!config_number_matches("81.", "8") && !config_number_matches("X", ""));
}

static void defaults_are_sensible(void)
{
	struct config *c = accepts(HEAD AGENTS PROFILES);
	CHECK_STR(c->node, "slimline");
	CHECK_INT(c->log_level, CONFIG_LOG_NOTICE);
	CHECK(c->dataplane.hugepages);
	CHECK_INT(c->dataplane.worker_count, 1);
	CHECK_INT(c->dataplane.main_cpu, -1);
	CHECK_INT(c->media.rtp_port_min, 16384);
	CHECK_INT(c->media.rtp_port_max, 32767);
	CHECK_INT(c->media.dscp, 46);
	CHECK_INT(c->media.jitter_min_ms, 20);
	CHECK_INT(c->media.jitter_max_ms, 200);
	CHECK_INT(c->media.silent_s, 600);
	CHECK(c->media.source_lock);
	CHECK_INT(c->agents[0].port, 2000);
	CHECK_INT(c->groups[0].keepalive_ms, 0);
	CHECK_INT(c->groups[0].keepalive_retries, 3);
	CHECK_INT(c->groups[0].switchover, CONFIG_SWITCHOVER_GRACEFUL);
	CHECK_INT(c->profiles[0].participants, 2);
	CHECK_INT(c->profiles[0].codecs[0].period_ms_max, 60);
	CHECK_STR(c->control.socket, "/run/slimline/control.sock");
	CHECK_INT(c->control.orphan_ms, 60000);
	config_free(c);
	c = accepts(HEAD AGENTS PROFILES "devices: [{name: M, profile: p, group: g}]\n");
	CHECK_INT(c->devices[0].type, 83); // G.711 alone
	config_free(c);
}

static void order_in_the_file_does_not_matter(void)
{
	config_free(accepts("devices: [{name: M, profile: p, group: g}]\n" PROFILES AGENTS HEAD));
}

static void the_file_says_its_schema(void)
{
	refuses("node: {name: x}\n", "f:1:1: schema: this key is required\n");
	refuses("schema: 2\n", "f:1:9: schema: this version reads schema 1 only\n");
}

static void references_are_checked(void)
{
	refuses(HEAD "agents: [{name: cucm1, host: h}]\nagent-groups: [{name: g, agents: [cumc1]}]\n",
		"f:3:35: agent-groups[0].agents[0]: agents has no agent named cumc1 (did you mean cucm1?)\n");
	refuses(HEAD AGENTS PROFILES "devices: [{name: M, profile: q, group: west}]\n",
		"f:5:30: devices[0].profile: profiles has no profile named q (did you mean p?)\n"
		"f:5:40: devices[0].group: agent-groups has no group named west\n");
	refuses(HEAD AGENTS PROFILES "devices: [{name: M, profile: p, group: g, kind: transcoder}]\n",
		"f:5:49: devices[0].kind: profile p is of kind mtp\n");
	refuses(HEAD PORTS AGENTS PROFILES
		"devices: [{name: M, profile: p, group: g, address: 192.0.2.11}]\n",
		"f:8:52: devices[0].address: 192.0.2.11 is no address of a port in dataplane.ports\n");
}

static void names_are_unique_and_sound(void)
{
	refuses(HEAD "agents: [{name: a, host: h}, {name: a, host: i}]\n",
		"f:2:37: agents[1].name: agent a is there already\n");
	refuses(HEAD AGENTS PROFILES
		"devices: [{name: M, profile: p, group: g}, {name: M, profile: p, group: g}]\n",
		"f:5:51: devices[1].name: device M is there already\n");
	refuses(HEAD AGENTS PROFILES "devices: [{name: SIXTEEN_LETTERS_, profile: p, group: g}]\n",
		"f:5:18: devices[0].name: an SCCP device name has 1 to 15 characters, this has 16\n");
	refuses(HEAD AGENTS PROFILES "devices: [{name: A B, profile: p, group: g}]\n",
		"f:5:18: devices[0].name: an SCCP device name has no blanks, braces, quotes or special "
		"characters\n");
	refuses(HEAD "node: {name: a/b}\n",
		"f:2:14: node.name: a name holds letters, digits, dot, dash and underscore only\n");
	refuses(HEAD "agents: [{name: a, host: h}]\nagent-groups: [{name: g, agents: [a, a]}]\n",
		"f:3:38: agent-groups[0].agents[1]: agent a is in this group already\n");
}

static void profiles_are_consistent(void)
{
	refuses(HEAD "profiles: [{name: p, kind: mtp, codecs: [pcmu], participants: 3}]\n",
		"f:2:63: profiles[0].participants: exactly 2 parties in a device of kind mtp\n");
	refuses(HEAD "profiles: [{name: p, kind: conference-bridge, codecs: [pcmu], participants: 2}]\n",
		"f:2:77: profiles[0].participants: a conference-bridge joins 3 or more\n");
	refuses(HEAD "profiles: [{name: p, kind: conference-bridge, codecs: [pcmu], pass-through: yes}]\n",
		"f:2:77: profiles[0].pass-through: a conference-bridge must understand what it mixes\n");
	refuses(HEAD "profiles: [{name: p, kind: transcoder}]\n",
		"f:2:12: profiles[0].codecs: at least one codec is needed, or pass-through: yes on an mtp\n");
	refuses(HEAD "profiles: [{name: p, kind: transcoder, codecs: [pcmu, pcmx]}]\n",
		"f:2:55: profiles[0].codecs[1]: codec pcmx is unknown (did you mean pcmu?)\n");
	refuses(HEAD "profiles: [{name: p, kind: transcoder, codecs: [pcmu, g723]}]\n",
		"f:2:48: profiles[0].codecs: this build cannot code g723, only relay it in an mtp\n");
	refuses(HEAD "profiles: [{name: p, kind: transcoder, codecs: [pcmu, pcma, pcmu]}]\n",
		"f:2:48: profiles[0].codecs: pcmu stands in the list twice\n");
	refuses(HEAD "profiles: [{name: p, kind: mtp, codecs: [{name: pcmu, max-period: 25ms}]}]\n",
		"f:2:67: profiles[0].codecs[0].max-period: pcmu takes multiples of 10ms up to 60ms\n");
	config_free(accepts(HEAD "profiles: [{name: p, kind: mtp, codecs: [pcmu, g723]}]\n"));
	config_free(accepts(HEAD "profiles: [{name: p, kind: mtp, pass-through: yes}]\n"));
}

// What voices may have to be, for the memory they get.
static void codecs_are_gathered(void)
{
	struct config *c = accepts(
		HEAD
		"dataplane: {voice-memory: 24KB}\n"
		"sources: [{name: a, file: /a.wav}, {name: b, multicast: '239.1.1.1:5000', codec: g722}]\n"
		"profiles: [{name: p, kind: mtp, codecs: [pcmu, g723]}, {name: q, kind: transcoder, codecs: "
		"[pcma, gsm]}]\n");
	CHECK_INT(config_codecs(c), 1u << CODEC_PCMU | 1u << CODEC_G723 | 1u << CODEC_PCMA | 1u << CODEC_GSM |
					    1u << CODEC_G722);
	CHECK_INT(c->dataplane.voice_memory, 24 << 10);
	config_free(c);
	c = accepts(HEAD);
	CHECK_INT(config_codecs(c), 0);
	CHECK_INT(c->dataplane.voice_memory, 0);
	config_free(c);
}

// Whatever this build cannot code is refused where it would have to be coded.
static void codecs_that_are_not_built_in_are_refused(void)
{
	for (unsigned int id = CODEC_NONE + 1; id < CODEC_COUNT; id++) {
		char text[256], expected[256];
		const char *name = codec_by_id(id)->name;
		snprintf(text, sizeof(text), HEAD "profiles: [{name: p, kind: transcoder, codecs: [%s]}]\n",
			 name);
		snprintf(expected, sizeof(expected),
			 "f:2:48: profiles[0].codecs: this build cannot code %s, only relay it in an mtp\n",
			 name);
		if (codec_can_transcode(id))
			config_free(accepts(text));
		else
			refuses(text, expected);
	}
}

static void media_is_consistent(void)
{
	refuses(HEAD "media: {rtp-ports: 16384}\n",
		"f:2:20: media.rtp-ports: is no port range such as 16384-32767\n");
	refuses(HEAD "media: {rtp-ports: 16385-32767}\n", "f:2:20: media.rtp-ports: must begin with an even "
							  "port (RTP) and end with an odd one (RTCP)\n");
	refuses(HEAD "media: {rtp-ports: 80-99}\n",
		"f:2:20: media.rtp-ports: must begin at 1024 or above and end above its begin\n");
	refuses(HEAD "media: {dscp: 64}\n",
		"f:2:15: media.dscp: is neither 0..63 nor a name such as ef, af41 or cs3\n");
	refuses(HEAD "media: {jitter: {min: 0ms, max: 251ms}, silent: 19h}\n",
		"f:2:23: media.jitter.min: 0ms is out of range 1ms..250ms\n"
		"f:2:33: media.jitter.max: 251ms is out of range 20ms..250ms\n"
		"f:2:49: media.silent: 19h is out of range 0ms..18h\n");
	refuses(HEAD "media: {jitter: {min: 100ms, max: 50ms}}\n",
		"f:2:23: media.jitter.min: is above max (50ms)\n");
	struct config *c = accepts(HEAD "media: {dscp: af41, source-lock: off, rtcp: {interval: 0s}}\n");
	CHECK_INT(c->media.dscp, 34);
	CHECK(!c->media.source_lock);
	CHECK_INT(c->media.rtcp_interval_ms, 0);
	config_free(c);
}

static void ports_are_consistent(void)
{
	refuses(HEAD "dataplane:\n  ports:\n    - {name: p, device: d, addresses: [10.0.0.2]}\n",
		"f:4:40: dataplane.ports[0].addresses[0]: is no address with prefix length such as "
		"192.0.2.10/24 or 2001:db8::10/64\n");
	refuses(HEAD "dataplane:\n  ports:\n    - {name: p, device: d}\n",
		"f:4:7: dataplane.ports[0].addresses: this list is required\n");
	refuses(HEAD "dataplane:\n  ports:\n    - {name: p, device: d, addresses: [{address: 10.0.0.2/24, "
		     "gateway: "
		     "10.0.1.1}, {address: 10.0.0.2/24}, {address: 10.0.0.3/24, gateway: 10.0.0.3}]}\n",
		"f:4:72: dataplane.ports[0].addresses[0].gateway: is not in the network of its address\n"
		"f:4:93: dataplane.ports[0].addresses[1].address: is used by an earlier port or line "
		"already\n"
		"f:4:139: dataplane.ports[0].addresses[2].gateway: is our own address\n");
	refuses(HEAD "dataplane: {workers: [1, 2, 1], main-cpu: x, streams: 10, voices: 5}\n",
		"f:2:29: dataplane.workers[2]: CPU 1 has a worker already\n"
		"f:2:43: dataplane.main-cpu: is neither auto nor a CPU number 0..1023\n");
	char many[512] = HEAD "dataplane: {workers: [0";
	for (int i = 1; i < 64; i++)
		sprintf(many + strlen(many), ",%d", i);
	strcat(many, "]}\n");
	refuses(many, "f:2:22: dataplane.workers: has 64 items, allowed are 1..63\n");
	refuses(HEAD "dataplane: {streams: 10, voices: 20}\n",
		"f:2:34: dataplane.voices: cannot be more than streams (10)\n");
}

static void the_store_is_consistent(void)
{
	refuses(HEAD "store: {kind: redis}\n", "f:2:8: store.redis: needs a socket or a host\n");
	refuses(HEAD "store: {kind: redis, redis: {socket: /s, host: h}}\n",
		"f:2:29: store.redis: has both a socket and a host\n");
	config_free(accepts(HEAD "store: {kind: redis, redis: {socket: /run/redis.sock}}\n"));
}

static void files_that_cannot_be_read(void)
{
	struct config *c = NULL;
	size_t size = 0;
	free(errors);
	FILE *out = open_memstream(&errors, &size);
	CHECK_INT(config_load("/nonexistent/slimline.yaml", out, &c), -ENOENT);
	fclose(out);
	CHECK_STR(errors, "/nonexistent/slimline.yaml: cannot be read: No such file or directory\n");
	config_free(NULL);
}

// What the file names and is not there is no mistake of the file: it may come later.
static void what_it_names_is_looked_at(void)
{
	static const char text[] = HEAD AGENTS "profiles: [{name: p, kind: line, codecs: [pcmu]}]\n"
					       "sources: [{name: a, file: /nonexistent/a.wav}]\n"
					       "recordings: {directory: /}\n"
					       "rooms: [{name: r, prompts: /nonexistent}]\n"
					       "lines: [{name: X, profile: p, group: g, action: announce, "
					       "files: [/, /nonexistent/b.wav]}]\n";
	char path[] = "/tmp/slimline-config-XXXXXX", expected[1024];
	struct config *c = NULL;
	size_t size = 0;
	int fd = mkstemp(path);
	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	close(fd);
	free(errors);
	FILE *out = open_memstream(&errors, &size);
	CHECK_INT(config_check(path, out, &c), 4);
	fclose(out);
	snprintf(
		expected, sizeof(expected),
		"%s:5:27: sources[0].file: /nonexistent/a.wav cannot be read now: No such file or directory\n"
		"%s:7:16: rooms[0].name: no line leads to this room\n"
		"%s:7:28: rooms[0].prompts: /nonexistent cannot be read now: No such file or directory\n"
		"%s:8:70: lines[0].files[1]: /nonexistent/b.wav cannot be read now: No such file or "
		"directory\n",
		path, path, path, path);
	CHECK_STR(errors, expected);
	config_free(c);
	config_free(accepts(text)); // the programs start all the same, without a word
	unlink(path);
}

static void the_manual_is_complete(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	config_describe(out);
	fclose(out);
	static const char *const paths[] = {"schema\n",          "dataplane.ports[].addresses[].gateway\n",
					    "media.rtp-ports\n", "agent-groups[].switchback.guard\n",
					    "devices[].type\n",  "store.redis.lease\n"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		CHECK(strstr(text, paths[i]) != NULL);
	// nothing is read again while a program runs
	CHECK(strstr(text, "takes effect: live") == NULL && strstr(text, "takes effect: new") == NULL);
	free(text);
	free(errors);
	errors = NULL;
}

T_MAIN("config", {"lines become devices", lines_become_devices}, {"macs", macs_count_or_not},
       {"what it names", what_it_names_is_looked_at}, {"bad lines", bad_lines_are_explained},
       {"numbers", numbers_match}, {"sounds_are_read", sounds_are_read},
       {"bad_sounds_are_explained", bad_sounds_are_explained},
       {"the_lab_sample_is_sound", the_lab_sample_is_sound},
       {"the_carrier_sample_is_sound", the_carrier_sample_is_sound},
       {"defaults_are_sensible", defaults_are_sensible}, {"af_xdp_wants_hugepages", af_xdp_wants_hugepages},
       {"how_conferences_sound", how_conferences_sound},
       {"order_in_the_file_does_not_matter", order_in_the_file_does_not_matter},
       {"the_file_says_its_schema", the_file_says_its_schema},
       {"references_are_checked", references_are_checked},
       {"names_are_unique_and_sound", names_are_unique_and_sound},
       {"profiles_are_consistent", profiles_are_consistent}, {"media_is_consistent", media_is_consistent},
       {"ports_are_consistent", ports_are_consistent}, {"the_store_is_consistent", the_store_is_consistent},
       {"codecs_are_gathered", codecs_are_gathered},
       {"codecs_that_are_not_built_in_are_refused", codecs_that_are_not_built_in_are_refused},
       {"files_that_cannot_be_read", files_that_cannot_be_read},
       {"the_manual_is_complete", the_manual_is_complete})
