// SPDX-License-Identifier: GPL-3.0-or-later
// room_name_test.c - Names that callers of rooms say: asked for, recorded, said to the others, and never left behind.
#include "tests/unit/control/room_world.h"

static const char yaml[] =
	"schema: 1\n"
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"
	"recordings: {directory: /srv/names}\n"
	"agents: [{name: a, host: 192.0.2.1, version: 20}]\n"
	"agent-groups: [{name: g, agents: [a], backoff: {min: 100ms, max: 100ms}, connect: {retries: 32}}]\n"
	"profiles: [{name: p, kind: line, codecs: [pcmu], sessions: 8, participants: 6}]\n"
	"rooms:\n"
	"  - {name: named, asks-name: yes, says-who: yes, prompts: /p}\n"
	"  - {name: safe, pin: '2468', asks-name: yes, prompts: /p}\n"
	"lines:\n"
	"  - {name: 'N{n}', profile: p, group: g, answer: never, action: room, room: named}\n"
	"  - {name: 'S{n}', profile: p, group: g, answer: never, action: room, room: safe}\n";

#define ASKED "/p/vm-rec-name.wav /p/beep.wav"

// Recordings that the dataplane ends by itself.
static void record_end(struct world *w, enum api_record_end end, int status)
{
	REQUIRE(fake_dp_record_end(&w->dp, end, status));
	pump(w);
	soon(w);
}

// Somebody whose name is recorded and who is inside, where all was said.
static void enter(struct world *w, uint32_t ref)
{
	call(w, "N1", ref);
	listen_once(w);
	press(w, ref, "#");
	listen(w);
	listen(w);
	CHECK_STR(where(w, ref), "#named main");
}

static unsigned int nameless(struct world *w, const char *name)
{
	return (unsigned int)line(w, name)->counts.value[COUNT_room_nameless];
}

// Nobody is there, and nothing of anybody.
static void empty(struct world *w)
{
	soon(w);
	CHECK_INT(fake_dp_files(&w->dp), 0);
	CHECK_INT(fake_dp_records(&w->dp), 0);
	CHECK_INT(fake_dp_streams(&w->dp), 0);
	CHECK(list_empty(&room(w, "#named")->names));
	CHECK(list_empty(&room(w, "#safe")->names));
	CHECK(list_empty(&w->core.recorders));
}

static void comes_and_goes(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "N1", 1);
	CHECK_STR(where(&w, 1), "#named desk");
	CHECK_STR(heard(&w, 1), ASKED);
	CHECK_INT(fake_dp_records(&w.dp), 0);
	press(&w, 1, "5*"); // no end
	listen(&w);
	CHECK_STR(heard(&w, 1), "");
	CHECK_INT(fake_dp_records(&w.dp), 1);
	CHECK_INT(w.dp.records[0].open.max_ms, ROOM_NAME_MS);
	CHECK(w.dp.records[0].open.min_ms > 0 && w.dp.records[0].open.silence_ms > 0);
	press(&w, 1, "5");
	CHECK_INT(fake_dp_records(&w.dp), 1);
	press(&w, 1, "#");
	CHECK_INT(fake_dp_records(&w.dp), 0);
	CHECK_STR(heard(&w, 1), "/p/conf-onlyperson.wav");
	listen_once(&w);
	CHECK_STR(where(&w, 1), "#named main");
	CHECK_STR(heard(&w, 1), "test-~said-1.wav /p/conf-hasjoin.wav");
	listen(&w);
	enter(&w, 2);
	CHECK_INT(fake_dp_files(&w.dp), 2);
	hang_up(&w, "N1", 1);
	CHECK_STR(heard(&w, 2), "test-~said-1.wav /p/conf-hasleft.wav");
	CHECK_INT(fake_dp_files(&w.dp), 2); // it is being said
	listen(&w);
	CHECK_STR(heard(&w, 2), "");
	CHECK_INT(fake_dp_files(&w.dp), 1);
	hang_up(&w, "N1", 2);
	CHECK_INT(nameless(&w, "N1"), 0);
	empty(&w);
	teardown(&w);
}

// After the PIN; the limit is an end like any other.
static void after_pin(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "S1", 1);
	CHECK_STR(heard(&w, 1), "/p/conf-getpin.wav");
	press(&w, 1, "1111");
	CHECK_STR(heard(&w, 1), "/p/conf-invalidpin.wav /p/conf-getpin.wav");
	press(&w, 1, "2468#"); // complete without the #, which is no end of the name
	CHECK_STR(heard(&w, 1), ASKED);
	listen(&w);
	record_end(&w, API_RECORD_LIMIT, 0);
	CHECK_STR(heard(&w, 1), "/p/conf-onlyperson.wav");
	listen_once(&w);
	CHECK_STR(heard(&w, 1), "test-~said-1.wav /p/conf-hasjoin.wav");
	hang_up(&w, "S1", 1); // in the middle of it
	empty(&w);
	teardown(&w);
}

// Who says nothing goes in all the same, by number.
static void silence(void)
{
	struct world w;
	setup(&w, yaml, 17);
	w.dp.says_nothing = true;
	call_from(&w, "N1", 1, "7");
	listen(&w);
	record_end(&w, API_RECORD_SILENCE, 0);
	CHECK_STR(heard(&w, 1), "/p/conf-onlyperson.wav");
	listen_once(&w);
	CHECK_STR(heard(&w, 1), "/p/digits/7.wav /p/conf-hasjoin.wav");
	listen(&w);
	CHECK_INT(nameless(&w, "N1"), 1);
	CHECK(room(&w, "#named")->nameless);
	call_from(&w, "N1", 2, "8");
	listen(&w);
	press(&w, 2, "#");
	CHECK_STR(heard(&w, 2), "/p/conf-placeintoconf.wav");
	listen_once(&w);
	CHECK_STR(heard(&w, 1), "/p/digits/8.wav /p/conf-hasjoin.wav");
	CHECK_INT(nameless(&w, "N1"), 2);
	listen(&w);
	w.dp.says_nothing = false;
	enter(&w, 3);
	CHECK(!room(&w, "#named")->nameless);
	// without says-who nothing is said
	w.dp.says_nothing = true;
	call(&w, "S1", 4);
	press(&w, 4, "2468");
	listen(&w);
	press(&w, 4, "#");
	listen_once(&w);
	CHECK_STR(where(&w, 4), "#safe main");
	CHECK_STR(heard(&w, 4), "");
	hang_up(&w, "S1", 4);
	for (uint32_t ref = 1; ref <= 3; ref++)
		hang_up(&w, "N1", ref);
	empty(&w);
	teardown(&w);
}

// The dataplane does not record, fails at it, or never answers.
static void refused(void)
{
	struct world w;
	setup(&w, yaml, 17);
	for (uint32_t ref = 1; ref <= 3; ref++) {
		call_from(&w, "N1", ref, "7");
		w.dp.fail_type = ref == 1 ? API_RECORD_OPEN : 0;
		w.dp.fail_status = -ENOTSUP;
		w.dp.held = w.dp.says_nothing = ref == 3;
		fake_dp_source_end(&w.dp, &w.core.dp, w.now);
		pump(&w);
		if (ref == 2)
			record_end(&w, API_RECORD_FAILED, -EIO);
		if (ref == 3)
			advance(&w, 3 * NSEC_PER_SEC);
		w.dp.held = false;
		pump(&w);
		soon(&w);
		CHECK_INT(nameless(&w, "N1"), ref);
		CHECK_STR(heard(&w, ref), ref == 1 ? "/p/conf-onlyperson.wav" : "/p/conf-placeintoconf.wav");
		listen(&w);
		CHECK_STR(where(&w, ref), "#named main");
	}
	for (uint32_t ref = 1; ref <= 3; ref++)
		hang_up(&w, "N1", ref);
	empty(&w);
	teardown(&w);
}

// Hung up, held or kicked at any moment of it.
static void interrupted(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "N1", 1); // during the prompt
	hang_up(&w, "N1", 1);
	empty(&w);
	call(&w, "N1", 2); // while speaking
	listen(&w);
	CHECK_INT(fake_dp_records(&w.dp), 1);
	hang_up(&w, "N1", 2);
	CHECK_INT(w.dp.requests[API_RECORD_DELETE], 2);
	empty(&w);
	call(&w, "N1", 3); // before the dataplane has answered
	w.dp.held = true;
	listen(&w);
	state(&w, "N1", 3, SCCP_CALL_STATE_ON_HOOK);
	w.dp.held = false;
	pump(&w);
	hang_up(&w, "N1", 3);
	CHECK_INT(w.dp.requests[API_RECORD_DELETE], 3);
	empty(&w);
	call(&w, "N1", 4); // on hold, which ends the recording
	listen(&w);
	close_media(&w, "N1", 4);
	soon(&w);
	open_media(&w, "N1", 4);
	soon(&w);
	CHECK_STR(heard(&w, 4), "/p/conf-onlyperson.wav");
	hang_up(&w, "N1", 4);
	empty(&w);
	call(&w, "N1", 5);
	listen(&w);
	member_kick(room_member(room(&w, "#named"), room(&w, "#named")->last_number), w.now);
	pump(&w);
	CHECK_STR(heard(&w, 5), "/p/conf-kicked.wav");
	listen(&w);
	hang_up(&w, "N1", 5);
	empty(&w);
	teardown(&w);
}

static void reconnect(struct world *w, bool same)
{
	dp_disconnected(&w->core.dp, w->now);
	w->dp.connected = false;
	advance(w, 100 * NSEC_PER_MSEC);
	if (!same)
		fake_dp_restart(&w->dp);
	w->dp.connected = true;
	dp_connected(&w->core.dp, w->now);
	pump(w);
	soon(w);
}

// The dataplane is away when a file is to be deleted, or while it writes one.
static void dataplane_away(void)
{
	struct world w;
	setup(&w, yaml, 17);
	for (unsigned int same = 0; same < 2; same++) {
		enter(&w, 1);
		dp_disconnected(&w.core.dp, w.now);
		w.dp.connected = false;
		state(&w, "N1", 1, SCCP_CALL_STATE_ON_HOOK);
		advance(&w, 100 * NSEC_PER_MSEC);
		CHECK_INT(fake_dp_files(&w.dp), 1);
		reconnect(&w, same);
		hang_up(&w, "N1", 1);
		empty(&w);
		// those inside keep their names
		enter(&w, 2);
		enter(&w, 3);
		reconnect(&w, same);
		hang_up(&w, "N1", 2);
		CHECK_INT(strncmp(heard(&w, 3), "test-~said-", 11), 0);
		listen(&w);
		CHECK_INT(fake_dp_files(&w.dp), 1);
		hang_up(&w, "N1", 3);
		empty(&w);
		// while it records
		call(&w, "N1", 4);
		listen(&w);
		CHECK_INT(fake_dp_records(&w.dp), 1);
		reconnect(&w, same);
		CHECK_INT(fake_dp_records(&w.dp), same);
		if (same) // out of sight
			record_end(&w, API_RECORD_LIMIT, 0);
		CHECK_INT(fake_dp_files(&w.dp), same);
		hang_up(&w, "N1", 4);
		advance(&w, 15 * NSEC_PER_SEC);
		empty(&w);
		CHECK_INT(nameless(&w, "N1"), same + 1);
	}
	teardown(&w);
}

// Callers go with their media when the agent has gone; a process that ends while somebody speaks or is spoken of.
static void agent_leaves(void)
{
	struct world w;
	setup(&w, yaml, 17);
	enter(&w, 1);
	call(&w, "N1", 2);
	listen(&w);
	leave(&w, line(&w, "N1"));
	CHECK_STR(where(&w, 1), "#named main");
	CHECK_INT(fake_dp_records(&w.dp), 1);
	device_close_all(line(&w, "N1"), w.now);
	pump(&w);
	empty(&w);
	teardown(&w);
	setup(&w, yaml, 17);
	enter(&w, 1);
	call(&w, "N1", 2);
	listen(&w);
	press(&w, 2, "#");
	listen_once(&w); // it is said that the second has come
	call(&w, "N1", 3);
	fake_dp_source_end(&w.dp, &w.core.dp, w.now);
	pump(&w);
	teardown(&w);
}

// What a process before this one has left goes when the dataplane is there for the first time, and only then.
static void former_life(void)
{
	struct world w;
	setup(&w, yaml, 17);
	CHECK_INT(w.dp.requests[API_RECORD_DELETE], 1);
	enter(&w, 1);
	reconnect(&w, true);
	reconnect(&w, false);
	CHECK_INT(w.dp.requests[API_RECORD_DELETE], 1);
	CHECK_INT(fake_dp_files(&w.dp), 1);
	strcpy(w.dp.files[1], "test-N1-9.wav"); // a mailbox's
	struct core_options o = {.config = w.config,
				 .links = fake_agent_driver(&w.agents),
				 .dataplane = {.context = &w.dp, .send = fake_dp_send},
				 .epoch = 2,
				 .seed = 1};
	core_fini(&w.core);
	fake_dp_restart(&w.dp);
	REQUIRE(core_init(&w.core, &o) == 0);
	dp_connected(&w.core.dp, w.now);
	pump(&w);
	CHECK_INT(fake_dp_files(&w.dp), 1);
	CHECK_STR(w.dp.files[1], "test-N1-9.wav");
	teardown(&w);
}

static const char *const pressed[] = {"#", "2468", "5", "*6"};

static void do_something(struct world *w)
{
	uint32_t k = draw(w, 2), ref = 1 + k * 4 + draw(w, 4);
	const char *name = k ? "S1" : "N1";
	struct room *r = room(w, k ? "#safe" : "#named");
	uint32_t what = draw(w, 100);
	struct member *m = r->member_count && what == 0 ? room_member(r, 1 + draw(w, r->last_number)) : NULL;
	w->dp.says_nothing = draw(w, 2);
	if (m)
		member_kick(m, w->now);
	else if (what < 20)
		call_from(w, name, ref, "7");
	else if (what < 25)
		close_media(w, name, ref);
	else if (what < 30)
		open_media(w, name, ref);
	else if (what < 34)
		w->dp.held ? pump(w) : hang_up(w, name, ref);
	else if (what < 40)
		w->dp.held = draw(w, 3) == 0;
	else if (what < 50)
		advance(w, w->dp.held ? 0 : draw(w, 5) * NSEC_PER_SEC);
	else if (what < 60)
		fake_dp_record_end(&w->dp, API_RECORD_LIMIT, 0), pump(w);
	else if (what < 75)
		listen_once(w);
	else
		press(w, ref, pressed[draw(w, 4)]);
}

// Anything at any time, and no file is left.
static void anything(void)
{
	struct world w;
	setup(&w, yaml, 17);
	for (unsigned int n = 0; n < 20000; n++) {
		do_something(&w);
		if (n % 16 == 0) // it is slow, and never too slow
			w.dp.held = false, pump(&w);
	}
	w.dp.held = false;
	pump(&w);
	for (uint32_t ref = 1; ref <= 8; ref++)
		hang_up(&w, ref > 4 ? "S1" : "N1", ref);
	for (unsigned int i = 0; i < w.core.device_count; i++)
		device_close_all(w.core.devices[i], w.now);
	pump(&w);
	advance(&w, 20 * NSEC_PER_SEC);
	CHECK(w.dp.record_count > 100);
	CHECK(w.dp.requests[API_RECORD_DELETE] > 50);
	empty(&w);
	teardown(&w);
}

T_MAIN("room_name", {"comes and goes", comes_and_goes}, {"after the PIN", after_pin}, {"silence", silence},
       {"refused", refused}, {"interrupted", interrupted}, {"dataplane away", dataplane_away},
       {"agent leaves", agent_leaves}, {"former life", former_life}, {"anything", anything})
