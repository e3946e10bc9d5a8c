// SPDX-License-Identifier: GPL-3.0-or-later
// scenario.c - Reads scenario files, line by line, and names every mistake with its line.
#include "bench/lab/scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

static const char *const kind_names[SCENARIO_KIND_COUNT] = {
	[SCENARIO_DIRECT] = "direct", [SCENARIO_MTP] = "mtp", [SCENARIO_TRANSCODER] = "transcoder",
	[SCENARIO_BRIDGE] = "bridge", [SCENARIO_MOH] = "moh", [SCENARIO_ANNUNCIATOR] = "annunciator",
	[SCENARIO_LINE] = "line",
};

static const char *const metric_names[METRIC_COUNT] = {
	[METRIC_LOSS] = "loss",   [METRIC_DELAY] = "delay",
	[METRIC_GAP] = "gap",     [METRIC_LEVEL] = "level",
	[METRIC_SNR] = "snr",     [METRIC_SINAD] = "sinad",
	[METRIC_OWN] = "own",     [METRIC_IDENTICAL] = "identical",
	[METRIC_MOVED] = "moved",
};

static const char *const compare_signs[] = {[COMPARE_EQ] = "==", [COMPARE_LE] = "<=", [COMPARE_GE] = ">="};

// Where the reader stands.
struct reader {
	struct scenario *s;
	const char *name;
	unsigned int line;
	FILE *errors;
	unsigned int problems;
	struct scenario_call *call; // the block we are in, or NULL
	char *words[WORDS_MAX];
	unsigned int count;
};

const char *scenario_kind_name(enum scenario_kind kind)
{
	return kind < SCENARIO_KIND_COUNT ? kind_names[kind] : "?";
}

const char *metric_name(enum metric metric)
{
	return metric < METRIC_COUNT ? metric_names[metric] : "?";
}

const char *compare_sign(enum compare compare)
{
	return compare <= COMPARE_GE ? compare_signs[compare] : "?";
}

bool scenario_expect_met(const struct scenario_expect *e, double value)
{
	switch (e->compare) {
	case COMPARE_EQ:
		return value == e->value;
	case COMPARE_LE:
		return value <= e->value;
	case COMPARE_GE:
		return value >= e->value;
	}
	return false;
}

bool scenario_expect_applies(const struct scenario *s, const struct scenario_expect *e, unsigned int call,
			     unsigned int phone)
{
	if (e->call != call || (e->phone != phone && e->phone != SCENARIO_PHONES_MAX))
		return false;
	for (unsigned int i = 0; e->phone == SCENARIO_PHONES_MAX && i < s->expect_count; i++)
		if (s->expects[i].call == call && s->expects[i].phone == phone &&
		    s->expects[i].metric == e->metric)
			return false;
	return true;
}

static void __attribute__((format(printf, 2, 3))) problem(struct reader *r, const char *format, ...)
{
	va_list args;
	fprintf(r->errors, "%s:%u: ", r->name, r->line);
	va_start(args, format);
	vfprintf(r->errors, format, args);
	va_end(args);
	fputc('\n', r->errors);
	r->problems++;
}

// Splits a line in place; quotes do not exist.
static void split(struct reader *r, char *line)
{
	char *save = NULL;
	char *comment = strchr(line, '#');
	if (comment)
		*comment = '\0';
	r->count = 0;
	for (char *w = strtok_r(line, " \t\r", &save); w; w = strtok_r(NULL, " \t\r", &save)) {
		if (r->count == WORDS_MAX) {
			problem(r, "more than %d words", WORDS_MAX);
			return;
		}
		r->words[r->count++] = w;
	}
}

static bool word_is(const struct reader *r, unsigned int i, const char *word)
{
	return i < r->count && strcmp(r->words[i], word) == 0;
}

static bool number(struct reader *r, unsigned int i, const char *what, double min, double max, double *ret)
{
	char *end = NULL;
	double v = i < r->count ? strtod(r->words[i], &end) : 0;
	if (i >= r->count || end == r->words[i] || *end != '\0' || !(v >= min && v <= max)) {
		problem(r, "%s must be a number from %g to %g", what, min, max);
		return false;
	}
	*ret = v;
	return true;
}

static bool name_copy(struct reader *r, unsigned int i, const char *what, size_t cap, char *out)
{
	if (i >= r->count || strlen(r->words[i]) >= cap) {
		problem(r, "%s is missing or longer than %zu characters", what, cap - 1);
		return false;
	}
	strcpy(out, r->words[i]);
	return true;
}

static int table_find(const char *const *names, unsigned int count, const char *word)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -1;
}

static int call_find(struct reader *r, unsigned int i)
{
	for (unsigned int c = 0; i < r->count && c < r->s->call_count; c++)
		if (strcmp(r->s->calls[c].name, r->words[i]) == 0)
			return (int)c;
	problem(r, "no call named %s was declared above", i < r->count ? r->words[i] : "(missing)");
	return -1;
}

static int kind_find(struct reader *r, unsigned int i)
{
	int kind = i < r->count ? table_find(kind_names, SCENARIO_KIND_COUNT, r->words[i]) : -1;
	if (kind < 0)
		problem(r, "kind must be direct, mtp, transcoder, bridge, moh, annunciator or line");
	return kind;
}

// "192.0.2.1:2000" or "[2001:db8::1]:2000"
static int listen_parse(const char *word, struct addr_port *ret)
{
	char text[ADDR_TEXT_MAX];
	const char *colon = strrchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : 0;
	if (len == 0 || len >= sizeof(text))
		return -EINVAL;
	bool bracketed = word[0] == '[' && word[len - 1] == ']' && len > 2;
	snprintf(text, sizeof(text), "%.*s", (int)(bracketed ? len - 2 : len), bracketed ? word + 1 : word);
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (port > 65535 || *end != '\0' || end == colon + 1)
		return -EINVAL;
	ret->port = (uint16_t)port;
	return addr_parse(text, &ret->addr);
}

static void read_agent(struct reader *r)
{
	struct scenario *s = r->s;
	double v;
	if (word_is(r, 1, "down") || word_is(r, 1, "up")) {
		if (s->step_count < SCENARIO_STEPS_MAX)
			s->steps[s->step_count++] = (struct scenario_step){
				.kind = word_is(r, 1, "up") ? STEP_AGENT_UP : STEP_AGENT_DOWN,
				.line = r->line};
		return;
	}
	for (unsigned int i = 1; i < r->count; i += 2) {
		if (word_is(r, i, "listen")) {
			if (i + 1 >= r->count || listen_parse(r->words[i + 1], &s->listen) < 0)
				problem(r, "listen wants ADDRESS:PORT");
		} else if (word_is(r, i, "netns")) {
			name_copy(r, i + 1, "netns", sizeof(s->agent_netns), s->agent_netns);
		} else if (word_is(r, i, "version")) {
			if (number(r, i + 1, "version", 0, 22, &v))
				s->version = (uint8_t)v;
		} else if (word_is(r, i, "keepalive")) {
			if (number(r, i + 1, "keepalive", 1, 3600, &v))
				s->keepalive_s = (uint32_t)v;
		} else {
			problem(r, "agent: unknown word %s", r->words[i]);
		}
	}
}

static void read_device(struct reader *r)
{
	struct scenario *s = r->s;
	int kind = kind_find(r, 1);
	if (s->device_count == SCENARIO_DEVICES_MAX) {
		problem(r, "more than %d devices", SCENARIO_DEVICES_MAX);
		return;
	}
	struct scenario_device *d = &s->devices[s->device_count];
	if (kind == SCENARIO_DIRECT)
		problem(r, "direct is no kind of device");
	else if (name_copy(r, 2, "device name", 16, d->name) && kind >= 0) {
		d->kind = (enum scenario_kind)kind;
		s->device_count++;
	}
}

static int device_find(struct reader *r, unsigned int i)
{
	for (unsigned int d = 0; i < r->count && d < r->s->device_count; d++)
		if (strcmp(r->s->devices[d].name, r->words[i]) == 0)
			return (int)d;
	problem(r, "no device named %s was declared above", i < r->count ? r->words[i] : "(missing)");
	return -1;
}

static void read_phone(struct reader *r)
{
	struct scenario *s = r->s;
	if (s->phone_count == SCENARIO_PHONES_MAX) {
		problem(r, "more than %d phones", SCENARIO_PHONES_MAX);
		return;
	}
	struct scenario_phone *p = &s->phones[s->phone_count];
	if (!name_copy(r, 1, "phone name", sizeof(p->name), p->name))
		return;
	for (unsigned int i = 2; i < r->count; i += 2) {
		if (word_is(r, i, "netns"))
			name_copy(r, i + 1, "netns", sizeof(p->netns), p->netns);
		else if (!word_is(r, i, "address"))
			problem(r, "phone: unknown word %s", r->words[i]);
		else if (i + 1 >= r->count || addr_parse(r->words[i + 1], &p->address) < 0)
			problem(r, "address must be an IPv4 or IPv6 address");
	}
	if (p->address.family == ADDR_NONE)
		problem(r, "phone %s has no address", p->name);
	s->phone_count++;
}

static unsigned int phone_find(struct reader *r, const char *name)
{
	for (unsigned int i = 0; i < r->s->phone_count; i++)
		if (strcmp(r->s->phones[i].name, name) == 0)
			return i;
	problem(r, "no phone named %s was declared above", name);
	return SCENARIO_PHONES_MAX;
}

static void read_call(struct reader *r)
{
	struct scenario *s = r->s;
	int kind = kind_find(r, 1);
	if (s->call_count == SCENARIO_CALLS_MAX) {
		problem(r, "more than %d calls", SCENARIO_CALLS_MAX);
		return;
	}
	struct scenario_call *c = &s->calls[s->call_count++];
	*c = (struct scenario_call){.kind = kind < 0 ? SCENARIO_MTP : (enum scenario_kind)kind,
				    .line = r->line};
	r->call = c;
	name_copy(r, 2, "call name", sizeof(c->name), c->name);
	unsigned int i = 3;
	if (word_is(r, i, "implicit")) {
		c->implicit = true;
		i++;
	}
	double number_of;
	if (word_is(r, i, "announcement") && number(r, i + 1, "announcement", 1, 1e9, &number_of)) {
		c->announcement = (uint32_t)number_of;
		i += 2;
	}
	if (!word_is(r, i, "{") || i + 1 != r->count)
		problem(r, "a call's line ends with {");
}

// The words behind a party's codec: what it says. Returns how many words were taken.
static unsigned int read_source(struct reader *r, unsigned int i, struct scenario_party *p)
{
	if (word_is(r, i, "silent")) {
		p->source = SCENARIO_SILENT;
		return 1;
	}
	if (word_is(r, i, "hears")) {
		p->source = SCENARIO_SILENT;
		number(r, i + 1, "tone frequency", 20, 7900, &p->hears_hz);
		number(r, i + 2, "tone level", -70, 3, &p->hears_dbm0);
		return 3;
	}
	if (word_is(r, i, "tone")) {
		p->source = SCENARIO_TONE;
		p->level_set = true;
		number(r, i + 1, "tone frequency", 20, 7900, &p->tone_hz);
		number(r, i + 2, "tone level", -70, 3, &p->level_dbm0);
		return 3;
	}
	if (word_is(r, i, "level")) {
		p->level_set = number(r, i + 1, "level", -70, 3, &p->level_dbm0);
		return 2;
	}
	p->source = SCENARIO_PLAY;
	name_copy(r, i + 1, "file", sizeof(p->file), p->file);
	return 2;
}

static void read_codec(struct reader *r, unsigned int i, struct scenario_party *p)
{
	const struct codec *c = i < r->count ? codec_by_name(r->words[i]) : NULL;
	if (!c) {
		problem(r, "codec %s is not one that this build can code",
			i < r->count ? r->words[i] : "(missing)");
		return;
	}
	p->codec = c->id;
	if (p->period_ms == 0)
		p->period_ms = c->period_ms_default;
}

static void read_party(struct reader *r)
{
	struct scenario_call *c = r->call;
	if (c->party_count == SCENARIO_PARTIES_MAX) {
		problem(r, "more than %d parties", SCENARIO_PARTIES_MAX);
		return;
	}
	struct scenario_party *p = &c->parties[c->party_count++];
	p->phone = phone_find(r, r->count > 1 ? r->words[1] : "(missing)");
	double v;
	for (unsigned int i = 2; i < r->count;) {
		if (word_is(r, i, "codec")) {
			read_codec(r, i + 1, p);
			i += 2;
		} else if (word_is(r, i, "period")) {
			if (number(r, i + 1, "period", 10, 60, &v))
				p->period_ms = (uint8_t)v;
			i += 2;
		} else if (word_is(r, i, "play") || word_is(r, i, "tone") || word_is(r, i, "silent") ||
			   word_is(r, i, "hears") || word_is(r, i, "level")) {
			i += read_source(r, i, p);
		} else if (word_is(r, i, "foreign")) {
			if (number(r, i + 1, "foreign port", 1024, 65534, &v))
				p->foreign_port = (uint16_t)v;
			i += 2;
		} else {
			problem(r, "party: unknown word %s", r->words[i++]);
		}
	}
	if (p->codec == CODEC_NONE)
		problem(r, "party has no codec");
	if (p->foreign_port && p->source == SCENARIO_PLAY)
		problem(r, "a foreign party says a tone or nothing: what it plays is not known here");
	if (p->period_ms % 10 != 0)
		problem(r, "period must be a multiple of 10 ms");
}

static void end_call(struct reader *r)
{
	const struct scenario_call *c = r->call;
	r->call = NULL;
	if (c->kind == SCENARIO_MOH || c->kind == SCENARIO_ANNUNCIATOR) {
		if (c->party_count == 0)
			problem(r, "call %s has nobody who listens", c->name);
		return;
	}
	bool many = c->kind == SCENARIO_BRIDGE || c->kind == SCENARIO_LINE;
	unsigned int lines = 0;
	for (unsigned int i = 0; i < r->s->device_count; i++)
		lines += r->s->devices[i].kind == SCENARIO_LINE;
	if (many ? c->party_count < 2 : c->party_count != 2)
		problem(r, "call %s has %u parties; %s", c->name, c->party_count,
			many ? "a bridge or line call needs two or more" : "this kind needs two");
	if (c->kind == SCENARIO_LINE && c->party_count > lines)
		problem(r, "call %s has %u parties, but only %u lines were declared above", c->name,
			c->party_count, lines);
}

static void read_expect(struct reader *r)
{
	struct scenario *s = r->s;
	struct scenario_expect e = {.phone = SCENARIO_PHONES_MAX};
	char *phone = r->count > 1 ? strchr(r->words[1], ':') : NULL;
	if (phone) {
		*phone = '\0';
		e.phone = phone_find(r, phone + 1);
	}
	int call = call_find(r, 1);
	int metric = r->count > 2 ? table_find(metric_names, METRIC_COUNT, r->words[2]) : -1;
	int compare = r->count > 3 ? table_find(compare_signs, 3, r->words[3]) : -1;
	if (metric < 0)
		problem(r, "expect: %s is no metric", r->count > 2 ? r->words[2] : "(missing)");
	if (compare < 0)
		problem(r, "expect: the comparison is ==, <= or >=");
	if (!number(r, 4, "expected value", -200, 1e9, &e.value) || call < 0 || metric < 0 || compare < 0)
		return;
	if (s->expect_count == SCENARIO_EXPECTS_MAX) {
		problem(r, "more than %d expectations", SCENARIO_EXPECTS_MAX);
		return;
	}
	e.call = (unsigned int)call;
	e.metric = (enum metric)metric;
	e.compare = (enum compare)compare;
	s->expects[s->expect_count++] = e;
}

// "8s" or "250ms"
static bool duration(struct reader *r, unsigned int i, uint32_t *ret)
{
	char *end = NULL;
	double v = i < r->count ? strtod(r->words[i], &end) : -1;
	bool seconds = end && strcmp(end, "s") == 0;
	if (i >= r->count || (!seconds && strcmp(end, "ms") != 0) || !(v > 0 && v < 1e6)) {
		problem(r, "run wants a time such as 8s or 250ms");
		return false;
	}
	*ret = (uint32_t)(seconds ? v * 1000 : v);
	return true;
}

static void read_step(struct reader *r)
{
	struct scenario *s = r->s;
	struct scenario_step step = {.line = r->line};
	int found = 0;
	if (word_is(r, 0, "start") || word_is(r, 0, "end")) {
		step.kind = word_is(r, 0, "start") ? STEP_START : STEP_END;
		found = call_find(r, 1);
		step.call = (unsigned int)found;
	} else if (word_is(r, 0, "run")) {
		step.kind = STEP_RUN;
		duration(r, 1, &step.ms);
	} else if (word_is(r, 0, "pause")) {
		step.kind = STEP_PAUSE;
		name_copy(r, 1, "word", sizeof(step.word), step.word);
	} else if (word_is(r, 0, "devices")) {
		step.kind = STEP_DEVICES;
	} else if (word_is(r, 0, "hostile")) {
		step.kind = STEP_HOSTILE;
		found = device_find(r, 1);
		step.device = (unsigned int)found;
	} else {
		problem(r, "unknown statement %s", r->words[0]);
		return;
	}
	if (s->step_count == SCENARIO_STEPS_MAX)
		problem(r, "more than %d steps", SCENARIO_STEPS_MAX);
	else if (found >= 0)
		s->steps[s->step_count++] = step;
}

static void read_line(struct reader *r)
{
	if (r->count == 0)
		return;
	if (r->call && word_is(r, 0, "}"))
		end_call(r);
	else if (r->call && word_is(r, 0, "party"))
		read_party(r);
	else if (r->call)
		problem(r, "call %s: expected party or }", r->call->name);
	else if (word_is(r, 0, "agent"))
		read_agent(r);
	else if (word_is(r, 0, "device"))
		read_device(r);
	else if (word_is(r, 0, "phone"))
		read_phone(r);
	else if (word_is(r, 0, "call"))
		read_call(r);
	else if (word_is(r, 0, "expect"))
		read_expect(r);
	else
		read_step(r);
}

int scenario_parse(const char *text, const char *name, FILE *errors, struct scenario *ret)
{
	*ret = (struct scenario){.version = 18, .keepalive_s = 30};
	struct reader r = {.s = ret, .name = name, .errors = errors};
	char *copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	char *next = copy;
	for (char *line; (line = strsep(&next, "\n"));) {
		r.line++;
		split(&r, line);
		read_line(&r);
	}
	free(copy);
	if (r.call)
		problem(&r, "call %s is never closed with }", r.call->name);
	return r.problems ? -EINVAL : 0;
}

int scenario_load(const char *path, FILE *errors, struct scenario *ret)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return -errno;
	char *text = NULL;
	size_t len = 0;
	int rc = getdelim(&text, &len, '\0', f) < 0 ? -EINVAL : scenario_parse(text, path, errors, ret);
	if (!text || ferror(f))
		rc = -EIO;
	free(text);
	fclose(f);
	return rc;
}
