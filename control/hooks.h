// SPDX-License-Identifier: GPL-3.0-or-later
// hooks.h - What the model tells whoever keeps records of it.
//
// Called on the loop, after the model has changed; a hook reads the objects it is given and changes nothing.
// Any member may be NULL.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/api.h"
#include "gw/clock.h"
#include "gw/stream.h"

struct conference;
struct device;
struct party;

struct hooks {
	void *context;
	void (*device_changed)(void *context, const struct device *d, nsec_t now);
	// A conference or party that is not in a record yet, or whose record is no longer true.
	void (*conference_changed)(void *context, const struct conference *c, nsec_t now);
	void (*party_changed)(void *context, const struct party *p, nsec_t now);
	// Last call for an object. `last` is NULL when the dataplane could not tell any more.
	void (*conference_gone)(void *context, const struct conference *c, nsec_t now);
	void (*party_gone)(void *context, const struct party *p, const struct stream_stats *last, nsec_t now);
	// The dataplane was greeted: `same` = it did not restart. Called before parties are opened again.
	void (*dataplane_back)(void *context, bool same, nsec_t now);
	// A stream event for a party; NULL when no party of ours has this stream.
	void (*stream_event)(void *context, const struct party *p, const struct api_stream_event *e,
			     nsec_t now);
	// Every SCCP message, as bytes, for traces; sent = by us.
	void (*message)(void *context, const struct device *d, bool sent, const uint8_t *pdu, size_t len,
			nsec_t now);
};
