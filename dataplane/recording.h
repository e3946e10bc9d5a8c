// SPDX-License-Identifier: GPL-3.0-or-later
// recording.h - What a tap gives, written to a WAV file that gets its name when it is complete.
//
// What waits for the disk is done by the scribe, for one recording at a time; the rest of the process goes on. The file is hidden
// (".NAME.part") until its end; its header is right after every write, so that even one that a power cut left behind can
// be heard. What is written is handed to the kernel, not forced onto the disk.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "gw/clock.h"
#include "gw/media.h"

#define RECORDING_NAME_MAX 96

struct recording_options {
	const char *directory;
	uint64_t keep_free; // bytes
	const char *node;
	const char *label;
	time_t wall;    // for the name
	uint32_t count; // likewise: tells those of one second apart
	uint32_t max_ms, min_ms, silence_ms;
};

enum recording_state {
	RECORDING_GOES_ON,
	RECORDING_OVER, // its stream has closed
	RECORDING_LIMIT,
	RECORDING_SILENCE,
	RECORDING_FAILED, // recording.status
};

struct recording {
	struct media_tap tap; // for the worker
	char name[RECORDING_NAME_MAX];
	int status; // of the last write, negative errno
	uint32_t ms;
	uint32_t heard_ms; // of it, up to the last sound
	uint64_t lost_seen;
	nsec_t deadline; // by the clock, should no sound come at all
	struct recording_file *file;
};

// Makes the file. Returns 0, -ENOTSUP without a directory, -ENOSPC, -ENAMETOOLONG, -ENOMEM, or what making it said.
int recording_open(const struct recording_options *o, nsec_t now, struct recording **ret);

// Writes what has come.
enum recording_state recording_write(struct recording *r, nsec_t now);

// Units of 10 ms lost since this was asked last.
uint64_t recording_lost(struct recording *r);

// Completes the file and frees. Returns 1, 0 when it was shorter than its minimum and is gone, or negative errno when it
// could not be completed. The worker must have let go of the tap.
int recording_close(struct recording *r);

// Deletes what there is, and frees.
void recording_discard(struct recording *r);

// Deletes the complete recordings with a label, and what a crash left of incomplete ones (`parts`: none is under way now).
// Returns 0, -ENOTSUP without a directory, or why it cannot be read.
int recording_delete_all(const char *directory, const char *node, const char *label, bool parts);

// True for a name that recording_open makes on this node: no path, nothing hidden, nobody else's.
bool recording_name_ok(const char *name, const char *node);

// Writes the full path of a complete recording. Returns 0, -EINVAL for a name that is none of ours, -ENOTSUP,
// -ENAMETOOLONG.
int recording_path(const char *directory, const char *node, const char *name, char *ret, size_t cap);
