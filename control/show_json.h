// SPDX-License-Identifier: GPL-3.0-or-later
// show_json.h - Streams, statistics, workers and ports as JSON objects.
#pragma once

#include <jansson.h>

#include "gw/api.h"

// Any text, cut at its NUL or at cap; bytes that are no UTF-8 become '?'. Never NULL but for lack of memory.
json_t *show_text(const char *text, size_t cap);

json_t *show_addr_port(const struct addr_port *a);
json_t *show_format(const struct stream_format *f);
json_t *show_stats(const struct stream_stats *s);
const char *show_outcome(uint32_t outcome);
const char *show_mode(uint32_t stream_flags);

// Adds id, worker, addresses, codecs, reference and stats of a stream to an object.
void show_stream_entry(json_t *o, const struct api_stream_entry *e);

// The dataplane's own status: uptime, workers, ports.
void show_dataplane_status(json_t *o, const struct api_status_reply *s);
