# SPDX-License-Identifier: GPL-3.0-or-later
# net.sh - A small private telephone network in namespaces, for the demo and the smoke tests. Source it.
#
#   call agent 10.78.0.1 --+                             +-- phone 1  10.77.0.11 fd77::11   namespace slim-p1
#   (slim-agent)           |                             +-- phone 2  10.77.0.12 fd77::12   slim-p2
#                          +---------- br0 --------------+-- ...
#   control    10.78.0.2 --+                             +-- phone n  10.77.0.1n fd77::1n   slim-pn
#   (slim-gw, sccp0)       |
#   dataplane  10.77.0.2 --+   slim-gw, media0: no kernel address, ARP off; the dataplane answers by itself
#              fd77::2
#
# Everything lives in namespaces of its own for network, mounts and processes: nothing outside is touched or seen, any
# number of such networks can run side by side, and all of it is gone when the script that made it is gone.

# Says why this cannot run here. Callers set NET_CANNOT to the exit status they want for that.
net_cannot() {
	echo "$1"
	exit "${NET_CANNOT:-1}"
}

# Starts the calling script again inside namespaces of its own. Call first: net_enter "$@".
net_enter() {
	local tool
	if [ "${SLIMLINE_NET:-}" != inside ]; then
		[ "$(id -u)" = 0 ] || net_cannot "${NET_WORD:-skip}: needs root, for network namespaces"
		for tool in ip ethtool unshare; do
			command -v "$tool" >/dev/null || net_cannot "${NET_WORD:-skip}: needs $tool"
		done
		unshare --net --mount --pid --fork true 2>/dev/null ||
			net_cannot "${NET_WORD:-skip}: the kernel refuses namespaces here"
		SLIMLINE_NET=inside exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
	fi
	# as the first process of its namespace the script would not be stopped by a signal that it does not handle
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mount -t tmpfs tmpfs /run
	mkdir -p /run/netns /run/slimline /run/dpdk
	ip link set lo up
}

# Full path of a program of this build; fails when it was not built.
net_program() {
	find "$BUILD" -maxdepth 3 -type f -name "$1" -perm -u+x 2>/dev/null | head -n 1 | grep .
}

# One veth: end `$2` goes into namespace `$1`, the other one into the bridge.
net_leg() {
	local space=$1 name=$2 side="sw-$1-$2"
	side=${side//slim-/}
	ip link add "$side" type veth peer name "$name" netns "$space"
	ip link set "$side" master br0 up
	ethtool -K "$side" tx off rx off gro off gso off tso off >/dev/null 2>&1
	ip netns exec "$space" ethtool -K "$name" tx off rx off gro off gso off tso off >/dev/null 2>&1
	ip -n "$space" link set lo up
}

# Builds the network with that many phones.
net_make() {
	local phones=$1 space i
	ip link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0
	ip link set br0 up
	for space in slim-gw slim-agent $(seq -f 'slim-p%.0f' "$phones"); do
		ip netns add "$space"
		ip netns exec "$space" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
	net_leg slim-gw sccp0
	net_leg slim-gw media0
	net_leg slim-agent eth0
	ip -n slim-gw addr add 10.78.0.2/24 dev sccp0
	ip -n slim-gw link set sccp0 up
	ip netns exec slim-gw sysctl -qw net.ipv6.conf.media0.disable_ipv6=1
	ip -n slim-gw link set media0 arp off up
	ip -n slim-agent addr add 10.78.0.1/24 dev eth0
	ip -n slim-agent link set eth0 up
	for i in $(seq "$phones"); do
		net_leg "slim-p$i" eth0
		ip -n "slim-p$i" addr add "10.77.0.$((10 + i))/24" dev eth0
		ip -n "slim-p$i" addr add "fd77::$((10 + i))/64" dev eth0 nodad
		ip -n "slim-p$i" link set eth0 up
	done
}

# Waits up to $1 seconds for a command to succeed; $2 says what is waited for.
net_wait() {
	local limit=$1 what=$2 end
	shift 2
	end=$((SECONDS + limit))
	until "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$end" ]; then
			echo "waited $limit s in vain: $what"
			return 1
		fi
		sleep 0.05
	done
}

# Copies of five long recordings of speech: $1/1.wav ... 5.wav
net_speech() {
	local folder=$1 i=0 file
	mkdir -p "$folder"
	while read -r file; do
		i=$((i + 1))
		ln -sf "$file" "$folder/$i.wav"
	done < <(find /usr/share/asterisk/sounds /usr/share/sounds/alsa -name '*.wav' -printf '%s %p\n' 2>/dev/null |
		grep -v Noise | sort -rn | awk 'NR <= 5 {print $2}')
	[ "$i" = 5 ] || net_cannot "${NET_WORD:-skip}: no speech: install asterisk-core-sounds-en-wav or alsa-utils"
}

# Starts the dataplane and waits until its socket answers; its pid is in DATAPLANE. $1 = configuration, $2 = log.
net_dataplane() {
	ip netns exec slim-gw "$(net_program slimline-dataplane)" -c "$1" >>"$2" 2>&1 &
	DATAPLANE=$!
	net_wait 15 "the dataplane's socket (see $2)" test -S /run/slimline/dataplane.sock
}

# Starts control and waits until it runs; its pid is in CONTROL. $1 = configuration, $2 = log.
net_control() {
	local before
	before=$(net_count 'control: runs' "$2")
	ip netns exec slim-gw "$(net_program slimline-control)" -c "$1" >>"$2" 2>&1 &
	CONTROL=$!
	net_wait 15 "control to run (see $2)" net_more 'control: runs' "$2" "$before"
}

# How often a line has been said in a log, and whether that is more than it was.
net_count() {
	grep -cs "$1" "$2" || true
}

net_more() {
	[ "$(net_count "$1" "$2")" -gt "${3:-0}" ]
}

# slimctl, as an operator on the gateway.
net_slimctl() {
	"$(net_program slimctl)" "$@"
}
