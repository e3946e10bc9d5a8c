// SPDX-License-Identifier: GPL-3.0-or-later
// sccp_test.c - Every message at every version and length, and the rules that have names.
#include "gw/sccp.h"
#include "tests/unit/t.h"

#include <stdlib.h>

// Reproducible bytes, none of them zero.
static uint8_t next_byte(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return (uint8_t)(*seed >> 24) ? (uint8_t)(*seed >> 24) : 1;
}

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

// A PDU of an id with a body of n bytes; body may be NULL for zeros.
static size_t make_pdu(uint8_t *pdu, uint32_t id, uint32_t header, const uint8_t *body, size_t n)
{
	put32(pdu, (uint32_t)n + 4);
	put32(pdu + 4, header);
	put32(pdu + 8, id);
	if (body)
		memcpy(pdu + 12, body, n);
	else
		memset(pdu + 12, 0, n);
	return n + 12;
}

// What is decoded from any bytes encodes to bytes that decode to the same.
static void check_stable(const uint8_t *pdu, size_t len, unsigned int version)
{
	static uint8_t first[SCCP_PDU_MAX], second[SCCP_PDU_MAX];
	static struct sccp_msg m, back;
	static char text[32768];
	if (sccp_decode(pdu, len, version, &m) < 0)
		return;
	int n = sccp_encode(&m, version, first, sizeof(first));
	CHECK_INT(n, len);
	CHECK(sccp_decode(first, (size_t)n, version, &back) >= 0);
	CHECK_INT(sccp_encode(&back, version, second, sizeof(second)), n);
	CHECK_MEM(first, second, (size_t)n);
	CHECK(sccp_text(&m, text, sizeof(text)) < (int)sizeof(text));
}

static void every_message_every_version(void)
{
	static uint8_t pdu[SCCP_PDU_MAX], again[SCCP_PDU_MAX], body[SCCP_PDU_MAX];
	uint32_t seed = 1;
	const struct sccp_msg_info *info;
	size_t i;
	for (i = 0; (info = sccp_msg_at(i)); i++)
		for (unsigned int version = 0; version <= 22; version++) {
			struct sccp_msg m;
			sccp_init(&m, info->id);
			int len = sccp_encode(&m, version, pdu, sizeof(pdu));
			REQUIRE(len >= 12);
			CHECK_INT(len % 4, 0);
			CHECK_INT(get32(pdu), len - 8);
			CHECK_INT(get32(pdu + 4), info->basic || version < 10 ? 0 : version);
			CHECK_INT(get32(pdu + 8), info->id);
			CHECK_INT(sccp_decode(pdu, (size_t)len, version, &m), SCCP_OK);
			CHECK_INT(sccp_encode(&m, version, again, sizeof(again)), len);
			CHECK_MEM(pdu, again, (size_t)len);
			CHECK_INT(sccp_encode(&m, version, again, (size_t)len - 1), SCCP_NO_ROOM);
			for (size_t k = 0; k < sizeof(body); k++)
				body[k] = next_byte(&seed);
			check_stable(pdu, make_pdu(pdu, info->id, version, body, (size_t)len - 12), version);
			check_stable(pdu, make_pdu(pdu, info->id, 0, body, (size_t)len), version);
		}
	CHECK_INT(i, 176);
}

// Bodies of every length: no read beyond the end (the sanitizer watches the exact-size copy), no other outcome than
// decoded, short or longer than known.
static void every_length(void)
{
	uint8_t body[3000], pdu[3012];
	uint32_t seed = 7;
	const struct sccp_msg_info *info;
	for (size_t k = 0; k < sizeof(body); k++)
		body[k] = next_byte(&seed);
	for (size_t i = 0; (info = sccp_msg_at(i)); i++)
		for (size_t n = 0; n < sizeof(body); n += n < 200 ? 1 : 97) {
			struct sccp_msg m;
			size_t len = make_pdu(pdu, info->id, 0, body, n);
			uint8_t *tight = malloc(len);
			memcpy(tight, pdu, len);
			int result = sccp_decode(tight, len, n % 23, &m);
			CHECK(result == SCCP_OK || result == SCCP_EXTRA || result == SCCP_SHORT);
			free(tight);
		}
}

// Bodies of a type's smallest size minus one, and of its largest size plus one.
static void needed_fields(void)
{
	static const struct {
		enum sccp_id id;
		unsigned int version;
		size_t least;
		size_t most;
	} cases[] = {
		{SCCP_REGISTER, 18, 36, 172},
		{SCCP_OPEN_RECEIVE_CHANNEL, 3, 28, 152},
		{SCCP_OPEN_RECEIVE_CHANNEL_ACK, 11, 16, 20},
		{SCCP_OPEN_RECEIVE_CHANNEL_ACK, 17, 32, 36},
		{SCCP_START_MEDIA_TRANSMISSION, 11, 44, 152},
		{SCCP_START_MEDIA_TRANSMISSION, 17, 60, 168},
		{SCCP_STOP_MEDIA_TRANSMISSION, 18, 8, 16},
		{SCCP_DROP_PARTICIPANT_REQ, 18, 8, 8},
		{SCCP_RESET, 18, 4, 4},
	};
	uint8_t pdu[400];
	struct sccp_msg m;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t least = make_pdu(pdu, cases[i].id, 0, NULL, cases[i].least - 1);
		CHECK_INT(sccp_decode(pdu, least, cases[i].version, &m), SCCP_SHORT);
		least = make_pdu(pdu, cases[i].id, 0, NULL, cases[i].least);
		CHECK_INT(sccp_decode(pdu, least, cases[i].version, &m), SCCP_OK);
		size_t most = make_pdu(pdu, cases[i].id, 0, NULL, cases[i].most + 3);
		CHECK_INT(sccp_decode(pdu, most, cases[i].version, &m), SCCP_OK);
		CHECK_INT(m.extra, 3);
		most = make_pdu(pdu, cases[i].id, 0, NULL, cases[i].most + 4);
		CHECK_INT(sccp_decode(pdu, most, cases[i].version, &m), SCCP_EXTRA);
	}
}

static int body_len(struct sccp_msg *m, unsigned int version)
{
	static uint8_t pdu[SCCP_PDU_MAX];
	return sccp_encode(m, version, pdu, sizeof(pdu)) - 12;
}

// Sizes that real senders use, for the messages whose size depends on version or content.
static void natural_lengths(void)
{
	static const struct {
		enum sccp_id id;
		int at3, at11, at17, at18, at22;
	} cases[] = {
		{SCCP_REGISTER, 124, 124, 124, 124, 124},
		{SCCP_UNREGISTER, 0, 0, 0, 0, 0},
		{SCCP_CAPABILITIES_RES, 292, 292, 292, 292, 292},
		{SCCP_OPEN_RECEIVE_CHANNEL, 92, 108, 128, 128, 168},
		{SCCP_OPEN_RECEIVE_CHANNEL_ACK, 20, 20, 36, 36, 36},
		{SCCP_START_MEDIA_TRANSMISSION, 112, 112, 132, 132, 168},
		{SCCP_START_MEDIA_TRANSMISSION_ACK, 24, 24, 40, 40, 40},
		{SCCP_PORT_RES, 24, 24, 40, 40, 44},
		{SCCP_CONNECTION_STATISTICS_RES, 664, 664, 664, 668, 68},
		{SCCP_STOP_TONE, 8, 12, 12, 12, 12},
		{SCCP_DIALED_NUMBER, 32, 32, 32, 36, 36},
		{SCCP_ADD_PARTICIPANT_RES, 272, 272, 272, 272, 272},
		{SCCP_CREATE_CONFERENCE_REQ, 76, 76, 76, 76, 76},
		{SCCP_START_ANNOUNCEMENT, 464, 464, 464, 464, 464},
	};
	struct sccp_msg m;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sccp_init(&m, cases[i].id);
		CHECK_INT(body_len(&m, 3), cases[i].at3);
		CHECK_INT(body_len(&m, 11), cases[i].at11);
		CHECK_INT(body_len(&m, 17), cases[i].at17);
		CHECK_INT(body_len(&m, 18), cases[i].at18);
		CHECK_INT(body_len(&m, 22), cases[i].at22);
	}
	sccp_init(&m, SCCP_REGISTER);
	strcpy(m.register_req.config_version_stamp, "1");
	CHECK_INT(body_len(&m, 18), 172);
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.audio_level_adjustment = -3;
	CHECK_INT(body_len(&m, 18), 132);
}

static void counted_data(void)
{
	struct sccp_msg m, back;
	uint8_t pdu[SCCP_PDU_MAX];
	sccp_init(&m, SCCP_CREATE_CONFERENCE_RES);
	m.create_conference_res.data_length = 5;
	memcpy(m.create_conference_res.pass_thru_data, "ab\0de", 5);
	int len = sccp_encode(&m, 18, pdu, sizeof(pdu));
	CHECK_INT(len, 12 + 12 + 8);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 18, &back), SCCP_OK);
	CHECK_INT(back.create_conference_res.data_length, 5);
	CHECK_MEM(back.create_conference_res.pass_thru_data, "ab\0de", 6);
	// A count beyond the field, ours or a peer's, reads and writes no more than the field.
	m.create_conference_res.data_length = 0xffffffff;
	len = sccp_encode(&m, 18, pdu, sizeof(pdu));
	CHECK_INT(len, 12 + 2012);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 18, &back), SCCP_OK);
	CHECK_INT(back.create_conference_res.data_length, 0xffffffff);
	char text[8192];
	CHECK(sccp_text(&back, text, sizeof(text)) > 0);
}

static void hostile_counts(void)
{
	struct sccp_msg m;
	uint8_t pdu[400];
	size_t len = make_pdu(pdu, SCCP_CAPABILITIES_RES, 0, NULL, 292);
	put32(pdu + 12, 0xffffffff);
	CHECK_INT(sccp_decode(pdu, len, 18, &m), SCCP_OK);
	CHECK_INT(m.capabilities_res.cap_count, 0xffffffff);
	CHECK_INT(SCCP_COUNT(m.capabilities_res.cap_count, m.capabilities_res.caps), 18);
	CHECK_INT(SCCP_COUNT(7u, m.capabilities_res.caps), 7);
}

static void strings(void)
{
	struct sccp_msg m;
	uint8_t pdu[400];
	// No terminator: the whole field, terminated by us.
	size_t len = make_pdu(pdu, SCCP_REGISTER_REJECT, 0, NULL, 32);
	memset(pdu + 12, 0xff, 32);
	CHECK_INT(sccp_decode(pdu, len, 18, &m), SCCP_OK);
	CHECK_INT(strlen(m.register_reject.text), 32);
	// Stale bytes behind the NUL are dropped.
	pdu[12] = 'a';
	pdu[13] = '\0';
	CHECK_INT(sccp_decode(pdu, len, 18, &m), SCCP_OK);
	CHECK_STR(m.register_reject.text, "a");
	CHECK_INT(m.register_reject.text[2], 0);
	// A variable string without an end, and one longer than its limit with another behind it.
	len = make_pdu(pdu, SCCP_DISPLAY_NOTIFY_V2, 0, NULL, 204);
	memset(pdu + 16, 'x', 200);
	CHECK_INT(sccp_decode(pdu, len, 18, &m), SCCP_OK);
	CHECK_INT(strlen(m.display_notify_v2.notify), 97);
	len = make_pdu(pdu, SCCP_SPEED_DIAL_STAT_V2_RES, 0, NULL, 104);
	memset(pdu + 16, '1', 60);
	memcpy(pdu + 16 + 61, "name", 5);
	sccp_decode(pdu, len, 18, &m);
	CHECK_INT(strlen(m.speed_dial_stat_v2_res.speed_dial_dir_number), 24);
	CHECK_STR(m.speed_dial_stat_v2_res.speed_dial_display_name, "name");
}

static void text_of_strings(void)
{
	struct sccp_msg m;
	char line[200], small[16];
	sccp_init(&m, SCCP_REGISTER_REJECT);
	strcpy(m.register_reject.text, "a\"b\\\n\x1b[31m");
	int len = sccp_text(&m, line, sizeof(line));
	CHECK_STR(line, "RegisterReject text=\"a\\\"b\\\\\\x0a\\x1b[31m\"");
	CHECK_INT(sccp_text(&m, small, sizeof(small)), len);
	CHECK_STR(small, "RegisterReject ");
	CHECK_INT(sccp_text(&m, NULL, 0), len);
}

static void text_of_media(void)
{
	struct sccp_msg m;
	char line[800];
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.ip_addr = addr_ipv4((const uint8_t[]){192, 0, 2, 1});
	m.open_receive_channel_ack.port_number = 16384;
	sccp_text(&m, line, sizeof(line));
	CHECK_STR(line,
		  "OpenReceiveChannelAck media_reception_status=ok ip_addr=192.0.2.1 port_number=16384");
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.codec = SCCP_CODEC_G729A;
	m.open_receive_channel.rx_crypto_algorithm = SCCP_CRYPTO_AES_CM_128_HMAC_SHA1_32;
	memcpy(m.open_receive_channel.rx_crypto_key, "0123456789abcdef", 16);
	sccp_text(&m, line, sizeof(line));
	CHECK(strstr(line, "codec=g729a ") != NULL);
	CHECK(strstr(line, "rx_crypto_algorithm=aes-cm-128-hmac-sha1-32") != NULL);
	CHECK(strstr(line, "rx_crypto_key=<secret>") != NULL);
	CHECK(strstr(line, "30313233") == NULL && strstr(line, "0123") == NULL);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	m.capabilities_res.cap_count = 1;
	m.capabilities_res.caps[1].codec = 12345;
	sccp_text(&m, line, sizeof(line));
	CHECK_STR(line, "CapabilitiesRes cap_count=1 caps[1]={codec=12345}");
}

static void addresses(void)
{
	struct sccp_msg m, back;
	uint8_t pdu[SCCP_PDU_MAX];
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	addr_parse("2001:db8::7", &m.open_receive_channel_ack.ip_addr);
	CHECK_INT(sccp_encode(&m, 16, pdu, sizeof(pdu)), SCCP_BAD_ADDRESS);
	int len = sccp_encode(&m, 17, pdu, sizeof(pdu));
	CHECK_INT(len, 12 + 36);
	CHECK_INT(get32(pdu + 16), 1);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 17, &back), SCCP_OK);
	CHECK(addr_equal(&back.open_receive_channel_ack.ip_addr, &m.open_receive_channel_ack.ip_addr));
	// Header 0 with the layout of the negotiated version, as chan_skinny sends.
	addr_parse("192.0.2.9", &m.open_receive_channel_ack.ip_addr);
	m.open_receive_channel_ack.port_number = 4242;
	len = sccp_encode(&m, 17, pdu, sizeof(pdu));
	put32(pdu + 4, 0);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 17, &back), SCCP_OK);
	CHECK(addr_equal(&back.open_receive_channel_ack.ip_addr, &m.open_receive_channel_ack.ip_addr));
	CHECK_INT(back.open_receive_channel_ack.port_number, 4242);
	// The header's own version wins over the negotiated one.
	put32(pdu + 4, 17);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 3, &back), SCCP_OK);
	CHECK_INT(back.open_receive_channel_ack.port_number, 4242);
}

// Sizes itself by the body: these come before a version is agreed, or under header 0.
static void addresses_by_length(void)
{
	struct sccp_msg m, back;
	uint8_t pdu[SCCP_PDU_MAX], again[SCCP_PDU_MAX];
	char text[ADDR_TEXT_MAX];
	sccp_init(&m, SCCP_SERVER_RES);
	strcpy(m.server_res.server[1].server_name, "cm2");
	m.server_res.server_tcp_listen_port[1] = 2000;
	addr_parse("192.0.2.2", &m.server_res.server_ip_addr[1]);
	for (unsigned int version = 3; version <= 17; version += 14) {
		int len = sccp_encode(&m, version, pdu, sizeof(pdu));
		CHECK_INT(len, version == 3 ? 12 + 280 : 12 + 360);
		put32(pdu + 4, 0);
		CHECK_INT(sccp_decode(pdu, (size_t)len, 0, &back), SCCP_OK);
		CHECK_STR(addr_text(&back.server_res.server_ip_addr[1], text, sizeof(text)), "192.0.2.2");
		CHECK_STR(back.server_res.server[1].server_name, "cm2");
		CHECK_INT(sccp_encode(&back, 0, again, sizeof(again)), len);
		CHECK_MEM(again, pdu, (size_t)len);
	}
	sccp_init(&m, SCCP_REGISTER_TOKEN_REQ);
	CHECK_INT(body_len(&m, 18), 52);
}

// Longer bodies than the version asks for: what was appended later is read all the same.
static void appended_fields_by_length(void)
{
	struct sccp_msg m, back;
	uint8_t pdu[SCCP_PDU_MAX];
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.requested_ip_addr_type = 2;
	m.open_receive_channel.source_port_number = 4000;
	int len = sccp_encode(&m, 16, pdu, sizeof(pdu));
	put32(pdu + 4, 0);
	CHECK_INT(sccp_decode(pdu, (size_t)len, 3, &back), SCCP_OK);
	CHECK_INT(back.open_receive_channel.source_port_number, 4000);
	CHECK_INT(back.open_receive_channel.requested_ip_addr_type, 2);
	back.exact = false;
	CHECK_INT(body_len(&back, 3), 92);
}

static void negotiation(void)
{
	CHECK_INT(sccp_version_negotiate(18, 18), 18);
	CHECK_INT(sccp_version_negotiate(18, 11), 11);
	CHECK_INT(sccp_version_negotiate(18, 22), 18);
	CHECK_INT(sccp_version_negotiate(17, 0x30), 17);
	CHECK_INT(sccp_version_negotiate(18, 0), 3);
	CHECK_INT(sccp_version_negotiate(2, 0), 2);
	CHECK_INT(sccp_version_negotiate(18, 1), 1);
}

static void names(void)
{
	uint32_t value = 0;
	CHECK_STR(sccp_enum_name(SCCP_ENUM_CODEC, 4), "g711-ulaw");
	CHECK_STR(sccp_enum_name(SCCP_ENUM_SESSION_TYPE, SCCP_SESSION_TYPE_VIDEO), "video");
	CHECK(sccp_enum_name(SCCP_ENUM_CODEC, 9999) == NULL);
	CHECK_INT(sccp_enum_value(SCCP_ENUM_DEVICE_TYPE, "mtp-ios", &value), 0);
	CHECK_INT(value, 112);
	CHECK(sccp_enum_value(SCCP_ENUM_DEVICE_TYPE, "no such", &value) < 0);
	CHECK_INT(value, 112);
	CHECK_STR(sccp_msg_info(0x0105)->name, "OpenReceiveChannel");
	CHECK_STR(sccp_msg_info(0x0001)->member, "register_req");
	CHECK_INT(sccp_msg_info(0x0022)->direction, SCCP_TO_AGENT);
	CHECK(sccp_msg_info(0x013a)->used_by == SCCP_BY_CONFERENCE);
	CHECK(sccp_msg_info(0x3a) == NULL);
	CHECK(sccp_msg_at(176) == NULL);
	CHECK_STR(sccp_result_name(SCCP_OVERLONG), "overlong");
}

T_MAIN("sccp", {"every_message_every_version", every_message_every_version}, {"every_length", every_length},
       {"needed_fields", needed_fields}, {"natural_lengths", natural_lengths}, {"counted_data", counted_data},
       {"hostile_counts", hostile_counts}, {"strings", strings}, {"text_of_strings", text_of_strings},
       {"text_of_media", text_of_media}, {"addresses", addresses},
       {"addresses_by_length", addresses_by_length}, {"appended_fields_by_length", appended_fields_by_length},
       {"negotiation", negotiation}, {"names", names})
