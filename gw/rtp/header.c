// SPDX-License-Identifier: GPL-3.0-or-later
// header.c - Finds the payload behind CSRCs, an extension and in front of padding, RFC 3550 s5.1.
#include "gw/rtp.h"

enum drop_reason rtp_payload_find(const uint8_t *packet, unsigned int len, uint16_t *ret_offset,
				  uint16_t *ret_len)
{
	if (len < RTP_HEADER_BYTES)
		return DROP_rtp_short;
	if (packet[0] >> 6 != 2)
		return DROP_rtp_version;
	if (len > UINT16_MAX)
		return DROP_rtp_payload_size;
	unsigned int offset = RTP_HEADER_BYTES + 4u * (packet[0] & 0x0f);
	if (offset > len)
		return DROP_rtp_csrc;
	if (packet[0] & 0x10) {
		if (offset + 4 > len)
			return DROP_rtp_extension;
		offset += 4 + 4u * rtp_be16(packet + offset + 2);
		if (offset > len)
			return DROP_rtp_extension;
	}
	unsigned int payload = len - offset;
	if (packet[0] & 0x20) {
		unsigned int padding = payload ? packet[len - 1] : 0;
		if (padding == 0 || padding > payload)
			return DROP_rtp_padding;
		payload -= padding;
	}
	if (payload == 0)
		return DROP_rtp_empty;
	*ret_offset = (uint16_t)offset;
	*ret_len = (uint16_t)payload;
	return DROP_NONE;
}
