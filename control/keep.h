// SPDX-License-Identifier: GPL-3.0-or-later
// keep.h - Keeps the store's records in step with the model.
//
// Every function fits the member of struct hooks of its name; `context` is the struct keep. Nothing here waits, and
// media never depends on it: what cannot be recorded is counted. Conferences and parties change several times in one
// turn of the loop; they are noted and written once, by keep_flush at its end.
#pragma once

#include <stdint.h>

#include "control/hooks.h"
#include "control/record.h"
#include "gw/list.h"

struct store;

struct keep {
	struct store *store;              // NULL: not open, nothing is kept
	uint64_t failed;                  // records that could not be put or dropped
	struct list conferences, parties; // noted
	void (*later)(void *arg);         // asks for keep_flush
	void *arg;
};

// `later` is called for every note; without it every change is written at once.
void keep_init(struct keep *k, struct store *store, void (*later)(void *arg), void *arg);

// Writes what has been noted.
void keep_flush(struct keep *k);

void keep_device_changed(void *context, const struct device *d, nsec_t now);
void keep_conference_changed(void *context, const struct conference *c, nsec_t now);
void keep_party_changed(void *context, const struct party *p, nsec_t now);
void keep_conference_gone(void *context, const struct conference *c, nsec_t now);
void keep_party_gone(void *context, const struct party *p, const struct stream_stats *last, nsec_t now);
