#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ping_test.sh - The dataplane answers ARP, neighbour solicitation and echo by itself: no kernel has its addresses.
#
#   p1 10.77.0.11 fd77::11 --- br0 --- media0 [dataplane] 10.77.0.2 fd77::2
SMOKE_PROGRAMS=slimline-dataplane
. "$(dirname "$0")/_init.sh"
command -v ping >/dev/null || net_cannot "skip: needs ping (iputils-ping)"
net_make 1
net_dataplane "$CONFIG" "$WORK/dataplane.log" || bad "the dataplane did not come up"
for address in 10.77.0.2 fd77::2; do
	ip netns exec slim-p1 ping -c 3 -i 0.2 -W 2 "$address" || bad "$address does not answer"
done
ip -n slim-p1 neigh show 10.77.0.2 | grep -q lladdr || bad "no ARP entry for 10.77.0.2"
ip -n slim-p1 neigh show fd77::2 | grep -q lladdr || bad "no neighbour entry for fd77::2"
echo ok
