// SPDX-License-Identifier: GPL-3.0-or-later
// client.h - slimctl's end of the admin socket: one request, one reply, within a time.
#pragma once

#include <jansson.h>

// Connects. Returns a descriptor or negative errno.
int client_open(const char *path, int timeout_ms);

// Asks; id NULL or "" = no argument, cursor 0 = from the start of a list. Returns 0 and the reply, which is an object with "ok"; -ETIMEDOUT; -ECONNRESET when
// the daemon went away; -EBADMSG when what came is no reply; other negative errno.
int client_ask(int fd, const char *command, const char *id, json_int_t cursor, int timeout_ms,
	       json_t **ret_reply);
