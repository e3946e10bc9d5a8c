#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# hostile_test.sh - An agent that sends malformed messages to one device harms neither that device's process nor any call.
#
#   agent --- malformed ---> [XCD_LAB]
#         --- a call ------> [MTP_LAB]  p1 <--> p2   goes on as if nothing were
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
net_make 5
lab_start <<'END'
call mtp bystander {
	party p1 codec pcmu period 20 tone 437 -10
	party p2 codec pcmu period 20 tone 1020 -10
}
call transcoder afterwards {
	party p3 codec pcmu period 20 tone 437 -10
	party p4 codec g722 period 20 tone 1020 -10
}
devices
start bystander
hostile XCD_LAB
start afterwards
run 3s
pause look
end afterwards
end bystander
expect bystander loss == 0
expect bystander identical == 100
expect afterwards loss == 0
expect afterwards sinad >= 36
END
gateway_start
lab_until "pause look"
streams_are 4 || bad "4 streams should be open after the attacks, there are $(stream_count)"
net_slimctl show sccp statistics >"$WORK/statistics.txt"
for name in pdu_framing pdu_length pdu_unknown pdu_unsupported pdu_value; do
	grep -qw "$name" "$WORK/statistics.txt" || bad "nothing was counted as $name"
done
lab_go
lab_passed "a call was disturbed"
echo ok
