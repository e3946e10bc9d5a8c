// SPDX-License-Identifier: GPL-3.0-or-later
// def_begin.h - Makes every row of msg.def that its includer did not define expand to nothing. No include guard.

#ifndef SCCP_MSG
#define SCCP_MSG(...)
#endif
#ifndef SCCP_BARE
#define SCCP_BARE(...)
#endif
#ifndef SCCP_GROUP
#define SCCP_GROUP(...)
#endif
#ifndef SCCP_END
#define SCCP_END
#endif
#ifndef SCCP_NEED
#define SCCP_NEED
#endif
#ifndef F_U8
#define F_U8(...)
#endif
#ifndef F_U16
#define F_U16(...)
#endif
#ifndef F_U32
#define F_U32(...)
#endif
#ifndef F_I32
#define F_I32(...)
#endif
#ifndef F_HEX16
#define F_HEX16(...)
#endif
#ifndef F_HEX32
#define F_HEX32(...)
#endif
#ifndef F_ENUM
#define F_ENUM(...)
#endif
#ifndef F_ENUM8
#define F_ENUM8(...)
#endif
#ifndef F_ENUM_NARROW
#define F_ENUM_NARROW(...)
#endif
#ifndef F_U16S
#define F_U16S(...)
#endif
#ifndef F_U32S
#define F_U32S(...)
#endif
#ifndef F_ENUMS
#define F_ENUMS(...)
#endif
#ifndef F_ENUM8S
#define F_ENUM8S(...)
#endif
#ifndef F_ENUM16S
#define F_ENUM16S(...)
#endif
#ifndef F_BYTES
#define F_BYTES(...)
#endif
#ifndef F_KEY
#define F_KEY(...)
#endif
#ifndef F_CHARS
#define F_CHARS(...)
#endif
#ifndef F_CHARS_AT
#define F_CHARS_AT(...)
#endif
#ifndef F_CSTR
#define F_CSTR(...)
#endif
#ifndef F_CSTR_AT
#define F_CSTR_AT(...)
#endif
#ifndef F_DATA
#define F_DATA(...)
#endif
#ifndef F_IPV4
#define F_IPV4(...)
#endif
#ifndef F_IPV6
#define F_IPV6(...)
#endif
#ifndef F_ADDR
#define F_ADDR(...)
#endif
#ifndef F_ADDR_FIT
#define F_ADDR_FIT(...)
#endif
#ifndef F_ADDRS_FIT
#define F_ADDRS_FIT(...)
#endif
#ifndef F_LIST
#define F_LIST(...)
#endif
