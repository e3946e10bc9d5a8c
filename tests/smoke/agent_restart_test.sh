#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# agent_restart_test.sh - The call agent dies and comes back: media goes on, devices register again, the call can be ended.
#
#   [agent] gone, back --- [slimline-control]     p1 <--> MTP_LAB <--> p2
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
agent down
run 3s
agent up
devices
run 1s
end relay
expect relay loss == 0
expect relay identical == 100
END
gateway_start
lab_passed "media stopped with the agent"
net_wait 10 "no stream" streams_are 0 || bad "streams are left after the agent ended its call"
echo ok
