// SPDX-License-Identifier: GPL-3.0-or-later
// record.h - Devices, conferences and parties as versioned text fields.
//
// A record is lines of "field=value". Unknown fields are ignored, so that an older release reads what a newer one adds;
// a field that a later schema added may be absent from a record of the schema before. Everything else about a record is
// checked: types, lengths, ranges, twice-given and missing fields. Pure functions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "control/confer.h"
#include "control/party.h"
#include "control/store.h"
#include "gw/config.h"

// What a peer or an operator may want to know of a device; nothing of it is needed to recover.
struct record_device {
	char device[STREAM_DEVICE_MAX];
	char kind[CONFIG_NAME_MAX];
	char state[CONFIG_NAME_MAX]; // of its registration
	char agent[CONFIG_NAME_MAX];
	uint32_t version; // negotiated, 0 = none
	uint32_t conferences;
	uint32_t parties;
};

struct record_conference {
	char device[STREAM_DEVICE_MAX];
	uint64_t boot; // boot_id of the dataplane that the handle is of
	struct confer_image image;
};

struct record_party {
	char device[STREAM_DEVICE_MAX];
	uint64_t boot; // likewise
	struct party_image image;
};

// Names under which they are stored: the device; device and conference id; device and local address, which is a
// stream's for life, whereas its party ids may still come to be known. Written to STORE_NAME_MAX bytes.
void record_conference_name(const struct record_conference *r, char *ret_name);
void record_party_name(const struct record_party *r, char *ret_name);

// Write the text. Return its length, or -EMSGSIZE.
int record_device_write(const struct record_device *r, char *buf, size_t cap);
int record_conference_write(const struct record_conference *r, char *buf, size_t cap);
int record_party_write(const struct record_party *r, char *buf, size_t cap);

// Read a text of a schema. Return 0; -EBADMSG and the first field that is wrong, or why, in *ret_bad (static, or
// inside text: up to '=').
int record_device_read(const char *text, size_t len, unsigned int schema, struct record_device *ret,
		       const char **ret_bad);
int record_conference_read(const char *text, size_t len, unsigned int schema, struct record_conference *ret,
			   const char **ret_bad);
int record_party_read(const char *text, size_t len, unsigned int schema, struct record_party *ret,
		      const char **ret_bad);
