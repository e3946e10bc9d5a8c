// SPDX-License-Identifier: GPL-3.0-or-later
// field.h - The rows of msg.def as tables, for whoever walks messages field by field. Part of the door gw/sccp.h.
#pragma once

#include "gw/sccp/types.h"

// Version from which addresses carry a type word and 16 bytes.
#define SCCP_VERSION_WIDE_ADDRESS 17

enum sccp_kind {
	SCCP_KIND_END, // of a table
	SCCP_KIND_NEED,
	SCCP_KIND_NUMBER, // `wire` bytes, little-endian; `later` bytes from `change` on
	SCCP_KIND_BYTES,
	SCCP_KIND_KEY,
	SCCP_KIND_CHARS, // `wire` bytes; `later` bytes from `change` on
	SCCP_KIND_CSTR,  // at most `wire` bytes; at most `later` bytes from `change` on
	SCCP_KIND_DATA,  // at most `wire` bytes; counted by the number at `counter` from `change` on
	SCCP_KIND_IPV4,
	SCCP_KIND_IPV6,
	SCCP_KIND_ADDR,
	SCCP_KIND_ADDR_FIT, // as ADDR, but wide when the body has room for all `count` of them
	SCCP_KIND_GROUP,
};

// How a number prints.
enum sccp_print {
	SCCP_PRINT_UNSIGNED,
	SCCP_PRINT_SIGNED,
	SCCP_PRINT_HEX,
	SCCP_PRINT_ENUM,
};

// The structures that messages repeat.
enum sccp_group {
#define SCCP_GROUP(name) SCCP_GROUP_##name,
#include "gw/sccp/msg.def"
	SCCP_GROUP_COUNT,
};

// One row of msg.def.
struct sccp_field {
	const char *name;
	uint16_t offset; // in the C structure
	uint16_t stride; // of one of `count` items in the C structure
	uint16_t count;
	uint16_t counter; // offset of the uint32_t that counts a DATA field
	uint16_t wire;    // bytes on the wire of one item
	uint16_t later;   // the same from version `change` on
	uint8_t change;   // 0: never
	uint8_t kind;     // enum sccp_kind
	uint8_t print;    // enum sccp_print
	uint8_t table;    // enum sccp_enum
	uint8_t group;    // enum sccp_group
	uint8_t since;    // first version
	uint8_t until;    // last version; 0: all later ones
	bool added;       // was appended: read whenever there are bytes
	bool optional;    // not sent when zero and last
};

// Rows of a message, ended by SCCP_KIND_END. An empty table when it has none or is unknown.
const struct sccp_field *sccp_fields(uint32_t id);

// Rows of a group.
const struct sccp_field *sccp_group_fields(enum sccp_group group);

// Number of a field in its C structure: the n-th of an array.
uint32_t sccp_field_number(const struct sccp_field *f, const void *base, size_t n);

// Where every message of the union begins.
static inline void *sccp_body(struct sccp_msg *m)
{
	return (char *)m + offsetof(struct sccp_msg, register_req);
}

static inline const void *sccp_body_const(const struct sccp_msg *m)
{
	return (const char *)m + offsetof(struct sccp_msg, register_req);
}

// Layout version of a PDU: its header's when that is a version, or else the negotiated one.
static inline unsigned int sccp_layout_version(uint32_t header, unsigned int negotiated)
{
	unsigned int v = header >= 1 && header <= SCCP_VERSION_MAX ? header : negotiated;
	return v <= SCCP_VERSION_MAX ? v : SCCP_VERSION_MAX;
}

// True when a field belongs to the layout of a version.
static inline bool sccp_field_in(const struct sccp_field *f, unsigned int version)
{
	return version >= f->since && (f->until == 0 || version <= f->until);
}

// Bytes one item takes in the layout of a version.
static inline size_t sccp_field_wire(const struct sccp_field *f, unsigned int version)
{
	return f->change && version >= f->change ? f->later : f->wire;
}
