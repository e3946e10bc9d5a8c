// SPDX-License-Identifier: GPL-3.0-or-later
// stream.h - What a stream and a conference are told and what they report: shapes shared by gw/api and gw/media.
#pragma once

#include <stdint.h>

#include "gw/addr.h"

#define STREAM_DEVICE_MAX 16 // device name with its NUL

// Directions and qualities of a stream; bits of stream_spec.flags.
enum stream_flag {
	STREAM_RECV = 1u << 0,        // receive side open (OpenReceiveChannel)
	STREAM_SEND = 1u << 1,        // transmit side open (StartMediaTransmission); needs remote
	STREAM_MUTED = 1u << 2,       // listens only: its voice joins no mix
	STREAM_VAD = 1u << 3,         // suppress silence on transmit
	STREAM_SOURCE_PORT = 1u << 4, // the source lock includes the port
};

// Who this stream is to the control process; the dataplane stores and returns it unread.
struct stream_ref {
	char device[STREAM_DEVICE_MAX]; // registered SCCP name, NUL-padded
	uint32_t conference_id;         // as the agent chose it
	uint32_t party_id;              // pass_through_party_id
	uint32_t call_reference;
	uint32_t zero;  // always 0
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
	uint8_t dscp;    // 6-bit DSCP of what we send
	uint8_t zero[7]; // always 0
	struct stream_ref ref;
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
	uint64_t delay_ns;      // current play-out delay; 0 for a relay
	uint64_t round_trip_ns; // from RTCP; 0 = unknown
	uint64_t idle_ns;       // since the last packet received; UINT64_MAX = never one
	uint32_t rx_ssrc;
	uint32_t tx_ssrc;
	int32_t level_rx_cb;  // speech level received, dBm0 x 10; INT32_MIN = unknown
	int32_t level_tx_cb;  // level sent, likewise
	uint32_t remote_lost; // cumulative loss that the far end reports
	uint32_t ssrc_changes;
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
};

struct conference_spec {
	uint32_t flags;         // enum conference_flag
	uint32_t conference_id; // the agent's, for listings
	char device[STREAM_DEVICE_MAX];
	uint64_t epoch;
};
