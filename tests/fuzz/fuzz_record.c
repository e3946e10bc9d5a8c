// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_record.c - What a store may hold: envelopes and records; what reads back is within its bounds and stays the same.
#include "control/record.h"
#include "control/store_inner.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_party(const char *text, size_t len, unsigned int schema)
{
	struct record_party r, again;
	char copy[STORE_VALUE_MAX], name[STORE_NAME_MAX];
	const char *bad = NULL;
	if (record_party_read(text, len, schema, &r, &bad) < 0) {
		if (!bad)
			abort();
		return;
	}
	int n = record_party_write(&r, copy, sizeof(copy));
	record_party_name(&r, name);
	if (n < 0 || record_party_read(copy, (size_t)n, schema, &again, &bad) < 0 ||
	    memcmp(&r, &again, sizeof(r)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes, *bad;
	unsigned int schema = STORE_SCHEMA;
	uint64_t epoch;
	char owner[STORE_OWNER_MAX];
	struct record_conference c;
	struct record_device d;
	int n = store_envelope_read(text, len, &schema, &epoch, owner);
	if (n > (int)len || (n >= 0 && (schema > STORE_SCHEMA || strlen(owner) >= sizeof(owner))))
		abort();
	if (n < 0)
		n = 0;
	check_party(text + n, len - (size_t)n, STORE_SCHEMA);
	record_conference_read(text + n, len - (size_t)n, STORE_SCHEMA, &c, &bad);
	record_device_read(text + n, len - (size_t)n, STORE_SCHEMA, &d, &bad);
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	struct record_party p = {.device = "CFB1"};
	struct record_conference c = {.device = "CFB1", .image = {.conference_id = 1}};
	struct record_device d = {.device = "CFB1", .kind = "mtp"};
	p.image.conference_id = 1;
	p.image.spec.local.port = 16384;
	addr_parse("192.0.2.1", &p.image.spec.local.addr);
	char *text = (char *)buf;
	int head = index < 3 ? store_envelope_write(text, cap, 7, "host/1") : 0;
	if (head < 0 || index > 5)
		return 0;
	int n = index % 3 == 0   ? record_party_write(&p, text + head, cap - (size_t)head)
		: index % 3 == 1 ? record_conference_write(&c, text + head, cap - (size_t)head)
				 : record_device_write(&d, text + head, cap - (size_t)head);
	return n < 0 ? 0 : (size_t)(head + n);
}
