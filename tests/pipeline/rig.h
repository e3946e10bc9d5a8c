// SPDX-License-Identifier: GPL-3.0-or-later
// rig.h - A dataplane on ring ports, driven by hand: frames in, frames out, API requests over its real socket.
//
// No threads and no sleeps: rig_settle turns workers and main thread until nothing moves. Time stands still unless a
// test moves `now`. EAL starts once in a process; rigs come and go within it.
#pragma once

#include "dataplane/dataplane.h"
#include "gw/api.h"
#include "tests/unit/t.h"

#define RIG_PORTS     2
#define RIG_QUEUES    2
#define RIG_FRAMES    256
#define RIG_FRAME_MAX 2048
#define RIG_GROUP_TTL 5 // as configured, for what goes to multicast groups

// Addresses of the rig. Port 0 is untagged, port 1 on VLAN 7.
#define RIG_IP4      "192.0.2.1"     // port 0, /24, gateway .254
#define RIG_IP6      "2001:db8::1"   // port 0, /64, gateway ::fe
#define RIG_IP4_VLAN "198.51.100.1"  // port 1, /24, no gateway
#define RIG_IP6_VLAN "2001:db8:7::1" // port 1, /64, no gateway

struct rig_frame {
	uint16_t len;
	uint8_t bytes[RIG_FRAME_MAX];
};

struct rig {
	struct config config;
	struct dataplane dp;
	nsec_t now;
	bool running;
	bool disk_stands;      // the scribe is at a job of the test's, and is not waited for
	bool silent_neighbors; // nobody answers ARP and ND; the questions stay to be taken
	int client;
	uint32_t request;
	struct rte_ring *rx[RIG_PORTS][RIG_QUEUES];
	struct rte_ring *tx[RIG_PORTS][RIG_QUEUES];
	struct rig_frame *out[RIG_PORTS]; // sent and not yet taken
	unsigned int out_first[RIG_PORTS];
	unsigned int out_count[RIG_PORTS];
};

struct rig_options {
	unsigned int workers; // 0 = 1
	unsigned int queues;  // of each port, 0 = 1
	uint32_t streams;     // 0 = 64
	uint64_t seed;        // 0 = any
	uint32_t calls; // conferences, and twice as many streams and voices; 0 = 16 conferences and voices
	uint16_t load_limit;    // percent, 0 = none
	uint16_t port_min;      // 0 = 16384
	uint16_t port_max;      // 0 = 32767
	const char *recordings; // directory; NULL = none
};

// Makes a rig in caller memory. False when DPDK does not start here (reason printed).
bool rig_start(struct rig *r, const struct rig_options *o);
void rig_stop(struct rig *r);

// Turns everything until nothing moves; sent frames are then ready to be taken. Answers ARP and ND for far ends.
void rig_settle(struct rig *r);

// Gives a frame to a port's queue.
void rig_put(struct rig *r, unsigned int port, unsigned int queue, const uint8_t *bytes, size_t len);

// Oldest frame sent by a port, NULL if there is none. Valid until the next rig call.
const struct rig_frame *rig_take(struct rig *r, unsigned int port);

// Forgets all sent frames.
void rig_forget(struct rig *r);

// Sends a request and waits for its reply, which replaces it. Returns the reply's status.
int rig_call(struct rig *r, struct api_message *m);

// Drops counted for a reason.
uint64_t rig_drops(const struct rig *r, enum drop_reason reason);

// --- API in short ---

// Opens a conference; fails the test otherwise.
api_handle rig_conference(struct rig *r, uint32_t flags);

// Spec of a sending and receiving stream; local "" lets the dataplane choose.
struct stream_spec rig_spec(api_handle conference, const char *local, const char *remote,
			    uint16_t remote_port, uint8_t codec);

// Opens a stream. Returns the status; outputs may be NULL.
int rig_stream_open(struct rig *r, const struct stream_spec *spec, api_handle *ret,
		    struct addr_port *ret_local);
int rig_stream_close(struct rig *r, api_handle stream);
int rig_conference_close(struct rig *r, api_handle conference);
struct stream_stats rig_stream_stats(struct rig *r, api_handle stream);

// --- frames ---

// One UDP datagram in a frame.
struct rig_datagram {
	struct addr src;
	struct addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t vlan;
	bool unsummed; // IPv4 without UDP checksum
	uint8_t dscp;
	uint8_t payload[1500];
	uint16_t len;
};

struct addr rig_addr(const char *text);

// MAC address of a far end by its address, and of the rig's ports.
void rig_far_mac(const struct addr *a, uint8_t mac[6]);
const uint8_t *rig_mac(const struct rig *r, unsigned int port);

// Writes the frame to us, as the far end would. Returns its length.
size_t rig_encode(const struct rig *r, unsigned int port, const struct rig_datagram *d, uint8_t *frame);

// Takes a frame of ours apart; false and a printed reason when addresses, lengths, TTL or checksums are wrong.
bool rig_decode(const struct rig *r, unsigned int port, const struct rig_frame *f, struct rig_datagram *ret);

// Writes an RTP packet of `payload_len` bytes of value `fill` as the datagram's payload.
void rig_rtp(struct rig_datagram *d, uint8_t payload_type, uint16_t seq, uint32_t ts, uint32_t ssrc,
	     uint8_t fill, uint16_t payload_len);

// Ordinary byte-wise Internet checksum, independent of the code under test.
uint16_t rig_checksum(uint32_t start, const uint8_t *p, size_t len);
