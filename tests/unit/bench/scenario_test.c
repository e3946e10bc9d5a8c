// SPDX-License-Identifier: GPL-3.0-or-later
// scenario_test.c - Scenario files: what is read, and that every mistake is named with its line.
#include <errno.h>
#include <stdlib.h>

#include "bench/lab/scenario.h"
#include "tests/unit/t.h"

static struct scenario scenario;

// Parses and returns what was said about it; the caller frees.
static char *parse(const char *text, int *ret_rc)
{
	char *said = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&said, &len);
	*ret_rc = scenario_parse(text, "x.scn", errors, &scenario);
	fclose(errors);
	return said;
}

static const char good[] = "agent listen 10.78.0.1:2000 netns slim-agent version 17 keepalive 5 # a comment\n"
			   "device bridge CFB_LAB\n"
			   "phone anna netns slim-p1 address 10.77.0.11\n"
			   "phone bert address fd77::12\n"
			   "call bridge talk implicit on CFB_LAB {\n"
			   "\tparty anna codec pcmu period 30 play a.wav level -20\n"
			   "\tparty bert codec g722 events 101 told tone 1020 -10\n"
			   "}\n"
			   "devices\n"
			   "start talk\n"
			   "run 250ms\n"
			   "pause kill\n"
			   "hostile CFB_LAB\n"
			   "agent down\n"
			   "agent up\n"
			   "listen\n"
			   "hush\n"
			   "end talk\n"
			   "expect talk loss == 0\n"
			   "expect talk sinad >= 33.5\n"
			   "expect talk:bert sinad >= 31\n";

static void reads_everything(void)
{
	int rc;
	char *said = parse(good, &rc);
	CHECK_INT(rc, 0);
	CHECK_STR(said, "");
	free(said);
	CHECK_INT(scenario.listen.port, 2000);
	CHECK_INT(scenario.version, 17);
	CHECK_INT(scenario.keepalive_s, 5);
	CHECK_STR(scenario.agent_netns, "slim-agent");
	REQUIRE(scenario.phone_count == 2 && scenario.call_count == 1 && scenario.device_count == 1);
	CHECK_INT(scenario.phones[1].address.family, ADDR_IPV6);
	const struct scenario_call *c = &scenario.calls[0];
	CHECK(c->implicit);
	CHECK_INT(c->device, 0);
	CHECK_INT(c->parties[1].event_type, 101);
	CHECK(c->parties[1].told && !c->parties[0].told);
	CHECK_INT(c->kind, SCENARIO_BRIDGE);
	REQUIRE(c->party_count == 2);
	CHECK_INT(c->parties[0].codec, CODEC_PCMU);
	CHECK_INT(c->parties[0].period_ms, 30);
	CHECK_STR(c->parties[0].file, "a.wav");
	CHECK_NEAR(c->parties[0].level_dbm0, -20, 0);
	CHECK_INT(c->parties[1].period_ms, 20); // the codec's default
	CHECK_NEAR(c->parties[1].tone_hz, 1020, 0);
	CHECK_INT(scenario.step_count, 10);
	CHECK_INT(scenario.steps[2].ms, 250);
	CHECK_STR(scenario.steps[3].word, "kill");
	CHECK_INT(scenario.expect_count, 3);
	CHECK_NEAR(scenario.expects[1].value, 33.5, 0);
	// anna has the call's expectation, bert his own; both have the loss
	static const bool applies[2][3] = {{true, true, false}, {true, false, true}};
	for (unsigned int phone = 0; phone < 2; phone++)
		for (unsigned int e = 0; e < 3; e++)
			CHECK_INT(scenario_expect_applies(&scenario, &scenario.expects[e], 0, phone),
				  applies[phone][e]);
	CHECK(!scenario_expect_applies(&scenario, &scenario.expects[0], 1, 0));
}

// What lines add: a dialect, numbers, parties that dial and answer, what they do in a call.
static void reads_lines(void)
{
	static const char text[] = "agent listen 10.78.0.1:2000 dialect chan-skinny\n"
				   "device line SEP1001\ndevice line SEP1002\n"
				   "number 600 SEP1001 SEP1002\n"
				   "speed-dial 204 bert\n"
				   "phone anna address 10.77.0.11\nphone bert address 10.77.0.12\n"
				   "call line out {\n"
				   "\tparty anna dials 600 codec pcmu tone 437 -10 hears 437 -10\n"
				   "\tparty bert answers 204 after 250 codec pcmu silent\n"
				   "}\n"
				   "hold out:anna\nresume out:anna\ntransfer out:bert 600\n"
				   "consult out:anna 204\ncomplete out:anna\nhang out:bert\n";
	int rc;
	char *said = parse(text, &rc);
	CHECK_INT(rc, 0);
	CHECK_STR(said, "");
	free(said);
	CHECK(scenario.dialect == dialect_find("chan-skinny"));
	REQUIRE(scenario.number_count == 1 && scenario.speed_dial_count == 1 && scenario.step_count == 6);
	CHECK_INT(scenario.numbers[0].line_count, 2);
	CHECK_STR(scenario.numbers[0].lines[1], "SEP1002");
	CHECK_STR(scenario.speed_dials[0].label, "bert");
	const struct scenario_party *p = scenario.calls[0].parties;
	CHECK_STR(p[0].dials, "600");
	CHECK_INT(p[0].source, SCENARIO_TONE);
	CHECK_NEAR(p[0].hears_hz, 437, 0);
	CHECK_STR(p[1].answers, "204");
	CHECK_INT(p[1].answer_ms, 250);
	CHECK_INT(scenario.steps[2].kind, STEP_TRANSFER);
	CHECK_INT(scenario.steps[2].party, 1);
	CHECK_STR(scenario.steps[2].word, "600");
}

static void names_every_mistake(void)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"jump\n", "x.scn:1: unknown statement jump\n"},
		{"\n\nstart x\n", "x.scn:3: no call named x was declared above\n"},
		{"run 8\n", "x.scn:1: run wants a time such as 8s or 250ms\n"},
		{"phone a address 1.2.3\n",
		 "x.scn:1: address must be an IPv4 or IPv6 address\nx.scn:1: phone a has no address\n"},
		{"agent listen nowhere\n", "x.scn:1: listen wants ADDRESS:PORT\n"},
		{"device direct X\n", "x.scn:1: direct is no kind of device\n"},
		{"phone a address 192.0.2.1\ncall mtp m {\nparty a codec pcmu\n}\n",
		 "x.scn:4: call m has 1 parties; this kind needs two\n"},
		{"phone a address 192.0.2.1\ncall bridge m {\nparty b codec opium\n",
		 "x.scn:3: no phone named b was declared above\n"
		 "x.scn:3: codec opium is not one that this build can code\nx.scn:3: party has no codec\n"
		 "x.scn:3: call m is never closed with }\n"},
		{"call mtp m {\nexpect m loss\n}\n", "x.scn:2: call m: expected party or }\n"
						     "x.scn:3: call m has 0 parties; this kind needs two\n"},
		{"agent dialect klingon\n", "x.scn:1: no agent is known that speaks klingon\n"},
		{"device mtp M\nnumber 600 M\n", "x.scn:2: M is no line\n"},
		{"phone a address 192.0.2.1\ncall mtp m {\nparty a codec pcmu silent\n"
		 "party a dials 1 codec pcmu silent\n}\nhold m:a\n",
		 "x.scn:4: dials belongs into a line call\nx.scn:6: m has no such party of a line call\n"},
		{"phone a address 192.0.2.1\ncall line m {\nparty a codec pcmu silent\n}\nhold m\n",
		 "x.scn:4: call m has 1 parties without a number, but only 0 lines were declared above\n"
		 "x.scn:5: hold wants CALL:PHONE\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc;
		char *said = parse(cases[i].text, &rc);
		CHECK_INT(rc, -EINVAL);
		// strsep sees an empty line after the last newline, so an unclosed block is found one line further down
		if (i != 7)
			CHECK_STR(said, cases[i].said);
		free(said);
	}
}

static void compares(void)
{
	struct scenario_expect e = {.compare = COMPARE_GE, .value = 33};
	CHECK(scenario_expect_met(&e, 33) && !scenario_expect_met(&e, 32.9));
	e.compare = COMPARE_LE;
	CHECK(scenario_expect_met(&e, 33) && !scenario_expect_met(&e, 33.1));
	e.compare = COMPARE_EQ;
	CHECK(scenario_expect_met(&e, 33) && !scenario_expect_met(&e, 34));
}

// Any bytes are refused or read, never more.
static void survives_garbage(void)
{
	uint32_t x = 1;
	for (int round = 0; round < 2000; round++) {
		char text[sizeof(good)];
		memcpy(text, good, sizeof(good));
		for (int i = 0; i < 4; i++) {
			x = x * 1664525u + 1013904223u;
			text[(x >> 8) % (sizeof(good) - 1)] = (char)(x >> 24 ? x >> 24 : 'a');
		}
		int rc;
		free(parse(text, &rc));
		CHECK(rc == 0 || rc == -EINVAL);
	}
}

T_MAIN("scenario", {"reads_everything", reads_everything}, {"reads_lines", reads_lines},
       {"names_every_mistake", names_every_mistake}, {"compares", compares},
       {"survives_garbage", survives_garbage})
