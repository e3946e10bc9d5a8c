#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# room_restart_test.sh - Control is killed under a room, without a store: the next one knows the moderator, whose keys work on.
#
#   p1 --- 700: [SEP02005E003001] --+-- the room --- [slimline-control]
#   p2 --- 701: [SEP02005E003002] --+                 killed, started
. "$(dirname "$0")/_init.sh"
net_make 2
LINE=SEP02005E00300
{
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG"
	cat <<-END
		rooms:
		  - {name: safe, pin: '2468', moderator-pin: '13579', lobby: yes, prompts: $WORK/none}
		lines:
		  - {name: '$LINE{n}', count: 2, profile: telephones, group: lab, answer: 0s, action: room, room: safe}
	END
} >"$WORK/room.yaml"

lab_start <<END
device line ${LINE}1
device line ${LINE}2
number 700 ${LINE}1
number 701 ${LINE}2
call line a {
	party p1 dials 700 codec pcmu period 20 tone 437 -10
}
call line b {
	party p2 dials 701 codec pcma period 20 tone 1020 -10
}
devices
start a
press a:p1 2468
start b
pause desk
press b:p2 13579
pause inside
press a:p1 *6
press b:p2 *1
pause keys
press b:p2 *9
pause over
END
gateway_start "$WORK/room.yaml"
is_at() {
	[ "$(ctl "[.rooms[0].members[] | select(.line == \"$LINE$1\") | .state + (if .moderator then \" moderator\" else \"\" end) + (if .mute then \" mute\" else \"\" end)][0]" show room safe)" = "\"$2\"" ]
}
at() {
	net_wait 15 "caller $1 to be at: $2" is_at "$1" "$2" || bad "caller $1 is not at $2: $(ctl . show room safe)"
}
locked() { [ "$(ctl '.rooms[0].locked' show room safe)" = true ]; }
again() {
	{ kill -KILL "$CONTROL" && wait "$CONTROL"; } 2>/dev/null || true
	net_control "$WORK/room.yaml" "$WORK/control.log" || bad "control did not come up again"
}

lab_until "pause desk"
at 1 "lobby mute"
at 2 pin
again
at 1 "lobby mute"
at 2 pin
lab_go
lab_until "pause inside"
at 2 "inside moderator"
at 1 inside
again
[ "$(ctl ".lines[] | select(.line == \"${LINE}2\") | [.call, .stage]" show line)" = '["orphan","inside moderator"]' ] ||
	bad "show line does not know the moderator: $(ctl . show line ${LINE}2)"
at 2 "inside moderator"
at 1 inside
lab_go
lab_until "pause keys"
at 1 "inside mute"
net_wait 5 "the room to be locked" locked || bad "the moderator's keys do not lock any more"
again
locked || bad "the room is not locked any more"
at 1 "inside mute"
lab_go
lab_until "pause over"
net_wait 5 "no stream" streams_are 0 || bad "the moderator's keys do not end the room any more"
echo ok
