// SPDX-License-Identifier: GPL-3.0-or-later
// tick_test.c - A mixed conference of three on the wire: each hears the others, every 20 ms, in valid frames.
#include "tests/pipeline/rig.h"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "gw/codec.h"
#include "gw/mixer.h"

#define PARTIES 3
#define ROUNDS  50
#define CROWD   120 // of one conference

static struct rig rig;

static const char *const far_ends[PARTIES] = {"192.0.2.10", "2001:db8::11", "198.51.100.30"};
static const char *const locals[PARTIES] = {RIG_IP4, RIG_IP6, RIG_IP4_VLAN};
static const uint8_t codecs[PARTIES] = {CODEC_PCMU, CODEC_PCMA, CODEC_PCMU};

struct heard {
	unsigned int packets;
	unsigned int silent; // without anything but silence
	uint16_t seq;
	uint32_t ts;
};

static unsigned int party_of(const struct rig_datagram *d)
{
	for (unsigned int i = 0; i < PARTIES; i++) {
		struct addr a = rig_addr(far_ends[i]);
		if (addr_equal(&d->dst, &a))
			return i;
	}
	return PARTIES;
}

static bool is_silence(const struct rig_datagram *d, uint8_t codec)
{
	for (unsigned int i = 12; i < d->len; i++)
		if ((d->payload[i] | 0x80) != (codec == CODEC_PCMU ? 0xff : 0xd5))
			return false;
	return true;
}

static void hear(const struct rig_datagram *d, const struct addr_port *at, struct heard *heard)
{
	unsigned int i = party_of(d);
	REQUIRE(i < PARTIES);
	if (d->dst_port == 4001) // RTCP
		return;
	struct heard *h = &heard[i];
	uint16_t seq = (uint16_t)(d->payload[2] << 8 | d->payload[3]);
	uint32_t ts = (uint32_t)d->payload[4] << 24 | (uint32_t)d->payload[5] << 16 |
		      (uint32_t)d->payload[6] << 8 | d->payload[7];
	CHECK_INT(d->len, 172);
	CHECK_INT(d->src_port, at[i].port);
	CHECK_INT(d->dst_port, 4000);
	CHECK_INT(d->dscp, 46);
	CHECK_INT(d->payload[1] & 127, codecs[i] == CODEC_PCMA ? 8 : 0);
	if (h->packets) {
		CHECK_INT(seq, (uint16_t)(h->seq + 1));
		CHECK_INT(ts, h->ts + 160);
	}
	h->silent += is_silence(d, codecs[i]);
	h->packets++;
	h->seq = seq;
	h->ts = ts;
}

// Party 0 alone speaks: 1 and 2 hear it, 0 hears silence.
static void mix(void)
{
	struct addr_port at[PARTIES];
	struct heard heard[PARTIES] = {0};
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	for (unsigned int i = 0; i < PARTIES; i++) {
		struct stream_spec s = rig_spec(conference, locals[i], far_ends[i], 4000, codecs[i]);
		CHECK_INT(rig_stream_open(&rig, &s, NULL, &at[i]), 0);
	}
	rig_settle(&rig);
	rig_forget(&rig);
	for (uint16_t round = 0; round < ROUNDS; round++) {
		uint8_t frame[RIG_FRAME_MAX];
		struct rig_datagram d = {.src = rig_addr(far_ends[0]), .src_port = 4000};
		d.dst = at[0].addr;
		d.dst_port = at[0].port;
		rig_rtp(&d, 0, round, round * 160u, 99, 0x20, 160);
		for (unsigned int i = 12; i < d.len; i++)
			d.payload[i] ^= i & 8 ? 0x80 : 0; // 500 Hz
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
		for (unsigned int ms = 0; ms < 20; ms++) {
			rig.now += NSEC_PER_MSEC;
			rig_settle(&rig);
		}
		for (unsigned int p = 0; p < RIG_PORTS; p++)
			for (const struct rig_frame *f = rig_take(&rig, p); f; f = rig_take(&rig, p)) {
				REQUIRE(rig_decode(&rig, p, f, &d));
				hear(&d, at, heard);
			}
	}
	for (unsigned int i = 0; i < PARTIES; i++)
		CHECK(heard[i].packets >= ROUNDS - 2 && heard[i].packets <= ROUNDS + 1);
	CHECK_INT(heard[0].silent, heard[0].packets);
	CHECK(heard[1].silent < 10);
	CHECK(heard[2].silent < 10);
	rig_stop(&rig);
}

// A payload damaged on the way must not be decoded.
static void damaged_voice(void)
{
	struct addr_port at;
	struct rig_datagram d = {.src = rig_addr(far_ends[0]), .src_port = 4000};
	uint8_t frame[RIG_FRAME_MAX];
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec s = rig_spec(conference, "", far_ends[0], 4000, CODEC_PCMU);
	struct stream_spec other = rig_spec(conference, "", far_ends[1], 4000, CODEC_PCMU);
	CHECK_INT(rig_stream_open(&rig, &s, NULL, &at), 0);
	CHECK_INT(rig_stream_open(&rig, &other, NULL, NULL), 0);
	d.dst = at.addr;
	d.dst_port = at.port;
	rig_rtp(&d, 0, 1, 160, 99, 0x20, 160);
	size_t len = rig_encode(&rig, 0, &d, frame);
	frame[len - 1] ^= 1;
	rig_put(&rig, 0, 0, frame, len);
	rig_settle(&rig);
	CHECK_INT(rig_drops(&rig, DROP_udp_checksum), 1);
	rig_stop(&rig);
}

static void give(struct rig_datagram *d, unsigned int damaged_from_end)
{
	uint8_t frame[RIG_FRAME_MAX];
	size_t len = rig_encode(&rig, 0, d, frame);
	if (damaged_from_end)
		frame[len - damaged_from_end] ^= 1;
	rig_put(&rig, 0, 0, frame, len);
}

// The usual packet of a mixed stream skips stages that an unusual one (here: without a checksum) goes through. Both are
// held to the same rules, in one burst.
static void both_ways(void)
{
	struct addr_port at;
	api_handle stream;
	struct rig_datagram d = {.src = rig_addr(far_ends[0]), .src_port = 4000};
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, CONFERENCE_BRIDGE);
	struct stream_spec s = rig_spec(conference, "", far_ends[0], 4000, CODEC_PCMU);
	s.source = s.remote;
	s.flags |= STREAM_SOURCE_PORT;
	CHECK_INT(rig_stream_open(&rig, &s, &stream, &at), 0);
	d.dst = at.addr;
	d.dst_port = at.port;
	for (uint16_t i = 0; i < 16; i++) {
		rig_rtp(&d, 0, i, i * 160u, 99, 0x20, 160);
		d.unsummed = i & 1;
		give(&d, 0);
	}
	for (unsigned int unsummed = 0; unsummed < 2; unsummed++) {
		d.unsummed = unsummed;
		d.src_port = 4002;
		give(&d, 0);
		d.src_port = 4000;
		d.src = rig_addr("192.0.2.77");
		give(&d, 0);
		d.src = rig_addr(far_ends[0]);
		give(&d, unsummed ? 0 : 1); // a duplicate: dropped when whole
	}
	rig_settle(&rig);
	struct stream_stats stats = rig_stream_stats(&rig, stream);
	CHECK_INT(stats.rx_packets, 16);
	CHECK_INT(stats.duplicate, 1);
	CHECK_INT(rig_drops(&rig, DROP_source_mismatch), 4);
	CHECK_INT(rig_drops(&rig, DROP_udp_checksum), 1);
	CHECK_INT(rig_drops(&rig, DROP_rtp_duplicate), 1);
	rig_stop(&rig);
}

static void say(const struct addr_port *at, uint16_t far_port, uint8_t type, uint16_t seq)
{
	uint8_t frame[RIG_FRAME_MAX];
	struct rig_datagram d = {
		.src = rig_addr(far_ends[0]), .src_port = far_port, .dst = at->addr, .dst_port = at->port};
	rig_rtp(&d, type, seq, seq * 160u, far_port, 0x20, 160);
	rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
}

// Frees what was sent. Counts what the relayed call and what the crowd got.
static void sent_count(unsigned int *relayed, unsigned int *ticked)
{
	void *m;
	*relayed = *ticked = 0;
	while (rte_ring_dequeue(rig.tx[0][0], &m) == 0) {
		const uint8_t *udp = rte_pktmbuf_mtod_offset((struct rte_mbuf *)m, const uint8_t *, 34);
		unsigned int port = (unsigned int)(udp[2] << 8 | udp[3]);
		*relayed += port == 4002;
		*ticked += port >= 5000 && port % 2 == 0;
		rte_pktmbuf_free(m);
	}
}

// While a large conference's packets are decoded, which takes longer than a slice, those of a relayed call go out in the turn in
// which they came.
static void relays_pass_a_conference(void)
{
	static struct addr_port crowd[CROWD], relay[2];
	if (!rig_start(&rig, &(struct rig_options){.calls = CROWD / 2 + 2}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0), pair = rig_conference(&rig, 0);
	for (unsigned int i = 0; i < CROWD; i++) {
		struct stream_spec s =
			rig_spec(conference, "", far_ends[0], (uint16_t)(5000 + 2 * i), CODEC_G722);
		REQUIRE(rig_stream_open(&rig, &s, NULL, &crowd[i]) == 0);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct stream_spec s = rig_spec(pair, "", far_ends[0], (uint16_t)(4000 + 2 * i), CODEC_PCMU);
		REQUIRE(rig_stream_open(&rig, &s, NULL, &relay[i]) == 0);
	}
	struct worker *w = rig.dp.workers[0];
	uint16_t seq = 0;
	for (uint16_t round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < CROWD; i++)
			say(&crowd[i], (uint16_t)(5000 + 2 * i), 9, round);
		rig_settle(&rig);
		rig_forget(&rig);
		for (unsigned int ms = 0; round < 4 && ms < 20; ms++) {
			rig.now += NSEC_PER_MSEC;
			rig_settle(&rig);
		}
		rig_forget(&rig);
	}
	while (media_tick_due(w->media) > rig.now)
		rig.now += NSEC_PER_MSEC;
	unsigned int turns = 0, hearing = 0, kept_waiting = 0, total = 0;
	for (; media_tick_due(w->media) <= rig.now; turns++) {
		unsigned int relayed, ticked;
		say(&relay[0], 4000, 0, seq++);
		worker_loop_once(w, rig.now);
		sent_count(&relayed, &ticked);
		kept_waiting += relayed == 0;
		hearing += ticked == 0;
		total += ticked;
	}
	CHECK_INT(kept_waiting, 0);
	CHECK_INT(total, CROWD);
	CHECK(hearing >= 8);          // 120 decodings of 7.2 us
	CHECK(turns - hearing >= 15); // and as many encodings of 12.8 us, in slices of 100
	rig_stop(&rig);
}

// A dataplane that has started mixes by what its CPU has, without further ado.
static void kernels_of_this_cpu(void)
{
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	printf("mixed by %s\n", mixer_kernel());
#if defined(__x86_64__)
	bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
		  __builtin_cpu_supports("bmi2");
	CHECK_INT(strcmp(mixer_kernel(), "generic") != 0, v3);
#endif
	rig_stop(&rig);
}

T_MAIN("pipeline tick", {"kernels of this CPU", kernels_of_this_cpu}, {"mix", mix},
       {"damaged voice", damaged_voice}, {"both ways", both_ways},
       {"relays pass a conference", relays_pass_a_conference})
