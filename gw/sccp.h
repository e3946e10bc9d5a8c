// SPDX-License-Identifier: GPL-3.0-or-later
// sccp.h - SCCP messages: framing, decoding, encoding and text, all from the one list gw/sccp/msg.def.
//
// A message is a plain structure: `struct sccp_msg m; sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
// m.open_receive_channel_ack.port_number = 16384;`. The union member is the message name in lower case
// (`register_req` for Register, because register is a C keyword); fields are named as in docs/sccp.md.
// Strings are always NUL-terminated, addresses are struct addr whatever their width on the wire, absent fields are zero.
//
// Wire rules kept here: everything is little-endian except addresses; bodies are packed and rounded up to four bytes;
// peers truncate and pad, so a body is read field by field as if zeros followed it; the layout version is the header
// version, or the negotiated one when the header says 0.
//
// Threads: any; nothing here has state of its own.
#pragma once

#include "gw/sccp/types.h"

#include <sys/types.h>

// Length and version: what precedes the message id.
#define SCCP_HEADER_LEN 8

// Largest length field we accept: message id and body.
#define SCCP_LENGTH_MAX 8192

// Largest PDU we accept or make.
#define SCCP_PDU_MAX (SCCP_HEADER_LEN + SCCP_LENGTH_MAX)

// Highest protocol version whose layouts we know.
#define SCCP_VERSION_MAX 22

// What became of a PDU. Zero and above: there is a message; below: there is none. Count each by its name.
enum sccp_result {
	SCCP_OK = 0,
	SCCP_UNKNOWN_ID = 1,   // only id, version and body_len are set
	SCCP_EXTRA = 2,        // decoded; more than padding follows the last known field
	SCCP_SHORT = -1,       // the body ends before a field the message cannot do without
	SCCP_BAD_LENGTH = -2,  // length field below 4, or not that of the bytes given
	SCCP_OVERLONG = -3,    // length field above SCCP_LENGTH_MAX
	SCCP_NO_ROOM = -4,     // the caller's buffer is too small
	SCCP_BAD_ADDRESS = -5, // an IPv6 address in a layout that has only room for IPv4
	SCCP_TRUNCATED = -6,   // fewer bytes than a header and a message id
	SCCP_NOT_LISTED = -7,  // an id to encode that is not in the list
};

// Name of a result: "ok", "unknown-id", "extra", "short", ... Never NULL.
const char *sccp_result_name(int result);

enum sccp_direction {
	SCCP_TO_AGENT,
	SCCP_TO_STATION,
};

enum sccp_family {
	SCCP_FAMILY_REGISTRATION,
	SCCP_FAMILY_MEDIA,
	SCCP_FAMILY_CONFERENCE,
	SCCP_FAMILY_TONES,
	SCCP_FAMILY_QOS,
	SCCP_FAMILY_CALL,
	SCCP_FAMILY_DATA,
	SCCP_FAMILY_VIDEO,
	SCCP_FAMILY_OTHER,
};

// Device kinds that meet a message, or-ed.
enum sccp_used_by {
	SCCP_BY_NOBODY = 0,
	SCCP_BY_PHONE = 1,
	SCCP_BY_CONFERENCE = 2,
	SCCP_BY_TRANSCODER = 4, // transcoder and MTP
	SCCP_BY_MOH = 8,
	SCCP_BY_ANNUNCIATOR = 16,
	SCCP_BY_ALL = 31,
};

// What is known about a message id. Static memory.
struct sccp_msg_info {
	uint32_t id;
	const char *name;    // "OpenReceiveChannel"
	const char *member;  // union member: "open_receive_channel"
	const char *purpose; // one line
	enum sccp_direction direction;
	enum sccp_family family;
	unsigned int used_by; // enum sccp_used_by
	bool basic;           // sent with header version 0 whatever was negotiated
	bool has_fields;      // false: empty body, or a layout nobody knows
};

// Looks a message id up. NULL when it is not in the list.
const struct sccp_msg_info *sccp_msg_info(uint32_t id);

// Walks the list in its own order: index 0, 1, ... NULL at its end.
const struct sccp_msg_info *sccp_msg_at(size_t index);

// Clears a message and sets its id.
void sccp_init(struct sccp_msg *m, enum sccp_id id);

// Cuts the first PDU off a stream of received bytes.
//
//   1                a PDU: *ret_pdu and *ret_len name it inside bytes; drop *ret_consumed bytes when done with it
//   0                not yet a whole PDU: keep the bytes, read more
//   SCCP_BAD_LENGTH  a length field below 4: not a message, but its extent is known. Count it, drop *ret_consumed
//                    bytes and go on
//   SCCP_OVERLONG    a length field above SCCP_LENGTH_MAX: the boundary to the next message is lost or hostile. Count
//                    it and close the connection; registering again is the way back, media goes on meanwhile
//
// The caller needs a buffer of SCCP_PDU_MAX bytes at most, and may give any number of bytes at any time.
int sccp_frame_next(const uint8_t *bytes, size_t len, const uint8_t **ret_pdu, size_t *ret_len,
		    size_t *ret_consumed);

// Reads one PDU. `negotiated` is the protocol version of the registration, 0 before it. Returns an enum sccp_result;
// *ret is set unless it is negative; after SCCP_SHORT it holds what was there, for logs. Any bytes may be given. Nothing in *ret is trusted to be in range: counts are as
// they came, so clamp them with SCCP_COUNT before they index an array.
//
// ret->exact is set: encoding *ret gives the bytes it came from, as far as their padding and stale bytes were zero.
// Clear it before encoding a message whose fields were changed.
int sccp_decode(const uint8_t *pdu, size_t len, unsigned int negotiated, struct sccp_msg *ret);

// The count field of a message, not beyond the array it counts.
#define SCCP_COUNT(count, array)                                                                             \
	((count) < sizeof(array) / sizeof((array)[0]) ? (size_t)(count) : sizeof(array) / sizeof((array)[0]))

// Writes one PDU in the layout of the negotiated version (of the version we offer, before the registration is
// acknowledged). Returns its length, or a negative enum sccp_result. SCCP_PDU_MAX bytes are always enough.
int sccp_encode(const struct sccp_msg *m, unsigned int negotiated, uint8_t *buf, size_t cap);

// The version to speak after RegisterAck: what the agent answered if it is between 1 and ours, ours if it answered
// more (some agents leave junk there), 3 if it answered 0.
unsigned int sccp_version_negotiate(unsigned int ours, unsigned int ack);

// Prints one line: "OpenReceiveChannelAck media_reception_status=ok ip_addr=192.0.2.1 port_number=16384". Fields that
// are zero are left out unless they have named values; secrets are never printed. Returns the length of the whole line
// as snprintf does; buf is always terminated when cap > 0.
int sccp_text(const struct sccp_msg *m, char *buf, size_t cap);

// Name of a value, such as (SCCP_ENUM_CODEC, 4) -> "g711-ulaw". NULL when it has none.
const char *sccp_enum_name(enum sccp_enum table, uint32_t value);

// The other way round. Returns 0, or -ENOENT and leaves *ret.
int sccp_enum_value(enum sccp_enum table, const char *name, uint32_t *ret);

// The rows of the list as tables, for tools and tests that walk messages.
#include "gw/sccp/field.h"
