// SPDX-License-Identifier: GPL-3.0-or-later
// decode.c - Reads a PDU field by field, by length and negotiated version.
//
// A body is read as if zeros followed it without end, because short bodies are normal: older peers stop early, newer
// ones append. Only SCCP_NEED rows and appended fields ask whether the bytes were really there.
#include "gw/sccp.h"
#include "gw/wire.h"

#include <string.h>

// Padding a sender may add to round the body up.
#define PADDING_MAX 3

struct body {
	const uint8_t *at;
	const uint8_t *end;
	bool over; // something was read that was not there
};

static size_t left(const struct body *b)
{
	return (size_t)(b->end - b->at);
}

// Copies n bytes, of which those beyond the end are zero.
static void take(struct body *b, void *out, size_t n)
{
	size_t there = left(b) < n ? left(b) : n;
	memcpy(out, b->at, there);
	memset((uint8_t *)out + there, 0, n - there);
	b->at += there;
	b->over = b->over || there < n;
}

static void read_number(struct body *b, size_t wire, size_t size, void *out)
{
	uint8_t bytes[4] = {0};
	take(b, bytes, wire);
	struct wire_reader r = wire_reader(bytes, sizeof(bytes));
	uint32_t u32 = wire_le32(&r);
	uint16_t u16 = (uint16_t)u32;
	switch (size) {
	case 1:
		memcpy(out, bytes, 1);
		break;
	case 2:
		memcpy(out, &u16, sizeof(u16));
		break;
	default:
		memcpy(out, &u32, sizeof(u32));
	}
}

// Fixed text ends at its first NUL; what stands behind it is stale memory of the sender.
static void read_chars(struct body *b, size_t wire, char *out)
{
	take(b, out, wire);
	size_t n = strnlen(out, wire);
	memset(out + n, 0, wire - n + 1);
}

static void read_cstr(struct body *b, size_t max, char *out)
{
	if (left(b) == 0) {
		b->over = true;
		return;
	}
	size_t n = strnlen((const char *)b->at, left(b));
	size_t kept = n < max ? n : max;
	memcpy(out, b->at, kept);
	out[kept] = '\0';
	b->at += n < left(b) ? n + 1 : n;
}

static void read_data(struct body *b, size_t max, char *out)
{
	size_t n = left(b) < max ? left(b) : max;
	take(b, out, n);
	out[n] = '\0';
}

// Four bytes, sixteen, or a type word and sixteen. An address of which nothing is there stays ADDR_NONE.
static void read_addr(struct body *b, size_t wire, struct addr *out)
{
	uint8_t type[4] = {0}, ip[16] = {0};
	if (left(b) == 0) {
		b->over = true;
		return;
	}
	if (wire == 20)
		take(b, type, sizeof(type));
	take(b, ip, wire == 4 ? 4 : sizeof(ip));
	struct wire_reader r = wire_reader(type, sizeof(type));
	bool six = wire == 16 || wire_le32(&r) == SCCP_IP_TYPE_V6;
	*out = six ? addr_ipv6(ip) : addr_ipv4(ip);
}

static bool read_fields(struct body *b, const struct sccp_field *f, unsigned int version, void *base);

static void read_item(struct body *b, const struct sccp_field *f, unsigned int version, size_t wire,
		      void *out)
{
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	case SCCP_KIND_NUMBER:
		read_number(b, wire, f->stride, out);
		break;
	case SCCP_KIND_BYTES:
	case SCCP_KIND_KEY:
		take(b, out, wire);
		break;
	case SCCP_KIND_CHARS:
		read_chars(b, wire, out);
		break;
	case SCCP_KIND_CSTR:
		read_cstr(b, wire, out);
		break;
	case SCCP_KIND_DATA:
		read_data(b, wire, out);
		break;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		read_addr(b, wire, out);
		break;
	case SCCP_KIND_GROUP:
		read_fields(b, sccp_group_fields(f->group), version, out);
		break;
	}
}

// Reads the rows of a message or group into the cleared structure at base. False if the body ended above a NEED row.
static bool read_fields(struct body *b, const struct sccp_field *f, unsigned int version, void *base)
{
	for (; f->kind != SCCP_KIND_END; f++) {
		if (f->kind == SCCP_KIND_NEED && b->over)
			return false;
		if (!sccp_field_in(f, version) && !(f->added && left(b) > 0))
			continue;
		size_t wire = sccp_field_wire(f, version);
		if (f->kind == SCCP_KIND_ADDR_FIT)
			wire = left(b) >= (size_t)f->later * f->count ? f->later : f->wire;
		for (size_t n = 0; n < f->count; n++)
			read_item(b, f, version, wire, (char *)base + f->offset + n * f->stride);
	}
	return true;
}

int sccp_decode(const uint8_t *pdu, size_t len, unsigned int negotiated, struct sccp_msg *ret)
{
	struct wire_reader r = wire_reader(pdu, len);
	uint32_t length = wire_le32(&r);
	uint32_t header = wire_le32(&r);
	uint32_t id = wire_le32(&r);
	if (r.failed)
		return SCCP_TRUNCATED;
	if (length > SCCP_LENGTH_MAX)
		return SCCP_OVERLONG;
	if (length != len - SCCP_HEADER_LEN)
		return SCCP_BAD_LENGTH;

	memset(ret, 0, sizeof(*ret));
	ret->id = id;
	ret->version = header;
	ret->body_len = (uint32_t)wire_left(&r);
	ret->exact = true;
	if (!sccp_msg_info(id))
		return SCCP_UNKNOWN_ID;

	struct body b = {.at = r.at, .end = r.end};
	if (!read_fields(&b, sccp_fields(id), sccp_layout_version(header, negotiated), sccp_body(ret)))
		return SCCP_SHORT;
	ret->extra = (uint32_t)left(&b);
	return ret->extra > PADDING_MAX ? SCCP_EXTRA : SCCP_OK;
}
