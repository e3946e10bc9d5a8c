// SPDX-License-Identifier: GPL-3.0-or-later
// hostile.c - A table of attacks: raw headers, and proper messages with improper values.
#include "bench/lab/hostile.h"

#include <stdio.h>
#include <string.h>

#include "gw/sccp.h"
#include "gw/wire.h"

#define CONFERENCE  0x0badc0deu
#define PARTY       0x0bad0001u
#define REMOTE_PORT 24000

enum shape {
	RAW,        // header `length`, `version`, `id`, then `body` bytes of `fill`
	OPEN,       // OpenReceiveChannel with codec `a` and period `b`
	START,      // StartMediaTransmission to IPv4 `a` port `b`
	START_OWN,  // the same, to the device's own media address
	CLOSE_ALL,  // ends what the attacks before may have opened
	EMPTY,      // proper message `id` with a zero body, `repeat` times
	CREATE,     // CreateConference of `a` participants with data length `b`
	CREATE_CUT, // the same, cut off after 20 bytes of body
	TWO_HALF,   // two KeepAliveAcks and the first half of a third; the next attack begins with the rest
	REST,       // that rest
};

struct attack {
	const char *name;
	enum shape shape;
	uint32_t length, version, id, body; // RAW; id also EMPTY
	uint8_t fill;
	uint32_t a, b;
	unsigned int repeat;
	bool trickle, hangs;
};

#define ORC SCCP_OPEN_RECEIVE_CHANNEL
#define SMT SCCP_START_MEDIA_TRANSMISSION

static const struct attack attacks[] = {
	{.name = "length 0", .length = 0, .id = ORC},
	{.name = "length 3", .length = 3, .id = ORC},
	{.name = "length 4, no body", .length = 4, .id = ORC},
	{.name = "length 7", .length = 7, .id = ORC, .body = 3, .fill = 0xff},
	{.name = "open cut after 8 bytes", .length = 12, .id = ORC, .body = 8, .fill = 1},
	{.name = "open one byte short of its need", .length = 4 + 27, .id = ORC, .body = 27, .fill = 1},
	{.name = "open with 600 bytes too many", .length = 4 + 732, .id = ORC, .body = 732, .fill = 0xff},
	{.name = "start cut after 8 bytes", .length = 12, .id = SMT, .body = 8, .fill = 1},
	{.name = "length 8192 of 0xff", .length = 8192, .id = 0x0fff, .body = 8188, .fill = 0xff},
	{.name = "length 8193", .length = 8193, .id = 0x0fff, .body = 64},
	{.name = "length 0x7fffffff", .length = 0x7fffffff, .id = ORC},
	{.name = "length 0x80000000", .length = 0x80000000, .id = ORC},
	{.name = "length 0xfffffff0", .length = 0xfffffff0, .id = ORC},
	{.name = "length 0xffffffff", .length = 0xffffffff, .id = ORC},
	{.name = "length longer than what follows", .length = 4000, .id = ORC, .body = 100, .hangs = true},
	{.name = "byte by byte", .shape = EMPTY, .id = SCCP_KEEP_ALIVE_ACK, .repeat = 2, .trickle = true},
	{.name = "two messages and a half", .shape = TWO_HALF},
	{.name = "the other half", .shape = REST},
	{.name = "unknown id 0x0fff", .length = 20, .id = 0x0fff, .body = 16, .fill = 0xaa},
	{.name = "unknown id 0x8000", .length = 40, .id = 0x8000, .body = 36},
	{.name = "unknown id 0xffffffff", .length = 4, .id = 0xffffffff},
	{.name = "a message for agents", .length = 176, .id = SCCP_REGISTER, .body = 172, .fill = 0x41},
	{.name = "header version 0xffffffff", .length = 136, .version = 0xffffffff, .id = ORC, .body = 132},
	{.name = "header version 11", .length = 136, .version = 11, .id = ORC, .body = 132},
	{.name = "header version 22", .length = 136, .version = 22, .id = SMT, .body = 132},
	{.name = "everything 0xff: open", .length = 136, .version = 18, .id = ORC, .body = 132, .fill = 0xff},
	{.name = "everything 0xff: start",
	 .length = 136,
	 .version = 18,
	 .id = SMT,
	 .body = 132,
	 .fill = 0xff},
	{.name = "everything 0xff: close",
	 .length = 20,
	 .version = 18,
	 .id = SCCP_CLOSE_RECEIVE_CHANNEL,
	 .body = 16,
	 .fill = 0xff},
	{.name = "everything 0xff: add participant",
	 .length = 112,
	 .version = 18,
	 .id = SCCP_ADD_PARTICIPANT_REQ,
	 .body = 108,
	 .fill = 0xff},
	{.name = "everything 0xff: announcement",
	 .length = 500,
	 .version = 18,
	 .id = SCCP_START_ANNOUNCEMENT,
	 .body = 496,
	 .fill = 0xff},
	{.name = "create with data length 0xffffffff", .shape = CREATE, .a = 3, .b = 0xffffffff},
	{.name = "create cut off", .shape = CREATE_CUT, .a = 3},
	{.name = "create of 0xffffffff participants", .shape = CREATE, .a = 0xffffffff},
	{.name = "create of nobody", .shape = CREATE, .a = 0},
	{.name = "codec 0", .shape = OPEN, .a = 0, .b = 20},
	{.name = "codec 9999", .shape = OPEN, .a = 9999, .b = 20},
	{.name = "period 0", .shape = OPEN, .a = 4, .b = 0},
	{.name = "period 1", .shape = OPEN, .a = 4, .b = 1},
	{.name = "period 65535", .shape = OPEN, .a = 4, .b = 65535},
	{.name = "period 0xffffffff", .shape = OPEN, .a = 4, .b = 0xffffffff},
	{.name = "open", .shape = OPEN, .a = 4, .b = 20},
	{.name = "open twice", .shape = OPEN, .a = 4, .b = 20},
	{.name = "start to 0.0.0.0", .shape = START, .a = 0, .b = REMOTE_PORT},
	{.name = "start to multicast", .shape = START, .a = 0xe0000001, .b = REMOTE_PORT},
	{.name = "start to loopback", .shape = START, .a = 0x7f000001, .b = REMOTE_PORT},
	{.name = "start to broadcast", .shape = START, .a = 0xffffffff, .b = REMOTE_PORT},
	{.name = "start to port 0", .shape = START, .a = 0x0a4d000b, .b = 0},
	{.name = "start to port 0x10001", .shape = START, .a = 0x0a4d000b, .b = 0x10001},
	{.name = "start to ourselves", .shape = START_OWN, .b = 16384},
	{.name = "close all", .shape = CLOSE_ALL},
	{.name = "start before open", .shape = START, .a = 0x0a4d000b, .b = REMOTE_PORT},
	{.name = "close all again", .shape = CLOSE_ALL},
	{.name = "delete an unknown conference",
	 .shape = EMPTY,
	 .id = SCCP_DELETE_CONFERENCE_REQ,
	 .repeat = 1},
	{.name = "drop an unknown participant", .shape = EMPTY, .id = SCCP_DROP_PARTICIPANT_REQ, .repeat = 1},
	{.name = "audit, twenty times", .shape = EMPTY, .id = SCCP_AUDIT_CONFERENCE_REQ, .repeat = 20},
	{.name = "capabilities, fifty times", .shape = EMPTY, .id = SCCP_CAPABILITIES_REQ, .repeat = 50},
	{.name = "keepalive acks, fifty times", .shape = EMPTY, .id = SCCP_KEEP_ALIVE_ACK, .repeat = 50},
	{.name = "a second register ack", .length = 24, .id = SCCP_REGISTER_ACK, .body = 20, .fill = 0x12},
	{.name = "an unregister ack out of the blue", .shape = EMPTY, .id = SCCP_UNREGISTER_ACK, .repeat = 1},
	{.name = "reset of unknown type", .length = 8, .id = SCCP_RESET, .body = 4, .fill = 0x63},
};

unsigned int hostile_count(void)
{
	return sizeof(attacks) / sizeof(attacks[0]);
}

static void append(struct hostile *h, const struct sccp_msg *m, unsigned int version)
{
	int len = sccp_encode(m, version, h->bytes + h->len, sizeof(h->bytes) - h->len);
	h->len += len > 0 ? (size_t)len : 0;
}

static void make_raw(const struct attack *t, struct hostile *h)
{
	struct wire_writer w = wire_writer(h->bytes, sizeof(h->bytes));
	wire_put_le32(&w, t->length);
	wire_put_le32(&w, t->version);
	if (t->length < 4) {
		wire_put_zero(&w,
			      t->length); // as long as it says, so that the next message can still be found
	} else {
		wire_put_le32(&w, t->id);
		uint8_t *body = wire_room(&w, t->body);
		if (body)
			memset(body, t->fill, t->body);
	}
	h->len = wire_written(&w);
}

static void make_start(const struct attack *t, unsigned int version, const struct addr *own,
		       struct hostile *h)
{
	struct sccp_msg m;
	const uint8_t ip[4] = {(uint8_t)(t->a >> 24), (uint8_t)(t->a >> 16), (uint8_t)(t->a >> 8),
			       (uint8_t)t->a};
	sccp_init(&m, SMT);
	m.start_media_transmission.conference_id = CONFERENCE;
	m.start_media_transmission.pass_through_party_id = PARTY;
	m.start_media_transmission.call_reference = PARTY;
	m.start_media_transmission.remote_ip_addr = t->shape == START_OWN ? *own : addr_ipv4(ip);
	m.start_media_transmission.remote_port_number = t->b;
	m.start_media_transmission.packet_ms = 20;
	m.start_media_transmission.codec = 4;
	append(h, &m, version);
}

static void make_open(const struct attack *t, unsigned int version, struct hostile *h)
{
	struct sccp_msg m;
	sccp_init(&m, ORC);
	m.open_receive_channel.conference_id = CONFERENCE;
	m.open_receive_channel.pass_through_party_id = PARTY;
	m.open_receive_channel.call_reference = PARTY;
	m.open_receive_channel.codec = t->a;
	m.open_receive_channel.packet_ms = t->b;
	append(h, &m, version);
}

static void make_create(const struct attack *t, unsigned int version, struct hostile *h)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CREATE_CONFERENCE_REQ);
	m.create_conference_req.conference_id = CONFERENCE;
	m.create_conference_req.number_of_reserved_participants = t->a;
	append(h, &m, version);
	if (h->len >= 88) // data_length is at body offset 72
		for (unsigned int i = 0; i < 4; i++)
			h->bytes[12 + 72 + i] = (uint8_t)(t->b >> (8 * i));
	if (t->shape == CREATE_CUT) {
		h->len = 12 + 20;
		h->bytes[0] = 4 + 20;
		h->bytes[1] = 0;
	}
}

static void make_close(unsigned int version, struct hostile *h)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_STOP_MEDIA_TRANSMISSION);
	m.stop_media_transmission.conference_id = CONFERENCE;
	m.stop_media_transmission.pass_through_party_id = PARTY;
	append(h, &m, version);
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = CONFERENCE;
	m.close_receive_channel.pass_through_party_id = PARTY;
	append(h, &m, version);
	sccp_init(&m, SCCP_DELETE_CONFERENCE_REQ);
	m.delete_conference_req.conference_id = CONFERENCE;
	append(h, &m, version);
}

static void make_empty(const struct attack *t, unsigned int version, struct hostile *h)
{
	struct sccp_msg m;
	sccp_init(&m, t->id);
	for (unsigned int i = 0; i < t->repeat; i++)
		append(h, &m, version);
}

static void make_half(const struct attack *t, unsigned int version, struct hostile *h)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_KEEP_ALIVE_ACK);
	for (int i = 0; i < 3; i++)
		append(h, &m, version);
	size_t cut = h->len - 7;
	if (t->shape == REST)
		memmove(h->bytes, h->bytes + cut, 7);
	h->len = t->shape == REST ? 7 : cut;
}

void hostile_make(unsigned int index, unsigned int version, const struct addr *own, struct hostile *ret)
{
	const struct attack *t = &attacks[index];
	ret->name = t->name;
	ret->trickle = t->trickle;
	ret->hangs = t->hangs;
	ret->partial = t->shape == TWO_HALF;
	ret->len = 0;
	switch (t->shape) {
	case RAW:
		make_raw(t, ret);
		break;
	case OPEN:
		make_open(t, version, ret);
		break;
	case START:
	case START_OWN:
		make_start(t, version, own, ret);
		break;
	case CLOSE_ALL:
		make_close(version, ret);
		break;
	case EMPTY:
		make_empty(t, version, ret);
		break;
	case CREATE:
	case CREATE_CUT:
		make_create(t, version, ret);
		break;
	case TWO_HALF:
	case REST:
		make_half(t, version, ret);
		break;
	}
}
