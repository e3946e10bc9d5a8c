#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# conference_test.sh - Five parties of mixed codecs, rates and periods hear the other four, and not themselves.
#
#   p1 pcmu/20  437.15 Hz --+
#   p2 pcma/20 1020 Hz --+
#   p3 g722/20 1713 Hz --+-- [CFB_LAB]
#   p4 l16/10  2341 Hz --+
#   p5 pcmu/30 2903 Hz --+
. "$(dirname "$0")/_init.sh"
net_make 5
lab_start <<'END'
call bridge five {
	party p1 codec pcmu    period 20 tone 437.15 -10
	party p2 codec pcma    period 20 tone 1020.55 -13
	party p3 codec g722    period 20 tone 1713.35 -16
	party p4 codec l16-16k period 10 tone 2341.85 -19
	party p5 codec pcmu    period 30 tone 2903.45 -22
}
devices
start five
run 6s
end five
expect five loss == 0
expect five sinad >= 33
expect five level <= 0.15
expect five own <= -58
END
gateway_start
lab_passed "the mix is not what it should be"
echo ok
