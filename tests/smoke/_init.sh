# SPDX-License-Identifier: GPL-3.0-or-later
# _init.sh - What every smoke test begins with: a private network, the real programs, one verdict. Source it.
#
# A test prints "ok" and exits 0, or "skip: reason" and exits 77, or says what is wrong and exits 1; then the logs follow.
# SMOKE_PAUSE=1 opens a shell inside the test's network before everything is taken down.
set -euo pipefail

SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$SOURCE/build}
export BUILD
NET_CANNOT=77
NET_WORD=skip
. "$SOURCE/bench/lab/net.sh"

for program in ${SMOKE_PROGRAMS:-slimline-dataplane slimline-control slimctl slimline-lab}; do
	net_program "$program" >/dev/null || net_cannot "skip: $program is not in $BUILD"
done
net_enter "$@"

# /run is ours alone and goes with us
WORK=/run/smoke
CONFIG=$SOURCE/conf/lab.yaml
mkdir -p "$WORK"
mkfifo "$WORK/lab.in"
exec 7<>"$WORK/lab.in"

smoke_end() {
	local status=$?
	trap - EXIT
	if [ "$status" != 0 ] && [ "$status" != 77 ]; then
		for log in lab.out dataplane.log control.log; do
			[ -s "$WORK/$log" ] && echo "--- $log" && tail -n 25 "$WORK/$log"
		done
	fi
	if [ -n "${SMOKE_PAUSE:-}" ]; then
		echo "paused inside the test's network, logs in $WORK; exit goes on"
		PS1='smoke# ' bash --norc -i || true
	fi
	exit "$status"
}
trap smoke_end EXIT

bad() {
	echo "bad: $1"
	exit 1
}

# Both programs with $1 (default: the lab's configuration).
gateway_start() {
	net_dataplane "${1:-$CONFIG}" "$WORK/dataplane.log" || bad "the dataplane did not come up"
	net_control "${1:-$CONFIG}" "$WORK/control.log" || bad "control did not come up"
}

# Starts the lab on a scenario given on standard input, below the lines that every scenario shares.
lab_start() {
	{
		echo "agent listen 10.78.0.1:2000 netns slim-agent"
		echo "device bridge CFB_LAB"
		echo "device transcoder XCD_LAB"
		echo "device mtp MTP_LAB"
		for i in 1 2 3 4 5; do
			echo "phone p$i netns slim-p$i address 10.77.0.1$i"
			echo "phone p${i}v6 netns slim-p$i address fd77::1$i"
		done
		cat
	} >"$WORK/test.scn"
	"$(net_program slimline-lab)" run --out "$WORK" "$WORK/test.scn" <&7 >"$WORK/lab.out" 2>&1 &
	LAB=$!
}

# Waits until the lab has printed a line that begins with $1, at least ${2:-1} times.
lab_until() {
	net_wait 30 "the lab to say: $1" lab_said "$1" "${2:-1}" || bad "the lab never said: $1"
}

lab_said() {
	[ "$(grep -c "^$1" "$WORK/lab.out")" -ge "$2" ]
}

# Ends the lab's present pause.
lab_go() {
	echo go >&7
}

# Waits for the lab's end and asks for its verdict.
lab_passed() {
	wait "$LAB" || bad "${1:-the lab is not content}"
}

# A number out of slimctl's JSON: $1 a jq filter, the rest the words.
ctl() {
	local filter=$1
	shift
	net_slimctl --json "$@" | jq -c "$filter"
}

# Streams that the dataplane has open, as slimctl shows them.
stream_count() {
	ctl '[.. | objects | select(has("party_id") and has("stats"))] | length' show stream
}

streams_are() {
	[ "$(stream_count)" = "$1" ]
}
