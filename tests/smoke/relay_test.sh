#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# relay_test.sh - A relayed G.711 call over IPv4 and one over IPv6: every payload comes out bit by bit.
#
#   p1 10.77.0.11 --+                     +-- p2 10.77.0.12
#   p3 fd77::13   --+-- [MTP_LAB] --------+-- p4 fd77::14
. "$(dirname "$0")/_init.sh"
net_make 5
lab_start <<'END'
call mtp four {
	party p1 codec pcmu period 20 tone 437 -10
	party p2 codec pcmu period 20 tone 1020 -10
}
call mtp six {
	party p3v6 codec pcma period 10 tone 437 -10
	party p4v6 codec pcma period 10 tone 1020 -10
}
devices
start four
start six
run 4s
end four
end six
expect four loss == 0
expect four identical == 100
expect six loss == 0
expect six identical == 100
END
gateway_start
lab_passed "a relayed payload was lost or changed"
echo ok
