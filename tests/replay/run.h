// SPDX-License-Identifier: GPL-3.0-or-later
// run.h - One scenario being played: the world it plays in, and how it fails.
#pragma once

#include <stdbool.h>

#include "control/core.h"
#include "gw/config.h"
#include "tests/fake/agent.h"
#include "tests/fake/dp.h"
#include "tests/replay/life.h"

#define TEXT_MAX 1024 // of a line

struct run {
	const char *file;
	unsigned int line;
	bool failed;
	char yaml[8192];
	struct config *config;
	struct core core;
	bool made;
	struct fake_agent agents;
	struct fake_dp dp;
	struct life life;
	unsigned int kills;
	struct device *device;
	nsec_t now;
	unsigned int version; // what the agent speaks
	bool version_set;
	int header; // header version to write, -1 = as encoded
};

// Says what is wrong, with file and line, and ends the scenario.
__attribute__((format(printf, 2, 3))) void fail(struct run *r, const char *format, ...);

// Compares with what the scenario says.
void want_number(struct run *r, const char *what, unsigned long long actual, const char *expected);
void want_text(struct run *r, const char *what, const char *actual, const char *expected);

// check WHAT ARGS
void say_check(struct run *r, char *text);

// The world: made once there is a statement besides the configuration's; what answers each other does so; time passes.
void run_make(struct run *r);
void run_pump(struct run *r);
void run_advance(struct run *r, nsec_t until);

// A time as Ns or Nms.
nsec_t run_time(struct run *r, const char *text);

// Statements of death.c and plane.c; runner.c says what each is.
void say_kill(struct run *r, char *args);
void say_forget_store(struct run *r, char *args);
void say_astray(struct run *r, char *args);
void say_recover(struct run *r, char *args);
void say_dataplane(struct run *r, char *args);
void say_event(struct run *r, char *args);
void say_played(struct run *r, char *args);
void say_recorded(struct run *r, char *args);
void say_worthless(struct run *r, char *args);
void say_packets(struct run *r, char *args);
void say_unreadable(struct run *r, char *args);
void say_idle(struct run *r, char *args);
