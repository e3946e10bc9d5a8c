# SPDX-License-Identifier: GPL-3.0-or-later
# _foreign.sh - Calls whose far ends are programs of others: where they send to, and what they heard. Source it after _init.sh.
#
# A foreign end says 1020 Hz at -10 dBm0; the lab's phone at the other end, or the other foreign end, says 437 Hz.
# Limits are what the bare codec does: coder and decoder of others back to back (or theirs and ours, where only one of them
# can code), judged in the same way, less 2 dB.

TONE=1020
LEVEL=-10
AMPLITUDE=0.220293 # -10 dBm0: 13.14 dB below full scale
FAILED=0
# What the lab's profiles offer for these calls. Packings share their codec's number in SCCP, so that AAL2's has devices of
# its own.
FOREIGN_CODECS='pcmu, pcma, g722, l16-16k, g726-32, g726-24, g726-16, gsm, g729, amr-octet, amr-wb-octet, opus'
AAL2_CODECS='l16-16k, g726-32-aal2, g726-24-aal2, g726-16-aal2'

foreign_tools() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || net_cannot "skip: $tool is not installed (./deps.sh test)"
	done
}

# Both programs with configuration $1; the dataplane is as prompt as the lab's phones, whatever else the machine does.
foreign_gateway_start() {
	gateway_start "$1"
	chrt -a -r -p 2 "$DATAPLANE" 2>/dev/null || true
}

# Runs a program of others in namespace $1, only less prompt.
foreign() {
	local space=$1
	shift
	if chrt -r 1 true 2>/dev/null; then
		exec ip netns exec "$space" chrt -r 1 "$@"
	fi
	exec ip netns exec "$space" "$@"
}

# The lab's configuration with all codecs, reports once a second, and one codec that is relayed only.
foreign_config() {
	sed "s/codecs: \[pcmu, pcma, g722, l16-16k\]/codecs: [$FOREIGN_CODECS]/
		/kind: mtp/,/codecs/ s/opus/&, g723/
		s/^  jitter: {min: 20ms, max: 200ms}/&\n  rtcp: {interval: 1s}/
		/^profiles:/a\  - {name: aal2-bridge, kind: conference-bridge, codecs: [$AAL2_CODECS], sessions: 10}
		/^profiles:/a\  - {name: aal2-transcoder, kind: transcoder, codecs: [$AAL2_CODECS], sessions: 10}
		/^devices:/a\  - {name: CFB_AAL2, profile: aal2-bridge, group: lab}
		/^devices:/a\  - {name: XCD_AAL2, profile: aal2-transcoder, group: lab}" "$CONFIG"
}

# Where phone $2 of call $1 has to send.
gateway_of() {
	awk -v call="$1" -v phone="$2" '$1 == "foreign" && $2 == call && $3 == phone { print $6 }' "$WORK/lab.out" | grep . ||
		bad "the lab never said where $2 of $1 sends to"
}

# $1 foreign ends at least, at ports below 8000, have sent the gateway a hundred packets.
foreign_speak() {
	[ "$(ctl '[.. | objects | select(has("party_id") and has("stats")) | select((.remote // "") | test(":[67][0-9]{3}$"))
		| select(.stats.rx_packets > 100)] | length' show stream)" -ge "$1" ]
}

# Demands of recording $2 a SINAD of $3 at least and a level within $4 dB; the rest: tones.
judged() {
	local what=$1 file=$2 sinad=$3 level=$4 said
	shift 4
	if ! said=$("$(net_program slimline-lab)" judge "$file" "$@" 2>&1); then
		echo "bad: $what: $said; $(tail -qn 2 "${file%.wav}.log" "$file.log" "$file.send.log" 2>/dev/null | tr '\n' ' ')"
		FAILED=$((FAILED + 1))
		return
	fi
	echo "$what hears: $said"
	if ! awk -v s="$sinad" -v l="$level" '{ exit !($2 >= s && $4 <= l) }' <<<"$said"; then
		echo "bad: $what hears: $said; wanted $sinad dB, within $level dB; $(tail -qn 1 "${file%.wav}.log" 2>/dev/null)"
		FAILED=$((FAILED + 1))
	fi
}

# Raw frames of format $1 in $2 as $2.wav, decoded by ffmpeg.
decoded() {
	local rate=()
	case $1 in alaw | mulaw) rate=(-ar 8000 -ac 1) ;; s16le) rate=(-ar "$3" -ac 1) ;; esac
	ffmpeg -hide_banner -nostdin -loglevel error -y -f "$1" "${rate[@]}" -i "$2" "$2.wav" 2>"$2.decode.log" || true
}
