// SPDX-License-Identifier: GPL-3.0-or-later
// frame.c - Cuts a TCP byte stream into messages and guards length.
#include "gw/sccp.h"
#include "gw/wire.h"

// Bytes of the smallest length field that can be: a message id without a body.
#define LENGTH_MIN 4

int sccp_frame_next(const uint8_t *bytes, size_t len, const uint8_t **ret_pdu, size_t *ret_len,
		    size_t *ret_consumed)
{
	struct wire_reader r = wire_reader(bytes, len);
	uint32_t length = wire_le32(&r);
	if (r.failed)
		return 0;
	// Judged before the rest has come and before anything is added to it: a hostile length may wrap.
	if (length > SCCP_LENGTH_MAX)
		return SCCP_OVERLONG;
	if (len < SCCP_HEADER_LEN || len - SCCP_HEADER_LEN < length)
		return 0;
	*ret_consumed = SCCP_HEADER_LEN + length;
	if (length < LENGTH_MIN)
		return SCCP_BAD_LENGTH;
	*ret_pdu = bytes;
	*ret_len = SCCP_HEADER_LEN + length;
	return 1;
}
