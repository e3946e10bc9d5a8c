// SPDX-License-Identifier: GPL-3.0-or-later
// bench_open.c - Opens calls in a running dataplane over its API and writes the generator's plan.
//
// slimline-bench-open SOCKET CALLS CODEC_A CODEC_B GEN_ADDRESS PLAN_FILE
// A call is a conference of two streams, one of each codec, at 20 ms. Codec `none`, for both, is the payload-blind relay;
// the plan then says G.711. The legs' far ends are GEN_ADDRESS and its
// successors, 16000 legs each, ports 20000 and up. Requests are pipelined. Exit 0, or 1 with the reason.
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/rtpgen/plan.h"
#include "gw/api.h"
#include "gw/codec.h"
#include "gw/ipc.h"

#define WINDOW            32
#define LEGS_PER_ADDRESS  16000
#define PORT_FIRST        20000
#define REQUEST_KIND_MASK 3u // low bits of a request id: 0 hello, 1 conference, 2 stream
#define EPOCH             UINT64_C(0x62656e6368)

struct leg {
	struct addr_port local;
	struct addr_port far;
	enum codec_id codec;
};

struct opener {
	int fd;
	uint32_t calls;
	enum codec_id codec[2];
	struct addr gen;
	struct addr locals[API_PORTS_MAX * 2];
	uint32_t local_count;
	struct leg *legs;
	uint32_t asked;  // calls whose conference was requested
	uint32_t opened; // streams
	uint32_t flying;
	int error;
};

static int send_message(struct opener *o, const struct api_message *m)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};
	int r;
	while ((r = ipc_send(o->fd, m, m->header.length)) == -EAGAIN)
		poll(&p, 1, 1000);
	return r;
}

static struct addr_port far_of(const struct opener *o, uint32_t leg)
{
	struct addr_port a = {.addr = o->gen};
	a.addr.ip[3] = (uint8_t)(a.addr.ip[3] + leg / LEGS_PER_ADDRESS);
	a.port = (uint16_t)(PORT_FIRST + 2 * (leg % LEGS_PER_ADDRESS));
	return a;
}

static int conference_request(struct opener *o, uint32_t call)
{
	struct api_message m;
	api_init(&m, API_CONFERENCE_OPEN, call << 2 | 1);
	m.conference_open.spec.conference_id = call + 1;
	m.conference_open.spec.epoch = EPOCH;
	snprintf(m.conference_open.spec.device, sizeof(m.conference_open.spec.device), "BENCH");
	return send_message(o, &m);
}

static int stream_request(struct opener *o, uint32_t leg, api_handle conference)
{
	const struct codec *codec = codec_by_id(o->codec[leg & 1]); // NULL: none
	struct api_message m;
	api_init(&m, API_STREAM_OPEN, leg << 2 | 2);
	struct stream_spec *s = &m.stream_open.spec;
	s->conference = conference;
	s->flags = STREAM_RECV | STREAM_SEND | STREAM_SOURCE_PORT;
	s->local.addr = o->locals[(leg / LEGS_PER_ADDRESS) % o->local_count];
	s->remote = far_of(o, leg);
	s->source = s->remote;
	s->rx = (struct stream_format){.period_ms = 20};
	if (codec) {
		s->rx.codec = (uint8_t)codec->id;
		s->rx.payload_type = codec->payload_type < 128 ? codec->payload_type : 96;
	}
	s->tx = s->rx;
	s->dscp = 46;
	s->ref = (struct stream_ref){.conference_id = leg / 2 + 1, .party_id = leg + 1, .epoch = EPOCH};
	snprintf(s->ref.device, sizeof(s->ref.device), "BENCH");
	return send_message(o, &m);
}

static void reply_take(struct opener *o, const struct api_message *m)
{
	uint32_t number = m->header.request >> 2;
	if (m->header.type < API_REPLY)
		return; // an event
	o->flying--;
	if (m->header.status) {
		fprintf(stderr, "bench-open: %s %u refused: %s\n", api_type_name(m->header.type), number,
			strerror(-m->header.status));
		o->error = m->header.status;
	} else if (m->header.type == (API_CONFERENCE_OPEN | API_REPLY)) {
		for (uint32_t side = 0; side < 2 && !o->error; side++) {
			o->error = stream_request(o, number * 2 + side, m->handle_reply.handle);
			o->flying++;
		}
	} else if (m->header.type == (API_STREAM_OPEN | API_REPLY) && number < o->calls * 2) {
		o->legs[number] = (struct leg){.local = m->stream_reply.local,
					       .far = far_of(o, number),
					       .codec = o->codec[number & 1]};
		o->opened++;
	}
}

static int receive(struct opener *o)
{
	static struct api_message m;
	struct pollfd p = {.fd = o->fd, .events = POLLIN};
	if (poll(&p, 1, 10000) != 1)
		return -ETIMEDOUT;
	ssize_t n;
	while ((n = ipc_recv(o->fd, &m, sizeof(m))) > 0) {
		int r = api_check(&m, (size_t)n);
		if (r)
			return r;
		reply_take(o, &m);
	}
	return n == 0 ? -EPIPE : n == -EAGAIN ? o->error : (int)n;
}

static int hello(struct opener *o)
{
	struct api_message m;
	api_init(&m, API_HELLO, 4);
	m.hello.epoch = EPOCH;
	snprintf(m.hello.name, sizeof(m.hello.name), "bench-open");
	struct pollfd p = {.fd = o->fd, .events = POLLIN};
	int r = send_message(o, &m);
	if (r)
		return r;
	ssize_t n = poll(&p, 1, 10000) == 1 ? ipc_recv(o->fd, &m, sizeof(m)) : -ETIMEDOUT;
	r = n > 0 ? api_check(&m, (size_t)n) : n < 0 ? (int)n : -EPIPE;
	if (r)
		return r;
	for (uint32_t i = 0; i < m.hello_reply.address_count; i++)
		if (m.hello_reply.addresses[i].family == ADDR_IPV4)
			o->locals[o->local_count++] = m.hello_reply.addresses[i];
	return o->local_count ? 0 : -EADDRNOTAVAIL;
}

static int calls_open(struct opener *o)
{
	while (o->opened < o->calls * 2) {
		while (o->asked < o->calls && o->flying < WINDOW) {
			int r = conference_request(o, o->asked++);
			if (r)
				return r;
			o->flying++;
		}
		int r = receive(o);
		if (r)
			return r;
	}
	return 0;
}

static int plan_write(const struct opener *o, const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return -errno;
	char gen[ADDR_TEXT_MAX], dut[ADDR_TEXT_MAX];
	for (uint32_t i = 0; i < o->calls * 2; i++) {
		const struct leg *l = &o->legs[i];
		const struct codec *c = codec_by_id(l->codec == CODEC_NONE ? CODEC_PCMU : l->codec);
		bool opus = c->bytes_per_10ms == 0;
		fprintf(f, "%s %u %s %u %u %u %u %u\n", addr_text(&l->far.addr, gen, sizeof(gen)),
			l->far.port, addr_text(&l->local.addr, dut, sizeof(dut)), l->local.port,
			c->payload_type < 128 ? c->payload_type : 96,
			opus ? PLAN_OPUS : c->bytes_per_10ms * 2, c->rtp_clock_hz / 50,
			opus ? PLAN_OPUS_FIRST : PLAN_FILL);
	}
	return fclose(f) ? -errno : 0;
}

static bool codec_parse(const char *word, enum codec_id *ret)
{
	const struct codec *c = codec_by_name(word);
	*ret = c ? c->id : CODEC_NONE;
	return c || strcmp(word, "none") == 0;
}

int main(int argc, char **argv)
{
	struct opener o = {0};
	bool good = argc == 7 && codec_parse(argv[3], &o.codec[0]) && codec_parse(argv[4], &o.codec[1]);
	o.calls = argc == 7 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	if (!good || !o.calls || addr_parse(argv[5], &o.gen)) {
		fprintf(stderr,
			"usage: slimline-bench-open SOCKET CALLS CODEC_A CODEC_B GEN_ADDRESS PLAN_FILE\n");
		return 2;
	}
	o.legs = calloc((size_t)o.calls * 2, sizeof(*o.legs));
	o.fd = ipc_connect(argv[1]);
	int r = !o.legs ? -ENOMEM : o.fd < 0 ? o.fd : hello(&o);
	if (!r)
		r = calls_open(&o);
	if (!r)
		r = plan_write(&o, argv[6]);
	if (r)
		fprintf(stderr, "bench-open: %s: %s after %u streams\n", argv[1], strerror(-r), o.opened);
	else
		printf("opened %u calls\n", o.calls);
	free(o.legs);
	if (o.fd >= 0)
		close(o.fd);
	return r ? 1 : 0;
}
