#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# record_test.sh - A voice mail port: greets, beeps, records what is said, plays it, keeps and deletes it; and a recording by hand.
#
#   p1 --- 700: [SEP02005E002001] --- WAV files on a small disk     p4 --- [MTP_LAB] --- p5, recorded by slimctl
#
# What is in the files is compared with what was said; then the caller hangs up in the middle, control dies, the disk fills.
. "$(dirname "$0")/_init.sh"
command -v python3 >/dev/null || net_cannot "skip: needs python3"
net_make 5
MAIL=SEP02005E002001
mkdir "$WORK/mail"
mount -t tmpfs -o size=1m,mode=700 tmpfs "$WORK/mail" || net_cannot "skip: cannot mount a file system"

# A tone as a WAV file of 8 kHz: file, frequency, seconds.
python3 - "$WORK/hello.wav" 640 2 <<'END'
import math, struct, sys, wave
with wave.open(sys.argv[1], 'wb') as w:
    w.setparams((1, 2, 8000, 0, 'NONE', ''))
    for i in range(int(sys.argv[3]) * 8000):
        w.writeframes(struct.pack('<h', int(5000 * math.sin(2 * math.pi * float(sys.argv[2]) * i / 8000))))
END
{
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG"
	cat <<-END
		recordings: {directory: $WORK/mail, keep-free: 0MB}
		lines:
		  - {name: '$MAIL', profile: telephones, group: lab, answer: 0s, action: record, files: [$WORK/hello.wav],
		     record-max: 8s, record-min: 1s, record-silence: 2s}
	END
} >"$WORK/mail.yaml"

lab_start <<END
device line $MAIL
number 700 $MAIL
call line mail {
	party p1 dials 700 codec pcmu tone 437.15 -10
}
call line cut {
	party p2 dials 700 codec g722 tone 523.5 -10
}
call line alone {
	party p3 dials 700 codec pcma tone 611.25 -10
}
call line full {
	party p1 dials 700 codec pcmu tone 700 -10
}
call mtp relay {
	party p4 codec pcma tone 850.3 -10
	party p5 codec pcma tone 1234.5 -10
}
devices
start mail
pause recording
run 4s
press mail:p1 5
press mail:p1 h
pause menu
press mail:p1 1
pause replayed
press mail:p1 3
pause again
run 4s
press mail:p1 h
pause asked
press mail:p1 2
pause kept
start cut
pause speaking
run 4s
hang cut:p2
pause hung
start relay
pause relayed
run 5s
end relay
start alone
pause talking
agent down
pause dead
agent up
devices
start full
pause sorry
END
gateway_start "$WORK/mail.yaml"

stage_is() {
	[ "$(ctl '.lines[0].calls[0].stage' show line "$MAIL")" = "\"$1\"" ]
}
stage() {
	net_wait 15 "the caller to be at: $1" stage_is "$1" || bad "the caller is not at $1: $(ctl . show line "$MAIL")"
}
files() { find "$WORK/mail" -name '*.wav' | sort; }
files_are() { [ "$(files | wc -l)" = "$1" ] && [ -z "$(find "$WORK/mail" -name '.*.part')" ]; }
counted() { ctl "[.counters[] | select(.name == \"$1\") | .count][0]" show sccp statistics; }

# judge FILE HZ: the tone that was said, as the codec lets it be
judge() {
	local said
	said=$("$(net_program slimline-lab)" judge "$1" "$2" -10) || bad "$1 cannot be judged"
	awk -v "most=${3:-34}" '{exit !($2 >= most && $4 <= 0.3)}' <<<"$said" || bad "$1 is not what was said: $said"
}

lab_until "pause recording"
stage greeting
stage recording
[ "$(ctl '.recordings[0].device' show recording)" = "\"$MAIL\"" ] || bad "show recording: $(ctl . show recording)"
files_are 0 && bad "no recording is under way on the disk"
lab_go
lab_until "pause menu"
stage menu
files_are 1 || bad "not one recording: $(ls -la "$WORK/mail")"
first=$(files)
[ "$(stat -c %a "$first")" = 640 ] || bad "its mode is $(stat -c %a "$first")"
judge "$first" 437.15
lab_go
lab_until "pause replayed"
stage replay
stage menu
lab_go # deleted, and once more
lab_until "pause again"
stage recording
[ ! -e "$first" ] || bad "$first was to be deleted"
lab_go
lab_until "pause asked"
stage menu
lab_go
lab_until "party mail:p1: gone"
files_are 1 || bad "not one recording is kept: $(ls -la "$WORK/mail")"
judge "$(files)" 437.15
lab_go

# hung up in the middle: kept
lab_until "pause speaking"
stage recording
lab_go
lab_until "pause hung"
net_wait 5 "the second recording" files_are 2 || bad "who hangs up has lost what was said: $(ls -la "$WORK/mail")"
judge "$(files | tail -1)" 523.5 30
lab_go

# any stream can be recorded by hand; a relay is one again afterwards
lab_until "pause relayed"
outcome() { [ "$(ctl '[.conferences[] | select(.device == "MTP_LAB") | .outcome][0]' show conference)" = "\"$1\"" ]; }
outcome relay || bad "no relay: $(ctl . show conference)"
stream=$(ctl '[.streams[] | select(.device == "MTP_LAB") | .id][0]' show stream | tr -d '"')
net_slimctl record stream "$stream" 4 >"$WORK/said" || bad "cannot record by hand: $(cat "$WORK/said")"
outcome transcode || bad "what is recorded is no transcode"
lab_go
net_wait 10 "the third recording" files_are 3 || bad "no recording by hand: $(ls -la "$WORK/mail")"
outcome relay || bad "no relay afterwards: $(ctl . show conference)"
hz=850.3
"$(net_program slimline-lab)" judge "$(find "$WORK/mail" -name '*MTP_LAB*')" $hz -10 | grep -q 'sinad [3-9]' || hz=1234.5
judge "$(find "$WORK/mail" -name '*MTP_LAB*')" $hz

# control dies: the recording goes on to its limit
lab_until "pause talking"
stage recording
kill -KILL "$CONTROL"
net_wait 15 "the fourth recording" files_are 4 || bad "a recording died with control: $(ls -la "$WORK/mail")"
judge "$(files | tail -1)" 611.25
lab_go
lab_until "pause dead"
net_control "$WORK/mail.yaml" "$WORK/control.log" || bad "control did not come up"
lab_go

# a full disk: what was said until then is kept, an alarm goes out, and the caller is told
lab_until "pause sorry"
stage recording
head -c 2m /dev/zero >"$WORK/mail/filler" 2>/dev/null || true
stage sorry
net_wait 10 "an alarm" grep -q "<- Alarm.*cannot be recorded" "$WORK/lab.log" || bad "no alarm"
lab_until "party full:p1: gone"
[ "$(counted recording_failed)" = 1 ] || bad "recording_failed is $(counted recording_failed)"
[ -z "$(find "$WORK/mail" -name '.*.part')" ] || bad "a hidden file is left: $(ls -la "$WORK/mail")"
lab_go
lab_passed

# what the first caller heard, in this order: greeting, beep, what to do?, itself, what to do?, beep, what to do?, good-bye
python3 - "$WORK/mail-p1.wav" <<'END' || bad "the caller did not hear what it should have"
import array, math, sys, wave
with wave.open(sys.argv[1]) as w:
    rate, pcm = w.getframerate(), array.array('h', w.readframes(w.getnframes()))
tones = {'greeting': 640, 'beep': 480, 'ask': 1000, 'itself': 437.15}
def level(block, hz):
    s = sum(v * math.sin(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    c = sum(v * math.cos(2 * math.pi * hz * i / rate) for i, v in enumerate(block))
    return 2 * math.hypot(s, c) / len(block)
step, heard = rate // 10, []
for at in range(0, len(pcm) - step, step):
    name, most = max(((n, level(pcm[at:at + step], hz)) for n, hz in tones.items()), key=lambda x: x[1])
    if most > 300:
        if not heard or heard[-1][0] != name:
            heard.append([name, 0])
        heard[-1][1] += 1
heard = [(name, n) for name, n in heard if n > 1 or name == 'ask']
print('heard, in tenths of a second:', heard)
order = [name for name, n in heard]
# the caller presses 3 as soon as it is asked again: of that question little may be heard, or nothing
wanted = ['greeting', 'beep', 'ask', 'itself', 'beep', 'ask', 'beep']
if order[4:5] == ['ask']:
    del order[4]
long = dict((name, n) for name, n in heard if name in ('greeting', 'itself'))
sys.exit(order != wanted or not 17 <= long['greeting'] <= 22 or not 30 <= long['itself'] <= 70)
END
echo ok
