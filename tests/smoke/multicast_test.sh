#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# multicast_test.sh - Music from multicast groups that others send, and music to groups that others hear, through a switch
# that forwards a group only to who has joined it.
#
#   p1: GStreamer -> 239.1.2.3:5000, pcmu   --- [MOH_LIVE4] --+-- p3 pcmu/20, p4 g722/20, p5 pcma/30
#   p2: ffmpeg  -> [ff15::1:2]:5002, g722   --- [MOH_LIVE6] --+-- p3 g722/20, p4 (IPv6) pcmu/20
#   music.wav   --- [MOH_FILE] --+-- 239.9.9.9:5004 pcmu: GStreamer at p1, which asks by IGMP
#                                +-- [ff15::99]:5006 g722: ffmpeg at p2, which asks by MLD
#
# The switch is the kernel's bridge with snooping, its own querier once a second: IGMPv2 and MLDv1 first, later IGMPv3 and MLDv2.
. "$(dirname "$0")/_init.sh"
. "$(dirname "$0")/_foreign.sh"
foreign_tools gst-launch-1.0 ffmpeg bridge

GROUP4=239.1.2.3 GROUP6=ff15::1:2 OUT4=239.9.9.9 OUT6=ff15::99
FF=(ffmpeg -hide_banner -nostdin -loglevel error -y)
net_make 5
# times in hundredths of a second
ip link set br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_interval 100 mcast_startup_query_interval 50 \
	mcast_query_response_interval 50 mcast_last_member_interval 20 mcast_membership_interval 300 2>/dev/null ||
	net_cannot "skip: the kernel's bridge cannot snoop"
sysctl -qw net.ipv6.conf.br0.accept_dad=0 2>/dev/null || true
for i in 1 2; do
	ip -n "slim-p$i" route add 224.0.0.0/4 dev eth0
done

"${FF[@]}" -f lavfi -i "aevalsrc=0.220293*sin(2*PI*640*t):s=16000" -t 4 "$WORK/music.wav"
moh() {
	echo "s/^profiles:/&\n  - {name: $1, kind: moh, codecs: [pcmu, pcma, g722], sessions: 10, music: {source: $1}}/"
	echo "s/^devices:/&\n  - {name: MOH_${1^^}, profile: $1, group: lab}/"
}
{
	printf '%s\n' "sources:" "  - {name: live4, multicast: '$GROUP4:5000', codec: pcmu}" \
		"  - {name: live6, multicast: '[$GROUP6]:5002', codec: g722}" "  - {name: file, file: $WORK/music.wav}"
	sed -f <(moh live4 && moh live6 && moh file && echo "s/^  dscp: ef/&\n  multicast-ttl: 5/") "$CONFIG"
} >"$WORK/multicast.yaml"

lab_start <<END
device moh MOH_LIVE4
device moh MOH_LIVE6
device moh MOH_FILE
call moh live4 on MOH_LIVE4 {
	party p3 codec pcmu hears $TONE $LEVEL
	party p4 codec g722 hears $TONE $LEVEL
	party p5 codec pcma period 30 hears $TONE $LEVEL
}
call moh live6 on MOH_LIVE6 {
	party p3 codec g722 hears 437 $LEVEL
	party p4v6 codec pcmu hears 437 $LEVEL
}
call moh out on MOH_FILE {
	party p1 codec pcmu foreign 5004 group $OUT4 silent
	party p2 codec g722 foreign 5006 group $OUT6 silent
	party p5 codec pcma hears 640 $LEVEL
}
devices
start live4
start live6
start out
pause up
listen
run 5s
pause heard
hush
end live4
end live6
end out
expect live4 loss == 0
expect live4 sinad >= 34
expect live4 level <= 0.3
expect live4 gap <= 300
expect live6 loss == 0
expect live6 sinad >= 34
expect live6 level <= 0.3
expect out sinad >= 34
expect out level <= 0.3
END

# The switch forwards group $1 to the gateway.
joined() {
	bridge mdb show dev br0 | grep -q "port sw-gw-media0 grp $1 "
}

left() {
	! joined "$1"
}

foreign_gateway_start "$WORK/multicast.yaml"
lab_until "pause up"
for group in $GROUP4 $GROUP6; do
	net_wait 5 "the switch to hear that the gateway joins $group" joined $group || bad "no membership report: $(bridge mdb show)"
done
ENDS=()
foreign slim-p1 gst-launch-1.0 -q audiotestsrc is-live=true freq=$TONE volume=$AMPLITUDE samplesperbuffer=160 \
	! audio/x-raw,rate=8000,channels=1,format=S16LE ! mulawenc ! rtppcmupay min-ptime=20000000 max-ptime=20000000 \
	! udpsink async=false host=$GROUP4 port=5000 multicast-iface=eth0 ttl-mc=2 \
	udpsrc address=$OUT4 port=5004 multicast-iface=eth0 \
	"caps=application/x-rtp,media=(string)audio,clock-rate=(int)8000,encoding-name=(string)PCMU,payload=(int)0" \
	! rtpjitterbuffer latency=100 ! rtppcmudepay ! mulawdec ! audio/x-raw,format=S16LE,channels=1 \
	! filesink async=false buffer-mode=unbuffered location="$WORK/out4" >"$WORK/out4.log" 2>&1 </dev/null &
ENDS+=($!)
foreign slim-p2 "${FF[@]}" -re -f lavfi -i "aevalsrc=$AMPLITUDE*sin(2*PI*437*t):s=16000,asetnsamples=320" -t 90 -ac 1 -c:a g722 \
	-f rtp "rtp://[$GROUP6]:5002?ttl=3" >"$WORK/live6.log" 2>&1 &
ENDS+=($!)
printf '%s\n' v=0 "o=- 0 0 IN IP6 fd77::12" s=test "c=IN IP6 $OUT6" t=0\ 0 "m=audio 5006 RTP/AVP 9" "a=rtpmap:9 G722/8000" >"$WORK/out6.sdp"
foreign slim-p2 timeout -s INT 60 "${FF[@]}" -protocol_whitelist file,udp,rtp -analyzeduration 0 -probesize 32 -i "$WORK/out6.sdp" -t 7 -ac 1 \
	"$WORK/out6.wav" >"$WORK/out6.log" 2>&1 &
HEARS=$!
ip netns exec slim-p1 tcpdump -qnpi eth0 -c 20 -v "dst $OUT4 and udp port 5004" >"$WORK/out4.ttl" 2>/dev/null &
ip netns exec slim-p2 tcpdump -qnpi eth0 -c 20 -v "dst $OUT6 and udp port 5006" >"$WORK/out6.ttl" 2>/dev/null &
receives() {
	[ "$(ctl '[.. | objects | .rx_packets? // 0] | max' show worker)" -gt "$1" ]
}
net_wait 20 "both groups to be received" receives 200 || bad "the groups are not received: $(net_slimctl show drops)"
# a switch of the next version asks, and is answered in its own
ip link set br0 type bridge mcast_igmp_version 3 mcast_mld_version 2
reports_of_version_3() {
	timeout 4 tcpdump -qnpi sw-gw-media0 -c 1 "dst 224.0.0.22 and src 10.77.0.2" && timeout 4 tcpdump -qnpi sw-gw-media0 -c 1 "dst ff02::16"
}
net_wait 10 "reports of IGMPv3 and MLDv2" reports_of_version_3 || bad "queries of IGMPv3 and MLDv2 are not answered in kind"
lab_go
lab_until "pause heard"
joined $GROUP4 && joined $GROUP6 || bad "the switch has forgotten the gateway: $(bridge mdb show)"
wait $HEARS || bad "ffmpeg does not hear $OUT6: $(tail -n 1 "$WORK/out6.log")"
decoded s16le "$WORK/out4" 8000
judged "GStreamer at $OUT4" "$WORK/out4.wav" 36 0.3 640 $LEVEL
judged "ffmpeg at $OUT6" "$WORK/out6.wav" 44 0.3 640 $LEVEL
grep -q "ttl 5," "$WORK/out4.ttl" || bad "the TTL is not the configured one: $(head -n 1 "$WORK/out4.ttl")"
grep -q "hlim 5," "$WORK/out6.ttl" || bad "the hop limit is not the configured one: $(head -n 1 "$WORK/out6.ttl")"
lab_go
lab_until "call out: ended"
kill "${ENDS[@]}"
for group in $GROUP4 $GROUP6; do
	net_wait 5 "the switch to hear that the gateway has left $group" left $group || bad "no leave: $(bridge mdb show)"
done
lab_passed "a phone does not hear the group's music"
[ "$FAILED" = 0 ] || exit 1
echo ok
