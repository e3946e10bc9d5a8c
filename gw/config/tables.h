// SPDX-License-Identifier: GPL-3.0-or-later
// tables.h - What the files of the config room share: the outermost table, readers of single values, checks.
#pragma once

#include "gw/cfg.h"
#include "gw/config.h"

// Fields and lists of options, in the table's own words.
#define MS   UINT64_C(1)
#define SEC  (UINT64_C(1000) * MS)
#define MIN  (60 * SEC)
#define HOUR (60 * MIN)
#define MB   (UINT64_C(1) << 20)

#define FIELD(st, member)   .offset = offsetof(struct st, member), .size = sizeof(((struct st *)0)->member)
#define COUNTED(st, member) .count_offset = offsetof(struct st, member)
#define ITEMS(st, member, counter)                                                                           \
	.offset = offsetof(struct st, member), .size = sizeof(((struct st *)0)->member[0]),                  \
	COUNTED(st, counter)
#define TABLE(rows, ...)                                                                                     \
	{                                                                                                    \
		.options = rows, .count = sizeof(rows) / sizeof(rows[0]), __VA_ARGS__                        \
	}
#define CONFIG_NAME_FORM "name of letters, digits, dot, dash and underscore, at most 31"

// schema.c
extern const struct cfg_table config_table;

// schema_dataplane.c
extern const struct cfg_table config_dataplane_table;
extern const struct cfg_table config_media_table;

// schema_sccp.c
extern const struct cfg_table config_agent_table;
extern const struct cfg_table config_group_table;
extern const struct cfg_table config_profile_table;
extern const struct cfg_table config_device_table;
extern const char *const config_kind_words[];

// schema_sound.c
extern const struct cfg_table config_source_table;
extern const struct cfg_table config_announcement_table;
extern const struct cfg_table config_music_table;
extern const struct cfg_table config_recordings_table;

// features.c
extern const struct cfg_table config_features_table;
int config_parse_number(const struct cfg_at *at, const char *text, void *field);

// lines.c
extern const struct cfg_table config_line_table;

// rooms.c
extern const struct cfg_table config_room_table;

// actions.c: what calls of lines meet; action.def has the rows.
extern const struct cfg_table config_rule_table;
extern const char *const config_action_words[];
extern const struct cfg_option config_file_item;
int config_parse_sound(const struct cfg_at *at, const char *text, void *field);
int config_parse_room(const struct cfg_at *at, const char *text, void *field);
void config_check_action(const struct cfg_at *at, const struct config_action *a);
void config_check_bridge(const struct cfg_at *at, const struct config_action *a, const struct config_line *l);

// schema_mix.c
extern const struct cfg_table config_mix_table;

// parse.c: readers of single values, as cfg_option.parse asks.
int config_parse_schema(const struct cfg_at *at, const char *text, void *field);
int config_parse_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_cpu(const struct cfg_at *at, const char *text, void *field);
int config_parse_main_cpu(const struct cfg_at *at, const char *text, void *field);
int config_parse_prefix(const struct cfg_at *at, const char *text, void *field);
int config_parse_gateway(const struct cfg_at *at, const char *text, void *field);
int config_parse_media_address(const struct cfg_at *at, const char *text, void *field);
int config_parse_rtp_ports(const struct cfg_at *at, const char *text, void *field);
int config_parse_group_port(const struct cfg_at *at, const char *text, void *field);
int config_parse_directory(const struct cfg_at *at, const char *text, void *field);
int config_parse_gain(const struct cfg_at *at, const char *text, void *field);
int config_parse_dscp(const struct cfg_at *at, const char *text, void *field);
int config_parse_participants(const struct cfg_at *at, const char *text, void *field);
int config_parse_device_type(const struct cfg_at *at, const char *text, void *field);
int config_parse_codec(const struct cfg_at *at, const char *text, void *field);
int config_parse_codec_period(const struct cfg_at *at, const char *text, void *field);

// Notes a file or folder that cannot be read, if that is wanted. "" is none.
void config_look(const struct cfg_at *at, const char *key, const char *path);

// names.c: names that must be unique, and references to them.
int config_parse_port_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_agent_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_group_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_profile_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_device_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_group_agent(const struct cfg_at *at, const char *text, void *field);
int config_parse_device_profile(const struct cfg_at *at, const char *text, void *field);
int config_parse_device_group(const struct cfg_at *at, const char *text, void *field);
int config_parse_source_name(const struct cfg_at *at, const char *text, void *field);
int config_parse_music_source(const struct cfg_at *at, const char *text, void *field);
int config_parse_device_kind(const struct cfg_at *at, const char *text, void *field);

// check.c: what several values must be together, as cfg_table.check asks.
void config_check_address(const struct cfg_at *at);
void config_check_dataplane(const struct cfg_at *at);
void config_check_jitter(const struct cfg_at *at);
void config_check_backoff(const struct cfg_at *at);
void config_check_profile(const struct cfg_at *at);
void config_check_device(const struct cfg_at *at);
void config_check_source(const struct cfg_at *at);
void config_check_announcement(const struct cfg_at *at);
void config_check_line(const struct cfg_at *at);
void config_check_store(const struct cfg_at *at);
