// SPDX-License-Identifier: GPL-3.0-or-later
// core.h - The whole model of one control process: its devices, its timers and its dataplane.
//
// Everything below works on events and the time they happened at; it reads no clock and owns no socket, so that the
// program and the tests drive the same code. Not thread-safe: loop only.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/count.h"
#include "control/dp.h"
#include "control/hooks.h"
#include "control/index.h"
#include "control/link.h"
#include "control/resource.h"
#include "control/sweep.h"
#include "gw/config.h"
#include "gw/list.h"
#include "gw/timer.h"

struct device;
struct party;

struct core_options {
	const struct config *config; // kept by the caller until core_fini
	struct link_driver links;
	struct dp_transport dataplane;
	struct hooks hooks;
	uint64_t epoch; // of this process: grows from start to start
	uint64_t seed;  // of the jitter and of hash salts
};

struct core {
	const struct config *config;
	struct link_driver links;
	struct hooks hooks;
	struct timer_set timers;
	struct dp dp;
	struct index streams; // parties by dataplane handle
	struct index sources; // players by dataplane handle
	struct index recordings;
	struct list recorders; // what this process has asked to record
	bool recording_alarm;  // calls cannot be recorded
	uint32_t bridges;      // since start: numbers of their conferences
	struct list alarms;    // files that cannot be played
	uint32_t alarm_count;
	struct device **devices;
	unsigned int device_count;
	struct device **rooms; // hold the conferences that lines share; they register nowhere
	unsigned int room_count;
	uint64_t epoch;
	uint64_t seed;
	nsec_t next_connect; // when one more device may connect, bursts aside
	bool stopping;
	struct sweep sweep; // after a reconnect
};

int core_init(struct core *c, const struct core_options *o);
void core_fini(struct core *c);

// Starts to register every device.
void core_start(struct core *c, nsec_t now);

// When a device that wants to register now may connect: at once, or in its turn of control.register-rate. Takes the turn.
nsec_t core_connect_turn(struct core *c, nsec_t now);

// Unregisters every device; streams live on in the dataplane. core_stopped tells when all have left or given up.
void core_stop(struct core *c, nsec_t now);
bool core_stopped(const struct core *c);

// Devices, then rooms; NULL after the last. For walks over whatever may hold a conference.
struct device *core_holder(const struct core *c, unsigned int i);

// Device by its registered name, or room by "#" and its name; NULL when there is none.
struct device *core_device(const struct core *c, const char *name);

// Party of a dataplane stream; NULL when none has it.
struct party *core_party(const struct core *c, api_handle stream);

// Counters and refusals of all devices added up.
void core_counts(const struct core *c, struct counts *ret, uint64_t ret_refusals[REFUSAL_COUNT]);
