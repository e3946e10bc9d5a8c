// SPDX-License-Identifier: GPL-3.0-or-later
// sound.h - Sound files and tones as samples in memory, shared by all sources that play them.
//
// Main thread only. Workers read the samples of a complete sound that somebody holds; they never change and never move. A file
// is opened and judged by its header when its first source opens, read whole in slices of a ms or so, so that nobody waits for
// a long one, and kept until the last source closes; a file that has changed on disk is another sound for whoever
// comes next.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifndef LIST_ITEM
#undef LIST_FOREACH // of sys/queue.h, which DPDK brings
#endif
#include "gw/list.h"
#include "gw/tone.h"

#define SOUND_BYTES_MAX  (UINT64_C(64) << 20) // of one sound: 35 minutes at 16 kHz
#define SOUNDS_BYTES_MAX (UINT64_C(1) << 30)  // of all of them

struct sound_reading;

struct sound {
	struct list node;
	struct sound_reading *reading; // NULL: complete, or given up
	int status;                    // why it was given up
	unsigned int holders;
	uint32_t rate_hz; // 8000 or 16000
	uint32_t samples; // of a complete one not 0
	uint32_t cap;     // samples that there is room for
	const struct tone *tone;
	char *path; // NULL for a tone
	struct timespec changed;
	uint64_t size; // of the file
	int16_t pcm[];
};

struct sounds {
	struct list all;
	uint64_t bytes; // of samples
};

void sounds_init(struct sounds *s);

// Frees them all, held or not.
void sounds_fini(struct sounds *s);

// Holds a file in any form that libsndfile reads: one channel, 8 kHz if the file has no more, else 16 kHz. Its samples
// come by sounds_read. Returns 0, what opening it said, -EINVAL when it is no sound, -EFBIG when it is too long, -ENOMEM.
int sound_file(struct sounds *s, const char *path, struct sound **ret);

// Reads a slice of a file that is not complete yet. False: there is none.
bool sounds_read(struct sounds *s);

// Holds one round of a tone's cadence.
int sound_tone(struct sounds *s, const struct tone *tone, struct sound **ret);

// Takes NULL.
void sound_release(struct sounds *s, struct sound *sound);
