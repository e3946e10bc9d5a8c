#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# foreign_test.sh - Transcoded, conferenced and relayed calls whose far ends are ffmpeg and an endpoint from the RFC: tones
# come out clean on both sides, and reports go both ways.
#
#   ffmpeg   hears all that it can take out of RTP, and sends what it can pace: its G.726 leaves a quarter of a second at a time
#   rtp.py   an endpoint in the manner of H.323: static payload types, G.711 in 30 ms, G.722, GSM, G.723.1, G.729, reports once a
#            second, no telephone-events; and G.726. ffmpeg codes and decodes what it carries (G.729 is coded by ours)
#
#   foreign --- [XCD_LAB] --- p2          foreign --- [CFB_LAB] --+-- p2           rtp.py --- [MTP_LAB] --- rtp.py: G.723.1
#                                                                 +-- p3, says nothing
#
# ffmpeg's G.726 is not the ITU-T's (gstreamer_test.sh has the figures). Its decoder of AMR plays tones 4 to 5 dB too loud and adds to them, whoever has coded them: 9.6 dB
# and 4.13 dB back to back. A decoder of GSM gets 31 dB out of 437 Hz, but 22 dB when mu-law was there before it: what stands at
# the other end here is linear.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_foreign.sh"
foreign_tools ffmpeg python3 tshark tcpdump

HEARS=7 # seconds
FF=(ffmpeg -hide_banner -nostdin -loglevel error -y)

# name|codec|period|ffmpeg's coder, - = hears only|rate|type|name in SDP|parameters in SDP|cleanest there, here, level
FFMPEG_ROWS='
ff-pcmu|pcmu|20|pcm_mulaw|8000|0|PCMU/8000||36 36 1
ff-pcma|pcma|20|pcm_alaw|8000|8|PCMA/8000||36 36 1
ff-g722|g722|20|adpcm_g722|16000|9|G722/8000||44 45 1
ff-opus|opus|20|libopus|48000|114|opus/48000/2||30 33 1
ff-l16|l16-16k|20|pcm_s16be|16000|100|L16/16000/1||80 80 1
ff-gsm|gsm|20|-|8000|3|GSM/8000||- 28 1
ff-g726|g726-32|20|-|8000|106|G726-32/8000||- 33 1
ff-aal2|g726-32-aal2|20|-|8000|119|AAL2-G726-32/8000||- 33 1
ff-amr|amr-octet|20|-|8000|122|AMR/8000/1|octet-align=1|- 5 6
ff-amr-wb|amr-wb-octet|20|-|16000|123|AMR-WB/16000/1|octet-align=1|- 15 6
'
# name|codec|period|format of ffmpeg|bytes in a packet|type|cleanest there, here, level
RTP_ROWS='
h323-pcma|pcma|30|alaw|240|8|36 36 1
h323-pcmu|pcmu|30|mulaw|240|0|36 36 1
h323-g722|g722|20|g722|160|9|44 45 1
h323-gsm|gsm|20|gsm|33|3|27 28 1
h323-g729|g729|20|g729|20|18|19 22 1
rtp-g726|g726-32|20|g726le|80|106|33 33 1
'

# Calls $1 for each row with its number and fields; $2: only FFMPEG or RTP.
every_row() {
	local n=0 row fields
	while read -r row; do
		[ -n "$row" ] || continue
		n=$((n + 1))
		# shellcheck disable=SC2053
		[[ $row = ${2:-}* ]] || continue
		IFS='|' read -ra fields <<<"$row"
		"$1" "$n" "${fields[@]}"
	done <<<"$FFMPEG_ROWS$RTP_ROWS"
}

port_of() {
	echo $((6000 + 16 * $1 + $2))
}

# What stands at the other end must not be worse than the codec that is judged.
other_of() {
	[ "$1" = l16-16k ] && echo g722 || echo l16-16k
}

# The last field's word $1: limits there, here, level.
limit() {
	local limits=("${@:2}")
	read -ra limits <<<"${limits[-1]}"
	echo "${limits[$1]}"
}

row_calls() {
	local n=$1 name=$2 codec=$3 period=$4 devices=LAB said="tone $TONE $LEVEL"
	[[ $codec = *aal2 ]] && devices=AAL2
	[ "$5" = - ] && said=silent
	cat <<-END
		call transcoder $name on XCD_$devices {
		party p1 codec $codec period $period foreign $(port_of "$n" 0) $said
		party p2 codec $(other_of "$codec") tone 437 $LEVEL
		}
		call bridge meet-$name on CFB_$devices {
		party p1 codec $codec period $period foreign $(port_of "$n" 8) $said
		party p2 codec l16-16k tone 437 $LEVEL
		party p3 codec l16-16k silent
		}
	END
}

row_steps() {
	echo "$WORD $2"
	echo "$WORD meet-$2"
}

row_expects() {
	local name=$2 there
	there=$(limit 0 "$@")
	echo "expect $name loss == 0"
	echo "expect meet-$name loss == 0"
	[ "$there" = - ] && return
	echo "expect meet-$name:p2 sinad >= $there"
	echo "expect meet-$name:p2 level <= 1"
	[ "$3" = l16-16k ] && there=44 # what G.722 leaves of it
	echo "expect $name sinad >= $there"
	echo "expect $name level <= 1"
}

scenario() {
	echo "device bridge CFB_AAL2"
	echo "device transcoder XCD_AAL2"
	every_row row_calls
	cat <<-END
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
	WORD=start every_row row_steps
	printf '%s\n' "start meeting" "start g723" "pause foreign" listen "pause figures" hush
	WORD=end every_row row_steps
	printf '%s\n' "end meeting" "end g723"
	every_row row_expects
	printf '%s\n' "expect meeting sinad >= 32" "expect meeting level <= 0.3"
}

# $1 Hz, $2 amplitude, $3 rate: a source for ffmpeg.
sine() {
	echo "aevalsrc=$2*sin(2*PI*$1*t):s=$3"
}

# ffmpeg hears in namespace $1 at $2:$3 a stream of type $4, name $5, parameters $6, into $7.
ffmpeg_hears() {
	local space=$1 address=$2 port=$3 type=$4 name=$5 parameters=$6 out=$7
	printf '%s\n' v=0 "o=- 0 0 IN IP4 $address" s=test "c=IN IP4 $address" t=0\ 0 "m=audio $port RTP/AVP $type" \
		"a=rtpmap:$type $name" "a=fmtp:$type ${parameters:-x=0}" >"$out.sdp"
	foreign "$space" timeout -s INT 60 "${FF[@]}" -protocol_whitelist file,udp,rtp -analyzeduration 0 -probesize 32 -i "$out.sdp" \
		-t $HEARS -ac 1 "$out" >"$out.log" 2>&1 &
	ENDS+=($!)
}

# ffmpeg says in namespace $1 $2 Hz with amplitude $3 in coder $4 at rate $5, type $6; the rest: for each gateway its
# address and the port to send from.
ffmpeg_says() {
	local space=$1 hz=$2 amplitude=$3 coder=$4 rate=$5 type=$6 bits=() outputs=()
	shift 6
	[ "$coder" = libopus ] && bits=(-b:a 32k -application voip)
	while [ $# -gt 0 ]; do
		outputs+=(-ac 1 -c:a "$coder" "${bits[@]}" -payload_type "$type" -f rtp "rtp://$1?localrtpport=$2&localrtcpport=$(($2 + 1))")
		shift 2
	done
	foreign "$space" "${FF[@]}" -re -f lavfi -i "$(sine "$hz" "$amplitude" "$rate"),asetnsamples=$((rate / 50))" -t 90 \
		"${outputs[@]}" >"$WORK/says-$type-$hz.log" 2>&1 &
	SENDERS+=($!)
}

# rtp.py at namespace $1, address $2, port $3: type $4, frame $5, period $6, coded file $7, to $8, into $9.
rtp_end() {
	foreign "$1" python3 "$SOURCE/tests/smoke/rtp.py" "$2" "$3" "$8" --type "$4" --frame "$5" --period "$6" \
		--seconds $((HEARS + 2)) --receive "$9" --send "$7" >"$9.log" 2>&1 &
	ENDS+=($!)
}

# Codes $2 Hz as raw frames of format $1 into $3.
coded() {
	local rate=8000 bits=()
	if [ "$1" = g729 ]; then
		"$(net_program slimline-lab)" code g729 "$2" $LEVEL "$3"
		return
	fi
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

ffmpeg_begin() {
	local n=$1 name=$2 coder=$5 rate=$6 type=$7 sdp=$8 parameters=$9
	ffmpeg_hears slim-p1 10.77.0.11 "$(port_of "$n" 0)" "$type" "$sdp" "$parameters" "$WORK/$name.wav"
	ffmpeg_hears slim-p1 10.77.0.11 "$(port_of "$n" 8)" "$type" "$sdp" "$parameters" "$WORK/meet-$name.wav"
	[ "$coder" = - ] || ffmpeg_says slim-p1 $TONE $AMPLITUDE "$coder" "$rate" "$type" \
		"$(gateway_of "$name" p1)" "$(port_of "$n" 2)" "$(gateway_of "meet-$name" p1)" "$(port_of "$n" 10)"
}

rtp_begin() {
	local n=$1 name=$2 period=$4 format=$5 frame=$6 type=$7
	coded "$format" $TONE "$WORK/$format.raw"
	rtp_end slim-p1 10.77.0.11 "$(port_of "$n" 0)" "$type" "$frame" "$period" "$WORK/$format.raw" "$(gateway_of "$name" p1)" "$WORK/$name"
	rtp_end slim-p1 10.77.0.11 "$(port_of "$n" 8)" "$type" "$frame" "$period" "$WORK/$format.raw" "$(gateway_of "meet-$name" p1)" \
		"$WORK/meet-$name"
}

row_finish() {
	local name=$2 format=$5 here level call
	here=$(limit 1 "$@") level=$(limit 2 "$@")
	for call in "$name" "meet-$name"; do
		[[ $name = ff-* ]] || decoded "$format" "$WORK/$call"
		[ "$call" = ff-l16 ] && judged "$call" "$WORK/$call.wav" 45 1 437 $LEVEL && continue
		judged "$call" "$WORK/$call.wav" "$here" "$level" 437 $LEVEL
	done
}

# Reports went both ways on every leg whose far end hears and speaks from one port.
row_reports() {
	row_reported "$2"
	row_reported "meet-$2"
}

row_reported() {
	awk -v name="$1" '$6 < 4 || $8 < 4 { print "bad: " name " got too few reports: " $0; bad = 1 } END { exit bad }' \
		"$WORK/$1.log" || FAILED=$((FAILED + 1))
}

# $1 streams whose far ends report have a round trip, a MOS with delay, and both ways alive.
reported() {
	[ "$(ctl '[.. | objects | select(has("party_id") and has("stats"))
		| select((.remote // "") | startswith("10.77.0.11:"))
		| select(.stats.round_trip_ms != null and .stats.quality.one_way == "no" and .stats.quality.mos_cq != null)]
		| length' show stream)" -ge "$1" ]
}

# What tshark reads in the gateway's reports to row's rtp.py: a sender report that counts its own octets right, nothing lost and
# little jitter, VoIP metrics that say what slimctl says of the stream, names, and a farewell at the end.
row_reads() {
	local port=$(($(port_of "$1" 0) + 1)) frame=$6 mos
	mos=$(awk -v port=$((port - 1)) '$1 == port { print $2 }' "$WORK/figures")
	awk -F'|' -v port=$port -v frame="$frame" -v mos="$mos" -v name="$2" '
		function wrong(what) { print "bad: reports to " name ": " what ": " $0; bad = 1 }
		$1 != port { next }
		$2 !~ /^200,202/ || $5 != "lab" { wrong("no sender report and name") }
		$4 != $3 * frame { wrong("octets") }
		$6 ~ /[1-9]/ || $7 ~ /[1-9]/ || $8 > 400 { wrong("loss or jitter") }
		$2 ~ /207/ { metrics++; said = $10 }
		{ bye = $2 ~ /203$/ }
		END {
			if (metrics < 3 || said > mos + 0.11 || said < mos - 0.11) wrong("VoIP metrics say MOS " said ", slimctl " mos)
			if (!bye) wrong("no BYE")
			exit bad
		}' "$WORK/rtcp.txt" || FAILED=$((FAILED + 1))
}

reports_read() {
	local wrong
	tshark -r "$WORK/rtcp.pcap" -d udp.port==6000-7200,rtcp -T fields -E separator='|' -E aggregator=, -e udp.dstport -e rtcp.pt \
		-e rtcp.sender.packetcount -e rtcp.sender.octetcount -e rtcp.sdes.text -e rtcp.ssrc.fraction -e rtcp.ssrc.cum_nr \
		-e rtcp.ssrc.jitter -e rtcp.xr.bt -e rtcp.xr.voipmetrics.moslq >"$WORK/rtcp.txt" 2>/dev/null
	wrong=$(tshark -r "$WORK/rtcp.pcap" -d udp.port==6000-7200,rtcp \
		-Y 'not rtcp or _ws.malformed or _ws.expert.severity >= 0x600000' 2>/dev/null | head -n 3)
	[ -z "$wrong" ] || bad "tshark finds malformed reports: $wrong"
	every_row row_reads '[hr]'
}

net_make 3
foreign_config >"$WORK/foreign.yaml"
coded g723_1 $TONE "$WORK/g723.raw"
coded g723_1 437 "$WORK/g723-437.raw"
lab_start < <(scenario)
foreign_gateway_start "$WORK/foreign.yaml"
lab_until "pause foreign"
foreign slim-p1 tcpdump --immediate-mode -Unpi eth0 -w "$WORK/rtcp.pcap" 'src 10.77.0.2 and udp and udp[0:2] & 1 = 1' 2>/dev/null &
LISTENS=$!
ENDS=()
SENDERS=()
every_row ffmpeg_begin ff-
ffmpeg_hears slim-p1 10.77.0.11 7000 0 PCMU/8000 '' "$WORK/meeting-p1.wav"
ffmpeg_hears slim-p3 10.77.0.13 7000 9 G722/8000 '' "$WORK/meeting-p3.wav"
ffmpeg_says slim-p1 $TONE $AMPLITUDE pcm_mulaw 8000 0 "$(gateway_of meeting p1)" 7002
ffmpeg_says slim-p3 1713 0.110408 adpcm_g722 16000 9 "$(gateway_of meeting p3)" 7002
every_row rtp_begin '[hr]'
rtp_end slim-p1 10.77.0.11 7100 4 24 30 "$WORK/g723.raw" "$(gateway_of g723 p1)" "$WORK/g723-p1"
rtp_end slim-p3 10.77.0.13 7100 4 24 30 "$WORK/g723-437.raw" "$(gateway_of g723 p3)" "$WORK/g723-p3"
spoken=$((2 * $(grep -c '|' <<<"$RTP_ROWS$(grep -v '|-|' <<<"$FFMPEG_ROWS")") + 2))
net_wait 40 "$spoken foreign ends to speak" foreign_speak "$spoken" || bad "not all foreign ends speak"
lab_go
lab_until "pause figures"
# all codecs but G.723.1 of rtp.py, whose relay's quality is not ours to judge, have a MOS
net_wait 12 "round trips, MOS with delay and both ways alive on 12 streams" reported 12 || bad "reports of the far ends do not show"
for end in "${ENDS[@]}"; do
	wait "$end" || true
done
net_slimctl --json show stream | jq -r '.. | objects | select(has("party_id") and has("stats"))
	| "\((.remote // "") | sub(".*:"; "")) \(.stats.quality.mos_lq // "-")"' >"$WORK/figures"
lab_go
lab_until "call g723: ended"
kill $LISTENS
wait $LISTENS || true
kill "${SENDERS[@]}"
every_row row_finish
every_row row_reports '[hr]'
reports_read
judged "meeting p1" "$WORK/meeting-p1.wav" 32 0.5 437 $LEVEL 1713 -16
judged "meeting p3" "$WORK/meeting-p3.wav" 32 0.5 437 $LEVEL $TONE $LEVEL
for side in p1 p3; do
	decoded g723_1 "$WORK/g723-$side"
	row_reported "g723-$side"
done
judged "g723 p1" "$WORK/g723-p1.wav" 31 1 437 $LEVEL
judged "g723 p3" "$WORK/g723-p3.wav" 25 1 $TONE $LEVEL
lab_passed "the lab's phones do not hear the foreign ends cleanly"
[ "$FAILED" = 0 ] || exit 1
echo ok
