// SPDX-License-Identifier: GPL-3.0-or-later
// timeline.h - Speech laid out in time: what a phone said and what it heard, sample by sample.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bench/lab/audio.h"
#include "bench/lab/packet.h"
#include "gw/clock.h"
#include "gw/codec.h"

// Sample n plays at base + n / rate when every packet plays the moment it comes (its median packet, rather).
struct timeline {
	double *pcm;
	size_t count;
	uint32_t rate_hz;
	nsec_t base;
};

// Decodes what was heard, in RTP time; a lost packet is silence. A break in SSRC or timestamp goes on at the time of
// arrival. Returns 0, -ENODATA when nothing was heard, -ENOMEM.
int timeline_heard(const struct packet_log *log, const struct codec *codec, struct timeline *ret);

// Lays out what was said: the looping source up to the last packet, at `rate_hz`.
// Returns 0, -ENODATA when nothing was said, -ENOMEM.
int timeline_said(const struct packet_log *log, const struct codec *codec, uint8_t period_ms,
		  const struct audio *source, uint32_t rate_hz, struct timeline *ret);

// Writes it as a WAV file. Returns 0 or negative errno.
int timeline_save(const struct timeline *t, const char *path);

void timeline_free(struct timeline *t);
