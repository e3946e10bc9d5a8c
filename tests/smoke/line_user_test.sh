#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# line_user_test.sh - What a telephone's user does, at a real agent: speed dials, redials, dials en bloc, meets busy, forwards.
#
#   [1001 echo] --> p1 (204)        p2 --> 1001, which has forwarded its calls to [1002 echo]
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
ONE=SEP02005E001001 TWO=SEP02005E001002
net_make 2
sed 's/action: room, room: lobby/action: echo/; s/answer: 500ms/answer: 0s/' "$CONFIG" >"$WORK/echo.yaml"
lab_start <<END
speed-dial 204 p1
device line $ONE
device line $TWO
call line out {
	party p1 answers 204 codec pcmu tone 437 -10 hears 437 -10
}
call line in {
	party p2 dials 1001 codec pcma tone 1020 -10 hears 1020 -10
}
devices
pause ready
start out
run 2500ms
pause busy
hang out:p1
pause again
start in
run 2500ms
end in
pause end
expect out loss == 0
expect out sinad >= 33
expect in loss == 0
expect in sinad >= 33
END
gateway_start "$WORK/echo.yaml"
line_is() {
	[ "$(ctl ".lines[0].call // \"idle\"" show line "$1")" = "\"$2\"" ]
}
are_ready() {
	[ "$(ctl '[.lines[] | select(.state == "ready")] | length' show line)" -ge 2 ]
}
forwards_to() {
	ctl '[.. | objects | .forward_all? // empty] | unique' show line $ONE | grep -q "\"$1\""
}
act() {
	ctl . line "$@" >/dev/null || bad "slimctl line $*"
}
lab_until "pause ready"
net_wait 5 "lines that know their speed dials" are_ready || bad "lines are not ready: $(ctl . show line)"
act $ONE speed 1
lab_until "party out:p1: talks"
lab_go
lab_until "pause busy"
# whoever else calls p1 meets busy, and a number that nobody has is none
act $TWO dial 204
net_wait 5 "a busy line" line_is $TWO failed || bad "204 is not busy: $(ctl . show line $TWO)"
net_wait 10 "an idle line" line_is $TWO idle # it hears the busy tone for a while
act $TWO enbloc 999
net_wait 5 "a line without a number" line_is $TWO failed || bad "999 is somebody: $(ctl . show line $TWO)"
lab_go
lab_until "pause again"
net_wait 5 "an idle line" line_is $ONE idle || bad "the line keeps its call"
act $ONE redial
lab_until "party out:p1: talks" 2
act $ONE hangup
lab_until "party out:p1: gone" 2
net_wait 5 "an idle line" line_is $ONE idle
act $ONE forward 1002
net_wait 5 "a forwarding" forwards_to 1002 || bad "nothing is forwarded: $(ctl . show line $ONE)"
lab_go
lab_until "call in: up"
line_is $TWO connected || bad "the call is not where it was forwarded to: $(ctl . show line)"
lab_until "pause end"
lab_go
lab_passed "an echo was not clean"
net_wait 10 "no stream" streams_are 0 || bad "streams are left: $(stream_count)"
echo ok
