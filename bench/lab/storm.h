// SPDX-License-Identifier: GPL-3.0-or-later
// storm.h - As many two-party calls as a gateway sets up, one call after the other and some at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "gw/addr.h"

#define STORM_IN_FLIGHT_MAX 4096

struct storm_options {
	struct addr_port listen;
	uint32_t calls;
	uint32_t in_flight; // calls under way at a time, 1..STORM_IN_FLIGHT_MAX
	uint32_t devices;   // waited for before the first call; calls take turns among them
	bool hold;          // calls stay until the process ends; those refused are taken down
	uint32_t
		a_second; // with hold: calls begun in a second, however many are under way; 0 = as they are answered
	uint32_t codec_b; // SCCP payload of every second party, 0 = mu-law as the first
	FILE *plan;       // with hold: the legs of each call that stands, for the generator; NULL = none
};

struct storm_result {
	uint32_t calls;  // set up and taken down
	uint32_t failed; // of them refused
	double seconds;
	double calls_per_s;
	uint32_t p50_us; // from the first OpenReceiveChannel to the last StartMediaTransmissionAck
	uint32_t p99_us;
};

// Waits for the devices, drives the calls, and measures. Returns 0; -ETIMEDOUT when the devices do not come or answers
// stay out; -EPIPE when a device leaves; other negative errno. Reasons are printed to `errors`.
int storm_run(const struct storm_options *o, FILE *errors, struct storm_result *ret);
