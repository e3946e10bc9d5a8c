// SPDX-License-Identifier: GPL-3.0-or-later
// packet.h - RTP packets as a phone sends and hears them, kept with their times for the verdict.
//
// The lab reads and writes RTP by itself, not through gw/rtp: the far side must not share the gateway's mistakes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/clock.h"

#define PACKET_HEADER 12 // bytes of an RTP header without CSRCs and extension
#define PACKET_MAX    2048

struct packet {
	nsec_t at; // sent: just before sendto; received: the kernel's receive time
	uint32_t ts;
	uint32_t ssrc;
	uint32_t offset; // of the payload in packet_log.bytes
	uint16_t len;    // of the payload
	uint16_t seq;
	uint8_t payload_type;
	bool marker;
};

// Packets in the order they passed. Owned memory; zero-initialise, release with packet_log_free.
struct packet_log {
	struct packet *packets;
	size_t count, cap;
	uint8_t *bytes;
	size_t byte_count, byte_cap;
};

// Writes the 12-byte header of p in front of its payload.
void packet_write(const struct packet *p, uint8_t header[PACKET_HEADER]);

// Reads one datagram: fills everything but `at` and `offset`. Returns the payload's offset in the datagram,
// or -EBADMSG when it is no RTP.
int packet_read(const uint8_t *bytes, size_t len, struct packet *ret);

// Appends a copy. Returns 0 or -ENOMEM.
int packet_log_add(struct packet_log *log, const struct packet *p, const uint8_t *payload);

const uint8_t *packet_payload(const struct packet_log *log, const struct packet *p);

void packet_log_free(struct packet_log *log);
