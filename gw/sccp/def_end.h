// SPDX-License-Identifier: GPL-3.0-or-later
// def_end.h - Forgets every row of msg.def, so that it can be included again. No include guard.

#undef SCCP_MSG
#undef SCCP_BARE
#undef SCCP_GROUP
#undef SCCP_END
#undef SCCP_NEED
#undef F_U8
#undef F_U16
#undef F_U32
#undef F_I32
#undef F_HEX16
#undef F_HEX32
#undef F_ENUM
#undef F_ENUM8
#undef F_ENUM_NARROW
#undef F_U16S
#undef F_U32S
#undef F_ENUMS
#undef F_ENUM8S
#undef F_ENUM16S
#undef F_BYTES
#undef F_KEY
#undef F_CHARS
#undef F_CHARS_AT
#undef F_CSTR
#undef F_CSTR_AT
#undef F_DATA
#undef F_IPV4
#undef F_IPV6
#undef F_ADDR
#undef F_ADDR_FIT
#undef F_ADDRS_FIT
#undef F_LIST
