// SPDX-License-Identifier: GPL-3.0-or-later
// law_v4.c - G.711 coding for CPUs with AVX-512.
#define KERNEL law_kernel_v4
#include "gw/codec/law.inc.c"
