#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bridge_test.sh - Two lines make one call: relayed when the codecs agree, transcoded when not, ended from either side; test calls.
#
#   p1 --- 301: [IN1] === [OUT1] --- 205: p2     pcma to pcma
#   p3 --- 302: [IN2] === [OUT2] --- 206: p4     pcmu to g722
#   p5 --- 303: [IN3] === [OUT3] --- 301: in use
#               [PROBE1] --- 207: p2, and 299: nobody
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
net_make 5
{
	sed '/^# five telephones/,/^store:/{/^store:/!d}' "$CONFIG"
	cat <<-END
		lines:
		  - {name: IN1, profile: telephones, group: lab, action: bridge, bridge: OUT1, number: '205'}
		  - {name: IN2, profile: telephones, group: lab, action: bridge, bridge: OUT2, number: '206'}
		  - {name: IN3, profile: telephones, group: lab, action: bridge, bridge: OUT3, number: '301'}
		  - {name: PROBE1, profile: telephones, group: lab, answer: never, test-calls: {hold: 2s}}
		  - {name: 'OUT{n}', count: 3, profile: telephones, group: lab, answer: never}
	END
} >"$WORK/bridge.yaml"

lab_start <<'END'
device line IN1
device line IN2
device line IN3
device line PROBE1
device line OUT1
device line OUT2
device line OUT3
number 301 IN1
number 302 IN2
number 303 IN3
call line relay {
	party p1 dials 301 codec pcma tone 437.15 -10
	party p2 answers 205 after 300 codec pcma tone 1020.55 -10
}
call line transcode {
	party p3 dials 302 codec pcmu tone 523.5 -10
	party p4 answers 206 after 300 codec g722 tone 1234.5 -10
}
call line busy {
	party p5 dials 303 codec pcmu tone 600 -10
}
call line probe {
	party p2 answers 207 codec pcmu tone 700 -10 hears 700 -10
}
devices
start relay
start transcode
run 5s
pause talking
start busy
pause tone
hang relay:p1
hang transcode:p4
pause over
start probe
pause probed
expect relay loss == 0
expect relay identical == 100
expect relay level <= 0.3
expect relay sinad >= 34
expect transcode loss == 0
expect transcode level <= 0.3
expect transcode sinad >= 30
END
gateway_start "$WORK/bridge.yaml"
lab_until "pause talking"
outcomes() { ctl '[.conferences[] | select(.device == "~bridge") | .outcome] | sort' show conference; }
[ "$(outcomes)" = '["relay","transcode"]' ] || bad "the conferences are $(outcomes)"
stage() { ctl '.lines[0].calls[0].stage' show line "$1"; }
[ "$(stage IN1)" = '"bridged:OUT1"' ] || bad "IN1 is $(stage IN1)"
[ "$(stage OUT2)" = '"bridged:IN2"' ] || bad "OUT2 is $(stage OUT2)"
lab_go
lab_until "pause tone"
stage_is() { [ "$(stage "$1")" = "\"$2\"" ]; }
net_wait 5 "a busy tone" stage_is IN3 busy || bad "IN3 is $(stage IN3)"
lab_go
lab_until "party relay:p2: gone"
lab_until "party transcode:p3: gone"
lab_until "party busy:p5: gone"
net_wait 10 "no stream" streams_are 0 || bad "media of ended calls go on: $(ctl . show stream)"
# test calls by hand: one that is answered and echoed, one to nobody
ctl . line PROBE1 test 207 >/dev/null || bad "no test call"
lab_go
tested() { [ "$(ctl '.lines[0] | [.test_made, .test_good, .test_last]' show line PROBE1)" = "$1" ]; }
net_wait 15 "a good test call" tested '[1,1,"good"]' || bad "the test call: $(ctl '.lines[0].test' show line PROBE1)"
lab_until "party probe:p2: gone"
net_wait 10 "the line to be free" streams_are 0 || bad "media of the test call go on"
ctl . line PROBE1 test 299 >/dev/null || bad "no second test call"
net_wait 15 "a bad test call" tested '[2,1,"refused"]' || bad "the test call: $(ctl '.lines[0].test' show line PROBE1)"
lab_until "pause probed"
lab_go
lab_passed "what came through the bridge is worse than it went in"
echo ok
