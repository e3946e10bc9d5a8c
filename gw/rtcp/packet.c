// SPDX-License-Identifier: GPL-3.0-or-later
// packet.c - Walks and builds compound RTCP.
#include "gw/rtcp.h"

#include <string.h>

#define HEADER_BYTES 4
#define SENDER_BYTES 20
#define BLOCK_BYTES  24
#define SDES_CNAME   1

static unsigned int packet_bytes(const uint8_t *p)
{
	return 4u * (rtp_be16(p + 2) + 1u);
}

// Bytes a packet's fixed part needs behind its common header.
static unsigned int fixed_bytes(const uint8_t *p)
{
	unsigned int count = p[0] & 0x1f;
	switch (p[1]) {
	case RTCP_SR:
		return 4 + SENDER_BYTES + BLOCK_BYTES * count;
	case RTCP_RR:
		return 4 + BLOCK_BYTES * count;
	case RTCP_BYE:
		return 4 * count;
	default:
		return 0;
	}
}

static unsigned int padding_bytes(const uint8_t *p, unsigned int bytes)
{
	return p[0] & 0x20 ? p[bytes - 1] : 0;
}

enum drop_reason rtcp_open(const uint8_t *bytes, unsigned int len, struct rtcp_reader *ret)
{
	if (len < HEADER_BYTES || (bytes[1] != RTCP_SR && bytes[1] != RTCP_RR) || bytes[0] & 0x20)
		return DROP_rtcp_malformed;
	const uint8_t *at = bytes, *end = bytes + len;
	while (at < end) {
		if (end - at < HEADER_BYTES || at[0] >> 6 != 2)
			return DROP_rtcp_malformed;
		unsigned int size = packet_bytes(at);
		if (size > (unsigned int)(end - at))
			return DROP_rtcp_malformed;
		unsigned int padding = padding_bytes(at, size);
		if (at[0] & 0x20 &&
		    (at + size != end || padding == 0 || padding % 4 || padding > size - HEADER_BYTES))
			return DROP_rtcp_malformed;
		if (fixed_bytes(at) > size - HEADER_BYTES - padding)
			return DROP_rtcp_malformed;
		at += size;
	}
	*ret = (struct rtcp_reader){.at = bytes, .end = end};
	return DROP_NONE;
}

bool rtcp_next(struct rtcp_reader *r, struct rtcp_packet *ret)
{
	if (r->at >= r->end)
		return false;
	const uint8_t *p = r->at, *body = p + HEADER_BYTES;
	unsigned int size = packet_bytes(p);
	r->at += size;
	*ret = (struct rtcp_packet){
		.type = p[1],
		.count = p[0] & 0x1f,
		.body = body,
		.body_len = (uint16_t)(size - HEADER_BYTES - padding_bytes(p, size)),
	};
	if (ret->body_len >= 4)
		ret->ssrc = rtp_be32(body);
	if (ret->type == RTCP_SR) {
		ret->sender = (struct rtcp_sender){
			.ntp = (uint64_t)rtp_be32(body + 4) << 32 | rtp_be32(body + 8),
			.timestamp = rtp_be32(body + 12),
			.packets = rtp_be32(body + 16),
			.octets = rtp_be32(body + 20),
		};
		ret->blocks = body + 4 + SENDER_BYTES;
	} else if (ret->type == RTCP_RR) {
		ret->blocks = body + 4;
	}
	return true;
}

void rtcp_block_read(const struct rtcp_packet *p, unsigned int i, struct rtcp_block *ret)
{
	const uint8_t *b = p->blocks + BLOCK_BYTES * i;
	uint32_t lost = rtp_be32(b + 4) & 0xffffff;
	*ret = (struct rtcp_block){
		.ssrc = rtp_be32(b),
		.fraction = b[4],
		.lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost,
		.max_seq = rtp_be32(b + 8),
		.jitter = rtp_be32(b + 12),
		.last_sr = rtp_be32(b + 16),
		.since_sr = rtp_be32(b + 20),
	};
}

unsigned int rtcp_cname(const struct rtcp_packet *p, const uint8_t **ret_text)
{
	if (p->type != RTCP_SDES || p->count == 0)
		return 0;
	const uint8_t *at = p->body + 4, *end = p->body + p->body_len;
	while (end - at >= 2 && at[0] != 0) {
		unsigned int len = at[1];
		if (len > (unsigned int)(end - at - 2))
			return 0;
		if (at[0] == SDES_CNAME) {
			*ret_text = at + 2;
			return len;
		}
		at += 2 + len;
	}
	return 0;
}

static void header_write(uint8_t *p, unsigned int count, unsigned int type, unsigned int bytes)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)type;
	rtp_be16_put(p + 2, (uint16_t)(bytes / 4 - 1));
}

static void block_write(uint8_t *p, const struct rtcp_block *b)
{
	int32_t lost = b->lost > 0x7fffff ? 0x7fffff : b->lost < -0x800000 ? -0x800000 : b->lost;
	rtp_be32_put(p, b->ssrc);
	rtp_be32_put(p + 4, (uint32_t)b->fraction << 24 | ((uint32_t)lost & 0xffffff));
	rtp_be32_put(p + 8, b->max_seq);
	rtp_be32_put(p + 12, b->jitter);
	rtp_be32_put(p + 16, b->last_sr);
	rtp_be32_put(p + 20, b->since_sr);
}

unsigned int rtcp_report_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			       const struct rtcp_sender *sender, const struct rtcp_block *blocks,
			       unsigned int n)
{
	unsigned int bytes = HEADER_BYTES + 4 + (sender ? SENDER_BYTES : 0) + BLOCK_BYTES * n;
	if (n > 31 || len > cap || bytes > cap - len)
		return len;
	uint8_t *p = buf + len;
	header_write(p, n, sender ? RTCP_SR : RTCP_RR, bytes);
	rtp_be32_put(p + 4, ssrc);
	p += 8;
	if (sender) {
		rtp_be32_put(p, (uint32_t)(sender->ntp >> 32));
		rtp_be32_put(p + 4, (uint32_t)sender->ntp);
		rtp_be32_put(p + 8, sender->timestamp);
		rtp_be32_put(p + 12, sender->packets);
		rtp_be32_put(p + 16, sender->octets);
		p += SENDER_BYTES;
	}
	for (unsigned int i = 0; i < n; i++)
		block_write(p + BLOCK_BYTES * i, &blocks[i]);
	return len + bytes;
}

unsigned int rtcp_sdes_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc,
			     const char *cname)
{
	unsigned int text = (unsigned int)strnlen(cname, 255);
	// The list of items ends with at least one zero byte and is padded to a word, RFC 3550 s6.5.
	unsigned int bytes = HEADER_BYTES + (4 + 2 + text + 1 + 3) / 4 * 4;
	if (len > cap || bytes > cap - len)
		return len;
	uint8_t *p = buf + len;
	memset(p, 0, bytes);
	header_write(p, 1, RTCP_SDES, bytes);
	rtp_be32_put(p + 4, ssrc);
	p[8] = SDES_CNAME;
	p[9] = (uint8_t)text;
	memcpy(p + 10, cname, text);
	return len + bytes;
}

unsigned int rtcp_bye_write(uint8_t *buf, unsigned int len, unsigned int cap, uint32_t ssrc)
{
	if (len > cap || cap - len < HEADER_BYTES + 4)
		return len;
	header_write(buf + len, 1, RTCP_BYE, HEADER_BYTES + 4);
	rtp_be32_put(buf + len + 4, ssrc);
	return len + HEADER_BYTES + 4;
}
