#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gstreamer_test.sh - Transcoded and conferenced calls whose far ends are GStreamer, in every codec that it carries over RTP:
# tones come out clean on both sides.
#
#   GStreamer --- [XCD_LAB] --- p2                GStreamer --- [CFB_LAB] --+-- p2
#                                                                           +-- p3, says nothing
#   GStreamer --- [MTP_LAB] --- GStreamer: G.723.1
#
# G.726 of GStreamer is that of ffmpeg's library, which is not the ITU-T's: of the 16320 code words of the ITU-T's
# sequence for 32 kbit/s its coder gives 9868 wrong, and its decoder drifts from a right coder's words accordingly
# (tests/unit/gw/codec_test.c holds ours against the sequences). At RFC 3551's packing of 24 kbit/s GStreamer does not
# understand itself, in AAL2's it does. It codes no G.729: its frames come from a file of ours. It has no
# bandwidth-efficient AMR. A decoder of AMR that joins in the middle of a pure tone stays 6 to 11 dB below one that was there
# from its beginning; the limits allow for that.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_foreign.sh"
foreign_tools gst-launch-1.0 ffmpeg
for element in mulawenc rtppcmupay avenc_g722 avdec_g729 gsmenc amrnbenc voamrwbenc amrwbdec opusenc rtpjitterbuffer; do
	gst-inspect-1.0 --exists $element || net_cannot "skip: GStreamer has no $element (./deps.sh test)"
done

HEARS=6 # seconds that each of them has heard when the calls end

# name|codec|period|rate|coder and payloader|encoding name and type|depayloader and decoder|cleanest there, here
ROWS='
pcmu|pcmu|20|8000|mulawenc ! rtppcmupay|PCMU 0|rtppcmudepay ! mulawdec|36 36
pcma|pcma|30|8000|alawenc ! rtppcmapay|PCMA 8|rtppcmadepay ! alawdec|36 36
g722|g722|20|16000|avenc_g722 ! rtpg722pay|G722 9|rtpg722depay ! avdec_g722|45 45
g726-32|g726-32|20|8000|avenc_g726 bitrate=32000 ! rtpg726pay force-aal2=false|G726-32 106|rtpg726depay force-aal2=false ! avdec_g726|33 33
g726-16|g726-16|20|8000|avenc_g726 bitrate=16000 ! rtpg726pay force-aal2=false|G726-16 108|rtpg726depay force-aal2=false ! avdec_g726|19 19
aal2-32|g726-32-aal2|30|8000|avenc_g726 bitrate=32000 ! rtpg726pay|AAL2-G726-32 119|rtpg726depay ! avdec_g726|33 33
aal2-24|g726-24-aal2|20|8000|avenc_g726 bitrate=24000 ! rtpg726pay|AAL2-G726-24 120|rtpg726depay ! avdec_g726|25 25
aal2-16|g726-16-aal2|20|8000|avenc_g726 bitrate=16000 ! rtpg726pay|AAL2-G726-16 121|rtpg726depay ! avdec_g726|19 19
gsm|gsm|20|8000|gsmenc ! rtpgsmpay|GSM 3|rtpgsmdepay ! gsmdec|26 29
g729|g729|20|8000|rtpg729pay|G729 18|rtpg729depay ! avdec_g729|20 23
amr|amr-octet|20|8000|amrnbenc band-mode=7 ! rtpamrpay|AMR 122|rtpamrdepay ! amrnbdec|28 22
amr-wb|amr-wb-octet|20|16000|voamrwbenc band-mode=8 ! rtpamrpay|AMR-WB 123|rtpamrdepay ! amrwbdec|29 27
opus|opus|20|48000|opusenc bitrate=32000 audio-type=voice ! rtpopuspay|OPUS 114|rtpopusdepay ! opusdec|38 33
l16|l16-16k|10|16000|audioconvert ! audio/x-raw,format=S16BE ! rtpL16pay|L16 100|rtpL16depay|80 80
'

# Calls $1 for each row with its fields and number.
every_row() {
	local n=0 name codec period rate coder type depay limits
	while IFS='|' read -r name codec period rate coder type depay limits; do
		[ -n "$name" ] || continue
		n=$((n + 1))
		# shellcheck disable=SC2086
		"$1" "$n" "$name" "$codec" "$period" "$rate" "$coder" "$depay" $type $limits
	done <<<"$ROWS"
}

# Ports of a row's two calls.
port_of() {
	echo $((6000 + 8 * $1 + $2))
}

row_calls() {
	local n=$1 name=$2 codec=$3 period=$4 devices=LAB
	[[ $codec = *aal2 ]] && devices=AAL2
	cat <<-END
		call transcoder $name on XCD_$devices {
		party p1 codec $codec period $period foreign $(port_of "$n" 0) tone $TONE $LEVEL
		party p2 codec $(other_of "$codec") tone 437 $LEVEL
		}
		call bridge meet-$name on CFB_$devices {
		party p1 codec $codec period $period foreign $(port_of "$n" 4) tone $TONE $LEVEL
		party p2 codec l16-16k tone 437 $LEVEL
		party p3 codec l16-16k silent
		}
	END
}

# What stands at the other end must not be worse than the codec that is judged.
other_of() {
	[ "$1" = l16-16k ] && echo g722 || echo l16-16k
}

row_steps() {
	echo "$WORD $2"
	echo "$WORD meet-$2"
}

row_expects() {
	local name=$2 codec=$3 there=${10}
	[ "$codec" = l16-16k ] && there=45 # what G.722 leaves of it
	cat <<-END
		expect $name loss == 0
		expect $name sinad >= $there
		expect $name level <= 1
		expect meet-$name loss == 0
		expect meet-$name:p2 sinad >= ${10}
		expect meet-$name:p2 level <= 1
	END
}

scenario() {
	echo "device bridge CFB_AAL2"
	echo "device transcoder XCD_AAL2"
	every_row row_calls
	cat <<-END
		call mtp g723 {
		party p1 codec g723 period 30 foreign 7100 tone $TONE $LEVEL
		party p3 codec g723 period 30 foreign 7100 tone 437 $LEVEL
		}
		devices
	END
	WORD=start every_row row_steps
	echo "start g723"
	echo "pause foreign"
	echo "listen"
	echo "pause heard"
	echo "hush"
	WORD=end every_row row_steps
	echo "end g723"
	every_row row_expects
}

# Frames of $2 as they stand in file $1, $4 bytes of them a second, in buffers of $3 ms. GStreamer gives a file's bytes no time
# unless they are taken for linear samples first.
coded_file() {
	echo "filesrc location=$1 ! rawaudioparse pcm-format=u8 sample-rate=$4 num-channels=1
		! audiobuffersplit output-buffer-duration=$3/1000 ! capssetter join=false replace=true caps=audio/$2,channels=1,rate=8000"
}

# One pipeline's two halves: says at rate $1 through $2 to $3, hears type $5, name $4, at $6, by $7, into $8.
halves() {
	local rate=$1 coder=$2 to=$3 name=$4 type=$5 port=$6 depay=$7 out=$8 clock=$1 more='' pt='' time=$9 late=0
	case $name in G722) clock=8000 ;; AMR*) more=',octet-align=(string)1' ;; L16) more=',channels=(int)1' ;; esac
	[ "$type" -ge 96 ] && pt="pt=$type"
	# its coder holds half a second back: without this delay the packets would leave in bursts of as much
	[[ $name = *G726* ]] && late=700000000
	if [ "$name" = G729 ]; then
		coded_file "$WORK/g729.raw" G729 10 1000
	else
		echo "audiotestsrc is-live=true freq=$TONE volume=$AMPLITUDE samplesperbuffer=$((rate * time / 1000))"
		echo "! audio/x-raw,rate=$rate,channels=1,format=S16LE"
	fi
	echo "! $coder min-ptime=${time}000000 max-ptime=${time}000000 $pt"
	echo "! udpsink async=false host=${to%:*} port=${to#*:} ts-offset=$late"
	echo "udpsrc port=$port caps=application/x-rtp,media=(string)audio,clock-rate=(int)$clock,encoding-name=(string)$name,payload=(int)$type$more"
	echo "! rtpjitterbuffer latency=100 ! $depay ! audioconvert ! audio/x-raw,format=S16LE,channels=1"
	echo "! filesink async=false buffer-mode=unbuffered location=$out"
}

row_begin() {
	local n=$1 name=$2 period=$4 rate=$5 coder=$6 depay=$7 encoding=$8 type=$9
	gst "$name" slim-p1 "$(
		halves "$rate" "$coder" "$(gateway_of "$name" p1)" "$encoding" "$type" "$(port_of "$n" 0)" "$depay" "$WORK/$name" "$period"
		halves "$rate" "$coder" "$(gateway_of "meet-$name" p1)" "$encoding" "$type" "$(port_of "$n" 4)" "$depay" "$WORK/meet-$name" "$period"
	)"
}

# Runs pipeline $3 in namespace $2; its log is $1.log.
gst() {
	local name=$1 space=$2 words
	read -ra words <<<"${3//[$'\n\t']/ }"
	foreign "$space" gst-launch-1.0 -q "${words[@]}" >"$WORK/$name.log" 2>&1 </dev/null &
	ENDS+=($!)
}

# File $1 has $2 bytes at least.
grown() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

row_heard() {
	local name=$2 rate=$5
	for call in "$name" "meet-$name"; do
		net_wait 40 "$HEARS seconds of sound in $call" grown "$WORK/$call" $((2 * rate * HEARS)) ||
			bad "$call hears too little: $(tail -qn 2 "$WORK/$name.log")"
	done
}

row_finish() {
	local name=$2 rate=$5 here=${11}
	decoded s16le "$WORK/$name" "$rate"
	decoded s16le "$WORK/meet-$name" "$rate"
	judged "$name" "$WORK/$name.wav" "$([ "$name" = l16 ] && echo 45 || echo "$here")" 1 437 $LEVEL
	judged "meet-$name" "$WORK/meet-$name.wav" "$here" 1 437 $LEVEL
}

# A relay's end: frames from $WORK/g723-$2.raw in namespace $1, to $3.
relay_end() {
	gst "g723-$2" "$1" "$(coded_file "$WORK/g723-said-$2.raw" G723 30 800) ! rtpg723pay ! udpsink async=false host=${3%:*} port=${3#*:}
		udpsrc port=7100 caps=application/x-rtp,media=(string)audio,clock-rate=(int)8000,encoding-name=(string)G723,payload=(int)4 !
		rtpjitterbuffer latency=100 ! rtpg723depay ! filesink async=false buffer-mode=unbuffered location=$WORK/g723-$2"
}

# A tone of $1 Hz as G.723.1 of ffmpeg into $2.
g723_coded() {
	# a decoder of G.723.1 that comes in the middle of a pure tone never finds it
	ffmpeg -hide_banner -nostdin -loglevel error -y -f lavfi -i "aevalsrc=if(lt(t\\,2)\\,0\\,$AMPLITUDE*sin(2*PI*$1*t)):s=8000" \
		-t 60 -ac 1 -b:a 6.3k -f g723_1 "$2"
}

net_make 3
foreign_config >"$WORK/foreign.yaml"
"$(net_program slimline-lab)" code g729 $TONE $LEVEL "$WORK/g729-20s.raw"
cat "$WORK/g729-20s.raw" "$WORK/g729-20s.raw" "$WORK/g729-20s.raw" >"$WORK/g729.raw"
g723_coded $TONE "$WORK/g723-said-p1.raw"
g723_coded 437 "$WORK/g723-said-p3.raw"
lab_start < <(scenario)
foreign_gateway_start "$WORK/foreign.yaml"
lab_until "pause foreign"
ENDS=()
every_row row_begin
relay_end slim-p1 p1 "$(gateway_of g723 p1)"
relay_end slim-p3 p3 "$(gateway_of g723 p3)"
net_wait 60 "all foreign ends to speak" foreign_speak "$((2 * $(grep -c '|' <<<"$ROWS") + 1))" || bad "not all foreign ends speak"
lab_go
lab_until "pause heard"
every_row row_heard
for side in p1 p3; do
	net_wait 40 "$HEARS seconds of G.723.1 at $side" grown "$WORK/g723-$side" $((800 * HEARS)) || bad "no G.723.1 at $side"
done
lab_go
lab_until "call g723: ended"
kill "${ENDS[@]}"
every_row row_finish
for side in "p1 437" "p3 $TONE"; do
	decoded g723_1 "$WORK/g723-${side% *}"
	judged "g723 ${side% *}" "$WORK/g723-${side% *}.wav" 25 1 "${side#* }" $LEVEL
done
lab_passed "the lab's phones do not hear GStreamer cleanly"
[ "$FAILED" = 0 ] || exit 1
echo ok
