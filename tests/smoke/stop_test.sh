#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# stop_test.sh - Stopping control: every device takes its leave from the agent, both programs end with status 0.
. "$(dirname "$0")/_init.sh"
net_make 1
lab_start <<'END'
devices
pause up
END
gateway_start
lab_until "pause up"
lab_until "device .*: in service" 8 # three media resources and five telephones of lab.yaml
kill -TERM "$CONTROL"
wait "$CONTROL" || bad "control ended with status $?"
[ "$(grep -c '<- Unregister' "$WORK/lab.log")" = 8 ] || bad "not every device unregistered"
kill -TERM "$DATAPLANE"
wait "$DATAPLANE" || bad "the dataplane ended with status $?"
[ ! -e /run/slimline/dataplane.sock ] || bad "the dataplane left its socket behind"
lab_go
lab_passed
echo ok
