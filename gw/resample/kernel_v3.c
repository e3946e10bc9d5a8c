// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_v3.c - The half-band filter for CPUs with AVX2.
#define KERNEL halfband_kernel_v3
#include "gw/resample/kernel.inc.c"
