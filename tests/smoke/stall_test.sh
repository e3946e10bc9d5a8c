#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# stall_test.sh - The dataplane is stopped for 30 ms and for 200 ms under transcoded calls: a second later their delay is
# what it was before.
#
#   p1 pcmu/20 --+                    +-- p2 g722/20
#   p3 pcma/20 --+-- [XCD_LAB] -------+-- p4 pcmu/30
. "$(dirname "$0")/_init.sh"
net_make 4
net_speech "$WORK/sounds"

# Two calls that speak for three seconds, stand still for $1 ms, and after a second speak for three more.
stalled() {
	local ms=$1
	lab_start <<END
call transcoder wide {
	party p1 codec pcmu period 20 play $WORK/sounds/1.wav
	party p2 codec g722 period 20 play $WORK/sounds/2.wav
}
call transcoder period {
	party p3 codec pcma period 20 play $WORK/sounds/3.wav
	party p4 codec pcmu period 30 play $WORK/sounds/4.wav
}
devices
start wide
start period
run 4s
pause stall
run 1s
run 3s
end wide
end period
expect wide moved <= 1
expect period moved <= 1
END
	lab_until "pause stall"
	kill -STOP "$DATAPLANE"
	sleep "$(printf '0.%03d' "$ms")"
	kill -CONT "$DATAPLANE"
	lab_go
	lab_passed "a stop of $ms ms stayed in the calls as delay"
}

gateway_start
stalled 30
cp "$WORK/lab.out" "$WORK/lab.30"
stalled 200
echo ok
