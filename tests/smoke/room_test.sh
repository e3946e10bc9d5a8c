#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# room_test.sh - A room with a PIN and a lobby: music until the moderator comes, keys that mute and lock, tones of who leaves.
#
#   p1 --- 700: [SEP02005E003001] --+                  +-- the lobby, with music
#   p2 --- 701: [SEP02005E003002] --+-- PIN, desk -----+-- the room --- p1, p2, p3
#   p3 --- 702: [SEP02005E003003] --+
#
# Prompts are tones here, so that what each heard, and in which order, can be told from the recordings.
. "$(dirname "$0")/_init.sh"
command -v python3 >/dev/null || net_cannot "skip: needs python3"
net_make 3
LINE=SEP02005E00300
mkdir "$WORK/prompts"

# Tones as WAV files of 8 kHz: file, frequency, seconds.
tone() {
	python3 - "$@" <<'END'
import math, struct, sys, wave
with wave.open(sys.argv[1], 'wb') as w:
    w.setparams((1, 2, 8000, 0, 'NONE', ''))
    w.writeframes(b''.join(struct.pack('<h', int(5000 * math.sin(2 * math.pi * float(sys.argv[2]) * i / 8000)))
                           for i in range(int(float(sys.argv[3]) * 8000))))
END
}
tone "$WORK/music.wav" 333 2
tone "$WORK/prompts/conf-getpin.wav" 700 0.8
tone "$WORK/prompts/conf-invalidpin.wav" 1500 0.8
tone "$WORK/prompts/conf-waitforleader.wav" 800 0.8
tone "$WORK/prompts/conf-onlyperson.wav" 900 0.8
tone "$WORK/prompts/conf-placeintoconf.wav" 900 0.8
tone "$WORK/prompts/conf-lockednow.wav" 1900 0.8
tone "$WORK/prompts/conf-locked.wav" 2100 0.8
{
	echo "sources: [{name: calm, file: $WORK/music.wav}]"
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG"
	cat <<-END
		rooms:
		  - {name: safe, pin: '2468', moderator-pin: '13579', lobby: yes, music: calm, unattended: wait,
		     prompts: $WORK/prompts, mix: {leave-tone: zip}}
		lines:
		  - {name: '$LINE{n}', count: 3, profile: telephones, group: lab, answer: 0s, action: room, room: safe}
	END
} >"$WORK/room.yaml"

lab_start <<END
device line ${LINE}1
device line ${LINE}2
device line ${LINE}3
number 700 ${LINE}1
number 701 ${LINE}2
number 702 ${LINE}3
call line a {
	party p1 dials 700 codec pcmu period 20 tone 437 -10
}
call line b {
	party p2 dials 701 codec g722 period 30 tone 1020 -10
}
call line c {
	party p3 dials 702 codec pcma period 20 tone 611 -10
}
call line d {
	party p3 dials 702 codec pcma period 20 tone 611 -10
}
devices
start a
pause desk
press a:p1 1111h
run 2s
press a:p1 2468
pause lobby
run 3s
start b
pause second
press b:p2 13579
pause inside
run 3s
press b:p2 *6
pause mute
run 3s
press b:p2 *7
pause unmute
run 3s
start c
press c:p3 2468
pause third
run 3s
hang c:p3
run 2s
press b:p2 *1
pause lock
run 2s
start d
pause fourth
press d:p3 2468
pause refused
hang b:p2
pause alone
run 3s
hang a:p1
pause over
END
gateway_start "$WORK/room.yaml"

# member LINE STATE: where the caller of a line is, as show room says
is_at() {
	[ "$(ctl "[.rooms[0].members[] | select(.line == \"$LINE$1\") | .state + (if .mute then \" mute\" else \"\" end)][0]" show room safe)" = "\"$2\"" ]
}
at() {
	net_wait 15 "caller $1 to be at: $2" is_at "$1" "$2" || bad "caller $1 is not at $2: $(ctl . show room safe)"
}
sources() { [ "$(ctl '.rooms[0].members | length' show room safe)" = "$1" ]; }

lab_until "pause desk"
at 1 pin
lab_go
lab_until "pause lobby"
at 1 "lobby mute"
[ "$(ctl '.lines[] | select(.line == "'$LINE'1") | .stage' show line)" = '"lobby mute"' ] || bad "show line does not say where"
lab_go
lab_until "pause second"
at 2 pin
lab_go
lab_until "pause inside"
at 2 inside
at 1 inside
[ "$(ctl '[.conferences[] | select(.device == "#safe")] | length' show conference)" = 1 ] || bad "lobby or desk is left: $(ctl . show conference)"
lab_go
lab_until "pause mute"
at 2 "inside mute"
lab_go
lab_until "pause unmute"
at 2 inside
lab_go
lab_until "pause third"
at 3 inside
lab_go
lab_until "pause lock"
locked() { [ "$(ctl '.rooms[0].locked' show room safe)" = true ]; }
net_wait 5 "the room to be locked" locked || bad "the moderator cannot lock"
lab_go
lab_until "pause fourth"
at 3 pin
lab_go
lab_until "pause refused"
lab_until "party d:p3: gone"
net_slimctl room safe unlock >/dev/null || bad "an operator cannot unlock"
locked && bad "the operator has not unlocked"
lab_go
lab_until "pause alone"
at 1 "lobby mute"
lab_go
lab_until "pause over"
empty() { [ "$(ctl '.rooms[0].members | length' show room safe)" = 0 ] && streams_are 0; }
net_wait 10 "the room to be empty" empty || bad "somebody is left: $(ctl . show room safe)"
lab_go
lab_passed

# heard CALL-PHONE WANTED...: what a phone heard, in this order
heard() {
	python3 - "$WORK/$1.wav" "${@:2}" <<'END'
import array, math, sys, wave
with wave.open(sys.argv[1]) as w:
    rate, pcm = w.getframerate(), array.array('h', w.readframes(w.getnframes()))
tones = {'getpin': 700, 'invalid': 1500, 'wait': 800, 'welcome': 900, 'locknow': 1900, 'locked': 2100, 'music': 333,
         'p1': 437, 'p2': 1020, 'p3': 611, 'zip': 480}
def level(block, hz):
    s = sum(v * math.sin(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    c = sum(v * math.cos(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    amplitude = 2 * math.hypot(s, c) / len(block)
    return 20 * math.log10(max(amplitude, 1e-3) / 32768) + 3.14
step, runs = rate // 10, []
for at in range(0, len(pcm) - step, step):
    block = pcm[at:at + step]
    window = [v * (0.5 - 0.5 * math.cos(2 * math.pi * i / step)) * 2 for i, v in enumerate(block)]
    name, most = max(((n, level(window, hz)) for n, hz in tones.items()), key=lambda x: x[1])
    name = name if most > -32 else 'silence'
    for beside in ('zip', 'locknow'): # the voices
        if level(window, tones[beside]) > -26:
            name = beside
    if not runs or runs[-1][0] != name:
        runs.append([name, 0, 0])
    runs[-1][1] += 1
    runs[-1][2] += most
runs = [(n, k, round(l / k, 1)) for n, k, l in runs if k > 1]
print(sys.argv[1].split('/')[-1], '(what, tenths of a second, dBm0):', runs)
order = []
for n, k, l in runs:
    if (n != 'silence' or k >= 10) and (not order or order[-1] != n):
        order.append(n)
wanted = sys.argv[2:]
at = iter(order)
missing = [w for w in wanted if not any(w == n for n in at)]
sys.exit(f'wanted {wanted}, heard {order}' if missing else 0)
END
}
# p1 hears nobody while p2 is mute; p3 as loud as p2, and a tone when it leaves
heard a-p1 getpin invalid getpin wait music p2 silence p2 zip p2 locknow p2 music ||
	bad "p1 did not hear what it should have"
heard b-p2 getpin welcome p1 zip p1 locknow p1 || bad "p2 did not hear what it should have"
heard c-p3 getpin welcome p1 || heard c-p3 getpin welcome p2 || bad "p3 did not hear what it should have"
heard d-p3 getpin locked || bad "p3 did not hear what it should have"

# What the sample configurations refer to is what the package has.
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
for name in $(grep -oh '"\(conf\|vm\)-[a-z-]*"\|"beep"' "$SOURCE"/control/room*.c "$SOURCE"/control/action_room.c | tr -d '"' | sort -u); do
	[ ! -d "$sounds" ] || [ -s "$sounds/$name.wav" ] || bad "there is no prompt $name in $sounds"
done
echo ok
