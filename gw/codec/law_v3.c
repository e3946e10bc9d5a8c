// SPDX-License-Identifier: GPL-3.0-or-later
// law_v3.c - G.711 coding for CPUs with AVX2.
#define KERNEL law_kernel_v3
#include "gw/codec/law.inc.c"
