// SPDX-License-Identifier: GPL-3.0-or-later
// orders_test.c - Requests of every kind in any order, many under way at a time, from clients that come and go: what is
// closed in the end is closed, and everything that was taken is given back.
#include "tests/pipeline/rig.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/scribe.h"
#include "dataplane/server.h"
#include "gw/codec.h"
#include "gw/ipc.h"

#define ROUNDS  40000
#define CLIENTS 3
#define KNOWN   40 // handles of each kind
#define WORKERS 2

static struct rig rig;
static uint64_t state = 21;

// Handles that replies named. What was closed leaves; what went with its conference stays, and is asked for in vain.
struct known {
	api_handle all[KNOWN];
	unsigned int count;
};

static struct known conferences, streams, sources, records;

static int client[CLIENTS];
static uint32_t request;
static unsigned int done[API_TYPE_COUNT], refused[API_TYPE_COUNT];
static char directory[48];

static uint32_t rnd(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % n;
}

static void note(struct known *k, api_handle handle)
{
	k->all[k->count < KNOWN ? k->count++ : rnd(KNOWN)] = handle;
}

static void forget(struct known *k, api_handle handle)
{
	for (unsigned int i = 0; i < k->count; i++)
		if (k->all[i] == handle)
			k->all[i--] = k->all[--k->count];
}

static api_handle any(const struct known *k)
{
	return k->count ? k->all[rnd(k->count)] : rnd(1u << 30);
}

static struct stream_spec any_spec(api_handle conference)
{
	static const uint8_t codecs[] = {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_NONE};
	char far[32];
	bool v6 = rnd(4) == 0;
	snprintf(far, sizeof(far), v6 ? "2001:db8::%x" : "192.0.2.%u", 10 + rnd(40));
	struct stream_spec s = rig_spec(conference, "", far, (uint16_t)(4000 + 2 * rnd(4)),
					codecs[rnd(20) ? rnd(3) : rnd(4)]);
	s.flags = (s.flags & ~3u) | rnd(4) | (rnd(4) ? 0 : rnd(STREAM_FLAGS + 1));
	s.rx.period_ms = s.tx.period_ms = (uint8_t)(10 * (1 + rnd(4)));
	if (rnd(3) == 0)
		s.tx.codec = codecs[rnd(3)];
	s.rx.event_type = rnd(2) ? 101 : 0;
	if (rnd(10) == 0)
		s.local.port = (uint16_t)(16384 + rnd(80));
	if (rnd(10) == 0)
		s.remote = (struct addr_port){0};
	if (rnd(10) == 0)
		s.source = (struct addr_port){0};
	return s;
}

static void conference_make(struct api_message *m)
{
	static const uint32_t flags[] = {0,
					 0,
					 CONFERENCE_BRIDGE,
					 CONFERENCE_ECHO,
					 CONFERENCE_TOGETHER,
					 CONFERENCE_TOGETHER | CONFERENCE_BRIDGE};
	struct conference_spec *s = &m->conference_open.spec;
	s->flags = flags[rnd(6)];
	s->join_tone = rnd(2) ? 0x2d : 0;
	s->loudest = rnd(2) ? 0 : 2;
	strcpy(s->device, "D");
}

static void source_make(struct api_message *m)
{
	struct api_source_item *item = &m->source_open.items[0];
	m->source_open.conference = any(&conferences);
	m->source_open.flags = rnd(2);
	m->source_open.count = 1;
	item->kind = (uint8_t)(rnd(3) ? API_SOURCE_TONE : API_SOURCE_LIVE);
	item->tone = item->kind == API_SOURCE_TONE ? 0x21 : CODEC_PCMU;
	if (item->kind == API_SOURCE_LIVE)
		snprintf(item->path, sizeof(item->path), "239.1.1.%u:5000", 1 + rnd(3));
}

static void body_make(struct api_message *m)
{
	switch (m->header.type) {
	case API_CONFERENCE_OPEN:
		conference_make(m);
		break;
	case API_CONFERENCE_CLOSE:
		m->handle_request.handle = any(&conferences);
		break;
	case API_STREAM_OPEN:
		m->stream_open.spec = any_spec(any(&conferences));
		break;
	case API_STREAM_SET:
		m->stream_set.handle = any(&streams);
		m->stream_set.spec = any_spec(rnd(2) ? any(&conferences) : 0);
		break;
	case API_STREAM_CLOSE:
	case API_STREAM_STATS:
		m->handle_request.handle = any(&streams);
		break;
	case API_SOURCE_OPEN:
		source_make(m);
		break;
	case API_SOURCE_CLOSE:
		m->handle_request.handle = any(&sources);
		break;
	case API_DIGIT_SEND:
		m->digit_send.handle = any(&streams);
		m->digit_send.digit = rnd(16);
		m->digit_send.duration_ms = 100;
		break;
	case API_RECORD_OPEN:
		m->record_open.stream = any(&streams);
		m->record_open.max_ms = 1000 + rnd(5000);
		strcpy(m->record_open.label, "any");
		break;
	case API_RECORD_CLOSE:
		m->handle_request.handle = any(&records);
		break;
	default:
		break;
	}
}

static void request_make(struct api_message *m)
{
	static const uint8_t types[] = {API_CONFERENCE_OPEN, API_CONFERENCE_OPEN, API_CONFERENCE_CLOSE,
					API_STREAM_OPEN,     API_STREAM_OPEN,     API_STREAM_OPEN,
					API_STREAM_OPEN,     API_STREAM_SET,      API_STREAM_SET,
					API_STREAM_SET,      API_STREAM_CLOSE,    API_STREAM_STATS,
					API_STREAM_LIST,     API_CONFERENCE_LIST, API_DROPS,
					API_STATUS,          API_SOURCE_OPEN,     API_SOURCE_CLOSE,
					API_DIGIT_SEND,      API_RECORD_OPEN,     API_RECORD_CLOSE,
					API_RECORD_LIST};
	api_init(m, types[rnd(sizeof(types))], ++request);
	body_make(m);
}

static void reply_take(const struct api_message *m)
{
	unsigned int type = m->header.type & ~(unsigned int)API_REPLY;
	if (m->header.request == 0)
		return;
	if (m->header.status) {
		refused[type]++;
		return;
	}
	done[type]++;
	if (type == API_CONFERENCE_OPEN)
		note(&conferences, m->handle_reply.handle);
	else if (type == API_STREAM_OPEN)
		note(&streams, m->stream_reply.handle);
	else if (type == API_SOURCE_OPEN)
		note(&sources, m->source_reply.handle);
	else if (type == API_RECORD_OPEN)
		note(&records, m->record_reply.handle);
	else if (type == API_CONFERENCE_CLOSE)
		forget(&conferences, m->handle_reply.handle);
	else if (type == API_STREAM_CLOSE)
		forget(&streams, m->stream_stats_reply.handle);
	else if (type == API_SOURCE_CLOSE)
		forget(&sources, m->handle_reply.handle);
	else if (type == API_RECORD_CLOSE)
		forget(&records, m->handle_reply.handle);
}

static void replies_take(void)
{
	struct api_message m;
	ssize_t n;
	for (unsigned int i = 0; i < CLIENTS; i++)
		while ((n = ipc_recv(client[i], &m, sizeof(m))) > 0) {
			CHECK_INT(api_check(&m, (size_t)n), 0);
			reply_take(&m);
		}
}

// A few turns of whoever's turn it is. What the disk has to do is done before, so that each run is like the other.
static void some_turns(void)
{
	nsec_t due;
	for (unsigned int i = rnd(4); i > 0; i--) {
		scribe_wait(server_scribe(rig.dp.server));
		switch (rnd(3)) {
		case 0:
			server_poll(rig.dp.server, 0, rig.now);
			break;
		case 1:
			worker_loop_once(rig.dp.workers[rnd(rig.dp.worker_count)], rig.now);
			break;
		default:
			dataplane_turn(&rig.dp, rig.now, &due);
			break;
		}
	}
}

static void any_packet(void)
{
	uint8_t f[512];
	char far[32];
	static uint16_t seq;
	snprintf(far, sizeof(far), "192.0.2.%u", 10 + rnd(40));
	struct rig_datagram d = {.src = rig_addr(far),
				 .dst = rig_addr(RIG_IP4),
				 .src_port = (uint16_t)(4000 + 2 * rnd(4)),
				 .dst_port = (uint16_t)(16384 + rnd(300))};
	seq++;
	rig_rtp(&d, rnd(3) ? 0 : 8, seq, seq * 160u, rnd(100) ? 7 : rnd(3), 0x11, 160);
	rig_put(&rig, 0, rnd(2), f, rig_encode(&rig, 0, &d, f));
}

static void clients_come_and_go(unsigned int c)
{
	if (client[c])
		close(client[c]);
	client[c] = ipc_connect(rig.config.dataplane.socket);
	REQUIRE(client[c] >= 0);
}

// One round: requests, packets, and some of what follows from them.
static void round_run(void)
{
	struct api_message m;
	unsigned int c = rnd(CLIENTS);
	for (unsigned int k = rnd(6); k > 0; k--) {
		request_make(&m);
		ipc_send(client[c], &m, m.header.length);
	}
	if (rnd(300) == 0)
		clients_come_and_go(c);
	for (unsigned int k = rnd(4); k > 0; k--)
		any_packet();
	some_turns();
	replies_take();
	rig.now += rnd(3) ? 0 : rnd(20) * NSEC_PER_MSEC;
	if (rnd(10) == 0)
		rig_settle(&rig);
	rig_forget(&rig);
}

static void close_all(void)
{
	struct api_message m;
	do {
		api_init(&m, API_CONFERENCE_LIST, 1);
		REQUIRE(rig_call(&rig, &m) == 0);
		struct api_conference_list_reply page = m.conference_list_reply;
		for (uint32_t i = 0; i < page.count; i++)
			CHECK_INT(rig_conference_close(&rig, page.entries[i].handle), 0);
	} while (m.conference_list_reply.count);
	rig.now += 10 * NSEC_PER_SEC; // recordings complete
	rig_settle(&rig);
}

static void nothing_is_left(void)
{
	struct api_message m;
	unsigned int entries = 0;
	api_init(&m, API_STATUS, 1);
	REQUIRE(rig_call(&rig, &m) == 0);
	CHECK_INT(m.status_reply.streams_open, 0);
	CHECK_INT(m.status_reply.conferences_open, 0);
	for (unsigned int i = 0; i < WORKERS; i++) {
		const struct media *media = rig.dp.workers[i]->media;
		CHECK_INT(m.status_reply.workers[i].streams, 0);
		CHECK_INT(m.status_reply.workers[i].conferences, 0);
		CHECK_INT(media_stream_count(media), 0);
		CHECK_INT(media_conference_count(media), 0);
		CHECK_INT(media_voice_count(media), 0);
		CHECK_INT(media_source_count(media), 0);
	}
	for (uint32_t i = 1; i <= rig.dp.neigh.used; i++)
		CHECK_INT(rig.dp.neigh.entries[i].holders, 0);
	for (unsigned int i = 0; i < NEIGH_GROUPS; i++)
		CHECK_INT(rig.dp.neigh.groups[i].holders, 0);
	for (uint32_t i = 0; i < LOOKUP_PAIRS * (rig.dp.lookup.group_first + LOOKUP_GROUPS); i++)
		entries += rig.dp.lookup.entries[i] != 0;
	CHECK_INT(entries, 0);
}

// Removes the directory. Returns how many recordings in it were complete, and how many were not.
static unsigned int directory_remove(unsigned int *ret_parts)
{
	unsigned int complete = 0;
	DIR *d = opendir(directory);
	*ret_parts = 0;
	for (const struct dirent *e; d && (e = readdir(d));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		complete += e->d_name[0] != '.';
		*ret_parts += e->d_name[0] == '.';
		unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	rmdir(directory);
	return complete;
}

static void in_any_order(void)
{
	unsigned int parts;
	snprintf(directory, sizeof(directory), "/tmp/slimline-orders-%d", (int)getpid());
	directory_remove(&parts);
	REQUIRE(mkdir(directory, 0700) == 0);
	struct rig_options o = {
		.workers = WORKERS, .queues = 2, .streams = 40, .seed = 5, .recordings = directory};
	if (!rig_start(&rig, &o))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < CLIENTS; i++)
		clients_come_and_go(i);
	for (unsigned int n = 0; n < ROUNDS; n++)
		round_run();
	rig_settle(&rig);
	replies_take();
	close_all();
	nothing_is_left();
	for (unsigned int i = 1; i < API_RECORD_DELETE; i++)
		if (i != API_HELLO) {
			printf("%s: %u done, %u refused\n", api_type_name(i), done[i], refused[i]);
			CHECK(done[i] > 50);
		}
	for (unsigned int i = 0; i < CLIENTS; i++)
		close(client[i]);
	rig_stop(&rig);
	CHECK(directory_remove(&parts) > 0);
	CHECK_INT(parts, 0);
}

T_MAIN("pipeline-orders", {"in any order", in_any_order})
