// SPDX-License-Identifier: GPL-3.0-or-later
// show_test.c - slimctl against the daemon's answers: a real socket between them, a fake dataplane behind.
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/admin.h"
#include "control/cli/session.h"
#include "control/core.h"
#include "control/device.h"
#include "control/party.h"
#include "control/show.h"
#include "control/store.h"
#include "control/room.h"
#include "gw/log.h"
#include "tests/fake/agent.h"
#include "tests/fake/dp.h"
#include "tests/unit/t.h"

#define PARTIES 600 // more than one page

static const char yaml[] =
	"schema: 1\n"
	"node: {name: test}\n"
	"dataplane:\n"
	"  workers: [0]\n"
	"  ports: [{name: p0, device: net_null0, addresses: [192.0.2.10/24]}]\n"
	"agents:\n"
	"  - {name: first, host: 192.0.2.1}\n"
	"agent-groups:\n"
	"  - {name: main, agents: [first]}\n"
	"profiles:\n"
	"  - {name: bridge, kind: conference-bridge, codecs: [pcmu], sessions: 400, participants: 4}\n"
	"devices:\n"
	"  - {name: CFB1, profile: bridge, group: main}\n";

static nsec_t test_now = NSEC_PER_SEC;

static nsec_t test_clock(void)
{
	return test_now;
}

struct fixture {
	struct event_base *base;
	struct config *config;
	struct core core;
	struct fake_agent agents;
	struct fake_dp dp;
	struct store *store;
	struct admin *admin;
	struct show show;
	char dir[64];
	char path[96];
};

static void pump(struct fixture *f)
{
	while (fake_dp_deliver(&f->dp, &f->core.dp, test_now))
		continue;
}

static void setup_with(struct fixture *f, const char *text)
{
	*f = (struct fixture){.base = event_base_new()};
	REQUIRE(config_load_text(text, strlen(text), "test", stderr, &f->config) == 0);
	fake_agent_init(&f->agents);
	fake_dp_init(&f->dp);
	struct core_options core = {.config = f->config,
				    .links = fake_agent_driver(&f->agents),
				    .dataplane = {.context = &f->dp, .send = fake_dp_send},
				    .epoch = 1,
				    .seed = 1};
	REQUIRE(core_init(&f->core, &core) == 0);
	struct config_store_options kind = {.kind = CONFIG_STORE_MEMORY};
	struct store_options store = {
		.node = "test", .owner = "t", .epoch = 1, .config = &kind, .base = f->base};
	REQUIRE(store_open(&store, &f->store) == 0);
	show_init(&f->show, &f->core, f->store, test_clock);
	strcpy(f->dir, "/tmp/slimline-show-XXXXXX");
	REQUIRE(mkdtemp(f->dir) != NULL);
	snprintf(f->path, sizeof(f->path), "%s/s", f->dir);
	REQUIRE(admin_open(f->base, f->path, show_commands, show_command_count, &f->show, &f->admin) == 0);
}

static void setup(struct fixture *f)
{
	setup_with(f, yaml);
}

static void teardown(struct fixture *f)
{
	show_fini(&f->show);
	admin_close(f->admin);
	rmdir(f->dir);
	core_fini(&f->core);
	store_close(f->store);
	config_free(f->config);
	fake_agent_fini(&f->agents);
	fake_dp_fini(&f->dp);
	event_base_free(f->base);
}

static void dataplane_up(struct fixture *f)
{
	f->dp.connected = true;
	dp_connected(&f->core.dp, test_now);
	pump(f);
}

// A party of each conference, two to a conference.
static void add_parties(struct fixture *f, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct party *p;
		struct party_image image = {.conference_id = i / 2 + 1,
					    .call_reference = i,
					    .rx_named = true,
					    .rx_party_id = i + 1,
					    .rx_open = true,
					    .spec = {.flags = STREAM_RECV,
						     .local = {.port = (uint16_t)(16384 + 2 * i)},
						     .rx = {.codec = CODEC_PCMU, .period_ms = 20},
						     .tx = {.codec = CODEC_PCMU, .period_ms = 20}}};
		addr_parse("192.0.2.10", &image.spec.local.addr);
		REQUIRE(party_restore(f->core.devices[0], &image, test_now, &p) == 0);
		pump(f);
	}
}

// slimctl in a thread of its own, as it is a process of its own.
struct run {
	struct session session;
	const char *line;
	char *out, *err;
	size_t out_len, err_len;
	int rc;
	atomic_bool over;
};

static void *run_thread(void *arg)
{
	struct run *r = arg;
	r->rc = session_run(&r->session, r->line);
	session_close(&r->session);
	fclose(r->session.out);
	fclose(r->session.err);
	atomic_store(&r->over, true);
	return NULL;
}

static int slimctl(struct fixture *f, enum print_format format, const char *line, struct run *r)
{
	pthread_t thread;
	*r = (struct run){.line = line};
	r->session = (struct session){.socket = f->path, .timeout_ms = 10000, .format = format, .fd = -1};
	r->session.out = open_memstream(&r->out, &r->out_len);
	r->session.err = open_memstream(&r->err, &r->err_len);
	REQUIRE(pthread_create(&thread, NULL, run_thread, r) == 0);
	while (!atomic_load(&r->over)) {
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		pump(f);
	}
	pthread_join(thread, NULL);
	return r->rc;
}

static void done(struct run *r)
{
	free(r->out);
	free(r->err);
}

static void check_out(struct fixture *f, const char *line, const char *expected)
{
	struct run r;
	CHECK_INT(slimctl(f, PRINT_TABLE, line, &r), CTL_OK);
	if (!strstr(r.out, expected))
		printf("%s: expected \"%s\" in:\n%s%s", line, expected, r.out, r.err);
	CHECK(strstr(r.out, expected) != NULL);
	done(&r);
}

static void check_error(struct fixture *f, const char *line, int rc, const char *expected)
{
	struct run r;
	CHECK_INT(slimctl(f, PRINT_TABLE, line, &r), rc);
	if (!strstr(r.err, expected))
		printf("%s: expected \"%s\" in:\n%s", line, expected, r.err);
	CHECK(strstr(r.err, expected) != NULL);
	CHECK(strstr(r.err, "hint: ") != NULL);
	done(&r);
}

static void test_alone(void)
{
	struct fixture f;
	setup(&f);
	check_out(&f, "show status", "NOT READY");
	check_out(&f, "show status", "ALARM       the dataplane is not connected");
	check_out(&f, "show status", "memory, ready");
	check_out(&f, "show version", "Dataplane API");
	check_out(&f, "show sccp", "CFB1    conference-bridge");
	check_out(&f, "show sccp connections", "No connections.");
	check_out(&f, "show conference", "No conferences.");
	check_out(&f, "show sccp statistics", "Nothing counted yet.");
	check_error(&f, "show stream", CTL_REFUSED, "the dataplane is not connected");
	check_error(&f, "show drops", CTL_REFUSED, "the dataplane is not connected");
	check_error(&f, "show worker", CTL_REFUSED, "the dataplane is not connected");
	check_out(&f, "show metrics", "\nslimline_dataplane_up 0\n");
	teardown(&f);
}

static void test_drain(void)
{
	struct fixture f;
	setup(&f);
	const struct device *d = f.core.devices[0];
	check_error(&f, "drain", CTL_USAGE, "which device, or all?");
	check_error(&f, "drain CFB9", CTL_NOT_FOUND, "no device CFB9");
	CHECK(!d->draining);
	check_out(&f, "drain CFB1", "yes");
	CHECK(d->draining);
	check_out(&f, "show metrics", "\nslimline_devices_draining 1\n");
	check_out(&f, "undrain all", "CFB1");
	CHECK(!d->draining);
	teardown(&f);
}

static void test_calls(void)
{
	struct fixture f;
	setup(&f);
	dataplane_up(&f);
	add_parties(&f, 4);
	check_out(&f, "show status", "Sessions    2 conferences, 4 parties (4 orphans)");
	check_out(&f, "show status", "12.5");
	check_out(&f, "show status", "port p0 has no link");
	check_out(&f, "show stream", "192.0.2.10:16384");
	check_out(&f, "show stream 16386", "Local address             192.0.2.10:16386");
	check_out(&f, "show stream 01000000", "Party ID                  1");
	check_out(&f, "show stream 01000000", "Outcome                   relay");
	check_out(&f, "show conference", "relay");
	check_out(&f, "show conference 2", "192.0.2.10:16390");
	check_out(&f, "show conference | count", "3\n");
	check_out(&f, "show sccp connections | inc 16388", "recvonly");
	check_out(&f, "show drops", "rtp_late");
	check_out(&f, "show worker", "12.5        90.0     0.04");
	check_out(&f, "show worker", "refused from 85 % on (dataplane.load-limit): 7 so far");
	check_out(&f, "show dataplane", "Memory of a relayed stream, bytes  1000");
	check_out(&f, "show dataplane", "relay scalar, law avx2, mix x86-64-v3");
	check_out(&f, "show status", "worker 0 is at its load limit");
	check_out(&f, "show metrics", "\nslimline_parties 4\n");
	check_out(&f, "show metrics",
		  "# TYPE slimline_worker_load_permille gauge\nslimline_worker_load_permille{worker=\"0\"} "
		  "125\n");
	check_out(&f, "show metrics", "slimline_port_link_up{port=\"p0\"} 0\n");
	check_out(&f, "show metrics", "slimline_packets_dropped_total{reason=\"rtp_late\"}");
	check_out(&f, "show dspfarm", "(slimctl calls this: show sccp)");
	check_error(&f, "show stream 02000000", CTL_NOT_FOUND, "no stream 02000000");
	check_error(&f, "show conference 99", CTL_NOT_FOUND, "no conference 99");
	check_error(&f, "show conference 4294967296", CTL_USAGE, "is no ID");
	check_error(&f, "show stream -1", CTL_USAGE, "is no ID");
	check_error(&f, "show stream \xff", CTL_USAGE, "argument");
	f.dp.fail_type = API_DROPS;
	f.dp.fail_status = -EIO;
	check_error(&f, "show drops", CTL_REFUSED, "dataplane");
	teardown(&f);
}

// Lists of several pages come whole, in every format.
static void test_pages(void)
{
	struct fixture f;
	struct run r;
	setup(&f);
	dataplane_up(&f);
	add_parties(&f, PARTIES);
	static const struct {
		const char *line;
		const char *key;
		size_t count;
	} lists[] = {{"show stream", "streams", PARTIES},
		     {"show sccp connections", "connections", PARTIES},
		     {"show conference", "conferences", PARTIES / 2}};
	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(slimctl(&f, PRINT_JSON, lists[i].line, &r), CTL_OK);
		json_t *j = json_loads(r.out, 0, NULL);
		CHECK_INT(json_array_size(json_object_get(j, lists[i].key)), lists[i].count);
		CHECK(json_is_null(json_object_get(j, "next")));
		json_decref(j);
		done(&r);
	}
	CHECK_INT(slimctl(&f, PRINT_CSV, "show stream | count", &r), CTL_OK);
	CHECK_INT(atoi(r.out), PARTIES + 1);
	done(&r);
	// no table is wider than a terminal
	static const char *const tables[] = {"show stream", "show sccp connections", "show conference",
					     "show status"};
	for (size_t i = 0; i < 4; i++) {
		CHECK_INT(slimctl(&f, PRINT_TABLE, tables[i], &r), CTL_OK);
		for (const char *p = r.out; *p; p += strcspn(p, "\n") + 1)
			CHECK(strcspn(p, "\n") <= 100);
		done(&r);
	}
	teardown(&f);
}

static void test_unreachable(void)
{
	struct fixture f;
	struct run r;
	setup(&f);
	snprintf(f.path, sizeof(f.path), "%s/none", f.dir);
	CHECK_INT(slimctl(&f, PRINT_TABLE, "show status", &r), CTL_UNREACHABLE);
	CHECK(strstr(r.err, "cannot reach slimline-control") != NULL);
	CHECK_STR(r.out, "");
	done(&r);
	// a script reads the same in the form of every other refusal
	CHECK_INT(slimctl(&f, PRINT_JSON, "show status", &r), CTL_UNREACHABLE);
	json_t *reply = json_loads(r.out, 0, NULL);
	CHECK(json_is_false(json_object_get(reply, "ok")));
	CHECK_INT(json_integer_value(json_object_get(reply, "code")), CTL_UNREACHABLE);
	CHECK(json_is_string(json_object_get(reply, "error")) &&
	      json_is_string(json_object_get(reply, "hint")));
	json_decref(reply);
	done(&r);
	CHECK_INT(slimctl(&f, PRINT_TABLE, "show status | nonsense", &r), CTL_USAGE);
	done(&r);
	CHECK_INT(slimctl(&f, PRINT_TABLE, "help", &r), CTL_OK);
	CHECK(strstr(r.out, "show conference") != NULL);
	done(&r);
	teardown(&f);
}

static void say(struct fixture *f, struct device *d, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, 17, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	CHECK_INT(d->reg.link->user->input(d, pdu, (size_t)len, test_now), len);
	pump(f);
}

// Two telephones, the first registered.
static struct device *setup_lines(struct fixture *f)
{
	static const char lines_yaml[] =
		"schema: 1\n"
		"dataplane: {workers: [0], ports: [{name: p0, device: net_null0, addresses: "
		"[192.0.2.10/24]}]}\n"
		"agents: [{name: first, host: 192.0.2.1}]\n"
		"agent-groups: [{name: main, agents: [first]}]\n"
		"profiles: [{name: p, kind: line, codecs: [pcmu]}]\n"
		"lines: [{name: 'T{n}', count: 2, profile: p, group: main, action: room, room: lobby}]\n";
	struct sccp_msg m;
	struct addr local;
	setup_with(f, lines_yaml);
	dataplane_up(f);
	check_out(f, "show line", "T2");
	check_error(f, "line T1 dial 600", CTL_REFUSED, "line T1 is not registered");
	struct device *d = f->core.devices[0];
	core_start(&f->core, test_now);
	addr_parse("192.0.2.77", &local);
	d->reg.link->up = true;
	d->reg.link->user->up(d, &local, test_now);
	sccp_init(&m, SCCP_REGISTER_ACK);
	m.register_ack.protocol_version = 17;
	say(f, d, &m);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	say(f, d, &m);
	return d;
}

static void say_call(struct fixture *f, struct device *d, uint32_t state)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_STATE);
	m.call_state.call_state = state;
	m.call_state.line_instance = 1;
	m.call_state.call_reference = 7;
	say(f, d, &m);
}

static void test_lines(void)
{
	struct fixture f;
	struct device *d = setup_lines(&f);
	say_call(&f, d, SCCP_CALL_STATE_RING_IN);
	check_out(&f, "show line", "ringing");
	check_out(&f, "line T1 answer", "answering");
	check_error(&f, "line T1 answer", CTL_REFUSED, "no call is ringing");
	say_call(&f, d, SCCP_CALL_STATE_CONNECTED);
	check_out(&f, "show line T1", "connected");
	check_out(&f, "show line T1", "lobby");
	check_out(&f, "line T1 press 5", "connected");
	check_out(&f, "line T1 hold", "connected"); // until the agent says otherwise
	check_error(&f, "line T1 dial 600", CTL_REFUSED, "line T1 is in a call");
	check_out(&f, "line T1 tr", "connected"); // the shortest that means one act
	check_error(&f, "line T1 f 600", CTL_USAGE, "not told like this");
	check_error(&f, "line T1 forward off", CTL_REFUSED, "nothing is forwarded so");
	check_error(&f, "line T1 speed 1", CTL_REFUSED, "there is no such speed dial");
	check_error(&f, "line T1/7 dial 600", CTL_NOT_FOUND, "line T1 has no line button 7");
	check_error(&f, "line T1/1 dial 600", CTL_REFUSED, "line T1 is in a call");
	check_out(&f, "show line T1", "BUTTON");
	check_error(&f, "line T1 press transfer", CTL_REFUSED, "does not offer that soft key");
	check_error(&f, "line T1 press nonsense", CTL_USAGE, "cannot be pressed");
	check_error(&f, "line T1 dial abc", CTL_USAGE, "cannot be dialled");
	check_error(&f, "line T1 sing", CTL_USAGE, "not told like this");
	check_error(&f, "line T1", CTL_USAGE, "not told like this");
	check_error(&f, "line", CTL_USAGE, "not told like this");
	check_error(&f, "line T3 answer", CTL_NOT_FOUND, "there is no line T3");
	check_error(&f, "show line CFB1", CTL_NOT_FOUND, "there is no line CFB1");
	check_out(&f, "line T1 hangup", "ending");
	teardown(&f);
}

static void test_recordings(void)
{
	struct fixture f;
	setup(&f);
	check_error(&f, "show recording", CTL_REFUSED, "the dataplane is not connected");
	dataplane_up(&f);
	check_out(&f, "show recording", "Nothing is recorded");
	f.dp.streams[0] = (struct fake_stream){.handle = 0x01000000};
	check_out(&f, "record stream 01000000 30", "test-stream-1.wav");
	CHECK_INT(f.dp.records[0].open.max_ms, 30000);
	check_out(&f, "show recording", "01000000");
	check_out(&f, "show recording", "2s");
	check_error(&f, "record stream 01000000", CTL_REFUSED, "it is recorded already");
	check_error(&f, "record stream 01000001", CTL_REFUSED, "there is no such stream or recording");
	check_error(&f, "record stream 1", CTL_USAGE, "nothing is recorded like this");
	check_error(&f, "record stream 01000000 0", CTL_USAGE, "nothing is recorded like this");
	check_error(&f, "record stream 01000000 1e9", CTL_USAGE, "nothing is recorded like this");
	check_error(&f, "record stream 01000000 99999999999999999999", CTL_USAGE, "nothing is recorded");
	check_error(&f, "record stream 01000000 1 2", CTL_USAGE, "nothing is recorded like this");
	check_error(&f, "record", CTL_USAGE, "nothing is recorded like this");
	check_error(&f, "record sing", CTL_USAGE, "nothing is recorded like this");
	check_out(&f, "record stop 01000000", "Nothing is recorded");
	check_error(&f, "record stop 01000000", CTL_REFUSED, "there is no such stream or recording");
	f.dp.fail_type = API_RECORD_OPEN;
	f.dp.fail_status = -ENOTDIR;
	check_error(&f, "record stream 01000000", CTL_REFUSED, "Not a directory");
	f.dp.fail_type = API_RECORD_OPEN;
	f.dp.fail_status = -ENOSPC;
	check_error(&f, "record stream 01000000", CTL_REFUSED, "there is no room for it");
	teardown(&f);
}

static void test_rooms(void)
{
	struct fixture f;
	struct sccp_msg m;
	struct device *d = setup_lines(&f);
	check_out(&f, "show room", "lobby");
	check_out(&f, "show room lobby", "nobody");
	check_error(&f, "show room attic", CTL_NOT_FOUND, "there is no room attic");
	say_call(&f, d, SCCP_CALL_STATE_CONNECTED);
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = m.open_receive_channel.pass_through_party_id = 7;
	m.open_receive_channel.call_reference = 7;
	m.open_receive_channel.packet_ms = 20;
	m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
	say(&f, d, &m);
	check_out(&f, "show room lobby", "inside");
	check_out(&f, "show line", "inside");
	check_out(&f, "room lobby mute 1", "inside");
	check_out(&f, "show line T1", "inside mute");
	check_out(&f, "room lobby unmute all", "inside");
	check_out(&f, "room lobby lock", "locked");
	CHECK(f.core.rooms[0]->room->locked);
	check_out(&f, "room lobby unlock", "locked");
	check_error(&f, "room lobby kick 2", CTL_NOT_FOUND, "room lobby has no member 2");
	check_error(&f, "room lobby kick x", CTL_NOT_FOUND, "room lobby has no member x");
	check_error(&f, "room lobby kick", CTL_USAGE, "not told like this");
	check_error(&f, "room lobby lock 1", CTL_USAGE, "not told like this");
	check_error(&f, "room lobby sing", CTL_USAGE, "not told like this");
	check_error(&f, "room", CTL_USAGE, "not told like this");
	check_error(&f, "room attic end", CTL_NOT_FOUND, "there is no room attic");
	check_out(&f, "room lobby kick 1", "refused");
	check_out(&f, "room lobby end", "lobby");
	teardown(&f);
}

static void test_quiet(void)
{
	log_set_level(LOG_LEVEL_ERROR);
}

T_MAIN("show", {"quiet", test_quiet}, {"alone", test_alone}, {"drain", test_drain}, {"calls", test_calls},
       {"pages", test_pages}, {"lines", test_lines}, {"rooms", test_rooms}, {"recordings", test_recordings},
       {"unreachable", test_unreachable})
