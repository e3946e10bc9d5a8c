#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deps.sh - Installs the Debian packages that are missing, and only those.
#
# Usage: ./deps.sh [build] [test] [check] [bench] [fuzz]   (default: build, which is all that the demo needs)
# As root it installs; otherwise it says what to type. Other systems: take the list as a hint.
set -euo pipefail

build='gcc libc6-dev make meson ninja-build pkg-config python3 binutils iproute2 procps
	libcunit1-dev libyaml-dev libevent-dev libssl-dev libhiredis-dev libjansson-dev libedit-dev libsystemd-dev
	libspandsp-dev libspeexdsp-dev libbcg729-dev libopus-dev libopencore-amrnb-dev libopencore-amrwb-dev
	libvo-amrwbenc-dev libsndfile1-dev libpcap-dev libipsec-mb-dev libdpdk-dev redis-server
	ethtool tcpdump iputils-ping jq asterisk-core-sounds-en-wav'
test='tshark ffmpeg espeak-ng lua5.3 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav python3-gst-1.0'
check='clang clang-format git'
fuzz='clang llvm'
bench='dpdk-dev rtpengine-daemon'

wanted=''
for group in "${@:-build}"; do
	case $group in
	build | test | check | fuzz | bench) wanted+=" ${!group}" ;;
	*)
		echo "deps.sh: no group \"$group\"; there are build, test, check, fuzz and bench" >&2
		exit 2
		;;
	esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	exit 0 # no Debian: the build says what it misses
fi
missing=''
for package in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=" $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "These packages are missing. Install them, then try again:"
	echo "  sudo apt-get install --no-install-recommends$missing"
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
	if ! DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log"
		echo "deps.sh: \"$*\" failed"
		exit 1
	fi
}
echo "Installing packages:$missing"
quietly apt-get update -q
# A machine may forbid services to start during the installation, or have no init at all; both are fine here.
# shellcheck disable=SC2086
quietly apt-get install -q -y --no-install-recommends $missing
