// SPDX-License-Identifier: GPL-3.0-or-later
// encode.c - Writes a message as the negotiated version lays it out, or as long as it once came.
#include "gw/sccp.h"
#include "gw/wire.h"

#include <string.h>

// First version that senders put into headers; older peers write and expect 0 there.
#define VERSION_IN_HEADER 10

struct out {
	struct wire_writer w;
	unsigned int version;
	bool exact;       // write every field that may have been read; the caller cuts
	bool bad_address; // an IPv6 address met a four-byte field
	uint8_t *body;
	size_t body_len; // to reach, when exact
	uint8_t *kept;   // end of the last field that must be sent
};

static void write_number(struct wire_writer *w, size_t wire, uint32_t v)
{
	switch (wire) {
	case 1:
		wire_put_u8(w, (uint8_t)v);
		break;
	case 2:
		wire_put_le16(w, (uint16_t)v);
		break;
	default:
		wire_put_le32(w, v);
	}
}

static void write_chars(struct wire_writer *w, size_t wire, const char *text)
{
	size_t n = strnlen(text, wire);
	wire_put(w, text, n);
	wire_put_zero(w, wire - n);
}

static void write_addr(struct out *o, size_t wire, const struct addr *a)
{
	o->bad_address = o->bad_address || (wire == 4 && a->family == ADDR_IPV6);
	if (wire == 20)
		wire_put_le32(&o->w, a->family == ADDR_IPV6 ? SCCP_IP_TYPE_V6 : SCCP_IP_TYPE_V4);
	wire_put(&o->w, a->ip, wire == 4 ? 4 : sizeof(a->ip));
}

// Counted bytes: as many as the counter says, all of them for peers that expect a fixed field.
static void write_data(struct out *o, const struct sccp_field *f, const void *base, const char *data)
{
	uint32_t count;
	memcpy(&count, (const char *)base + f->counter, sizeof(count));
	if (o->exact || o->version < f->change || count > f->wire)
		count = f->wire;
	wire_put(&o->w, data, count);
}

static void write_fields(struct out *o, const struct sccp_field *f, const void *base);

static void write_item(struct out *o, const struct sccp_field *f, size_t wire, const void *base, size_t n)
{
	const void *item = (const char *)base + f->offset + n * f->stride;
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	case SCCP_KIND_NUMBER:
		write_number(&o->w, wire, sccp_field_number(f, base, n));
		break;
	case SCCP_KIND_BYTES:
	case SCCP_KIND_KEY:
		wire_put(&o->w, item, wire);
		break;
	case SCCP_KIND_CHARS:
		write_chars(&o->w, wire, item);
		break;
	case SCCP_KIND_CSTR:
		wire_put(&o->w, item, strnlen(item, wire));
		wire_put_u8(&o->w, 0);
		break;
	case SCCP_KIND_DATA:
		write_data(o, f, base, item);
		break;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		write_addr(o, wire, item);
		break;
	case SCCP_KIND_GROUP:
		write_fields(o, sccp_group_fields(f->group), item);
		break;
	}
}

static bool all_zero(const uint8_t *from, const uint8_t *to)
{
	while (from < to && *from == 0)
		from++;
	return from == to;
}

static void write_fields(struct out *o, const struct sccp_field *f, const void *base)
{
	for (; f->kind != SCCP_KIND_END; f++) {
		if (!sccp_field_in(f, o->version) && !(f->added && o->exact))
			continue;
		const uint8_t *before = o->w.at;
		size_t wire = sccp_field_wire(f, o->version);
		if (f->kind == SCCP_KIND_ADDR_FIT && o->exact)
			wire = (size_t)(before - o->body) + f->later * f->count <= o->body_len ? f->later
											       : f->wire;
		for (size_t n = 0; n < f->count; n++)
			write_item(o, f, wire, base, n);
		if (!f->optional || !all_zero(before, o->w.at))
			o->kept = o->w.at;
	}
}

// Gives the written body its final length: what is needed, in words of four bytes, or exactly what once came.
static void fit_body(struct out *o, const struct sccp_msg *m)
{
	uint8_t *body = o->body;
	size_t len = (size_t)(o->kept - body);
	size_t want = m->exact ? m->body_len : (len + 3) / 4 * 4;
	if (m->exact)
		len = (size_t)(o->w.at - body);
	o->w.at = body + (len < want ? len : want);
	wire_put_zero(&o->w, want > len ? want - len : 0);
}

int sccp_encode(const struct sccp_msg *m, unsigned int negotiated, uint8_t *buf, size_t cap)
{
	const struct sccp_msg_info *info = sccp_msg_info(m->id);
	if (!info)
		return SCCP_NOT_LISTED;
	if (m->exact && m->body_len > SCCP_LENGTH_MAX - sizeof(m->id))
		return SCCP_OVERLONG;

	uint32_t header = info->basic || negotiated < VERSION_IN_HEADER ? 0 : negotiated;
	if (m->exact)
		header = m->version;
	struct out o = {.w = wire_writer(buf, cap),
			.version = sccp_layout_version(header, negotiated),
			.exact = m->exact};
	wire_put_le32(&o.w, 0);
	wire_put_le32(&o.w, header);
	wire_put_le32(&o.w, m->id);
	o.body = o.kept = o.w.at;
	o.body_len = m->body_len;
	write_fields(&o, sccp_fields(m->id), sccp_body_const(m));
	if (!o.w.failed)
		fit_body(&o, m);
	if (o.w.failed)
		return SCCP_NO_ROOM;
	if (o.bad_address)
		return SCCP_BAD_ADDRESS;
	size_t len = wire_written(&o.w);
	struct wire_writer length = wire_writer(buf, cap);
	wire_put_le32(&length, (uint32_t)(len - SCCP_HEADER_LEN));
	return (int)len;
}
