// SPDX-License-Identifier: GPL-3.0-or-later
// lines.c - The table of lines, and what becomes of one: as many devices as it counts, each with a name of its own.
//
// A name holds {mac}, the MAC address in 12 digits, counting up from the one given; or {mac10}, the last ten digits of the
// one given, for the ports of one gateway; and {n}, the number of the line from 1, with as many digits at least as there are
// n's. So SEP{mac}, ATA{mac}, AN{mac10}{nnn} or UM1-VI{n}.
#include "gw/config/tables.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS_MAX 3600000
#define MAC10         UINT64_C(0xffffffffff)

// Device types by the names people know them by; Cisco's model list has a voice mail port as 80.
static const struct {
	const char *name;
	uint32_t type;
} types[] = {{"7910", 6},       {"7920", 30002},  {"7940", 8},
	     {"7960", 7},       {"7961", 30018},  {"7970", 30006},
	     {"ata186", 12},    {"vg224", 30027}, {"ip-communicator", 30016},
	     {"unity-port", 80}};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

static const char *type_name_at(const void *names, size_t i)
{
	return types[i].name;
}

// --- values ---

static int parse_type(const struct cfg_at *at, const char *text, void *field)
{
	char *end;
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (strcmp(types[i].name, text) == 0) {
			*(uint32_t *)field = types[i].type;
			return 0;
		}
	}
	unsigned long n = strtoul(text, &end, 10);
	if (isdigit((unsigned char)*text) && !*end && n > 0 && n <= 99999999) {
		*(uint32_t *)field = (uint32_t)n;
		return 0;
	}
	const char *near = cfg_nearest(text, type_name_at, NULL, TYPE_COUNT);
	cfg_problem(at, NULL, "%.40s is neither a known phone nor an SCCP device type number%s%s%s", text,
		    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return -EINVAL;
}

// "" stays 0: a name without {mac} needs none.
static int parse_mac(const struct cfg_at *at, const char *text, void *field)
{
	uint64_t mac = 0;
	unsigned int digits = 0;
	if (!*text)
		return 0;
	for (const char *p = text; *p; p++) {
		if ((*p == ':' || *p == '-' || *p == '.') && digits)
			continue;
		if (!isxdigit((unsigned char)*p) || ++digits > 12)
			goto bad;
		int c = tolower((unsigned char)*p);
		mac = mac << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (digits != 12)
		goto bad;
	*(uint64_t *)field = mac;
	return 0;
bad:
	cfg_problem(at, NULL, "is no MAC address such as 02:00:5e:00:00:01");
	return -EINVAL;
}

static int parse_answer(const struct cfg_at *at, const char *text, void *field)
{
	char *unit;
	if (strcmp(text, "never") == 0) {
		*(uint32_t *)field = CONFIG_ANSWER_NEVER;
		return 0;
	}
	unsigned long n = strtoul(text, &unit, 10);
	unsigned long scale = strcmp(unit, "ms") == 0 ? 1 : strcmp(unit, "s") == 0 ? 1000 : 0;
	if (!isdigit((unsigned char)*text) || !scale || n > ANSWER_MS_MAX || n * scale > ANSWER_MS_MAX) {
		cfg_problem(at, NULL, "is neither never nor a duration such as 0s or 500ms, at most 3600s");
		return -EINVAL;
	}
	*(uint32_t *)field = (uint32_t)(n * scale);
	return 0;
}

static int parse_version(const struct cfg_at *at, const char *text, void *field)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (strcmp(text, "auto") == 0)
		return 0;
	if (!isdigit((unsigned char)*text) || *end || n < 1 || n > 22) {
		cfg_problem(at, NULL, "is neither auto nor an SCCP version 1..22");
		return -EINVAL;
	}
	*(uint8_t *)field = (uint8_t)n;
	return 0;
}

// --- names ---

int config_line_name(const char *form, uint64_t mac, uint32_t i, char *ret, size_t cap)
{
	size_t len = 0;
	for (const char *p = form; *p && len < cap; p++) {
		size_t ns = *p == '{' ? strspn(p + 1, "n") : 0;
		if (strncmp(p, "{mac}", 5) == 0) {
			len += (size_t)snprintf(ret + len, cap - len, "%012" PRIX64, mac + i);
			p += 4;
		} else if (strncmp(p, "{mac10}", 7) == 0) {
			len += (size_t)snprintf(ret + len, cap - len, "%010" PRIX64, mac & MAC10);
			p += 6;
		} else if (ns && p[1 + ns] == '}') {
			len += (size_t)snprintf(ret + len, cap - len, "%0*" PRIu32, (int)ns, i + 1);
			p += ns + 1;
		} else if (*p == '{' || *p == '}') {
			return -EINVAL;
		} else {
			ret[len++] = *p;
		}
	}
	if (len < cap)
		ret[len] = '\0';
	return (int)len;
}

static const struct config_device *find_device(const struct config *c, const char *name)
{
	for (unsigned int i = 0; i < c->device_count; i++)
		if (strcmp(c->devices[i].name, name) == 0)
			return &c->devices[i];
	return NULL;
}

// Grows one of the lists of devices by n.
static struct config_device *grow(struct config_device **list, unsigned int *count, unsigned int n)
{
	struct config_device *more = reallocarray(*list, *count + n, sizeof(*more));
	if (!more)
		return NULL;
	memset(more + *count, 0, n * sizeof(*more));
	*list = more;
	*count += n;
	return more + *count - n;
}

static struct config_room *room_new(struct config *c)
{
	struct config_room *more = reallocarray(c->rooms, c->room_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	c->rooms = more;
	more[c->room_count] = (struct config_room){0};
	return &more[c->room_count++];
}

// The room by its name, made when it is new; its number from 1, 0 without memory.
static unsigned int take_room(struct config *c, const struct config_line *l, const struct config_action *a)
{
	char name[sizeof(c->rooms->device.name)] = CONFIG_MUSIC_ROOM;
	if (a->kind != CONFIG_ACTION_ROOM && a->kind != CONFIG_ACTION_MUSIC &&
	    a->kind != CONFIG_ACTION_BRIDGE)
		return 0;
	if (a->kind == CONFIG_ACTION_BRIDGE)
		strcpy(name, CONFIG_BRIDGE_ROOM);
	if (a->kind == CONFIG_ACTION_ROOM)
		snprintf(name, sizeof(name), "#%s", a->room_name);
	for (unsigned int i = 0; i < c->room_count; i++) {
		struct config_room *r = &c->rooms[i];
		if (strcmp(r->device.name, name) != 0)
			continue;
		if (!r->has_profile)
			r->device.profile = l->profile;
		r->has_profile = true;
		return i + 1;
	}
	struct config_room *r = room_new(c);
	if (!r)
		return 0;
	memcpy(r->device.name, name, sizeof(name));
	memcpy(r->name, name + 1, sizeof(r->name));
	r->has_profile = true;
	r->device.profile = l->profile;
	r->device.group = l->group;
	return c->room_count;
}

static void make_devices(const struct cfg_at *at, struct config *c, struct config_line *l)
{
	char name[64];
	l->action.room = take_room(c, l, &l->action);
	for (unsigned int i = 0; i < l->rule_count; i++)
		l->rules[i].action.room = take_room(c, l, &l->rules[i].action);
	unsigned int first = c->device_count;
	if (!grow(&c->devices, &c->device_count, l->count))
		return cfg_problem(at, NULL, "out of memory");
	for (uint32_t i = 0; i < l->count; i++) {
		struct config_device *d = &c->devices[first + i];
		config_line_name(l->name, l->mac, i, name, sizeof(name));
		if (find_device(c, name))
			return cfg_problem(at, "name", "device %.15s is there already", name);
		memcpy(d->name, name, sizeof(d->name));
		d->profile = l->profile;
		d->group = l->group;
		d->type = l->type;
		d->version = l->version;
		d->mac = l->mac && !strstr(l->name, "{mac10}") ? l->mac + i : l->mac;
		d->line = (unsigned int)at->index + 1;
	}
}

void config_check_line(const struct cfg_at *at)
{
	struct config *c = at->root;
	struct config_line *l = at->base;
	char name[64];
	int len = config_line_name(l->name, l->mac, l->count ? l->count - 1 : 0, name, sizeof(name));
	bool has_mac = strstr(l->name, "{mac}"), has_mac10 = strstr(l->name, "{mac10}");
	unsigned int left = CONFIG_DEVICES_MAX - c->device_count;
	if (l->profile < c->profile_count && c->profiles[l->profile].kind != CONFIG_LINE)
		cfg_problem(at, "profile", "%s is no profile of kind line", c->profiles[l->profile].name);
	config_check_action(at, &l->action);
	if ((has_mac || has_mac10) && !l->mac)
		cfg_problem(at, "mac", "%s in the name needs one", has_mac ? "{mac}" : "{mac10}");
	if (len < 0)
		cfg_problem(at, "name", "only {mac}, {mac10} and {n}, {nn}, {nnn} may stand in braces");
	else if (len == 0 || len > 15)
		cfg_problem(at, "name", "%.40s makes a name of %d characters, 1 to 15 are allowed", l->name,
			    len);
	else if (l->count > 1 && !has_mac && !strstr(l->name, "{n"))
		cfg_problem(at, "name", "%u lines need {mac} or {n} to tell them apart", l->count);
	else if (l->count > left)
		cfg_problem(at, "count", "only %u more devices are possible", left);
	else
		make_devices(at, c, l);
}

static void check_line_last(const struct cfg_at *at)
{
	const struct config_line *l = at->base;
	config_check_bridge(at, &l->action, l);
}

// --- the table ---

static const struct cfg_option test_rows[] = {
	{.name = "number",
	 .type = CFG_CUSTOM,
	 FIELD(config_test, number),
	 .fallback = "",
	 .parse = config_parse_number,
	 .what = "at most 24 digits",
	 .effect = CFG_RESTART,
	 .help = "Whom they call; without it only slimctl makes some"},
	{.name = "after",
	 .type = CFG_DURATION,
	 FIELD(config_test, after_ms),
	 .max = 24 * HOUR,
	 .scale = MS,
	 .fallback = "5s",
	 .effect = CFG_RESTART,
	 .help = "Time from the end of registration to the first"},
	{.name = "every",
	 .type = CFG_DURATION,
	 FIELD(config_test, every_ms),
	 .max = 24 * HOUR,
	 .scale = MS,
	 .fallback = "0s",
	 .effect = CFG_RESTART,
	 .help = "Pause between two; 0s is one only"},
	{.name = "hold",
	 .type = CFG_DURATION,
	 FIELD(config_test, hold_ms),
	 .min = 100,
	 .max = 24 * HOUR,
	 .scale = MS,
	 .fallback = "10s",
	 .effect = CFG_RESTART,
	 .help = "How long one lasts that is answered"},
	{.name = "patience",
	 .type = CFG_DURATION,
	 FIELD(config_test, patience_ms),
	 .min = SEC,
	 .max = HOUR,
	 .scale = MS,
	 .fallback = "30s",
	 .effect = CFG_RESTART,
	 .help = "How long an answer is waited for"},
};
static const struct cfg_table test_table = TABLE(test_rows);

static const struct cfg_option line_rows[] = {
	{.name = "name",
	 .type = CFG_TEXT,
	 FIELD(config_line, name),
	 .min = 1,
	 .effect = CFG_RESTART,
	 .help = "Name under which each registers; {mac} stands for its MAC address, {mac10} for the end of "
		 "a "
		 "gateway's, {n} or {nnn} for its number"},
	{.name = "count",
	 .type = CFG_NUMBER,
	 FIELD(config_line, count),
	 .min = 1,
	 .max = CONFIG_DEVICES_MAX,
	 .fallback = "1",
	 .effect = CFG_RESTART,
	 .help = "How many of them"},
	{.name = "mac",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, mac),
	 .fallback = "",
	 .parse = parse_mac,
	 .what = "MAC address",
	 .effect = CFG_RESTART,
	 .help = "MAC address of the first, told to the agent; the others count up unless the name has "
		 "{mac10}"},
	{.name = "profile",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, profile),
	 .parse = config_parse_device_profile,
	 .what = "name of a profile of kind line",
	 .effect = CFG_RESTART,
	 .help = "Codecs, calls at a time, and parties of a room"},
	{.name = "group",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, group),
	 .parse = config_parse_device_group,
	 .what = "name of an agent group",
	 .effect = CFG_RESTART,
	 .help = "Where they register"},
	{.name = "type",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, type),
	 .fallback = "7960",
	 .parse = parse_type,
	 .what = "7910, 7920, 7940, 7960, 7961, 7970, ip-communicator, ata186, vg224, unity-port or a number "
		 "of another",
	 .effect = CFG_RESTART,
	 .help = "The telephone they appear as"},
	{.name = "version",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, version),
	 .fallback = "auto",
	 .parse = parse_version,
	 .what = "auto or 1..22",
	 .effect = CFG_RESTART,
	 .help = "Highest SCCP version offered; auto is the agent's"},
	{.name = "load",
	 .type = CFG_TEXT,
	 FIELD(config_line, load),
	 .fallback = "",
	 .effect = CFG_RESTART,
	 .help = "Name of the firmware load they say they run"},
	{.name = "features",
	 .type = CFG_SECTION,
	 FIELD(config_line, features),
	 .table = &config_features_table,
	 .help = "What the user of an analog telephone asks for with digits"},
	{.name = "test-calls",
	 .type = CFG_SECTION,
	 FIELD(config_line, test),
	 .table = &test_table,
	 .help = "Calls made to see whether they come through, counted and shown by slimctl"},
	{.name = "plar",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, plar),
	 .fallback = "",
	 .parse = config_parse_number,
	 .what = "at most 24 digits",
	 .effect = CFG_RESTART,
	 .help = "Number dialled whenever the handset is lifted"},
	{.name = "answer",
	 .type = CFG_CUSTOM,
	 FIELD(config_line, answer_ms),
	 .fallback = "0s",
	 .parse = parse_answer,
	 .what = "never or duration",
	 .effect = CFG_RESTART,
	 .help = "How long an incoming call rings before it is answered"},
#define IN(member)             FIELD(config_line, action.member)
#define IN_LIST(member, count) ITEMS(config_line, action.member, action.count)
#include "gw/config/action.def"
	{.name = "rules",
	 .type = CFG_LIST,
	 .offset = offsetof(struct config_line, rules),
	 .size = sizeof(struct config_rule),
	 COUNTED(config_line, rule_count),
	 .min = 1,
	 .max = CONFIG_RULES_MAX,
	 .table = &config_rule_table,
	 .allocate = true,
	 .fallback = "",
	 .effect = CFG_RESTART,
	 .help = "Calls that meet something else, by number; the first that fits counts"},
};
const struct cfg_table config_line_table =
	TABLE(line_rows, .check = config_check_line, .check_last = check_line_last);
