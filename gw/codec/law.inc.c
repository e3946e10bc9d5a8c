// SPDX-License-Identifier: GPL-3.0-or-later
// law.inc.c - G.711 coding of linear samples, written once and compiled for several CPUs.
//
// A law's segment and step are the exponent and the upper mantissa of a floating-point number, so the conversion to float
// finds both at once, without tables, variable shifts or bit scans, and every compiler makes vector code of it.
// Exact for all 65 536 inputs (ITU-T G.191 sweep): negatives take the one's complement before the shift.
#include <string.h>

#include "gw/codec/law.h"

static inline int32_t float_bits(float f)
{
	int32_t i;
	memcpy(&i, &f, sizeof(i));
	return i;
}

static inline float bits_float(int32_t i)
{
	float f;
	memcpy(&f, &i, sizeof(f));
	return f;
}

// Magnitude in 14 bits plus 33 lies in 33..8191: exponent 5..12 is segment 0..7.
static inline uint8_t ulaw_from(int32_t x)
{
	int32_t magnitude = ((x ^ x >> 31) >> 2) + 33;
	magnitude = magnitude > 8191 ? 8191 : magnitude;
	int32_t code = (float_bits((float)magnitude) >> 19) - ((127 + 5) << 4);
	return (uint8_t) ~(code | (x >> 31 & 0x80));
}

// Magnitude in 12 bits, less one: below 32 it is the code itself, above, exponent 5..10 is segment 2..7.
static inline uint8_t alaw_from(int32_t x)
{
	int32_t magnitude = (x ^ x >> 31) >> 4;
	int32_t code = (float_bits((float)magnitude) >> 19) - ((127 + 3) << 4);
	int32_t low = (magnitude - 32) >> 31;
	code = (magnitude & low) | (code & ~low);
	return (uint8_t)((code | (~(x >> 31) & 0x80)) ^ 0x55);
}

static inline int16_t ulaw_to(uint8_t c)
{
	int32_t code = ~c & 0x7f, sign = -(int32_t)(~c >> 7 & 1);
	int32_t magnitude = (int32_t)bits_float((code << 19) + ((127 + 7) << 23) + (1 << 18)) - 132;
	return (int16_t)((magnitude ^ sign) - sign);
}

static inline int16_t alaw_to(uint8_t c)
{
	int32_t code = (c ^ 0x55) & 0x7f, sign = -(int32_t)(~c >> 7 & 1);
	int32_t magnitude = (int32_t)bits_float((code << 19) + ((127 + 7) << 23) + (1 << 18));
	magnitude = code < 16 ? code * 16 + 8 : magnitude;
	return (int16_t)((magnitude ^ sign) - sign);
}

static void ulaw_encode(uint8_t *restrict out, const int16_t *restrict pcm, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		out[i] = ulaw_from(pcm[i]);
}

static void alaw_encode(uint8_t *restrict out, const int16_t *restrict pcm, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		out[i] = alaw_from(pcm[i]);
}

static void ulaw_decode(int16_t *restrict pcm, const uint8_t *restrict in, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pcm[i] = ulaw_to(in[i]);
}

static void alaw_decode(int16_t *restrict pcm, const uint8_t *restrict in, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pcm[i] = alaw_to(in[i]);
}

// Payloads lie at any address.
typedef uint16_t unaligned16 __attribute__((aligned(1), may_alias));

static void swap16(void *restrict out, const void *restrict in, unsigned int n)
{
	unaligned16 *o = out;
	const unaligned16 *p = in;
	for (unsigned int i = 0; i < n; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		o[i] = (uint16_t)(p[i] << 8 | p[i] >> 8);
#else
		o[i] = p[i];
#endif
}

const struct law_kernel KERNEL = {
	.ulaw_encode = ulaw_encode,
	.alaw_encode = alaw_encode,
	.ulaw_decode = ulaw_decode,
	.alaw_decode = alaw_decode,
	.swap16 = swap16,
};
