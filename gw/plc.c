// SPDX-License-Identifier: GPL-3.0-or-later
// plc.c - Fills the gap of a lost frame from its past, by spandsp.
#include "gw/plc.h"

#include <spandsp.h>

struct plc {
	plc_state_t state;
};

size_t plc_size(void)
{
	return sizeof(struct plc);
}

struct plc *plc_make(void *mem, uint32_t rate_hz)
{
	struct plc *p = mem;
	plc_init(&p->state);
	return p;
}

void plc_good(struct plc *p, int16_t *pcm, unsigned int samples)
{
	plc_rx(&p->state, pcm, (int)samples);
}

void plc_fill(struct plc *p, int16_t *pcm, unsigned int samples)
{
	plc_fillin(&p->state, pcm, (int)samples);
}
