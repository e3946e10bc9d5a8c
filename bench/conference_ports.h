// SPDX-License-Identifier: GPL-3.0-or-later
// conference_ports.h - G.711 conferences of 8 through the worker's own loop over ring ports.
#pragma once

// Measures and reports the case ports-g711. Returns 0, or not 0 when packets were lost or something cannot be had.
int conference_ports(void);
