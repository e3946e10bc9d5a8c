// SPDX-License-Identifier: GPL-3.0-or-later
// schema_mix.c - How conferences sound: talkers heard, levels, and tones for who comes and goes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gw/config/tables.h"
#include "gw/tone.h"

// "-20dBm0"
static int level_read(const char *text, long least, long most, int8_t *ret)
{
	char *end;
	long level = strtol(text, &end, 10);
	if (end == text || strcmp(end, "dBm0") != 0 || level < least || level > most)
		return -EINVAL;
	*ret = (int8_t)level;
	return 0;
}

static int parse_alignment(const struct cfg_at *at, const char *text, void *field)
{
	*(int8_t *)field = 0;
	if (strcmp(text, "off") == 0 || level_read(text, -35, -10, field) == 0)
		return 0;
	cfg_problem(at, NULL, "is neither off nor a level of -35dBm0 to -10dBm0");
	return -EINVAL;
}

static int parse_gate(const struct cfg_at *at, const char *text, void *field)
{
	*(int8_t *)field = 0;
	if (strcmp(text, "off") == 0 || level_read(text, -70, -30, field) == 0)
		return 0;
	cfg_problem(at, NULL, "is neither off nor a level of -70dBm0 to -30dBm0");
	return -EINVAL;
}

// Only tones that come to an end by themselves.
static int parse_tone(const struct cfg_at *at, const char *text, void *field)
{
	const struct tone *tone = tone_by_name(text);
	*(uint8_t *)field = tone ? tone->sccp : 0;
	if (strcmp(text, "none") == 0 || (tone && tone->once))
		return 0;
	cfg_problem(at, NULL, "is none of none, beep-bonk, zip, zip-zip and confirmation");
	return -EINVAL;
}

#define TONE_FORM "none, beep-bonk, zip, zip-zip or confirmation"

static const struct cfg_option mix_rows[] = {
	{.name = "loudest",
	 .type = CFG_NUMBER,
	 FIELD(config_mix, loudest),
	 .max = CONFIG_MIX_LOUDEST_MAX,
	 .fallback = "3",
	 .effect = CFG_RESTART,
	 .help = "Talkers heard at a time in a conference larger than mix-all-up-to; 0 is everyone"},
	{.name = "mix-all-up-to",
	 .type = CFG_NUMBER,
	 FIELD(config_mix, mix_all_up_to),
	 .max = 1024,
	 .fallback = "8",
	 .effect = CFG_RESTART,
	 .help = "Parties up to which everyone is heard"},
	{.name = "level-alignment",
	 .type = CFG_CUSTOM,
	 FIELD(config_mix, level_dbm0),
	 .fallback = "off",
	 .parse = parse_alignment,
	 .what = "off or -35dBm0 to -10dBm0",
	 .effect = CFG_RESTART,
	 .help = "Level to which everyone's speech is slowly brought, by 12 dB at most"},
	{.name = "noise-gate",
	 .type = CFG_CUSTOM,
	 FIELD(config_mix, gate_dbm0),
	 .fallback = "off",
	 .parse = parse_gate,
	 .what = "off or -70dBm0 to -30dBm0",
	 .effect = CFG_RESTART,
	 .help = "Level below which a party is not heard"},
	{.name = "join-tone",
	 .type = CFG_CUSTOM,
	 FIELD(config_mix, join_tone),
	 .fallback = "none",
	 .parse = parse_tone,
	 .what = TONE_FORM,
	 .effect = CFG_RESTART,
	 .help = "Tone that all hear when somebody joins"},
	{.name = "leave-tone",
	 .type = CFG_CUSTOM,
	 FIELD(config_mix, leave_tone),
	 .fallback = "none",
	 .parse = parse_tone,
	 .what = TONE_FORM,
	 .effect = CFG_RESTART,
	 .help = "Tone that all hear when somebody leaves"},
	{.name = "tones-up-to",
	 .type = CFG_NUMBER,
	 FIELD(config_mix, tones_up_to),
	 .max = 1024,
	 .fallback = "8",
	 .effect = CFG_RESTART,
	 .help = "Parties up to which these tones are played; 0 is always"},
};
const struct cfg_table config_mix_table = TABLE(mix_rows);
