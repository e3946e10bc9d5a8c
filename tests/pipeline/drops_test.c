// SPDX-License-Identifier: GPL-3.0-or-later
// drops_test.c - Every reason to drop that a frame can give, reached by that frame and by nothing else.
#include "tests/pipeline/rig.h"

#include "gw/codec.h"

#define FAR_A  "192.0.2.10"
#define FAR_B  "192.0.2.20"
#define FAR_A6 "2001:db8::10"

static struct rig rig;
static struct addr_port local4, local6;

// Party a sends to local4; the relay's other side is b. Streams of a second call are IPv6.
static bool calls_open(void)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		return false;
	api_handle conference = rig_conference(&rig, 0), conference6 = rig_conference(&rig, 0);
	struct stream_spec a = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(conference, "", FAR_B, 4000, CODEC_PCMU);
	struct stream_spec c = rig_spec(conference6, "", FAR_A6, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &a, NULL, &local4), 0);
	CHECK_INT(rig_stream_open(&rig, &b, NULL, NULL), 0);
	CHECK_INT(rig_stream_open(&rig, &c, NULL, &local6), 0);
	rig_settle(&rig);
	rig_forget(&rig);
	return true;
}

static struct rig_datagram good(bool v6)
{
	struct rig_datagram d = {
		.src = rig_addr(v6 ? FAR_A6 : FAR_A),
		.dst = v6 ? local6.addr : local4.addr,
		.src_port = 4000,
		.dst_port = v6 ? local6.port : local4.port,
	};
	rig_rtp(&d, 0, 1, 160, 7, 0x11, 160);
	return d;
}

// Puts one frame in and checks that exactly this reason counts.
static void expect(unsigned int port, const uint8_t *frame, size_t len, enum drop_reason reason)
{
	uint64_t before[DROP_COUNT];
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		before[i] = rig_drops(&rig, (enum drop_reason)i);
	rig_put(&rig, port, 0, frame, len);
	rig_settle(&rig);
	for (unsigned int i = 0; i < DROP_COUNT; i++) {
		uint64_t counted = rig_drops(&rig, (enum drop_reason)i) - before[i];
		bool wanted = i == reason && reason != DROP_NONE;
		if (counted != wanted)
			printf("%s: counted %u for a frame of %s\n", drop_name(i), (unsigned int)counted,
			       drop_name(reason));
		CHECK_INT(counted, wanted);
	}
	CHECK(rig_take(&rig, port) == NULL);
}

static void resum(uint8_t *ip)
{
	ip[10] = ip[11] = 0;
	uint16_t sum = rig_checksum(0, ip, (ip[0] & 15) * 4u);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

struct row {
	const char *name;
	enum drop_reason reason;
	bool v6;
	uint16_t at; // byte to change, from the start of the frame
	uint8_t value;
	bool resum;  // IPv4 header checksum made right again
	int16_t cut; // bytes taken off the end; -n = all but n
};

static const struct row rows[] = {
	{"one byte", DROP_eth_short, false, 0, 0, false, -1},
	{"no IP header", DROP_eth_short, false, 0xffff, 0, false, -20},
	{"IPv6 header cut", DROP_eth_short, true, 0xffff, 0, false, -40},
	{"another MAC", DROP_eth_not_ours, false, 5, 0x99, false, 0},
	{"EtherType", DROP_eth_type, false, 13, 0x47, false, 0},
	{"IPv4 version", DROP_ip_header, false, 14, 0x65, false, 0},
	{"IPv4 header length", DROP_ip_header, false, 14, 0x44, true, 0},
	{"IPv4 length past the frame", DROP_ip_header, false, 16, 0x7f, true, 0},
	{"IPv4 length below the header", DROP_ip_header, false, 17, 3, true, 0},
	{"IPv6 version", DROP_ip_header, true, 14, 0x40, false, 0},
	{"IPv6 length past the frame", DROP_ip_header, true, 18, 0x7f, false, 0},
	{"IPv4 checksum", DROP_ip_checksum, false, 24, 0xaa, false, 0},
	{"IPv4 fragment", DROP_ip_fragment, false, 20, 0x20, true, 0},
	{"IPv4 last fragment", DROP_ip_fragment, false, 21, 0x08, true, 0},
	{"IPv6 fragment", DROP_ip_fragment, true, 20, 44, false, 0},
	{"IPv4 protocol", DROP_ip_proto, false, 23, 6, true, 0},
	{"IPv6 protocol", DROP_ip_proto, true, 20, 6, false, 0},
	{"IPv4 address", DROP_ip_not_ours, false, 33, 77, true, 0},
	{"IPv6 address", DROP_ip_not_ours, true, 53, 77, false, 0},
	{"UDP length past IP", DROP_udp_length, false, 38, 0x01, false, 0},
	{"UDP length below 8", DROP_udp_length, false, 39, 7, false, 0},
	{"UDP checksum absent over IPv6", DROP_udp_checksum, true, 0xfffe, 0, false, 0},
	{"unknown port", DROP_port_unknown, false, 37, 0xfe, false, 0},
	{"source port", DROP_source_mismatch, false, 35, 0x11, false, 0},
	{"source address", DROP_source_mismatch, false, 29, 0x11, true, 0},
	{"RTP version", DROP_rtp_version, false, 42, 0x40, false, 0},
};

static void malformed(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct rig_datagram d = good(r->v6);
		uint8_t frame[RIG_FRAME_MAX];
		size_t len = rig_encode(&rig, 0, &d, frame);
		if (r->at == 0xfffe)
			frame[60] = frame[61] = 0;
		else if (r->at != 0xffff && r->cut != -1)
			frame[r->at] = r->value;
		if (r->resum)
			resum(frame + 14);
		len = r->cut < 0 ? (size_t)-r->cut : len - (size_t)r->cut;
		expect(0, frame, len, r->reason);
	}
	rig_stop(&rig);
}

static void vlans(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	struct rig_datagram d = good(false);
	uint8_t frame[RIG_FRAME_MAX];
	d.vlan = 9; // untagged port
	expect(0, frame, rig_encode(&rig, 0, &d, frame), DROP_eth_not_ours);
	expect(1, frame, rig_encode(&rig, 1, &d, frame), DROP_eth_not_ours);
	d.vlan = 0; // port with tag 7
	expect(1, frame, rig_encode(&rig, 1, &d, frame), DROP_eth_not_ours);
	d.vlan = 7; // an address of the other port
	expect(1, frame, rig_encode(&rig, 1, &d, frame), DROP_ip_not_ours);
	memcpy(frame + 12, "\x81\x00\x00\x07\x08\x00", 6);
	expect(1, frame, 36, DROP_eth_short);
	rig_stop(&rig);
}

static void group_addresses(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	struct rig_datagram d = good(false);
	uint8_t frame[RIG_FRAME_MAX];
	size_t len = rig_encode(&rig, 0, &d, frame);
	memset(frame, 0xff, 6);
	expect(0, frame, len, DROP_ip_not_ours);
	d = good(true);
	len = rig_encode(&rig, 0, &d, frame);
	memcpy(frame, "\x33\x33\0\0\0\1", 6);
	expect(0, frame, len, DROP_ip_not_ours);
	d.dst = rig_addr("ff02::fb");
	len = rig_encode(&rig, 0, &d, frame);
	expect(0, frame, len, DROP_ip_not_ours);
	rig_stop(&rig);
}

// What arrives before anybody listens, from whom nobody expects it, or for nobody.
static void sessions(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_datagram d = good(true);
	api_handle conference = rig_conference(&rig, 0), stream;
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	struct addr_port local;
	spec.source = (struct addr_port){0};
	spec.flags &= ~(uint32_t)STREAM_RECV;
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, &local), 0);
	d = good(false);
	d.dst_port = local.port;
	expect(0, frame, rig_encode(&rig, 0, &d, frame), DROP_stream_not_receiving);
	d.src = rig_addr(RIG_IP4);
	expect(0, frame, rig_encode(&rig, 0, &d, frame), DROP_loop);
	CHECK_INT(rig_stream_close(&rig, stream), 0);
	expect(0, frame, rig_encode(&rig, 0, &d, frame), DROP_port_unknown);
	rig_stop(&rig);
}

static void rtcp_is_locked_too(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_datagram d = good(false);
	d.dst_port++;
	memcpy(d.payload, "\x80\xc9\x00\x01\x00\x00\x00\x07", 8);
	d.len = 8;
	d.src = rig_addr("192.0.2.66");
	expect(0, frame, rig_encode(&rig, 0, &d, frame), DROP_source_mismatch);
	d.src = rig_addr(FAR_A);
	d.src_port = 9; // another port is fine
	size_t len = rig_encode(&rig, 0, &d, frame);
	frame[41] ^= 1;
	expect(0, frame, len, DROP_udp_checksum);
	frame[41] ^= 1;
	expect(0, frame, len, DROP_NONE);
	rig_stop(&rig);
}

static void neighbor_away(void)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	rig.silent_neighbors = true;
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec a = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	struct stream_spec b = rig_spec(conference, "", FAR_B, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &a, NULL, &local4), 0);
	CHECK_INT(rig_stream_open(&rig, &b, NULL, NULL), 0);
	rig_settle(&rig);
	rig_forget(&rig);
	uint8_t frame[RIG_FRAME_MAX];
	for (uint16_t seq = 1; seq < 4; seq++) {
		struct rig_datagram d = good(false);
		rig_rtp(&d, 0, seq, seq * 160u, 7, 0x11, 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
	}
	rig_settle(&rig);
	CHECK(rig_drops(&rig, DROP_neighbor_unresolved) >= 1);
	CHECK(rig_take(&rig, 0) == NULL);
	rig_stop(&rig);
}

// A slow path flooded by ARP drops there and nowhere else.
static void slow_path_full(void)
{
	if (!calls_open())
		SKIP("DPDK does not start");
	uint8_t frame[60] = {0};
	memset(frame, 0xff, 6);
	frame[12] = 0x08;
	frame[13] = 0x06;
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < 256; i++)
			rig_put(&rig, 0, 0, frame, sizeof(frame));
		for (unsigned int i = 0; i < 9; i++) // the last burst waits for one more
			worker_loop_once(rig.dp.workers[0], rig.now);
	}
	CHECK_INT(rig_drops(&rig, DROP_slow_full), 5 * 256 - 1023);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_arp_malformed), 1023);
	rig_stop(&rig);
}

T_MAIN("pipeline drops", {"malformed", malformed}, {"vlans", vlans}, {"group addresses", group_addresses},
       {"sessions", sessions}, {"rtcp is locked too", rtcp_is_locked_too}, {"neighbor away", neighbor_away},
       {"slow path full", slow_path_full})
