// SPDX-License-Identifier: GPL-3.0-or-later
// msg.c - The tables that follow from msg.def, and look-ups in them.
#include "gw/sccp.h"

#include <string.h>

// A row becomes an initialiser of struct sccp_field; T is the structure of the message or group it stands in.
#define ROW(row, n, ...)                                                                                     \
	{.name = #row,                                                                                       \
	 .offset = offsetof(T, row),                                                                         \
	 .stride = sizeof(((T *)0)->row) / (n),                                                              \
	 .count = (n),                                                                                       \
	 __VA_ARGS__},
#define NUMBER(row, n, bytes, ...) ROW(row, n, .kind = SCCP_KIND_NUMBER, .wire = (bytes), __VA_ARGS__)
#define NAMED(row, n, bytes, TABLE, ...)                                                                     \
	NUMBER(row, n, bytes, .print = SCCP_PRINT_ENUM, .table = SCCP_ENUM_##TABLE, __VA_ARGS__)
#define SIZED(row, what, bytes, ...) ROW(row, 1, .kind = SCCP_KIND_##what, .wire = (bytes), __VA_ARGS__)

// When a row is there.
#define UNTIL(v)    .until = (v)
#define FROM(v)     .since = (v)
#define ADDED(v)    .since = (v), .added = true
#define OPTIONAL(v) .since = (v), .added = true, .optional = true

// Group tables share the switch of the message tables; their keys are outside the range of message ids.
#define GROUP_KEY(group) ((uint64_t)1 << 32 | (group))

static const struct sccp_field *rows_of(uint64_t key)
{
	static const struct sccp_field none[] = {{.kind = SCCP_KIND_END}};
	switch (key) {
#define OPEN(key, tag)                                                                                       \
	case key: {                                                                                          \
		typedef struct tag T;                                                                        \
		static const struct sccp_field rows[] = {
#define SCCP_MSG(id, CONSTANT, member, ...) OPEN(id, sccp_##member)
#define SCCP_GROUP(name)                    OPEN(GROUP_KEY(SCCP_GROUP_##name), sccp_##name)
// clang-format off
#define SCCP_END {.kind = SCCP_KIND_END}}; return rows; }
// clang-format on
#define SCCP_NEED                       {.kind = SCCP_KIND_NEED},
#define F_U8(f, ...)                    NUMBER(f, 1, 1, __VA_ARGS__)
#define F_U16(f, ...)                   NUMBER(f, 1, 2, __VA_ARGS__)
#define F_U32(f, ...)                   NUMBER(f, 1, 4, __VA_ARGS__)
#define F_I32(f, ...)                   NUMBER(f, 1, 4, .print = SCCP_PRINT_SIGNED, __VA_ARGS__)
#define F_HEX16(f, ...)                 NUMBER(f, 1, 2, .print = SCCP_PRINT_HEX, __VA_ARGS__)
#define F_HEX32(f, ...)                 NUMBER(f, 1, 4, .print = SCCP_PRINT_HEX, __VA_ARGS__)
#define F_ENUM(f, TABLE, ...)           NAMED(f, 1, 4, TABLE, __VA_ARGS__)
#define F_ENUM8(f, TABLE, ...)          NAMED(f, 1, 1, TABLE, __VA_ARGS__)
#define F_ENUM_NARROW(f, TABLE, v, ...) NAMED(f, 1, 4, TABLE, .later = 1, .change = (v), __VA_ARGS__)
#define F_U16S(f, n, ...)               NUMBER(f, n, 2, __VA_ARGS__)
#define F_U32S(f, n, ...)               NUMBER(f, n, 4, __VA_ARGS__)
#define F_ENUMS(f, n, TABLE, ...)       NAMED(f, n, 4, TABLE, __VA_ARGS__)
#define F_ENUM8S(f, n, TABLE, ...)      NAMED(f, n, 1, TABLE, __VA_ARGS__)
#define F_ENUM16S(f, n, TABLE, ...)     NAMED(f, n, 2, TABLE, __VA_ARGS__)
#define F_BYTES(f, n, ...)              SIZED(f, BYTES, n, __VA_ARGS__)
#define F_KEY(f, n, ...)                SIZED(f, KEY, n, __VA_ARGS__)
#define F_CHARS(f, n, ...)              SIZED(f, CHARS, n, __VA_ARGS__)
#define F_CHARS_AT(f, n, m, v, ...)     SIZED(f, CHARS, n, .later = (m), .change = (v), __VA_ARGS__)
#define F_CSTR(f, n, ...)               SIZED(f, CSTR, n, __VA_ARGS__)
#define F_CSTR_AT(f, n, m, v, ...)      SIZED(f, CSTR, n, .later = (m), .change = (v), __VA_ARGS__)
#define F_DATA(f, n, length, v, ...)                                                                         \
	SIZED(f, DATA, n, .later = (n), .counter = offsetof(T, length), .change = (v), __VA_ARGS__)
#define F_IPV4(f, ...)     SIZED(f, IPV4, 4, __VA_ARGS__)
#define F_IPV6(f, ...)     SIZED(f, IPV6, 16, __VA_ARGS__)
#define F_ADDR(f, ...)     SIZED(f, ADDR, 4, .later = 20, .change = SCCP_VERSION_WIDE_ADDRESS, __VA_ARGS__)
#define F_ADDR_FIT(f, ...) F_ADDRS_FIT(f, 1, __VA_ARGS__)
#define F_ADDRS_FIT(f, n, ...)                                                                               \
	ROW(f, n, .kind = SCCP_KIND_ADDR_FIT, .wire = 4, .later = 20, .change = SCCP_VERSION_WIDE_ADDRESS,   \
	    __VA_ARGS__)
#define F_LIST(f, n, name, ...) ROW(f, n, .kind = SCCP_KIND_GROUP, .group = SCCP_GROUP_##name, __VA_ARGS__)
#include "gw/sccp/msg.def"
	}
	return none;
}

const struct sccp_field *sccp_fields(uint32_t id)
{
	return rows_of(id);
}

const struct sccp_field *sccp_group_fields(enum sccp_group group)
{
	return rows_of(GROUP_KEY(group));
}

// The short words of msg.def.
enum {
	NOBODY = SCCP_BY_NOBODY,
	PHONE = SCCP_BY_PHONE,
	CONFERENCE = SCCP_BY_CONFERENCE,
	TRANSCODER = SCCP_BY_TRANSCODER,
	MOH = SCCP_BY_MOH,
	ANNUNCIATOR = SCCP_BY_ANNUNCIATOR,
	ALL = SCCP_BY_ALL,
	NEGOTIATED = false,
	BASIC = true,
};

static const struct sccp_msg_info infos[] = {
#define INFO(number, text, tag, way, kin, users, header, why, fields)                                        \
	{.id = (number),                                                                                     \
	 .name = text,                                                                                       \
	 .member = #tag,                                                                                     \
	 .purpose = why,                                                                                     \
	 .direction = SCCP_##way,                                                                            \
	 .family = SCCP_FAMILY_##kin,                                                                        \
	 .used_by = (users),                                                                                 \
	 .basic = (header),                                                                                  \
	 .has_fields = (fields)},
#define SCCP_MSG(number, CONSTANT, tag, text, way, kin, users, header, why)                                  \
	INFO(number, text, tag, way, kin, users, header, why, true)
#define SCCP_BARE(number, CONSTANT, tag, text, way, kin, users, header, why)                                 \
	INFO(number, text, tag, way, kin, users, header, why, false)
#include "gw/sccp/msg.def"
};

enum info_index {
#define SCCP_MSG(number, CONSTANT, ...)  INDEX_##CONSTANT,
#define SCCP_BARE(number, CONSTANT, ...) INDEX_##CONSTANT,
#include "gw/sccp/msg.def"
};

const struct sccp_msg_info *sccp_msg_info(uint32_t id)
{
	switch (id) {
#define SCCP_MSG(number, CONSTANT, ...)                                                                      \
	case number:                                                                                         \
		return &infos[INDEX_##CONSTANT];
#define SCCP_BARE SCCP_MSG
#include "gw/sccp/msg.def"
	}
	return NULL;
}

const struct sccp_msg_info *sccp_msg_at(size_t index)
{
	return index < sizeof(infos) / sizeof(infos[0]) ? &infos[index] : NULL;
}

void sccp_init(struct sccp_msg *m, enum sccp_id id)
{
	memset(m, 0, sizeof(*m));
	m->id = id;
}

unsigned int sccp_version_negotiate(unsigned int ours, unsigned int ack)
{
	if (ack == 0)
		return ours < 3 ? ours : 3;
	return ack < ours ? ack : ours;
}

const char *sccp_result_name(int result)
{
	switch ((enum sccp_result)result) {
	case SCCP_OK:
		return "ok";
	case SCCP_UNKNOWN_ID:
		return "unknown-id";
	case SCCP_EXTRA:
		return "extra";
	case SCCP_SHORT:
		return "short";
	case SCCP_BAD_LENGTH:
		return "bad-length";
	case SCCP_OVERLONG:
		return "overlong";
	case SCCP_NO_ROOM:
		return "no-room";
	case SCCP_BAD_ADDRESS:
		return "bad-address";
	case SCCP_TRUNCATED:
		return "truncated";
	case SCCP_NOT_LISTED:
		return "not-listed";
	}
	return result > 0 ? "ok" : "unknown";
}

uint32_t sccp_field_number(const struct sccp_field *f, const void *base, size_t n)
{
	const char *at = (const char *)base + f->offset + n * f->stride;
	uint16_t u16;
	uint32_t u32;
	switch (f->stride) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		memcpy(&u16, at, sizeof(u16));
		return u16;
	default:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
}
