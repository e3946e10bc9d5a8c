// SPDX-License-Identifier: GPL-3.0-or-later
// netns.h - Sockets inside other network namespaces, and sockaddr conversions.
#pragma once

#include <sys/socket.h>

#include "gw/addr.h"
#include "gw/clock.h"

// Opens a non-blocking socket of `type` (SOCK_DGRAM, SOCK_STREAM) inside the named namespace ("" = ours) and binds it to
// `local` (port 0 = any; *local then holds the one given). Returns a descriptor or negative errno.
// The calling thread is in its own namespace again when this returns.
int netns_socket(const char *netns, int type, struct addr_port *local);

// Writes a as a sockaddr. Returns its length.
socklen_t netns_sockaddr(const struct addr_port *a, struct sockaddr_storage *ret);

// Reads a sockaddr; ADDR_NONE for other families.
struct addr_port netns_addr_port(const struct sockaddr_storage *sa);

// CLOCK_MONOTONIC.
nsec_t lab_now(void);

// Distance from CLOCK_MONOTONIC to CLOCK_REALTIME: subtract it from a kernel receive time.
int64_t lab_wallclock_offset(void);
