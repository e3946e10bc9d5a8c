// SPDX-License-Identifier: GPL-3.0-or-later
// sccp_capture_test.c - Decodes and encodes again every message that real devices and call agents sent.
#include "gw/sccp.h"
#include "tests/unit/capture.h"
#include "tests/unit/t.h"

#include <jansson.h>
#include <stdlib.h>

struct tally {
	size_t messages;
	size_t exact;      // encoded to the same bytes
	size_t stale;      // the same, but for bytes the sender had not cleared
	size_t extra;      // longer than the layout
	unsigned int ours; // version the device offered
	unsigned int negotiated;
};

typedef void seen_fn(const struct sccp_msg *m, const uint8_t *pdu, size_t len, void *arg);

// What we write must be what came, or zero where the sender left stale bytes behind a NUL or an address.
static void check_again(const struct sccp_msg *m, const uint8_t *pdu, size_t len, struct tally *t)
{
	static uint8_t again[SCCP_PDU_MAX];
	size_t differ = 0, invented = 0;
	CHECK_INT(sccp_encode(m, t->negotiated, again, sizeof(again)), len);
	for (size_t i = 0; i < len; i++) {
		differ += again[i] != pdu[i];
		invented += again[i] != pdu[i] && again[i] != 0;
	}
	CHECK_INT(invented, 0);
	t->exact += differ == 0;
	t->stale += differ != 0;
}

static void check_pdu(const uint8_t *pdu, size_t len, struct tally *t, seen_fn *seen, void *arg)
{
	struct sccp_msg m;
	char text[16384];
	int result = sccp_decode(pdu, len, t->negotiated, &m);
	t->messages++;
	if (result != SCCP_OK && result != SCCP_EXTRA) {
		fprintf(stderr, "%zu bytes, version %u: %s\n", len, t->negotiated, sccp_result_name(result));
		CU_FAIL("not decoded");
		return;
	}
	t->extra += result == SCCP_EXTRA;
	if (m.id == SCCP_REGISTER)
		t->ours = m.register_req.protocol_version;
	if (m.id == SCCP_REGISTER_ACK)
		t->negotiated = sccp_version_negotiate(t->ours, m.register_ack.protocol_version);
	CHECK(sccp_text(&m, text, sizeof(text)) < (int)sizeof(text));
	check_again(&m, pdu, len, t);
	if (seen)
		seen(&m, pdu, len, arg);
}

struct playing {
	struct tally *tally;
	seen_fn *seen;
	void *arg;
};

static void on_pdu(const struct capture_pdu *p, void *arg)
{
	struct playing *g = arg;
	check_pdu(p->pdu, p->len, g->tally, g->seen, g->arg);
}

// Plays a capture file through framing and decoding. False when it is not there.
static bool play(const char *name, struct tally *t, seen_fn *seen, void *arg)
{
	struct playing g = {t, seen, arg};
	size_t left = 0;
	bool there = capture_play(name, on_pdu, &g, &left);
	CHECK_INT(left, 0);
	return there;
}

// `stale`: messages with bytes the sender had not cleared. Tails longer than our layout are zeros, or they would be
// among them: agents send their whole structure, larger than the message.
static void play_and_check(const char *name, size_t messages, size_t stale)
{
	struct tally t = {0};
	if (!play(name, &t, NULL, NULL))
		SKIP("no captures: set SLIMLINE_SHARED");
	printf("%s: version %u, %zu messages, %zu encoded to the same bytes, %zu but for stale bytes, %zu "
	       "with a zero tail\n",
	       name, t.negotiated, t.messages, t.exact, t.stale, t.extra);
	CHECK_INT(t.messages, messages);
	CHECK_INT(t.stale, stale);
}

static void chansccp_v3(void)
{
	play_and_check("chansccp-echo-v3.pcap", 85, 1);
}

static void chansccp_v20(void)
{
	play_and_check("chansccp-echo-v20.pcap", 83, 1);
}

static void chansccp_v22(void)
{
	play_and_check("chansccp-echo-v22.pcap", 83, 1);
}

static void skinny_v17(void)
{
	play_and_check("skinny-echo-v17.pcap", 65, 0);
}

static void skinny_conference(void)
{
	play_and_check("skinny-conf3.pcap", 195, 0);
}

static void router_bridge(void)
{
	play_and_check("ndpi_sccp_hw_conf_register.pcapng", 8, 0);
}

// The words of Register that the router had not initialised, and its name and address, are taken from it.
static void our_register(const struct sccp_msg *theirs, struct sccp_msg *m)
{
	struct sccp_register_req *r = &m->register_req;
	memcpy(r->station_device_name, theirs->register_req.station_device_name,
	       sizeof(r->station_device_name));
	r->station_ip = theirs->register_req.station_ip;
	r->max_conferences = theirs->register_req.max_conferences;
	r->active_conferences = theirs->register_req.active_conferences;
	r->max_number_of_lines = theirs->register_req.max_number_of_lines;
	r->station_instance = 1;
	r->device_type = SCCP_DEVICE_TYPE_CONFERENCE_BRIDGE_IOS;
	r->max_streams = 8;
	r->protocol_version = 18;
	r->proto_hi = 2;
	r->phone_features = 1;
	r->ip_v4_address_scope = 2;
}

static void our_capabilities(const struct sccp_msg *theirs, struct sccp_msg *m)
{
	static const uint32_t list[][2] = {
		{SCCP_CODEC_G711_ULAW, 30},
		{SCCP_CODEC_G711_ALAW, 30},
		{SCCP_CODEC_G729A, 60},
		{SCCP_CODEC_G729AB, 60},
		{SCCP_CODEC_G729, 60},
		{SCCP_CODEC_G729B, 60},
		{SCCP_CODEC_RFC2833, 30},
		{SCCP_CODEC_RFC2833_PASS_THROUGH, 30},
		{SCCP_CODEC_INBAND_DTMF_TO_RFC2833, 30},
	};
	struct sccp_capabilities_res *c = &m->capabilities_res;
	size_t count = sizeof(list) / sizeof(list[0]);
	c->cap_count = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		c->caps[i].codec = list[i][0];
		c->caps[i].max_frames_per_packet = list[i][1];
	}
	// Slots behind the count, and parameters of codecs that have none, were not initialised.
	for (size_t i = 0; i < 18; i++) {
		struct sccp_media_capability theirs_i = theirs->capabilities_res.caps[i];
		if (i < count) {
			theirs_i.codec = c->caps[i].codec;
			theirs_i.max_frames_per_packet = c->caps[i].max_frames_per_packet;
		}
		c->caps[i] = theirs_i;
	}
}

// What control fills in for a conference bridge gives the router's bytes.
static void compare_with_router(const struct sccp_msg *theirs, const uint8_t *pdu, size_t len, void *arg)
{
	size_t *compared = arg;
	struct sccp_msg m;
	uint8_t ours[SCCP_PDU_MAX];
	sccp_init(&m, theirs->id);
	switch (theirs->id) {
	case SCCP_REGISTER:
		our_register(theirs, &m);
		break;
	case SCCP_MEDIA_RESOURCE_NOTIFICATION:
		m.media_resource_notification.device_type = SCCP_DEVICE_TYPE_CONFERENCE_BRIDGE_IOS;
		m.media_resource_notification.number_of_in_service_streams = 8;
		m.media_resource_notification.max_streams_per_conf = 8;
		break;
	case SCCP_CAPABILITIES_RES:
		our_capabilities(theirs, &m);
		break;
	case SCCP_IP_PORT:
	case SCCP_VERSION_REQ:
		break;
	default:
		return;
	}
	CHECK_INT(sccp_encode(&m, 18, ours, sizeof(ours)), len);
	CHECK_MEM(ours, pdu, len);
	(*compared)++;
}

static void bridge_registers_as_the_router(void)
{
	struct tally t = {0};
	size_t compared = 0;
	if (!play("ndpi_sccp_hw_conf_register.pcapng", &t, compare_with_router, &compared))
		SKIP("no captures: set SLIMLINE_SHARED");
	CHECK_INT(compared, 5);
}

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;
	for (unsigned int byte; n < cap && sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
		out[n] = (uint8_t)byte;
	return n;
}

// Checks every whole message. Returns how many bytes are left, moved to the front.
static size_t cut(uint8_t *bytes, size_t len, struct tally *t)
{
	const uint8_t *pdu;
	size_t pdu_len, consumed;
	while (sccp_frame_next(bytes, len, &pdu, &pdu_len, &consumed) == 1) {
		check_pdu(pdu, pdu_len, t, NULL, NULL);
		memmove(bytes, bytes + consumed, len - consumed);
		len -= consumed;
	}
	return len;
}

// Messages of CallManager 3.1 to 4.x. Some were stored without their last bytes: they never become messages, unless
// the length field is made to fit, as if the sender had ended there.
static void old_callmanagers(void)
{
	json_t *root = json_load_file(capture_path("pyskinny_cucm_frames.json"), 0, NULL);
	if (!root)
		SKIP("no captures: set SLIMLINE_SHARED");
	struct tally t = {.ours = 5, .negotiated = 5};
	size_t cut_short = 0;
	const char *group, *number;
	json_t *frames, *hex;
	json_object_foreach(root, group, frames)
	{
		json_object_foreach(frames, number, hex)
		{
			static uint8_t bytes[SCCP_PDU_MAX];
			size_t len = unhex(json_string_value(hex), bytes, sizeof(bytes));
			len = cut(bytes, len, &t);
			if (len == 0)
				continue;
			cut_short++;
			bytes[0] = (uint8_t)(len - SCCP_HEADER_LEN);
			bytes[1] = (uint8_t)((len - SCCP_HEADER_LEN) >> 8);
			cut(bytes, len, &t);
		}
	}
	json_decref(root);
	printf("CallManager 3.1 to 4.x: %zu messages, %zu encoded to the same bytes, %zu but for stale "
	       "bytes, %zu cut\n",
	       t.messages, t.exact, t.stale, cut_short);
	CHECK_INT(t.messages, 46);
	CHECK_INT(cut_short, 16);
}

T_MAIN("sccp_capture", {"chansccp_v3", chansccp_v3}, {"chansccp_v20", chansccp_v20},
       {"chansccp_v22", chansccp_v22}, {"skinny_v17", skinny_v17}, {"skinny_conference", skinny_conference},
       {"router_bridge", router_bridge}, {"bridge_registers_as_the_router", bridge_registers_as_the_router},
       {"old_callmanagers", old_callmanagers})
