#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# digits_test.sh - Digits of foreign ends: telephone-events and tones of GStreamer, one into the other and to the agent, each
# once, although one packet of twenty is lost.
#
#   relay     p1 events 101 --X--- [MTP_LAB] -----X-- p3 events 101
#   spoken    p1 events 101 --X--- [XCD_LAB] -------- p3 tones
#   written   p1 tones ----------- [XCD_LAB] -----X-- p3 events 101        X: loses 5 % of its packets
#   told      p1 events 101 --X--- [XCD_LAB] -------- NotifyDtmfTone to the agent, nothing to p3
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_foreign.sh"
PYTHON=/usr/bin/python3 # which has Debian's bindings
foreign_tools gst-launch-1.0 "$PYTHON"
"$PYTHON" -c 'import gi; gi.require_version("Gst", "1.0"); from gi.repository import Gst' 2>/dev/null ||
	net_cannot "skip: python3-gst-1.0 is not installed (./deps.sh test)"

DIGITS='0123456789*#'
LOSSY='identity drop-probability=0.05'
net_make 3
foreign_config >"$WORK/foreign.yaml"
{
	for row in "mtp relay pcmu 101 pcmu 101" "transcoder spoken pcmu 101 pcma 0" "transcoder written pcmu 0 pcma 101" \
		"transcoder told pcmu 101 pcma 0"; do
		read -r kind name codec events codec3 events3 <<<"$row"
		port=$((${port:-6000} + 8))
		told=''
		[ "$name" = told ] && told=told
		echo "call $kind $name {"
		echo "party p1 codec $codec foreign $port $([ "$events" = 0 ] || echo "events $events") $told silent"
		echo "party p3 codec $codec3 foreign $port $([ "$events3" = 0 ] || echo "events $events3") silent"
		echo "}"
	done
	echo devices
	printf 'start %s\n' relay spoken written told
	echo "pause foreign"
	printf 'end %s\n' relay spoken written told
} >"$WORK/digits.scn"
lab_start <"$WORK/digits.scn"
foreign_gateway_start "$WORK/foreign.yaml"
lab_until "pause foreign"

# The end of $1 at p3 hears from port $2 a stream of name and type $3, $4 by $5.
hears() {
	foreign slim-p3 "$PYTHON" "$SOURCE/tests/smoke/digits.py" --until ${#DIGITS} "udpsrc port=$2
		caps=\"application/x-rtp,media=(string)audio,clock-rate=(int)8000,encoding-name=(string)$3,payload=(int)$4\" !
		$5 ! fakesink async=false" >"$WORK/$1" 2>&1 &
	HEARS+=($!)
}

# The end of $1 at p1 dials by $2 into its call.
dials() {
	local to
	to=$(gateway_of "$1" p1)
	foreign slim-p1 "$PYTHON" "$SOURCE/tests/smoke/digits.py" --dial "$DIGITS" --wait 2 "$2 !
		udpsink async=false host=${to%:*} port=${to#*:}" >"$WORK/$1.dials" 2>&1 &
	DIALS+=($!)
}

HEARS=()
DIALS=()
EVENTS="rtpdtmfdepay name=hear ! audio/x-raw,format=S16LE,rate=8000,channels=1,layout=interleaved"
hears relay 6008 TELEPHONE-EVENT 101 "$LOSSY ! $EVENTS"
hears spoken 6016 PCMA 8 "rtppcmadepay ! alawdec ! dtmfdetect name=hear"
hears written 6024 TELEPHONE-EVENT 101 "rtpptdemux name=types types.src_8 ! fakesink async=false types.src_101 ! $LOSSY ! $EVENTS"
hears told 6032 PCMA 8 "rtppcmadepay ! alawdec ! dtmfdetect name=hear"
SENDS="rtpdtmfsrc name=dial pt=101 packet-redundancy=3 ! $LOSSY"
dials relay "$SENDS"
dials spoken "$SENDS"
dials written "dtmfsrc name=dial ! audio/x-raw,rate=8000 ! mulawenc ! rtppcmupay min-ptime=20000000 max-ptime=20000000"
dials told "$SENDS"

dialled() {
	[ "$(grep -l dialled "$WORK"/*.dials | wc -l)" = 4 ]
}
net_wait 40 "all ends to dial" dialled || bad "not all ends have dialled: $(head -n 3 "$WORK"/*.dials)"
all_heard() {
	local name
	for name in relay spoken written; do
		[ "$(grep -c heard "$WORK/$name")" -ge ${#DIGITS} ] || return
	done
	[ "$(grep -c 'NotifyDtmfTone' "$WORK/lab.log")" -ge ${#DIGITS} ]
}
# whoever has heard too much is found below
net_wait 5 "all digits to be heard" all_heard || true
for name in relay spoken written; do
	heard=$(sed -n 's/^heard //p' "$WORK/$name" | tr -d '\n')
	[ "$heard" = "$DIGITS" ] || bad "$name hears \"$heard\" for \"$DIGITS\": $(grep -v heard "$WORK/$name" | head -n 2)"
done
notified=$(sed -n 's/.*NotifyDtmfTone tone=\([^ ]*\).*/\1/p' "$WORK/lab.log" | tr '\n' ' ')
[ "$notified" = "$(printf "dtmf%s " 0 1 2 3 4 5 6 7 8 9 -star -pound)" ] || bad "the agent is told \"$notified\""
! grep -q heard "$WORK/told" || bad "what the agent is told is spoken as well: $(grep heard "$WORK/told")"
lab_go
lab_until "call told: ended"
kill "${DIALS[@]}" "${HEARS[@]}" 2>/dev/null || true
lab_passed
echo ok
