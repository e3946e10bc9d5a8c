// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_generic.c - The mixing loops for any CPU of the architecture.
#define KERNEL      mixer_kernel_generic
#define KERNEL_NAME "generic"
#include "gw/mixer/kernel.inc.c"
