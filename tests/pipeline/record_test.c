// SPDX-License-Identifier: GPL-3.0-or-later
// record_test.c - Recordings over the API: what was said is in the file, and every end and refusal leaves things in order.
#include "tests/pipeline/rig.h"

#include <dirent.h>
#include <semaphore.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include "dataplane/scribe.h"
#include "dataplane/server.h"
#include "gw/codec.h"
#include "gw/ipc.h"

#define FAR    "192.0.2.10"
#define FRAMES 320 // samples of 20 ms at 16 kHz

static struct rig rig;
static char directory[64];
static api_handle stream, conference;
static struct addr_port local;
static uint16_t seq;

static void remove_all(void)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	char name[512];
	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", directory, e->d_name);
		unlink(name);
	}
	if (d)
		closedir(d);
	rmdir(directory);
}

static unsigned int count_files(void)
{
	DIR *d = opendir(directory);
	unsigned int n = 0;
	REQUIRE(d != NULL);
	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static bool start(const char *recordings)
{
	struct rig_options o = {.recordings = recordings};
	snprintf(directory, sizeof(directory), "/tmp/slimline-record-%d", (int)getpid());
	remove_all();
	REQUIRE(mkdir(directory, 0700) == 0);
	if (recordings && !*recordings)
		o.recordings = directory;
	if (!rig_start(&rig, &o))
		return false;
	conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec s = rig_spec(conference, "", FAR, 4000, CODEC_L16_16K);
	s.rx.payload_type = s.tx.payload_type = 96;
	REQUIRE(rig_stream_open(&rig, &s, &stream, &local) == 0);
	seq = 0;
	return true;
}

static void stop(void)
{
	rig_stop(&rig);
	remove_all();
}

// Says a ramp, or nothing; time passes either way. What comes back is in `heard`.
static int16_t heard[FRAMES * 500];
static unsigned int heard_count;

static void say(void)
{
	uint8_t frame[2048];
	struct rig_datagram d = {
		.src = rig_addr(FAR), .dst = local.addr, .src_port = 4000, .dst_port = local.port};
	rig_rtp(&d, 96, seq, seq * FRAMES, 7, 0, FRAMES * 2);
	for (unsigned int i = 0; i < FRAMES; i++) {
		unsigned int v = 2000 + (seq * FRAMES + i) % 9000;
		d.payload[12 + 2 * i] = (uint8_t)(v >> 8);
		d.payload[13 + 2 * i] = (uint8_t)v;
	}
	seq++;
	rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
}

static void run(unsigned int ms, bool speaks)
{
	for (unsigned int t = 0; t < ms; t++) {
		if (speaks && t % 20 == 0)
			say();
		rig.now += NSEC_PER_MSEC;
		rig_settle(&rig);
		for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
			struct rig_datagram d;
			REQUIRE(rig_decode(&rig, 0, f, &d));
			for (unsigned int i = 12; d.dst_port == 4000 && i + 1 < d.len; i += 2)
				if (heard_count < sizeof(heard) / sizeof(heard[0]))
					heard[heard_count++] =
						(int16_t)(d.payload[i] << 8 | d.payload[i + 1]);
		}
	}
}

static const char *label = "../AN 01/x";

static int record(api_handle whom, uint32_t max_ms, uint32_t min_ms, uint32_t silence_ms,
		  struct api_message *ret)
{
	api_init(ret, API_RECORD_OPEN, 1);
	ret->record_open.stream = whom;
	ret->record_open.max_ms = max_ms;
	ret->record_open.min_ms = min_ms;
	ret->record_open.silence_ms = silence_ms;
	snprintf(ret->record_open.label, sizeof(ret->record_open.label), "%s", label);
	return rig_call(&rig, ret);
}

static int ask(unsigned int type, api_handle handle)
{
	struct api_message m;
	api_init(&m, type, 1);
	m.handle_request.handle = handle;
	return rig_call(&rig, &m);
}

static int delete (const char *name)
{
	struct api_message m;
	api_init(&m, API_RECORD_DELETE, 1);
	snprintf(m.record_delete.name, sizeof(m.record_delete.name), "%s", name);
	return rig_call(&rig, &m);
}

static bool event_take(struct api_record_event *ret)
{
	struct api_message m;
	rig_settle(&rig);
	ssize_t n = ipc_recv(rig.client, &m, sizeof(m));
	while (n > 0 && m.header.type != API_EVENT_RECORD)
		n = ipc_recv(rig.client, &m, sizeof(m));
	if (n > 0) {
		CHECK_INT(api_check(&m, (size_t)n), 0);
		*ret = m.record_event;
	}
	return n > 0;
}

// Reads a complete recording; the samples that are no ramp are counted. Returns its length in ms.
static unsigned int file_check(const char *name, unsigned int *ret_ramp)
{
	static int16_t pcm[16000 * 10];
	char path[256];
	SF_INFO info = {0};
	struct stat st;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	REQUIRE(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 07777, 0640);
	SNDFILE *f = sf_open(path, SFM_READ, &info);
	REQUIRE(f != NULL);
	CHECK_INT(info.channels, 1);
	CHECK_INT(info.samplerate, 16000);
	CHECK_INT(st.st_size, 44 + info.frames * 2);
	sf_count_t n = sf_read_short(f, pcm, 160000);
	CHECK_INT(n, info.frames);
	sf_close(f);
	*ret_ramp = 0;
	for (sf_count_t i = 1; i < n; i++)
		*ret_ramp += pcm[i] && (pcm[i] == pcm[i - 1] + 1 || pcm[i] == 2000);
	return (unsigned int)(n / 16);
}

static void what_is_said_is_kept(void)
{
	struct api_message m, list;
	struct api_record_event e;
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(record(stream, 60000, 0, 0, &m) == 0);
	REQUIRE(strncmp(m.record_reply.name, "rig-___AN_01_x-20", 17) == 0);
	run(2000, true);
	api_init(&list, API_RECORD_LIST, 1);
	REQUIRE(rig_call(&rig, &list) == 0);
	REQUIRE(list.record_list_reply.count == 1);
	CHECK_INT(list.record_list_reply.entries[0].handle, m.record_reply.handle);
	CHECK_INT(list.record_list_reply.entries[0].stream, stream);
	CHECK_NEAR(list.record_list_reply.entries[0].ms, 2000, 120);
	CHECK_INT(count_files(), 1); // hidden as yet
	CHECK_INT(delete (m.record_reply.name), -ENOENT);
	CHECK(!event_take(&e));
	CHECK_INT(ask(API_RECORD_CLOSE, m.record_reply.handle), 0);
	REQUIRE(event_take(&e));
	CHECK_INT(e.handle, m.record_reply.handle);
	CHECK_INT(e.end, API_RECORD_CLOSED);
	CHECK_INT(e.kept, 1);
	CHECK_INT(e.lost_ms, 0);
	CHECK_STR(e.name, m.record_reply.name);
	CHECK_INT(ask(API_RECORD_CLOSE, m.record_reply.handle), -ENOENT);
	unsigned int ms = file_check(e.name, &ramp);
	CHECK_INT(ms, e.ms);
	CHECK_NEAR(ms, 2000, 30);
	CHECK(ramp + 10 > ms * 16); // sample by sample what was said
	// heard again
	api_init(&m, API_SOURCE_OPEN, 1);
	m.source_open.conference = conference;
	m.source_open.count = 1;
	m.source_open.items[0].kind = API_SOURCE_RECORDING;
	strcpy(m.source_open.items[0].path, e.name);
	heard_count = 0;
	REQUIRE(rig_call(&rig, &m) == 0);
	CHECK_INT(m.source_reply.unreadable, 0);
	run(2200, false);
	unsigned int same = 0;
	for (unsigned int i = 1; i < heard_count; i++)
		same += heard[i] && heard[i] == heard[i - 1] + 1;
	CHECK(same + 40 > ramp);
	CHECK_INT(delete (e.name), 0);
	CHECK_INT(delete (e.name), -ENOENT);
	CHECK_INT(count_files(), 0);
	stop();
}

static void ends_by_itself(void)
{
	struct api_message m;
	struct api_record_event e;
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(record(stream, 500, 0, 0, &m) == 0);
	run(800, true);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_LIMIT);
	CHECK_INT(file_check(e.name, &ramp), 500);
	REQUIRE(record(stream, 60000, 100, 1000, &m) == 0); // silence, with sound before it
	run(500, true);
	run(1400, false);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_SILENCE);
	CHECK_INT(e.kept, 1);
	CHECK_NEAR(file_check(e.name, &ramp), 1600, 150);
	REQUIRE(record(stream, 60000, 100, 1000, &m) == 0); // and with none
	run(1400, false);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_SILENCE);
	CHECK_INT(e.kept, 0);
	CHECK_INT(count_files(), 2);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0); // the stream goes
	run(500, true);
	REQUIRE(rig_stream_close(&rig, stream) == 0);
	run(150, false);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_GONE);
	CHECK_NEAR(file_check(e.name, &ramp), 500, 30);
	CHECK(ramp + 400 > e.ms * 16);
	CHECK_INT(ask(API_RECORD_CLOSE, m.record_reply.handle), -ENOENT);
	stop();
}

// The conference goes with everything in it; and a stream that never ticks ends by the clock.
static void ends_with_others(void)
{
	struct api_message m;
	struct api_record_event e;
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0);
	run(300, true);
	REQUIRE(rig_conference_close(&rig, conference) == 0);
	run(150, false);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_GONE);
	CHECK_NEAR(file_check(e.name, &ramp), 300, 30);
	conference = rig_conference(&rig, 0); // nobody to relay to
	struct stream_spec s = rig_spec(conference, "", FAR, 4000, CODEC_PCMU);
	REQUIRE(rig_stream_open(&rig, &s, &stream, NULL) == 0);
	REQUIRE(record(stream, 1000, 0, 0, &m) == 0);
	run(3500, false);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_LIMIT);
	CHECK_INT(e.kept, 0);
	CHECK_INT(count_files(), 1);
	stop();
}

static void leave_part(const char *name)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *f = fopen(path, "w");
	REQUIRE(f != NULL);
	fclose(f);
}

// All with a passing label, and nothing else, goes at one word; so do remains of a crash while nothing is recorded.
static void all_of_a_label(void)
{
	struct api_message m;
	struct api_record_event e;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	for (unsigned int i = 0; i < 4; i++) {
		label = i ? "~said" : "_said2";
		REQUIRE(record(stream, 200, 0, 0, &m) == 0);
		run(400, true);
		REQUIRE(event_take(&e));
		CHECK_INT(e.kept, 1);
	}
	leave_part(".rig-_said-1.wav.part");
	leave_part(".rig-_other-1.wav.part");
	CHECK_INT(count_files(), 6);
	CHECK_INT(delete ("~nobody"), 0);
	CHECK_INT(count_files(), 6);
	REQUIRE(record(stream, 60000, 0, 0, &m) == 0);
	CHECK_INT(delete ("~said"), 0);
	CHECK_INT(count_files(), 4); // one of them under way
	run(200, true);
	CHECK_INT(ask(API_RECORD_CLOSE, m.record_reply.handle), 0);
	REQUIRE(event_take(&e));
	CHECK_INT(e.kept, 1);
	CHECK_INT(delete ("~said"), 0);
	CHECK_INT(count_files(), 2);
	label = "../AN 01/x";
	stop();
}

// Whoever asked for it has gone, and then the process goes, too: what was said is there.
static void outlives_who_asked(void)
{
	struct api_message m;
	char name[API_RECORD_NAME_MAX];
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(record(stream, 1000, 100, 0, &m) == 0);
	strcpy(name, m.record_reply.name);
	close(rig.client);
	run(1300, true);
	CHECK_INT(file_check(name, &ramp), 1000);
	rig.client = ipc_connect(rig.config.dataplane.socket);
	REQUIRE(rig.client >= 0);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0);
	run(600, true);
	rig_stop(&rig);
	CHECK_NEAR(file_check(m.record_reply.name, &ramp), 600, 30);
	remove_all();
}

static void cannot_be_written(void)
{
	struct api_message m;
	struct api_record_event e;
	unsigned int ramp;
	struct rlimit was, small = {.rlim_cur = 20000};
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(getrlimit(RLIMIT_FSIZE, &was) == 0);
	small.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0);
	run(1500, true);
	setrlimit(RLIMIT_FSIZE, &was);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_FAILED);
	CHECK_INT(e.status, -EFBIG);
	CHECK_INT(e.kept, 1); // what had found its place
	CHECK_NEAR(file_check(e.name, &ramp), 620, 10);
	CHECK_INT(count_files(), 1);
	stop();
}

// The thread that writes stands still, as if its disk did: the worker does not, and the hole has its length.
static void disk_is_slow(void)
{
	struct api_message m;
	struct api_record_event e;
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	run(100, true);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0);
	for (unsigned int t = 0; t < 4000; t++) {
		if (t % 20 == 0)
			say();
		rig.now += NSEC_PER_MSEC;
		worker_loop_once(rig.dp.workers[0], rig.now);
	}
	run(500, true);
	REQUIRE(ask(API_RECORD_CLOSE, m.record_reply.handle) == 0);
	REQUIRE(event_take(&e));
	uint64_t lost = rig_drops(&rig, DROP_record_full);
	CHECK_NEAR((double)lost, 200, 10); // the ring holds 2 s
	CHECK_INT(e.lost_ms, lost * 10);
	CHECK_NEAR(file_check(e.name, &ramp), 4500, 40);
	CHECK_NEAR(ramp, (4500 - e.lost_ms) * 16, 1000);
	stop();
}

static sem_t disk;

static void stand_still(struct scribe_job *job)
{
	sem_wait(&disk);
}

// The disk itself stands still for a while: the main thread answers all the same, what does not fit is counted, and neither a
// new recording nor an end is forgotten.
static void disk_stands_still(void)
{
	struct scribe_job job = {.run = stand_still};
	struct api_message m, status, more;
	struct api_record_event e;
	unsigned int ramp;
	if (!start(""))
		SKIP("DPDK does not start");
	sem_init(&disk, 0, 0);
	run(100, true);
	REQUIRE(record(stream, 60000, 100, 0, &m) == 0);
	run(500, true);
	scribe_post(server_scribe(rig.dp.server), &job);
	rig.disk_stands = true;
	run(4000, true);
	api_init(&status, API_STATUS, 1);
	CHECK_INT(rig_call(&rig, &status), 0);
	struct stream_spec s = rig_spec(conference, "", FAR, 4002, CODEC_PCMU);
	api_handle other;
	CHECK_INT(rig_stream_open(&rig, &s, &other, NULL), 0);
	api_init(&more, API_RECORD_OPEN, 1); // answered when the disk goes on
	more.record_open.stream = other;
	more.record_open.max_ms = 1000;
	more.header.request = 4711;
	REQUIRE(ipc_send(rig.client, &more, more.header.length) == 0);
	run(100, true);
	CHECK(!scribe_done(&job));
	sem_post(&disk);
	rig.disk_stands = false;
	run(400, true);
	CHECK_INT(ask(API_RECORD_CLOSE, m.record_reply.handle), 0);
	REQUIRE(event_take(&e));
	CHECK_INT(e.end, API_RECORD_CLOSED);
	CHECK_INT(e.kept, 1);
	CHECK_NEAR((double)rig_drops(&rig, DROP_record_full), 215, 15);
	CHECK_INT(e.lost_ms, rig_drops(&rig, DROP_record_full) * 10);
	CHECK_NEAR(file_check(e.name, &ramp), 5000, 40);
	struct api_message list;
	api_init(&list, API_RECORD_LIST, 1);
	REQUIRE(rig_call(&rig, &list) == 0);
	REQUIRE(list.record_list_reply.count == 1);
	CHECK_INT(list.record_list_reply.entries[0].stream, other);
	sem_destroy(&disk);
	stop();
}

// Its stream closes while its file is still being made.
static void gone_before_it_is_made(void)
{
	struct scribe_job job = {.run = stand_still};
	struct api_message m;
	if (!start(""))
		SKIP("DPDK does not start");
	sem_init(&disk, 0, 0);
	scribe_post(server_scribe(rig.dp.server), &job);
	rig.disk_stands = true;
	api_init(&m, API_RECORD_OPEN, 1);
	m.record_open.stream = stream;
	m.record_open.max_ms = 1000;
	m.header.request = 4711;
	REQUIRE(ipc_send(rig.client, &m, m.header.length) == 0);
	rig_settle(&rig);
	REQUIRE(rig_stream_close(&rig, stream) == 0);
	sem_post(&disk);
	rig.disk_stands = false;
	run(100, false);
	ssize_t n;
	while ((n = ipc_recv(rig.client, &m, sizeof(m))) > 0 && m.header.request != 4711)
		continue;
	REQUIRE(n > 0);
	CHECK_INT(m.header.status, -ENOENT);
	CHECK_INT(count_files(), 0);
	sem_destroy(&disk);
	stop();
}

static void refused(void)
{
	struct api_message m[3], more;
	if (!start(""))
		SKIP("DPDK does not start");
	static const char *const names[] = {
		"../x.wav",          "/etc/passwd",        "rig-a/../b-1.wav",
		"other-line-1.wav",  "rig-.wav",           ".rig-a-1.wav.part",
		"rig-line-1.wav/..", "rig-line-1.wav.wav", "rig-line\n-1.wav",
	};
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int rc = delete (names[i]);
		CHECK(rc == -EINVAL || (rc == -ENOENT && strcmp(names[i], "rig-.wav") == 0));
	}
	CHECK_INT(record(0, 1000, 0, 0, &more), -ENOENT);
	CHECK_INT(record(stream, 1000, 2000, 0, &more), -EBADMSG);
	CHECK_INT(record(stream, 0, 0, 0, &more), -EBADMSG);
	REQUIRE(record(stream, 1000, 0, 0, &m[0]) == 0);
	CHECK_INT(record(stream, 1000, 0, 0, &more), -EBUSY);
	CHECK_INT(count_files(), 1);
	for (unsigned int i = 1; i < 4; i++) {
		struct stream_spec s = rig_spec(conference, "", FAR, (uint16_t)(4000 + 2 * i), CODEC_PCMU);
		api_handle h;
		REQUIRE(rig_stream_open(&rig, &s, &h, NULL) == 0);
		CHECK_INT(record(h, 1000, 0, 0, i < 3 ? &m[i] : &more), i < 3 ? 0 : -ENOSPC);
	}
	stop();
	REQUIRE(start(NULL));
	CHECK_INT(record(stream, 1000, 0, 0, &more), -ENOTSUP);
	stop();
	REQUIRE(start("/nonexistent"));
	CHECK_INT(record(stream, 1000, 0, 0, &more), -ENOENT);
	stop();
	REQUIRE(start("/dev/null"));
	CHECK_INT(record(stream, 1000, 0, 0, &more), -ENOTDIR);
	stop();
	REQUIRE(start(""));
	rig.config.recordings.keep_free_mb = 1 << 30;
	CHECK_INT(record(stream, 1000, 0, 0, &more), -ENOSPC);
	CHECK_INT(count_files(), 0);
	stop();
}

T_MAIN("record", {"what is said is kept", what_is_said_is_kept}, {"ends by itself", ends_by_itself},
       {"ends with others", ends_with_others}, {"all of a label", all_of_a_label},
       {"disk stands still", disk_stands_still}, {"gone before it is made", gone_before_it_is_made},
       {"outlives who asked", outlives_who_asked}, {"cannot be written", cannot_be_written},
       {"disk is slow", disk_is_slow}, {"refused", refused})
