// SPDX-License-Identifier: GPL-3.0-or-later
// recorder.h - Recordings that this process has asked the dataplane for: begun, over, or refused.
//
// The dataplane writes the file and ends it by itself, so nothing here has to happen for a recording to be complete. What
// cannot be written is an alarm: a line in the log and a message to the agent, once until one is complete again, and a
// counter.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/index.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/list.h"

struct core;
struct device;

struct recorder_limits {
	uint32_t max_ms, min_ms, silence_ms; // as in api_record_open
	const char *label;                   // NULL = the name of the device
};

struct recorder;

// First: begun (status 0) or refused (negative errno), `end` NULL. Then, of what has begun, once: how it ended, or
// that the dataplane was lost (negative errno, `end` NULL). The recorder is gone after any but the first.
typedef void (*recorder_done)(void *object, struct recorder *r, int status,
			      const struct api_record_event *end, nsec_t now);

struct recorder {
	struct list link; // in core.recorders
	struct index_node by_handle;
	struct core *core;
	struct device *to; // whose agent hears of alarms
	api_handle handle; // 0 = not begun
	uint32_t request;
	bool stopping;
	char name[API_RECORD_NAME_MAX];
	recorder_done done; // NULL: nobody waits
	void *object;
};

// Records a stream of a device. `done` may be NULL; it is never called before this returns. NULL when the dataplane is
// away, or without memory.
struct recorder *recorder_start(struct device *d, api_handle stream, const struct recorder_limits *limits,
				recorder_done done, void *object, nsec_t now);

// Takes over what the process before has begun, and which goes on. NULL without memory.
struct recorder *recorder_adopt(struct device *d, api_handle handle, const char *name, recorder_done done,
				void *object);

// Ends it; `done` follows when the file is complete.
void recorder_stop(struct recorder *r, nsec_t now);

// Nobody waits any more. What has begun goes on to its own end. Takes NULL.
void recorder_leave(struct recorder *r);

// Deletes a complete recording, or all with a label that begins with API_RECORD_PASSING. False when the dataplane is away.
bool recorder_delete(struct core *c, const char *name, nsec_t now);

// The dataplane reported an end; the connection to it is lost.
void recorder_event(struct core *c, const struct api_record_event *e, nsec_t now);
void recorders_lost(struct core *c, nsec_t now);

void recorders_free(struct core *c);
