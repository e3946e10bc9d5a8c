// SPDX-License-Identifier: GPL-3.0-or-later
// wide_test.c - The quick relay of eight packets at a time does to the bit what the one of single packets does: the same
// random traffic, damaged here and there, through both.
#include "tests/pipeline/rig.h"

#include "dataplane/worker.h"
#include "gw/codec.h"

enum { CALLS = 24, BURSTS = 300, CHAINS = 1 << 16 };

static struct rig rig;
static struct addr_port locals[2 * CALLS];
static uint16_t seqs[2 * CALLS];
static uint32_t times[2 * CALLS];

// What came out: for each destination the frames in their order, the streams' lines, and what was dropped.
struct outcome {
	uint64_t chains[CHAINS];
	struct media_stream streams[2 * CALLS];
	uint64_t drops[DROP_COUNT];
	unsigned int frames, relayed;
};

enum mode { SINGLE, WIDE, WIDE_BUT_LAW, MODES };

static struct outcome outcomes[MODES];

static uint64_t draw(uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *random >> 33;
}

static uint64_t hash(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

// Neighbours and hosts behind the gateway, one or both laws, with and without the port in the lock.
static struct stream_spec side_spec(api_handle conference, unsigned int i)
{
	char far[16];
	unsigned int call = i / 2;
	snprintf(far, sizeof(far), call % 3 ? "192.0.2.%u" : "203.0.113.%u", 10 + i);
	uint8_t codec = call % 4 == 1 && i % 2 ? CODEC_PCMA : CODEC_PCMU;
	struct stream_spec s = rig_spec(conference, RIG_IP4, far, (uint16_t)(4000 + 2 * i), codec);
	if (call % 5 == 2)
		s.flags &= ~(uint32_t)STREAM_SOURCE_PORT;
	s.dscp = (uint8_t)(i % 64);
	return s;
}

static void calls_open(void)
{
	api_handle conference = 0, handle;
	for (unsigned int i = 0; i < 2 * CALLS; i++) {
		if (i % 2 == 0)
			conference = rig_conference(&rig, 0);
		struct stream_spec s = side_spec(conference, i);
		CHECK_INT(rig_stream_open(&rig, &s, &handle, &locals[i]), 0);
		seqs[i] = (uint16_t)(65000 + 50 * i);
		times[i] = 7777 * i;
	}
	rig_settle(&rig);
}

// The next packet of a side; one in ten is something else than expected.
static void put(uint64_t *random, unsigned int i)
{
	uint8_t frame[RIG_FRAME_MAX];
	struct stream_spec s = side_spec(0, i);
	struct rig_datagram d = {.src = s.remote.addr,
				 .src_port = s.remote.port,
				 .dst = locals[i].addr,
				 .dst_port = locals[i].port};
	uint8_t type = (uint8_t)(s.rx.codec == CODEC_PCMA ? 8 : 0);
	uint16_t len = (uint16_t)(draw(random) % 8 ? 160 : 1 + draw(random) % 300);
	unsigned int odd = (unsigned int)(draw(random) % 100);
	if (odd == 0)
		seqs[i] = (uint16_t)(seqs[i] + 3);
	if (odd == 1)
		times[i] += 100000;
	rig_rtp(&d, type, (uint16_t)(odd == 2 ? seqs[i] - 1 : seqs[i]), times[i], 0xabc0 + i,
		(uint8_t)draw(random), len);
	seqs[i]++;
	times[i] += 160;
	if (odd == 3)
		d.payload[1] |= 0x80; // marker
	if (odd == 4)
		d.payload[1] = 13; // comfort noise
	d.unsummed = odd == 5;
	if (odd == 6)
		d.src_port++;
	if (odd == 7)
		d.dst_port++; // RTCP, or what claims to be
	if (odd == 8)
		d.payload[12 + len / 2] ^= 1;
	size_t size = rig_encode(&rig, 0, &d, frame);
	if (odd == 9) // any bit of the headers
		frame[draw(random) % 54] ^= (uint8_t)(1u << draw(random) % 8);
	rig_put(&rig, 0, 0, frame, size);
}

static void collect(struct outcome *o)
{
	rig_settle(&rig);
	for (const struct rig_frame *f; (f = rig_take(&rig, 0)); o->frames++) {
		if (f->bytes[37] & 1) // our own RTCP, which tells the time of day
			continue;
		uint64_t *chain = &o->chains[hash(1, f->bytes + 30, 8) % CHAINS];
		*chain = hash(*chain, f->bytes, f->len);
		o->relayed += f->len > 54;
	}
}

// The k-th side of a burst: all in turn, or in one burst of three those only whose law is translated.
static unsigned int side(uint64_t *random, unsigned int first, unsigned int k, bool law)
{
	unsigned int i = draw(random) % 10 ? first + k : (unsigned int)draw(random);
	return law ? 8 * (i / 2 % (CALLS / 4)) + 2 + i % 2 : i % (2 * CALLS);
}

// False where this CPU cannot.
static bool run(enum mode mode, struct outcome *o)
{
	uint64_t random = 42;
	memset(o, 0, sizeof(*o));
	if (!rig_start(&rig, &(struct rig_options){.calls = CALLS, .seed = 1}))
		return false;
	struct worker *w = rig.dp.workers[0];
	bool can = mode == SINGLE || (w->wide && (mode == WIDE_BUT_LAW || w->wide_law));
	w->wide = mode != SINGLE;
	w->wide_law = mode == WIDE;
	calls_open();
	for (unsigned int b = 0; can && b < BURSTS; b++) {
		unsigned int first = (unsigned int)draw(&random) % (2 * CALLS),
			     n = 1 + (unsigned int)draw(&random) % 32;
		for (unsigned int k = 0; k < n; k++)
			put(&random, side(&random, first, k, b % 3 == 0));
		collect(o);
		rig.now += (1 + draw(&random) % 20) * NSEC_PER_MSEC;
	}
	memcpy(o->streams, w->streams, sizeof(o->streams));
	memcpy(o->drops, w->counters.drops, sizeof(o->drops));
	rig_stop(&rig);
	return can;
}

static void compare(enum mode mode)
{
	if (!run(mode, &outcomes[mode]))
		SKIP("no DPDK, or a CPU without this AVX-512");
	REQUIRE(run(SINGLE, &outcomes[SINGLE]));
	CHECK(outcomes[SINGLE].relayed > 3000);
	CHECK_INT(outcomes[mode].frames, outcomes[SINGLE].frames);
	CHECK_MEM(outcomes[mode].chains, outcomes[SINGLE].chains, sizeof(outcomes[SINGLE].chains));
	CHECK_MEM(outcomes[mode].streams, outcomes[SINGLE].streams, sizeof(outcomes[SINGLE].streams));
	CHECK_MEM(outcomes[mode].drops, outcomes[SINGLE].drops, sizeof(outcomes[SINGLE].drops));
}

static void test_same(void)
{
	compare(WIDE);
}

static void test_same_without_law(void)
{
	compare(WIDE_BUT_LAW);
}

T_MAIN("pipeline wide", {"same", test_same}, {"same_without_law", test_same_without_law})
