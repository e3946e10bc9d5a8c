// SPDX-License-Identifier: GPL-3.0-or-later
// command.c - The command table and its matcher: abbreviation, completion, and what to say about a wrong word.
#include "control/cli/command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/cli/show.h"

const struct command command_table[] = {
#define COMMAND(words, argument, request, view, help) {words, argument, request, view_##view, help, NULL},
#define ALIAS(words, native, help)                    {words, "[ID]", NULL, NULL, help, native},
#include "control/cli/commands.def"
#undef COMMAND
#undef ALIAS
};

const size_t command_count = sizeof(command_table) / sizeof(command_table[0]);

struct word {
	const char *at;
	size_t len;
};

// Takes the next word of *text.
static bool next_word(const char **text, struct word *ret)
{
	const char *p = *text;
	while (isspace((unsigned char)*p))
		p++;
	ret->at = p;
	while (*p && !isspace((unsigned char)*p))
		p++;
	ret->len = (size_t)(p - ret->at);
	*text = p;
	return ret->len > 0;
}

static size_t split(const char *line, struct word words[COMMAND_WORDS_MAX])
{
	size_t n = 0;
	while (n < COMMAND_WORDS_MAX && next_word(&line, &words[n]))
		n++;
	return n;
}

// Word number n of a command; false when it has fewer.
static bool command_word(const struct command *c, size_t n, struct word *ret)
{
	const char *at = c->words;
	for (size_t i = 0; i <= n; i++)
		if (!next_word(&at, ret))
			return false;
	return true;
}

static bool word_equal(const struct word *a, const struct word *b)
{
	return a->len == b->len && strncasecmp(a->at, b->at, a->len) == 0;
}

static bool word_begins(const struct word *whole, const struct word *start)
{
	return start->len <= whole->len && strncasecmp(whole->at, start->at, start->len) == 0;
}

static void near_add(struct command_match *m, const struct word *w)
{
	for (size_t i = 0; i < m->near_count; i++)
		if (word_equal(w, &(struct word){m->near[i], m->near_length[i]}))
			return;
	if (m->near_count == COMMAND_NEAR_MAX)
		return;
	m->near[m->near_count] = w->at;
	m->near_length[m->near_count++] = w->len;
}

// How many letters must change, come or go to make `typed` the beginning of `word`.
static size_t distance(const struct word *word, const struct word *typed)
{
	size_t row[32], best = 32;
	if (word->len >= 32 || typed->len >= 32)
		return 32;
	for (size_t j = 0; j <= word->len; j++)
		row[j] = j;
	for (size_t i = 1; i <= typed->len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= word->len; j++) {
			bool same = tolower((unsigned char)typed->at[i - 1]) ==
				    tolower((unsigned char)word->at[j - 1]);
			size_t least = diagonal + !same;
			diagonal = row[j];
			least = row[j] + 1 < least ? row[j] + 1 : least;
			row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
		}
	}
	for (size_t j = 0; j <= word->len; j++)
		best = row[j] < best ? row[j] : best;
	return best;
}

// The commands still possible: those whose first words were typed.
struct walk {
	bool in[64];
};

_Static_assert(sizeof(command_table) / sizeof(command_table[0]) <= 64, "one flag per command");

static void near_all(const struct walk *w, size_t n, const struct word *start, struct command_match *m)
{
	struct word word;
	for (size_t i = 0; i < command_count; i++)
		if (w->in[i] && command_word(&command_table[i], n, &word) &&
		    (!start || word_begins(&word, start)))
			near_add(m, &word);
}

// Puts the words most like the one typed first.
static void near_sort(struct command_match *m, const struct word *typed)
{
	for (size_t i = 1; i < m->near_count; i++) {
		for (size_t k = i; k > 0; k--) {
			struct word a = {m->near[k - 1], m->near_length[k - 1]},
				    b = {m->near[k], m->near_length[k]};
			if (distance(&a, typed) <= distance(&b, typed))
				break;
			m->near[k - 1] = b.at;
			m->near_length[k - 1] = b.len;
			m->near[k] = a.at;
			m->near_length[k] = a.len;
		}
	}
}

// Keeps the commands whose word number n is meant by the one typed. An exact word beats those it only begins; native
// commands beat aliases. Returns how many different words are meant.
static size_t narrow(struct walk *w, size_t n, const struct word *typed, struct command_match *m)
{
	struct word word;
	bool exact = false, native = false;
	for (size_t i = 0; i < command_count; i++) {
		if (!w->in[i] || !command_word(&command_table[i], n, &word) || !word_begins(&word, typed))
			continue;
		exact = exact || word_equal(&word, typed);
		native = native || !command_table[i].native;
	}
	struct walk before = *w;
	m->near_count = 0;
	for (size_t i = 0; i < command_count; i++) {
		w->in[i] = w->in[i] && command_word(&command_table[i], n, &word) &&
			   word_begins(&word, typed) &&
			   (exact ? word_equal(&word, typed) : !native || !command_table[i].native);
		if (w->in[i])
			near_add(m, &word);
	}
	size_t meant = m->near_count;
	if (meant == 0) {
		*w = before;
		for (size_t i = 0; i < command_count; i++)
			before.in[i] = before.in[i] && !command_table[i].native;
		near_all(&before, n, NULL, m);
		near_sort(m, typed);
	}
	return meant;
}

// The command that ends after n words; NULL if none does.
static const struct command *ends_at(const struct walk *w, size_t n)
{
	struct word word;
	for (size_t i = 0; i < command_count; i++)
		if (w->in[i] && !command_word(&command_table[i], n, &word))
			return &command_table[i];
	return NULL;
}

static const struct command *native_of(const struct command *c)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i].words, c->native) == 0)
			return &command_table[i];
	return NULL;
}

static void resolve(const struct command *c, struct command_match *m)
{
	m->alias = c->native ? c : NULL;
	m->command = c->native ? native_of(c) : c;
	m->status = COMMAND_OK;
}

static void fault(struct command_match *m, enum command_status status, const char *line, const struct word *w)
{
	m->status = status;
	m->column = (size_t)(w->at - line);
	m->length = w->len;
}

static const char *argument_of(const struct command *c)
{
	return (c->native ? native_of(c) : c)->argument;
}

static bool takes_argument(const struct command *c)
{
	return *argument_of(c) != '\0';
}

// An argument in small letters is a word to type, one in capitals stands for a value.
static bool keyword_of(const struct command *c, struct word *ret)
{
	const char *argument = argument_of(c);
	if (!islower((unsigned char)argument[0]) &&
	    !(argument[0] == '[' && islower((unsigned char)argument[1])))
		return false;
	*ret = (struct word){argument + 1, strlen(argument) - 2};
	return true;
}

// Takes all words that follow.
static bool takes_rest(const struct command *c)
{
	const char *argument = argument_of(c);
	size_t len = strlen(argument);
	return len > 4 && strcmp(argument + len - 4, "...]") == 0;
}

// ---- what follows the name of a line ----

static const struct {
	const char *name, *arguments, *help;
} acts[] = {
#define ACT(name, function, arguments, help, absent) {name, arguments, help},
#include "gw/line_act.def"
#undef ACT
};

// Whether word number n is what the user of a line shall do.
static bool is_act(const struct command *c, size_t n)
{
	return c && strcmp(c->words, "line") == 0 && n == 2;
}

static void near_acts(const struct word *start, struct command_match *m)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct word word = {acts[i].name, strlen(acts[i].name)};
		if (word_begins(&word, start))
			near_add(m, &word);
	}
}

static void help_acts(FILE *out, const struct word *start)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (word_begins(&(struct word){acts[i].name, strlen(acts[i].name)}, start))
			fprintf(out, "  %-12s %-15s %s\n", acts[i].name, acts[i].arguments, acts[i].help);
}

// Takes the word after a command's own.
static void take_argument(const struct command *c, const char *line, const struct word *w,
			  struct command_match *m)
{
	struct word keyword;
	if (keyword_of(c, &keyword)) {
		if (!word_begins(&keyword, w)) {
			m->near_count = 0;
			near_add(m, &keyword);
			return fault(m, COMMAND_UNKNOWN, line, w);
		}
		w = &keyword;
	}
	size_t len = takes_rest(c) ? strlen(w->at) : w->len;
	while (len && isspace((unsigned char)w->at[len - 1]))
		len--;
	snprintf(m->argument, sizeof(m->argument), "%.*s", (int)len, w->at);
	resolve(c, m);
}

void command_match(const char *line, struct command_match *ret)
{
	struct word words[COMMAND_WORDS_MAX];
	struct walk w;
	*ret = (struct command_match){.status = COMMAND_EMPTY};
	size_t count = split(line, words), len = strlen(line);
	if (len >= COMMAND_LINE_MAX || count == COMMAND_WORDS_MAX) {
		ret->status = COMMAND_TOO_LONG;
		return;
	}
	memset(w.in, true, sizeof(w.in));
	for (size_t n = 0; n < count; n++) {
		const struct command *end = n ? ends_at(&w, n) : NULL;
		if (words[n].at[words[n].len - 1] == '?')
			return fault(ret, COMMAND_HELP, line, &words[n]);
		size_t meant = narrow(&w, n, &words[n], ret);
		if (meant > 1)
			return fault(ret, COMMAND_AMBIGUOUS, line, &words[n]);
		if (meant == 1)
			continue;
		if (!end || (!takes_argument(end) && ret->near_count > 0))
			return fault(ret, COMMAND_UNKNOWN, line, &words[n]);
		if (!takes_argument(end) || (n + 1 < count && !takes_rest(end)))
			return fault(ret, COMMAND_EXTRA, line, &words[takes_argument(end) ? n + 1 : n]);
		return take_argument(end, line, &words[n], ret);
	}
	if (count == 0)
		return;
	const struct command *end = ends_at(&w, count);
	if (end)
		return resolve(end, ret);
	ret->near_count = 0;
	near_all(&w, count, NULL, ret);
	fault(ret, COMMAND_INCOMPLETE, line, &(struct word){line + len, 0});
}

static void print_near(FILE *out, const char *lead, const struct command_match *m)
{
	fprintf(out, "%s", lead);
	for (size_t i = 0; i < m->near_count; i++)
		fprintf(out, "%s%.*s", i ? ", " : " ", (int)m->near_length[i], m->near[i]);
	fputc('\n', out);
}

void command_explain(FILE *out, const char *line, const struct command_match *m, bool echo, size_t prompt)
{
	if (m->status == COMMAND_TOO_LONG) {
		fprintf(out, "error: command of more than %d bytes or %d words\n", COMMAND_LINE_MAX - 1,
			COMMAND_WORDS_MAX - 1);
		return;
	}
	// what was typed may come from a script: nothing but plain characters goes back to the terminal
	if (echo) {
		fputs("  ", out);
		for (const char *p = line; *p; p++)
			fputc(isprint((unsigned char)*p) ? *p : isspace((unsigned char)*p) ? ' ' : '.', out);
		fputc('\n', out);
	}
	fprintf(out, "%*s", (int)(m->column + (echo ? 2 : prompt)), "");
	for (size_t i = 0; i == 0 || i < m->length; i++)
		fputc('^', out);
	fputc('\n', out);
	switch (m->status) {
	case COMMAND_AMBIGUOUS:
		print_near(out, "error: ambiguous word; it may be", m);
		break;
	case COMMAND_INCOMPLETE:
		print_near(out, "error: command is incomplete; go on with", m);
		break;
	case COMMAND_EXTRA:
		fputs("error: nothing more is expected here\n", out);
		break;
	default:
		print_near(out, "error: unknown word; possible here:", m);
	}
	fputs("hint: type ? after any word to see what may follow, or help for every command\n", out);
}

void command_complete(const char *line, struct command_match *ret)
{
	struct word words[COMMAND_WORDS_MAX], keyword;
	struct walk w;
	*ret = (struct command_match){.status = COMMAND_INCOMPLETE};
	size_t count = split(line, words), len = strlen(line);
	if (len >= COMMAND_LINE_MAX || count == COMMAND_WORDS_MAX)
		return;
	bool fresh = len == 0 || isspace((unsigned char)line[len - 1]);
	struct word start = fresh ? (struct word){line + len, 0} : words[count - 1];
	size_t n = fresh ? count : count - 1;
	memset(w.in, true, sizeof(w.in));
	ret->column = (size_t)(start.at - line);
	ret->length = start.len;
	for (size_t i = 0; i < n; i++) {
		const struct command *whole = i ? ends_at(&w, i) : NULL;
		if (narrow(&w, i, &words[i], ret) == 1)
			continue;
		ret->near_count = 0;
		if (is_act(whole, n))
			near_acts(&start, ret);
		return;
	}
	ret->near_count = 0;
	near_all(&w, n, &start, ret);
	const struct command *end = n ? ends_at(&w, n) : NULL;
	if (end && keyword_of(end, &keyword) && word_begins(&keyword, &start))
		near_add(ret, &keyword);
}

void command_help(FILE *out, const char *line)
{
	struct word words[COMMAND_WORDS_MAX];
	struct walk w;
	struct command_match ignored = {0};
	size_t count = split(line, words), n = 0;
	memset(w.in, true, sizeof(w.in));
	for (; n < count; n++) {
		size_t len = words[n].len;
		bool last = words[n].at[len - 1] == '?';
		words[n].len -= last;
		const struct command *whole = n ? ends_at(&w, n) : NULL;
		if (words[n].len > 0 && narrow(&w, n, &words[n], &ignored) == 0) {
			if (whole && is_act(whole, count - 1))
				return help_acts(
					out, &(struct word){words[count - 1].at, words[count - 1].len - 1});
			fputs("  nothing may follow here\n", out);
			return;
		}
		if (last)
			break;
	}
	for (size_t i = 0; i < command_count; i++)
		if (w.in[i])
			fprintf(out, "  %-28s %-6s %s%s%s\n", command_table[i].words,
				command_table[i].native ? "" : command_table[i].argument,
				command_table[i].help, command_table[i].native ? ": " : "",
				command_table[i].native ? command_table[i].native : "");
}
