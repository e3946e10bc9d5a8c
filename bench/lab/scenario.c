// SPDX-License-Identifier: GPL-3.0-or-later
// scenario.c - Reads scenario files, line by line, and names every mistake with its line.
#include "bench/lab/scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/reader.h"

static const char *const kind_names[SCENARIO_KIND_COUNT] = {
	[SCENARIO_DIRECT] = "direct", [SCENARIO_MTP] = "mtp", [SCENARIO_TRANSCODER] = "transcoder",
	[SCENARIO_BRIDGE] = "bridge", [SCENARIO_MOH] = "moh", [SCENARIO_ANNUNCIATOR] = "annunciator",
	[SCENARIO_LINE] = "line",
};

const char *scenario_kind_name(enum scenario_kind kind)
{
	return kind < SCENARIO_KIND_COUNT ? kind_names[kind] : "?";
}

void reader_problem(struct reader *r, const char *format, ...)
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
		if (r->count == READER_WORDS_MAX) {
			reader_problem(r, "more than %d words", READER_WORDS_MAX);
			return;
		}
		r->words[r->count++] = w;
	}
}

bool reader_word_is(const struct reader *r, unsigned int i, const char *word)
{
	return i < r->count && strcmp(r->words[i], word) == 0;
}

bool reader_number(struct reader *r, unsigned int i, const char *what, double min, double max, double *ret)
{
	char *end = NULL;
	double v = i < r->count ? strtod(r->words[i], &end) : 0;
	if (i >= r->count || end == r->words[i] || *end != '\0' || !(v >= min && v <= max)) {
		reader_problem(r, "%s must be a number from %g to %g", what, min, max);
		return false;
	}
	*ret = v;
	return true;
}

bool reader_name(struct reader *r, unsigned int i, const char *what, size_t cap, char *out)
{
	if (i >= r->count || strlen(r->words[i]) >= cap) {
		reader_problem(r, "%s is missing or longer than %zu characters", what, cap - 1);
		return false;
	}
	strcpy(out, r->words[i]);
	return true;
}

int reader_find(const char *const *names, unsigned int count, const char *word)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(names[i], word) == 0)
			return (int)i;
	return -1;
}

int reader_call(struct reader *r, unsigned int i)
{
	for (unsigned int c = 0; i < r->count && c < r->s->call_count; c++)
		if (strcmp(r->s->calls[c].name, r->words[i]) == 0)
			return (int)c;
	reader_problem(r, "no call named %s was declared above", i < r->count ? r->words[i] : "(missing)");
	return -1;
}

static int kind_find(struct reader *r, unsigned int i)
{
	int kind = i < r->count ? reader_find(kind_names, SCENARIO_KIND_COUNT, r->words[i]) : -1;
	if (kind < 0)
		reader_problem(r, "kind must be direct, mtp, transcoder, bridge, moh, annunciator or line");
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
	if (reader_word_is(r, 1, "down") || reader_word_is(r, 1, "up")) {
		if (s->step_count < SCENARIO_STEPS_MAX)
			s->steps[s->step_count++] = (struct scenario_step){
				.kind = reader_word_is(r, 1, "up") ? STEP_AGENT_UP : STEP_AGENT_DOWN,
				.line = r->line};
		return;
	}
	for (unsigned int i = 1; i < r->count; i += 2) {
		if (reader_word_is(r, i, "listen")) {
			if (i + 1 >= r->count || listen_parse(r->words[i + 1], &s->listen) < 0)
				reader_problem(r, "listen wants ADDRESS:PORT");
		} else if (reader_word_is(r, i, "netns")) {
			reader_name(r, i + 1, "netns", sizeof(s->agent_netns), s->agent_netns);
		} else if (reader_word_is(r, i, "dialect")) {
			s->dialect = i + 1 < r->count ? dialect_find(r->words[i + 1]) : NULL;
			if (!s->dialect)
				reader_problem(r, "no agent is known that speaks %s",
					       i + 1 < r->count ? r->words[i + 1] : "(missing)");
		} else if (reader_word_is(r, i, "version")) {
			if (reader_number(r, i + 1, "version", 0, 22, &v))
				s->version = (uint8_t)v;
		} else if (reader_word_is(r, i, "keepalive")) {
			if (reader_number(r, i + 1, "keepalive", 1, 3600, &v))
				s->keepalive_s = (uint32_t)v;
		} else {
			reader_problem(r, "agent: unknown word %s", r->words[i]);
		}
	}
}

static void read_device(struct reader *r)
{
	struct scenario *s = r->s;
	int kind = kind_find(r, 1);
	if (s->device_count == SCENARIO_DEVICES_MAX) {
		reader_problem(r, "more than %d devices", SCENARIO_DEVICES_MAX);
		return;
	}
	struct scenario_device *d = &s->devices[s->device_count];
	if (kind == SCENARIO_DIRECT)
		reader_problem(r, "direct is no kind of device");
	else if (reader_name(r, 2, "device name", 16, d->name) && kind >= 0) {
		d->kind = (enum scenario_kind)kind;
		s->device_count++;
	}
}

int reader_device(struct reader *r, unsigned int i)
{
	for (unsigned int d = 0; i < r->count && d < r->s->device_count; d++)
		if (strcmp(r->s->devices[d].name, r->words[i]) == 0)
			return (int)d;
	reader_problem(r, "no device named %s was declared above", i < r->count ? r->words[i] : "(missing)");
	return -1;
}

// number 600 LINE...: whom it rings, the first that is free
static void read_number(struct reader *r)
{
	struct scenario *s = r->s;
	if (s->number_count == SCENARIO_NUMBERS_MAX) {
		reader_problem(r, "more than %d numbers", SCENARIO_NUMBERS_MAX);
		return;
	}
	struct exchange_number *n = &s->numbers[s->number_count];
	if (!reader_name(r, 1, "number", sizeof(n->digits), n->digits))
		return;
	for (unsigned int i = 2; i < r->count && n->line_count < EXCHANGE_LINES_MAX; i++) {
		int d = reader_device(r, i);
		if (d >= 0 && s->devices[d].kind != SCENARIO_LINE)
			reader_problem(r, "%s is no line", s->devices[d].name);
		else if (d >= 0)
			reader_name(r, i, "line", sizeof(n->lines[0]), n->lines[n->line_count++]);
	}
	if (r->count < 3)
		reader_problem(r, "a number wants a line at least");
	s->number_count++;
}

// speed-dial NUMBER LABEL: one more button of every telephone
static void read_speed_dial(struct reader *r)
{
	struct scenario *s = r->s;
	if (s->speed_dial_count == AGENT_SPEED_DIALS_MAX) {
		reader_problem(r, "more than %d speed dials", AGENT_SPEED_DIALS_MAX);
		return;
	}
	struct agent_speed_dial *d = &s->speed_dials[s->speed_dial_count];
	if (reader_name(r, 1, "number", sizeof(d->number), d->number) &&
	    reader_name(r, 2, "label", sizeof(d->label), d->label))
		s->speed_dial_count++;
}

static void read_phone(struct reader *r)
{
	struct scenario *s = r->s;
	if (s->phone_count == SCENARIO_PHONES_MAX) {
		reader_problem(r, "more than %d phones", SCENARIO_PHONES_MAX);
		return;
	}
	struct scenario_phone *p = &s->phones[s->phone_count];
	if (!reader_name(r, 1, "phone name", sizeof(p->name), p->name))
		return;
	for (unsigned int i = 2; i < r->count; i += 2) {
		if (reader_word_is(r, i, "netns"))
			reader_name(r, i + 1, "netns", sizeof(p->netns), p->netns);
		else if (!reader_word_is(r, i, "address"))
			reader_problem(r, "phone: unknown word %s", r->words[i]);
		else if (i + 1 >= r->count || addr_parse(r->words[i + 1], &p->address) < 0)
			reader_problem(r, "address must be an IPv4 or IPv6 address");
	}
	if (p->address.family == ADDR_NONE)
		reader_problem(r, "phone %s has no address", p->name);
	s->phone_count++;
}

unsigned int reader_phone(struct reader *r, const char *name)
{
	for (unsigned int i = 0; i < r->s->phone_count; i++)
		if (strcmp(r->s->phones[i].name, name) == 0)
			return i;
	reader_problem(r, "no phone named %s was declared above", name);
	return SCENARIO_PHONES_MAX;
}

static void read_call(struct reader *r)
{
	struct scenario *s = r->s;
	int kind = kind_find(r, 1);
	if (s->call_count == SCENARIO_CALLS_MAX) {
		reader_problem(r, "more than %d calls", SCENARIO_CALLS_MAX);
		return;
	}
	struct scenario_call *c = &s->calls[s->call_count++];
	*c = (struct scenario_call){.kind = kind < 0 ? SCENARIO_MTP : (enum scenario_kind)kind,
				    .line = r->line};
	c->device = SCENARIO_DEVICES_MAX;
	r->call = c;
	reader_name(r, 2, "call name", sizeof(c->name), c->name);
	unsigned int i = 3;
	if (reader_word_is(r, i, "implicit")) {
		c->implicit = true;
		i++;
	}
	if (reader_word_is(r, i, "on")) {
		int d = reader_device(r, i + 1);
		c->device = d < 0 ? SCENARIO_DEVICES_MAX : (unsigned int)d;
		i += 2;
	}
	double number_of;
	if (reader_word_is(r, i, "announcement"))
		for (unsigned int n = 0; ++i + 1 < r->count && n < SCENARIO_LIST_MAX; n++)
			if (reader_number(r, i, "announcement", 1, 1e9, &number_of))
				c->announcements[n] = (uint32_t)number_of;
	if (reader_word_is(r, i, "tone") && reader_number(r, i + 1, "tone", 1, 255, &number_of)) {
		c->tone = (uint32_t)number_of;
		i += 2;
	}
	if (!reader_word_is(r, i, "{") || i + 1 != r->count)
		reader_problem(r, "a call's line ends with {");
}

// The words behind a party's codec: what it says. Returns how many words were taken.
static unsigned int read_source(struct reader *r, unsigned int i, struct scenario_party *p)
{
	if (reader_word_is(r, i, "silent")) {
		p->source = SCENARIO_SILENT;
		return 1;
	}
	if (reader_word_is(r, i, "hears")) {
		reader_number(r, i + 1, "tone frequency", 20, 7900, &p->hears_hz);
		reader_number(r, i + 2, "tone level", -70, 3, &p->hears_dbm0);
		return 3;
	}
	if (reader_word_is(r, i, "tone")) {
		p->source = SCENARIO_TONE;
		p->level_set = true;
		reader_number(r, i + 1, "tone frequency", 20, 7900, &p->tone_hz);
		reader_number(r, i + 2, "tone level", -70, 3, &p->level_dbm0);
		return 3;
	}
	if (reader_word_is(r, i, "level")) {
		p->level_set = reader_number(r, i + 1, "level", -70, 3, &p->level_dbm0);
		return 2;
	}
	p->source = SCENARIO_PLAY;
	reader_name(r, i + 1, "file", sizeof(p->file), p->file);
	return 2;
}

static void read_codec(struct reader *r, unsigned int i, struct scenario_party *p)
{
	const struct codec *c = i < r->count ? codec_by_name(r->words[i]) : NULL;
	if (!c) {
		reader_problem(r, "codec %s is not one that this build can code",
			       i < r->count ? r->words[i] : "(missing)");
		return;
	}
	p->codec = c->id;
	if (p->period_ms == 0)
		p->period_ms = c->period_ms_default;
}

// The words of a party of a line call about numbers. Returns how many were taken.
static unsigned int read_dialling(struct reader *r, unsigned int i, struct scenario_party *p)
{
	double ms;
	if (r->call->kind != SCENARIO_LINE)
		reader_problem(r, "%s belongs into a line call", r->words[i]);
	if (reader_word_is(r, i, "dials")) {
		reader_name(r, i + 1, "number", sizeof(p->dials), p->dials);
		return 2;
	}
	reader_name(r, i + 1, "number", sizeof(p->answers), p->answers);
	if (!reader_word_is(r, i + 2, "after"))
		return 2;
	if (reader_number(r, i + 3, "milliseconds to the answer", 0, 60000, &ms))
		p->answer_ms = (uint32_t)ms;
	return 4;
}

static void read_party(struct reader *r)
{
	struct scenario_call *c = r->call;
	if (c->party_count == SCENARIO_PARTIES_MAX) {
		reader_problem(r, "more than %d parties", SCENARIO_PARTIES_MAX);
		return;
	}
	struct scenario_party *p = &c->parties[c->party_count++];
	p->phone = reader_phone(r, r->count > 1 ? r->words[1] : "(missing)");
	double v;
	for (unsigned int i = 2; i < r->count;) {
		if (reader_word_is(r, i, "codec")) {
			read_codec(r, i + 1, p);
			i += 2;
		} else if (reader_word_is(r, i, "period")) {
			if (reader_number(r, i + 1, "period", 10, 60, &v))
				p->period_ms = (uint8_t)v;
			i += 2;
		} else if (reader_word_is(r, i, "play") || reader_word_is(r, i, "tone") ||
			   reader_word_is(r, i, "silent") || reader_word_is(r, i, "hears") ||
			   reader_word_is(r, i, "level")) {
			i += read_source(r, i, p);
		} else if (reader_word_is(r, i, "dials") || reader_word_is(r, i, "answers")) {
			i += read_dialling(r, i, p);
		} else if (reader_word_is(r, i, "events")) {
			if (reader_number(r, i + 1, "event payload type", 96, 127, &v))
				p->event_type = (uint8_t)v;
			i += 2;
		} else if (reader_word_is(r, i, "told")) {
			p->told = true;
			i++;
		} else if (reader_word_is(r, i, "group")) {
			if (i + 1 >= r->count || addr_parse(r->words[i + 1], &p->group) < 0 ||
			    !addr_is_multicast(&p->group))
				reader_problem(r, "group must be a multicast address");
			i += 2;
		} else if (reader_word_is(r, i, "foreign")) {
			if (reader_number(r, i + 1, "foreign port", 1024, 65534, &v))
				p->foreign_port = (uint16_t)v;
			i += 2;
		} else {
			reader_problem(r, "party: unknown word %s", r->words[i++]);
		}
	}
	if (p->codec == CODEC_NONE)
		reader_problem(r, "party has no codec");
	if (p->group.family != ADDR_NONE && (!p->foreign_port || c->kind != SCENARIO_MOH))
		reader_problem(r, "a group hears music at a foreign port");
	if (p->foreign_port && p->source == SCENARIO_PLAY)
		reader_problem(r, "a foreign party says a tone or nothing: what it plays is not known here");
	if (p->period_ms % 10 != 0)
		reader_problem(r, "period must be a multiple of 10 ms");
}

static void end_call(struct reader *r)
{
	const struct scenario_call *c = r->call;
	r->call = NULL;
	if (c->kind == SCENARIO_MOH || c->kind == SCENARIO_ANNUNCIATOR) {
		if (c->party_count == 0)
			reader_problem(r, "call %s has nobody who listens", c->name);
		return;
	}
	unsigned int least = c->kind == SCENARIO_LINE ? 1 : 2;
	bool many = c->kind == SCENARIO_BRIDGE || c->kind == SCENARIO_LINE;
	if (many ? c->party_count < least : c->party_count != least)
		reader_problem(r, "call %s has %u parties; %s", c->name, c->party_count,
			       c->kind == SCENARIO_LINE ? "a line call needs one or more"
			       : many                   ? "a bridge needs two or more"
							: "this kind needs two");
	unsigned int lines = 0, taken = 0;
	for (unsigned int i = 0; i < r->s->device_count; i++)
		lines += r->s->devices[i].kind == SCENARIO_LINE;
	for (unsigned int i = 0; i < c->party_count; i++)
		taken += !c->parties[i].dials[0] && !c->parties[i].answers[0];
	if (c->kind == SCENARIO_LINE && taken > lines)
		reader_problem(
			r, "call %s has %u parties without a number, but only %u lines were declared above",
			c->name, taken, lines);
}

static void read_line(struct reader *r)
{
	if (r->count == 0)
		return;
	if (r->call && reader_word_is(r, 0, "}"))
		end_call(r);
	else if (r->call && reader_word_is(r, 0, "party"))
		read_party(r);
	else if (r->call)
		reader_problem(r, "call %s: expected party or }", r->call->name);
	else if (reader_word_is(r, 0, "agent"))
		read_agent(r);
	else if (reader_word_is(r, 0, "device"))
		read_device(r);
	else if (reader_word_is(r, 0, "number"))
		read_number(r);
	else if (reader_word_is(r, 0, "speed-dial"))
		read_speed_dial(r);
	else if (reader_word_is(r, 0, "phone"))
		read_phone(r);
	else if (reader_word_is(r, 0, "call"))
		read_call(r);
	else if (reader_word_is(r, 0, "expect"))
		reader_expect(r);
	else
		reader_step(r);
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
		reader_problem(&r, "call %s is never closed with }", r.call->name);
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
