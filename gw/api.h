// SPDX-License-Identifier: GPL-3.0-or-later
// api.h - Requests, replies and events between control and dataplane, versioned and of fixed size.
//
// One message is one SOCK_SEQPACKET datagram (gw/ipc): struct api_header, then the body that its type names.
// Both ends run on one host, so integers are in host order. Requests carry an id that the reply repeats;
// replies come in any order; events carry id 0. Every message is checked by api_check before a field is read.
// The dataplane serves several clients (control, its successor, tools); streams belong to none of them and
// live on when a client goes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gw/drop.h"
#include "gw/stream.h"

#define API_VERSION          5
#define API_MESSAGE_MAX      4352 // bytes of the largest message
#define API_PAGE_STREAMS     8    // streams in one listing page
#define API_PAGE_CONFERENCES 32
#define API_PORTS_MAX        8
#define API_WORKERS_MAX      64
#define API_SOURCE_ITEMS     32
#define API_SOURCE_PATH_MAX  106
#define API_RECORD_NAME_MAX  96 // node, label, time and counter
#define API_RECORD_LABEL_MAX 16
#define API_RECORD_PASSING   '~' // begins labels of what nobody needs after the process that asked for it
#define API_PAGE_RECORDINGS  16
#define API_RECORD_MS_MAX    (4 * 3600 * 1000)
#define API_DIGITS           16 // RFC 4733 events 0..15: 0-9, *, #, A-D
#define API_DIGIT_MS_MIN     40
#define API_DIGIT_MS_MAX     1000

// Handle of a stream, conference, source or recording: index in the low 24 bits, generation in the high 8 (never 0). 0 = none.
typedef uint32_t api_handle;

enum api_type {
	API_NONE = 0,
	// requests; the reply has the type with API_REPLY set
	API_HELLO = 1,            // body api_hello          -> api_hello_reply
	API_CONFERENCE_OPEN = 2,  // body api_conference_open -> api_handle_reply
	API_CONFERENCE_CLOSE = 3, // body api_handle_request: closes its streams too -> api_handle_reply
	API_STREAM_OPEN = 4,      // body api_stream_open    -> api_stream_reply
	API_STREAM_SET = 5,       // body api_stream_set     -> api_stream_reply
	API_STREAM_CLOSE = 6,     // body api_handle_request -> api_stream_stats_reply, its last figures
	API_STREAM_STATS = 7,     // body api_handle_request -> api_stream_stats_reply
	API_STREAM_LIST = 8,      // body api_list           -> api_stream_list_reply
	API_CONFERENCE_LIST = 9,  // body api_list           -> api_conference_list_reply
	API_DROPS = 10,           // no body                 -> api_drops_reply
	API_STATUS = 11,          // no body                 -> api_status_reply
	API_SOURCE_OPEN = 12,     // body api_source_open    -> api_source_reply
	API_SOURCE_CLOSE = 13,    // body api_handle_request -> api_handle_reply
	API_DIGIT_SEND = 14,    // body api_digit_send     -> api_handle_reply, once the digit waits its turn
	API_RECORD_OPEN = 15,   // body api_record_open    -> api_record_reply
	API_RECORD_CLOSE = 16,  // body api_handle_request -> api_handle_reply, and the event follows
	API_RECORD_LIST = 17,   // body api_list           -> api_record_list_reply
	API_RECORD_DELETE = 18, // body api_record_delete  -> api_handle_reply without a handle
	API_TYPE_COUNT,
	API_EVENT_STREAM = 64, // event, body api_stream_event
	API_EVENT_SOURCE = 65, // event, body api_source_event
	API_EVENT_RECORD = 66, // event, body api_record_event
	API_REPLY = 128,
};

struct api_header {
	uint32_t length;  // of the whole message
	uint16_t version; // API_VERSION
	uint16_t type;    // enum api_type, with API_REPLY in replies
	uint32_t request; // id chosen by the requester, not 0; 0 in events
	int32_t status;   // replies: 0 or negative errno, and then the body is all zero; else 0
};

struct api_hello {
	uint64_t epoch; // of the control process
	char name[32];  // who asks, for logs
};

struct api_hello_reply {
	uint64_t boot_id; // changes when the dataplane restarts: every handle is then void
	uint32_t streams_max;
	uint32_t conferences_max;
	uint32_t voices_max; // streams that may be mixed or transcoded at a time
	uint32_t streams_open;
	uint32_t conferences_open;
	uint32_t workers;
	uint64_t codecs; // bit n: enum codec_id n can be transcoded and mixed
	uint32_t address_count;
	uint32_t zero;
	struct addr addresses[API_PORTS_MAX * 2]; // media addresses, in order of configuration
};

// Errors: -EINVAL flags, -ENOSPC.
struct api_conference_open {
	struct conference_spec spec;
};

struct api_handle_request {
	api_handle handle;
	uint32_t zero;
};

struct api_handle_reply {
	api_handle handle;
	uint32_t zero;
};

// spec.local.addr: ADDR_NONE = first media address of the remote's family, else the first one.
// Errors: -ENOENT conference, -EADDRNOTAVAIL address not ours, -EADDRINUSE port taken or range used up,
// -ENOSPC streams or voices used up, -EINVAL period, flags or addresses, -ENOTSUP codec, -ELOOP remote is a group of ours,
// -EBUSY the conference's worker is at its load limit and no port was named, -ENETUNREACH neither prefix nor gateway of the local address leads to the remote.
struct api_stream_open {
	struct stream_spec spec;
};

// Errors as above, and -EXDEV: another worker's conference, -EBUSY: on its way to one already.
struct api_stream_set {
	api_handle handle;
	uint32_t zero;
	struct stream_spec spec; // local is ignored: it stays; another conference: it moves there
};

struct api_stream_reply {
	api_handle handle;
	uint32_t zero;
	struct addr_port local;
};

// A digit into what the stream sends: as telephone-event where it has a payload type for them, else as tones.
// Errors: -ENOENT stream, -ENOTCONN it does not send, -ENOTSUP neither events nor a voice, -ENOSPC too many wait.
struct api_digit_send {
	api_handle handle;
	uint32_t digit;       // below API_DIGITS
	uint32_t duration_ms; // API_DIGIT_MS_MIN..API_DIGIT_MS_MAX
	uint32_t zero;
};

struct api_stream_stats_reply {
	api_handle handle;
	uint32_t zero;
	struct stream_stats stats;
};

// Listings are paged: start with 0, go on with the reply's next until it is 0.
struct api_list {
	uint32_t cursor;
	uint32_t zero;
};

struct api_stream_entry {
	api_handle handle;
	uint32_t worker;
	struct stream_spec spec;
	struct stream_stats stats;
};

struct api_stream_list_reply {
	uint32_t next;
	uint32_t count;
	struct api_stream_entry entries[API_PAGE_STREAMS];
};

struct api_conference_entry {
	api_handle handle;
	uint32_t worker;
	uint32_t streams;
	uint32_t outcome;  // enum conference_outcome
	api_handle source; // that was opened last, of those that play in it; 0 = none
	uint32_t zero;
	struct conference_spec spec;
};

struct api_conference_list_reply {
	uint32_t next;
	uint32_t count;
	struct api_conference_entry entries[API_PAGE_CONFERENCES];
};

struct api_drops_reply {
	uint32_t count; // DROP_COUNT of the dataplane; the names are gw/drop.def
	uint32_t zero;
	uint64_t drops[DROP_COUNT]; // by reason, summed over workers
};

struct api_worker_status {
	uint32_t cpu;
	uint32_t streams;
	uint32_t conferences;
	uint32_t load_permille;     // of a core, measured, smoothed over about a second
	uint32_t expected_permille; // the same once all that is open speaks; may exceed 1000
	uint32_t late_us;           // longest that a media tick waited in the last second
	uint32_t turn_us;           // longest turn in it
	uint32_t away_us;           // longest turn in it that found nothing: the CPU was taken away
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t ticks_late; // media ticks that started more than 1 ms after their time
};

struct api_port_status {
	char name[32];
	uint8_t mac[6];
	uint8_t link_up;
	uint8_t zero;
	uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t rx_missed;
};

#define API_KERNELS_MAX 64

struct api_status_reply {
	uint64_t uptime_ns;
	uint32_t streams_open;
	uint32_t conferences_open;
	uint32_t voices_open;
	uint32_t worker_count;
	uint32_t port_count;
	uint32_t load_limit;   // percent, above which set-up is refused; 100 = never
	uint64_t overloaded;   // requests refused because of it
	uint32_t stream_bytes; // of memory that a relayed stream takes, its half of a conference included
	uint32_t media_mb;     // reserved by all workers for streams, conferences and voices
	char kernels[API_KERNELS_MAX]; // what was chosen for this CPU, in words
	struct api_worker_status workers[API_WORKERS_MAX];
	struct api_port_status ports[API_PORTS_MAX];
};

enum api_stream_event_kind {
	API_STREAM_FIRST_PACKET = 1, // first packet received
	API_STREAM_SILENT = 2,       // nothing received for the configured time; value = seconds
	API_STREAM_DIGIT = 3, // event or tones, told once, when the digit begins; value = event number 0..15
	API_STREAM_SSRC = 4,  // sender changed its SSRC; value = the new one
};

struct api_stream_event {
	api_handle handle;
	uint32_t kind; // enum api_stream_event_kind
	uint32_t value;
	uint32_t zero;
	struct stream_ref ref;
};

enum api_source_kind {
	API_SOURCE_FILE = 1, // path
	API_SOURCE_TONE = 2, // tone, country
	API_SOURCE_LIVE = 3, // path is a multicast group and port, tone its enum codec_id; alone in its list
	API_SOURCE_RECORDING = 4, // path is the name of a complete recording
};

struct api_source_item {
	uint8_t kind;    // enum api_source_kind; 0 behind the last one
	uint8_t tone;    // SCCP number of StartTone, or codec
	uint8_t country; // enum tone_country of gw/tone.h
	uint8_t zero;
	int16_t gain_cb; // dB x 10, -600..200
	char path[API_SOURCE_PATH_MAX];
};

enum api_source_flag {
	API_SOURCE_LOOP = 1u << 0, // for ever; else once, and API_SOURCE_END follows
};

// Plays a list into a bridge conference. What cannot be read is left out and told in the reply; nothing at all that can be
// read is an error.
// Errors: -ENOENT conference or file, -EINVAL list, flags or a file that is no sound, -EFBIG too long to be kept in
// memory, -ENOSPC sources, streams or groups used up, -ENOMEM, -EADDRINUSE group and port received already,
// -EADDRNOTAVAIL no address of the group's family, or whatever opening the first file said.
struct api_source_open {
	api_handle conference;
	uint32_t flags; // enum api_source_flag
	uint32_t count;
	uint32_t zero;
	struct api_source_item items[API_SOURCE_ITEMS];
};

struct api_source_reply {
	api_handle handle;
	uint32_t unreadable; // bit n: item n was left out
};

enum api_source_event_kind {
	API_SOURCE_END = 1, // all of the list has been played
};

struct api_source_event {
	api_handle handle;
	uint32_t kind; // enum api_source_event_kind
};

// Writes what a stream says to a WAV file in the configured directory. The dataplane makes the name: node, label, time and a
// counter; of the label, letters and digits stay and the rest becomes underscores. The recording ends by itself at its
// limits, or when the stream closes, whoever asked for it.
// Errors: -ENOENT stream, -EBUSY it is recorded already, -ENOTSUP it cannot be decoded or no directory is configured,
// -ENOSPC recordings or voices used up, or less than the configured room left on the disk, -EINVAL, -ENOMEM, or
// whatever making the file said.
struct api_record_open {
	api_handle stream;
	uint32_t max_ms;     // 1..API_RECORD_MS_MAX
	uint32_t min_ms;     // with less sound than this it is deleted
	uint32_t silence_ms; // of silence end it; 0 = no amount does
	char label[API_RECORD_LABEL_MAX];
};

struct api_record_reply {
	api_handle handle;
	uint32_t zero;
	char name[API_RECORD_NAME_MAX]; // of the file, once it is complete
};

struct api_record_delete {
	char name[API_RECORD_NAME_MAX]; // of a complete one, or a label with API_RECORD_PASSING: all with it
};

struct api_record_entry {
	api_handle handle;
	api_handle stream;
	uint32_t ms;
	uint32_t lost_ms; // that the disk was too slow for
	char name[API_RECORD_NAME_MAX];
};

struct api_record_list_reply {
	uint32_t next;
	uint32_t count;
	struct api_record_entry entries[API_PAGE_RECORDINGS];
};

enum api_record_end {
	API_RECORD_CLOSED = 1,  // as asked
	API_RECORD_GONE = 2,    // its stream closed
	API_RECORD_LIMIT = 3,   // max_ms
	API_RECORD_SILENCE = 4, // silence_ms
	API_RECORD_FAILED = 5,  // it could not be written; status says why
};

struct api_record_event {
	api_handle handle;
	uint32_t end;     // enum api_record_end
	int32_t status;   // negative errno of API_RECORD_FAILED, else 0
	uint32_t kept;    // 0: shorter than min_ms, or it could not be written; there is no file
	uint32_t ms;      // its length
	uint32_t lost_ms; // of it, silence in place of what the disk was too slow for
	char name[API_RECORD_NAME_MAX];
};

// Any message, for receive buffers and for building.
struct api_message {
	struct api_header header;
	union {
		struct api_hello hello;
		struct api_hello_reply hello_reply;
		struct api_conference_open conference_open;
		struct api_handle_request handle_request;
		struct api_handle_reply handle_reply;
		struct api_stream_open stream_open;
		struct api_stream_set stream_set;
		struct api_stream_reply stream_reply;
		struct api_digit_send digit_send;
		struct api_stream_stats_reply stream_stats_reply;
		struct api_list list;
		struct api_stream_list_reply stream_list_reply;
		struct api_conference_list_reply conference_list_reply;
		struct api_drops_reply drops_reply;
		struct api_status_reply status_reply;
		struct api_stream_event stream_event;
		struct api_source_open source_open;
		struct api_source_reply source_reply;
		struct api_source_event source_event;
		struct api_record_open record_open;
		struct api_record_reply record_reply;
		struct api_record_delete record_delete;
		struct api_record_list_reply record_list_reply;
		struct api_record_event record_event;
	};
};

// Length of a whole message of this type (API_REPLY included in type), 0 for an unknown type.
size_t api_length(unsigned int type);

// Prepares a zeroed message of this type with its header filled in.
void api_init(struct api_message *m, unsigned int type, uint32_t request);

// Checks bytes received: version, known type, exact length, reserved fields zero, strings terminated, counts within
// their arrays. Returns 0, -EPROTONOSUPPORT (version), -EBADMSG (anything else).
int api_check(const void *bytes, size_t len);

// Name of a message type for logs, "StreamOpen" or "StreamOpenReply"; "unknown" outside the list.
const char *api_type_name(unsigned int type);
