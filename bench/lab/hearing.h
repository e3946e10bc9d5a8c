// SPDX-License-Identifier: GPL-3.0-or-later
// hearing.h - Judges by ear: compares the samples a listener heard with those the others played.
#pragma once

#include "bench/lab/verdict.h"

// Measures delay, level, own voice and either SNR (speech) or SINAD (tones) of one listener; what cannot be measured
// stays unknown. Saves what was heard to wav_path unless NULL.
void hearing_judge(const struct verdict_party *parties, unsigned int count, unsigned int listener,
		   const char *wav_path, struct verdict *v);
