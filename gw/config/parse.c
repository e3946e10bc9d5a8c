// SPDX-License-Identifier: GPL-3.0-or-later
// parse.c - Reads single values whose form is ours: CPUs, addresses, port ranges, DSCP, codecs.
#include "gw/config/tables.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CPU_MAX  1023
#define PORT_MIN 1024

// Reads a whole number of at most max.
static int read_number(const char *text, unsigned long max, unsigned long *ret)
{
	unsigned long n = 0;
	if (!*text || strlen(text) > 9)
		return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		n = n * 10 + (unsigned long)(*p - '0');
	}
	if (n > max)
		return -ERANGE;
	*ret = n;
	return 0;
}

int config_parse_schema(const struct cfg_at *at, const char *text, void *field)
{
	unsigned long n;
	if (read_number(text, UINT32_MAX, &n) == 0 && n == CONFIG_SCHEMA)
		return 0;
	cfg_problem(at, NULL, "this version reads schema %d only", CONFIG_SCHEMA);
	return -EINVAL;
}

// Names become parts of log lines, metrics and Redis keys.
int config_parse_name(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if (n == 0 || n >= CONFIG_NAME_MAX) {
		cfg_problem(at, NULL, "a name has 1 to %d characters", CONFIG_NAME_MAX - 1);
		return -EINVAL;
	}
	for (const char *p = text; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("._-", *p))
			continue;
		cfg_problem(at, NULL, "a name holds letters, digits, dot, dash and underscore only");
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	return 0;
}

int config_parse_cpu(const struct cfg_at *at, const char *text, void *field)
{
	const struct config_dataplane *d = at->base;
	unsigned int *cpu = field;
	unsigned long n;
	if (read_number(text, CPU_MAX, &n) < 0) {
		cfg_problem(at, NULL, "is no CPU number 0..%d", CPU_MAX);
		return -EINVAL;
	}
	*cpu = (unsigned int)n;
	for (const unsigned int *w = d->workers; w < cpu; w++) {
		if (*w != *cpu)
			continue;
		cfg_problem(at, NULL, "CPU %u has a worker already", *cpu);
		return -EINVAL;
	}
	return 0;
}

int config_parse_main_cpu(const struct cfg_at *at, const char *text, void *field)
{
	unsigned long n;
	if (strcmp(text, "auto") == 0) {
		*(int *)field = -1;
		return 0;
	}
	if (read_number(text, CPU_MAX, &n) < 0) {
		cfg_problem(at, NULL, "is neither auto nor a CPU number 0..%d", CPU_MAX);
		return -EINVAL;
	}
	*(int *)field = (int)n;
	return 0;
}

int config_parse_prefix(const struct cfg_at *at, const char *text, void *field)
{
	struct config_address *a = field;
	struct addr addr;
	uint8_t length;
	if (!strchr(text, '/') || addr_parse_prefix(text, &addr, &length) < 0) {
		cfg_problem(at, NULL,
			    "is no address with prefix length such as 192.0.2.10/24 or 2001:db8::10/64");
		return -EINVAL;
	}
	if (addr_is_any(&addr) || addr_is_multicast(&addr) || length == 0) {
		cfg_problem(at, NULL, "is no address of a host");
		return -EINVAL;
	}
	a->addr = addr;
	a->prefix_length = length;
	return 0;
}

int config_parse_gateway(const struct cfg_at *at, const char *text, void *field)
{
	struct addr *a = field;
	if (text[0] == '\0')
		return 0;
	if (addr_parse(text, a) < 0) {
		cfg_problem(at, NULL, "is no address such as 192.0.2.1 or 2001:db8::1");
		return -EINVAL;
	}
	return 0;
}

static bool is_media_address(const struct config *c, const struct addr *a)
{
	for (unsigned int p = 0; p < c->dataplane.port_count; p++)
		for (unsigned int i = 0; i < c->dataplane.ports[p].address_count; i++)
			if (addr_equal(&c->dataplane.ports[p].addresses[i].addr, a))
				return true;
	return false;
}

int config_parse_media_address(const struct cfg_at *at, const char *text, void *field)
{
	struct addr a;
	if (strcmp(text, "any") == 0)
		return 0;
	if (addr_parse(text, &a) < 0) {
		cfg_problem(at, NULL, "is neither any nor an address such as 192.0.2.1 or 2001:db8::1");
		return -EINVAL;
	}
	if (!is_media_address(at->root, &a)) {
		cfg_problem(at, NULL, "%s is no address of a port in dataplane.ports", text);
		return -EINVAL;
	}
	*(struct addr *)field = a;
	return 0;
}

// RTP takes the even port of a pair, RTCP the odd one: whole pairs only.
int config_parse_rtp_ports(const struct cfg_at *at, const char *text, void *field)
{
	struct config_media *m = at->base;
	char low[8];
	const char *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : 0;
	unsigned long min, max;
	if (n == 0 || n >= sizeof(low)) {
		cfg_problem(at, NULL, "is no port range such as 16384-32767");
		return -EINVAL;
	}
	memcpy(low, text, n);
	low[n] = '\0';
	if (read_number(low, UINT16_MAX, &min) < 0 || read_number(dash + 1, UINT16_MAX, &max) < 0) {
		cfg_problem(at, NULL, "is no port range such as 16384-32767");
		return -EINVAL;
	}
	if (min < PORT_MIN || max < min) {
		cfg_problem(at, NULL, "must begin at %d or above and end above its begin", PORT_MIN);
		return -EINVAL;
	}
	if (min % 2 != 0 || max % 2 == 0) {
		cfg_problem(at, NULL, "must begin with an even port (RTP) and end with an odd one (RTCP)");
		return -EINVAL;
	}
	m->rtp_port_min = (uint16_t)min;
	m->rtp_port_max = (uint16_t)max;
	return 0;
}

// "239.1.1.1:4000" or "[ff05::1]:4000": a group, and an even port for its RTP.
int config_parse_group_port(const struct cfg_at *at, const char *text, void *field)
{
	struct addr_port g;
	if (text[0] == '\0')
		return 0;
	if (addr_port_parse(text, &g) < 0 || !addr_is_multicast(&g.addr)) {
		cfg_problem(at, NULL, "is no group and port such as 239.1.1.1:4000 or [ff05::1]:4000");
		return -EINVAL;
	}
	if (g.port < PORT_MIN || g.port % 2) {
		cfg_problem(at, NULL, "needs an even port of %d or above", PORT_MIN);
		return -EINVAL;
	}
	*(struct addr_port *)field = g;
	return 0;
}

// "-6dB", "1.5dB"
int config_parse_gain(const struct cfg_at *at, const char *text, void *field)
{
	const char *p = text + (*text == '-' || *text == '+');
	unsigned long whole = 0, tenth = 0;
	while (*p >= '0' && *p <= '9' && whole < 100)
		whole = whole * 10 + (unsigned long)(*p++ - '0');
	if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
		tenth = (unsigned long)(p[1] - '0');
		p += 2;
	}
	long cb = (long)(whole * 10 + tenth) * (*text == '-' ? -1 : 1);
	if (strcmp(p, "dB") != 0 || cb < -600 || cb > 200) {
		cfg_problem(at, NULL, "is no gain of -60dB to 20dB");
		return -EINVAL;
	}
	*(int16_t *)field = (int16_t)cb;
	return 0;
}

// "" stays empty.
void config_look(const struct cfg_at *at, const char *key, const char *path)
{
	const struct config *c = at->root;
	if (c->looks && *path && access(path, R_OK) < 0)
		cfg_note(at, key, "%.120s cannot be read now: %s", path, strerror(errno));
}

int config_parse_directory(const struct cfg_at *at, const char *text, void *field)
{
	size_t n = strlen(text);
	if (n && (text[0] != '/' || n >= CONFIG_PATH_MAX)) {
		cfg_problem(at, NULL, "is no full path of at most %d characters", CONFIG_PATH_MAX - 1);
		return -EINVAL;
	}
	config_look(at, NULL, text);
	memcpy(field, text, n + 1);
	return 0;
}

int config_parse_dscp(const struct cfg_at *at, const char *text, void *field)
{
	static const struct {
		const char *name;
		uint8_t value;
	} names[] = {{"default", 0}, {"cs1", 8},   {"cs2", 16},  {"cs3", 24},  {"cs4", 32},  {"cs5", 40},
		     {"cs6", 48},    {"cs7", 56},  {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18},
		     {"af22", 20},   {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30}, {"af41", 34},
		     {"af42", 36},   {"af43", 38}, {"ef", 46}};
	unsigned long n;
	if (read_number(text, 63, &n) == 0) {
		*(uint8_t *)field = (uint8_t)n;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, text) == 0) {
			*(uint8_t *)field = names[i].value;
			return 0;
		}
	}
	cfg_problem(at, NULL, "is neither 0..63 nor a name such as ef, af41 or cs3");
	return -EINVAL;
}

// "auto" stays 0 here; config_check_profile knows the kind.
int config_parse_participants(const struct cfg_at *at, const char *text, void *field)
{
	unsigned long n;
	if (strcmp(text, "auto") == 0)
		return 0;
	if (read_number(text, CONFIG_PARTICIPANTS_MAX, &n) < 0 || n < 2) {
		cfg_problem(at, NULL, "is neither auto nor a number 2..%d", CONFIG_PARTICIPANTS_MAX);
		return -EINVAL;
	}
	*(uint32_t *)field = (uint32_t)n;
	return 0;
}

// "auto" stays 0 here; config_check_device knows the profile.
int config_parse_device_type(const struct cfg_at *at, const char *text, void *field)
{
	unsigned long n;
	if (strcmp(text, "auto") == 0)
		return 0;
	if (read_number(text, 99999999, &n) < 0 || n == 0) {
		cfg_problem(at, NULL, "is neither auto nor an SCCP device type number such as 52");
		return -EINVAL;
	}
	*(uint32_t *)field = (uint32_t)n;
	return 0;
}

static const char *codec_name_at(const void *names, size_t i)
{
	const struct codec *c = codec_by_id((unsigned int)i + 1);
	return c ? c->name : "";
}

int config_parse_codec(const struct cfg_at *at, const char *text, void *field)
{
	const struct codec *c = codec_by_name(text);
	if (!c) {
		const char *near = cfg_nearest(text, codec_name_at, NULL, CODEC_COUNT - 1);
		cfg_problem(at, NULL, "codec %s is unknown%s%s%s", text, near ? " (did you mean " : "",
			    near ? near : "", near ? "?)" : "");
		return -EINVAL;
	}
	*(enum codec_id *)field = c->id;
	return 0;
}

// "auto" is the codec's own limit; the codec has been read before.
int config_parse_codec_period(const struct cfg_at *at, const char *text, void *field)
{
	const struct config_profile_codec *pc = at->base;
	const struct codec *c = codec_by_id(pc->codec);
	size_t digits = strspn(text, "0123456789");
	char number[8];
	unsigned long n = 0;
	if (!c)
		return 0; // reported where it was named
	if (strcmp(text, "auto") == 0) {
		*(uint8_t *)field = c->period_ms_max;
		return 0;
	}
	if (digits == 0 || digits >= sizeof(number) || strcmp(text + digits, "ms") != 0) {
		cfg_problem(at, NULL, "is neither auto nor a duration such as 20ms");
		return -EINVAL;
	}
	memcpy(number, text, digits);
	number[digits] = '\0';
	unsigned int step = c->frame_ms > 10 ? c->frame_ms : 10;
	if (read_number(number, c->period_ms_max, &n) < 0 || n == 0 || n % step != 0) {
		cfg_problem(at, NULL, "%s takes multiples of %ums up to %ums", c->name, step,
			    (unsigned int)c->period_ms_max);
		return -EINVAL;
	}
	*(uint8_t *)field = (uint8_t)n;
	return 0;
}
