// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_v3.c - The mixing loops for CPUs with AVX2.
#define KERNEL      mixer_kernel_v3
#define KERNEL_NAME "x86-64-v3"
#include "gw/mixer/kernel.inc.c"
