#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# skip.sh - Says that the packet path cannot be tested where DPDK is absent.
echo "skip: this build has no DPDK"
exit 77
