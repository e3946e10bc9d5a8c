// SPDX-License-Identifier: GPL-3.0-or-later
// actions.c - The table of what calls of lines meet, and the numbers that decide it.
#include "gw/config/tables.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

const char *const config_action_words[] = {"echo", "room", "announce", "music", "record", "bridge", NULL};

bool config_number_matches(const char *pattern, const char *number)
{
	if (!*pattern)
		return true;
	for (; *pattern; pattern++, number++) {
		if (*pattern == '.')
			return true;
		if (*pattern == 'X' ? !isdigit((unsigned char)*number) : *pattern != *number)
			return false;
	}
	return !*number;
}

// --- values ---

static int parse_number(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text), body = strspn(text, "0123456789*#+ABCDX");
	if (n > CONFIG_NUMBER_MAX || (text[body] && strcmp(text + body, ".") != 0)) {
		cfg_problem(at, NULL,
			    "is no pattern of a number such as 8100, 81XX or 81. (at most %d characters)",
			    CONFIG_NUMBER_MAX);
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	return 0;
}

int config_parse_room(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if (n > CONFIG_ROOM_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != n) {
		cfg_problem(at, NULL, "a room has 1 to %d letters, digits, dots, dashes and underscores",
			    CONFIG_ROOM_MAX);
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	return 0;
}

// "" stays empty.
int config_parse_sound(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if ((n && text[0] != '/') || n >= CONFIG_SOUND_PATH_MAX) {
		cfg_problem(at, NULL, "is no full path of less than %d characters", CONFIG_SOUND_PATH_MAX);
		return -EINVAL;
	}
	config_look(at, NULL, text);
	memcpy(field, text, n + 1);
	return 0;
}

static int parse_file(const struct cfg_at *at, const char *text, void *field)
{
	if (!*text)
		cfg_problem(at, NULL, "is no path");
	return *text ? config_parse_sound(at, text, field) : -EINVAL;
}

// --- checks ---

void config_check_action(const struct cfg_at *at, const struct config_action *a)
{
	const struct config *c = at->root;
	bool bridges = a->kind == CONFIG_ACTION_BRIDGE && a->bridge[0];
	char other[64];
	int len = bridges ? config_line_name(a->bridge, 0, 0, other, sizeof(other)) : 1;
	if (a->kind == CONFIG_ACTION_ANNOUNCE && !a->file_count)
		cfg_problem(at, "files", "the action announce needs something to say");
	if (a->kind == CONFIG_ACTION_MUSIC && !c->source_count)
		cfg_problem(at, "source", "the action music needs at least one of sources");
	if (a->kind == CONFIG_ACTION_RECORD && !c->recordings.directory[0])
		cfg_problem(at, "action", "the action record needs the directory of recordings");
	if (a->kind == CONFIG_ACTION_RECORD && a->record_min_ms > a->record_max_ms)
		cfg_problem(at, "record-min", "is above record-max");
	if (a->kind == CONFIG_ACTION_BRIDGE && !a->bridge[0])
		cfg_problem(at, "bridge", "the action bridge needs the line that dials");
	if (len < 1 || len > 15)
		cfg_problem(at, "bridge", "is no name of a line, of 1 to 15 characters; {n} may stand in it");
	if (a->kind == CONFIG_ACTION_ROOM && !a->room_name[0])
		cfg_problem(at, "room", "the action room needs the name of one");
}

static void check_rule(const struct cfg_at *at)
{
	const struct config_rule *r = at->base;
	if (!r->called[0] && !r->calling[0])
		cfg_problem(at, NULL, "a rule needs the number called or the number calling");
	config_check_action(at, &r->action);
}

static const struct config_device *find_line(const struct config *c, const char *name)
{
	for (unsigned int i = 0; i < c->device_count; i++)
		if (c->devices[i].line && strcmp(c->devices[i].name, name) == 0)
			return &c->devices[i];
	return NULL;
}

static const char *line_name_at(const void *config, size_t i)
{
	const struct config *c = config;
	return c->devices[i].line ? c->devices[i].name : "";
}

void config_check_bridge(const struct cfg_at *at, const struct config_action *a, const struct config_line *l)
{
	const struct config *c = at->root;
	char other[64], mine[64];
	for (uint32_t i = 0; a->kind == CONFIG_ACTION_BRIDGE && i < l->count; i++) {
		config_line_name(a->bridge, 0, i, other, sizeof(other));
		config_line_name(l->name, l->mac, i, mine, sizeof(mine));
		bool itself = strcmp(other, mine) == 0;
		if (!itself && find_line(c, other))
			continue;
		const char *near = itself ? NULL : cfg_nearest(other, line_name_at, c, c->device_count);
		if (near && strcmp(near, mine) == 0)
			near = NULL;
		if (itself)
			cfg_problem(at, "bridge", "%s cannot dial for itself", mine);
		else
			cfg_problem(at, "bridge", "lines has none named %s, to dial for %s%s%s%s", other,
				    mine, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
		return; // the rest would say the same
	}
}

// A rule's line is the one in whose list it is.
static void check_rule_last(const struct cfg_at *at)
{
	const struct config *c = at->root;
	const struct config_rule *r = at->base;
	for (unsigned int i = 0; i < c->line_count; i++) {
		const struct config_line *l = &c->lines[i];
		if (l->rules && r >= l->rules && r < l->rules + l->rule_count)
			config_check_bridge(at, &r->action, l);
	}
}

// --- the table ---

const struct cfg_option config_file_item = {
	.name = "file",
	.type = CFG_CUSTOM,
	.size = CONFIG_SOUND_PATH_MAX,
	.parse = parse_file,
	.what = "full path of a sound file",
	.help = "Full path of a sound file (WAV, FLAC, Ogg and others)",
};

static const struct cfg_option rule_rows[] = {
	{.name = "called",
	 .type = CFG_CUSTOM,
	 FIELD(config_rule, called),
	 .fallback = "",
	 .parse = parse_number,
	 .what = "digits, X for any digit, a dot at the end for whatever follows",
	 .effect = CFG_RESTART,
	 .help = "Number that was called; when the agent does not tell, the line's own"},
	{.name = "calling",
	 .type = CFG_CUSTOM,
	 FIELD(config_rule, calling),
	 .fallback = "",
	 .parse = parse_number,
	 .what = "digits, X for any digit, a dot at the end for whatever follows",
	 .effect = CFG_RESTART,
	 .help = "Number of who calls"},
#define IN(member)             FIELD(config_rule, action.member)
#define IN_LIST(member, count) ITEMS(config_rule, action.member, action.count)
#include "gw/config/action.def"
};
const struct cfg_table config_rule_table =
	TABLE(rule_rows, .check = check_rule, .check_last = check_rule_last);
