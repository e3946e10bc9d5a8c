// SPDX-License-Identifier: GPL-3.0-or-later
// ctl.c - Frames of the admin socket: what slimctl and slimline-control agree on.
#include "gw/ctl.h"

#include <errno.h>
#include <stdbool.h>

#include "gw/wire.h"

void ctl_head_write(uint8_t head[CTL_HEAD], uint32_t len)
{
	struct wire_writer w = wire_writer(head, CTL_HEAD);
	wire_put_be32(&w, len);
}

int ctl_frame(const uint8_t *bytes, size_t len, size_t max, const char **ret_json, size_t *ret_len)
{
	struct wire_reader r = wire_reader(bytes, len);
	uint32_t claimed = wire_be32(&r);
	if (r.failed)
		return 0;
	if (claimed == 0)
		return -EBADMSG;
	if (claimed > max)
		return -EMSGSIZE;
	if (claimed > wire_left(&r))
		return 0;
	*ret_json = (const char *)r.at;
	*ret_len = claimed;
	return 1;
}

int ctl_depth_check(const char *json, size_t len, unsigned int max)
{
	unsigned int depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < len; i++) {
		char c = json[i];
		if (c == '\0')
			return -EBADMSG;
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '[') && ++depth > max)
			return -EBADMSG;
		else if (!quoted && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return 0;
}
