// SPDX-License-Identifier: GPL-3.0-or-later
// source_test.c - Files and tones over the API: read once, heard on the wire, and what cannot be read is said so.
#include "tests/pipeline/rig.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/server.h"
#include "dataplane/sound.h"
#include "gw/codec.h"
#include "gw/ipc.h"

#define FAR     "192.0.2.10"
#define LENGTH  1600 // samples of the test file: 100 ms
#define NO_FILE "/nonexistent/slimline.wav"

static struct rig rig;
static char path[64];

static void put(uint8_t *p, uint32_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

// A WAV file of a counting ramp, byte by byte.
static void file_write(uint32_t rate_hz, unsigned int channels, unsigned int frames)
{
	uint8_t head[44] = "RIFF    WAVEfmt \x10\0\0\0\x01";
	uint32_t bytes = frames * channels * 2;
	snprintf(path, sizeof(path), "/tmp/slimline-source-%d.wav", (int)getpid());
	put(head + 4, 36 + bytes, 4);
	put(head + 22, channels, 2);
	put(head + 24, rate_hz, 4);
	put(head + 28, rate_hz * channels * 2, 4);
	put(head + 32, channels * 2, 2);
	put(head + 34, 16, 2);
	memcpy(head + 36, "data", 4);
	put(head + 40, bytes, 4);
	FILE *f = fopen(path, "wb");
	REQUIRE(f != NULL);
	fwrite(head, 1, sizeof(head), f);
	for (unsigned int i = 0; i < frames * channels; i++) {
		uint8_t sample[2];
		put(sample, (uint16_t)(1000 + i / channels % 1000 * 4), 2);
		fwrite(sample, 1, 2, f);
	}
	fclose(f);
}

static struct api_message open_request(api_handle conference, uint32_t flags)
{
	struct api_message m;
	api_init(&m, API_SOURCE_OPEN, 1);
	m.source_open.conference = conference;
	m.source_open.flags = flags;
	return m;
}

static void add_file(struct api_message *m, const char *name)
{
	struct api_source_item *i = &m->source_open.items[m->source_open.count++];
	i->kind = API_SOURCE_FILE;
	strcpy(i->path, name);
}

static void add_tone(struct api_message *m, uint8_t tone)
{
	struct api_source_item *i = &m->source_open.items[m->source_open.count++];
	i->kind = API_SOURCE_TONE;
	i->tone = tone;
}

static int close_source(api_handle handle)
{
	struct api_message m;
	api_init(&m, API_SOURCE_CLOSE, 1);
	m.handle_request.handle = handle;
	return rig_call(&rig, &m);
}

static void listener_open(api_handle conference)
{
	struct stream_spec s = rig_spec(conference, "", FAR, 4000, CODEC_L16_16K);
	s.flags = STREAM_SEND;
	s.tx.payload_type = 96;
	CHECK_INT(rig_stream_open(&rig, &s, NULL, NULL), 0);
}

// Runs for a while and collects what the listener is sent.
static unsigned int listen(unsigned int ms, int16_t *pcm, unsigned int cap)
{
	unsigned int n = 0;
	for (unsigned int t = 0; t < ms; t++) {
		rig.now += NSEC_PER_MSEC;
		rig_settle(&rig);
		for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
			struct rig_datagram d;
			REQUIRE(rig_decode(&rig, 0, f, &d));
			for (unsigned int i = 12; d.dst_port == 4000 && i + 1 < d.len && n < cap; i += 2)
				pcm[n++] = (int16_t)(d.payload[i] << 8 | d.payload[i + 1]);
		}
	}
	return n;
}

static bool event_take(struct api_message *ret)
{
	ssize_t n = ipc_recv(rig.client, ret, sizeof(*ret));
	while (n > 0 && ret->header.type != API_EVENT_SOURCE)
		n = ipc_recv(rig.client, ret, sizeof(*ret));
	if (n > 0)
		CHECK_INT(api_check(ret, (size_t)n), 0);
	return n > 0;
}

// What a control process is told that did not open it.
static api_handle source_listed(void)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_LIST, 1);
	REQUIRE(rig_call(&rig, &m) == 0);
	REQUIRE(m.conference_list_reply.count == 1);
	return m.conference_list_reply.entries[0].source;
}

static void file_is_heard_and_ends(void)
{
	static int16_t pcm[16000];
	struct api_message e;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	file_write(16000, 2, LENGTH);
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	listener_open(conference);
	struct api_message m = open_request(conference, 0);
	add_file(&m, NO_FILE);
	add_file(&m, path);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.source_reply.unreadable, 1);
	CHECK(m.source_reply.handle != 0);
	CHECK_INT(source_listed(), m.source_reply.handle);
	unsigned int n = listen(400, pcm, 16000), at = 0;
	while (at < n && pcm[at] == 0)
		at++;
	REQUIRE(n > at + LENGTH + 100);
	unsigned int wrong = 0;
	for (unsigned int i = 0; i < LENGTH; i++)
		wrong += pcm[at + i] != (int16_t)(1000 + i % 1000 * 4);
	CHECK_INT(wrong, 0);
	CHECK_INT(pcm[at + LENGTH], 0);
	REQUIRE(event_take(&e));
	CHECK_INT(e.source_event.handle, m.source_reply.handle);
	CHECK_INT(e.source_event.kind, API_SOURCE_END);
	CHECK(!event_take(&e));
	CHECK_INT(source_listed(), 0);
	CHECK_INT(close_source(m.source_reply.handle), 0);
	CHECK_INT(close_source(m.source_reply.handle), -ENOENT);
	unlink(path);
	rig_stop(&rig);
}

static void sounds_are_shared(void)
{
	struct api_message m[3];
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	file_write(44100, 1, 4410);
	for (unsigned int i = 0; i < 3; i++) {
		m[i] = open_request(rig_conference(&rig, CONFERENCE_BRIDGE), API_SOURCE_LOOP);
		add_file(&m[i], path);
		add_tone(&m[i], 35);
		CHECK_INT(rig_call(&rig, &m[i]), 0);
		CHECK_INT(m[i].source_reply.unreadable, 0);
	}
	CHECK_INT(media_source_count(rig.dp.workers[0]->media), 3);
	CHECK_INT(close_source(m[0].source_reply.handle), 0);
	CHECK_INT(media_source_count(rig.dp.workers[0]->media), 2);
	unlink(path); // who holds it need not read it again; who comes now cannot
	struct api_message late = open_request(rig_conference(&rig, CONFERENCE_BRIDGE), 0);
	add_file(&late, path);
	CHECK_INT(rig_call(&rig, &late), -ENOENT);
	rig_stop(&rig);
}

static void conferences_end_their_sources(void)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	for (unsigned int round = 0; round < 10; round++) {
		api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
		listener_open(conference);
		struct api_message m;
		for (unsigned int i = 0; i < 4; i++) {
			m = open_request(conference, API_SOURCE_LOOP);
			add_tone(&m, 33);
			CHECK_INT(rig_call(&rig, &m), 0);
		}
		m = open_request(conference, 0);
		add_tone(&m, 33);
		CHECK_INT(rig_call(&rig, &m), -ENOSPC);
		rig_conference_close(&rig, conference);
		CHECK_INT(media_source_count(rig.dp.workers[0]->media), 0);
	}
	rig_stop(&rig);
}

static void refused(void)
{
	char fifo[64];
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct api_message m = open_request(conference, 2);
	add_tone(&m, 33);
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	m = open_request(conference + (1u << 24), 0);
	add_tone(&m, 33);
	CHECK_INT(rig_call(&rig, &m), -ENOENT);
	m = open_request(conference, 0);
	add_tone(&m, 1);
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	m = open_request(conference, 0);
	add_tone(&m, 33);
	m.source_open.items[0].gain_cb = 201;
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	m = open_request(rig_conference(&rig, 0), 0);
	add_tone(&m, 33);
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	// A pipe must not hold up the main thread, and neither it nor a directory is a sound.
	snprintf(fifo, sizeof(fifo), "/tmp/slimline-source-%d.fifo", (int)getpid());
	REQUIRE(mkfifo(fifo, 0600) == 0);
	m = open_request(conference, 0);
	add_file(&m, fifo);
	CHECK_INT(rig_call(&rig, &m), -EINVAL);
	unlink(fifo);
	m = open_request(conference, 0);
	add_file(&m, "/tmp");
	CHECK_INT(rig_call(&rig, &m), -EISDIR);
	CHECK_INT(close_source(12345), -ENOENT);
	rig_stop(&rig);
}

static struct sound *read_file(struct sounds *all)
{
	struct sound *sound = NULL;
	CHECK_INT(sound_file(all, path, &sound), 0);
	while (sounds_read(all))
		;
	CHECK(sound && !sound->reading);
	return sound;
}

// A long file is read in slices: whoever asks meanwhile is answered first, and its conference may close.
static void nobody_waits_for_a_long_file(void)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	file_write(44100, 2, 44100 * 20);
	for (unsigned int closes = 0; closes < 2; closes++) {
		api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
		struct api_message m = open_request(conference, 0), e;
		add_file(&m, NO_FILE);
		add_file(&m, path);
		m.header.request = 7000;
		REQUIRE(ipc_send(rig.client, &m, m.header.length) == 0);
		unsigned int turns = 0, answered = 0;
		ssize_t n = -EAGAIN;
		while (n <= 0 && turns < 100000) {
			nsec_t due;
			server_poll(rig.dp.server, 0, rig.now);
			dataplane_turn(&rig.dp, rig.now, &due);
			worker_loop_once(rig.dp.workers[0], rig.now);
			if (turns == 20) {
				api_init(&m, closes ? API_CONFERENCE_CLOSE : API_STREAM_LIST, 1);
				m.header.request = 7001;
				if (closes)
					m.handle_request.handle = conference;
				REQUIRE(ipc_send(rig.client, &m, m.header.length) == 0);
			}
			turns++;
			n = ipc_recv(rig.client, &e, sizeof(e));
			if (n > 0 && e.header.request == 7001) {
				answered++;
				CHECK_INT(e.header.status, 0);
				n = -EAGAIN;
			}
		}
		REQUIRE(n > 0);
		CHECK_INT(e.header.request, 7000);
		CHECK(turns > (closes ? 20 : 100));
		if (closes) {
			CHECK_INT(e.header.status, -ENOENT);
			rig_settle(&rig);
			continue;
		}
		CHECK_INT(answered, 1);
		CHECK_INT(e.header.status, 0);
		CHECK_INT(e.source_reply.unreadable, 1);
		rig_conference_close(&rig, conference);
	}
	unlink(path);
	rig_stop(&rig);
}

// Sounds by themselves: rates, lengths, tones.
static void sounds(void)
{
	struct sounds all;
	struct sound *a, *b;
	sounds_init(&all);
	file_write(44100, 1, 44100);
	a = read_file(&all);
	CHECK_INT(a->rate_hz, 16000);
	CHECK_NEAR(a->samples, 16000, 80);
	CHECK_INT(sound_file(&all, path, &b), 0);
	CHECK(a == b);
	file_write(8000, 1, 800); // another file now
	b = read_file(&all);
	CHECK(a != b);
	CHECK_INT(b->rate_hz, 8000);
	CHECK_INT(b->samples, 800);
	CHECK_INT(b->pcm[0], 1000);
	CHECK_INT(b->pcm[799], 1000 + 799 * 4);
	sound_release(&all, a);
	sound_release(&all, a);
	sound_release(&all, b);
	sound_release(&all, NULL);
	CHECK_INT(all.bytes, 0);
	CHECK_INT(sound_tone(&all, tone_by_sccp(35), &a), 0);
	CHECK_INT(a->samples, 16000);
	CHECK_INT(sound_tone(&all, tone_by_sccp(35), &b), 0);
	CHECK(a == b);
	FILE *f = fopen(path, "wb"); // too short to be anything
	fputs("RIFF", f);
	fclose(f);
	CHECK_INT(sound_file(&all, path, &b), -EINVAL);
	file_write(96000, 1, 0);
	CHECK_INT(sound_file(&all, path, &b), -EINVAL);
	unlink(path);
	sounds_fini(&all);
}

// A file too long for memory is refused by its length, before it is read.
static void long_file(void)
{
	struct sounds all;
	struct sound *a;
	uint8_t size[4];
	sounds_init(&all);
	file_write(16000, 1, 0);
	FILE *f = fopen(path, "r+b");
	REQUIRE(f != NULL);
	uint32_t bytes = 80u << 20;
	put(size, 36 + bytes, 4);
	fseek(f, 4, SEEK_SET);
	fwrite(size, 1, 4, f);
	put(size, bytes, 4);
	fseek(f, 40, SEEK_SET);
	fwrite(size, 1, 4, f);
	fflush(f);
	REQUIRE(ftruncate(fileno(f), 44 + (off_t)bytes) == 0); // sparse
	fclose(f);
	CHECK_INT(sound_file(&all, path, &a), -EFBIG);
	unlink(path);
	sounds_fini(&all);
}

T_MAIN("pipeline source", {"file is heard and ends", file_is_heard_and_ends},
       {"sounds are shared", sounds_are_shared},
       {"conferences end their sources", conferences_end_their_sources}, {"refused", refused},
       {"nobody waits for a long file", nobody_waits_for_a_long_file}, {"sounds", sounds},
       {"long file", long_file})
