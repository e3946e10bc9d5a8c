// SPDX-License-Identifier: GPL-3.0-or-later
// steps.c - The lines of a scenario that say what happens, in which order, and what must be true at the end.
#include <stdlib.h>
#include <string.h>

#include "bench/lab/phone.h"
#include "bench/lab/reader.h"

static const char *const metric_names[METRIC_COUNT] = {
	[METRIC_LOSS] = "loss",   [METRIC_DELAY] = "delay",
	[METRIC_GAP] = "gap",     [METRIC_LEVEL] = "level",
	[METRIC_SNR] = "snr",     [METRIC_SINAD] = "sinad",
	[METRIC_OWN] = "own",     [METRIC_IDENTICAL] = "identical",
	[METRIC_MOVED] = "moved",
};

static const char *const compare_signs[] = {[COMPARE_EQ] = "==", [COMPARE_LE] = "<=", [COMPARE_GE] = ">="};

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

void reader_expect(struct reader *r)
{
	struct scenario *s = r->s;
	struct scenario_expect e = {.phone = SCENARIO_PHONES_MAX};
	char *phone = r->count > 1 ? strchr(r->words[1], ':') : NULL;
	if (phone) {
		*phone = '\0';
		e.phone = reader_phone(r, phone + 1);
	}
	int call = reader_call(r, 1);
	int metric = r->count > 2 ? reader_find(metric_names, METRIC_COUNT, r->words[2]) : -1;
	int compare = r->count > 3 ? reader_find(compare_signs, 3, r->words[3]) : -1;
	if (metric < 0)
		reader_problem(r, "expect: %s is no metric", r->count > 2 ? r->words[2] : "(missing)");
	if (compare < 0)
		reader_problem(r, "expect: the comparison is ==, <= or >=");
	if (!reader_number(r, 4, "expected value", -200, 1e9, &e.value) || call < 0 || metric < 0 ||
	    compare < 0)
		return;
	if (s->expect_count == SCENARIO_EXPECTS_MAX) {
		reader_problem(r, "more than %d expectations", SCENARIO_EXPECTS_MAX);
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
		reader_problem(r, "run wants a time such as 8s or 250ms");
		return false;
	}
	*ret = (uint32_t)(seconds ? v * 1000 : v);
	return true;
}

static const struct {
	const char *word;
	enum scenario_step_kind kind;
	bool number; // a number follows
} deeds[] = {
	{"hold", STEP_HOLD, false},      {"resume", STEP_RESUME, false},
	{"hang", STEP_HANG, false},      {"transfer", STEP_TRANSFER, true},
	{"consult", STEP_CONSULT, true}, {"complete", STEP_COMPLETE, false},
	{"press", STEP_PRESS, true},
};

// hold CALL:PHONE and its kin. False: the line says something else.
static bool read_deed(struct reader *r, struct scenario_step *step)
{
	size_t at = 0;
	while (at < sizeof(deeds) / sizeof(deeds[0]) && !reader_word_is(r, 0, deeds[at].word))
		at++;
	if (at == sizeof(deeds) / sizeof(deeds[0]))
		return false;
	char *phone = r->count > 1 ? strchr(r->words[1], ':') : NULL;
	step->kind = deeds[at].kind;
	if (!phone) {
		reader_problem(r, "%s wants CALL:PHONE", r->words[0]);
		return true;
	}
	*phone = '\0';
	unsigned int who = reader_phone(r, phone + 1);
	int call = reader_call(r, 1);
	struct scenario_call *c = call >= 0 ? &r->s->calls[call] : NULL;
	step->call = (unsigned int)call;
	while (c && step->party < c->party_count && c->parties[step->party].phone != who)
		step->party++;
	if (c && (step->party == c->party_count || c->kind != SCENARIO_LINE))
		reader_problem(r, "%s has no such party of a line call", c->name);
	if (deeds[at].number)
		reader_name(r, 2, "number", sizeof(step->word), step->word);
	for (char *h = step->word; step->kind == STEP_PRESS && (h = strchr(h, 'h'));)
		*h = '#';
	if (step->kind == STEP_PRESS && step->word[strspn(step->word, PHONE_KEYS)])
		reader_problem(r, "press wants keys of %s, # written as h", PHONE_KEYS);
	else if (step->kind == STEP_PRESS && c && step->party < c->party_count)
		c->parties[step->party].presses = true;
	return true;
}

void reader_step(struct reader *r)
{
	struct scenario *s = r->s;
	struct scenario_step step = {.line = r->line};
	int found = 0;
	if (read_deed(r, &step)) {
		found = 0;
	} else if (reader_word_is(r, 0, "start") || reader_word_is(r, 0, "end")) {
		step.kind = reader_word_is(r, 0, "start") ? STEP_START : STEP_END;
		found = reader_call(r, 1);
		step.call = (unsigned int)found;
	} else if (reader_word_is(r, 0, "run")) {
		step.kind = STEP_RUN;
		duration(r, 1, &step.ms);
	} else if (reader_word_is(r, 0, "pause")) {
		step.kind = STEP_PAUSE;
		reader_name(r, 1, "word", sizeof(step.word), step.word);
	} else if (reader_word_is(r, 0, "listen") || reader_word_is(r, 0, "hush")) {
		step.kind = reader_word_is(r, 0, "listen") ? STEP_LISTEN : STEP_HUSH;
	} else if (reader_word_is(r, 0, "devices")) {
		step.kind = STEP_DEVICES;
	} else if (reader_word_is(r, 0, "hostile")) {
		step.kind = STEP_HOSTILE;
		found = reader_device(r, 1);
		step.device = (unsigned int)found;
	} else {
		reader_problem(r, "unknown statement %s", r->words[0]);
		return;
	}
	if (s->step_count == SCENARIO_STEPS_MAX)
		reader_problem(r, "more than %d steps", SCENARIO_STEPS_MAX);
	else if (found >= 0)
		s->steps[s->step_count++] = step;
}
