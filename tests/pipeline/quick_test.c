// SPDX-License-Identifier: GPL-3.0-or-later
// quick_test.c - The quick relay: checksums right to the bit over a whole turn of sequence and time, with and without
// translation of the law, order kept where one packet of a burst needs care, and a source that is not the signalled one refused.
#include "tests/pipeline/rig.h"

#include "gw/codec.h"

#define FAR_A "192.0.2.10"
#define FAR_B "203.0.113.20" // behind the gateway

static struct rig rig;
static struct addr_port at_a;

static bool call_open(bool any_port, uint8_t codec_b)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		return false;
	api_handle conference = rig_conference(&rig, 0), handle;
	struct addr_port at_b;
	struct stream_spec a = rig_spec(conference, RIG_IP4, FAR_A, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(conference, RIG_IP4, FAR_B, 4000, codec_b);
	if (any_port)
		a.flags &= ~(uint32_t)STREAM_SOURCE_PORT;
	CHECK_INT(rig_stream_open(&rig, &a, &handle, &at_a), 0);
	CHECK_INT(rig_stream_open(&rig, &b, &handle, &at_b), 0);
	rig_settle(&rig);
	return true;
}

static void put(struct rig_datagram *d)
{
	uint8_t frame[RIG_FRAME_MAX];
	d->src = rig_addr(FAR_A);
	d->dst = at_a.addr;
	d->dst_port = at_a.port;
	rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, d, frame));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// The oldest RTP packet sent; its RTCP is passed over.
static bool rtp_take(struct rig_datagram *ret)
{
	for (const struct rig_frame *f; (f = rig_take(&rig, 0));)
		if (rig_decode(&rig, 0, f, ret) && ret->dst_port % 2 == 0)
			return true;
	return false;
}

// Packets of one sender; every one must come out with right checksums, the offsets of the first, and its payload in the
// other party's law.
static void run(bool any_port, uint8_t codec_b, unsigned int count, uint16_t seq, uint32_t step)
{
	if (!call_open(any_port, codec_b))
		return;
	uint64_t random = 1;
	uint32_t ts = 0xffff0000, ts_offset = 0;
	uint16_t seq_offset = 0;
	unsigned int wrong = 0;
	for (unsigned int i = 0; i < count; i++, ts += step) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		struct rig_datagram d = {.src_port = any_port ? (uint16_t)(random >> 40) : 4000}, out;
		rig_rtp(&d, 0, (uint16_t)(seq + i), ts, 0x5a5a0000, 0, (uint16_t)(1 + (random >> 33) % 200));
		for (unsigned int k = 12; k < d.len; k++)
			d.payload[k] = (uint8_t)(random >> k % 56);
		put(&d);
		rig.now += step * NSEC_PER_MSEC / 8;
		rig_settle(&rig);
		if (codec_b == CODEC_PCMA)
			codec_law_translate(d.payload + 12, d.len - 12u, CODEC_PCMA);
		if (!rtp_take(&out) || out.len != d.len ||
		    memcmp(out.payload + 12, d.payload + 12, d.len - 12u) != 0) {
			wrong++;
			continue;
		}
		uint16_t out_seq = (uint16_t)(out.payload[2] << 8 | out.payload[3]);
		if (i == 0) {
			seq_offset = (uint16_t)(out_seq - seq);
			ts_offset = get32(out.payload + 4) - ts;
		}
		wrong += (uint16_t)(out_seq - seq - i) != seq_offset ||
			 get32(out.payload + 4) - ts != ts_offset;
	}
	CHECK_INT(wrong, 0);
	rig_stop(&rig);
}

static void test_sums(void)
{
	run(false, CODEC_PCMU, 3000, 64000, 160);
}

static void test_any_port(void)
{
	run(true, CODEC_PCMU, 500, 1, 80);
}

static void test_law(void)
{
	run(false, CODEC_PCMA, 1000, 65000, 160);
}

// Every fifth packet of a burst comes without a UDP checksum: the quick path leaves it and all behind it alone. Each is
// translated once.
static void test_law_order(void)
{
	if (!call_open(false, CODEC_PCMA))
		return;
	struct rig_datagram d = {.src_port = 4000}, out;
	uint8_t want[160];
	for (unsigned int i = 0; i < 60; i++) {
		rig_rtp(&d, 0, (uint16_t)(100 + i), 160 * i, 7, (uint8_t)(i * 37), 160);
		d.unsummed = i % 5 == 4 && i > 20;
		put(&d);
		if (i % 20 == 19 || i == 3)
			rig_settle(&rig);
	}
	for (unsigned int i = 0; i < 60; i++) {
		REQUIRE(rtp_take(&out));
		memset(want, (int)(i * 37), sizeof(want));
		codec_law_translate(want, sizeof(want), CODEC_PCMA);
		CHECK_MEM(out.payload + 12, want, sizeof(want));
	}
	rig_stop(&rig);
}

// The fifth packet of a burst comes without a UDP checksum, which the quick path leaves alone.
static void test_order(void)
{
	if (!call_open(false, CODEC_PCMU))
		return;
	struct rig_datagram d = {.src_port = 4000}, out;
	for (unsigned int i = 0; i < 20; i++) {
		rig_rtp(&d, 0, (uint16_t)(100 + i), 160 * i, 7, 0x55, 160);
		d.unsummed = i == 12;
		put(&d);
		if (i == 3)
			rig_settle(&rig); // until then the sender is new
	}
	rig_settle(&rig);
	uint16_t last = 0;
	for (unsigned int i = 0; i < 20; i++) {
		const struct rig_frame *f = rig_take(&rig, 0);
		REQUIRE(f && rig_decode(&rig, 0, f, &out));
		uint16_t seq = (uint16_t)(out.payload[2] << 8 | out.payload[3]);
		CHECK_INT(out.unsummed, i == 12);
		if (i)
			CHECK_INT((uint16_t)(seq - last), 1);
		last = seq;
	}
	rig_stop(&rig);
}

// The address is right, the port is not.
static void test_other_source(void)
{
	if (!call_open(false, CODEC_PCMU))
		return;
	struct rig_datagram d = {.src_port = 4000};
	for (unsigned int i = 0; i < 4; i++) {
		rig_rtp(&d, 0, (uint16_t)(100 + i), 160 * i, 7, 0x55, 160);
		put(&d);
	}
	rig_settle(&rig);
	rig_forget(&rig);
	rig_rtp(&d, 0, 104, 640, 7, 0x55, 160);
	d.src_port = 4002;
	put(&d);
	rig_settle(&rig);
	CHECK(rig_take(&rig, 0) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_source_mismatch), 1);
	rig_stop(&rig);
}

T_MAIN("pipeline quick", {"sums", test_sums}, {"any port", test_any_port}, {"law", test_law},
       {"law order", test_law_order}, {"order", test_order}, {"other source", test_other_source})
