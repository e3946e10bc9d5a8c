// SPDX-License-Identifier: GPL-3.0-or-later
// sccp.h - SCCP messages: framing, decoding, encoding and text, all from the one list gw/sccp/msg.def.
#pragma once

// The door is written with the room. Its shape, on which control and lab are built:
//
//   enum sccp_id            SCCP_OPEN_RECEIVE_CHANNEL_ACK = 0x0022, ... every id of the list
//   struct sccp_msg         { uint32_t id; uint32_t version; uint32_t body_len; union { struct sccp_<name> <name>; ... }; }
//   struct sccp_<name>      plain C, one member per field, named as in the layout tables with dots turned to
//                           underscores (rx_crypto.key_len -> rx_crypto_key_len); arrays of structures keep their
//                           name (caps[18].codec); u8..u32/i32 as such, char[n] as char[n + 1] always terminated,
//                           cstr as a bounded char array, addresses of any width as struct addr (gw/addr.h)
//   sccp_frame_next         cuts one PDU out of a byte stream
//   sccp_decode             PDU bytes + negotiated version -> struct sccp_msg
//   sccp_encode             struct sccp_msg + version -> PDU bytes
//   sccp_msg_info           id -> name, direction, family
//   sccp_text               struct sccp_msg -> one line of text
