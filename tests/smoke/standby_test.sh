#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# standby_test.sh - Telephones with two agents: a warm connection to the second, moved to at once, and back by a token.
#
#   [first 10.78.0.1:2000] --- SEP02005E001001 2 --- [second 10.78.0.1:2001]
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"
net_make 1
sed -e '/^devices:/,/^$/d' \
	-e 's/^agent-groups:/  - {name: second, host: 10.78.0.1, port: 2001}\n\n&/' \
	-e 's/agents: \[lab\]/agents: [lab, second]\n    switchover: immediate\n    switchback: {method: graceful, interval: 1s}/' \
	-e 's/count: 5/count: 2/' "$CONFIG" >"$WORK/standby.yaml"

# What two labs are told: $1 the port, $2 what follows.
lab_on() {
	mkdir -p "$WORK/$1"
	mkfifo "$WORK/$1/in"
	printf '%s\n' "agent listen 10.78.0.1:$1 netns slim-agent keepalive 2" "device line SEP02005E001001" \
		"device line SEP02005E001002" "$2" >"$WORK/$1/test.scn"
	"$(net_program slimline-lab)" run --out "$WORK/$1" "$WORK/$1/test.scn" <>"$WORK/$1/in" >"$WORK/$1/out" 2>&1 &
}
said() { grep -q "^pause $2" "$WORK/$1/out"; }
agent_of() { [ "$(ctl '[.lines[] | select(.agent == "'"$1"'" and .state == "ready")] | length' show line)" = 2 ]; }
standby_is() { [ "$(ctl '[.lines[].standby]' show line)" = '["'"$1"'","'"$1"'"]' ]; }
# Counters by name.
counted() { ctl "[.counters[] | select([.name] | inside([$1])).count]" show sccp statistics; }

lab_on 2000 $'devices\npause up\nagent down\npause gone\nagent up\ndevices\npause back'
lab_on 2001 $'devices\npause up'
gateway_start "$WORK/standby.yaml"
net_wait 20 "telephones at the first agent" said 2000 up || bad "no registration at the first agent"
net_wait 20 "telephones that are ready" agent_of lab || bad "not ready: $(ctl . show line)"
net_wait 10 "standbys" standby_is second || bad "no standby: $(ctl . show line)"
said 2001 up && bad "the second agent has registrations, not standby connections"
echo go >"$WORK/2000/in"
net_wait 10 "telephones at the second agent" said 2001 up || bad "no registration at the second agent"
net_wait 10 "telephones that are ready again" agent_of second || bad "not ready: $(ctl . show line)"
[ "$(counted '"connects","standby_connects"')" = "[2,2]" ] || bad "they connected again: $(counted '"connects","standby_connects"')"
echo go >"$WORK/2000/in"
net_wait 30 "telephones back at the first agent" said 2000 back || bad "they do not return"
net_wait 10 "telephones that are ready there" agent_of lab || bad "not ready: $(ctl . show line)"
[ "$(counted '"failovers","fallbacks","tokens"')" = "[2,2,2]" ] ||
	bad "not one token and one move each: $(counted '"tokens","failovers","fallbacks"')"
echo ok
