// SPDX-License-Identifier: GPL-3.0-or-later
// rtp.h - RTP headers, what a receiver learns from sequence numbers, and telephone-events.
//
// The usual packet (no CSRC, extension or padding) is handled inline; the rest is in gw/rtp/. Any thread; a
// source has one writer. Hot.
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

#include "gw/clock.h"
#include "gw/drop.h"

#define RTP_HEADER_BYTES 12

// What the fixed header says, and where the payload is.
struct rtp_header {
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t seq;
	uint16_t payload_offset; // from the first byte of the packet
	uint16_t payload_len;    // without padding; never 0 after a successful parse
	uint8_t payload_type;
	bool marker;
};

static inline uint16_t rtp_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rtp_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline void rtp_be64_put(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline void rtp_be16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void rtp_be32_put(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

// Finds the payload of a packet with CSRCs, an extension or padding. Called by rtp_header_parse.
enum drop_reason rtp_payload_find(const uint8_t *packet, unsigned int len, uint16_t *ret_offset,
				  uint16_t *ret_len);

// Reads a header of `len` bytes of packet. Returns DROP_NONE, or the reason; *ret is then untouched.
static inline enum drop_reason rtp_header_parse(const uint8_t *packet, unsigned int len,
						struct rtp_header *ret)
{
	uint16_t offset = RTP_HEADER_BYTES, payload = (uint16_t)(len - RTP_HEADER_BYTES);
	if (__builtin_expect(len <= RTP_HEADER_BYTES || len > UINT16_MAX || packet[0] != 0x80, 0)) {
		enum drop_reason why = rtp_payload_find(packet, len, &offset, &payload);
		if (why != DROP_NONE)
			return why;
	}
	*ret = (struct rtp_header){
		.timestamp = rtp_be32(packet + 4),
		.ssrc = rtp_be32(packet + 8),
		.seq = rtp_be16(packet + 2),
		.payload_offset = offset,
		.payload_len = payload,
		.payload_type = packet[1] & 0x7f,
		.marker = packet[1] >> 7,
	};
	return DROP_NONE;
}

static inline uint64_t rtp_be64(const uint8_t *p)
{
	uint64_t v;
	__builtin_memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

// Writes the 12 bytes of a header without CSRCs, extension or padding; the payload fields of `h` are not
// read.
static inline void rtp_header_write(uint8_t packet[RTP_HEADER_BYTES], const struct rtp_header *h)
{
	packet[0] = 0x80;
	packet[1] = (uint8_t)((h->marker ? 0x80 : 0) | (h->payload_type & 0x7f));
	rtp_be16_put(packet + 2, h->seq);
	rtp_be32_put(packet + 4, h->timestamp);
	rtp_be32_put(packet + 8, h->ssrc);
}

// --- sequence numbers ---

// What is known of one sender, RFC 3550 A.1, A.3 and A.8. Zeroed = nothing heard yet.
struct rtp_source {
	uint32_t ssrc;
	uint32_t max_seq;  // extended: cycles in the high half
	uint32_t packets;  // accepted, duplicates left out; low half of the count
	uint32_t octets;   // of their payload; low half of the count
	uint32_t base_seq; // max_seq - base_seq + 1 packets were expected since the start, changes of SSRC
			   // included
	uint32_t bad;      // SSRC (folded) and sequence number that would confirm a change
	uint32_t transit;  // arrival minus timestamp of the last packet, clock units
	uint32_t jitter;   // interarrival jitter, clock units, scaled by 16
	uint64_t window;   // bit n: sequence number max_seq - n has come
};

enum rtp_verdict {
	RTP_NEXT,      // in order, perhaps after a gap
	RTP_FIRST,     // first of all
	RTP_RESTARTED, // confirmed new SSRC or jump: forget play-out state
	RTP_REORDERED, // older than the newest, not seen before
	RTP_DUPLICATE, // drop as rtp_duplicate
	RTP_STALE,     // too old to tell; drop as rtp_late
	RTP_PROBATION, // maybe a new SSRC or a jump; drop as rtp_probation until the next one confirms it
};

// The verdicts up to here are for packets to use, the later ones for packets to drop.
#define RTP_VERDICT_USABLE(v) ((v) <= RTP_REORDERED)

// The rare half of rtp_source_update.
enum rtp_verdict rtp_source_judge(struct rtp_source *s, uint32_t ssrc, uint16_t seq, uint32_t octets);

// Counts a packet known to be the next one.
static inline void rtp_source_next(struct rtp_source *s, uint32_t octets)
{
	s->max_seq++;
	s->window = s->window << 1 | 1;
	s->packets++;
	s->octets += octets;
}

// Judges one packet by SSRC and sequence number and counts it if it is usable. 2 ns.
static inline enum rtp_verdict rtp_source_update(struct rtp_source *s, uint32_t ssrc, uint16_t seq,
						 uint32_t octets)
{
	if (__builtin_expect(ssrc == s->ssrc && seq == (uint16_t)(s->max_seq + 1) && s->packets, 1)) {
		rtp_source_next(s, octets);
		return RTP_NEXT;
	}
	return rtp_source_judge(s, ssrc, seq, octets);
}

// Updates the interarrival jitter. `arrival` in clock units (rtp_units). Leave telephone-events out: their
// timestamp stands still.
static inline void rtp_source_time(struct rtp_source *s, enum rtp_verdict verdict, uint32_t timestamp,
				   uint32_t arrival)
{
	uint32_t transit = arrival - timestamp;
	int32_t d = (int32_t)(transit - s->transit);
	s->transit = transit;
	if (verdict == RTP_FIRST || verdict == RTP_RESTARTED)
		return;
	s->jitter += (uint32_t)(d < 0 ? -(int64_t)d : d) - ((s->jitter + 8) >> 4);
}

// Packets expected so far (low half of the count), 0 before the first.
static inline uint32_t rtp_source_expected(const struct rtp_source *s)
{
	return s->packets ? s->max_seq - s->base_seq + 1 : 0;
}

// Packets lost so far, never negative.
static inline uint32_t rtp_source_lost(const struct rtp_source *s)
{
	int32_t lost = (int32_t)(rtp_source_expected(s) - s->packets);
	return lost > 0 ? (uint32_t)lost : 0;
}

// --- time ---

// Factor that turns nanoseconds into units of a clock; work it out once per stream.
static inline uint64_t rtp_rate(uint32_t clock_hz)
{
	return (uint64_t)(((unsigned __int128)clock_hz << 64) / NSEC_PER_SEC);
}

// Nanoseconds in units of the clock of `rate`, rounded down, modulo 2^32.
static inline uint32_t rtp_units(nsec_t t, uint64_t rate)
{
	return (uint32_t)((unsigned __int128)t * rate >> 64);
}

// --- telephone-events, RFC 4733 ---

#define RTP_EVENT_BYTES       4
#define RTP_EVENT_END_PACKETS 3

struct rtp_event {
	uint8_t event;  // 0-9 digits, 10 star, 11 hash, 12-15 A-D, 16 flash
	uint8_t volume; // dBm0 below 0: 0..63
	bool end;
	uint16_t duration; // clock units since the event's timestamp
};

// Reads one payload; longer ones (several events, RFC 2833) are read up to the first. Returns 0 or -EINVAL.
int rtp_event_parse(const uint8_t *payload, unsigned int len, struct rtp_event *ret);

void rtp_event_write(uint8_t payload[RTP_EVENT_BYTES], const struct rtp_event *e);

// Events of one stream as received. Zeroed = none yet.
struct rtp_event_rx {
	uint32_t timestamp; // of the event last reported
	uint8_t event;
	bool known;  // the two above are valid
	bool active; // its end has not come
	nsec_t last; // arrival of its last packet
};

// Takes one event packet. Returns true exactly once per event, at its first packet to arrive.
bool rtp_event_receive(struct rtp_event_rx *rx, const struct rtp_event *e, uint32_t timestamp, nsec_t now);

// True while a received event lasts: its end has not come and its packets have not stopped for 100 ms.
bool rtp_event_active(struct rtp_event_rx *rx, nsec_t now);

// One event on its way out. Zeroed = idle.
struct rtp_event_tx {
	uint32_t timestamp;
	uint16_t duration; // when to end
	uint16_t sent;     // duration reported so far
	uint8_t event;
	uint8_t volume;
	uint8_t left; // end packets still to send; 0 = idle
	bool started;
};

// Begins an event of `duration` clock units. `timestamp` is the stream's at its first sample. Ends any other
// at once.
void rtp_event_send(struct rtp_event_tx *tx, uint8_t event, uint8_t volume, uint32_t timestamp,
		    uint16_t duration);

static inline bool rtp_event_sending(const struct rtp_event_tx *tx)
{
	return tx->left > 0;
}

// Writes the packet of one period of `units`: payload, timestamp and marker. Call once a period while
// rtp_event_sending; the three end packets take a period each. Returns payload bytes.
unsigned int rtp_event_next(struct rtp_event_tx *tx, uint16_t units, uint8_t payload[RTP_EVENT_BYTES],
			    uint32_t *ret_timestamp, bool *ret_marker);
