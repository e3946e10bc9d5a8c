// SPDX-License-Identifier: GPL-3.0-or-later
// kernel_v4.c - The mixing loops for CPUs with AVX-512.
#define KERNEL      mixer_kernel_v4
#define KERNEL_NAME "x86-64-v4"
#include "gw/mixer/kernel.inc.c"
