// SPDX-License-Identifier: GPL-3.0-or-later
// record_test.c - Records read back as written, survive other releases and refuse every mutilation.
#include <errno.h>
#include <stdlib.h>

#include "control/record.h"
#include "tests/unit/t.h"

static struct record_party sample_party(void)
{
	struct record_party r = {.device = "CFB001", .boot = UINT64_MAX};
	struct party_image *i = &r.image;
	i->conference_id = 4711;
	i->call_reference = UINT32_MAX;
	i->rx_named = i->tx_named = i->rx_open = i->tx_open = true;
	i->rx_party_id = 77;
	i->tx_party_id = 78;
	i->rx_payload = i->tx_payload = 4;
	i->stream = 0x01000005;
	i->spec.flags = STREAM_RECV | STREAM_SEND;
	addr_parse("192.0.2.1", &i->spec.local.addr);
	i->spec.local.port = 16384;
	addr_parse("2001:db8::9", &i->spec.remote.addr);
	i->spec.remote.port = 4000;
	i->spec.rx = (struct stream_format){
		.codec = CODEC_PCMU, .period_ms = 20, .payload_type = 0, .event_type = 101};
	i->spec.tx = (struct stream_format){.codec = CODEC_G729, .period_ms = 60, .payload_type = 18};
	i->spec.dscp = 46;
	i->spec.ref.note = 0xfffff021;
	strcpy(i->number, "+49 30 1");
	strcpy(i->file, "n1-MAIL-20260101-1.wav");
	return r;
}

static int read_party(const char *text, struct record_party *ret)
{
	const char *bad = NULL;
	return record_party_read(text, strlen(text), STORE_SCHEMA, ret, &bad);
}

static void test_party(void)
{
	struct record_party r = sample_party(), back;
	char text[STORE_VALUE_MAX], name[STORE_NAME_MAX];
	int len = record_party_write(&r, text, sizeof(text));
	REQUIRE(len > 0);
	text[len] = '\0';
	CHECK_INT(read_party(text, &back), 0);
	CHECK_STR(back.image.spec.ref.device, "CFB001");
	CHECK_INT(back.image.spec.ref.party_id, 77);
	CHECK_INT(back.image.spec.ref.conference_id, 4711);
	CHECK_INT(back.image.spec.ref.note, 0xfffff021);
	back.image.spec.ref = r.image.spec.ref;
	CHECK_MEM(&back, &r, sizeof(r));
	record_party_name(&r, name);
	CHECK_STR(name, "CFB001/192.0.2.1/16384");
	CHECK_INT(record_party_write(&r, text, 100), -EMSGSIZE);
	for (size_t cap = 0; cap < (size_t)len; cap++)
		CHECK_INT(record_party_write(&r, text, cap), -EMSGSIZE);
}

static void test_conference(void)
{
	struct record_conference r = {.device = "MTP1", .boot = 9}, back;
	r.image = (struct confer_image){.conference_id = 1, .explicitly = true, .reserved = 8, .handle = 5};
	// what an agent sends may be anything
	memcpy(r.image.app_conf_id, "a=b\nc %\x01\xff", 9);
	memset(r.image.app_data, 'z', sizeof(r.image.app_data) - 1);
	char text[STORE_VALUE_MAX], name[STORE_NAME_MAX];
	const char *bad;
	int len = record_conference_write(&r, text, sizeof(text));
	REQUIRE(len > 0);
	CHECK(strnlen(text, (size_t)len) == (size_t)len);
	CHECK_INT(record_conference_read(text, (size_t)len, STORE_SCHEMA, &back, &bad), 0);
	CHECK_MEM(&back, &r, sizeof(r));
	record_conference_name(&r, name);
	CHECK_STR(name, "MTP1/1");
}

static void test_device(void)
{
	struct record_device r = {.device = "CFB001",
				  .kind = "conference-bridge",
				  .state = "in_service",
				  .agent = "cm1",
				  .version = 17,
				  .conferences = 3,
				  .parties = 9},
			     back;
	char text[STORE_VALUE_MAX];
	const char *bad;
	int len = record_device_write(&r, text, sizeof(text));
	CHECK_INT(record_device_read(text, (size_t)len, STORE_SCHEMA, &back, &bad), 0);
	CHECK_MEM(&back, &r, sizeof(r));
}

// A newer release's fields are passed over; what is missing, doubled or out of range is not.
static void test_refused(void)
{
	struct record_party r = sample_party(), back;
	char text[STORE_VALUE_MAX], other[STORE_VALUE_MAX + 64];
	int len = record_party_write(&r, text, sizeof(text) - 1);
	text[len] = '\0';
	snprintf(other, sizeof(other), "srtp=on\n%snew_field=1\n=\n", text);
	CHECK_INT(read_party(other, &back), 0);
	const char *bad = NULL, *third = strstr(text, "note=");
	REQUIRE(third != NULL);
	CHECK_INT(record_party_read(text, (size_t)(third - text), 2, &back, &bad),
		  0); // of the release before
	CHECK_INT(back.image.spec.ref.note, 0);
	CHECK_INT(record_party_read(text, (size_t)(third - text), 3, &back, &bad), -EBADMSG);
	CHECK_STR(bad, "note");
	snprintf(other, sizeof(other), "%sdscp=46\n", text);
	CHECK_INT(read_party(other, &back), -EBADMSG);
	CHECK_INT(read_party(strchr(text, '\n') + 1, &back), -EBADMSG);
	static const char *const swaps[][2] = {
		{"dscp=46", "dscp=64"},
		{"dscp=46", "dscp=-1"},
		{"dscp=46", "dscp="},
		{"dscp=46", "dscp=4x"},
		{"rx_codec=1", "rx_codec=200"},
		{"rx_period_ms=20", "rx_period_ms=61"},
		{"rx_open=1", "rx_open=2"},
		{"local_port=16384", "local_port=16385"},
		{"local_port=16384", "local_port=65536"},
		{"local_port=16384", "local_port=0"},
		{"192.0.2.1", "192.0.2.256"},
		{"192.0.2.1", "-"},
		{"2001:db8::9", "-"},
		{"call=4294967295", "call=4294967296"},
		{"boot=18446744073709551615", "boot=18446744073709551616"},
		{"device=CFB001", "device=CFB0010123456789"},
		{"device=CFB001", "device=CFB%00"},
		{"device=CFB001", "device=CFB%4"},
		{"flags=3", "flags=4096"},
	};
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		char *at = strstr(text, swaps[i][0]);
		REQUIRE(at != NULL);
		snprintf(other, sizeof(other), "%.*s%s%s", (int)(at - text), text, swaps[i][1],
			 at + strlen(swaps[i][0]));
		if (read_party(other, &back) != -EBADMSG)
			printf("taken: %s\n", swaps[i][1]);
		CHECK_INT(read_party(other, &back), -EBADMSG);
	}
}

static void test_random(void)
{
	struct record_party r = sample_party(), back;
	char text[STORE_VALUE_MAX], cut[STORE_VALUE_MAX];
	unsigned int seed = 7;
	const char *bad;
	int len = record_party_write(&r, text, sizeof(text));
	for (int n = 0; n < len; n++)
		CHECK_INT(record_party_read(text, (size_t)n, STORE_SCHEMA, &back, &bad), -EBADMSG);
	for (int i = 0; i < 30000; i++) {
		memcpy(cut, text, (size_t)len);
		int flips = 1 + rand_r(&seed) % 4;
		for (int k = 0; k < flips; k++)
			cut[rand_r(&seed) % len] = (char)rand_r(&seed);
		// exact heap copy, so that the sanitizer sees a step too far
		char *exact = malloc((size_t)len);
		memcpy(exact, cut, (size_t)len);
		if (record_party_read(exact, (size_t)len, STORE_SCHEMA, &back, &bad) == 0) {
			CHECK(back.image.spec.rx.codec < CODEC_COUNT);
			CHECK(memchr(back.device, '\0', sizeof(back.device)) != NULL);
		} else {
			CHECK(bad != NULL);
		}
		struct record_conference c;
		struct record_device d;
		record_conference_read(exact, (size_t)len, STORE_SCHEMA, &c, &bad);
		record_device_read(exact, (size_t)len, STORE_SCHEMA, &d, &bad);
		free(exact);
	}
}

T_MAIN("record", {"party", test_party}, {"conference", test_conference}, {"device", test_device},
       {"refused", test_refused}, {"random", test_random})
