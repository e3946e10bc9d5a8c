// SPDX-License-Identifier: GPL-3.0-or-later
// resource.h - Capacity and admission for mixing, transcoding and relay.
//
// A device may hold as many conferences as its profile has sessions, and each as many parties as it has
// participants; the agent is told the product as its streams. Every refusal has a reason of refusal.def.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct conference;
struct device;

enum refusal {
#define REFUSAL(name, status, help) REFUSAL_##name,
#include "control/refusal.def"
#undef REFUSAL
	REFUSAL_COUNT
};

// Word, media status for the agent, and help of a reason.
const char *refusal_name(enum refusal r);
uint32_t refusal_status(enum refusal r);
const char *refusal_help(enum refusal r);

// Reason behind a negative errno of the dataplane.
enum refusal refusal_of_dataplane(int status);

// Can the dataplane do anything at all for a party that is already there?
enum refusal resource_dataplane(const struct device *d);

// Are the device's limits reached for one more party in this conference; NULL = in a new one? The reason, or none.
enum refusal resource_is_full(const struct device *d, const struct conference *c);

// May the device take one more party into this conference; NULL = into a new one?
enum refusal resource_admit(const struct device *d, const struct conference *c);

// May the device take a further conference with this many participants?
enum refusal resource_admit_conference(const struct device *d, uint32_t participants);

// Streams that the agent is told: all of them, and of these the ones that cannot be offered now.
uint32_t resource_streams(const struct device *d);
uint32_t resource_out_of_service(const struct device *d);
