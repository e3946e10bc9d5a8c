#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# room_name_test.sh - A room that asks for names: what a caller says is heard by the other when it comes and when it goes.
#
#   p1 --- 700: [SEP02005E003001] --+
#                                   +-- desk, name --- the room, all mute
#   p2 --- 701: [SEP02005E003002] --+
#
# Callers say tones, and so do prompts. As all are mute inside, a caller's tone can only be its name.
. "$(dirname "$0")/_init.sh"
command -v python3 >/dev/null || net_cannot "skip: needs python3"
net_make 2
LINE=SEP02005E00300
mkdir "$WORK/prompts" "$WORK/names"

# Tones as WAV files of 8 kHz: file, frequency, seconds.
tone() {
	python3 - "$@" <<'PY'
import math, struct, sys, wave
with wave.open(sys.argv[1], 'wb') as w:
    w.setparams((1, 2, 8000, 0, 'NONE', ''))
    w.writeframes(b''.join(struct.pack('<h', int(5000 * math.sin(2 * math.pi * float(sys.argv[2]) * i / 8000)))
                           for i in range(int(float(sys.argv[3]) * 8000))))
PY
}
tone "$WORK/prompts/vm-rec-name.wav" 700 0.8
tone "$WORK/prompts/beep.wav" 1500 0.3
tone "$WORK/prompts/conf-onlyperson.wav" 900 0.8
tone "$WORK/prompts/conf-placeintoconf.wav" 900 0.8
tone "$WORK/prompts/conf-hasjoin.wav" 1900 0.8
tone "$WORK/prompts/conf-hasleft.wav" 2100 0.8
{
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG"
	cat <<-YAML
		recordings: {directory: $WORK/names, keep-free: 0MB}
		rooms:
		  - {name: named, asks-name: yes, muted: yes, prompts: $WORK/prompts}
		lines:
		  - {name: '$LINE{n}', count: 2, profile: telephones, group: lab, answer: 0s, action: room, room: named}
	YAML
} >"$WORK/room.yaml"

lab_start <<LAB
device line ${LINE}1
device line ${LINE}2
number 700 ${LINE}1
number 701 ${LINE}2
call line a {
	party p1 dials 700 codec pcmu period 20 tone 437 -10
}
call line b {
	party p2 dials 701 codec g722 period 20 tone 1020 -10
}
devices
start a
pause speaking
run 2s
press a:p1 h
pause inside
start b
pause second
run 2s
press b:p2 h
pause both
run 6s
hang b:p2
pause gone
run 6s
hang a:p1
pause over
LAB
gateway_start "$WORK/room.yaml"

is_at() {
	[ "$(ctl "[.rooms[0].members[] | select(.line == \"$LINE$1\") | .state][0]" show room named)" = "\"$2\"" ]
}
at() {
	net_wait 20 "caller $1 to be at: $2" is_at "$1" "$2" || bad "caller $1 is not at $2: $(ctl . show room named)"
}
files_are() { [ "$(find "$WORK/names" -type f -name '*.wav*' | wc -l)" = "$1" ]; }
files() { net_wait 10 "$1 names" files_are "$1" || bad "there are other than $1 names: $(ls -A "$WORK/names")"; }

lab_until "pause speaking"
at 1 name
files 1 # that it speaks
lab_go
lab_until "pause inside"
at 1 inside
lab_go
lab_until "pause second"
at 2 name
files 2
lab_go
lab_until "pause both"
at 2 inside
lab_go
lab_until "pause gone"
lab_go
lab_until "pause over"
files 0
lab_go
lab_passed

python3 - "$WORK/a-p1.wav" <<'PY' || bad "p1 did not hear the name of p2 come and go"
import array, math, sys, wave
with wave.open(sys.argv[1]) as w:
    rate, pcm = w.getframerate(), array.array('h', w.readframes(w.getnframes()))
tones = {'ask': 700, 'beep': 1500, 'welcome': 900, 'joined': 1900, 'left': 2100, 'p1': 437, 'p2': 1020}
def level(block, hz):
    s = sum(v * math.sin(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    c = sum(v * math.cos(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    return 20 * math.log10(max(2 * math.hypot(s, c) / len(block), 1e-3) / 32768) + 3.14
step, runs = rate // 10, []
for at in range(0, len(pcm) - step, step):
    name, most = max(((n, level(pcm[at:at + step], hz)) for n, hz in tones.items()), key=lambda x: x[1])
    name = name if most > -32 else 'silence'
    if not runs or runs[-1][0] != name:
        runs.append([name, 0])
    runs[-1][1] += 1
runs = [(n, k) for n, k in runs if k > 1]
print('p1 heard (what, tenths of a second):', runs)
at = iter(n for n, k in runs)
wanted = ['ask', 'beep', 'welcome', 'p1', 'joined', 'p2', 'joined', 'p2', 'left']
sys.exit(0 if all(any(w == n for n in at) for w in wanted) else f'wanted {wanted}')
PY
echo ok
