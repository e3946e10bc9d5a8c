#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh - Shows the main job end to end: a relayed call, a transcoded call and a conference, over a small network.
#
#   demo.sh          runs everything, prints a table of what each listener heard, ends with "demo: PASS" or the reason
#   demo.sh --keep    leaves it running with calls up, and opens a shell in which slimctl works
#
# Recordings, a pcap of everything and the logs are left in build/demo/.
set -euo pipefail

SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$SOURCE/build}
export BUILD
NET_WORD="demo: FAIL"
. "$SOURCE/bench/lab/net.sh"

OUT=$BUILD/demo
CONFIG=$SOURCE/conf/lab.yaml
SCENARIO=$SOURCE/bench/lab/demo.scn
[ "${1:-}" = --keep ] && SCENARIO=$SOURCE/bench/lab/lab.scn

fail() {
	echo "demo: FAIL: $1"
	shift
	for log in "$@"; do
		echo "--- last lines of $log"
		tail -n 15 "$log" 2>/dev/null || true
	done
	exit 1
}

for program in slimline-dataplane slimline-control slimctl slimline-lab; do
	net_program "$program" >/dev/null ||
		fail "$program is not in $BUILD; run make (slimline-dataplane needs libdpdk-dev, slimline-lab needs libsndfile1-dev)"
done

net_enter "$@"
rm -rf "$OUT"
mkdir -p "$OUT"
LAB=$(net_program slimline-lab)

echo "network: call agent 10.78.0.1, gateway 10.78.0.2 (signalling) and 10.77.0.2 (media), phones 10.77.0.11 to 15"
net_make 5
net_speech "$OUT/speech"
if command -v tcpdump >/dev/null; then
	tcpdump -i br0 -s 0 -U -Z root -w "$OUT/demo.pcap" 2>"$OUT/tcpdump.log" &
	TCPDUMP=$!
	net_wait 5 "tcpdump" grep -q listening "$OUT/tcpdump.log" || fail "tcpdump does not start" "$OUT/tcpdump.log"
else
	echo "tcpdump is not installed: no pcap will be left"
fi

if [ "${1:-}" = --keep ]; then
	mkfifo /run/lab.in
	exec 7<>/run/lab.in
	"$LAB" run --sounds "$OUT/speech" --out "$OUT" "$SCENARIO" <&7 >"$OUT/lab.out" 2>&1 &
else
	"$LAB" run --sounds "$OUT/speech" --out "$OUT" "$SCENARIO" &
fi
LAB_PID=$!

echo "gateway: starting slimline-dataplane and slimline-control with conf/lab.yaml"
net_dataplane "$CONFIG" "$OUT/dataplane.log" || fail "slimline-dataplane did not come up" "$OUT/dataplane.log"
net_control "$CONFIG" "$OUT/control.log" || fail "slimline-control did not come up" "$OUT/control.log"

if [ "${1:-}" = --keep ]; then
	net_wait 30 "calls" grep -q '^pause' "$OUT/lab.out" || fail "the calls did not come up" "$OUT/lab.out" "$OUT/control.log"
	PATH=$(dirname "$(net_program slimctl)"):$PATH
	export PATH
	echo "lab: three calls are up; try: slimctl show stream.  Leave this shell with exit to end it all."
	PS1='lab# ' bash --norc -i || true
	exit 0
fi

status=0
wait "$LAB_PID" || status=$?
net_slimctl show drops >"$OUT/drops.txt" 2>&1 || true

stopped=0
kill -TERM "$CONTROL" && wait "$CONTROL" || stopped=$?
[ "$stopped" = 0 ] || fail "slimline-control ended with status $stopped" "$OUT/control.log"
kill -TERM "$DATAPLANE" && wait "$DATAPLANE" || stopped=$?
[ "$stopped" = 0 ] || fail "slimline-dataplane ended with status $stopped" "$OUT/dataplane.log"
if [ -n "${TCPDUMP:-}" ]; then
	kill -INT "$TCPDUMP" && wait "$TCPDUMP" || true
fi

echo
echo "left in ${OUT#"$PWD"/}: $(find "$OUT" -maxdepth 1 -name '*.wav' | wc -l) recordings (CALL-LISTENER.wav), demo.pcap, lab.log (every SCCP message), control.log, dataplane.log"
[ "$status" = 0 ] || fail "the table above says what was not as it should be" "$OUT/control.log" "$OUT/dataplane.log"
echo "demo: PASS"
