// SPDX-License-Identifier: GPL-3.0-or-later
// inside.h - What the files of this room share: the arena, a stream's cold half, voices, mixers.
#pragma once

#include "gw/codec.h"
#include "gw/comfort.h"
#include "gw/jitter.h"
#include "gw/media.h"
#include "gw/media/pool.h"
#include "gw/media/wheel.h"
#include "gw/mixer.h"
#include "gw/plc.h"
#include "gw/quality.h"
#include "gw/resample.h"
#include "gw/rtcp.h"
#include "gw/rtp.h"
#include "gw/tone.h"

#define NONE        MEDIA_NONE
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define QUANTUM_MS_MAX 30
#define RATES          3    // 8, 16 and 48 kHz
#define QUANTUM_MAX    1440 // samples of 30 ms at 48 kHz
#define PERIOD_MS_MAX  60
#define TICK_SLOTS     64  // of 1 ms
#define CARE_SLOTS     512 // of 16 ms
#define CARE_UNIT_NS   (16 * NSEC_PER_MSEC)
#define EVENTS         1024 // power of two
#define SHARED_FRAMES  8    // distinct codec and period of listeners that share a frame
#define CHOIRS         4    // distinct codec and period of parties of a conference that share a coder
#define DIGITS_MAX     16   // that wait to be sent
#define SEATS_MAX      CONFERENCE_LOUDEST_MAX
#define CALL_AHEAD     8                   // voices called for before their conference's turn
#define STALL_NS       (4 * NSEC_PER_MSEC) // a tick this late tells that arrival times cannot be believed

// How long the sound of a stream was, ms, and what it was made of. Only shares are told: when it is full, all are halved.
struct media_tally {
	uint32_t heard;   // since the first sound, pauses of the sender included
	uint32_t silent;  // of it
	uint32_t played;  // packets and what stood in for them
	uint32_t made_up; // of it
};

// Digits that a stream is to send, and the telephone-event under way. Tones are made where its packets are.
struct media_digits {
	struct rtp_event_tx event;
	nsec_t due;    // the next packet of events
	uint32_t next; // of the streams that send events
	uint16_t wait_ms[DIGITS_MAX];
	uint8_t wait_event[DIGITS_MAX];
	uint8_t head, count;
	uint8_t listed;
};

// Where a stream sends, IPv4 addresses and ports as in its spec. IPv6 addresses do not fit.
struct media_ends {
	uint8_t local_ip[4], remote_ip[4];
	uint16_t local_port, remote_port;
	uint8_t v6;
};

// The rest of a stream: what control told, and what only the careful path, ticks and reports touch. A relay has all of it
// and should be small; what only voices need is in struct media_voice.
struct media_cold {
	// The line that a voice's ticks touch. Transmit side: of ticked packets, and the point where a relay takes over
	// from them.
	_Alignas(64) uint32_t tx_ssrc;
	uint32_t tx_ts;    // of the last packet sent
	nsec_t tx_last_ns; // when that was
	uint64_t tx_packets;
	uint64_t tx_octets;
	uint16_t tx_seq;    // of the next packet
	uint8_t tx_started; // the three above tell of a packet really sent
	uint8_t tx_marker;  // the next ticked packet begins a talk spurt
	uint32_t voice;     // NONE when only relayed
	float tx_power;     // mean square of what it hears, now and then; negative = not known yet
	uint16_t hop;       // towards the remote, the dataplane's own number
	uint8_t dscp;
	uint8_t open;
	struct media_ends ends; // local and remote
	struct stream_spec spec;
	// relay of what this stream receives
	uint32_t relay_to;    // stream that transmits it, NONE while no packet has been relayed
	uint32_t relay_first; // extended input sequence number that began the relay
	uint8_t relay_pt_any; // the sender's codec is unknown: any payload type passes
	uint8_t blind;        // neither party has a codec: any bytes pass
	uint8_t silent_told;
	uint8_t event_relayed;
	uint32_t unrelayed; // counted by rx since the last fold, but not relayed
	uint32_t unrelayed_octets;
	uint32_t event_in_ts; // transcode: timestamp of the event being relayed, and what it became
	uint32_t event_out_ts;
	// receive side
	uint32_t fold_packets; // rx counts already in the sums
	uint32_t fold_octets;
	uint64_t rx_packets;
	uint64_t rx_octets;
	uint32_t late, duplicate, reordered, dropped;
	uint32_t concealed;       // of voices given back
	uint32_t discarded;       // of those counted late: came within the window of quality_loss
	struct quality_loss loss; // packets are numbered as expected, from the first
	struct media_tally tally; // of voices given back
	nsec_t jitter_max_ns;
	struct rtp_event_rx digit;
	struct media_digits digits;
	struct media_tap *tap; // NULL = nobody records it
	nsec_t opened_ns;
	nsec_t two_way_since; // told to send and to receive, and where to
	// RTCP
	struct rtcp_memory rtcp;
	nsec_t rtcp_due;
	uint64_t rtcp_tx_packets; // at the last report
	nsec_t round_trip_ns;
	uint32_t remote_lost;
	uint32_t ssrc_changes;
	uint32_t conference;
	uint32_t prev;           // member of the conference
	struct rtcp_voip remote; // what the far end makes of us; ssrc 0 = it has not said
	uint64_t heard_mark;     // newest of our packets that its reports show, 0 = none of them
	uint64_t heard_tx;       // tx_packets when the mark was new
	struct wheel_link care;
	uint32_t next;       // member of the conference; also links the free list
	uint8_t heard_known; // the far end reports at all
	uint8_t unheard;     // the mark stands still while we send
	uint8_t rtcp_sent;   // something, between the last two reports
};

#define STREAM_BYTES 768 // both halves
_Static_assert(sizeof(struct media_stream) + sizeof(struct media_cold) <= STREAM_BYTES,
	       "a relayed stream is small");
_Static_assert(offsetof(struct media_cold, spec) == 64, "what a tick touches is one line");

// What plays in a conference without being a stream.
struct media_source {
	struct media_source_spec spec;
	uint32_t next;  // of the conference; also links the free list
	uint32_t piece; // under way
	uint32_t at;    // its next sample
	uint8_t open;
	uint8_t ended;
};

struct media_conference {
	struct conference_spec spec;
	uint32_t first, last; // members
	uint32_t sources;     // first one
	uint32_t count;
	uint32_t mixer; // NONE unless it ticks
	uint32_t next_free;
	uint8_t open;
	uint8_t outcome; // enum conference_outcome
};

// What few voices have; all off costs a voice one look.
enum media_extra {
	EXTRA_EAR = 1u << 0,   // listened to for digits: ear
	EXTRA_GAP = 1u << 1,   // some of what was pulled last is made up
	EXTRA_NOISE = 1u << 2, // the sender is silent: noise since noise_ts
	EXTRA_HUSH = 1u << 3,  // nothing from hush_from to hush_to is heard: it belongs to a telephone-event
	EXTRA_SID = 1u << 4,   // the codec has silence descriptors
	EXTRA_TAP = 1u << 5,   // recorded
	EXTRA_MUTE = 1u << 6,  // listened to for digits, and not heard
	EXTRA_OBEYS = 1u << 7, // payloads may ask something of the encoder
	EXTRA_GAIN = 1u << 8,  // louder or softer than it comes
};

struct media_ear;

// Digits that a listener hears.
struct media_tone {
	struct tone_generator generator;
	struct tone tone;
	bool on;
};

// A voice's standing in a conference that weighs its members (floor.c). Levels are mean magnitudes in 1/16.
struct media_floor {
	uint32_t loud;      // smoothed
	uint32_t speech;    // slow level of its speech
	uint16_t speech_ms; // how long it has been listened to
	uint16_t hang;      // ms until it is taken for silent
	uint16_t gate_hang;
	uint16_t gain;  // Q12, at the end of the last tick
	uint16_t align; // Q12, that brings its speech to the level wanted
	uint8_t gate_open;
	uint8_t seated;
};

// What a stream needs to be mixed or transcoded, in the order in which a tick reads it.
struct media_voice {
	// hearing it
	_Alignas(64) struct jitter *jitter;
	const struct codec *rx; // NULL: does not receive, or its voice joins no mix and has no digits
	void *decoder;
	int16_t *rx_fifo;
	uint32_t next;     // voice of the mixer; also links the free list
	uint32_t row;      // in the tick under way
	uint16_t rx_fill;  // samples waiting
	uint16_t plc_owed; // samples to teach the concealer before it can leave its past to the jitter buffer
	uint8_t rx_rate : 7; // index of the sample rate
	uint8_t plain : 1;   // the concealer's past can be had from the jitter buffer: a codec without memory
	uint8_t quiet;       // last block was low enough to be cut or stretched unheard
	uint16_t extras;     // enum media_extra
	uint32_t level;      // magnitude of a sample, mean of the last block, in 1/16
	uint32_t rx_samples;
	uint32_t played; // samples / 16 that it said, made up or not
	uint32_t silent; // of them
	// speaking to it
	const struct codec *tx; // NULL: does not send
	void *encoder;
	int16_t *tx_fifo;
	uint32_t stream;
	uint32_t tx_clock;       // RTP clock units in 10 ms
	uint32_t tx_offset;      // timestamp minus media clock
	uint16_t tx_fill;        // samples waiting
	uint8_t tx_rate;         // index of the sample rate
	uint8_t tx_units;        // period in units of 10 ms
	uint8_t tx_running;      // started on a period boundary of the conference
	uint8_t tx_shared;       // all of tx_fifo is what every listener hears
	uint8_t tx_payload_type; // as in its spec
	uint8_t tx_vad;          // suppress silence
	uint8_t tx_tone;         // digits are to be heard: tone
	uint8_t tx_follows;      // sends what the leader of its choir codes
	uint16_t tx_same_ms;     // for how long its own coder has coded what everyone hears
	uint8_t tx_offset_known;
	uint8_t echo_made;
	uint64_t rx_energy; // of the last block measured
	struct media_floor floor;
	// now and then
	struct plc *plc;
	struct resample *echo; // its own voice at the rate it hears, where that differs
	uint64_t concealed;
	uint64_t undecodable; // packets of them that came
	uint64_t made_up;     // samples that concealment said
	uint64_t unspoken;    // samples of ticks in which it said nothing, after its first word
	uint32_t cost;        // cost_of_voice
	uint32_t mixer;
	uint32_t prev;                          // voice of the mixer
	void *rx_block, *tx_block, *echo_block; // of the pool
	struct media_ear *ear;                  // likewise; NULL unless it may have to be listened to
	uint32_t noise_ts, hush_from, hush_to;  // RTP time received
	int32_t gain;                           // of its voice, Q12, while EXTRA_GAIN is set
	struct comfort_noise noise;
	struct comfort_sender vad;
	struct media_tone tone;
};

// Parties of one codec and period who are not heard, and share a coder (choir.c).
struct media_choir {
	const struct codec *codec;
	uint32_t leader;    // voice whose coder it is
	uint32_t followers; // the leader too; 0 = free
	uint8_t units;
};

// The ticking half of a conference.
struct media_mixer {
	_Alignas(64) struct wheel_link tick; // due in ms of the monotonic clock
	uint32_t conference;
	uint32_t first, last; // voices
	uint32_t voices;
	uint32_t next_free;
	uint32_t ahead[CALL_AHEAD]; // its first voices, NONE behind the last
	uint64_t clock;             // media time in units of 10 ms
	uint8_t quantum;            // units of 10 ms that suit all members
	uint8_t speaks[RATES];      // somebody does, at this rate
	uint8_t hears[RATES];
	uint8_t cross_made[RATES][RATES];
	uint8_t crosses; // any of them is made
	uint8_t weighs;  // voices go through floor.c
	uint8_t chooses; // talkers
	uint8_t seats, challenges;
	uint16_t tone_ms; // left of a tone
	float limit;      // gain
	// where voices are weighed, rates differ or tones are heard
	uint32_t gate, align; // mean magnitudes in 1/16; 0 = none
	uint32_t challenger;
	uint32_t seat[SEATS_MAX]; // voices that have the floor
	struct media_choir choir[CHOIRS];
	struct tone_generator tone[RATES];
	struct resample *cross[RATES][RATES]; // [from][to], NULL where unused
};

// One party of the tick that is under way.
struct media_row {
	struct media_voice *voice; // NULL: left meanwhile
	int16_t *pcm;              // what it said, NULL when nothing
};

struct media_shared {
	const struct codec *codec;
	uint16_t len;
	uint8_t units;
	uint8_t choir; // coded by the leader of one
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
};

// The tick under way. It may take several calls, a slice of time and a burst of frames each.
struct media_run {
	uint32_t mixer;           // NONE = no tick under way
	uint32_t rows;            // called for their turn
	uint32_t cursor;          // whose turn is next: to speak or, behind `gathered`, to hear
	struct media_voice *next; // to be called
	struct media_voice *stop; // the first that came after the tick began, NULL = nobody did
	int16_t *at;              // where in the matrix the next row goes
	uint8_t large;            // its voices are called for while others have their turn
	uint8_t gathered;         // all have spoken
	uint8_t units;            // its length, 10 ms each
	uint8_t weighs;           // as the conference was when it began
	uint8_t speaks[RATES], hears[RATES];
	uint64_t clock; // media time at its start
	nsec_t now;
	int64_t left; // of the slice
	uint8_t all_made[RATES];
	uint8_t limits; // the gain is not unity throughout
	uint32_t shared_count;
	struct media_row *row;
	int16_t *matrix; // rows of samples, back to back
	_Alignas(64) int32_t sum[RATES][QUANTUM_MAX];
	_Alignas(64) float gain[RATES][QUANTUM_MAX]; // while it limits
	_Alignas(64) int16_t all[RATES][QUANTUM_MAX];
	_Alignas(64) int16_t out[QUANTUM_MAX];
	_Alignas(64) int16_t echo[QUANTUM_MAX];
	struct media_shared shared[SHARED_FRAMES];
};

struct media {
	struct media_limits limits;
	struct media_stream *streams;
	struct media_cold *cold;
	struct media_conference *conferences;
	struct media_voice *voices;
	struct media_mixer *mixers;
	struct media_source *sources;
	uint32_t stream_free, stream_free_last, stream_count;
	uint32_t conference_free, conference_count;
	uint32_t voice_free, voice_count, voice_total;
	uint64_t voice_cost; // of all that are open
	uint32_t mixer_free, mixer_total;
	uint32_t source_free, source_count;
	uint64_t random;
	uint64_t clock_rate;  // rtp_rate(8000)
	nsec_t tick_due;      // cache of media_tick_due
	nsec_t stalled_until; // arrival times before this cannot be believed
	uint32_t digit_first; // stream that sends telephone-events
	nsec_t digit_due;     // the next packet of any; UINT64_MAX = none
	uint64_t ticks_late;
	uint64_t undecodable; // packets
	uint64_t overflowed;  // likewise, of jitter buffers
	uint64_t encoded;
	uint64_t ntp; // wall clock at ntp_at, as last told
	nsec_t ntp_at;
	uint32_t event_head, event_tail;
	struct media_event events[EVENTS];
	struct pool pool;   // memory of voices
	struct wheel ticks; // of mixers, 1 ms
	struct wheel care;  // of streams, 16 ms: RTCP, silence, carry of counters
	struct media_run run;
};

static inline uint32_t units_8k(const struct media *m, nsec_t t)
{
	return rtp_units(t, m->clock_rate);
}

// The jitter buffer of a stream with MEDIA_VOICE, NULL when its packets join no mix. `ring` counts lines of the voices'
// memory, from 1.
static inline struct jitter *ring_of(const struct media *m, const struct media_stream *s)
{
	return s->ring ? (struct jitter *)(void *)(m->pool.base + ((size_t)s->ring - 1) * 64) : NULL;
}

static inline bool stream_is_open(const struct media *m, uint32_t i)
{
	return i < m->limits.streams && m->cold[i].open;
}

uint64_t media_random(struct media *m);

// event.c
void event_push(struct media *m, uint32_t stream, uint32_t kind, uint32_t value);
void event_digit(struct media *m, uint32_t stream, const uint8_t *payload, unsigned int len,
		 uint32_t timestamp, nsec_t now);

// relay.c: where the output of a stream's relay stands, and how it goes on.
uint32_t relay_last_ts(const struct media *m, const struct media_stream *s);
uint32_t transmit_next_ts(const struct media *m, const struct media_cold *c, nsec_t now, unsigned int clock);
void relay_stop(struct media *m, uint32_t stream);
void relay_fold(struct media *m, uint32_t stream);
void relay_make_room(struct media *m, uint32_t stream);
void relay_rebase(struct media *m, uint32_t stream, const struct rtp_header *h, uint32_t extended_seq,
		  nsec_t now);
bool relay_event(struct media *m, uint32_t stream, uint8_t *rtp, const struct rtp_header *h, nsec_t now);

// exit.c: where a stream's relay sends what `from` receives; flags of the source are set.
void exit_set(struct media_stream *s, const struct media_cold *from, const struct media_cold *to);

// ingest.c
void loss_note(struct media_cold *c, const struct rtp_source *rx, enum rtp_verdict v, uint16_t seq,
	       uint32_t expected);

// blind.c
bool blind_is(const struct media *m, const struct media_conference *f, uint32_t stream, uint32_t peer);
void blind_refused(struct media *m, uint32_t stream);

// digit.c: digits on their way out.
void digit_wire(struct media *m, const struct media_conference *f, uint32_t stream);
void digit_forget(struct media *m, uint32_t stream);
void digit_pass_on(struct media *m, uint32_t stream, unsigned int event, bool by_ear);
bool digit_tone(struct media *m, struct media_voice *v, unsigned int samples, int16_t *to);
unsigned int digit_tick(struct media *m, nsec_t now, struct media_frame *frames, unsigned int n);

// ear.c: digits in a voice.
size_t ear_bytes(void);
bool ear_may_be_needed(const struct stream_spec *spec);
void ear_start(struct media_voice *v);
bool ear_has_told(struct media_voice *v, unsigned int event, nsec_t now);
bool ear_pass(struct media *m, struct media_voice *v, unsigned int units, bool spoke, int16_t *row);

// tap.c
void tap_forget(struct media *m, uint32_t stream);
void tap_put(const struct media *m, const struct media_voice *v, unsigned int units, const int16_t *pcm);

// stream.c
void stream_tell(struct media_cold *c, const struct stream_spec *spec);

// confer.c: members.
int confer_change(struct media *m, uint32_t conference, uint32_t stream, const struct stream_spec *spec,
		  nsec_t now);
int confer_leave(struct media *m, uint32_t stream, nsec_t now);
int confer_move(struct media *m, uint32_t to, uint32_t stream, const struct stream_spec *spec, nsec_t now);

// cost.c: nanoseconds a second that a voice is expected to take.
uint32_t cost_of_voice(const struct media_voice *v);

// Nanoseconds that so many units of 10 ms are expected to take: a codec's work, and a voice's share in a tick beside it.
uint32_t cost_to_decode(const struct codec *c, unsigned int units);
uint32_t cost_to_encode(const struct codec *c, unsigned int units);
uint32_t cost_to_tick(unsigned int units);

// voice.c
size_t voice_bytes_max(uint64_t codecs); // bits of enum codec_id; 0 = any
bool voice_is_pulled(const struct stream_spec *spec);
int voice_open(struct media *m, uint32_t stream, const struct stream_spec *spec, uint32_t *ret_voice);
void voice_close(struct media *m, uint32_t voice);
void voice_told(struct media *m, struct media_voice *v);
void voice_restart(struct media_voice *v);
void voice_adopt(struct media_voice *v, struct media_voice *old);
enum drop_reason voice_put(struct media *m, struct jitter *j, const struct rtp_header *h,
			   const uint8_t *payload, nsec_t now);
void voice_noise(struct media_voice *v, uint32_t timestamp, const uint8_t *payload, unsigned int len);
void voice_hush(struct media_voice *v, uint32_t timestamp, const struct rtp_event *e);
bool voice_pull(struct media *m, struct media_voice *v, nsec_t now, unsigned int samples, int16_t *row);
void voice_discard(struct media_voice *v, nsec_t now, unsigned int samples);

// floor.c
void floor_settle(struct media *m, struct media_mixer *x);
void floor_join(struct media_mixer *x, struct media_voice *v);
void floor_leave(struct media *m, struct media_mixer *x, uint32_t voice);
void floor_weigh(const struct media_mixer *x, struct media_voice *v, unsigned int units);
void floor_give(struct media *m, struct media_mixer *x);

// choir.c: coders that several share.
size_t choir_bytes(const struct codec *c);
void choir_leave(struct media *m, struct media_voice *v);
// The same for a voice whose coder is not needed any more: it is not brought up to date.
void choir_forget(struct media *m, struct media_voice *v);
int choir_encode(struct media *m, struct media_voice *v, const int16_t *pcm, unsigned int samples,
		 uint8_t *payload);
void choir_note(struct media *m, struct media_voice *v, const int16_t *pcm, unsigned int samples, bool same);

// loud.c
void limit_turn(struct media *m, struct media_mixer *x);
void tone_join(struct media *m, struct media_mixer *x);
void tone_leave(struct media *m, struct media_mixer *x);
void tone_add(struct media *m, struct media_mixer *x);

// gather.c: voices speak, in slices.
void gather_begin(struct media *m, struct media_mixer *x);
bool gather(struct media *m);
void gather_joined(struct media *m, uint32_t mixer, uint32_t voice);
void gather_left(struct media *m, uint32_t voice);

// tick.c
uint32_t mixer_open(struct media *m, uint32_t conference, nsec_t now);
void mixer_close(struct media *m, uint32_t mixer);
void mixer_voice_add(struct media *m, uint32_t mixer, uint32_t voice);
void mixer_voice_remove(struct media *m, uint32_t voice);
void mixer_settle(struct media *m, uint32_t mixer);

void tick_resample(struct resample *filter, const int16_t *in, unsigned int from, int16_t *out,
		   unsigned int units);

// source.c
void source_rates(const struct media *m, uint32_t conference, uint8_t speaks[RATES]);
void sources_add(struct media *m, uint32_t conference);
void sources_close(struct media *m, uint32_t conference);

// emit.c
unsigned int emit_rows(struct media *m, struct media_frame *frames, unsigned int n);

// figures.c
void tally_add(struct media_tally *t, const struct media_voice *v);
nsec_t figures_jitter(const struct media *m, uint32_t stream);

// rtcp.c
void care_start(struct media *m, uint32_t stream, nsec_t now);
