// SPDX-License-Identifier: GPL-3.0-or-later
// server_test.c - The API over its real socket: every answer that api.h promises, and whatever else may come.
#include "tests/pipeline/rig.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataplane/server.h"
#include "dataplane/portmap.h"
#include "gw/codec.h"
#include "gw/ipc.h"

#define FAR_A "192.0.2.10"

static struct rig rig;

static bool start(struct rig_options o)
{
	return rig_start(&rig, &o);
}

static void hello(void)
{
	struct api_message m;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_init(&m, API_HELLO, 1);
	strcpy(m.hello.name, "test");
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK(m.hello_reply.boot_id != 0);
	CHECK_INT(m.hello_reply.streams_max, 64);
	CHECK_INT(m.hello_reply.workers, 1);
	CHECK_INT(m.hello_reply.address_count, 4);
	CHECK(m.hello_reply.codecs & UINT64_C(1) << CODEC_PCMU);
	rig_stop(&rig);
}

static void open_refused(void)
{
	struct stream_spec spec, good;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	good = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	spec = good;
	spec.conference = conference + (1u << 24);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -ENOENT);
	spec = good;
	spec.local.addr = rig_addr("192.0.2.9");
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EADDRNOTAVAIL);
	spec = good;
	spec.remote.addr = rig_addr("239.1.1.1");
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec = good;
	spec.remote = (struct addr_port){0};
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec = good;
	spec.local.addr = rig_addr(RIG_IP6);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec = good;
	spec.flags |= 1u << 30;
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec = good;
	spec.local.port = 16385;
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec.local.port = 16382;
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	spec = good;
	spec.rx.period_ms = 0;
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EINVAL);
	// None of them left anything behind.
	CHECK_INT(rig.dp.neigh.entries[1].holders, 0);
	spec = good;
	spec.local.port = 16384;
	struct addr_port at;
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, &at), 0);
	CHECK_INT(at.port, 16384);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EADDRINUSE);
	rig_stop(&rig);
}

static void streams_used_up(void)
{
	api_handle streams[8];
	if (!start((struct rig_options){.streams = 8}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	for (unsigned int i = 0; i < 8; i++)
		CHECK_INT(rig_stream_open(&rig, &spec, &streams[i], NULL), 0);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -ENOSPC);
	CHECK_INT(rig_stream_close(&rig, streams[3]), 0);
	CHECK_INT(rig_stream_close(&rig, streams[3]), -ENOENT);
	CHECK_INT(rig_stream_open(&rig, &spec, &streams[0], NULL), 0);
	CHECK(streams[0] != streams[3]);
	CHECK_INT(rig_stream_close(&rig, streams[3]), -ENOENT);
	rig_stop(&rig);
}

static void ports_used_up(void)
{
	struct addr_port at;
	api_handle stream;
	if (!start((struct rig_options){.port_min = 20000, .port_max = 20007}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	uint16_t first = 0;
	for (unsigned int i = 0; i < 4; i++) {
		api_handle other = rig_conference(&rig, 0);
		spec.conference = other;
		CHECK_INT(rig_stream_open(&rig, &spec, &stream, &at), 0);
		first = first ? first : at.port;
		CHECK_INT(at.port, 20000 + 2 * i);
	}
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -EADDRINUSE);
	CHECK_INT(rig_stream_close(&rig, stream), 0);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, &at), 0);
	CHECK_INT(at.port, 20006);
	// The other address has ports of its own.
	spec = rig_spec(conference, "", "2001:db8::9", 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, &at), 0);
	CHECK_INT(at.port, 20000);
	rig_stop(&rig);
}

static void conferences_close_their_streams(void)
{
	struct api_message m;
	api_handle streams[3];
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_INT(rig_stream_open(&rig, &spec, &streams[i], NULL), 0);
	CHECK_INT(rig_conference_close(&rig, conference), 0);
	CHECK_INT(rig_conference_close(&rig, conference), -ENOENT);
	for (unsigned int i = 0; i < 3; i++)
		CHECK_INT(rig_stream_close(&rig, streams[i]), -ENOENT);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -ENOENT);
	api_init(&m, API_STATUS, 1);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.status_reply.streams_open, 0);
	CHECK_INT(m.status_reply.conferences_open, 0);
	CHECK_INT(m.status_reply.port_count, RIG_PORTS);
	CHECK(strstr(m.status_reply.kernels, "law ") && strstr(m.status_reply.kernels, "mix "));
	CHECK(m.status_reply.stream_bytes > 768 && m.status_reply.stream_bytes <= 1024);
	CHECK_INT(media_stream_count(rig.dp.workers[0]->media), 0);
	CHECK_INT(rig.dp.neigh.entries[1].holders, 0);
	rig_stop(&rig);
}

static void listed(void)
{
	struct api_message m;
	api_handle streams[20];
	unsigned int seen = 0, pages = 0;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	strcpy(spec.ref.device, "CFB01");
	for (unsigned int i = 0; i < 12; i++) {
		spec.ref.party_id = i;
		spec.ref.note = ~i;
		CHECK_INT(rig_stream_open(&rig, &spec, &streams[i], NULL), 0);
	}
	for (uint32_t cursor = 0; pages == 0 || cursor; pages++) {
		api_init(&m, API_STREAM_LIST, 1);
		m.list.cursor = cursor;
		CHECK_INT(rig_call(&rig, &m), 0);
		for (uint32_t i = 0; i < m.stream_list_reply.count; i++, seen++) {
			CHECK_INT(m.stream_list_reply.entries[i].spec.ref.party_id, seen);
			CHECK_INT(m.stream_list_reply.entries[i].spec.ref.note, ~seen);
			CHECK_INT(m.stream_list_reply.entries[i].handle, streams[seen]);
			CHECK_INT(m.stream_list_reply.entries[i].spec.conference, conference);
			CHECK_STR(m.stream_list_reply.entries[i].spec.ref.device, "CFB01");
		}
		cursor = m.stream_list_reply.next;
	}
	CHECK_INT(seen, 12);
	CHECK_INT(pages, 2);
	api_init(&m, API_CONFERENCE_LIST, 1);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.conference_list_reply.count, 1);
	CHECK_INT(m.conference_list_reply.next, 0);
	CHECK_INT(m.conference_list_reply.entries[0].handle, conference);
	CHECK_INT(m.conference_list_reply.entries[0].streams, 12);
	CHECK_INT(m.conference_list_reply.entries[0].outcome, CONFERENCE_MIX);
	api_init(&m, API_STREAM_LIST, 1);
	m.list.cursor = UINT32_MAX;
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.stream_list_reply.count, 0);
	rig_stop(&rig);
}

static void set_moves_the_remote(void)
{
	struct api_message m;
	api_handle stream;
	struct addr_port at;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, &at), 0);
	CHECK_INT(rig.dp.neigh.entries[1].holders, 1);
	api_init(&m, API_STREAM_SET, 1);
	m.stream_set.handle = stream;
	m.stream_set.spec = spec;
	m.stream_set.spec.remote.addr = rig_addr("192.0.2.77");
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.stream_reply.local.port, at.port);
	CHECK_INT(rig.dp.neigh.entries[1].holders, 0);
	CHECK_INT(rig.dp.neigh.entries[2].holders, 1);
	api_init(&m, API_STREAM_SET, 1);
	m.stream_set.handle = stream;
	m.stream_set.spec = spec;
	m.stream_set.spec.rx.period_ms = 0;
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	CHECK_INT(rig.dp.neigh.entries[1].holders, 0);
	CHECK_INT(rig.dp.neigh.entries[2].holders, 1);
	api_init(&m, API_STREAM_SET, 1);
	m.stream_set.handle = stream ^ 1u << 24;
	m.stream_set.spec = spec;
	CHECK_INT(rig_call(&rig, &m), -ENOENT);
	rig_stop(&rig);
}

static int set_conference(api_handle stream, const struct stream_spec *spec, api_handle to)
{
	struct api_message m;
	api_init(&m, API_STREAM_SET, 1);
	m.stream_set.handle = stream;
	m.stream_set.spec = *spec;
	m.stream_set.spec.conference = to;
	return rig_call(&rig, &m);
}

static unsigned int streams_of(api_handle conference)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_LIST, 1);
	REQUIRE(rig_call(&rig, &m) == 0);
	for (uint32_t i = 0; i < m.conference_list_reply.count; i++)
		if (m.conference_list_reply.entries[i].handle == conference)
			return m.conference_list_reply.entries[i].streams;
	return UINT32_MAX;
}

static void set_moves_to_another_conference(void)
{
	api_handle stream, other;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle a = rig_conference(&rig, CONFERENCE_BRIDGE | CONFERENCE_TOGETHER);
	api_handle b = rig_conference(&rig, CONFERENCE_BRIDGE | CONFERENCE_TOGETHER);
	struct stream_spec spec = rig_spec(a, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, NULL), 0);
	CHECK_INT(rig_stream_open(&rig, &spec, &other, NULL), 0);
	CHECK_INT(set_conference(stream, &spec, b), 0);
	CHECK_INT(streams_of(a), 1);
	CHECK_INT(streams_of(b), 1);
	CHECK_INT(set_conference(stream, &spec, a + (1u << 24)), -ENOENT);
	struct stream_spec bad = spec;
	bad.rx.period_ms = 0;
	CHECK_INT(set_conference(stream, &bad, a), -EINVAL);
	CHECK_INT(streams_of(b), 1);
	// the old one goes, the stream stays; then with the new one
	CHECK_INT(rig_conference_close(&rig, a), 0);
	CHECK_INT(rig_stream_close(&rig, other), -ENOENT);
	CHECK_INT(set_conference(stream, &spec, b), 0);
	CHECK_INT(set_conference(stream, &spec, 0), 0); // stays
	CHECK_INT(rig_conference_close(&rig, b), 0);
	CHECK_INT(rig_stream_close(&rig, stream), -ENOENT);
	CHECK_INT(rig.dp.neigh.entries[1].holders, 0);
	rig_stop(&rig);
}

// Sends bytes on a connection of their own and says whether the server hung up.
static bool hung_up(const void *bytes, size_t len, int *ret_status)
{
	struct api_message m;
	int fd = ipc_connect(rig.config.dataplane.socket);
	REQUIRE(fd >= 0);
	rig_settle(&rig);
	REQUIRE(ipc_send(fd, bytes, len) == 0);
	for (unsigned int i = 0; i < 3; i++)
		rig_settle(&rig);
	ssize_t n = ipc_recv(fd, &m, sizeof(m));
	*ret_status = n > 0 ? m.header.status : 0;
	close(fd);
	rig_settle(&rig);
	return n == 0;
}

static void garbage(void)
{
	struct api_message m;
	int status;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_init(&m, API_HELLO, 1);
	CHECK(hung_up("x", 1, &status));
	m.header.version = 77;
	CHECK(!hung_up(&m, m.header.length, &status));
	CHECK_INT(status, -EPROTONOSUPPORT);
	api_init(&m, API_STREAM_OPEN, 1);
	CHECK(!hung_up(&m, sizeof(m.header), &status));
	CHECK_INT(status, -EBADMSG);
	m.stream_open.spec.remote.addr.family = 9;
	CHECK(!hung_up(&m, m.header.length, &status));
	CHECK_INT(status, -EBADMSG);
	api_init(&m, API_HELLO, 0); // a request without a number
	CHECK(hung_up(&m, m.header.length, &status));
	api_init(&m, API_HELLO | API_REPLY, 1);
	CHECK(hung_up(&m, m.header.length, &status));
	api_init(&m, API_EVENT_STREAM, 0);
	CHECK(hung_up(&m, m.header.length, &status));
	// Noise, seeded; the server lives on.
	uint8_t noise[512];
	uint64_t x = 1;
	for (unsigned int i = 0; i < 200; i++) {
		for (size_t k = 0; k < sizeof(noise); k++) {
			x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
			noise[k] = (uint8_t)(x >> 56);
		}
		if (i % 2) // a header that is nearly right
			memcpy(noise,
			       &(struct api_header){.length = 16 + i,
						    .version = API_VERSION,
						    .type = (uint16_t)(i % 16),
						    .request = 1},
			       16);
		hung_up(noise, 16 + i, &status);
	}
	CHECK(rig_conference(&rig, 0) != 0);
	rig_stop(&rig);
}

static int digit(api_handle stream, unsigned int number)
{
	struct api_message m;
	api_init(&m, API_DIGIT_SEND, 1);
	m.digit_send.handle = stream;
	m.digit_send.digit = number;
	m.digit_send.duration_ms = 100;
	int rc = rig_call(&rig, &m);
	if (rc == 0)
		CHECK_INT(m.handle_reply.handle, stream);
	return rc;
}

static void digits(void)
{
	api_handle stream, mute;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	spec.tx.event_type = 101;
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, NULL), 0);
	spec = rig_spec(conference, "", FAR_A, 4002, CODEC_PCMU);
	spec.tx.event_type = 0;
	CHECK_INT(rig_stream_open(&rig, &spec, &mute, NULL), 0);
	CHECK_INT(digit(stream, 5), 0);
	CHECK_INT(digit(mute, 5), -ENOTSUP);
	CHECK_INT(digit(stream + 77, 5), -ENOENT);
	spec.flags |= STREAM_FLAGS + 1;
	CHECK_INT(rig_stream_open(&rig, &spec, &mute, NULL), -EINVAL);
	rig_stop(&rig);
}

// Streams outlive their client; another one finds them.
static void client_dies(void)
{
	struct api_message m;
	api_handle stream;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, NULL), 0);
	// It asks for more and goes before the answers come.
	for (unsigned int i = 0; i < 10; i++) {
		api_init(&m, i % 2 ? API_STREAM_LIST : API_STREAM_STATS, 100 + i);
		if (i % 2 == 0)
			m.handle_request.handle = stream;
		CHECK_INT(ipc_send(rig.client, &m, m.header.length), 0);
	}
	server_poll(rig.dp.server, 0, rig.now); // read, not yet answered
	close(rig.client);
	rig.client = ipc_connect(rig.config.dataplane.socket);
	rig_settle(&rig);
	api_init(&m, API_STREAM_LIST, 1);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.stream_list_reply.count, 1);
	CHECK_INT(m.stream_list_reply.entries[0].handle, stream);
	rig_stop(&rig);
}

// A thousand requests at once: more than the commands in flight; all are answered, none twice.
static void flood(void)
{
	struct api_message m;
	static uint8_t answered[4096];
	unsigned int sent = 0, got = 0;
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	memset(answered, 0, sizeof(answered));
	api_handle conference = rig_conference(&rig, 0), stream;
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, NULL), 0);
	for (unsigned int turn = 0; turn < 100000 && got < sizeof(answered); turn++) {
		while (sent < sizeof(answered)) {
			api_init(&m, API_STREAM_STATS, sent + 1);
			m.handle_request.handle = stream;
			if (ipc_send(rig.client, &m, m.header.length))
				break;
			sent++;
		}
		rig_settle(&rig);
		while (ipc_recv(rig.client, &m, sizeof(m)) > 0) {
			CHECK_INT(m.header.status, 0);
			REQUIRE(m.header.request >= 1 && m.header.request <= sizeof(answered));
			answered[m.header.request - 1]++;
			got++;
		}
	}
	CHECK_INT(got, sizeof(answered));
	for (size_t i = 0; i < sizeof(answered); i++)
		if (answered[i] != 1)
			CHECK_INT(answered[i], 1);
	rig_stop(&rig);
}

static void drops_reported(void)
{
	struct api_message m;
	uint8_t frame[20] = {0};
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	rig_put(&rig, 0, 0, frame, sizeof(frame));
	api_init(&m, API_DROPS, 1);
	rig_settle(&rig);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.drops_reply.count, DROP_COUNT);
	CHECK_INT(m.drops_reply.drops[DROP_eth_short], 1);
	rig_stop(&rig);
}

// The first packet of a stream is an event to every client.
static void events(void)
{
	struct api_message m;
	struct addr_port at;
	uint8_t frame[RIG_FRAME_MAX];
	if (!start((struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0), stream;
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	spec.ref.party_id = 4711;
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, &at), 0);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), 0);
	int second = ipc_connect(rig.config.dataplane.socket);
	rig_settle(&rig);
	for (uint16_t seq = 1; seq < 5; seq++) {
		struct rig_datagram d = {
			.src = rig_addr(FAR_A), .dst = at.addr, .src_port = 4000, .dst_port = at.port};
		rig_rtp(&d, 0, seq, seq * 160u, 9, 1, 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
		rig.now += 20 * NSEC_PER_MSEC;
		rig_settle(&rig);
	}
	const int clients[] = {rig.client, second};
	for (unsigned int i = 0; i < 2; i++) {
		bool seen = false;
		while (ipc_recv(clients[i], &m, sizeof(m)) > 0)
			if (m.header.type == API_EVENT_STREAM &&
			    m.stream_event.kind == API_STREAM_FIRST_PACKET) {
				CHECK_INT(m.stream_event.handle, stream);
				CHECK_INT(m.stream_event.ref.party_id, 4711);
				seen = true;
			}
		CHECK(seen);
	}
	close(second);
	rig_stop(&rig);
}

// Sends as many as the socket takes. Returns how many have been sent by now.
static uint32_t ask_on(uint32_t sent, uint32_t all)
{
	struct api_message m;
	for (; sent < all; sent++) {
		api_init(&m, API_HELLO, 1000 + sent);
		int rc = ipc_send(rig.client, &m, m.header.length);
		if (rc == -EAGAIN)
			break;
		REQUIRE(rc == 0);
	}
	return sent;
}

// Who asks for far more than it reads is answered in full as soon as it reads, and in order.
static void asks_faster_than_it_reads(void)
{
	enum { ALL = 30000 };
	struct api_message m;
	uint32_t sent = 0, before, answered = 0;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	do {
		before = sent;
		sent = ask_on(sent, ALL);
		rig_settle(&rig);
	} while (sent > before);
	CHECK(sent < ALL); // it is made to wait
	for (unsigned int turn = 0; answered < ALL && turn < ALL; turn++) {
		for (ssize_t n; (n = ipc_recv(rig.client, &m, sizeof(m))) > 0; answered++) {
			CHECK_INT(api_check(&m, (size_t)n), 0);
			CHECK_INT(m.header.request, 1000 + answered);
		}
		sent = ask_on(sent, ALL);
		rig_settle(&rig);
	}
	CHECK_INT(answered, ALL);
	rig_stop(&rig);
}

static void portmap_parts(void)
{
	struct portmap p;
	uint16_t port, seen = 0;
	REQUIRE(portmap_init(&p, 10001, 10100, 1, 3) == 0);
	CHECK_INT(p.pair_count, 49); // 10002..10099; the last RTCP port is 10099
	for (unsigned int i = 0; i < 49; i++) {
		CHECK_INT(portmap_take(&p, 0, 2, &port), 0);
		CHECK(port >= 10002 && port <= 10098 && port % 2 == 0);
		seen++;
	}
	CHECK_INT(portmap_take(&p, 0, 2, &port), -EADDRINUSE);
	CHECK_INT(portmap_take_exact(&p, 0, 10002), -EADDRINUSE);
	portmap_release(&p, 0, 10050);
	CHECK_INT(portmap_take(&p, 0, 0, &port), 0);
	CHECK_INT(port, 10050);
	portmap_fini(&p);
}

T_MAIN("pipeline server", {"hello", hello}, {"open refused", open_refused},
       {"streams used up", streams_used_up}, {"ports used up", ports_used_up},
       {"conferences close their streams", conferences_close_their_streams}, {"listed", listed},
       {"set moves the remote", set_moves_the_remote},
       {"set moves to another conference", set_moves_to_another_conference}, {"garbage", garbage},
       {"client dies", client_dies}, {"digits", digits}, {"flood", flood}, {"drops reported", drops_reported},
       {"events", events}, {"asks faster than it reads", asks_faster_than_it_reads},
       {"portmap parts", portmap_parts})
