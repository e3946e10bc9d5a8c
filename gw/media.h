// SPDX-License-Identifier: GPL-3.0-or-later
// media.h - Streams and conferences of one worker: what one packet does, and what one tick sends.
//
// A `struct media` is everything one worker owns. All memory comes from the caller at start; nothing here
// allocates, locks, logs, reads a clock or calls the kernel afterwards. Not thread-safe: owner worker only.
//
// Two triggers (docs/packet-path.md):
//   a packet arrives   media_ingest: checks, counts, then rewrites the header in place (relay) or queues the payload
//   the clock ticks    media_tick: for every conference whose phase is due: jitter, decode or conceal, mix N-1, encode
//
// A conference's outcome (relay, law, transcode, mix) follows from its members alone and is worked out when they
// change, never per packet. Streams that are mixed or transcoded hold a voice (jitter ring, codec state, samples)
// from a pool; relayed ones hold none, so that a relayed stream stays under 1 kB.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"
#include "gw/drop.h"
#include "gw/rtp.h"
#include "gw/stream.h"

#define MEDIA_NONE     UINT32_MAX
#define MEDIA_RTP_MAX  1944 // largest RTP packet a tick sends: header and CODEC_FRAME_BYTES_MAX, rounded
#define MEDIA_RTCP_MAX 256
#define MEDIA_TTL      64 // of the IP headers that a relay writes

struct media;

struct media_limits {
	uint32_t streams;
	uint32_t conferences;
	uint32_t voices;           // streams mixed or transcoded at a time
	uint32_t sources;          // pieces of sound played at a time
	uint32_t voice_memory;     // bytes for each on the average; 0 = enough for any of `codecs`
	uint64_t codecs;           // bits of enum codec_id that voices are expected to have; 0 = any
	uint16_t jitter_min_ms;    // play-out delay floor, default 20
	uint16_t jitter_max_ms;    // ceiling, default 200
	uint16_t rtcp_interval_ms; // mean RTCP interval, default 5000; 0 = no RTCP
	uint16_t silent_s;         // report a stream silent after this; 0 = never
	uint64_t seed;             // of SSRCs, first sequence numbers and timestamps
	char cname[32];            // RTCP SDES CNAME, NUL-terminated
};

// What a relay puts in place of a packet's ends where it sends IPv4. As on the wire.
struct media_exit_v4 {
	uint32_t src; // first, where exit_src_ip has it
	uint32_t dst;
	uint32_t ports;  // source and destination
	uint16_t ip_sum; // of the new IP header's words, but for length, id and checksum
	uint16_t zero;
};

// The part of a stream that a relayed packet touches: exactly two cache lines. The dataplane reads the first line
// (source lock, exit) itself; only gw/media writes either.
struct media_stream {
	// line 0: read for every packet, written only when control speaks or the sender changes
	uint8_t source_ip[16]; // whom we believe, as in struct addr
	union {
		uint8_t exit_src_ip[16];   // relay: the peer's local address, we send from it
		struct media_exit_v4 exit; // the same and more, without MEDIA_EXIT_V6
	};
	uint8_t exit_dst_ip[16]; // relay: the peer's remote address
	uint16_t source_port;    // host order; 0 = any
	uint16_t exit_src_port;  // host order
	uint16_t exit_dst_port;
	uint16_t exit_hop; // next hop of the exit, the dataplane's own number (media_stream_hop_set)
	uint32_t exit_ssrc;
	uint8_t flags; // enum media_stream_flag
	uint8_t exit_dscp;
	uint8_t rx_payload_type; // MEDIA_CAREFUL in it: the next packet takes the careful path
	uint8_t exit_payload_type;
	// line 1: written by every packet
	struct rtp_source rx; // counts are low halves: the cold half takes them over now and then
	uint64_t rx_last_ns;  // arrival of the last packet that told the time
	union {
		uint32_t exit_ts_offset; // added to the timestamp on relay
		uint32_t ring;           // MEDIA_VOICE: where its packets wait, gw/media's own
	};
	uint16_t exit_seq_offset;
	uint8_t event_type; // RFC 4733 payload type received, 0 = none
	uint8_t exit_event_type;
	uint32_t peer;      // stream index of the conference's other party, MEDIA_NONE without exactly one
	uint8_t rx_clock;   // RTP clock in units of 8 kHz
	uint8_t exit_codec; // what MEDIA_LAW translates to
	// One's-complement sum of new addresses and ports less the old ones, but for the source port; words as on the wire.
	uint16_t exit_change;
} __attribute__((aligned(64)));

#define MEDIA_CAREFUL 0x80

enum media_stream_flag {
	MEDIA_OPEN = 1u << 0,
	MEDIA_RECV = 1u << 1,
	MEDIA_SOURCE_LOCK = 1u << 2,
	MEDIA_SOURCE_V6 = 1u << 3,
	MEDIA_EXIT =
		1u << 4, // exit_* are valid and the peer sends: relay, and telephone-events of a transcode
	MEDIA_EXIT_V6 = 1u << 5,
	MEDIA_LAW = 1u << 6,   // relay with A-law/mu-law translation
	MEDIA_VOICE = 1u << 7, // queue for the tick instead of relaying
};

// Flags of a stream that media_relay_quick serves: source locked. Those of IPv6 may be set as well, and MEDIA_LAW: the
// payload is then for the caller to translate.
#define MEDIA_PLAIN (MEDIA_OPEN | MEDIA_RECV | MEDIA_SOURCE_LOCK | MEDIA_EXIT)

// Verdict on one received packet.
enum media_verdict {
	MEDIA_DROPPED, // *ret_drop says why; free it
	MEDIA_QUEUED, // used up: queued for the tick, or a telephone-event or comfort noise taken note of; free it
	MEDIA_RELAYED, // RTP header (and payload, with MEDIA_LAW) rewritten in place: rewrite L2-L4 from exit_* and send
};

// One RTP packet that a tick wants sent.
struct media_frame {
	uint8_t *rtp;    // in: caller's buffer of MEDIA_RTP_MAX bytes
	uint16_t len;    // out: bytes written, header included
	uint32_t stream; // out: whose local, remote and hop to use
};

// Where a stream sends when a tick (or RTCP) made the packet. The addresses are the stream's own.
struct media_route {
	const uint8_t *src_ip; // as in struct addr
	const uint8_t *dst_ip;
	uint16_t src_port; // host order
	uint16_t dst_port;
	uint16_t hop; // the dataplane's own number
	uint8_t dscp;
	bool v6;
};

enum media_event_kind {
	MEDIA_FIRST_PACKET = 1,
	MEDIA_SILENT = 2,
	MEDIA_DIGIT = 3,
	MEDIA_SSRC = 4,
	MEDIA_SOURCE_END = 64, // a source has played all of its list; `stream` is its index, value its tag
};

struct media_event {
	uint32_t stream;
	uint32_t kind; // enum media_event_kind; those of streams equal enum api_stream_event_kind
	uint32_t value;
};

// A stretch of sound. The samples stay the caller's, and do not change while a source that plays them is open.
struct media_piece {
	const int16_t *pcm;
	uint32_t samples; // not 0
	uint16_t rate_hz; // 8000 or 16000
	uint16_t gain;    // 256 = as it is
};

#define MEDIA_PIECES 32

// A source speaks in a bridge conference and hears nothing: music on hold, an announcement, a tone. It plays its pieces
// in order while somebody listens, once or for ever.
struct media_source_spec {
	uint32_t conference;
	uint32_t tag;   // the caller's, for events
	uint32_t count; // of pieces, 1..MEDIA_PIECES
	bool loop;
	struct media_piece pieces[MEDIA_PIECES];
};

#define MEDIA_TAP_SAMPLES 1440 // of one block at most: 30 ms at 48 kHz

// What a stream says, on its way from the worker to one other thread. The memory is the caller's and must stay until
// `over` is seen or media_tap_close has returned.
struct media_tap {
	uint16_t *ring;        // `size` words
	uint32_t size;         // power of two, above 2 * MEDIA_TAP_SAMPLES
	uint32_t owed;         // worker: silence that stands for what did not fit, 10 ms each
	_Atomic uint32_t head; // words written
	_Atomic uint32_t tail; // words read
	_Atomic uint64_t lost; // what did not fit, 10 ms each
	atomic_bool over;      // nothing more comes: the stream has closed
};

struct media_tap_block {
	uint32_t ms;
	uint32_t rate_hz; // 8000, 16000 or 48000; of a silent one unknown
	uint32_t samples; // 0 = silence of `ms`
	int16_t pcm[MEDIA_TAP_SAMPLES];
};

// Bytes that media_init needs; 64-byte alignment.
size_t media_size(const struct media_limits *limits);

// What each stream and each conference takes of it, voices apart.
size_t media_stream_bytes(void);
size_t media_conference_bytes(void);

// Makes an empty worker's media in caller memory. Returns it, never NULL. Chooses the kernels of mixer and resampler, for all.
struct media *media_init(void *mem, const struct media_limits *limits);

// --- commands, from the worker's mailbox ---

// Makes a conference. Returns 0 or -ENOSPC.
int media_conference_open(struct media *m, const struct conference_spec *spec, uint32_t *ret_conference);

// Ends it and closes its streams. Returns 0 or -ENOENT.
int media_conference_close(struct media *m, uint32_t conference, nsec_t now);

// Adds a stream (spec.conference = index). spec.local must be complete.
// Returns 0, -ENOENT conference, -ENOSPC streams or voices, -ENOTSUP codec, -EINVAL anything else; nothing changed then.
int media_stream_open(struct media *m, const struct stream_spec *spec, nsec_t now, uint32_t *ret_stream);

// Replaces its spec (same local), and takes it to another conference when that differs. RTP continuity of an unchanged
// transmit side is kept. Errors as above.
int media_stream_set(struct media *m, uint32_t stream, const struct stream_spec *spec, nsec_t now);

// Removes it. Returns 0 or -ENOENT.
int media_stream_close(struct media *m, uint32_t stream, nsec_t now);

// Begins to play. Returns 0, -ENOENT conference, -ENOSPC, -EINVAL (a piece, or no bridge).
int media_source_open(struct media *m, const struct media_source_spec *spec, uint32_t *ret_source);

// Ends it. Returns 0 or -ENOENT.
int media_source_close(struct media *m, uint32_t source);

// Begins to write what a stream says into a tap, decoded, tones that stand for digits left out as the mix leaves them out.
// A relay becomes a transcode for that time. Returns 0, -ENOENT, -EBUSY (one taps it already), -ENOTSUP (an echo, a codec that
// cannot be decoded) or -ENOSPC (no voice left).
int media_tap_open(struct media *m, uint32_t stream, struct media_tap *tap, nsec_t now);

// Ends it. Returns 0, or -ENOENT when this tap is over already.
int media_tap_close(struct media *m, uint32_t stream, const struct media_tap *tap, nsec_t now);

// The other thread: takes the next block. False: there is none.
bool media_tap_read(struct media_tap *tap, struct media_tap_block *ret);

// Sends a digit (RFC 4733 event 0..15) in what the stream transmits: as telephone-event where it has a payload type for
// them, else as tones if it has a voice. Digits wait for each other. Returns 0, -ENOENT, -EINVAL, -ENOTCONN (does not
// send), -ENOTSUP (neither events nor a voice) or -ENOSPC.
int media_digit_send(struct media *m, uint32_t stream, unsigned int event, unsigned int duration_ms);

// Says through which next hop this stream's remote is reached; also updates the peer whose exit it is.
void media_stream_hop_set(struct media *m, uint32_t stream, uint16_t hop);

// Figures so far. Returns 0 or -ENOENT.
int media_stream_stats(struct media *m, uint32_t stream, nsec_t now, struct stream_stats *ret);

// Spec as last set, NULL if the stream is not open.
const struct stream_spec *media_stream_spec(const struct media *m, uint32_t stream);

// Outcome and members of a conference; members may be NULL. Returns number of streams, or -ENOENT.
int media_conference_info(const struct media *m, uint32_t conference, enum conference_outcome *ret_outcome,
			  const struct conference_spec **ret_spec);

uint32_t media_stream_count(const struct media *m);
uint32_t media_conference_count(const struct media *m);
uint32_t media_voice_count(const struct media *m);
uint32_t media_source_count(const struct media *m);

// What all open streams are expected to take once they speak, nanoseconds of a core a second, without the ports' part: of
// some core, so that it tells how much more one thing takes than another.
uint64_t media_cost(const struct media *m);

// Payloads that ticks have encoded since start; copies for further listeners are not counted.
uint64_t media_encoded(const struct media *m);

// --- the packet ---

// Base of the stream array, for prefetch and the source lock: &media_streams(m)[index].
struct media_stream *media_streams(struct media *m);

// Judges one RTP packet of a stream whose source lock the caller has checked. `rtp` is rewritten in place on relay.
enum media_verdict media_ingest(struct media *m, uint32_t stream, uint8_t *rtp, unsigned int len, nsec_t now,
				enum drop_reason *ret_drop);

// Asks the cache for what media_ingest will touch of these streams' voices; n <= 64. For streams with MEDIA_VOICE.
void media_prefetch(const struct media *m, const uint32_t *streams, unsigned int n);

// The media clock at `now`, for the functions below; once a burst.
uint32_t media_units(const struct media *m, nsec_t now);

#define MEDIA_JUMP_SHIFT 13 // a timestamp off by 2^13 units of 8 kHz, about a second, is a jump

// True for the packet that simply continues its stream: plain header, the payload type, SSRC and sequence number
// expected, a timestamp that keeps pace with the clock. `head` is the first 8 bytes of the header as a number, `ssrc`
// the next 4.
static inline bool media_continues(const struct media_stream *s, uint64_t head, uint32_t ssrc, uint32_t units,
				   uint32_t *ret_transit)
{
	uint32_t expected =
		UINT32_C(0x80000000) | (uint32_t)s->rx_payload_type << 16 | (uint16_t)(s->rx.max_seq + 1);
	uint32_t transit = units * s->rx_clock - (uint32_t)head;
	int32_t d = (int32_t)(transit - s->rx.transit);
	uint32_t apart = (uint32_t)(d < 0 ? -(int64_t)d : d);
	*ret_transit = transit;
	return ((uint32_t)(head >> 32) & 0xff7fffff) == expected && ssrc == s->rx.ssrc &&
	       apart <= (uint32_t)s->rx_clock << MEDIA_JUMP_SHIFT;
}

// Counts a packet that continues its stream.
static inline void media_count(struct media_stream *s, uint32_t transit, uint32_t octets, nsec_t now)
{
	rtp_source_time(&s->rx, RTP_NEXT, 0, transit);
	rtp_source_next(&s->rx, octets);
	s->rx_last_ns = now;
}

// One's-complement sum of two numbers.
static inline uint64_t media_sum(uint64_t a, uint64_t b)
{
	uint64_t s = a + b;
	return s + (s < b);
}

// The relay of such a packet, for a stream of MEDIA_PLAIN, inline for the dataplane's loop. The source lock has been
// checked; `len` includes the header and at least a byte of payload. False: nothing was touched, and media_ingest must
// judge it. True: counted, the header is rewritten, and *ret_change, less than 2^49, is what that adds, in one's complement, to a
// sum of the packet's words as they lie in memory.
static inline bool media_relay_quick(struct media_stream *s, uint8_t *rtp, unsigned int len, nsec_t now,
				     uint32_t units, uint64_t *ret_change)
{
	uint64_t head = rtp_be64(rtp);
	uint32_t ssrc = rtp_be32(rtp + 8), transit;
	if (__builtin_expect(!media_continues(s, head, ssrc, units, &transit), 0))
		return false;
	media_count(s, transit, len - RTP_HEADER_BYTES, now);
	const uint32_t first = (uint32_t)(head >> 32), time = (uint32_t)head,
		       time_out = time + s->exit_ts_offset;
	const uint32_t first_out = (first & 0xff800000) | (uint32_t)s->exit_payload_type << 16 |
				   (uint16_t)(first + s->exit_seq_offset);
	rtp_be64_put(rtp, (uint64_t)first_out << 32 | time_out);
	rtp_be32_put(rtp + 8, s->exit_ssrc);
	// 2^16 is 1 in one's complement, so that words count as what they are, and a shift by 8 swaps the bytes of each.
	uint64_t change =
		(UINT64_C(0xffff) << 24) + first_out + time_out + s->exit_ssrc - first - time - ssrc;
	*ret_change = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? change << 8 : change;
	return true;
}

// Whether a stream relays payload-blind: neither party has a codec, nothing is read and nothing rewritten.
bool media_is_blind(const struct media *m, uint32_t stream);

// Judges any datagram of a blind stream, RTP port or RTCP port (`rtcp`). MEDIA_RELAYED: send it as it is; RTCP goes from
// exit_src_port + 1 to exit_dst_port + 1. media_ingest comes here by itself.
enum media_verdict media_blind_ingest(struct media *m, uint32_t stream, const uint8_t *payload,
				      unsigned int len, bool rtcp, nsec_t now, enum drop_reason *ret_drop);

// Takes one RTCP compound packet of a stream that is not blind. Returns DROP_NONE or the reason it was not understood.
enum drop_reason media_rtcp_ingest(struct media *m, uint32_t stream, const uint8_t *rtcp, unsigned int len,
				   nsec_t now);

// Notes that a packet could not be sent: `stream` received it (relay), or media_tick named it.
void media_refused(struct media *m, uint32_t stream);

// --- the tick ---

// Earliest time at which media_tick has work; UINT64_MAX when no conference needs one.
nsec_t media_tick_due(const struct media *m);

// Runs what is due at `now` and writes at most `n` packets. Returns how many were written. `slice` is the time that may be
// spent, in nanoseconds of the core by which media_cost reckons: what was done is taken from it, and nothing more begins once
// it is used up. What is left over is due, by media_tick_due: call again while n were written, or later where the slice was
// used up. After a stall the schedule stays where it was: missed ticks are dropped or run, never shifted.
unsigned int media_tick(struct media *m, nsec_t now, nsec_t *slice, struct media_frame *frames,
			unsigned int n);

// Where a ticked packet of this stream goes. False if it is not open.
bool media_stream_route(const struct media *m, uint32_t stream, struct media_route *ret);

// Writes the next due RTCP compound packet (SR or RR with SDES and VoIP metrics). Returns its length or 0 when none is due.
// `wallclock_ntp` is the 64-bit NTP time of `now`. Also watches for silent streams: call it some times a second,
// whatever rtcp_interval_ms says.
unsigned int media_rtcp_next(struct media *m, nsec_t now, uint64_t wallclock_ntp, uint8_t buf[MEDIA_RTCP_MAX],
			     uint32_t *ret_stream);

// Writes the last RTCP of a stream that is about to be closed: report, SDES and BYE. Returns its length, 0 when the
// stream has never sent or RTCP is off.
unsigned int media_rtcp_bye(struct media *m, uint32_t stream, nsec_t now, uint64_t wallclock_ntp,
			    uint8_t buf[MEDIA_RTCP_MAX]);

// Takes the oldest waiting event. Returns false when there is none. The queue is bounded; what does not fit is lost, first packets
// first.
bool media_event_next(struct media *m, struct media_event *ret);

// Conference ticks that began more than 1 ms late, since start.
uint64_t media_ticks_late(const struct media *m);

// Packets that ticks could not decode since start: DROP_rtp_undecodable.
uint64_t media_undecodable(const struct media *m);

// Packets that jitter buffers gave up unplayed since start: DROP_jitter_full.
uint64_t media_overflowed(const struct media *m);
