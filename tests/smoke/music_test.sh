#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# music_test.sh - Music on hold from files of two forms, announcements that end, a country's tone, and what cannot be read.
#
#   music.wav --- [MOH_LAB] --+-- p1 pcmu/20
#                             +-- p2 g722/20
#                             +-- p3 pcma/30
#   flac, 44.1 kHz, stereo --- [MOH_TWO] --+-- p1 g722/20, p2 pcmu/20: 6 dB less of it
#   hello.wav --- [ANN_LAB] ----- p4 pcmu/20
#   a list    --- [ANN_LAB] ----- p3 pcmu/20: two files, one after the other
#   dial tone --- [ANN_LAB] ----- p2 pcmu/20: Germany's
#   (no file) --- [ANN_LAB] ----- p5 pcmu/20: silence
. "$(dirname "$0")/_init.sh"
net_make 5

# A tone as a WAV file of 8 kHz: file, frequency, level in dBm0, seconds.
tone_write() {
	perl -e '
		my ($hz, $dbm0, $s) = @ARGV;
		my $n = $s * 8000;
		print pack("a4Va4a4VvvVVvva4V", "RIFF", 36 + 2 * $n, "WAVE", "fmt ", 16, 1, 1, 8000, 16000, 2, 16,
			"data", 2 * $n);
		my $a = 32768 * 10 ** (($dbm0 - 3.14) / 20);
		print pack("s<", int($a * sin(2 * 3.14159265358979 * $hz * $_ / 8000) + 0.5)) for 0 .. $n - 1;
	' "$2" "$3" "$4" >"$1"
}
tone_write "$WORK/music.wav" 1020 -10 2
tone_write "$WORK/hello.wav" 640 -12 7
tone_write "$WORK/half.wav" 640 -12 3.5
# without ffmpeg the second music is a WAV file as well
tone_write "$WORK/two.flac" 1020 -4 2
if command -v ffmpeg >/dev/null; then
	TONE="0.43955*sin(2*PI*1020*t)"
	ffmpeg -hide_banner -nostdin -loglevel error -y -f lavfi -i "aevalsrc=$TONE|$TONE:s=44100" -t 2 "$WORK/two.flac"
fi

# The lab's configuration and two more devices.
{
	echo "sources:"
	echo "  - {name: music, file: $WORK/music.wav}"
	echo "  - {name: two, file: $WORK/two.flac, gain: -6dB}"
	echo "announcements:"
	echo "  - {number: 128, file: $WORK/hello.wav}"
	echo "  - {number: 129, file: $WORK/none.wav}"
	echo "  - {number: 130, file: $WORK/half.wav}"
	sed -e '/^profiles:/a\  - {name: music, kind: moh, codecs: [pcmu, pcma, g722], sessions: 10}' \
		-e '/^profiles:/a\  - {name: two, kind: moh, codecs: [pcmu, g722], sessions: 10, music: {source: two}}' \
		-e '/^profiles:/a\  - {name: ann, kind: annunciator, codecs: [pcmu], sessions: 10, tones: de}' \
		-e '/^devices:/a\  - {name: MOH_TWO, profile: two, group: lab}' \
		-e '/^devices:/a\  - {name: MOH_LAB, profile: music, group: lab}' \
		-e '/^devices:/a\  - {name: ANN_LAB, profile: ann, group: lab}' "$CONFIG"
} >"$WORK/music.yaml"

lab_start <<'END'
device moh MOH_LAB
device moh MOH_TWO
device annunciator ANN_LAB
call moh hold {
	party p1 codec pcmu period 20 hears 1020 -10
	party p2 codec g722 period 20 hears 1020 -10
	party p3 codec pcma period 30 hears 1020 -10
}
call moh two on MOH_TWO {
	party p1 codec g722 period 20 hears 1020 -10
	party p2 codec pcmu period 20 hears 1020 -10
}
call annunciator list announcement 130 130 {
	party p3 codec pcmu period 20 hears 640 -12
}
call annunciator dial tone 33 {
	party p2 codec pcmu period 20 hears 425 -13
}
call annunciator hello announcement 128 {
	party p4 codec pcmu period 20 hears 640 -12
}
call annunciator absent announcement 129 {
	party p5 codec pcmu period 20 silent
}
devices
start hold
start two
start list
start dial
start hello
start absent
run 8s
pause over
hush
end two
end list
end dial
end hello
end absent
end hold
expect hold loss == 0
expect hold sinad >= 34
expect hold level <= 0.3
expect hold gap <= 100
expect two loss == 0
expect two sinad >= 34
expect two level <= 0.3
expect list sinad >= 34
expect list level <= 0.3
expect dial sinad >= 34
expect dial level <= 0.3
expect hello loss == 0
expect hello sinad >= 34
expect hello level <= 0.3
expect absent loss == 0
expect absent gap <= 100
END
gateway_start "$WORK/music.yaml"
lab_until "pause over"
finished() {
	[ "$(grep -c "AnnouncementFinish.*ann_status=$1" "$WORK/lab.log")" = "$2" ] || bad "not $2 times AnnouncementFinish: $1"
}
finished ok 2
finished error 1
[ "$(grep -c "<- Alarm alarm_severity=warning" "$WORK/lab.log")" = 1 ] || bad "not one alarm"
grep -q "sound cannot be played.*none.wav" "$WORK/control.log" || bad "the log does not name the file"
lab_go
lab_passed "music or announcement is worse than its codec"
echo ok
