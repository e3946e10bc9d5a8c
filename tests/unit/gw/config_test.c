// SPDX-License-Identifier: GPL-3.0-or-later
// config_test.c - The samples are sound, defaults are as documented, and wrong files are told why.
#include "tests/unit/gw/config_world.h"

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

T_MAIN("config", {"sounds_are_read", sounds_are_read}, {"bad_sounds_are_explained", bad_sounds_are_explained},
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
