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
