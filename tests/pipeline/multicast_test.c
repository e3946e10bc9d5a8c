// SPDX-License-Identifier: GPL-3.0-or-later
// multicast_test.c - A live source comes in by a group, a mix goes out to one, and routers hear of it.
#include "tests/pipeline/rig.h"

#include <errno.h>

#include "dataplane/neigh.h"
#include "gw/codec.h"

#define FAR    "192.0.2.10"
#define GROUP  "239.1.1.1"
#define GROUP6 "ff05::1:1"
#define PORT   5000

static struct rig rig;

static int16_t gain_cb;
static int loudest; // sample that the far end heard

static int live_open(api_handle conference, const char *at, uint8_t codec, api_handle *ret)
{
	struct api_message m;
	api_init(&m, API_SOURCE_OPEN, 1);
	m.source_open.conference = conference;
	m.source_open.count = 1;
	m.source_open.flags = API_SOURCE_LOOP;
	m.source_open.items[0].kind = API_SOURCE_LIVE;
	m.source_open.items[0].tone = codec;
	m.source_open.items[0].gain_cb = gain_cb;
	strcpy(m.source_open.items[0].path, at);
	int rc = rig_call(&rig, &m);
	*ret = m.source_reply.handle;
	return rc;
}

static int source_close(api_handle handle)
{
	struct api_message m;
	api_init(&m, API_SOURCE_CLOSE, 1);
	m.handle_request.handle = handle;
	return rig_call(&rig, &m);
}

static void listener_open(api_handle conference, const char *remote)
{
	struct stream_spec s = rig_spec(conference, "", remote, 4000, CODEC_PCMU);
	s.flags = STREAM_SEND;
	CHECK_INT(rig_stream_open(&rig, &s, NULL, NULL), 0);
}

// An IGMP message of this type about GROUP; takes frames until there is one. False: none was sent.
static bool igmp_take(uint8_t type, const uint8_t to[4])
{
	const uint8_t group[4] = {239, 1, 1, 1};
	for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
		const uint8_t *ip = f->bytes + 14, *igmp = ip + 24;
		if (f->bytes[12] != 8 || f->bytes[13] != 0 || ip[9] != 2)
			continue;
		const uint8_t mac[6] = {1, 0, 0x5e, to[1] & 0x7f, to[2], to[3]};
		CHECK_MEM(f->bytes, mac, 6);
		CHECK_INT(ip[0], 0x46);
		CHECK_INT(ip[8], 1);
		CHECK_INT(rig_checksum(0, ip, 24), 0);
		CHECK_INT(rig_checksum(0, igmp, 8), 0);
		CHECK_MEM(ip + 16, to, 4);
		CHECK_MEM(igmp + 4, group, 4);
		CHECK_INT(igmp[0], type);
		return true;
	}
	return false;
}

// A router's question, `len` bytes of it: 8 in IGMPv2, 12 in IGMPv3.
static void query_in(const uint8_t group[4], uint8_t len)
{
	uint8_t frame[60] = {1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0};
	uint8_t *ip = frame + 14, *igmp = ip + 20;
	memcpy(ip, "\x45\xc0\x00\x1c\x00\x00\x00\x00\x01\x02\x00\x00\xc0\x00\x02\xfe\xe0\x00\x00\x01", 20);
	ip[3] = (uint8_t)(20 + len);
	uint16_t sum = rig_checksum(0, ip, 20);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	igmp[0] = 0x11;
	igmp[1] = 100;
	memcpy(igmp + 4, group, 4);
	sum = rig_checksum(0, igmp, len);
	igmp[2] = (uint8_t)(sum >> 8);
	igmp[3] = (uint8_t)sum;
	rig_put(&rig, 0, 0, frame, sizeof(frame));
	rig_settle(&rig);
}

static void query(const uint8_t group[4])
{
	query_in(group, 8);
}

// A report of IGMPv3 with one record of this type about GROUP; takes frames until there is one.
static bool igmp3_take(uint8_t record)
{
	for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
		const uint8_t *ip = f->bytes + 14, *igmp = ip + 24;
		const uint8_t report[16] = {0x22,   0, igmp[2], igmp[3], 0,   0, 0, 1,
					    record, 0, 0,       0,       239, 1, 1, 1};
		if (f->bytes[12] != 8 || f->bytes[13] != 0 || ip[9] != 2)
			continue;
		CHECK_MEM(f->bytes, "\x01\x00\x5e\x00\x00\x16", 6);
		CHECK_MEM(ip + 16, "\xe0\x00\x00\x16", 4);
		CHECK_INT(ip[3], 24 + 16);
		CHECK_INT(rig_checksum(0, ip, 24), 0);
		CHECK_INT(rig_checksum(0, igmp, 16), 0);
		CHECK_MEM(igmp, report, 16);
		return true;
	}
	return false;
}

static void group_put(const char *to, const char *from, uint16_t n)
{
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_datagram d = {
		.src = rig_addr(from), .dst = rig_addr(to), .src_port = 7000, .dst_port = PORT};
	rig_rtp(&d, 0, n, n * 160u, 99, 0x20, 160);
	for (unsigned int i = 12; i < d.len; i++)
		d.payload[i] ^= i & 8 ? 0x80 : 0; // 500 Hz
	rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
}

// Sends the group's music for a while. Returns how many packets with sound the far end got.
static unsigned int run(const char *group, const char *from, const char *to)
{
	unsigned int heard = 0;
	struct addr far = rig_addr(to);
	for (uint16_t n = 0; n < 50; n++) {
		group_put(group, from, n);
		for (unsigned int ms = 0; ms < 20; ms++) {
			rig.now += NSEC_PER_MSEC;
			rig_settle(&rig);
		}
		for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
			struct rig_datagram d;
			const uint8_t *ip = f->bytes + 14;
			if (ip[0] >> 4 == 4 ? ip[9] != 17 : ip[6] != 17)
				continue;
			REQUIRE(rig_decode(&rig, 0, f, &d));
			if (!addr_equal(&d.dst, &far) || d.dst_port != 4000)
				continue;
			heard += (d.payload[50] | 0x80) != 0xff;
			int16_t pcm[160];
			codec_by_id(CODEC_PCMU)->decode(NULL, d.payload + 12, 160, pcm, 160);
			for (unsigned int i = 0; i < 160; i++)
				loudest = pcm[i] > loudest ? pcm[i] : loudest;
		}
	}
	return heard;
}

static void group_is_heard(void)
{
	const uint8_t group[4] = {239, 1, 1, 1}, routers[4] = {224, 0, 0, 2}, any[4] = {0},
		      other[4] = {239, 1, 1, 2};
	api_handle source, second;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	listener_open(conference, FAR);
	rig_forget(&rig);
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &source), 0);
	CHECK(igmp_take(0x16, group));
	CHECK(!igmp_take(0x16, group));
	rig.now += NSEC_PER_SEC;
	rig_settle(&rig);
	CHECK(igmp_take(0x16, group)); // once more
	query(any);
	CHECK(igmp_take(0x16, group));
	query(group);
	CHECK(igmp_take(0x16, group));
	query(other);
	CHECK(!igmp_take(0x16, group));
	CHECK(run(GROUP, FAR, FAR) > 40);
	// Nobody else's business: in no listing, and not to be had twice.
	struct api_message m;
	api_init(&m, API_STREAM_LIST, 1);
	CHECK_INT(rig_call(&rig, &m), 0);
	CHECK_INT(m.stream_list_reply.count, 1);
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &second), -EADDRINUSE);
	rig_forget(&rig);
	CHECK_INT(source_close(source), 0);
	CHECK(igmp_take(0x17, routers));
	uint64_t before = rig_drops(&rig, DROP_port_unknown);
	group_put(GROUP, FAR, 1);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_port_unknown), before + 1);
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &source), 0);
	CHECK_INT(source_close(source), 0);
	// As much louder or softer as it is asked for.
	int plain = loudest;
	gain_cb = -200;
	loudest = 0;
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &source), 0);
	CHECK(run(GROUP, FAR, FAR) > 40);
	CHECK_NEAR(loudest, plain / 10.0, plain / 300.0);
	gain_cb = 0;
	rig_forget(&rig);
	rig_conference_close(&rig, conference); // ends it as well
	CHECK(igmp_take(0x17, routers));
	CHECK_INT(media_stream_count(rig.dp.workers[0]->media), 0);
	rig_stop(&rig);
}

// Who asks in a later version is answered in it, until somebody asks in the earlier one.
static void reports_in_the_router_s_version(void)
{
	const uint8_t any[4] = {0}, group[4] = {239, 1, 1, 1};
	api_handle source;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	query_in(any, 12);
	rig_forget(&rig);
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &source), 0);
	CHECK(igmp3_take(4)); // excludes nobody from now on
	query_in(any, 12);
	CHECK(igmp3_take(2)); // excludes nobody
	query(any);
	CHECK(igmp_take(0x16, group));
	query_in(group, 12);
	CHECK(igmp3_take(2));
	CHECK_INT(source_close(source), 0);
	CHECK(igmp3_take(3)); // includes nobody
	query_in(any, 12);
	CHECK(!igmp3_take(2));
	rig_stop(&rig);
}

// A multicast listener query, `len` bytes of it: 24 in MLDv1, 28 in MLDv2.
static void mld_query(uint8_t len)
{
	uint8_t frame[14 + 48 + 28] = {0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60};
	uint8_t *ip = frame + 14, pseudo[40 + 28] = {0};
	ip[5] = (uint8_t)(8 + len);
	ip[7] = 1;
	memcpy(ip + 8, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x09", 16);
	memcpy(ip + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	memcpy(ip + 40, "\x3a\0\x05\x02\0\0\x01\0\x82", 9);
	memcpy(pseudo, ip + 8, 32);
	pseudo[35] = len;
	pseudo[39] = 58;
	memcpy(pseudo + 40, ip + 48, len);
	uint16_t sum = rig_checksum(0, pseudo, 40u + len);
	ip[6] = 0;
	ip[50] = (uint8_t)(sum >> 8);
	ip[51] = (uint8_t)sum;
	rig_put(&rig, 0, 0, frame, 14u + 48 + len);
	rig_settle(&rig);
}

// The next message about listening to GROUP6 as the bytes behind its IPv6 header and options.
static const uint8_t *mld_take(unsigned int len)
{
	struct addr group = rig_addr(GROUP6);
	for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
		const uint8_t *ip = f->bytes + 14;
		if (ip[0] >> 4 != 6 || ip[6] != 0)
			continue;
		uint8_t pseudo[40 + 28] = {0};
		memcpy(pseudo, ip + 8, 32);
		pseudo[35] = (uint8_t)len;
		pseudo[39] = 58;
		memcpy(pseudo + 40, ip + 48, len);
		CHECK_INT(ip[5], 8 + len);
		CHECK_INT(rig_checksum(0, pseudo, 40 + len), 0);
		CHECK_MEM(ip + 48 + len - 16, group.ip, 16);
		return ip + 48;
	}
	return NULL;
}

static void reports_in_the_router_s_version_over_ipv6(void)
{
	api_handle source;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	mld_query(28);
	rig_forget(&rig);
	CHECK_INT(live_open(conference, "[" GROUP6 "]:5000", CODEC_PCMU, &source), 0);
	static const uint8_t records[] = {4, 2};
	for (unsigned int i = 0; i < 2; i++) {
		const uint8_t *m = mld_take(28);
		REQUIRE(m != NULL);
		CHECK_MEM(m - 48 + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x16", 16);
		CHECK_INT(m[0], 143);
		CHECK_INT(m[7], 1);
		CHECK_INT(m[8], records[i]);
		mld_query(i ? 24 : 28);
	}
	const uint8_t *m = mld_take(24);
	REQUIRE(m != NULL);
	CHECK_INT(m[0], 131);
	CHECK_INT(source_close(source), 0);
	m = mld_take(24);
	REQUIRE(m != NULL);
	CHECK_INT(m[0], 132);
	rig_stop(&rig);
}

static void group_is_heard_over_ipv6(void)
{
	api_handle source;
	bool reported = false;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	listener_open(conference, "2001:db8::10");
	rig_forget(&rig);
	CHECK_INT(live_open(conference, "[" GROUP6 "]:5000", CODEC_PCMU, &source), 0);
	struct addr group = rig_addr(GROUP6);
	for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
		const uint8_t *ip = f->bytes + 14;
		if (ip[0] >> 4 != 6 || ip[6] != 0 || ip[48] != 131)
			continue;
		uint8_t pseudo[64] = {0};
		memcpy(pseudo, ip + 8, 32);
		pseudo[35] = 24;
		pseudo[39] = 58;
		memcpy(pseudo + 40, ip + 48, 24);
		CHECK_INT(rig_checksum(0, pseudo, sizeof(pseudo)), 0);
		CHECK_MEM(ip + 24, group.ip, 16);
		CHECK_MEM(ip + 56, group.ip, 16);
		CHECK_INT(ip[8], 0xfe);
		CHECK_INT(ip[7], 1);
		reported = true;
	}
	CHECK(reported);
	CHECK(run(GROUP6, "2001:db8::10", "2001:db8::10") > 40);
	rig_stop(&rig);
}

// A mix for a group leaves with the group's MAC address and the configured TTL (rig_decode looks), and nobody is asked for it.
static void mix_goes_to_a_group(void)
{
	struct api_message m;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	rig.silent_neighbors = true;
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	api_init(&m, API_SOURCE_OPEN, 1);
	m.source_open.conference = conference;
	m.source_open.flags = API_SOURCE_LOOP;
	m.source_open.count = 1;
	m.source_open.items[0].kind = API_SOURCE_TONE;
	m.source_open.items[0].tone = 33;
	CHECK_INT(rig_call(&rig, &m), 0);
	listener_open(conference, "239.255.1.2");
	listener_open(conference, "ff05::77");
	unsigned int packets[2] = {0};
	for (unsigned int ms = 0; ms < 400; ms++) {
		rig.now += NSEC_PER_MSEC;
		rig_settle(&rig);
		for (const struct rig_frame *f = rig_take(&rig, 0); f; f = rig_take(&rig, 0)) {
			struct rig_datagram d;
			REQUIRE(rig_decode(&rig, 0, f, &d));
			packets[d.dst.family == ADDR_IPV6] += d.dst_port == 4000;
		}
	}
	CHECK_NEAR(packets[0], 19, 2);
	CHECK_NEAR(packets[1], 19, 2);
	struct stream_spec s = rig_spec(rig_conference(&rig, 0), "", "239.255.1.2", 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &s, NULL, NULL), -EINVAL); // a relay is for one
	rig_stop(&rig);
}

// A group's address is nothing that we answer for, or take in any other way.
static void groups_are_no_hosts(void)
{
	api_handle source;
	uint8_t frame[RIG_FRAME_MAX];
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	CHECK_INT(live_open(conference, GROUP ":5000", CODEC_PCMU, &source), 0);
	struct rig_datagram d = {
		.src = rig_addr(FAR), .dst = rig_addr(GROUP), .src_port = 7000, .dst_port = PORT};
	rig_rtp(&d, 0, 1, 160, 99, 0x20, 160);
	size_t len = rig_encode(&rig, 0, &d, frame);
	memcpy(frame, rig_mac(&rig, 0), 6); // a group's packet to our own MAC address
	rig_put(&rig, 0, 0, frame, len);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_ip_not_ours), 1);
	d.dst = rig_addr(RIG_IP4);
	len = rig_encode(&rig, 0, &d, frame);
	memcpy(frame, "\x01\x00\x5e\x01\x01\x01", 6); // our packet to a group's
	rig_put(&rig, 0, 0, frame, len);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_ip_not_ours), 2);
	struct stream_spec s = rig_spec(conference, GROUP, FAR, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &s, NULL, NULL), -EADDRNOTAVAIL);
	CHECK_INT(live_open(conference, FAR ":5000", CODEC_PCMU, &source), -EINVAL);
	CHECK_INT(live_open(conference, GROUP ":5001", CODEC_PCMU, &source), -EINVAL);
	CHECK_INT(live_open(conference, GROUP ":5002", CODEC_NONE, &source), -EINVAL);
	CHECK_INT(live_open(conference, GROUP ":5002", CODEC_L16_16K, &source), -ENOTSUP);
	for (unsigned int i = 2; i <= LOOKUP_GROUPS; i++) {
		char at[32];
		snprintf(at, sizeof(at), "239.1.1.%u:5000", i);
		CHECK_INT(live_open(conference, at, CODEC_PCMU, &source), 0);
		CHECK_INT(source_close(source), 0);
	}
	CHECK_INT(live_open(conference, "239.1.2.1:5000", CODEC_PCMU, &source), -ENOSPC);
	CHECK_INT(live_open(conference, "239.1.1.9:5000", CODEC_PCMU, &source), 0); // known of old
	rig_stop(&rig);
}

T_MAIN("pipeline multicast", {"group is heard", group_is_heard},
       {"reports in the router's version", reports_in_the_router_s_version},
       {"reports in the router's version, IPv6", reports_in_the_router_s_version_over_ipv6},
       {"group is heard over IPv6", group_is_heard_over_ipv6}, {"mix goes to a group", mix_goes_to_a_group},
       {"groups are no hosts", groups_are_no_hosts})
