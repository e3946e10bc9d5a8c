// SPDX-License-Identifier: GPL-3.0-or-later
// features.c - The table of what analog telephones ask for with digits, and which digits those are.
#include <errno.h>
#include <string.h>

#include "gw/config/tables.h"

static const char *const flash_words[] = {"standard", "feature", NULL};

static const enum config_feature_where wheres[] = {
#define FEATURE(CONSTANT, field, name, where, code, help) CONFIG_WHERE_##where,
#include "gw/config/feature.def"
#undef FEATURE
};

static const char *const names[] = {
#define FEATURE(CONSTANT, field, name, where, code, help) name,
#include "gw/config/feature.def"
#undef FEATURE
};

enum config_feature_where config_feature_where(enum config_feature f)
{
	return wheres[f];
}

static int parse_digits(const struct cfg_at *at, const char *text, char *ret, size_t cap)
{
	size_t n = strlen(text);
	if (n >= cap || strspn(text, "0123456789*#ABCD") != n) {
		cfg_problem(at, NULL, "is not at most %zu of 0-9, *, # and A-D", cap - 1);
		return -EINVAL;
	}
	memcpy(ret, text, n + 1);
	return 0;
}

static int parse_code(const struct cfg_at *at, const char *text, void *field)
{
	return parse_digits(at, text, field, CONFIG_CODE_MAX);
}

int config_parse_number(const struct cfg_at *at, const char *text, void *field)
{
	return parse_digits(at, text, field, sizeof(((struct config_line *)0)->plar) - 1);
}

// Two codes of one place must not be the same digits, nor one the beginning of the other: the longer would never be heard.
static void check_features(const struct cfg_at *at)
{
	const struct config_features *f = at->base;
	for (unsigned int i = 0; i < CONFIG_FEATURE_COUNT; i++)
		for (unsigned int k = 0; k < CONFIG_FEATURE_COUNT; k++)
			if (i != k && wheres[i] == wheres[k] && f->code[i][0] && f->code[k][0] &&
			    strncmp(f->code[i], f->code[k], strlen(f->code[i])) == 0)
				return cfg_problem(at, names[k], "begins with the code of %s", names[i]);
}

static const struct cfg_option rows[] = {
	{.name = "codes",
	 .type = CFG_BOOL,
	 FIELD(config_features, codes),
	 .fallback = "no",
	 .effect = CFG_RESTART,
	 .help = "Whether digits dialled first may be feature access codes and speed dials"},
	{.name = "prefix",
	 .type = CFG_CUSTOM,
	 FIELD(config_features, prefix),
	 .fallback = "**",
	 .parse = parse_code,
	 .what = "at most 7 digits",
	 .effect = CFG_RESTART,
	 .help = "Digits before a feature access code"},
	{.name = "speed-prefix",
	 .type = CFG_CUSTOM,
	 FIELD(config_features, speed_prefix),
	 .fallback = "*",
	 .parse = parse_code,
	 .what = "at most 7 digits",
	 .effect = CFG_RESTART,
	 .help = "Digits before the number 1..9 of a speed dial, and before redial and voice-mail"},
	{.name = "flash",
	 .type = CFG_WORD,
	 FIELD(config_features, flash),
	 .words = flash_words,
	 .fallback = "standard",
	 .effect = CFG_RESTART,
	 .help = "A hook flash is told to the agent, or a code must follow"},
#define FEATURE(CONSTANT, field_, name_, where, code_, help_)                                                \
	{.name = name_,                                                                                      \
	 .type = CFG_CUSTOM,                                                                                 \
	 FIELD(config_features, field_),                                                                     \
	 .fallback = code_,                                                                                  \
	 .parse = parse_code,                                                                                \
	 .what = "at most 7 digits",                                                                         \
	 .effect = CFG_RESTART,                                                                              \
	 .help = help_},
#include "gw/config/feature.def"
#undef FEATURE
};

const struct cfg_table config_features_table = TABLE(rows, .check = check_features);
