// SPDX-License-Identifier: GPL-3.0-or-later
// law.h - G.711 loops that each compilation of law.inc.c fills, and the A-law/mu-law translators.
#pragma once

#include <stdint.h>

struct law_kernel {
	void (*ulaw_encode)(uint8_t *out, const int16_t *pcm, unsigned int n);
	void (*alaw_encode)(uint8_t *out, const int16_t *pcm, unsigned int n);
	void (*ulaw_decode)(int16_t *pcm, const uint8_t *in, unsigned int n);
	void (*alaw_decode)(int16_t *pcm, const uint8_t *in, unsigned int n);
	void (*swap16)(void *out, const void *in, unsigned int n); // between host and network order
};

extern const struct law_kernel law_kernel_generic;
extern const struct law_kernel law_kernel_v3;
extern const struct law_kernel law_kernel_v4;

// Kernels in use; the generic ones before law_init.
extern const struct law_kernel *law;

// Translates bytes in place: the low 7 bits by a table of 128, aligned to 64, whose entries have the top bit clear, the top bit stays. At
// most 65 535 bytes. Returns what that adds to the one's-complement sum of the payload's words as they lie in memory.
typedef uint64_t law_translator(uint8_t *payload, unsigned int len, const uint8_t table[128]);

law_translator law_translate_scalar, law_translate_avx2, law_translate_vbmi;

// Chooses kernels and builds the conversion tables.
void law_init(void);
