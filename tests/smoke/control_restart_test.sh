#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# control_restart_test.sh - Control is killed and started again during calls: not one RTP packet is lost, the calls are known again.
#
#   [agent] --- [slimline-control] --- redis        p1 <--> MTP_LAB <--> p2
#                   killed, started                 p3, p4, p5 on CFB_LAB
. "$(dirname "$0")/_init.sh"
for tool in redis-server redis-cli jq; do
	command -v $tool >/dev/null || net_cannot "skip: needs $tool"
done
net_make 5
redis-server --port 0 --unixsocket "$WORK/redis.sock" --save '' --appendonly no --dir "$WORK" >"$WORK/redis.log" &
net_wait 10 redis redis-cli -s "$WORK/redis.sock" ping || bad "redis does not start"
sed "s#^  kind: memory#  kind: redis\n  redis: {socket: $WORK/redis.sock}#" "$CONFIG" >"$WORK/redis.yaml"
lab_start <<'END'
call mtp relay {
	party p1 codec pcmu period 20 tone 437 -10
	party p2 codec pcmu period 20 tone 1020 -10
}
call bridge mix {
	party p3 codec pcmu period 20 tone 437 -16
	party p4 codec g722 period 20 tone 1020 -16
	party p5 codec pcma period 30 tone 1713 -16
}
devices
start relay
start mix
run 2s
pause running
run 2s
pause dead
run 2s
end relay
end mix
expect relay loss == 0
expect relay identical == 100
expect mix loss == 0
expect mix sinad >= 33
expect mix gap <= 500
END
gateway_start "$WORK/redis.yaml"
parties='[.. | objects | select(has("party_id")) | {conference_id, party_id}] | sort | unique'
lab_until "pause running"
before=$(ctl "$parties" show sccp connections)
[ "$(echo "$before" | jq length)" = 5 ] || bad "5 parties should be known, these are: $before"
{ kill -KILL "$CONTROL" && wait "$CONTROL"; } 2>/dev/null || true
lab_go
lab_until "pause dead"
net_control "$WORK/redis.yaml" "$WORK/control.log" || bad "control did not come up again"
lab_until "device .*_LAB: in service" 6
same() {
	[ "$(ctl "$parties" show sccp connections)" = "$before" ]
}
net_wait 10 "the same parties" same || bad "parties before: $before; after: $(ctl "$parties" show sccp connections)"
lab_go
lab_passed "media suffered, or a call could not be ended"
net_wait 10 "no stream" streams_are 0 || bad "streams are left after the agent ended its calls"
echo ok
