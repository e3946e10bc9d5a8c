// SPDX-License-Identifier: GPL-3.0-or-later
// ours_test.c - Two streams of ours are each other's far end: what they send each other never leaves, and never goes round for ever.
//
//   far a --- [first | second] === [third | fourth] --- far b       two conferences
#include "tests/pipeline/rig.h"

#include "gw/codec.h"

#define FAR_A    "192.0.2.10"
#define FAR_B    "203.0.113.20" // behind the gateway
#define FAR_A6   "2001:db8::10"
#define FAR_VLAN "198.51.100.30"

static struct rig rig;

static void set(api_handle handle, const struct stream_spec *spec)
{
	struct api_message m;
	api_init(&m, API_STREAM_SET, 0);
	m.stream_set.handle = handle;
	m.stream_set.spec = *spec;
	CHECK_INT(rig_call(&rig, &m), 0);
}

// Opens both ends of the inner link, each told of the other.
static void link_open(const api_handle conferences[2], const char *const locals[2], uint8_t codec,
		      struct addr_port at[2], api_handle handles[2])
{
	struct stream_spec spec[2];
	for (unsigned int i = 0; i < 2; i++) {
		spec[i] = rig_spec(conferences[i], locals[i], FAR_A, 0, codec);
		spec[i].remote = spec[i].source = (struct addr_port){0};
		spec[i].flags &= (uint32_t)~STREAM_SEND;
		CHECK_INT(rig_stream_open(&rig, &spec[i], &handles[i], &at[i]), 0);
	}
	for (unsigned int i = 0; i < 2; i++) {
		spec[i].remote = spec[i].source = at[!i];
		spec[i].flags |= STREAM_SEND;
		set(handles[i], &spec[i]);
	}
}

struct chain {
	const char *far[2];
	const char *inner[2];
	unsigned int port; // of far b
	uint16_t vlan;
	uint8_t codec[2]; // of the far ends; between is PCMU, or what has no codec
	unsigned int workers;
};

// What goes in at far a comes out at far b, the right way round, and nothing else leaves.
static void passes(const struct chain *c)
{
	api_handle conferences[2], handles[2], outer[2];
	struct addr_port at[2], ends[2];
	struct rig_datagram in, out;
	uint8_t frame[RIG_FRAME_MAX];
	if (!rig_start(&rig, &(struct rig_options){.workers = c->workers, .queues = c->workers}))
		SKIP("DPDK does not start");
	for (unsigned int i = 0; i < 2; i++) {
		conferences[i] = rig_conference(&rig, 0);
		struct stream_spec spec = rig_spec(conferences[i], i ? (c->vlan ? RIG_IP4_VLAN : "") : "",
						   c->far[i], 4000, c->codec[i]);
		CHECK_INT(rig_stream_open(&rig, &spec, &outer[i], &ends[i]), 0);
	}
	link_open(conferences, c->inner, c->codec[0] == CODEC_NONE ? CODEC_NONE : CODEC_PCMU, at, handles);
	rig_settle(&rig);
	rig_forget(&rig);
	for (uint16_t seq = 1; seq < 60; seq++) {
		in = (struct rig_datagram){.src = rig_addr(c->far[0]),
					   .dst = ends[0].addr,
					   .src_port = 4000,
					   .dst_port = ends[0].port};
		rig_rtp(&in, c->codec[0] == CODEC_PCMA ? 8 : 0, seq, seq * 160u, 0x11223344, 0x55, 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &in, frame));
		rig_settle(&rig);
		const struct rig_frame *f = rig_take(&rig, c->port);
		if (!f && seq < 6)
			continue; // sources are believed from their second packet on
		REQUIRE(f != NULL);
		REQUIRE(rig_decode(&rig, c->port, f, &out));
		CHECK(addr_equal(&out.src, &ends[1].addr));
		CHECK_INT(out.len, in.len);
		CHECK(!rig_take(&rig, 0) && !rig_take(&rig, 1));
	}
	CHECK(rig_stream_stats(&rig, handles[1]).rx_packets >= 54);
	CHECK_INT(rig_drops(&rig, DROP_loop), 0);
	CHECK_INT(rig_drops(&rig, DROP_neighbor_unresolved), 0);
	rig_stop(&rig);
}

static void relays(void)
{
	static const struct chain chains[] = {
		{{FAR_A, FAR_B}, {"", ""}, 0, 0, {CODEC_PCMU, CODEC_PCMU}, 1},
		{{FAR_A, FAR_B}, {"", ""}, 0, 0, {CODEC_PCMU, CODEC_PCMU}, 2},
		{{FAR_A, FAR_B}, {"", ""}, 0, 0, {CODEC_PCMA, CODEC_PCMU}, 1},
		{{FAR_A, FAR_B}, {"", ""}, 0, 0, {CODEC_NONE, CODEC_NONE}, 1},
		{{FAR_A6, FAR_B}, {RIG_IP6, RIG_IP6}, 0, 0, {CODEC_PCMU, CODEC_PCMU}, 1},
		{{FAR_A, FAR_VLAN}, {RIG_IP4, RIG_IP4_VLAN}, 1, 7, {CODEC_PCMU, CODEC_PCMU}, 1},
		{{FAR_A6, FAR_VLAN}, {RIG_IP6_VLAN, RIG_IP6}, 1, 7, {CODEC_NONE, CODEC_NONE}, 2},
	};
	for (unsigned int i = 0; i < sizeof(chains) / sizeof(chains[0]); i++)
		passes(&chains[i]);
}

// Two streams of one conference, told to send to each other: a datagram with our address as its source would go round.
static void circle(uint8_t codec)
{
	api_handle handles[2];
	struct addr_port at[2];
	struct rig_datagram d;
	uint8_t frame[RIG_FRAME_MAX];
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	api_handle conference = rig_conference(&rig, 0);
	link_open((api_handle[2]){conference, conference}, (const char *[2]){"", ""}, codec, at, handles);
	for (uint16_t seq = 1; seq < 5; seq++) {
		d = (struct rig_datagram){
			.src = at[1].addr, .dst = at[0].addr, .src_port = at[1].port, .dst_port = at[0].port};
		rig_rtp(&d, 0, seq, seq * 160u, 0x11223344, 0x55, 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
		rig_settle(&rig); // does not come back while anything moves
	}
	CHECK(rig_drops(&rig, DROP_loop) >= 1);
	CHECK(!rig_take(&rig, 0));
	rig_stop(&rig);
}

static void nothing_goes_round_for_ever(void)
{
	circle(CODEC_PCMU);
	circle(CODEC_NONE);
}

// chan-sccp tells so for a moment, while it makes two telephones send to each other.
static void a_stream_may_send_to_itself(void)
{
	struct rig_datagram d;
	uint8_t frame[RIG_FRAME_MAX];
	api_handle handle;
	if (!rig_start(&rig, &(struct rig_options){0}))
		SKIP("DPDK does not start");
	struct stream_spec spec =
		rig_spec(rig_conference(&rig, CONFERENCE_ECHO), RIG_IP4, RIG_IP4, 20000, CODEC_PCMU);
	spec.local.port = 20000;
	CHECK_INT(rig_stream_open(&rig, &spec, &handle, NULL), 0);
	for (uint16_t seq = 1; seq < 5; seq++) {
		d = (struct rig_datagram){.src = rig_addr(RIG_IP4),
					  .dst = rig_addr(RIG_IP4),
					  .src_port = 20000,
					  .dst_port = 20000};
		rig_rtp(&d, 0, seq, seq * 160u, 0x11223344, 0x55, 160);
		rig_put(&rig, 0, 0, frame, rig_encode(&rig, 0, &d, frame));
		rig_settle(&rig);
	}
	CHECK(!rig_take(&rig, 0));
	CHECK_INT(rig_stream_close(&rig, handle), 0);
	rig_stop(&rig);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"relays", relays},
		{"nothing_goes_round_for_ever", nothing_goes_round_for_ever},
		{"a_stream_may_send_to_itself", a_stream_may_send_to_itself},
	};
	return t_main("pipeline-ours", tests, sizeof(tests) / sizeof(tests[0]));
}
