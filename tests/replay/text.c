// SPDX-License-Identifier: GPL-3.0-or-later
// text.c - Messages from text and against text: "OpenReceiveChannel conference_id=1 codec=4".
#include "tests/replay/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/sccp.h"

#define LINE_MAX_ 1024

static const struct sccp_msg_info *find_message(const char *name)
{
	const struct sccp_msg_info *info;
	for (size_t i = 0; (info = sccp_msg_at(i)); i++)
		if (strcmp(info->name, name) == 0)
			return info;
	return NULL;
}

static const struct sccp_field *find_field(const struct sccp_field *f, const char *name, size_t len)
{
	for (; f->kind != SCCP_KIND_END; f++)
		if (f->kind != SCCP_KIND_NEED && strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return f;
	return NULL;
}

// Takes "[2]" off the front of *rest, if it is there. False: it is out of range.
static bool step(const struct sccp_field *f, const char **rest, char **place)
{
	if (**rest != '[')
		return true;
	char *end;
	unsigned long n = strtoul(*rest + 1, &end, 10);
	if (*end != ']' || n >= f->count)
		return false;
	*place += n * f->stride;
	*rest = end + 1;
	return true;
}

// Where "name", "name[2]", "name[2].sub" or "name[2].sub[3]" is. Returns the field and its place, or NULL.
static const struct sccp_field *locate(uint32_t id, char *body, const char *key, char **ret_place)
{
	size_t len = strcspn(key, "[");
	const struct sccp_field *f = find_field(sccp_fields(id), key, len);
	if (!f)
		return NULL;
	char *place = body + f->offset;
	const char *rest = key + len;
	if (!step(f, &rest, &place))
		return NULL;
	if (f->kind == SCCP_KIND_GROUP) {
		if (*rest++ != '.')
			return NULL;
		len = strcspn(rest, "[");
		f = find_field(sccp_group_fields(f->group), rest, len);
		if (!f)
			return NULL;
		place += f->offset;
		rest += len;
		if (!step(f, &rest, &place))
			return NULL;
	}
	*ret_place = place;
	return f;
}

static int number(const struct sccp_field *f, const char *text, uint32_t *ret)
{
	char *end;
	if (f->print == SCCP_PRINT_ENUM && sccp_enum_value(f->table, text, ret) == 0)
		return 0;
	*ret = (uint32_t)strtoll(text, &end, 0);
	return *text && !*end ? 0 : -EINVAL;
}

// Size of a number in the C structure: a narrowing one is stored at its widest.
static size_t number_size(const struct sccp_field *f)
{
	return f->stride ? f->stride : f->wire;
}

static int put_number(const struct sccp_field *f, char *place, const char *text)
{
	uint32_t v;
	if (number(f, text, &v))
		return -EINVAL;
	memcpy(place, &v, number_size(f)); // little-endian hosts only, like the rest of the tests
	return 0;
}

static int put(const struct sccp_field *f, char *place, const char *text)
{
	switch (f->kind) {
	case SCCP_KIND_NUMBER:
		return put_number(f, place, text);
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		return addr_parse(text, (struct addr *)place);
	case SCCP_KIND_CHARS:
	case SCCP_KIND_CSTR:
	case SCCP_KIND_DATA:
		snprintf(place, (f->later > f->wire ? f->later : f->wire) + 1u, "%s", text);
		return 0;
	default:
		return -EINVAL;
	}
}

static bool equal(const struct sccp_field *f, const char *place, const char *text, char *actual, size_t cap)
{
	uint32_t want;
	uint32_t v = 0;
	struct addr a = {0};
	switch (f->kind) {
	case SCCP_KIND_NUMBER:
		memcpy(&v, place, number_size(f));
		snprintf(actual, cap, "%u", v);
		return number(f, text, &want) == 0 && v == want;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		addr_text((const struct addr *)place, actual, cap);
		if (strcmp(text, "-") == 0)
			return addr_is_any((const struct addr *)place);
		return addr_parse(text, &a) == 0 && addr_equal(&a, (const struct addr *)place);
	case SCCP_KIND_BYTES:
		*actual = '\0';
		for (size_t n = 0; n < f->wire && 2 * n + 3 <= cap; n++)
			sprintf(actual + 2 * n, "%02x", ((const uint8_t *)place)[n]);
		return strcmp(actual, text) == 0;
	default: // words end at blanks: those within a text stand as underscores
		snprintf(actual, cap, "%s", place);
		for (char *p = actual; *p; p++)
			*p = *p == ' ' ? '_' : *p;
		return strcmp(actual, text) == 0;
	}
}

int text_read(const char *line, struct sccp_msg *ret, char *problem, size_t cap)
{
	char copy[LINE_MAX_];
	snprintf(copy, sizeof(copy), "%s", line);
	char *save;
	char *name = strtok_r(copy, " \t", &save);
	const struct sccp_msg_info *info = name ? find_message(name) : NULL;
	if (!info) {
		snprintf(problem, cap, "no message \"%s\"", name ? name : "");
		return -EINVAL;
	}
	sccp_init(ret, info->id);
	for (char *item; (item = strtok_r(NULL, " \t", &save));) {
		char *value = strchr(item, '=');
		char *place;
		if (value)
			*value++ = '\0';
		const struct sccp_field *f = value ? locate(info->id, sccp_body(ret), item, &place) : NULL;
		if (!f || put(f, place, value)) {
			snprintf(problem, cap, "%s has no %s that could be \"%s\"", name, item,
				 value ? value : "");
			return -EINVAL;
		}
	}
	return 0;
}

bool text_match(const char *line, const struct sccp_msg *m, char *problem, size_t cap)
{
	char copy[LINE_MAX_];
	char actual[LINE_MAX_];
	struct sccp_msg body = *m;
	snprintf(copy, sizeof(copy), "%s", line);
	char *save;
	char *name = strtok_r(copy, " \t", &save);
	const struct sccp_msg_info *info = name ? find_message(name) : NULL;
	if (!info || info->id != m->id) {
		char text[LINE_MAX_];
		sccp_text(m, text, sizeof(text));
		snprintf(problem, cap, "expected %.60s, got %.400s", name, text);
		return false;
	}
	for (char *item; (item = strtok_r(NULL, " \t", &save));) {
		char *value = strchr(item, '=');
		char *place;
		if (value)
			*value++ = '\0';
		const struct sccp_field *f = value ? locate(info->id, sccp_body(&body), item, &place) : NULL;
		if (!f) {
			snprintf(problem, cap, "%.60s has no %.60s", name, item);
			return false;
		}
		if (!equal(f, place, value, actual, sizeof(actual))) {
			snprintf(problem, cap, "%.60s: %.60s=%.200s, expected %.60s", name, item, actual,
				 value);
			return false;
		}
	}
	return true;
}

int text_errno(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} known[] = {{"ENOSPC", ENOSPC},
		     {"EADDRINUSE", EADDRINUSE},
		     {"EADDRNOTAVAIL", EADDRNOTAVAIL},
		     {"ENOTSUP", ENOTSUP},
		     {"ELOOP", ELOOP},
		     {"EINVAL", EINVAL},
		     {"ENOENT", ENOENT},
		     {"EBUSY", EBUSY},
		     {"ENOTCONN", ENOTCONN},
		     {"EALREADY", EALREADY},
		     {"ENETUNREACH", ENETUNREACH}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	return EIO;
}
