#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dataplane_restart_test.sh - The dataplane is killed and started again: control rebuilds its streams and media flows again.
#
#   [slimline-control] --- [slimline-dataplane] killed, started     p1 <--> MTP_LAB <--> p2
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
net_make 5
lab_start <<'END'
call mtp relay {
	party p1 codec pcmu period 20 tone 437 -10
	party p2 codec pcmu period 20 tone 1020 -10
}
devices
start relay
run 1s
pause running
run 2s
pause flowing
end relay
expect relay gap <= 3000
END
gateway_start
lab_until "pause running"
{ kill -KILL "$DATAPLANE" && wait "$DATAPLANE"; } 2>/dev/null || true
net_dataplane "$CONFIG" "$WORK/dataplane.log" || bad "the dataplane did not come up again"
net_wait 10 "two streams" streams_are 2 || bad "control did not rebuild its streams"
lab_go
lab_until "pause flowing"
received=$(ctl '[.. | objects | .rx_packets? // empty] | map(select(. > 50)) | length' show stream)
[ "$received" -ge 2 ] || bad "media does not flow again: $(net_slimctl show stream)"
lab_go
lab_passed "media was away for too long"
echo ok
