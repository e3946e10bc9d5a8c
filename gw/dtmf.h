// SPDX-License-Identifier: GPL-3.0-or-later
// dtmf.h - DTMF in samples of 8 kHz, found and made by spandsp, and its names as events and characters.
//
// Owner worker only. Hot: nothing here allocates.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTMF_RATE_HZ 8000

struct dtmf_rx;
struct dtmf_tx;

// RFC 4733 event 0..15 of a character 0-9 * # A-D (a-d); -1 for others.
int dtmf_event(char digit);

// Character of an event 0..15; 0 for others.
char dtmf_digit(unsigned int event);

// --- finding ---

// Bytes that dtmf_rx_make needs; 64-byte alignment.
size_t dtmf_rx_size(void);

// Makes a detector in caller memory.
struct dtmf_rx *dtmf_rx_make(void *mem);

// Listens to a block. Digits appear in dtmf_rx_next once they have lasted about 40 ms.
void dtmf_rx_listen(struct dtmf_rx *r, const int16_t *pcm, unsigned int samples);

// Says that `samples` were lost, so that a digit that spans them stays one digit.
void dtmf_rx_gap(struct dtmf_rx *r, unsigned int samples);

// True while what was heard last is a digit, or may be the first moments of one: tones for about 13 ms at least.
bool dtmf_rx_sounding(struct dtmf_rx *r);

// Takes the oldest digit found. False when there is none.
bool dtmf_rx_next(struct dtmf_rx *r, char *ret_digit);

// --- making ---

size_t dtmf_tx_size(void);

// Makes a generator in caller memory: `level_dbm0` of each of the two tones, times of tone and pause.
struct dtmf_tx *dtmf_tx_make(void *mem, int level_dbm0, unsigned int on_ms, unsigned int off_ms);

// Queues a digit. Returns 0, -EINVAL for characters that are none, -ENOSPC when the queue is full.
int dtmf_tx_queue(struct dtmf_tx *t, char digit);

// Writes a block. Returns samples that belong to a digit or its pause; the rest of the block is silence.
unsigned int dtmf_tx_run(struct dtmf_tx *t, int16_t *pcm, unsigned int samples);
