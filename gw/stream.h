// SPDX-License-Identifier: GPL-3.0-or-later
// stream.h - What a stream and a conference are told and what they report: shapes shared by gw/api and gw/media.
#pragma once

#include <stdint.h>

#include "gw/addr.h"

#define STREAM_DEVICE_MAX  16 // device name with its NUL
#define STREAM_GAIN_CB_MIN (-600)
#define STREAM_GAIN_CB_MAX 200

// Directions and qualities of a stream; bits of stream_spec.flags.
enum stream_flag {
	STREAM_RECV = 1u << 0,        // receive side open (OpenReceiveChannel)
	STREAM_SEND = 1u << 1,        // transmit side open (StartMediaTransmission); needs remote
	STREAM_MUTED = 1u << 2,       // listens only: its voice joins no mix
	STREAM_VAD = 1u << 3,         // suppress silence on transmit
	STREAM_SOURCE_PORT = 1u << 4, // the source lock includes the port
	// Digits. But for DETECT, where there is no telephone-event payload type on the side concerned. A voice is needed for
	// each.
	STREAM_DTMF_INBAND =
		1u << 5, // its digits are tones in its voice: changed into what the other of two takes
	STREAM_DTMF_DETECT = 1u << 6, // tones in its voice are told and taken out, whoever listens
	STREAM_DTMF_TONES = 1u << 7,  // digits sent to it by request become tones
	STREAM_DTMF_TOLD =
		1u << 8, // its digits are for control: not changed into another form for the other of two
};

#define STREAM_FLAGS ((1u << 9) - 1) // all of them

// Who this stream is to the control process; the dataplane stores and returns it unread.
struct stream_ref {
	char device[STREAM_DEVICE_MAX]; // registered SCCP name, NUL-padded
	uint32_t conference_id;         // as the agent chose it
	uint32_t party_id;              // pass_through_party_id
	uint32_t call_reference;
	uint32_t note;  // what its successor is to know
	uint64_t epoch; // of the control process that made it
};

// One direction's coding.
struct stream_format {
	uint8_t codec;        // enum codec_id of gw/codec.h; CODEC_NONE = payload-blind relay
	uint8_t period_ms;    // packet period 10..60
	uint8_t payload_type; // RTP payload type 0..127
	uint8_t event_type;   // RFC 4733 payload type, 0 = none
};

// Everything a stream is told. Replaced as a whole: there are no partial updates.
struct stream_spec {
	uint32_t conference;     // handle in gw/api, index in gw/media
	uint32_t flags;          // enum stream_flag
	struct addr_port local;  // where we receive and send from; port even; 0 = let the dataplane choose
	struct addr_port remote; // where we send; ADDR_NONE while unknown
	struct addr_port source; // whom we believe; ADDR_NONE = anyone
	struct stream_format rx;
	struct stream_format tx;
	int16_t gain_cb; // how much louder its voice is heard, dB x 10, -600..200
	uint8_t dscp;    // 6-bit DSCP of what we send
	uint8_t zero[5]; // always 0
	struct stream_ref ref;
};

#define STREAM_UNKNOWN UINT32_MAX // a figure of struct stream_quality that nobody can tell

// Whether both ways of a two-way stream are alive; told 5 s after it became one.
enum stream_one_way {
	STREAM_TWO_WAY,       // or not known to be otherwise
	STREAM_HEARS_NOTHING, // we send and nothing has come for 5 s
	STREAM_SAYS_NOTHING,  // packets come and we have sent none for 5 s
	STREAM_UNHEARD,       // both flow, but the far end's reports show nothing of ours
	STREAM_DEAD,          // neither flows
	STREAM_ONE_WAY_COUNT
};

// What its packets are worth to a listener. Shares are of a million. STREAM_UNKNOWN in any field but one_way.
struct stream_quality {
	uint32_t loss_ppm;       // lost or too late to be played, of all expected
	uint32_t discard_ppm;    // those that came, but too late
	uint32_t bursts;         // stretches of dense loss, RFC 3611 s4.7.2 with Gmin 16
	uint32_t burst_loss_ppm; // loss within them
	uint32_t gap_loss_ppm;   // loss between them
	uint32_t burst_ms;       // mean length
	uint32_t gap_ms;
	uint32_t concealed_ppm; // made up, of the sound played; unknown for a relay
	uint32_t silence_ppm; // below -45 dBm0 or nothing at all, of the time since the first sound; likewise
	uint32_t r_lq;        // E-model rating x 10, as if there were no delay (gw/quality.h)
	uint32_t r_cq;        // with end_delay_ms; unknown without a round trip
	uint32_t mos_lq;      // mean opinion score x 100 of r_lq
	uint32_t mos_cq;      // and of r_cq
	uint32_t end_delay_ms;    // from the far mouth to our play-out
	uint32_t remote_loss_ppm; // lost and discarded at the far end, as its RFC 3611 report says
	uint32_t remote_r;        // its rating x 10
	uint32_t remote_mos_lq;   // x 100
	uint32_t remote_mos_cq;
	uint32_t one_way; // enum stream_one_way
	uint32_t zero;    // always 0
};

// What a stream has seen and done since it was opened. Counters never go back.
struct stream_stats {
	uint64_t rx_packets;
	uint64_t rx_octets; // RTP payload
	uint64_t tx_packets;
	uint64_t tx_octets; // RTP payload
	uint64_t lost;      // expected minus received, RFC 3550 A.3, never below 0
	uint64_t late;      // came after their play-out time
	uint64_t duplicate;
	uint64_t reordered;
	uint64_t dropped;       // for any reason of gw/drop.def
	uint64_t concealed;     // frames made up for lost ones
	uint64_t jitter_ns;     // interarrival jitter, RFC 3550 A.8
	uint64_t jitter_max_ns; // greatest that a report or a question found
	uint64_t delay_ns;      // current play-out delay; 0 for a relay
	uint64_t round_trip_ns; // from RTCP; 0 = unknown
	uint64_t idle_ns;       // since the last packet received; UINT64_MAX = never one
	uint32_t rx_ssrc;
	uint32_t tx_ssrc;
	int32_t level_rx_cb;  // speech level received, dBm0 x 10; INT32_MIN = unknown
	int32_t level_tx_cb;  // level sent, likewise
	uint32_t remote_lost; // cumulative loss that the far end reports
	uint32_t ssrc_changes;
	struct stream_quality quality;
};

// What a conference's members make of it.
enum conference_outcome {
	CONFERENCE_EMPTY,     // fewer than two parties
	CONFERENCE_RELAY,     // two parties, one codec and period: headers only
	CONFERENCE_LAW,       // two parties, A-law on one side, mu-law on the other: relay with a table
	CONFERENCE_TRANSCODE, // two parties that differ in codec, rate or period
	CONFERENCE_MIX,       // three or more, or a bridge
	CONFERENCE_OUTCOME_COUNT
};

enum conference_flag {
	CONFERENCE_BRIDGE = 1u << 0, // always a mix, whatever the number of parties
	CONFERENCE_ECHO = 1u << 1, // every party hears itself, and nobody else; no mix, whatever their number
	CONFERENCE_TOGETHER =
		1u << 2, // on one worker with others of its device that say so: streams can move between them
};

struct conference_spec {
	uint32_t flags;         // enum conference_flag
	uint32_t conference_id; // the agent's, for listings
	char device[STREAM_DEVICE_MAX];
	uint64_t epoch;
	// How a mix sounds. All zero: everyone is heard as they are.
	uint16_t mix_all_up_to; // parties up to which everyone is heard
	uint16_t tones_up_to;   // parties up to which the tones are played; 0 = always
	uint8_t loudest;        // talkers heard in a larger conference, at most 16; 0 = everyone
	uint8_t noise_gate;     // dB below 0 dBm0 under which a voice is not heard; 0 = no gate
	int8_t level_dbm0;      // to which voices are slowly brought; 0 = none
	uint8_t join_tone;      // SCCP number of the tone played when somebody joins; 0 = none
	uint8_t leave_tone;
	uint8_t zero[7]; // always 0
};

#define CONFERENCE_LOUDEST_MAX 16
