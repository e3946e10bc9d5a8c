#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# crowd_test.sh - A thousand lines of one process register in turn, and five hundred calls meet in a hundred rooms, all clean.
#
#   [agent] --- 1000 lines, ten a room          [500 phones] --- five a room, each with a tone of its own
#
# LINES, CALLS (both so that LINES / (CALLS / 5) is whole), TALK seconds and RATE registrations a second may be given.
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
LINES=${LINES:-1000} CALLS=${CALLS:-500} RATE=${RATE:-200}
ROOMS=$((CALLS / 5))
ulimit -n 8192 || net_cannot "skip: too few open files are allowed"
{
	# a deep jitter buffer: what a busy machine does to packets is not the question here
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG" |
		sed "s/streams: 1000/streams: $((LINES + 500))/; s/voices: 200/voices: $((CALLS + 100))/; s/memory: 256MB/memory: 512MB/
			s/min: 20ms/min: 60ms/; s#socket: /run/slimline/control.sock#&\n  register-rate: $RATE#"
	echo "lines:"
	for room in $(seq "$ROOMS"); do
		printf "  - {name: 'SEP{mac}', mac: '02:00:5e:01:%02x:%02x', count: %s, version: 17, profile: telephones, group: lab, answer: 0s, action: room, room: r%s}\n" \
			$((room / 8)) $((room % 8 * 32)) $((LINES / ROOMS)) "$room"
	done
} >"$WORK/crowd.yaml"
net_make 1
"$(net_program slimline-lab)" crowd --listen 10.78.0.1:2000 --netns slim-agent --media 10.77.0.11 --media-netns slim-p1 \
	--lines "$LINES" --calls "$CALLS" --seconds "${TALK:-8}" >"$WORK/lab.out" 2>&1 &
LAB=$!
gateway_start "$WORK/crowd.yaml"
lab_passed "the calls did not come to pass"
is() {
	jq -e "$1" "$WORK/lab.out" >/dev/null || bad "not so: $1: $(cat "$WORK/lab.out")"
}
cat "$WORK/lab.out"
is ".lines == $LINES and .calls == $CALLS"
# in turn: some begin at once after a pause, and what the agent reads late counts as read together
is ".busiest <= $RATE * 1.25 and .register_s >= ($LINES - 50) / $RATE * 0.9"
is ".lost == 0 and .strangers == 0"
is ".least >= 40 * ${TALK:-8} and .refused == 0"
# what the lines tell of their calls is what was sent
is ".told == .calls and .told_received == .sent and .told_lost == 0"
is ".judged >= 10 and .sinad_min >= 33 and .own_max <= -55 and .level_max <= 0.15"
net_wait 10 "no stream" streams_are 0 || bad "streams are left: $(stream_count)"
echo ok
