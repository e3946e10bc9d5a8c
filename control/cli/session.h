// SPDX-License-Identifier: GPL-3.0-or-later
// session.h - Runs command lines: matches, asks the daemon, prints, and says what went wrong.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "control/cli/print.h"
#include "gw/ctl.h"

struct session {
	const char *socket;
	int timeout_ms;
	enum print_format format;
	bool all;
	bool pager;    // long answers go through one
	bool quit;     // set by the quit command
	int fd;        // of the daemon, -1 = not connected
	size_t prompt; // columns before the line on the terminal; 0 = it is not there, show it
	FILE *out;
	FILE *err;
};

// Runs one line. Returns enum ctl_code, which is the exit status.
int session_run(struct session *s, const char *line);

void session_close(struct session *s);
