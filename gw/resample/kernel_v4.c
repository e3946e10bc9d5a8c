// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_v4.c - The half-band filter for CPUs with AVX-512.
#define KERNEL halfband_kernel_v4
#include "gw/resample/kernel.inc.c"
