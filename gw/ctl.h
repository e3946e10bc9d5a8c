// SPDX-License-Identifier: GPL-3.0-or-later
// ctl.h - Frames of the admin socket: what slimctl and slimline-control agree on.
//
// A frame is a 32-bit big-endian length and that many bytes of JSON. A request is
// {"command":"show stream","arguments":{...}}; the reply {"ok":true,"schema":1,"data":...} or
// {"ok":false,"schema":1,"code":N,"error":"what and where","hint":"what to do"}. Replies come in the order of requests.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CTL_SCHEMA      1
#define CTL_HEAD        4           // bytes of the length
#define CTL_REQUEST_MAX (16 * 1024) // bytes of JSON
#define CTL_REPLY_MAX   (64 * 1024 * 1024)
#define CTL_DEPTH_MAX   16 // arrays and objects inside each other
#define CTL_SOCKET      "/run/slimline/control.sock"

// Codes of a refusal, which are also slimctl's exit status.
enum ctl_code {
	CTL_OK = 0,
	CTL_REFUSED = 1,     // understood, not done
	CTL_USAGE = 2,       // not understood
	CTL_UNREACHABLE = 3, // no daemon
	CTL_NOT_FOUND = 4,
	CTL_PERMISSION = 5,
	CTL_TIMEOUT = 6,
	CTL_CONFIG = 7, // configuration invalid
	CTL_PARTIAL = 8,
	CTL_CODE_COUNT
};

// Writes a frame's head.
void ctl_head_write(uint8_t head[CTL_HEAD], uint32_t len);

// Looks for a whole frame at the start of what came in. Returns 1 and its JSON (inside bytes), 0 when more is to come,
// -EMSGSIZE when it claims more than max, -EBADMSG when it claims nothing.
int ctl_frame(const uint8_t *bytes, size_t len, size_t max, const char **ret_json, size_t *ret_len);

// Checks how deep a JSON text nests before a parser recurses into it, and that it holds no NUL. Returns 0 or -EBADMSG.
int ctl_depth_check(const char *json, size_t len, unsigned int max);
