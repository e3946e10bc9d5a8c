// SPDX-License-Identifier: GPL-3.0-or-later
// plc.h - Fills the gap of a lost frame from its past and future, for codecs without concealment of their own.
//
// Owner worker only. Hot: nothing here allocates. 20 ms at 8 kHz: 0.08 us when good, 2.4 us
// when lost.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct plc;

// Bytes that plc_make needs; 64-byte alignment.
size_t plc_size(void);

// Makes a concealer for 8000 or 16000 samples a second in caller memory.
struct plc *plc_make(void *mem, uint32_t rate_hz);

// Learns from a good block. After a gap it blends the start of the block into what was made up.
void plc_good(struct plc *p, int16_t *pcm, unsigned int samples);

// Makes up a block; fades out over longer gaps.
void plc_fill(struct plc *p, int16_t *pcm, unsigned int samples);

// The same where the next `known` samples behind this block are known: `then`, which plc_good is given afterwards.
// Less than 5 ms of them help nothing.
void plc_bridge(struct plc *p, int16_t *pcm, unsigned int samples, const int16_t *then, unsigned int known);
