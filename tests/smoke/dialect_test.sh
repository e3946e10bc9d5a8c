#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dialect_test.sh - Telephones at call agents of every dialect: rooms, echoes, hold, transfers, hang-ups, an agent that dies.
#
#   agent, one dialect after the other                 p1 --- 1001 echo        p1 p2 p3 --- 600: 1011 1012 1013, one room
#   10.78.0.1 --- [lines 1001 1002, 1011 1012 1013]    p4 (204) --- 1002 echo  p5 (205), p1 (206): whom others transfer to
#
# DIALECTS="libsccp:17 ..." runs some only: an agent, and the version that the lines claim.
. "$(dirname "$0")/_init.sh"
command -v jq >/dev/null || net_cannot "skip: needs jq"

# each in a network of its own, two at a time: most of it is waiting
if [ -z "${DIALECTS:-}" ]; then
	printf '%s\n' cucm:20 chan-sccp:22 chan-sccp:3 chan-skinny:17 mod-skinny:17 libsccp:17 cm2:17 |
		SLIMLINE_NET='' xargs -P 2 -I{} env DIALECTS={} bash "$0" || bad "a dialect is not spoken as it should be"
	echo ok
	exit 0
fi

ECHO=SEP02005E001001
OTHER=SEP02005E001002

# The lab's configuration with our lines, which claim version $1.
config_write() {
	# deep jitter buffers: what a busy machine does to packets is not the question here
	sed 's/min: 20ms/min: 60ms/; /^# five telephones/,/^store:/{/^store:/!d}; s#socket: /run/slimline/control.sock#&\n  orphan: 1s#' "$CONFIG"
	cat <<-END
		lines:
		  - {name: 'SEP{mac}', mac: '02:00:5e:00:10:01', count: 2, version: $1, profile: telephones, group: lab,
		     answer: 0s, action: echo}
		  - {name: 'SEP{mac}', mac: '02:00:5e:00:10:11', count: 3, version: $1, profile: telephones, group: lab,
		     answer: 200ms, action: room, room: meeting}
	END
}

scenario_write() {
	cat <<-END
		agent dialect $1 version 22 keepalive 1
		speed-dial 204 p4
		device line $ECHO
		device line $OTHER
		device line SEP02005E001011
		device line SEP02005E001012
		device line SEP02005E001013
		number 600 SEP02005E001011 SEP02005E001012 SEP02005E001013
		call line room {
			party p1 dials 600 codec pcmu tone 437.15 -10
			party p2 dials 600 codec pcma tone 1020.55 -13
			party p3 dials 600 codec g722 tone 1713.35 -16
		}
		call line in {
			party p1 dials 1001 codec pcmu tone 437 -10 hears 437 -10
		}
		call line out {
			party p4 answers 204 after 100 codec pcma tone 1020 -10 hears 1020 -10
		}
		call line moved {
			party p5 answers 205 codec pcmu tone 600 -10 hears 600 -10
		}
		call line joined {
			party p1 answers 206 codec pcma tone 700 -10 hears 700 -10
		}
		call line again {
			party p1 dials 1001 codec g722 tone 500 -10 hears 500 -10
		}
		call line last {
			party p2 dials 1002 codec pcma silent
		}
		devices
		start room
		start in
		hold in:p1
		run 300ms
		resume in:p1
		pause ready
		start out
		pause held
		run 3s
		transfer in:p1 205
		start moved
		consult out:p4 206
		complete out:p4
		start joined
		run 2200ms
		pause talking
		end room
		agent down
		run 1s
		agent up
		devices
		end joined
		start again
		start last
		run 2500ms
		pause last
		end again
		end last
		expect room loss == 0
		expect room sinad >= 33
		expect room own <= -58
		expect room level <= 0.15
		expect in loss == 0
		expect in sinad >= 33
		expect in level <= 0.15
		expect out loss == 0
		expect out sinad >= 33
		expect out level <= 0.15
		expect joined loss == 0
		expect joined gap <= 400
		expect joined sinad >= 33
		expect moved loss == 0
		expect moved sinad >= 33
		expect again loss == 0
		expect again sinad >= 33
	END
}

line_is() {
	[ "$(ctl ".lines[0].call // \"idle\"" show line "$1")" = "\"$2\"" ]
}

transfer_failed() {
	[ "$(ctl '.counters[] | select(.name == "line_errand_failed").count' show sccp statistics)" = 1 ]
}

# What one dialect must do. $1 = dialect, $2 = version that the lines claim.
dialect() {
	config_write "$2" >"$WORK/dialect.yaml"
	: >"$WORK/lab.out"
	lab_start < <(scenario_write "$1")
	net_control "$WORK/dialect.yaml" "$WORK/control.log" || bad "control did not come up"
	lab_until "pause ready"
	# a line dials, digit by digit, and holds and resumes
	ctl . line "$OTHER" dial 204 >/dev/null || bad "the line does not dial"
	lab_go
	lab_until "pause held"
	ctl . line "$OTHER" hold >/dev/null || bad "the line does not hold"
	lab_until "party out:p4: held"
	line_is "$OTHER" held || bad "the line does not know that it holds: $(ctl . show line $OTHER)"
	ctl . line "$OTHER" hold >/dev/null || bad "the line does not resume"
	lab_until "party out:p4: talks" 2
	lab_go
	lab_until "pause talking"
	unanswered=$(ctl '[.lines[].unanswered] | add / length' show line)
	[ "$unanswered" = "$([ "$1" = chan-skinny ] && echo 2 || echo 0)" ] || bad "$unanswered questions are unanswered"
	# the first handset is put down at the line's end
	ctl . line "$ECHO" hangup >/dev/null || bad "the line does not hang up"
	lab_until "party moved:p5: gone"
	net_wait 5 "an idle line" line_is "$ECHO" idle || bad "the line keeps its call: $(ctl . show line $ECHO)"
	lab_go
	lab_until "pause last"
	net_wait 10 "two streams" streams_are 2 || bad "two streams should be left, not $(stream_count): $(ctl . show stream)"
	# a number that nobody has gives the call back
	ctl . line "$OTHER" transfer 299 >/dev/null || bad "the line does not transfer"
	net_wait 8 "a transfer that fails" transfer_failed || bad "the line does not know that 299 is nobody's: $(ctl . show line $OTHER)"
	net_wait 5 "the caller back" line_is "$OTHER" connected || bad "the call is not given back: $(ctl . show line $OTHER)"
	# a line transfers its caller to a room, by its soft keys
	ctl . line "$OTHER" transfer 600 >/dev/null || bad "the line does not transfer"
	lab_until "party last:p2: talks" 2
	net_wait 5 "an idle line" line_is "$OTHER" idle || bad "the line keeps its calls: $(ctl . show line $OTHER)"
	line_is SEP02005E001011 connected || bad "nobody has taken the transferred call: $(ctl . show line)"
	lab_go
	lab_passed "the lab is not content with $1"
	# what the agent leaves unanswered shows, and costs no registration
	[ "$(grep -c '^device .*: gone$' "$WORK/lab.out")" = "$(grep -c '^device ' "$WORK/test.scn")" ] || # when the agent went
		bad "a device left its agent"
	net_wait 5 "no stream" streams_are 0 || bad "streams are left: $(stream_count)"
	kill -TERM "$CONTROL" && wait "$CONTROL" || bad "control ended with status $?"
	grep -E "^(room|in|out|moved|joined|again) " "$WORK/lab.out" | sed "s/^/$1 $2: /"
}

net_make 5
config_write 17 >"$WORK/dialect.yaml"
net_dataplane "$WORK/dialect.yaml" "$WORK/dataplane.log" || bad "the dataplane did not come up"
for each in $DIALECTS; do
	dialect "${each%:*}" "${each#*:}"
done
echo "ok: $DIALECTS"
