// SPDX-License-Identifier: GPL-3.0-or-later
// text.c - Prints any message for logs, traces and tests.
#include "gw/sccp.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
	char *buf;
	size_t cap;
	size_t len; // of the whole text, also beyond cap
};

__attribute__((format(printf, 2, 3))) static void put(struct line *l, const char *format, ...)
{
	size_t room = l->len < l->cap ? l->cap - l->len : 0;
	va_list args;
	va_start(args, format);
	int n = vsnprintf(room ? l->buf + l->len : NULL, room, format, args);
	va_end(args);
	l->len += n > 0 ? (size_t)n : 0;
}

// Text of a peer, quoted; what would break a line or a terminal is written as hex.
static void put_string(struct line *l, const char *s, size_t n)
{
	put(l, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			put(l, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			put(l, "\\x%02x", c);
		else
			put(l, "%c", c);
	}
	put(l, "\"");
}

static void put_number(struct line *l, const struct sccp_field *f, uint32_t v)
{
	const char *name = f->print == SCCP_PRINT_ENUM ? sccp_enum_name(f->table, v) : NULL;
	if (name)
		put(l, "%s", name);
	else if (f->print == SCCP_PRINT_SIGNED)
		put(l, "%d", (int)(int32_t)v);
	else if (f->print == SCCP_PRINT_HEX)
		put(l, "0x%x", v);
	else
		put(l, "%u", v);
}

static bool is_zero(const char *item, size_t n)
{
	while (n > 0 && *item == 0)
		item++, n--;
	return n == 0;
}

// Bytes of a DATA field that count.
static size_t data_len(const struct sccp_field *f, const char *base)
{
	uint32_t count;
	memcpy(&count, base + f->counter, sizeof(count));
	return count < f->wire ? count : f->wire;
}

static void put_fields(struct line *l, const struct sccp_field *f, const char *base, const char *before);

static void put_item(struct line *l, const struct sccp_field *f, const char *base, size_t n)
{
	const char *item = base + f->offset + n * f->stride;
	char text[ADDR_TEXT_MAX];
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	case SCCP_KIND_NUMBER:
		put_number(l, f, sccp_field_number(f, base, n));
		break;
	case SCCP_KIND_BYTES:
		for (size_t i = 0; i < f->wire; i++)
			put(l, "%02x", (unsigned char)item[i]);
		break;
	case SCCP_KIND_KEY:
		put(l, "<secret>");
		break;
	case SCCP_KIND_CHARS:
	case SCCP_KIND_CSTR:
		put_string(l, item, strlen(item));
		break;
	case SCCP_KIND_DATA:
		put_string(l, item, data_len(f, base));
		break;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		put(l, "%s", addr_text((const struct addr *)item, text, sizeof(text)));
		break;
	case SCCP_KIND_GROUP:
		put(l, "{");
		put_fields(l, sccp_group_fields(f->group), item, "");
		put(l, "}");
		break;
	}
}

// Zero says something only where zero has a name.
static bool is_shown(const struct sccp_field *f, const char *base, size_t n)
{
	const char *item = base + f->offset + n * f->stride;
	if (f->kind >= SCCP_KIND_IPV4 && f->kind <= SCCP_KIND_ADDR_FIT)
		return !addr_is_any((const struct addr *)item);
	if (!is_zero(item, f->stride))
		return true;
	return f->count == 1 && f->print == SCCP_PRINT_ENUM && sccp_enum_name(f->table, 0);
}

static void put_fields(struct line *l, const struct sccp_field *f, const char *base, const char *before)
{
	for (; f->kind != SCCP_KIND_END; f++)
		for (size_t n = 0; n < f->count; n++) {
			if (!is_shown(f, base, n))
				continue;
			put(l, "%s%s", before, f->name);
			if (f->count > 1)
				put(l, "[%zu]", n);
			put(l, "=");
			put_item(l, f, base, n);
			before = " ";
		}
}

int sccp_text(const struct sccp_msg *m, char *buf, size_t cap)
{
	struct line l = {.buf = buf, .cap = cap};
	const struct sccp_msg_info *info = sccp_msg_info(m->id);
	if (info)
		put(&l, "%s", info->name);
	else
		put(&l, "unknown-0x%04x body_len=%u", m->id, m->body_len);
	put_fields(&l, sccp_fields(m->id), sccp_body_const(m), " ");
	if (m->extra)
		put(&l, " extra=%u", m->extra);
	return (int)l.len;
}
