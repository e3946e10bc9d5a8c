// SPDX-License-Identifier: GPL-3.0-or-later
// verdict.h - What each listener of a call got, in numbers, against what it should have heard.
//
// Meanings, per listener:
//   loss       sequence numbers missing between the first and the last packet; on a relay, packets of the other
//              phone that never came
//   delay      a sample's play-out time minus its play-out time on a direct wire, milliseconds. Relay: the median over
//              packets matched by payload. Else: the median over windows and talkers of the best-correlating lag
//   moved      delay of the last third of the call's windows less that of the first third, absolute, medians; packets that
//              come later by their timestamps count like samples that come later in the packets
//   gap        longest time without a packet while the others spoke
//   level      how far the wanted signal is off, dB: the worst of the others
//   snr        segmental SNR of speech against the samples that were played out of the files, each talker through a
//              short fitted filter; median over one-second windows
//   sinad      the others' tones against everything else, median over one-second windows
//   own        own voice in what comes back, relative to its level as sent, dB
//   identical  share of the other phone's payloads that arrived bit by bit, in order, percent; of a line call, of those that arrived
#pragma once

#include <stdbool.h>

#include "bench/lab/phone.h"
#include "bench/lab/scenario.h"

// One end of a call as the verdict sees it.
struct verdict_party {
	const struct scenario_party *party;
	const struct phone *phone;
	nsec_t from, until; // when the whole call spoke
};

struct verdict {
	size_t received;
	uint64_t unwanted; // malformed or from a stranger
	bool known[METRIC_COUNT];
	double value[METRIC_COUNT];
};

// Judges listener `listener` of a call with `count` parties. Saves what it heard to wav_path unless NULL.
void verdict_take(enum scenario_kind kind, const struct verdict_party *parties, unsigned int count,
		  unsigned int listener, const char *wav_path, struct verdict *ret);

// Notes a measured value.
void verdict_set(struct verdict *v, enum metric m, double value);

// True when the expectation was measured and met.
bool verdict_meets(const struct verdict *v, const struct scenario_expect *e);
