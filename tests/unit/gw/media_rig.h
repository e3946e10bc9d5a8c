// SPDX-License-Identifier: GPL-3.0-or-later
// media_rig.h - A worker's media with simulated phones around it, for the media tests.
//
// Time is simulated in steps of 1 ms. Each phone sends a tone in its codec and decodes what it is sent, laid out by
// timestamp, and checks that SSRC, sequence numbers and timestamps never break.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/codec.h"
#include "gw/media.h"

#define RIG_PHONES 8
#define RIG_PCM    (16000 * 30) // samples that a phone records

struct rig;

struct phone {
	struct rig *rig;
	uint32_t stream;
	bool open;
	struct stream_spec spec;
	// sending
	const struct codec *codec;
	void *encoder;
	bool sends;
	double hz, dbm0;
	uint32_t ssrc, ts;
	uint16_t seq;
	uint64_t sample; // of the tone
	nsec_t next;     // when the next packet is made
	bool marker;
	uint32_t delay_ms;   // of the network
	uint32_t lose_every; // n-th packet is lost; 0 = none
	// what it says instead of a tone, and what is told of all that comes; `context` is for both
	void (*say)(struct phone *p, int16_t *pcm, unsigned int samples);
	void (*hear)(struct phone *p, const struct rtp_header *h, const uint8_t *payload);
	void *context;
	uint32_t sent;
	// receiving
	const struct codec *rx_codec;
	void *decoder;
	bool heard;
	uint32_t rx_ssrc, rx_ts, rx_first_ts;
	uint16_t rx_seq;
	uint32_t packets, markers;
	uint32_t ssrc_breaks, seq_breaks, ts_breaks;
	uint32_t seq_gaps; // sequence numbers skipped
	nsec_t rx_last;
	uint8_t last_packet[MEDIA_RTP_MAX];
	unsigned int last_len;
	int16_t *pcm;
	uint32_t pcm_count;
	enum drop_reason last_drop;
	uint32_t drops[DROP_COUNT];
	uint32_t relayed, queued;
};

struct rig {
	struct media *media;
	void *memory;
	nsec_t now;
	struct media_limits limits;
	struct phone phone[RIG_PHONES];
	unsigned int burst; // frames of one media_tick call
	nsec_t slice;       // time of the calls of one millisecond, 0 = as long as it takes
	bool ticking;       // false: the worker is stalled
	struct {
		nsec_t at;
		uint32_t phone;
		unsigned int len;
		uint8_t bytes[MEDIA_RTP_MAX];
	} * wire; // packets on their way
	uint32_t wire_count;
};

struct rig *rig_new(const struct media_limits *limits);
void rig_free(struct rig *r);

uint32_t rig_conference(struct rig *r, uint32_t flags);

// A spec as a phone of this codec and period would be told.
struct stream_spec rig_spec(uint32_t conference, unsigned int phone, enum codec_id codec,
			    unsigned int period_ms, uint32_t flags);

// Opens a phone that sends a tone (hz 0 = it sends nothing). Returns what media_stream_open did.
int rig_open(struct rig *r, unsigned int phone, uint32_t conference, enum codec_id codec,
	     unsigned int period_ms, uint32_t flags, double hz, double dbm0);
int rig_open_spec(struct rig *r, unsigned int phone, const struct stream_spec *spec, double hz, double dbm0);
void rig_close(struct rig *r, unsigned int phone);

// A rig in which phones 0 and 1 speak to each other, 400 and 1000 Hz. *ret_conference may be NULL.
struct rig *rig_pair(enum codec_id a, enum codec_id b, uint32_t *ret_conference);

enum conference_outcome rig_outcome(struct rig *r, uint32_t conference);

// Lets time pass.
void rig_run(struct rig *r, unsigned int ms);

// Hands one packet to the media at once, as if from this phone's network.
enum media_verdict rig_ingest(struct rig *r, unsigned int phone, uint8_t *rtp, unsigned int len);

// Puts a packet on its way from a phone, with the phone's delay.
void rig_send(struct rig *r, unsigned int phone, const uint8_t *rtp, unsigned int len);

// Writes the next packet of a phone without sending it. Returns its length.
unsigned int phone_packet(struct phone *p, uint8_t *rtp);

// The last `n` samples that a phone heard.
const int16_t *phone_tail(const struct phone *p, uint32_t n);

// Writes a packet with a payload that its sequence number makes. Returns its length.
unsigned int rig_packet(uint8_t *rtp, uint8_t type, uint16_t seq, uint32_t ts, uint32_t ssrc,
			unsigned int payload);
