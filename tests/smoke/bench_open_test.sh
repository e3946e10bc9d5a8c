#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench_open_test.sh - The benches' opener against a real dataplane: calls of both IP versions, churn, refusals, figures.
#
#   slimline-bench-open --- API socket ---> slimline-dataplane (conf/lab.yaml: room for 1000 streams)
SMOKE_PROGRAMS="slimline-dataplane slimline-bench-open"
. "$(dirname "$0")/_init.sh"

open=$(net_program slimline-bench-open)
socket=/run/slimline/dataplane.sock
net_make 1
net_dataplane "$CONFIG" "$WORK/dataplane.log" || bad "the dataplane did not come up"

streams() {
	"$open" --figures $socket >"$WORK/figures" || bad "no figures"
	python3 -c 'import json, sys; print(json.load(sys.stdin)["streams"])' <"$WORK/figures"
}

"$open" $socket 20 none none 10.77.0.11 "$WORK/plan4" >/dev/null || bad "IPv4 calls were not opened"
"$open" $socket 20 pcmu pcma fd77::11 "$WORK/plan6" >/dev/null || bad "IPv6 calls were not opened"
[ "$(grep -c '^10.77.0.11 ' "$WORK/plan4")" = 40 ] || bad "the plan lacks legs"
[ "$(grep -c '^fd77::11 .* fd77::2 ' "$WORK/plan6")" = 40 ] || bad "IPv6 legs are not on the IPv6 address"
[ "$(streams)" = 80 ] || bad "not 80 streams"

said=$("$open" --churn 1 100 $socket 10 none none 10.77.0.11) || bad "churn failed"
calls=$(echo "$said" | sed -n 's/^opened and closed \([0-9]*\) calls in 1 s$/\1/p')
[ "${calls:-0}" -ge 90 ] && [ "$calls" -le 100 ] || bad "churn of 100 calls a second: $said"
[ "$(streams)" = 80 ] || bad "churn left streams"

"$open" --churn 5 0 $socket 2000 none none 10.77.0.11 2>"$WORK/refused" && bad "more calls than there is room for"
grep -q 'No space left on device' "$WORK/refused" || bad "the refusal is not named"
[ "$(streams)" = 80 ] || bad "a refused churn left streams"

"$open" $socket 0 none none 10.77.0.11 /dev/null 2>/dev/null && bad "no calls at all were opened"
echo ok
