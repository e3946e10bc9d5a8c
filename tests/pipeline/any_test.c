// SPDX-License-Identifier: GPL-3.0-or-later
// any_test.c - The quick relays do to the bit what the careful stages do: random traffic of both families, tagged and
// not, damaged in every way that must be refused, through both.
//
// Two things may differ. The identification of an IPv4 header, and the header's checksum with it: a quick relay leaves the one
// that came. And a wrong UDP checksum where the law is translated, which the careful stages make right.
#include "tests/pipeline/rig.h"

#include "dataplane/hot/stage.h"
#include "gw/codec.h"

enum { WIRES = 6, CALLS = WIRES * WIRES, SIDES = 2 * CALLS, BURSTS = 3000, CHAINS = 1 << 16 };

// Where a party is: the address it is called by, how its own begins, and our port.
struct wire {
	const char *local, *far;
	unsigned int port;
};

static const struct wire wires[WIRES] = {
	{RIG_IP4, "192.0.2.%u", 0},         {RIG_IP4, "203.0.113.%u", 0},
	{RIG_IP6, "2001:db8::a:%x", 0},     {RIG_IP6, "2001:db8:99::a:%x", 0},
	{RIG_IP4_VLAN, "198.51.100.%u", 1}, {RIG_IP6_VLAN, "2001:db8:7::a:%x", 1},
};

struct side {
	struct stream_spec spec;
	struct addr_port local;
	api_handle handle;
	unsigned int port;
	uint16_t seq;
	uint32_t time;
};

// What came out: for each destination the frames in their order, the streams' lines and figures, and what was dropped.
struct outcome {
	uint64_t chains[CHAINS];
	struct media_stream streams[SIDES];
	struct stream_stats stats[SIDES];
	uint64_t drops[DROP_COUNT];
	uint64_t packets;
	unsigned int frames, quick[WIRES][WIRES];
};

enum way { CAREFUL, ONE, WIDE };

static struct rig rig;
static struct side sides[SIDES];
static struct outcome outcomes[3];
static enum way way;
static uint64_t random_state;

static unsigned int draw(unsigned int n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(random_state >> 33) % n;
}

static uint64_t hash(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

// --- the calls: every wire with every wire ---

static unsigned int wire_of(unsigned int side)
{
	return side % 2 ? side / 2 % WIRES : side / 2 / WIRES;
}

// Of a call between two laws.
static bool is_law(unsigned int side)
{
	return side / 2 % 4 == 1;
}

static void side_open(unsigned int i, api_handle conference)
{
	const struct wire *wire = &wires[wire_of(i)];
	char far[40];
	snprintf(far, sizeof(far), wire->far, 10 + i);
	struct side *s = &sides[i];
	uint8_t codec = is_law(i) && i % 2 ? CODEC_PCMA : CODEC_PCMU;
	s->spec = rig_spec(conference, wire->local, far, (uint16_t)(4000 + 2 * i), codec);
	if (i / 2 % 5 == 2)
		s->spec.flags &= ~(uint32_t)STREAM_SOURCE_PORT;
	s->spec.dscp = (uint8_t)(i % 64);
	s->port = wire->port;
	s->seq = (uint16_t)(65000 + 50 * i);
	s->time = 7777 * i;
	CHECK_INT(rig_stream_open(&rig, &s->spec, &s->handle, &s->local), 0);
}

// --- packets ---

struct packet {
	uint8_t bytes[RIG_FRAME_MAX];
	size_t len;
	unsigned int ip; // where it begins
	bool v6;
	uint64_t flags; // of the NIC
	uint16_t room;  // in front
};

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void insert(struct packet *p, unsigned int at, const void *bytes, unsigned int n)
{
	memmove(p->bytes + at + n, p->bytes + at, p->len - at);
	memcpy(p->bytes + at, bytes, n);
	p->len += n;
}

static void ipv4_sum(struct packet *p)
{
	uint8_t *ip = p->bytes + p->ip;
	put16(ip + 10, 0);
	put16(ip + 10, rig_checksum(0, ip, (ip[0] & 15u) * 4));
}

// Fields of the IP header: what does not matter to us, and what does.
static void ip_damage(struct packet *p, unsigned int what)
{
	uint8_t *ip = p->bytes + p->ip;
	static const uint8_t protocols[] = {0, 1, 6, 43, 44, 51, 58, 60};
	switch (what) {
	case 0: // traffic class and flow label, or TOS
		if (p->v6)
			ip[0] |= (uint8_t)draw(16);
		for (unsigned int i = 1; i < (p->v6 ? 4 : 2); i++)
			ip[i] = (uint8_t)draw(256);
		break;
	case 1: // hop limit or TTL
		ip[p->v6 ? 7 : 8] = (uint8_t)draw(256);
		break;
	case 2:
		ip[p->v6 ? 6 : 9] = protocols[draw(sizeof(protocols))];
		break;
	case 3: // version, header length
		ip[0] = (uint8_t)draw(256);
		break;
	case 4: // fragments, or a header between
		if (p->v6) {
			const uint8_t header[8] = {17, 0, 0, (uint8_t)draw(2), 0, 0, 0, (uint8_t)draw(256)};
			ip[6] = draw(2) ? 44 : 60;
			put16(ip + 4, (unsigned int)p->len - p->ip - 32);
			insert(p, p->ip + 40, header, sizeof(header));
		} else {
			put16(ip + 6, draw(2) ? 0x4000 : draw(0x10000));
		}
		break;
	case 5: // length
		put16(ip + (p->v6 ? 4 : 2), (unsigned int)p->len - p->ip - (p->v6 ? 40 : 0) + draw(41) - 20);
		break;
	case 6: // options, which a whole datagram may have
		if (!p->v6) {
			ip[0] = 0x46;
			put16(ip + 2, (unsigned int)p->len - p->ip + 4);
			insert(p, p->ip + 20, "\x01\x01\x01\x01", 4);
		}
		break;
	default: // another source or destination
		ip[(p->v6 ? 8 : 12) + draw(p->v6 ? 32 : 8)] ^= (uint8_t)(1u << draw(8));
	}
	if (!p->v6 && draw(8) && (ip[0] & 15) >= 5)
		ipv4_sum(p);
}

// Ethernet and its tag.
static void ethernet_damage(struct packet *p, unsigned int what)
{
	bool tagged = p->ip == 18;
	uint8_t tag[4] = {0x81, 0x00, (uint8_t)(draw(16) << 4), 0};
	switch (what) {
	case 0: // priority: of no meaning to us
		if (tagged)
			p->bytes[14] |= (uint8_t)(draw(16) << 4);
		else
			insert(p, 12, tag, 4);
		break;
	case 1:
		p->bytes[15] ^= (uint8_t)(tagged ? 1u << draw(8) : 0);
		break;
	case 2: // one tag more, with our number
		tag[3] = 7;
		insert(p, 12, tag, 4);
		break;
	case 3:
		if (tagged) {
			memmove(p->bytes + 12, p->bytes + 16, p->len - 16);
			p->len -= 4;
		}
		break;
	case 4:
		p->bytes[0] |= 1;
		break;
	case 5:
		p->bytes[draw(6)] ^= (uint8_t)(1u << draw(8));
		break;
	default: // the type of the other family
		put16(p->bytes + p->ip - 2, p->v6 ? 0x0800 : 0x86dd);
	}
}

static void damage(struct packet *p)
{
	unsigned int udp = p->ip + (p->v6 ? 40 : 20);
	switch (draw(10)) {
	case 0:
	case 1:
		ip_damage(p, draw(8));
		break;
	case 2:
		ethernet_damage(p, draw(7));
		break;
	case 3: // any bit of the headers
		p->bytes[draw(udp + 20)] ^= (uint8_t)(1u << draw(8));
		break;
	case 4: // no checksum, or a wrong one
		put16(p->bytes + udp + 6, draw(2) ? 0 : draw(0x10000));
		break;
	case 5: // UDP length
		put16(p->bytes + udp + 4, (unsigned int)p->len - udp + draw(5) - 2);
		break;
	case 6: // cut off, or filled up
		p->len = draw(2) ? draw((unsigned int)p->len) : p->len + draw(9);
		break;
	case 7: // the NIC has looked
		p->flags = (draw(2) ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : 0) |
			   (draw(2) ? RTE_MBUF_F_RX_L4_CKSUM_GOOD : 0) |
			   (draw(4) ? 0 : RTE_MBUF_F_RX_IP_CKSUM_BAD) |
			   (draw(4) ? 0 : RTE_MBUF_F_RX_L4_CKSUM_BAD);
		break;
	case 8: // one end's port
		p->bytes[udp + 1 + draw(2) * 2] ^= (uint8_t)(1u << draw(2));
		break;
	default: // little room for a longer header
		p->room = (uint16_t)draw(28);
	}
}

// The RTP of the next packet of a side, now and then not the one expected. An old one is older than a burst: of two with one
// number that come together, a quick relay may take the other.
static void rtp_make(struct side *s, unsigned int i, struct rig_datagram *d)
{
	uint8_t type = (uint8_t)(s->spec.rx.codec == CODEC_PCMA ? 8 : 0);
	uint16_t len = (uint16_t)(draw(8) ? 160 : draw(8) ? 1 + draw(300) : 0);
	unsigned int odd = draw(100);
	s->seq = (uint16_t)(s->seq + (odd == 0 ? 3 : 0));
	s->time += odd == 1 ? 100000 : 0;
	rig_rtp(d, type, (uint16_t)(odd == 2 ? s->seq - 33 : s->seq), s->time,
		odd == 3 ? draw(9) : 0xabc0 + i, (uint8_t)draw(256), len);
	s->seq++;
	s->time += 160;
	if (odd == 4)
		d->payload[1] |= 0x80; // marker
	if (odd == 5)
		d->payload[1] = 13; // comfort noise
	if (odd == 6)
		d->payload[0] = (uint8_t)draw(256); // padding, extension, CSRCs, version
}

static void packet_make(struct packet *p, unsigned int i)
{
	struct side *s = &sides[i];
	struct rig_datagram d = {.src = s->spec.remote.addr,
				 .src_port = s->spec.remote.port,
				 .dst = s->local.addr,
				 .dst_port = s->local.port,
				 .vlan = s->port ? 7 : 0};
	if (i / 2 % 5 == 2)
		d.src_port = (uint16_t)draw(0x10000);
	rtp_make(s, i, &d);
	*p = (struct packet){.v6 = d.src.family == ADDR_IPV6, .ip = s->port ? 18 : 14, .room = 128};
	p->len = rig_encode(&rig, s->port, &d, p->bytes);
	if (!p->v6) { // any identification, and often one whose sum carries
		put16(p->bytes + p->ip + 4, s->seq % 2 ? s->seq * 40503u : 0xffff);
		ipv4_sum(p);
	}
	if (draw(4) == 0)
		damage(p);
}

static void packet_put(const struct packet *p, unsigned int port)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(rig.dp.pool);
	REQUIRE(m != NULL);
	m->data_off = p->room;
	memcpy(rte_pktmbuf_append(m, (uint16_t)p->len), p->bytes, p->len);
	m->port = rig.dp.ports[port].id;
	m->ol_flags = p->flags;
	REQUIRE(rte_ring_enqueue(rig.rx[port][0], m) == 0);
}

// --- the stages ---

// Notes from which wire to which the packets went that the quick relays have taken.
static void quick_count(struct outcome *o, const struct worker *w, const uint32_t before[SIDES])
{
	for (unsigned int i = 0; i < SIDES; i++)
		o->quick[wire_of(i)][wire_of(i ^ 1)] += w->streams[i].rx.packets - before[i];
}

static void burst_pass(struct worker *w, struct burst *b, struct outcome *o)
{
	static stage_fn *const careful[] = {stage_parse,  stage_classify, stage_session,
					    stage_ingest, stage_relay,    stage_tx};
	uint32_t before[SIDES];
	for (unsigned int i = 0; i < SIDES; i++)
		before[i] = w->streams[i].rx.packets;
	if (way != CAREFUL) {
		quick_find(w, b);
		b->count = stage_quick(w, b);
		quick_count(o, w, before);
	}
	for (unsigned int i = 0; b->count && i < RTE_DIM(careful); i++)
		b->count = careful[i](w, b);
	rte_pktmbuf_free_bulk(w->garbage, w->garbage_count);
	w->garbage_count = 0;
}

static void frames_take(struct outcome *o)
{
	for (unsigned int port = 0; port < RIG_PORTS; port++)
		for (const struct rig_frame *f; (f = rig_take(&rig, port)); o->frames++) {
			uint8_t bytes[RIG_FRAME_MAX];
			uint8_t *ip = bytes + (port ? 18 : 14);
			bool v6 = f->bytes[ip - bytes] >> 4 == 6;
			uint8_t *udp = ip + (v6 ? 40 : 20);
			memcpy(bytes, f->bytes, f->len);
			if (udp[1] & 1) // our own RTCP, which tells the time of day
				continue;
			if (is_law(((unsigned int)(udp[2] << 8 | udp[3]) - 4000) / 2))
				put16(udp + 6, 0);
			if (!v6) {
				CHECK_INT(rig_checksum(0, ip, 20), 0);
				put16(ip + 4, 0);
				put16(ip + 10, 0);
			}
			uint64_t *chain = &o->chains[hash(port, udp - (v6 ? 16 : 4), v6 ? 20 : 8) % CHAINS];
			*chain = hash(*chain, bytes, f->len);
		}
}

// What came in by either port in one burst, as another worker hands it over; one packet in the middle by the port that it is
// not for. Returns its count.
static unsigned int both_ports_poll(struct worker *w, struct burst *b)
{
	struct burst other;
	b->count = 0;
	for (unsigned int i = 0; i < w->rx_count; i++)
		for (unsigned int k = 0, n = rx_poll(w, &w->rx[i], &other); k < n; k++)
			b->packets[b->count++] = other.packets[k];
	struct rte_mbuf *stray = b->packets[b->count / 2];
	if (b->count)
		stray->port = rig.dp.ports[stray->port == rig.dp.ports[0].id].id;
	b->handed_off = true;
	return b->count;
}

static void burst_run(struct outcome *o)
{
	struct worker *w = rig.dp.workers[0];
	struct packet p;
	struct burst b;
	unsigned int first = draw(SIDES), n = 1 + draw(32);
	for (unsigned int k = 0; k < n; k++) {
		unsigned int i = draw(8) ? (first + k) % SIDES : draw(SIDES);
		packet_make(&p, i);
		packet_put(&p, sides[i].port);
	}
	w->now = rig.now;
	// Now and then a neighbour is out of reach.
	struct hop *hop = (struct hop *)&w->hops[w->streams[draw(SIDES)].exit_hop];
	bool ready = hop->ready;
	hop->ready = ready && draw(16);
	if (rig.now / NSEC_PER_MSEC % 4)
		for (unsigned int i = 0; i < w->rx_count; i++) {
			if (rx_poll(w, &w->rx[i], &b))
				burst_pass(w, &b, o);
		}
	else if (both_ports_poll(w, &b))
		burst_pass(w, &b, o);
	tx_flush(w);
	hop->ready = ready;
	rig_settle(&rig);
	frames_take(o);
	rig.now += (1 + draw(20)) * NSEC_PER_MSEC;
}

static bool run(enum way which)
{
	struct outcome *o = &outcomes[which];
	way = which;
	random_state = 42;
	if (!rig_start(&rig, &(struct rig_options){.calls = CALLS, .seed = 1}))
		return false;
	struct worker *w = rig.dp.workers[0];
	if (which == WIDE && !w->wide) {
		rig_stop(&rig);
		return false;
	}
	w->wide = which == WIDE;
	for (unsigned int i = 0; i < SIDES; i += 2) {
		api_handle conference = rig_conference(&rig, 0);
		side_open(i, conference);
		side_open(i + 1, conference);
	}
	rig_settle(&rig);
	for (unsigned int b = 0; b < BURSTS; b++)
		burst_run(o);
	memcpy(o->streams, w->streams, sizeof(o->streams));
	memcpy(o->drops, w->counters.drops, sizeof(o->drops));
	o->packets = w->counters.tx_packets;
	for (unsigned int i = 0; i < SIDES; i++)
		o->stats[i] = rig_stream_stats(&rig, sides[i].handle);
	rig_stop(&rig);
	return true;
}

static void compare(enum way which)
{
	const struct outcome *a = &outcomes[CAREFUL], *b = &outcomes[which];
	unsigned int differ = 0;
	CHECK_INT(b->frames, a->frames);
	CHECK_INT(b->packets, a->packets);
	for (unsigned int i = 0; i < CHAINS; i++)
		differ += a->chains[i] != b->chains[i];
	CHECK_INT(differ, 0);
	CHECK_MEM(b->streams, a->streams, sizeof(a->streams));
	CHECK_MEM(b->stats, a->stats, sizeof(a->stats));
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		CHECK_INT(b->drops[i], a->drops[i]);
	// Nearly all that can be relayed went the quick way, whatever its headers.
	for (unsigned int from = 0; from < WIRES; from++)
		for (unsigned int to = 0; to < WIRES; to++)
			CHECK(b->quick[from][to] > BURSTS / 8);
}

static void test_one(void)
{
	if (!outcomes[CAREFUL].frames && !run(CAREFUL))
		SKIP("no DPDK");
	REQUIRE(run(ONE));
	compare(ONE);
	CHECK(outcomes[ONE].frames > BURSTS * 8);
	static const enum drop_reason refused[] = {
		DROP_eth_short,           DROP_eth_not_ours,  DROP_ip_header,       DROP_ip_checksum,
		DROP_ip_fragment,         DROP_ip_proto,      DROP_ip_not_ours,     DROP_udp_length,
		DROP_udp_checksum,        DROP_port_unknown,  DROP_source_mismatch, DROP_no_buffer,
		DROP_neighbor_unresolved, DROP_rtp_duplicate,
	};
	for (unsigned int i = 0; i < RTE_DIM(refused); i++)
		if (!outcomes[ONE].drops[refused[i]])
			printf("nothing refused as %s\n", drop_name(refused[i]));
	for (unsigned int i = 0; i < RTE_DIM(refused); i++)
		CHECK(outcomes[ONE].drops[refused[i]] > 0);
}

static void test_wide(void)
{
	if (!outcomes[CAREFUL].frames && !run(CAREFUL))
		SKIP("no DPDK");
	if (!run(WIDE))
		SKIP("no AVX-512");
	compare(WIDE);
}

T_MAIN("pipeline any", {"one", test_one}, {"wide", test_wide})
