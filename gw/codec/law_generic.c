// SPDX-License-Identifier: GPL-3.0-or-later
// law_generic.c - G.711 coding for any CPU of the architecture.
#define KERNEL law_kernel_generic
#include "gw/codec/law.inc.c"
