// SPDX-License-Identifier: GPL-3.0-or-later
// edit.h - The prompt: line editing, history, TAB completion and ? for help.
#pragma once

struct session;

// Runs lines from the terminal until quit or end of input. Returns the exit status.
int edit_run(struct session *s);
