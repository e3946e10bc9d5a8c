// SPDX-License-Identifier: GPL-3.0-or-later
// types.h - The C types that follow from msg.def and enum.def: ids, named values, one structure per message.
//
// Included by gw/sccp.h only. docs/sccp.md lists the result in readable form.
#pragma once

#include "gw/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// SCCP_KEEP_ALIVE = 0x0000, SCCP_REGISTER = 0x0001, ...
enum sccp_id {
#define SCCP_MSG(id, CONSTANT, ...)  SCCP_##CONSTANT = (id),
#define SCCP_BARE(id, CONSTANT, ...) SCCP_##CONSTANT = (id),
#include "gw/sccp/msg.def"
};

// The tables of enum.def: SCCP_ENUM_CODEC, SCCP_ENUM_DEVICE_TYPE, ...
enum sccp_enum {
#define SCCP_ENUM(TABLE, title) SCCP_ENUM_##TABLE,
#include "gw/sccp/enum.def"
	SCCP_ENUM_COUNT,
};

// SCCP_CODEC_G711_ULAW = 4, SCCP_TONE_DTMF1 = 1, ...
enum {
#define SCCP_VALUE(TABLE, number, NAME, text) SCCP_##TABLE##_##NAME = (number),
#include "gw/sccp/enum.def"
};

// struct sccp_<group> and struct sccp_<message>
#define F_U8(name, ...)                     uint8_t name;
#define F_U16(name, ...)                    uint16_t name;
#define F_U32(name, ...)                    uint32_t name;
#define F_I32(name, ...)                    int32_t name;
#define F_HEX16(name, ...)                  uint16_t name;
#define F_HEX32(name, ...)                  uint32_t name;
#define F_ENUM(name, ...)                   uint32_t name;
#define F_ENUM8(name, ...)                  uint8_t name;
#define F_ENUM_NARROW(name, ...)            uint32_t name;
#define F_U16S(name, count, ...)            uint16_t name[count];
#define F_U32S(name, count, ...)            uint32_t name[count];
#define F_ENUMS(name, count, ...)           uint32_t name[count];
#define F_ENUM8S(name, count, ...)          uint8_t name[count];
#define F_ENUM16S(name, count, ...)         uint16_t name[count];
#define F_BYTES(name, count, ...)           uint8_t name[count];
#define F_KEY(name, count, ...)             uint8_t name[count];
#define F_CHARS(name, size, ...)            char name[(size) + 1];
#define F_CHARS_AT(name, size, later, ...)  char name[(later) + 1];
#define F_CSTR(name, max, ...)              char name[(max) + 1];
#define F_CSTR_AT(name, max, later, ...)    char name[(later) + 1];
#define F_DATA(name, max, ...)              char name[(max) + 1];
#define F_IPV4(name, ...)                   struct addr name;
#define F_IPV6(name, ...)                   struct addr name;
#define F_ADDR(name, ...)                   struct addr name;
#define F_ADDR_FIT(name, ...)               struct addr name;
#define F_ADDRS_FIT(name, count, ...)       struct addr name[count];
#define F_LIST(name, count, group, ...)     struct sccp_##group name[count];
#define SCCP_GROUP(name)                    struct sccp_##name {
#define SCCP_MSG(id, CONSTANT, member, ...) struct sccp_##member {
#define SCCP_END                                                                                             \
	}                                                                                                    \
	;
#include "gw/sccp/msg.def"

// One decoded message, or one to encode.
struct sccp_msg {
	uint32_t id;       // enum sccp_id, or any number from the network
	uint32_t version;  // header version as it came
	uint32_t body_len; // bytes after the message id as they came
	uint32_t extra;    // of these, bytes after the last field known to us
	bool exact; // encode with this version and body_len, not with those the negotiated version asks for
	union {
#define SCCP_MSG(id, CONSTANT, member, ...) struct sccp_##member member;
#include "gw/sccp/msg.def"
	};
};
