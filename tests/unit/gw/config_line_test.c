// SPDX-License-Identifier: GPL-3.0-or-later
// config_line_test.c - Lines, their rules and rooms: what becomes of them, and what is said about wrong ones.
#include <unistd.h>

#include "tests/unit/gw/config_world.h"

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

T_MAIN("config_line", {"lines become devices", lines_become_devices}, {"macs", macs_count_or_not},
       {"bad lines", bad_lines_are_explained}, {"numbers", numbers_match},
       {"what it names", what_it_names_is_looked_at})
