// SPDX-License-Identifier: GPL-3.0-or-later
// relay_test.c - Frames of a two-party call come out byte for byte as they must, over IPv4, IPv6, both and VLAN.
#include "tests/pipeline/rig.h"

#include "gw/codec.h"

#define FAR_A    "192.0.2.10"
#define FAR_B    "203.0.113.20" // behind the gateway
#define FAR_A6   "2001:db8::10"
#define FAR_B6   "2001:db8:1::20" // behind the gateway
#define FAR_VLAN "198.51.100.30"

struct side {
	const char *local;
	const char *remote;
	unsigned int port;
	uint16_t vlan;
	uint8_t codec;
	api_handle handle;
	struct addr_port at; // ours
};

static struct rig rig;

static void side_open(api_handle conference, struct side *s)
{
	struct stream_spec spec = rig_spec(conference, s->local, s->remote, 4000, s->codec);
	CHECK_INT(rig_stream_open(&rig, &spec, &s->handle, &s->at), 0);
}

static bool call_open(struct side *a, struct side *b)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		return false;
	api_handle conference = rig_conference(&rig, 0);
	side_open(conference, a);
	side_open(conference, b);
	rig_settle(&rig);
	return true;
}

static void datagram_from(const struct side *s, struct rig_datagram *d)
{
	*d = (struct rig_datagram){
		.src = rig_addr(s->remote),
		.dst = s->at.addr,
		.src_port = 4000,
		.dst_port = s->at.port,
		.vlan = s->vlan,
	};
}

static bool next(const struct side *to, struct rig_datagram *ret)
{
	rig_settle(&rig);
	const struct rig_frame *f = rig_take(&rig, to->port);
	return f && rig_decode(&rig, to->port, f, ret);
}

static void send(const struct side *from, const struct rig_datagram *d)
{
	uint8_t frame[RIG_FRAME_MAX];
	rig_put(&rig, from->port, 0, frame, rig_encode(&rig, from->port, d, frame));
}

static bool pass(const struct side *from, const struct side *to, const struct rig_datagram *in,
		 struct rig_datagram *out)
{
	send(from, in);
	if (!next(to, out))
		return false;
	char text[ADDR_TEXT_MAX];
	CHECK(addr_equal(&out->src, &to->at.addr));
	CHECK_STR(addr_text(&out->dst, text, sizeof(text)), to->remote);
	CHECK_INT(out->src_port, to->at.port);
	CHECK_INT(out->dst_port, 4000);
	CHECK_INT(out->dscp, 46);
	CHECK_INT(out->len, in->len);
	return true;
}

// Two packets each way: the payload is untouched, sequence and time advance alike, the SSRC is ours and constant.
static void relay_both_ways(struct side *a, struct side *b)
{
	struct rig_datagram in, first, second;
	if (!call_open(a, b))
		SKIP("DPDK does not start");
	for (unsigned int way = 0; way < 2; way++) {
		const struct side *from = way ? b : a, *to = way ? a : b;
		datagram_from(from, &in);
		// A source is believed from its second packet in sequence on, or from the first: both are fine here.
		for (uint16_t seq = 98; seq < 100; seq++) {
			rig_rtp(&in, 0, seq, seq * 160u, 0x11223344, 0x55, 160);
			send(from, &in);
			rig_settle(&rig);
		}
		rig_forget(&rig);
		rig_rtp(&in, 0, 100, 16000, 0x11223344, 0xd5, 160);
		REQUIRE(pass(from, to, &in, &first));
		rig_rtp(&in, 0, 101, 16160, 0x11223344, 0x2a, 160);
		REQUIRE(pass(from, to, &in, &second));
		CHECK_MEM(second.payload + 12, in.payload + 12, 160);
		CHECK_INT(first.payload[0], 0x80);
		CHECK_INT(second.payload[1], 0);
		CHECK_INT((uint16_t)(second.payload[2] << 8 | second.payload[3]),
			  (uint16_t)((first.payload[2] << 8 | first.payload[3]) + 1));
		CHECK_MEM(first.payload + 8, second.payload + 8, 4);
	}
	rig_stop(&rig);
}

static void ipv4(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B, 0, 0, CODEC_PCMU};
	relay_both_ways(&a, &b);
}

static void ipv6(void)
{
	struct side a = {"", FAR_A6, 0, 0, CODEC_PCMU}, b = {"", FAR_B6, 0, 0, CODEC_PCMU};
	relay_both_ways(&a, &b);
}

static void ipv4_and_ipv6(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B6, 0, 0, CODEC_PCMU};
	relay_both_ways(&a, &b);
}

static void vlan(void)
{
	struct side a = {"", FAR_A6, 0, 0, CODEC_PCMU}, b = {RIG_IP4_VLAN, FAR_VLAN, 1, 7, CODEC_PCMU};
	relay_both_ways(&a, &b);
}

// One datagram of `len` arbitrary bytes to the RTP or the RTCP port comes out as it went in, from port to port.
static void blind_pass(const struct side *from, const struct side *to, unsigned int rtcp, uint16_t len,
		       uint8_t first, bool unsummed)
{
	struct rig_datagram in, out;
	datagram_from(from, &in);
	in.src_port = (uint16_t)(in.src_port + rtcp);
	in.dst_port = (uint16_t)(in.dst_port + rtcp);
	in.unsummed = unsummed;
	in.len = len;
	for (unsigned int i = 0; i < len; i++)
		in.payload[i] = (uint8_t)(i ? i * 37 + len : first);
	send(from, &in);
	REQUIRE(next(to, &out));
	CHECK(addr_equal(&out.src, &to->at.addr));
	CHECK_INT(out.src_port, to->at.port + rtcp);
	CHECK_INT(out.dst_port, 4000 + rtcp);
	CHECK_INT(out.len, len);
	CHECK_MEM(out.payload, in.payload, len);
}

// Anything passes both ways: nothing at all, less than a header, what is no RTP, SRTP with its tag, full frames.
static void blind_both_ways(struct side *a, struct side *b)
{
	static const uint16_t lengths[] = {0, 1, 4, 11, 12, 13, 40, 182, 1000};
	if (!call_open(a, b))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < 9 * 2 * 2 * 2; i++) {
		const struct side *from = i & 1 ? b : a, *to = i & 1 ? a : b;
		blind_pass(from, to, i >> 1 & 1, lengths[i / 8], i & 4 ? 0x80 : 0x16, false);
	}
	struct stream_stats s = rig_stream_stats(&rig, a->handle);
	CHECK_INT(s.rx_packets, 18);
	CHECK_INT(s.tx_packets, 18);
	CHECK_INT(s.dropped, 0);
	rig_stop(&rig);
}

static void payload_blind(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_NONE}, b = {"", FAR_B, 0, 0, CODEC_NONE};
	struct side c = {"", FAR_A6, 0, 0, CODEC_NONE}, d = {"", FAR_B6, 0, 0, CODEC_NONE};
	struct side e = {"", FAR_A, 0, 0, CODEC_NONE}, f = {"", FAR_B6, 0, 0, CODEC_NONE};
	struct side g = {"", FAR_A6, 0, 0, CODEC_NONE}, h = {RIG_IP4_VLAN, FAR_VLAN, 1, 7, CODEC_NONE};
	blind_both_ways(&a, &b);
	blind_both_ways(&c, &d);
	blind_both_ways(&e, &f);
	blind_both_ways(&g, &h);
}

// Without a checksum over IPv4, from a stranger, and as a train of SRTP that goes on for a while.
static void payload_blind_checksums(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_NONE}, b = {"", FAR_B6, 0, 0, CODEC_NONE};
	struct rig_datagram in, out;
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	for (uint16_t len = 1; len < 40; len++)
		blind_pass(&a, &b, 0, len, 0, true);
	for (uint16_t seq = 65500; seq != 100; seq++) {
		datagram_from(&a, &in);
		rig_rtp(&in, 96, seq, seq * 160u, 0xfeed, (uint8_t)seq, 170);
		send(&a, &in);
		REQUIRE(next(&b, &out));
		CHECK_MEM(out.payload, in.payload, in.len);
	}
	in.src = rig_addr(FAR_B);
	send(&a, &in);
	CHECK(!next(&b, &out));
	CHECK_INT(rig_drops(&rig, DROP_source_mismatch), 1);
	rig_stop(&rig);
}

// A-law on one side: the payload is translated and the checksum follows.
static void law(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B6, 0, 0, CODEC_PCMA};
	struct rig_datagram in, out;
	uint8_t expected[160];
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	datagram_from(&a, &in);
	for (uint16_t seq = 1; seq < 4; seq++) {
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0, 160);
		for (unsigned int i = 0; i < 160; i++)
			in.payload[12 + i] = (uint8_t)(i + seq);
		send(&a, &in);
		if (seq < 3)
			rig_settle(&rig);
		else
			REQUIRE(next(&b, &out));
		rig_forget(&rig);
	}
	memcpy(expected, in.payload + 12, 160);
	codec_law_translate(expected, 160, CODEC_PCMA);
	CHECK_INT(out.payload[1] & 127, 8);
	CHECK_MEM(out.payload + 12, expected, 160);
	rig_stop(&rig);
}

// An IPv4 packet without checksum keeps none over IPv4, and gets one over IPv6.
static void unsummed(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B, 0, 0, CODEC_PCMU};
	struct side c = {"", FAR_A, 0, 0, CODEC_PCMU}, d = {"", FAR_B6, 0, 0, CODEC_PCMU};
	struct rig_datagram in, out;
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	api_handle second = rig_conference(&rig, 0);
	side_open(second, &c);
	side_open(second, &d);
	rig_settle(&rig);
	for (uint16_t seq = 1; seq < 4; seq++) {
		datagram_from(&a, &in);
		in.unsummed = true;
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0x11, 160);
		send(&a, &in);
		if (seq < 3)
			rig_settle(&rig);
		else
			REQUIRE(next(&b, &out));
		rig_forget(&rig);
	}
	CHECK(out.unsummed);
	for (uint16_t seq = 1; seq < 4; seq++) {
		datagram_from(&c, &in);
		in.unsummed = true;
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0x11, 160);
		send(&c, &in);
		if (seq < 3)
			rig_settle(&rig);
		else
			REQUIRE(next(&d, &out));
		rig_forget(&rig);
	}
	CHECK(!out.unsummed);
	rig_stop(&rig);
}

// Ethernet padding and IP options go in, neither comes out.
static void padding_and_options(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B, 0, 0, CODEC_PCMU};
	struct rig_datagram in, out;
	uint8_t frame[RIG_FRAME_MAX];
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	datagram_from(&a, &in);
	for (uint16_t seq = 1; seq < 4; seq++) {
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0x11, 160);
		size_t len = rig_encode(&rig, 0, &in, frame);
		uint8_t *ip = frame + 14;
		memmove(ip + 24, ip + 20, len - 34);
		memset(ip + 20, 1, 4); // no operation
		ip[0] = 0x46;
		ip[3] = (uint8_t)(ip[3] + 4);
		ip[10] = ip[11] = 0;
		uint16_t sum = rig_checksum(0, ip, 24);
		ip[10] = (uint8_t)(sum >> 8);
		ip[11] = (uint8_t)sum;
		memset(frame + len + 4, 0xee, 9);
		rig_put(&rig, 0, 0, frame, len + 4 + 9);
		if (seq < 3)
			rig_settle(&rig);
		else
			REQUIRE(next(&b, &out));
		rig_forget(&rig);
	}
	CHECK_INT(out.len, 172);
	CHECK_MEM(out.payload + 12, in.payload + 12, 160);
	rig_stop(&rig);
}

// Damage on the way in still shows on the way out.
static void damage_is_passed_on(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B, 0, 0, CODEC_PCMU};
	struct rig_datagram in, out;
	uint8_t frame[RIG_FRAME_MAX];
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	datagram_from(&a, &in);
	for (uint16_t seq = 1; seq < 4; seq++) {
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0x11, 160);
		size_t len = rig_encode(&rig, 0, &in, frame);
		if (seq == 3)
			frame[len - 1] ^= 4;
		rig_put(&rig, 0, 0, frame, len);
		if (seq < 3) {
			rig_settle(&rig);
			rig_forget(&rig);
		}
	}
	rig_settle(&rig);
	const struct rig_frame *f = rig_take(&rig, 0);
	REQUIRE(f != NULL);
	printf("expected: ");
	CHECK(!rig_decode(&rig, 0, f, &out));
	rig_stop(&rig);
}

// Reports arrive at the odd ports with valid checksums once they are due.
static void rtcp(void)
{
	struct side a = {"", FAR_A, 0, 0, CODEC_PCMU}, b = {"", FAR_B6, 0, 0, CODEC_PCMU};
	struct rig_datagram in, out;
	unsigned int reports = 0;
	if (!call_open(&a, &b))
		SKIP("DPDK does not start");
	for (uint16_t seq = 0; seq < 1000; seq++) {
		datagram_from(&a, &in);
		rig_rtp(&in, 0, seq, seq * 160u, 7, 0x11, 160);
		send(&a, &in);
		rig.now += 20 * NSEC_PER_MSEC;
		while (next(&a, &out)) {
			const struct side *to = out.dst.family == ADDR_IPV4 ? &a : &b;
			if (out.dst_port == 4000)
				continue;
			CHECK_INT(out.src_port, to->at.port + 1);
			CHECK_INT(out.dst_port, 4001);
			CHECK_INT(out.payload[0] >> 6, 2);
			CHECK(out.payload[1] == 200 || out.payload[1] == 201);
			reports++;
		}
	}
	CHECK(reports >= 2 && reports <= 20);
	// A report of the far end is taken, a broken one named.
	datagram_from(&a, &in);
	in.dst_port++;
	memcpy(in.payload, "\x80\xc9\x00\x01\x00\x00\x00\x07", 8);
	in.len = 8;
	send(&a, &in);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_rtcp_malformed), 0);
	in.payload[3] = 9;
	send(&a, &in);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_rtcp_malformed), 1);
	rig_stop(&rig);
}

T_MAIN("pipeline relay", {"ipv4", ipv4}, {"ipv6", ipv6}, {"ipv4 and ipv6", ipv4_and_ipv6}, {"vlan", vlan},
       {"payload blind", payload_blind}, {"payload blind checksums", payload_blind_checksums}, {"law", law},
       {"unsummed", unsummed}, {"padding and options", padding_and_options},
       {"damage is passed on", damage_is_passed_on}, {"rtcp", rtcp})
