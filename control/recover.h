// SPDX-License-Identifier: GPL-3.0-or-later
// recover.h - Start-up reconciliation of store, dataplane and call agents.
//
// The dataplane is the truth about what runs; records add what it does not know. At start the two are read, while
// media goes on, and then:
//   stream and record   the party is back as it was
//   stream alone        a party is made from the stream's own reference
//   record alone        its stream ended meanwhile: dropped; but if the dataplane restarted, the stream is opened
//                       again on the same port
// Restored parties are orphans until their agent speaks of them again, and end when they fall silent
// (control.orphan_ms). Streams of devices that the configuration no longer has are closed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"

struct core;
struct recover;
struct store;

#define RECOVER_WAIT_NS (3 * NSEC_PER_SEC) // how long registration waits for the store and for the dataplane

struct recover_result {
	uint32_t streams;  // found in the dataplane
	uint32_t records;  // parties found in the store
	uint32_t adopted;  // stream and record
	uint32_t orphans;  // stream alone
	uint32_t reopened; // record alone, dataplane restarted
	uint32_t dropped;  // record alone
	uint32_t closed;   // streams nobody can own: device gone, limits, senseless
	uint32_t conferences;
	uint32_t bad;    // records that did not read back
	bool store_away; // nothing read from the store
	bool waiting;    // the dataplane is not there: adoption follows when it is
};

struct recover_options {
	struct core *core; // its hooks keep the records (keep.h)
	struct store *store;
	nsec_t (*clock)(void); // monotonic, for answers of the store
	// Called once, when devices may start to register: all is adopted, or the dataplane did not come in time and
	// ret.waiting is set. Never called from recover_start.
	void (*done)(void *arg, const struct recover_result *r, nsec_t now);
	void *arg;
};

// Begins. Raises core's and store's epoch above every epoch found. Returns 0 or -ENOMEM.
int recover_start(const struct recover_options *o, nsec_t now, struct recover **ret);

// What has come of it so far.
const struct recover_result *recover_result(const struct recover *r);

// Gives up what is not yet done; the store must be closed or its scan over before. Takes NULL.
void recover_free(struct recover *r);
