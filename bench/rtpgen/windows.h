// SPDX-License-Identifier: GPL-3.0-or-later
// windows.h - A trial in short windows, each with its own delays and with who was away in it.
//
// One moment without a CPU ruins the high percentiles of a whole trial. In windows it is seen for what it is: the generator knows
// from its own turns when it was away itself, and the kernel knows how long the device's thread waited for its CPU. What is
// left are the device's own delays, and what the host does to it.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench/rtpgen/legs.h"

#define WINDOWS_MAX 1024

struct window {
	float p50_us, p99_us, p999_us;
	float generator_us; // longest turn of ours
	float device_us;    // the device's thread was ready to run, and others ran
};

struct windows {
	uint64_t length; // cycles; 0 = no windows
	uint64_t end;    // of the one that is open
	uint64_t turn;   // when our last turn ended, 0 = the next turn's end opens a window
	uint64_t longest;
	double cycles_per_us;
	uint64_t waited_ns;   // by the device until now
	int device_fd;        // what the kernel knows of the device's thread, -1 = nothing
	struct delays before; // when the open window began
	uint32_t count;
	struct window done[WINDOWS_MAX];
};

// Windows of `length_us`. `device` is a thread of the device's, by its id, or 0.
void windows_init(struct windows *w, double length_us, double cycles_per_us, pid_t device);
void windows_close(struct windows *w);

// Forgets what was. `delays` is as legs.h counts them on and on.
void windows_begin(struct windows *w, const struct delays *delays);

// Ends the window; what that takes is no absence.
void windows_next(struct windows *w, const struct delays *delays);

// Told after each turn: how long it was, and whether the window is over.
static inline void windows_turn(struct windows *w, const struct delays *delays, uint64_t now)
{
	if (!w->length)
		return;
	if (!w->turn)
		w->end = now + w->length;
	else if (now - w->turn > w->longest)
		w->longest = now - w->turn;
	w->turn = now;
	if (now >= w->end)
		windows_next(w, delays);
}

// Prints all as a JSON member, an array of [p50, p99, p99.9, generator, device], microseconds.
void windows_print(const struct windows *w, const char *name, FILE *out);
