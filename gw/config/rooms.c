// SPDX-License-Identifier: GPL-3.0-or-later
// rooms.c - The table of rooms: who may enter, who waits for whom, and what is heard.
//
// A room that lines name and this table does not is open to everybody.
#include "gw/config/tables.h"

#include <errno.h>
#include <string.h>

#define PIN_MIN     3
#define PROMPTS     "/usr/share/asterisk/sounds/en_US_f_Allison"
#define TRIES_MAX   10
#define LIMIT_MAX   100000
#define PARTIES_MAX CONFIG_PARTICIPANTS_MAX

static const char *const unattended_words[] = {"stay", "wait", "end", NULL};

// --- values ---

static int parse_pin(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if (*text && (n < PIN_MIN || n > CONFIG_PIN_MAX || strspn(text, "0123456789") != n)) {
		cfg_problem(at, NULL, "a PIN has %d to %d digits; put it in quotes", PIN_MIN, CONFIG_PIN_MAX);
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	return 0;
}

static int parse_music(const struct cfg_at *at, const char *text, void *field)
{
	unsigned int source = 0;
	int rc = *text ? config_parse_music_source(at, text, &source) : 0;
	if (rc == 0 && *text)
		*(unsigned int *)field = source + 1;
	return rc;
}

static int parse_prompts(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if (text[0] != '/' || n > CONFIG_PROMPTS_MAX) {
		cfg_problem(at, NULL, "is no full path of at most %d characters", CONFIG_PROMPTS_MAX);
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	config_look(at, NULL, text);
	return 0;
}

static int parse_profile(const struct cfg_at *at, const char *text, void *field)
{
	return *text ? config_parse_device_profile(at, text, field) : 0;
}

// --- check ---

static void check_room(const struct cfg_at *at)
{
	const struct config *c = at->root;
	struct config_room *r = at->base;
	r->has_profile = cfg_has(at, "profile");
	r->has_mix = cfg_has(at, "mix");
	snprintf(r->device.name, sizeof(r->device.name), "#%s", r->name);
	for (size_t i = 0; i < at->index; i++)
		if (strcmp(c->rooms[i].name, r->name) == 0)
			cfg_problem(at, "name", "room %s is there already", r->name);
	if (r->has_profile && r->device.profile < c->profile_count &&
	    c->profiles[r->device.profile].kind != CONFIG_LINE)
		cfg_problem(at, "profile", "%s is no profile of kind line",
			    c->profiles[r->device.profile].name);
	if (r->pin[0] && strcmp(r->pin, r->moderator_pin) == 0)
		cfg_problem(at, "moderator-pin", "is the PIN of everybody");
	if (r->asks_name && !c->recordings.directory[0])
		cfg_problem(at, "asks-name", "names need the directory of recordings");
	if (!c->group_count)
		cfg_problem(at, NULL, "a room needs lines, and lines an agent group");
}

static bool leads(const struct config_action *a, const struct config_room *r)
{
	return a->kind == CONFIG_ACTION_ROOM && strcmp(a->room_name, r->name) == 0;
}

// What lines make of a room: its callers would wait for ever, or there are none.
static void check_room_last(const struct cfg_at *at)
{
	const struct config *c = at->root;
	const struct config_room *r = &c->rooms[at->index]; // those that only lines name have moved them
	bool led = false, moderated = r->moderator_pin[0];
	for (unsigned int i = 0; i < c->line_count; i++) {
		const struct config_line *l = &c->lines[i];
		led = led || leads(&l->action, r);
		moderated = moderated || (leads(&l->action, r) && l->action.moderator);
		for (unsigned int k = 0; k < l->rule_count; k++) {
			led = led || leads(&l->rules[k].action, r);
			moderated =
				moderated || (leads(&l->rules[k].action, r) && l->rules[k].action.moderator);
		}
	}
	if (r->lobby && !moderated)
		cfg_problem(at, "lobby",
			    "nobody can be moderator: there is neither a moderator-pin nor a line with "
			    "moderator: yes");
	if (!led && c->looks)
		cfg_note(at, "name", "no line leads to this room");
}

// --- the table ---

static const struct cfg_option room_rows[] = {
	{.name = "name",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, name),
	 .parse = config_parse_room,
	 .what = "name of at most 14 characters",
	 .effect = CFG_RESTART,
	 .help = "Name by which lines lead there"},
	{.name = "profile",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, device.profile),
	 .fallback = "",
	 .parse = parse_profile,
	 .what = "name of a profile of kind line",
	 .effect = CFG_RESTART,
	 .help = "Participants and sound of the room; that of the first line that leads there when absent"},
	{.name = "pin",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, pin),
	 .fallback = "",
	 .parse = parse_pin,
	 .what = "3 to 16 digits",
	 .effect = CFG_RESTART,
	 .help = "What callers must dial to enter"},
	{.name = "moderator-pin",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, moderator_pin),
	 .fallback = "",
	 .parse = parse_pin,
	 .what = "3 to 16 digits",
	 .effect = CFG_RESTART,
	 .help = "What moderators dial instead; without a pin, others just press #"},
	{.name = "pin-tries",
	 .type = CFG_NUMBER,
	 FIELD(config_room, pin_tries),
	 .min = 1,
	 .max = TRIES_MAX,
	 .fallback = "3",
	 .effect = CFG_RESTART,
	 .help = "Wrong PINs after which a caller is hung up on"},
	{.name = "pin-wait",
	 .type = CFG_DURATION,
	 FIELD(config_room, pin_wait_ms),
	 .min = SEC,
	 .max = MIN,
	 .scale = MS,
	 .fallback = "8s",
	 .effect = CFG_RESTART,
	 .help = "Time to dial the next digit of a PIN"},
	{.name = "pin-limit",
	 .type = CFG_NUMBER,
	 FIELD(config_room, pin_limit),
	 .max = LIMIT_MAX,
	 .fallback = "6",
	 .effect = CFG_RESTART,
	 .help = "Wrong PINs of one calling number, whatever the calls, after which it is turned away for a "
		 "while; 0 is no limit"},
	{.name = "pin-limit-all",
	 .type = CFG_NUMBER,
	 FIELD(config_room, pin_limit_all),
	 .max = LIMIT_MAX,
	 .fallback = "30",
	 .effect = CFG_RESTART,
	 .help = "Wrong PINs of all numbers together after which only those that have dialled a right one "
		 "are asked "
		 "for a while; 0 is no limit"},
	{.name = "pin-block",
	 .type = CFG_DURATION,
	 FIELD(config_room, pin_block_ms),
	 .min = SEC,
	 .max = 5 * MIN,
	 .scale = MS,
	 .fallback = "60s",
	 .effect = CFG_RESTART,
	 .help = "How long they are turned away at first; twice as long each time, up to 15 minutes for a "
		 "number and "
		 "5 for all"},
	{.name = "lobby",
	 .type = CFG_BOOL,
	 FIELD(config_room, lobby),
	 .fallback = "no",
	 .effect = CFG_RESTART,
	 .help = "Whether callers wait outside until a moderator is there"},
	{.name = "music",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, music),
	 .fallback = "",
	 .parse = parse_music,
	 .what = "name of a source",
	 .effect = CFG_RESTART,
	 .help = "What they hear meanwhile; silence when absent"},
	{.name = "unattended",
	 .type = CFG_WORD,
	 FIELD(config_room, unattended),
	 .words = unattended_words,
	 .fallback = "stay",
	 .effect = CFG_RESTART,
	 .help = "What happens to the others when the last moderator leaves: they stay, wait in the lobby, "
		 "or are "
		 "hung up on"},
	{.name = "muted",
	 .type = CFG_BOOL,
	 FIELD(config_room, muted),
	 .fallback = "no",
	 .effect = CFG_RESTART,
	 .help = "Whether all but moderators come in mute"},
	{.name = "parties",
	 .type = CFG_NUMBER,
	 FIELD(config_room, parties),
	 .max = PARTIES_MAX,
	 .fallback = "0",
	 .effect = CFG_RESTART,
	 .help = "Callers at a time, those who wait included; 0 is the participants of the profile"},
	{.name = "says-who",
	 .type = CFG_BOOL,
	 FIELD(config_room, says_who),
	 .fallback = "no",
	 .effect = CFG_RESTART,
	 .help = "Whether the numbers of those who come and go are said, as long as tones would be played"},
	{.name = "asks-name",
	 .type = CFG_BOOL,
	 FIELD(config_room, asks_name),
	 .fallback = "no",
	 .effect = CFG_RESTART,
	 .help = "Whether callers are asked to say their name, up to 6 s, which is said when they come and "
		 "go; needs a recording directory"},
	{.name = "prompts",
	 .type = CFG_CUSTOM,
	 FIELD(config_room, prompts),
	 .fallback = PROMPTS,
	 .parse = parse_prompts,
	 .what = "full path of a folder",
	 .effect = CFG_RESTART,
	 .help = "Folder of what is said, with the names of Asterisk's core sounds, as WAV"},
	{.name = "mix",
	 .type = CFG_SECTION,
	 FIELD(config_room, mix),
	 .table = &config_mix_table,
	 .help = "How the room sounds, when otherwise than its profile says"},
};
const struct cfg_table config_room_table =
	TABLE(room_rows, .check = check_room, .check_last = check_room_last);
