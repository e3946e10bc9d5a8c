// SPDX-License-Identifier: GPL-3.0-or-later
// room_test.c - Rooms over the real control: PINs, lobby, moderators, keys, holds, and whatever goes wrong meanwhile.
#include "tests/unit/control/room_world.h"

static const char yaml[] =
	"schema: 1\n"
	"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]}\n"
	"agents: [{name: a, host: 192.0.2.1, version: 20}, {name: b, host: 192.0.2.2, version: 17}]\n"
	"agent-groups:\n"
	"  - {name: g, agents: [a], backoff: {min: 100ms, max: 100ms}, connect: {retries: 32}}\n"
	"  - {name: h, agents: [b], backoff: {min: 100ms, max: 100ms}, connect: {retries: 32}}\n"
	"sources: [{name: calm, file: /srv/calm.wav}]\n"
	"profiles: [{name: p, kind: line, codecs: [pcmu], sessions: 8, participants: 6, mix: {join-tone: "
	"zip}}]\n"
	"rooms:\n"
	"  - {name: safe, pin: '2468', moderator-pin: '13579', lobby: yes, music: calm, unattended: wait,\n"
	"     prompts: /p, parties: 4}\n"
	"  - {name: pin, pin: '2468', prompts: /p, says-who: yes}\n"
	"  - {name: led, moderator-pin: '999', lobby: yes, unattended: end, prompts: /p}\n"
	"lines:\n"
	"  - {name: 'S{n}', count: 2, profile: p, group: g, answer: never, action: room, room: safe}\n"
	"  - {name: 'T{n}', count: 2, profile: p, group: h, answer: never, action: room, room: safe,\n"
	"     rules: [{calling: '7', action: room, room: safe, moderator: yes}]}\n"
	"  - {name: 'P{n}', profile: p, group: g, answer: never, action: room, room: pin}\n"
	"  - {name: 'L{n}', profile: p, group: g, answer: never, action: room, room: led}\n"
	"  - {name: 'O{n}', profile: p, group: g, answer: never, action: room, room: open}\n";

// ---- the way in ----

static void open_room(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "O1", 1);
	CHECK_STR(where(&w, 1), "#open main");
	call(&w, "O1", 2);
	CHECK_STR(where(&w, 2), "#open main");
	CHECK_STR(heard(&w, 2), "");
	CHECK_INT(fake_dp_conferences(&w.dp), 1);
	press(&w, 1, "*6");
	CHECK_STR(where(&w, 1), "#open main mute");
	press(&w, 1, "*7");
	CHECK_STR(where(&w, 1), "#open main");
	press(&w, 1, "6*9*16*"); // nobody is a moderator; a star that is not followed by a command
	CHECK_STR(where(&w, 1), "#open main");
	CHECK_INT(room(&w, "#open")->member_count, 2);
	hang_up(&w, "O1", 1);
	hang_up(&w, "O1", 2);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	CHECK_INT(fake_dp_conferences(&w.dp), 0);
	CHECK_INT(room(&w, "#open")->member_count, 0);
	teardown(&w);
}

static void right_pin(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call_from(&w, "P1", 1, "205");
	CHECK_STR(where(&w, 1), "#pin desk");
	CHECK_STR(heard(&w, 1), "/p/conf-getpin.wav");
	press(&w, 1, "9*24"); // a star begins anew
	CHECK_STR(heard(&w, 1), "");
	press(&w, 1, "68");
	CHECK_STR(where(&w, 1), "#pin desk");
	CHECK_STR(heard(&w, 1), "/p/conf-onlyperson.wav");
	listen(&w);
	CHECK_STR(where(&w, 1), "#pin main");
	listen(&w); // who came
	call_from(&w, "P1", 2, "731");
	press(&w, 2, "2468");
	CHECK_STR(heard(&w, 2), "/p/conf-placeintoconf.wav");
	listen_once(&w);
	CHECK_STR(where(&w, 2), "#pin main");
	CHECK_STR(heard(&w, 1), "/p/digits/7.wav /p/digits/3.wav /p/digits/1.wav /p/conf-hasjoin.wav");
	listen(&w);
	state(&w, "P1", 1, SCCP_CALL_STATE_ON_HOOK);
	CHECK_STR(heard(&w, 2), "/p/digits/2.wav /p/digits/0.wav /p/digits/5.wav /p/conf-hasleft.wav");
	CHECK_INT(fake_dp_conferences(&w.dp), 1); // desks have gone
	CHECK_INT(room(&w, "#pin")->wrong_pins, 0);
	teardown(&w);
}

static void wrong_pins(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "P1", 1);
	press(&w, 1, "1111");
	CHECK_STR(heard(&w, 1), "/p/conf-invalidpin.wav /p/conf-getpin.wav");
	press(&w, 1, "#");
	for (unsigned int i = 0; i < 1000; i++) // endless digits are one wrong PIN, and one after the other
		press(&w, 1, "7");
	CHECK_INT(call_state(&w, "P1", 1), LINE_CALL_CONNECTED);
	CHECK_STR(heard(&w, 1), "/p/conf-invalidpin.wav"); // the third
	CHECK_INT(room(&w, "#pin")->wrong_pins, 3);
	CHECK_STR(where(&w, 1), "#pin desk");
	press(&w, 1, "2468"); // too late
	CHECK_STR(where(&w, 1), "#pin desk");
	listen(&w);
	CHECK_INT(call_state(&w, "P1", 1), LINE_CALL_ENDING);
	CHECK_INT(room(&w, "#pin")->member_count, 0);
	CHECK_INT(line(&w, "P1")->counts.value[COUNT_room_pin_wrong], 3);
	hang_up(&w, "P1", 1);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	// a caller who says nothing, and one who never comes to an end
	call(&w, "P1", 2);
	for (unsigned int i = 0; i < 4; i++) {
		listen(&w);
		advance(&w, 9 * NSEC_PER_SEC);
	}
	listen(&w);
	CHECK_INT(room(&w, "#pin")->member_count, 0);
	hang_up(&w, "P1", 2);
	call(&w, "P1", 3);
	for (unsigned int i = 0; i < 200 && room(&w, "#pin")->member_count; i++) {
		press(&w, 3, "5*");
		advance(&w, NSEC_PER_SEC);
	}
	listen(&w);
	CHECK_INT(call_state(&w, "P1", 3), LINE_CALL_ENDING);
	teardown(&w);
}

// ---- lobby and moderators ----

static void lobby(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "S1", 1);
	press(&w, 1, "2468#");
	CHECK_STR(heard(&w, 1), "/p/conf-waitforleader.wav");
	listen(&w);
	CHECK_STR(where(&w, 1), "#safe lobby mute");
	CHECK_STR(heard(&w, 1), "/srv/calm.wav");
	call(&w, "T1", 2);    // of another agent
	press(&w, 2, "2468"); // no need for a #, the other PIN begins otherwise
	listen(&w);
	CHECK_STR(where(&w, 2), "#safe lobby mute");
	CHECK_INT(fake_dp_sources(&w.dp), 1); // encoded once
	press(&w, 2, "*7");                   // no way out of it
	CHECK_STR(where(&w, 2), "#safe lobby mute");
	// the moderator's PIN
	call(&w, "S2", 3);
	press(&w, 3, "13579");
	listen(&w);
	CHECK_STR(where(&w, 3), "#safe main");
	CHECK_STR(where(&w, 1), "#safe main");
	CHECK_STR(where(&w, 2), "#safe main");
	CHECK_INT(fake_dp_conferences(&w.dp), 1);
	CHECK_INT(fake_dp_sources(&w.dp), 0);
	// who comes now goes straight in; four is all
	call(&w, "T2", 4);
	press(&w, 4, "2468#");
	listen(&w);
	CHECK_STR(where(&w, 4), "#safe main");
	call(&w, "S1", 5);
	CHECK_STR(where(&w, 5), "gone");
	CHECK_INT(line(&w, "S1")->refusals[REFUSAL_participants], 2);
	// the last moderator leaves: all wait again
	hang_up(&w, "S2", 3);
	CHECK_STR(where(&w, 1), "#safe lobby mute");
	CHECK_STR(where(&w, 2), "#safe lobby mute");
	CHECK_STR(heard(&w, 4), "/srv/calm.wav");
	// by number, without a PIN
	call_from(&w, "T2", 6, "7");
	CHECK_STR(where(&w, 6), "#safe main");
	CHECK_STR(where(&w, 1), "#safe main");
	CHECK_INT(room_count(room(&w, "#safe"), MEMBER_INSIDE), 4);
	teardown(&w);
}

static void keys(void)
{
	struct world w;
	setup(&w, yaml, 17);
	struct room *r = room(&w, "#safe");
	call_from(&w, "T1", 1, "7");
	call(&w, "S1", 2);
	press(&w, 2, "2468#");
	listen(&w);
	press(&w, 2, "*1*3*9");
	CHECK(!r->locked && !r->mute);
	press(&w, 1, "*1");
	CHECK(r->locked);
	CHECK_STR(heard(&w, 2), "/p/conf-lockednow.wav");
	listen(&w);
	call(&w, "S2", 3);
	press(&w, 3, "2468#");
	CHECK_STR(heard(&w, 3), "/p/conf-locked.wav");
	listen(&w);
	CHECK_INT(call_state(&w, "S2", 3), LINE_CALL_ENDING);
	call(&w, "T2", 4);
	press(&w, 4, "13579");
	listen(&w);
	CHECK_STR(where(&w, 4), "#safe main"); // moderators pass
	press(&w, 4, "*3");
	CHECK_STR(where(&w, 2), "#safe main mute");
	CHECK_STR(where(&w, 1), "#safe main");
	press(&w, 2, "*7"); // not while all are mute
	CHECK_STR(where(&w, 2), "#safe main mute");
	press(&w, 4, "*4*2");
	CHECK_STR(where(&w, 2), "#safe main");
	CHECK(!r->locked);
	member_kick(room_member(r, 2), w.now);
	pump(&w);
	CHECK_STR(where(&w, 2), "#safe desk");
	CHECK_STR(heard(&w, 2), "/p/conf-kicked.wav");
	listen(&w);
	CHECK_INT(call_state(&w, "S1", 2), LINE_CALL_ENDING);
	press(&w, 1, "*9");
	soon(&w);
	CHECK_INT(r->member_count, 0);
	CHECK_INT(call_state(&w, "T1", 1), LINE_CALL_ENDING);
	CHECK_INT(call_state(&w, "T2", 4), LINE_CALL_ENDING);
	CHECK(!r->ending);
	teardown(&w);
}

// Without a PIN for all, # or silence will do; and the end of the last moderator is everybody's.
static void led(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "L1", 1);
	press(&w, 1, "#");
	listen(&w);
	CHECK_STR(where(&w, 1), "#led lobby mute");
	CHECK_STR(heard(&w, 1), ""); // no music here
	call(&w, "L1", 2);
	listen(&w);
	advance(&w, 9 * NSEC_PER_SEC);
	listen(&w);
	CHECK_STR(where(&w, 2), "#led lobby mute");
	call(&w, "L1", 3);
	press(&w, 3, "999");
	listen(&w);
	CHECK_STR(where(&w, 2), "#led main");
	hang_up(&w, "L1", 3);
	CHECK_INT(call_state(&w, "L1", 1), LINE_CALL_ENDING);
	CHECK_INT(call_state(&w, "L1", 2), LINE_CALL_ENDING);
	CHECK_INT(room(&w, "#led")->member_count, 0);
	teardown(&w);
}

// ---- what goes wrong ----

// Media go and return in every state: the caller is where one was, and hears again what there was to hear.
static void holds(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "S1", 1);
	close_media(&w, "S1", 1);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	open_media(&w, "S1", 1);
	CHECK_STR(heard(&w, 1), "/p/conf-getpin.wav");
	press(&w, 1, "2468#");
	close_media(&w, "S1", 1);
	open_media(&w, "S1", 1);
	CHECK_STR(heard(&w, 1), "/p/conf-waitforleader.wav");
	listen(&w);
	close_media(&w, "S1", 1);
	open_media(&w, "S1", 1);
	CHECK_STR(where(&w, 1), "#safe lobby mute");
	CHECK_STR(heard(&w, 1), "/srv/calm.wav");
	close_media(&w, "S1", 1);
	call_from(&w, "T1", 2, "7"); // the moderator comes while one is away
	open_media(&w, "S1", 1);
	CHECK_STR(where(&w, 1), "#safe main");
	close_media(&w, "T1", 2); // a moderator on hold is still there
	soon(&w);
	CHECK_STR(where(&w, 1), "#safe main");
	teardown(&w);
}

static void dataplane_restarts(void)
{
	struct world w;
	setup(&w, yaml, 17);
	for (unsigned int stage = 0; stage < 4; stage++) {
		call(&w, "S1", 1);
		if (stage > 0)
			press(&w, 1, "2468#");
		if (stage > 1)
			listen(&w);
		if (stage > 2)
			call_from(&w, "T1", 2, "7");
		dp_disconnected(&w.core.dp, w.now);
		fake_dp_restart(&w.dp);
		w.dp.connected = true;
		dp_connected(&w.core.dp, w.now);
		pump(&w);
		soon(&w);
		static const char *const place[] = {"#safe desk", "#safe lobby mute", "#safe lobby mute",
						    "#safe main"};
		static const char *const sound[] = {"", "/srv/calm.wav", "/srv/calm.wav", ""};
		CHECK_STR(where(&w, 1), place[stage]);
		CHECK_STR(heard(&w, 1), sound[stage]);
		if (stage == 0) {
			press(&w, 1, "2468#");
			CHECK_STR(heard(&w, 1), "/p/conf-waitforleader.wav");
		}
		hang_up(&w, "S1", 1);
		if (stage > 2)
			hang_up(&w, "T1", 2);
		CHECK_INT(fake_dp_streams(&w.dp), 0);
		CHECK_INT(fake_dp_conferences(&w.dp), 0);
	}
	teardown(&w);
}

// Prompts that are not there are alarms; who knows the PIN gets in, who does not is hung up on.
static void no_prompts(void)
{
	struct world w;
	setup(&w, yaml, 17);
	snprintf(w.dp.unreadable, sizeof(w.dp.unreadable), "/p/conf-getpin.wav");
	call(&w, "P1", 1);
	CHECK_INT(line(&w, "P1")->counts.value[COUNT_sound_unreadable], 1);
	press(&w, 1, "2468");
	snprintf(w.dp.unreadable, sizeof(w.dp.unreadable), "/p/conf-placeintoconf.wav");
	listen(&w);
	call(&w, "P1", 2);
	press(&w, 2, "2468");
	soon(&w);
	CHECK_STR(where(&w, 2), "#pin main");
	snprintf(w.dp.unreadable, sizeof(w.dp.unreadable), "/p/conf-invalidpin.wav");
	call(&w, "P1", 3);
	press(&w, 3, "1###");
	CHECK_INT(call_state(&w, "P1", 3), LINE_CALL_ENDING);
	teardown(&w);
}

static void cannot_move(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call(&w, "P1", 1);
	press(&w, 1, "2468");
	w.dp.fail_type = API_STREAM_SET;
	w.dp.fail_status = -ENOSPC;
	listen(&w);
	CHECK_INT(call_state(&w, "P1", 1), LINE_CALL_ENDING);
	hang_up(&w, "P1", 1);
	CHECK_INT(fake_dp_conferences(&w.dp), 0);
	// nor open the conference
	call(&w, "P1", 2);
	press(&w, 2, "2468");
	w.dp.fail_type = API_CONFERENCE_OPEN;
	w.dp.fail_status = -ENOSPC;
	listen(&w);
	CHECK_INT(call_state(&w, "P1", 2), LINE_CALL_ENDING);
	hang_up(&w, "P1", 2);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	CHECK_INT(fake_dp_conferences(&w.dp), 0);
	teardown(&w);
}

// The agent goes: callers stay where they are, their digits count, and they go with their media.
static void agent_leaves(void)
{
	struct world w;
	setup(&w, yaml, 17);
	call_from(&w, "T1", 1, "7");
	call(&w, "S1", 2);
	press(&w, 2, "2468#");
	listen(&w);
	leave(&w, line(&w, "S1"));
	leave(&w, line(&w, "T1"));
	CHECK_STR(where(&w, 2), "#safe main");
	press(&w, 2, "*6");
	CHECK_STR(where(&w, 2), "#safe main mute");
	CHECK_INT(room(&w, "#safe")->member_count, 2);
	CHECK_STR(visit_number(room_member(room(&w, "#safe"), 1)->visit), "7"); // still known
	CHECK_STR(visit_number(room_member(room(&w, "#safe"), 2)->visit), "100");
	press(&w, 1, "*9");
	soon(&w);
	CHECK_INT(room(&w, "#safe")->member_count, 0);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	CHECK_INT(fake_dp_conferences(&w.dp), 0);
	teardown(&w);
}

static const char *const names[] = {"S1", "S2", "T1", "T2", "P1", "L1", "O1"};

static void dataplane_fails(struct world *w)
{
	if (draw(w, 2)) {
		w->dp.fail_type = draw(w, 2) ? API_STREAM_SET : API_CONFERENCE_OPEN;
		w->dp.fail_status = -ENOSPC;
		return;
	}
	dp_disconnected(&w->core.dp, w->now);
	if (draw(w, 2))
		fake_dp_restart(&w->dp);
	w->dp.held = false;
	dp_connected(&w->core.dp, w->now);
	pump(w);
}

static void keep_alive(struct world *w)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_KEEP_ALIVE_ACK);
	for (unsigned int i = 0; i < w->core.device_count; i++)
		say(w, w->core.devices[i], &m);
}

static void do_something(struct world *w)
{
	static const char *const digits[] = {"2468", "13579", "*6", "*7", "*1", "*2",  "*3",
					     "*4",   "*9",    "#",  "5",  "1#", "999#"};
	uint32_t k = draw(w, 7), ref = 1 + k * 4 + draw(w, 4);
	const char *name = names[k];
	struct room *r = w->core.rooms[draw(w, w->core.room_count)]->room;
	struct member *m = r->member_count ? room_member(r, 1 + draw(w, r->last_number)) : NULL;
	uint32_t what = draw(w, 400);
	if (what < 80)
		call_from(w, name, ref, draw(w, 4) ? "100" : "7");
	else if (what < 105)
		close_media(w, name, ref);
	else if (what < 130)
		open_media(w, name, ref);
	else if (what < 138)
		hang_up(w, name, ref);
	else if (what < 163)
		state(w, name, ref, SCCP_CALL_STATE_ON_HOOK);
	else if (what < 188)
		w->dp.held = draw(w, 2);
	else if (what < 213)
		m ? member_kick(m, w->now) : soon(w);
	else if (what < 216)
		leave(w, line(w, name)), say_register(w, line(w, name));
	else if (what < 219)
		dataplane_fails(w);
	else if (what < 244)
		advance(w, draw(w, 12) * NSEC_PER_SEC);
	else if (what < 269)
		listen_once(w);
	else
		press(w, ref, digits[draw(w, 13)]);
}

// Anybody does anything at any time; in the end everybody has gone and nothing is left.
static void anything(void)
{
	struct world w;
	setup(&w, yaml, 17);
	for (unsigned int n = 0; n < 20000; n++) {
		do_something(&w);
		if (n % 100 == 0)
			keep_alive(&w);
	}
	w.dp.held = false;
	w.dp.fail_type = 0;
	pump(&w);
	for (unsigned int k = 0; k < 7; k++)
		for (uint32_t i = 0; i < 4; i++)
			hang_up(&w, names[k], 1 + k * 4 + i);
	advance(&w, 10 * NSEC_PER_SEC);
	for (unsigned int i = 0; i < w.core.device_count; i++)
		device_close_all(w.core.devices[i], w.now);
	pump(&w);
	uint64_t entered = 0, refused = 0;
	for (unsigned int i = 0; i < w.core.room_count; i++) {
		CHECK_INT(w.core.rooms[i]->room->member_count, 0);
		CHECK_INT(w.core.rooms[i]->conference_count, 0);
		entered += w.core.rooms[i]->room->entered;
		refused += w.core.rooms[i]->room->refused;
	}
	CHECK(entered > 200);
	CHECK(refused > 200);
	CHECK_INT(fake_dp_streams(&w.dp), 0);
	CHECK_INT(fake_dp_conferences(&w.dp), 0);
	teardown(&w);
}

T_MAIN("room", {"open", open_room}, {"right PIN", right_pin}, {"wrong PINs", wrong_pins}, {"lobby", lobby},
       {"keys", keys}, {"led", led}, {"holds", holds}, {"dataplane restarts", dataplane_restarts},
       {"no prompts", no_prompts}, {"cannot move", cannot_move}, {"agent leaves", agent_leaves},
       {"anything", anything})
