#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# foreign_test.sh - Transcoded, conferenced and relayed calls whose far ends are programs of others: tones through them
# come out clean on both sides.
#
#   ffmpeg   sends and hears RTP: G.711, G.722, Opus; it codes and decodes what rtp.py carries
#   rtp.py   an endpoint in the manner of H.323, from the RFC: G.711 in 30 ms, G.722, G.726 (ffmpeg itself sends a quarter
#            of a second in a packet), GSM, G.729 (hears only: ffmpeg cannot code it), G.723.1; reports once a second; no
#            telephone-events
#
# Each foreign end says 1020 Hz at -10 dBm0; the lab's phone at the other end, or the other foreign end, says 437 Hz.
. "$(dirname "$0")/_init.sh"
command -v ffmpeg >/dev/null || net_cannot "skip: ffmpeg is not installed (./deps.sh test)"
command -v python3 >/dev/null || net_cannot "skip: python3 is not installed"

SECONDS_LONG=8
TONE=1020
LEVEL=-10
AMPLITUDE=0.220293 # -10 dBm0: 13.14 dB below full scale
FF=(ffmpeg -hide_banner -nostdin -loglevel error -y)

# call: kind  its foreign codec  period  other end and its codec       coder and rate for ffmpeg     type name        cleanest there, here
FFMPEG_CALLS='
ff-pcmu   transcoder pcmu     20 g722 pcm_mulaw  8000  0   PCMU/8000     35 35
ff-pcma   transcoder pcma     20 g722 pcm_alaw   8000  8   PCMA/8000     35 35
ff-g722   transcoder g722     20 pcmu adpcm_g722 16000 9   G722/8000     35 35
ff-opus   transcoder opus-16k 20 pcmu libopus    48000 115 opus/48000/2  30 30
'
RTP_CALLS='
h323-pcma transcoder pcma 30 pcmu alaw   240 8  36 35
h323-pcmu transcoder pcmu 30 g722 mulaw  240 0  35 35
h323-g722 transcoder g722 20 pcma g722   160 9  35 35
rtp-g726  transcoder g726-32 20 pcmu g726le 80 106 33 22
rtp-gsm   transcoder gsm  20 pcmu gsm    33  3  28 21
rtp-g729  transcoder g729 20 pcmu g729   20  18 -  17
'

foreign_port() {
	echo $((6000 + 4 * $1))
}

# Prints the scenario.
scenario() {
	local n=0 name kind codec period other rest
	while read -r name kind codec period other rest; do
		[ -n "$name" ] || continue
		n=$((n + 1))
		local said="tone $TONE $LEVEL"
		[ "$codec" = g729 ] && said=silent
		echo "call $kind $name {"
		echo "	party p1 codec $codec period $period foreign $(foreign_port $n) $said"
		echo "	party p2 codec $other tone 437 $LEVEL"
		echo "}"
	done <<<"$FFMPEG_CALLS$RTP_CALLS"
	cat <<END
call bridge meeting {
	party p1 codec pcmu period 20 foreign 7000 tone $TONE $LEVEL
	party p3 codec g722 period 20 foreign 7000 tone 1713 -16
	party p2 codec pcma tone 437 $LEVEL
}
call mtp g723 {
	party p1 codec g723 period 30 foreign 7100 tone $TONE $LEVEL
	party p3 codec g723 period 30 foreign 7100 tone 437 $LEVEL
}
devices
END
	awk 'NF { print "start " $1 }' <<<"$FFMPEG_CALLS$RTP_CALLS"
	echo "start meeting"
	echo "start g723"
	echo "pause foreign"
	echo "pause figures"
	awk 'NF { print "end " $1 }' <<<"$FFMPEG_CALLS$RTP_CALLS"
	echo "end meeting"
	echo "end g723"
	awk 'NF { print "expect " $1 " loss == 0" }
		NF && $(NF - 1) != "-" { print "expect " $1 " sinad >= " $(NF - 1); print "expect " $1 " level <= 1" }' \
		<<<"$FFMPEG_CALLS$RTP_CALLS"
	echo "expect meeting sinad >= 32"
	echo "expect meeting level <= 0.3"
}

# Where phone $2 of call $1 has to send.
gateway_of() {
	awk -v call="$1" -v phone="$2" '$1 == "foreign" && $2 == call && $3 == phone { print $6 }' "$WORK/lab.out"
}

# $1 Hz, $2 amplitude, $3 rate: a source for ffmpeg.
sine() {
	echo "aevalsrc=$2*sin(2*PI*$1*t):s=$3"
}

# ffmpeg hears in namespace $1 at $2:$3 a stream of type $4, name $5, into $6; sends $7 Hz with amplitude $8, coder $9 at rate
# ${10}, to ${11}.
ffmpeg_end() {
	local space=$1 address=$2 port=$3 type=$4 name=$5 out=$6 hz=$7 amplitude=$8 coder=$9 rate=${10} to=${11}
	printf '%s\n' v=0 "o=- 0 0 IN IP4 $address" s=test "c=IN IP4 $address" t=0\ 0 "m=audio $port RTP/AVP $type" \
		"a=rtpmap:$type $name" >"$out.sdp"
	timeout -s INT $((SECONDS_LONG + 4)) ip netns exec "$space" "${FF[@]}" -protocol_whitelist file,udp,rtp -analyzeduration 0 -probesize 32 -i "$out.sdp" \
		-t $((SECONDS_LONG - 2)) -ac 1 "$out" >"$out.log" 2>&1 &
	ENDS+=($!)
	local bits=() frame=$((rate / 50))
	[ "$coder" = libopus ] && bits=(-b:a 32k -application voip)
	ip netns exec "$space" "${FF[@]}" -re -f lavfi -i "$(sine "$hz" "$amplitude" "$rate"),asetnsamples=$frame" \
		-t 60 -ac 1 -c:a "$coder" "${bits[@]}" -payload_type "$type" -f rtp \
		"rtp://$to?localrtpport=$((port + 2))&localrtcpport=$((port + 3))" >"$out.send.log" 2>&1 &
	SENDERS+=($!)
}

# rtp.py at namespace $1, address $2, port $3: type $4, frame $5, period $6, coded file or "", to $8, into $9.
rtp_end() {
	local send=()
	[ -n "$7" ] && send=(--send "$7")
	ip netns exec "$1" python3 "$SOURCE/tests/smoke/rtp.py" "$2" "$3" "$8" --type "$4" --frame "$5" --period "$6" \
		--seconds $((SECONDS_LONG + 1)) --receive "$9" "${send[@]}" >"$9.log" 2>&1 &
	ENDS+=($!)
}

# Codes $2 Hz as raw frames of format $1 into $3.
coded() {
	local rate=8000 bits=()
	[ "$1" = g722 ] && rate=16000
	[ "$1" = g723_1 ] && bits=(-b:a 6.3k)
	[ "$1" = g726le ] && bits=(-b:a 32k)
	local source
	source=$(sine "$2" "$AMPLITUDE" "$rate")
	# a decoder of G.723.1 that comes in the middle of a pure tone never finds it
	[ "$1" = g723_1 ] && source="aevalsrc=if(lt(t\\,2)\\,0\\,$AMPLITUDE*sin(2*PI*$2*t)):s=$rate"
	"${FF[@]}" -f lavfi -i "$source" -t 12 -ac 1 "${bits[@]}" -f "$1" "$3" 2>"$3.log" ||
		bad "ffmpeg cannot code $1: $(tail -n 1 "$3.log")"
}

# Decodes raw frames of format $1, file $2, to $2.wav.
decoded() {
	local rate=()
	case $1 in alaw | mulaw) rate=(-ar 8000 -ac 1) ;; esac
	"${FF[@]}" -f "$1" "${rate[@]}" -i "$2" "$2.wav" 2>"$2.decode.log" || true
}

# Demands of recording $2 a SINAD of $3 at least and a level within $4 dB; the rest: tones.
judged() {
	local what=$1 file=$2 sinad=$3 level=$4 said
	shift 4
	if ! said=$("$(net_program slimline-lab)" judge "$file" "$@" 2>&1); then
		echo "bad: $what: $said; $(tail -qn 2 "$file.log" "$file.send.log" 2>/dev/null | tr '\n' ' ')"
		FAILED=$((FAILED + 1))
		return
	fi
	echo "$what hears: $said"
	if ! awk -v s="$sinad" -v l="$level" '{ exit !($2 >= s && $4 <= l) }' <<<"$said"; then
		echo "bad: $what hears: $said; wanted $sinad dB, within $level dB; $(tail -qn 1 "${file%.wav}.log" 2>/dev/null)"
		FAILED=$((FAILED + 1))
	fi
}

# $1 streams whose far ends report have a round trip, a MOS with delay, and both ways alive.
reported() {
	[ "$(ctl '[.. | objects | select(has("party_id") and has("stats"))
		| select((.remote // "") | test("^10.77.0.11:60(20|24|28|32|36)$"))
		| select(.stats.round_trip_ms != null and .stats.quality.one_way == "no" and .stats.quality.mos_cq != null)]
		| length' show stream)" = "$1" ]
}

every_call() {
	local n=0 row
	while read -r -a row; do
		[ "${#row[@]}" -gt 0 ] || continue
		n=$((n + 1))
		"$1" "$n" "${row[@]}"
	done <<<"$FFMPEG_CALLS$RTP_CALLS"
}

begin() {
	local n=$1 name=$2 period=$5
	local to
	to=$(gateway_of "$name" p1)
	[ -n "$to" ] || bad "the lab never said where $name sends to"
	case $name in
	ff-*) ffmpeg_end slim-p1 10.77.0.11 "$(foreign_port "$n")" "$9" "${10}" "$WORK/$name.wav" $TONE $AMPLITUDE "$7" "$8" "$to" ;;
	*) rtp_end slim-p1 10.77.0.11 "$(foreign_port "$n")" "$9" "$8" "$period" "$([ "$7" = g729 ] || echo "$WORK/$7.raw")" \
		"$to" "$WORK/$name" ;;
	esac
}

finish() {
	local name=$2 format=$7 wanted=${!#}
	case $name in
	ff-*) judged "$name" "$WORK/$name.wav" "$wanted" 1 437 $LEVEL ;;
	*)
		decoded "$format" "$WORK/$name"
		judged "$name" "$WORK/$name.wav" "$wanted" 1 437 $LEVEL
		;;
	esac
}

net_make 3
sed 's/codecs: \[pcmu, pcma, g722, l16-16k\]/codecs: [pcmu, pcma, g722, l16-16k, g726-32, gsm, g729, opus-16k]/
	/kind: mtp/,/codecs/ s/opus-16k/&, g723/
	s/^  jitter: {min: 20ms, max: 200ms}/&\n  rtcp: {interval: 1s}/' "$CONFIG" >"$WORK/foreign.yaml"
for format in alaw mulaw g722 g726le gsm; do
	coded $format $TONE "$WORK/$format.raw"
done
coded g723_1 $TONE "$WORK/g723.raw"
coded g723_1 437 "$WORK/g723-437.raw"
lab_start < <(scenario)
gateway_start "$WORK/foreign.yaml"
lab_until "pause foreign"
ENDS=()
SENDERS=()
FAILED=0
every_call begin
ffmpeg_end slim-p1 10.77.0.11 7000 0 PCMU/8000 "$WORK/meeting-p1.wav" $TONE $AMPLITUDE pcm_mulaw 8000 "$(gateway_of meeting p1)"
ffmpeg_end slim-p3 10.77.0.13 7000 9 G722/8000 "$WORK/meeting-p3.wav" 1713 0.110408 adpcm_g722 16000 "$(gateway_of meeting p3)"
rtp_end slim-p1 10.77.0.11 7100 4 24 30 "$WORK/g723.raw" "$(gateway_of g723 p1)" "$WORK/g723-p1"
rtp_end slim-p3 10.77.0.13 7100 4 24 30 "$WORK/g723-437.raw" "$(gateway_of g723 p3)" "$WORK/g723-p3"
lab_go
lab_until "pause figures"
net_wait 12 "round trips, MOS with delay and both ways alive on 5 streams" reported 5 || bad "reports of the far ends do not show"
for end in "${ENDS[@]}"; do
	wait "$end" || true
done
lab_go
lab_until "call g723: ended"
kill "${SENDERS[@]}"
every_call finish
judged "meeting p1" "$WORK/meeting-p1.wav" 30 0.5 437 $LEVEL 1713 -16
judged "meeting p3" "$WORK/meeting-p3.wav" 30 0.5 437 $LEVEL $TONE $LEVEL
for side in p1 p3; do
	decoded g723_1 "$WORK/g723-$side"
done
judged "g723 p1" "$WORK/g723-p1.wav" 22 1 437 $LEVEL
judged "g723 p3" "$WORK/g723-p3.wav" 22 1 $TONE $LEVEL

# Reports went both ways on every leg whose far end hears and speaks from one port.
for name in h323-pcma h323-pcmu h323-g722 rtp-gsm g723-p1 g723-p3; do
	awk -v name="$name" '$6 < 4 || $8 < 4 { print "bad: " name " got too few reports: " $0; bad = 1 } END { exit bad }' \
		"$WORK/$name.log" || FAILED=$((FAILED + 1))
done
lab_passed "the lab's phones do not hear the foreign ends cleanly"
[ "$FAILED" = 0 ] || exit 1
echo ok
