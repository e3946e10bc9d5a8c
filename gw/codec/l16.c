// SPDX-License-Identifier: GPL-3.0-or-later
// l16.c - Linear samples in network order, for wideband bridges and tests.
#include "gw/codec/list.h"

#include <errno.h>

#include "gw/codec/law.h"

int l16_encode(void *state, const int16_t *pcm, unsigned int samples, uint8_t *out, unsigned int cap)
{
	if (samples > cap / 2)
		return -EINVAL;
	law->swap16(out, pcm, samples);
	return (int)samples * 2;
}

int l16_decode(void *state, const uint8_t *in, unsigned int len, int16_t *pcm, unsigned int cap)
{
	if (len == 0 || len % 2 || len / 2 > cap)
		return -EINVAL;
	law->swap16(pcm, in, len / 2);
	return (int)len / 2;
}
