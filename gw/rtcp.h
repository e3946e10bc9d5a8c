// SPDX-License-Identifier: GPL-3.0-or-later
// rtcp.h - Walks and builds compound RTCP, and turns stream figures into reports.
//
// Any thread. Nothing here allocates.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"
#include "gw/drop.h"
#include "gw/rtp.h"

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_XR = 207,
};

// One report block, RFC 3550 s6.4.1.
struct rtcp_block {
	uint32_t ssrc;
	uint8_t fraction;  // lost since the last report, of 256
	int32_t lost;      // cumulative, 24 bits on the wire
	uint32_t max_seq;  // extended
	uint32_t jitter;   // clock units
	uint32_t last_sr;  // middle 32 bits of the NTP time of the last SR; 0 = none
	uint32_t since_sr; // 1/65536 s
};

struct rtcp_sender {
	uint64_t ntp;       // 64-bit NTP time of sending
	uint32_t timestamp; // the same instant in clock units
	uint32_t packets;
	uint32_t octets;
};

// One packet of a compound. Fields beyond type, ssrc and count are valid for the types named.
struct rtcp_packet {
	uint8_t type;              // enum rtcp_type, or one we do not know
	uint8_t count;             // blocks of SR and RR, SSRCs of BYE
	uint32_t ssrc;             // of the sender; 0 when the packet holds none
	struct rtcp_sender sender; // SR
	const uint8_t *body;       // after the common header; borrowed
	uint16_t body_len;         // without padding
	const uint8_t *blocks;     // SR, RR: first report block
};

#define RTCP_VOIP_UNKNOWN 127 // in the levels, ratings and scores of a VoIP metrics block

// The VoIP metrics block of an extended report, RFC 3611 s4.7. Shares are of 256.
struct rtcp_voip {
	uint32_t ssrc; // of the stream it is about
	uint8_t loss;
	uint8_t discard; // came, but too late
	uint8_t burst_density;
	uint8_t gap_density;
	uint16_t burst_ms;
	uint16_t gap_ms;
	uint16_t round_trip_ms;
	uint16_t end_system_ms; // delay of play-out and coding here
	uint8_t signal_level;   // dBm0, two's complement
	uint8_t noise_level;
	uint8_t echo_return; // dB
	uint8_t gmin;
	uint8_t r_factor; // 0..100
	uint8_t r_external;
	uint8_t mos_lq; // x 10: 10..50
	uint8_t mos_cq;
	uint8_t config; // concealment, jitter buffer: s4.7.7
	uint16_t jitter_nominal_ms;
	uint16_t jitter_max_ms;
	uint16_t jitter_limit_ms;
};

#define RTCP_VOIP_PLC_STANDARD    0xc0 // bits of config
#define RTCP_VOIP_JITTER_ADAPTIVE 0x30

struct rtcp_reader {
	const uint8_t *at;
	const uint8_t *end;
};

// Checks a whole compound by RFC 3550 A.2 and starts a walk over it. Returns DROP_NONE or
// DROP_rtcp_malformed.
enum drop_reason rtcp_open(const uint8_t *bytes, unsigned int len, struct rtcp_reader *ret);

// Takes the next packet. False at the end. Packets of unknown type come with their body.
bool rtcp_next(struct rtcp_reader *r, struct rtcp_packet *ret);

// Reads report block i of an SR or RR. i < count.
void rtcp_block_read(const struct rtcp_packet *p, unsigned int i, struct rtcp_block *ret);

// Finds the CNAME of the first chunk of an SDES. Returns its length and start, or 0.
unsigned int rtcp_cname(const struct rtcp_packet *p, const uint8_t **ret_text);

// Finds the VoIP metrics about a stream in an XR. False: there are none.
bool rtcp_voip_read(const struct rtcp_packet *p, uint32_t ssrc, struct rtcp_voip *ret);

// --- building: each appends at `len` and returns the new length, or `len` unchanged when there is no room
// ---

// Appends an SR (sender given) or an RR (sender NULL) with up to 31 blocks.
unsigned int rtcp_report_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			       const struct rtcp_sender *sender, const struct rtcp_block *blocks,
			       unsigned int n);

// Appends an SDES with one CNAME.
unsigned int rtcp_sdes_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			     const char *cname);

// Appends an XR with one VoIP metrics block.
unsigned int rtcp_voip_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			     const struct rtcp_voip *v);

// Appends a BYE of one SSRC.
unsigned int rtcp_bye_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc);

// --- figures ---

// What a receiver remembers between reports about one sender. Zeroed = nothing yet.
struct rtcp_memory {
	uint32_t expected; // at the last report
	uint32_t packets;
	uint32_t last_sr; // middle 32 bits of its last SR's NTP time
	nsec_t sr_arrival;
};

// Notes an SR of the sender.
void rtcp_sr_note(struct rtcp_memory *m, const struct rtcp_sender *sender, nsec_t now);

// Fills the block about a source, RFC 3550 A.3, and remembers for the next.
void rtcp_block_make(struct rtcp_memory *m, const struct rtp_source *s, nsec_t now, struct rtcp_block *ret);

// Round-trip time from a block about us, received at NTP time `ntp`. 0 when it cannot be told.
nsec_t rtcp_round_trip(const struct rtcp_block *b, uint64_t ntp);

// When the next report is due: `interval` varied by 0.5..1.5 with the caller's random number, RFC 3550
// s6.3.1.
nsec_t rtcp_due(nsec_t now, nsec_t interval, uint32_t random);
