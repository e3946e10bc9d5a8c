// SPDX-License-Identifier: GPL-3.0-or-later
// party.h - Media FSM of one party: opening, open, sending, closing.
//
// A party has a receive side (OpenReceiveChannel, CloseReceiveChannel) and a transmit side (StartMediaTransmission,
// StopMediaTransmission), independent and in either order, and one dataplane stream for both. The agent's messages
// change what is wanted; the FSM brings the stream to it, one request at a time, and answers the agent when the
// stream has it. So a message may come early, late or twice and nothing else is lost.
//
// A leg is found by party id, else by call reference: agents may name the two sides of one leg differently.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "control/confer.h"
#include "control/index.h"
#include "control/resource.h"
#include "gw/api.h"
#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/list.h"
#include "gw/stream.h"
#include "gw/timer.h"

struct device;
struct place;
struct sccp_msg;
struct visit;

#define PARTY_DIAL_MAX 16
#define PARTY_KEEP_NS  (300 * NSEC_PER_SEC) // how long a port is kept that nothing uses

enum party_state {
	PARTY_IDLE,     // just made
	PARTY_WAITING,  // for its conference in the dataplane
	PARTY_OPENING,  // stream asked for
	PARTY_OPEN,     // the stream is as wanted
	PARTY_CHANGING, // change asked for
	PARTY_PARKED,   // the dataplane is away; opened again when it returns
	PARTY_CLOSING,  // waits for the last figures
	PARTY_STATE_COUNT
};

enum party_event {
	PARTY_WANT,   // what is wanted may have changed
	PARTY_CHANGE, // it has
	PARTY_READY,  // the conference is there
	PARTY_DONE,   // the dataplane did it
	PARTY_FAILED, // it did not; data is the reason
	PARTY_LOST,   // it went away
	PARTY_KEPT,   // it is back and has the stream
	PARTY_BACK,   // it is back without the stream
	PARTY_CLOSE,
	PARTY_EVENT_COUNT
};

// Counters as they were when the agent asked last and wanted them cleared.
struct party_base {
	uint64_t rx_packets, rx_octets, tx_packets, tx_octets, lost;
};

struct party_side {
	bool named; // has a party id
	uint32_t party_id;
	bool open;         // wanted: OpenReceiveChannel or StartMediaTransmission is in force
	uint32_t acks_due; // answers the agent waits for
	uint32_t payload;  // SCCP media payload number, for listings
	struct stream_format format;
	nsec_t since; // when it was opened last
};

struct party {
	struct device *device;
	struct conference *conference;
	struct conference *left; // on its way to `conference`: where its stream still is; else NULL
	struct visit *visit;   // of a line: what its call is about; NULL for a media resource, or taken over
	struct list in_device; // party_list or closing
	struct list in_conference;
	struct list noted;  // its record is to be written
	struct list shrunk; // in device.shrunk: one side has closed, the stream has not been told
	struct index_node by_rx, by_tx, by_call, by_stream;
	struct fsm fsm; // enum party_state
	struct party_side rx, tx;
	uint32_t call_reference;
	uint32_t conference_id;
	bool kept;           // port reserved by PortReq or by a keep flag
	uint32_t ports_due;  // PortRes the agent waits for
	uint32_t media_type; // of PortReq
	bool orphan;         // its agent connection has ended
	uint8_t dscp;
	bool vad;   // suppress silence
	bool muted; // by what its line does with it: joins no mix
	struct addr wanted_local;
	struct addr_port local;
	struct addr_port remote;
	api_handle stream;          // 0 = none
	struct stream_spec applied; // what the stream does
	bool refused;               // the dataplane would not do what it was asked last
	struct stream_spec asked;   // what it has been told last
	uint32_t request;           // open, change or close under way
	uint32_t stats_request;     // figures under way
	uint32_t stats_mode;        // of ConnectionStatisticsReq
	uint8_t stats_due;          // answers that the agent waits for
	char stats_number[29];      // of ConnectionStatisticsReq
	struct party_base stats_base;
	bool digits;        // the agent wants to hear digits
	bool ears;          // among them those in the voice
	bool tones;         // the agent has sent digits to a side without telephone-events
	uint8_t event_type; // payload type of telephone-events that it has named to hear them; 0 = none
	uint8_t dial[PARTY_DIAL_MAX]; // digits to send, oldest first
	uint8_t dial_count;
	uint32_t dial_request; // one under way
	bool silent;           // the dataplane has reported silence
	struct timer keep;     // of a kept port
	struct timer patience; // of answers while parked
	nsec_t created;
};

// The id that names the party in listings and in the dataplane: that of its receive side, else of its transmit side.
uint32_t party_id(const struct party *p);

// "inactive", "recvonly", "sendonly", "sendrecv".
const char *party_mode(const struct party *p);

// Ends a party now; its last figures follow in the hook.
void party_close(struct party *p, nsec_t now);

// Ends a party if it has been silent for the configured time: asks the dataplane. For orphans.
void party_check_silence(struct party *p, nsec_t now);

// The dataplane went away, came back with its handles, or came back without.
void party_dataplane_lost(struct party *p, nsec_t now);
void party_dataplane_back(struct party *p, bool same, nsec_t now);

// Its conference is in the dataplane, or cannot be.
void party_conference_ready(struct party *p, nsec_t now);
void party_conference_failed(struct party *p, enum refusal why, nsec_t now);

// Its agent connection ended, and whether it is the present registration's again.
void party_orphan(struct party *p, nsec_t now);

// Takes it to another conference, which is made when it is not there. 0: it is there. -EINPROGRESS: its visit hears how it
// ends (visit_party_moved). -EBUSY: on its way somewhere already. -ENOMEM.
int party_move(struct party *p, const struct place *to, nsec_t now);

// Whether its voice joins the mix.
void party_mute(struct party *p, bool on, nsec_t now);

// Frees without a word to anybody: the device is going.
void party_discard(struct party *p);

// Messages of the agent; from dispatch.
void party_on_open(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_close(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_start(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_stop(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_port(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_port_close(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_dscp(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_statistics(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_subscribe(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_send_digit(struct device *d, const struct sccp_msg *m, nsec_t now);
// A digit of 0-9, *, #, A-D that the user of a line presses in a call: a telephone-event where the far side takes them.
void party_press(struct party *p, char digit, nsec_t now);
void party_on_unsubscribe(struct device *d, const struct sccp_msg *m, nsec_t now);

// The figures of ended calls are no longer wanted: the agent has gone, or the device is going.
void party_figures_forget(struct device *d);

// Tells the dataplane about parties of which one side has closed; after a batch of messages. Agents close both sides in
// one breath, and then there is only the end of the stream to tell.
void party_settle(struct device *d, nsec_t now);

// The dataplane reported something about its stream.
void party_stream_event(struct party *p, const struct api_stream_event *e, nsec_t now);

void party_on_multicast(struct device *d, const struct sccp_msg *m, nsec_t now);
void party_on_multicast_stop(struct device *d, const struct sccp_msg *m, nsec_t now);

// First party of a call reference; NULL when there is none.
struct party *party_by_call(struct device *d, uint32_t call_reference);

const char *party_state_name(unsigned int state);
extern const struct fsm_table party_table;

// What a record keeps of a party.
struct party_image {
	// of a line: what its spec's note does not hold of the visit (line_action.h)
	char number[26];                // of the far side
	char file[API_RECORD_NAME_MAX]; // what was recorded last; "" = nothing
	api_handle recording;           // that goes on, whoever asked for it, and its name; 0 = none
	char recording_name[API_RECORD_NAME_MAX];
	uint32_t conference_id;
	uint32_t call_reference;
	bool rx_named, tx_named;
	uint32_t rx_party_id, tx_party_id;
	uint32_t rx_payload, tx_payload; // SCCP numbers
	bool rx_open, tx_open, kept;
	struct stream_spec spec; // as applied last, local filled in
	char home
		[STREAM_DEVICE_MAX]; // whose conference it is in, when another's than the device's; "" = the device's
	uint32_t place;              // number of that conference there
	uint32_t place_flags;
	api_handle stream; // still good in the dataplane, or 0: it is opened again on the same port
};

void party_image(const struct party *p, struct party_image *ret);

// Puts a party back after a restart of this process; it is an orphan until its agent speaks of it again. Its conference
// is made when it is not there. Returns 0, -EEXIST for a party id in use, -EINVAL for an image that makes no sense,
// -ENOSPC above the device's limits, -ENOMEM.
int party_restore(struct device *d, const struct party_image *image, nsec_t now, struct party **ret);
