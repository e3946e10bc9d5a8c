// SPDX-License-Identifier: GPL-3.0-or-later
// record.c - Devices, conferences and parties as versioned text fields.
//
// One table of fields per kind drives both directions. Text values come from agents and are percent-encoded, so that a
// line is always a line.
#include "control/record.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gw/addr.h"
#include "gw/codec.h"

#define FIELDS_MAX 64 // of one kind: bits of `seen`

enum field_type { FIELD_TEXT, FIELD_BOOL, FIELD_U8, FIELD_U16, FIELD_U32, FIELD_U64, FIELD_ADDR };

struct field {
	const char *name;
	enum field_type type;
	unsigned int since; // schema that added it
	size_t offset;
	uint64_t max; // of numbers; bytes with NUL of a text
};

#define TEXT(s, name, member)                                                                                \
	{                                                                                                    \
		name, FIELD_TEXT, 1, offsetof(s, member), sizeof(((s *)0)->member)                           \
	}
#define FLAG(s, name, member)                                                                                \
	{                                                                                                    \
		name, FIELD_BOOL, 1, offsetof(s, member), 1                                                  \
	}
#define U8(s, name, member, top)                                                                             \
	{                                                                                                    \
		name, FIELD_U8, 1, offsetof(s, member), top                                                  \
	}
#define U16(s, name, member, top)                                                                            \
	{                                                                                                    \
		name, FIELD_U16, 1, offsetof(s, member), top                                                 \
	}
#define U32(s, name, member)                                                                                 \
	{                                                                                                    \
		name, FIELD_U32, 1, offsetof(s, member), UINT32_MAX                                          \
	}
#define U32_MAX(s, name, member, top)                                                                        \
	{                                                                                                    \
		name, FIELD_U32, 1, offsetof(s, member), top                                                 \
	}
#define U64(s, name, member)                                                                                 \
	{                                                                                                    \
		name, FIELD_U64, 1, offsetof(s, member), UINT64_MAX                                          \
	}
#define ADDR(s, name, member)                                                                                \
	{                                                                                                    \
		name, FIELD_ADDR, 1, offsetof(s, member), 0                                                  \
	}

#define D          struct record_device
#define C          struct record_conference
#define P          struct record_party
#define PERIOD_MAX 60

static const struct field device_fields[] = {
	TEXT(D, "device", device),  TEXT(D, "kind", kind),      TEXT(D, "state", state),
	TEXT(D, "agent", agent),    U32(D, "version", version), U32(D, "conferences", conferences),
	U32(D, "parties", parties),
};

static const struct field conference_fields[] = {
	TEXT(C, "device", device),
	U64(C, "boot", boot),
	U32(C, "conference", image.conference_id),
	FLAG(C, "explicit", image.explicitly),
	U32(C, "reserved", image.reserved),
	U32(C, "resource_type", image.resource_type),
	U32(C, "application", image.application_id),
	TEXT(C, "app_conference", image.app_conf_id),
	TEXT(C, "app_data", image.app_data),
	U32(C, "handle", image.handle),
};

static const struct field party_fields[] = {
	TEXT(P, "device", device),
	U64(P, "boot", boot),
	U32(P, "conference", image.conference_id),
	U32(P, "call", image.call_reference),
	FLAG(P, "rx_named", image.rx_named),
	FLAG(P, "tx_named", image.tx_named),
	U32(P, "rx_party", image.rx_party_id),
	U32(P, "tx_party", image.tx_party_id),
	U32(P, "rx_payload", image.rx_payload),
	U32(P, "tx_payload", image.tx_payload),
	FLAG(P, "rx_open", image.rx_open),
	FLAG(P, "tx_open", image.tx_open),
	FLAG(P, "kept", image.kept),
	U32(P, "stream", image.stream),
	U32_MAX(P, "flags", image.spec.flags, STREAM_FLAGS),
	ADDR(P, "local", image.spec.local.addr),
	U16(P, "local_port", image.spec.local.port, UINT16_MAX),
	ADDR(P, "remote", image.spec.remote.addr),
	U16(P, "remote_port", image.spec.remote.port, UINT16_MAX),
	ADDR(P, "source", image.spec.source.addr),
	U16(P, "source_port", image.spec.source.port, UINT16_MAX),
	U8(P, "rx_codec", image.spec.rx.codec, CODEC_COUNT - 1),
	U8(P, "rx_period_ms", image.spec.rx.period_ms, PERIOD_MAX),
	U8(P, "rx_payload_type", image.spec.rx.payload_type, 127),
	U8(P, "rx_event_type", image.spec.rx.event_type, 127),
	U8(P, "tx_codec", image.spec.tx.codec, CODEC_COUNT - 1),
	U8(P, "tx_period_ms", image.spec.tx.period_ms, PERIOD_MAX),
	U8(P, "tx_payload_type", image.spec.tx.payload_type, 127),
	U8(P, "tx_event_type", image.spec.tx.event_type, 127),
	U8(P, "dscp", image.spec.dscp, 63),
	{"home", FIELD_TEXT, 2, offsetof(P, image.home), STREAM_DEVICE_MAX},
	{"place", FIELD_U32, 2, offsetof(P, image.place), UINT32_MAX},
	{"place_flags", FIELD_U32, 2, offsetof(P, image.place_flags), UINT32_MAX},
	{"note", FIELD_U32, 3, offsetof(P, image.spec.ref.note), UINT32_MAX},
	{"number", FIELD_TEXT, 3, offsetof(P, image.number), sizeof(((P *)0)->image.number)},
	{"file", FIELD_TEXT, 3, offsetof(P, image.file), sizeof(((P *)0)->image.file)},
};

#undef D
#undef C
#undef P
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

_Static_assert(COUNT_OF(party_fields) <= FIELDS_MAX, "one bit per field");

// --- writing ---

// Records are written at every step of a call, so nothing here goes through printf.

static void put(char **at, char *end, const char *bytes, size_t n)
{
	if (n > (size_t)(end - *at))
		n = (size_t)(end - *at); // at the end means: did not fit
	memcpy(*at, bytes, n);
	*at += n;
}

static void put_number(char **at, char *end, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);
	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	put(at, end, digits + n, sizeof(digits) - n);
}

static void put_addr(char **at, char *end, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	addr_text(a, text, sizeof(text));
	put(at, end, text, strlen(text));
}

static void put_text(char **at, char *end, const char *s, size_t max)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < max && s[i]; i++) {
		unsigned char c = (unsigned char)s[i];
		const char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
		if (c > ' ' && c < 0x7f && c != '%')
			put(at, end, &s[i], 1);
		else
			put(at, end, escaped, sizeof(escaped));
	}
}

static uint64_t get_number(const struct field *f, const void *record)
{
	const char *at = (const char *)record + f->offset;
	switch (f->type) {
	case FIELD_BOOL:
		return *(const bool *)at;
	case FIELD_U8:
		return *(const uint8_t *)at;
	case FIELD_U16:
		return *(const uint16_t *)at;
	case FIELD_U32:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static int write_fields(const struct field *fields, size_t count, const void *record, char *buf, size_t cap)
{
	char *at = buf, *end = buf + cap;
	for (size_t i = 0; i < count; i++) {
		const struct field *f = &fields[i];
		const char *value = (const char *)record + f->offset;
		put(&at, end, f->name, strlen(f->name));
		put(&at, end, "=", 1);
		if (f->type == FIELD_TEXT)
			put_text(&at, end, value, f->max);
		else if (f->type == FIELD_ADDR)
			put_addr(&at, end, (const struct addr *)value);
		else
			put_number(&at, end, get_number(f, record));
		put(&at, end, "\n", 1);
	}
	return at == end ? -EMSGSIZE : (int)(at - buf);
}

// --- reading ---

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_text(const char *value, size_t len, char *out, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		char c = value[i];
		if (!isgraph((unsigned char)c) || n + 1 >= cap)
			return false;
		if (c == '%') {
			int high = i + 2 < len ? hex_digit(value[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(value[i + 2]) : -1;
			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		out[n++] = c;
	}
	memset(out + n, 0, cap - n);
	return true;
}

static bool read_number(const char *value, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	if (len == 0 || len > 20)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)(unsigned char)value[i] - '0';
		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*ret = v;
	return v <= max;
}

static bool read_addr(const char *value, size_t len, struct addr *out)
{
	char text[ADDR_TEXT_MAX];
	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	if (strcmp(text, "-") != 0)
		return addr_parse(text, out) == 0;
	*out = (struct addr){0};
	return true;
}

static bool read_field(const struct field *f, const char *value, size_t len, void *record)
{
	char *at = (char *)record + f->offset;
	uint64_t v;
	if (f->type == FIELD_TEXT)
		return read_text(value, len, at, f->max);
	if (f->type == FIELD_ADDR)
		return read_addr(value, len, (struct addr *)at);
	if (!read_number(value, len, f->max, &v))
		return false;
	switch (f->type) {
	case FIELD_BOOL:
		*(bool *)at = v != 0;
		break;
	case FIELD_U8:
		*(uint8_t *)at = (uint8_t)v;
		break;
	case FIELD_U16:
		*(uint16_t *)at = (uint16_t)v;
		break;
	case FIELD_U32:
		*(uint32_t *)at = (uint32_t)v;
		break;
	default:
		*(uint64_t *)at = v;
		break;
	}
	return true;
}

static const struct field *find_field(const struct field *fields, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0)
			return &fields[i];
	return NULL;
}

static int read_fields(const struct field *fields, size_t count, const char *text, size_t len,
		       unsigned int schema, void *record, const char **ret_bad)
{
	uint64_t seen = 0;
	const char *end = text + len;
	for (const char *line = text, *next; line < end; line = next) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *equals = newline ? memchr(line, '=', (size_t)(newline - line)) : NULL;
		*ret_bad = "cut short, or no fields";
		if (!equals)
			return -EBADMSG;
		next = newline + 1;
		const struct field *f = find_field(fields, count, line, (size_t)(equals - line));
		if (!f)
			continue;
		uint64_t bit = UINT64_C(1) << (f - fields);
		*ret_bad = f->name;
		if (seen & bit || !read_field(f, equals + 1, (size_t)(newline - equals - 1), record))
			return -EBADMSG;
		seen |= bit;
	}
	for (size_t i = 0; i < count; i++) {
		*ret_bad = fields[i].name;
		if (!(seen >> i & 1) && fields[i].since <= schema)
			return -EBADMSG;
	}
	return 0;
}

// --- the three kinds ---

// Names end in a NUL that is put like any other byte: the longest one fits.
static char *put_device(char *name, char *end, const char *device)
{
	put(&name, end, device, strnlen(device, STREAM_DEVICE_MAX - 1));
	put(&name, end, "/", 1);
	return name;
}

void record_conference_name(const struct record_conference *r, char *ret_name)
{
	char *end = ret_name + STORE_NAME_MAX, *at = put_device(ret_name, end, r->device);
	put_number(&at, end, r->image.conference_id);
	put(&at, end, "", 1);
}

void record_party_name(const struct record_party *r, char *ret_name)
{
	char *end = ret_name + STORE_NAME_MAX, *at = put_device(ret_name, end, r->device);
	put_addr(&at, end, &r->image.spec.local.addr);
	put(&at, end, "/", 1);
	put_number(&at, end, r->image.spec.local.port);
	put(&at, end, "", 1);
}

int record_device_write(const struct record_device *r, char *buf, size_t cap)
{
	return write_fields(device_fields, COUNT_OF(device_fields), r, buf, cap);
}

int record_conference_write(const struct record_conference *r, char *buf, size_t cap)
{
	return write_fields(conference_fields, COUNT_OF(conference_fields), r, buf, cap);
}

int record_party_write(const struct record_party *r, char *buf, size_t cap)
{
	return write_fields(party_fields, COUNT_OF(party_fields), r, buf, cap);
}

int record_device_read(const char *text, size_t len, unsigned int schema, struct record_device *ret,
		       const char **ret_bad)
{
	struct record_device r = {0};
	int rc = read_fields(device_fields, COUNT_OF(device_fields), text, len, schema, &r, ret_bad);
	if (rc == 0)
		*ret = r;
	return rc;
}

int record_conference_read(const char *text, size_t len, unsigned int schema, struct record_conference *ret,
			   const char **ret_bad)
{
	struct record_conference r = {0};
	int rc = read_fields(conference_fields, COUNT_OF(conference_fields), text, len, schema, &r, ret_bad);
	if (rc == 0)
		*ret = r;
	return rc;
}

int record_party_read(const char *text, size_t len, unsigned int schema, struct record_party *ret,
		      const char **ret_bad)
{
	struct record_party r = {0};
	int rc = read_fields(party_fields, COUNT_OF(party_fields), text, len, schema, &r, ret_bad);
	if (rc < 0)
		return rc;
	struct stream_spec *spec = &r.image.spec;
	*ret_bad = "local";
	if (addr_is_any(&spec->local.addr) || spec->local.port == 0 || spec->local.port % 2)
		return -EBADMSG;
	*ret_bad = "flags";
	if (spec->flags & STREAM_SEND && addr_is_any(&spec->remote.addr))
		return -EBADMSG;
	memcpy(spec->ref.device, r.device, sizeof(spec->ref.device));
	spec->ref.conference_id = r.image.conference_id;
	spec->ref.party_id = r.image.rx_named ? r.image.rx_party_id : r.image.tx_party_id;
	spec->ref.call_reference = r.image.call_reference;
	*ret = r;
	return 0;
}
