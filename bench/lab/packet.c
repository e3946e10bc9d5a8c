// SPDX-License-Identifier: GPL-3.0-or-later
// packet.c - Reads and writes RTP headers and keeps packets in two growing arrays.
#include "bench/lab/packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gw/wire.h"

void packet_write(const struct packet *p, uint8_t header[PACKET_HEADER])
{
	struct wire_writer w = wire_writer(header, PACKET_HEADER);
	wire_put_u8(&w, 0x80);
	wire_put_u8(&w, (uint8_t)((p->marker ? 0x80 : 0) | p->payload_type));
	wire_put_be16(&w, p->seq);
	wire_put_be32(&w, p->ts);
	wire_put_be32(&w, p->ssrc);
}

int packet_read(const uint8_t *bytes, size_t len, struct packet *ret)
{
	struct wire_reader r = wire_reader(bytes, len);
	uint8_t first = wire_u8(&r);
	uint8_t second = wire_u8(&r);
	struct packet p = {.marker = second & 0x80, .payload_type = second & 0x7f};
	p.seq = wire_be16(&r);
	p.ts = wire_be32(&r);
	p.ssrc = wire_be32(&r);
	wire_take(&r, (first & 0x0f) * 4u);
	if (first & 0x10) {
		wire_be16(&r);
		wire_take(&r, wire_be16(&r) * 4u);
	}
	size_t padding = (first & 0x20) && !r.failed && wire_left(&r) > 0 ? r.end[-1] : 0;
	if (r.failed || first >> 6 != 2 || padding > wire_left(&r) || len > PACKET_MAX)
		return -EBADMSG;
	p.len = (uint16_t)(wire_left(&r) - padding);
	*ret = p;
	return (int)(r.at - bytes);
}

// Doubles an array until it holds `want` elements.
static int grow(void **array, size_t *cap, size_t want, size_t size)
{
	size_t n = *cap ? *cap : 256;
	while (n < want)
		n *= 2;
	if (n == *cap)
		return 0;
	void *bigger = realloc(*array, n * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*cap = n;
	return 0;
}

int packet_log_add(struct packet_log *log, const struct packet *p, const uint8_t *payload)
{
	if (grow((void **)&log->packets, &log->cap, log->count + 1, sizeof(*log->packets)) < 0 ||
	    grow((void **)&log->bytes, &log->byte_cap, log->byte_count + p->len, 1) < 0)
		return -ENOMEM;
	struct packet *copy = &log->packets[log->count++];
	*copy = *p;
	copy->offset = (uint32_t)log->byte_count;
	memcpy(log->bytes + log->byte_count, payload, p->len);
	log->byte_count += p->len;
	return 0;
}

const uint8_t *packet_payload(const struct packet_log *log, const struct packet *p)
{
	return log->bytes + p->offset;
}

void packet_log_free(struct packet_log *log)
{
	free(log->packets);
	free(log->bytes);
	*log = (struct packet_log){0};
}
