// SPDX-License-Identifier: GPL-3.0-or-later
// wire.h - Bounds-checked cursor over bytes with a sticky error, little and big endian.
//
// Read or write ten fields, test once: after the first step past the end `failed` is set, reads return zeros and
// writes are ignored.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Cursor for reading. Borrowed bytes.
struct wire_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

// Cursor for writing into caller memory.
struct wire_writer {
	uint8_t *begin;
	uint8_t *at;
	uint8_t *end;
	bool failed;
};

static inline struct wire_reader wire_reader(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	return (struct wire_reader){.at = p, .end = p + len};
}

static inline struct wire_writer wire_writer(void *bytes, size_t cap)
{
	uint8_t *p = bytes;
	return (struct wire_writer){.begin = p, .at = p, .end = p + cap};
}

static inline size_t wire_left(const struct wire_reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline size_t wire_written(const struct wire_writer *w)
{
	return (size_t)(w->at - w->begin);
}

// Takes n bytes; NULL and failed when they are not there.
static inline const uint8_t *wire_take(struct wire_reader *r, size_t n)
{
	if (r->failed || n > wire_left(r)) {
		r->failed = true;
		return NULL;
	}
	const uint8_t *p = r->at;
	r->at += n;
	return p;
}

static inline uint8_t wire_u8(struct wire_reader *r)
{
	const uint8_t *p = wire_take(r, 1);
	return p ? p[0] : 0;
}

static inline uint16_t wire_le16(struct wire_reader *r)
{
	const uint8_t *p = wire_take(r, 2);
	return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

static inline uint32_t wire_le32(struct wire_reader *r)
{
	const uint8_t *p = wire_take(r, 4);
	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

static inline uint16_t wire_be16(struct wire_reader *r)
{
	const uint8_t *p = wire_take(r, 2);
	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t wire_be32(struct wire_reader *r)
{
	const uint8_t *p = wire_take(r, 4);
	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3] : 0;
}

// Copies n bytes out, or zeros when they are not there.
static inline void wire_copy(struct wire_reader *r, void *out, size_t n)
{
	const uint8_t *p = wire_take(r, n);
	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

// Reserves n bytes for writing; NULL and failed when there is no room.
static inline uint8_t *wire_room(struct wire_writer *w, size_t n)
{
	if (w->failed || n > (size_t)(w->end - w->at)) {
		w->failed = true;
		return NULL;
	}
	uint8_t *p = w->at;
	w->at += n;
	return p;
}

static inline void wire_put_u8(struct wire_writer *w, uint8_t v)
{
	uint8_t *p = wire_room(w, 1);
	if (p)
		p[0] = v;
}

static inline void wire_put_le16(struct wire_writer *w, uint16_t v)
{
	uint8_t *p = wire_room(w, 2);
	if (p) {
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)(v >> 8);
	}
}

static inline void wire_put_le32(struct wire_writer *w, uint32_t v)
{
	uint8_t *p = wire_room(w, 4);
	if (p) {
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)(v >> 8);
		p[2] = (uint8_t)(v >> 16);
		p[3] = (uint8_t)(v >> 24);
	}
}

static inline void wire_put_be16(struct wire_writer *w, uint16_t v)
{
	uint8_t *p = wire_room(w, 2);
	if (p) {
		p[0] = (uint8_t)(v >> 8);
		p[1] = (uint8_t)v;
	}
}

static inline void wire_put_be32(struct wire_writer *w, uint32_t v)
{
	uint8_t *p = wire_room(w, 4);
	if (p) {
		p[0] = (uint8_t)(v >> 24);
		p[1] = (uint8_t)(v >> 16);
		p[2] = (uint8_t)(v >> 8);
		p[3] = (uint8_t)v;
	}
}

static inline void wire_put(struct wire_writer *w, const void *bytes, size_t n)
{
	uint8_t *p = wire_room(w, n);
	if (p)
		memcpy(p, bytes, n);
}

// Writes n zero bytes.
static inline void wire_put_zero(struct wire_writer *w, size_t n)
{
	uint8_t *p = wire_room(w, n);
	if (p)
		memset(p, 0, n);
}
