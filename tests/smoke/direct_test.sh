#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# direct_test.sh - The lab judges itself: on a plain wire nothing is lost, late, changed or noisier than the codec.
#
#   p1, p2 (IPv4), p3, p4 (IPv6) --- br0: phone to phone, without a gateway
SMOKE_PROGRAMS=slimline-lab
. "$(dirname "$0")/_init.sh"
net_make 4
net_speech "$WORK/speech"
"$(net_program slimline-lab)" run --sounds "$WORK/speech" "$SOURCE/bench/lab/direct.scn" || bad "the lab finds fault with a wire"
echo ok
