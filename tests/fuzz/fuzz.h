// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz.h - What a fuzz target provides: one input, and sound inputs to start from.
//
// The same file is linked with libFuzzer (make fuzz) and with tests/fuzz/main.c, which replays seeds, kept inputs
// (tests/fuzz/corpus/NAME/) and mutations of both as an ordinary test.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FUZZ_INPUT_MAX 65536

// Feeds one input. Returns 0. A broken promise is an abort().
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

// Writes sound input number `index` and returns its length; 0 past the last one.
size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap);
