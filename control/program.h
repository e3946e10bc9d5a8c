// SPDX-License-Identifier: GPL-3.0-or-later
// program.h - slimline-control as a whole: everything it owns, and the order in which it is started and stopped.
#pragma once

#include <stdbool.h>

#include "control/core.h"
#include "control/dp_socket.h"
#include "control/keep.h"
#include "control/loop.h"
#include "control/show.h"
#include "control/tcp.h"
#include "gw/config.h"

struct admin;
struct recover;
struct store;

struct program {
	struct config *config;
	struct loop loop;
	struct core core;
	struct tcp tcp;
	struct dp_socket dataplane;
	struct store *store;
	struct keep keep; // writes the store's records
	struct loop_job keep_job;
	struct recover *recover;
	struct show show; // answers on the admin socket
	struct admin *admin;
	nsec_t started;
	bool failed;          // stops because something broke, not because it was told to
	unsigned int modules; // started
};

// Starts every module in order; on failure the ones before it are stopped again. 0 or negative errno, already logged.
int modules_start(struct program *p);

// Stops what was started, in reverse.
void modules_stop(struct program *p);
