#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# start_test.sh - What keeps a program from starting is said once, with its place and what to do, and is an exit status.
SMOKE_PROGRAMS="slimline-dataplane slimline-control"
. "$(dirname "$0")/_init.sh"
net_make 0

# Starts a program that must end by itself. refused STATUS TEXT PROGRAM ARGUMENTS...
refused() {
	local wanted=$1 text=$2 program=$3 status=0
	shift 3
	ip netns exec slim-gw timeout 20 "$(net_program "$program")" "$@" >"$WORK/said" 2>&1 || status=$?
	grep -qF -- "$text" "$WORK/said" || { cat "$WORK/said"; bad "$program $*: does not say: $text"; }
	[ "$status" = "$wanted" ] || bad "$program $*: status $status, not $wanted"
	[ "$(wc -l <"$WORK/said")" -le 5 ] || { cat "$WORK/said"; bad "$program $*: says it at length"; }
}

# changed SED-SCRIPT: the lab's configuration otherwise
changed() {
	sed "$1" "$CONFIG" >"$WORK/changed.yaml"
	echo "$WORK/changed.yaml"
}

for program in slimline-control slimline-dataplane; do
	refused 7 "/nowhere.yaml: cannot be read: No such file or directory" $program -c /nowhere.yaml
	refused 7 "/nowhere.yaml: cannot be read: No such file or directory" $program --check /nowhere.yaml
	[ "$(wc -l <"$WORK/said")" = 1 ] || bad "$program --check says it twice"
	refused 0 "no problems" $program --check "$CONFIG"
	refused 0 "no problems" $program -c "$CONFIG" --check
	refused 2 "usage: $program" $program --check "$CONFIG" more
done

refused 1 "option=dataplane.workers cpu=1023" slimline-dataplane -c "$(changed 's/workers: .*/workers: [1023]/')"
refused 1 "its interface exists" slimline-dataplane -c "$(changed 's/iface=media0/iface=media9/')"
refused 1 "bound to vfio-pci" slimline-dataplane -c "$(changed 's/device: .*/device: "0000:3b:00.0"/')"
refused 1 'raise `dataplane.memory`' slimline-dataplane -c "$(changed 's/streams: .*/streams: 500000/')"
refused 1 "directory does not exist" slimline-dataplane -c "$(changed 's,socket: /run,socket: /run/nowhere,')"
refused 1 "directory does not exist" slimline-control -c "$(changed 's,socket: /run,socket: /run/nowhere,')"
refused 1 "path=/nowhere" slimline-control -c "$(changed 's|kind: memory|kind: redis\n  redis: {host: 127.0.0.1, password-file: /nowhere}|')"

gateway_start
refused 1 "another slimline-control answers on this socket" slimline-control -c "$CONFIG"
refused 1 "another dataplane answers on this socket" slimline-dataplane -c "$CONFIG"
kill -0 "$CONTROL" && kill -0 "$DATAPLANE" || bad "the second ones ended the first ones"
test -S /run/slimline/control.sock && test -S /run/slimline/dataplane.sock || bad "the second ones took the sockets away"
echo ok
