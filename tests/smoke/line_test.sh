#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# line_test.sh - Two telephones that echo: they ring, answer and send every packet back; a handset is put down.
#
#   p1 10.77.0.11 --- [SEP02005E001001]     p2 10.77.0.12 --- [SEP02005E001002]
. "$(dirname "$0")/_init.sh"
net_make 2
sed 's/action: room, room: lobby/action: echo/' "$CONFIG" >"$WORK/echo.yaml"
lab_start <<'END'
device line SEP02005E001001
device line SEP02005E001002
call line echo {
	party p1 codec pcmu period 20 tone 437 -10
	party p2 codec l16-16k period 10 tone 1020 -10
}
devices
start echo
run 3s
pause talking
END
gateway_start "$WORK/echo.yaml"
lab_until "pause talking"
[ "$(ctl '[.lines[] | select(.call == "connected" and .far != "")] | length' show line)" = 2 ] ||
	bad "two lines should be connected: $(ctl . show line)"
echoed() {
	local sent=$1
	[ "$(ctl "[.streams[] | select(.stats.rx_packets > $sent and .stats.tx_packets == .stats.rx_packets)] | length" show stream)" = 2 ]
}
net_wait 5 "as many packets back as came" echoed 100 || bad "no echo: $(ctl '[.streams[].stats]' show stream)"
# the lab's agent leaves a handset that is put down to itself: the line ends its call and its media alone
ctl . line SEP02005E001001 hangup >/dev/null || bad "the line does not hang up"
net_wait 10 "one stream" streams_are 1 || bad "media of a call that was hung up go on"
[ "$(ctl '.lines[0].call' show line SEP02005E001002)" = '"connected"' ] || bad "the other line lost its call"
echo ok
