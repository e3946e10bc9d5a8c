// SPDX-License-Identifier: GPL-3.0-or-later
// keep.h - Keeps the store's records in step with the model.
//
// Every function fits the member of struct hooks of its name; `context` is the struct keep. Nothing here waits, and
// media never depends on it: what cannot be recorded is counted.
#pragma once

#include <stdint.h>

#include "control/hooks.h"
#include "control/record.h"

struct store;

struct keep {
	struct store *store; // NULL: not open, nothing is kept
	uint64_t failed;     // records that could not be put or dropped
};

void keep_device_changed(void *context, const struct device *d, nsec_t now);
void keep_conference_changed(void *context, const struct conference *c, nsec_t now);
void keep_party_changed(void *context, const struct party *p, nsec_t now);
void keep_conference_gone(void *context, const struct conference *c, nsec_t now);
void keep_party_gone(void *context, const struct party *p, const struct stream_stats *last, nsec_t now);
