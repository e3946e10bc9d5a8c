// SPDX-License-Identifier: GPL-3.0-or-later
// dtmf.c - DTMF in samples, found and made by spandsp.
#include "gw/dtmf.h"

#include <errno.h>
#include <spandsp.h>
#include <spandsp/expose.h>
#include <string.h>

static const char digits[] = "0123456789*#ABCD";

struct dtmf_rx {
	dtmf_rx_state_t state;
};

struct dtmf_tx {
	dtmf_tx_state_t state;
};

int dtmf_event(char digit)
{
	char upper = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;
	const char *at = upper ? strchr(digits, upper) : NULL;
	return at ? (int)(at - digits) : -1;
}

char dtmf_digit(unsigned int event)
{
	return event < 16 ? digits[event] : 0;
}

size_t dtmf_rx_size(void)
{
	return sizeof(struct dtmf_rx);
}

struct dtmf_rx *dtmf_rx_make(void *mem)
{
	struct dtmf_rx *r = mem;
	dtmf_rx_init(&r->state, NULL, NULL);
	return r;
}

void dtmf_rx_listen(struct dtmf_rx *r, const int16_t *pcm, unsigned int samples)
{
	dtmf_rx(&r->state, pcm, (int)samples);
}

void dtmf_rx_gap(struct dtmf_rx *r, unsigned int samples)
{
	dtmf_rx_fillin(&r->state, (int)samples);
}

bool dtmf_rx_sounding(struct dtmf_rx *r)
{
	return dtmf_rx_status(&r->state) != 0;
}

bool dtmf_rx_next(struct dtmf_rx *r, char *ret_digit)
{
	char digit[2];
	if (dtmf_rx_get(&r->state, digit, 1) == 0)
		return false;
	*ret_digit = digit[0];
	return true;
}

size_t dtmf_tx_size(void)
{
	return sizeof(struct dtmf_tx);
}

struct dtmf_tx *dtmf_tx_make(void *mem, int level_dbm0, unsigned int on_ms, unsigned int off_ms)
{
	struct dtmf_tx *t = mem;
	dtmf_tx_init(&t->state);
	dtmf_tx_set_level(&t->state, level_dbm0, 0);
	dtmf_tx_set_timing(&t->state, (int)on_ms, (int)off_ms);
	return t;
}

int dtmf_tx_queue(struct dtmf_tx *t, char digit)
{
	int event = dtmf_event(digit);
	if (event < 0)
		return -EINVAL;
	return dtmf_tx_put(&t->state, &digits[event], 1) == 0 ? 0 : -ENOSPC;
}

unsigned int dtmf_tx_run(struct dtmf_tx *t, int16_t *pcm, unsigned int samples)
{
	int made = dtmf_tx(&t->state, pcm, (int)samples);
	unsigned int n = made > 0 ? (unsigned int)made : 0;
	memset(pcm + n, 0, (samples - n) * sizeof(pcm[0]));
	return n;
}
