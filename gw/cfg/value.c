// SPDX-License-Identifier: GPL-3.0-or-later
// value.c - Types scalars: text, numbers, switches, words, durations and sizes.
#include "gw/cfg/load.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {NULL, 0}};
static const struct unit size_units[] = {{"KB", UINT64_C(1) << 10},
					 {"MB", UINT64_C(1) << 20},
					 {"GB", UINT64_C(1) << 30},
					 {"TB", UINT64_C(1) << 40},
					 {NULL, 0}};

static void store(void *field, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)field = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)field = (uint32_t)value;
		break;
	default:
		assert(size == 8);
		*(uint64_t *)field = value;
	}
}

// Reads leading digits; false when there are none or they do not fit.
static bool read_digits(const char **text, uint64_t *ret)
{
	uint64_t n = 0;
	const char *p = *text;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (p == *text)
		return false;
	*text = p;
	*ret = n;
	return true;
}

// Writes a value with the largest unit that divides it.
static const char *with_unit(uint64_t value, const struct unit *units, char buf[32])
{
	const struct unit *best = &units[0];
	for (const struct unit *u = units; u->name && value > 0; u++)
		if (value % u->factor == 0)
			best = u;
	snprintf(buf, 32, "%" PRIu64 "%s", value / best->factor, best->name);
	return buf;
}

static const struct unit *units_of(const struct cfg_option *o)
{
	return o->type == CFG_DURATION ? duration_units : o->type == CFG_SIZE ? size_units : NULL;
}

const char *cfg_range_text(const struct cfg_option *o, char *buf, size_t cap)
{
	const struct unit *units = units_of(o);
	char low[32], high[32];
	if (cap > 0)
		buf[0] = '\0';
	if (units)
		snprintf(buf, cap, "%s..%s", with_unit(o->min, units, low), with_unit(o->max, units, high));
	else if (o->type == CFG_NUMBER || o->type == CFG_LIST)
		snprintf(buf, cap, "%" PRIu64 "..%" PRIu64, o->min, o->max);
	return buf;
}

static int in_range(const struct cfg_at *at, const struct cfg_option *o, const char *text, uint64_t value)
{
	char range[80];
	if (value >= o->min && value <= o->max)
		return 0;
	cfg_problem(at, NULL, "%s is out of range %s", text, cfg_range_text(o, range, sizeof(range)));
	return -EINVAL;
}

static int read_text(const struct cfg_at *at, const struct cfg_option *o, const char *text, char *field)
{
	size_t len = strlen(text);
	if (len >= o->size) {
		cfg_problem(at, NULL, "%zu characters are too long, at most %zu", len, o->size - 1);
		return -EINVAL;
	}
	if (len < o->min) {
		cfg_problem(at, NULL, "must not be empty");
		return -EINVAL;
	}
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			cfg_problem(at, NULL, "has a control character");
			return -EINVAL;
		}
	}
	memcpy(field, text, len + 1);
	return 0;
}

static int read_number(const struct cfg_at *at, const struct cfg_option *o, const char *text, void *field)
{
	uint64_t value;
	const char *p = text;
	char quoted[CFG_QUOTE_MAX + 8];
	if (!read_digits(&p, &value) || *p) {
		char range[80];
		cfg_problem(at, NULL, "%s is not a number %s", cfg_quote(text, quoted),
			    cfg_range_text(o, range, sizeof(range)));
		return -EINVAL;
	}
	int rc = in_range(at, o, text, value);
	if (rc == 0)
		store(field, o->size, value);
	return rc;
}

static int read_bool(const struct cfg_at *at, const char *text, bool *field)
{
	static const char *const yes[] = {"yes", "on", "true"}, *const no[] = {"no", "off", "false"};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*field = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	char quoted[CFG_QUOTE_MAX + 8];
	cfg_problem(at, NULL, "%s is neither yes nor no", cfg_quote(text, quoted));
	return -EINVAL;
}

static const char *word_name(const void *words, size_t i)
{
	return ((const char *const *)words)[i];
}

static int read_word(const struct cfg_at *at, const struct cfg_option *o, const char *text, void *field)
{
	char quoted[CFG_QUOTE_MAX + 8], list[256] = "";
	size_t n = 0;
	for (; o->words[n]; n++) {
		if (strcmp(text, o->words[n]) == 0) {
			store(field, o->size, n);
			return 0;
		}
		size_t at_end = strlen(list);
		snprintf(list + at_end, sizeof(list) - at_end, "%s%s", n ? ", " : "", o->words[n]);
	}
	const char *near = cfg_nearest(text, word_name, o->words, n);
	cfg_problem(at, NULL, "%s is not one of %s%s%s%s", cfg_quote(text, quoted), list,
		    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return -EINVAL;
}

static int read_quantity(const struct cfg_at *at, const struct cfg_option *o, const char *text, void *field)
{
	const struct unit *units = units_of(o), *unit = units;
	const char *form = o->type == CFG_DURATION ? "a duration such as 20ms, 5s, 10m or 2h"
						   : "a size such as 256MB or 1GB";
	const char *p = text;
	uint64_t value;
	char quoted[CFG_QUOTE_MAX + 8];
	if (!read_digits(&p, &value)) {
		cfg_problem(at, NULL, "%s is not %s", cfg_quote(text, quoted), form);
		return -EINVAL;
	}
	if (*p == '\0') {
		cfg_problem(at, NULL, "%s has no unit; write %s", cfg_quote(text, quoted), form);
		return -EINVAL;
	}
	while (unit->name && strcmp(unit->name, p) != 0)
		unit++;
	if (!unit->name || __builtin_mul_overflow(value, unit->factor, &value)) {
		cfg_problem(at, NULL, "%s is not %s", cfg_quote(text, quoted), form);
		return -EINVAL;
	}
	if (in_range(at, o, text, value) < 0)
		return -EINVAL;
	if (value % o->scale != 0) {
		char step[32];
		cfg_problem(at, NULL, "%s is no multiple of %s", text, with_unit(o->scale, units, step));
		return -EINVAL;
	}
	store(field, o->size, value / o->scale);
	return 0;
}

int cfg_value(const struct cfg_at *at, const struct cfg_option *o, const char *text, void *field)
{
	switch (o->type) {
	case CFG_TEXT:
		return read_text(at, o, text, field);
	case CFG_NUMBER:
		return read_number(at, o, text, field);
	case CFG_BOOL:
		return read_bool(at, text, field);
	case CFG_WORD:
		return read_word(at, o, text, field);
	case CFG_DURATION:
	case CFG_SIZE:
		return read_quantity(at, o, text, field);
	case CFG_CUSTOM:
		return o->parse(at, text, field);
	case CFG_SECTION:
	case CFG_LIST:
		break;
	}
	assert(!"sections and lists are no scalars");
	return -EINVAL;
}
