// SPDX-License-Identifier: GPL-3.0-or-later
// conference_ports.h - G.711 conferences of 8 through the worker's own loop over ring ports.
#pragma once

#define CONFERENCE_PORTS_PARTIES 60000

// Measures and reports the case ports-g711 with so many parties open, a multiple of 8 up to 120000; beyond 6000 where
// there are huge pages. Returns 0, or not 0 when packets were lost or something cannot be had.
int conference_ports(unsigned int parties);
