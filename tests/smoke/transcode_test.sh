#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# transcode_test.sh - Mu-law to G.722, A-law to mu-law and 20 ms to 30 ms calls: what comes out is what the codecs allow.
#
#   p1 pcmu/20 --+                    +-- p2 g722/20
#   p3 pcma/20 --+-- [XCD_LAB] -------+-- p4 pcmu/20
#   p1 pcmu/20 --+                    +-- p5 pcmu/30
. "$(dirname "$0")/_init.sh"
net_make 5
lab_start <<'END'
call transcoder wide {
	party p1 codec pcmu period 20 tone 1020 -10
	party p2 codec g722 period 20 tone 437 -10
}
call transcoder law {
	party p3 codec pcma period 20 tone 1020 -10
	party p4 codec pcmu period 20 tone 437 -10
}
call transcoder period {
	party p1 codec pcmu period 20 tone 1020 -10
	party p5 codec pcmu period 30 tone 437 -10
}
devices
start wide
start law
start period
run 5s
end wide
end law
end period
expect wide loss == 0
expect wide sinad >= 36
expect wide level <= 0.15
expect law loss == 0
expect law sinad >= 32
expect law level <= 0.3
expect period loss == 0
expect period sinad >= 35
expect period level <= 0.15
END
gateway_start
lab_passed "transcoded sound is worse than its codecs"
echo ok
