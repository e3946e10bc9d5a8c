// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_generic.c - The half-band filter for any CPU of the architecture.
#define KERNEL halfband_kernel_generic
#include "gw/resample/kernel.inc.c"
