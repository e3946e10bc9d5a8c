// SPDX-License-Identifier: GPL-3.0-or-later
// hearing.h - Judges by ear: compares the samples a listener heard with those the others played.
#pragma once

#include "bench/lab/verdict.h"

struct hearing_tone {
	double hz, dbm0;
};

// Judges a mono recording of tones, from its third second on: how clean (dB) and how far off in level the worst of them is
// (dB). Returns 0, -ENODATA when it is too short, or the error of reading it.
int hearing_judge_file(const char *path, const struct hearing_tone *tones, unsigned int count,
		       double *ret_sinad, double *ret_level);

// Measures delay, level, own voice and either SNR (speech) or SINAD (tones) of one listener; what cannot be measured
// stays unknown. Saves what was heard to wav_path unless NULL.
void hearing_judge(const struct verdict_party *parties, unsigned int count, unsigned int listener,
		   const char *wav_path, struct verdict *v);
