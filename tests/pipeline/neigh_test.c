// SPDX-License-Identifier: GPL-3.0-or-later
// neigh_test.c - ARP, neighbour discovery and echo, asked and answered; next hops found, refreshed and replaced.
#include "tests/pipeline/rig.h"

#include <errno.h>

#include <rte_ethdev.h>

#include "gw/codec.h"

#define FAR_A    "192.0.2.10"
#define FAR_A6   "2001:db8::10"
#define FAR_AWAY "203.0.113.20"

static struct rig rig;

static const uint8_t far_mac[6] = {0x02, 0xfa, 4, 0, 2, 10};

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static size_t arp_request(unsigned int port, const char *target, uint8_t *f)
{
	struct addr a = rig_addr(target), from = rig_addr(FAR_A);
	memset(f, 0, 60);
	memset(f, 0xff, 6);
	memcpy(f + 6, far_mac, 6);
	memcpy(f + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10);
	memcpy(f + 22, far_mac, 6);
	memcpy(f + 28, from.ip, 4);
	memcpy(f + 38, a.ip, 4);
	return 60;
}

static size_t echo_request(uint8_t *f)
{
	struct addr us = rig_addr(RIG_IP4), from = rig_addr(FAR_A);
	memcpy(f, rig_mac(&rig, 0), 6);
	memcpy(f + 6, far_mac, 6);
	uint8_t *ip = f + 14, *icmp = ip + 20;
	memcpy(f + 12, "\x08\x00\x45\x00\x00\x54\x12\x34\x40\x00\x40\x01\x00\x00", 14);
	memcpy(ip + 12, from.ip, 4);
	memcpy(ip + 16, us.ip, 4);
	put16(ip + 10, rig_checksum(0, ip, 20));
	memset(icmp, 0x5a, 64);
	memcpy(icmp, "\x08\x00\x00\x00\x12\x34\x00\x01", 8);
	put16(icmp + 2, rig_checksum(0, icmp, 64));
	return 98;
}

static void icmpv6_sum(uint8_t *ip)
{
	uint8_t pseudo[40 + 128];
	unsigned int len = (unsigned int)(ip[4] << 8 | ip[5]);
	memcpy(pseudo, ip + 8, 32);
	memset(pseudo + 32, 0, 8);
	put16(pseudo + 34, len);
	pseudo[39] = 58;
	put16(ip + 42, 0);
	memcpy(pseudo + 40, ip + 40, len);
	put16(ip + 42, rig_checksum(0, pseudo, 40 + len));
}

static bool icmpv6_sum_right(const uint8_t *ip)
{
	uint8_t copy[256];
	memcpy(copy, ip, 40u + (unsigned int)(ip[4] << 8 | ip[5]));
	icmpv6_sum(copy);
	return memcmp(copy + 42, ip + 42, 2) == 0;
}

// Neighbour solicitation for `target` from FAR_A6, or from nobody (duplicate address detection).
static size_t solicitation(const char *target, bool from_nobody, uint8_t *f)
{
	struct addr t = rig_addr(target), from = rig_addr(FAR_A6);
	memset(f, 0, 14 + 40 + 32);
	memcpy(f, "\x33\x33\xff\x00\x00\x01", 6);
	memcpy(f + 6, far_mac, 6);
	memcpy(f + 12, "\x86\xdd\x60\x00\x00\x00\x00\x20\x3a\xff", 10);
	uint8_t *ip = f + 14;
	if (!from_nobody)
		memcpy(ip + 8, from.ip, 16);
	memcpy(ip + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\0\0\x01", 16);
	ip[40] = 135;
	memcpy(ip + 48, t.ip, 16);
	if (from_nobody) {
		put16(ip + 4, 24);
	} else {
		ip[64] = 1;
		ip[65] = 1;
		memcpy(ip + 66, far_mac, 6);
	}
	icmpv6_sum(ip);
	return 14u + 40 + (from_nobody ? 24 : 32);
}

static const struct rig_frame *answer(const uint8_t *frame, size_t len)
{
	rig_put(&rig, 0, 0, frame, len);
	rig_settle(&rig);
	return rig_take(&rig, 0);
}

static bool start(bool silent)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		return false;
	rig.silent_neighbors = silent;
	return true;
}

static void arp_answered(void)
{
	uint8_t f[64];
	struct addr us = rig_addr(RIG_IP4), from = rig_addr(FAR_A);
	if (!start(true))
		SKIP("DPDK does not start");
	const struct rig_frame *a = answer(f, arp_request(0, RIG_IP4, f));
	REQUIRE(a != NULL);
	CHECK_MEM(a->bytes, far_mac, 6);
	CHECK_MEM(a->bytes + 6, rig_mac(&rig, 0), 6);
	CHECK_MEM(a->bytes + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10);
	CHECK_MEM(a->bytes + 22, rig_mac(&rig, 0), 6);
	CHECK_MEM(a->bytes + 28, us.ip, 4);
	CHECK_MEM(a->bytes + 32, far_mac, 6);
	CHECK_MEM(a->bytes + 38, from.ip, 4);
	CHECK(answer(f, arp_request(0, "192.0.2.2", f)) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_ip_not_ours), 1);
	CHECK(answer(f, arp_request(0, RIG_IP4_VLAN, f)) == NULL); // lives on the other port
	CHECK_INT(rig_drops(&rig, DROP_ip_not_ours), 2);
	rig_stop(&rig);
}

static void arp_malformed(void)
{
	static const struct {
		uint8_t at, value;
	} rows[] = {{15, 2}, {17, 1}, {18, 7}, {19, 5}, {21, 3}, {22, 0x01}};
	uint8_t f[64];
	if (!start(true))
		SKIP("DPDK does not start");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = arp_request(0, RIG_IP4, f);
		f[rows[i].at] = rows[i].value;
		CHECK(answer(f, len) == NULL);
		CHECK_INT(rig_drops(&rig, DROP_arp_malformed), i + 1);
	}
	arp_request(0, RIG_IP4, f);
	CHECK(answer(f, 41) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_arp_malformed), 7);
	rig_stop(&rig);
}

// Somebody else claims our address: we say whose it is, though not as often as they do. What comes back to us is nobody's claim.
static void claimed(void)
{
	uint8_t f[64];
	if (!start(true))
		SKIP("DPDK does not start");
	arp_request(0, "192.0.2.2", f);
	memcpy(f + 28, rig_addr(RIG_IP4).ip, 4);
	memcpy(f + 22, rig_mac(&rig, 0), 6);
	CHECK(answer(f, 60) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_loop), 1);
	memcpy(f + 22, far_mac, 6);
	const struct rig_frame *said = answer(f, 60);
	REQUIRE(said != NULL);
	CHECK_MEM(said->bytes + 28, said->bytes + 38, 4);
	CHECK_MEM(said->bytes + 28, f + 28, 4);
	CHECK(answer(f, 60) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_loop), 3);
	rig.now += 10 * NSEC_PER_SEC;
	CHECK(answer(f, 60) != NULL);
	rig_stop(&rig);
}

static void echo_answered(void)
{
	uint8_t f[128];
	if (!start(true))
		SKIP("DPDK does not start");
	const struct rig_frame *a = answer(f, echo_request(f));
	REQUIRE(a != NULL);
	CHECK_INT(a->len, 98);
	CHECK_MEM(a->bytes, far_mac, 6);
	CHECK_MEM(a->bytes + 6, rig_mac(&rig, 0), 6);
	CHECK_MEM(a->bytes + 26, f + 30, 4);
	CHECK_MEM(a->bytes + 30, f + 26, 4);
	CHECK_INT(rig_checksum(0, a->bytes + 14, 20), 0);
	CHECK_INT(a->bytes[34], 0);
	CHECK_INT(rig_checksum(0, a->bytes + 34, 64), 0);
	CHECK_MEM(a->bytes + 38, f + 38, 60);
	f[50] ^= 1;
	CHECK(answer(f, 98) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_icmp_malformed), 1);
	echo_request(f);
	f[34] = 13; // timestamp request
	put16(f + 36, 0);
	put16(f + 36, rig_checksum(0, f + 34, 64));
	CHECK(answer(f, 98) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_icmp_ignored), 1);
	rig_stop(&rig);
}

static void echo_v6_answered(void)
{
	uint8_t f[128] = {0};
	if (!start(true))
		SKIP("DPDK does not start");
	struct addr us = rig_addr(RIG_IP6), from = rig_addr(FAR_A6);
	memcpy(f, rig_mac(&rig, 0), 6);
	memcpy(f + 6, far_mac, 6);
	memcpy(f + 12, "\x86\xdd\x60\x00\x00\x00\x00\x10\x3a\x40", 10);
	memcpy(f + 22, from.ip, 16);
	memcpy(f + 38, us.ip, 16);
	memcpy(f + 54,
	       "\x80\x00\x00\x00\x12\x34\x00\x01"
	       "abcdefgh",
	       16);
	icmpv6_sum(f + 14);
	const struct rig_frame *a = answer(f, 70);
	REQUIRE(a != NULL);
	CHECK_MEM(a->bytes + 22, us.ip, 16);
	CHECK_MEM(a->bytes + 38, from.ip, 16);
	CHECK_INT(a->bytes[54], 129);
	CHECK(icmpv6_sum_right(a->bytes + 14));
	f[56] ^= 1;
	CHECK(answer(f, 70) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_icmp_malformed), 1);
	f[54] = 134; // router advertisement
	icmpv6_sum(f + 14);
	CHECK(answer(f, 70) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_icmp_ignored), 1);
	rig_stop(&rig);
}

static void solicitation_answered(void)
{
	uint8_t f[128];
	if (!start(true))
		SKIP("DPDK does not start");
	struct addr us = rig_addr(RIG_IP6), from = rig_addr(FAR_A6);
	const struct rig_frame *a = answer(f, solicitation(RIG_IP6, false, f));
	REQUIRE(a != NULL);
	CHECK_MEM(a->bytes, far_mac, 6);
	CHECK_INT(a->bytes[21], 255);
	CHECK_MEM(a->bytes + 38, from.ip, 16);
	CHECK_INT(a->bytes[54], 136);
	CHECK_INT(a->bytes[58], 0x60);
	CHECK_MEM(a->bytes + 62, us.ip, 16);
	CHECK_MEM(a->bytes + 80, rig_mac(&rig, 0), 6);
	CHECK(icmpv6_sum_right(a->bytes + 14));
	a = answer(f, solicitation(RIG_IP6, true, f));
	REQUIRE(a != NULL);
	CHECK_MEM(a->bytes, "\x33\x33\x00\x00\x00\x01", 6);
	CHECK_INT(a->bytes[58], 0x20);
	CHECK(answer(f, solicitation("2001:db8::2", false, f)) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_ip_not_ours), 1);
	solicitation(RIG_IP6, false, f);
	f[21] = 254; // came through a router
	CHECK(answer(f, 86) == NULL);
	solicitation(RIG_IP6, false, f);
	f[79] = 0; // option without length
	icmpv6_sum(f + 14);
	CHECK(answer(f, 86) == NULL);
	solicitation(RIG_IP6, false, f);
	f[79] = 2; // option past the end
	icmpv6_sum(f + 14);
	CHECK(answer(f, 86) == NULL);
	CHECK_INT(rig_drops(&rig, DROP_icmp_malformed), 3);
	rig_stop(&rig);
}

static void link_set(unsigned int port, bool up)
{
	uint16_t id = rig.dp.ports[port].id;
	CHECK_INT(up ? rte_eth_dev_set_link_up(id) : rte_eth_dev_set_link_down(id), 0);
	rig.now += NSEC_PER_SEC;
	rig_settle(&rig);
}

// Where a link comes up, and only there, the wire is told where we are and what we listen to.
static void announced(void)
{
	struct addr group = rig_addr("239.1.2.3");
	if (!start(true))
		SKIP("DPDK does not start");
	CHECK_INT(neigh_group_join(&rig.dp.neigh, 0, &group, rig.now), 0);
	rig.now += 2 * NSEC_PER_SEC;
	rig_settle(&rig);
	rig_forget(&rig);
	link_set(0, false);
	CHECK(!rig_take(&rig, 0) && !rig_take(&rig, 1));
	link_set(0, true);
	CHECK(!rig_take(&rig, 1));
	const struct rig_frame *report = rig_take(&rig, 0);
	REQUIRE(report != NULL);
	CHECK_MEM(report->bytes, "\x01\x00\x5e\x01\x02\x03", 6);
	const struct rig_frame *arp = rig_take(&rig, 0);
	REQUIRE(arp != NULL);
	CHECK_MEM(arp->bytes, "\xff\xff\xff\xff\xff\xff", 6);
	CHECK_MEM(arp->bytes + 28, arp->bytes + 38, 4);
	const struct rig_frame *nd = rig_take(&rig, 0);
	REQUIRE(nd != NULL);
	CHECK_INT(nd->bytes[54], 136);
	CHECK(!rig_take(&rig, 0));
	link_set(1, false);
	link_set(1, true);
	const struct rig_frame *tagged = rig_take(&rig, 1);
	REQUIRE(tagged != NULL);
	CHECK_MEM(tagged->bytes + 12, "\x81\x00\x00\x07\x08\x06", 6);
	rig_stop(&rig);
}

static unsigned int asked(unsigned int port)
{
	unsigned int n = 0;
	rig_settle(&rig);
	while (rig_take(&rig, port))
		n++;
	return n;
}

// A stream's next hop is asked for at once, again while it is silent, and never after it was released.
static void resolve_and_retry(void)
{
	if (!start(true))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0), stream;
	struct stream_spec spec = rig_spec(conference, "", FAR_AWAY, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, &stream, NULL), 0);
	const struct rig_frame *f = rig_take(&rig, 0);
	REQUIRE(f != NULL);
	struct addr gateway = rig_addr("192.0.2.254");
	CHECK_MEM(f->bytes + 38, gateway.ip, 4);
	CHECK_INT(asked(0), 0);
	for (unsigned int i = 0; i < 3; i++) {
		rig.now += 250 * NSEC_PER_MSEC;
		CHECK_INT(asked(0), 1);
	}
	rig.now += 250 * NSEC_PER_MSEC;
	CHECK_INT(asked(0), 0);
	rig.now += 750 * NSEC_PER_MSEC;
	CHECK_INT(asked(0), 1);
	CHECK_INT(rig_stream_close(&rig, stream), 0);
	rig.now += 5 * NSEC_PER_SEC;
	CHECK_INT(asked(0), 0);
	rig_stop(&rig);
}

// A resolved hop is asked again by unicast, then by broadcast, and keeps its address meanwhile.
static void refresh(void)
{
	if (!start(false))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, "", FAR_A, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), 0);
	rig_settle(&rig);
	CHECK(hop_ready(&rig.dp.neigh.hops[1]));
	rig.silent_neighbors = true;
	rig.now += 30 * NSEC_PER_SEC;
	for (unsigned int i = 0; i < 5; i++) {
		rig_settle(&rig);
		const struct rig_frame *f = rig_take(&rig, 0);
		while (f && f->bytes[13] != 0x06) // RTCP is due as well
			f = rig_take(&rig, 0);
		REQUIRE(f != NULL);
		CHECK_MEM(f->bytes, i < 3 ? far_mac : (const uint8_t *)"\xff\xff\xff\xff\xff\xff", 6);
		rig.now += NSEC_PER_SEC;
	}
	CHECK(hop_ready(&rig.dp.neigh.hops[1]));
	// It comes back with another MAC address: an announcement is enough.
	uint8_t frame[64], header[64];
	arp_request(0, FAR_A, frame);
	frame[27] = frame[11] = 0x77;
	rig_put(&rig, 0, 0, frame, 60);
	rig_settle(&rig);
	hop_write(&rig.dp.neigh.hops[1], header + 32);
	CHECK_MEM(header + 32 - 14, frame + 6, 6);
	rig_stop(&rig);
}

static void no_route(void)
{
	if (!start(true))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	struct stream_spec spec = rig_spec(conference, RIG_IP4_VLAN, FAR_AWAY, 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &spec, NULL, NULL), -ENETUNREACH);
	rig_stop(&rig);
}

T_MAIN("pipeline neigh", {"arp answered", arp_answered}, {"arp malformed", arp_malformed},
       {"claimed", claimed}, {"echo answered", echo_answered}, {"echo v6 answered", echo_v6_answered},
       {"solicitation answered", solicitation_answered}, {"announced", announced},
       {"resolve and retry", resolve_and_retry}, {"refresh", refresh}, {"no route", no_route})
