#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cli_errors_test.sh - slimctl's exit statuses: a script tells what went wrong without reading a word.
SMOKE_PROGRAMS="slimline-dataplane slimline-control slimctl"
. "$(dirname "$0")/_init.sh"
slimctl=$(net_program slimctl)

# expect STATUS TEXT WORDS...: TEXT must stand somewhere in what it says
expect() {
	local wanted=$1 text=$2 status=0
	shift 2
	"$slimctl" "$@" >"$WORK/said" 2>&1 </dev/null || status=$?
	[ "$status" = "$wanted" ] || { cat "$WORK/said"; bad "slimctl $* ended with $status, not $wanted"; }
	grep -qF -- "$text" "$WORK/said" || { cat "$WORK/said"; bad "slimctl $* does not say: $text"; }
}

# without a daemon
expect 3 "cannot reach slimline-control" --socket "$WORK/none" show status
expect 2 "unknown word" show nonsense
expect 2 "ambiguous word; it may be status, stream" show st
expect 2 "command is incomplete" show
expect 2 "nothing more is expected" show conference 1 2
expect 2 "unknown option" --nonsense
expect 2 "--format is table, csv or json" --format xml show status
expect 2 "--timeout is" --timeout soon show status
expect 2 "a value is missing" --socket
expect 0 "usage: slimctl" --help
expect 0 "slimctl " --version
expect 0 "show conference" --dump
expect 0 "show sccp connections" help
[ "$("$slimctl" --complete 'show sc')" = sccp ] || bad "completion of 'show sc'"
status=0
printf '# a comment\nhelp\nshow nonsense\nhelp\n' | "$slimctl" >"$WORK/said" 2>&1 || status=$?
[ "$status" = 2 ] || bad "a batch with a wrong line ended with $status, not 2"
grep -q "stopped at line 3" "$WORK/said" || bad "the batch does not say where it stopped"

# with one
net_make 1
gateway_start
ask() {
	expect "$1" "$2" --socket "$NET_SOCKET" "${@:3}"
}
NET_SOCKET=$(sed -n '/^control:/,/^[a-z]/s/^ *socket: *//p' "$CONFIG")
NET_SOCKET=${NET_SOCKET:-/run/slimline/control.sock}
ask 0 "Node" show status
ask 0 "No streams." show stream
ask 0 "No conferences." show conference
ask 0 '"streams": []' --json show stream
ask 0 "conference_id,device" --format csv show conference
ask 4 "no stream 01020304" show stream 01020304
ask 4 "no conference 99" show conference 99
ask 2 "is no ID" show conference abc
ask 0 "drops" --json show drops
chmod 000 "$NET_SOCKET"
if [ "$(id -u)" != 0 ]; then
	ask 5 "no permission" show status
fi
echo ok
