#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# storm_test.sh - Two-party calls as fast as they go, on three devices: none is refused, and nothing of them is left.
. "$(dirname "$0")/_init.sh"
net_make 1
ip netns exec slim-agent "$(net_program slimline-lab)" storm --listen 10.78.0.1:2000 --calls 2000 --in-flight 8 \
	--devices 3 >"$WORK/lab.out" 2>&1 &
LAB=$!
gateway_start
lab_passed "a call was refused or not answered"
net_wait 10 "the last streams to close" streams_are 0 || bad "streams are left: $(stream_count)"
echo ok
