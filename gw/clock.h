// SPDX-License-Identifier: GPL-3.0-or-later
// clock.h - Units of time and their conversions; reads no clock itself.
#pragma once

#include <stdint.h>

// Every `now` in this project is nanoseconds of a monotonic clock; only differences mean anything.
typedef uint64_t nsec_t;

#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)
