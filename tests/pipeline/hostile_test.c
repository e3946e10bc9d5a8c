// SPDX-License-Identifier: GPL-3.0-or-later
// hostile_test.c - Frames of every kind, damaged in every way: none is read beyond its end, none is kept, and the dataplane
// answers and relays afterwards as it did before.
#include "tests/pipeline/rig.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#include "gw/codec.h"

#define FRAMES    60000
#define FRAME_MAX 400
#define FAR_A     "192.0.2.10"
#define FAR_B     "192.0.2.20"
#define FAR_C     "192.0.2.30"
#define FAR_A6    "2001:db8::10"
#define GROUP     "239.1.1.1"
#define GROUP6    "ff05::1:1"

static struct rig rig;
static struct addr_port relayed, mixed, blind;
static uint64_t state = 11;

static uint32_t rnd(uint32_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(state >> 33) % n;
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

// --- frames that are right ---

static size_t ethernet(uint8_t *f, const char *dst_ip, unsigned int type)
{
	struct addr to = rig_addr(dst_ip), from = rig_addr(FAR_A);
	memcpy(f, rig_mac(&rig, 0), 6);
	if (addr_is_multicast(&to) && to.family == ADDR_IPV4)
		memcpy(f, (uint8_t[]){1, 0, 0x5e, to.ip[1] & 0x7f, to.ip[2], to.ip[3]}, 6);
	else if (addr_is_multicast(&to))
		memcpy(f, (uint8_t[]){0x33, 0x33, to.ip[12], to.ip[13], to.ip[14], to.ip[15]}, 6);
	rig_far_mac(&from, f + 6);
	put16(f + 12, type);
	return 14;
}

static size_t arp(uint8_t *f)
{
	struct addr us = rig_addr(rnd(4) ? RIG_IP4 : FAR_B), from = rig_addr(rnd(8) ? FAR_A : RIG_IP4);
	size_t at = ethernet(f, RIG_IP4, 0x0806);
	memset(f + at, 0, 28);
	memcpy(f + at, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, (uint8_t)(1 + rnd(2))}, 8);
	memcpy(f + at + 8, f + 6, 6);
	memcpy(f + at + 14, from.ip, 4);
	memcpy(f + at + 24, us.ip, 4);
	return at + 28;
}

// IPv4 with a payload already in place behind `options` bytes of options.
static size_t ipv4(uint8_t *f, const char *dst, unsigned int protocol, unsigned int options, unsigned int len)
{
	struct addr to = rig_addr(dst), from = rig_addr(FAR_A);
	uint8_t *ip = f + ethernet(f, dst, 0x0800);
	unsigned int header = 20 + options;
	memset(ip, 0, 20);
	memset(ip + 20, 1, options); // no operation
	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, header + len);
	ip[8] = 1;
	ip[9] = (uint8_t)protocol;
	memcpy(ip + 12, from.ip, 4);
	memcpy(ip + 16, to.ip, 4);
	put16(ip + 10, rig_checksum(0, ip, header));
	return 14 + header + len;
}

static size_t echo(uint8_t *f)
{
	unsigned int options = rnd(4) ? 0 : 4 * rnd(11), len = 8 + rnd(100);
	uint8_t *icmp = f + 14 + 20 + options;
	for (unsigned int i = 0; i < len; i++)
		icmp[i] = (uint8_t)rnd(256);
	memcpy(icmp, "\x08\x00\x00\x00", 4);
	put16(icmp + 2, rig_checksum(0, icmp, len));
	return ipv4(f, RIG_IP4, 1, options, len);
}

static size_t igmp(uint8_t *f)
{
	unsigned int len = rnd(2) ? 8 : 12 + 4 * rnd(5);
	struct addr group = rig_addr(rnd(2) ? GROUP : "0.0.0.0");
	uint8_t *m = f + 14 + 24;
	memset(m, 0, len);
	m[0] = 0x11;
	memcpy(m + 4, group.ip, 4);
	put16(m + 2, rig_checksum(0, m, len));
	return ipv4(f, rnd(2) ? "224.0.0.1" : GROUP, 2, 4, len);
}

// IPv6 with ICMPv6 behind `extra` bytes of further headers, all in place but for the checksum.
static size_t ipv6(uint8_t *f, const char *dst, unsigned int next, unsigned int extra, unsigned int len)
{
	struct addr to = rig_addr(dst), from = rig_addr(FAR_A6);
	uint8_t *ip = f + ethernet(f, dst, 0x86dd), *icmp = ip + 40 + extra, pseudo[8] = {0};
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, extra + len);
	ip[6] = (uint8_t)next;
	ip[7] = 255;
	memcpy(ip + 8, from.ip, 16);
	memcpy(ip + 24, to.ip, 16);
	put16(pseudo + 2, len);
	pseudo[7] = 58;
	put16(icmp + 2, 0);
	uint16_t part = (uint16_t)~rig_checksum(0, ip + 8, 32);
	part = (uint16_t)~rig_checksum(part, pseudo, 8);
	put16(icmp + 2, rig_checksum(part, icmp, len));
	return 14 + 40 + extra + len;
}

static size_t nd(uint8_t *f)
{
	struct addr target = rig_addr(rnd(4) ? RIG_IP6 : FAR_A6);
	unsigned int options = rnd(4), len = 24 + 8 * options;
	uint8_t *m = f + 14 + 40;
	memset(m, 0, len);
	m[0] = (uint8_t)(135 + rnd(2));
	memcpy(m + 8, target.ip, 16);
	for (unsigned int i = 0; i < options; i++) {
		m[24 + 8 * i] = (uint8_t)(1 + rnd(3));
		m[25 + 8 * i] = (uint8_t)(rnd(5) ? 1 : rnd(256));
	}
	return ipv6(f, rnd(2) ? RIG_IP6 : "ff02::1:ff00:1", 58, 0, len);
}

static size_t echo6(uint8_t *f)
{
	unsigned int len = 8 + rnd(100);
	memset(f + 14 + 40, 0x33, len);
	memcpy(f + 14 + 40, "\x80\x00", 2);
	return ipv6(f, RIG_IP6, 58, 0, len);
}

static size_t mld(uint8_t *f)
{
	unsigned int options = 8 * (1 + (rnd(8) == 0)), len = rnd(2) ? 24 : 28 + 16 * rnd(3);
	struct addr group = rig_addr(rnd(2) ? GROUP6 : "::");
	uint8_t *hops = f + 14 + 40, *m = hops + options;
	memset(hops, 0, options + len);
	memcpy(hops, (uint8_t[]){58, (uint8_t)(options / 8 - 1), 5, 2}, 4);
	m[0] = 130;
	memcpy(m + 8, group.ip, 16);
	return ipv6(f, "ff02::1", 0, options, len);
}

static size_t media(uint8_t *f)
{
	static uint16_t seq;
	seq++;
	const struct addr_port *to[] = {&relayed, &mixed, &blind};
	unsigned int which = rnd(3);
	struct rig_datagram d = {.src = rig_addr(FAR_A),
				 .dst = to[which]->addr,
				 .src_port = 4000,
				 .dst_port = (uint16_t)(to[which]->port + (rnd(4) == 0)),
				 .unsummed = rnd(8) == 0};
	rig_rtp(&d, rnd(8) ? 0 : (uint8_t)rnd(128), seq, seq * 160u, 7, 0x11,
		(uint16_t)(rnd(8) ? 160 : rnd(200)));
	if (d.dst_port & 1)
		memcpy(d.payload, (uint8_t[]){0x81, (uint8_t)(200 + rnd(8)), 0, (uint8_t)rnd(44)}, 4);
	return rig_encode(&rig, 0, &d, f);
}

// --- and what becomes of them ---

static size_t (*const kinds[])(uint8_t *f) = {arp, echo, igmp, nd, echo6, mld, media};

// Most stay right as far as their checksums, so that the code behind those is reached.
static size_t damage(uint8_t *f, size_t len)
{
	for (unsigned int n = rnd(4); n > 0; n--)
		f[rnd((uint32_t)len)] = (uint8_t)rnd(256);
	if (rnd(3) == 0)
		len -= rnd((uint32_t)len);
	for (unsigned int n = rnd(4) ? 0 : rnd(40); n > 0; n--)
		f[len++] = (uint8_t)rnd(256);
	return len ? len : 1;
}

static unsigned int put_and_watch(const uint8_t *f, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig.dp.pool);
	unsigned int taken = 0;
	REQUIRE(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), f, len);
	m->port = rig.dp.ports[0].id;
	REQUIRE(rte_ring_enqueue(rig.rx[0][0], m) == 0);
	while (worker_loop_once(rig.dp.workers[0], rig.now))
		continue;
	// The slow path works on lengths alone. The stages before it may look at fixed places of a short frame.
	if (rte_ring_count(rig.dp.slow_ring) == 1) {
		uint8_t *end = rte_pktmbuf_mtod(m, uint8_t *) + m->data_len;
		size_t room = rte_pktmbuf_tailroom(m);
		nsec_t due;
		ASAN_POISON_MEMORY_REGION(end, room);
		dataplane_turn(&rig.dp, rig.now, &due);
		ASAN_UNPOISON_MEMORY_REGION(end, room);
	}
	rig_settle(&rig);
	while (rig_take(&rig, 0))
		taken++;
	return taken;
}

static bool calls_open(void)
{
	if (!rig_start(&rig, &(struct rig_options){.seed = 3}))
		return false;
	api_handle relay = rig_conference(&rig, 0), bridge = rig_conference(&rig, CONFERENCE_BRIDGE);
	api_handle through = rig_conference(&rig, 0);
	const struct {
		api_handle conference;
		const char *far;
		struct addr_port *local;
		uint8_t codec;
	} streams[] = {{relay, FAR_A, &relayed, CODEC_PCMU}, {relay, FAR_B, NULL, CODEC_PCMU},
		       {bridge, FAR_A, &mixed, CODEC_PCMU},  {bridge, FAR_C, NULL, CODEC_PCMU},
		       {through, FAR_A, &blind, CODEC_NONE}, {through, FAR_B, NULL, CODEC_NONE}};
	for (unsigned int i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct stream_spec s =
			rig_spec(streams[i].conference, "", streams[i].far, 4000, streams[i].codec);
		CHECK_INT(rig_stream_open(&rig, &s, NULL, streams[i].local), 0);
	}
	struct addr group = rig_addr(GROUP), group6 = rig_addr(GROUP6);
	CHECK_INT(neigh_group_join(&rig.dp.neigh, 0, &group, rig.now), 0);
	CHECK_INT(neigh_group_join(&rig.dp.neigh, 1, &group6, rig.now), 0);
	rig_settle(&rig);
	rig_forget(&rig);
	return true;
}

static bool pings(void)
{
	uint8_t f[FRAME_MAX];
	size_t len;
	do
		len = echo(f);
	while ((f[14] & 15) != 5); // without options
	return put_and_watch(f, len) == 1;
}

static bool relays(uint16_t seq)
{
	uint8_t f[FRAME_MAX];
	struct rig_datagram d = {
		.src = rig_addr(FAR_A), .dst = relayed.addr, .src_port = 4000, .dst_port = relayed.port};
	rig_rtp(&d, 0, seq, 5, 9, 0x22, 160);
	return put_and_watch(f, rig_encode(&rig, 0, &d, f)) == 1;
}

static void any_frame(void)
{
	uint8_t f[FRAME_MAX];
	if (!calls_open())
		SKIP("DPDK does not start");
	unsigned int most = 0, answered = 0, free_before = 0;
	for (unsigned int n = 0; n < FRAMES; n++) {
		size_t len = damage(f, kinds[rnd(sizeof(kinds) / sizeof(kinds[0]))](f));
		unsigned int sent = put_and_watch(f, len);
		most = sent > most ? sent : most;
		answered += sent > 0;
		// what a worker keeps at hand settles within the first thousand
		if (n == 1000)
			free_before = rte_mempool_avail_count(rig.dp.pool);
	}
	printf("%u frames, %u answered or relayed, at most %u for one\n", FRAMES, answered, most);
	CHECK_INT(rte_mempool_avail_count(rig.dp.pool), free_before);
	CHECK(answered > FRAMES / 10);
	CHECK(most <= 2); // one for each group that a router asks about
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		if (rig_drops(&rig, (enum drop_reason)i))
			printf("%s %u\n", drop_name(i), (unsigned int)rig_drops(&rig, (enum drop_reason)i));
	CHECK(pings());
	relays(30000); // another sequence has to be confirmed
	CHECK(relays(30001));
	rig_stop(&rig);
}

T_MAIN("pipeline-hostile", {"any frame", any_frame})
