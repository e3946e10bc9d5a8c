// SPDX-License-Identifier: GPL-3.0-or-later
// handoff_test.c - Two workers: packets that land on the wrong one reach their stream all the same.
#include "tests/pipeline/rig.h"

#include "dataplane/portmap.h"
#include "dataplane/steer.h"
#include "gw/codec.h"

#define FAR_A "192.0.2.10"
#define FAR_B "192.0.2.20"

static struct rig rig;

struct call {
	api_handle conference;
	api_handle stream;
	struct addr_port at;
};

static void call_open(struct call *c)
{
	c->conference = rig_conference(&rig, 0);
	struct stream_spec a = rig_spec(c->conference, "", FAR_A, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(c->conference, "", FAR_B, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &a, &c->stream, &c->at), 0);
	CHECK_INT(rig_stream_open(&rig, &b, NULL, NULL), 0);
}

static void send(const struct call *c, unsigned int queue, uint16_t seq)
{
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_datagram d = {
		.src = rig_addr(FAR_A),
		.dst = c->at.addr,
		.src_port = 4000,
		.dst_port = c->at.port,
	};
	rig_rtp(&d, 0, seq, seq * 160u, 99, 0x20, 160);
	rig_put(&rig, 0, queue, frame, rig_encode(&rig, 0, &d, frame));
}

static unsigned int received(void)
{
	struct rig_datagram d;
	unsigned int n = 0;
	rig_settle(&rig);
	for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0), n++)
		CHECK(rig_decode(&rig, 0, f, &d));
	return n;
}

// Conferences spread over both workers; every packet of both arrives, whatever queue it came by.
static void relayed(unsigned int queues)
{
	struct call calls[2];
	if (!rig_start(&rig, &(struct rig_options){.workers = 2, .queues = queues}))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < 2; i++)
		call_open(&calls[i]);
	CHECK(calls[0].at.port < 24576);
	CHECK(calls[1].at.port >= 24576); // the other worker's part of the range
	CHECK_INT(media_stream_count(rig.dp.workers[0]->media), 2);
	CHECK_INT(media_stream_count(rig.dp.workers[1]->media), 2);
	rig_settle(&rig);
	rig_forget(&rig);
	for (unsigned int i = 0; i < 2; i++)
		for (uint16_t seq = 1; seq < 4; seq++)
			send(&calls[i], seq % queues, seq);
	received();
	for (unsigned int i = 0; i < 2; i++)
		for (uint16_t seq = 4; seq < 24; seq++)
			send(&calls[i], seq % queues, seq);
	CHECK_INT(received(), 40);
	CHECK_INT(rig_stream_stats(&rig, calls[1].stream).rx_packets, 23);
	rig_stop(&rig);
}

static void one_queue(void)
{
	relayed(1);
}

static void two_queues(void)
{
	relayed(2);
}

// A stream that closes while its packet is between workers takes the packet with it, by name.
static void closed_on_the_way(void)
{
	struct call calls[2];
	if (!rig_start(&rig, &(struct rig_options){.workers = 2}))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < 2; i++)
		call_open(&calls[i]);
	rig_settle(&rig);
	send(&calls[1], 0, 1);
	worker_loop_once(rig.dp.workers[0], rig.now); // handed over, not yet taken
	*lookup_slot(&rig.dp.lookup, 0, calls[1].at.port) = 0;
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_stream_closed), 1);
	rig_stop(&rig);
}

static void ring_full(void)
{
	struct call calls[2];
	if (!rig_start(&rig, &(struct rig_options){.workers = 2}))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < 2; i++)
		call_open(&calls[i]);
	rig_settle(&rig);
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 256; i++)
			send(&calls[1], 0, (uint16_t)i);
		for (unsigned int i = 0; i < 9; i++) // the last burst waits for one more
			worker_loop_once(rig.dp.workers[0], rig.now);
	}
	CHECK_INT(rig_drops(&rig, DROP_handoff_full), 20 * 256 - 4095);
	rig_stop(&rig);
}

// --- steering ---

static void ports_count(uint8_t *times, uint16_t first, uint16_t last)
{
	struct steer_block b[STEER_BLOCKS_MAX];
	unsigned int n = steer_blocks(first, last, b);
	REQUIRE(n <= STEER_BLOCKS_MAX);
	for (unsigned int i = 0; i < n; i++)
		for (uint32_t port = 0; port <= UINT16_MAX; port++)
			times[port] += (port & b[i].mask) == b[i].first;
}

// The blocks of a range match each of its ports once, and no other.
static void blocks(void)
{
	static const uint16_t ranges[][2] = {
		{0, 65535}, {1024, 65535}, {16384, 32767}, {1, 65534}, {20000, 20001}, {5, 5}, {32767, 32768},
	};
	static uint8_t times[UINT16_MAX + 1];
	for (unsigned int r = 0; r < RTE_DIM(ranges); r++) {
		unsigned int wrong = 0;
		memset(times, 0, sizeof(times));
		ports_count(times, ranges[r][0], ranges[r][1]);
		for (uint32_t port = 0; port <= UINT16_MAX; port++)
			wrong += times[port] != (port >= ranges[r][0] && port <= ranges[r][1]);
		CHECK_INT(wrong, 0);
	}
	struct steer_block b[STEER_BLOCKS_MAX];
	CHECK_INT(steer_blocks(16384, 32767, b), 1);
	CHECK_INT(b[0].mask, 0xc000);
}

// The workers' parts together are the range, and what one is given lies in its part.
static void parts(void)
{
	static const unsigned int workers[] = {1, 2, 3, 7, 63};
	for (unsigned int i = 0; i < RTE_DIM(workers); i++) {
		uint32_t next = 1025 / 2 + 1, first, count;
		struct portmap map;
		REQUIRE(portmap_init(&map, 1025, 65535, 1, workers[i]) == 0);
		for (unsigned int w = 0; w < workers[i]; w++) {
			uint16_t port;
			portmap_part(1025, 65535, w, workers[i], &first, &count);
			CHECK_INT(first, next);
			CHECK_INT(portmap_take(&map, 0, w, &port), 0);
			CHECK_INT(port, 2 * first);
			next = first + count;
		}
		CHECK_INT(next, 32768);
		portmap_fini(&map);
	}
}

T_MAIN("pipeline handoff", {"blocks", blocks}, {"parts", parts}, {"one queue", one_queue},
       {"two queues", two_queues}, {"closed on the way", closed_on_the_way}, {"ring full", ring_full})
