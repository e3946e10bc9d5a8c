#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# config_test.sh - A wrong configuration: every problem in one go, with line and column, and exit status 7.
SMOKE_PROGRAMS="slimline-dataplane slimline-control"
. "$(dirname "$0")/_init.sh"
cat >"$WORK/wrong.yaml" <<'END'
schema: 1
node:
  name: lab
dataplane:
  memory: lots
  wrokers: [0]
media:
  rtp-ports: 32767-16384
agents:
  - name: lab
    host: 10.78.0.1
    port: 70000
agent-groups:
  - name: lab
    agents: [nobody]
profiles:
  - name: bridge
    kind: bridge
    codecs: [pcmu, opium]
devices:
  - {name: THIS_NAME_IS_TOO_LONG, profile: missing, group: lab}
END
# check PROGRAM FILE
check() {
	case $1 in
	slimline-control) "$(net_program "$1")" --check "$2" ;;
	*) "$(net_program "$1")" -c "$2" --check ;;
	esac
}
for program in slimline-control slimline-dataplane; do
	status=0
	check $program "$WORK/wrong.yaml" 2>"$WORK/said" || status=$?
	cat "$WORK/said"
	[ "$status" = 7 ] || bad "$program: a wrong file ended with status $status, not 7"
	for line in 5 6 8 12 15 18 19 21; do
		grep -q "wrong.yaml:$line:[0-9]*: " "$WORK/said" || bad "$program says nothing about line $line"
	done
	check $program "$CONFIG" || bad "$program refuses conf/lab.yaml"
done
echo ok
