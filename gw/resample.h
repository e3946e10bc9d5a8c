// SPDX-License-Identifier: GPL-3.0-or-later
// resample.h - Changes 8, 16 and 48 kHz into each other by short linear-phase filters.
//
// 8 and 16 kHz: own half-band filter. 48 kHz: speexdsp, which allocates in resample_init and never after:
// make those at start, keep them in a pool and resample_reset them. One writer per state. Hot but for init
// and fini.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct resample;

// Chooses kernels for this CPU. Call once at start; before that the generic ones run.
void resample_cpu_init(void);

// Bytes that resample_init needs, 64-byte alignment. The same for all pairs of rates.
size_t resample_size(void);

// Makes a converter in caller memory. Equal rates copy. Returns 0, -ENOTSUP for rates other than 8000, 16000
// and 48000, -ENOMEM.
int resample_init(void *mem, uint32_t from_hz, uint32_t to_hz);

// Forgets the signal, keeps the rates.
void resample_reset(struct resample *r);

// Releases what init got from a library. NULL is fine.
void resample_fini(struct resample *r);

// Converts a block of `samples`, going down a multiple of the ratio. out must have room for the exact
// count samples * to / from, and not overlap in. Returns that count; a block is always answered in full.
unsigned int resample_run(struct resample *r, const int16_t *in, unsigned int samples, int16_t *out);

// Delay of the filter in microseconds.
unsigned int resample_delay_us(const struct resample *r);
