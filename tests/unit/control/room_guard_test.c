// SPDX-License-Identifier: GPL-3.0-or-later
// room_guard_test.c - Who guesses PINs over many calls is turned away for a while, and nobody else for good.
#include "tests/unit/control/room_world.h"

#define YAML(options)                                                                                        \
	"schema: 1\n"                                                                                        \
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"    \
	"agents: [{name: a, host: 192.0.2.1, version: 20}]\n"                                                \
	"agent-groups: [{name: g, agents: [a]}]\n"                                                           \
	"profiles: [{name: p, kind: line, codecs: [pcmu], sessions: 8, participants: 6}]\n"                  \
	"rooms: [{name: safe, pin: '2468', moderator-pin: '13579', prompts: /p" options "}]\n"               \
	"lines:\n"                                                                                           \
	"  - {name: P1, profile: p, group: g, answer: never, action: room, room: safe,\n"                    \
	"     rules: [{calling: '7', action: room, room: safe, moderator: yes}]}\n"

static uint32_t last_ref;

// Calls and dials; what the caller hears next.
static const char *tries(struct world *w, const char *number, const char *digits)
{
	call_from(w, "P1", ++last_ref, number);
	press(w, last_ref, digits);
	return heard(w, last_ref);
}

static void gone(struct world *w)
{
	hang_up(w, "P1", last_ref);
}

// One call with three wrong ones.
static void guesses(struct world *w, const char *number)
{
	tries(w, number, "0000#");
	press(w, last_ref, "1111#2222#");
	CHECK_STR(heard(w, last_ref), "/p/conf-invalidpin.wav");
	gone(w);
}

static unsigned int shut(struct world *w)
{
	return (unsigned int)line(w, "P1")->counts.value[COUNT_room_pin_shut];
}

#define ASKED "/p/conf-getpin.wav"
#define IN    "/p/conf-onlyperson.wav"
#define AWAY  "/p/vm-goodbye.wav"

static void is_asked(struct world *w, const char *number, const char *what)
{
	CHECK_STR(tries(w, number, ""), what);
	gone(w);
}

static void one_number(void)
{
	struct world w;
	setup(&w, YAML(""), 17);
	guesses(&w, "100");
	is_asked(&w, "100", ASKED);
	guesses(&w, "100");
	CHECK_INT(room_guard_count(room(&w, "#safe"), w.now), 1);
	is_asked(&w, "100", AWAY);
	CHECK_INT(shut(&w), 1);
	is_asked(&w, "101", ASKED); // not for what others do
	// the right one does not help now; and calling does not make it longer
	CHECK_STR(tries(&w, "100", "2468"), AWAY);
	gone(&w);
	advance(&w, 60 * NSEC_PER_SEC);
	is_asked(&w, "100", ASKED);
	// as few as one call has are too many then, for twice the time
	guesses(&w, "100");
	advance(&w, 100 * NSEC_PER_SEC);
	is_asked(&w, "100", AWAY);
	advance(&w, 20 * NSEC_PER_SEC);
	// and a right one makes all of it good
	CHECK_STR(tries(&w, "100", "2468"), IN);
	gone(&w);
	guesses(&w, "100");
	is_asked(&w, "100", ASKED);
	teardown(&w);
}

static void never_for_good(void)
{
	struct world w;
	setup(&w, YAML(", pin-limit-all: 0"), 17);
	for (unsigned int i = 0; i < 40; i++) {
		guesses(&w, "100");
		for (unsigned int k = 0; k < 3; k++) { // in vain, meanwhile
			tries(&w, "100", "0000#");
			gone(&w);
		}
		advance(&w, 15 * 60 * NSEC_PER_SEC);
		is_asked(&w, "100", ASKED);
	}
	CHECK_STR(tries(&w, "100", "13579"), IN);
	gone(&w);
	// a day without any
	guesses(&w, "102");
	guesses(&w, "102");
	advance(&w, 25 * 3600 * NSEC_PER_SEC);
	guesses(&w, "102");
	is_asked(&w, "102", ASKED);
	teardown(&w);
}

static void silence_is_no_guess(void)
{
	struct world w;
	setup(&w, YAML(", pin-limit: 2"), 17);
	for (unsigned int i = 0; i < 4; i++) {
		tries(&w, "100", "###");
		gone(&w);
	}
	is_asked(&w, "100", ASKED);
	CHECK_INT(room(&w, "#safe")->wrong_pins, 12);
	teardown(&w);
}

// Numbers can be forged: all of them together have a limit, but those who have been right before are asked.
static void all_numbers(void)
{
	struct world w;
	char number[16];
	setup(&w, YAML(", pin-limit-all: 12"), 17);
	CHECK_STR(tries(&w, "500", "13579"), IN);
	gone(&w);
	for (unsigned int i = 0; i < 4; i++) {
		snprintf(number, sizeof(number), "60%u", i);
		guesses(&w, number);
	}
	is_asked(&w, "700", AWAY);
	CHECK_STR(tries(&w, "500", "13579"), IN);
	gone(&w);
	call_from(&w, "P1", ++last_ref, "7"); // by its number alone
	CHECK_STR(where(&w, last_ref), "#safe main");
	gone(&w);
	advance(&w, 60 * NSEC_PER_SEC);
	is_asked(&w, "700", ASKED);
	// however long it goes on, there is an end
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(number, sizeof(number), "61%u", i);
		guesses(&w, number);
		is_asked(&w, "700", AWAY);
		advance(&w, 300 * NSEC_PER_SEC);
		is_asked(&w, "700", ASKED);
	}
	teardown(&w);
}

// Those without a number are one, and do not wait longer and longer for each other.
static void hidden_numbers(void)
{
	struct world w;
	setup(&w, YAML(""), 17);
	for (unsigned int i = 0; i < 6; i++) {
		guesses(&w, "");
		if (i)
			is_asked(&w, "", AWAY);
		advance(&w, 61 * NSEC_PER_SEC);
		is_asked(&w, "", ASKED);
	}
	teardown(&w);
}

static void operators_forgive(void)
{
	struct world w;
	setup(&w, YAML(", pin-limit: 3, pin-limit-all: 3"), 17);
	guesses(&w, "100");
	is_asked(&w, "100", AWAY);
	is_asked(&w, "101", AWAY);
	CHECK_INT(room_guard_count(room(&w, "#safe"), w.now), 2);
	room_guard_forget(room(&w, "#safe"));
	is_asked(&w, "100", ASKED);
	is_asked(&w, "101", ASKED);
	teardown(&w);
}

// Who is at the desk already may still be right, but not wrong once more.
static void at_the_desk_meanwhile(void)
{
	struct world w;
	setup(&w, YAML(", pin-limit: 3, pin-limit-all: 3"), 17);
	call_from(&w, "P1", 901, "201");
	call_from(&w, "P1", 902, "202");
	guesses(&w, "100");
	press(&w, 901, "13579");
	CHECK_STR(heard(&w, 901), IN);
	press(&w, 902, "00000");
	CHECK_STR(heard(&w, 902), "/p/conf-invalidpin.wav");
	listen_once(&w);
	listen_once(&w);
	CHECK_INT(call_state(&w, "P1", 902), LINE_CALL_ENDING);
	teardown(&w);
}

static void off(void)
{
	struct world w;
	setup(&w, YAML(", pin-limit: 0, pin-limit-all: 0"), 17);
	for (unsigned int i = 0; i < 40; i++)
		guesses(&w, "100");
	is_asked(&w, "100", ASKED);
	teardown(&w);
}

// As many numbers as anybody likes: memory has a bound, and the good are not pushed out by the bad.
static void many_numbers(void)
{
	struct world w;
	char number[16];
	setup(&w, YAML(", pin-limit-all: 0"), 17);
	CHECK_STR(tries(&w, "500", "2468"), IN);
	gone(&w);
	for (unsigned int i = 0; i < 300; i++) {
		snprintf(number, sizeof(number), "9%u", i);
		tries(&w, number, "0000#");
		gone(&w);
	}
	CHECK_INT(room(&w, "#safe")->guard_count, 128);
	bool there = false;
	LIST_FOREACH(g, &room(&w, "#safe")->guards, struct room_guard, link)
	there = there || (g->good && strcmp(g->number, "500") == 0);
	CHECK(there);
	teardown(&w);
}

T_MAIN("room_guard", {"one_number", one_number}, {"never_for_good", never_for_good},
       {"silence_is_no_guess", silence_is_no_guess}, {"all_numbers", all_numbers},
       {"hidden_numbers", hidden_numbers}, {"operators_forgive", operators_forgive},
       {"at_the_desk_meanwhile", at_the_desk_meanwhile}, {"off", off}, {"many_numbers", many_numbers})
