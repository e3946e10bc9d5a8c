// SPDX-License-Identifier: GPL-3.0-or-later
// wide_test.c - The quick relay of eight packets at a time does to the bit what the one of single packets does: the same
// random traffic of each kind of headers, of two in turn, and from one to the other, damaged here and there, through both.
#include "tests/pipeline/rig.h"

#include "dataplane/hot/stage.h"
#include "gw/codec.h"

enum { CALLS = 24, SIDES = 2 * CALLS, BURSTS = 300, CHAINS = 1 << 16 };
enum { V6 = 1, VLAN = 2, KINDS = 4 };

// How headers lie, our address, and those of neighbours and of hosts behind the gateway.
static const struct wire {
	const char *local, *near, *beyond;
} wires[KINDS] = {
	[0] = {RIG_IP4, "192.0.2.%u", "203.0.113.%u"},
	[V6] = {RIG_IP6, "2001:db8::a:%x", "2001:db8:99::a:%x"},
	[VLAN] = {RIG_IP4_VLAN, "198.51.100.%u", "198.51.100.%u"},
	[V6 | VLAN] = {RIG_IP6_VLAN, "2001:db8:7::a:%x", "2001:db8:7::a:%x"},
};

struct side {
	struct stream_spec spec;
	struct addr_port local;
	unsigned int kind;
	uint32_t time, ssrc;
	uint16_t seq;
};

static struct rig rig;
static struct side sides[SIDES];

// What headers there are, and whether the parties of a call have different ones.
struct traffic {
	unsigned int kinds[2];
	bool crossing;
};

// What came out: for each destination the frames in their order, the streams' lines, and what was dropped.
struct outcome {
	uint64_t chains[CHAINS];
	struct media_stream streams[SIDES];
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

// Of two kinds, four calls in turn have one and the other.
static unsigned int kind_of_side(unsigned int i, const struct traffic *t)
{
	return t->kinds[(i / 8 + (t->crossing ? i : 0)) % 2];
}

// Neighbours and hosts behind the gateway, one or both laws, with and without the port in the lock.
static void side_make(struct side *s, unsigned int i, api_handle conference, unsigned int kind)
{
	char far[40];
	unsigned int call = i / 2;
	snprintf(far, sizeof(far), call % 3 ? wires[kind].near : wires[kind].beyond, 10 + i);
	uint8_t codec = call % 4 == 1 && i % 2 ? CODEC_PCMA : CODEC_PCMU;
	s->kind = kind;
	s->spec = rig_spec(conference, wires[kind].local, far, (uint16_t)(4000 + 2 * i), codec);
	if (call % 5 == 2)
		s->spec.flags &= ~(uint32_t)STREAM_SOURCE_PORT;
	s->spec.dscp = (uint8_t)(i % 64);
	s->seq = (uint16_t)(65000 + 50 * i);
	s->time = 7777 * i;
	s->ssrc = 0xabc0 + i;
}

static void calls_open(const struct traffic *t)
{
	api_handle conference = 0, handle;
	for (unsigned int i = 0; i < SIDES; i++) {
		if (i % 2 == 0)
			conference = rig_conference(&rig, 0);
		side_make(&sides[i], i, conference, kind_of_side(i, t));
		CHECK_INT(rig_stream_open(&rig, &sides[i].spec, &handle, &sides[i].local), 0);
	}
	rig_settle(&rig);
}

static unsigned int port_of(const struct side *s)
{
	return s->kind & VLAN ? 1 : 0;
}

static unsigned int udp_of(const struct side *s)
{
	return 14 + (s->kind & VLAN ? 4 : 0) + (s->kind & V6 ? 40 : 20);
}

static struct rig_datagram datagram(const struct side *s)
{
	return (struct rig_datagram){.src = s->spec.remote.addr,
				     .src_port = s->spec.remote.port,
				     .dst = s->local.addr,
				     .dst_port = s->local.port,
				     .vlan = s->kind & VLAN ? 7 : 0};
}

// The payload of a side's next packet, as it should be.
static void rtp_next(struct side *s, struct rig_datagram *d, uint8_t fill, uint16_t len)
{
	rig_rtp(d, (uint8_t)(s->spec.rx.codec == CODEC_PCMA ? 8 : 0), s->seq++, s->time, s->ssrc, fill, len);
	s->time += 160;
}

// Makes one of our addresses into another that hashes to the same slot, but for the three bytes before `end` the same.
static void look_alike(struct addr *a, unsigned int end)
{
	const struct lookup *t = &rig.dp.lookup;
	const bool v6 = a->family == ADDR_IPV6;
	uint32_t ip;
	memcpy(&ip, a->ip, 4);
	const unsigned int slot = v6 ? lookup_hash_v6(t, a->ip) : lookup_hash_v4(t, ip);
	for (unsigned int i = 1, found = ~slot; found != slot; i++) {
		a->ip[end - 1] = (uint8_t)i;
		a->ip[end - 2] = (uint8_t)(i >> 8);
		a->ip[end - 3] = (uint8_t)(i >> 16);
		memcpy(&ip, a->ip, 4);
		found = lookup_local(t, a) != LOCAL_NONE ? ~slot
			: v6                             ? lookup_hash_v6(t, a->ip)
							 : lookup_hash_v4(t, ip);
	}
}

// What is odd about a datagram before it is put into a frame, and its checksum made.
static void datagram_damage(uint64_t *random, struct side *s, struct rig_datagram *d, unsigned int odd)
{
	if (odd == 2)
		d->payload[3]--; // an old one
	if (odd == 3)
		d->payload[1] |= 0x80; // marker
	if (odd == 4)
		d->payload[1] = 13; // comfort noise
	d->unsummed = odd == 5;
	if (odd == 6)
		d->src_port++;
	if (odd == 7)
		d->dst_port++; // RTCP, or what claims to be
	if (odd == 8)
		d->src.ip[draw(random) % (s->kind & V6 ? 16 : 4)] ^= 1;
	if (odd == 9)
		d->vlan = d->vlan ? (uint16_t)(7 ^ 1u << draw(random) % 12) : 7;
	if (odd == 10)
		d->payload[0] = (uint8_t)draw(random);
	if (odd == 11)
		d->dst.ip[draw(random) % (s->kind & V6 ? 16 : 4)] ^= (uint8_t)(1u << draw(random) % 8);
	if (odd == 27)
		memset(d->dst.ip, 0, sizeof(d->dst.ip)); // as slots are that nobody has
	if (odd == 25)
		look_alike(&d->dst, s->kind & V6 ? 16 : 4);
	if (odd == 26)
		look_alike(&d->dst, s->kind & V6 ? 8 : 4);
}

// The same of a frame.
static size_t frame_damage(uint64_t *random, const struct side *s, uint8_t *frame, size_t size,
			   unsigned int odd)
{
	const unsigned int udp = udp_of(s), ip = udp - (s->kind & V6 ? 40 : 20);
	if (odd == 12)
		frame[udp + 6] ^= 1; // a wrong checksum, which goes on as it is
	if (odd == 13)
		frame[udp + 5] ^= 1; // UDP's length
	if (odd == 14)
		frame[ip + (s->kind & V6 ? 5 : 3)] ^= 1; // IP's
	if (odd == 15)
		frame[ip + (s->kind & V6 ? 7 : 10)] ^= 1; // hop limit, or IP's checksum
	if (odd == 16)
		frame[ip + 1] ^= 0x0f; // flow label, or TOS
	if (odd == 17 && s->kind & VLAN)
		frame[14] |= (uint8_t)(draw(random) << 4); // priority
	if (odd == 18)
		frame[draw(random) % 6] ^= 4; // not our MAC address
	if (odd == 19)
		return draw(random) % size;
	if (odd >= 20 && odd < 24) // any bit of the headers
		frame[draw(random) % (udp + 20)] ^= (uint8_t)(1u << draw(random) % 8);
	return size;
}

// The next packet of a side; one in eight is something else than expected. With `other_tag` it has a tag where none belongs, or none.
static void put(uint64_t *random, struct side *s, bool other_tag)
{
	uint8_t frame[RIG_FRAME_MAX] = {0};
	struct rig_datagram d = datagram(s);
	uint16_t len = (uint16_t)(draw(random) % 8 ? 160 : 1 + draw(random) % 300);
	unsigned int odd = (unsigned int)(draw(random) % 200);
	if (odd == 0)
		s->seq = (uint16_t)(s->seq + 3);
	if (odd == 1)
		s->time += 100000;
	if (odd == 24)
		s->ssrc += 0x10000;
	rtp_next(s, &d, (uint8_t)draw(random), len);
	datagram_damage(random, s, &d, odd);
	if (other_tag)
		d.vlan = d.vlan ? 0 : 7;
	size_t size = rig_encode(&rig, port_of(s), &d, frame);
	size = frame_damage(random, s, frame, size, odd);
	rig_put(&rig, port_of(s), 0, frame, size);
}

static void collect(struct outcome *o, bool crossing)
{
	rig_settle(&rig);
	for (unsigned int port = 0; port < RIG_PORTS; port++)
		for (const struct rig_frame *f; (f = rig_take(&rig, port)); o->frames++) {
			uint8_t bytes[RIG_FRAME_MAX], *ip = bytes + (port ? 18 : 14);
			memcpy(bytes, f->bytes, f->len);
			bool v6 = ip[0] >> 4 == 6;
			const uint8_t *udp = ip + (v6 ? 40 : 20);
			if (udp[3] & 1) // our own RTCP, which tells the time of day
				continue;
			if (crossing && !v6) { // one that is made new is counted as they leave
				CHECK_INT(rig_checksum(0, ip, 20), 0);
				memset(ip + 4, 0, 2);
				memset(ip + 10, 0, 2);
			}
			uint64_t *chain = &o->chains[hash(port, udp - (v6 ? 16 : 4), v6 ? 20 : 8) % CHAINS];
			*chain = hash(*chain, bytes, f->len);
			o->relayed++;
		}
}

// The k-th side of a burst: all in turn, or in one burst of three those only whose law is translated.
static struct side *side(uint64_t *random, unsigned int first, unsigned int k, bool law)
{
	unsigned int i = draw(random) % 10 ? first + k : (unsigned int)draw(random);
	return &sides[law ? 8 * (i / 2 % (CALLS / 4)) + 2 + i % 2 : i % SIDES];
}

// False where this CPU cannot.
static bool start(enum mode mode, const struct traffic *t)
{
	if (!rig_start(&rig, &(struct rig_options){.calls = CALLS, .seed = 1}))
		return false;
	struct worker *w = rig.dp.workers[0];
	if (mode != SINGLE && !(w->wide && (mode == WIDE_BUT_LAW || w->wide_law))) {
		rig_stop(&rig);
		return false;
	}
	w->wide = mode != SINGLE;
	w->wide_law = mode == WIDE;
	calls_open(t);
	return true;
}

static bool run(enum mode mode, const struct traffic *t, struct outcome *o)
{
	uint64_t random = 42;
	memset(o, 0, sizeof(*o));
	if (!start(mode, t))
		return false;
	struct worker *w = rig.dp.workers[0];
	for (unsigned int b = 0; b < BURSTS; b++) {
		unsigned int first = (unsigned int)draw(&random) % SIDES,
			     n = 1 + (unsigned int)draw(&random) % 32;
		bool other_tag = draw(&random) % 16 == 0;
		for (unsigned int k = 0; k < n; k++)
			put(&random, side(&random, first, k, b % 3 == 0), other_tag);
		collect(o, t->crossing);
		rig.now += (1 + draw(&random) % 20) * NSEC_PER_MSEC;
	}
	memcpy(o->streams, w->streams, sizeof(o->streams));
	memcpy(o->drops, w->counters.drops, sizeof(o->drops));
	rig_stop(&rig);
	return true;
}

static void compare(enum mode mode, unsigned int kind, unsigned int other, bool crossing)
{
	const struct traffic t = {.kinds = {kind, other}, .crossing = crossing};
	if (!run(mode, &t, &outcomes[mode]))
		SKIP("no DPDK, or a CPU without this AVX-512");
	REQUIRE(run(SINGLE, &t, &outcomes[SINGLE]));
	CHECK(outcomes[SINGLE].relayed > 3000);
	CHECK_INT(outcomes[mode].frames, outcomes[SINGLE].frames);
	CHECK_MEM(outcomes[mode].chains, outcomes[SINGLE].chains, sizeof(outcomes[SINGLE].chains));
	CHECK_MEM(outcomes[mode].streams, outcomes[SINGLE].streams, sizeof(outcomes[SINGLE].streams));
	CHECK_MEM(outcomes[mode].drops, outcomes[SINGLE].drops, sizeof(outcomes[SINGLE].drops));
}

static void test_same(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		compare(WIDE, kind, kind, false);
}

static void test_same_without_law(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		compare(WIDE_BUT_LAW, kind, kind, false);
}

static void test_same_mixed(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		for (unsigned int other = kind + 1; other < KINDS; other++)
			compare(WIDE, kind, other, false);
}

static void test_same_crossing(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		for (unsigned int other = kind + 1; other < KINDS; other++) {
			compare(WIDE, kind, other, true);
			compare(WIDE_BUT_LAW, kind, other, true);
		}
}

// A packet of every side.
static void round_put(void)
{
	uint8_t frame[RIG_FRAME_MAX];
	for (unsigned int i = 0; i < SIDES; i++) {
		struct rig_datagram d = datagram(&sides[i]);
		rtp_next(&sides[i], &d, (uint8_t)i, 160);
		rig_put(&rig, port_of(&sides[i]), 0, frame, rig_encode(&rig, port_of(&sides[i]), &d, frame));
	}
	rig.now += 20 * NSEC_PER_MSEC;
}

// Groups that are relayed whole, for each kind.
static void whole_count(unsigned int ret_whole[KINDS])
{
	static struct burst b;
	struct worker *w = rig.dp.workers[0];
	w->now = rig.now;
	for (unsigned int i = 0; i < w->rx_count; i++)
		while (rx_poll(w, &w->rx[i], &b)) {
			memset(b.groups, 0, sizeof(b.groups));
			quick_find(w, &b);
			CHECK_INT(stage_quick(w, &b), 0);
			for (unsigned int k = 0; k < KINDS; k++)
				for (unsigned int at = k ? b.ends[k - 1] : 0; at < b.ends[k];
				     at += BURST_LANES)
					ret_whole[k] += b.groups[at / BURST_LANES + k].done == 0xff;
		}
	tx_flush(w);
	rig_settle(&rig);
}

static void together(unsigned int kind, unsigned int other, bool crossing)
{
	const struct traffic t = {.kinds = {kind, other}, .crossing = crossing};
	unsigned int whole[KINDS] = {0};
	if (!start(WIDE_BUT_LAW, &t))
		SKIP("no DPDK, or a CPU without AVX-512");
	for (unsigned int i = 0; i < 4; i++) { // until the senders are known, and the mix
		round_put();
		rig_settle(&rig);
	}
	round_put();
	whole_count(whole);
	CHECK_INT(whole[kind], kind == other ? SIDES / BURST_LANES : SIDES / BURST_LANES / 2);
	CHECK_INT(whole[other], whole[kind]);
	rig_stop(&rig);
}

// What the other tests compare really goes by eights.
static void test_together(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		for (unsigned int other = 0; other < KINDS; other++) {
			together(kind, other, false);
			together(kind, other, true);
		}
}

T_MAIN("pipeline wide", {"same", test_same}, {"same_without_law", test_same_without_law},
       {"same_mixed", test_same_mixed}, {"same_crossing", test_same_crossing}, {"together", test_together})
